//! What each tax is charged on: the same whenever sales are earned.

use super::shop::{Shop, goods, order, told, write_off};
use super::{POLICY, account, policy};
use jiff::civil::Date;
use saldo_core::book::TaxRate;
use saldo_core::commerce::{Fact, SaleKind};
use saldo_core::document::{DocumentKind, Line, LineKind, SubledgerEntry};
use saldo_core::policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

const CARD: &str = "shopify_payments";

/// What tax reports make of entries, by day: what each tax is charged on, in minor units, and what
/// was sold without one, by why that is. Sales negative.
pub(crate) type Bases = BTreeMap<(Date, String), i64>;

/// What each tax of some entries is charged on. Journal entries reach no tax report.
pub(crate) fn bases<'a>(entries: impl IntoIterator<Item = &'a SubledgerEntry>) -> Bases {
    let mut bases = Bases::new();
    for entry in entries {
        let header = &entry.header;
        let reported = matches!(
            header.kind,
            DocumentKind::SalesReceipt
                | DocumentKind::Invoice
                | DocumentKind::RefundReceipt
                | DocumentKind::CreditMemo
        );
        if !reported {
            continue;
        }
        let all: BTreeSet<TaxRate> = entry.lines.iter().filter_map(tax).collect();
        for line in &entry.lines {
            for name in borne(line, &all) {
                *bases.entry((header.date, name)).or_default() += line.amount.minor();
            }
        }
    }
    bases.retain(|_, minor| *minor != 0);
    bases
}

fn tax(line: &Line) -> Option<TaxRate> {
    match &line.kind {
        LineKind::Tax { title, rate } => Some(TaxRate { title: title.clone(), rate: *rate }),
        _ => None,
    }
}

fn borne(line: &Line, all: &BTreeSet<TaxRate>) -> Vec<String> {
    let taxed = matches!(
        line.kind,
        LineKind::Product { taxed: true, .. }
            | LineKind::Other { taxed: true }
            | LineKind::Unearned { taxed: true }
    );
    match (line.taxes.is_empty(), taxed) {
        (false, _) => line.taxes.iter().map(ToString::to_string).collect(),
        (true, true) => all.iter().map(ToString::to_string).collect(),
        (true, false) if line.is_sold() => vec!["untaxed".to_owned()],
        (true, false) => Vec::new(),
    }
}

fn entries(facts: &[Fact], policy: &Policy) -> Vec<SubledgerEntry> {
    let far = "2027-06-01T00:00:00Z".parse().unwrap();
    account(facts, policy, far).into_iter().flat_map(|accounted| accounted.entries).collect()
}

fn by(recognition: &str, more: &str) -> Policy {
    policy(&format!("recognition = \"{recognition}\"\n{more}\n{POLICY}"))
}

/// The bases of facts, by day and tax as words; the same at payment and at fulfilment.
fn of(facts: &[Fact], more: &str) -> Vec<String> {
    let at_payment = bases(&entries(facts, &by("payment", more)));
    let found = bases(&entries(facts, &by("fulfilment", more)));
    assert_eq!(found, at_payment);
    found.into_iter().map(|((day, tax), minor)| format!("{day} {tax} {minor}")).collect()
}

/// A mug at 25 %, a book at 12 %, a stamp without tax and carriage at 25 %.
fn four() -> Shop {
    let lines = [
        (SaleKind::Product, "100.00", "0.00", "25.00"),
        (SaleKind::Product, "50.00", "0.00", "6.00"),
        (SaleKind::Product, "10.00", "0.00", "0.00"),
        (SaleKind::Shipping, "8.00", "0.00", "2.00"),
    ];
    let sold = order("03-10").sale("03-10", &lines).at_rates(&[25, 12, 0, 25]);
    sold.of_items(&[("Item/1", 2), ("Item/2", 1), ("Item/3", 1), ("", 1)])
}

#[test]
fn a_deposit_has_a_line_for_each_set_of_taxes() {
    let facts = [four().paid("03-10", CARD, "201.00").fact()];
    let [sale] = &entries(&facts, &by("fulfilment", ""))[..] else { panic!("one entry") };
    let deposits = sale.lines.iter().filter(|it| matches!(it.kind, LineKind::Unearned { .. }));
    let of_line = |line: &Line| (line.amount.minor(), line.taxes.len());
    assert_eq!(deposits.map(of_line).collect::<Vec<_>>(), [(-1_000, 0), (-5_000, 1), (-10_800, 1)]);
    let expected = [
        "2026-03-10 Sales tax 12% -5000",
        "2026-03-10 Sales tax 25% -10800",
        "2026-03-10 untaxed -1000",
    ];
    assert_eq!(of(&facts, ""), expected);
}

/// The four, some of which are given up before they are handed over.
pub(crate) fn in_parcels() -> Vec<Fact> {
    let back = [(SaleKind::Product, "-50.00", "0.00", "-12.50")];
    let order = four().paid("03-10", CARD, "201.00").refund("03-12", &back);
    let Fact::Order(mut order) = order.of_items(&[("Item/1", -1)]).fact() else { panic!() };
    order.agreements[1].lines[0].taxes[0].rate = Some(25.into());
    let parcels = goods(&[("03-11", &[("Item/2", 1)]), ("03-14", &[("Item/1", 1), ("Item/3", 1)])]);
    vec![Fact::Order(order), told(parcels)]
}

#[test]
fn parcels_change_no_base_and_what_is_given_up_before_them_does() {
    let facts = in_parcels();
    let expected = [
        "2026-03-10 Sales tax 12% -5000",
        "2026-03-10 Sales tax 25% -10800",
        "2026-03-10 untaxed -1000",
        "2026-03-12 Sales tax 25% 5000",
    ];
    assert_eq!(of(&facts, ""), expected);
}

#[test]
fn what_nobody_can_earn_any_more_keeps_the_tax_that_fell_due_on_it() {
    // All is given up, for 30.00 less than was paid for the mugs; carriage is kept.
    let back = [
        (SaleKind::Product, "-70.00", "0.00", "-25.00"),
        (SaleKind::Product, "-50.00", "0.00", "-6.00"),
        (SaleKind::Product, "-10.00", "0.00", "0.00"),
    ];
    let order = four().paid("03-10", CARD, "201.00").refund("03-12", &back);
    let order = order.of_items(&[("Item/1", -2), ("Item/2", -1), ("Item/3", -1)]);
    let Fact::Order(mut order) = order.fact() else { panic!() };
    for (line, percent) in order.agreements[1].lines.iter_mut().zip([25, 12, 0]) {
        line.taxes[0].rate = Some(percent.into());
    }
    let expected = [
        "2026-03-10 Sales tax 12% -5000",
        "2026-03-10 Sales tax 25% -10800",
        "2026-03-10 untaxed -1000",
        "2026-03-12 Sales tax 12% 5000",
        "2026-03-12 Sales tax 25% 7000",
        "2026-03-12 untaxed 1000",
    ];
    assert_eq!(of(&[Fact::Order(order)], ""), expected);
}

#[test]
fn a_deposit_without_tax_says_why_it_bears_none() {
    let books = "[[rules]]\nname = 'Books'\nwhen.sku = 'BOOK'\nuntaxed = 'exempt'\n";
    let lines = [
        (SaleKind::Product, "20.00", "0.00", "0.00"),
        (SaleKind::Product, "30.00", "0.00", "0.00"),
    ];
    let order = order("03-10").sale("03-10", &lines).paid("03-10", CARD, "50.00");
    let facts = [order.of_products(&[("BOOK", 1), ("MUG", 1)]).fact()];
    let why = format!("{books}[[rules]]\nname = 'Rest'\nuntaxed = 'export'\nwhen.channel = '*'\n");
    let expected = ["2026-03-10 exempt 0% -2000", "2026-03-10 export 0% -3000"];
    let found = |recognition: &str| {
        let text = format!("recognition = \"{recognition}\"\n{POLICY}\n{why}");
        let found = bases(&entries(&facts, &policy(&text)));
        found.into_iter().map(|((day, tax), it)| format!("{day} {tax} {it}")).collect::<Vec<_>>()
    };
    assert_eq!(found("payment"), expected);
    assert_eq!(found("fulfilment"), expected);
}

#[test]
fn tax_that_is_relieved_leaves_the_base_that_it_was_charged_on() {
    let unpaid = four().fact();
    for recognition in ["payment", "fulfilment"] {
        let given_up = [unpaid.clone(), write_off("05-01", true)];
        let mut left: BTreeMap<String, i64> = BTreeMap::new();
        for ((_, tax), minor) in bases(&entries(&given_up, &by(recognition, ""))) {
            *left.entry(tax).or_default() += minor;
        }
        // A loss of what was handed over without tax is no return.
        let untaxed = if recognition == "payment" { -1_000 } else { 0 };
        let expected = [("Sales tax 12%", 0), ("Sales tax 25%", 0), ("untaxed", untaxed)];
        assert_eq!(left, expected.map(|(tax, minor)| (tax.to_owned(), minor)).into());
        let kept = [unpaid.clone(), write_off("05-01", false)];
        let found = bases(&entries(&kept, &by(recognition, "")));
        assert_eq!(found, bases(&entries(std::slice::from_ref(&unpaid), &by(recognition, ""))));
    }
}
