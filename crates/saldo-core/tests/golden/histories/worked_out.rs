//! A book that works out the tax of each line itself: cents stand on the account of roundings, and
//! nothing else of a document moves.

use super::merchant::{Sums, any_history};
use super::{WAYS, cases, entries, policy};
use proptest::prelude::*;
use saldo_core::document::{Document, Line, LineKind, SubledgerEntry};
use saldo_core::money::Money;
use saldo_core::plan::compose;
use saldo_core::policy::Role;
use saldo_core::rounding::{MOST_IN_A_DOCUMENT, NotRounding, as_computed};
use std::cell::Cell;
use std::collections::BTreeMap;

/// The documents of entries.
fn documents(entries: Vec<SubledgerEntry>) -> Vec<Document> {
    let mut slots: BTreeMap<(String, String), Vec<SubledgerEntry>> = BTreeMap::new();
    for entry in entries {
        let header = &entry.header;
        slots.entry((header.slot.clone(), header.date.to_string())).or_default().push(entry);
    }
    slots.values().filter_map(|entries| compose(entries).unwrap()).collect()
}

fn is_tax(line: &Line) -> bool {
    matches!(line.kind, LineKind::Tax { .. })
}

fn by_account<'a>(lines: impl Iterator<Item = &'a Line>) -> Sums {
    let mut sums = Sums::new();
    for line in lines {
        *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn cents_of_a_book_that_works_out_tax_move_nothing_else(
        history in any_history(),
        ways in prop::sample::select(WAYS.to_vec()),
        cents in prop::collection::vec(-1_i64..=1, 8),
    ) {
        let (facts, policy) = (history.told().facts, policy(&history, ways));
        let rounding = policy.chart.account(Role::Rounding);
        for document in documents(entries(&facts, &policy)) {
            let place = Cell::new(0);
            let computed = |line: &Line| {
                if !is_tax(line) {
                    return line.amount;
                }
                let cent = cents[place.replace(place.get() + 1) % cents.len()];
                line.amount.plus(Money::from_minor(cent, line.amount.currency())).unwrap()
            };
            let held = as_computed(&document, computed, &rounding);
            let taxes = document.lines().iter().filter(|line| is_tax(line));
            let off = || (0..place.get()).map(|place| cents[place % cents.len()]);
            let in_all: u64 = off().map(i64::unsigned_abs).sum();
            if in_all > MOST_IN_A_DOCUMENT {
                prop_assert!(matches!(held, Err(NotRounding::Document(_))), "{held:?}");
                continue;
            }
            let held = held.unwrap();
            let mut expected = by_account(document.lines().iter());
            for (line, cent) in taxes.zip(off()) {
                *expected.entry(line.account.name.to_string()).or_default() += cent;
                *expected.entry(rounding.name.to_string()).or_default() -= cent;
            }
            let mut found = by_account(held.lines().iter());
            for sums in [&mut expected, &mut found] {
                sums.retain(|_, minor| *minor != 0);
            }
            prop_assert_eq!(found, expected);
            let sum: i64 = held.lines().iter().map(|line| line.amount.minor()).sum();
            prop_assert_eq!(sum, 0);
            let more = |line: &Line| {
                let cents = if is_tax(line) { 2 } else { 0 };
                line.amount.plus(Money::from_minor(cents, line.amount.currency())).unwrap()
            };
            if document.lines().iter().any(is_tax) {
                let refused = as_computed(&document, more, &rounding);
                prop_assert!(matches!(refused, Err(NotRounding::Line { .. })), "{refused:?}");
            }
        }
    }
}
