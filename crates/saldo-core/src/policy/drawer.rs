//! What the owner decided about cash drawers.

use super::{Policy, Role, Words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Cash drawers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drawer {
    /// What money was for that was put into a drawer or taken out of it, by the note that somebody
    /// wrote then. Capitals do not matter, and a `*` at either end stands for the rest; of several
    /// such notes the longest counts. A session with another note is held.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, Role>,
}

impl Policy {
    /// What money of a drawer was for, by the note of whoever moved it; none where the owner did
    /// not say.
    #[must_use]
    pub fn drawer_note(&self, note: &str) -> Option<Role> {
        let notes = &self.text.drawer.notes;
        let likes = notes.iter().filter(|(known, _)| Words::is_like(known, note.trim()));
        likes.max_by_key(|(known, _)| known.chars().count()).map(|(_, role)| *role)
    }
}
