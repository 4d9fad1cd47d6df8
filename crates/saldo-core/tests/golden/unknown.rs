//! Taxes and products that the policy does not name: what bears them is held, and says why.

use super::shop::{LineWords, about, order, row};
use super::statements::settled;
use super::{POLICY, account, policy};
use saldo_core::commerce::{BalanceKind, Fact, PartKind, SaleKind};
use saldo_core::issue::{FactState, Issue, IssueKind};
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";
const GOODS: [LineWords<'static>; 1] = [(SaleKind::Product, "100.00", "0.00", "20.00")];

/// A sale with a tax that nobody named, and its gateway's row.
fn sold_to_france() -> [Fact; 2] {
    let sold = order("03-10").sale("03-10", &GOODS).paid("03-10", CARD, "120.00");
    let charge = about(row(1, "03-10", BalanceKind::Charge, "120.00", "3.00"), 1, 1);
    [sold.taxed("FR VAT", 20).fact(), charge]
}

/// What accounts hold in cents, and the issues by what they are about.
fn books(facts: &[Fact], text: &str) -> (BTreeMap<String, i64>, BTreeMap<String, Issue>) {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, &policy(text), far);
    let mut sums = BTreeMap::new();
    for entry in accounted.iter().flat_map(|accounted| &accounted.entries) {
        for line in &entry.lines {
            *sums.entry(line.account.name.to_string()).or_default() += line.amount.minor();
        }
    }
    sums.retain(|_, minor: &mut i64| *minor != 0);
    let standings = accounted.into_iter().flat_map(|accounted| accounted.standings);
    let issues = standings.filter_map(|standing| match standing.state {
        FactState::Held(issue) | FactState::Accounted { review: Some(issue) } => {
            Some((standing.id.to_string(), issue))
        }
        _ => None,
    });
    (sums, issues.collect())
}

fn of(sums: &[(&str, i64)]) -> BTreeMap<String, i64> {
    sums.iter().map(|(account, minor)| ((*account).to_owned(), *minor)).collect()
}

#[test]
fn a_tax_that_the_policy_does_not_name_holds_the_sale_and_not_its_money() {
    let (sums, issues) = books(&sold_to_france(), POLICY);
    let review = ("Platform adjustments - to review", -12_000);
    let fees = ("Payment processing fees", 300);
    assert_eq!(sums, of(&[("Clearing: Shopify Payments", 11_700), fees, review]));
    let issue = &issues["shop/Order/1"];
    assert_eq!(issue.kind, IssueKind::MissingMapping);
    insta::assert_snapshot!(issue.message, @"the tax `FR VAT` of 20 % has no account");
    let lines = [
        "saldo map set 'tax.accounts.\"FR VAT\"' \"Sales tax payable (per jurisdiction)\"",
        "saldo map set tax.unknown common",
    ];
    assert!(lines.iter().all(|line| issue.hint.contains(line)), "{}", issue.hint);
}

#[test]
fn a_tax_is_entered_once_the_policy_names_it_or_all_stand_on_one_account() {
    let entered = |account| {
        let clearing = ("Clearing: Shopify Payments", 11_700);
        let fees = ("Payment processing fees", 300);
        of(&[clearing, fees, ("Product sales", -10_000), (account, -2_000)])
    };
    let named = format!("{POLICY}\"FR VAT\" = \"OSS FR\"\n");
    let by_pattern = format!("{POLICY}\"* vat\" = \"OSS\"\n");
    let common = POLICY.replace("[tax.accounts]", "[tax]\nunknown = \"common\"\n[tax.accounts]");
    let cases = [
        (named.as_str(), "OSS FR"),
        (by_pattern.as_str(), "OSS"),
        (common.as_str(), "Sales tax payable (per jurisdiction)"),
    ];
    for (text, account) in cases {
        assert_eq!(
            books(&sold_to_france(), text),
            (entered(account), BTreeMap::new()),
            "{account}"
        );
    }
}

#[test]
fn a_tax_that_is_owed_to_nobody_known_holds_the_sale_and_not_its_money() {
    let hold = "[tax]\nunknown = \"common\"\nunknown-jurisdiction = \"hold\"\n[tax.accounts]";
    let hold = POLICY.replace("[tax.accounts]", hold);
    let (sums, issues) = books(&sold_to_france(), &hold);
    assert_eq!(sums["Platform adjustments - to review"], -12_000);
    let issue = &issues["shop/Order/1"];
    assert_eq!(issue.kind, IssueKind::MissingMapping);
    insta::assert_snapshot!(issue.message, @"nobody said to whom the tax `FR VAT` is owed");
    assert!(issue.hint.contains("saldo map set 'tax.jurisdictions.\"FR VAT\"'"), "{}", issue.hint);
    let parts = [(PartKind::Goods, "50.00"), (PartKind::Tax("IT VAT".to_owned()), "11.00")];
    let (sums, issues) = books(&[settled(1, "03-10", &parts)], &hold);
    assert_eq!(sums["Platform adjustments - to review"], -1_100);
    let issue = issues.values().next().unwrap();
    assert!(issue.hint.contains("tax.jurisdictions.\"IT VAT\""), "{}", issue.hint);
    let told = format!("{hold}[tax.jurisdictions]\n\"FR *\" = \"DGFiP\"\n");
    let (sums, issues) = books(&sold_to_france(), &told);
    assert_eq!(issues, BTreeMap::new());
    assert_eq!(sums["Sales tax payable (per jurisdiction)"], -2_000);
}

#[test]
fn tax_that_the_channel_owes_needs_no_account() {
    let sold = order("03-10").sale("03-10", &GOODS).paid("03-10", "amazon", "120.00");
    let (_, issues) = books(&[sold.taxed("FR VAT", 20).tax_kept().fact()], POLICY);
    assert_eq!(issues, BTreeMap::new());
}

#[test]
fn an_unknown_tax_in_a_settlement_is_entered_for_review() {
    let parts = [(PartKind::Goods, "50.00"), (PartKind::Tax("IT VAT".to_owned()), "11.00")];
    let (sums, issues) = books(&[settled(1, "03-10", &parts)], POLICY);
    let review = ("Platform adjustments - to review", -1_100);
    assert_eq!(sums, of(&[("Clearing: Amazon", 6_100), ("Product sales", -5_000), review]));
    let issue = issues.values().next().unwrap();
    assert!(issue.message.ends_with("the tax `IT VAT` has no account"), "{}", issue.message);
    assert!(issue.hint.contains("tax.accounts.\"IT VAT\""), "{}", issue.hint);
}

#[test]
fn a_product_that_must_be_known_holds_its_sale() {
    let sold = [order("03-10").sale("03-10", &GOODS).paid("03-10", CARD, "120.00").fact()];
    assert_eq!(books(&sold, POLICY).1, BTreeMap::new());
    let held = format!("products.unknown = \"hold\"\n{POLICY}");
    let (sums, issues) = books(&sold, &held);
    assert_eq!(sums, BTreeMap::new());
    let issue = &issues["shop/Order/1"];
    assert_eq!(issue.kind, IssueKind::MissingMapping);
    insta::assert_snapshot!(
        issue.message, @"the product `MUG` is not among those that are known"
    );
    let known = format!("products = {{ unknown = \"hold\", known = \"mug*\" }}\n{POLICY}");
    assert_eq!(books(&sold, &known).1, BTreeMap::new());
}
