//! Lives of orders: what later events may change, and what they may not.

use super::shop::{gateway, order, row, row_of, write_off};
use super::{POLICY, account, policy};
use jiff::Timestamp;
use saldo_core::accounting::Accounted;
use saldo_core::commerce::{AgreementKind, BalanceKind, Fact, MovementKind, SaleKind};
use saldo_core::issue::FactState;
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";

fn accounted(facts: &[Fact], heard_until: &str) -> Accounted {
    let heard: Timestamp = heard_until.parse().unwrap();
    let mut all = account(facts, &policy(POLICY), heard);
    assert_eq!(all.len(), 1, "one group");
    all.remove(0)
}

fn far(facts: &[Fact]) -> Accounted {
    accounted(facts, "2027-01-01T00:00:00Z")
}

/// What stands on accounts, in minor units, without those at nil.
fn sums(accounted: &Accounted) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for line in accounted.entries.iter().flat_map(|entry| &entry.lines) {
        *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn kinds(accounted: &Accounted) -> Vec<(&'static str, String)> {
    let kind = |entry: &saldo_core::document::SubledgerEntry| {
        (entry.header.kind.name(), entry.header.date.to_string())
    };
    accounted.entries.iter().map(kind).collect()
}

#[test]
fn what_is_settled_stays_entered_while_its_day_goes_on() {
    let paid = || order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43");
    let during_the_day = "2026-03-10T20:00:00Z";
    let before = accounted(&[paid().fact()], during_the_day);
    assert_eq!(kinds(&before), [("sales-receipt", "2026-03-10".to_owned())]);
    let more = [(SaleKind::Product, "20.00", "0.00", "1.65")];
    let edited = paid().agree(AgreementKind::Edit, "03-10", &more);
    let after = accounted(&[edited.fact()], during_the_day);
    assert_eq!(after.entries, before.entries, "the edit waits, the sale stands");
    assert!(after.wake_at.is_some());
}

#[test]
fn a_card_set_aside_later_is_a_way_to_pay_and_moves_no_sale() {
    let invoiced = || order("03-10").sale_of_s1("03-10");
    let set_aside = || invoiced().movement(MovementKind::Authorisation, "04-05", CARD, "105.43");
    assert_eq!(kinds(&far(&[set_aside().fact()])), [("invoice", "2026-03-10".to_owned())]);
    let taken = set_aside().paid("04-06", CARD, "105.43");
    let expected = [("payment", "2026-04-06".to_owned()), ("invoice", "2026-03-10".to_owned())];
    let mut found = kinds(&far(&[taken.fact()]));
    found.sort_by(|a, b| b.1.cmp(&a.1));
    assert_eq!(found, expected);
}

#[test]
fn a_later_word_that_nobody_knows_holds_only_what_is_later() {
    let odd = [(SaleKind::Unknown("HAT".to_owned()), "5.00", "0.00", "0.00")];
    let order = order("03-10")
        .sale_of_s1("03-10")
        .paid("03-10", CARD, "105.43")
        .agree(AgreementKind::Edit, "05-02", &odd)
        .paid("05-02", CARD, "5.00");
    let mut facts = vec![order.fact()];
    facts.push(row(1, "03-10", BalanceKind::Charge, "105.43", "0.00"));
    let Fact::BalanceTransaction(mut later) = row(2, "05-02", BalanceKind::Charge, "5.00", "0.00")
    else {
        panic!("a row")
    };
    later.movement = Some("Transaction/2".to_owned());
    facts.push(Fact::BalanceTransaction(later));
    let found = far(&facts);
    let held = |state: &FactState| matches!(state, FactState::Held(_));
    assert_eq!(found.standings.iter().filter(|it| held(&it.state)).count(), 1);
    let expected =
        [("sales-receipt", "2026-03-10".to_owned()), ("journal-entry", "2026-05-02".to_owned())];
    assert_eq!(kinds(&found), expected);
    assert_eq!(sums(&found)["Platform adjustments - to review"], -500);
    assert_eq!(sums(&found)["Clearing: Shopify Payments"], 10_543 + 500);
}

#[test]
fn a_refund_in_money_leaves_what_is_still_to_be_paid() {
    let mug = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let more = [(SaleKind::Product, "20.00", "0.00", "0.00")];
    let back = [(SaleKind::Product, "-50.00", "0.00", "0.00")];
    let order = order("03-10")
        .sale("03-10", &mug)
        .paid("03-10", CARD, "100.00")
        .agree(AgreementKind::Edit, "03-12", &more)
        .refund("03-14", &back)
        .repaid("03-14", CARD, "50.00");
    let owed = sums(&far(&[order.fact()]));
    assert_eq!(owed["Accounts receivable"], 2_000);
    assert!(!owed.contains_key("Refunds payable to customer"));
}

#[test]
fn change_lessens_the_cash_that_was_given() {
    let mug = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let paid = order("03-10").sale("03-10", &mug).paid("03-10", "paypal", "120.00");
    let found = far(&[paid.movement(MovementKind::Change, "03-10", "paypal", "20.00").fact()]);
    assert_eq!(kinds(&found), [("sales-receipt", "2026-03-10".to_owned())]);
    assert_eq!(sums(&found)["Clearing: PayPal"], 10_000);
}

#[test]
fn a_row_is_explained_only_by_its_own_gateway_and_only_once() {
    let mug = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let sold = |by: &str| order("03-10").sale("03-10", &mug).paid("03-10", by, "100.00").fact();
    let charge = |number| row(number, "03-10", BalanceKind::Charge, "100.00", "0.00");
    let review = |facts: &[Fact]| {
        sums(&far(facts)).get("Platform adjustments - to review").copied().unwrap_or(0)
    };
    assert_eq!(review(&[sold(CARD), charge(1)]), 0);
    assert_eq!(review(&[sold("paypal"), charge(1)]), -10_000);
    assert_eq!(review(&[sold(CARD), charge(1), charge(2)]), -10_000);
    let own = row_of("paypal", 3, "03-10", BalanceKind::Charge, "100.00", "0.00");
    assert_eq!(review(&[sold("paypal"), own]), 0);
    assert_eq!(gateway("paypal").name, "PayPal");
}

#[test]
fn a_write_off_stays_what_it_was_and_may_be_recovered() {
    let back = [(SaleKind::Product, "-50.00", "0.00", "-4.13")];
    let unpaid = || order("03-10").sale_of_s1("03-10");
    let lines = |facts: &[Fact]| {
        let found = far(facts);
        let entry = found.entries.iter().find(|entry| entry.id.as_str().contains("/write-off/"));
        entry.expect("the write-off").lines.clone()
    };
    let at_first = lines(&[unpaid().fact(), write_off("05-01", true)]);
    let later = unpaid().refund("06-01", &back);
    assert_eq!(lines(&[later.fact(), write_off("05-01", true)]), at_first);
    let paid = unpaid().paid("06-01", CARD, "105.43").fact();
    let found = sums(&far(&[paid, write_off("05-01", false)]));
    assert!(!found.contains_key("Bad debt"));
    assert!(!found.contains_key("Customer deposits / deferred revenue"));
}
