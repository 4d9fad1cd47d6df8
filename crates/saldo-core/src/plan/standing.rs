//! What stands in a book under a slot: entries, each as often as it was entered and not taken out.
//!
//! As a rule that is once. What lands after it was given up may bring an entry twice, or take one
//! out that another reversal takes out as well.

use super::{ApprovedChange, Change, Covered, EntryKey, Subject, Whereabouts, key_of};
use crate::document::{DocumentKey, SubledgerEntry};
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

/// The key of the invoice, credit memo, bill or purchase order that stands under a slot, or shall:
/// the last one that was entered and not taken out.
#[must_use]
pub fn standing_invoice(approved: &[ApprovedChange]) -> Option<DocumentKey> {
    standing_invoices(approved).pop()
}

/// The keys of all of them, oldest first: a summary has one for itself, and one for what came
/// later.
#[must_use]
pub fn standing_invoices(approved: &[ApprovedChange]) -> Vec<DocumentKey> {
    let entered = standing(that_count(approved)).into_values().flat_map(|it| it.changes);
    let invoices = entered.filter_map(|change| {
        let (key, document) = change.stands_as()?;
        // What was amended is as old as it was.
        let first = || approved.iter().find(|it| it.change.id == key.as_str());
        let generation = match &change.subject {
            Subject::Amended { .. } => first()?.change.generation,
            _ => change.generation,
        };
        document.header().kind.has_dependants().then_some((generation, key))
    });
    let invoices: BTreeSet<(u32, DocumentKey)> = invoices.collect();
    invoices.into_iter().map(|(_, key)| key).collect()
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
