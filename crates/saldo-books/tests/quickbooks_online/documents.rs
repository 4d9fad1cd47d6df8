//! Documents of purchases, as a shop in the United States makes them.

use jiff::civil::{Date, date};
use saldo_core::document::{Document, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};

pub(crate) const DAY: Date = date(2026, 11, 20);

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn bank() -> Account {
    Account::new("Bank", AccountKind::Bank)
}

pub(crate) fn received() -> Account {
    Account::new("Goods received not invoiced", AccountKind::OtherCurrentLiability)
}

fn stock() -> Account {
    Account::new("Inventory", AccountKind::OtherCurrentAsset)
}

fn prepaid() -> Account {
    Account::new("Supplier prepayments", AccountKind::OtherCurrentAsset)
}

pub(crate) fn line(kind: LineKind, account: Account, amount: &str) -> Line {
    let amount = Money::parse(amount, usd()).unwrap();
    let (text, origin) = (account.name.to_string(), String::new());
    let (dimensions, taxes) = (Dimensions::default(), Vec::new());
    Line { kind, account, dimensions, amount, foreign: None, quantity: None, taxes, text, origin }
}

pub(crate) fn other(account: Account, amount: &str) -> Line {
    line(LineKind::Other { taxed: false }, account, amount)
}

fn payable(amount: &str) -> Line {
    line(LineKind::Payable, Account::new("Accounts payable", AccountKind::Payable), amount)
}

fn settled(amount: &str) -> Line {
    line(LineKind::Settlement, bank(), amount)
}

/// A document of the one supplier; a payment pays the first bill.
pub(crate) fn document(slot: &str, kind: DocumentKind, lines: Vec<Line>) -> Document {
    let pays = kind == DocumentKind::BillPayment;
    let header = Header {
        slot: slot.to_owned(),
        kind,
        date: DAY,
        currency: usd(),
        party: Some(Party::Vendor { name: "Potter & Sons".to_owned() }),
        applies_to: pays.then(|| "bill/1".to_owned()),
        due: (kind == DocumentKind::Bill).then_some(date(2026, 12, 20)),
        ships_to: None,
        reference: "B-7".to_owned(),
        memo: format!("About \"{slot}\""),
    };
    Document::new(header, lines).unwrap()
}

/// A bill for goods that came in.
pub(crate) fn bill(slot: &str, amount: &str) -> Document {
    let charged = Money::parse(amount, usd()).unwrap().negated().amount_text();
    document(slot, DocumentKind::Bill, vec![other(received(), amount), payable(&charged)])
}

/// Money paid for the first bill.
pub(crate) fn payment(slot: &str, amount: &str) -> Document {
    let paid = Money::parse(amount, usd()).unwrap().negated().amount_text();
    document(slot, DocumentKind::BillPayment, vec![payable(amount), settled(&paid)])
}

/// A purchase from its deposit to its last payment, and what is taken back of another.
pub(crate) fn of_purchases() -> Vec<Document> {
    let with_deposit = vec![
        other(received(), "800.00"),
        other(stock(), "10.00"),
        other(stock(), "60.00"),
        payable("-870.00"),
        payable("300.00"),
        other(prepaid(), "-300.00"),
    ];
    let deposited = vec![other(prepaid(), "300.00"), settled("-300.00")];
    let came = vec![other(stock(), "800.00"), other(received(), "-800.00")];
    let nothing_left = vec![
        other(received(), "5.00"),
        payable("-5.00"),
        payable("5.00"),
        other(prepaid(), "-5.00"),
    ];
    let second = bill("bill/2", "25.50");
    vec![
        document("deposit/1", DocumentKind::Expense, deposited),
        document("receipt/1", DocumentKind::JournalEntry, came),
        document("bill/1", DocumentKind::Bill, with_deposit),
        payment("pay/1", "400.00"),
        payment("pay/2", "170.00"),
        document("bill/3", DocumentKind::Bill, nothing_left),
        second.reversal(DAY),
        second,
    ]
}
