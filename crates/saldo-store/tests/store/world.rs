//! A company with a shop and a book, and the values that tests put into its store.

use jiff::{SignedDuration, Timestamp, civil::Date};
use saldo_core::book::{Acknowledgement, Need, Subject};
use saldo_core::channel::Cursor;
use saldo_core::commerce::{Product, Record, RecordRef};
use saldo_core::document::{
    Document, DocumentKey, DocumentKind, Header, Line, LineKind, SubledgerEntry, WORDING,
};
use saldo_core::exchange::Addresses;
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};
use saldo_core::plan::{Change, Reason};
use saldo_core::text::{CompanyId, ConnectionId, FactId, GroupId, RemoteId, Stream};
use saldo_store::{
    Approval, AttemptOutcome, AttemptResult, Batch, Company, Connection, GroupAccount, Lease,
    PageCommit, PulledRecord, Purpose, Reading, Role, Store,
};
use std::collections::BTreeMap;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

pub(crate) fn day(day: i8) -> Date {
    Date::constant(2026, 3, day)
}

pub(crate) fn company() -> CompanyId {
    CompanyId::new("demo")
}

pub(crate) fn shop() -> ConnectionId {
    ConnectionId::new("shop:demo")
}

pub(crate) fn book() -> ConnectionId {
    ConnectionId::new("ledger")
}

pub(crate) fn orders() -> Stream {
    Stream::new("orders")
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

/// Adds the company with its shop and its book.
pub(crate) async fn furnish(store: &Store) {
    let company = Company {
        id: company(),
        name: "Demo & Sons".to_owned(),
        currency: usd(),
        timezone: "Europe/Copenhagen".to_owned(),
        start_date: day(1),
    };
    store.create_company(&company).await.unwrap();
    for (id, role) in [(shop(), Role::Channel), (book(), Role::Book)] {
        store.add_connection(&company.id, &connection(id, role)).await.unwrap();
    }
}

pub(crate) fn connection(id: ConnectionId, role: Role) -> Connection {
    let settings = BTreeMap::from([("shop".to_owned(), "demo".to_owned())]);
    let adapter = "any".to_owned();
    Connection { id, role, adapter, settings, addresses: Addresses::default() }
}

pub(crate) async fn furnished() -> Store {
    let store = Store::in_memory().await.unwrap();
    furnish(&store).await;
    store
}

pub(crate) async fn lease(store: &Store, connection: &ConnectionId, holder: &str) -> Lease {
    let hour = SignedDuration::from_hours(1);
    store.acquire_lease(&company(), connection, holder, at(0), hour).await.unwrap()
}

/// The company's own lease.
pub(crate) async fn desk(store: &Store) -> Lease {
    let hour = SignedDuration::from_hours(1);
    store.acquire_company_lease(&company(), "one", at(0), hour).await.unwrap()
}

pub(crate) fn record(id: &str, text: &str) -> Record {
    Record {
        connection: shop(),
        stream: orders(),
        id: id.to_owned(),
        fetched_at: at(1),
        bytes: text.as_bytes().to_vec(),
    }
}

pub(crate) fn reference(id: &str) -> RecordRef {
    record(id, "").reference()
}

/// A record that belongs to these groups, and is called by its id.
pub(crate) fn pulled(id: &str, text: &str, groups: &[&str]) -> PulledRecord {
    let groups = groups.iter().map(|group| GroupId::from(*group)).collect();
    let reading = Reading { groups, name: Some(format!("#{id}")), issue: None };
    PulledRecord::new(record(id, text), reading)
}

pub(crate) fn page(cursor: &str, records: Vec<PulledRecord>) -> PageCommit {
    PageCommit { stream: orders(), cursor: Cursor(cursor.to_owned()), reached: None, records }
}

fn line(account: &str, kind: LineKind, minor: i64) -> Line {
    Line {
        kind,
        account: Account::new(account, AccountKind::Income),
        dimensions: Dimensions::default(),
        amount: Money::from_minor(minor, usd()),
        foreign: None,
        taxes: Vec::new(),
        quantity: Some(1),
        text: "a \"line\"".to_owned(),
        origin: "1".to_owned(),
    }
}

fn header(slot: &str, date: Date) -> Header {
    Header {
        slot: slot.to_owned(),
        kind: DocumentKind::SalesReceipt,
        date,
        currency: usd(),
        party: None,
        applies_to: None,
        due: None,
        ships_to: None,
        reference: "#1".to_owned(),
        memo: "a sale".to_owned(),
    }
}

fn lines(minor: i64) -> Vec<Line> {
    let product = Product {
        id: None,
        sku: Some("TEA".to_owned()),
        title: "Tea, \u{201c}green\u{201d}".to_owned(),
    };
    vec![
        line("Clearing", LineKind::Settlement, minor),
        line("Sales", LineKind::Product { product, taxed: true, kept: None }, -minor),
    ]
}

/// An entry of the sub-ledger over this amount, addressed to a slot.
pub(crate) fn entry(id: &str, slot: &str, minor: i64) -> SubledgerEntry {
    let (id, header, lines) = (FactId::from(id), header(slot, day(1)), lines(minor));
    SubledgerEntry { id, header, lines, settles: None }
}

/// What accounting made of a group, without states.
pub(crate) fn account(group: &str, mark: i64, entries: Vec<SubledgerEntry>) -> GroupAccount {
    GroupAccount {
        group: GroupId::from(group),
        mark,
        entries,
        states: Vec::new(),
        foreign: Vec::new(),
        wake_at: None,
    }
}

/// A sale over this amount on a day, to be put into the book.
pub(crate) fn change(slot: &str, generation: u32, date: Date, minor: i64) -> Change {
    let document = Document::new(header(slot, date), lines(minor)).unwrap();
    let key = document.key(&company(), generation);
    Change {
        id: key.to_string(),
        book: book(),
        slot: Some(slot.to_owned()),
        generation,
        subject: Subject::Document {
            key,
            document: Box::new(document),
            applies_to: None,
            voids: None,
            draft: false,
        },
        reason: Reason::NewFact,
        enters: vec![entry(slot, slot, minor)],
        takes_out: Vec::new(),
        relates_to: None,
        wording: WORDING,
    }
}

/// An account that a document needs.
pub(crate) fn needed(name: &str, kind: AccountKind, by: &str) -> Change {
    let need = Need::Account(Account::new(name, kind));
    Change {
        id: need.binding(),
        book: book(),
        slot: None,
        generation: 0,
        subject: Subject::Need(need),
        reason: Reason::NeededBy { slot: by.to_owned() },
        enters: Vec::new(),
        takes_out: Vec::new(),
        relates_to: None,
        wording: WORDING,
    }
}

pub(crate) fn approval(changes: Vec<Change>) -> Approval {
    let approved_by = "owner".to_owned();
    Approval {
        book: book(),
        changes,
        approved_by,
        at: at(10),
        planned_until: None,
        withdraws: Vec::new(),
        waits: BTreeMap::new(),
        again: Vec::new(),
    }
}

pub(crate) fn batch(id: &str, purpose: Purpose, members: &[&Change]) -> Batch {
    Batch {
        id: id.to_owned(),
        token: format!("token-{id}"),
        members: members.iter().map(|change| change.id.clone()).collect(),
        purpose,
        sent_at: at(20),
    }
}

pub(crate) fn result(change: &Change, outcome: AttemptOutcome) -> (String, AttemptResult) {
    (change.id.clone(), AttemptResult { outcome, detail: "so it went".to_owned() })
}

pub(crate) fn acknowledged(remote: &str) -> AttemptOutcome {
    AttemptOutcome::Acknowledged(Acknowledgement {
        remote: RemoteId::from(remote),
        version: Some("0".to_owned()),
        total: Some(Money::from_minor(500, usd())),
        tax: None,
        number: None,
    })
}

/// Approves, sends and acknowledges changes.
pub(crate) async fn push(store: &Store, lease: &Lease, id: &str, changes: &[Change]) {
    store.approve(&desk(store).await, &approval(changes.to_vec())).await.unwrap();
    let members: Vec<&Change> = changes.iter().collect();
    store.begin_batch(lease, &batch(id, Purpose::Create, &members)).await.unwrap();
    let results: Vec<_> =
        changes.iter().map(|change| result(change, acknowledged(&change.id))).collect();
    store.finish_batch(lease, id, &results, at(21)).await.unwrap();
}

/// The key of a change about a document.
pub(crate) fn key(change: &Change) -> DocumentKey {
    change.id.parse().unwrap()
}
