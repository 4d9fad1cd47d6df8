//! What goods cost: layers, averages, what comes back, what is counted and billed late.

use super::shop::{goods, order, told, usd};
use super::warehouse::{
    adjusted, back, billed, counted, in_bundles, opening, ordered, paid_supplier, received, sent,
    told_cost,
};
use super::{Case, POLICY, account, case, policy, stock_of};
use jiff::Timestamp;
use saldo_core::commerce::{AdjustmentReason, Condition, Fact, Goods, SaleKind};
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use std::collections::BTreeMap;

pub(crate) const COGS: &str = "Cost of goods sold";
pub(crate) const STOCK: &str = "Inventory";
pub(crate) const GRNI: &str = "Goods received not invoiced";
const SHRINKAGE: &str = "Inventory shrinkage & damage";
const CARD: &str = "shopify_payments";

/// What goods cost, with accounts for two items.
pub(crate) const COSTS: &str = r#"
[cost]
owner = "saldo"
method = "fifo"
[cost.accounts]
A = "Inventory: item A"
B = "Inventory: item B"
"#;

/// The events of stock and purchases.
pub(crate) fn cases() -> Vec<Case> {
    let of_order = |goods: Goods, cost: Vec<Fact>| {
        let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
        let order = order("03-10").sale("03-10", &lines).paid("03-10", "paypal", "100.00");
        [vec![order.fact(), told(goods)], cost].concat()
    };
    let mugs = || vec![opening(1, "01-05", "MUG", 10, "20.00")];
    let two_mugs = || sent(&[("03-12", &[("MUG", 2)])]);
    let set = in_bundles(sent(&[("03-12", &[("SET", 1)])]), &[("A", 2), ("B", 1)]);
    let parts = vec![opening(1, "01-05", "A", 10, "5.00"), opening(2, "01-05", "B", 10, "7.00")];
    let restocked = back(two_mugs(), "04-10", ("MUG", 2), Condition::Resaleable);
    let damaged = back(two_mugs(), "04-10", ("MUG", 2), Condition::Damaged);
    let exchanged = sent(&[("03-12", &[("MUG", 1)]), ("04-10", &[("LAMP", 1)])]);
    let exchanged = back(exchanged, "04-10", ("MUG", 1), Condition::Resaleable);
    let lamp = opening(2, "01-05", "LAMP", 3, "28.00");
    let both = [mugs(), vec![lamp]].concat();
    let deposit = || paid_supplier(1, "01-10", "300.00");
    let came = || received(1, "02-10", "MUG", 100, "800.00");
    let purchase = vec![deposit(), came(), billed(1, "03-20", "MUG", (100, "810.00"), "60.00")];
    let at_eight = || opening(1, "01-05", "MUG", 10, "8.00");
    let lost = AdjustmentReason::Other("lost by the warehouse".to_owned());
    let at_six = opening(1, "01-05", "MUG", 10, "6.00");
    vec![
        case("S6", &["03-12"], of_order(two_mugs(), mugs())),
        case("S7", &["03-12"], of_order(set, parts)),
        case("R2", &["04-10"], of_order(restocked, mugs())),
        case("R3", &["04-10"], of_order(damaged, mugs())),
        case("R9", &["04-10"], of_order(exchanged, both)),
        case("I1", &[], vec![ordered("01-09")]),
        case("I2", &["01-10"], vec![deposit()]),
        case("I3", &["02-10"], vec![came()]),
        case("I4", &["03-20"], purchase),
        case("I5", &["04-02"], vec![at_eight(), counted(2, "04-02", "MUG", -3)]),
        case("A6", &["04-02"], vec![at_six, adjusted(2, "04-02", "MUG", -3, lost, None)]),
    ]
}

pub(crate) fn costing(method: &str) -> Policy {
    costing_with("", method)
}

/// The same, of a policy that begins with these words.
pub(crate) fn costing_with(words: &str, method: &str) -> Policy {
    policy(&format!("{words}\n{POLICY}\n[cost]\nowner = \"saldo\"\nmethod = \"{method}\"\n"))
}

pub(crate) fn far() -> Timestamp {
    "2027-06-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn entries(facts: &[Fact], policy: &Policy) -> Vec<SubledgerEntry> {
    entries_until(facts, policy, far())
}

/// What is entered of what has been heard until an instant.
pub(crate) fn entries_until(
    facts: &[Fact],
    policy: &Policy,
    heard: Timestamp,
) -> Vec<SubledgerEntry> {
    account(facts, policy, heard).into_iter().flat_map(|accounted| accounted.entries).collect()
}

pub(crate) fn on(entries: &[SubledgerEntry], account: &str, day: &str) -> i64 {
    let day = format!("2026-{day}");
    let lines = entries
        .iter()
        .filter(|entry| entry.header.date.to_string() == day)
        .flat_map(|entry| &entry.lines);
    lines.filter(|line| &*line.account.name == account).map(|line| line.amount.minor()).sum()
}

pub(crate) fn sum(entries: &[SubledgerEntry], account: &str) -> i64 {
    let lines = entries.iter().flat_map(|entry| &entry.lines);
    lines.filter(|line| &*line.account.name == account).map(|line| line.amount.minor()).sum()
}

/// An order of the first of January, paid, whose goods these are.
pub(crate) fn ordered_by_buyer(goods: Goods) -> Vec<Fact> {
    let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let order = order("01-02").sale("01-02", &lines).paid("01-02", CARD, "100.00");
    vec![order.fact(), told(goods)]
}

pub(crate) fn state(facts: &[Fact], policy: &Policy, fact: &str) -> FactState {
    let all = account(facts, policy, far());
    let mut standings = all.into_iter().flat_map(|it| it.standings);
    standings.find(|standing| standing.id.as_str() == fact).unwrap().state
}

#[test]
fn first_in_first_out_and_average_cost_what_they_should() {
    let parcels = sent(&[("01-10", &[("MUG", 4)]), ("02-10", &[("MUG", 4)])]);
    let mut facts = ordered_by_buyer(parcels);
    facts.push(received(1, "01-05", "MUG", 5, "50.00"));
    facts.push(received(2, "01-06", "MUG", 5, "60.01"));
    let fifo = entries(&facts, &costing("fifo"));
    assert_eq!(on(&fifo, COGS, "01-10"), 4_000);
    assert_eq!(on(&fifo, COGS, "02-10"), 1_000 + 3_601, "three of five, by the cent");
    let average = entries(&facts, &costing("average"));
    assert_eq!(on(&average, COGS, "01-10"), 4_400);
    assert_eq!(on(&average, COGS, "02-10"), 4_401);
    assert_eq!(sum(&fifo, STOCK), 11_001 - 4_000 - 4_601);
}

#[test]
fn a_cost_told_holds_from_its_day_until_another_is_told() {
    let parcels =
        sent(&[("01-10", &[("MUG", 2)]), ("02-10", &[("MUG", 1)]), ("03-10", &[("MUG", 1)])]);
    let mut facts = ordered_by_buyer(parcels);
    facts.push(told_cost(1, "01-03", "MUG", "8.00"));
    facts.push(told_cost(2, "03-01", "MUG", "9.00"));
    let all = entries(&facts, &costing("average"));
    let costs = ["01-10", "02-10", "03-10"].map(|day| on(&all, COGS, day));
    assert_eq!(costs, [1_600, 800, 900]);
}

#[test]
fn what_leaves_before_its_cost_is_known_is_an_issue_and_is_entered_once_it_is() {
    let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 5)])]));
    facts.push(received(1, "01-05", "MUG", 3, "30.00"));
    let policy = costing("fifo");
    let all = entries(&facts, &policy);
    assert_eq!(on(&all, COGS, "01-10"), 3_000, "as far as it is known");
    assert_eq!(on(&all, "Product sales", "01-02"), -10_000, "the sale goes on");
    let FactState::Accounted { review: Some(issue) } = state(&facts, &policy, "shop/Goods/1")
    else {
        panic!("it is to be looked at")
    };
    insta::assert_snapshot!(
        issue.message,
        @"order #1001: more units left than are known with a cost, of MUG"
    );
    facts.push(received(2, "02-05", "MUG", 10, "110.00"));
    let all = entries(&facts, &policy);
    assert_eq!(on(&all, COGS, "01-10"), 3_000, "what was entered stays");
    assert_eq!(on(&all, COGS, "02-05"), 2_200);
    assert_eq!(sum(&all, STOCK), 8_800);
}

#[test]
fn what_comes_back_is_worth_what_it_was_when_it_left() {
    let parcels = sent(&[("01-10", &[("MUG", 3)])]);
    let parcels = back(parcels, "02-20", ("MUG", 1), Condition::Resaleable);
    let parcels = back(parcels, "02-21", ("MUG", 1), Condition::Damaged);
    let mut facts = ordered_by_buyer(back(parcels, "02-22", ("MUG", 1), Condition::Gone));
    facts.push(opening(1, "01-03", "MUG", 3, "10.00"));
    facts.push(received(1, "02-05", "MUG", 1, "99.00"));
    let all = entries(&facts, &costing("fifo"));
    assert_eq!(on(&all, STOCK, "02-20"), 1_000);
    assert_eq!(on(&all, SHRINKAGE, "02-21"), 1_000);
    assert_eq!(sum(&all, COGS), 1_000, "what the buyer kept stays sold");
}

#[test]
fn a_parcel_that_never_left_costs_nothing() {
    let mut parcels = sent(&[("01-30", &[("MUG", 2)]), ("02-10", &[("MUG", 2)])]);
    parcels.fulfilments[0].cancelled_at = Some("2026-02-03T17:00:00Z".parse().unwrap());
    let mut facts = ordered_by_buyer(parcels);
    facts.push(opening(1, "01-03", "MUG", 2, "10.00"));
    let all = entries(&facts, &costing("average"));
    let costs = ["01-30", "02-03", "02-10"].map(|day| on(&all, COGS, day));
    assert_eq!(costs, [2_000, -2_000, 2_000]);
}

#[test]
fn a_bill_costs_more_for_what_is_there_and_for_what_is_gone() {
    for (method, kept) in [("fifo", 4_200), ("average", 4_200)] {
        let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 40)])]));
        facts.push(received(1, "01-05", "MUG", 100, "800.00"));
        facts.push(billed(1, "02-03", "MUG", (100, "810.00"), "60.00"));
        let all = entries(&facts, &costing(method));
        assert_eq!(on(&all, COGS, "01-10"), 32_000, "what was entered stays");
        assert_eq!(on(&all, COGS, "02-03"), 2_800, "{method}");
        assert_eq!(sum(&all, STOCK), 48_000 + kept, "{method}");
        assert_eq!(sum(&all, GRNI), 0);
    }
}

#[test]
fn a_bill_waits_for_its_goods_and_counts_once_they_are_there() {
    let bill = || billed(1, "01-03", "MUG", (10, "90.00"), "0.00");
    let policy = costing("fifo");
    assert!(matches!(state(&[bill()], &policy, "shop/Bill/1"), FactState::Waiting { .. }));
    let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 5)])]));
    facts.extend([bill(), received(1, "01-08", "MUG", 10, "80.00")]);
    assert!(matches!(state(&facts, &policy, "shop/Bill/1"), FactState::Accounted { .. }));
    let all = entries(&facts, &policy);
    assert_eq!(on(&all, "Accounts payable", "01-08"), -9_000);
    assert_eq!(on(&all, COGS, "01-10"), 4_500);
    assert_eq!(sum(&all, STOCK), 4_500);
}

#[test]
fn a_bill_in_parts_clears_what_came_in() {
    let mut facts = vec![received(1, "01-05", "MUG", 3, "10.00")];
    facts.push(billed(1, "02-03", "MUG", (3, "10.00"), "0.00"));
    let Fact::SupplierBill(mut first) = facts[1].clone() else { panic!("a bill") };
    first.id = "shop/Bill/0".into();
    first.lines[0].units = 1;
    first.lines[0].amount = super::shop::money("3.33");
    let Fact::SupplierBill(rest) = &mut facts[1] else { panic!("a bill") };
    rest.lines[0].units = 2;
    rest.lines[0].amount = super::shop::money("6.67");
    facts.push(Fact::SupplierBill(first));
    let all = entries(&facts, &costing("fifo"));
    assert_eq!((sum(&all, GRNI), sum(&all, STOCK)), (0, 1_000));
    assert_eq!(sum(&all, "Accounts payable"), -1_000);
}

#[test]
fn goods_without_a_price_are_held() {
    let policy = costing("fifo");
    let facts = [received(1, "01-05", "MUG", 10, "")];
    assert!(matches!(state(&facts, &policy, "shop/Receipt/1"), FactState::Held(_)));
    assert_eq!(entries(&facts, &policy), []);
}

#[test]
fn more_than_there_is_cannot_be_written_off() {
    let policy = costing("fifo");
    let facts = [opening(1, "01-03", "MUG", 2, "5.00"), counted(2, "01-04", "MUG", -3)];
    assert!(matches!(state(&facts, &policy, "shop/Adjustment/2"), FactState::Held(_)));
    let found = [counted(1, "01-04", "MUG", 3)];
    assert!(matches!(state(&found, &policy, "shop/Adjustment/1"), FactState::Held(_)));
}

#[test]
fn reasons_have_accounts_of_their_own() {
    let text = format!(
        "{POLICY}\n[cost]\nowner = \"saldo\"\n[cost.reasons]\nsample = \"advertising\"\n\
         [cost.accounts]\nMUG = \"Inventory: mugs\""
    );
    let reason = AdjustmentReason::Other("Sample".to_owned());
    let facts = [
        opening(1, "01-03", "MUG", 2, "5.00"),
        adjusted(2, "01-04", "MUG", -1, reason, None),
        counted(3, "01-05", "MUG", 1),
    ];
    let all = entries(&facts, &policy(&text));
    assert_eq!((sum(&all, "Advertising"), sum(&all, SHRINKAGE)), (500, -500));
    assert_eq!(sum(&all, "Inventory: mugs"), 0);
}

#[test]
fn nobody_is_asked_for_costs_where_nobody_keeps_them() {
    let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 4)])]));
    facts.extend([received(1, "01-05", "MUG", 5, "50.00"), counted(1, "01-06", "MUG", -1)]);
    let policy = policy(&format!("{POLICY}\n[cost]\nowner = \"nobody\""));
    assert!(!policy.follows_goods());
    let all = entries(&facts, &policy);
    assert_eq!((sum(&all, COGS), sum(&all, STOCK), sum(&all, GRNI)), (0, 0, 0));
    for fact in ["shop/Goods/1", "shop/Receipt/1", "shop/Adjustment/1"] {
        assert!(matches!(state(&facts, &policy, fact), FactState::Excluded { .. }), "{fact}");
    }
}

#[test]
fn a_day_that_goes_on_costs_nothing_yet() {
    let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 1)])]));
    facts.push(opening(1, "01-03", "MUG", 2, "5.00"));
    let policy = costing("fifo");
    let evening: Timestamp = "2026-01-11T04:59:59Z".parse().unwrap();
    let all = account(&facts, &policy, evening);
    let wake = all.iter().filter_map(|accounted| accounted.wake_at).min();
    assert_eq!(wake, Some("2026-01-11T05:00:00Z".parse().unwrap()));
    let entries: Vec<_> = all.into_iter().flat_map(|it| it.entries).collect();
    assert_eq!(sum(&entries, COGS), 0);
}

#[test]
fn goods_that_nothing_tells_apart_are_an_issue() {
    let mut parcels = goods(&[("01-10", &[("Item/1", 1)])]);
    parcels.fulfilments[0].parts[0].product =
        Some(saldo_core::commerce::Product { id: None, sku: None, title: "Nameless".to_owned() });
    let facts = ordered_by_buyer(parcels);
    let state = state(&facts, &costing("fifo"), "shop/Goods/1");
    assert!(matches!(state, FactState::Accounted { review: Some(_) }), "{state:?}");
}

#[test]
fn bundles_leave_as_their_parts_and_come_back_as_such() {
    let parcels = in_bundles(sent(&[("01-10", &[("SET", 2)])]), &[("A", 2), ("B", 1)]);
    let mut parcels = back(parcels, "02-20", ("SET", 1), Condition::Resaleable);
    parcels.returned[0].units.components = parcels.fulfilments[0].parts[0].components.clone();
    let mut facts = ordered_by_buyer(parcels);
    facts.push(opening(1, "01-03", "A", 4, "5.00"));
    facts.push(opening(2, "01-03", "B", 2, "7.00"));
    let all = entries(&facts, &costing("fifo"));
    assert_eq!(on(&all, COGS, "01-10"), 3_400);
    assert_eq!(on(&all, COGS, "02-20"), -1_700);
}

#[test]
fn what_left_before_the_books_began_costs_nothing_later() {
    let mut parcels = sent(&[("01-20", &[("MUG", 3)]), ("02-10", &[("MUG", 1)])]);
    parcels.fulfilments[0].at = "2025-12-20T17:00:00Z".parse().unwrap();
    let mut facts = ordered_by_buyer(parcels);
    facts.push(opening(1, "01-05", "MUG", 5, "4.00"));
    let policy = costing("fifo");
    let all = entries(&facts, &policy);
    assert_eq!((sum(&all, COGS), on(&all, COGS, "02-10")), (400, 400));
    let goods = state(&facts, &policy, "shop/Goods/1");
    assert_eq!(goods, FactState::Accounted { review: None });
}

#[test]
fn a_rehearsal_takes_nothing_from_the_shelf() {
    let mut rehearsed = sent(&[("01-10", &[("MUG", 1)])]);
    rehearsed.test = true;
    let facts = [told(rehearsed), opening(1, "01-03", "MUG", 5, "4.00")];
    let stock = stock_of(&facts, &costing("fifo"), far());
    assert_eq!(stock.value(usd()).unwrap().minor(), 2_000);
}

#[test]
fn goods_that_are_given_away_cost_what_they_cost() {
    let mut facts = vec![told(sent(&[("01-10", &[("MUG", 1)])]))];
    facts.extend([order("01-02").fact(), opening(1, "01-03", "MUG", 5, "4.00")]);
    assert_eq!(sum(&entries(&facts, &costing("fifo")), COGS), 400);
}

#[test]
fn costs_are_kept_from_the_day_on_which_a_policy_says_so() {
    let parcels = sent(&[("01-20", &[("MUG", 1)]), ("02-10", &[("MUG", 2)])]);
    let mut facts = ordered_by_buyer(parcels);
    facts.extend([received(1, "01-10", "MUG", 9, "9.00"), opening(2, "02-02", "MUG", 5, "4.00")]);
    let since = "2026-02-01".parse().unwrap();
    let policy = costing("fifo").following(policy(POLICY), since);
    assert!(policy.follows_costs() && policy.follows_goods());
    let all = entries(&facts, &policy);
    assert_eq!((on(&all, COGS, "01-20"), on(&all, COGS, "02-10")), (0, 800));
    assert_eq!((sum(&all, STOCK), sum(&all, GRNI)), (-800, 0));
    let goods = state(&facts, &policy, "shop/Goods/1");
    assert_eq!(goods, FactState::Accounted { review: None }, "nobody asks what was before");
    assert!(matches!(state(&facts, &policy, "shop/Receipt/1"), FactState::Excluded { .. }));
}

#[test]
fn what_leaves_and_comes_back_at_one_instant_is_in_stock_again() {
    let parcels = sent(&[("01-10", &[("MUG", 1)])]);
    let mut facts = ordered_by_buyer(back(parcels, "01-10", ("MUG", 1), Condition::Resaleable));
    facts.push(received(1, "01-10", "MUG", 3, "0.02"));
    let policy = costing("average");
    let held = stock_of(&facts, &policy, far()).value(usd()).unwrap().minor();
    assert_eq!((sum(&entries(&facts, &policy), STOCK), held), (2, 2));
}

#[test]
fn what_is_entered_balances_in_stock_and_cost() {
    let mut facts = ordered_by_buyer(sent(&[("01-10", &[("MUG", 4)])]));
    facts.push(opening(1, "01-03", "MUG", 5, "5.00"));
    let all = entries(&facts, &costing("fifo"));
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for line in all.iter().flat_map(|entry| &entry.lines) {
        *sums.entry(&line.account.name).or_default() += line.amount.minor();
    }
    assert_eq!((sums[STOCK], sums[COGS]), (-2_000, 2_000), "the opening balances hold the rest");
}
