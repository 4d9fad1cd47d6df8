//! Large answers, of which what was asked for is kept and the rest let go.
//!
//! What was asked for is what the message says: the elements that a query names
//! (`IncludeRetElement`), or all where it names none. Each query asks for so many rows at most, so
//! that what is kept of one message's answer is small, whatever else comes with it.

use super::source::Source;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

/// How deep elements may lie in each other.
pub(super) const DEPTH_MAX: usize = 64;
/// How much of an answer is kept at most, in bytes.
const KEPT_BYTES_MAX: usize = 32 << 20;
/// How many elements lie around the answer to a request.
const REQUEST_DEPTH: usize = 2;
/// How many elements lie around what stands in a row.
const ROW_DEPTH: usize = 4;

/// What a message asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The elements that requests named, by what the requests are called.
    elements: BTreeMap<String, BTreeSet<String>>,
}

impl Wanted {
    /// What a message of ours asks for. Where it cannot be read, all of its answer is wanted.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        str::from_utf8(message).ok().and_then(Self::read).unwrap_or_default()
    }

    fn read(message: &str) -> Option<Self> {
        let mut reader = Reader::from_str(message);
        let mut elements: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let (mut depth, mut request, mut is_named) = (0, None, false);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if depth == REQUEST_DEPTH {
                        request = request_id(&start);
                    }
                    is_named = start.name().as_ref() == "IncludeRetElement";
                    depth += 1;
                }
                Event::End(_) => {
                    depth -= 1;
                    is_named = false;
                }
                Event::Text(name) if is_named => {
                    let request = request.clone()?;
                    elements.entry(request).or_default().insert(name.to_string());
                }
                Event::Eof => return Some(Self { elements }),
                _ => {}
            }
        }
    }
}

/// What a request is called.
fn request_id(start: &BytesStart<'_>) -> Option<String> {
    let mut attributes = start.attributes().flatten();
    let id = attributes.find(|attribute| attribute.key.as_ref() == "requestID")?;
    id.normalized_value(XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// Reads an answer, and keeps what was asked for.
///
/// # Errors
/// In words, where it is no whole document, or more was asked for than is kept of any.
pub(super) fn sieved(source: impl BufRead, wanted: &Wanted) -> Result<String, String> {
    let mut reader = Reader::from_reader(Source::new(source));
    let (mut kept, mut buffer) = (Writer::new(Vec::new()), Vec::new());
    let mut sieve = Sieve { wanted, asked: None, depth: 0, let_go: None };
    loop {
        buffer.clear();
        reader.get_mut().begin_piece();
        let event = reader.read_event_into(&mut buffer).map_err(|error| error.to_string())?;
        if matches!(event, Event::Eof) {
            break;
        }
        if sieve.keeps(&event) {
            kept.write_event(event).map_err(|error| error.to_string())?;
        }
        if sieve.depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} elements lie in each other"));
        }
        if kept.get_ref().len() > KEPT_BYTES_MAX {
            return Err(format!("more than {KEPT_BYTES_MAX} bytes of it were asked for"));
        }
    }
    match sieve.depth {
        0 => String::from_utf8(kept.into_inner()).map_err(|error| error.to_string()),
        _ => Err("it ends in the middle".to_owned()),
    }
}

/// Where in an answer the sieve is.
struct Sieve<'a> {
    wanted: &'a Wanted,
    /// What the request named whose answer is open; none where it named nothing.
    asked: Option<&'a BTreeSet<String>>,
    /// How many elements are open.
    depth: usize,
    /// How many elements lie around the one that is let go.
    let_go: Option<usize>,
}

impl Sieve<'_> {
    fn keeps(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Start(start) => {
                if self.depth == REQUEST_DEPTH {
                    let id = request_id(start);
                    self.asked = id.and_then(|id| self.wanted.elements.get(&id));
                }
                if self.let_go.is_none() && !self.is_wanted(start) {
                    self.let_go = Some(self.depth);
                }
                self.depth += 1;
                self.let_go.is_none()
            }
            Event::Empty(start) => self.let_go.is_none() && self.is_wanted(start),
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                let ends = self.let_go == Some(self.depth);
                let keeps = self.let_go.is_none();
                if ends {
                    self.let_go = None;
                }
                keeps
            }
            Event::Comment(_) => false,
            // What stands between elements that hold others means nothing.
            Event::Text(text) if self.depth <= ROW_DEPTH && text.trim().is_empty() => false,
            _ => self.let_go.is_none(),
        }
    }

    fn is_wanted(&self, start: &BytesStart<'_>) -> bool {
        let is_named = |asked: &BTreeSet<String>| asked.contains(start.name().as_ref());
        self.depth != ROW_DEPTH || self.asked.is_none_or(is_named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    const MESSAGE: &[u8] =
        b"<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRq onError=\"continueOnError\">\
        <HostQueryRq requestID=\"Host\"/><ItemQueryRq requestID=\"I\"><MaxReturned>1</MaxReturned>\
        <IncludeRetElement>Name</IncludeRetElement><IncludeRetElement>Line</IncludeRetElement>\
        </ItemQueryRq><TermsQueryRq requestID=\"T\"></TermsQueryRq></QBXMLMsgsRq></QBXML>";

    fn answer(text: &str) -> Result<String, String> {
        let text = format!("<QBXML><QBXMLMsgsRs>{text}</QBXMLMsgsRs></QBXML>");
        let kept = sieved(BufReader::new(text.as_bytes()), &Wanted::of(MESSAGE))?;
        let inner = kept.strip_prefix("<QBXML><QBXMLMsgsRs>");
        Ok(inner.unwrap().strip_suffix("</QBXMLMsgsRs></QBXML>").unwrap().to_owned())
    }

    #[test]
    fn elements_that_were_not_named_are_let_go_with_all_that_lies_in_them() {
        let cases = [
            (
                "<IRs requestID=\"I\"> <R>\n<Name>a &amp; b</Name><Desc>x<Name>y</Name></Desc>\
                 <Empty/><!-- c --><Line><Desc> z </Desc></Line></R></IRs>",
                "<IRs requestID=\"I\"><R><Name>a &amp; b</Name><Line><Desc> z </Desc></Line></R>\
                 </IRs>",
            ),
            ("<TRs requestID=\"T\"><R><Any>1</Any></R></TRs>", ""),
            ("<XRs requestID=\"unknown\"><R><Any/></R></XRs>", ""),
            ("<IRs requestID=\"I\" statusCode=\"1\"/><TRs requestID=\"T\"><R><A/></R></TRs>", ""),
        ];
        for (text, kept) in cases {
            let kept = if kept.is_empty() { text } else { kept };
            assert_eq!(answer(text).unwrap(), kept);
        }
    }

    #[test]
    fn what_is_no_document_or_never_ends_is_told() {
        for broken in ["<R>", "</R>", "<R></X>", "&lt", &"<a>".repeat(100)] {
            assert!(answer(broken).is_err(), "{broken}");
        }
        assert!(answer("<!DOCTYPE a><R/>").unwrap().contains("DOCTYPE"), "told by who reads it");
        let long = format!("<R>{}</R>", "x".repeat(KEPT_BYTES_MAX / 4));
        assert!(answer(&long).unwrap_err().contains("bytes"));
        let row = format!("<R><Any>{}</Any></R>", "x".repeat(1 << 20));
        let many = format!("<TRs requestID=\"T\">{}</TRs>", row.repeat(33));
        assert!(answer(&many).unwrap_err().contains("were asked for"));
    }

    #[test]
    fn of_a_message_that_cannot_be_read_all_is_wanted() {
        for message in [b"<QBXML>".as_slice(), b"\xff", b"", b"<a></b>"] {
            assert_eq!(Wanted::of(message), Wanted::default());
        }
        assert_eq!(Wanted::of(MESSAGE).elements["I"].len(), 2);
    }
}
