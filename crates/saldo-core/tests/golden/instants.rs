//! What facts amounted to at an instant, and what gateways owed when the books began.

use super::shop::{at, entry, in_payout, order, payout, row, usd};
use super::told::edited;
use super::{POLICY, policy};
use saldo_core::commerce::{AgreementKind, BalanceKind, Fact, MovementKind, PayoutState, SaleKind};
use saldo_core::policy::Policy;
use saldo_core::proof::{gateway_balances, owed_at_start, taken_from_gift_cards, told_until};

const CARD: &str = "shopify_payments";

/// How many agreements and movements an order has.
fn counts(facts: &[Fact]) -> Vec<(usize, usize)> {
    let of = |fact: &Fact| match fact {
        Fact::Order(order) => Some((order.agreements.len(), order.movements.len())),
        _ => None,
    };
    facts.iter().filter_map(of).collect()
}

#[test]
fn at_an_instant_holds_what_had_happened_by_then() {
    let more = [(SaleKind::Product, "20.00", "0.00", "1.65")];
    let edited = order("03-10")
        .sale_of_s1("03-10")
        .paid("03-10", CARD, "105.43")
        .agree(AgreementKind::Edit, "03-15", &more)
        .paid("03-16", CARD, "21.65");
    let facts = [
        edited.fact(),
        row(1, "03-11", BalanceKind::Charge, "105.43", "3.36"),
        entry("03-12", &[("tips", "10.00"), ("bank", "-10.00")]),
        payout(CARD, 1, "03-20", "102.07", PayoutState::Paid),
    ];
    let policy = policy(POLICY);
    let told = |day: &str| told_until(&facts, at(day), &policy);
    let second = jiff::SignedDuration::from_secs(1);
    let before = |day: &str| told_until(&facts, at(day) - second, &policy);
    // What is said of payouts counts whatever its day: it says itself how far it has come.
    assert_eq!((counts(&before("03-10")), before("03-10").len()), (vec![(0, 0)], 2));
    assert_eq!((counts(&told("03-10")), told("03-10").len()), (vec![(1, 1)], 2));
    assert_eq!((before("03-11").len(), told("03-11").len(), told("03-12").len()), (2, 3, 4));
    assert_eq!((counts(&before("03-15")), counts(&told("03-15"))), (vec![(1, 1)], vec![(2, 1)]));
    assert_eq!((counts(&before("03-16")), counts(&told("03-16"))), (vec![(2, 1)], vec![(2, 2)]));
}

#[test]
fn what_is_taken_from_gift_cards_is_what_moved_on_them() {
    use saldo_core::commerce::MovementState;
    let sale = order("03-10")
        .sale_of_s1("03-10")
        .paid("03-10", "gift_card", "50.00")
        .paid("03-10", CARD, "55.43")
        .repaid("03-11", "gift_card", "5.00")
        .movement(MovementKind::Authorisation, "03-12", "gift_card", "7.00")
        .paid("03-13", "gift_card", "9.00")
        .in_state(MovementState::Failed);
    let Fact::Order(mut tried) = sale.clone().paid("03-14", "gift_card", "3.00").fact() else {
        panic!("an order")
    };
    tried.movements.last_mut().unwrap().test = true;
    let taken = |order: Fact| -> Vec<i64> {
        taken_from_gift_cards(&[order]).map(|money| money.minor()).collect()
    };
    assert_eq!(taken(Fact::Order(tried.clone())), [5_000, -500]);
    tried.test = true;
    assert_eq!(taken(Fact::Order(tried)), Vec::<i64>::new());
}

/// Books from the tenth of March on.
fn from_the_tenth() -> Policy {
    let start = "2026-03-10".parse().unwrap();
    Policy::new(1, POLICY, usd(), "America/New_York", start).unwrap()
}

#[test]
fn what_gateways_owed_at_the_start_is_what_they_had_not_paid_out() {
    let charge = |number, day| row(number, day, BalanceKind::Charge, "10.00", "1.00");
    let paid = |number, day, state| payout(CARD, number, day, "9.00", state);
    let owed = |facts: &[Fact]| {
        let all = owed_at_start(facts, &from_the_tenth()).unwrap();
        all.get("Clearing: Shopify Payments").map(|sum| sum.of(usd()).minor())
    };
    assert_eq!(owed(&[]), None);
    assert_eq!(owed(&[charge(1, "03-09")]), Some(900), "not paid out at all");
    assert_eq!(owed(&[charge(1, "03-10")]), Some(0), "the first day is no day before");
    let one = |day, issued, state| [in_payout(charge(1, day), 1), paid(1, issued, state)];
    for (day, issued, state, expected) in [
        ("03-08", "03-09", PayoutState::Paid, 0),
        ("03-08", "03-09", PayoutState::Failed, 0),
        ("03-08", "03-09", PayoutState::Scheduled, 900),
        ("03-08", "03-10", PayoutState::Paid, 900),
        ("03-10", "03-09", PayoutState::Paid, -900),
    ] {
        assert_eq!(
            owed(&one(day, issued, state.clone())),
            Some(expected),
            "{day} {issued} {state:?}"
        );
    }
    // Of a payout that nobody tells, its rows say alone when they were.
    assert_eq!(owed(&[in_payout(charge(1, "03-08"), 1)]), Some(0));
    let test = edited(charge(1, "03-09"), |row| row.test = true);
    let transfer = row(1, "03-09", BalanceKind::Transfer, "-9.00", "0.00");
    assert_eq!((owed(&[test]), owed(&[transfer])), (None, None));
}

#[test]
fn what_gateways_owe_counts_from_the_first_day_and_by_what_left() {
    let owed = |facts: &[Fact]| {
        let all = gateway_balances(facts.iter(), &from_the_tenth()).unwrap();
        all.get("Clearing: Shopify Payments").map_or(0, |sum| sum.of(usd()).minor())
    };
    let charge = |day| row(1, day, BalanceKind::Charge, "10.00", "1.00");
    assert_eq!((owed(&[charge("03-09")]), owed(&[charge("03-10")])), (0, 900));
    for (day, state, expected) in [
        ("03-09", PayoutState::Paid, 900),
        ("03-10", PayoutState::Paid, 0),
        ("03-10", PayoutState::Failed, 0),
        ("03-10", PayoutState::Scheduled, 900),
        ("03-10", PayoutState::Cancelled, 900),
    ] {
        let sent = payout(CARD, 1, day, "9.00", state.clone());
        assert_eq!(owed(&[charge("03-10"), sent]), expected, "{day} {state:?}");
    }
}
