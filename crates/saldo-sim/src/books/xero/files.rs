//! Files at entities.

use super::entity::{Entity, File};
use super::kind::Kind;
use super::organisation::{Organisation, identifier};
use super::refusal::{Checked, Refusal};
use jiff::Timestamp;
use serde_json::{Value, json};

/// How many files an entity takes, and of how many bytes each.
const FILES: usize = 10;
const FILE_BYTES: usize = 25 << 20;

/// A file at an entity, for whoever looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttachedFile {
    /// What kind of entity it is at.
    pub kind: Kind,
    /// The entity's identifier.
    pub remote: String,
    /// The file's name.
    pub name: String,
    /// What stands in it.
    pub content: String,
}

/// Whether the vendor takes files at entities of a kind.
pub(super) fn takes_files(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Account
            | Kind::BankTransaction
            | Kind::BankTransfer
            | Kind::Contact
            | Kind::CreditNote
            | Kind::Invoice
            | Kind::ManualJournal
            | Kind::PurchaseOrder
    )
}

impl Organisation {
    /// All files at all entities, by entity and name.
    #[must_use]
    pub fn files(&self) -> Vec<AttachedFile> {
        let mut files = Vec::new();
        for entity in self.shelves.values().flat_map(std::collections::BTreeMap::values) {
            files.extend(entity.files.iter().map(|file| AttachedFile {
                kind: entity.kind,
                remote: entity.id.clone(),
                name: file.name.clone(),
                content: file.content.clone(),
            }));
        }
        files.sort();
        files
    }

    /// Takes a file, which changes its entity. Of two of one name both stay.
    pub(super) fn attach(
        &mut self,
        (kind, id): (Kind, &str),
        name: &str,
        content: &[u8],
        now: Timestamp,
    ) -> Checked<Value> {
        let entity = self.by_id(kind, id).filter(|_| takes_files(kind)).cloned();
        let mut entity = entity.ok_or(Refusal::NotFound)?;
        if entity.files.len() >= FILES {
            return Err(Refusal::invalid("A maximum of 10 attachments can be added"));
        }
        if content.is_empty() || content.len() > FILE_BYTES {
            return Err(Refusal::invalid("The attachment must hold 1 byte to 25 MB"));
        }
        let number = entity.files.len();
        let file = File {
            id: identifier(self.seed, &format!("file {id} {number} {name}")),
            name: name.to_owned(),
            content: String::from_utf8_lossy(content).into_owned(),
        };
        let shown = show(&entity, &file);
        entity.files.push(file);
        // A bank transfer has no time of its last change.
        let updated = if kind == Kind::BankTransfer { entity.updated } else { now };
        self.store(entity, updated);
        Ok(shown)
    }

    /// The files at an entity.
    pub(super) fn attachments(&self, kind: Kind, id: &str) -> Checked<Vec<Value>> {
        let entity = self.by_id(kind, id).filter(|_| takes_files(kind));
        let entity = entity.ok_or(Refusal::NotFound)?;
        Ok(entity.files.iter().map(|file| show(entity, file)).collect())
    }
}

fn show(entity: &Entity, file: &File) -> Value {
    let media = if file.name.ends_with(".csv") { "text/csv" } else { "application/octet-stream" };
    json!({
        "AttachmentID": file.id,
        "FileName": file.name,
        "Url": format!(
            "https://api.xero.com/api.xro/2.0/{}/{}/Attachments/{}",
            entity.kind.endpoint(), entity.id, file.name
        ),
        "MimeType": media,
        "ContentLength": file.content.len(),
        "IncludeOnline": false,
    })
}
