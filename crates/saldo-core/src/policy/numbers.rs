//! What the numbers of documents begin with.

use super::PolicyError;
use crate::document::DocumentKind;
use crate::text::ConnectionId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a prefix may be: with the eleven characters of a key it fits the number field of every
/// book, of which the shortest has twenty-one.
const MOST: usize = 10;

/// Prefixes by the kind of document.
type ByKind = BTreeMap<DocumentKind, String>;

/// What the numbers that people see begin with, by the kind of document and by the channel that
/// tells what stands in it. A document keeps the prefix that it was planned with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefixes {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    channels: BTreeMap<ConnectionId, ByKind>,
    #[serde(flatten)]
    kinds: ByKind,
}

impl Prefixes {
    /// None at all.
    pub const NONE: &'static Self = &Self { channels: BTreeMap::new(), kinds: ByKind::new() };

    /// What numbers of a kind begin with where a channel tells what stands in the document: what is
    /// said of the channel, else what is said of the kind; nothing where nobody said.
    #[must_use]
    pub fn of(&self, kind: DocumentKind, channel: Option<&str>) -> &str {
        let own = channel.and_then(|channel| {
            let mut channels = self.channels.iter();
            channels.find(|(known, _)| known.as_str() == channel)?.1.get(&kind)
        });
        own.or_else(|| self.kinds.get(&kind)).map_or("", String::as_str)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.channels.values().all(BTreeMap::is_empty)
    }

    /// Refuses what some book could not show.
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
        let wrong = |(_, prefix): &(&DocumentKind, &String)| {
            prefix.len() > MOST || !prefix.chars().all(plain)
        };
        let mut all = self.channels.values().chain([&self.kinds]).flatten();
        all.find(wrong).map_or(Ok(()), |(kind, prefix)| {
            Err(PolicyError::Prefix { kind: *kind, prefix: prefix.clone() })
        })
    }
}
