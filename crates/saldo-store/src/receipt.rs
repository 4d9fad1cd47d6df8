//! Receipts: what books acknowledged.

use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::book::{Acknowledgement, Bindings, Subject};
use saldo_core::money::Money;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use std::collections::BTreeMap;

/// What a book acknowledged about one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The identity of the change: a document's key, or a binding.
    pub key: String,
    /// What the book calls it.
    pub remote: RemoteId,
    /// Its version in the book.
    pub version: Option<String>,
    /// The hash of what was sent, by which "there, and the same" is told from "there, but other".
    pub content_hash: String,
    /// Its total as the book holds it, where the book said.
    pub total: Option<Money>,
    /// Its tax as the book holds it, where the book said.
    pub tax: Option<Money>,
    /// When it was acknowledged.
    pub at: Timestamp,
}

/// The columns of a receipt in the order of [`ReceiptRow`].
pub(crate) const COLUMNS: &str = "r.key, r.remote, r.version, r.hash, r.total, r.tax, r.at";

/// A row of [`COLUMNS`].
pub(crate) type ReceiptRow =
    (String, String, Option<String>, String, Option<String>, Option<String>, i64);

impl Receipt {
    pub(crate) fn from_row(row: ReceiptRow) -> Result<Self, StoreError> {
        let (key, remote, version, content_hash, total, tax, at) = row;
        let money = |text: Option<String>| {
            text.map(|text| columns::parse("amount of a receipt", &text)).transpose()
        };
        Ok(Self {
            key,
            remote: RemoteId::from(remote),
            version,
            content_hash,
            total: money(total)?,
            tax: money(tax)?,
            at: columns::instant(at)?,
        })
    }
}

impl Store {
    /// The receipts of changes, those that there are, by the change's identity.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn receipts(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        keys: &[String],
    ) -> Result<BTreeMap<String, Receipt>, StoreError> {
        let mut receipts = BTreeMap::new();
        for keys in keys.chunks(ROWS_MAX) {
            let rows: Vec<ReceiptRow> = Statement::new("select ")
                .text(COLUMNS)
                .text(" from receipt r where r.company = ")
                .bind(company.as_str())
                .text(" and r.book = ")
                .bind(book.as_str())
                .text(" and r.key in ")
                .list(keys.iter().map(String::as_str))
                .text(" order by r.seq")
                .query()
                .fetch_all(&self.reader)
                .await?;
            for row in rows {
                let receipt = Receipt::from_row(row)?;
                receipts.insert(receipt.key.clone(), receipt);
            }
        }
        Ok(receipts)
    }

    /// What a book calls these things, those that it has acknowledged.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bindings_of(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        keys: &[String],
    ) -> Result<Bindings, StoreError> {
        let receipts = self.receipts(company, book, keys).await?;
        Ok(Bindings(receipts.into_iter().map(|(key, receipt)| (key, receipt.remote)).collect()))
    }

    /// What a book calls all that it has acknowledged. This grows with the years: to push a batch,
    /// [`Store::bindings_of`] is enough.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bindings(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Bindings, StoreError> {
        let rows: Vec<(String, String)> =
            query("select key, remote from receipt where company = $1 and book = $2 order by seq")
                .bind(company.as_str())
                .bind(book.as_str())
                .fetch_all(&self.reader)
                .await?;
        let bound = |(key, remote)| (key, RemoteId::from(remote));
        Ok(Bindings(rows.into_iter().map(bound).collect()))
    }
}

/// The hash of what a change puts into the book.
fn content_hash(change: &Change) -> Result<String, StoreError> {
    match &change.subject {
        Subject::Document { document, .. }
        | Subject::Confirmed { document, .. }
        | Subject::Amended { document, .. } => Ok(document.content_hash()),
        Subject::Attached { file, .. } => {
            let hash = blake3::hash(file.text.as_bytes()).to_hex();
            Ok(hash.chars().take(32).collect())
        }
        Subject::Need(need) => {
            let hash = blake3::hash(columns::to_json(need)?.as_bytes()).to_hex();
            Ok(hash.chars().take(32).collect())
        }
    }
}

/// What a receipt is found by. Something needed is known by its binding, whichever of its changes
/// brought it.
fn key(change: &Change) -> String {
    match &change.subject {
        Subject::Document { .. }
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => change.id.clone(),
        Subject::Need(need) => need.binding(),
    }
}

/// Adds receipts. What voids or amends a document, or confirms a draft, is one about that document
/// too: it stands there in another version since.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    acknowledged: &[(Change, &Acknowledgement)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(acknowledged.len());
    for (change, acknowledgement) in acknowledged {
        let hash = content_hash(change)?;
        let about = match &change.subject {
            Subject::Confirmed { key, .. } | Subject::Amended { key, .. } => Some(*key),
            _ => change.voids().map(|voided| voided.key),
        };
        if let Some(key) = about {
            rows.push((key.to_string(), *acknowledgement, hash.clone()));
        }
        rows.push((key(change), *acknowledgement, hash));
    }
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new(
            "insert into receipt (company, book, key, remote, version, hash, total, tax, at) ",
        )
        .rows(rows, |row, (key, acknowledgement, hash)| {
            row.push_bind(company.as_str())
                .push_bind(book.as_str())
                .push_bind(key.as_str())
                .push_bind(acknowledgement.remote.as_str())
                .push_bind(acknowledgement.version.as_deref())
                .push_bind(hash.as_str())
                .push_bind(acknowledgement.total.map(|total| total.to_string()))
                .push_bind(acknowledgement.tax.map(|tax| tax.to_string()))
                .push_bind(columns::micros(now));
        })
        .query()
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}
