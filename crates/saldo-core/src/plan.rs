//! Plans: what differs between the entries of the sub-ledger and what a book was told.
//!
//! A slot holds the sub-ledger entries of one document. What stands in a book under that slot is the
//! sum of the changes that were approved for it. The plan is the difference: entries that do not
//! stand yet are created, entries that stand and no longer hold (or hold otherwise) are reversed.
//! Nothing is ever altered or deleted that carries money.

use crate::book::Subject;
use crate::document::SubledgerEntry;
use crate::text::{ConnectionId, FactId};
use serde::{Deserialize, Serialize};

/// Why a change is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Reason {
    /// Something happened that stands in no document yet.
    NewFact,
    /// A document needs this to refer to.
    NeededBy {
        /// The document's slot.
        slot: String,
    },
    /// Something happened after the slot's document was made.
    LaterFact,
    /// What was entered no longer holds: the fact was decided or read otherwise, or the policy
    /// changed.
    NoLongerHolds,
}

/// An entry that a change puts into the book, or takes out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The entry's natural key.
    pub id: FactId,
    /// The entry's money hash.
    pub hash: String,
}

/// One step of a plan: make one thing be in one book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The identity within the book: a document's key, or the binding of something needed.
    pub id: String,
    /// Which book.
    pub book: ConnectionId,
    /// The slot, for documents.
    pub slot: Option<String>,
    /// Which document of its slot this is, from zero.
    pub generation: u32,
    /// What shall be there.
    pub subject: Subject,
    /// Why.
    pub reason: Reason,
    /// The entries that it puts in.
    pub enters: Vec<SubledgerEntry>,
    /// The entries that it takes out.
    pub takes_out: Vec<Covered>,
}
