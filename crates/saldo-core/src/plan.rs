//! Plans: what differs between the entries of the sub-ledger and what a book was told.
//!
//! A slot holds the sub-ledger entries of one document. What stands in a book under that slot is
//! the sum of the changes that were approved for it. The plan is the difference: entries that do
//! not stand yet are created, entries that stand and no longer hold (or hold otherwise) are
//! reversed. Nothing is ever altered or deleted that carries money.
//!
//! Only what a book acknowledged is reversed. A change that is certainly not in the book is
//! withdrawn once it is no longer wanted, and what is wanted is planned under the next generation.
//! While nobody knows whether a book has a change, nothing is planned that would depend on it.
//!
//! What carries no money is amended where the book can: the document stays, under its number, and
//! says something else.

mod amending;
mod compose;
mod difference;
mod effect;
mod links;
mod period;
mod standing;
mod voiding;

pub use compose::compose;
pub use difference::{Difference, differences};
pub use links::payments_first;
pub use period::Closing;
pub use standing::{
    StandingInvoices, standing_documents, standing_for, standing_invoice, standing_invoices,
};

use crate::book::{AttachedFile, Need, Subject, Voided};
use crate::document::{Document, DocumentKey, DocumentKind, SubledgerEntry, WORDING};
use crate::ledger::Unbalanced;
use crate::money::Money;
use crate::policy::Prefixes;
use crate::text::{CompanyId, ConnectionId, FactId};
use amending::{Amending, is_open_amendment};
use compose::alike;
use effect::leave_out_alike;
use jiff::civil::Date;
use links::{Claims, paid_by_what_goes, still_refers};
use serde::{Deserialize, Serialize};
use standing::{Standing, in_book, standing, still_holds};
use std::collections::{BTreeMap, BTreeSet};

/// Why a change is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Reason {
    /// Something happened that stands in no document yet.
    NewFact,
    /// A document needs this to refer to.
    NeededBy {
        /// The document's slot.
        slot: String,
    },
    /// Something happened after the slot's document was made.
    LaterFact,
    /// A person approved what stands there as a draft.
    Confirmed,
    /// What was entered no longer holds: the fact was decided or read otherwise, or the policy
    /// changed.
    NoLongerHolds,
    /// It stands in place of what no longer holds.
    Replaces,
    /// What was entered holds, but says something else that carries no money.
    SaysOtherwise,
}

/// An entry that a change takes out of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The entry's natural key.
    pub id: FactId,
    /// The entry's money hash.
    pub hash: String,
}

impl Covered {
    fn of(entry: &SubledgerEntry) -> Self {
        Self { id: entry.id.clone(), hash: entry.money_hash() }
    }
}

/// One step of a plan: make one thing be in one book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The identity within the book: a document's key, or the binding of something needed.
    pub id: String,
    /// Which book.
    pub book: ConnectionId,
    /// The slot, for documents.
    pub slot: Option<String>,
    /// Which document of its slot this is, from zero.
    pub generation: u32,
    /// What shall be there.
    pub subject: Subject,
    /// Why.
    pub reason: Reason,
    /// The entries that it puts in.
    pub enters: Vec<SubledgerEntry>,
    /// The entries that it takes out.
    pub takes_out: Vec<Covered>,
    /// The day of a closed period that it belongs to, where its document is dated on the first
    /// open day instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relates_to: Option<Date>,
    /// The wording of its documents: [`WORDING`] of the release that planned it.
    #[serde(default = "first_wording", skip_serializing_if = "is_first_wording")]
    pub wording: u32,
}

const fn first_wording() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_first_wording(wording: &u32) -> bool {
    *wording == first_wording()
}

impl Change {
    /// Whether both want the same to be there. Why they do never counts, nor which release planned
    /// it; nor does how something is called that is known by its binding.
    #[must_use]
    pub fn wants_the_same(&self, other: &Self) -> bool {
        match (&self.subject, &other.subject) {
            (Subject::Need(Need::Account(one)), Subject::Need(Need::Account(other))) => {
                one == other
            }
            (
                Subject::Need(
                    one @ (Need::ForeignAccount { .. } | Need::Dimension(_) | Need::Value { .. }),
                ),
                Subject::Need(other),
            ) => one == other,
            (Subject::Need(one), Subject::Need(other)) => one.binding() == other.binding(),
            _ => {
                let (reason, wording) = (self.reason.clone(), self.wording);
                Self { reason, wording, ..other.clone() } == *self
            }
        }
    }

    /// The accounting date of the document that it enters, where it enters one.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        match &self.subject {
            Subject::Document { document, .. } => Some(document.header().date),
            Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => None,
        }
    }

    /// The accounting date of the document that it enters or amends: nothing may be done on a day
    /// that is closed.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        match &self.subject {
            Subject::Amended { document, .. } => Some(document.header().date),
            _ => self.date(),
        }
    }

    /// The number and the content of a document that stands in the book once this was made: one
    /// that it enters, or amends.
    #[must_use]
    pub fn stands_as(&self) -> Option<(DocumentKey, &Document)> {
        match &self.subject {
            Subject::Document { key, document, voids: None, .. }
            | Subject::Amended { key, document, .. } => Some((*key, document)),
            Subject::Document { voids: Some(_), .. }
            | Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Attached { .. } => None,
        }
    }

    /// The document that it makes nil in the book in place of entering another, if it does.
    #[must_use]
    pub fn voids(&self) -> Option<&Voided> {
        match &self.subject {
            Subject::Document { voids, .. } => voids.as_deref(),
            Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => None,
        }
    }

    /// The number of the invoice that it belongs to, where it does.
    #[must_use]
    pub fn invoice(&self) -> Option<DocumentKey> {
        match &self.subject {
            Subject::Document { applies_to, .. } => *applies_to,
            Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => None,
        }
    }

    /// The change by which a file is attached to the document that this one entered; none where it
    /// entered none, or voids one.
    #[must_use]
    pub fn attachment(&self, file: AttachedFile) -> Option<Self> {
        let Subject::Document { key, document, voids: None, .. } = &self.subject else {
            return None;
        };
        let document = document.clone();
        Some(Self {
            id: format!("attach/{key}"),
            book: self.book.clone(),
            slot: None,
            generation: 0,
            subject: Subject::Attached { key: *key, document, file },
            reason: Reason::NewFact,
            enters: Vec::new(),
            takes_out: Vec::new(),
            relates_to: None,
            wording: self.wording,
        })
    }

    /// The change by which a person confirms the draft that this one entered; none where it entered
    /// none.
    #[must_use]
    pub fn confirmation(&self) -> Option<Self> {
        let Subject::Document { key, document, draft: true, .. } = &self.subject else {
            return None;
        };
        Some(Self {
            id: format!("confirm/{key}"),
            book: self.book.clone(),
            slot: None,
            generation: 0,
            subject: Subject::Confirmed { key: *key, document: document.clone() },
            reason: Reason::Confirmed,
            enters: Vec::new(),
            takes_out: Vec::new(),
            relates_to: None,
            wording: self.wording,
        })
    }
}

/// What is known of an approved change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whereabouts {
    /// The book has it.
    InBook,
    /// Nobody can say: it was sent and nothing was heard, or the book holds it otherwise.
    Unknown,
    /// It is certainly not in the book: never sent, refused for good, or looked for in vain.
    NotInBook,
    /// It is not in the book, and never will be.
    Withdrawn,
}

/// A change that was approved before, with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedChange {
    /// The change.
    pub change: Change,
    /// What is known of it.
    pub whereabouts: Whereabouts,
}

/// Whose slot is planned.
#[derive(Clone, Copy, Debug)]
pub struct SlotOf<'a> {
    /// The company.
    pub company: &'a CompanyId,
    /// The book.
    pub book: &'a ConnectionId,
    /// The slot.
    pub slot: &'a str,
    /// Which periods of the book are closed.
    pub closing: Closing,
    /// The dimension that the book keeps of documents as a whole, where it does: what stands for
    /// something else there has a document of its own.
    pub of_documents: Option<&'a str>,
    /// What the numbers of new documents begin with.
    pub prefixes: &'a Prefixes,
    /// The kinds of documents that the book amends.
    pub amends: &'a [DocumentKind],
}

/// What must be done about a slot in a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotPlan {
    /// The identities of changes that are not in the book and no longer wanted.
    pub withdraws: Vec<String>,
    /// The changes, in the order in which they must be made.
    pub changes: Vec<Change>,
    /// What each of these changes waits for: documents that the book must have before it.
    pub waits: BTreeMap<String, BTreeSet<String>>,
    /// Whether nothing but withdrawals can be planned before it is known what came of a change.
    pub is_unsettled: bool,
}

/// An entry that stands or is wanted: its natural key and its money hash.
type EntryKey = (FactId, String);

fn key_of(entry: &SubledgerEntry) -> EntryKey {
    (entry.id.clone(), entry.money_hash())
}

/// What must change in a book so that exactly these entries stand under a slot.
///
/// An entry also holds where it stands by another key, or with its lines parted otherwise, as long
/// as the same accounts move by the same amounts in the same dimensions: a file told first what the
/// vendor's interface tells now.
///
/// What belongs to a closed period is dated on the first open day. So is the reversal of what
/// stands in one; a change that did not get into the book before its period was closed is withdrawn
/// and planned anew.
///
/// `approved` are the changes of this slot and book so far, oldest first; `invoice` says which
/// invoice stands under another slot. Changes come out in the order in which they must be made:
/// what no longer holds is taken out first. The same input gives the same changes; once they are
/// approved the plan is empty.
///
/// # Errors
/// [`Unbalanced`] where amounts are too large to be summed.
pub fn plan_slot(
    of: SlotOf<'_>,
    entries: &[SubledgerEntry],
    approved: &[ApprovedChange],
    invoice: impl Fn(&str) -> Option<DocumentKey>,
) -> Result<SlotPlan, Unbalanced> {
    plan_slot_voiding(of, &BTreeMap::new(), entries, approved, invoice)
}

/// What [`plan_slot`] says, where these documents of the slot, by number, may be voided. What goes
/// as a whole is voided, in an open period; anything else is reversed.
///
/// # Errors
/// As [`plan_slot`].
pub fn plan_slot_voiding(
    of: SlotOf<'_>,
    voidable: &BTreeMap<DocumentKey, Voided>,
    entries: &[SubledgerEntry],
    approved: &[ApprovedChange],
    invoice: impl Fn(&str) -> Option<DocumentKey>,
) -> Result<SlotPlan, Unbalanced> {
    let invoices = |slot: &str| invoice(slot).into();
    plan_slot_among(of, voidable, entries, approved, invoices, |_, _| false)
}

/// What [`plan_slot_voiding`] says, where several documents may stand under the slot of what others
/// belong to: a summary and its supplements. A payment is parted among them: what settles an entry
/// belongs to the document in which that one stands, and anything else to the last one. What was
/// planned before stays with its own, as long as that stands. `amends` says of a document as it
/// stands, and as it would be, whether the book amends the one to be the other: nothing that
/// carries money differs.
///
/// # Errors
/// As [`plan_slot`].
pub fn plan_slot_among(
    of: SlotOf<'_>,
    voidable: &BTreeMap<DocumentKey, Voided>,
    entries: &[SubledgerEntry],
    approved: &[ApprovedChange],
    invoices: impl Fn(&str) -> StandingInvoices,
    amends: impl Fn(&Document, &Document) -> bool,
) -> Result<SlotPlan, Unbalanced> {
    let wanted: BTreeMap<EntryKey, &SubledgerEntry> =
        entries.iter().map(|entry| (key_of(entry), entry)).collect();
    let paid = paid_by_what_goes(approved, &wanted);
    let known = approved.iter().flat_map(|it| &it.change.enters);
    let claims = Claims::of(entries.iter().chain(known), invoices, paid);
    let there = standing(in_book(approved));
    let mut withdraws = Vec::new();
    let mut kept: Vec<&ApprovedChange> = Vec::new();
    let mut is_unsettled = false;
    let (amendments, others): (Vec<_>, Vec<_>) =
        approved.iter().partition(|it| is_open_amendment(it));
    for it in others {
        let holds = still_holds(&it.change, &there, |key| wanted.contains_key(key));
        match it.whereabouts {
            Whereabouts::Withdrawn => {}
            Whereabouts::Unknown if !holds => is_unsettled = true,
            Whereabouts::NotInBook
                if !holds
                    || it.change.date().is_some_and(|date| of.closing.covers(date))
                    || !still_refers(&it.change, &wanted, &claims) =>
            {
                withdraws.push(it.change.id.clone());
            }
            _ => kept.push(it),
        }
    }
    withdraw_waiting(approved, &mut kept, &mut withdraws);
    if is_unsettled {
        return Ok(SlotPlan { withdraws, is_unsettled, ..SlotPlan::default() });
    }
    let standing = standing(kept.iter().map(|it| &it.change));
    let (mut gone, mut new) = gone_and_new(&standing, &wanted);
    leave_out_alike(&mut gone, &mut new);
    let needed = Amending { of, kept: &kept, standing: &standing, wanted: &wanted };
    let mut needed = needed.needed((&mut gone, &mut new), amends)?;
    for it in amendments {
        match (needed.iter().position(|wanted| wanted.is_by(&it.change)), it.whereabouts) {
            (Some(place), _) => drop(needed.remove(place)),
            (None, Whereabouts::Unknown) => is_unsettled = true,
            (None, _) => withdraws.push(it.change.id.clone()),
        }
    }
    if is_unsettled {
        return Ok(SlotPlan { withdraws, is_unsettled, ..SlotPlan::default() });
    }
    let reason = match (gone.is_empty() && withdraws.is_empty(), kept.is_empty()) {
        (true, true) => Reason::NewFact,
        (true, false) => Reason::LaterFact,
        (false, _) => Reason::Replaces,
    };
    let mut planner = Planner::new(of, approved, &kept);
    planner.void(&mut gone, &kept, &standing, voidable);
    planner.take_out(&gone, |entry| {
        standing.get(&key_of(entry)).map_or(entry.header.date, Standing::entered_on)
    })?;
    planner.put_in(new, &reason, &claims)?;
    planner.amend(needed);
    let (changes, waits) = (planner.changes, planner.waits);
    Ok(SlotPlan { withdraws, changes, waits, is_unsettled: false })
}

/// The entries that stand and go, and those that are to stand and do not.
fn gone_and_new(
    standing: &BTreeMap<EntryKey, Standing<'_>>,
    wanted: &BTreeMap<EntryKey, &SubledgerEntry>,
) -> (Vec<SubledgerEntry>, Vec<SubledgerEntry>) {
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    let keys: BTreeSet<&EntryKey> = standing.keys().chain(wanted.keys()).collect();
    for key in keys {
        let want = wanted.get(key).copied();
        let Some(it) = standing.get(key) else {
            new.extend(want.cloned());
            continue;
        };
        gone.extend((0..it.surplus(want.is_some())).map(|_| it.entry.clone()));
        let entry = want.unwrap_or(it.entry);
        new.extend((0..it.deficit(want.is_some())).map(|_| entry.clone()));
    }
    (gone, new)
}

/// Withdraws, together with a reversal, what may wait for it: nothing would ever come of that wait.
/// What is still wanted of it is planned anew.
fn withdraw_waiting(
    approved: &[ApprovedChange],
    kept: &mut Vec<&ApprovedChange>,
    withdraws: &mut Vec<String>,
) {
    let reversal =
        |it: &&ApprovedChange| !it.change.takes_out.is_empty() && withdraws.contains(&it.change.id);
    if !approved.iter().any(|it| reversal(&it)) {
        return;
    }
    kept.retain(|it| {
        let waits = it.whereabouts == Whereabouts::NotInBook && !it.change.enters.is_empty();
        if waits {
            withdraws.push(it.change.id.clone());
        }
        !waits
    });
}

struct Planner<'a> {
    of: SlotOf<'a>,
    generation: u32,
    /// The reversals that the book does not have yet.
    reversals: BTreeSet<String>,
    changes: Vec<Change>,
    waits: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Planner<'a> {
    fn new(of: SlotOf<'a>, approved: &[ApprovedChange], kept: &[&ApprovedChange]) -> Self {
        let generation = approved.iter().map(|it| it.change.generation + 1).max().unwrap_or(0);
        let mut planner = Self {
            of,
            generation,
            reversals: BTreeSet::new(),
            changes: Vec::new(),
            waits: BTreeMap::new(),
        };
        let unsent = kept.iter().filter(|it| it.whereabouts != Whereabouts::InBook);
        let reversals = unsent.filter(|it| !it.change.takes_out.is_empty());
        planner.reversals = reversals.map(|it| it.change.id.clone()).collect();
        planner
    }

    /// One reversal for each kind and date that the entries were entered with: of the day of the
    /// documents that they stand in.
    fn take_out(
        &mut self,
        gone: &[SubledgerEntry],
        entered_on: impl Fn(&SubledgerEntry) -> Date,
    ) -> Result<(), Unbalanced> {
        for entries in alike(gone.to_vec(), self.of.of_documents) {
            let Some(document) = compose(&entries)? else { continue };
            let date = document.header().date;
            let entered = entries.iter().map(&entered_on).max().unwrap_or(date);
            let reversal = document.reversal(entered);
            let mut change = self.change(reversal, &entries, Reason::NoLongerHolds);
            change.takes_out = entries.iter().map(Covered::of).collect();
            self.reversals.insert(change.id.clone());
            self.changes.push(change);
        }
        Ok(())
    }

    /// One document for entries that fit together and belong to one invoice. It waits for that, and
    /// for all reversals of its slot: a book must never hold both what is taken out and what
    /// replaces it, whatever key the one and the other go by.
    fn put_in(
        &mut self,
        new: Vec<SubledgerEntry>,
        reason: &Reason,
        claims: &Claims,
    ) -> Result<(), Unbalanced> {
        let alike = alike(new, self.of.of_documents).into_iter();
        for (link, entries) in alike.flat_map(|entries| claims.part(entries)) {
            let Some(document) = compose(&entries)? else { continue };
            let mut change = self.change(document, &entries, reason.clone());
            if let Subject::Document { applies_to, .. } = &mut change.subject {
                *applies_to = link;
            }
            let mut waits = self.reversals.clone();
            waits.extend(link.map(|key| key.to_string()));
            if !waits.is_empty() {
                self.waits.insert(change.id.clone(), waits);
            }
            change.enters = entries;
            self.changes.push(change);
        }
        Ok(())
    }

    /// A change of the next generation about these entries that enters and takes out nothing yet.
    /// What one slot holds, one channel tells.
    fn change(&mut self, document: Document, about: &[SubledgerEntry], reason: Reason) -> Change {
        let generation = self.generation;
        self.generation += 1;
        let (document, relates_to) = self.of.closing.place(document);
        let channel = about.first().map(|entry| entry.id.connection());
        let prefix = self.of.prefixes.of(document.header().kind, channel);
        let document = document.with_prefix(prefix);
        let key = document.key(self.of.company, generation);
        Change {
            id: key.to_string(),
            book: self.of.book.clone(),
            slot: Some(self.of.slot.to_owned()),
            generation,
            subject: Subject::Document {
                key,
                document: Box::new(document),
                applies_to: None,
                voids: None,
                draft: false,
            },
            reason,
            enters: Vec::new(),
            takes_out: Vec::new(),
            relates_to,
            wording: WORDING,
        }
    }
}

/// The changes that create what documents need and the book does not have yet, in the order in
/// which they must be made: a need of a need first.
#[must_use]
pub fn plan_needs(
    book: &ConnectionId,
    documents: &[Change],
    needs: impl Fn(&Subject) -> Vec<Need>,
    bound: impl Fn(&Need) -> bool,
) -> Vec<Change> {
    let mut planned: BTreeSet<String> = BTreeSet::new();
    let mut changes = Vec::new();
    for document in documents {
        let slot = document.slot.clone().unwrap_or_default();
        let mut wanted: Vec<Need> = needs(&document.subject);
        wanted.reverse();
        while let Some(need) = wanted.pop() {
            let id = need.binding();
            if bound(&need) || planned.contains(&id) {
                continue;
            }
            let missing: Vec<Need> = needs(&Subject::Need(need.clone()))
                .into_iter()
                .filter(|first| !bound(first) && !planned.contains(&first.binding()))
                .collect();
            if !missing.is_empty() {
                wanted.push(need);
                wanted.extend(missing);
                continue;
            }
            planned.insert(id.clone());
            changes.push(Change {
                id,
                book: book.clone(),
                slot: None,
                generation: 0,
                subject: Subject::Need(need),
                reason: Reason::NeededBy { slot: slot.clone() },
                enters: Vec::new(),
                takes_out: Vec::new(),
                relates_to: None,
                wording: WORDING,
            });
        }
    }
    changes
}

/// What changes amount to, per account: debit positive.
///
/// # Errors
/// Where a sum is too large.
pub fn movement(
    changes: &[Change],
) -> Result<BTreeMap<String, crate::money::Balance>, crate::money::MoneyError> {
    let mut sums: BTreeMap<String, crate::money::Balance> = BTreeMap::new();
    for change in changes {
        if let Subject::Document { document, .. } = &change.subject {
            for line in document.lines() {
                add(&mut sums, &line.account.name, line.amount)?;
            }
        }
    }
    Ok(sums)
}

fn add(
    sums: &mut BTreeMap<String, crate::money::Balance>,
    account: &str,
    amount: Money,
) -> Result<(), crate::money::MoneyError> {
    sums.entry(account.to_owned()).or_default().add(amount)
}

#[cfg(test)]
mod tests;
