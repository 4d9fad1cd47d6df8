//! Which payment belongs to which invoice, or credit memo.

use super::standing::{in_book, key_taken_out, that_count};
use super::{ApprovedChange, Change, EntryKey, Subject, Whereabouts, key_of};
use crate::document::{DocumentKey, Line, LineKind, SubledgerEntry};
use std::collections::{BTreeMap, BTreeSet};

/// The invoice that a change should belong to. A reversal belongs to none: it is no payment.
pub(super) fn link_of(
    change: &Change,
    invoice: impl Fn(&str) -> Option<DocumentKey>,
) -> Option<DocumentKey> {
    match &change.subject {
        Subject::Document { document, .. } if change.takes_out.is_empty() => {
            document.header().applies_to.as_deref().and_then(invoice)
        }
        _ => None,
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
/// stands under its slot, accounts of the same kinds, the same party, and products or none. These
/// are no money, but the book may have refused them, or have no room.
pub(super) fn still_refers(
    change: &Change,
    wanted: &BTreeMap<EntryKey, &SubledgerEntry>,
    invoice: impl Fn(&str) -> Option<DocumentKey>,
    stands: impl Fn(&str, DocumentKey) -> bool,
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
    let is_own = |slot: &str| own.filter(|own| stands(slot, *own));
    let linked = link_of(change, invoice) == own || own.is_some() && link_of(change, is_own) == own;
    linked && change.enters.iter().all(same)
}
