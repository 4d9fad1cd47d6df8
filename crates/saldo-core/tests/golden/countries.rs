//! Tax by the country that goods go to.

use super::shop::{Shop, order, write_off};
use super::{POLICY, account, policy};
use saldo_core::accounting::{Group, Stock, Trial};
use saldo_core::commerce::{BuyerKind, Fact, SaleKind, ShipTo};
use saldo_core::document::{DocumentKind, LineKind};
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;

const CARD: &str = "shopify_payments";

/// A German merchant who is registered for the One-Stop Shop.
const GERMANY: &str = r#"
[tax]
by-country = true
home = "DE"
locations = { "9" = "AT" }
[tax.accounts]
"DE *" = "1776"
"DE * 7%" = "1771"
"MwSt*" = "1776"
"AT *" = "OSS AT"
"FR *" = "OSS FR"
[tax.jurisdictions]
"DE *" = "Germany"
"AT *" = "Austria (OSS)"
"FR *" = "France (OSS)"
"#;

fn german() -> Policy {
    let text = POLICY.split("[tax.accounts]").next().unwrap();
    policy(&format!("{text}\n{GERMANY}"))
}

/// A mug of 100.00 with this tax, paid at once.
fn sale(title: &str, percent: i64) -> Shop {
    let paid = format!("{}.00", 100 + percent);
    let mug = (SaleKind::Product, "100.00", "0.00", &*format!("{percent}.00"));
    order("03-10").sale("03-10", &[mug]).taxed(title, percent).paid("03-10", CARD, &paid)
}

/// The taxes of all entries: what they are called, and where they stand.
fn taxes(facts: &[Fact], policy: &Policy) -> Vec<(String, String)> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, policy, far);
    let lines = accounted.iter().flat_map(|it| &it.entries).flat_map(|entry| &entry.lines);
    let taxes = lines.filter_map(|line| match &line.kind {
        LineKind::Tax { title, .. } => Some((title.clone(), line.account.name.to_string())),
        _ => None,
    });
    taxes.collect()
}

#[test]
fn a_tax_is_owed_to_the_country_that_goods_go_to() {
    let to = |shop: Shop, country: &str| shop.bought_by(BuyerKind::Person, country, &[]);
    let cases = [
        (to(sale("MwSt", 20), "AT"), "AT MwSt", "OSS AT"),
        (to(sale("MwSt", 19), "DE"), "DE MwSt", "1776"),
        (to(sale("MwSt", 7), "DE"), "DE MwSt", "1771"),
        (to(sale("TVA", 20), "FR"), "FR TVA", "OSS FR"),
        // Its title says whose it is.
        (to(sale("DE VAT", 19), "AT"), "DE VAT", "1776"),
        // Nothing is sent: a sale at the counter is taxed there, whoever buys.
        (sale("MwSt", 19), "DE MwSt", "1776"),
        (sale("MwSt", 19).located("Location/7").billed_to("AT"), "DE MwSt", "1776"),
        (sale("MwSt", 20).located("Location/9").billed_to("DE"), "AT MwSt", "OSS AT"),
        (to(sale("MwSt", 20).located("Location/7"), "AT"), "AT MwSt", "OSS AT"),
        // What is not sent at all, as a download, goes to where the buyer is.
        (sale("MwSt", 20).billed_to("AT"), "AT MwSt", "OSS AT"),
    ];
    for (shop, name, on) in cases {
        let found = taxes(&[shop.fact()], &german());
        assert_eq!(found, [(name.to_owned(), on.to_owned())]);
    }
}

/// The kinds of what a sale of 100.00 becomes that is taken back later, each with its place.
fn places(policy: &Policy, shop: Shop) -> Vec<(DocumentKind, Option<String>)> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let mug = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let back = [(SaleKind::Product, "-100.00", "0.00", "0.00")];
    let shop = shop.sale("03-10", &mug).paid("03-11", CARD, "100.00");
    let shop = shop.refund("03-20", &back).repaid("03-20", CARD, "100.00");
    let entries = account(&[shop.fact()], policy, far).into_iter().flat_map(|it| it.entries);
    let place = |place: ShipTo| {
        let parts = [Some(place.country), place.region, place.postal_code];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    entries.map(|entry| (entry.header.kind, entry.header.ships_to.map(place))).collect()
}

#[test]
fn a_sale_and_its_return_say_where_goods_go_to_and_a_summary_does_not() {
    let sent = || order("03-10").sent_to("NY", "10001-1234");
    let place = || Some("US NY 10001".to_owned());
    let each = places(&policy(POLICY), sent());
    assert_eq!(
        each,
        [
            (DocumentKind::RefundReceipt, place()),
            (DocumentKind::Payment, None),
            (DocumentKind::Invoice, place()),
        ]
    );
    let elsewhere = places(&policy(POLICY), order("03-10"));
    assert!(elsewhere.iter().all(|(_, place)| place.is_none()), "{elsewhere:?}");
    let by_day = policy(&format!("detail = \"day\"\n{POLICY}"));
    let summed = places(&by_day, sent());
    let is_summed = |kind| matches!(kind, DocumentKind::RefundReceipt);
    assert!(summed.iter().any(|(kind, place)| is_summed(*kind) && place.is_none()), "{summed:?}");
}

#[test]
fn a_tax_of_a_country_that_is_not_named_holds_its_sale() {
    let polish = sale("VAT", 23).bought_by(BuyerKind::Person, "PL", &[]);
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(&[polish.fact()], &german(), far);
    let state = accounted.iter().flat_map(|it| &it.standings).map(|it| &it.state).next();
    let Some(FactState::Held(issue)) = state else { panic!("{state:?}") };
    assert_eq!(issue.message, "the tax `PL VAT` of 23 % has no account");
    assert!(issue.hint.contains("'tax.accounts.\"PL VAT\"'"), "{}", issue.hint);
}

#[test]
fn a_revision_tells_taxes_apart_from_its_first_day_on() {
    let before = policy(&POLICY.replace("[tax.accounts]", "[tax.accounts]\n\"MwSt\" = \"1776\""));
    let policy = german().following(before, "2026-03-15".parse().unwrap());
    let back = (SaleKind::Product, "-100.00", "0.00", "-20.00");
    let austrian = sale("MwSt", 20).bought_by(BuyerKind::Person, "AT", &[]);
    let austrian = austrian.refund("03-20", &[back]).taxed("MwSt", 20);
    let found = taxes(&[austrian.repaid("03-20", CARD, "120.00").fact()], &policy);
    let expected = [("AT MwSt", "OSS AT"), ("MwSt", "1776")];
    assert_eq!(found, expected.map(|(name, on)| (name.to_owned(), on.to_owned())));
}

#[test]
fn tax_of_a_claim_that_is_given_up_leaves_the_account_that_it_came_to() {
    let mug = (SaleKind::Product, "100.00", "0.00", "7.00");
    let unpaid = order("03-10").sale("03-10", &[mug]).taxed("MwSt", 7);
    let unpaid = unpaid.bought_by(BuyerKind::Person, "DE", &[]).fact();
    let given_up = write_off("03-20", true);
    let found = taxes(&[unpaid, given_up], &german());
    let expected = [("DE MwSt", "1771"), ("DE MwSt", "1771")];
    assert_eq!(found, expected.map(|(name, on)| (name.to_owned(), on.to_owned())));
}

/// Why sales bear no tax, by where they go; and what is said of some of them.
const UNTAXED: &str = r#"
[tax.untaxed]
DE = "exempt"
AT = "reverse-charge"
"*" = "export"
[[rules]]
name = "Books"
when = { product-type = "Books", buyer-country = "DE" }
untaxed = "zero-rated"
[[rules]]
name = "Shadow"
when = { sku = "MUG", product-type = "Books", buyer-country = "DE" }
untaxed = "exempt"
"#;

fn untaxed() -> Policy {
    let text = POLICY.split("[tax.accounts]").next().unwrap();
    policy(&format!("{text}\n{GERMANY}\n{UNTAXED}"))
}

/// What the lines of sales say of taxes, each with its amount in minor units.
fn told_of(shop: Shop, policy: &Policy) -> Vec<(String, i64)> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(&[shop.fact()], policy, far);
    let lines = accounted.iter().flat_map(|it| &it.entries).flat_map(|entry| &entry.lines);
    let told = lines.filter(|line| !line.taxes.is_empty()).map(|line| {
        let taxes: Vec<String> = line.taxes.iter().map(ToString::to_string).collect();
        (taxes.join(" + "), line.amount.minor())
    });
    told.collect()
}

#[test]
fn a_sale_without_tax_says_why_it_bears_none() {
    let mug = |net: &'static str, tax: &'static str| (SaleKind::Product, net, "0.00", tax);
    let sold = |country: &str| {
        let shop = order("03-10").sale("03-10", &[mug("100.00", "0.00")]);
        shop.paid("03-10", CARD, "100.00").bought_by(BuyerKind::Company, country, &[])
    };
    let cases = [
        (sold("DE"), "DE exempt 0%"),
        (sold("AT"), "AT reverse-charge 0%"),
        (sold("US"), "US export 0%"),
        (sold("DE").of_assortment("Books", "X"), "DE zero-rated 0%"),
    ];
    for (shop, why) in cases {
        assert_eq!(told_of(shop, &untaxed()), [(why.to_owned(), -10_000)]);
    }
    assert_eq!(told_of(sold("US"), &german()), [], "the policy says nothing");
    let kept = order("03-10").sale("03-10", &[mug("100.00", "19.00")]).tax_kept();
    let kept = kept.paid("03-10", "amazon", "119.00").bought_by(BuyerKind::Person, "FR", &[]);
    assert_eq!(told_of(kept, &untaxed()), [("FR marketplace 0%".to_owned(), -10_000)]);
    let mixed = order("03-10").sale("03-10", &[mug("100.00", "19.00"), mug("50.00", "0.00")]);
    let mixed = mixed.taxed("MwSt", 19).paid("03-10", CARD, "169.00");
    let mixed = told_of(mixed.bought_by(BuyerKind::Person, "DE", &[]), &untaxed());
    assert_eq!(mixed, [("DE exempt 0%".to_owned(), -5_000)], "the other bears all taxes");
}

#[test]
fn a_deposit_for_goods_without_tax_says_why_it_bears_none() {
    let text = POLICY.split("[tax.accounts]").next().unwrap();
    let policy = policy(&format!("recognition = \"fulfilment\"\n{text}\n{GERMANY}\n{UNTAXED}"));
    let shop = order("03-10").sale("03-10", &[(SaleKind::Product, "100.00", "0.00", "0.00")]);
    let shop = shop.of_items(&[("Item/1", 1)]).paid("03-10", CARD, "100.00");
    let told = told_of(shop.bought_by(BuyerKind::Company, "US", &[]), &policy);
    assert_eq!(told, [("US export 0%".to_owned(), -10_000)]);
}

#[test]
fn a_trial_shows_which_sales_a_rule_about_tax_catches() {
    let shop = order("03-10").sale("03-10", &[(SaleKind::Product, "100.00", "0.00", "0.00")]);
    let shop = shop.paid("03-10", CARD, "100.00").of_assortment("Books", "X");
    let facts = [shop.bought_by(BuyerKind::Person, "DE", &[]).fact()];
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let policy = untaxed();
    let mut trial = Trial::of(&policy);
    let group = Group::Order("shop/Order/1".into());
    trial.add(&group, &facts, &Stock::default(), far).unwrap();
    let caught: Vec<_> = trial.rules.iter().map(|(place, it)| (*place, it.count)).collect();
    assert_eq!(caught, [(0, 1)]);
    let mut idle = trial.idle(&policy).unwrap();
    idle.add(&group, &facts, &Stock::default(), far);
    assert_eq!(idle.shadowed.get(&1).map(|by| by.iter().copied().collect()), Some(vec![0]));
}
