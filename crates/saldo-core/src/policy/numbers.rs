//! What the numbers of documents begin with.

use super::PolicyError;
use crate::document::DocumentKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a prefix may be: with the eleven characters of a key it fits the number field of every
/// book, of which the shortest has twenty-one.
const MOST: usize = 10;

/// What the numbers that people see begin with, by the kind of document. A document keeps the
/// prefix that it was planned with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prefixes(BTreeMap<DocumentKind, String>);

impl Prefixes {
    /// None at all.
    pub const NONE: &'static Self = &Self(BTreeMap::new());

    /// What numbers of a kind begin with; nothing where nobody said.
    #[must_use]
    pub fn of(&self, kind: DocumentKind) -> &str {
        self.0.get(&kind).map_or("", String::as_str)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses what some book could not show.
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
        let wrong = |(_, prefix): &(&DocumentKind, &String)| {
            prefix.len() > MOST || !prefix.chars().all(plain)
        };
        self.0.iter().find(wrong).map_or(Ok(()), |(kind, prefix)| {
            Err(PolicyError::Prefix { kind: *kind, prefix: prefix.clone() })
        })
    }
}
