//! Small XML documents as trees: what the connector sends is read whole.
//!
//! There are no document types here, and so no entities but the five that XML knows by itself.

use quick_xml::NsReader;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use std::rc::Rc;
use thiserror::Error;

/// How deep elements may lie in each other.
const DEPTH_MAX: usize = 64;

/// How many elements a document may have: far more than QuickBooks says of itself.
const ELEMENTS_MAX: usize = 20_000;

/// Why a text is no XML that is read here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum XmlError {
    /// The text is not well formed.
    #[error("the XML cannot be read: {0}")]
    Malformed(String),
    /// A document type, which could name entities.
    #[error("the XML has a document type, and such are not read")]
    DocumentType,
    /// An entity that XML does not know by itself.
    #[error("the XML has the entity `{0}`, which nobody knows")]
    Entity(String),
    /// Elements lie too deep.
    #[error("the XML has more than {DEPTH_MAX} elements in each other")]
    Deep,
    /// There are too many elements.
    #[error("the XML has more than {ELEMENTS_MAX} elements")]
    Many,
    /// There is not exactly one element that all others lie in.
    #[error("the XML does not have one element around all others")]
    NotOne,
}

/// An element with all that lies in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// The namespace; empty for none.
    pub(super) namespace: Rc<str>,
    /// The name in it.
    pub(super) name: String,
    /// The text directly in it.
    pub(super) text: String,
    /// The elements directly in it.
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first element of this name directly in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element of this name directly in it, without spaces around it.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// The elements that a path of names leads to.
    pub(super) fn at<'a>(&'a self, path: &[&str]) -> Vec<&'a Self> {
        path.iter().fold(vec![self], |found, name| {
            let named = |child: &&'a Self| child.name == **name;
            found.iter().flat_map(|element| element.children.iter().filter(named)).collect()
        })
    }
}

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Element, XmlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut whole = None;
    let (mut elements, mut last) = (0_usize, Rc::<str>::default());
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(malformed)?;
        let namespace = match namespace {
            // Most are the one before: it is not copied for each.
            ResolveResult::Bound(namespace) if *last == *namespace.0 => Rc::clone(&last),
            ResolveResult::Bound(namespace) => Rc::from(namespace.0),
            ResolveResult::Unbound => Rc::default(),
            ResolveResult::Unknown(prefix) => {
                return Err(XmlError::Malformed(format!("the prefix `{prefix}` means nothing")));
            }
        };
        last = Rc::clone(&namespace);
        elements += usize::from(matches!(event, Event::Start(_) | Event::Empty(_)));
        if elements > ELEMENTS_MAX {
            return Err(XmlError::Many);
        }
        match event {
            Event::Start(start) => {
                if open.len() == DEPTH_MAX {
                    return Err(XmlError::Deep);
                }
                open.push(element(namespace, &start));
            }
            Event::Empty(start) => close(element(namespace, &start), &mut open, &mut whole)?,
            Event::End(_) => {
                let element = open.pop().ok_or(XmlError::NotOne)?;
                close(element, &mut open, &mut whole)?;
            }
            Event::Text(text) => say(&mut open, &text.xml10_content())?,
            Event::CData(text) => say(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => say(&mut open, &resolved(&reference)?)?,
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match open.is_empty() {
        true => whole.ok_or(XmlError::NotOne),
        false => Err(XmlError::Malformed("it ends in the middle".to_owned())),
    }
}

fn malformed(error: quick_xml::Error) -> XmlError {
    XmlError::Malformed(error.to_string())
}

fn element(namespace: Rc<str>, start: &BytesStart<'_>) -> Element {
    let name = start.local_name().as_ref().to_owned();
    Element { namespace, name, ..Element::default() }
}

fn close(
    element: Element,
    open: &mut [Element],
    whole: &mut Option<Element>,
) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if whole.is_none() => *whole = Some(element),
        None => return Err(XmlError::NotOne),
    }
    Ok(())
}

fn say(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::NotOne),
    }
    Ok(())
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    if let Some(letter) = reference.resolve_char_ref().map_err(malformed)? {
        return Ok(letter.to_string());
    }
    let known = resolve_predefined_entity(reference).map(str::to_owned);
    known.ok_or_else(|| XmlError::Entity(reference.to_string()))
}

/// A text as it stands between tags: what XML cannot hold is left out.
pub(super) fn written(text: &str) -> String {
    let held = |letter: &char| {
        matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
            || *letter > '\u{ffff}'
    };
    let text: String = text.chars().filter(held).collect();
    escape(text.as_str()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_and_sections_are_part_of_the_text() {
        let element = read("\u{feff}<?xml version='1.0'?><a>&lt;b&gt; &#x20AC;<![CDATA[<&]]></a>");
        assert_eq!(element.unwrap().text, "<b> €<&");
        let nested = read("<x:a xmlns:x='u'><b/>\n<b>1</b></x:a>").unwrap();
        assert_eq!((&*nested.namespace, nested.at(&["b"]).len()), ("u", 2));
        assert_eq!(nested.text_of("b"), Some(""));
    }

    #[test]
    fn what_is_no_document_or_could_become_a_large_one_is_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'>]><a>&b;</a>";
        let file = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>";
        assert_eq!(read(bomb), Err(XmlError::DocumentType));
        assert_eq!(read(file), Err(XmlError::DocumentType));
        assert_eq!(read("<a>&b;</a>"), Err(XmlError::Entity("b".to_owned())));
        for broken in ["", "text", "<a/><b/>", "<a/>b"] {
            assert_eq!(read(broken), Err(XmlError::NotOne), "{broken}");
        }
        for broken in ["<a>", "<a></b>", "<a", "</a>", "<x:a/>", "<a>&#0;</a>", "<a>&lt</a>"] {
            assert!(matches!(read(broken), Err(XmlError::Malformed(_))), "{broken}");
        }
        let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&deep(DEPTH_MAX)).is_ok());
        assert_eq!(read(&deep(DEPTH_MAX + 1)), Err(XmlError::Deep));
        let wide = |width: usize| format!("<a xmlns='u'>{}</a>", "<b/>".repeat(width));
        assert!(read(&wide(ELEMENTS_MAX - 1)).is_ok());
        assert_eq!(read(&wide(ELEMENTS_MAX)), Err(XmlError::Many));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = "<a href=\"x\">'&amp;'</a> \u{1F600}\u{0}\u{b}é\n";
        let read = read(&format!("<s>{}</s>", written(text))).unwrap();
        assert_eq!(read.text, "<a href=\"x\">'&amp;'</a> \u{1F600}é\n");
    }
}
