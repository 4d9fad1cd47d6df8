//! Purchases as documents: bills, what is paid for them, and deposits.

use super::shop::{decided, money, undone};
use super::stocked::{costing, costing_with, entries, state, sum};
use super::warehouse::{billed, ordered, paid_supplier, received};
use saldo_core::commerce::{Decided, Fact};
use saldo_core::document::{Document, DocumentKind, Party, SubledgerEntry};
use saldo_core::issue::FactState;

/// What documents say but for their lines: kind, day, what people call it, what it pays, due.
fn said(entries: &[SubledgerEntry]) -> Vec<String> {
    let said = |entry: &SubledgerEntry| {
        let header = &entry.header;
        let document = Document::new(header.clone(), entry.lines.clone()).unwrap();
        let pays = header.applies_to.as_ref().map(|to| format!(" pays {to}"));
        let due = header.due.map(|due| format!(" due {due}"));
        format!(
            "{} {} {} {}{}{}",
            header.date,
            header.kind,
            header.reference,
            document.total().unwrap(),
            pays.unwrap_or_default(),
            due.unwrap_or_default()
        )
    };
    let mut said: Vec<String> = entries.iter().map(said).collect();
    said.sort();
    said
}

fn second(bill: Fact, due: &str) -> Fact {
    let Fact::SupplierBill(mut bill) = bill else { panic!("a bill") };
    bill.number = None;
    bill.due = Some(due.parse().unwrap());
    Fact::SupplierBill(bill)
}

#[test]
fn payments_before_the_bill_are_deposits_and_later_ones_pay_it() {
    let facts = [
        ordered("01-03"),
        paid_supplier(1, "01-04", "30.00"),
        received(1, "01-05", "MUG", 10, "80.00"),
        billed(1, "01-20", "MUG", (10, "80.00"), "0.00"),
        paid_supplier(2, "02-01", "60.00"),
    ];
    let policy = costing("fifo");
    let all = entries(&facts, &policy);
    assert_eq!(sum(&all, "Accounts payable"), 0);
    assert_eq!(sum(&all, "Supplier prepayments"), 1_000, "paid too much");
    assert!(matches!(state(&facts, &policy, "shop/Purchase/1"), FactState::Excluded { .. }));
}

#[test]
fn a_bill_is_a_document_that_its_payments_belong_to() {
    let facts = [
        paid_supplier(1, "01-04", "30.00"),
        received(1, "01-05", "MUG", 10, "80.00"),
        received(2, "01-06", "MUG", 10, "50.00"),
        billed(1, "01-20", "MUG", (10, "80.00"), "0.00"),
        second(billed(2, "01-21", "MUG", (10, "50.00"), "0.00"), "2026-02-20"),
        paid_supplier(2, "02-01", "20.00"),
        paid_supplier(3, "02-02", "90.00"),
    ];
    let all = entries(&facts, &costing("fifo"));
    insta::assert_snapshot!(said(&all).join("\n"), @r"
    2026-01-04 expense 1 30.00 USD
    2026-01-05 journal-entry 1 80.00 USD
    2026-01-06 journal-entry 2 50.00 USD
    2026-01-20 bill B-7 50.00 USD
    2026-01-21 bill 2 50.00 USD due 2026-02-20
    2026-02-01 bill-payment B-7 20.00 USD pays shop/Bill/1
    2026-02-02 bill-payment 2 50.00 USD pays shop/Bill/2
    2026-02-02 bill-payment B-7 30.00 USD pays shop/Bill/1
    2026-02-02 expense 3 10.00 USD
    ");
    assert_eq!((sum(&all, "Accounts payable"), sum(&all, "Bank")), (0, -14_000));
    let supplier = Party::Vendor { name: "Potter & Sons".to_owned() };
    assert!(all.iter().all(|entry| entry.header.party.as_ref() == Some(&supplier)));
    let mut slots: Vec<&str> = all.iter().map(|entry| entry.header.slot.as_str()).collect();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), all.len(), "each is a document of its own");
}

#[test]
fn a_bill_that_names_a_tax_of_no_amount_is_held_unless_the_policy_leaves_it_out() {
    let Fact::SupplierBill(mut bill) = billed(1, "01-20", "MUG", (10, "85.00"), "0.00") else {
        unreachable!("it is a bill")
    };
    bill.untold_taxes = vec!["HST".to_owned()];
    let facts = [received(1, "01-05", "MUG", 10, "80.00"), Fact::SupplierBill(bill)];
    let policy = costing("fifo");
    let all = entries(&facts, &policy);
    assert_eq!(sum(&all, "Accounts payable"), 0);
    assert_eq!(
        sum(&all, "Goods received not invoiced"),
        -8_000,
        "the goods are there all the same"
    );
    assert_eq!(sum(&all, "Inventory"), 8_000);
    let FactState::Held(issue) = state(&facts, &policy, "shop/Bill/1") else { panic!("held") };
    assert_eq!(
        issue.message,
        "the bill of Potter & Sons names a tax (HST), and nothing says how much it is"
    );
    assert!(issue.hint.contains("saldo map set tax.on-bills left-out"), "{}", issue.hint);
    let left_out = costing_with("tax.on-bills = \"left-out\"", "fifo");
    let all = entries(&facts, &left_out);
    assert_eq!((sum(&all, "Accounts payable"), sum(&all, "Inventory")), (-8_500, 8_500));
}

#[test]
fn a_bill_that_is_taken_back_is_a_credit_of_the_supplier() {
    let facts = [
        received(1, "01-05", "MUG", 10, "80.00"),
        billed(1, "01-20", "MUG", (10, "80.00"), "5.00"),
    ];
    let all = entries(&facts, &costing("fifo"));
    let bill = all.iter().find(|entry| entry.header.kind == DocumentKind::Bill).unwrap();
    let bill = Document::new(bill.header.clone(), bill.lines.clone()).unwrap();
    let credit = bill.reversal("2026-02-01".parse().unwrap());
    assert_eq!(credit.header().kind, DocumentKind::VendorCredit);
    assert_eq!((credit.total(), bill.total()), (Ok(money("85.00")), credit.total()));
    assert_eq!(credit.reversal(bill.header().date).header().kind, DocumentKind::Bill);
}

/// What the owner says was paid for the one purchase order.
fn said_paid(day: &str, amount: &str) -> Fact {
    let (purchase, name) = ("shop/Purchase/1".into(), "PO-1".to_owned());
    decided(day, Decided::Paid { purchase, name, amount: money(amount) })
}

#[test]
fn what_the_owner_says_was_paid_pays_the_bill() {
    let policy = costing("fifo");
    let mut facts = vec![
        ordered("01-03"),
        received(1, "01-05", "MUG", 10, "80.00"),
        billed(1, "01-20", "MUG", (10, "80.00"), "0.00"),
        said_paid("02-01", "95.00"),
    ];
    let id = facts[3].id().to_string();
    let told = entries(&facts, &policy);
    assert_eq!((sum(&told, "Accounts payable"), sum(&told, "Bank")), (0, -9_500));
    assert_eq!(sum(&told, "Supplier prepayments"), 1_500);
    assert_eq!(state(&facts, &policy, &id), FactState::Accounted { review: None });
    let paid = told.iter().filter(|it| it.header.kind == DocumentKind::BillPayment);
    let about = told.iter().find(|it| it.header.kind == DocumentKind::JournalEntry).unwrap();
    assert_eq!(about.header.reference, "PO-1", "goods go by the order that they came for");
    let named: Vec<_> =
        paid.map(|it| (it.header.applies_to.as_deref(), &it.header.party)).collect();
    let supplier = Some(Party::Vendor { name: "Potter & Sons".to_owned() });
    assert_eq!(named, [(Some("shop/Bill/1"), &supplier)]);
    facts[3] = undone(facts[3].clone());
    let told = entries(&facts, &policy);
    assert_eq!((sum(&told, "Accounts payable"), sum(&told, "Bank")), (-8_000, 0));
    let taken_back = FactState::Excluded { rule: "taken-back".to_owned() };
    assert_eq!(state(&facts, &policy, &id), taken_back);
}

#[test]
fn what_was_paid_for_an_order_that_nobody_told_waits_for_it() {
    let facts = [said_paid("02-01", "95.00")];
    let policy = costing("fifo");
    assert_eq!(entries(&facts, &policy), []);
    let state = state(&facts, &policy, facts[0].id().as_str());
    assert!(matches!(state, FactState::Waiting { .. }), "{state:?}");
}

#[test]
fn a_payment_that_is_decided_goes_to_whoever_anything_tells_as_the_supplier() {
    let paid = || {
        let purchase = "shop/Purchase/1".into();
        decided(
            "03-01",
            Decided::Paid { purchase, name: "PO-1".to_owned(), amount: money("30.00") },
        )
    };
    let policy = costing("fifo");
    for told in [
        ordered("01-03"),
        received(1, "01-05", "MUG", 10, "80.00"),
        billed(1, "01-20", "MUG", (10, "80.00"), "0.00"),
    ] {
        let all = entries(&[paid(), told.clone()], &policy);
        let entry = all.iter().find(|entry| entry.id.as_str().starts_with("owner/")).unwrap();
        let supplier = Party::Vendor { name: "Potter & Sons".to_owned() };
        assert_eq!(entry.header.party, Some(supplier), "{told:?}");
    }
    let waits = state(&[paid()], &policy, "owner/Decision/1");
    assert!(matches!(waits, FactState::Waiting { .. }), "{waits:?}");
}
