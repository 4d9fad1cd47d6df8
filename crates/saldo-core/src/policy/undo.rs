//! How what was entered is taken back.

use super::Policy;
use super::rules::Words;
use crate::ledger::Account;
use serde::{Deserialize, Serialize};

/// How what was entered is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Undoing {
    /// Bank accounts of books on which nobody matches or reconciles anything, by name, where a `*`
    /// at either end stands for the rest. On any other, a document counts as matched and is
    /// reversed rather than voided: no interface shows such matches.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub unmatched: Words<String>,
}

impl Policy {
    /// Whether the owner says that nothing is matched on an account.
    #[must_use]
    pub fn is_unmatched(&self, account: &Account) -> bool {
        self.text.undo.unmatched.accept(&account.name)
    }
}
