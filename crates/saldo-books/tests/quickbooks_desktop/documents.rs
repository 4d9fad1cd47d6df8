//! Documents of every kind, as a shop in the United States makes them.

use super::DAY;
use jiff::civil::Date;
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn clearing() -> Account {
    Account::new("Clearing: Shopify Payments", AccountKind::Clearing)
}

pub(crate) fn bank() -> Account {
    Account::new("Bank", AccountKind::Bank)
}

fn card() -> Account {
    Account::new("Visa Card", AccountKind::CreditCard)
}

fn sales() -> Account {
    Account::new("Sales", AccountKind::Income)
}

fn gift_cards() -> Account {
    Account::new("Gift card liability", AccountKind::OtherCurrentLiability)
}

fn fees() -> Account {
    Account::new("Payment processing fees", AccountKind::Expense)
}

pub(crate) fn line(kind: LineKind, account: Account, amount: &str) -> Line {
    let amount = Money::parse(amount, usd()).unwrap();
    let (text, origin) = (account.name.to_string(), String::new());
    let dimensions = Dimensions::default();
    Line {
        kind,
        account,
        dimensions,
        amount,
        foreign: None,
        quantity: None,
        taxes: Vec::new(),
        text,
        origin,
    }
}

pub(crate) fn settled(account: Account, amount: &str) -> Line {
    line(LineKind::Settlement, account, amount)
}

pub(crate) fn other(account: Account, amount: &str) -> Line {
    line(LineKind::Other { taxed: false }, account, amount)
}

fn taxed(account: Account, amount: &str) -> Line {
    line(LineKind::Other { taxed: true }, account, amount)
}

fn goods(sku: &str, units: i64, amount: &str) -> Line {
    let product = Product { id: None, sku: Some(sku.to_owned()), title: format!("A {sku}") };
    let kind = LineKind::Product { product, taxed: true, kept: None };
    Line { quantity: Some(units), ..line(kind, sales(), amount) }
}

fn tax(amount: &str) -> Line {
    let kind = LineKind::Tax { title: "CA State Tax".to_owned(), rate: Some(20.into()) };
    line(kind, Account::new("Sales tax payable", AccountKind::TaxLiability), amount)
}

fn owed(amount: &str) -> Line {
    line(LineKind::Receivable, Account::new("Accounts receivable", AccountKind::Receivable), amount)
}

pub(crate) fn document(
    slot: &str,
    kind: DocumentKind,
    party: Option<Party>,
    lines: Vec<Line>,
) -> Document {
    let applies_to = match kind {
        DocumentKind::Payment => Some("order/1002".to_owned()),
        DocumentKind::BillPayment => Some("bill/1".to_owned()),
        _ => None,
    };
    let header = Header {
        slot: slot.to_owned(),
        kind,
        date: DAY,
        currency: usd(),
        party,
        applies_to,
        due: None,
        ships_to: None,
        reference: format!("#{slot}"),
        memo: format!("About \"{slot}\""),
    };
    Document::new(header, lines).unwrap()
}

pub(crate) fn customer() -> Option<Party> {
    Some(Party::Customer { key: "7".to_owned(), name: "Jane Doe".to_owned() })
}

fn vendor() -> Option<Party> {
    Some(Party::Vendor { name: "Shopify".to_owned() })
}

/// Money that moves between accounts of the company's own.
pub(crate) fn transfer(slot: &str, lines: Vec<Line>) -> Document {
    document(slot, DocumentKind::Transfer, None, lines)
}

/// The same document, to be paid by a day.
pub(crate) fn due_by(document: &Document, due: Date) -> Document {
    let header = Header { due: Some(due), ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

/// A sale of something over this total, tax of a fifth included.
pub(crate) fn sale_of(slot: &str, total: &str) -> Document {
    let total = Money::parse(total, usd()).unwrap();
    let taxed = Money::from_minor(total.minor() / 6, usd());
    let net = total.minus(taxed).unwrap();
    let lines = vec![
        goods("MUG-1", 1, &net.negated().amount_text()),
        tax(&taxed.negated().amount_text()),
        settled(clearing(), &total.amount_text()),
    ];
    document(slot, DocumentKind::SalesReceipt, customer(), lines)
}

/// A sale whose goods stand for something in a class.
pub(crate) fn classed(slot: &str, class: &str) -> Document {
    let mut mug = goods("MUG-1", 1, "-10.50");
    mug.dimensions = [("class", class)].into_iter().collect();
    document(slot, DocumentKind::SalesReceipt, customer(), vec![mug, settled(clearing(), "10.50")])
}

/// Money that moved to the bank on a day.
pub(crate) fn payout(slot: &str, day: Date) -> Document {
    let lines = vec![settled(bank(), "50.00"), settled(clearing(), "-50.00")];
    let document = document(slot, DocumentKind::Transfer, None, lines);
    let header = Header { date: day, ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

/// A sale of one thing to somebody.
pub(crate) fn sale_to(name: &str, sku: &str) -> Document {
    let party = Some(Party::Customer { key: name.to_owned(), name: name.to_owned() });
    let lines = vec![goods(sku, 1, "-10.50"), settled(clearing(), "10.50")];
    document(&format!("to/{name}/{sku}"), DocumentKind::SalesReceipt, party, lines)
}

/// A sale that is paid later.
pub(crate) fn claim() -> Document {
    let lines = vec![goods("MUG-2", 3, "-50.00"), tax("-10.00"), owed("60.00")];
    document("order/1002", DocumentKind::Invoice, customer(), lines)
}

fn payable(amount: &str) -> Line {
    line(LineKind::Payable, Account::new("Accounts payable", AccountKind::Payable), amount)
}

/// A supplier's bill, for which a deposit was paid.
pub(crate) fn bill() -> Document {
    let received = Account::new("Goods received", AccountKind::OtherCurrentLiability);
    let prepaid = Account::new("Prepayments", AccountKind::OtherCurrentAsset);
    let lines = vec![
        other(received, "800.00"),
        payable("-800.00"),
        payable("300.00"),
        other(prepaid, "-300.00"),
    ];
    document("bill/1", DocumentKind::Bill, supplier(), lines)
}

/// What a bill of the same supplier charged too much.
fn vendor_credit() -> Document {
    let inventory = Account::new("Stock of goods", AccountKind::OtherCurrentAsset);
    let lines = vec![other(inventory, "-5.00"), payable("5.00")];
    document("bill/2", DocumentKind::VendorCredit, supplier(), lines)
}

pub(crate) fn supplier() -> Option<Party> {
    Some(Party::Vendor { name: "Potter & Sons".to_owned() })
}

/// What a customer is credited with.
pub(crate) fn credit() -> Document {
    let returns = Account::new("Returns & refunds", AccountKind::ContraIncome);
    let lines = vec![taxed(returns, "10.00"), tax("2.00"), owed("-12.00")];
    document("order/1002/credit", DocumentKind::CreditMemo, customer(), lines)
}

/// A part of it that is paid out.
pub(crate) fn paid_out(slot: &str, amount: &str) -> Document {
    let negated = Money::parse(amount, usd()).unwrap().negated().amount_text();
    let lines = vec![owed(amount), settled(clearing(), &negated)];
    let document = document(slot, DocumentKind::Payment, customer(), lines);
    let applies_to = Some("order/1002/credit".to_owned());
    let header = Header { applies_to, ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

/// A fee.
fn expense(slot: &str) -> Document {
    let lines = vec![other(fees(), "3.36"), settled(clearing(), "-3.36")];
    document(slot, DocumentKind::Expense, vendor(), lines)
}

/// What a card is charged with, and what comes back to it.
fn of_cards() -> [Document; 3] {
    let given_back =
        vec![other(card(), "40.00"), other(fees(), "-50.00"), settled(clearing(), "10.00")];
    [
        document(
            "card/1",
            DocumentKind::JournalEntry,
            vendor(),
            vec![other(card(), "-45.00"), settled(clearing(), "45.00")],
        ),
        document("card/2", DocumentKind::JournalEntry, vendor(), given_back),
        document(
            "card/3",
            DocumentKind::Expense,
            vendor(),
            vec![other(fees(), "12.00"), settled(card(), "-12.00")],
        ),
    ]
}

/// What is paid for a bill: from a bank account, and by a card.
fn paid_bills() -> [Document; 2] {
    let paid = |slot: &str, account: Account, amount: &str, negated: &str| {
        let lines = vec![payable(amount), settled(account, negated)];
        document(slot, DocumentKind::BillPayment, supplier(), lines)
    };
    [
        paid("bill/1/payment", bank(), "200.00", "-200.00"),
        paid("bill/1/payment/2", card(), "100.00", "-100.00"),
    ]
}

/// A document of every kind, and of every shape that a kind can have.
pub(crate) fn of_every_kind() -> Vec<Document> {
    let discounts = Account::new("Discounts given", AccountKind::ContraIncome);
    let returns = || Account::new("Returns & refunds", AccountKind::ContraIncome);
    let reserve = Account::new("Reserve", AccountKind::OtherCurrentAsset);
    let tips = Account::new("Tips", AccountKind::OtherIncome);
    let breakage = Account::new("Breakage", AccountKind::OtherIncome);
    // By the line the tax of these would come to another cent.
    let rounded = vec![
        taxed(sales(), "-3.33"),
        taxed(sales(), "-3.33"),
        taxed(sales(), "-3.34"),
        tax("-2.00"),
        settled(clearing(), "12.00"),
    ];
    let sold = vec![
        goods("MUG-1", 2, "-100.00"),
        taxed(discounts, "10.00"),
        other(tips, "-5.00"),
        tax("-18.00"),
        settled(clearing(), "93.00"),
        settled(gift_cards(), "20.00"),
    ];
    let by_gift_card = vec![taxed(sales(), "-10.00"), tax("-2.00"), settled(gift_cards(), "12.00")];
    let refunded = vec![taxed(returns(), "50.00"), tax("10.00"), settled(clearing(), "-60.00")];
    let to_store = vec![taxed(returns(), "5.00"), tax("1.00"), settled(gift_cards(), "-6.00")];
    let kept = vec![settled(reserve, "30.00"), settled(clearing(), "-30.00")];
    let given_back = vec![other(fees(), "-1.00"), settled(clearing(), "1.00")];
    let broken = vec![other(gift_cards(), "4.00"), other(breakage, "-4.00")];
    let kind = |kind: DocumentKind, slot: &str, party: Option<Party>, lines: Vec<Line>| {
        document(slot, kind, party, lines)
    };
    let mut documents = vec![
        kind(DocumentKind::SalesReceipt, "order/1001", customer(), sold),
        kind(DocumentKind::SalesReceipt, "order/1003", customer(), rounded),
        kind(DocumentKind::SalesReceipt, "order/1004", customer(), by_gift_card),
        claim(),
        kind(
            DocumentKind::Payment,
            "order/1002/payment",
            customer(),
            vec![settled(clearing(), "48.00"), owed("-48.00")],
        ),
        kind(DocumentKind::RefundReceipt, "order/1001/refund", customer(), refunded),
        kind(DocumentKind::RefundReceipt, "order/1004/refund", customer(), to_store),
        credit(),
        paid_out("order/1002/credit/1", "9.00"),
        kind(
            DocumentKind::Transfer,
            "payout/1",
            None,
            vec![settled(bank(), "50.00"), settled(clearing(), "-50.00")],
        ),
        kind(DocumentKind::Transfer, "reserve/1", None, kept),
        expense("fees/1"),
        kind(DocumentKind::JournalEntry, "fees/2", vendor(), given_back),
        kind(DocumentKind::JournalEntry, "breakage/1", None, broken),
        bill(),
        vendor_credit(),
    ];
    documents.extend(paid_bills());
    documents.extend(of_cards());
    documents
}

const KINDS: [DocumentKind; 9] = [
    DocumentKind::SalesReceipt,
    DocumentKind::Invoice,
    DocumentKind::RefundReceipt,
    DocumentKind::CreditMemo,
    DocumentKind::Transfer,
    DocumentKind::Expense,
    DocumentKind::JournalEntry,
    DocumentKind::Bill,
    DocumentKind::VendorCredit,
];

/// A document of some kind and some lines by their numbers; a last line makes it balance.
pub(crate) fn of_any_shape(slot: &str, kind: usize, lines: &[(u8, i64)], last: u8) -> Document {
    let any_line = |which: u8, minor: i64| {
        let amount = Money::from_minor(minor, usd()).amount_text();
        match which {
            0 => goods("MUG-1", 3, &amount),
            1 => other(Account::new("Returns & refunds", AccountKind::ContraIncome), &amount),
            2 => other(fees(), &amount),
            3 => tax(&amount),
            4 => settled(clearing(), &amount),
            5 => settled(bank(), &amount),
            6 => settled(gift_cards(), &amount),
            7 => owed(&amount),
            9 => other(card(), &amount),
            _ => payable(&amount),
        }
    };
    let rest: i64 = -lines.iter().map(|(_, minor)| minor).sum::<i64>();
    let mut lines: Vec<Line> =
        lines.iter().map(|(which, minor)| any_line(*which, *minor)).collect();
    lines.push(any_line(last, rest));
    let kind = KINDS[kind];
    let of_supplier = matches!(kind, DocumentKind::Bill | DocumentKind::VendorCredit);
    document(slot, kind, if of_supplier { supplier() } else { customer() }, lines)
}
