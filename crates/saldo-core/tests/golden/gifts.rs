//! Gift cards that were given away: owed since then, or a discount once they are used.

use super::bases::bases;
use super::shop::{Shop, decided, entry, money, no, order, undone};
use super::{POLICY, account, policy};
use saldo_core::commerce::{Decided, Fact, SaleKind};
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";
const CARDS: &str = "Gift card liability";
const GIFTS: &str = "Promotional gift cards";
const SALES: &str = "Product sales";
const TAX: &str = "Sales tax payable (per jurisdiction)";

fn at_use(more: &str) -> Policy {
    policy(&format!("gift-cards = {{ promotional = 'at-use'{more} }}\n{POLICY}"))
}

fn mug() -> Shop {
    let mug = [(SaleKind::Product, "100.00", "0.00", "25.00")];
    order("03-10").sale("03-10", &mug).at_rates(&[25])
}

/// So much of what gift cards paid came from cards that had been given away.
pub(crate) fn given(amount: &str) -> Fact {
    let (order, name) = ("shop/Order/1".into(), "#1001".to_owned());
    decided("03-12", Decided::PromotionalUse { order, name, amount: money(amount) })
}

fn entries(facts: &[Fact], policy: &Policy) -> Vec<SubledgerEntry> {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    account(facts, policy, far).into_iter().flat_map(|it| it.entries).collect()
}

/// What accounts hold in the end, in minor units.
fn sums(facts: &[Fact], policy: &Policy) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for line in entries(facts, policy).iter().flat_map(|entry| &entry.lines) {
        *sums.entry(line.account.name.to_string()).or_insert(0) += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn named(sums: &[(&str, i64)]) -> BTreeMap<String, i64> {
    sums.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect()
}

fn state(facts: &[Fact], policy: &Policy) -> FactState {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let accounted = account(facts, policy, far);
    let mut all = accounted.into_iter().flat_map(|it| it.standings);
    all.find(|it| it.id.as_str() == "owner/Decision/1").unwrap().state
}

#[test]
fn a_gift_that_is_owed_since_it_was_given_is_used_like_any_card() {
    let paid = || mug().paid("03-10", "gift_card", "125.00").fact();
    let issued =
        no(2, entry("03-01", &[("promotional-gift-cards", "125.00"), ("gift-cards", "-125.00")]));
    let expected = named(&[(GIFTS, 12_500), (SALES, -10_000), (TAX, -2_500)]);
    assert_eq!(sums(&[issued, paid()], &policy(POLICY)), expected);
    // Nothing else follows from what is decided of its use.
    let both = [paid(), given("125.00")];
    let as_any = named(&[(CARDS, 12_500), (SALES, -10_000), (TAX, -2_500)]);
    assert_eq!(sums(&both, &policy(POLICY)), as_any);
    let rule = FactState::Excluded { rule: "owed-since-issue".to_owned() };
    assert_eq!(state(&both, &policy(POLICY)), rule);
}

#[test]
fn a_gift_on_which_nothing_is_owed_is_a_discount_once_it_is_used() {
    let both = [mug().paid("03-10", "gift_card", "125.00").fact(), given("125.00")];
    let expected = named(&[(GIFTS, 12_500), (SALES, -10_000), (TAX, -2_500)]);
    assert_eq!(sums(&both, &at_use("")), expected);
    assert_eq!(state(&both, &at_use("")), FactState::Accounted { review: None });
    let charged = bases(&entries(&both, &at_use("")));
    let charged: Vec<(String, i64)> = charged.into_iter().map(|((_, tax), it)| (tax, it)).collect();
    let told = [("Sales tax 25%", -10_000), ("gift cards given away 0%", 12_500)];
    assert_eq!(charged, told.map(|(tax, minor)| (tax.to_owned(), minor)));
    // Of cards of which nothing is decided it is owed as ever.
    let undecided = [both[0].clone(), undone(given("125.00"))];
    let as_any = named(&[(CARDS, 12_500), (SALES, -10_000), (TAX, -2_500)]);
    assert_eq!(sums(&undecided, &at_use("")), as_any);
}

#[test]
fn a_part_may_be_a_gift_and_goes_back_as_one() {
    let paid = || mug().paid("03-10", "gift_card", "75.00").paid("03-10", CARD, "50.00");
    let clearing = "Clearing: Shopify Payments";
    let found = sums(&[paid().fact(), given("50.00")], &at_use(""));
    let expected =
        [(CARDS, 2_500), (GIFTS, 5_000), (clearing, 5_000), (SALES, -10_000), (TAX, -2_500)];
    assert_eq!(found, named(&expected));
    let back = [(SaleKind::Product, "-100.00", "0.00", "-25.00")];
    let returned = paid().refund("03-20", &back).at_rates(&[25, 25]);
    let returned = returned.repaid("03-20", "gift_card", "75.00").repaid("03-20", CARD, "50.00");
    let found = sums(&[returned.fact(), given("50.00")], &at_use(""));
    assert_eq!(found, named(&[(SALES, -10_000), ("Returns & refunds", 10_000)]));
}

#[test]
fn a_gift_beside_a_voucher_was_never_taxed() {
    let both = [mug().paid("03-10", "gift_card", "125.00").fact(), given("25.00")];
    let more = ", voucher = 'single-purpose', tax = 'Sales tax', rate = '25'";
    let expected = [(CARDS, 8_000), (GIFTS, 2_500), (SALES, -10_000), (TAX, -500)];
    assert_eq!(sums(&both, &at_use(more)), named(&expected));
}

#[test]
fn more_than_gift_cards_paid_was_no_gift() {
    let both = [mug().paid("03-10", "gift_card", "125.00").fact(), given("125.01")];
    let as_any = named(&[(CARDS, 12_500), (SALES, -10_000), (TAX, -2_500)]);
    assert_eq!(sums(&both, &at_use("")), as_any);
    let FactState::Held(issue) = state(&both, &at_use("")) else { panic!("it holds") };
    assert_eq!(issue.message, "gift cards paid 125.00 USD for order #1001, not 125.01 USD");
}

#[test]
fn gifts_are_used_up_by_the_first_payments_and_given_back_in_proportion() {
    let back = [(SaleKind::Product, "-40.00", "0.00", "-10.00")];
    let paid = mug().paid("03-10", "gift_card", "75.00").paid("03-11", "gift_card", "50.00");
    let order = paid.refund("03-20", &back).at_rates(&[25]).repaid("03-20", "gift_card", "50.00");
    let mut on_days: BTreeMap<String, i64> = BTreeMap::new();
    for entry in entries(&[order.fact(), given("100.00")], &at_use("")) {
        let gifts = entry.lines.iter().filter(|line| &*line.account.name == GIFTS);
        let sum: i64 = gifts.map(|line| line.amount.minor()).sum();
        *on_days.entry(entry.header.date.to_string()).or_default() += sum;
    }
    on_days.retain(|_, minor| *minor != 0);
    // Of 125.00 that cards paid 100.00 had been given away: 40.00 of the 50.00 that go back.
    let expected = [("2026-03-10", 7_500), ("2026-03-11", 2_500), ("2026-03-20", -4_000)];
    assert_eq!(on_days, named(&expected));
}
