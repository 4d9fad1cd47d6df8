//! Purchases on account: bills, vendor credits, what is paid for bills, and deposits.

use super::super::{shape, write};
use super::*;

fn at<'a>(body: &'a Value, pointer: &str) -> &'a Value {
    body.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {body}"))
}

/// A document with what it belongs to, which the book calls by this id.
fn linked(document: &Document) -> (Vec<Task>, BookContext) {
    let header = Header { applies_to: Some("shop/Bill/1".to_owned()), ..document.header().clone() };
    let document = Document::new(header, document.lines().to_vec()).unwrap();
    let bill = DocumentKey::derive(&"demo".into(), "shop/Bill/1", DocumentKind::Bill, 0);
    let Subject::Document { key, document, .. } = subject(&document) else { panic!("a document") };
    let subject =
        Subject::Document { key, document, applies_to: Some(bill), voids: None, draft: false };
    let mut context = context(std::slice::from_ref(&subject));
    context.bindings.0.insert(bill.to_string(), RemoteId::from("812"));
    (vec![Task::Create(subject)], context)
}

#[test]
fn a_bill_is_owed_to_its_supplier_less_the_deposit() {
    let header = Header { due: Some(date(2026, 12, 20)), ..supplier_bill().header().clone() };
    let bill = Document::new(header, supplier_bill().lines().to_vec()).unwrap();
    let (tasks, context) = creates(std::slice::from_ref(&bill));
    let body = items(&tasks, &context).remove(0);
    let party = context.bindings.need(&Need::Party(supplier())).unwrap();
    assert_eq!(*at(&body, "/Bill/VendorRef/value"), *party.as_str());
    assert_eq!(at(&body, "/Bill/DueDate"), "2026-12-20");
    assert_eq!(at(&body, "/Bill/DocNumber"), key(&bill).as_str());
    let amounts: Vec<String> = at(&body, "/Bill/Line")
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["Amount"].to_string())
        .collect();
    assert_eq!(amounts, ["800.00", "70.00", "-300.00"]);
    let payable = Need::Account(account("Accounts payable", AccountKind::Payable));
    let payable = context.bindings.need(&payable).unwrap();
    assert_eq!(*at(&body, "/Bill/APAccountRef/value"), *payable.as_str());
    assert!(body["Bill"].get("TotalAmt").is_none(), "the vendor works it out");
}

#[test]
fn a_bill_is_due_on_its_day_where_nobody_says_more_and_never_before() {
    for due in [None, Some(date(2026, 11, 1))] {
        let header = Header { due, ..supplier_bill().header().clone() };
        let bill = Document::new(header, supplier_bill().lines().to_vec()).unwrap();
        assert_eq!(at(&body(&bill), "/Bill/DueDate"), "2026-11-20");
    }
}

#[test]
fn what_is_taken_back_of_a_bill_is_a_vendor_credit() {
    let credit = supplier_bill().reversal(day());
    let body = body(&credit);
    let amounts: Vec<String> = at(&body, "/VendorCredit/Line")
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["Amount"].to_string())
        .collect();
    assert_eq!(amounts, ["800.00", "70.00", "-300.00"]);
    assert!(body["VendorCredit"].get("DueDate").is_none());
}

#[test]
fn the_payment_of_a_bill_is_linked_to_it() {
    let (tasks, context) = linked(&paid_bill());
    let body = items(&tasks, &context).remove(0);
    assert_eq!(at(&body, "/BillPayment/PayType"), "Check");
    assert_eq!(at(&body, "/BillPayment/TotalAmt").to_string(), "570.00");
    let link = at(&body, "/BillPayment/Line/0");
    assert_eq!(link["LinkedTxn"][0]["TxnId"], "812");
    assert_eq!(link["LinkedTxn"][0]["TxnType"], "Bill");
    let from = Need::Account(bank());
    let from = context.bindings.need(&from).unwrap().as_str();
    assert_eq!(*at(&body, "/BillPayment/CheckPayment/BankAccountRef/value"), *from);
}

#[test]
fn what_a_form_cannot_hold_is_a_journal_entry_or_refused() {
    let card = account("Gift card liability", AccountKind::OtherCurrentLiability);
    let by_card = document(
        DocumentKind::BillPayment,
        Some(supplier()),
        vec![payable("57.00"), settled(card, "-57.00")],
    );
    assert!(body(&by_card).get("JournalEntry").is_some());
    let nameless = document(DocumentKind::Bill, None, supplier_bill().lines().to_vec());
    assert_eq!(shape::shape(&nameless).unwrap_err(), "a Bill needs a supplier");
    let buyer = document(DocumentKind::BillPayment, Some(customer()), paid_bill().lines().to_vec());
    assert_eq!(shape::shape(&buyer).unwrap_err(), "a BillPayment needs a supplier");
    let both = vec![payable("-9.00"), owed("9.00")];
    let both = document(DocumentKind::Bill, Some(supplier()), both);
    assert!(shape::shape(&both).unwrap_err().contains("no line of a bill can reach"));
    let sold = document(
        DocumentKind::SalesReceipt,
        Some(customer()),
        vec![payable("-9.00"), settled(clearing(), "9.00")],
    );
    let told = shape::shape(&sold).unwrap_err();
    assert!(told.contains("no item can stand for what is owed"), "{told}");
}

#[test]
fn what_a_journal_entry_owes_has_the_supplier_too() {
    let lines = vec![
        other(account("Inventory", AccountKind::OtherCurrentAsset), "570.00", "Goods"),
        payable("-870.00"),
        payable("300.00"),
    ];
    let entry = document(DocumentKind::JournalEntry, Some(supplier()), lines);
    let body = body(&entry);
    let lines = body["JournalEntry"]["Line"].as_array().unwrap();
    let named: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            let detail = &line["JournalEntryLineDetail"];
            let who = detail["Entity"]["Type"].as_str()?;
            Some((who, detail["PostingType"].as_str()?, line["Amount"].to_string()))
        })
        .collect();
    assert_eq!(named, [("Vendor", "Credit", "570.00".to_owned())]);
    let nameless = document(DocumentKind::JournalEntry, None, entry.lines().to_vec());
    assert!(shape::shape(&nameless).unwrap_err().contains("needs the supplier"));
}

#[test]
fn a_deposit_is_a_purchase() {
    let prepaid = account("Prepaid", AccountKind::OtherCurrentAsset);
    let payable = account("Accounts payable", AccountKind::Payable);
    assert!(body(&paid_supplier(prepaid)).get("Purchase").is_some());
    assert!(body(&paid_supplier(payable)).get("JournalEntry").is_some());
}

#[test]
fn what_somebody_changed_in_a_payment_is_told() {
    let (tasks, context) = linked(&paid_bill());
    let [Task::Create(Subject::Document { key, document, applies_to, .. })] = &tasks[..] else {
        panic!("{tasks:?}")
    };
    let (_, sent) = write::transaction(*key, document, *applies_to, &context).unwrap();
    let mut held = serde_json::to_value(&sent).unwrap();
    held["Id"] = Value::from("900");
    held["Line"][0]["LinkedTxn"][0]["TxnId"] = Value::from("813");
    held["CheckPayment"]["BankAccountRef"]["value"] = Value::from("35");
    let look_up = [Task::look_up(match &tasks[0] {
        Task::Create(subject) => subject.clone(),
        other => panic!("{other:?}"),
    })];
    let answer = serde_json::json!({ "QueryResponse": { "BillPayment": [held] } }).to_string();
    let outcomes = hear(&look_up, &context, 200, &answer).unwrap();
    let [Outcome::FoundDifferent { difference, .. }] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert!(difference.contains("Bill 812: sent 570.00 USD, held 0.00 USD"), "{difference}");
    assert!(difference.contains("account: sent") && difference.contains("held 35"), "{difference}");
}
