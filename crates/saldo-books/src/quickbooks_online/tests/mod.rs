//! The book as the engine sees it: what is asked, what is valid by the vendor's schema, and what
//! answers mean.

mod bills;
mod dimensioned;
mod effect;
mod heard;
mod read;
mod schema;
mod stock;
mod voided;
mod written;

use super::QuickBooksOnline;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use saldo_core::book::{Bindings, Book, BookContext, Need, Outcome, Subject, Task};
use saldo_core::commerce::{Product, ShipTo};
use saldo_core::document::{Document, DocumentKey, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::exchange::{Answer, Ask, Fault, HttpAnswer, HttpRequest};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use serde_json::Value;
use std::collections::BTreeMap;

const BOOK: QuickBooksOnline = QuickBooksOnline;

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
    let (dimensions, taxes) = (Dimensions::default(), Vec::new());
    Line { kind, account, dimensions, amount, foreign: None, quantity: None, taxes, text, origin }
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
    let key = key(document);
    Subject::Document {
        key,
        document: Box::new(document.clone()),
        applies_to: None,
        voids: None,
        draft: false,
    }
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

/// The same, of goods that were sent to New York.
fn sent_to_new_york(document: &Document) -> Document {
    let place = ShipTo {
        country: "US".to_owned(),
        region: Some("NY".to_owned()),
        postal_code: Some("10001".to_owned()),
    };
    let header = Header { ships_to: Some(place), ..document.header().clone() };
    Document::new(header, document.lines().to_vec()).unwrap()
}

fn claim() -> Document {
    let lines = vec![goods(sales(), "-50.00", 1), tax("-4.13"), owed("60.00"), owed("-5.87")];
    document(DocumentKind::Invoice, Some(customer()), lines)
}

fn received() -> Document {
    let lines = vec![settled(clearing(), "54.13"), owed("-54.13")];
    document(DocumentKind::Payment, Some(customer()), lines)
}

fn refund() -> Document {
    let lines = vec![goods(returns(), "50.00", 1), tax("4.13"), settled(clearing(), "-54.13")];
    document(DocumentKind::RefundReceipt, Some(customer()), lines)
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

/// Money paid for it.
fn paid_bill() -> Document {
    let lines = vec![payable("570.00"), settled(bank(), "-570.00")];
    document(DocumentKind::BillPayment, Some(supplier()), lines)
}

/// A payment to a supplier, of a bill or before it.
fn paid_supplier(account: Account) -> Document {
    let lines = vec![other(account, "57.00", "Paid"), settled(bank(), "-57.00")];
    document(DocumentKind::Expense, Some(supplier()), lines)
}

/// A context in which nothing is bound.
pub(super) fn plain_context() -> BookContext {
    context(&[])
}

/// A context in which everything that the subjects need is bound to a number.
fn context(subjects: &[Subject]) -> BookContext {
    let mut bindings = Bindings::default();
    let mut open: Vec<Need> = subjects.iter().flat_map(|subject| BOOK.needs(subject)).collect();
    while let Some(need) = open.pop() {
        open.extend(BOOK.needs(&Subject::Need(need.clone())));
        bindings.0.insert(need.binding(), RemoteId::from(""));
    }
    for (index, remote) in bindings.0.values_mut().enumerate() {
        *remote = RemoteId::from((index + 11).to_string());
    }
    let settings = BTreeMap::from([("realm".to_owned(), "4620816365".to_owned())]);
    BookContext {
        company: CompanyId::from("demo"),
        connection: ConnectionId::from("quickbooks-online:demo"),
        now: Timestamp::UNIX_EPOCH,
        currency: usd(),
        addresses: BOOK.addresses(&settings).unwrap(),
        settings,
        bindings,
        tax_codes: Vec::new(),
    }
}

fn creates(documents: &[Document]) -> (Vec<Task>, BookContext) {
    let subjects: Vec<Subject> = documents.iter().map(subject).collect();
    let context = context(&subjects);
    (subjects.into_iter().map(Task::Create).collect(), context)
}

fn request(ask: Ask) -> HttpRequest {
    match ask {
        Ask::Http(request) => request,
        other => panic!("{other:?} is no request"),
    }
}

/// The items of a batch that is asked.
fn items(tasks: &[Task], context: &BookContext) -> Vec<Value> {
    let request = request(BOOK.ask(tasks, "token-1", context).unwrap());
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    body.get("BatchItemRequest").and_then(Value::as_array).unwrap().clone()
}

/// The body by which one document is created.
fn body(document: &Document) -> Value {
    let (tasks, context) = creates(std::slice::from_ref(document));
    items(&tasks, &context).remove(0)
}

fn hear(
    tasks: &[Task],
    context: &BookContext,
    status: u16,
    body: &str,
) -> Result<Vec<Outcome>, Fault> {
    let body = body.as_bytes().to_vec();
    let answer = Answer::Http(HttpAnswer { status, headers: Vec::new(), body });
    BOOK.hear(tasks, &answer, context)
}

/// The text of a shared file; none where the shared material is not there.
fn shared(path: &str) -> Option<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/");
    match std::fs::read_to_string(format!("{root}{path}")) {
        Ok(text) => Some(text),
        Err(error) => {
            let required = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!required, "{path}: {error}");
            eprintln!("skipped: {path} (shared material not found)");
            None
        }
    }
}
