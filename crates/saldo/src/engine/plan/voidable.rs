//! Which documents may be voided: those that the owner takes back and wants voided, and those that
//! go and that the book cannot reverse; of these the ones that the book can void, and with which
//! nothing is matched.

use super::book_of;
use super::chunk::enters_commitment;
use crate::engine::{Engine, EngineError};
use saldo_core::book::{Book, Voided};
use saldo_core::document::{Document, DocumentKey, SubledgerEntry};
use saldo_core::ledger::Account;
use saldo_core::plan::{ApprovedChange, Change, Whereabouts};
use saldo_core::policy::Policy;
use saldo_core::text::{FactId, GroupId};
use saldo_store::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What goes of some slots.
pub(super) struct Going<'a> {
    /// The entries that the owner wants taken out by voiding.
    pub(super) to_void: BTreeSet<FactId>,
    /// The entries that stay, by slot.
    pub(super) wanted: &'a BTreeMap<String, Vec<SubledgerEntry>>,
}

impl Going<'_> {
    /// Whether all that a change entered is to be voided, if it goes: since the owner said so, or
    /// since the book cannot reverse it.
    fn by_voiding(&self, change: &Change, reverses: bool) -> bool {
        let stays = |entry: &SubledgerEntry| {
            let wanted = change.slot.as_ref().and_then(|slot| self.wanted.get(slot));
            wanted
                .into_iter()
                .flatten()
                .any(|it| it.id == entry.id && it.money_hash() == entry.money_hash())
        };
        let goes = |entry: &SubledgerEntry| {
            self.to_void.contains(&entry.id) || (!reverses && !stays(entry))
        };
        !change.enters.is_empty() && change.enters.iter().all(goes)
    }
}

/// Which of these approved changes of slots may be voided. A purchase order that no longer holds is
/// never taken out otherwise.
pub(super) async fn voidable(
    engine: &Engine,
    connection: &Connection,
    going: &Going<'_>,
    approved: &[ApprovedChange],
) -> Result<BTreeMap<DocumentKey, Voided>, EngineError> {
    let book = book_of(connection)?;
    let reverses = |document: &Document, change: &Change| {
        book.reverses(document) && !enters_commitment(change)
    };
    let mut candidates: BTreeMap<DocumentKey, (&Change, &Document)> = BTreeMap::new();
    for it in approved.iter().filter(|it| it.whereabouts == Whereabouts::InBook) {
        if let Some((key, document)) = it.change.stands_as()
            && going.by_voiding(&it.change, reverses(document, &it.change))
            && can_void(engine, book, document)
        {
            candidates.insert(key, (&it.change, document));
        }
    }
    if candidates.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (store, company, book) = (&engine.store, engine.company_id(), &connection.id);
    let keys: Vec<String> = candidates.keys().map(DocumentKey::to_string).collect();
    let receipts = store.receipts(company, book, &keys).await?;
    let mut voidable = BTreeMap::new();
    for (key, (change, document)) in candidates {
        let Some(receipt) = receipts.get(key.as_str()) else { continue };
        let Some(version) = receipt.version.clone() else { continue };
        if !is_linked(engine, (connection, book_of(connection)?), (key, change)).await? {
            let (document, remote) = (document.clone(), receipt.remote.clone());
            voidable.insert(key, Voided { key, document, remote, version });
        }
    }
    Ok(voidable)
}

/// Whether the book can void a document, and all accounts on which it may be matched are such as
/// the owner matches nothing on.
fn can_void(engine: &Engine, book: &dyn Book, document: &Document) -> bool {
    let accounts = book.voids(document);
    accounts.is_some_and(|them| matched_on(&engine.policy, &them).is_empty())
}

/// The accounts among these on which something may be matched.
pub(super) fn matched_on(policy: &Policy, accounts: &[Account]) -> Vec<String> {
    let matched: BTreeSet<String> = accounts
        .iter()
        .filter(|account| !policy.is_unmatched(account))
        .map(|account| account.name.to_string())
        .collect();
    matched.into_iter().collect()
}

/// Whether any other document was ever entered as belonging to this one: the book holds a payment
/// as applied even where its money was moved back since. One that the book cannot reverse goes by
/// the book's own operation, which frees what it paid, and before it.
pub(super) async fn is_linked(
    engine: &Engine,
    (connection, book): (&Connection, &dyn Book),
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
    let stays_applied =
        |it: &ApprovedChange| it.change.stands_as().is_none_or(|(_, paid)| book.reverses(paid));
    let belongs = |it: &&ApprovedChange| may_be_there(it) && it.change.invoice() == Some(key);
    Ok(approved.iter().filter(belongs).any(stays_applied))
}
