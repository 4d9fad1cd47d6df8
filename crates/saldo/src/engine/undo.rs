//! Undo and redo: what the owner takes back is taken out of a book by its plan, as though it had
//! never been wanted there, and stays out until it is entered again.

use super::account::account_all;
use super::desk::Desk;
use super::explain::{groups_of_name, slots_of};
use super::plan::{
    NotVoided, PlannedBook, TakenOut, approve_planned, books, not_voided, plan_slots,
};
use super::{Engine, EngineError};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::accounting;
use saldo_core::document::SubledgerEntry;
use saldo_core::money::Balance;
use saldo_core::plan::{Change, Reason};
use saldo_core::text::{ConnectionId, FactId, GroupId};
use saldo_store::{Connection, EntryFilter, NewUndo};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is to be taken back.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// A document's key, an order's name, a payout's or any other fact's id.
    Named(String),
    /// All that a run entered, by the instant of its approval.
    Run(Timestamp),
    /// All documents that are dated on these days; on all later ones where no last day is named.
    Days(Date, Option<Date>),
}

/// What is to be taken back, from where, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TakeBack<'a> {
    /// What.
    pub(crate) selection: &'a Selection,
    /// Only from this book.
    pub(crate) only: Option<&'a str>,
    /// Whether documents are voided where the book allows it and nothing is matched with them, in
    /// place of being reversed.
    pub(crate) voids: bool,
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Run(at) => write!(f, "the run of {at}"),
            Self::Days(from, Some(until)) => write!(f, "{from} to {until}"),
            Self::Days(from, None) => write!(f, "{from} and later"),
        }
    }
}

/// What undoing, or redoing, means for one book.
#[derive(Debug)]
pub(crate) struct PlannedUndo {
    /// What must change there.
    pub(crate) planned: PlannedBook,
    /// The slots that a run replaced something in: a run that corrected what stood is taken back by
    /// taking back what led to it.
    pub(crate) stood_before: usize,
    /// What is reversed although it is to be voided.
    pub(crate) not_voided: Vec<NotVoided>,
    entries: BTreeSet<(FactId, String)>,
}

/// Entries by their natural keys, each with its slot.
type Entries = BTreeSet<(FactId, String)>;

fn keys<'a>(entries: impl IntoIterator<Item = &'a SubledgerEntry>) -> Entries {
    entries.into_iter().map(|entry| (entry.id.clone(), entry.header.slot.clone())).collect()
}

/// Shows what would be taken out of every book, or of one. Nothing is decided by that.
pub(crate) async fn plan_undo(
    engine: &Engine,
    TakeBack { selection, only, voids }: TakeBack<'_>,
) -> Result<Vec<PlannedUndo>, EngineError> {
    let mut planned = Vec::new();
    for connection in books(engine, only).await? {
        let (mut entries, stood_before) = selected(engine, &connection, selection).await?;
        let undone = engine.store.undone(engine.company_id(), &connection.id).await?;
        entries.retain(|entry| !undone.contains(entry));
        let slots = entries.iter().map(|(_, slot)| slot.clone()).collect();
        let ids = entries.iter().map(|(id, _)| id.clone()).collect();
        let taken_out = TakenOut { entries: ids, voids };
        let book = plan_slots(engine, &connection, slots, &taken_out).await?;
        let not_voided = match voids {
            true => not_voided(engine, &connection, &book, &taken_out.entries).await?,
            false => Vec::new(),
        };
        planned.push(PlannedUndo { planned: book, stood_before, not_voided, entries });
    }
    match planned.iter().all(|it| it.entries.is_empty() && it.stood_before == 0) {
        true => Err(EngineError::NothingKnown(selection.to_string())),
        false => Ok(planned),
    }
}

/// Takes what is selected out of every book, or of one: decided, and approved, so that the next
/// push sends it. Returns how many changes that makes.
pub(crate) async fn undo(
    engine: &Engine,
    what: TakeBack<'_>,
    decided_by: &str,
) -> Result<usize, EngineError> {
    let desk = engine.take_desk().await?;
    let done = undo_at(engine, &desk, what, decided_by).await;
    let left = engine.leave_desk(desk).await;
    let done = done?;
    left?;
    Ok(done)
}

async fn undo_at(
    engine: &Engine,
    desk: &Desk,
    what: TakeBack<'_>,
    decided_by: &str,
) -> Result<usize, EngineError> {
    account_all(engine, desk).await?;
    let mut approved = 0;
    for it in plan_undo(engine, what).await? {
        if it.entries.is_empty() {
            continue;
        }
        let slots = it.entries.iter().map(|(_, slot)| slot.clone()).collect();
        let undo = NewUndo {
            book: it.planned.book.clone(),
            words: what.selection.to_string(),
            voids: what.voids,
            entries: it.entries,
            decided_by: decided_by.to_owned(),
        };
        engine.store.undo(&desk.lease, &undo, engine.clock.now()).await?;
        approved += approve_planned(engine, desk, &undo.book, slots, decided_by).await?;
    }
    Ok(approved)
}

/// Lets what a decision took out be entered again: approved, so that the next push sends it.
/// Returns the book, and how many changes that makes.
pub(crate) async fn redo(
    engine: &Engine,
    number: i64,
    decided_by: &str,
) -> Result<(ConnectionId, usize), EngineError> {
    let desk = engine.take_desk().await?;
    let done = redo_at(engine, &desk, number, decided_by).await;
    let left = engine.leave_desk(desk).await;
    let done = done?;
    left?;
    Ok(done)
}

async fn redo_at(
    engine: &Engine,
    desk: &Desk,
    number: i64,
    decided_by: &str,
) -> Result<(ConnectionId, usize), EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let undos = store.undos(company).await?;
    let known = undos.into_iter().find(|undo| undo.number == number);
    let known = known.ok_or_else(|| EngineError::NothingKnown(format!("undo {number}")))?;
    account_all(engine, desk).await?;
    let entries = store.undone_by(company, number).await?;
    store.redo(&desk.lease, number, decided_by, engine.clock.now()).await?;
    let slots = entries.into_iter().map(|(_, slot)| slot).collect();
    let approved = approve_planned(engine, desk, &known.book, slots, decided_by).await?;
    Ok((known.book, approved))
}

/// The entries that are selected in a book, with all that belongs to invoices among them; and how
/// many slots of a run had something before it.
async fn selected(
    engine: &Engine,
    connection: &Connection,
    selection: &Selection,
) -> Result<(Entries, usize), EngineError> {
    let (entries, stood_before) = match selection {
        Selection::Named(name) => (named(engine, name).await?, 0),
        Selection::Run(at) => of_run(engine, connection, *at).await?,
        Selection::Days(from, until) => (of_days(engine, connection, *from, *until).await?, 0),
    };
    Ok((with_linked(engine, entries).await?, stood_before))
}

async fn named(engine: &Engine, name: &str) -> Result<Entries, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let slots: Vec<String> = slots_of(engine, name).await?.into_iter().collect();
    if !slots.is_empty() {
        let entries = store.slot_entries(company, &slots).await?;
        return Ok(keys(entries.values().flatten()));
    }
    let groups: Vec<GroupId> = groups_of_name(engine, name).await?.into_iter().collect();
    Ok(keys(&store.group_entries(company, &groups).await?))
}

/// What a run entered, but for what it entered in place of something else.
async fn of_run(
    engine: &Engine,
    connection: &Connection,
    at: Timestamp,
) -> Result<(Entries, usize), EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let changes = store.changes_of_run(company, &connection.id, at).await?;
    let ids: BTreeSet<&String> = changes.iter().map(|change| &change.id).collect();
    let slots: BTreeSet<String> = changes.iter().filter_map(|it| it.slot.clone()).collect();
    let slots: Vec<String> = slots.into_iter().collect();
    let all = store.changes_for_slots(company, &connection.id, &slots).await?;
    let mut first: BTreeMap<&String, u32> = BTreeMap::new();
    for change in all.iter().filter(|change| !ids.contains(&change.id)) {
        let Some(slot) = &change.slot else { continue };
        let generation = first.entry(slot).or_insert(change.generation);
        *generation = change.generation.min(*generation);
    }
    let replaces = |change: &&Change| {
        let before = change.slot.as_ref().and_then(|slot| first.get(slot));
        before.is_some_and(|generation| *generation < change.generation)
            && matches!(
                change.reason,
                Reason::NoLongerHolds | Reason::Replaces | Reason::SaysOtherwise
            )
    };
    let (replacing, fresh): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(replaces);
    let entries = keys(fresh.into_iter().flat_map(|change| &change.enters));
    let stood_before: BTreeSet<_> = replacing.iter().map(|change| &change.slot).collect();
    Ok((entries, stood_before.len()))
}

async fn of_days(
    engine: &Engine,
    connection: &Connection,
    from: Date,
    until: Option<Date>,
) -> Result<Entries, EngineError> {
    let filter =
        EntryFilter { from: Some(from), until, with_approved: true, ..EntryFilter::default() };
    let mut pages = engine.store.entries(engine.company_id(), &connection.id, filter);
    let mut entries = Entries::new();
    while let Some(page) = pages.next_page().await? {
        entries.extend(page.iter().flat_map(|it| keys(&it.change.enters)));
    }
    Ok(entries)
}

/// Entries with those that belong to them: nobody can pay an invoice that is not there, or take
/// back what was never entered.
async fn with_linked(engine: &Engine, mut entries: Entries) -> Result<Entries, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let slots: BTreeSet<String> = entries.iter().map(|(_, slot)| slot.clone()).collect();
    let mut groups = BTreeSet::new();
    for slot in &slots {
        groups.extend(store.groups_of_slot(company, slot).await?);
    }
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let all = store.group_entries(company, &groups).await?;
    let taken_back = keys(all.iter().filter(|entry| {
        accounting::taken_back_slot(&entry.header.slot).is_some_and(|it| slots.contains(it))
    }));
    // Of what orders share, each takes its own along.
    let shared =
        |it: &SubledgerEntry| it.header.applies_to.as_deref().is_some_and(accounting::is_summary);
    let linked = match all.iter().any(shared) {
        false => belonging(&all, &entries, &slots),
        true => {
            let mut linked = Entries::new();
            for group in &groups {
                let own = store.group_entries(company, std::slice::from_ref(group)).await?;
                linked.extend(belonging(&own, &entries, &slots));
            }
            linked
        }
    };
    entries.extend(linked);
    entries.extend(taken_back);
    Ok(entries)
}

/// What of these belongs to entries, which stand in these slots: a payment to its invoice or credit
/// memo, and a credit memo to its invoice. To a slot that orders share, only what stands with an
/// entry of it.
fn belonging(all: &[SubledgerEntry], entries: &Entries, slots: &BTreeSet<String>) -> Entries {
    let slot = |it: &SubledgerEntry| it.header.slot.clone();
    let is_own = |slot: &&String| !accounting::is_summary(slot);
    let mut owners: BTreeSet<String> = slots.iter().filter(is_own).cloned().collect();
    owners.extend(all.iter().filter(|it| entries.contains(&(it.id.clone(), slot(it)))).map(slot));
    loop {
        let belongs = |it: &&SubledgerEntry| {
            it.header.applies_to.as_ref().is_some_and(|owner| owners.contains(owner))
        };
        let linked = keys(all.iter().filter(belongs));
        let before = owners.len();
        owners.extend(linked.iter().map(|(_, slot)| slot.clone()));
        if owners.len() == before {
            return linked;
        }
    }
}

/// By how much accounts would have moved by entries that a book is not to hold, debit positive.
pub(super) fn moved_by<'a>(
    entries: impl IntoIterator<Item = &'a SubledgerEntry>,
) -> Result<BTreeMap<String, Balance>, EngineError> {
    let mut moved: BTreeMap<String, Balance> = BTreeMap::new();
    for line in entries.into_iter().flat_map(|entry| &entry.lines) {
        moved.entry(line.account.name.to_string()).or_default().add(line.held())?;
    }
    Ok(moved)
}

/// The entries that a book is not to hold, as accounting has them now.
pub(super) async fn left_out(
    engine: &Engine,
    connection: &Connection,
) -> Result<Vec<SubledgerEntry>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let undone = store.undone(company, &connection.id).await?;
    if undone.is_empty() {
        return Ok(Vec::new());
    }
    let slots: BTreeSet<&String> = undone.iter().map(|(_, slot)| slot).collect();
    let mut groups = BTreeSet::new();
    for slot in slots {
        groups.extend(store.groups_of_slot(company, slot).await?);
    }
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let mut entries = store.group_entries(company, &groups).await?;
    let ids: BTreeSet<FactId> = undone.into_iter().map(|(id, _)| id).collect();
    let standing: BTreeSet<String> = entries
        .iter()
        .filter(|entry| !ids.contains(&entry.id))
        .map(|entry| entry.header.slot.clone())
        .collect();
    let known: BTreeSet<String> = entries.iter().map(|it| it.header.slot.clone()).collect();
    entries.retain(|entry| {
        let of_nothing = |invoice: &String| known.contains(invoice) && !standing.contains(invoice);
        ids.contains(&entry.id) || entry.header.applies_to.as_ref().is_some_and(of_nothing)
    });
    Ok(entries)
}
