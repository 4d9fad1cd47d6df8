//! Additions of transactions, and taking them back.

use super::element::Element;
use super::fields;
use super::file::CompanyFile;
use super::instants;
use super::kind::Kind;
use super::message_set::Outcome;
use super::record::{Application, Fulfilment, Leg, Movement, Record, Standing};
use super::status::{Checked, Status};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// A transaction before it is entered.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) body: Element,
    pub(super) legs: Vec<Leg>,
    pub(super) movements: Vec<Movement>,
    /// What can be settled of it or with it, in cents.
    pub(super) settles: Option<i64>,
    /// What it settles; a credit of nought means the transaction itself, and a debt likewise.
    pub(super) applications: Vec<Application>,
    pub(super) deposits: Vec<u64>,
    /// What it fulfils of orders.
    pub(super) fulfils: Vec<Fulfilment>,
}

impl Draft {
    /// A transaction of this kind with nothing in it.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            body: Element::new(&format!("{}Ret", kind.name())),
            legs: Vec::new(),
            movements: Vec::new(),
            settles: None,
            applications: Vec::new(),
            deposits: Vec::new(),
            fulfils: Vec::new(),
        }
    }

    /// Changes an account, debit positive; by nothing is not at all.
    pub(super) fn post(&mut self, account: u64, minor: i64) {
        self.post_leg(Leg::new(account, minor));
    }

    /// Changes an account; by nothing is not at all.
    pub(super) fn post_leg(&mut self, leg: Leg) {
        if leg.minor != 0 {
            self.legs.push(leg);
        }
    }
}

/// What stands for the transaction itself in its applications, as it has no number yet.
pub(super) const ITSELF: u64 = 0;

impl CompanyFile {
    /// Adds a transaction; its number.
    pub(super) fn add_transaction(
        &mut self,
        kind: Kind,
        add: &Element,
        now: Timestamp,
    ) -> Checked<u64> {
        self.check_inventory(kind)?;
        let mut draft = Draft::new(kind);
        let date = fields::date(add, "TxnDate").unwrap_or_else(|| self.today(now));
        self.check_open_period(kind, date)?;
        let expanded;
        let add = if Self::fulfils_orders(add) {
            expanded = self.with_orders(&mut draft, add)?;
            &expanded
        } else {
            add
        };
        self.work_out(&mut draft, add, date, now)?;
        Ok(self.enter(draft, now))
    }

    /// Works out what a transaction shows, and how it changes the ledger.
    pub(super) fn work_out(
        &mut self,
        draft: &mut Draft,
        add: &Element,
        date: Date,
        now: Timestamp,
    ) -> Checked<()> {
        draft.body = self.kept(add, &draft.body.name, now)?;
        draft.body.set("TxnDate", date.to_string());
        match draft.kind {
            Kind::SalesReceipt | Kind::Invoice | Kind::CreditMemo => self.sale(draft, add)?,
            Kind::ReceivePayment => self.receive_payment(draft, add)?,
            Kind::ARRefundCreditCard => self.refund(draft, add)?,
            Kind::BillPaymentCheck | Kind::BillPaymentCreditCard => self.pay_bills(draft, add)?,
            Kind::Deposit => self.deposit(draft, add)?,
            Kind::Transfer => self.transfer(draft, add)?,
            Kind::JournalEntry => self.journal_entry(draft, add)?,
            Kind::InventoryAdjustment => self.adjust_stock(draft, add)?,
            Kind::PurchaseOrder => self.order(draft, add)?,
            _ => self.expense(draft, add)?,
        }
        self.check_currencies(draft, add)?;
        self.set_due_date(draft, date);
        let sum: i64 = draft.legs.iter().map(|leg| leg.minor).sum();
        assert_eq!(sum, 0, "a {} does not balance", draft.kind.name());
        Ok(())
    }

    /// Stores a transaction; its number.
    pub(super) fn enter(&mut self, draft: Draft, now: Timestamp) -> u64 {
        let number = self.take_number();
        self.next_txn += 1;
        let itself = |other: u64| if other == ITSELF { number } else { other };
        let legs = self.by_whom_owed(draft.legs);
        let applications = draft.applications.into_iter().map(|it| Application {
            credit: itself(it.credit),
            debt: itself(it.debt),
            ..it
        });
        let record = Record {
            kind: draft.kind,
            number,
            txn_number: self.next_txn - 1,
            created: now,
            modified: now,
            standing: Standing::Live,
            body: draft.body,
            legs,
            movements: draft.movements,
            settles: draft.settles,
            applications: applications.collect(),
            deposits: draft.deposits,
            fulfils: draft.fulfils,
        };
        self.touch_settled(&record, now);
        let items = record.items_moved();
        self.store(record);
        self.work_out_stock(items);
        number
    }

    /// Legs as they are kept: only what is owed is owed by somebody.
    pub(super) fn by_whom_owed(&self, legs: Vec<Leg>) -> Vec<Leg> {
        let leg = |leg: Leg| match self.is_owed(leg.account) {
            true => leg,
            false => leg.of(None),
        };
        legs.into_iter().map(leg).collect()
    }

    fn is_owed(&self, account: u64) -> bool {
        let kind = self.record(account).and_then(|record| record.text("AccountType"));
        matches!(kind, Some("AccountsReceivable" | "AccountsPayable"))
    }

    /// What a transaction settles is modified by it.
    fn touch_settled(&mut self, record: &Record, now: Timestamp) {
        let mut others: Vec<u64> = record.deposits.clone();
        others.extend(record.fulfils.iter().map(|it| it.order));
        others.extend(record.applications.iter().flat_map(|it| [it.credit, it.debt]));
        for number in others {
            if let Some(other) = self.records.get_mut(&number) {
                other.modified = now;
            }
        }
    }

    /// Refuses what is dated in the closed period: the password that would permit it cannot be
    /// given in a request.
    pub(super) fn check_open_period(&self, kind: Kind, date: Date) -> Checked<()> {
        match self.settings.closing_date {
            Some(closed) if date <= closed => Err(Status::period_closed(kind.name())),
            _ => Ok(()),
        }
    }

    /// What says nothing of when it is due is due by its terms, or at once.
    fn set_due_date(&self, draft: &mut Draft, date: Date) {
        let has = super::tables::may_hold(&draft.body.name, "DueDate");
        if !has || draft.body.text_of("DueDate").is_some() {
            return;
        }
        let id = draft.body.child("TermsRef").and_then(|terms| terms.text_of("ListID"));
        let terms = id.and_then(|id| self.by_id(&[Kind::StandardTerms], id));
        let days = terms.and_then(|terms| terms.text("StdDueDays")?.parse::<i64>().ok());
        let due = date.checked_add(days.unwrap_or(0).days()).unwrap_or(date);
        draft.body.set("DueDate", due.to_string());
    }

    /// The account of an item of this number, by the name of the reference; sought also in what
    /// the item holds for sales and purchases.
    pub(super) fn item_account(&self, item: u64, name: &str) -> Checked<u64> {
        let record = self.record(item);
        let body = record.map(|record| &record.body);
        let inner = ["SalesOrPurchase", "SalesAndPurchase"];
        let reference = body.and_then(|body| {
            let direct = body.child(name);
            direct.or_else(|| inner.iter().find_map(|it| body.child(it)?.child(name)))
        });
        let id = reference.and_then(|reference| reference.text_of("ListID"));
        let account = id.and_then(|id| self.by_id(&[Kind::Account], id));
        let what = record.map_or("an item", Record::full_name);
        account.map(|it| it.number).ok_or_else(|| Status::no_account(what))
    }

    /// How much of a transaction lies among the undeposited funds, in cents; none where it does
    /// not, or was taken to the bank.
    pub(super) fn waits_for_deposit(&self, number: u64) -> Option<i64> {
        let record = self.record(number).filter(|record| record.counts())?;
        let may = matches!(
            record.kind,
            Kind::SalesReceipt | Kind::ReceivePayment | Kind::JournalEntry | Kind::Check
        );
        let legs = record.legs.iter().filter(|leg| leg.account == self.special.undeposited);
        let minor: i64 = legs.map(|leg| leg.minor).sum();
        let is_there = may && minor != 0 && !self.index.deposited.contains_key(&number);
        is_there.then_some(minor)
    }

    /// Voids a transaction: it stays, at nil.
    pub(super) fn void(&mut self, request: &Element, now: Timestamp) -> Checked<Outcome> {
        let kind = request.text_of("TxnVoidType").unwrap_or("");
        let mut record = self.to_take_back(kind, request)?;
        if record.standing == Standing::Live {
            record.standing = Standing::Voided;
            record.modified = now;
            null_amounts(&mut record.body);
            let memo = record.text("Memo").unwrap_or("").to_owned();
            if super::tables::may_hold(&record.body.name, "Memo") {
                record.body.set("Memo", format!("VOID: {memo}").trim_end().to_owned());
            }
            let items = record.items_moved();
            self.store(record.clone());
            self.work_out_stock(items);
        }
        let zone = self.zone();
        let mut shown = vec![
            Element::leaf("TxnVoidType", kind),
            Element::leaf("TxnID", record.id()),
            Element::leaf("TimeCreated", instants::write(record.created, &zone)),
            Element::leaf("TimeModified", instants::write(record.modified, &zone)),
        ];
        shown.extend(record.body.child("RefNumber").cloned());
        Ok(Outcome::of(shown))
    }

    /// Deletes a transaction.
    pub(super) fn delete(&mut self, request: &Element, now: Timestamp) -> Checked<Outcome> {
        let kind = request.text_of("TxnDelType").unwrap_or("");
        let mut record = self.to_take_back(kind, request)?;
        record.standing = Standing::Deleted;
        record.modified = now;
        let mut shown = vec![
            Element::leaf("TxnDelType", kind),
            Element::leaf("TxnID", record.id()),
            Element::leaf("TimeDeleted", instants::write(now, &self.zone())),
        ];
        shown.extend(record.body.child("RefNumber").cloned());
        let items = record.items_moved();
        self.store(record);
        self.work_out_stock(items);
        Ok(Outcome::of(shown))
    }

    /// The transaction that is to be voided or deleted, where it may be.
    fn to_take_back(&self, kind: &str, request: &Element) -> Checked<Record> {
        let id = request.text_of("TxnID").unwrap_or("");
        if Record::number_in(id).is_none() {
            return Err(Status::bad_id("TxnID", id));
        }
        let found = Kind::of_name(kind).and_then(|kind| self.by_id(&[kind], id));
        let record = found.ok_or_else(|| Status::not_found(id))?;
        if let Some(date) = record.date() {
            self.check_open_period(record.kind, date)?;
        }
        if self.index.deposited.contains_key(&record.number) {
            let why = "The transaction has been deposited. Remove it from the deposit first.";
            return Err(Status::locked(kind, why));
        }
        Ok(record.clone())
    }
}

/// Sets every amount in an element to nought.
fn null_amounts(element: &mut Element) {
    for child in &mut element.children {
        let is_amount = child.name.contains("Amount")
            || child.name.ends_with("Total")
            || matches!(child.name.as_str(), "Subtotal" | "Rate" | "Cost");
        if is_amount && child.children.is_empty() {
            child.text = "0.00".to_owned();
        }
        null_amounts(child);
    }
}
