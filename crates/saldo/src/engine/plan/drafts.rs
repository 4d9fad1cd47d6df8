//! Drafts: what is entered as one, what waits until one is confirmed, and their confirmation.

use super::chunk::{ByLevel, Chunk};
use super::{By, approval_of, book_of, plan_book, totals, waiting};
use crate::engine::desk::Desk;
use crate::engine::{Engine, EngineError};
use jiff::Timestamp;
use saldo_core::book::Subject;
use saldo_core::document::{DocumentKey, DocumentKind};
use saldo_core::plan::Change;
use saldo_core::policy::Approval as Level;
use saldo_store::{Approval, Connection};
use std::collections::{BTreeMap, BTreeSet};

/// What the policy says of all that is to be entered in a book.
pub(super) async fn by_level(
    engine: &Engine,
    desk: &Desk,
    connection: &Connection,
) -> Result<ByLevel, EngineError> {
    if desk.policy.approves_everything() {
        return Ok(ByLevel::default());
    }
    let planned = plan_book(engine, connection).await?;
    let run = totals(&planned.changes)?;
    let waiting = waiting(&desk.policy, &run, connection)?;
    let is_draft = |kind: &DocumentKind| desk.policy.approval_of(*kind) == Level::Draft;
    Ok(ByLevel {
        kept_back: waiting.into_iter().map(|it| it.kind).collect(),
        drafts: run.kinds().filter(is_draft).collect(),
        by_rule: true,
        revised: BTreeSet::new(),
    })
}

/// Confirms what a book holds as drafts: approved, so that the next push does it. Returns how many.
pub(super) async fn confirm_drafts(
    engine: &Engine,
    desk: &Desk,
    connection: &Connection,
    (by, at): (By<'_>, Timestamp),
) -> Result<usize, EngineError> {
    let drafts = engine.store.unconfirmed_drafts(engine.company_id(), &connection.id).await?;
    let changes: Vec<Change> = drafts.iter().filter_map(Change::confirmation).collect();
    if changes.is_empty() {
        return Ok(0);
    }
    let chunk = Chunk { changes, ..Chunk::default() };
    let approval = approval_of(connection, chunk, by.name(), at);
    let approval = Approval { planned_until: None, ..approval };
    Ok(engine.store.approve(&desk.lease, &approval).await?)
}

/// The slots of a step that wait until a draft is confirmed, in a book that does not count drafts:
/// what pays one, and what cannot be a draft in its slot. What takes a draft out, or stands in its
/// place, is a draft as well. `entered` are the drafts that were approved before, with their slots.
pub(super) async fn waiting_for_drafts(
    engine: &Engine,
    connection: &Connection,
    chunk: &mut Chunk,
    entered: &BTreeMap<String, String>,
) -> Result<BTreeSet<String>, EngineError> {
    let book = book_of(connection)?;
    if book.description().drafts_count {
        return Ok(BTreeSet::new());
    }
    let invoices = chunk.changes.iter().filter_map(Change::invoice).map(|key| key.to_string());
    let ids: Vec<String> = entered.keys().cloned().chain(invoices).collect();
    let company = engine.company_id();
    let mut open = engine.store.drafts_among(company, &connection.id, &ids).await?;
    let of_drafts: BTreeSet<&String> =
        entered.iter().filter(|(id, _)| open.contains(*id)).map(|(_, slot)| slot).collect();
    let is_of_draft =
        |slot: &Option<String>| slot.as_ref().is_some_and(|slot| of_drafts.contains(slot));
    for change in &mut chunk.changes {
        if let Subject::Document { document, draft, voids: None, .. } = &mut change.subject {
            *draft |= is_of_draft(&change.slot) && book.holds_drafts(document.header().kind);
            if *draft {
                open.insert(change.id.clone());
            }
        }
    }
    let pays_one =
        |invoice: Option<DocumentKey>| invoice.is_some_and(|key| open.contains(key.as_str()));
    let waits = |change: &&Change| match &change.subject {
        Subject::Document { draft, voids: None, .. } => {
            pays_one(change.invoice()) || (!draft && is_of_draft(&change.slot))
        }
        _ => false,
    };
    Ok(chunk.changes.iter().filter(waits).filter_map(|it| it.slot.clone()).collect())
}
