//! Plans: what differs between the entries of the sub-ledger and what a book was told.
//!
//! A slot holds the sub-ledger entries of one document. What stands in a book under that slot is
//! the sum of the changes that were approved for it. The plan is the difference: entries that do
//! not stand yet are created, entries that stand and no longer hold (or hold otherwise) are
//! reversed. Nothing is ever altered or deleted that carries money.

use crate::book::{Need, Subject};
use crate::document::{Document, DocumentKind, Line, LineKind, SubledgerEntry};
use crate::ledger::Unbalanced;
use crate::money::Money;
use crate::text::{CompanyId, ConnectionId, FactId};
use serde::{Deserialize, Serialize};
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
    /// What was entered no longer holds: the fact was decided or read otherwise, or the policy
    /// changed.
    NoLongerHolds,
}

/// An entry that a change takes out of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The entry's natural key.
    pub id: FactId,
    /// The entry's money hash.
    pub hash: String,
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
}

/// The entries that stand in a book under a slot after these changes, by natural key.
#[must_use]
pub fn standing(approved: &[Change]) -> BTreeMap<FactId, SubledgerEntry> {
    let mut standing = BTreeMap::new();
    for change in approved {
        for covered in &change.takes_out {
            standing.remove(&covered.id);
        }
        for entry in &change.enters {
            standing.insert(entry.id.clone(), entry.clone());
        }
    }
    standing
}

/// What must change in a book so that exactly these entries stand under a slot.
///
/// `approved` are the changes of this slot and book so far, oldest first. Changes come out in the
/// order in which they must be made: what no longer holds is taken out first. The same input gives
/// the same changes; once they are approved the plan is empty.
///
/// # Errors
/// [`Unbalanced`] where amounts are too large to be summed.
pub fn plan_slot(
    company: &CompanyId,
    book: &ConnectionId,
    slot: &str,
    entries: &[SubledgerEntry],
    approved: &[Change],
) -> Result<Vec<Change>, Unbalanced> {
    let standing = standing(approved);
    let wanted: BTreeMap<&FactId, &SubledgerEntry> =
        entries.iter().map(|entry| (&entry.id, entry)).collect();
    let holds = |entry: &SubledgerEntry| {
        wanted.get(&entry.id).is_some_and(|wanted| wanted.money_hash() == entry.money_hash())
    };
    let stands = |entry: &&SubledgerEntry| {
        standing.get(&entry.id).is_some_and(|there| there.money_hash() == entry.money_hash())
    };
    let gone: Vec<SubledgerEntry> =
        standing.values().filter(|entry| !holds(entry)).cloned().collect();
    let new: Vec<SubledgerEntry> =
        wanted.values().copied().filter(|entry| !stands(entry)).cloned().collect();
    let first = approved.iter().map(|change| change.generation + 1).max().unwrap_or(0);
    let mut planner = Planner { company, book, slot, generation: first, changes: Vec::new() };
    planner.take_out(&gone)?;
    let reason = match (approved.is_empty(), gone.is_empty()) {
        (true, _) => Reason::NewFact,
        (false, true) => Reason::LaterFact,
        (false, false) => Reason::NoLongerHolds,
    };
    planner.put_in(new, reason)?;
    Ok(planner.changes)
}

struct Planner<'a> {
    company: &'a CompanyId,
    book: &'a ConnectionId,
    slot: &'a str,
    generation: u32,
    changes: Vec<Change>,
}

impl Planner<'_> {
    /// One reversal for each kind and date that the entries were entered with.
    fn take_out(&mut self, gone: &[SubledgerEntry]) -> Result<(), Unbalanced> {
        for entries in alike(gone.to_vec()) {
            let Some(document) = compose(&entries)? else { continue };
            let reversal = document.reversal(document.header().date);
            let covered =
                |entry: &SubledgerEntry| Covered { id: entry.id.clone(), hash: entry.money_hash() };
            let takes_out = entries.iter().map(covered).collect();
            self.push(reversal, Reason::NoLongerHolds, Vec::new(), takes_out);
        }
        Ok(())
    }

    fn put_in(&mut self, new: Vec<SubledgerEntry>, reason: Reason) -> Result<(), Unbalanced> {
        for entries in alike(new) {
            let Some(document) = compose(&entries)? else { continue };
            self.push(document, reason.clone(), entries, Vec::new());
        }
        Ok(())
    }

    fn push(
        &mut self,
        document: Document,
        reason: Reason,
        enters: Vec<SubledgerEntry>,
        takes_out: Vec<Covered>,
    ) {
        let key = document.key(self.company, self.generation);
        self.changes.push(Change {
            id: key.to_string(),
            book: self.book.clone(),
            slot: Some(self.slot.to_owned()),
            generation: self.generation,
            subject: Subject::Document { key, document: Box::new(document), applies_to: None },
            reason,
            enters,
            takes_out,
        });
        self.generation += 1;
    }
}

/// Entries that fit into one document: of one kind, date, currency and link.
fn alike(entries: Vec<SubledgerEntry>) -> Vec<Vec<SubledgerEntry>> {
    let mut groups: BTreeMap<_, Vec<SubledgerEntry>> = BTreeMap::new();
    for entry in entries {
        let header = &entry.header;
        let key = (header.date, header.kind, header.currency, header.applies_to.clone());
        groups.entry(key).or_default().push(entry);
    }
    groups.into_values().collect()
}

/// The document of entries that share a header; none where nothing is left of their amounts.
///
/// One entry keeps its lines. Of many, lines are summed by account, kind and tax.
///
/// # Errors
/// [`Unbalanced`] where amounts are too large to be summed.
pub fn compose(entries: &[SubledgerEntry]) -> Result<Option<Document>, Unbalanced> {
    let Some(first) = entries.first() else { return Ok(None) };
    let lines = match entries {
        [only] => only.lines.clone(),
        many => summed(many)?,
    };
    match lines.is_empty() {
        true => Ok(None),
        false => Document::new(first.header.clone(), lines).map(Some),
    }
}

fn summed(entries: &[SubledgerEntry]) -> Result<Vec<Line>, Unbalanced> {
    let mut sums: BTreeMap<(u8, String, bool, String), (Line, u32)> = BTreeMap::new();
    for line in entries.iter().flat_map(|entry| &entry.lines) {
        let (rank, taxed, title) = match &line.kind {
            LineKind::Product { taxed, .. } | LineKind::Other { taxed } => {
                (0, *taxed, String::new())
            }
            LineKind::Tax { title, rate: Some(rate) } => (1, false, format!("{title} {rate}")),
            LineKind::Tax { title, rate: None } => (1, false, title.clone()),
            LineKind::Receivable => (2, false, String::new()),
            LineKind::Settlement => (3, false, String::new()),
        };
        // Both ends of a transfer stay apart even where they settle.
        let side = if rank == 3 && line.amount.is_negative() { "credit" } else { "" };
        let title = format!("{title}{side}");
        let key = (rank, line.account.name.to_string(), taxed, title);
        match sums.get_mut(&key) {
            Some((sum, count)) => {
                sum.amount = sum.amount.plus(line.amount)?;
                *count += 1;
            }
            None => {
                sums.insert(key, (line.clone(), 1));
            }
        }
    }
    let whole =
        |((_, _, taxed, _), (line, count)): (_, (Line, u32))| summary_line(line, taxed, count);
    Ok(sums.into_iter().map(whole).filter(|line| !line.amount.is_zero()).collect())
}

fn summary_line(line: Line, taxed: bool, count: u32) -> Line {
    if count == 1 {
        return line;
    }
    let kind = match line.kind {
        LineKind::Product { .. } => LineKind::Other { taxed },
        other => other,
    };
    let text = format!("{} ({count} lines)", line.account.name);
    Line { kind, quantity: None, text, origin: String::new(), ..line }
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
            });
        }
    }
    changes
}

/// The key of the document that a slot's invoice stands under: the last that was entered and not
/// taken out.
#[must_use]
pub fn standing_invoice(approved: &[Change]) -> Option<crate::document::DocumentKey> {
    approved.iter().rev().find_map(|change| match &change.subject {
        Subject::Document { key, document, .. }
            if document.header().kind == DocumentKind::Invoice && !change.enters.is_empty() =>
        {
            Some(*key)
        }
        _ => None,
    })
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
mod tests {
    use super::*;
    use crate::document::Header;
    use crate::ledger::{Account, AccountKind};

    fn entry(id: &str, minor: i64) -> SubledgerEntry {
        let usd = crate::money::Currency::parse("USD").unwrap();
        let header = Header {
            slot: "fees".to_owned(),
            kind: DocumentKind::Expense,
            date: "2026-03-10".parse().unwrap(),
            currency: usd,
            party: None,
            applies_to: None,
            reference: String::new(),
            memo: "fees".to_owned(),
        };
        let line = |kind, name, minor| Line {
            kind,
            account: Account::new(name, AccountKind::Expense),
            amount: Money::from_minor(minor, usd),
            quantity: None,
            text: String::new(),
            origin: id.to_owned(),
        };
        let lines = vec![
            line(LineKind::Other { taxed: false }, "Fees", minor),
            line(LineKind::Settlement, "Clearing", -minor),
        ];
        SubledgerEntry::new(id.into(), header, lines).unwrap()
    }

    fn plan(entries: &[SubledgerEntry], approved: &[Change]) -> Vec<Change> {
        plan_slot(&"demo".into(), &"book".into(), "fees", entries, approved).unwrap()
    }

    fn fees(changes: &[Change]) -> Vec<i64> {
        let usd = crate::money::Currency::parse("USD").unwrap();
        changes
            .iter()
            .map(|change| movement(std::slice::from_ref(change)).unwrap()["Fees"].of(usd).minor())
            .collect()
    }

    #[test]
    fn a_plan_after_approval_is_empty() {
        let entries = [entry("a", 100), entry("b", 20)];
        let changes = plan(&entries, &[]);
        assert_eq!(fees(&changes), [120]);
        assert_eq!(plan(&entries, &changes), []);
    }

    #[test]
    fn taxes_of_one_name_are_summed_rate_by_rate() {
        let taxed = |id: &str, percent: i64, minor: i64| {
            let mut entry = entry(id, minor);
            let rate = Some(percent.into());
            entry.lines[0].kind = LineKind::Tax { title: "VAT".to_owned(), rate };
            entry
        };
        let entries = [taxed("a", 25, 100), taxed("b", 12, 40), taxed("c", 25, 20)];
        let document = compose(&entries).unwrap().unwrap();
        let taxes: Vec<_> = document
            .lines()
            .iter()
            .filter_map(|line| match &line.kind {
                LineKind::Tax { rate, .. } => Some((*rate, line.amount.minor())),
                _ => None,
            })
            .collect();
        assert_eq!(taxes, [(Some(12.into()), 40), (Some(25.into()), 120)]);
    }

    #[test]
    fn a_later_fact_is_a_supplement_with_only_itself() {
        let mut approved = plan(&[entry("a", 100)], &[]);
        let later = plan(&[entry("a", 100), entry("b", 20)], &approved);
        assert_eq!(fees(&later), [20]);
        assert_eq!((later[0].generation, &later[0].reason), (1, &Reason::LaterFact));
        approved.extend(later);
        assert_eq!(plan(&[entry("a", 100), entry("b", 20)], &approved), []);
    }

    #[test]
    fn what_no_longer_holds_is_reversed_and_entered_anew() {
        let mut approved = plan(&[entry("a", 100), entry("b", 20)], &[]);
        let corrected = plan(&[entry("a", 90), entry("b", 20)], &approved);
        assert_eq!(fees(&corrected), [-100, 90]);
        approved.extend(corrected);
        assert_eq!(plan(&[entry("a", 90), entry("b", 20)], &approved), []);
        let vanished = plan(&[], &approved);
        assert_eq!(fees(&vanished), [-110]);
        approved.extend(vanished);
        assert_eq!(plan(&[], &approved), []);
        let back = plan(&[entry("a", 90)], &approved);
        assert_eq!(fees(&back), [90]);
        let keys: std::collections::BTreeSet<_> =
            approved.iter().chain(&back).map(|change| &change.id).collect();
        assert_eq!(keys.len(), approved.len() + 1, "every generation has its own key");
    }
}
