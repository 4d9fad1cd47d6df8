//! Amending: a document that stands and holds, but says something else that carries no money, is
//! told to say it, under the number that it has.
//!
//! Only documents as a whole are amended, in open periods, and none that belongs to another one or
//! was entered as a draft. What cannot be amended is reversed and entered anew where its entries
//! say so by their money hash, which counts dimensions, and otherwise stays as it was entered.
//!
//! What stands in the words of another release is not amended for our words: only for what facts or
//! the policy say. Then it says it in the words of this one.

use super::compose::{alike, compose};
use super::standing::Standing;
use super::{
    ApprovedChange, Change, Covered, EntryKey, Planner, Reason, SlotOf, Whereabouts, key_of,
};
use crate::book::Subject;
use crate::document::{Document, DocumentKey, SubledgerEntry, WORDING};
use crate::ledger::Unbalanced;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Whether it is an amendment that the book does not have yet, or may not have.
pub(super) fn is_open_amendment(it: &ApprovedChange) -> bool {
    matches!(it.change.subject, Subject::Amended { .. })
        && matches!(it.whereabouts, Whereabouts::NotInBook | Whereabouts::Unknown)
}

/// A document that is to say something else.
pub(super) struct Amendment {
    key: DocumentKey,
    document: Document,
    before: Document,
    /// Its entries as they are now.
    enters: Vec<SubledgerEntry>,
    /// Its entries as they stand.
    takes_out: Vec<Covered>,
    relates_to: Option<Date>,
    /// The change that brings the document, where the book does not have it yet.
    waits: Option<String>,
}

impl Amendment {
    /// Whether it is what this change does.
    pub(super) fn is_by(&self, change: &Change) -> bool {
        let Subject::Amended { key, document, before, .. } = &change.subject else { return false };
        let same_document =
            (*key, &**document, &**before) == (self.key, &self.document, &self.before);
        same_document && change.enters == self.enters && change.takes_out == self.takes_out
    }
}

/// What amendments are worked out from.
pub(super) struct Amending<'a> {
    pub(super) of: SlotOf<'a>,
    /// The changes that count, without amendments that the book does not have.
    pub(super) kept: &'a [&'a ApprovedChange],
    pub(super) standing: &'a BTreeMap<EntryKey, Standing<'a>>,
    pub(super) wanted: &'a BTreeMap<EntryKey, &'a SubledgerEntry>,
}

impl Amending<'_> {
    /// The documents that are to say something else, taken out of what goes and what is new.
    pub(super) fn needed(
        &self,
        (gone, new): (&mut Vec<SubledgerEntry>, &mut Vec<SubledgerEntry>),
        amends: impl Fn(&Document, &Document) -> bool,
    ) -> Result<Vec<Amendment>, Unbalanced> {
        let mut needed = Vec::new();
        for it in self.kept {
            let Some((key, before)) = it.change.stands_as() else { continue };
            if !self.of.amends.contains(&before.header().kind) || self.is_as_wanted(&it.change) {
                continue;
            }
            let Some(enters) = self.entries_now(it, gone, new) else { continue };
            let Some(document) = compose(&enters)? else { continue };
            let document = document.in_place_of(before, it.change.relates_to);
            let says_the_same = match it.change.wording == WORDING {
                true => before.says_the_same(&document),
                false => before.says_the_same_in_other_words(&document),
            };
            if !before.is_amendable_to(&document) || says_the_same || !amends(before, &document) {
                continue;
            }
            let takes_out: Vec<Covered> = it.change.enters.iter().map(Covered::of).collect();
            let before_keys: BTreeSet<EntryKey> = it.change.enters.iter().map(key_of).collect();
            let now_keys: BTreeSet<EntryKey> = enters.iter().map(key_of).collect();
            gone.retain(|entry| !before_keys.contains(&key_of(entry)));
            new.retain(|entry| !now_keys.contains(&key_of(entry)));
            let waits = it.whereabouts != Whereabouts::InBook;
            needed.push(Amendment {
                key,
                document,
                before: before.clone(),
                enters,
                takes_out,
                relates_to: it.change.relates_to,
                waits: waits.then(|| it.change.id.clone()),
            });
        }
        Ok(needed)
    }

    /// Whether every entry of a document is wanted as it carries it.
    fn is_as_wanted(&self, change: &Change) -> bool {
        let is_wanted = |entry| self.wanted.get(&key_of(entry)).is_some_and(|it| **it == *entry);
        change.enters.iter().all(is_wanted)
    }

    /// The entries of a document as they are now, in the order in which it carries them; none where
    /// it cannot be amended: where any of them goes, or stands elsewhere too, or no longer fits.
    fn entries_now(
        &self,
        it: &ApprovedChange,
        gone: &[SubledgerEntry],
        new: &[SubledgerEntry],
    ) -> Option<Vec<SubledgerEntry>> {
        let (change, (_, document)) = (&it.change, it.change.stands_as()?);
        let is_draft = matches!(change.subject, Subject::Document { draft: true, .. });
        let header = document.header();
        let may_be_amended = !is_draft
            && header.applies_to.is_none()
            && !change.enters.is_empty()
            && !self.of.closing.covers(header.date);
        if !may_be_amended {
            return None;
        }
        let now = |entry: &SubledgerEntry| {
            let key = key_of(entry);
            self.standing.get(&key).filter(|it| it.is_by(change))?;
            if let Some(wanted) = self.wanted.get(&key) {
                return Some((*wanted).clone());
            }
            let goes = gone.iter().any(|it| key_of(it) == key);
            new.iter().find(|it| goes && it.id == entry.id).cloned()
        };
        let entries: Vec<SubledgerEntry> = change.enters.iter().map(now).collect::<Option<_>>()?;
        let fits = alike(entries.clone(), self.of.of_documents).len() == 1;
        fits.then_some(entries)
    }
}

impl Planner<'_> {
    /// Amends documents, each by a change of its own, which waits for the document where the book
    /// does not have that yet.
    pub(super) fn amend(&mut self, needed: Vec<Amendment>) {
        for it in needed {
            let generation = self.generation;
            self.generation += 1;
            let id = format!("amend/{}/{generation}", it.key);
            self.waits.extend(it.waits.map(|waits| (id.clone(), BTreeSet::from([waits]))));
            let (document, before) = (Box::new(it.document), Box::new(it.before));
            self.changes.push(Change {
                id,
                book: self.of.book.clone(),
                slot: Some(self.of.slot.to_owned()),
                generation,
                subject: Subject::Amended { key: it.key, document, before, version: None },
                reason: Reason::SaysOtherwise,
                enters: it.enters,
                takes_out: it.takes_out,
                relates_to: it.relates_to,
                wording: WORDING,
            });
        }
    }
}

#[cfg(test)]
mod tests;
