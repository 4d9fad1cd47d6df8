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

/// Three mugs that were ordered for an amount that does not divide, and a service.
pub(super) fn ordered() -> Document {
    let of = |product: Product, kept, units, cost: &str| {
        let cost = Some(Money::parse(cost, gbp()).unwrap());
        let kind = LineKind::Ordered { product, cost, kept };
        Line { quantity: Some(units), ..line(kind, super::stock::kept().stock, "0.00", "Mug") }
    };
    let engraving = Product { id: None, sku: None, title: "Engraving".to_owned() };
    let lines = vec![of(mug(), Some(kept()), 3, "10.00"), of(engraving, None, 2, "5.00")];
    document(DocumentKind::PurchaseOrder, Some(vendor()), lines)
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

pub(super) fn claimed() -> Document {
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
fn what_is_ordered_stands_under_our_number_at_units_and_amounts() {
    let (place, order) = sent(&ordered());
    let number = key(&ordered()).to_string();
    assert_eq!((&*place, &order["PurchaseOrderNumber"]), ("PurchaseOrders", &json!(number)));
    assert_eq!((&order["Status"], &order["Reference"]), (&json!("AUTHORISED"), &json!("#1001")));
    let line = &order["LineItems"][0];
    assert_eq!(
        (line["Quantity"].to_string(), line["LineAmount"].to_string()),
        ("3".to_owned(), "10.00".to_owned(),)
    );
    assert!(line["ItemCode"].is_string() && line.get("UnitAmount").is_none(), "{line}");
    let reason = shape(&ordered().reversal(day())).unwrap_err();
    assert!(reason.contains("marked as billed"), "{reason}");
}

#[test]
fn an_order_is_looked_up_by_its_number_alone() {
    let task = Task::look_up(subject(&ordered()));
    let context = context(&[subject(&ordered())]);
    let number = key(&ordered());
    let path = format!("PurchaseOrders/{number}");
    assert_eq!(address(std::slice::from_ref(&task), &context), path);
    let absent = hear(std::slice::from_ref(&task), &context, 404, &json!({})).unwrap();
    assert_eq!(absent, [Outcome::Absent]);
    let (list, rows) = answered(&[ordered()]);
    let look = |status: &str, units: i64| {
        let mut row = rows[0].clone();
        row["PurchaseOrderID"] = json!("56204648-8fbe-46f8-b09c-2125f7939533");
        row["Status"] = json!(status);
        row["LineItems"][0]["Quantity"] = json!(units);
        let body = json!({ list.clone(): [row] });
        hear(std::slice::from_ref(&task), &context, 200, &body).unwrap().remove(0)
    };
    assert!(matches!(look("AUTHORISED", 3), Outcome::Found(_)));
    assert!(matches!(look("BILLED", 3), Outcome::Found(_)), "somebody closed it");
    for (status, units, word) in [("DELETED", 3, "deleted"), ("AUTHORISED", 4, "units of")] {
        let Outcome::FoundDifferent { difference, .. } = look(status, units) else { panic!() };
        assert!(difference.contains(word), "{difference}");
    }
    // Each of several is asked for by itself.
    let other = stock_order_of("another");
    let tasks = [task.clone(), Task::look_up(subject(&other))];
    let body = json!({ list: rows });
    let outcomes = hear(&tasks, &context, 200, &body).unwrap();
    let [Outcome::Found(_), Outcome::Further { page }] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    let (subject, page) = (subject(&other), Some(page.clone()));
    let next = address(&[Task::LookUp { subject, page }], &context);
    assert_eq!(next, format!("PurchaseOrders/{}", key(&other)));
}

/// The same order in another slot.
fn stock_order_of(slot: &str) -> Document {
    let order = ordered();
    let header = Header { slot: slot.to_owned(), ..order.header().clone() };
    Document::new(header, order.lines().to_vec()).unwrap()
}

#[test]
fn an_order_is_closed_as_billed_and_so_it_stays() {
    assert_eq!(BOOK.voids(&ordered()), Some(Vec::new()));
    assert!(!BOOK.closes_orders());
    let task = Task::Create(taken_back(&ordered()));
    let request = asked(std::slice::from_ref(&task), &context(&[]));
    assert_eq!(request.method, Method::Post);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let id = body["PurchaseOrders"][0]["PurchaseOrderID"].clone();
    assert!(request.url.ends_with(&format!("PurchaseOrders/{}", id.as_str().unwrap())));
    assert_eq!(body["PurchaseOrders"][0]["Status"], "BILLED");
    let heard = |status: &str| {
        let row = json!({ "PurchaseOrderID": id, "Status": status });
        hear(std::slice::from_ref(&task), &context(&[]), 200, &json!({ "PurchaseOrders": [row] }))
    };
    assert!(matches!(&heard("BILLED").unwrap()[..], [Outcome::Done(_)]));
    assert_eq!(heard("AUTHORISED").unwrap_err().permits, Permit::InDoubt);
}

#[test]
fn an_order_that_a_person_changed_is_left_to_a_person() {
    let subject = taken_back(&ordered());
    let context = context(std::slice::from_ref(&subject));
    let task = Task::look_up(subject);
    let (list, mut rows) = answered(&[ordered()]);
    rows[0]["PurchaseOrderID"] = json!("99ea7f6b-c513-4066-bc27-b7c65dcd76c2");
    let mut look = |units: i64| {
        rows[0]["LineItems"][0]["Quantity"] = json!(units);
        let body = json!({ list.clone(): rows });
        hear(std::slice::from_ref(&task), &context, 200, &body).unwrap().remove(0)
    };
    assert_eq!(look(3), Outcome::Absent, "it stands as it was entered, and is closed");
    let Outcome::Refused(refusal) = look(4) else { panic!("it was changed") };
    assert!(refusal.message.contains("it was changed: units of"), "{}", refusal.message);
    assert!(refusal.hint.contains("mark it as billed"), "{}", refusal.hint);
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
