//! Plan: what must change in each book, and its approval.

mod chunk;
mod drafts;
mod fixed;
mod names;
mod needs;
mod orders;
mod reversed;
mod voidable;

use super::account::account_all;
use super::awaiting::{Awaiting, awaiting};
use super::desk::Desk;
use super::error::{ended, set_aside};
use super::period::touch_late;
use super::requests::{RequestsNeeded, needed};
use super::review::{counts, waiting_slots};
use super::room::{Filling, filling};
use super::{Engine, EngineError, SyncReport};
use chunk::{ByLevel, Chunk, plan_chunk, plan_some};
pub(super) use chunk::{TakenOut, check_stock, unwanted};
use drafts::{by_level, confirm_drafts};
use jiff::Timestamp;
use names::touch_renamed;
pub(crate) use reversed::NotVoided;
pub(super) use reversed::not_voided;
use saldo_books::book;
use saldo_core::book::{Book, Subject};
use saldo_core::document::DocumentKind;
use saldo_core::plan::Change;
use saldo_core::policy::{Policy, RunTotals};
use saldo_core::text::ConnectionId;
use saldo_store::{Approval, Connection, Lease, NotYet, OpenEntries, Role, note_open};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What must change in one book.
#[derive(Debug)]
pub(crate) struct PlannedBook {
    /// The book.
    pub(crate) book: ConnectionId,
    /// What the book never had and nobody wants any more.
    pub(crate) withdrawn: Vec<Change>,
    /// The changes, in the order in which they must be made.
    pub(crate) changes: Vec<Change>,
    /// The slots that cannot be planned yet: something about them was heard but not accounted, or
    /// it is not known what came of a change.
    pub(crate) unsettled: BTreeSet<String>,
    /// The documents that no run approves by itself, by kind: where the policy has levels, or was
    /// revised.
    pub(crate) waiting: Vec<Waiting>,
    /// What was approved and waits for something that the book does not have yet.
    pub(crate) awaiting: Vec<Awaiting>,
    /// What entering them takes of the book's requests, where the book says how many are left.
    pub(crate) requests: Option<RequestsNeeded>,
    /// The lists of the book that hold no more than so many entries, with what comes into them.
    pub(crate) lists: Vec<Filling>,
}

/// Documents that wait for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Waiting {
    /// Of which kind.
    pub(crate) kind: DocumentKind,
    /// How many.
    pub(crate) documents: u64,
    /// Why: a sentence without a full stop.
    pub(crate) why: String,
}

/// What must change in every book, or in one. What has news is accounted first: a plan from entries
/// that are out of date, or not yet there after a new policy, would take out what holds.
pub(crate) async fn plan(
    engine: &Engine,
    only: Option<&str>,
) -> Result<Vec<PlannedBook>, EngineError> {
    let books = books(engine, only).await?;
    let desk = engine.take_desk().await?;
    let planned = plan_at(engine, &desk, books).await;
    let left = engine.leave_desk(desk).await;
    let planned = planned?;
    left?;
    Ok(planned)
}

async fn plan_at(
    engine: &Engine,
    desk: &Desk,
    books: Vec<Connection>,
) -> Result<Vec<PlannedBook>, EngineError> {
    account_all(engine, desk).await?;
    let mut planned = Vec::new();
    for connection in books {
        touch_late(engine, desk, &connection).await?;
        touch_renamed(engine, desk, &connection).await?;
        planned.push(plan_book(engine, &connection).await?);
    }
    Ok(planned)
}

/// What must change in a book, from the entries as they are; what it takes is not looked at.
async fn plan_changes(
    engine: &Engine,
    connection: &Connection,
) -> Result<PlannedBook, EngineError> {
    let mut planned = PlannedBook {
        book: connection.id.clone(),
        withdrawn: Vec::new(),
        changes: Vec::new(),
        unsettled: BTreeSet::new(),
        waiting: Vec::new(),
        awaiting: awaiting(engine, connection).await?,
        requests: None,
        lists: Vec::new(),
    };
    let mut seen = BTreeSet::new();
    let mut after = engine.store.planned_until(engine.company_id(), &connection.id).await?;
    while let Some(chunk) = plan_chunk(engine, connection, after, &ByLevel::default()).await? {
        let mut unseen = |change: &Change| seen.insert(change.id.clone());
        planned.withdrawn.extend(chunk.withdrawn.into_iter().filter(&mut unseen));
        planned.changes.extend(chunk.changes.into_iter().filter(&mut unseen));
        planned.unsettled.extend(chunk.again);
        after = chunk.until;
    }
    Ok(planned)
}

/// The slots of a book that wait for a person since the policy was revised; none where somebody
/// looked at it.
async fn revised(
    engine: &Engine,
    connection: &Connection,
) -> Result<BTreeSet<String>, EngineError> {
    if !engine.revision_waits(connection).await? {
        return Ok(BTreeSet::new());
    }
    let planned = plan_changes(engine, connection).await?;
    waiting_slots(engine, &planned.changes, &planned.unsettled).await
}

/// What must change in a book, from the entries as they are.
pub(super) async fn plan_book(
    engine: &Engine,
    connection: &Connection,
) -> Result<PlannedBook, EngineError> {
    let mut planned = plan_changes(engine, connection).await?;
    if !engine.policy.text.levels.is_empty() {
        planned.waiting = waiting(&engine.policy, &totals(&planned.changes)?, connection)?;
    }
    if engine.policy.approves_anything() && engine.revision_waits(connection).await? {
        let slots = waiting_slots(engine, &planned.changes, &planned.unsettled).await?;
        let revised = counts(&planned.changes, &slots);
        planned.waiting.extend(revised.into_iter().map(|(kind, documents)| {
            let why = "the policy was revised, and what stood no longer holds".to_owned();
            Waiting { kind, documents, why }
        }));
    }
    let book = book_of(connection)?;
    planned.requests = needed(engine, connection, book, &planned.changes).await?;
    planned.lists = filling(engine, connection, book, &planned.changes).await?;
    Ok(planned)
}

/// What changes would enter or amend, by kind of document.
fn totals(changes: &[Change]) -> Result<RunTotals, EngineError> {
    let mut totals = RunTotals::default();
    for change in changes {
        if let Subject::Document { document, .. } | Subject::Amended { document, .. } =
            &change.subject
        {
            totals.add(document)?;
        }
    }
    Ok(totals)
}

/// What of a run waits for a person before it enters a book, and why.
fn waiting(
    policy: &Policy,
    run: &RunTotals,
    book: &Connection,
) -> Result<Vec<Waiting>, EngineError> {
    let book = book_of(book)?;
    let waits = |kind| {
        let why = policy.waits_for_approval(kind, run, book.holds_drafts(kind))?;
        Some(Waiting { kind, documents: run.count(kind), why })
    };
    Ok(run.kinds().filter_map(waits).collect())
}

/// What must change in some slots of a book, as though these entries were not wanted there.
pub(super) async fn plan_slots(
    engine: &Engine,
    connection: &Connection,
    slots: BTreeSet<String>,
    taken_out: &TakenOut,
) -> Result<PlannedBook, EngineError> {
    let slots = slots.into_iter().collect();
    let chunk = plan_some(engine, connection, slots, taken_out).await?;
    Ok(PlannedBook {
        book: connection.id.clone(),
        withdrawn: chunk.withdrawn,
        changes: chunk.changes,
        unsettled: chunk.again.into_iter().collect(),
        waiting: Vec::new(),
        awaiting: Vec::new(),
        requests: None,
        lists: Vec::new(),
    })
}

/// Plans some slots of a book and writes the changes into its outbox, whatever else waits there for
/// approval; says how many are new.
pub(super) async fn approve_planned(
    engine: &Engine,
    desk: &Desk,
    book: &ConnectionId,
    slots: BTreeSet<String>,
    approved_by: &str,
) -> Result<usize, EngineError> {
    let mut approved = 0;
    for connection in books(engine, Some(book.as_str())).await? {
        let lease = engine.lease(&connection).await?;
        let slots = slots.iter().cloned().collect();
        let done = async {
            let chunk = plan_some(engine, &connection, slots, &TakenOut::default()).await?;
            let approval = Approval {
                planned_until: None,
                ..approval_of(&connection, chunk, approved_by, engine.clock.now())
            };
            Ok(engine.store.approve(&desk.lease, &approval).await?)
        };
        let done: Result<usize, EngineError> = done.await;
        let released = engine.store.release_lease(&lease).await;
        approved += done?;
        released?;
    }
    Ok(approved)
}

/// What of a plan nobody approved yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Unapproved {
    /// Which book.
    pub(crate) book: String,
    /// How many changes the plan has: documents, and what they need.
    pub(crate) changes: usize,
    /// How many of these are documents, by kind.
    pub(crate) documents: BTreeMap<DocumentKind, usize>,
    /// How many changes it withdraws.
    pub(crate) withdrawn: usize,
    /// How many slots are accounted and cannot be planned yet, since nobody knows what came of
    /// their changes.
    pub(crate) unsettled: usize,
}

impl Unapproved {
    /// Whether nothing waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.changes == 0 && self.withdrawn == 0 && self.unsettled == 0
    }
}

/// Notes the entries of a book that a plan would enter or take out, and those that cannot be
/// planned before it is known what came of others. Returns how many changes wait.
pub(super) async fn note_unapproved(
    engine: &Engine,
    connection: &Connection,
    open: &mut OpenEntries,
) -> Result<Unapproved, EngineError> {
    let company = engine.company_id();
    let mut unapproved = Unapproved {
        book: connection.id.to_string(),
        changes: 0,
        documents: BTreeMap::new(),
        withdrawn: 0,
        unsettled: 0,
    };
    let (mut seen, mut unsettled) = (BTreeSet::new(), BTreeSet::new());
    let mut after = engine.store.planned_until(company, &connection.id).await?;
    while let Some(chunk) = plan_chunk(engine, connection, after, &ByLevel::default()).await? {
        after = chunk.until;
        let mut unseen = |change: &&Change| seen.insert(change.id.clone());
        unapproved.withdrawn += chunk.withdrawn.iter().filter(&mut unseen).count();
        for change in chunk.changes.iter().filter(&mut unseen) {
            unapproved.changes += 1;
            if let Subject::Document { document, .. } = &change.subject {
                *unapproved.documents.entry(document.header().kind).or_default() += 1;
            }
        }
        let with_news = engine.store.slots_with_news(company, &chunk.again).await?;
        unsettled.extend(chunk.again.iter().filter(|it| !with_news.contains(*it)).cloned());
        for change in &chunk.changes {
            note_open(open, change, NotYet::Approved);
        }
        for (slot, entries) in engine.store.slot_entries(company, &chunk.again).await? {
            let known = open.entry(slot).or_default();
            for entry in entries {
                known.entry(entry.id).or_insert(NotYet::Acknowledged);
            }
        }
    }
    unapproved.unsettled = unsettled.len();
    Ok(unapproved)
}

/// Who approves.
#[derive(Clone, Copy, Debug)]
pub(super) enum By<'a> {
    /// Somebody, by name: everything.
    Person(&'a str),
    /// The policy: what it wants no person to look at.
    Rule,
}

impl By<'_> {
    /// As it is kept beside what was approved.
    const fn name(&self) -> &str {
        match self {
            Self::Person(name) => name,
            Self::Rule => "rule: automatic",
        }
    }
}

/// Plans every book, or one, and writes the changes into its outbox; says how many are new.
pub(crate) async fn approve(
    engine: &Engine,
    only: Option<&str>,
    approved_by: &str,
) -> Result<usize, EngineError> {
    let desk = engine.take_desk().await?;
    let mut failed = Vec::new();
    let approved = approve_at(engine, &desk, only, By::Person(approved_by), &mut failed).await;
    let left = engine.leave_desk(desk).await;
    let approved = approved?;
    left?;
    Ok(ended(SyncReport { approved, ..SyncReport::default() }, failed)?.approved)
}

/// As [`approve`], at a desk that is taken, with the errors of single books set aside. Each book is
/// taken too: what is withdrawn must not be on its way out.
pub(super) async fn approve_at(
    engine: &Engine,
    desk: &Desk,
    only: Option<&str>,
    by: By<'_>,
    failed: &mut Vec<EngineError>,
) -> Result<usize, EngineError> {
    account_all(engine, desk).await?;
    let mut approved = 0;
    let run = (by, engine.clock.now());
    for connection in books(engine, only).await? {
        let done = take_and_approve(engine, desk, &connection, run).await;
        approved += set_aside(done, failed)?;
    }
    Ok(approved)
}

async fn take_and_approve(
    engine: &Engine,
    desk: &Desk,
    connection: &Connection,
    run: (By<'_>, Timestamp),
) -> Result<usize, EngineError> {
    let lease = engine.lease(connection).await?;
    let done = approve_book(engine, desk, (connection, &lease), run).await;
    let released = engine.store.release_lease(&lease).await;
    let approved = done?;
    released?;
    Ok(approved)
}

async fn approve_book(
    engine: &Engine,
    desk: &Desk,
    (connection, lease): (&Connection, &Lease),
    (by, at): (By<'_>, Timestamp),
) -> Result<usize, EngineError> {
    let company = engine.company_id();
    let mut approved = 0;
    touch_late(engine, desk, connection).await?;
    touch_renamed(engine, desk, connection).await?;
    let levels = match by {
        By::Person(_) => {
            approved += confirm_drafts(engine, desk, connection, (by, at)).await?;
            ByLevel::default()
        }
        By::Rule => ByLevel {
            revised: revised(engine, connection).await?,
            ..by_level(engine, desk, connection).await?
        },
    };
    let mut kept_revised = false;
    let mut after = engine.store.planned_until(company, &connection.id).await?;
    // What must be planned again is touched anew, and left for the next time.
    let last = engine.store.last_touched(company).await?;
    while after < last {
        let Some(chunk) = plan_chunk(engine, connection, after, &levels).await? else { break };
        after = chunk.until;
        // Nobody knows yet what becomes of slots that are planned again.
        kept_revised |= chunk.kept_revised || !chunk.again.is_empty();
        engine.keep(&desk.lease).await?;
        engine.keep(lease).await?;
        let approval = approval_of(connection, chunk, by.name(), at);
        approved += engine.store.approve(&desk.lease, &approval).await?;
    }
    if !kept_revised {
        engine.revision_is_looked_at(connection).await?;
    }
    Ok(approved)
}

/// The approval of a step. All steps of a run have one instant.
fn approval_of(
    connection: &Connection,
    chunk: Chunk,
    approved_by: &str,
    at: Timestamp,
) -> Approval {
    Approval {
        book: connection.id.clone(),
        changes: chunk.changes,
        approved_by: approved_by.to_owned(),
        at,
        planned_until: Some(chunk.until),
        withdraws: chunk.withdraws,
        waits: chunk.waits,
        again: chunk.again,
    }
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

/// The book of a connection.
pub(super) fn book_of(connection: &Connection) -> Result<&'static dyn Book, EngineError> {
    book(&connection.adapter).ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))
}
