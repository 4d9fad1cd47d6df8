//! Whatever comes of facts, it amounts to what they say: every story that is accounted here is
//! added up on both sides.

use crate::shop::{euros, goods, order, row, told, write_off};
use crate::statements::{amount_row, deferral_alone, parts};
use crate::told::edited;
use crate::warehouse::{billed, counted, ordered, paid_supplier, received, told_cost};
use crate::{POLICY, accounted_with_figures, all_cases, policy, policy_of, stocked};
use saldo_core::accounting::{Accounted, Group, account, group_by_name};
use saldo_core::commerce::{BalanceKind, Fact, MovementKind, MovementState, PartKind, SaleKind};
use saldo_core::issue::FactState;
use saldo_core::money::{Currency, Money};
use saldo_core::policy::Policy;
use saldo_core::proof::{Figure, Ground, Identity, figures};
use saldo_core::text::FactId;
use std::collections::{BTreeMap, BTreeSet};

/// The figures of a group.
pub(crate) fn of(
    group: &Group,
    facts: &[Fact],
    accounted: &Accounted,
    policy: &Policy,
) -> Vec<Figure> {
    let standings = accounted.standings.iter();
    let states: Vec<(FactId, FactState)> =
        standings.map(|it| (it.id.clone(), it.state.clone())).collect();
    let (entries, states) = (&accounted.entries, &states);
    let unreadable = &BTreeSet::new();
    figures(Ground { group, facts, entries, states, unreadable, policy }).unwrap()
}

type Totals = BTreeMap<(Identity, String, Currency), Money>;

fn differences(figures: &[Figure]) -> Totals {
    let mut totals = Totals::new();
    for it in figures {
        let key = (it.identity, it.about.clone(), it.expected.currency());
        let sum = totals.entry(key).or_insert(Money::zero(it.expected.currency()));
        *sum = sum.plus(it.difference().unwrap()).unwrap();
    }
    totals.retain(|_, sum| !sum.is_zero());
    totals
}

/// The figures of a group, once it is asserted that facts and entries amount to the same.
pub(crate) fn equal(
    group: &Group,
    facts: &[Fact],
    accounted: &Accounted,
    policy: &Policy,
) -> Vec<Figure> {
    let figures = of(group, facts, accounted, policy);
    let differences = differences(&figures);
    assert!(differences.is_empty(), "{group}: {differences:#?}\n{figures:#?}\n{accounted:#?}");
    let stray = figures.iter().find(|it| it.is_of_strays());
    assert_eq!(stray, None, "{group}: {accounted:#?}");
    figures
}

/// An order that is sold with tax, paid by gift card and card, with the card's row.
fn sold() -> (Group, Vec<Fact>) {
    let sold = order("03-10").sale_of_s1("03-10");
    let paid = sold.paid("03-10", "shopify_payments", "55.43").paid("03-10", "gift_card", "50.00");
    let facts = vec![paid.fact(), row(1, "03-10", BalanceKind::Charge, "55.43", "1.91")];
    (Group::Order("shop/Order/1".into()), facts)
}

fn accounted(group: &Group, facts: &[Fact], policy: &Policy) -> Accounted {
    account(group, facts, policy, "2027-01-01T00:00:00Z".parse().unwrap())
}

fn names(differences: &Totals) -> Vec<(Identity, &str, i64)> {
    differences
        .iter()
        .map(|((identity, about, _), sum)| (*identity, &**about, sum.minor()))
        .collect()
}

#[test]
fn what_is_entered_otherwise_than_it_was_told_differs_by_that_much() {
    let policy = policy(POLICY);
    let (group, facts) = sold();
    let told = accounted(&group, &facts, &policy);
    assert!(differences(&of(&group, &facts, &told, &policy)).is_empty());
    let account_of = [
        ("Gift card liability", Identity::StoredValue, "Gift card liability"),
        ("Sales tax payable (per jurisdiction)", Identity::TaxPayable, "Sales tax"),
    ];
    for (account, identity, about) in account_of {
        let mut wrong = told.clone();
        let mut lines = wrong.entries.iter_mut().flat_map(|entry| &mut entry.lines);
        let line = lines.find(|line| &*line.account.name == account).unwrap();
        line.amount = line.amount.plus("0.01 USD".parse().unwrap()).unwrap();
        let differences = differences(&of(&group, &facts, &wrong, &policy));
        assert_eq!(names(&differences), [(identity, about, 1)]);
    }
    let mut owing = told.clone();
    owing.entries.retain(|entry| !entry.id.as_str().contains("payment"));
    owing.standings.clear();
    let waiting = of(&group, &facts, &owing, &policy);
    let standings = waiting.iter().filter(|it| it.identity == Identity::Standings);
    assert!(standings.clone().all(|it| it.about.ends_with("in no state") && it.found.is_zero()));
    assert_eq!(standings.count(), 2, "{waiting:#?}");
}

#[test]
fn what_a_gateway_charged_otherwise_than_the_shop_says_is_named_by_year() {
    let policy = policy(POLICY);
    let (group, facts) = sold();
    let mut rows = facts.clone();
    let accounted = accounted(&group, &facts, &policy);
    for fact in &mut rows {
        if let Fact::BalanceTransaction(row) = fact {
            row.amount = "55.44 USD".parse().unwrap();
        }
    }
    let differences = differences(&of(&group, &rows, &accounted, &policy));
    let expected = [(Identity::GrossReceipts, "shopify_payments 2026", -1)];
    assert_eq!(names(&differences), expected);
}

#[test]
fn what_is_held_is_awaited_and_no_difference() {
    let policy = policy("");
    let (group, facts) = sold();
    let held = accounted(&group, &facts, &policy);
    assert!(held.entries.is_empty(), "no gateway has an account");
    let figures = of(&group, &facts, &held, &policy);
    assert!(differences(&figures).is_empty(), "{figures:#?}");
    let tax = figures.iter().find(|it| it.identity == Identity::TaxPayable).unwrap();
    assert_eq!((tax.expected.minor(), tax.found.minor(), tax.awaited.minor()), (-743, 0, -743));
}

#[test]
fn entries_that_no_sum_can_hold_leave_nothing_to_compare() {
    let policy = policy(POLICY);
    let (group, facts) = sold();
    let mut told = accounted(&group, &facts, &policy);
    for line in told.entries.iter_mut().flat_map(|entry| &mut entry.lines) {
        if &*line.account.name == "Gift card liability" {
            line.amount = Money::from_minor(i64::MAX - 1, line.amount.currency());
        }
    }
    let again = told.entries.clone();
    told.entries.extend(again);
    let figures = of(&group, &facts, &told, &policy);
    assert!(figures.iter().all(|it| it.identity != Identity::StoredValue), "{figures:#?}");
}

#[test]
fn an_order_that_a_file_tells_by_its_name_as_well_counts_once() {
    let (group, facts) = sold();
    let Fact::Order(by_number) = &facts[0] else { panic!("an order") };
    for gross in [10_000, 9_000] {
        let mut by_name = by_number.clone();
        by_name.id = "shop/OrderName/#1001".into();
        by_name.source.stream = "a-file".into();
        by_name.agreements[0].lines[0].gross = Money::from_minor(gross, policy(POLICY).currency);
        let both = [facts[0].clone(), Fact::Order(by_name)];
        let policy = policy(POLICY);
        // What a file tells by its name alone stands where that name does, with what it may be.
        let told = [(group.clone(), &both[..1]), (group_by_name(by_number), &both[..])];
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (group, facts) in told {
            let figures = of(&group, facts, &accounted(&group, facts, &policy), &policy);
            for it in figures.into_iter().filter(|it| it.identity == Identity::Standings) {
                *counts.entry(it.about).or_default() += it.facts;
            }
        }
        let orders = counts.iter().filter(|(about, _)| about.starts_with("orders, "));
        assert_eq!(orders.map(|(_, count)| count).sum::<u32>(), 1, "{counts:?}");
        let again = counts.iter().filter(|(about, _)| about.starts_with("orders told again, "));
        assert_eq!(again.map(|(_, count)| count).sum::<u32>(), 1, "{counts:?}");
    }
}

/// Figures as a person reads them: what is said, what is held, and what is awaited.
fn read(facts: &[Fact], policy: &Policy) -> String {
    let far = "2027-01-01T00:00:00Z".parse().unwrap();
    let all = accounted_with_figures(facts, policy, far).into_iter();
    let line = |it: &Figure| {
        let Figure { about, day, expected, found, awaited, facts, .. } = it;
        let awaited = if awaited.is_zero() { "" } else { &format!(", awaited {awaited}") };
        format!("  {day} {:?} {about}: {expected} = {found}{awaited} ({facts})\n", it.identity)
    };
    all.flat_map(|(_, figures)| figures).map(|it| line(&it)).collect()
}

#[test]
fn the_events_of_the_reference_say_what_the_books_must_hold() {
    let of_stock = stocked::cases();
    let own = |event: &str| !of_stock.iter().any(|case| case.event == event);
    let mut text = String::new();
    for case in all_cases().into_iter().filter(|case| own(case.event)) {
        text.push_str(&format!("== {}\n", case.event));
        text.push_str(&read(&case.facts, &policy_of(case.event)));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_bought_and_counted_stands_in_one_state_with_what_it_amounts_to() {
    let facts = [
        ordered("01-09"),
        paid_supplier(1, "01-10", "300.00"),
        received(1, "02-10", "MUG", 100, "800.00"),
        billed(1, "03-20", "MUG", (100, "810.00"), "60.00"),
        told_cost(1, "01-03", "MUG", "8.00"),
        counted(1, "04-02", "MUG", -3),
    ];
    let stands = |policy: &Policy| {
        let all = read(&facts, policy);
        all.lines().filter(|line| line.contains("Standings")).fold(String::new(), |mut text, it| {
            text.push_str(it.trim_start());
            text.push('\n');
            text
        })
    };
    insta::assert_snapshot!(stands(&stocked::costing("fifo")), @"
    2026-01-03 Standings costs of items, entered: 0.00 USD = 0.00 USD (1)
    2026-04-02 Standings stock adjustments, entered: 0.00 USD = 0.00 USD (1)
    2026-02-10 Standings goods receipts, entered: 0.00 USD = 0.00 USD (1)
    2026-01-09 Standings purchase orders, excluded: 0.00 USD = 0.00 USD (1)
    2026-03-20 Standings supplier bills, entered: 870.00 USD = 870.00 USD (1)
    2026-01-10 Standings supplier payments, entered: 300.00 USD = 300.00 USD (1)
    ");
    let nobody = stands(&policy(POLICY));
    assert!(nobody.lines().all(|line| line.contains(", excluded: ")), "{nobody}");
    assert_eq!(nobody.lines().count(), facts.len());
}

/// A story: what it is about, its facts, and the policy.
type Story = (&'static str, Vec<Fact>, Policy);

/// Stories of orders of which some figure depends on more than their amounts.
fn of_orders() -> Vec<Story> {
    const CARD: &str = "shopify_payments";
    let now = || policy(POLICY);
    let by_goods = || policy(&format!("recognition = \"fulfilment\"\n{POLICY}"));
    let later = || {
        let start = "2026-03-11".parse().unwrap();
        Policy::new(1, POLICY, crate::usd(), "America/New_York", start).unwrap()
    };
    let unpaid = || order("03-10").sale_of_s1("03-10");
    let set_aside = |day| unpaid().movement(MovementKind::Authorisation, day, CARD, "105.43");
    let lines = [
        (SaleKind::Product, "60.00", "0.00", "0.00"),
        (SaleKind::Product, "40.00", "0.00", "0.00"),
        (SaleKind::Shipping, "8.00", "0.00", "0.00"),
    ];
    let two = || {
        let sale = order("03-10").sale("03-10", &lines).of_items(&[("Item/1", 2), ("Item/2", 1)]);
        sale.paid("03-10", CARD, "108.00").fact()
    };
    let sent = |of: &[(&str, u32)]| told(goods(&[("03-12", of)]));
    let failed = |day| set_aside(day).in_state(MovementState::Failed);
    vec![
        (
            "set aside, taken later",
            vec![set_aside("03-10").paid("03-12", CARD, "105.43").fact()],
            now(),
        ),
        ("set aside later", vec![set_aside("03-11").paid("03-12", CARD, "105.43").fact()], now()),
        ("not set aside", vec![failed("03-10").paid("03-12", CARD, "105.43").fact()], now()),
        ("given up", vec![unpaid().fact(), write_off("05-01", true)], now()),
        ("sold before the books", vec![unpaid().paid("03-12", CARD, "105.43").fact()], later()),
        ("sold on the first day", vec![order("03-11").sale_of_s1("03-11").fact()], later()),
        ("nothing sent", vec![two()], by_goods()),
        ("one of two sent", vec![two(), sent(&[("Item/1", 2)])], by_goods()),
        ("all sent", vec![two(), sent(&[("Item/1", 2), ("Item/2", 1)])], by_goods()),
        (
            "given back before it was sent",
            vec![
                order("03-10")
                    .sale("03-10", &lines)
                    .of_items(&[("Item/1", 2), ("Item/2", 1)])
                    .refund("03-11", &[(SaleKind::Product, "-40.00", "0.00", "0.00")])
                    .of_items(&[("Item/2", -1)])
                    .paid("03-10", CARD, "68.00")
                    .fact(),
            ],
            by_goods(),
        ),
    ]
}

/// The same of rows and deferrals.
fn of_gateways() -> Vec<Story> {
    const CARD: &str = "shopify_payments";
    let now = || policy(POLICY);
    let unpaid = || order("03-10").sale_of_s1("03-10");
    vec![
        (
            "a charge of another payment and of a rehearsal",
            vec![
                unpaid().paid("03-10", CARD, "105.43").fact(),
                edited(row(1, "03-10", BalanceKind::Charge, "105.43", "0.00"), |row| {
                    row.movement = Some("Transaction/9".to_owned());
                }),
                edited(row(2, "03-10", BalanceKind::Charge, "105.43", "0.00"), |row| {
                    row.test = true
                }),
            ],
            now(),
        ),
        (
            "kept back in euros",
            vec![euros(row(1, "03-10", BalanceKind::Reserve, "-9.00", "0.00"))],
            now(),
        ),
        ("deferred in euros", vec![deferral_alone(true)], now()),
        (
            "tax of a marketplace without its order",
            vec![amount_row(
                "ebay",
                1,
                "03-10",
                BalanceKind::Itemised(parts(&[
                    (PartKind::Goods, "100.00"),
                    (PartKind::Tax("Sales tax".to_owned()), "8.25"),
                    (PartKind::ChannelTax, "1.00"),
                    (PartKind::ChannelTaxKept, "-1.00"),
                ])),
                "108.25",
            )],
            now(),
        ),
    ]
}

#[test]
fn figures_follow_what_happened_and_when() {
    let stories = of_orders().into_iter().chain(of_gateways());
    let read = |(name, facts, policy): Story| format!("== {name}\n{}", read(&facts, &policy));
    insta::assert_snapshot!(stories.map(read).collect::<String>());
}

#[test]
fn a_sale_is_told_on_the_day_of_its_order_whenever_it_was_agreed() {
    let policy = policy(POLICY);
    let lines = [(SaleKind::Product, "100.00", "0.00", "8.25")];
    let sold = order("03-10").sale("03-12", &lines).paid("03-10", "shopify_payments", "108.25");
    let of = |fact: Fact| -> Vec<Figure> {
        let far = "2027-01-01T00:00:00Z".parse().unwrap();
        let all = accounted_with_figures(&[fact], &policy, far).into_iter();
        all.flat_map(|(_, figures)| figures).collect()
    };
    let figures = of(sold.clone().fact());
    let compared: BTreeSet<Identity> = figures.iter().map(|it| it.identity).collect();
    for identity in [Identity::TaxPayable, Identity::Sales, Identity::OpenOrders] {
        assert!(compared.contains(&identity), "{compared:?}");
    }
    for figure in figures.iter().filter(|it| it.identity != Identity::GrossReceipts) {
        assert_eq!(figure.day.to_string(), "2026-03-10", "{figure:#?}");
    }
    // A rehearsal amounts to nothing.
    let Fact::Order(mut rehearsal) = sold.fact() else { panic!("an order") };
    rehearsal.test = true;
    let figures = of(Fact::Order(rehearsal));
    assert!(figures.iter().all(|it| it.identity == Identity::Standings), "{figures:#?}");
}
