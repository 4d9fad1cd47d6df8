//! Elements of XML: read from a document, kept in the file, and written into an answer.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde::{Deserialize, Serialize};

/// How deep elements may lie within each other.
const DEEPEST: usize = 20;

/// An element with text or with elements in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Element {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) children: Vec<Element>,
}

/// A document: its instructions to the reader, and its outermost element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// Names and contents of processing instructions, the declaration left out.
    pub(super) instructions: Vec<(String, String)>,
    pub(super) root: Element,
}

impl Element {
    /// An element without anything in it.
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// An element that holds a text.
    pub(super) fn leaf(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), ..Self::default() }
    }

    /// An element that holds others.
    pub(super) fn node(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.to_owned(), children, ..Self::default() }
    }

    /// Adds an attribute.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first element of this name in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first element of this name in it, to be changed.
    pub(super) fn child_mut(&mut self, name: &str) -> Option<&mut Self> {
        self.children.iter_mut().find(|child| child.name == name)
    }

    /// All elements of this name in it.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of an element in it; none where that is empty, which says the same as leaving out.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// Puts a text in, in place of the one that stands there.
    pub(super) fn set(&mut self, name: &str, text: impl Into<String>) {
        self.put(Self::leaf(name, text));
    }

    /// Puts an element in, in place of the one of its name that stands there.
    pub(super) fn put(&mut self, element: Self) {
        match self.child_mut(&element.name) {
            Some(there) => *there = element,
            None => self.children.push(element),
        }
    }

    /// Takes all elements of this name out.
    pub(super) fn remove(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }

    /// Writes it without any space between elements. What is not ASCII becomes a reference.
    pub(super) fn write(&self, into: &mut String) {
        into.push('<');
        into.push_str(&self.name);
        for (name, value) in &self.attributes {
            into.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        }
        if self.text.is_empty() && self.children.is_empty() {
            into.push_str("/>");
            return;
        }
        into.push('>');
        into.push_str(&escaped(&self.text));
        self.children.iter().for_each(|child| child.write(into));
        into.push_str(&format!("</{}>", self.name));
    }
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// What is wrong with it, where it is not well-formed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        let mut instructions = Vec::new();
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(start) => {
                    if root.is_some() || open.len() == DEEPEST {
                        return Err(format!("unexpected element `{}`", start.name().0));
                    }
                    open.push(begun(&start)?);
                }
                Event::Empty(start) => close(begun(&start)?, &mut open, &mut root)?,
                Event::End(_) => {
                    let element = open.pop().ok_or("an element ends that did not begin")?;
                    close(element, &mut open, &mut root)?;
                }
                Event::Text(text) => say(&text.xml10_content(), &mut open)?,
                Event::CData(text) => say(&text.xml10_content(), &mut open)?,
                Event::GeneralRef(reference) => say(&meant(&reference)?, &mut open)?,
                Event::PI(instruction) => {
                    let content = instruction.content().trim().to_owned();
                    instructions.push((instruction.target().to_owned(), content));
                }
                Event::Decl(_) | Event::Comment(_) => {}
                Event::DocType(_) => return Err("a document type is not permitted".to_owned()),
                Event::Eof => break,
            }
        }
        match root {
            Some(root) if open.is_empty() => Ok(Self { instructions, root }),
            _ => Err("the document ends too early".to_owned()),
        }
    }
}

fn begun(start: &BytesStart) -> Result<Element, String> {
    let mut element = Element::new(start.name().0);
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| error.to_string())?;
        element.attributes.push((attribute.key.0.to_owned(), value.into_owned()));
    }
    Ok(element)
}

fn close(
    mut element: Element,
    open: &mut [Element],
    root: &mut Option<Element>,
) -> Result<(), String> {
    if !element.children.is_empty() && element.text.trim().is_empty() {
        element.text.clear();
    }
    match (open.last_mut(), root.is_some()) {
        (Some(outer), _) => outer.children.push(element),
        (None, false) => *root = Some(element),
        (None, true) => return Err(format!("unexpected element `{}`", element.name)),
    }
    Ok(())
}

fn say(text: &str, open: &mut [Element]) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text stands outside of every element".to_owned()),
    }
    Ok(())
}

fn meant(reference: &BytesRef) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    Ok(match reference.xml10_content().as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        other => return Err(format!("unknown entity `{other}`")),
    }
    .to_owned())
}

/// A text as it may stand in an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | ' '..='~' => escaped.push(character),
            other => escaped.push_str(&format!("&#{};", u32::from(other))),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_as_it_was_written() {
        let text = "<?xml version=\"1.0\"?><?qbxml version=\"13.0\"?>\n<a b=\"&lt;1\">\n \
                    <c>x &amp; &#228;<![CDATA[<y>]]></c><d/></a>\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(document.instructions, [("qbxml".to_owned(), "version=\"13.0\"".to_owned())]);
        let mut written = String::new();
        document.root.write(&mut written);
        assert_eq!(written, "<a b=\"&lt;1\"><c>x &amp; &#228;&lt;y&gt;</c><d/></a>");
        assert_eq!(Document::parse(&written).unwrap().root, document.root);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in ["", "<a>", "<a></b>", "<a/><b/>", "x<a/>", "<a>&nbsp;</a>", "<a b=c/>"] {
            assert!(Document::parse(text).is_err(), "{text}");
        }
    }
}
