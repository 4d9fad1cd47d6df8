//! Issues: what needs a person. The rest goes on.

use crate::text::FactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// The vendor's data has a shape or a word that nobody taught us.
    UnknownData,
    /// The policy does not say where something belongs.
    MissingMapping,
    /// Amounts that must agree do not.
    DoesNotAddUp,
    /// The book refused a document, with its own words.
    Refused,
    /// The book holds something else than was sent.
    Drift,
    /// Something that the books do not hold was open when they began.
    OpeningBalance,
}

impl IssueKind {
    /// The name as it stands in commands and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownData => "unknown-data",
            Self::MissingMapping => "missing-mapping",
            Self::DoesNotAddUp => "does-not-add-up",
            Self::Refused => "refused",
            Self::Drift => "drift",
            Self::OpeningBalance => "opening-balance",
        }
    }
}

/// Something that a person must decide, attached to its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// What kind of thing is wrong.
    pub kind: IssueKind,
    /// The fact, document or payout that it is about.
    pub about: FactId,
    /// What is wrong, for which thing: lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Where a fact stands. Every fact is in exactly one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum FactState {
    /// Documents enter it, or it adds nothing that another fact did not say.
    Accounted {
        /// What a person should look at all the same: its money stands in the account for review.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        review: Option<Issue>,
    },
    /// Not yet: something else must come first.
    Waiting {
        /// What for.
        for_what: String,
        /// Until when at the latest it is looked at again, where that is known.
        until: Option<Timestamp>,
    },
    /// Never: a rule leaves it out.
    Excluded {
        /// The rule's name.
        rule: String,
    },
    /// Not until a person decides.
    Held(Issue),
}
