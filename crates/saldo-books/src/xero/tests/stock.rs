//! Items that the vendor tracks, as bodies.

use super::super::chart;
use super::super::place::Place;
use super::super::shape::shape;
use super::voided::taken_back;
use super::*;
use saldo_core::book::{ChartKind, Item, KeptAccounts};
use saldo_core::document::KeptItem;

fn mug() -> Product {
    Product { id: None, sku: Some("MUG-1".to_owned()), title: "Mug".to_owned() }
}

fn cost() -> Account {
    account("Cost of goods sold", AccountKind::CostOfGoods)
}

pub(super) fn kept() -> Box<KeptItem> {
    Box::new(KeptItem {
        key: "sku:MUG-1".to_owned(),
        income: sales(),
        stock: account("Inventory", AccountKind::Inventory),
        cost: cost(),
        since: date(2026, 1, 1),
    })
}

/// The item itself.
pub(super) fn item() -> Need {
    Need::Item(Item::kept(mug(), *kept()))
}

fn stocked(units: i64, amount: &str) -> Line {
    let kind = LineKind::Stocked { product: mug(), kept: kept() };
    Line { quantity: Some(units), ..line(kind, kept().stock, amount, "Mug") }
}

fn counted(units: i64, taken: Account) -> Document {
    let lines = vec![stocked(units, "0.00"), other(taken, "0.00", "Counted")];
    document(DocumentKind::InventoryAdjustment, None, lines)
}

/// Goods that came in.
pub(super) fn came() -> Document {
    let received = account("Goods received", AccountKind::OtherCurrentLiability);
    let lines = vec![stocked(3, "10.00"), other(received, "-10.00", "Not invoiced")];
    document(DocumentKind::ItemReceipt, Some(vendor()), lines)
}

/// Units that are fewer.
pub(super) fn count() -> Document {
    counted(-2, cost())
}

fn sold(units: i64, amount: &str) -> Line {
    let kind = LineKind::Product { product: mug(), taxed: false, kept: Some(kept()) };
    Line { quantity: Some(units), ..line(kind, sales(), amount, "Mug") }
}

/// Three mugs sold at once, of which the last penny does not divide.
pub(super) fn paid() -> Document {
    let lines = vec![sold(3, "-10.00"), settled(clearing(), "10.00")];
    document(DocumentKind::SalesReceipt, Some(customer()), lines)
}

fn claimed() -> Document {
    let lines = vec![sold(3, "-10.00"), owed("10.00")];
    document(DocumentKind::Invoice, Some(customer()), lines)
}

/// Quantity, price and account of the first line.
fn first(body: &Value) -> (String, String, Value) {
    let line = &body["LineItems"][0];
    assert!(line["ItemCode"].is_string(), "{body}");
    let text = |name: &str| line[name].to_string();
    (text("Quantity"), text("UnitAmount"), line["AccountCode"].clone())
}

#[test]
fn goods_that_came_in_are_a_bill_over_nothing_on_the_account_of_stock() {
    let (place, bill) = sent(&came());
    assert_eq!((&*place, &bill["Type"]), ("Invoices", &json!("ACCPAY")));
    let (units, price, _) = first(&bill);
    assert_eq!((&*units, &*price), ("3", "3.3333"), "thrice that is 10.00 once it is rounded");
    assert_eq!(bill["LineItems"][1]["LineAmount"].to_string(), "-10.00");
    let (place, credit) = sent(&came().reversal(day()));
    assert_eq!((&*place, &credit["Type"]), ("CreditNotes", &json!("ACCPAYCREDIT")));
    assert_eq!(first(&credit).0, "3");
}

#[test]
fn a_count_is_a_sale_or_a_return_of_units_without_a_price() {
    let (place, fewer) = sent(&count());
    assert_eq!((&*place, &fewer["Type"]), ("Invoices", &json!("ACCREC")));
    assert_eq!((first(&fewer).0, first(&fewer).1), ("2".to_owned(), "0".to_owned()));
    let (place, more) = sent(&counted(1, cost()));
    assert_eq!((&*place, &more["Type"]), ("CreditNotes", &json!("ACCRECCREDIT")));
    let shrinkage = counted(-2, account("Shrinkage", AccountKind::Expense));
    let reason = shape(&shrinkage).unwrap_err();
    assert!(reason.contains("saldo map set accounts.shrinkage \"Cost of goods sold\""), "{reason}");
}

#[test]
fn sold_units_leave_by_sale_and_invoice_and_come_back_by_credit_note_alone() {
    assert_eq!(first(&sent(&paid()).1).0, "3");
    assert_eq!(first(&sent(&claimed()).1).0, "3");
    let (place, credit) = sent(&claimed().reversal(day()));
    assert_eq!((&*place, &*first(&credit).0), ("CreditNotes", "3"));
    let reason = shape(&paid().reversal(day())).unwrap_err();
    assert!(reason.contains("lays them in"), "{reason}");
    assert_eq!(BOOK.voids(&paid()), Some(Vec::new()));
    assert!(!BOOK.reverses(&paid()) && BOOK.reverses(&claimed()));
    let exchanged = vec![sold(3, "-10.00"), sold(-1, "3.00"), settled(clearing(), "7.00")];
    let exchanged = document(DocumentKind::SalesReceipt, Some(customer()), exchanged);
    assert!(shape(&exchanged).unwrap_err().contains("the other way"));
    let entry = document(DocumentKind::JournalEntry, None, paid().lines().to_vec());
    assert!(shape(&entry).unwrap_err().contains("leave stock without a sale"));
}

#[test]
fn what_was_sold_at_once_is_deleted_whole() {
    let subject = taken_back(&paid());
    assert!(BOOK.place(&subject).starts_with("BankTransactions/"));
    let context = context(std::slice::from_ref(&subject));
    let request = asked(&[Task::Create(subject)], &context);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let [held] = &body["BankTransactions"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!((&held["Status"], &held["Type"]), (&json!("DELETED"), &json!("RECEIVE")));
}

#[test]
fn an_item_in_stock_names_three_accounts_by_their_codes() {
    let row = json!({
        "ItemID": "7a2a3fe2-3d33-4cfd-86f3-dd4dc2d3b2fd", "Code": "MUG-1",
        "IsTrackedAsInventory": true, "InventoryAssetAccountCode": "630",
        "PurchaseDetails": { "COGSAccountCode": "310" }, "SalesDetails": { "AccountCode": "200" },
    });
    let answer = json!({ "Items": [row] });
    let page = chart::page(Some("Items:1"), &answer, &context(&[])).unwrap();
    let code = |code: &str| Some(RemoteId::from(code));
    let expected = ChartKind::Item {
        sku: Some("MUG-1".to_owned()),
        income_account: code("200"),
        lines_say_account: false,
        kept: Some(KeptAccounts { stock: code("630"), cost: code("310") }),
    };
    assert_eq!(page.entries[0].kind, expected);
    assert_eq!(Place::of(&Subject::Need(item())), Some(Place::Items));
}
