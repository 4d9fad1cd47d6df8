//! Payouts in another currency of which more went back than it is worth: found by a history.

use crate::currency::kept;
use crate::shop::{about, at, decided, euros, in_payout, money, payout, row};
use crate::{POLICY, account, policy};
use jiff::{SignedDuration, Timestamp};
use saldo_core::commerce::{BalanceKind, Decided, Fact, PayoutState, SaleKind};
use saldo_core::document::{DocumentKind, LineKind, SubledgerEntry};
use saldo_core::issue::FactState;
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";

/// A hundred euros at 1.10 less a fee of five, of which 94 went back at 1.12: the one that is left
/// stands at -0.78 dollars.
fn one_euro_left() -> Vec<Fact> {
    let back = [(SaleKind::Product, "-103.40", "0.00", "0.00")];
    let order = kept().refund("03-11", &back).repaid("03-11", CARD, "103.40").in_euros(
        "94.00",
        "105.28",
        ("EUR", "1.0"),
    );
    let refund = about(row(2, "03-11", BalanceKind::Refund, "-94.00", "0.00"), 1, 2);
    vec![
        order.fact(),
        in_payout(euros(row(1, "03-10", BalanceKind::Charge, "100.00", "5.00")), 1),
        in_payout(euros(refund), 1),
        euros(payout(CARD, 1, "03-12", "1.00", PayoutState::Paid)),
    ]
}

fn entered(facts: &[Fact], text: &str) -> Vec<SubledgerEntry> {
    let accounted = account(facts, &policy(text), "2027-01-01T00:00:00Z".parse().unwrap());
    let states = accounted.iter().flat_map(|it| &it.standings);
    for standing in states {
        assert_eq!(standing.state, FactState::Accounted { review: None }, "{}", standing.id);
    }
    accounted.into_iter().flat_map(|it| it.entries).collect()
}

/// What stands on each account, in the books' currency and in another one.
fn balances(entries: &[SubledgerEntry]) -> BTreeMap<String, (i64, i64)> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for line in entries.iter().flat_map(|entry| &entry.lines) {
        let sum = sums.entry(line.account.name.to_string()).or_default();
        sum.0 += line.amount.minor();
        sum.1 += line.foreign.map_or(0, |foreign| foreign.minor());
    }
    sums.retain(|_, sum| *sum != (0, 0));
    sums
}

#[test]
fn what_is_left_and_worth_less_than_nothing_is_paid_out_all_the_same() {
    let arrived = Decided::Arrived { payout: "shop/Payout/1".into(), amount: money("1.12") };
    let facts = [one_euro_left(), vec![decided("03-13", arrived)]].concat();
    for conversion in ["", "\n[currencies]\nconversion = \"Currency conversion\""] {
        let found = balances(&entered(&facts, &format!("{POLICY}{conversion}")));
        assert_eq!(found.get("Clearing: Shopify Payments EUR"), None, "{found:#?}");
        assert_eq!(found["Bank"], (112, 0));
        // 1.88 were lost when 94 euros went back, and 1.90 of it come again with the last one.
        assert_eq!(found["FX gain/loss (realised)"], (188 - 190, 0));
        assert_eq!(found.get("Currency conversion"), None);
    }
}

#[test]
fn a_bank_in_its_currency_takes_it_at_what_it_stood_at() {
    let text =
        POLICY.replace("[gateways]", "[gateways]\nshopify_payments.banks.EUR = \"Bank EUR\"");
    let entries = entered(&one_euro_left(), &text);
    let found = balances(&entries);
    assert_eq!(found.get("Clearing: Shopify Payments EUR"), None);
    assert_eq!(found["Bank EUR"], (-78, 100));
    let is_payout = |entry: &&SubledgerEntry| entry.id.as_str() == "shop/Payout/1";
    let [entry] = &entries.iter().filter(is_payout).collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!((entry.header.kind, entry.lines.len()), (DocumentKind::JournalEntry, 4));
    // What is worth what it should be is one transfer, of what is left.
    let facts = [
        kept().fact(),
        in_payout(euros(row(1, "03-10", BalanceKind::Charge, "100.00", "5.00")), 1),
        euros(payout(CARD, 1, "03-12", "95.00", PayoutState::Paid)),
    ];
    let entries = entered(&facts, &text);
    let [entry] = &entries.iter().filter(is_payout).collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!((entry.header.kind, entry.lines.len()), (DocumentKind::Transfer, 2));
}

/// A payout of a row that no order values: of an order that nobody told, or of none.
fn unvalued(kind: BalanceKind) -> Vec<Fact> {
    let arrived = Decided::Arrived { payout: "shop/Payout/1".into(), amount: money("103.55") };
    vec![
        in_payout(euros(row(1, "03-10", kind, "95.00", "0.00")), 1),
        euros(payout(CARD, 1, "03-09", "95.00", PayoutState::Paid)),
        decided("03-13", arrived),
    ]
}

#[test]
fn a_payout_waits_for_the_order_of_a_row_until_all_of_its_moment_is_heard() {
    let payout_at = |kind: BalanceKind, heard: Timestamp| {
        let accounted = account(&unvalued(kind), &policy(POLICY), heard);
        let mut states = accounted.into_iter().flat_map(|it| it.standings);
        states.find(|it| it.id.as_str() == "shop/Payout/1").unwrap().state
    };
    let before = at("03-10") - SignedDuration::from_millis(1);
    let early = payout_at(BalanceKind::Charge, before);
    assert!(matches!(early, FactState::Waiting { until: Some(it), .. } if it == at("03-10")));
    let entered = FactState::Accounted { review: None };
    assert_eq!(payout_at(BalanceKind::Charge, at("03-10")), entered);
    assert_eq!(payout_at(BalanceKind::Unknown, before), entered, "it has no order");
}

#[test]
fn what_a_bank_made_of_rows_without_a_rate_leaves_their_own_review() {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(&unvalued(BalanceKind::Unknown), &policy(POLICY), far);
    let entries: Vec<SubledgerEntry> = accounted.into_iter().flat_map(|it| it.entries).collect();
    let entry = entries.iter().find(|entry| entry.id.as_str() == "shop/Payout/1").unwrap();
    let review = "Platform adjustments - to review EUR";
    let line = entry.lines.iter().find(|line| &*line.account.name == review).unwrap();
    let amounts = (line.amount.minor(), line.foreign.map(|foreign| foreign.minor()));
    assert_eq!((amounts, &*line.text), ((0, Some(9_500)), "Changed by the bank"));
    assert_eq!(line.kind, LineKind::Other { taxed: false });
}
