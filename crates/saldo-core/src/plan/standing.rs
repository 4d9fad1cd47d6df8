//! What stands in a book under a slot: entries, each as often as it was entered and not taken out.
//!
//! As a rule that is once. What lands after it was given up may bring an entry twice, or take one
//! out that another reversal takes out as well.

use super::effect::alike_among;
use super::{ApprovedChange, Change, Covered, EntryKey, Subject, Whereabouts, key_of};
use crate::document::{Document, DocumentKey, SubledgerEntry};
use crate::text::FactId;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What stands of one entry.
pub(super) struct Standing<'a> {
    /// The entry.
    pub(super) entry: &'a SubledgerEntry,
    /// The changes that entered it and were not taken out, oldest first.
    changes: Vec<&'a Change>,
    /// How often it was taken out without standing there.
    lacking: usize,
}

impl Standing<'_> {
    /// The day of the document that it stands in: of the latest, where it stands more than once.
    pub(super) fn entered_on(&self) -> Date {
        let dates = self.changes.iter().filter_map(|change| change.day());
        dates.max().unwrap_or(self.entry.header.date)
    }

    /// The documents that others belong to in which it stands, with their generations: what was
    /// amended is as old as it was.
    fn invoices(&self, approved: &[ApprovedChange]) -> impl Iterator<Item = (u32, DocumentKey)> {
        self.changes.iter().filter_map(|change| {
            let (key, document) = change.stands_as()?;
            let first = || approved.iter().find(|it| it.change.id == key.as_str());
            let generation = match &change.subject {
                Subject::Amended { .. } => first()?.change.generation,
                _ => change.generation,
            };
            document.header().kind.has_dependants().then_some((generation, key))
        })
    }

    /// The last one of them.
    fn holder(&self, approved: &[ApprovedChange]) -> Option<DocumentKey> {
        self.invoices(approved).max().map(|(_, key)| key)
    }

    /// Whether it stands by this change, and by no other.
    pub(super) fn is_by(&self, change: &Change) -> bool {
        matches!(self.changes[..], [only] if only.id == change.id)
    }

    /// How often it stands beyond what is wanted of it.
    pub(super) fn surplus(&self, is_wanted: bool) -> usize {
        self.changes.len().saturating_sub(usize::from(is_wanted))
    }

    /// How often it must be entered so that it stands as wanted.
    pub(super) fn deficit(&self, is_wanted: bool) -> usize {
        (self.lacking + usize::from(is_wanted)).saturating_sub(self.changes.len())
    }
}

/// The natural key and the money hash of an entry that is taken out.
pub(super) fn key_taken_out(covered: &Covered) -> EntryKey {
    (covered.id.clone(), covered.hash.clone())
}

/// What stands in a book under a slot after these changes.
pub(super) fn standing<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
) -> BTreeMap<EntryKey, Standing<'a>> {
    let mut standing: BTreeMap<EntryKey, Standing<'a>> = BTreeMap::new();
    for change in changes {
        for covered in &change.takes_out {
            if let Some(it) = standing.get_mut(&key_taken_out(covered)) {
                match it.changes.is_empty() {
                    true => it.lacking += 1,
                    false => drop(it.changes.remove(0)),
                }
            }
        }
        for entry in &change.enters {
            let new = || Standing { entry, changes: Vec::new(), lacking: 0 };
            let it = standing.entry(key_of(entry)).or_insert_with(new);
            match it.lacking.checked_sub(1) {
                Some(left) => it.lacking = left,
                None => {
                    it.entry = entry;
                    it.changes.push(change);
                }
            }
        }
    }
    standing
}

/// The changes that count: all but those that were withdrawn.
pub(super) fn that_count(approved: &[ApprovedChange]) -> impl Iterator<Item = &Change> {
    let counts = |it: &&ApprovedChange| it.whereabouts != Whereabouts::Withdrawn;
    approved.iter().filter(counts).map(|it| &it.change)
}

/// The changes that the book has.
pub(super) fn in_book(approved: &[ApprovedChange]) -> impl Iterator<Item = &Change> {
    let is_there = |it: &&ApprovedChange| it.whereabouts == Whereabouts::InBook;
    approved.iter().filter(is_there).map(|it| &it.change)
}

/// The documents that stand in the book, each as it was entered or amended last: those of which an
/// entry was not taken out.
#[must_use]
pub fn standing_documents(approved: &[ApprovedChange]) -> Vec<&Document> {
    let changes = standing(in_book(approved)).into_values().flat_map(|it| it.changes);
    let by_id: BTreeMap<&str, &Change> = changes.map(|change| (&*change.id, change)).collect();
    by_id.into_values().filter_map(|change| Some(change.stands_as()?.1)).collect()
}

/// The invoices, credit memos, bills or purchase orders that stand under a slot, or shall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandingInvoices {
    /// Their keys, oldest first: a summary has one for itself, and one for what came later.
    pub keys: Vec<DocumentKey>,
    /// In which of several each entry stands.
    pub holders: BTreeMap<FactId, DocumentKey>,
}

impl From<Option<DocumentKey>> for StandingInvoices {
    fn from(only: Option<DocumentKey>) -> Self {
        Self { keys: only.into_iter().collect(), holders: BTreeMap::new() }
    }
}

/// The key of the invoice, credit memo, bill or purchase order that stands under a slot, or shall:
/// the last one that was entered and not taken out.
#[must_use]
pub fn standing_invoice(approved: &[ApprovedChange]) -> Option<DocumentKey> {
    standing_invoices(approved).pop()
}

/// The keys of all of them, oldest first.
#[must_use]
pub fn standing_invoices(approved: &[ApprovedChange]) -> Vec<DocumentKey> {
    let standing = standing(that_count(approved));
    let invoices: BTreeSet<(u32, DocumentKey)> =
        standing.values().flat_map(|it| it.invoices(approved)).collect();
    invoices.into_iter().map(|(_, key)| key).collect()
}

/// The same, with what is wanted under the slot: an entry also stands where another one does that
/// does the same.
#[must_use]
pub fn standing_for(approved: &[ApprovedChange], wanted: &[SubledgerEntry]) -> StandingInvoices {
    let keys = standing_invoices(approved);
    let mut holders = BTreeMap::new();
    if keys.len() < 2 {
        return StandingInvoices { keys, holders };
    }
    let mut standing = standing(that_count(approved));
    let mut new = Vec::new();
    for entry in wanted {
        match standing.remove(&key_of(entry)) {
            Some(it) => drop(it.holder(approved).map(|key| holders.insert(entry.id.clone(), key))),
            None => new.push(entry),
        }
    }
    let (gone, held): (Vec<&SubledgerEntry>, Vec<DocumentKey>) =
        standing.values().filter_map(|it| Some((it.entry, it.holder(approved)?))).unzip();
    for (entry, same) in new.iter().zip(alike_among(&gone, &new)) {
        let key = same.and_then(|place| held.get(place));
        holders.extend(key.map(|key| (entry.id.clone(), *key)));
    }
    StandingInvoices { keys, holders }
}

/// Whether a change that the book does not have, or may not have, is still right beside what the
/// book has: all that it enters is wanted there, and all that it takes out is not.
pub(super) fn still_holds(
    change: &Change,
    in_book: &BTreeMap<EntryKey, Standing<'_>>,
    is_wanted: impl Fn(&EntryKey) -> bool,
) -> bool {
    let is_missing = |entry: &SubledgerEntry| {
        let key = key_of(entry);
        let is_wanted = is_wanted(&key);
        in_book.get(&key).map_or(is_wanted, |it| it.deficit(is_wanted) > 0)
    };
    let is_surplus = |covered: &Covered| {
        let key = key_taken_out(covered);
        let is_wanted = is_wanted(&key);
        in_book.get(&key).map_or(!is_wanted, |it| it.surplus(is_wanted) > 0)
    };
    change.enters.iter().all(is_missing) && change.takes_out.iter().all(is_surplus)
}
