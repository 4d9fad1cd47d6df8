//! The book as the engine sees it: what is asked, what is valid by the vendor's schema, and what
//! answers mean.

mod bills;
mod fixtures;
mod foreign;
mod found;
mod heard;
mod read;
mod schema;
mod stock;
mod tracked;
mod voided;
mod written;

use super::Xero;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use saldo_core::book::{Bindings, Book, BookContext, Need, Outcome, Subject, Task};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKey, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::exchange::{Answer, Ask, Fault, HttpAnswer, HttpRequest, Method, Permit};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use voided::taken_back;

const BOOK: Xero = Xero;
const TENANT: &str = "9da1b2c3-5e6f-4a7b-8c9d-0e1f2a3b4c5d";

fn gbp() -> Currency {
    Currency::parse("GBP").unwrap()
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

fn sales() -> Account {
    account("Product sales", AccountKind::Income)
}

fn returns() -> Account {
    account("Returns & refunds", AccountKind::ContraIncome)
}

fn gift_cards() -> Account {
    account("Gift card liability", AccountKind::OtherCurrentLiability)
}

fn reserve() -> Account {
    account("Reserve", AccountKind::OtherCurrentAsset)
}

fn fees() -> Account {
    account("Payment processing fees", AccountKind::Expense)
}

fn line(kind: LineKind, account: Account, amount: &str, text: &str) -> Line {
    let amount = Money::parse(amount, gbp()).unwrap();
    let (text, origin) = (text.to_owned(), "1".to_owned());
    let (dimensions, taxes) = (Dimensions::default(), Vec::new());
    Line { kind, account, dimensions, amount, foreign: None, quantity: None, taxes, text, origin }
}

fn settled(account: Account, amount: &str) -> Line {
    line(LineKind::Settlement, account, amount, "Paid")
}

fn owed(amount: &str) -> Line {
    let receivable = account("Accounts receivable", AccountKind::Receivable);
    line(LineKind::Receivable, receivable, amount, "Owed")
}

fn other(account: Account, amount: &str, text: &str) -> Line {
    line(LineKind::Other { taxed: false }, account, amount, text)
}

fn taxed(account: Account, amount: &str, text: &str) -> Line {
    line(LineKind::Other { taxed: true }, account, amount, text)
}

fn vat(amount: &str) -> Line {
    let tax = LineKind::Tax { title: "VAT".to_owned(), rate: Some(20.into()) };
    line(tax, account("Sales tax payable", AccountKind::TaxLiability), amount, "VAT")
}

fn goods(account: Account, amount: &str, units: i64) -> Line {
    let (sku, title) = (Some("MUG-1".to_owned()), "Mug".to_owned());
    let product = Product { id: Some("9".to_owned()), sku, title };
    let kind = LineKind::Product { product, taxed: true, kept: None };
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
        currency: gbp(),
        party,
        applies_to: matches!(kind, DocumentKind::Payment | DocumentKind::BillPayment)
            .then(|| "shop/Order/1001/invoice".to_owned()),
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

fn invoice_key() -> DocumentKey {
    key(&claim())
}

fn subject(document: &Document) -> Subject {
    let applies_to = document.header().applies_to.is_some().then(invoice_key);
    let (key, document) = (key(document), Box::new(document.clone()));
    Subject::Document { key, document, applies_to, voids: None, draft: false }
}

fn sale() -> Document {
    let lines = vec![
        goods(sales(), "-100.00", 2),
        taxed(account("Discounts given", AccountKind::ContraIncome), "10.00", "Discount"),
        other(account("Tips", AccountKind::Income), "-5.00", "Tip"),
        vat("-18.00"),
        settled(clearing(), "93.00"),
        settled(gift_cards(), "20.00"),
    ];
    document(DocumentKind::SalesReceipt, Some(customer()), lines)
}

fn claim() -> Document {
    let lines = vec![goods(sales(), "-50.00", 3), vat("-10.00"), owed("60.00")];
    document(DocumentKind::Invoice, Some(customer()), lines)
}

fn credit() -> Document {
    let lines = vec![goods(returns(), "50.00", 1), vat("10.00"), owed("-60.00")];
    document(DocumentKind::CreditMemo, Some(customer()), lines)
}

fn received() -> Document {
    let lines = vec![settled(clearing(), "60.00"), owed("-60.00")];
    document(DocumentKind::Payment, Some(customer()), lines)
}

/// Money that goes back for a credit note.
fn paid_back() -> Document {
    let lines = vec![owed("60.00"), settled(clearing(), "-60.00")];
    document(DocumentKind::Payment, Some(customer()), lines)
}

fn refund() -> Document {
    let lines = vec![goods(returns(), "50.00", 1), vat("10.00"), settled(clearing(), "-60.00")];
    document(DocumentKind::RefundReceipt, Some(customer()), lines)
}

fn payout() -> Document {
    let lines = vec![settled(bank(), "950.00"), settled(clearing(), "-950.00")];
    document(DocumentKind::Transfer, None, lines)
}

fn expense() -> Document {
    let lines = vec![other(fees(), "3.36", "Fee #1001"), settled(clearing(), "-3.36")];
    document(DocumentKind::Expense, Some(vendor()), lines)
}

fn journal() -> Document {
    let breakage = account("Gift cards never used", AccountKind::OtherIncome);
    let lines = vec![other(gift_cards(), "20.00", "Expired"), other(breakage, "-20.00", "Expired")];
    document(DocumentKind::JournalEntry, None, lines)
}

fn payable(amount: &str) -> Line {
    line(LineKind::Payable, account("Accounts payable", AccountKind::Payable), amount, "Owed")
}

/// A bill that a deposit was paid for.
fn bill() -> Document {
    let received = account("Goods received", AccountKind::OtherCurrentLiability);
    let prepaid = account("Prepaid", AccountKind::OtherCurrentAsset);
    let lines = vec![
        other(received, "800.00", "Invoiced"),
        payable("-800.00"),
        payable("300.00"),
        other(prepaid, "-300.00", "Deposit applied"),
    ];
    document(DocumentKind::Bill, Some(vendor()), lines)
}

/// Money paid for it.
fn paid_bill() -> Document {
    let lines = vec![payable("500.00"), settled(bank(), "-500.00")];
    document(DocumentKind::BillPayment, Some(vendor()), lines)
}

/// What the vendor calls a thing in these tests.
fn remote(need: &Need) -> RemoteId {
    let hash = blake3::hash(need.binding().as_bytes()).to_hex();
    let (a, b, c) = (&hash.as_str()[..8], &hash.as_str()[8..12], &hash.as_str()[12..24]);
    let id = format!("{a}-{b}-{b}-{b}-{c}");
    match need {
        Need::Account(account) if account.kind == AccountKind::Bank => RemoteId::from(id),
        Need::Account(_) => RemoteId::from(format!("{id} {b}")),
        Need::Item(_) => RemoteId::from(format!("CODE-{b}")),
        Need::ForeignAccount { .. } | Need::Party(_) | Need::Dimension(_) | Need::Value { .. } => {
            RemoteId::from(id)
        }
        Need::TaxRate(_) => RemoteId::from("OUTPUT2"),
        Need::Listed(listed) => panic!("no document here names a {listed}"),
    }
}

/// A context in which everything is bound that the subjects need.
fn context(subjects: &[Subject]) -> BookContext {
    let mut bindings = Bindings::default();
    let mut open: Vec<Need> = subjects.iter().flat_map(|subject| BOOK.needs(subject)).collect();
    while let Some(need) = open.pop() {
        open.extend(BOOK.needs(&Subject::Need(need.clone())));
        bindings.0.insert(need.binding(), remote(&need));
    }
    let invoice = RemoteId::from("ed255415-e141-4150-aab7-89c3bbbb851c");
    bindings.0.insert(invoice_key().to_string(), invoice);
    let settings = BTreeMap::from([("tenant".to_owned(), TENANT.to_owned())]);
    BookContext {
        company: CompanyId::from("demo"),
        connection: ConnectionId::from("xero"),
        now: Timestamp::UNIX_EPOCH,
        currency: gbp(),
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

fn asked(tasks: &[Task], context: &BookContext) -> HttpRequest {
    match BOOK.ask(tasks, "token-1", context).unwrap() {
        Ask::Http(request) => request,
        other => panic!("{other:?} is no request"),
    }
}

/// The address that is asked, below the interface, as it reads.
fn address(tasks: &[Task], context: &BookContext) -> String {
    let url = asked(tasks, context).url;
    let path = url.strip_prefix("https://api.xero.com/api.xro/2.0/").unwrap();
    let codes = [("%20", " "), ("%3D", "="), ("%22", "\""), ("%28", "("), ("%29", ")")];
    let more = [("%3E", ">"), ("%3C", "<"), ("%23", "#"), ("%3A", ":")];
    codes.iter().chain(&more).fold(path.to_owned(), |text, (code, plain)| text.replace(code, plain))
}

/// The body by which one document is created, and where it goes.
fn sent(document: &Document) -> (String, Value) {
    let (tasks, context) = creates(std::slice::from_ref(document));
    let request = asked(&tasks, &context);
    let mut body: Value = serde_json::from_slice(&request.body).unwrap();
    let (name, list) = body.as_object_mut().unwrap().iter_mut().next().unwrap();
    (name.clone(), list.as_array_mut().unwrap().remove(0))
}

/// What this book says when it cannot hold a document.
fn refused(document: &Document) -> String {
    let (tasks, context) = creates(std::slice::from_ref(document));
    let message = BOOK.ask(&tasks, "token-1", &context).unwrap_err().message;
    let (_, reason) = message.split_once("): ").unwrap();
    reason.to_owned()
}

fn hear(
    tasks: &[Task],
    context: &BookContext,
    status: u16,
    body: &Value,
) -> Result<Vec<Outcome>, Fault> {
    let body = body.to_string().into_bytes();
    let answer = Answer::Http(HttpAnswer { status, headers: Vec::new(), body });
    BOOK.hear(tasks, &answer, context)
}

/// The vendor's answer to what was sent: the same, with what the vendor adds.
fn answered(documents: &[Document]) -> (String, Vec<Value>) {
    let mut place = String::new();
    let rows = documents.iter().enumerate().map(|(index, document)| {
        let (name, mut row) = sent(document);
        place.clone_from(&name);
        let millis = day().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_millisecond();
        row["Date"] = json!(format!("/Date({millis}+0000)/"));
        row["UpdatedDateUTC"] = json!("/Date(1763596800000+0000)/");
        row["StatusAttributeString"] = json!("OK");
        row[format!("{}ID", name.trim_end_matches('s'))] =
            json!(format!("00000000-0000-0000-0000-00000000000{}", index + 1));
        if row.get("LineItems").is_some() {
            let sum = |field: &str| -> Decimal {
                let lines = row["LineItems"].as_array().unwrap();
                lines.iter().map(|line| line[field].to_string().parse::<Decimal>().unwrap()).sum()
            };
            let (net, tax) = (sum("LineAmount"), sum("TaxAmount"));
            let number =
                |decimal: Decimal| -> Value { serde_json::from_str(&decimal.to_string()).unwrap() };
            row["TotalTax"] = number(tax);
            row["Total"] = number(net + tax);
        }
        row
    });
    let rows = rows.collect();
    (place, rows)
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
