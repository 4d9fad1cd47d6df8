//! Purchases, sales and counts of items that the vendor keeps in stock, as bodies.

use super::*;
use saldo_core::document::KeptItem;

pub(super) fn kept() -> Box<KeptItem> {
    Box::new(KeptItem {
        key: "sku:MUG-1".to_owned(),
        income: sales(),
        stock: account("Inventory Asset", AccountKind::Inventory),
        cost: account("Cost of goods sold", AccountKind::CostOfGoods),
        since: jiff::civil::date(2026, 1, 1),
    })
}

fn stocked(units: i64, amount: &str) -> Line {
    let kind = LineKind::Stocked { product: mug(), kept: kept() };
    Line { quantity: Some(units), ..line(kind, kept().stock, amount, "Mug") }
}

fn not_invoiced(amount: &str) -> Line {
    other(account("Goods received", AccountKind::OtherCurrentLiability), amount, "Not invoiced")
}

/// Goods that came in.
pub(super) fn came() -> Document {
    let lines = vec![stocked(3, "10.00"), not_invoiced("-10.00")];
    document(DocumentKind::ItemReceipt, Some(supplier()), lines)
}

/// What is ordered: of an item in stock, and of one that is none.
pub(super) fn order() -> Document {
    let money = |text: &str| Money::parse(text, usd()).unwrap();
    let ordered = |cost: Option<&str>, kept: Option<Box<KeptItem>>| {
        let account = account("Inventory Asset", AccountKind::Inventory);
        let kind = LineKind::Ordered { product: mug(), cost: cost.map(money), kept };
        Line { quantity: Some(3), ..line(kind, account, "0.00", "Mug") }
    };
    let lines = vec![ordered(Some("10.00"), Some(kept())), ordered(None, None)];
    document(DocumentKind::PurchaseOrder, Some(supplier()), lines)
}

/// Units that are fewer.
pub(super) fn count() -> Document {
    let shrinkage = account("Shrinkage", AccountKind::Expense);
    let lines = vec![stocked(-2, "0.00"), other(shrinkage, "0.00", "Counted")];
    document(DocumentKind::InventoryAdjustment, None, lines)
}

/// Two mugs sold, of which the last cent does not divide.
pub(super) fn sold() -> Document {
    let kind = LineKind::Product { product: mug(), taxed: false, kept: Some(kept()) };
    let goods = Line { quantity: Some(3), ..line(kind, sales(), "-10.00", "Mug") };
    let lines = vec![goods, settled(clearing(), "10.00")];
    document(DocumentKind::SalesReceipt, Some(customer()), lines)
}

fn fields(document: &Document) -> Value {
    let body = body(document);
    let entity = body.as_object().unwrap().keys().find(|key| key.starts_with(char::is_uppercase));
    body[entity.unwrap().clone()].clone()
}

#[test]
fn goods_that_came_in_are_a_bill_over_nothing() {
    let bill = fields(&came());
    assert_eq!(bill["APAccountRef"], Value::Null);
    let [units, taken] = &bill["Line"].as_array().unwrap()[..] else { panic!("{bill}") };
    let detail = &units["ItemBasedExpenseLineDetail"];
    assert_eq!(
        (units["Amount"].to_string(), detail["Qty"].to_string()),
        ("10.00".into(), "3".into())
    );
    assert_eq!(detail["UnitPrice"].to_string(), "3.3333333");
    assert_eq!(taken["Amount"].to_string(), "-10.00");
    let back = body(&came().reversal(day()));
    let credit = &back["VendorCredit"]["Line"];
    assert_eq!(credit[0]["ItemBasedExpenseLineDetail"]["Qty"].to_string(), "3");
    assert_eq!(credit[0]["Amount"].to_string(), "10.00");
}

#[test]
fn a_sale_says_how_many_units_leave_whatever_they_cost() {
    let sale = fields(&sold());
    let detail = &sale["Line"][0]["SalesItemLineDetail"];
    assert_eq!(
        (detail["Qty"].to_string(), detail["UnitPrice"].to_string()),
        ("3".into(), "3.3333333".into())
    );
    let refund = body(&sold().reversal(day()));
    let line = &refund["RefundReceipt"]["Line"][0];
    assert_eq!(line["Amount"].to_string(), "10.00");
    assert_eq!(line["SalesItemLineDetail"]["Qty"].to_string(), "3");
}

#[test]
fn a_count_is_units_without_money() {
    let adjustment = fields(&count());
    assert_eq!(adjustment["Line"][0]["ItemAdjustmentLineDetail"]["QtyDiff"].to_string(), "-2");
    assert_eq!(adjustment["Line"].as_array().unwrap().len(), 1);
    assert!(adjustment["AdjustAccountRef"]["value"].is_string());
    let valued = vec![stocked(-2, "-5.00"), other(fees(), "5.00", "Counted")];
    let valued = document(DocumentKind::InventoryAdjustment, None, valued);
    assert!(super::super::shape::shape(&valued).is_err());
}

#[test]
fn an_order_that_is_taken_back_is_closed_and_never_entered() {
    assert!(super::super::shape::shape(&order().reversal(day())).is_err());
    assert_eq!(BOOK.voids(&order()), Some(Vec::new()));
    let entry = document(DocumentKind::JournalEntry, None, sold().lines().to_vec());
    assert!(super::super::shape::shape(&entry).unwrap_err().contains("out of stock"));
}
