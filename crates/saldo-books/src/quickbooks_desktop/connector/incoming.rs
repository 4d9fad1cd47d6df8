//! Calls as they come: read piece by piece, so that an answer of any size passes.
//!
//! What QuickBooks answers is a document, written as the text of an element of another one. All
//! that stands around it is small, and is read whole. The answer is taken out on its way: a small
//! one is passed on as it came, of a large one only what was asked for. The ticket is the first
//! element of a call: until one was read that is known, no more is heard than a small call has.

use super::sieve::{self, DEPTH_MAX, Wanted};
use super::soap::{self, Call, SoapFault};
use super::source::Source;
use quick_xml::events::Event;
use quick_xml::{Reader, Writer};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

/// How large all of a call may be but an answer of QuickBooks, in bytes.
const AROUND_BYTES_MAX: usize = 4 << 20;
/// How large all of a call may be that shows no known ticket, in bytes.
pub const STRANGER_BYTES_MAX: usize = 64 << 10;
/// How large an answer may be that is passed on as it came, in bytes.
const AS_IT_CAME_BYTES: usize = 4 << 20;
/// Where the answer stands, by the names of the elements around it.
const ANSWER: [&str; 4] = ["Envelope", "Body", "receiveResponseXML", "response"];
/// The name of the element of any call that says whose it is.
const TICKET: &str = "ticket";
/// The code of a failure that is ours: the answer could not be taken.
const UNTAKEN: &str = "saldo";

/// Reads the call in the body of a request, whatever its size. What was asked for is looked up by
/// the session's ticket, as soon as that was read; where nothing is known by it, the answer is let
/// go, and all of the call may have [`STRANGER_BYTES_MAX`].
///
/// # Errors
/// Where it is not UTF-8, not XML, has a document type, is no envelope of SOAP 1.1, asks for
/// something that the service does not have, or is large without being an answer to a session.
pub fn read_call(
    body: impl BufRead,
    known: impl FnOnce(&str) -> Option<Arc<Wanted>>,
) -> Result<Call, SoapFault> {
    let Parted { around, answer } = part(body, known)?;
    let mut call = soap::read_whole(&around)?;
    if let Call::ReceiveResponse { response, code, message, .. } = &mut call {
        match answer {
            Some(Taken::Text(text)) => response.insert_str(0, &text),
            Some(Taken::Not(reason)) if code.is_empty() => {
                response.clear();
                UNTAKEN.clone_into(code);
                *message = format!("its answer cannot be read: {reason}");
            }
            Some(Taken::Not(_)) | None => {}
        }
    }
    Ok(call)
}

/// A request, with its answer taken out.
struct Parted {
    around: Vec<u8>,
    answer: Option<Taken>,
}

/// What became of an answer.
enum Taken {
    /// All that was asked for.
    Text(String),
    /// It could not be taken, for this reason.
    Not(String),
}

fn part<R: BufRead>(
    body: R,
    known: impl FnOnce(&str) -> Option<Arc<Wanted>>,
) -> Result<Parted, SoapFault> {
    let mut reader = Reader::from_reader(Source::new(body).at_most(STRANGER_BYTES_MAX));
    let (mut known, mut wanted, mut answer) = (Some(known), None, None);
    let (mut around, mut buffer) = (Writer::new(Vec::new()), Vec::new());
    let (mut open, mut ticket) = (Vec::<String>::new(), String::new());
    loop {
        buffer.clear();
        reader.get_mut().begin_piece();
        let event = reader.read_event_into(&mut buffer).map_err(malformed)?;
        let mut is_ticket = false;
        match &event {
            Event::Start(start) => open.push(start.local_name().as_ref().to_owned()),
            Event::End(_) => {
                is_ticket = is_ticket_of_a_call(&open);
                drop(open.pop());
            }
            Event::Text(text) if is_ticket_of_a_call(&open) => ticket.push_str(text),
            Event::Eof => break,
            _ => {}
        }
        let is_start = matches!(event, Event::Start(_));
        around.write_event(event).map_err(|error| malformed(error.into()))?;
        if open.len() > DEPTH_MAX || around.get_ref().len() > AROUND_BYTES_MAX {
            return Err(SoapFault::new("the request is larger than any call"));
        }
        if is_ticket && let Some(known) = known.take() {
            wanted = known(ticket.trim());
            if wanted.is_some() {
                reader.get_mut().trust();
            }
        }
        if is_start && answer.is_none() && is_at(&open, &ANSWER[..3], ANSWER[3]) {
            answer = Some(take(reader.get_mut(), wanted.as_deref())?);
        }
    }
    Ok(Parted { around: around.into_inner(), answer })
}

/// Whether the element that is open last says whose call it is.
fn is_ticket_of_a_call(open: &[String]) -> bool {
    matches!(open, [envelope, body, _, ticket]
        if (envelope.as_str(), body.as_str(), ticket.as_str()) == (ANSWER[0], ANSWER[1], TICKET))
}

/// Whether the element that is open last lies in these, and has this name.
fn is_at(open: &[String], around: &[&str], name: &str) -> bool {
    open.len() == around.len() + 1
        && open.iter().zip(around.iter().chain([&name])).all(|(a, b)| a == b)
}

/// Takes an answer, up to its end.
fn take<R: BufRead>(source: &mut Source<R>, wanted: Option<&Wanted>) -> Result<Taken, SoapFault> {
    let mut text = Unescaped::new(source);
    let Some(wanted) = wanted else {
        io::copy(&mut text, &mut io::sink()).map_err(|error| malformed(error.into()))?;
        return Ok(Taken::Text(String::new()));
    };
    let mut first = Vec::new();
    let limit = u64::try_from(AS_IT_CAME_BYTES + 1).unwrap_or(u64::MAX);
    let head = text.by_ref().take(limit).read_to_end(&mut first);
    head.map_err(|error| malformed(error.into()))?;
    if first.len() <= AS_IT_CAME_BYTES {
        let text = String::from_utf8(first);
        return text.map(Taken::Text).map_err(|_| SoapFault::new("the request is not UTF-8"));
    }
    let whole = BufReader::new(Cursor::new(first).chain(text.by_ref()));
    let taken = sieve::sieved(whole, wanted).map_or_else(Taken::Not, Taken::Text);
    // What was not read of one that is none must not be taken for what stands behind it.
    io::copy(&mut text, &mut io::sink()).map_err(|error| malformed(error.into()))?;
    Ok(taken)
}

fn malformed(error: quick_xml::Error) -> SoapFault {
    SoapFault::new(format!("the XML cannot be read: {error}"))
}

/// The text of an element as it is meant, up to the next tag.
struct Unescaped<'a, R> {
    source: &'a mut Source<R>,
    /// What is meant by the last mark, as far as it was not read.
    meant: Vec<u8>,
    is_section: bool,
    is_over: bool,
}

impl<'a, R: BufRead> Unescaped<'a, R> {
    fn new(source: &'a mut Source<R>) -> Self {
        Self { source, meant: Vec::new(), is_section: false, is_over: false }
    }

    /// Reads a mark: a reference, the begin or end of a section, or the tag that ends the text.
    fn mark(&mut self) -> io::Result<()> {
        const BEGIN: &[u8] = b"<![CDATA[";
        const END: &[u8] = b"]]>";
        if self.is_section {
            let ahead = self.source.ahead(END.len())?;
            match (ahead == END, ahead.split_first()) {
                (false, Some((first, rest))) => {
                    self.meant.push(*first);
                    self.source.put_back(rest);
                }
                _ => self.is_section = false,
            }
            return Ok(());
        }
        let ahead = self.source.ahead(1)?;
        if ahead == b"&" {
            return self.reference();
        }
        self.source.put_back(&ahead);
        let ahead = self.source.ahead(BEGIN.len())?;
        self.is_section = ahead == BEGIN;
        if !self.is_section {
            self.source.put_back(&ahead);
            self.is_over = true;
        }
        Ok(())
    }

    fn reference(&mut self) -> io::Result<()> {
        /// As long as the longest reference to a character, with some noughts before it.
        const LENGTH_MAX: usize = 16;
        let mut name = String::new();
        loop {
            match self.source.ahead(1)?.first() {
                Some(b';') => break,
                Some(byte) if byte.is_ascii() && name.len() < LENGTH_MAX => {
                    name.push(char::from(*byte));
                }
                _ => return Err(unknown(&name)),
            }
        }
        let number = name.strip_prefix('#').map(|number| match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        });
        let letter = match (name.as_str(), number) {
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("amp", _) => '&',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            (_, Some(Ok(number))) if number > 0 => {
                char::from_u32(number).ok_or_else(|| unknown(&name))?
            }
            _ => return Err(unknown(&name)),
        };
        self.meant.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}

fn unknown(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("nobody knows the entity `{name}`"))
}

impl<R: BufRead> Read for Unescaped<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.meant.len().min(out.len());
            if length > 0 {
                out[..length].copy_from_slice(&self.meant[..length]);
                self.meant.drain(..length);
                return Ok(length);
            }
            if self.is_over || out.is_empty() {
                return Ok(0);
            }
            self.source.begin_piece();
            let is_section = self.is_section;
            let there = self.source.fill_buf()?;
            if there.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let is_mark = |byte: &u8| match is_section {
                true => *byte == b']',
                false => matches!(byte, b'<' | b'&'),
            };
            let plain = there.iter().position(is_mark).unwrap_or(there.len());
            let length = plain.min(out.len());
            if length > 0 {
                out[..length].copy_from_slice(&there[..length]);
                self.source.consume(length);
                return Ok(length);
            }
            self.mark()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(answer: &str) -> String {
        format!(
            "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>\
             <receiveResponseXML xmlns='http://developer.intuit.com/'><ticket>t1</ticket>\
             <response>{answer}</response><hresult/><message>m</message></receiveResponseXML>\
             </s:Body></s:Envelope>"
        )
    }

    /// A body that comes in pieces of so many bytes.
    fn pieces(text: &str, size: usize) -> impl BufRead {
        BufReader::with_capacity(size, Cursor::new(text.as_bytes().to_vec()))
    }

    /// The answer and the code in a call that comes so.
    fn heard(text: &str, size: usize, wanted: &Wanted) -> Result<(String, String), String> {
        let known = |ticket: &str| (ticket == "t1").then(|| Arc::new(wanted.clone()));
        match read_call(pieces(text, size), known).map_err(|fault| fault.to_string())? {
            Call::ReceiveResponse { response, code, message, .. } => match code.is_empty() {
                true => Ok((response, code)),
                false => Ok((message, code)),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_is_what_its_text_means_however_it_is_cut() {
        let answer =
            "&lt;A b=&quot;1&quot;&gt;&amp;amp; &#233;&#x20AC; é\n<![CDATA[<x>]] ]]]]>&lt;/A>";
        for size in [1, 2, 3, 5, 7, 64, 4096] {
            let read = heard(&call(answer), size, &Wanted::default()).unwrap();
            assert_eq!(read.0, "<A b=\"1\">&amp; é€ é\n<x>]] ]]</A>", "{size}");
            assert_eq!(heard(&call(""), size, &Wanted::default()).unwrap().0, "");
        }
    }

    #[test]
    fn what_is_no_text_is_no_call() {
        for broken in ["&x;", "&#0;", "&#xD800;", "&lt", "&verylongnameofanentity;", "<![CDATA[x"] {
            assert!(heard(&call(broken), 4096, &Wanted::default()).is_err(), "{broken}");
        }
        let cut = call("&lt;A/>");
        for length in 1..cut.len() {
            assert!(heard(&cut[..length], 4096, &Wanted::default()).is_err(), "{length}");
        }
        let large = call("").replace(">m<", &format!(">{}<", "m".repeat(AROUND_BYTES_MAX)));
        assert!(heard(&large, 4096, &Wanted::default()).is_err());
        let deep = call("").replace(">m<", &format!(">{}<", "<a>".repeat(1000)));
        assert!(heard(&deep, 4096, &Wanted::default()).unwrap_err().contains("larger than any"));
    }

    /// A body that counts what was read of it.
    struct Counted<'a>(&'a [u8], &'a std::cell::Cell<usize>);

    impl Read for Counted<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = self.0.read(out)?;
            self.1.set(self.1.get() + length);
            Ok(length)
        }
    }

    #[test]
    fn who_shows_no_known_ticket_is_not_heard_for_long() {
        let heard = |text: &str| {
            let count = std::cell::Cell::new(0);
            let body = BufReader::with_capacity(4096, Counted(text.as_bytes(), &count));
            let known = |ticket: &str| (ticket == "mine").then(Arc::default);
            (read_call(body, known).map(drop).map_err(|fault| fault.to_string()), count.get())
        };
        let large = call(&"x".repeat(1 << 20));
        let late = large.replace("<ticket>t1</ticket>", "");
        let late = late.replace("</response>", "</response><ticket>mine</ticket>");
        let other = large.replace("ticket", "strHCPResponse");
        for text in [&large, &late, &other, &"x".repeat(1 << 20)] {
            let (read, bytes) = heard(text);
            assert!(read.is_err() && bytes <= STRANGER_BYTES_MAX + 4096, "{bytes}: {read:?}");
        }
        assert!(heard(&large).0.unwrap_err().contains("not known"));
        let (read, bytes) = heard(&large.replace("t1", "mine"));
        assert!(read.is_ok() && bytes > 1 << 20, "{bytes}: {read:?}");
        // One that is no longer known is told so, where it is short.
        let stranger = read_call(pieces(&call("&lt;A/>"), 4096), |_| None).unwrap();
        assert!(matches!(stranger, Call::ReceiveResponse { response, .. } if response.is_empty()));
    }

    #[test]
    fn of_a_large_answer_what_was_asked_for_is_kept() {
        let message = b"<QBXML><QBXMLMsgsRq><ItemQueryRq requestID=\"Item@@\">\
            <IncludeRetElement>ListID</IncludeRetElement></ItemQueryRq></QBXMLMsgsRq></QBXML>";
        let row = format!(
            "\n&lt;ItemServiceRet&gt;\n&lt;ListID&gt;1&lt;/ListID&gt;&lt;Desc&gt;{}&lt;/Desc&gt;\
             &lt;/ItemServiceRet&gt;",
            "x".repeat(100_000)
        );
        let answer = format!(
            "&lt;?xml version=\"1.0\" ?&gt;&lt;QBXML&gt;&lt;QBXMLMsgsRs&gt;\
             &lt;ItemQueryRs requestID=\"Item@@\" statusCode=\"0\"&gt;{}&lt;/ItemQueryRs&gt;\
             &lt;/QBXMLMsgsRs&gt;&lt;/QBXML&gt;",
            row.repeat(50)
        );
        let (read, _) = heard(&call(&answer), 4096, &Wanted::of(message)).unwrap();
        let kept = "<ItemServiceRet><ListID>1</ListID></ItemServiceRet>";
        assert_eq!(read.matches(kept).count(), 50);
        assert!(!read.contains("Desc") && read.len() < 5_000, "{}", read.len());
        let (all, _) = heard(&call(&answer), 4096, &Wanted::default()).unwrap();
        assert_eq!(all.matches("<Desc>").count(), 50, "all where nothing was named");
        let broken = answer.replace("&lt;/QBXMLMsgsRs&gt;", "");
        let (message, code) = heard(&call(&broken), 4096, &Wanted::of(message)).unwrap();
        assert_eq!(code, UNTAKEN);
        assert!(message.starts_with("its answer cannot be read: "), "{message}");
    }
}
