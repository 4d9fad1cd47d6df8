//! Purchases: deposits, goods that came in, bills and payments of one purchase order.
//!
//! Goods stand as received and not invoiced from their receipt to their bill. The bill clears that
//! at the receipt's cost; what it charges more or less, and what bringing the goods here cost, goes
//! to stock. Of goods that are gone by then the stock of each item takes it on to the cost of
//! goods.
//!
//! Goods that came in are a journal entry, since the cloud books know no document for them; where
//! the book keeps stock, an item receipt lays their units in. Its layers keep what the receipt
//! said: what a bill charges more or less, and what bringing the goods here cost, is then a cost of
//! goods, since no book takes a value of units that it has laid in, and another line on the account
//! of stock would part that from the units.
//!
//! A purchase order is entered where the book keeps stock, and moves no money. Elsewhere it is a
//! commitment alone: not every plan of a book takes one. What comes in beyond what it ordered is
//! an item receipt of its own, since no book documents that an order takes more than was ordered.
//! A bill lessens by the deposits that were paid for it. Later money pays the bills, the oldest
//! first: a payment for each, since a book settles one bill by each; and what is left of it is a
//! deposit.

use super::contradictions::{check_bill, check_ordered, check_paid, check_receipt};
use super::decided::taken_back;
use super::lines::{line_on, plain_line};
use super::stock::{must_keep, stocked_line};
use super::{Accounted, Basis, Trouble};
use crate::commerce::{
    BilledLine, Decided, Decision, Fact, GoodsReceipt, OrderedLine, Product, PurchaseOrder,
    RecordRef, SupplierBill,
};
use crate::document::{DocumentKind, Header, Line, LineKind, Party, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::money::Money;
use crate::policy::{CostOwner, Policy, Role};
use crate::text::FactId;
use jiff::civil::Date;
use std::collections::{BTreeMap, VecDeque};

/// Accounts a purchase order with its receipts, bills and payments: the facts of one purchase. What
/// no channel tells of payments, the owner may have decided.
pub(super) fn account_purchase(facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let mut accounted = Accounted::default();
    let mut steps: Vec<(Date, u8, Step<'_>)> = Vec::new();
    for fact in facts {
        match fact {
            Fact::PurchaseOrder(order) => {
                let date = basis.policy.day(order.ordered_at);
                steps.push((date, 0, Step::Order(order)));
            }
            Fact::GoodsReceipt(receipt) => {
                let date = basis.policy.day(receipt.received_at);
                steps.push((date, 1, Step::Receipt(receipt)));
            }
            Fact::SupplierPayment(told) => {
                let (id, source, supplier) = (&told.id, &told.source, &*told.supplier);
                let payment = Payment { id, source, supplier, on: told.on, amount: told.amount };
                steps.push((told.on, 2, Step::Payment(payment)));
            }
            Fact::SupplierBill(bill) => steps.push((bill.on, 3, Step::Bill(bill))),
            Fact::Decision(decision) => match decided(decision, supplier_of(facts)) {
                Ok(payment) => steps.push((payment.on, 2, Step::Payment(payment))),
                Err(state) => accounted.stand(&decision.id, &decision.source, state),
            },
            _ => {}
        }
    }
    steps.sort_by_key(|(date, rank, step)| (*date, *rank, step.fact().0));
    let nothing = Money::zero(basis.policy.currency);
    let mut purchase = Purchase {
        policy: basis.policy,
        name: name_of(facts),
        ordered: None,
        to_come: BTreeMap::new(),
        received: BTreeMap::new(),
        early: Vec::new(),
        deposit: nothing,
        open: VecDeque::new(),
        entries: Vec::new(),
    };
    for (date, _, step) in steps {
        let (fact, source) = step.fact();
        let owner = basis.policy.in_force(date).text.cost.owner;
        let state = match (owner, step) {
            (_, Step::Order(order)) if owner != CostOwner::Book || order.lines.is_empty() => {
                FactState::Excluded { rule: "a-commitment-only".to_owned() }
            }
            (CostOwner::Nobody, _) => FactState::Excluded { rule: "cost-is-not-kept".to_owned() },
            (CostOwner::Saldo | CostOwner::Book, _) => {
                purchase.take(date, step).unwrap_or_else(|it| FactState::Held(it.issue(fact)))
            }
        };
        accounted.stand(fact, source, state);
        for bill in purchase.take_early(date) {
            let standings = &mut accounted.standings;
            let state = match bill {
                (bill, Ok(())) => (bill, FactState::Accounted { review: None }),
                (bill, Err(trouble)) => (bill, FactState::Held(trouble.issue(&bill.id))),
            };
            if let Some(standing) = standings.iter_mut().find(|it| it.id == state.0.id) {
                standing.state = state.1;
            }
        }
    }
    accounted.entries = purchase.entries;
    accounted
}

/// The supplier of a purchase, if anything but a decision tells of it.
fn supplier_of(facts: &[Fact]) -> Option<&str> {
    facts.iter().find_map(|fact| match fact {
        Fact::PurchaseOrder(order) => Some(&*order.supplier),
        Fact::GoodsReceipt(receipt) => Some(&*receipt.supplier),
        Fact::SupplierBill(bill) => Some(&*bill.supplier),
        _ => None,
    })
}

/// What people call the purchase order.
fn name_of(facts: &[Fact]) -> Option<&str> {
    facts.iter().find_map(|fact| match fact {
        Fact::PurchaseOrder(order) => Some(&*order.name),
        _ => None,
    })
}

/// The payment that the owner decided, or where the decision stands without one.
fn decided<'a>(
    decision: &'a Decision,
    supplier: Option<&'a str>,
) -> Result<Payment<'a>, FactState> {
    let Decided::Paid { amount, .. } = decision.said.decided else {
        return Err(FactState::Accounted { review: None });
    };
    if decision.said.taken_back.is_some() {
        return Err(taken_back());
    }
    let waits = || FactState::Waiting {
        for_what: "its purchase order to be heard".to_owned(),
        until: None,
    };
    let (id, source, on) = (&decision.id, &decision.source, decision.said.on);
    Ok(Payment { id, source, supplier: supplier.ok_or_else(waits)?, on, amount })
}

/// Money paid to a supplier: whether a channel told it or the owner decided it.
#[derive(Clone, Copy)]
struct Payment<'a> {
    id: &'a FactId,
    source: &'a RecordRef,
    supplier: &'a str,
    on: Date,
    amount: Money,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Order(&'a PurchaseOrder),
    Receipt(&'a GoodsReceipt),
    Payment(Payment<'a>),
    Bill(&'a SupplierBill),
}

impl<'a> Step<'a> {
    fn fact(&self) -> (&'a FactId, &'a RecordRef) {
        match self {
            Self::Order(order) => (&order.id, &order.source),
            Self::Receipt(receipt) => (&receipt.id, &receipt.source),
            Self::Payment(payment) => (payment.id, payment.source),
            Self::Bill(bill) => (&bill.id, &bill.source),
        }
    }
}

/// What a bill leaves to be paid.
struct OpenBill {
    /// The slot of its document.
    slot: String,
    /// What people call it.
    name: String,
    left: Money,
}

/// Units of a received line that were not billed yet, and what they cost.
struct Unbilled<'a> {
    product: &'a Product,
    units: u32,
    cost: Money,
}

struct Purchase<'a> {
    policy: &'a Policy,
    /// What people call the purchase order, where it was told.
    name: Option<&'a str>,
    /// The slot of its document, once it has one.
    ordered: Option<String>,
    /// How many units of each item it ordered that did not come in yet, by the keys of the items.
    to_come: BTreeMap<String, u32>,
    /// What came in and was not billed, by line.
    received: BTreeMap<&'a str, Unbilled<'a>>,
    /// Bills for goods that are still to come.
    early: Vec<&'a SupplierBill>,
    /// What was paid and not set off against a bill.
    deposit: Money,
    /// What bills leave to be paid, the oldest first.
    open: VecDeque<OpenBill>,
    entries: Vec<SubledgerEntry>,
}

impl<'a> Purchase<'a> {
    fn take(&mut self, date: Date, step: Step<'a>) -> Result<FactState, Trouble> {
        let books = self.policy.currency;
        match step {
            Step::Order(order) => check_ordered(order, books)?,
            Step::Receipt(receipt) => check_receipt(receipt, books)?,
            Step::Payment(payment) => check_paid(payment.amount, books)?,
            Step::Bill(bill) => check_bill(bill, self.policy.in_force(date))?,
        }
        match step {
            Step::Order(order) => self.order(date, order)?,
            Step::Receipt(receipt) => self.receive(date, receipt)?,
            Step::Payment(payment) => self.pay(&payment)?,
            Step::Bill(bill) if !self.all_received(bill) => {
                self.early.push(bill);
                let for_what = "the goods that it charges to come in".to_owned();
                return Ok(FactState::Waiting { for_what, until: None });
            }
            Step::Bill(bill) => self.bill(date, bill)?,
        }
        Ok(FactState::Accounted { review: None })
    }

    /// Enters the bills that waited for goods, once these are there: on the day they came.
    fn take_early(&mut self, date: Date) -> Vec<(&'a SupplierBill, Result<(), Trouble>)> {
        let early = std::mem::take(&mut self.early);
        let (ready, early) = early.into_iter().partition(|bill| self.all_received(bill));
        self.early = early;
        let ready: Vec<&SupplierBill> = ready;
        ready.into_iter().map(|bill| (bill, self.bill(date, bill))).collect()
    }

    fn all_received(&self, bill: &SupplierBill) -> bool {
        bill.lines.iter().all(|line| {
            self.received.get(&*line.received).is_some_and(|known| known.units >= line.units)
        })
    }

    /// Enters what is ordered. Nobody is owed anything by it.
    fn order(&mut self, date: Date, order: &'a PurchaseOrder) -> Result<(), Trouble> {
        let own = self.policy.in_force(date);
        let nothing = Money::zero(self.policy.currency);
        let mut to_come = BTreeMap::<String, u32>::new();
        let line = |line: &OrderedLine| {
            let product = line.product.clone();
            let kept = must_keep(own, &order.source.connection, &product)?;
            let open = to_come.entry(kept.key.clone()).or_default();
            *open = open.saturating_add(line.units);
            let account = own.inventory(product.sku.as_deref());
            let kind = LineKind::Ordered { product, cost: line.cost, kept: Some(kept) };
            let quantity = Some(i64::from(line.units));
            let text = &line.product.title;
            Ok(Line { quantity, ..line_on(account, kind, nothing, text, &line.id) })
        };
        let lines = order.lines.iter().map(line).collect::<Result<Vec<Line>, Trouble>>()?;
        let memo = format!("{} of {}", order.name, order.supplier);
        let header = self.header(&order.id, DocumentKind::PurchaseOrder, date, memo);
        self.ordered = Some(header.slot.clone());
        self.to_come = to_come;
        self.enter(&order.id, Header { party: vendor(&order.supplier), ..header }, lines)
    }

    fn receive(&mut self, date: Date, receipt: &'a GoodsReceipt) -> Result<(), Trouble> {
        let mut costs = Vec::new();
        for line in &receipt.lines {
            costs.extend(line.cost.map(|cost| (line, cost)));
        }
        let own = self.policy.in_force(date);
        let (mut lines, mut beyond) = (Vec::new(), Vec::new());
        for (line, cost) in &costs {
            if !own.book_keeps_cost() {
                let account = self.policy.inventory(line.product.sku.as_deref());
                lines.push(plain_line(account, *cost, &line.product.title, &line.id));
                continue;
            }
            let kept = must_keep(own, &receipt.source.connection, &line.product)?;
            let ordered = self.draw_ordered(&kept.key, line.units);
            let shares = [ordered, line.units.saturating_sub(ordered)];
            let worths = cost.allocate(&shares.map(u64::from));
            for ((units, worth), lines) in
                shares.into_iter().zip(worths).zip([&mut lines, &mut beyond])
            {
                if units > 0 {
                    let (product, kept) = (&line.product, kept.clone());
                    lines.push(stocked_line(product, kept, i64::from(units), worth, &line.id));
                }
            }
        }
        for (line, cost) in costs {
            let unbilled = Unbilled { product: &line.product, units: line.units, cost };
            self.received.insert(&line.id, unbilled);
        }
        let (kind, applies_to) = match own.book_keeps_cost() {
            true => (DocumentKind::ItemReceipt, self.ordered.clone()),
            false => (DocumentKind::JournalEntry, None),
        };
        if !lines.is_empty() || beyond.is_empty() {
            self.came_in(date, receipt, (&receipt.id, kind, applies_to), lines)?;
        }
        if !beyond.is_empty() {
            let id = FactId::from(format!("{}/beyond", receipt.id));
            self.came_in(date, receipt, (&id, kind, None), beyond)?;
        }
        Ok(())
    }

    /// How many of these units the order still expects: all where there is none. They are expected
    /// no longer.
    fn draw_ordered(&mut self, item: &str, units: u32) -> u32 {
        if self.ordered.is_none() {
            return units;
        }
        let Some(open) = self.to_come.get_mut(item) else { return 0 };
        let drawn = units.min(*open);
        *open = open.saturating_sub(drawn);
        drawn
    }

    /// Enters goods that came in, of which nothing is invoiced yet.
    fn came_in(
        &mut self,
        date: Date,
        receipt: &GoodsReceipt,
        (id, kind, applies_to): (&FactId, DocumentKind, Option<String>),
        mut lines: Vec<Line>,
    ) -> Result<(), Trouble> {
        let sum = Money::sum(self.policy.currency, lines.iter().map(|line| line.amount))?;
        let (text, origin) = ("Not invoiced yet", receipt.id.as_str());
        lines.push(self.by_role(Role::GoodsReceived, sum.negated(), text, origin));
        let memo = format!("Goods of {} came in", receipt.supplier);
        let header = self.header(id, kind, date, memo);
        let party = vendor(&receipt.supplier);
        self.enter(id, Header { party, applies_to, ..header }, lines)
    }

    fn pay(&mut self, payment: &Payment<'_>) -> Result<(), Trouble> {
        let mut left = payment.amount;
        while left.is_positive()
            && let Some(mut bill) = self.open.pop_front()
        {
            let amount = left.min(bill.left);
            left = left.minus(amount)?;
            bill.left = bill.left.minus(amount)?;
            self.pay_bill(payment, amount, &bill)?;
            if bill.left.is_positive() {
                self.open.push_front(bill);
            }
        }
        if left.is_zero() {
            return Ok(());
        }
        self.deposit = self.deposit.plus(left)?;
        let origin = payment.id.as_str();
        let deposit = self.by_role(Role::SupplierPrepayments, left, "Deposit", origin);
        let lines = vec![deposit, self.paid_out(left, origin)];
        let memo = format!("Paid to {}", payment.supplier);
        let header = self.header(payment.id, DocumentKind::Expense, payment.on, memo);
        self.enter(payment.id, Header { party: vendor(payment.supplier), ..header }, lines)
    }

    /// What a payment pays of a bill: it stands beside the other bills that the payment pays.
    fn pay_bill(
        &mut self,
        payment: &Payment<'_>,
        amount: Money,
        bill: &OpenBill,
    ) -> Result<(), Trouble> {
        let origin = payment.id.as_str();
        let payable = self.payable(amount, "Bill paid", origin);
        let lines = vec![payable, self.paid_out(amount, origin)];
        let id = FactId::from(format!("{}/{}", payment.id, bill.slot));
        let memo = format!("Bill {} of {} paid", bill.name, payment.supplier);
        let header = Header {
            party: vendor(payment.supplier),
            applies_to: Some(bill.slot.clone()),
            reference: bill.name.clone(),
            ..self.header(&id, DocumentKind::BillPayment, payment.on, memo)
        };
        self.enter(&id, header, lines)
    }

    fn paid_out(&self, amount: Money, origin: &str) -> Line {
        let bank = self.by_role(Role::Bank, amount.negated(), "Paid", origin);
        Line { kind: LineKind::Settlement, ..bank }
    }

    fn payable(&self, amount: Money, text: &str, origin: &str) -> Line {
        let kind = LineKind::Payable;
        Line { kind, ..self.by_role(Role::Payable, amount, text, origin) }
    }

    fn bill(&mut self, date: Date, bill: &'a SupplierBill) -> Result<(), Trouble> {
        let origin = bill.id.as_str();
        let landed = bill.landed;
        let nothing = Money::zero(self.policy.currency);
        let (mut received, mut charged) = (nothing, landed);
        let mut stock = Vec::new();
        for (line, landed) in bill.lines.iter().zip(bill.landed_by_line()) {
            let amount = line.amount;
            let expected = self.settle(line)?;
            received = received.plus(expected)?;
            charged = charged.plus(amount)?;
            let account = match self.policy.in_force(date).book_keeps_cost() {
                true => self.policy.chart.account(Role::CostOfGoods),
                false => self.policy.inventory(line.product.sku.as_deref()),
            };
            let more = amount.minus(expected)?;
            for (extra, text) in [(more, "Other price"), (landed, "Brought here")] {
                if !extra.is_zero() {
                    stock.push(plain_line(account.clone(), extra, text, origin));
                }
            }
        }
        let mut lines = Vec::new();
        if !received.is_zero() {
            lines.push(self.by_role(Role::GoodsReceived, received, "Invoiced", origin));
        }
        lines.extend(stock);
        lines.push(self.payable(charged.negated(), "To be paid", origin));
        let applied = self.deposit.min(charged).max(nothing);
        if !applied.is_zero() {
            lines.push(self.payable(applied, "Deposit applied", origin));
            let text = "Deposit applied";
            lines.push(self.by_role(Role::SupplierPrepayments, applied.negated(), text, origin));
        }
        self.deposit = self.deposit.minus(applied)?;
        let left = charged.minus(applied)?;
        let number = bill.number.as_deref().unwrap_or("without a number");
        let memo = format!("Bill {number} of {}", bill.supplier);
        let header = self.header(&bill.id, DocumentKind::Bill, date, memo);
        let reference = bill.number.clone().unwrap_or_else(|| header.reference.clone());
        if left.is_positive() {
            let (slot, name) = (header.slot.clone(), reference.clone());
            self.open.push_back(OpenBill { slot, name, left });
        }
        let party = vendor(&bill.supplier);
        self.enter(&bill.id, Header { party, due: bill.due, reference, ..header }, lines)
    }

    /// Takes units out of what was not billed; what they were expected to cost.
    fn settle(&mut self, line: &BilledLine) -> Result<Money, Trouble> {
        let unknown = || not_received(line);
        let known = self.received.get_mut(&*line.received).ok_or_else(unknown)?;
        let rest = known.units.checked_sub(line.units).ok_or_else(unknown)?;
        let weights = [u64::from(line.units), u64::from(rest)];
        let expected = known.cost.allocate(&weights).into_iter().next().unwrap_or(known.cost);
        known.units = rest;
        known.cost = known.cost.minus(expected)?;
        debug_assert_eq!(known.product.sku, line.product.sku, "a line is about one product");
        Ok(expected)
    }

    fn by_role(&self, role: Role, amount: Money, text: &str, origin: &str) -> Line {
        plain_line(self.policy.chart.account(role), amount, text, origin)
    }

    fn header(&self, id: &FactId, kind: DocumentKind, date: Date, memo: String) -> Header {
        let last = id.as_str().rsplit('/').next();
        Header {
            slot: id.to_string(),
            kind,
            date,
            currency: self.policy.currency,
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: self.name.or(last).unwrap_or(id.as_str()).to_owned(),
            memo,
        }
    }

    fn enter(&mut self, id: &FactId, header: Header, lines: Vec<Line>) -> Result<(), Trouble> {
        self.entries.push(SubledgerEntry::new(id.clone(), header, lines)?);
        Ok(())
    }
}

fn vendor(supplier: &str) -> Option<Party> {
    Some(Party::Vendor { name: supplier.to_owned() })
}

fn not_received(line: &BilledLine) -> Trouble {
    Trouble::Issue(
        IssueKind::DoesNotAddUp,
        format!("{} units of `{}` are billed, but fewer came in", line.units, line.product.title),
        "see whether a receipt is missing".to_owned(),
    )
}
