//! The book as the engine sees it: what is asked, what is valid by the vendor's schema, and what
//! answers mean.

mod amended;
mod cards;
mod deposits;
mod effect;
mod fixtures;
mod foreign;
mod found;
mod heard;
mod listed;
mod read;
mod schema;
mod stock;
mod voided;
mod written;

use super::QuickBooksDesktop;
use super::xml::{self, Element};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use saldo_core::book::{Bindings, Book, BookContext, Need, Outcome, Subject, Task};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKey, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::exchange::{Answer, Ask, Fault, MessageAnswer};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use std::collections::BTreeMap;

const BOOK: QuickBooksDesktop = QuickBooksDesktop;

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn day() -> Date {
    date(2026, 11, 20)
}

fn account(name: &str, kind: AccountKind) -> Account {
    Account::new(name, kind)
}

fn clearing() -> Account {
    account("Clearing: Shopify Payments", AccountKind::Clearing)
}

fn paypal() -> Account {
    account("Clearing: PayPal", AccountKind::Clearing)
}

fn bank() -> Account {
    account("Bank", AccountKind::Bank)
}

fn receivable() -> Account {
    account("Accounts receivable", AccountKind::Receivable)
}

fn sales() -> Account {
    account("Product sales", AccountKind::Income)
}

fn returns() -> Account {
    account("Returns & refunds", AccountKind::ContraIncome)
}

fn discounts() -> Account {
    account("Discounts given", AccountKind::ContraIncome)
}

fn shipping() -> Account {
    account("Shipping income", AccountKind::Income)
}

fn gift_cards() -> Account {
    account("Gift card liability", AccountKind::OtherCurrentLiability)
}

fn fees() -> Account {
    account("Payment processing fees", AccountKind::Expense)
}

fn line(kind: LineKind, account: Account, amount: &str, text: &str) -> Line {
    let amount = Money::parse(amount, usd()).unwrap();
    let (text, origin) = (text.to_owned(), "1".to_owned());
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

fn settled(account: Account, amount: &str) -> Line {
    line(LineKind::Settlement, account, amount, "Paid")
}

fn owed(amount: &str) -> Line {
    line(LineKind::Receivable, receivable(), amount, "Owed")
}

fn other(account: Account, amount: &str, text: &str) -> Line {
    line(LineKind::Other { taxed: false }, account, amount, text)
}

fn tax(amount: &str) -> Line {
    let tax = LineKind::Tax { title: "CA State Tax".to_owned(), rate: None };
    line(tax, account("Sales tax payable", AccountKind::TaxLiability), amount, "CA State Tax")
}

/// Tax on an account of the owner's own.
fn own_tax(amount: &str) -> Line {
    let own = account("Sales tax payable: CA State Tax", AccountKind::OtherCurrentLiability);
    Line { account: own, ..tax(amount) }
}

fn mug() -> Product {
    Product { id: Some("9".to_owned()), sku: Some("MUG-1".to_owned()), title: "Mug".to_owned() }
}

fn goods(account: Account, amount: &str, units: i64) -> Line {
    let kind = LineKind::Product { product: mug(), taxed: true, kept: None };
    Line { quantity: Some(units), ..line(kind, account, amount, "Mug") }
}

fn customer() -> Party {
    Party::Customer { key: "shop/Customer/7".to_owned(), name: "Jane Doe".to_owned() }
}

fn vendor() -> Party {
    Party::Vendor { name: "Shopify".to_owned() }
}

fn document(kind: DocumentKind, party: Option<Party>, lines: Vec<Line>) -> Document {
    let header = Header {
        slot: format!("shop/Order/1001/{kind}"),
        kind,
        date: day(),
        currency: usd(),
        party,
        applies_to: None,
        due: None,
        ships_to: None,
        reference: "#1001".to_owned(),
        memo: "Order #1001".to_owned(),
    };
    Document::new(header, lines).unwrap()
}

fn key(document: &Document) -> DocumentKey {
    document.key(&CompanyId::from("demo"), 0)
}

fn subject(document: &Document) -> Subject {
    let kind = match document.header().kind {
        DocumentKind::BillPayment => DocumentKind::Bill,
        DocumentKind::ItemReceipt => DocumentKind::PurchaseOrder,
        _ => DocumentKind::Invoice,
    };
    let company = CompanyId::from("demo");
    let applies_to = document.header().applies_to.as_deref();
    let applies_to = applies_to.map(|slot| DocumentKey::derive(&company, slot, kind, 0));
    let (key, document) = (key(document), Box::new(document.clone()));
    Subject::Document { key, document, applies_to, voids: None, draft: false }
}

/// The same document, as one that belongs to another.
fn of(document: Document, slot: &str) -> Document {
    let header = Header { applies_to: Some(slot.to_owned()), ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

fn sale() -> Document {
    let lines = vec![
        goods(sales(), "-100.00", 2),
        line(LineKind::Other { taxed: true }, discounts(), "10.00", "Discount"),
        line(LineKind::Other { taxed: true }, shipping(), "-8.00", "Carriage"),
        tax("-7.43"),
        settled(clearing(), "105.43"),
    ];
    document(DocumentKind::SalesReceipt, Some(customer()), lines)
}

fn claim() -> Document {
    let lines = vec![goods(sales(), "-50.00", 1), tax("-4.13"), owed("60.00"), owed("-5.87")];
    document(DocumentKind::Invoice, Some(customer()), lines)
}

fn received() -> Document {
    let lines = vec![settled(clearing(), "54.13"), owed("-54.13")];
    document(DocumentKind::Payment, Some(customer()), lines)
}

/// Money that goes back for a credit memo.
fn paid_back() -> Document {
    let lines = vec![owed("21.00"), settled(bank(), "-21.00")];
    document(DocumentKind::Payment, Some(customer()), lines)
}

fn refund() -> Document {
    let lines = vec![goods(returns(), "50.00", 1), tax("4.13"), settled(clearing(), "-54.13")];
    document(DocumentKind::RefundReceipt, Some(customer()), lines)
}

/// A credit that is paid out.
fn paid_out() -> Document {
    let lines = vec![owed("54.13"), settled(clearing(), "-54.13")];
    of(document(DocumentKind::Payment, Some(customer()), lines), "shop/Order/1001/credit-memo")
}

fn payout() -> Document {
    let lines = vec![settled(bank(), "950.00"), settled(clearing(), "-950.00")];
    document(DocumentKind::Transfer, None, lines)
}

fn expense() -> Document {
    let lines = vec![
        other(fees(), "3.36", "Fee #1001"),
        other(fees(), "-0.36", "Fee returned #1002"),
        settled(clearing(), "-3.36"),
        settled(clearing(), "0.36"),
    ];
    document(DocumentKind::Expense, Some(vendor()), lines)
}

fn card() -> Account {
    account("Visa 4242", AccountKind::CreditCard)
}

/// What a marketplace charges a card with, since its balance does not suffice.
fn charged_to_card() -> Document {
    let lines = vec![other(card(), "-45.00", "Charged"), settled(clearing(), "45.00")];
    document(DocumentKind::JournalEntry, Some(vendor()), lines)
}

fn write_off() -> Document {
    let bad_debt = account("Bad debt", AccountKind::Expense);
    let lines = vec![other(bad_debt, "54.13", "Given up"), owed("-54.13")];
    document(DocumentKind::JournalEntry, Some(customer()), lines)
}

fn supplier() -> Party {
    Party::Vendor { name: "Potter & Sons".to_owned() }
}

fn payable(amount: &str) -> Line {
    line(LineKind::Payable, account("Accounts payable", AccountKind::Payable), amount, "Owed")
}

/// A bill that a deposit was paid for.
fn supplier_bill() -> Document {
    let lines = vec![
        other(account("Goods received", AccountKind::OtherCurrentLiability), "800.00", "Invoiced"),
        other(account("Inventory", AccountKind::OtherCurrentAsset), "70.00", "Brought here"),
        payable("-870.00"),
        payable("300.00"),
        other(account("Prepaid", AccountKind::OtherCurrentAsset), "-300.00", "Deposit applied"),
    ];
    document(DocumentKind::Bill, Some(supplier()), lines)
}

/// The same document, to be paid by a day.
fn due_by(document: Document, due: Date) -> Document {
    let header = Header { due: Some(due), ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

/// Money paid for it.
fn paid_bill() -> Document {
    let lines = vec![payable("570.00"), settled(bank(), "-570.00")];
    of(document(DocumentKind::BillPayment, Some(supplier()), lines), "shop/Order/1001/bill")
}

/// The same paid by a card.
fn paid_bill_by_card() -> Document {
    let lines = vec![payable("570.00"), settled(card(), "-570.00")];
    of(document(DocumentKind::BillPayment, Some(supplier()), lines), "shop/Order/1001/bill")
}

/// A payment to a supplier, of a bill or before it.
fn paid_supplier(account: Account) -> Document {
    let lines = vec![other(account, "57.00", "Paid"), settled(bank(), "-57.00")];
    document(DocumentKind::Expense, Some(supplier()), lines)
}

/// One document of each kind that this book has, and those that become something else.
fn of_every_kind() -> Vec<Document> {
    let stored = vec![goods(returns(), "20.00", 1), settled(gift_cards(), "-20.00")];
    let returned = vec![goods(returns(), "20.00", 1), tax("1.00"), owed("-21.00")];
    vec![
        sale(),
        claim(),
        received(),
        of(received(), "shop/Order/1001/invoice"),
        paid_back(),
        of(paid_back(), "shop/Order/1001/credit-memo"),
        refund(),
        paid_out(),
        document(DocumentKind::RefundReceipt, None, stored),
        document(DocumentKind::CreditMemo, Some(customer()), returned),
        payout(),
        expense(),
        expense().reversal(day()),
        charged_to_card(),
        charged_to_card().reversal(day()),
        write_off(),
        supplier_bill(),
        due_by(supplier_bill(), date(2026, 12, 20)),
        supplier_bill().reversal(day()),
        paid_bill(),
        paid_bill_by_card(),
        paid_supplier(account("Prepaid", AccountKind::OtherCurrentAsset)),
        stock::order(),
        of(stock::came(), "shop/Order/1001/purchase-order"),
        stock::came().reversal(day()),
        stock::billed(),
        stock::count(),
        stock::sold(),
        stock::sold().reversal(day()),
    ]
}

/// A context in which everything that the subjects need is bound to an id.
fn context(subjects: &[Subject]) -> BookContext {
    let mut bindings = Bindings::default();
    let mut open: Vec<Need> = subjects.iter().flat_map(|subject| BOOK.needs(subject)).collect();
    while let Some(need) = open.pop() {
        open.extend(BOOK.needs(&Subject::Need(need.clone())));
        bindings.0.insert(need.binding(), RemoteId::from(""));
    }
    for subject in subjects {
        if let Subject::Document { applies_to: Some(key), .. } = subject {
            bindings.0.insert(key.to_string(), RemoteId::from(""));
        }
    }
    for (index, remote) in bindings.0.values_mut().enumerate() {
        *remote = RemoteId::from(format!("{:X}-1795000000", index + 0x8000_0001));
    }
    BookContext {
        company: CompanyId::from("demo"),
        connection: ConnectionId::from("quickbooks-desktop"),
        now: Timestamp::UNIX_EPOCH,
        currency: usd(),
        addresses: BOOK.addresses(&BTreeMap::new()).unwrap(),
        settings: BTreeMap::new(),
        bindings,
        tax_codes: Vec::new(),
    }
}

fn creates(documents: &[Document]) -> (Vec<Task>, BookContext) {
    let subjects: Vec<Subject> = documents.iter().map(subject).collect();
    let context = context(&subjects);
    (subjects.into_iter().map(Task::Create).collect(), context)
}

/// The message that is asked.
fn message(tasks: &[Task], context: &BookContext) -> String {
    match BOOK.ask(tasks, "token-1", context).unwrap() {
        Ask::Message(message) => String::from_utf8(message.body).unwrap(),
        other => panic!("{other:?} is no message"),
    }
}

/// The requests of a message that is asked.
fn requests(tasks: &[Task], context: &BookContext) -> Vec<Element> {
    let root = xml::read(message(tasks, context).as_bytes()).unwrap();
    root.child("QBXMLMsgsRq").unwrap().children.clone()
}

/// What creates one document: `SalesReceiptAdd` and the like.
fn body(document: &Document) -> Element {
    let (tasks, context) = creates(std::slice::from_ref(document));
    requests(&tasks, &context).remove(0).children.remove(0)
}

fn hear(tasks: &[Task], context: &BookContext, answer: &str) -> Result<Vec<Outcome>, Fault> {
    let answer = MessageAnswer::Whole(answer.as_bytes().to_vec());
    BOOK.hear(tasks, &Answer::Message(answer), context)
}

/// An answer of these responses.
fn answer(responses: &str) -> String {
    format!("<?xml version=\"1.0\" ?><QBXML><QBXMLMsgsRs>{responses}</QBXMLMsgsRs></QBXML>")
}

/// A response over rows.
fn response(name: &str, id: &str, rows: &str) -> String {
    format!(
        "<{name}Rs requestID=\"{id}\" statusCode=\"0\" statusSeverity=\"Info\" \
         statusMessage=\"Status OK\">{rows}</{name}Rs>"
    )
}

/// A response that refuses.
fn refusal(name: &str, id: &str, code: u32, message: &str) -> String {
    format!(
        "<{name}Rs requestID=\"{id}\" statusCode=\"{code}\" statusSeverity=\"Error\" \
         statusMessage=\"{message}\"/>"
    )
}

/// The text of a shared file; none where the shared material is not there.
fn shared(path: &str) -> Option<String> {
    match std::fs::read_to_string(shared_path(path)) {
        Ok(text) => Some(text),
        Err(error) => {
            let required = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!required, "{path}: {error}");
            eprintln!("skipped: {path} (shared material not found)");
            None
        }
    }
}

fn shared_path(path: &str) -> String {
    format!("{}/../../../shared/{path}", env!("CARGO_MANIFEST_DIR"))
}
