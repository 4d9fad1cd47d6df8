//! Stock that the company keeps: what comes in, is sold, counted and taken back, and what the
//! company enters for it by itself.

use crate::company::Books;
use crate::documents::{DAY, document, line, other, received, usd};
use saldo_core::book::{Outcome, RefusalKind, Subject, Task};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, KeptItem, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind};
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

fn stocked(units: i64, amount: &str) -> Line {
    let kind = LineKind::Stocked { product: mug(), kept: kept() };
    Line { quantity: Some(units), ..line(kind, kept().stock, amount) }
}

fn came(slot: &str, units: i64, amount: &str) -> Document {
    let owed = Money::parse(amount, usd()).unwrap().negated().amount_text();
    let lines = vec![stocked(units, amount), other(received(), &owed)];
    document(slot, DocumentKind::ItemReceipt, lines)
}

/// The same of the purchase order of a slot.
fn of_order(document: Document, slot: &str) -> Document {
    let header = saldo_core::document::Header {
        applies_to: Some(slot.to_owned()),
        ..document.header().clone()
    };
    Document::new(header, document.lines().to_vec()).unwrap()
}

fn ordered(slot: &str, units: i64, cost: &str) -> Document {
    let cost = Some(Money::parse(cost, usd()).unwrap());
    let kind = LineKind::Ordered { product: mug(), cost, kept: Some(kept()) };
    let lines = vec![Line { quantity: Some(units), ..line(kind, kept().stock, "0.00") }];
    document(slot, DocumentKind::PurchaseOrder, lines)
}

fn counted(slot: &str, units: i64) -> Document {
    let shrinkage = Account::new("Shrinkage", AccountKind::Expense);
    let lines = vec![stocked(units, "0.00"), other(shrinkage, "0.00")];
    document(slot, DocumentKind::InventoryAdjustment, lines)
}

fn sold(slot: &str, units: i64, amount: &str) -> Document {
    let kind = LineKind::Product { product: mug(), taxed: false, kept: Some(kept()) };
    let earned = Money::parse(amount, usd()).unwrap().negated().amount_text();
    let goods = Line { quantity: Some(units), ..line(kind, kept().income, &earned) };
    let bank = Account::new("Bank", AccountKind::Bank);
    let lines = vec![goods, line(LineKind::Settlement, bank, amount)];
    let of = document(slot, DocumentKind::SalesReceipt, lines);
    let party = Some(Party::Customer { key: "7".to_owned(), name: "Jane Doe".to_owned() });
    let header = saldo_core::document::Header { party, ..of.header().clone() };
    Document::new(header, of.lines().to_vec()).unwrap()
}

fn held(books: &Books, accounts: [&str; 4]) -> [i64; 4] {
    let ledger = books.ledger();
    accounts.map(|account| ledger.get(account).copied().unwrap_or(0))
}

const ACCOUNTS: [&str; 4] =
    ["stock of goods", "goods received not invoiced", "cost of goods", "shrinkage"];

#[test]
fn the_company_costs_what_leaves_by_what_came_in_first() {
    let mut books = Books::with_stock();
    let documents = [
        ordered("po/1", 5, "61.00"),
        of_order(came("in/1", 3, "30.00"), "po/1"),
        of_order(came("in/2", 2, "31.00"), "po/1"),
        sold("sale/1", 4, "100.00"),
        counted("count/1", -1),
    ];
    for (place, document) in documents.iter().enumerate() {
        books.enter(document);
        let status = books.shown(&documents[0], "PurchaseOrder")["POStatus"].clone();
        assert_eq!(status, if place < 2 { "Open" } else { "Closed" }, "after {place}");
    }
    assert_eq!(books.in_stock(), [("MUG".to_owned(), "0".to_owned())].into());
    // Three at 10.00 and one at 15.50, and the other one is lost.
    assert_eq!(held(&books, ACCOUNTS), [0, -6_100, 4_550, 1_550]);
    for document in &documents {
        let subject = books.subject(document);
        assert!(matches!(books.look(&subject), Outcome::Found(_)), "{}", document.header().slot);
    }
    let listed = books.listed(DAY, DAY);
    let numbers: Vec<_> = listed.into_iter().filter_map(|it| it.number).collect();
    for document in &documents {
        assert!(numbers.contains(&books.key(document).to_string()), "{}", document.header().slot);
    }
}

#[test]
fn what_is_taken_back_leaves_units_and_ledger_as_they_were() {
    let mut books = Books::with_stock();
    books.enter(&came("in/0", 10, "100.00"));
    let before = (books.in_stock(), books.ledger());
    for document in [came("in/1", 2, "20.00"), sold("sale/1", 3, "10.00"), counted("count/1", -2)] {
        books.enter(&document);
        assert_ne!(books.in_stock(), before.0);
        let back = document.reversal(DAY);
        // It is of the next generation of its slot, where its kind stays.
        let header = saldo_core::document::Header {
            slot: format!("{}/back", back.header().slot),
            ..back.header().clone()
        };
        books.enter(&Document::new(header, back.lines().to_vec()).unwrap());
        assert_eq!((books.in_stock(), books.ledger()), before, "{}", document.header().slot);
    }
}

#[test]
fn an_order_that_no_longer_holds_is_closed_unless_goods_came_in() {
    let mut books = Books::with_stock();
    let (open, begun) = (ordered("po/1", 5, "50.00"), ordered("po/2", 5, "50.00"));
    let (first, second) = (books.enter(&open), books.enter(&begun));
    assert!(matches!(books.void(&open, &first), Outcome::Done(_)));
    assert_eq!(books.shown(&open, "PurchaseOrder")["POStatus"], "Closed");
    books.enter(&of_order(came("in/1", 3, "30.00"), "po/2"));
    let Outcome::Refused(refusal) = books.void(&begun, &second) else { panic!("it changed") };
    assert_eq!(refusal.kind, RefusalKind::Stale);
    assert!(!refusal.hint.is_empty());
}

#[test]
fn nothing_moves_before_the_item_began_nor_in_a_plan_without_stock() {
    let mut books = Books::with_stock();
    books.enter(&came("in/0", 10, "100.00"));
    let sale = sold("sale/1", 1, "10.00");
    let early = saldo_core::document::Header {
        date: jiff::civil::date(2026, 10, 31),
        ..sale.header().clone()
    };
    let early = Document::new(early, sale.lines().to_vec()).unwrap();
    books.prepare(&early);
    let outcome = books.ask(&[Task::Create(books.subject(&early))], "early").remove(0);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.code, "6000");
    let mut without = Books::new();
    let order = ordered("po/1", 5, "50.00");
    let subject: Subject = without.subject(&order);
    // Nothing of stock is listed there, and asking for it is no failure.
    assert_eq!(without.listed(DAY, DAY), []);
    let needs =
        saldo_core::book::Book::needs(&saldo_books::quickbooks_online::QuickBooksOnline, &subject);
    assert!(needs.iter().any(|need| need.binding().starts_with("stock/")));
}
