//! Voiding: a document that goes as a whole is made nil where it stands, by the book itself.

use super::standing::Standing;
use super::{ApprovedChange, Covered, EntryKey, Planner, Reason, Whereabouts, key_of};
use crate::book::{Subject, Voided};
use crate::document::{DocumentKey, SubledgerEntry};
use std::collections::BTreeMap;

impl Planner<'_> {
    /// Voids what may be voided of the entries that go, and leaves the rest to be reversed: all
    /// entries of a document must go, and stand by that document alone, in an open period.
    pub(super) fn void(
        &mut self,
        gone: &mut Vec<SubledgerEntry>,
        kept: &[&ApprovedChange],
        standing: &BTreeMap<EntryKey, Standing<'_>>,
        voidable: &BTreeMap<DocumentKey, Voided>,
    ) {
        for it in kept.iter().filter(|it| it.whereabouts == Whereabouts::InBook) {
            let Some((key, document)) = it.change.stands_as() else { continue };
            let Some(voided) = voidable.get(&key) else { continue };
            let is_alone = |key: &EntryKey| {
                standing.get(key).is_some_and(|standing| standing.is_by(&it.change))
            };
            let keys: Vec<EntryKey> = it.change.enters.iter().map(key_of).collect();
            let goes = |key: &EntryKey| gone.iter().any(|entry| key_of(entry) == *key);
            if keys.is_empty()
                || self.of.closing.covers(document.header().date)
                || !keys.iter().all(|key| goes(key) && is_alone(key))
            {
                continue;
            }
            let entries = &it.change.enters;
            let mut change = self.change(document.voiding(), entries, Reason::NoLongerHolds);
            if let Subject::Document { voids, .. } = &mut change.subject {
                *voids = Some(Box::new(voided.clone()));
            }
            change.takes_out = entries.iter().map(Covered::of).collect();
            self.reversals.insert(change.id.clone());
            self.changes.push(change);
            gone.retain(|entry| !keys.contains(&key_of(entry)));
        }
    }
}
