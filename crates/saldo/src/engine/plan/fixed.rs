//! What a book amends no more: what payments or credits belong to, where it amends nothing of that,
//! and what it refused to amend, since it was paid or reconciled there.

use super::book_of;
use crate::engine::{Engine, EngineError};
use saldo_core::book::{RefusalKind, Subject};
use saldo_core::document::{Document, DocumentKey, SubledgerEntry};
use saldo_core::plan::{ApprovedChange, Whereabouts};
use saldo_core::text::GroupId;
use saldo_store::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// The documents among these of which the book amends nothing any more. By the entries that are
/// wanted, by slot: only what they change is asked for.
pub(super) async fn fixed(
    engine: &Engine,
    connection: &Connection,
    approved: &[ApprovedChange],
    wanted: &BTreeMap<String, Vec<SubledgerEntry>>,
) -> Result<Vec<Document>, EngineError> {
    let description = book_of(connection)?.description();
    if description.amends.is_empty() {
        return Ok(Vec::new());
    }
    let mut fixed = refused(engine, connection, approved).await?;
    if !description.amends_paid {
        fixed.extend(paid(engine, connection, approved, wanted).await?);
    }
    Ok(fixed)
}

/// What was to be amended, and the book said that it changes nothing of it any more.
async fn refused(
    engine: &Engine,
    connection: &Connection,
    approved: &[ApprovedChange],
) -> Result<Vec<Document>, EngineError> {
    let amendments: BTreeMap<&str, &Document> = approved
        .iter()
        .filter(|it| it.whereabouts != Whereabouts::InBook)
        .filter_map(|it| match &it.change.subject {
            Subject::Amended { before, .. } => Some((it.change.id.as_str(), &**before)),
            _ => None,
        })
        .collect();
    if amendments.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = amendments.keys().copied().collect();
    let (store, company) = (&engine.store, engine.company_id());
    let refused = store.refused_as(company, &connection.id, &ids, RefusalKind::Fixed).await?;
    let is_refused = |(id, _): &(&str, &Document)| refused.contains(*id);
    Ok(amendments.into_iter().filter(is_refused).map(|(_, before)| before.clone()).collect())
}

/// What is to say something else, and anything was entered that belongs to it, or is to be.
async fn paid(
    engine: &Engine,
    connection: &Connection,
    approved: &[ApprovedChange],
    wanted: &BTreeMap<String, Vec<SubledgerEntry>>,
) -> Result<Vec<Document>, EngineError> {
    let is_as_wanted = |it: &ApprovedChange| {
        let wanted = it.change.slot.as_ref().and_then(|slot| wanted.get(slot));
        wanted.is_some_and(|wanted| it.change.enters.iter().all(|entry| wanted.contains(entry)))
    };
    let mut candidates: BTreeMap<DocumentKey, &Document> = BTreeMap::new();
    let mut slots: BTreeSet<&String> = BTreeSet::new();
    for it in approved.iter().filter(|it| it.whereabouts != Whereabouts::Withdrawn) {
        if let (Some((key, document)), Some(slot)) = (it.change.stands_as(), &it.change.slot)
            && document.header().kind.takes_payments()
            && !is_as_wanted(it)
        {
            candidates.insert(key, document);
            slots.insert(slot);
        }
    }
    let (store, company) = (&engine.store, engine.company_id());
    let mut groups: BTreeSet<GroupId> = BTreeSet::new();
    for slot in slots {
        groups.extend(store.groups_of_slot(company, slot).await?);
    }
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let entries = store.group_entries(company, &groups).await?;
    let slots: BTreeSet<String> = entries.into_iter().map(|entry| entry.header.slot).collect();
    let slots: Vec<String> = slots.into_iter().collect();
    let around = store.approved_for_slots(company, &connection.id, &slots).await?;
    let counts = around.iter().filter(|it| it.whereabouts != Whereabouts::Withdrawn);
    let paid: BTreeSet<DocumentKey> = counts.filter_map(|it| it.change.invoice()).collect();
    let is_paid = |(key, _): &(DocumentKey, &Document)| paid.contains(key);
    Ok(candidates.into_iter().filter(is_paid).map(|(_, document)| document.clone()).collect())
}
