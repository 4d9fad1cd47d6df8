//! A step of a plan: some of the slots that were touched, with all that they hang together with.

use super::book_of;
use super::drafts::waiting_for_drafts;
use super::fixed::fixed;
use super::needs::{Waits, plan_needs_of};
use super::orders::fulfilled;
use super::voidable::{Going, voidable};
use crate::engine::period::closing_of;
use crate::engine::{Engine, EngineError};
use saldo_core::accounting::is_revaluation;
use saldo_core::book::{Subject, Voided};
use saldo_core::document::{Document, DocumentKey, DocumentKind, Party, SubledgerEntry};
use saldo_core::plan::{
    ApprovedChange, Change, Closing, SlotOf, StandingInvoices, Whereabouts, payments_first,
    plan_slot_among, standing_for, standing_invoices,
};
use saldo_core::policy::Prefixes;
use saldo_core::text::FactId;
use saldo_store::{Connection, Withdrawal};
use std::collections::{BTreeMap, BTreeSet};

/// How many slots are planned in one step.
const SLOTS_AT_ONCE: usize = 2_000;

/// What the policy says of the kinds of documents that a run would enter.
#[derive(Default)]
pub(super) struct ByLevel {
    /// Those that wait for a person.
    pub(super) kept_back: BTreeSet<DocumentKind>,
    /// Those that are entered as drafts.
    pub(super) drafts: BTreeSet<DocumentKind>,
    /// Whether nobody looks at what is approved, so that drafts stay drafts.
    pub(super) by_rule: bool,
    /// The slots that wait for a person since the policy was revised.
    pub(super) revised: BTreeSet<String>,
}

/// A step of a plan.
#[derive(Default)]
pub(super) struct Chunk {
    /// What must be made, in this order.
    pub(super) changes: Vec<Change>,
    /// What each of these waits for.
    pub(super) waits: Waits,
    /// What is no longer wanted.
    pub(super) withdrawn: Vec<Change>,
    /// The same, as the store wants it.
    pub(super) withdraws: Vec<Withdrawal>,
    /// Slots that cannot be planned yet.
    pub(super) again: Vec<String>,
    /// Whether anything was kept back since the policy was revised.
    pub(super) kept_revised: bool,
    /// The number of the last touched slot in it.
    pub(super) until: i64,
}

impl Chunk {
    /// Enters documents of these kinds as drafts.
    fn draft(&mut self, kinds: &BTreeSet<DocumentKind>) {
        for change in &mut self.changes {
            if let Subject::Document { document, draft, voids: None, .. } = &mut change.subject {
                *draft = kinds.contains(&document.header().kind);
            }
        }
    }

    /// The slots in which documents of these kinds would be entered, or amended.
    fn slots_of(&self, kinds: &BTreeSet<DocumentKind>) -> BTreeSet<String> {
        let is_of_kind = |change: &&Change| {
            let kind = |it: &Document| kinds.contains(&it.header().kind);
            document(change).or(amended(change)).is_some_and(kind)
        };
        self.changes.iter().filter(is_of_kind).filter_map(|it| it.slot.clone()).collect()
    }

    /// Leaves these slots for another time, and all that wait for anything in them.
    fn keep_back(&mut self, mut kept: BTreeSet<String>) {
        if kept.is_empty() {
            return;
        }
        let is_in = |kept: &BTreeSet<String>, change: &Change| {
            change.slot.as_ref().is_some_and(|slot| kept.contains(slot))
        };
        loop {
            let of_kept = self.changes.iter().filter(|it| is_in(&kept, it)).map(|it| &it.id);
            let of_kept: BTreeSet<&String> = of_kept.collect();
            let waits = |change: &&Change| {
                let invoice = document(change).and_then(|it| it.header().applies_to.as_ref());
                let waits = self.waits.get(&change.id).into_iter().flatten();
                invoice.is_some_and(|slot| kept.contains(slot))
                    || waits.into_iter().any(|id| of_kept.contains(id))
            };
            let more = self.changes.iter().filter(|it| !is_in(&kept, it)).filter(waits);
            let more: Vec<String> = more.filter_map(|it| it.slot.clone()).collect();
            if more.is_empty() {
                break;
            }
            kept.extend(more);
        }
        self.changes.retain(|it| !is_in(&kept, it));
        let withdrawn = self.withdrawn.iter().filter(|it| is_in(&kept, it));
        let stays: BTreeSet<String> = withdrawn.map(|it| it.id.clone()).collect();
        self.withdraws.retain(|it| !stays.contains(&it.id));
        self.withdrawn.retain(|it| !stays.contains(&it.id));
        let changes: BTreeSet<&String> = self.changes.iter().map(|it| &it.id).collect();
        self.waits.retain(|id, _| changes.contains(id));
        kept.extend(std::mem::take(&mut self.again));
        self.again = kept.into_iter().collect();
    }
}

/// The document that a change enters, if it enters one.
fn document(change: &Change) -> Option<&Document> {
    match &change.subject {
        Subject::Document { document, .. } => Some(document),
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => None,
    }
}

/// The document that a change amends, if it amends one, as it shall be.
pub(super) fn amended(change: &Change) -> Option<&Document> {
    match &change.subject {
        Subject::Amended { document, .. } => Some(document),
        _ => None,
    }
}

/// Whether a change enters what commits nobody to money, and is closed rather than reversed.
pub(super) fn enters_commitment(change: &Change) -> bool {
    document(change).is_some_and(|it| it.header().kind == DocumentKind::PurchaseOrder)
}

/// Where the policy leaves stock to the book, the book must keep it: elsewhere no sale would ever
/// cost anything.
pub(in crate::engine) fn check_stock(
    engine: &Engine,
    connection: &Connection,
) -> Result<(), EngineError> {
    let keeps_stock = book_of(connection)?.description().keeps_stock;
    if keeps_stock || !engine.policy.needs_stock_in_book() {
        return Ok(());
    }
    let reason =
        "the policy leaves stock and what goods cost to the book (`cost.owner`), and this \
                  book keeps none: let Saldo enter it, by `saldo map set cost.owner saldo`, or \
                  nobody"
            .to_owned();
    Err(EngineError::Settings { connection: connection.id.clone(), reason })
}

/// Plans the next slots that were touched after a number, but for documents of the kinds that are
/// kept back, and with drafts of those that are to be drafts; none when there are no more.
pub(super) async fn plan_chunk(
    engine: &Engine,
    connection: &Connection,
    after: i64,
    levels: &ByLevel,
) -> Result<Option<Chunk>, EngineError> {
    let company = engine.company_id();
    let touched = engine.store.slots_changed_since(company, after, SLOTS_AT_ONCE).await?;
    let Some(until) = touched.iter().map(|(seq, _)| *seq).max() else { return Ok(None) };
    let slots = touched.into_iter().map(|(_, slot)| slot).collect();
    let nothing = TakenOut::default();
    let draft = Draft::of(engine, connection, slots, &nothing).await?;
    let entered = draft.entered_as_drafts();
    let mut chunk = draft.chunk;
    chunk.draft(&levels.drafts);
    let mut kept = chunk.slots_of(&levels.kept_back);
    // What stands is no draft: who amends it looks at it first.
    let is_drafted =
        |it: &&Change| amended(it).is_some_and(|it| levels.drafts.contains(&it.header().kind));
    kept.extend(chunk.changes.iter().filter(is_drafted).filter_map(|it| it.slot.clone()));
    if levels.by_rule {
        kept.extend(waiting_for_drafts(engine, connection, &mut chunk, &entered).await?);
    }
    let slots = chunk.changes.iter().filter_map(|change| change.slot.clone());
    let revised: Vec<String> = slots.filter(|slot| levels.revised.contains(slot)).collect();
    chunk.kept_revised = !revised.is_empty();
    kept.extend(revised);
    chunk.keep_back(kept);
    with_needs(engine, connection, Chunk { until, ..chunk }).await.map(Some)
}

/// Entries that nobody wants, besides those that the owner took out before.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct TakenOut {
    /// The entries.
    pub(in crate::engine) entries: BTreeSet<FactId>,
    /// Whether their documents are voided where the book allows it.
    pub(in crate::engine) voids: bool,
}

/// Plans some slots, as though these entries had been taken out as well.
pub(super) async fn plan_some(
    engine: &Engine,
    connection: &Connection,
    slots: Vec<String>,
    taken_out: &TakenOut,
) -> Result<Chunk, EngineError> {
    let chunk = Draft::of(engine, connection, slots, taken_out).await?.chunk;
    with_needs(engine, connection, chunk).await
}

/// Adds what the documents of a step need.
async fn with_needs(
    engine: &Engine,
    connection: &Connection,
    mut chunk: Chunk,
) -> Result<Chunk, EngineError> {
    let needs = plan_needs_of(engine, connection, &chunk.changes).await?;
    chunk.withdrawn.extend(needs.withdrawn);
    chunk.withdraws.extend(needs.withdraws);
    for (id, waits) in needs.waits {
        chunk.waits.entry(id).or_default().extend(waits);
    }
    chunk.changes.splice(0..0, needs.changes);
    Ok(chunk)
}

/// What of some slots is no longer wanted.
#[derive(Default)]
pub(in crate::engine) struct Unwanted {
    /// Changes that are certainly not in the book.
    pub(in crate::engine) withdraws: Vec<Withdrawal>,
    /// The slots that they are of, and those that hang together with them: they are to be planned
    /// again once these changes are withdrawn.
    pub(in crate::engine) slots: Vec<String>,
}

/// What of these slots is certainly not in the book and no longer wanted, by the entries as they
/// are.
pub(in crate::engine) async fn unwanted(
    engine: &Engine,
    connection: &Connection,
    slots: Vec<String>,
) -> Result<Unwanted, EngineError> {
    let nothing = TakenOut::default();
    let draft = Draft::of(engine, connection, slots, &nothing).await?;
    let (withdraws, slots) = (draft.chunk.withdraws, draft.slots.into_iter().collect());
    Ok(Unwanted { withdraws, slots })
}

/// Which slots of a step are planned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those whose documents belong to no invoice.
    WithoutLinks,
    /// Those whose documents do.
    WithLinks,
}

/// A step that is being planned.
struct Draft<'a> {
    engine: &'a Engine,
    connection: &'a Connection,
    /// All slots that were looked at.
    slots: BTreeSet<String>,
    /// Those of them that are still to be planned, in their order.
    open: Vec<String>,
    /// What is wanted.
    entries: BTreeMap<String, Vec<SubledgerEntry>>,
    /// The slots of which all entries are taken out.
    emptied: BTreeSet<String>,
    approved: BTreeMap<String, Vec<ApprovedChange>>,
    with_news: BTreeSet<String>,
    closing: Closing,
    taken_out: &'a TakenOut,
    /// The documents that may be voided.
    voidable: BTreeMap<DocumentKey, Voided>,
    /// The documents of which the book amends nothing any more.
    fixed: Vec<Document>,
    chunk: Chunk,
}

impl<'a> Draft<'a> {
    fn new(
        engine: &'a Engine,
        connection: &'a Connection,
        closing: Closing,
        taken_out: &'a TakenOut,
    ) -> Self {
        Self {
            engine,
            connection,
            slots: BTreeSet::new(),
            open: Vec::new(),
            entries: BTreeMap::new(),
            emptied: BTreeSet::new(),
            approved: BTreeMap::new(),
            with_news: BTreeSet::new(),
            closing,
            taken_out,
            voidable: BTreeMap::new(),
            fixed: Vec::new(),
            chunk: Chunk::default(),
        }
    }

    /// The plan of slots and all that they hang together with, but for what documents need.
    async fn of(
        engine: &'a Engine,
        connection: &'a Connection,
        slots: Vec<String>,
        taken_out: &'a TakenOut,
    ) -> Result<Self, EngineError> {
        check_stock(engine, connection)?;
        let closing = closing_of(engine, connection).await?;
        let mut draft = Self::new(engine, connection, closing, taken_out);
        draft.load(slots).await?;
        draft.load_invoices().await?;
        let moved = draft.plan(Part::WithoutLinks)?;
        let (company, book) = (engine.company_id(), &connection.id);
        let waiting = engine.store.slots_waiting_for(company, book, &moved).await?;
        let waiting = waiting.into_iter().filter(|slot| !draft.slots.contains(slot)).collect();
        draft.load(waiting).await?;
        draft.load_invoices().await?;
        draft.plan(Part::WithLinks)?;
        draft.free_invoices();
        Ok(draft)
    }

    /// Takes in what the documents belong to, to the end: an invoice must be known before what pays
    /// it, and a credit memo, which may belong to an invoice itself, before what pays that back.
    async fn load_invoices(&mut self) -> Result<(), EngineError> {
        loop {
            let elsewhere = self.invoices_elsewhere();
            if elsewhere.is_empty() {
                return Ok(());
            }
            self.load(elsewhere).await?;
        }
    }

    /// Lets what takes an invoice out wait for what takes its payments out.
    fn free_invoices(&mut self) {
        let planned: BTreeSet<&String> = self.chunk.changes.iter().map(|it| &it.id).collect();
        let mut waits = payments_first(self.approved.values().flatten());
        waits.retain(|id, _| planned.contains(id));
        for (id, payments) in waits {
            self.chunk.waits.entry(id).or_default().extend(payments);
        }
    }

    /// Takes slots in.
    async fn load(&mut self, slots: Vec<String>) -> Result<(), EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let book = &self.connection.id;
        let mut entries = store.slot_entries(company, &slots).await?;
        let book_itself = book_of(self.connection)?;
        let description = book_itself.description();
        for entries in entries.values_mut() {
            entries.retain(|entry| description.takes(entry.header.kind));
        }
        if description.revalues {
            let revaluations = entries.iter_mut().filter(|(slot, _)| is_revaluation(slot));
            revaluations.for_each(|(_, entries)| entries.clear());
        }
        if !book_itself.closes_orders() {
            for slot in fulfilled(self.engine, &entries).await? {
                entries.remove(&slot);
            }
        }
        let ids: Vec<&FactId> = entries.values().flatten().map(|entry| &entry.id).collect();
        let mut undone = store.undone_among(company, book, &ids).await?;
        let taken_out = self.taken_out.entries.iter().cloned();
        undone.extend(taken_out.map(|entry| (entry, self.taken_out.voids)));
        for (slot, entries) in entries.iter_mut().filter(|(_, entries)| !entries.is_empty()) {
            entries.retain(|it| !undone.contains_key(&it.id));
            if entries.is_empty() {
                self.emptied.insert(slot.clone());
            }
        }
        let names = self.engine.policy.names_in(book);
        let named = |entry| self.engine.policy.named_for(&names, entry);
        let entries: BTreeMap<String, Vec<SubledgerEntry>> = entries
            .into_iter()
            .map(|(slot, entries)| (slot, entries.into_iter().map(named).collect()))
            .collect();
        let approved = store.approved_for_slots(company, book, &slots).await?;
        let to_void = undone.into_iter().filter(|(_, voids)| *voids);
        let to_void = to_void.map(|(entry, _)| entry).collect();
        let going = Going { to_void, wanted: &entries };
        let voidable = voidable(self.engine, self.connection, &going, &approved).await?;
        self.voidable.extend(voidable);
        self.fixed.extend(fixed(self.engine, self.connection, &approved, &entries).await?);
        self.entries.extend(entries);
        for it in approved {
            let slot = it.change.slot.clone().unwrap_or_default();
            self.approved.entry(slot).or_default().push(it);
        }
        self.with_news.extend(store.slots_with_news(company, &slots).await?);
        self.slots.extend(slots.iter().cloned());
        self.open.extend(slots);
        Ok(())
    }

    /// The slots of the invoices that the documents of a slot belong to, wanted or not yet entered.
    fn links<'s>(&'s self, slot: &str) -> impl Iterator<Item = &'s String> {
        let entries = self.entries.get(slot).into_iter().flatten();
        let wanted = entries.filter_map(|entry| entry.header.applies_to.as_ref());
        let approved = self.approved.get(slot).into_iter().flatten();
        let open = approved.filter(|it| it.whereabouts == Whereabouts::NotInBook);
        wanted.chain(open.filter_map(|it| match &it.change.subject {
            Subject::Document { document, .. } => document.header().applies_to.as_ref(),
            Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => None,
        }))
    }

    /// The slots of invoices that are not yet taken in.
    fn invoices_elsewhere(&self) -> Vec<String> {
        let invoices: BTreeSet<&String> =
            self.open.iter().flat_map(|slot| self.links(slot)).collect();
        let elsewhere = |slot: &&String| !self.slots.contains(slot.as_str());
        invoices.into_iter().filter(elsewhere).cloned().collect()
    }

    fn standing_invoices(&self, slot: &str) -> Vec<DocumentKey> {
        let changes = self.approved.get(slot);
        changes.map(|changes| standing_invoices(changes)).unwrap_or_default()
    }

    /// The same, with which of them holds what is wanted in the slot.
    fn standing_for(&self, slot: &str) -> StandingInvoices {
        let wanted = self.entries.get(slot).map_or(&[][..], Vec::as_slice);
        let changes = self.approved.get(slot);
        changes.map(|changes| standing_for(changes, wanted)).unwrap_or_default()
    }

    /// Whether a slot holds a purchase order.
    fn holds_order(&self, slot: &str) -> bool {
        self.approved.get(slot).into_iter().flatten().any(|it| enters_commitment(&it.change))
    }

    /// Whom the invoices and bills are made out to that the documents of a slot belong to: these
    /// are of the same party, whatever it is called by now.
    fn parties_of_invoices(&self, slot: &str) -> BTreeMap<String, Party> {
        let entries = self.entries.get(slot).into_iter().flatten();
        let invoices = entries.filter_map(|entry| entry.header.applies_to.as_ref());
        let party = |invoice: &String| {
            let key = self.standing_invoices(invoice).pop()?;
            let standing = self.approved.get(invoice)?.iter().find_map(|it| {
                let document = document(&it.change)?;
                let Subject::Document { key: own, .. } = &it.change.subject else { return None };
                (*own == key).then_some(document)
            })?;
            Some((invoice.clone(), standing.header().party.clone()?))
        };
        invoices.filter_map(party).collect()
    }

    /// The drafts that were approved before in these slots, with the slot of each.
    fn entered_as_drafts(&self) -> BTreeMap<String, String> {
        let drafts = self.approved.iter().flat_map(|(slot, changes)| {
            let is_draft = |it: &&ApprovedChange| {
                let stands = !matches!(it.whereabouts, Whereabouts::Withdrawn);
                stands && matches!(it.change.subject, Subject::Document { draft: true, .. })
            };
            changes.iter().filter(is_draft).map(|it| (it.change.id.clone(), slot.clone()))
        });
        drafts.collect()
    }

    /// Plans slots; returns the invoices that stood there and do no longer.
    fn plan(&mut self, part: Part) -> Result<Vec<String>, EngineError> {
        let mut moved = Vec::new();
        let open = std::mem::take(&mut self.open);
        let still_open: BTreeSet<String> = open.iter().cloned().collect();
        // What belongs to something that is planned now comes after it.
        let (first, then): (Vec<String>, Vec<String>) = open
            .into_iter()
            .partition(|slot| !self.links(slot).any(|owner| still_open.contains(owner)));
        for slot in first.into_iter().chain(then) {
            let linked = self.links(&slot).next().is_some();
            if linked && part == Part::WithoutLinks {
                self.open.push(slot);
                continue;
            }
            let before = self.standing_invoices(&slot);
            self.plan_slot(&slot)?;
            let after = self.standing_invoices(&slot);
            moved.extend(before.into_iter().filter(|key| !after.contains(key)));
        }
        Ok(moved.into_iter().map(|key| key.to_string()).collect())
    }

    /// Whether what a slot's documents belong to cannot be planned yet: which document that will be
    /// is not known, and none of those that stand may be the right one.
    fn waits_for_owner(&self, slot: &str) -> bool {
        self.links(slot)
            .any(|owner| self.chunk.again.contains(owner) && !self.only_amends_in_doubt(owner))
    }

    /// Whether all that is not known of a slot is whether the book amended something there: which
    /// document stands does not hang on it.
    fn only_amends_in_doubt(&self, slot: &str) -> bool {
        let in_doubt = |it: &&ApprovedChange| it.whereabouts == Whereabouts::Unknown;
        let mut unknown = self.approved.get(slot).into_iter().flatten().filter(in_doubt).peekable();
        !self.with_news.contains(slot)
            && unknown.peek().is_some()
            && unknown.all(|it| matches!(it.change.subject, Subject::Amended { .. }))
    }

    fn plan_slot(&mut self, slot: &str) -> Result<(), EngineError> {
        // What nobody wants is withdrawn all the same.
        let waits = self.waits_for_owner(slot);
        let (company, book) = (self.engine.company_id(), &self.connection.id);
        let book_itself = book_of(self.connection)?;
        let description = book_itself.description();
        let of_documents = description.dimensions.of_documents();
        let prefixes = match description.prefixes {
            true => &self.engine.policy.text.numbers,
            false => Prefixes::NONE,
        };
        let closing = self.closing;
        let amends = description.amends;
        let of = SlotOf { company, book, slot, closing, of_documents, prefixes, amends };
        // What belongs to an invoice that was taken out has nothing to belong to.
        let emptied = &self.emptied;
        let parties = self.parties_of_invoices(slot);
        let entries = self.entries.entry(slot.to_owned()).or_default();
        for entry in entries.iter_mut() {
            let to = entry.header.applies_to.as_ref();
            let party = to.and_then(|to| parties.get(to)).cloned();
            entry.header.party = party.or(entry.header.party.take());
        }
        entries.retain(|it| it.header.applies_to.as_ref().is_none_or(|to| !emptied.contains(to)));
        let entries = self.entries.get(slot).map_or(&[][..], Vec::as_slice);
        let approved = self.approved.get(slot).map_or(&[][..], Vec::as_slice);
        // What comes in need not wait for an order that it is not linked with.
        let links = |slot: &str| book_itself.closes_orders() || !self.holds_order(slot);
        let invoices = |slot: &str| match links(slot) {
            true => self.standing_for(slot),
            false => StandingInvoices::default(),
        };
        let amends = |before: &Document, wanted: &Document| {
            book_itself.amends(before, wanted) && !self.fixed.contains(before)
        };
        let plan = plan_slot_among(of, &self.voidable, entries, approved, invoices, amends)?;
        let has_news = self.with_news.contains(slot);
        if plan.is_unsettled || has_news || waits {
            self.chunk.again.push(slot.to_owned());
        }
        if has_news {
            return Ok(());
        }
        let approved = self.approved.entry(slot.to_owned()).or_default();
        for it in approved.iter_mut().filter(|it| plan.withdraws.contains(&it.change.id)) {
            it.whereabouts = Whereabouts::Withdrawn;
            self.chunk.withdrawn.push(it.change.clone());
            let withdrawal = Withdrawal { id: it.change.id.clone(), instead: None };
            self.chunk.withdraws.push(withdrawal);
        }
        if waits {
            return Ok(());
        }
        for change in &plan.changes {
            let whereabouts = Whereabouts::NotInBook;
            approved.push(ApprovedChange { change: change.clone(), whereabouts });
        }
        self.chunk.changes.extend(plan.changes);
        self.chunk.waits.extend(plan.waits);
        Ok(())
    }
}
