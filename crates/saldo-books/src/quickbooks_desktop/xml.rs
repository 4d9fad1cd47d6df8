//! The vendor's answers as elements. No document type is taken, and with it no entity of anybody's
//! own: only the five that XML has, and characters by their numbers.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements may stand in each other: the vendor's deepest answers have ten levels.
const DEPTH: usize = 40;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    text: String,
}

impl Element {
    /// The value of an attribute; nothing where it has none.
    pub(super) fn attribute(&self, name: &str) -> &str {
        let known = self.attributes.iter().find(|(known, _)| known == name);
        known.map_or("", |(_, value)| value)
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the element at this path of children; none where it is missing or empty.
    pub(super) fn text<const N: usize>(&self, path: [&str; N]) -> Option<&str> {
        let end = path.iter().try_fold(self, |element, name| element.child(name))?;
        Some(end.text.trim()).filter(|text| !text.is_empty())
    }
}

/// A document's root element.
///
/// # Errors
/// In words, where it is no whole document, or one that we take from nobody.
pub(super) fn read(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not written in UTF-8".to_owned())?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) if open.len() >= DEPTH => {
                return Err(format!("{} stands too deep", start.name().as_ref()));
            }
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => close(element(&start)?, &mut open, &mut root)?,
            Event::End(_) => {
                let whole = open.pop().ok_or("an element ends that did not begin")?;
                close(whole, &mut open, &mut root)?;
            }
            Event::Text(text) => add(&text.xml10_content(), &mut open)?,
            Event::CData(text) => add(&text.xml10_content(), &mut open)?,
            Event::GeneralRef(entity) => add(&character(&entity)?.to_string(), &mut open)?,
            Event::DocType(_) => return Err("it has a document type".to_owned()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match (root, open.pop()) {
        (Some(root), None) => Ok(root),
        (_, Some(open)) => Err(format!("it ends within {}", open.name)),
        (None, None) => Err("it is empty".to_owned()),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0);
        let value = value.map_err(|error| error.to_string())?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: start.name().as_ref().to_owned(), attributes, ..Element::default() })
}

fn close(whole: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), String> {
    match (open.last_mut(), &root) {
        (Some(parent), _) => parent.children.push(whole),
        (None, None) => *root = Some(whole),
        (None, Some(_)) => return Err("it has several roots".to_owned()),
    }
    Ok(())
}

fn add(text: &str, open: &mut [Element]) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text stands outside its root".to_owned()),
    }
    Ok(())
}

fn character(entity: &BytesRef<'_>) -> Result<char, String> {
    let named = match entity.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => entity.resolve_char_ref().map_err(|error| error.to_string())?,
    };
    named.ok_or_else(|| format!("it refers to the entity `{}`", entity.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_attributes_children_and_texts() {
        let text = "<?xml version=\"1.0\" ?>\n<A n=\"1 &amp; &quot;2&quot;\"><!-- no --><B>x &lt; \
                    <![CDATA[<y>]]> &#233;</B><B/></A>\n";
        let root = read(text.as_bytes()).unwrap();
        assert_eq!((root.name.as_str(), root.attribute("n")), ("A", "1 & \"2\""));
        assert_eq!(root.text(["B"]), Some("x < <y> é"));
        assert_eq!((root.all("B").count(), root.text(["C"]), root.attribute("m")), (2, None, ""));
    }

    #[test]
    fn what_is_no_plain_whole_document_is_refused() {
        let deep = "<a>".repeat(50);
        let cases = [
            ("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "it has a document type"),
            ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "it has a document type"),
            ("<a>&x;</a>", "it refers to the entity `x`"),
            ("<a><b></b>", "it ends within a"),
            ("<a/><b/>", "it has several roots"),
            ("<a/>text", "text stands outside its root"),
            ("  ", "it is empty"),
            (deep.as_str(), "a stands too deep"),
        ];
        for (text, reason) in cases {
            assert_eq!(read(text.as_bytes()), Err(reason.to_owned()), "{text}");
        }
        for text in ["<a></b>", "<a b=\"&x;\"/>", "<a b=\"1\" b=\"2\"/>", "<a>&#0;</a>"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read(b"<a>\xff</a>").is_err());
    }
}
