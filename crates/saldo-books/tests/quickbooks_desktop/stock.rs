//! Stock that the company file keeps: what comes in, is sold, counted and taken back, and what the
//! program enters for it by itself.

use crate::DAY;
use crate::company::Books;
use crate::documents::{bank, customer, document, line, other, settled, supplier, usd};
use saldo_core::book::{ChartKind, Need, Outcome, RefusalKind, Subject, Task};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, Header, KeptItem, Line, LineKind};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::matching::{Resolution, resolve};
use saldo_core::money::Money;

fn mug() -> Product {
    Product { id: None, sku: Some("MUG".to_owned()), title: "Mug".to_owned() }
}

fn kept() -> Box<KeptItem> {
    Box::new(KeptItem {
        key: "sku:MUG".to_owned(),
        income: Account::new("Product sales", AccountKind::Income),
        stock: Account::new("Stock of goods", AccountKind::Inventory),
        cost: Account::new("Cost of goods", AccountKind::CostOfGoods),
        since: jiff::civil::date(2026, 11, 1),
    })
}

fn negated(amount: &str) -> String {
    Money::parse(amount, usd()).unwrap().negated().amount_text()
}

fn stocked(units: i64, amount: &str) -> Line {
    let kind = LineKind::Stocked { product: mug(), kept: kept() };
    Line { quantity: Some(units), ..line(kind, kept().stock, amount) }
}

fn came(slot: &str, units: i64, amount: &str) -> Document {
    let received = Account::new("Goods received not invoiced", AccountKind::OtherCurrentLiability);
    let lines = vec![stocked(units, amount), other(received, &negated(amount))];
    document(slot, DocumentKind::ItemReceipt, supplier(), lines)
}

/// The same of the purchase order of a slot.
fn of_order(document: Document, slot: &str) -> Document {
    let header = Header { applies_to: Some(slot.to_owned()), ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

fn ordered(slot: &str, units: i64, cost: &str) -> Document {
    let cost = Some(Money::parse(cost, usd()).unwrap());
    let kind = LineKind::Ordered { product: mug(), cost, kept: Some(kept()) };
    let lines = vec![Line { quantity: Some(units), ..line(kind, kept().stock, "0.00") }];
    document(slot, DocumentKind::PurchaseOrder, supplier(), lines)
}

fn counted(slot: &str, units: i64) -> Document {
    let shrinkage = Account::new("Shrinkage", AccountKind::Expense);
    let lines = vec![stocked(units, "0.00"), other(shrinkage, "0.00")];
    document(slot, DocumentKind::InventoryAdjustment, None, lines)
}

fn sold(slot: &str, units: i64, amount: &str) -> Document {
    let kind = LineKind::Product { product: mug(), taxed: false, kept: Some(kept()) };
    let goods = Line { quantity: Some(units), ..line(kind, kept().income, &negated(amount)) };
    let lines = vec![goods, settled(bank(), amount)];
    document(slot, DocumentKind::SalesReceipt, customer(), lines)
}

/// What stands on the accounts of goods, and what the sales and their money came to, in cents.
fn held(books: &Books) -> [i64; 4] {
    let ledger = books.ledger();
    ["stock of goods", "goods received not invoiced", "cost of goods", "shrinkage"]
        .map(|account| ledger.get(account).copied().unwrap_or(0))
}

#[test]
fn the_company_costs_what_leaves_by_the_average_of_what_is_there() {
    let mut books = Books::new();
    let documents = [
        ordered("po/1", 5, "61.00"),
        of_order(came("in/1", 3, "30.00"), "po/1"),
        of_order(came("in/2", 2, "31.00"), "po/1"),
        sold("sale/1", 4, "100.00"),
        counted("count/1", -1),
    ];
    for (place, document) in documents.iter().enumerate() {
        books.enter(document);
        assert_eq!(books.open_orders(), usize::from(place < 2), "after {place}");
    }
    assert_eq!(books.in_stock(), [("MUG".to_owned(), "0".to_owned())].into());
    // Five of 61.00: four at 12.20 were sold, and the other one is lost.
    assert_eq!(held(&books), [0, -6_100, 4_880, 1_220]);
    for document in &documents {
        let subject = books.subject(document);
        let outcome = books.look(&subject);
        assert!(matches!(outcome, Outcome::Found(_)), "{} {outcome:?}", document.header().slot);
    }
    let listed = books.listed(DAY, DAY);
    let numbers: Vec<_> = listed.into_iter().filter_map(|it| it.number).collect();
    for document in &documents {
        assert!(numbers.contains(&books.key(document).to_string()), "{}", document.header().slot);
    }
}

#[test]
fn an_item_that_stands_twice_in_an_order_is_received_in_parts() {
    let mut books = Books::new();
    let order = ordered("po/1", 2, "20.00");
    let again = ordered("po/1", 3, "30.00");
    let lines = [order.lines(), again.lines()].concat();
    let order = Document::new(order.header().clone(), lines).unwrap();
    let receipts = [("in/1", 1, "10.00"), ("in/2", 3, "30.00"), ("in/3", 1, "10.00")]
        .map(|(slot, units, amount)| of_order(came(slot, units, amount), "po/1"));
    books.enter(&order);
    for (place, receipt) in receipts.iter().enumerate() {
        assert_eq!(books.open_orders(), 1, "before {place}");
        books.enter(receipt);
        let subject = books.subject(receipt);
        assert!(matches!(books.look(&subject), Outcome::Found(_)), "{place}");
    }
    assert_eq!(books.open_orders(), 0);
    assert_eq!(books.in_stock(), [("MUG".to_owned(), "5".to_owned())].into());
}

#[test]
fn what_comes_of_an_order_that_was_closed_there_says_so() {
    let mut books = Books::new();
    let order = ordered("po/1", 5, "50.00");
    let held = books.enter(&order);
    let closing = books.closing(&order, &held);
    books.ask(&[Task::Create(closing)], "close");
    let receipt = of_order(came("in/1", 3, "30.00"), "po/1");
    books.prepare(&receipt);
    let subject = books.subject(&receipt);
    let outcome = books.ask(&[Task::Create(subject.clone())], "late").remove(0);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.code, "570");
    assert!(refusal.hint.contains("open it again there"), "{}", refusal.hint);
    assert_eq!(books.look(&subject), Outcome::Absent);
}

#[test]
fn what_is_taken_back_leaves_units_and_ledger_as_they_were() {
    let mut books = Books::new();
    books.enter(&came("in/0", 10, "100.00"));
    let before = (books.in_stock(), books.ledger());
    for document in [came("in/1", 2, "20.00"), sold("sale/1", 3, "10.00"), counted("count/1", -2)] {
        books.enter(&document);
        assert_ne!(books.in_stock(), before.0);
        let back = document.reversal(DAY);
        // It is of the next generation of its slot, where its kind stays.
        let slot = format!("{}/back", back.header().slot);
        let header = Header { slot, ..back.header().clone() };
        let back = Document::new(header, back.lines().to_vec()).unwrap();
        books.enter(&back);
        assert_eq!((books.in_stock(), books.ledger()), before, "{}", document.header().slot);
        let subject = books.subject(&back);
        assert!(matches!(books.look(&subject), Outcome::Found(_)));
    }
}

#[test]
fn more_may_be_sold_than_came_in_yet() {
    let mut books = Books::new();
    books.enter(&came("in/0", 2, "20.00"));
    books.enter(&sold("sale/1", 3, "60.00"));
    assert_eq!(books.in_stock(), [("MUG".to_owned(), "-1".to_owned())].into());
    assert_eq!(held(&books)[2], 3_000);
    books.enter(&came("in/1", 4, "48.00"));
    // The third one was one of those at 12.00.
    assert_eq!(held(&books), [3_600, -6_800, 3_200, 0]);
}

#[test]
fn an_order_that_no_longer_holds_is_closed_once_however_often_it_is_asked() {
    let mut books = Books::new();
    let order = ordered("po/1", 5, "50.00");
    let held = books.enter(&order);
    let closing = books.closing(&order, &held);
    assert_eq!(books.look(&closing), Outcome::Absent);
    let outcome = books.ask(&[Task::Create(closing.clone())], "close 1").remove(0);
    let Outcome::Done(closed) = outcome else { panic!("{outcome:?}") };
    assert_eq!(books.look(&closing), Outcome::Found(closed));
    // In another version than the one that was acknowledged somebody changed it.
    let outcome = books.ask(&[Task::Create(closing)], "close 2").remove(0);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Other, "3200"));
}

#[test]
fn where_stock_is_switched_off_nothing_is_entered_and_listing_is_no_failure() {
    let mut books = Books::new();
    let order = ordered("po/1", 5, "50.00");
    books.prepare(&order);
    books.settings_mut().uses_inventory = false;
    let subject = books.subject(&order);
    let outcome = books.ask(&[Task::Create(subject.clone())], "order").remove(0);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.code, "3250");
    assert!(refusal.hint.contains("Inventory and purchase orders are active"), "{}", refusal.hint);
    assert_eq!(books.listed(DAY, DAY), []);
    assert_eq!(books.look(&subject), Outcome::Absent);
}

#[test]
fn an_item_in_stock_is_known_by_its_name_and_must_have_the_accounts_of_the_policy() {
    let mut books = Books::new();
    books.enter(&came("in/0", 10, "100.00"));
    let chart = books.read_chart();
    let held = chart.iter().find(|entry| entry.name == "MUG").unwrap();
    let ChartKind::Item { sku, kept: Some(accounts), .. } = &held.kind else { panic!("{held:?}") };
    assert_eq!(sku.as_deref(), Some("MUG"));
    assert!(accounts.stock.is_some() && accounts.cost.is_some());
    let resolved = |kept: KeptItem| {
        let need = Need::Item(saldo_core::book::Item::kept(mug(), kept));
        let book = saldo_books::book("quickbooks-desktop").unwrap();
        resolve(&need, &chart, &book.names(&need), |account| books.bound(account))
    };
    assert_eq!(resolved(*kept()), Resolution::Bound(held.remote.clone()));
    let elsewhere = KeptItem { cost: Account::new("Shrinkage", AccountKind::Expense), ..*kept() };
    let resolution = resolved(elsewhere.clone());
    assert!(matches!(resolution, Resolution::Contradicts(_)), "{resolution:?}");
    let item = saldo_core::book::Item::kept(mug(), elsewhere);
    let outcome = books.look(&Subject::Need(Need::Item(item)));
    let Outcome::FoundDifferent { difference, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(difference, "it has not the account `Shrinkage`");
}
