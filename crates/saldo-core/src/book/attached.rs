//! What is added to documents that stand in a book, and changes nothing of them.

use crate::document::{Document, DocumentKey};
use crate::text::RemoteId;
use serde::{Deserialize, Serialize};

/// A table that is attached to a document of a book as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedFile {
    /// Its name, of letters, digits, `-`, `_` and `.`: by it the file is found at its document.
    pub name: String,
    /// What stands in it: comma-separated values, by RFC 4180.
    pub text: String,
}

impl AttachedFile {
    /// What it holds, as vendors are told.
    pub const MEDIA_TYPE: &'static str = "text/csv";
}

/// A note in the history of a document that stands there: which one it is, and what it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The document's number, which the note says.
    pub key: DocumentKey,
    /// The document as it was entered.
    pub document: Box<Document>,
    /// What the book calls it.
    pub remote: RemoteId,
    /// What it comes from: its slot.
    pub from: String,
}
