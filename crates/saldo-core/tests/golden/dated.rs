//! A policy that holds from a day on: what happened before is entered once, as it was.

use super::shop::{in_payout, order, payout, row};
use super::{POLICY, account, policy};
use saldo_core::commerce::{AgreementKind, BalanceKind, Fact, PayoutState, SaleKind};
use saldo_core::issue::FactState;
use saldo_core::policy::{Policy, Role};
use std::collections::BTreeMap;

#[test]
fn what_two_policies_would_date_otherwise_is_entered_once() {
    const CARD: &str = "shopify_payments";
    let since = "2026-03-15".parse().unwrap();
    let (early, late) = (policy(POLICY), policy(&format!("detail = \"payout\"\n{POLICY}")));
    let facts = [
        order("03-14").sale_of_s1("03-14").paid("03-14", CARD, "105.43").fact(),
        in_payout(row(1, "03-14", BalanceKind::Charge, "105.43", "3.36"), 1),
        payout(CARD, 1, "03-16", "102.07", PayoutState::Paid),
    ];
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    for policy in [early.clone(), late.clone(), late.following(early, since)] {
        let accounted = account(&facts, &policy, far);
        let entries = accounted.iter().flat_map(|accounted| &accounted.entries);
        let lines = entries.flat_map(|entry| &entry.lines);
        let of = |name: &str| -> i64 {
            let own = lines.clone().filter(|line| &*line.account.name == name);
            own.map(|line| line.amount.minor()).sum()
        };
        let sums = (of("Product sales"), of("Payment processing fees"), of("Bank"));
        assert_eq!(sums, (-10_000, 336, 10_207));
    }
}

/// Sales on an account of their own from the day on, and what else the policy says then.
fn from(day: &str, late: &str) -> Policy {
    let sales = |name: &str| {
        let own = format!("[accounts]\nproduct-sales = \"{name}\"");
        POLICY.replace("[accounts]", &own)
    };
    let late = policy(&format!("{}{late}", sales("Sales, new")));
    late.following(policy(&sales("Sales, old")), format!("2026-{day}").parse().unwrap())
}

/// What was sold by account, and where the facts stand.
fn sold(facts: &[Fact], policy: &Policy) -> (BTreeMap<String, i64>, Vec<FactState>) {
    let accounted = account(facts, policy, "2027-01-01T00:00:00Z".parse().unwrap());
    let mut sums = BTreeMap::new();
    let lines = accounted.iter().flat_map(|it| &it.entries).flat_map(|entry| &entry.lines);
    for line in lines.filter(|line| line.account.name.starts_with("Sales, ")) {
        *sums.entry(line.account.name.to_string()).or_default() -= line.amount.minor();
    }
    (sums, accounted.into_iter().flat_map(|it| it.standings).map(|it| it.state).collect())
}

#[test]
fn each_day_of_an_order_is_entered_by_the_policy_of_its_day() {
    let more = [(SaleKind::Product, "20.00", "0.00", "1.65")];
    let edited = order("03-10")
        .sale_of_s1("03-10")
        .paid("03-10", "shopify_payments", "105.43")
        .agree(AgreementKind::Edit, "03-15", &more);
    let facts = [edited.fact()];
    let (old, new) = ("Sales, old".to_owned(), "Sales, new".to_owned());
    for (since, before, after) in [
        ("03-10", 0, 12_000),
        ("03-11", 10_000, 2_000),
        ("03-15", 10_000, 2_000),
        ("03-16", 12_000, 0),
    ] {
        let mut expected = BTreeMap::from([(old.clone(), before), (new.clone(), after)]);
        expected.retain(|_, minor| *minor != 0);
        assert_eq!(sold(&facts, &from(since, "")).0, expected, "{since}");
    }
}

#[test]
fn what_a_later_policy_leaves_out_was_entered_before() {
    let all = "[[rules]]\nname = \"All\"\nexclude = true\n";
    let sale = [order("03-10").sale_of_s1("03-10").paid("03-10", "paypal", "105.43").fact()];
    let left_out = FactState::Excluded { rule: "rules/All".to_owned() };
    let (sums, states) = sold(&sale, &from("03-10", all));
    assert_eq!((sums.len(), states), (0, vec![left_out]));
    let (sums, states) = sold(&sale, &from("03-11", all));
    assert_eq!(sums, BTreeMap::from([("Sales, old".to_owned(), 10_000)]));
    assert_eq!(states, [FactState::Accounted { review: None }]);
}

#[test]
fn a_policy_is_in_force_from_its_first_day_on() {
    let policy = from("03-15", "");
    let sales = |day: &str| {
        let in_force = policy.in_force(day.parse().unwrap());
        in_force.chart.account(Role::ProductSales).name.to_string()
    };
    assert_eq!((&*sales("2026-03-14"), &*sales("2026-03-15")), ("Sales, old", "Sales, new"));
}

#[test]
fn payouts_are_followed_where_a_document_follows_them_on_any_day() {
    assert!(!policy("").follows_payouts());
    assert!(!policy("detail = \"day\"").follows_payouts());
    assert!(policy("detail = \"payout\"").follows_payouts());
    let since = "2026-03-15".parse().unwrap();
    assert!(policy("").following(policy("detail = \"payout\""), since).follows_payouts());
}
