//! Which documents may be voided: those that the owner takes back and wants voided, that the book
//! can void, and with which nothing is matched.

use super::book_of;
use super::chunk::enters_commitment;
use crate::engine::{Engine, EngineError};
use saldo_core::book::{Subject, Voided};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::plan::{ApprovedChange, Change, Whereabouts};
use saldo_core::text::{FactId, GroupId};
use saldo_store::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Which of these approved changes of slots may be voided, where the owner wants these entries
/// taken out by voiding. A purchase order that no longer holds is never taken out otherwise.
pub(super) async fn voidable(
    engine: &Engine,
    connection: &Connection,
    to_void: &BTreeSet<FactId>,
    approved: &[ApprovedChange],
) -> Result<BTreeMap<DocumentKey, Voided>, EngineError> {
    let mut candidates: BTreeMap<DocumentKey, (&Change, &Document)> = BTreeMap::new();
    for it in approved.iter().filter(|it| it.whereabouts == Whereabouts::InBook) {
        let wanted = enters_commitment(&it.change)
            || it.change.enters.iter().all(|entry| to_void.contains(&entry.id));
        if let Subject::Document { key, document, voids: None, .. } = &it.change.subject
            && !it.change.enters.is_empty()
            && wanted
            && can_void(engine, connection, document)?
        {
            candidates.insert(*key, (&it.change, document));
        }
    }
    let (store, company, book) = (&engine.store, engine.company_id(), &connection.id);
    let keys: Vec<String> = candidates.keys().map(DocumentKey::to_string).collect();
    let receipts = store.receipts(company, book, &keys).await?;
    let mut voidable = BTreeMap::new();
    for (key, (change, document)) in candidates {
        let Some(receipt) = receipts.get(key.as_str()) else { continue };
        let Some(version) = receipt.version.clone() else { continue };
        if !is_linked(engine, connection, (key, change)).await? {
            let (document, remote) = (document.clone(), receipt.remote.clone());
            voidable.insert(key, Voided { key, document, remote, version });
        }
    }
    Ok(voidable)
}

/// Whether the book can void a document, and all accounts on which it may be matched are such as
/// the owner matches nothing on.
fn can_void(
    engine: &Engine,
    connection: &Connection,
    document: &Document,
) -> Result<bool, EngineError> {
    let Some(accounts) = book_of(connection)?.voids(document) else { return Ok(false) };
    Ok(accounts.iter().all(|account| engine.policy.is_unmatched(account)))
}

/// Whether any other document was ever entered as belonging to this one: the book holds a payment
/// as applied even where its money was moved back since.
async fn is_linked(
    engine: &Engine,
    connection: &Connection,
    (key, change): (DocumentKey, &Change),
) -> Result<bool, EngineError> {
    let Some(slot) = &change.slot else { return Ok(false) };
    let (store, company) = (&engine.store, engine.company_id());
    let groups: Vec<GroupId> = store.groups_of_slot(company, slot).await?.into_iter().collect();
    let entries = store.group_entries(company, &groups).await?;
    let slots: BTreeSet<String> = entries.into_iter().map(|entry| entry.header.slot).collect();
    let slots: Vec<String> = slots.into_iter().collect();
    let approved = store.approved_for_slots(company, &connection.id, &slots).await?;
    let may_be_there =
        |it: &ApprovedChange| matches!(it.whereabouts, Whereabouts::InBook | Whereabouts::Unknown);
    Ok(approved.iter().any(|it| may_be_there(it) && it.change.invoice() == Some(key)))
}
