//! Message sets: several requests as one document, and the answers to them.
//!
//! What is not ASCII is written by its number, so that no code page stands between.

use super::write::Body;
use super::xml::{self, Element};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many requests a message set may carry: the vendor's program answers within its time-out.
pub(super) const REQUESTS: usize = 50;
/// How many characters the name of a message set may have.
const SET: usize = 23;

/// What is asked, and how it is called in the answer.
pub(super) struct Request(String);

impl Request {
    /// What creates something.
    pub(super) fn add(id: &str, body: &Body) -> Self {
        let (name, verb, xml) = (body.name, body.verb, &body.xml);
        Self(format!("<{name}{verb}Rq requestID=\"{id}\">{xml}</{name}{verb}Rq>"))
    }

    /// A query, whose fields hold its id.
    ///
    /// # Errors
    /// Never for fields that can be written; the words say what could not.
    pub(super) fn query(name: &str, fields: &impl Serialize) -> Result<Self, String> {
        let root = format!("{name}QueryRq");
        let xml = quick_xml::se::to_string_with_root(&root, fields);
        xml.map(Self).map_err(|error| format!("a query cannot be written: {error}"))
    }
}

/// A message set. That of writes has a token, by which the vendor recognises its repetition; a
/// request that fails does not stop those after it.
pub(super) fn message(requests: &[Request], token: Option<&str>) -> Vec<u8> {
    let set = token.map(|token| {
        let hash = blake3::hash(token.as_bytes()).to_hex();
        let name: String = hash.chars().take(SET).collect();
        format!(" newMessageSetID=\"{name}\"")
    });
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><?qbxml version=\"13.0\"?><QBXML><QBXMLMsgsRq",
    );
    text.push_str(&set.unwrap_or_default());
    text.push_str(" onError=\"continueOnError\">");
    requests.iter().for_each(|request| text.push_str(&request.0));
    text.push_str("</QBXMLMsgsRq></QBXML>");
    ascii(&text)
}

fn ascii(text: &str) -> Vec<u8> {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_ascii() {
            true => plain.push(letter),
            false => {
                let written = write!(plain, "&#{};", u32::from(letter));
                written.expect("a text takes any other text");
            }
        }
    }
    plain.into_bytes()
}

/// The answer to one request.
#[derive(Debug)]
pub(super) struct Response {
    /// The vendor's code: 0 where all is well.
    pub(super) code: i64,
    /// Whether the vendor calls it an error, rather than a remark.
    pub(super) is_error: bool,
    /// The vendor's words.
    pub(super) message: String,
    /// What was answered.
    pub(super) element: Element,
}

impl Response {
    fn read(element: Element) -> Result<Self, String> {
        let code = element.attribute("statusCode");
        let code = code.parse().map_err(|_| format!("{} has the status `{code}`", element.name))?;
        let is_error = element.attribute("statusSeverity").eq_ignore_ascii_case("error");
        let message = element.attribute("statusMessage").to_owned();
        Ok(Self { code, is_error, message, element })
    }

    /// The vendor's words and code.
    pub(super) fn words(&self) -> String {
        match self.message.is_empty() {
            true => format!("no reason was given ({})", self.code),
            false => format!("{} ({})", self.message.trim(), self.code),
        }
    }
}

/// The answers to a message set, by what requests are called.
#[derive(Debug)]
pub(super) struct Responses {
    /// What became of the message set as one that may be a repetition; none where nothing is said.
    pub(super) set_code: Option<i64>,
    responses: BTreeMap<String, Response>,
}

impl Responses {
    /// Reads an answer.
    ///
    /// # Errors
    /// In words, where it is no whole answer to a message set.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let root = xml::read(bytes)?;
        let mut parts = root.children.into_iter();
        let messages = parts.find(|child| child.name == "QBXMLMsgsRs");
        let messages = messages.filter(|_| root.name == "QBXML");
        let messages = messages.ok_or_else(|| format!("{} holds no answers", root.name))?;
        let code = messages.attribute("messageSetStatusCode");
        let unread = |_| format!("the message set has the status `{code}`");
        let set_code = (!code.is_empty()).then(|| code.parse().map_err(unread)).transpose()?;
        let mut responses = BTreeMap::new();
        for element in messages.children {
            let id = element.attribute("requestID").to_owned();
            if responses.insert(id.clone(), Response::read(element)?).is_some() {
                return Err(format!("the request `{id}` is answered twice"));
            }
        }
        Ok(Self { set_code, responses })
    }

    /// The answer to a request; none where it was not answered.
    pub(super) fn take(&mut self, id: &str) -> Option<Response> {
        self.responses.remove(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_beyond_ascii_are_written_by_their_numbers() {
        assert_eq!(ascii("a é € 😀"), b"a &#233; &#8364; &#128512;");
    }

    #[test]
    fn the_name_of_a_message_set_fits_and_depends_on_its_token_alone() {
        let name = |token: &str| {
            let text = String::from_utf8(message(&[], Some(token))).unwrap();
            text.split('"').find(|part| part.len() == SET).map(str::to_owned).unwrap()
        };
        assert_eq!(name("one"), name("one"));
        assert_ne!(name("one"), name(&"two".repeat(50)));
        assert!(!String::from_utf8(message(&[], None)).unwrap().contains("MessageSetID"));
    }

    #[test]
    fn an_answer_that_is_none_is_told() {
        let cases = [
            ("<QBXML/>", "QBXML holds no answers"),
            ("<HTML><QBXMLMsgsRs/></HTML>", "HTML holds no answers"),
            (
                "<QBXML><QBXMLMsgsRs><A statusCode=\"x\"/></QBXMLMsgsRs></QBXML>",
                "A has the status `x`",
            ),
            (
                "<QBXML><QBXMLMsgsRs><A requestID=\"1\" statusCode=\"0\"/><A requestID=\"1\" \
                 statusCode=\"0\"/></QBXMLMsgsRs></QBXML>",
                "the request `1` is answered twice",
            ),
        ];
        for (text, reason) in cases {
            assert_eq!(Responses::read(text.as_bytes()).unwrap_err(), reason);
        }
    }
}
