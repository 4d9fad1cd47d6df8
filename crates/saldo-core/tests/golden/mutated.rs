//! Each identity notices what it is there for: entries, or facts, are altered by a cent, and
//! nothing but the identity of what was altered differs, on its day, by that cent.

use crate::drawers::a_day;
use crate::figures::of;
use crate::shop::{in_payout, money, payout, row};
use crate::statements::{amount_row, parts, settlement};
use crate::{POLICY, accounted_by_group, all_cases, policy, policy_of};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::accounting::{Accounted, Group};
use saldo_core::commerce::{BalanceKind, Fact, PartKind, PayoutState};
use saldo_core::money::Money;
use saldo_core::policy::Policy;
use saldo_core::proof::{
    Figure, Identity, Watched, facilitator_checks, payout_rows_checks, weight,
};
use std::collections::{BTreeMap, BTreeSet};

fn far() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

/// By how much each figure differs, and how much of it is awaited, in minor units.
type Sides = BTreeMap<Key, [i64; 3]>;
type Key = (Identity, String, Date);

fn sides(figures: &[Figure]) -> Sides {
    let mut sides = Sides::new();
    for it in figures {
        let [difference, awaited, expected] =
            sides.entry((it.identity, it.about.clone(), it.day)).or_default();
        *difference += it.difference().unwrap().minor();
        *awaited += it.awaited.minor();
        *expected += it.expected.minor();
    }
    sides
}

/// What one set of figures has and another has not.
fn changed(before: &[Figure], after: &[Figure]) -> Vec<(Identity, String, Date, [i64; 3])> {
    let (before, after) = (sides(before), sides(after));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    let of = |sides: &Sides, key: &Key| sides.get(key).copied().unwrap_or_default();
    let change = |key: Key| {
        let (before, after) = (of(&before, &key), of(&after, &key));
        let by = std::array::from_fn(|place| after[place] - before[place]);
        (key.0, key.1, key.2, by)
    };
    keys.into_iter().map(change).filter(|it| it.3 != [0; 3]).collect()
}

/// A line of an entry by a cent more.
fn with_a_cent(accounted: &Accounted, entry: usize, line: usize) -> Accounted {
    let mut wrong = accounted.clone();
    let amount = &mut wrong.entries[entry].lines[line].amount;
    *amount = amount.plus(Money::from_minor(1, amount.currency())).unwrap();
    wrong
}

#[test]
fn a_cent_on_any_line_shows_in_the_identity_of_its_account_on_its_day() {
    let mut caught: BTreeMap<Identity, usize> = BTreeMap::new();
    for case in all_cases() {
        let policy = policy_of(case.event);
        let watched = Watched::of(&policy);
        for (group, known, accounted) in accounted_by_group(&case.facts, &policy, far()) {
            let before = of(&group, &known, &accounted, &policy);
            for (place, entry) in accounted.entries.iter().enumerate() {
                for (number, line) in entry.lines.iter().enumerate() {
                    let Some((identity, _)) = watched.in_books(&line.account.name) else {
                        continue;
                    };
                    let wrong = with_a_cent(&accounted, place, number);
                    let after = of(&group, &known, &wrong, &policy);
                    let by = changed(&before, &after);
                    let [(shown, about, day, by)] = &by[..] else {
                        panic!("{}: {line:#?}: {by:#?}", case.event)
                    };
                    assert_eq!((*shown, *day), (identity, entry.header.date), "{}", case.event);
                    // What waits is awaited, and what no fact tells stands as it is entered.
                    match by {
                        [1, 0, 0] => *caught.entry(identity).or_default() += 1,
                        [0, -1, 0] => {}
                        [0, 0, 1] if about.ends_with(", as entered") => {}
                        other => panic!("{}, {about}: {other:?}", case.event),
                    }
                }
            }
        }
    }
    let identities = [
        Identity::StoredValue,
        Identity::TaxPayable,
        Identity::FacilitatorTax,
        Identity::OpenOrders,
        Identity::KeptBack,
        Identity::Rounding,
    ];
    for identity in identities {
        assert!(caught.get(&identity).is_some_and(|lines| *lines > 0), "{identity:?}: {caught:?}");
    }
    assert!(caught.values().sum::<usize>() > 60, "{caught:?}");
}

/// What differs once a fact is told otherwise than it was when it was accounted.
fn told_otherwise(
    facts: &[Fact],
    policy: &Policy,
    alter: impl Fn(&mut Fact),
) -> Vec<(Group, Identity, String, Date, i64)> {
    let mut all = Vec::new();
    for (group, known, accounted) in accounted_by_group(facts, policy, far()) {
        let before = of(&group, &known, &accounted, policy);
        let mut altered = known.clone();
        altered.iter_mut().for_each(&alter);
        let after = of(&group, &altered, &accounted, policy);
        for (identity, about, day, by) in changed(&before, &after) {
            if by[0] != 0 {
                all.push((group.clone(), identity, about, day, by[0]));
            }
        }
    }
    all
}

#[test]
fn a_cent_more_that_was_counted_in_a_drawer_shows_on_the_day_it_was_closed() {
    let differing = told_otherwise(&a_day(), &policy(POLICY), |fact| {
        if let Fact::Drawer(session) = fact {
            session.counted = session.counted.plus(money("0.01")).unwrap();
        }
    });
    let [(group, identity, about, day, by)] = &differing[..] else { panic!("{differing:#?}") };
    assert_eq!(*group, Group::Drawer("shop/CashTrackingSession/1".into()));
    assert_eq!((*identity, about.as_str()), (Identity::Drawer, "Main Street, Register 1"));
    assert_eq!((day.to_string().as_str(), *by), ("2026-03-10", 1));
}

#[test]
fn a_charge_of_a_cent_more_than_was_paid_shows_in_the_receipts_of_its_year() {
    let case = all_cases().into_iter().find(|case| case.event == "S4").unwrap();
    let differing = told_otherwise(&case.facts, &policy_of("S4"), |fact| {
        if let Fact::BalanceTransaction(row) = fact
            && row.kind == BalanceKind::Charge
        {
            row.amount = row.amount.plus(money("0.01")).unwrap();
        }
    });
    let [(group, identity, about, day, by)] = &differing[..] else { panic!("{differing:#?}") };
    assert_eq!(*group, Group::Order("shop/Order/1".into()));
    assert_eq!((*identity, about.as_str()), (Identity::GrossReceipts, "shopify_payments 2026"));
    assert_eq!((day.to_string().as_str(), *by), ("2026-03-11", -1));
}

#[test]
fn a_row_of_a_cent_less_than_its_payout_lacks_names_the_payout() {
    let charge = |amount: &str| in_payout(row(1, "03-10", BalanceKind::Charge, amount, "1.00"), 1);
    let sent = payout("shopify_payments", 1, "03-12", "99.00", PayoutState::Paid);
    let start = "2026-01-01".parse().unwrap();
    let differing = |amount: &str| {
        let checks = payout_rows_checks(&[charge(amount), sent.clone()], start).unwrap();
        let [check] = &checks[..] else { panic!("{checks:?}") };
        assert_eq!((check.identity, check.about.as_str()), (Identity::PayoutRows, "shop/Payout/1"));
        check.difference().unwrap().minor()
    };
    assert_eq!((differing("100.00"), differing("99.99")), (0, -1));
}

#[test]
fn a_marketplace_that_keeps_a_cent_less_tax_than_it_charged_is_named_with_its_settlement() {
    let kept = |tax: &str| {
        let of = parts(&[
            (PartKind::Goods, "100.00"),
            (PartKind::ChannelTax, "8.25"),
            (PartKind::ChannelTaxKept, tax),
        ]);
        let net = crate::statements::sum(&of);
        let row = amount_row("amazon", 1, "03-10", BalanceKind::Itemised(of), &net);
        vec![in_payout(row, 1), settlement(1, ("03-01", "03-14"), "03-15", &net)]
    };
    let differing = |tax: &str| {
        let checks = facilitator_checks(&kept(tax)).unwrap();
        let [check] = &checks[..] else { panic!("{checks:?}") };
        assert_eq!(check.identity, Identity::FacilitatorTax);
        assert!(check.about.contains("Payout/1"), "{check:?}");
        check.difference().unwrap().minor()
    };
    assert_eq!((differing("-8.25"), differing("-8.24")), (0, 1));
}

#[test]
fn a_fact_that_stands_nowhere_is_a_difference_of_its_whole_amount_on_its_day() {
    let policy = policy(POLICY);
    for case in all_cases() {
        for (group, known, accounted) in accounted_by_group(&case.facts, &policy, far()) {
            for gone in 0..accounted.standings.len() {
                let mut wrong = accounted.clone();
                let lost = wrong.standings.remove(gone);
                let figures = of(&group, &known, &wrong, &policy);
                let strays: Vec<&Figure> = figures.iter().filter(|it| it.is_of_strays()).collect();
                let [stray] = &strays[..] else { panic!("{}: {strays:#?}", case.event) };
                let fact = known.iter().find(|fact| *fact.id() == lost.id).unwrap();
                let told = weight(fact, &policy).unwrap().unwrap();
                assert_eq!((stray.day, stray.facts), (told.day, 1), "{}", case.event);
                let by = stray.difference().unwrap();
                assert_eq!(by, told.amount.negated(), "{}: {stray:#?}", case.event);
            }
        }
    }
}
