//! Creating, changing, voiding and deleting.

use super::company::{Company, Sequences, View, account_type, number_space};
use super::currency;
use super::entity::{Application, Entity, Leg, Standing, server_date};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::references;
use super::stock::{self, Move};
use super::{entries, lists, payables, sales, schema, settlements};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
    Void,
    Delete,
}

/// A request that changes an entity.
pub(super) struct Write<'a> {
    pub(super) operation: Operation,
    pub(super) kind: Kind,
    pub(super) body: &'a Object,
    /// Whether a document number may be used a second time all the same.
    pub(super) allow_duplicate_number: bool,
    pub(super) now: Timestamp,
    /// In a batch: what was next when it began.
    pub(super) horizon: Option<Sequences>,
}

/// An entity as it will be stored, before it is.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) body: Object,
    pub(super) legs: Vec<Leg>,
    /// What moves on accounts of the transaction's own currency, where that is not the home one.
    pub(super) foreign: Vec<(u64, i64)>,
    pub(super) open: Option<i64>,
    pub(super) applications: Vec<Application>,
    pub(super) deposits: Vec<(Kind, u64)>,
    pub(super) stock: Vec<Move>,
    /// The purchase orders that it brings goods of.
    pub(super) orders: Vec<u64>,
}

/// Properties that the vendor sets. What a client sends in them is passed over.
const READ_ONLY: &[&str] = &[
    "Id",
    "SyncToken",
    "MetaData",
    "domain",
    "status",
    "sparse",
    "Balance",
    "BalanceWithJobs",
    "HomeBalance",
    "HomeTotalAmt",
    "UnappliedAmt",
    "RemainingCredit",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "LinkedTxn",
    "AutoDocNumber",
    "FullyQualifiedName",
    "Classification",
];

impl Company {
    /// Does what is asked, wholly or not at all, and answers with the entity.
    pub(super) fn write(&mut self, write: &Write<'_>) -> Result<Value, Fault> {
        let reserved = matches!(write.kind, Kind::Employee) || write.kind.sequence().is_none();
        if write.kind.is_of_stock() && !self.settings.inventory {
            return Err(Fault::not_in_plan(write.kind.name()));
        }
        if reserved {
            return Err(Fault::unsupported_operation(write.kind.name()));
        }
        match write.operation {
            Operation::Create => self.create(write),
            Operation::Update => self.update(write),
            Operation::Void | Operation::Delete => self.end(write),
        }
    }

    fn create(&mut self, write: &Write<'_>) -> Result<Value, Fault> {
        let draft = self.draft(write, write.body.clone(), None)?;
        let sequence = write.kind.sequence();
        let sequence = sequence.ok_or_else(|| Fault::unsupported_operation("create"))?;
        let next = self.next.of(sequence);
        let id = *next;
        *next += 1;
        let entity = Entity {
            kind: write.kind,
            id,
            sync_token: 0,
            created: write.now,
            updated: write.now,
            standing: Standing::Live,
            body: Object::new(),
            legs: Vec::new(),
            foreign: Vec::new(),
            cost: Vec::new(),
            stock: Vec::new(),
            open: None,
            applications: Vec::new(),
            deposits: Vec::new(),
            linked_by: Vec::new(),
        };
        self.commit(entity, draft, write.now);
        self.answer(write.kind, id)
    }

    fn update(&mut self, write: &Write<'_>) -> Result<Value, Fault> {
        let previous = self.current(write)?;
        let mut body = write.body.clone();
        if fields::boolean(&body, "sparse")?.unwrap_or(false) {
            for name in repeated(write.kind) {
                fields::present(&body, name).ok_or_else(|| Fault::missing(name))?;
            }
            let mut merged = previous.body.clone();
            merged.extend(body);
            body = merged;
        }
        let draft = self.draft(write, body, Some(&previous))?;
        let mut entity = previous;
        entity.sync_token += 1;
        entity.updated = write.now;
        let id = entity.id;
        self.commit(entity, draft, write.now);
        self.answer(write.kind, id)
    }

    /// The entity that is to be changed, where it may be.
    fn current(&self, write: &Write<'_>) -> Result<Entity, Fault> {
        let view = View { company: self, horizon: write.horizon, now: write.now };
        let id = fields::text(write.body, "Id")?.ok_or_else(|| Fault::missing("Id"))?;
        let number = id.parse().map_err(|_| Fault::invalid_id(id))?;
        let gone = || Fault::not_found("Another user has deleted this transaction.");
        let entity = view.find(write.kind, number).ok_or_else(gone)?;
        let token = fields::text(write.body, "SyncToken")?;
        let token = token.ok_or_else(|| Fault::missing("SyncToken"))?;
        if token != entity.sync_token.to_string() {
            return Err(Fault::stale());
        }
        if entity.is_deposited() {
            return Err(Fault::deposited());
        }
        if let Some(date) = entity.date() {
            self.check_open(date)?;
        }
        Ok(entity.clone())
    }

    fn check_open(&self, date: Date) -> Result<(), Fault> {
        match self.settings.book_close_date {
            Some(closed) if date <= closed => Err(Fault::period_closed()),
            _ => Ok(()),
        }
    }

    fn draft(
        &mut self,
        write: &Write<'_>,
        mut body: Object,
        previous: Option<&Entity>,
    ) -> Result<Draft, Fault> {
        schema::check(write.kind, &body)?;
        body.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        let view = View { company: self, horizon: write.horizon, now: write.now };
        references::complete(&view, &mut body)?;
        body.values_mut().for_each(fields::normalise);
        if write.kind.is_transaction() {
            let today = server_date(write.now);
            let date = fields::date(&body, "TxnDate")?.unwrap_or(today);
            self.check_open(date)?;
            body.insert("TxnDate".to_owned(), json!(date.to_string()));
        }
        let rated = match write.kind.is_transaction() {
            true => currency::of_transaction(&view, &mut body)?,
            false => None,
        };
        if write.kind == Kind::Bill
            && let Some(links) = write.body.get("LinkedTxn")
        {
            body.insert("LinkedTxn".to_owned(), links.clone());
        }
        let number = self.document_number(write, &body, previous)?;
        match &number {
            Some(number) => body.insert("DocNumber".to_owned(), json!(number)),
            None => body.remove("DocNumber"),
        };
        let mut draft = draft_of(write.kind, &view, body, previous)?;
        currency::work_out(&view, &mut draft, rated.as_ref())?;
        if let Some(number) = number.and_then(|number| number.parse::<u64>().ok())
            && write.kind.is_sales_form()
        {
            self.next_number = self.next_number.max(number.saturating_add(1));
        }
        Ok(draft)
    }

    /// The document number: as it came, or the next one where the company lets the vendor number,
    /// whatever came.
    fn document_number(
        &self,
        write: &Write<'_>,
        body: &Object,
        previous: Option<&Entity>,
    ) -> Result<Option<String>, Fault> {
        if !write.kind.is_transaction() {
            return Ok(None);
        }
        let given = fields::text(body, "DocNumber")?.filter(|number| !number.is_empty());
        let automatic = write.kind.is_sales_form()
            && (given == Some("AUTO_GENERATE") || !self.settings.custom_txn_numbers);
        if automatic {
            let kept = previous.and_then(|entity| entity.text("DocNumber"));
            return Ok(Some(kept.map_or_else(|| self.next_number.to_string(), str::to_owned)));
        }
        let Some(number) = given else { return Ok(None) };
        if self.warns_of_duplicates(write.kind) && !write.allow_duplicate_number {
            let key = (number_space(write.kind), number.to_owned());
            let mine = previous.map(|entity| (entity.kind, entity.id));
            let owners = self.index.numbers.get(&key).into_iter().flatten();
            if let Some((kind, id)) = owners.copied().find(|owner| Some(*owner) != mine) {
                return Err(Fault::duplicate_number(number, kind, id));
            }
        }
        Ok(Some(number.to_owned()))
    }

    fn warns_of_duplicates(&self, kind: Kind) -> bool {
        match kind {
            Kind::JournalEntry => self.settings.warn_duplicate_journal_numbers,
            Kind::Bill | Kind::VendorCredit => self.settings.warn_duplicate_bill_numbers,
            Kind::Purchase | Kind::BillPayment => self.settings.warn_duplicate_check_numbers,
            kind => kind.is_sales_form() && self.settings.warn_duplicate_sales_numbers,
        }
    }

    fn commit(&mut self, mut entity: Entity, draft: Draft, now: Timestamp) {
        let sum: i128 = draft.legs.iter().map(|leg| i128::from(leg.minor)).sum();
        assert_eq!(sum, 0, "a transaction of kind {} does not balance", entity.kind.name());
        self.unlink(&entity, now);
        entity.body = draft.body;
        entity.legs = draft.legs.into_iter().filter(|leg| leg.minor != 0).collect();
        entity.foreign = draft.foreign;
        entity.open = draft.open;
        entity.applications = draft.applications;
        entity.deposits = draft.deposits;
        let moved: BTreeSet<u64> =
            entity.stock.iter().chain(&draft.stock).map(|it| it.item).collect();
        entity.stock = draft.stock;
        self.link(&entity, now);
        let me = (entity.kind, entity.id);
        self.store(entity);
        self.receive_orders(me, &draft.orders, now);
        self.cost(&moved);
    }

    /// Marks what an entity settles or deposits.
    fn link(&mut self, entity: &Entity, now: Timestamp) {
        let me = (entity.kind, entity.id);
        for application in &entity.applications {
            self.touch(application.kind, application.id, now, |target| {
                target.open = target.open.map(|open| open - application.minor);
                target.linked_by.push(me);
            });
        }
        for (kind, id) in &entity.deposits {
            self.touch(*kind, *id, now, |target| target.linked_by.push(me));
        }
    }

    /// Takes back what an entity settled or deposited.
    fn unlink(&mut self, entity: &Entity, now: Timestamp) {
        let me = (entity.kind, entity.id);
        for application in &entity.applications {
            self.touch(application.kind, application.id, now, |target| {
                target.open = target.open.map(|open| open + application.minor);
                target.linked_by.retain(|other| *other != me);
            });
        }
        for (kind, id) in &entity.deposits {
            self.touch(*kind, *id, now, |target| target.linked_by.retain(|other| *other != me));
        }
    }

    /// Changes an entity by way of another: its version counts up.
    pub(super) fn touch(
        &mut self,
        kind: Kind,
        id: u64,
        now: Timestamp,
        change: impl FnOnce(&mut Entity),
    ) {
        if let Some(entity) = self.entity_mut(kind, id) {
            change(entity);
            entity.sync_token += 1;
            entity.updated = now;
        }
    }

    /// Voids or deletes a transaction.
    fn end(&mut self, write: &Write<'_>) -> Result<Value, Fault> {
        let voids = write.operation == Operation::Void;
        let is_payment = matches!(write.kind, Kind::Payment | Kind::BillPayment);
        let voidable = write.kind.is_sales_form() || is_payment;
        if !write.kind.is_transaction() || (voids && !voidable) {
            let what = if voids { "void" } else { "delete" };
            return Err(Fault::unsupported_operation(what));
        }
        let mut entity = self.current(write)?;
        self.release(&entity, write.now)?;
        self.unlink(&entity, write.now);
        entity.sync_token += 1;
        entity.updated = write.now;
        entity.legs.clear();
        entity.foreign.clear();
        let moved: BTreeSet<u64> = entity.stock.drain(..).map(|it| it.item).collect();
        entity.cost.clear();
        entity.applications.clear();
        entity.deposits.clear();
        entity.linked_by.clear();
        entity.open = entity.open.map(|_| 0);
        let id = entity.id;
        if voids {
            entity.standing = Standing::Voided;
            void_body(&mut entity.body);
            self.store(entity);
            self.cost(&moved);
            return self.answer(write.kind, id);
        }
        entity.standing = Standing::Deleted;
        self.store(entity);
        self.cost(&moved);
        Ok(json!({ "status": "Deleted", "domain": "QBO", "Id": id.to_string() }))
    }

    /// Frees payments from what is about to end: their money is then not applied.
    fn release(&mut self, ended: &Entity, now: Timestamp) -> Result<(), Fault> {
        let me = (ended.kind, ended.id);
        let mut freed = Vec::new();
        for (kind, id) in &ended.linked_by {
            let Some(payment) = self.entity(*kind, *id) else { continue };
            let mine = payment.applications.iter().filter(|it| (it.kind, it.id) == me);
            let taken: i64 = mine.map(settlements::signed).sum();
            let open = payment.open.unwrap_or(0) + taken;
            if open < 0 {
                return Err(Fault::business("A payment uses this credit to settle an invoice"));
            }
            freed.push((*kind, *id, open));
        }
        for (kind, id, open) in freed {
            self.touch(kind, id, now, |payment| {
                payment.open = Some(open);
                payment.applications.retain(|it| (it.kind, it.id) != me);
                remove_link_lines(&mut payment.body, me);
            });
        }
        Ok(())
    }

    fn answer(&self, kind: Kind, id: u64) -> Result<Value, Fault> {
        let entity = self.entity(kind, id).ok_or_else(|| Fault::not_found("It is gone."))?;
        Ok(Value::Object(self.show(entity)))
    }
}

/// What a sparse update must repeat, whether it changes or not.
const fn repeated(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Purchase => &["PaymentType", "AccountRef"],
        Kind::Bill | Kind::VendorCredit => &["VendorRef"],
        _ => &[],
    }
}

fn draft_of(
    kind: Kind,
    view: &View<'_>,
    body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    match kind {
        Kind::Account => lists::account(view, body, previous),
        Kind::Item => lists::item(view, body, previous),
        Kind::Customer | Kind::Vendor => lists::party(kind, view, body, previous),
        Kind::Class | Kind::Department => lists::value(kind, view, body, previous),
        Kind::SalesReceipt | Kind::Invoice | Kind::RefundReceipt | Kind::CreditMemo => {
            sales::draft(kind, view, body, previous)
        }
        Kind::Payment => settlements::payment(view, body, previous),
        Kind::Deposit => settlements::deposit(view, body, previous),
        Kind::Transfer => entries::transfer(view, body),
        Kind::Purchase => entries::purchase(view, body),
        Kind::JournalEntry => entries::journal_entry(view, body),
        Kind::Bill | Kind::VendorCredit => payables::bill(kind, view, body, previous),
        Kind::BillPayment => payables::payment(view, body, previous),
        Kind::PurchaseOrder => payables::order(view, body),
        Kind::InventoryAdjustment => stock::adjustment(view, body),
        other => Err(Fault::unsupported_operation(other.name())),
    }
}

/// Money can be kept in, and paid out of, a bank account or another current asset.
pub(super) fn check_money_account(account: &Entity) -> Result<(), Fault> {
    if matches!(account_type(account), "Bank" | "Other Current Asset") {
        return Ok(());
    }
    Err(Fault::business("DepositToAccountRef must be a bank or other current asset account"))
}

/// A voided form stays, with every amount zero and a note that says so.
fn void_body(body: &mut Object) {
    let note = match body.get("PrivateNote").and_then(Value::as_str) {
        Some(note) => format!("Voided - {note}"),
        None => "Voided".to_owned(),
    };
    body.insert("PrivateNote".to_owned(), json!(note));
    body.insert("TotalAmt".to_owned(), json!(0));
    if body.contains_key("TxnTaxDetail") {
        body.insert("TxnTaxDetail".to_owned(), json!({ "TotalTax": 0 }));
    }
    let Some(Value::Array(lines)) = body.get_mut("Line") else { return };
    lines.retain(|line| line.get("LinkedTxn").is_none());
    for line in lines {
        line["Amount"] = json!(0);
        if let Some(Value::Object(detail)) = line.get_mut("SalesItemLineDetail") {
            detail.remove("UnitPrice");
            detail.remove("Qty");
        }
    }
}

fn remove_link_lines(body: &mut Object, (kind, id): (Kind, u64)) {
    let Some(Value::Array(lines)) = body.get_mut("Line") else { return };
    let id = id.to_string();
    let is_linked = |link: &Value| link["TxnId"] == id.as_str() && link["TxnType"] == kind.name();
    lines.retain(|line| match line.get("LinkedTxn") {
        Some(Value::Array(links)) => !links.iter().any(is_linked),
        _ => true,
    });
}
