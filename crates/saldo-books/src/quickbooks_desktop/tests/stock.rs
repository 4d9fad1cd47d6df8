//! Purchases, sales and counts of items that QuickBooks keeps in stock, as requests.

use super::super::shape::shape;
use super::*;
use saldo_core::book::Voided;
use saldo_core::document::KeptItem;

fn kept() -> Box<KeptItem> {
    Box::new(KeptItem {
        key: "sku:MUG-1".to_owned(),
        income: sales(),
        stock: account("Inventory Asset", AccountKind::Inventory),
        cost: account("Cost of goods sold", AccountKind::CostOfGoods),
        since: date(2026, 1, 1),
    })
}

fn stocked(units: i64, amount: &str) -> Line {
    let kind = LineKind::Stocked { product: mug(), kept: kept() };
    Line { quantity: Some(units), ..line(kind, kept().stock, amount, "Mug") }
}

/// Goods that came in.
pub(super) fn came() -> Document {
    let received = account("Goods received", AccountKind::OtherCurrentLiability);
    let lines = vec![stocked(3, "10.00"), other(received, "-10.00", "Not invoiced")];
    document(DocumentKind::ItemReceipt, Some(supplier()), lines)
}

/// Goods that came with their bill, and what bringing them here cost.
pub(super) fn billed() -> Document {
    let carriage = account("Carriage", AccountKind::CostOfGoods);
    let lines =
        vec![other(carriage, "2.00", "Brought here"), stocked(4, "10.00"), payable("-12.00")];
    let bill = document(DocumentKind::Bill, Some(supplier()), lines);
    let header = Header { slot: "shop/Bill/2".to_owned(), ..bill.header().clone() };
    Document::new(header, bill.lines().to_vec()).unwrap()
}

fn ordered(units: i64, cost: Option<&str>, kept: Option<Box<KeptItem>>) -> Line {
    let cost = cost.map(|text| Money::parse(text, usd()).unwrap());
    let kind = LineKind::Ordered { product: mug(), cost, kept };
    let account = account("Inventory Asset", AccountKind::Inventory);
    Line { quantity: Some(units), ..line(kind, account, "0.00", "Mug") }
}

/// What is ordered: at a price of its own, and at none that anybody says.
pub(super) fn order() -> Document {
    let bowl = Box::new(KeptItem { key: "sku:BOWL".to_owned(), ..*kept() });
    let mut unpriced = ordered(3, None, Some(bowl.clone()));
    let product = Product { sku: Some("BOWL".to_owned()), ..mug() };
    unpriced.kind = LineKind::Ordered { product, cost: None, kept: Some(bowl) };
    let lines = vec![ordered(4, Some("10.00"), Some(kept())), unpriced];
    document(DocumentKind::PurchaseOrder, Some(supplier()), lines)
}

/// Units that are fewer.
pub(super) fn count() -> Document {
    let shrinkage = account("Shrinkage", AccountKind::Expense);
    let mut taken = other(shrinkage, "0.00", "Counted");
    taken.dimensions = [("class", "Web")].into_iter().collect();
    document(DocumentKind::InventoryAdjustment, None, vec![stocked(-2, "0.00"), taken])
}

fn sold_line(units: i64, amount: &str) -> Line {
    let kind = LineKind::Product { product: mug(), taxed: false, kept: Some(kept()) };
    Line { quantity: Some(units), ..line(kind, sales(), amount, "Mug") }
}

/// Three mugs sold, of which the last cent does not divide.
pub(super) fn sold() -> Document {
    let lines = vec![sold_line(3, "-10.00"), settled(clearing(), "10.00")];
    document(DocumentKind::SalesReceipt, Some(customer()), lines)
}

/// What stands in the lines of this name, by the elements that are asked for.
fn told<'a>(body: &'a Element, line: &'a str, names: [&str; 3]) -> Vec<[&'a str; 3]> {
    let told = |line: &'a Element| names.map(|name| line.text([name]).unwrap_or("-"));
    body.all(line).map(told).collect()
}

#[test]
fn goods_that_came_in_are_a_receipt_over_nothing() {
    let receipt = body(&of(came(), "shop/Order/1001/purchase-order"));
    assert_eq!(receipt.name, "ItemReceiptAdd");
    assert!(receipt.child("APAccountRef").is_none());
    let items = told(&receipt, "ItemLineAdd", ["Quantity", "Cost", "Amount"]);
    assert_eq!(items, [["3", "-", "10.00"]], "no price of five decimals gives it");
    let expenses = told(&receipt, "ExpenseLineAdd", ["Amount", "Quantity", "Cost"]);
    assert_eq!(expenses, [["-10.00", "-", "-"]]);
    let back = body(&came().reversal(day()));
    assert_eq!(back.name, "VendorCreditAdd");
    assert_eq!(told(&back, "ItemLineAdd", ["Quantity", "Cost", "Amount"]), [["3", "-", "10.00"]]);
    let both = vec![stocked(3, "10.00"), stocked(-1, "-3.00"), other(fees(), "-7.00", "-")];
    let both = document(DocumentKind::ItemReceipt, Some(supplier()), both);
    assert!(shape(&both).unwrap_err().contains("not both"));
}

#[test]
fn goods_of_an_order_are_linked_with_the_lines_that_they_came_of() {
    let receipt = of(came(), "shop/Order/1001/purchase-order");
    let (tasks, mut context) = creates(std::slice::from_ref(&receipt));
    let [Task::Create(asked)] = &tasks[..] else { panic!() };
    let Subject::Document { applies_to: Some(order), .. } = asked else { panic!() };
    let item = BOOK.needs(asked).into_iter().find(|need| matches!(need, Need::Item(_))).unwrap();
    let item = context.bindings.need(&item).unwrap().to_string();
    let remote = format!("1A-1 8000009F-1=1B-1 {item}=1C-1");
    context.bindings.0.insert(order.to_string(), RemoteId::from(remote));
    let linked = requests(&tasks, &context).remove(0).children.remove(0);
    let line = linked.child("ItemLineAdd").unwrap();
    assert!(line.child("ItemRef").is_none(), "its item is that of the order");
    let link = ["TxnID", "TxnLineID"].map(|name| line.text(["LinkToTxn", name]));
    assert_eq!(link, [Some("1A-1"), Some("1C-1")]);
    super::schema::all_valid(&[message(&tasks, &context)]);
    context.bindings.0.insert(order.to_string(), RemoteId::from("1A-1 8000009F-1=1B-1"));
    let other = requests(&tasks, &context).remove(0).children.remove(0);
    let line = other.child("ItemLineAdd").unwrap();
    assert!(line.child("ItemRef").is_some() && line.child("LinkToTxn").is_none());
}

#[test]
fn a_bill_has_lines_of_items_behind_those_of_accounts() {
    let bill = body(&billed());
    assert_eq!(told(&bill, "ItemLineAdd", ["Quantity", "Cost", "Amount"]), [["4", "2.5", "10.00"]]);
    assert_eq!(bill.all("ExpenseLineAdd").count(), 1);
}

#[test]
fn an_order_says_units_and_prices() {
    let order = body(&order());
    let lines = told(&order, "PurchaseOrderLineAdd", ["Quantity", "Rate", "Amount"]);
    assert_eq!(lines, [["4", "2.5", "10.00"], ["3", "0", "0.00"]]);
    let twice = vec![
        ordered(4, Some("10.00"), Some(kept())),
        ordered(2, Some("5.00"), Some(kept())),
        Line {
            dimensions: [("class", "Web")].into_iter().collect(),
            ..ordered(1, Some("2.00"), Some(kept()))
        },
    ];
    let twice = body(&document(DocumentKind::PurchaseOrder, Some(supplier()), twice));
    let lines = told(&twice, "PurchaseOrderLineAdd", ["Quantity", "Rate", "Amount"]);
    assert_eq!(lines, [["6", "2.5", "15.00"], ["1", "2", "2.00"]], "an item is one line");
    let untracked = vec![ordered(4, Some("10.00"), None)];
    let untracked = document(DocumentKind::PurchaseOrder, Some(supplier()), untracked);
    assert!(shape(&untracked).unwrap_err().contains("not kept in stock"));
}

#[test]
fn a_sale_says_how_many_units_leave_whatever_they_cost() {
    let receipt = body(&sold());
    let lines = told(&receipt, "SalesReceiptLineAdd", ["Quantity", "Rate", "Amount"]);
    assert_eq!(lines, [["3", "-", "10.00"]]);
}

#[test]
fn units_come_back_by_a_receipt_over_nothing_and_by_a_credit_memo() {
    let back = sold().reversal(day());
    let receipt = body(&back);
    assert_eq!(receipt.name, "SalesReceiptAdd");
    assert!(receipt.child("DepositToAccountRef").is_none());
    let lines = told(&receipt, "SalesReceiptLineAdd", ["Quantity", "Rate", "Amount"]);
    assert_eq!(lines, [["-3", "-", "-10.00"], ["-", "-", "10.00"]]);
    let credited = vec![sold_line(-2, "10.00"), owed("-10.00")];
    let credited = document(DocumentKind::CreditMemo, Some(customer()), credited);
    let memo = body(&credited);
    let lines = told(&memo, "CreditMemoLineAdd", ["Quantity", "Rate", "Amount"]);
    assert_eq!(lines, [["2", "5", "10.00"]]);
    // Money alone that goes back moves no unit, and is a cheque.
    let money = document(
        DocumentKind::RefundReceipt,
        Some(customer()),
        vec![goods(returns(), "10.00", 1), settled(clearing(), "-10.00")],
    );
    assert_eq!(body(&money).name, "CheckAdd");
}

#[test]
fn a_line_without_units_points_at_no_item_in_stock() {
    let lines = vec![sold_line(3, "-10.00"), sold_line(0, "1.00"), settled(clearing(), "9.00")];
    let sale = document(DocumentKind::SalesReceipt, Some(customer()), lines);
    let needs = BOOK.needs(&subject(&sale));
    let names: Vec<Vec<String>> = needs
        .iter()
        .filter(|need| matches!(need, Need::Item(_)))
        .map(|need| BOOK.names(need))
        .collect();
    assert_eq!(names, [vec!["MUG-1", "MUG-1 (stock)"], vec!["Saldo Product sales"]]);
}

#[test]
fn a_count_is_units_without_money() {
    let adjustment = body(&count());
    let lines: Vec<_> = adjustment.all("InventoryAdjustmentLineAdd").collect();
    let units = lines.iter().map(|it| it.text(["QuantityAdjustment", "QuantityDifference"]));
    assert_eq!(units.collect::<Vec<_>>(), [Some("-2")]);
    assert!(adjustment.child("ClassRef").is_some());
    let valued = vec![stocked(-2, "-5.00"), other(fees(), "5.00", "Counted")];
    let valued = document(DocumentKind::InventoryAdjustment, None, valued);
    assert!(shape(&valued).unwrap_err().contains("takes no amount"));
}

#[test]
fn nothing_but_forms_and_purchases_moves_units() {
    let entry = document(DocumentKind::JournalEntry, None, sold().lines().to_vec());
    assert!(shape(&entry).unwrap_err().contains("out of stock"));
}

#[test]
fn an_item_in_stock_is_made_with_its_three_accounts() {
    let needs = BOOK.needs(&subject(&sold()));
    let item = needs.into_iter().find(|it| matches!(it, Need::Item(item) if item.kept.is_some()));
    let made = Subject::Need(item.unwrap());
    let accounts: Vec<String> = BOOK.needs(&made).iter().map(Need::binding).collect();
    assert_eq!(
        accounts,
        ["account/Product sales", "account/Inventory Asset", "account/Cost of goods sold"]
    );
    let context = context(std::slice::from_ref(&made));
    let add = requests(&[Task::Create(made)], &context).remove(0).children.remove(0);
    let bound = |name: &str| context.bindings.0[name].to_string();
    assert_eq!(add.name, "ItemInventoryAdd");
    for (element, binding) in
        ["IncomeAccountRef", "AssetAccountRef", "COGSAccountRef"].into_iter().zip(&accounts)
    {
        assert_eq!(add.text([element, "ListID"]), Some(bound(binding).as_str()), "{element}");
    }
    let named = [add.text(["Name"]), add.text(["ManufacturerPartNumber"])];
    assert_eq!(named, [Some("MUG-1"), Some("MUG-1")]);
}

/// An order that is taken back, as the engine asks for it.
fn closing() -> Subject {
    let (key, document) = (key(&order()), order());
    let remote = RemoteId::from("1A-1795000001 8000001B-1=1C-1 8000001D-1=1E-1");
    let voided = Voided { key, document, remote, version: "1795000001".to_owned() };
    let taken_back = order().voiding();
    let key = taken_back.key(&CompanyId::from("demo"), 1);
    let document = Box::new(taken_back);
    Subject::Document {
        key,
        document,
        applies_to: None,
        voids: Some(Box::new(voided)),
        draft: false,
    }
}

#[test]
fn an_order_that_is_taken_back_is_closed_in_the_version_that_is_known() {
    assert!(shape(&order().reversal(day())).is_err());
    assert_eq!(BOOK.voids(&order()), Some(Vec::new()));
    assert_eq!(BOOK.voids(&sold()), None, "units move back by a document");
    let (tasks, context) = ([Task::Create(closing())], context(&[]));
    let asked = requests(&tasks, &context).remove(0);
    assert_eq!(asked.name, "PurchaseOrderModRq");
    let change = asked.child("PurchaseOrderMod").unwrap();
    let said = ["TxnID", "EditSequence", "IsManuallyClosed"].map(|name| change.text([name]));
    assert_eq!(said, [Some("1A-1795000001"), Some("1795000001"), Some("true")]);
    let answer = |closed: &str| {
        format!(
            "<QBXML><QBXMLMsgsRs><PurchaseOrderModRs requestID=\"1\" statusCode=\"0\" \
             statusSeverity=\"Info\" statusMessage=\"Status OK\"><PurchaseOrderRet>\
             <TxnID>1A-1795000001</TxnID><EditSequence>1795000009</EditSequence>\
             <IsManuallyClosed>{closed}</IsManuallyClosed></PurchaseOrderRet>\
             </PurchaseOrderModRs></QBXMLMsgsRs></QBXML>"
        )
    };
    let heard = hear(&tasks, &context, &answer("true")).unwrap();
    let [Outcome::Done(acknowledged)] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(acknowledged.version.as_deref(), Some("1795000009"));
    assert!(hear(&tasks, &context, &answer("false")).is_err(), "what became of it is looked for");
}

#[test]
fn closing_an_order_and_looking_for_that_are_valid() {
    let context = context(&[]);
    let messages = [Task::Create(closing()), Task::look_up(closing())];
    let messages = messages.map(|task| message(&[task], &context)).to_vec();
    super::schema::all_valid(&messages);
}
