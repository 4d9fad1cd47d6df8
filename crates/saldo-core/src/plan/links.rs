//! Which payment belongs to which invoice, or credit memo.

use super::standing::{StandingInvoices, in_book, key_taken_out, that_count};
use super::{ApprovedChange, Change, EntryKey, Subject, Whereabouts, key_of};
use crate::document::{DocumentKey, Line, LineKind, SubledgerEntry};
use std::collections::{BTreeMap, BTreeSet};

/// What the entries of a slot may belong to: what stands under other slots, but for what the book
/// holds as paid by what goes.
pub(super) struct Claims {
    standing: BTreeMap<String, StandingInvoices>,
    paid: BTreeSet<DocumentKey>,
}

impl Claims {
    /// The claims of these entries.
    pub(super) fn of<'a>(
        entries: impl Iterator<Item = &'a SubledgerEntry>,
        invoices: impl Fn(&str) -> StandingInvoices,
        paid: BTreeSet<DocumentKey>,
    ) -> Self {
        let slots: BTreeSet<&String> =
            entries.filter_map(|entry| entry.header.applies_to.as_ref()).collect();
        let standing = slots.into_iter().map(|slot| (slot.clone(), invoices(slot)));
        Self { standing: standing.collect(), paid }
    }

    /// The document that an entry should belong to: that in which what it settles stands, so that
    /// none is paid with more than it is over; the last one, where nobody says what that is.
    fn claim(&self, entry: &SubledgerEntry) -> Option<DocumentKey> {
        let standing = self.standing_for(entry)?;
        let own = Self::holder(standing, entry).or(standing.keys.last().copied());
        own.filter(|key| !self.paid.contains(key))
    }

    fn standing_for(&self, entry: &SubledgerEntry) -> Option<&StandingInvoices> {
        self.standing.get(entry.header.applies_to.as_ref()?)
    }

    fn holder(standing: &StandingInvoices, entry: &SubledgerEntry) -> Option<DocumentKey> {
        standing.holders.get(entry.settles.as_ref()?).copied()
    }

    /// Whether an entry may stay with the document that it belongs to: that stands, and nothing
    /// says that it belongs to another one.
    fn may_stay(&self, entry: &SubledgerEntry, own: Option<DocumentKey>) -> bool {
        let (Some(own), Some(standing)) = (own, self.standing_for(entry)) else {
            return self.claim(entry) == own;
        };
        let is_own = Self::holder(standing, entry).is_none_or(|holder| holder == own);
        is_own && standing.keys.contains(&own) && !self.paid.contains(&own)
    }

    /// Parts entries by the documents that they belong to, the oldest first.
    pub(super) fn part(
        &self,
        entries: Vec<SubledgerEntry>,
    ) -> Vec<(Option<DocumentKey>, Vec<SubledgerEntry>)> {
        let mut parts: BTreeMap<Option<usize>, (Option<DocumentKey>, Vec<SubledgerEntry>)> =
            BTreeMap::new();
        for entry in entries {
            let claim = self.claim(&entry);
            let keys = self.standing_for(&entry).map_or(&[][..], |it| &it.keys);
            let place = keys.iter().position(|key| Some(*key) == claim);
            parts.entry(place).or_insert_with(|| (claim, Vec::new())).1.push(entry);
        }
        parts.into_values().collect()
    }
}

/// What the reversals of invoices wait for: that whatever takes their payments out is in the book.
/// A payment that must stay, since somebody matched it, then keeps its invoice. By the approved
/// changes of slots, those of a plan among them.
pub fn payments_first<'a>(
    approved: impl Iterator<Item = &'a ApprovedChange> + Clone,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut invoices: BTreeMap<EntryKey, String> = BTreeMap::new();
    let mut payments: BTreeMap<EntryKey, String> = BTreeMap::new();
    for it in approved.clone().filter(|it| it.whereabouts == Whereabouts::InBook) {
        let Some((key, document)) = it.change.stands_as() else { continue };
        for entry in &it.change.enters {
            if let Some(invoice) = it.change.invoice() {
                payments.insert(key_of(entry), invoice.to_string());
            }
            // A credit memo may belong to an invoice, and be paid back itself.
            if document.header().kind.takes_payments() {
                invoices.insert(key_of(entry), key.to_string());
            }
        }
    }
    let open = |it: &&ApprovedChange| {
        let is_open = !matches!(it.whereabouts, Whereabouts::InBook | Whereabouts::Withdrawn);
        is_open && !matches!(it.change.subject, Subject::Amended { .. })
    };
    let mut freed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for it in approved.clone().filter(open) {
        let taken_out = it.change.takes_out.iter().map(key_taken_out);
        for invoice in taken_out.filter_map(|key| payments.get(&key)) {
            freed.entry(invoice).or_default().insert(&it.change.id);
        }
    }
    let mut waits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for it in approved.filter(open) {
        let taken_out = it.change.takes_out.iter().map(key_taken_out);
        for invoice in taken_out.filter_map(|key| invoices.get(&key)) {
            let payments =
                freed.get(invoice.as_str()).into_iter().flatten().map(|id| (*id).to_owned());
            waits.entry(it.change.id.clone()).or_default().extend(payments);
        }
    }
    waits.retain(|_, payments| !payments.is_empty());
    waits
}

/// The invoices that the book holds as paid by payments that were taken out, or are to be. A
/// reversal moves the money back, but does not part a payment from its invoice: what replaces such
/// a payment belongs to the customer alone, since a paid invoice takes no other. A payment that was
/// voided is applied to nothing any more, so that its invoice is open again.
pub(super) fn paid_by_what_goes(
    approved: &[ApprovedChange],
    wanted: &BTreeMap<EntryKey, &SubledgerEntry>,
) -> BTreeSet<DocumentKey> {
    let taken_out: BTreeSet<EntryKey> =
        that_count(approved).flat_map(|change| &change.takes_out).map(key_taken_out).collect();
    let goes = |entry: &SubledgerEntry| {
        let key = key_of(entry);
        !wanted.contains_key(&key) || taken_out.contains(&key)
    };
    let voided: BTreeSet<DocumentKey> =
        in_book(approved).filter_map(|change| change.voids().map(|it| it.key)).collect();
    let stands = |change: &&Change| match &change.subject {
        Subject::Document { key, .. } => !voided.contains(key),
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => false,
    };
    in_book(approved)
        .filter(stands)
        .filter(|change| change.enters.iter().any(goes))
        .filter_map(Change::invoice)
        .collect()
}

/// Whether a change refers to what it would refer to now: the same invoice, or another one that
/// stands under its slot and that nothing speaks against, accounts of the same kinds, the same
/// party, and products or none. These are no money, but the book may have refused them, or have no
/// room.
pub(super) fn still_refers(
    change: &Change,
    wanted: &BTreeMap<EntryKey, &SubledgerEntry>,
    claims: &Claims,
) -> bool {
    let same = |entry: &SubledgerEntry| {
        let of = |entry: &SubledgerEntry| {
            let of_line =
                |line: &Line| (line.account.clone(), matches!(line.kind, LineKind::Product { .. }));
            entry.lines.iter().map(of_line).collect::<Vec<_>>()
        };
        wanted.get(&key_of(entry)).is_none_or(|wanted| {
            let is_same_party = match (&wanted.header.party, &entry.header.party) {
                (Some(one), Some(other)) => one.is_same(other),
                (None, None) => true,
                _ => false,
            };
            is_same_party && of(wanted) == of(entry)
        })
    };
    let own = change.invoice();
    let is_linked = |entry: &SubledgerEntry| {
        let wanted = wanted.get(&key_of(entry)).copied();
        claims.may_stay(wanted.unwrap_or(entry), own)
    };
    change.enters.iter().all(|entry| is_linked(entry) && same(entry))
}
