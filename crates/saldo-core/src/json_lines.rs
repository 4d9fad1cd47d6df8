//! Lines of JSON objects, each of which names what it belongs to: what large downloads consist of.

use serde::Deserialize;
use std::borrow::Cow;

/// As much of a line as says where it belongs. All else is skipped without being understood.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LineHead<'line> {
    /// What the line is called.
    #[serde(borrow, default)]
    pub id: Option<Cow<'line, str>>,
    /// What it belongs to; none for a root.
    #[serde(borrow, default, rename = "__parentId")]
    pub parent: Option<Cow<'line, str>>,
}

/// How the field is called that names what a line belongs to.
const PARENT: &str = "\"__parentId\"";

impl<'line> LineHead<'line> {
    /// Reads where a line belongs, which is given with its line feed where it has one.
    ///
    /// # Errors
    /// Where the line is not a JSON object whose ids are texts. Of a line that begins with its id
    /// and ends with its parent, the rest is not looked at; nor of one that begins with its id,
    /// names no parent anywhere and has its line feed. All others are read whole: a line that was
    /// cut off must not pass for a root.
    pub fn read(line: &'line str) -> Result<Self, serde_json::Error> {
        let is_ended = line.ends_with('\n');
        let line = line.trim_ascii();
        match Self::at_the_ends(line, is_ended) {
            Some(head) => Ok(head),
            None if line.starts_with('{') => serde_json::from_str(line),
            None => Err(serde::de::Error::custom("it is not a JSON object")),
        }
    }

    /// What an object says that begins with its id and ends with its parent, or has none. A
    /// quotation mark within a JSON text has a backslash before it, so that what is looked for is
    /// never part of a text.
    fn at_the_ends(line: &'line str, is_ended: bool) -> Option<Self> {
        let rest = line.strip_prefix("{\"id\":\"")?.strip_suffix('}')?;
        let (id, rest) = rest.split_once('"').filter(|(id, _)| !id.contains('\\'))?;
        let id = Some(Cow::Borrowed(id));
        if is_ended && !rest.contains(PARENT) {
            return Some(Self { id, parent: None });
        }
        let (before, parent) = rest.strip_suffix('"')?.rsplit_once('"')?;
        let before = before.strip_suffix(':')?.strip_suffix(PARENT)?;
        (before.ends_with(',') && !parent.contains('\\')).then_some(())?;
        Some(Self { id, parent: Some(Cow::Borrowed(parent)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_line_says_where_it_belongs() {
        for (line, id, parent) in [
            (r#"{"id":"a"}"#, Some("a"), None),
            (r#"{"id":"a","__parentId":"b"}"#, Some("a"), Some("b")),
            (r#"{"id":"a","more":{"x":[1,2]},"__parentId":"b"} "#, Some("a"), Some("b")),
            (r#"{"__parentId":"b"}"#, None, Some("b")),
            (r#"{"__parentId":"b","id":"a"}"#, Some("a"), Some("b")),
            (r#"{"id":"a","__parentId":null}"#, Some("a"), None),
            (r#"{"id":"a","in":{"__parentId":"b"}}"#, Some("a"), None),
            (r#"{"id":"a","note":"\"__parentId\":\"b"}"#, Some("a"), None),
            (r#"{"id":"a\u0062"}"#, Some("ab"), None),
        ] {
            for end in ["", "\n"] {
                let line = format!("{line}{end}");
                let head = LineHead::read(&line).unwrap();
                assert_eq!((head.id.as_deref(), head.parent.as_deref()), (id, parent), "{line}");
            }
        }
        let cut = [r#"{"id":"a""#, r#"{"id":"a","x":{"y":1}"#, r#"{"id":"a","x":{"y":"b"}"#];
        let other = ["", "[]", r#"{"id":1}"#, r#"{"id":"a","__parentId":1}"#];
        for line in cut.into_iter().chain(other) {
            assert!(LineHead::read(line).is_err(), "{line}");
        }
    }

    proptest! {
        /// Whatever stands between the ends, the same is read as by reading all of it.
        #[test]
        fn the_ends_say_what_the_whole_says(
            id in any::<String>(),
            parent in proptest::option::of(any::<String>()),
            note in any::<String>(),
            inner in proptest::option::of(any::<String>()),
        ) {
            let note = format!("{note}\",\"__parentId\":\"{note}\"}}");
            let mut line = format!(r#"{{"id":{},"note":{}"#, json!(id), json!(note));
            if let Some(inner) = inner {
                line += &format!(r#","in":{{"__parentId":{}}}"#, json!(inner));
            }
            if let Some(parent) = parent {
                line += &format!(r#","__parentId":{}"#, json!(parent));
            }
            line.push('}');
            let whole: LineHead<'_> = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(&LineHead::read(&line).unwrap(), &whole);
            let ended = format!("{line}\n");
            prop_assert_eq!(&LineHead::read(&ended).unwrap(), &whole);
        }
    }
}
