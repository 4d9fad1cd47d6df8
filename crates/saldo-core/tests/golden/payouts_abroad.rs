//! Payouts in another currency of which more went back than it is worth: found by a history.

use crate::currency::kept;
use crate::shop::{about, decided, euros, in_payout, money, payout, row};
use crate::{POLICY, account, policy};
use saldo_core::commerce::{BalanceKind, Decided, Fact, PayoutState, SaleKind};
use saldo_core::document::{DocumentKind, SubledgerEntry};
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
}
