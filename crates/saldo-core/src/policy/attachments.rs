//! Which files are attached to documents.

use serde::{Deserialize, Serialize};

/// Which files are attached to documents, in books that take files. Off where nothing is said:
/// each file is a request of its own, of which some vendors allow few, and a right that the owner
/// grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attachments {
    /// The rows of a payout, at the document that takes it out of its clearing account.
    pub payouts: bool,
}

impl Attachments {
    /// Whether nothing is attached.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
