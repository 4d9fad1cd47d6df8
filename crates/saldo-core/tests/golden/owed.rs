//! What buyers owe and are owed, and when a day decides it.

use super::shop::{Shop, at, order, source, write_off};
use super::{POLICY, account, policy};
use jiff::{SignedDuration, Timestamp};
use saldo_core::accounting::{Accounted, Group, groups};
use saldo_core::commerce::{AgreementKind, Fact, MovementKind, SaleKind};
use saldo_core::document::{DocumentKind, LineKind};
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";

fn far() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

/// What comes of facts of one order.
fn heard(facts: &[Fact], until: Timestamp) -> Accounted {
    let [accounted] = &account(facts, &policy(POLICY), until)[..] else { panic!("one group") };
    accounted.clone()
}

/// What stands on accounts, in cents.
fn sums(accounted: &Accounted) -> BTreeMap<&str, i64> {
    let mut sums = BTreeMap::new();
    for line in accounted.entries.iter().flat_map(|entry| &entry.lines) {
        *sums.entry(&*line.account.name).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn unpaid() -> Shop {
    order("03-10").sale_of_s1("03-10")
}

#[test]
fn what_another_payment_of_the_day_could_change_waits_for_the_end_of_the_day() {
    let paid = || unpaid().paid("03-10", CARD, "105.43");
    let cases = [
        vec![unpaid().paid("04-02", CARD, "105.43").fact()],
        vec![paid().repaid("04-02", CARD, "5.00").fact()],
        vec![unpaid().fact(), write_off("04-02", true)],
    ];
    for facts in cases {
        let waiting = heard(&facts, at("04-02") + SignedDuration::from_hours(1));
        assert_eq!(waiting.entries.len(), 1, "the sale alone: {facts:?}");
        assert_eq!(waiting.wake_at, Some(policy(POLICY).end_of_day("2026-04-02".parse().unwrap())));
        assert_eq!(heard(&facts, far()).entries.len(), 2);
    }
}

#[test]
fn a_day_on_which_no_money_moved_keeps_nothing_waiting() {
    let sale = unpaid().paid("03-10", CARD, "105.43");
    let voided = sale.movement(MovementKind::Void, "03-20", CARD, "105.43").fact();
    let found = heard(&[voided], at("03-20") + SignedDuration::from_hours(1));
    assert_eq!(found.standings[0].state, FactState::Accounted { review: None });
}

#[test]
fn payments_by_one_gateway_are_one_line_of_a_receipt() {
    let sale = unpaid()
        .paid("03-10", CARD, "25.00")
        .paid("03-10", "gift_card", "20.00")
        .paid("03-10", "gift_card", "30.00")
        .paid("03-10", CARD, "30.43");
    let found = heard(&[sale.fact()], far());
    let [receipt] = &found.entries[..] else { panic!("one receipt: {found:?}") };
    let paid = receipt.lines.iter().filter(|line| line.amount.is_positive()).skip(1);
    let paid: Vec<_> = paid.map(|line| (&*line.account.name, line.amount.minor())).collect();
    let card = "Gift card liability";
    assert_eq!(paid, [("Clearing: Shopify Payments", 5_543), (card, 2_000), (card, 3_000)]);
    assert_eq!(receipt.lines.last().unwrap().kind, LineKind::Other { taxed: false });
}

#[test]
fn what_a_return_was_set_off_against_is_owed_no_more() {
    let half = [(SaleKind::Product, "-50.00", "0.00", "-4.13")];
    let returned = unpaid().refund("03-12", &half).paid("04-02", CARD, "105.43");
    let found = heard(&[returned.fact()], far());
    let of = |kind| found.entries.iter().find(|entry| entry.header.kind == kind).unwrap();
    let credit = of(DocumentKind::CreditMemo);
    let invoice = of(DocumentKind::Invoice).header.slot.clone();
    assert_eq!(credit.header.applies_to, Some(invoice));
    let debit = |kind| of(kind).lines[0].amount.minor();
    assert_eq!((debit(DocumentKind::Payment), debit(DocumentKind::SalesReceipt)), (5_130, 5_413));
    assert_eq!(sums(&found).get("Customer deposits / deferred revenue"), Some(&-5_413));
    assert_eq!(sums(&found).get("Accounts receivable"), None);
}

#[test]
fn the_channel_keeps_its_tax_of_each_part_of_a_deposit() {
    let goods = [(SaleKind::Product, "100.00", "0.00", "8.25")];
    let sale = order("03-10")
        .sale("03-10", &goods)
        .agree(AgreementKind::Edit, "03-12", &goods)
        .tax_kept()
        .paid("03-05", "amazon", "216.50");
    let found = heard(&[sale.fact()], far());
    let expected = [("Clearing: Amazon", 20_000), ("Product sales", -20_000)];
    assert_eq!(sums(&found), BTreeMap::from(expected));
}

#[test]
fn what_lies_before_the_books_is_left_out_and_says_so() {
    let start = "2026-06-01".parse().unwrap();
    let policy = Policy::new(1, POLICY, super::usd(), "America/New_York", start).unwrap();
    let [found] = &account(&[unpaid().fact(), write_off("05-01", true)], &policy, far())[..] else {
        panic!("one group")
    };
    assert!(found.entries.is_empty());
    let rule = FactState::Excluded { rule: "before-start-date".to_owned() };
    assert!(found.standings.iter().all(|it| it.state == rule), "{:?}", found.standings);
    // Nobody need decide what would be left out all the same.
    let held = unpaid().paid("03-11", "klarna", "105.43").fact();
    let [found] = &account(&[held], &policy, far())[..] else { panic!("one group") };
    assert!(found.entries.is_empty());
    assert_eq!(found.standings[0].state, rule);
}

#[test]
fn an_order_of_a_file_is_evidence_wherever_its_name_may_be_used() {
    let of = |fact: &Fact| groups(fact).iter().map(ToString::to_string).collect::<Vec<_>>();
    let (by_interface, by_file) = (unpaid().fact(), unpaid().by_file().fact());
    let (own, named) = ("order/shop/Order/1", "named/shop/#1001");
    assert_eq!(of(&by_interface), [own]);
    assert_eq!(of(&by_file), [own, named, "order/shop/OrderName/#1001"]);
    let Fact::Order(mut nameless) = by_file else { panic!("an order") };
    nameless.id = "shop/OrderName/#1001".into();
    nameless.source = source("OrderName/#1001");
    assert_eq!(of(&Fact::Order(nameless)), ["order/shop/OrderName/#1001", named]);
    assert_eq!(groups(&by_interface), [Group::Order("shop/Order/1".into())]);
}

#[test]
fn change_that_is_more_than_was_paid_is_held() {
    let paid = unpaid().paid("03-10", "cash", "100.00");
    let changed = paid.movement(MovementKind::Change, "03-10", "cash", "110.00");
    let found = heard(&[changed.fact()], far());
    assert!(found.entries.is_empty(), "{:?}", found.entries);
    assert!(matches!(found.standings[0].state, FactState::Held(_)), "{:?}", found.standings);
}
