//! Plan: what must change in each book, and its approval.

use super::account::account_all;
use super::{Engine, EngineError};
use saldo_books::book;
use saldo_core::book::{Book, Need, Subject};
use saldo_core::document::SubledgerEntry;
use saldo_core::plan::{Change, plan_needs, plan_slot, standing_invoice};
use saldo_core::text::ConnectionId;
use saldo_store::{Approval, Connection, Role};
use std::collections::{BTreeMap, BTreeSet};

/// How many slots are planned in one step.
const SLOTS_AT_ONCE: usize = 2_000;

/// What must change in one book.
pub(crate) struct PlannedBook {
    /// The book.
    pub(crate) book: ConnectionId,
    /// The changes, in the order in which they must be made.
    pub(crate) changes: Vec<Change>,
}

/// A step of a plan.
struct Chunk {
    changes: Vec<Change>,
    until: i64,
}

/// What must change in every book, or in one. What has news is accounted first: a plan from entries
/// that are out of date, or not yet there after a new policy, would take out what holds.
pub(crate) async fn plan(
    engine: &Engine,
    only: Option<&str>,
) -> Result<Vec<PlannedBook>, EngineError> {
    account_all(engine).await?;
    let mut planned = Vec::new();
    for connection in books(engine, only).await? {
        let mut after = engine.store.planned_until(engine.company_id(), &connection.id).await?;
        let mut changes: Vec<Change> = Vec::new();
        while let Some(chunk) = plan_chunk(engine, &connection, after).await? {
            let known: BTreeSet<String> = changes.iter().map(|change| change.id.clone()).collect();
            changes.extend(chunk.changes.into_iter().filter(|change| !known.contains(&change.id)));
            after = chunk.until;
        }
        planned.push(PlannedBook { book: connection.id, changes });
    }
    Ok(planned)
}

/// Plans every book, or one, and writes the changes into its outbox; says how many are new.
pub(crate) async fn approve(
    engine: &Engine,
    only: Option<&str>,
    approved_by: &str,
) -> Result<usize, EngineError> {
    account_all(engine).await?;
    let mut approved = 0;
    for connection in books(engine, only).await? {
        let company = engine.company_id();
        let mut after = engine.store.planned_until(company, &connection.id).await?;
        while let Some(chunk) = plan_chunk(engine, &connection, after).await? {
            let approval = Approval {
                book: connection.id.clone(),
                changes: chunk.changes,
                approved_by: approved_by.to_owned(),
                at: engine.clock.now(),
                planned_until: Some(chunk.until),
            };
            approved += engine.store.approve(company, &approval).await?;
            after = chunk.until;
        }
    }
    Ok(approved)
}

/// The books of the company, or the one that is named.
pub(super) async fn books(
    engine: &Engine,
    only: Option<&str>,
) -> Result<Vec<Connection>, EngineError> {
    let mut books = engine.connections(Role::Book).await?;
    if let Some(name) = only {
        books.retain(|connection| connection.id.as_str() == name);
        if books.is_empty() {
            return Err(EngineError::NoSuchBook(name.to_owned()));
        }
    }
    Ok(books)
}

/// Plans the next slots that changed after a number; none when there are no more.
async fn plan_chunk(
    engine: &Engine,
    connection: &Connection,
    after: i64,
) -> Result<Option<Chunk>, EngineError> {
    let company = engine.company_id();
    let touched = engine.store.slots_changed_since(company, after, SLOTS_AT_ONCE).await?;
    let Some(until) = touched.iter().map(|(seq, _)| *seq).max() else { return Ok(None) };
    let mut slots: Vec<String> = touched.into_iter().map(|(_, slot)| slot).collect();
    let mut entries = engine.store.slot_entries(company, &slots).await?;
    let invoices = invoices_elsewhere(&entries);
    entries.extend(engine.store.slot_entries(company, &invoices).await?);
    slots.extend(invoices);
    let mut approved = approved_by_slot(engine, connection, &slots).await?;
    let mut changes = Vec::new();
    for slot in &slots {
        let entries = entries.get(slot).map_or(&[][..], Vec::as_slice);
        let before = approved.entry(slot.clone()).or_default();
        let planned = plan_slot(company, &connection.id, slot, entries, before)?;
        before.extend(planned.iter().cloned());
        changes.extend(planned);
    }
    link(engine, connection, &mut changes, approved).await?;
    let needs = missing_needs(engine, connection, &changes).await?;
    Ok(Some(Chunk { changes: needs.into_iter().chain(changes).collect(), until }))
}

/// The slots of the invoices that entries belong to, where they are not planned with them: an
/// invoice must be known before what pays it.
fn invoices_elsewhere(entries: &BTreeMap<String, Vec<SubledgerEntry>>) -> Vec<String> {
    let invoices: BTreeSet<&String> = entries
        .values()
        .flatten()
        .filter_map(|entry| entry.header.applies_to.as_ref())
        .filter(|slot| !entries.contains_key(*slot))
        .collect();
    invoices.into_iter().cloned().collect()
}

async fn approved_by_slot(
    engine: &Engine,
    connection: &Connection,
    slots: &[String],
) -> Result<BTreeMap<String, Vec<Change>>, EngineError> {
    let company = engine.company_id();
    let changes = engine.store.changes_for_slots(company, &connection.id, slots).await?;
    let mut by_slot: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for change in changes {
        by_slot.entry(change.slot.clone().unwrap_or_default()).or_default().push(change);
    }
    Ok(by_slot)
}

/// The slot of the invoice that a change belongs to.
fn invoice_slot(change: &Change) -> Option<&str> {
    match &change.subject {
        Subject::Document { document, .. } => document.header().applies_to.as_deref(),
        Subject::Need(_) => None,
    }
}

/// Gives payments and credits the number of the invoice that they belong to.
async fn link(
    engine: &Engine,
    connection: &Connection,
    changes: &mut [Change],
    mut approved: BTreeMap<String, Vec<Change>>,
) -> Result<(), EngineError> {
    let elsewhere: BTreeSet<String> = changes
        .iter()
        .filter_map(invoice_slot)
        .filter(|slot| !approved.contains_key(*slot))
        .map(str::to_owned)
        .collect();
    let elsewhere: Vec<String> = elsewhere.into_iter().collect();
    approved.extend(approved_by_slot(engine, connection, &elsewhere).await?);
    for change in changes {
        let invoice = invoice_slot(change)
            .and_then(|slot| approved.get(slot))
            .and_then(|changes| standing_invoice(changes));
        if let Subject::Document { applies_to, .. } = &mut change.subject {
            *applies_to = invoice;
        }
    }
    Ok(())
}

/// The book of a connection.
pub(super) fn book_of(connection: &Connection) -> Result<&'static dyn Book, EngineError> {
    book(&connection.adapter).ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))
}

/// What the documents need and the book was never known to have.
async fn missing_needs(
    engine: &Engine,
    connection: &Connection,
    changes: &[Change],
) -> Result<Vec<Change>, EngineError> {
    let book = book_of(connection)?;
    let mut ids = BTreeSet::new();
    let mut open: Vec<Need> =
        changes.iter().flat_map(|change| book.needs(&change.subject)).collect();
    while let Some(need) = open.pop() {
        if ids.insert(need.binding()) {
            open.extend(book.needs(&Subject::Need(need)));
        }
    }
    let ids: Vec<String> = ids.into_iter().collect();
    let bound = engine.store.bindings_of(engine.company_id(), &connection.id, &ids).await?;
    Ok(plan_needs(
        &connection.id,
        changes,
        |subject| book.needs(subject),
        |need| bound.need(need).is_some(),
    ))
}
