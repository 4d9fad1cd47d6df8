//! Stock that the book keeps itself: what it is told of purchases, sales, returns and counts.

use super::shop::{at, money, order, told};
use super::stocked::{GRNI, entries, on, state, sum};
use super::warehouse::{
    adjusted, back, billed, counted, opening, ordering, paid_supplier, received, sent,
};
use super::{POLICY, policy};
use saldo_core::commerce::{AdjustmentReason, Condition, Fact, Goods, SaleKind};
use saldo_core::document::{Document, DocumentKind, LineKind, SubledgerEntry};
use saldo_core::issue::FactState;
use saldo_core::policy::{Policy, PolicyError};
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";
const COGS: &str = "Cost of goods sold";
const STOCK: &str = "Inventory";

fn by_book() -> Policy {
    policy(&format!("{POLICY}\n[cost]\nowner = \"book\"\n"))
}

/// What documents come to in units, by kind, and the items that they move.
fn moved(entries: &[SubledgerEntry]) -> Vec<String> {
    let mut moved = Vec::new();
    for entry in entries {
        for line in &entry.lines {
            if let Some((kept, units)) = line.stock_move() {
                let header = &entry.header;
                moved.push(format!("{} {} {} {units:+}", header.date, header.kind, kept.key));
            }
        }
    }
    moved.sort();
    moved
}

/// Units in stock by item, as a book counts them.
fn in_stock(entries: &[SubledgerEntry]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    let moves = entries.iter().flat_map(|entry| &entry.lines).filter_map(|it| it.stock_move());
    for (kept, units) in moves {
        *sums.entry(kept.key.clone()).or_default() += units;
    }
    sums
}

/// Two mugs sold on the tenth of March, with what became of them.
fn sold(goods: Goods) -> Vec<Fact> {
    let lines = [(SaleKind::Product, "100.00", "0.00", "0.00")];
    let order = order("03-10").sale("03-10", &lines).of_products(&[("MUG", 2)]);
    vec![order.paid("03-10", CARD, "100.00").fact(), told(goods)]
}

fn two_mugs() -> Goods {
    sent(&[("03-12", &[("MUG", 2)])])
}

#[test]
fn what_comes_in_beyond_an_order_is_a_receipt_of_its_own() {
    let facts = [
        ordering("01-03", "MUG", 5, "50.00"),
        received(1, "02-10", "MUG", 3, "30.00"),
        received(2, "02-11", "MUG", 4, "40.01"),
        received(3, "02-12", "MUG", 1, "10.00"),
    ];
    let all = entries(&facts, &by_book());
    let mut came: Vec<String> = all
        .iter()
        .filter(|entry| entry.header.kind == DocumentKind::ItemReceipt)
        .map(|entry| {
            let header = &entry.header;
            let units = entry.lines.iter().filter_map(|line| line.stock_move());
            let units: i64 = units.map(|(_, units)| units).sum();
            let worth = sum(std::slice::from_ref(entry), STOCK);
            format!("{} {units:+} {worth} {}", header.date, header.applies_to.is_some())
        })
        .collect();
    came.sort();
    assert_eq!(
        came,
        [
            "2026-02-10 +3 3000 true",
            "2026-02-11 +2 2000 false",
            "2026-02-11 +2 2001 true",
            "2026-02-12 +1 1000 false",
        ]
    );
    assert_eq!(in_stock(&all), [("sku:MUG".to_owned(), 8)].into());
    let mut slots: Vec<&str> = all.iter().map(|entry| &*entry.header.slot).collect();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), all.len(), "each has a slot of its own");
}

#[test]
fn a_purchase_is_an_order_a_receipt_and_a_bill() {
    let facts = [
        ordering("01-03", "MUG", 100, "800.00"),
        paid_supplier(1, "01-04", "300.00"),
        received(1, "02-10", "MUG", 100, "800.00"),
        billed(1, "03-20", "MUG", (100, "810.00"), "60.00"),
    ];
    let all = entries(&facts, &by_book());
    let mut kinds: Vec<String> = all
        .iter()
        .map(|entry| {
            let header = &entry.header;
            let document = Document::new(header.clone(), entry.lines.clone()).unwrap();
            let to = header.applies_to.as_deref().unwrap_or("-");
            format!("{} {} {} {to}", header.date, header.kind, document.total().unwrap())
        })
        .collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "2026-01-03 purchase-order 800.00 USD -",
            "2026-01-04 expense 300.00 USD -",
            "2026-02-10 item-receipt 0.00 USD shop/Purchase/1",
            "2026-03-20 bill 570.00 USD -",
        ]
    );
    // I3 of the golden entries, by the units of an item.
    assert_eq!((on(&all, STOCK, "02-10"), on(&all, GRNI, "02-10")), (80_000, -80_000));
    assert_eq!(moved(&all), ["2026-02-10 item-receipt sku:MUG +100"]);
    // I4: the layer stays as it was laid in, and what came on top is a cost.
    assert_eq!((sum(&all, STOCK), sum(&all, COGS), sum(&all, GRNI)), (80_000, 7_000, 0));
    assert_eq!(sum(&all, "Accounts payable"), -57_000);
    let ordered = state(&facts, &by_book(), "shop/Purchase/1");
    assert_eq!(ordered, FactState::Accounted { review: None });
}

#[test]
fn sales_take_units_out_and_no_cost_of_ours_stands_in_them() {
    let facts = [sold(two_mugs()), vec![received(1, "02-10", "MUG", 5, "50.00")]].concat();
    let all = entries(&facts, &by_book());
    assert_eq!(
        moved(&all),
        ["2026-02-10 item-receipt sku:MUG +5", "2026-03-10 sales-receipt sku:MUG -2"]
    );
    assert_eq!((sum(&all, COGS), sum(&all, STOCK)), (0, 5_000));
    let nobody = policy(POLICY);
    let all = entries(&facts, &nobody);
    assert_eq!(moved(&all), Vec::<String>::new());
    assert!(matches!(state(&facts, &nobody, "shop/Receipt/1"), FactState::Excluded { .. }));
}

#[test]
fn a_given_away_unit_leaves_stock_and_a_service_never_does() {
    let lines = [
        (SaleKind::Product, "100.00", "0.00", "0.00"),
        (SaleKind::Product, "0.00", "0.00", "0.00"),
    ];
    let order = || {
        let order = order("03-10").sale("03-10", &lines).of_products(&[("MUG", 1), ("CARD", 1)]);
        order.paid("03-10", CARD, "100.00")
    };
    let all = entries(&[order().fact()], &by_book());
    assert_eq!(in_stock(&all), [("sku:CARD".to_owned(), -1), ("sku:MUG".to_owned(), -1)].into());
    assert_eq!(in_stock(&entries(&[order().of_services().fact()], &by_book())), BTreeMap::new());
}

#[test]
fn only_what_is_back_on_the_shelf_comes_back_to_stock() {
    let cases = [
        (Condition::Resaleable, vec!["2026-04-10 inventory-adjustment sku:MUG +1"]),
        (Condition::NeverLeft, vec!["2026-04-10 inventory-adjustment sku:MUG +1"]),
        (Condition::Damaged, vec![]),
        (Condition::Gone, vec![]),
    ];
    for (condition, expected) in cases {
        let facts = sold(back(two_mugs(), "04-10", ("MUG", 1), condition));
        let all = entries(&facts, &by_book());
        let moved = moved(&all);
        let back: Vec<&str> =
            moved.iter().map(String::as_str).filter(|it| it.contains("adjustment")).collect();
        assert_eq!(back, expected, "{condition:?}");
    }
    let facts = sold(back(two_mugs(), "04-10", ("MUG", 1), Condition::Resaleable));
    let all = entries(&facts, &by_book());
    let back = all.iter().find(|it| it.header.kind == DocumentKind::InventoryAdjustment).unwrap();
    assert!(back.lines.iter().all(|line| line.amount.is_zero()));
    assert_eq!(&*back.lines[1].account.name, COGS, "the book takes its cost back");
}

#[test]
fn a_count_is_told_in_units_with_the_account_of_its_reason() {
    let lost = AdjustmentReason::Other("damaged".to_owned());
    let facts = [
        opening(1, "01-05", "MUG", 10, "8.00"),
        counted(2, "04-02", "MUG", -3),
        adjusted(3, "04-03", "MUG", 1, lost, None),
    ];
    let all = entries(&facts, &by_book());
    assert_eq!(
        moved(&all),
        [
            "2026-04-02 inventory-adjustment sku:MUG -3",
            "2026-04-03 inventory-adjustment sku:MUG +1"
        ]
    );
    assert!(all.iter().flat_map(|it| &it.lines).all(|line| line.amount.is_zero()));
    let takes = |it: &SubledgerEntry| it.lines[1].account.name.to_string();
    assert!(all.iter().all(|it| takes(it) == "Inventory shrinkage & damage"));
    let opened = state(&facts, &by_book(), facts[0].id().as_str());
    let rule = "in-the-books-opening-stock".to_owned();
    assert_eq!(opened, FactState::Excluded { rule });
}

#[test]
fn what_no_unit_tells_apart_is_held() {
    let Fact::GoodsReceipt(mut receipt) = received(1, "02-10", "MUG", 5, "50.00") else { panic!() };
    receipt.lines[0].product.sku = None;
    let facts = [Fact::GoodsReceipt(receipt)];
    assert_eq!(entries(&facts, &by_book()), []);
    match state(&facts, &by_book(), "shop/Receipt/1") {
        FactState::Held(issue) => assert!(issue.message.contains("stock-keeping unit")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_purchase_order_is_entered_where_the_book_keeps_stock_alone() {
    let facts = [ordering("01-03", "MUG", 100, "800.00")];
    assert_eq!(entries(&facts, &super::stocked::costing("fifo")), []);
    let all = entries(&facts, &by_book());
    let [entry] = &all[..] else { panic!("{all:?}") };
    assert_eq!(entry.header.kind, DocumentKind::PurchaseOrder);
    assert!(matches!(&entry.lines[0].kind, LineKind::Ordered { kept: Some(_), cost, .. }
        if *cost == Some(money("800.00"))));
    assert_eq!(entry.header.date, policy(POLICY).day(at("01-03")));
}

#[test]
fn a_book_that_keeps_stock_goes_by_sales_and_not_by_parcels() {
    let usd = saldo_core::money::Currency::parse("USD").unwrap();
    let text = format!("recognition = \"fulfilment\"\n{POLICY}\n[cost]\nowner = \"book\"\n");
    let read = Policy::new(1, &text, usd, "UTC", "2026-01-01".parse().unwrap());
    assert!(matches!(read, Err(PolicyError::BookKeepsStock)), "{read:?}");
}
