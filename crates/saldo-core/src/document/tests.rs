//! Documents: their numbers, and what takes them back.

use super::*;
use crate::commerce::Product;
use crate::ledger::AccountKind;
use crate::ledger::{Account, Dimensions};

#[test]
fn a_key_is_stable_and_short() {
    let company = CompanyId::new("demo");
    let key = DocumentKey::derive(&company, "shop/Order/1", DocumentKind::Invoice, 0);
    assert_eq!(key.as_str().len(), 11);
    assert_eq!(key.as_str().parse(), Ok(key));
    let next = DocumentKey::derive(&company, "shop/Order/1", DocumentKind::Invoice, 1);
    assert_ne!(key, next);
    insta::assert_snapshot!(key.as_str(), @"7H5Z152Q6DH");
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("USD").unwrap())
}

fn line(kind: LineKind, minor: i64, quantity: Option<i64>) -> Line {
    Line {
        kind,
        account: Account::new("Inventory", crate::ledger::AccountKind::OtherCurrentAsset),
        dimensions: Dimensions::default(),
        amount: usd(minor),
        foreign: None,
        quantity,
        taxes: Vec::new(),
        text: "Mug".to_owned(),
        origin: "1".to_owned(),
    }
}

fn mug() -> Product {
    Product { id: None, sku: Some("MUG".to_owned()), title: "Mug".to_owned() }
}

fn kept() -> Box<KeptItem> {
    let account = |name: &str| Account::new(name, crate::ledger::AccountKind::Income);
    Box::new(KeptItem {
        key: "sku:MUG".to_owned(),
        income: account("Sales"),
        stock: account("Inventory"),
        cost: account("Cost"),
        since: Date::constant(2026, 1, 1),
    })
}

fn document(kind: DocumentKind, lines: Vec<Line>) -> Document {
    let header = Header {
        slot: "shop/Purchase/1".to_owned(),
        kind,
        date: Date::constant(2026, 1, 2),
        currency: Currency::parse("USD").unwrap(),
        party: None,
        applies_to: None,
        due: None,
        ships_to: None,
        reference: "PO 1".to_owned(),
        memo: "Goods".to_owned(),
    };
    Document::new(header, lines).unwrap()
}

#[test]
fn units_that_count_go_the_other_way_when_they_are_taken_back() {
    let stocked = LineKind::Stocked { product: mug(), kept: kept() };
    let sold = LineKind::Product { product: mug(), taxed: false, kept: Some(kept()) };
    let cost = Some(usd(800));
    let ordered = LineKind::Ordered { product: mug(), cost, kept: None };
    let other = LineKind::Other { taxed: false };
    let plain = LineKind::Product { product: mug(), taxed: false, kept: None };
    let cases = [
        (DocumentKind::ItemReceipt, stocked.clone(), 800, DocumentKind::ItemReceipt, -2, 0),
        (DocumentKind::InventoryAdjustment, stocked, 0, DocumentKind::InventoryAdjustment, -2, 0),
        (DocumentKind::PurchaseOrder, ordered, 0, DocumentKind::PurchaseOrder, -2, 800),
        (DocumentKind::SalesReceipt, sold, -800, DocumentKind::RefundReceipt, -2, 0),
        (DocumentKind::SalesReceipt, plain, -800, DocumentKind::RefundReceipt, 2, 0),
    ];
    for (kind, counted, minor, reversed, units, total) in cases {
        let lines = vec![line(counted, minor, Some(2)), line(other.clone(), -minor, None)];
        let it = document(kind, lines);
        assert_eq!(it.total().unwrap(), usd(total), "{kind}");
        let back = it.reversal(it.header().date);
        assert_eq!(back.header().kind, reversed);
        assert_eq!(back.lines()[0].quantity, Some(units), "{kind}");
        assert_eq!(back.total().unwrap(), usd(total), "{kind}");
        let moved = |it: &Document| it.lines()[0].stock_move().map_or(0, |(_, units)| units);
        assert_eq!(moved(&it) + moved(&back), 0, "{kind}");
        let again = back.reversal(it.header().date);
        assert_eq!(again.lines(), it.lines(), "{kind}");
    }
}

#[test]
fn units_and_prices_that_count_are_told_apart_as_money_is() {
    let ordered = |units, cost: Option<i64>| {
        let kind = LineKind::Ordered { product: mug(), cost: cost.map(usd), kept: None };
        document(DocumentKind::PurchaseOrder, vec![line(kind, 0, Some(units))]).money_hash()
    };
    let one = ordered(2, Some(800));
    assert_eq!(one, ordered(2, Some(800)));
    for other in [ordered(3, Some(800)), ordered(2, Some(801)), ordered(2, None)] {
        assert_ne!(one, other);
    }
    let sold = |units, kept| {
        let kind = LineKind::Product { product: mug(), taxed: false, kept };
        let other = line(LineKind::Settlement, 800, None);
        let lines = vec![line(kind, -800, Some(units)), other];
        document(DocumentKind::SalesReceipt, lines).money_hash()
    };
    assert_eq!(sold(1, None), sold(2, None), "nobody keeps its units");
    assert_ne!(sold(1, Some(kept())), sold(2, Some(kept())));
    assert_ne!(sold(1, None), sold(1, Some(kept())));
}

#[test]
fn a_key_is_found_at_the_end_of_a_number() {
    let key: DocumentKey = "7H5Z152Q6DH".parse().unwrap();
    for number in ["7H5Z152Q6DH", "S-7H5Z152Q6DH", "2026/7H5Z152Q6DH"] {
        assert_eq!(DocumentKey::at_end_of(number), Some(key), "{number}");
    }
    for number in ["", "1042", "S-7H5Z152Q6D", "é152Q6DH", "S-7h5z152q6dh"] {
        assert_eq!(DocumentKey::at_end_of(number), None, "{number}");
    }
}

/// An invoice of 1.00 USD, in euros on the receivable.
fn invoice() -> Document {
    let [usd, eur] = ["USD", "EUR"].map(|code| Currency::parse(code).unwrap());
    let header = Header {
        slot: "shop/Order/1".to_owned(),
        kind: DocumentKind::Invoice,
        date: "2026-03-10".parse().unwrap(),
        currency: usd,
        party: None,
        applies_to: None,
        due: Some("2026-04-10".parse().unwrap()),
        ships_to: None,
        reference: "#1001".to_owned(),
        memo: "Order #1001".to_owned(),
    };
    let line = |kind, name, account, minor, foreign| Line {
        kind,
        account: Account::new(name, account),
        dimensions: Dimensions::default(),
        amount: Money::from_minor(minor, usd),
        foreign,
        quantity: None,
        taxes: Vec::new(),
        text: String::new(),
        origin: String::new(),
    };
    let (income, owed) = (AccountKind::Income, AccountKind::Receivable);
    let euros = Some(Money::from_minor(90, eur));
    let lines = vec![
        line(LineKind::Other { taxed: false }, "Sales", income, -100, None),
        line(LineKind::Receivable, "Receivable", owed, 100, euros),
    ];
    Document::new(header, lines).unwrap()
}

#[test]
fn a_reversal_takes_back_all_but_what_is_to_be_paid_when() {
    let invoice = invoice();
    let back = invoice.reversal("2026-05-01".parse().unwrap());
    let Header { kind, due, memo, slot, .. } = back.header();
    assert_eq!((*kind, *due), (DocumentKind::CreditMemo, None));
    assert_eq!((&**memo, &**slot), ("Reversal of: Order #1001", "shop/Order/1"));
    let amounts = |document: &Document| {
        let of = |line: &Line| (line.amount.minor(), line.foreign.map(Money::minor));
        document.lines().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&invoice), [(-100, None), (100, Some(90))]);
    assert_eq!(amounts(&back), [(100, None), (-100, Some(-90))]);
    let again = back.reversal(invoice.header().date);
    assert_eq!(again.money_hash(), invoice.money_hash());
    assert_ne!(back.money_hash(), invoice.money_hash());
    assert_ne!(again.content_hash(), invoice.content_hash(), "its memo is another");
    assert_eq!(invoice.content_hash(), super::tests::invoice().content_hash());
    let currencies: Vec<String> = invoice.currencies().map(|it| it.to_string()).collect();
    assert_eq!(currencies, ["USD", "EUR"]);
}

#[test]
fn invoices_credit_memos_and_bills_alone_take_payments() {
    let open = DocumentKind::ALL.into_iter().filter(|kind| kind.takes_payments());
    let expected = [DocumentKind::Invoice, DocumentKind::CreditMemo, DocumentKind::Bill];
    assert_eq!(open.collect::<Vec<_>>(), expected);
}
