//! Entries that touch accounts of several currencies, taken apart for books that take no
//! transaction of two: what happened, in the books' currency, with an account of conversion where
//! an account of another currency stands; and for each of these currencies what goes from the one
//! to the other. Both are dated alike, and the account of conversion is nil once both are entered.

use crate::document::{DocumentKind, Header, Line, LineKind, SubledgerEntry};
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, Money};
use crate::text::FactId;
use std::collections::BTreeSet;

/// The entries that one amounts to. What touches accounts of a single currency stays as it is, and
/// so does what cannot be summed.
pub(super) fn apart(entry: SubledgerEntry, conversion: &Account) -> Vec<SubledgerEntry> {
    let foreign = |line: &Line| line.foreign.map(Money::currency);
    let currencies: BTreeSet<Option<Currency>> = entry.lines.iter().map(foreign).collect();
    if currencies.len() < 2 {
        return vec![entry];
    }
    let moved: Option<Vec<SubledgerEntry>> =
        currencies.into_iter().flatten().map(|it| moved(&entry, it, conversion)).collect();
    let Some(moved) = moved else { return vec![entry] };
    let at_home = |line: Line| match line.foreign {
        Some(_) if line.amount.is_zero() => None,
        Some(_) => Some(Line { account: conversion.clone(), foreign: None, ..line }),
        None => Some(line),
    };
    let lines = entry.lines.into_iter().filter_map(at_home).collect();
    std::iter::once(SubledgerEntry { lines, ..entry }).chain(moved).collect()
}

/// The slot of what goes over the account of conversion to a currency, beside the slot of what
/// happened.
pub(super) fn slot(of: &str, currency: Currency) -> String {
    format!("{of}/{currency}")
}

/// What goes from the account of conversion to those of a currency, and back.
fn moved(
    entry: &SubledgerEntry,
    currency: Currency,
    conversion: &Account,
) -> Option<SubledgerEntry> {
    let of_currency = |line: &&Line| line.foreign.is_some_and(|it| it.currency() == currency);
    let own = || entry.lines.iter().filter(of_currency);
    // Books know transfers between places that hold money.
    let holds_money = |line: &Line| {
        matches!(line.account.kind, AccountKind::Bank | AccountKind::Clearing | AccountKind::Cash)
    };
    let (kind, is) = match own().all(holds_money) {
        true => (DocumentKind::Transfer, LineKind::Settlement),
        false => (DocumentKind::JournalEntry, LineKind::Other { taxed: false }),
    };
    let worth = Money::sum(entry.header.currency, own().map(|line| line.amount)).ok()?;
    let mut lines: Vec<Line> =
        own().map(|line| Line { kind: is.clone(), ..line.clone() }).collect();
    if !worth.is_zero() {
        lines.push(Line {
            kind: is,
            account: conversion.clone(),
            dimensions: Default::default(),
            amount: worth.negated(),
            foreign: None,
            quantity: None,
            taxes: Vec::new(),
            text: format!("Changed to {currency}"),
            origin: entry.id.to_string(),
        });
    }
    let header = Header {
        slot: slot(&entry.header.slot, currency),
        kind,
        party: None,
        applies_to: None,
        due: None,
        memo: format!("{} ({currency})", entry.header.memo),
        ..entry.header.clone()
    };
    let id = FactId::from(format!("{}/{currency}", entry.id));
    SubledgerEntry::new(id, header, lines).ok()
}
