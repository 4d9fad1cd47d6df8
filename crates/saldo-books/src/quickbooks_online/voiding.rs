//! Voiding: the vendor's own operation that leaves a form standing with nothing in it.
//!
//! A voided form keeps its id and number, its amounts are zero, and its note begins with the
//! vendor's word. A payment that is voided is applied to nothing any more: its invoice or its
//! bill is open.
//! A purchase order is not voided but closed, which says that nothing of it is expected any more.
//! The vendor refuses any version but the latest, which counts up whenever somebody changes the
//! form or applies a payment to it.

use super::names;
use super::operation::{Body, Operation};
use super::shape::shape;
use super::wire::{Entity, Transaction};
use rust_decimal::Decimal;
use saldo_core::book::{Acknowledgement, Refusal, Voided};
use saldo_core::document::Document;
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::text::RemoteId;
use serde_json::json;
use std::collections::BTreeSet;

/// The status of a purchase order of which nothing is expected any more.
const CLOSED: &str = "Closed";
/// How the note of a voided form begins.
const VOIDED: &str = "Voided";

/// Whether the vendor voids a document like this, and on which of its accounts somebody may have
/// matched or reconciled it: the interface shows neither.
pub(super) fn voids(document: &Document) -> Option<Vec<Account>> {
    let entity = shape(document).ok()?.entity();
    if !matches!(
        entity,
        Entity::SalesReceipt
            | Entity::Invoice
            | Entity::Payment
            | Entity::BillPayment
            | Entity::PurchaseOrder
    ) {
        return None;
    }
    let is_bank = |kind: AccountKind| names::account_type(kind).0 == "Bank";
    let accounts = document.lines().iter().map(|line| &line.account);
    let banks: BTreeSet<&Account> = accounts.filter(|account| is_bank(account.kind)).collect();
    Some(banks.into_iter().cloned().collect())
}

/// What voids a form.
///
/// # Errors
/// In words, where it is no form of this book.
pub(super) fn body(voided: &Voided) -> Result<Body, String> {
    let entity = shape(&voided.document)?.entity();
    let mut json = json!({ "Id": voided.remote.as_str(), "SyncToken": voided.version });
    let operation = match entity {
        // Of payments alone it is an update, which must not empty what it does not name.
        Entity::Payment | Entity::BillPayment => {
            json["sparse"] = true.into();
            Operation::VoidByUpdate
        }
        Entity::PurchaseOrder => {
            json["sparse"] = true.into();
            json["POStatus"] = CLOSED.into();
            Operation::Close
        }
        _ => Operation::Void,
    };
    Ok(Body { entity, operation, json })
}

/// What the book acknowledges about a row that is voided; none where it is not.
pub(super) fn acknowledgement(row: &Transaction) -> Option<Acknowledgement> {
    let note = row.private_note.as_deref().unwrap_or_default();
    let total = row.total_amt.as_ref().and_then(|total| total.to_string().parse().ok());
    let is_closed = row.po_status.as_deref() == Some(CLOSED);
    let is_nil = total.is_some_and(|total: Decimal| total.is_zero());
    let is_voided = is_closed || note.starts_with(VOIDED) && is_nil;
    let acknowledgement = Acknowledgement::of(RemoteId::from(row.id.clone()?));
    is_voided.then(|| Acknowledgement { version: row.sync_token.clone(), ..acknowledgement })
}

/// A refusal to void, with what is left to do.
pub(super) fn refusal(refusal: Refusal) -> Refusal {
    let hint = "somebody changed it, or matched something with it: take it back by a reversal, by \
                `saldo redo` with its number in `saldo runs`, then `saldo undo` without --void";
    Refusal { hint: hint.to_owned(), ..refusal }
}
