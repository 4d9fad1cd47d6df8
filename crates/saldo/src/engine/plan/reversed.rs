//! Why what the owner wants voided is reversed.

use super::PlannedBook;
use super::voidable::{is_linked, matched_on};
use crate::engine::period::closing_of;
use crate::engine::{Engine, EngineError};
use jiff::civil::Date;
use saldo_core::document::{Document, DocumentKey, DocumentKind};
use saldo_core::plan::{ApprovedChange, Change, Closing, Whereabouts};
use saldo_core::text::FactId;
use saldo_store::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A document that is reversed although the owner wants it voided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NotVoided {
    /// Which document.
    pub(crate) key: DocumentKey,
    /// Its kind.
    pub(crate) kind: DocumentKind,
    /// Its day in the book.
    pub(crate) date: Date,
    /// Why: a sentence without a full stop.
    pub(crate) why: String,
}

/// The documents whose entries a plan takes out by other documents, each with what stands in the
/// way of voiding it.
pub(in crate::engine) async fn not_voided(
    engine: &Engine,
    connection: &Connection,
    planned: &PlannedBook,
    taken_out: &BTreeSet<FactId>,
) -> Result<Vec<NotVoided>, EngineError> {
    let reversing = planned.changes.iter().filter(|it| it.voids().is_none());
    let reversed: BTreeSet<&FactId> =
        reversing.flat_map(|it| &it.takes_out).map(|covered| &covered.id).collect();
    let slots: BTreeSet<String> = planned.changes.iter().filter_map(|it| it.slot.clone()).collect();
    let slots: Vec<String> = slots.into_iter().collect();
    let (store, company) = (&engine.store, engine.company_id());
    let approved = store.approved_for_slots(company, &connection.id, &slots).await?;
    let closing = closing_of(engine, connection).await?;
    let mut found = Vec::new();
    for (key, (change, document)) in standing(&approved, &reversed) {
        let of = (engine, connection, closing);
        let why = match in_the_way(of, change, document, taken_out)? {
            Some(why) => why,
            None if is_linked(engine, (connection, super::book_of(connection)?), (key, change))
                .await? =>
            {
                "a payment or a credit was entered as belonging to it".to_owned()
            }
            None => "the book did not say under which version it holds it".to_owned(),
        };
        let header = document.header();
        found.push(NotVoided { key, kind: header.kind, date: header.date, why });
    }
    Ok(found)
}

/// The documents by which these entries stand in the book: the last one that entered each.
fn standing<'a>(
    approved: &'a [ApprovedChange],
    entries: &BTreeSet<&FactId>,
) -> BTreeMap<DocumentKey, (&'a Change, &'a Document)> {
    let mut last: BTreeMap<&FactId, &Change> = BTreeMap::new();
    for it in approved.iter().filter(|it| it.whereabouts == Whereabouts::InBook) {
        for entry in it.change.enters.iter().filter(|entry| entries.contains(&entry.id)) {
            let known = last.entry(&entry.id).or_insert(&it.change);
            if known.generation < it.change.generation {
                *known = &it.change;
            }
        }
    }
    let documents = last.into_values().filter_map(|change| {
        let (key, document) = change.stands_as()?;
        Some((key, (change, document)))
    });
    documents.collect()
}

/// What of a document itself keeps it from being voided.
fn in_the_way(
    (engine, connection, closing): (&Engine, &Connection, Closing),
    change: &Change,
    document: &Document,
    taken_out: &BTreeSet<FactId>,
) -> Result<Option<String>, EngineError> {
    if let Some(until) = closing.until.filter(|_| closing.covers(document.header().date)) {
        return Ok(Some(format!("its period is closed until {until}")));
    }
    let Some(accounts) = super::book_of(connection)?.voids(document) else {
        return Ok(Some("the book cannot void one like it".to_owned()));
    };
    let matched = matched_on(&engine.policy, &accounts);
    if !matched.is_empty() {
        let why = format!(
            "it may be matched on {}: `undo.unmatched` of the policy names accounts where nothing \
             is",
            matched.join(", ")
        );
        return Ok(Some(why));
    }
    let goes = change.enters.iter().all(|entry| taken_out.contains(&entry.id));
    Ok((!goes).then(|| "it holds more than is taken back".to_owned()))
}
