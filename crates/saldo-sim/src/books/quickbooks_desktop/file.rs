//! The company file: everything that its owner would see, with no trace of who asked for it.

use super::element::Element;
use super::iterators::Iterators;
use super::kind::Kind;
use super::message_set::Recovery;
use super::record::{Record, Standing};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the file's owner chose, and what program opens it, as far as it changes what is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The program's name, as the host says it.
    pub product: String,
    /// The edition: `US`, `CA`, `UK`, `AU`. Only what the US edition does is simulated.
    pub country: String,
    /// The versions of qbXML that the program reads.
    pub versions: Vec<String>,
    /// The zone of the computer that the program runs on.
    pub zone: String,
    /// The last day of the closed period.
    pub closing_date: Option<Date>,
    /// Whether sales tax is charged.
    pub charges_sales_tax: bool,
    /// Whether lines may have a class.
    pub uses_classes: bool,
    /// Whether there are other currencies than the company's.
    #[serde(default)]
    pub uses_currencies: bool,
    /// Whether accounts may have numbers.
    pub uses_account_numbers: bool,
    /// Whether goods are kept in stock and ordered.
    #[serde(default = "in_use")]
    pub uses_inventory: bool,
    /// How full the lists may become.
    pub limits: Limits,
}

/// What older states say nothing of was in use.
const fn in_use() -> bool {
    true
}

/// How many elements the lists hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Customers, vendors, employees and other names together.
    pub names: usize,
    /// Items of every kind together.
    pub items: usize,
    /// Each other list, and each of those of names.
    pub others: usize,
}

impl Limits {
    /// Those of Pro and Premier.
    pub const PREMIER: Self = Self { names: 14_500, items: 14_500, others: 10_000 };
    /// Those of Enterprise.
    pub const ENTERPRISE: Self = Self { names: 1_000_000, items: 1_000_000, others: 100_000 };
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            product: "QuickBooks Premier 2024".to_owned(),
            country: "US".to_owned(),
            versions: ["6.0", "7.0", "8.0", "9.0", "10.0", "11.0", "12.0", "13.0", "16.0"]
                .map(str::to_owned)
                .to_vec(),
            zone: "America/New_York".to_owned(),
            closing_date: None,
            charges_sales_tax: true,
            uses_classes: true,
            uses_currencies: false,
            uses_account_numbers: false,
            uses_inventory: true,
            limits: Limits::PREMIER,
        }
    }
}

/// Accounts and items that the vendor uses by itself, by the numbers of their records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Special {
    pub(super) receivable: u64,
    pub(super) payable: u64,
    pub(super) undeposited: u64,
    pub(super) sales_tax_payable: u64,
    pub(super) opening_balance: u64,
    pub(super) retained_earnings: u64,
    pub(super) default_tax: u64,
    pub(super) taxable: u64,
    pub(super) non_taxable: u64,
    #[serde(default)]
    pub(super) home_currency: u64,
}

/// A value that a program put beside the company, under its own id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) value: String,
}

/// What is in stock of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stock {
    pub(super) quantity: Decimal,
    pub(super) minor: i64,
}

/// What can be worked out from the records; done anew when a state is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Numbers by kind.
    pub(super) shelves: BTreeMap<Kind, BTreeSet<u64>>,
    /// Who has a name, in lower case.
    pub(super) names: BTreeMap<(Space, String), u64>,
    /// Who has a document number, in lower case.
    pub(super) ref_numbers: BTreeMap<(Kind, String), BTreeSet<u64>>,
    /// Balances of accounts, cents, debit positive.
    pub(super) balances: BTreeMap<u64, i64>,
    /// What customers owe, and what is owed to vendors as a negative number.
    pub(super) name_balances: BTreeMap<u64, i64>,
    /// What is in stock.
    pub(super) stock: BTreeMap<u64, Stock>,
    /// What was settled of each, or used of it.
    pub(super) settled: BTreeMap<u64, i64>,
    /// Who settled it, or what it settled, by the number of either, and how much, in cents.
    pub(super) links: BTreeMap<u64, BTreeMap<u64, i64>>,
    /// What was taken to the bank, and by what deposit.
    pub(super) deposited: BTreeMap<u64, u64>,
    /// What came in of orders: by what, of which line, and how many.
    pub(super) received: BTreeMap<u64, BTreeMap<(u64, String), Decimal>>,
    /// What moves units of each item.
    pub(super) movers: BTreeMap<u64, BTreeSet<u64>>,
}

/// Within what a name must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Names,
    Items,
    List(Kind),
}

impl Space {
    /// Where names of this kind must be unique.
    pub(super) fn of(kind: Kind) -> Option<Self> {
        match kind {
            kind if kind.is_transaction() => None,
            kind if kind.is_name() => Some(Self::Names),
            kind if kind.is_item() => Some(Self::Items),
            kind => Some(Self::List(kind)),
        }
    }
}

/// A simulated company file, with the program that has it open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompanyFile {
    /// What its owner chose. May be changed between requests.
    pub settings: Settings,
    pub(super) seed: u64,
    pub(super) name: String,
    pub(super) special: Special,
    pub(super) stamps: Vec<Stamp>,
    pub(super) records: BTreeMap<u64, Record>,
    /// The next number of a record or a line.
    pub(super) next: u64,
    pub(super) next_txn: u64,
    pub(super) recovery: Option<Recovery>,
    #[serde(skip)]
    pub(super) iterators: Iterators,
    #[serde(skip)]
    pub(super) index: Index,
}

impl CompanyFile {
    /// Where the file lies on its computer.
    #[must_use]
    pub fn path(&self) -> String {
        format!("C:\\Users\\Public\\Documents\\Intuit\\QuickBooks\\{}.QBW", self.name)
    }

    /// The company's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ends the session of a program: its iterators are forgotten.
    pub fn end_session(&mut self) {
        self.iterators = Iterators::default();
    }

    /// Puts a value beside the company, under a program's own id, in place of the one that stands
    /// there. The Web Connector does so with the `FileID` of an application.
    pub fn stamp(&mut self, owner: &str, name: &str, value: &str) {
        self.stamps.retain(|stamp| stamp.owner != owner || stamp.name != name);
        let stamp = Stamp { owner: owner.into(), name: name.into(), value: value.into() };
        self.stamps.push(stamp);
    }

    /// A value beside the company.
    #[must_use]
    pub fn stamped(&self, owner: &str, name: &str) -> Option<&str> {
        let is_meant = |stamp: &&Stamp| stamp.owner == owner && stamp.name == name;
        self.stamps.iter().find(is_meant).map(|stamp| stamp.value.as_str())
    }

    /// The zone of the computer; UTC where there is none of that name.
    pub(super) fn zone(&self) -> TimeZone {
        TimeZone::get(&self.settings.zone).unwrap_or(TimeZone::UTC)
    }

    /// The day on the computer.
    pub(super) fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone()).date()
    }

    /// A stored record, deleted or not.
    pub(super) fn record(&self, number: u64) -> Option<&Record> {
        self.records.get(&number)
    }

    /// The record of this id, where it is not deleted and of one of these kinds.
    pub(super) fn by_id(&self, kinds: &[Kind], id: &str) -> Option<&Record> {
        let record = self.record(Record::number_in(id)?)?;
        let is_meant = record.standing != Standing::Deleted
            && kinds.contains(&record.kind)
            && record.id().eq_ignore_ascii_case(id);
        is_meant.then_some(record)
    }

    /// The list element of this full name, of one of these kinds.
    pub(super) fn by_name(&self, kinds: &[Kind], name: &str) -> Option<&Record> {
        let mut spaces: Vec<Space> = kinds.iter().filter_map(|kind| Space::of(*kind)).collect();
        spaces.dedup();
        let name = name.to_lowercase();
        let numbers = spaces.into_iter().filter_map(|it| self.index.names.get(&(it, name.clone())));
        let mut records = numbers.filter_map(|number| self.record(*number));
        records.find(|record| kinds.contains(&record.kind))
    }

    /// Every record of a kind that is not deleted, in the order in which they were stored.
    pub(super) fn shelf(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Record> {
        let numbers = self.index.shelves.get(&kind).into_iter().flatten();
        numbers.filter_map(|number| self.record(*number))
    }

    /// How many elements of these kinds there are.
    pub(super) fn count(&self, kinds: &[Kind]) -> usize {
        let shelves = kinds.iter().filter_map(|kind| self.index.shelves.get(kind));
        shelves.map(BTreeSet::len).sum()
    }

    /// What is not settled yet of a transaction, or not used of it, in cents.
    pub(super) fn open(&self, record: &Record) -> i64 {
        let settled = self.index.settled.get(&record.number).copied().unwrap_or(0);
        if record.counts() { record.settles.unwrap_or(0) - settled } else { 0 }
    }

    /// The next number of a record or a line.
    pub(super) fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Takes a record in, or replaces it, and keeps the index.
    pub(super) fn store(&mut self, record: Record) {
        if let Some(before) = self.records.remove(&record.number) {
            self.index.remove(&before);
        }
        self.index.add(&record);
        self.records.insert(record.number, record);
    }

    /// Works the index out anew.
    pub(super) fn rebuild_index(&mut self) {
        let mut index = Index::default();
        self.records.values().for_each(|record| index.add(record));
        self.index = index;
    }

    /// A reference to a record, as it stands in an answer.
    pub(super) fn reference(&self, element: &str, number: u64) -> Element {
        let record = self.record(number);
        let id = Element::leaf("ListID", record.map(Record::id).unwrap_or_default());
        let name = Element::leaf("FullName", record.map_or("", Record::full_name));
        Element::node(element, vec![id, name])
    }
}

impl Index {
    fn add(&mut self, record: &Record) {
        let number = record.number;
        if record.standing == Standing::Deleted {
            return;
        }
        self.shelves.entry(record.kind).or_default().insert(number);
        if let Some(space) = Space::of(record.kind) {
            self.names.insert((space, record.full_name().to_lowercase()), number);
        }
        if let Some(text) = record.text("RefNumber") {
            let key = (record.kind, text.to_lowercase());
            self.ref_numbers.entry(key).or_default().insert(number);
        }
        self.count(record, 1);
        for deposited in record.deposits.iter().filter(|_| record.counts()) {
            self.deposited.insert(*deposited, number);
        }
        for fulfilled in record.fulfils.iter().filter(|_| record.counts()) {
            let of_order = self.received.entry(fulfilled.order).or_default();
            let quantity = of_order.entry((number, fulfilled.line.clone())).or_default();
            *quantity += fulfilled.quantity;
        }
        for item in record.items_moved() {
            self.movers.entry(item).or_default().insert(number);
        }
    }

    fn remove(&mut self, record: &Record) {
        let number = record.number;
        if record.standing == Standing::Deleted {
            return;
        }
        if let Some(shelf) = self.shelves.get_mut(&record.kind) {
            shelf.remove(&number);
        }
        if let Some(space) = Space::of(record.kind) {
            self.names.remove(&(space, record.full_name().to_lowercase()));
        }
        let key = record.text("RefNumber").map(|text| (record.kind, text.to_lowercase()));
        if let Some(numbers) = key.and_then(|key| self.ref_numbers.get_mut(&key)) {
            numbers.remove(&number);
        }
        self.count(record, -1);
        self.deposited.retain(|_, deposit| *deposit != number);
        for fulfilled in &record.fulfils {
            if let Some(of_order) = self.received.get_mut(&fulfilled.order) {
                of_order.retain(|(by, _), _| *by != number);
            }
        }
        for item in record.items_moved() {
            if let Some(movers) = self.movers.get_mut(&item) {
                movers.remove(&number);
            }
        }
    }

    /// Adds a record to all sums, or takes it from them.
    fn count(&mut self, record: &Record, sign: i64) {
        if !record.counts() {
            return;
        }
        for leg in record.all_legs() {
            *self.balances.entry(leg.account).or_default() += sign * leg.minor;
            if let Some(name) = leg.name {
                *self.name_balances.entry(name).or_default() += sign * leg.minor;
            }
        }
        for movement in &record.movements {
            let stock = self.stock.entry(movement.item).or_default();
            stock.quantity += Decimal::from(sign) * movement.quantity;
            stock.minor += sign * movement.worth();
        }
        for application in &record.applications {
            let (minor, discount) = (sign * application.minor, sign * application.discount);
            *self.settled.entry(application.credit).or_default() += minor;
            *self.settled.entry(application.debt).or_default() += minor + discount;
            self.link(application.credit, application.debt, minor + discount);
            self.link(application.debt, application.credit, minor + discount);
        }
    }

    fn link(&mut self, from: u64, to: u64, minor: i64) {
        let links = self.links.entry(from).or_default();
        let amount = links.entry(to).or_default();
        *amount += minor;
        if *amount == 0 {
            links.remove(&to);
        }
    }
}
