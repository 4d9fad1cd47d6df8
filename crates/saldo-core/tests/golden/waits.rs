//! What waits for something else, and what does not wait with it.

use super::shop::{at, order, row};
use super::{POLICY, account, policy};
use jiff::Timestamp;
use saldo_core::accounting::Accounted;
use saldo_core::commerce::{
    AgreementKind, BalanceKind, Fact, MovementKind, MovementState, SaleKind,
};
use saldo_core::issue::FactState;

const CARD: &str = "shopify_payments";

fn heard(facts: &[Fact], until: Timestamp) -> Vec<Accounted> {
    account(facts, &policy(POLICY), until)
}

fn state(accounted: &[Accounted], fact: &str) -> FactState {
    let mut standings = accounted.iter().flat_map(|it| &it.standings);
    standings.find(|standing| standing.id.as_str() == fact).unwrap().state.clone()
}

fn sums(accounted: &[Accounted], account: &str) -> i64 {
    let lines = accounted.iter().flat_map(|it| &it.entries).flat_map(|entry| &entry.lines);
    lines.filter(|line| &*line.account.name == account).map(|line| line.amount.minor()).sum()
}

#[test]
fn the_money_of_a_day_that_is_over_does_not_wait_for_a_later_one() {
    let added = [(SaleKind::Product, "20.00", "0.00", "1.65")];
    let grown = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43").agree(
        AgreementKind::Edit,
        "03-15",
        &added,
    );
    let charge = row(1, "03-10", BalanceKind::Charge, "105.43", "3.36");
    let facts = [grown.fact(), charge];
    let all = heard(&facts, at("03-15"));
    assert!(matches!(state(&all, "shop/Order/1"), FactState::Waiting { .. }), "the day goes on");
    assert_eq!(state(&all, "shop/Row/1"), FactState::Accounted { review: None });
    assert_eq!(sums(&all, "Accounts receivable"), 0, "nothing of that day is entered yet");
    assert_eq!(sums(&heard(&facts, at("03-17")), "Accounts receivable"), 2_165);
}

#[test]
fn a_payment_of_the_day_that_goes_on_waits_with_it() {
    let sold = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "50.00");
    let facts = [sold.fact(), row(1, "03-10", BalanceKind::Charge, "50.00", "1.50")];
    let waits = |fact: &str| match state(&heard(&facts, at("03-10")), fact) {
        FactState::Waiting { until, .. } => until,
        other => panic!("{other:?}"),
    };
    let midnight: Timestamp = "2026-03-11T04:00:00Z".parse().unwrap();
    assert_eq!((waits("shop/Order/1"), waits("shop/Row/1")), (Some(midnight), Some(midnight)));
}

#[test]
fn money_that_was_set_aside_waits_for_its_capture_or_once_given_up_for_another_payment() {
    let authorised = || {
        let order = order("03-10").sale_of_s1("03-10");
        order.movement(MovementKind::Authorisation, "03-10", CARD, "105.43")
    };
    let voided = || authorised().movement(MovementKind::Void, "03-12", CARD, "105.43");
    let another = "another payment, or its end: the authorised payment was given up";
    let capture = "the capture of the authorised payment";
    for (order, expected) in [
        (authorised(), capture),
        (voided(), another),
        (voided().in_state(MovementState::Failed), capture),
        (voided().in_state(MovementState::Pending), capture),
    ] {
        let all = heard(&[order.fact()], at("06-01"));
        let for_what = expected.to_owned();
        let expected = FactState::Waiting { for_what, until: None };
        assert_eq!(state(&all, "shop/Order/1"), expected);
        assert_eq!(all[0].entries, [], "nothing was sold yet");
    }
}

#[test]
fn an_agreement_that_nobody_understands_holds_the_order_from_its_day_on() {
    let strange = [(SaleKind::Product, "20.00", "0.00", "1.65")];
    let swapped = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43").agree(
        AgreementKind::Unknown("BARTER".to_owned()),
        "03-15",
        &strange,
    );
    let all = heard(&[swapped.fact()], at("06-01"));
    let FactState::Held(issue) = state(&all, "shop/Order/1") else { panic!("it is held") };
    insta::assert_snapshot!(
        issue.message,
        @"agreement Agreement/2 is of the unknown kind `BARTER`"
    );
    assert_eq!(sums(&all, "Product sales"), -10_000, "what was sold before stands");
}
