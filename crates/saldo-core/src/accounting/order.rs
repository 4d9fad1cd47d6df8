//! An order, day by day: what was agreed, what was paid, and what is then owed.
//!
//! One document an agreement. What is paid within the books day of the agreement makes a sales or
//! refund receipt; everything else goes over the receivable, the deposits, or the refunds payable.
//! A day that has not been heard to its end decides nothing that a later payment could change.

use super::gateway::{KnownOrder, OrderView};
use super::lines::{agreement_lines, role_line, tender_line};
use super::movements::{Pool, Portion};
use super::{Accounted, Basis, Trouble, summary, telling};
use crate::commerce::{
    Agreement, AgreementKind, BalanceTransaction, MoneyMovement, MovementKind, MovementState,
    Order, SaleLine, Tender, WriteOff,
};
use crate::document::{DocumentKind, Header, Line, LineKind, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::money::Money;
use crate::policy::{Policy, Role};
use crate::text::{FactId, GatewayId};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts an order and says how its gateway rows may rely on it.
pub(super) fn account_order<'a>(
    order: &'a Order,
    decisions: Vec<&'a WriteOff>,
    rows: &[&BalanceTransaction],
    basis: Basis<'a>,
    accounted: &mut Accounted,
) -> OrderView<'a> {
    for decision in &decisions {
        let state = FactState::Accounted { review: None };
        accounted.stand(&decision.id, &decision.source, state);
    }
    if order.test {
        let state = FactState::Excluded { rule: "test-order".to_owned() };
        accounted.stand(&order.id, &order.source, state);
        return OrderView::Undecided;
    }
    let untold = telling::untold(order);
    if let Some((issue, true)) = untold {
        accounted.stand(&order.id, &order.source, FactState::Held(issue));
        return OrderView::Undecided;
    }
    let mut told = Timeline::run(order, decisions, basis.policy, basis.heard_until);
    accounted.entries.append(&mut told.entries);
    if let FactState::Accounted { review } = &mut told.state {
        *review = untold.map(|(issue, _)| issue);
    }
    if let FactState::Waiting { until: Some(until), .. } = &told.state {
        accounted.wake(*until);
    }
    accounted.stand(&order.id, &order.source, told.state);
    let mut known = KnownOrder {
        order,
        held_from: told.held_from,
        open_day: told.open_day,
        paid_by: told.paid_by,
        kept_back: BTreeMap::new(),
        explained: BTreeSet::new(),
    };
    summary::gather_receipts(&mut known, rows, basis, accounted);
    OrderView::Accounted(known)
}

/// What an order amounts to.
struct Told<'a> {
    entries: Vec<SubledgerEntry>,
    /// The payments through gateways that each entry moves.
    paid_by: BTreeMap<FactId, Vec<&'a MoneyMovement>>,
    state: FactState,
    /// The day from which on nothing is entered until a person decides.
    held_from: Option<Date>,
    /// The day that is not over, and the payments of it that are entered all the same.
    open_day: Option<(Date, BTreeSet<String>)>,
}

impl Told<'_> {
    /// No entry, for this reason.
    fn nothing(state: FactState) -> Self {
        Self {
            entries: Vec::new(),
            paid_by: BTreeMap::new(),
            state,
            held_from: None,
            open_day: None,
        }
    }
}

/// What happened on one books day.
#[derive(Default)]
struct Day<'a> {
    agreements: Vec<&'a Agreement>,
    received: Pool<'a>,
    refunded: Pool<'a>,
    given_up: Vec<&'a WriteOff>,
    /// Something of that day that nobody understands.
    trouble: Option<Trouble>,
}

/// An invoice that is not paid in full.
struct Open {
    slot: String,
    amount: Money,
}

struct Timeline<'a> {
    order: &'a Order,
    policy: &'a Policy,
    entries: Vec<SubledgerEntry>,
    open: Vec<Open>,
    deposits: Money,
    refunds_owed: Money,
    /// What was written off and not recovered since.
    given_up: Money,
    /// The payments that the entries of the day have drawn upon.
    drawn: Vec<String>,
    /// The payments through gateways that the next entry moves.
    moved: Vec<&'a MoneyMovement>,
    /// The same by the entry that moves them.
    paid_by: BTreeMap<FactId, Vec<&'a MoneyMovement>>,
}

impl<'a> Timeline<'a> {
    fn run(
        order: &'a Order,
        decisions: Vec<&'a WriteOff>,
        policy: &'a Policy,
        heard_until: Timestamp,
    ) -> Told<'a> {
        let days = match days(order, decisions, policy) {
            Ok(days) => days,
            // Its money does not wait with it.
            Err(state) => return Told { held_from: Some(Date::MIN), ..Told::nothing(state) },
        };
        let nothing = Money::zero(order.currency);
        let mut timeline = Timeline {
            order,
            policy,
            entries: Vec::new(),
            open: Vec::new(),
            deposits: nothing,
            refunds_owed: nothing,
            given_up: nothing,
            drawn: Vec::new(),
            moved: Vec::new(),
            paid_by: BTreeMap::new(),
        };
        for (date, day) in days {
            timeline.drawn.clear();
            let before = timeline.entries.len();
            let end = policy.end_of_day(date);
            match timeline.day(date, day, heard_until >= end) {
                Ok(true) => {}
                Ok(false) => {
                    let for_what = format!("the end of {date}: a payment may still come that day");
                    let state = FactState::Waiting { for_what, until: Some(end) };
                    let open_day = Some((date, timeline.drawn.into_iter().collect()));
                    let (entries, paid_by) = (timeline.entries, timeline.paid_by);
                    return Told { entries, paid_by, open_day, ..Told::nothing(state) };
                }
                Err(trouble) => {
                    timeline.entries.truncate(before);
                    let state = FactState::Held(trouble.issue(&order.id));
                    let (entries, paid_by) = (timeline.entries, timeline.paid_by);
                    let held_from = Some(date);
                    return Told { entries, paid_by, held_from, ..Told::nothing(state) };
                }
            }
        }
        let state = match timeline.entries.is_empty() {
            true => FactState::Excluded { rule: "nothing-to-enter".to_owned() },
            false => FactState::Accounted { review: None },
        };
        let (entries, paid_by) = (timeline.entries, timeline.paid_by);
        Told { entries, paid_by, ..Told::nothing(state) }
    }

    /// Enters a day; says whether all of it is entered. Of a day that is not `closed`, only what
    /// nothing later that day can change is entered: agreements in their order, as long as each is
    /// settled by money that came before.
    fn day(&mut self, date: Date, mut day: Day<'a>, closed: bool) -> Result<bool, Trouble> {
        if let Some(trouble) = day.trouble {
            return Err(trouble);
        }
        for agreement in &day.agreements {
            let lines = agreement_lines(agreement, self.order.currency, self.policy)?;
            if lines.is_empty() {
                continue;
            }
            let before = (self.entries.len(), self.drawn.len());
            let due = Money::sum(self.order.currency, lines.iter().map(|line| line.amount))?;
            let settled = match due.is_positive() {
                true => self.take_back(date, agreement, lines, due, &mut day.refunded)?,
                false => self.sell(date, agreement, lines, due.negated(), &mut day.received)?,
            };
            if !settled && !closed {
                self.entries.truncate(before.0);
                self.drawn.truncate(before.1);
                return Ok(false);
            }
        }
        let late = day.received.drain();
        let early = day.refunded.drain();
        let open = !late.is_empty() || !early.is_empty();
        if open && !closed {
            return Ok(false);
        }
        for portion in late {
            self.receive(date, portion)?;
        }
        for portion in early {
            self.repay(date, portion)?;
        }
        for decision in day.given_up {
            self.give_up(date, decision)?;
        }
        Ok(true)
    }

    /// A sale of `due`: a receipt where the day's money pays it by one gateway at most, else an
    /// invoice. Says whether it is a receipt, which nothing later can change.
    fn sell(
        &mut self,
        date: Date,
        agreement: &Agreement,
        mut lines: Vec<Line>,
        due: Money,
        received: &mut Pool<'a>,
    ) -> Result<bool, Trouble> {
        let slot = self.slot(self.sale_part(agreement));
        let memo = match agreement.kind {
            AgreementKind::Edit => format!("Order {} edited", self.order.name),
            _ => format!("Order {}", self.order.name),
        };
        let paid_at_once = self.deposits.is_zero()
            && received.total(due.currency())? >= due
            && received.gateways_within(due)? <= 1;
        if paid_at_once {
            for portion in received.draw(due, |_| true)? {
                self.add_tender(&mut lines, &portion, portion.amount)?;
            }
            self.enter(slot, DocumentKind::SalesReceipt, date, memo, None, lines)?;
            return Ok(true);
        }
        let mut owed = due;
        for portion in received.draw(due, |portion| !portion.is_gateway())? {
            self.add_tender(&mut lines, &portion, portion.amount)?;
            owed = owed.minus(portion.amount)?;
        }
        let origin = agreement.id.as_str();
        lines.push(self.line(LineKind::Receivable, Role::Receivable, owed, "To be paid", origin));
        let deposit = owed.min(self.deposits);
        if deposit.is_positive() {
            let kind = LineKind::Other { taxed: false };
            lines.push(self.line(kind, Role::Deposits, deposit, "Deposit applied", origin));
            let kind = LineKind::Receivable;
            let credit = deposit.negated();
            lines.push(self.line(kind, Role::Receivable, credit, "Deposit applied", origin));
            self.deposits = self.deposits.minus(deposit)?;
        }
        let open = Open { slot: slot.clone(), amount: owed.minus(deposit)? };
        self.enter(slot, DocumentKind::Invoice, date, memo, None, lines)?;
        if !open.amount.is_zero() {
            self.open.push(open);
        }
        Ok(false)
    }

    /// A return of `due`: repaid by one gateway at most on the same day, set off against open
    /// invoices, or owed.
    fn take_back(
        &mut self,
        date: Date,
        agreement: &Agreement,
        mut lines: Vec<Line>,
        due: Money,
        refunded: &mut Pool<'a>,
    ) -> Result<bool, Trouble> {
        let slot = self.slot(&agreement.id);
        let memo = format!("Refund of order {}", self.order.name);
        let owed_to_us = Money::sum(due.currency(), self.open.iter().map(|open| open.amount))?;
        let money = refunded.total(due.currency())?;
        let repaid_at_once = money >= due && refunded.gateways_within(due)? <= 1;
        if repaid_at_once {
            for portion in refunded.draw(due, |_| true)? {
                self.add_tender(&mut lines, &portion, portion.amount.negated())?;
            }
            self.enter(slot, DocumentKind::RefundReceipt, date, memo, None, lines)?;
            return Ok(true);
        }
        let origin = agreement.id.as_str();
        // What goes back in money does not lessen what is still to be paid.
        let unpaid = due.minus(money.min(due))?;
        let set_off = unpaid.min(owed_to_us);
        let owed = due.minus(set_off)?;
        let applies_to = self.open.first().map(|open| open.slot.clone());
        let (kind, applies_to) = match set_off.is_zero() {
            true => (DocumentKind::RefundReceipt, None),
            false => (DocumentKind::CreditMemo, applies_to),
        };
        if !set_off.is_zero() {
            let credit = set_off.negated();
            let text = "No longer to be paid";
            lines.push(self.line(LineKind::Receivable, Role::Receivable, credit, text, origin));
            self.settle_open(set_off)?;
        }
        if !owed.is_zero() {
            let kind = LineKind::Other { taxed: false };
            let credit = owed.negated();
            lines.push(self.line(kind, Role::RefundsPayable, credit, "To be repaid", origin));
            self.refunds_owed = self.refunds_owed.plus(owed)?;
        }
        self.enter(slot, kind, date, memo, applies_to, lines)?;
        Ok(false)
    }

    /// Money that no agreement of its day took: for open invoices, or a deposit.
    fn receive(&mut self, date: Date, portion: Portion<'a>) -> Result<(), Trouble> {
        let mut left = portion.amount;
        while let Some(first) = self.open.first_mut()
            && left.is_positive()
        {
            let amount = left.min(first.amount);
            let invoice = first.slot.clone();
            first.amount = first.amount.minus(amount)?;
            self.open.retain(|open| !open.amount.is_zero());
            left = left.minus(amount)?;
            if amount.is_positive() {
                self.pay_invoice(date, &portion, amount, invoice)?;
            }
        }
        let recovered = left.min(self.given_up);
        if recovered.is_positive() {
            left = left.minus(recovered)?;
            self.given_up = self.given_up.minus(recovered)?;
            self.recover(date, &portion, recovered)?;
        }
        if left.is_positive() {
            self.deposits = self.deposits.plus(left)?;
            let id = &portion.movement.id;
            let mut lines = Vec::new();
            self.add_tender(&mut lines, &portion, left)?;
            let kind = LineKind::Other { taxed: false };
            lines.push(self.line(kind, Role::Deposits, left.negated(), "Deposit", id));
            let kind = match portion.is_gateway() {
                true => DocumentKind::SalesReceipt,
                false => DocumentKind::JournalEntry,
            };
            let memo = format!("Deposit for order {}", self.order.name);
            self.enter(self.slot(&format!("{id}@deposit")), kind, date, memo, None, lines)?;
        }
        Ok(())
    }

    /// Money for what had been written off.
    fn recover(&mut self, date: Date, portion: &Portion<'a>, amount: Money) -> Result<(), Trouble> {
        let id = &portion.movement.id;
        let mut lines = Vec::new();
        self.add_tender(&mut lines, portion, amount)?;
        let kind = LineKind::Other { taxed: false };
        lines.push(self.line(kind, Role::BadDebt, amount.negated(), "Recovered", id));
        let kind = match portion.is_gateway() {
            true => DocumentKind::SalesReceipt,
            false => DocumentKind::JournalEntry,
        };
        let memo = format!("Order {} paid after it was written off", self.order.name);
        self.enter(self.slot(&format!("{id}@recovered")), kind, date, memo, None, lines)
    }

    fn pay_invoice(
        &mut self,
        date: Date,
        portion: &Portion<'a>,
        amount: Money,
        invoice: String,
    ) -> Result<(), Trouble> {
        let id = &portion.movement.id;
        let mut lines = Vec::new();
        self.add_tender(&mut lines, portion, amount)?;
        let credit = amount.negated();
        lines.push(self.line(LineKind::Receivable, Role::Receivable, credit, "Paid", id));
        let kind = match portion.is_gateway() {
            true => DocumentKind::Payment,
            false => DocumentKind::CreditMemo,
        };
        let agreement = invoice.rsplit_once('/').map_or(invoice.as_str(), |(_, number)| number);
        let slot = self.slot(&format!("{id}@{agreement}"));
        let memo = format!("Payment of order {}", self.order.name);
        self.enter(slot, kind, date, memo, Some(invoice), lines)
    }

    /// Money given back that no agreement of its day explains: of refunds owed, or of a deposit.
    fn repay(&mut self, date: Date, portion: Portion<'a>) -> Result<(), Trouble> {
        let id = &portion.movement.id;
        let nothing = Money::zero(portion.amount.currency());
        let of_deposits = match self.refunds_owed.is_positive() {
            true => portion.amount.minus(portion.amount.min(self.refunds_owed))?,
            false => portion.amount,
        }
        .min(self.deposits)
        .max(nothing);
        let of_refunds = portion.amount.minus(of_deposits)?;
        self.deposits = self.deposits.minus(of_deposits)?;
        self.refunds_owed = self.refunds_owed.minus(of_refunds)?;
        let mut lines = Vec::new();
        for (role, amount, text) in [
            (Role::RefundsPayable, of_refunds, "Refund paid"),
            (Role::Deposits, of_deposits, "Deposit paid back"),
        ] {
            if !amount.is_zero() {
                let kind = LineKind::Other { taxed: false };
                lines.push(self.line(kind, role, amount, text, id));
            }
        }
        self.add_tender(&mut lines, &portion, portion.amount.negated())?;
        let kind = match portion.is_gateway() {
            true => DocumentKind::Expense,
            false => DocumentKind::JournalEntry,
        };
        let memo = format!("Refund paid for order {}", self.order.name);
        self.enter(self.slot(&format!("{id}@refund")), kind, date, memo, None, lines)
    }

    /// What is still owed is given up; where the law allows, with the tax in it.
    fn give_up(&mut self, date: Date, decision: &WriteOff) -> Result<(), Trouble> {
        let open = Money::sum(self.order.currency, self.open.iter().map(|open| open.amount))?;
        if open.is_zero() {
            return Ok(());
        }
        let origin = decision.id.as_str();
        let invoice = self.open.first().map(|open| open.slot.clone());
        let taxes = match decision.relieve_tax {
            true => self.taxes_until(date)?,
            false => BTreeMap::new(),
        };
        let sold = self.sold_until(date)?;
        let weight = |money: &Money| money.minor().unsigned_abs();
        let taxed = Money::sum(open.currency(), taxes.values().copied())?;
        let mut weights = vec![weight(&sold.minus(taxed)?)];
        weights.extend(taxes.values().map(weight));
        let mut parts = open.allocate(&weights).into_iter();
        let loss = parts.next().unwrap_or(open);
        let kind = LineKind::Other { taxed: false };
        let mut lines = vec![self.line(kind, Role::BadDebt, loss, "Written off", origin)];
        for (title, amount) in taxes.keys().zip(parts).filter(|(_, amount)| !amount.is_zero()) {
            lines.push(Line {
                kind: LineKind::Tax { title: title.clone(), rate: None },
                account: self.policy.tax(title),
                amount,
                quantity: None,
                text: title.clone(),
                origin: origin.to_owned(),
            });
        }
        let credit = open.negated();
        lines.push(self.line(LineKind::Receivable, Role::Receivable, credit, "Given up", origin));
        self.open.clear();
        self.given_up = self.given_up.plus(open)?;
        let memo = format!("Order {} will not be paid", self.order.name);
        let slot = format!("{}/write-off", self.order.id);
        self.enter(slot, DocumentKind::CreditMemo, date, memo, invoice, lines)
    }

    /// The lines that were agreed up to a day.
    fn lines_until(&self, date: Date) -> impl Iterator<Item = &'a SaleLine> + use<'a> {
        let (order, policy) = (self.order, self.policy.clone());
        let agreements = order.agreements.iter();
        agreements
            .filter(move |agreement| policy.day(agreement.happened_at) <= date)
            .flat_map(|agreement| &agreement.lines)
    }

    /// Everything that was agreed up to a day, tax included.
    fn sold_until(&self, date: Date) -> Result<Money, Trouble> {
        let mut sum = Money::zero(self.order.currency);
        for line in self.lines_until(date) {
            sum = sum.plus(line.total()?)?;
        }
        Ok(sum)
    }

    fn taxes_until(&self, date: Date) -> Result<BTreeMap<String, Money>, Trouble> {
        let mut taxes = BTreeMap::new();
        for tax in self.lines_until(date).flat_map(|line| &line.taxes) {
            let nothing = Money::zero(self.order.currency);
            let sum: &mut Money = taxes.entry(tax.title.clone()).or_insert(nothing);
            *sum = sum.plus(tax.amount)?;
        }
        Ok(taxes)
    }

    fn settle_open(&mut self, amount: Money) -> Result<(), Trouble> {
        let mut left = amount;
        for open in &mut self.open {
            let part = left.min(open.amount);
            open.amount = open.amount.minus(part)?;
            left = left.minus(part)?;
        }
        self.open.retain(|open| !open.amount.is_zero());
        Ok(())
    }

    /// The part of a slot for an agreement to sell. The first sale has the same whichever record
    /// tells the order, and however that calls the agreement.
    fn sale_part<'b>(&self, agreement: &'b Agreement) -> &'b str {
        let sales = self.order.agreements.iter().filter(|it| it.kind == AgreementKind::Sale);
        let first = sales.min_by_key(|it| (it.happened_at, &it.id));
        match first.is_some_and(|first| first.id == agreement.id) {
            true => "sale",
            false => &agreement.id,
        }
    }

    fn slot(&self, part: &str) -> String {
        format!("{}/{part}", self.order.id)
    }

    fn line(&self, kind: LineKind, role: Role, amount: Money, text: &str, origin: &str) -> Line {
        role_line(kind, role, amount, text, origin, self.policy)
    }

    /// Adds the line of a tender; movements of one gateway share a settlement line.
    fn add_tender(
        &mut self,
        lines: &mut Vec<Line>,
        portion: &Portion<'a>,
        amount: Money,
    ) -> Result<(), Trouble> {
        let movement = portion.movement;
        self.drawn.push(movement.id.clone());
        if portion.is_gateway() {
            self.moved.push(movement);
        }
        let line = tender_line(&movement.tender, amount, &movement.id, self.policy)?;
        let same = |known: &&mut Line| {
            known.kind == LineKind::Settlement
                && line.kind == LineKind::Settlement
                && known.account == line.account
        };
        match lines.iter_mut().find(same) {
            Some(known) => known.amount = known.amount.plus(line.amount)?,
            None => lines.push(line),
        }
        Ok(())
    }

    fn enter(
        &mut self,
        slot: String,
        kind: DocumentKind,
        date: Date,
        memo: String,
        applies_to: Option<String>,
        lines: Vec<Line>,
    ) -> Result<(), Trouble> {
        let order = self.order;
        let customer =
            self.policy.customer(order.customer.as_deref(), order.customer_name.as_deref());
        let header = Header {
            slot: slot.clone(),
            kind,
            date,
            currency: order.currency,
            party: Some(customer),
            applies_to,
            reference: order.name.clone(),
            memo,
        };
        let id = FactId::from(slot);
        self.paid_by.insert(id.clone(), std::mem::take(&mut self.moved));
        self.entries.push(SubledgerEntry::new(id, header, lines)?);
        Ok(())
    }
}

/// What happened on which books day; or the state of an order that has nothing to enter yet.
fn days<'a>(
    order: &'a Order,
    decisions: Vec<&'a WriteOff>,
    policy: &Policy,
) -> Result<BTreeMap<Date, Day<'a>>, FactState> {
    let sale_day = policy.day(order.processed_at);
    let money = in_order(order);
    let earliest = first_day(order, &money, policy)?;
    let mut days: BTreeMap<Date, Day<'a>> = BTreeMap::new();
    let mut agreements: Vec<&Agreement> = order.agreements.iter().collect();
    agreements.sort_by(|a, b| (a.happened_at, &a.id).cmp(&(b.happened_at, &b.id)));
    for agreement in agreements {
        let date = match &agreement.kind {
            AgreementKind::Sale => sale_day,
            _ => policy.day(agreement.happened_at),
        };
        let day = days.entry(date.max(earliest)).or_default();
        match &agreement.kind {
            AgreementKind::Unknown(word) => day.stop(unknown("agreement", &agreement.id, word)),
            _ => day.agreements.push(agreement),
        }
    }
    for movement in money {
        days.entry(policy.day(movement.processed_at)).or_default().take(movement);
    }
    days.retain(|_, day| !day.is_empty());
    for decision in decisions {
        days.entry(decision.on).or_default().given_up.push(decision);
    }
    Ok(days)
}

/// The day from which on an order is entered, or the state of one that is not entered yet. Money
/// that was set aside at the sale is a sale once it is taken. Set aside later, it is one way to pay
/// what is owed already. Where it is not yet known whether money was set aside, or taken, any day
/// could turn out to be the wrong one.
fn first_day(order: &Order, money: &[&MoneyMovement], policy: &Policy) -> Result<Date, FactState> {
    let sale_day = policy.day(order.processed_at);
    let day = |movement: &MoneyMovement| policy.day(movement.processed_at);
    let set_aside = |state: MovementState| {
        money.iter().any(|movement| {
            movement.kind == MovementKind::Authorisation
                && movement.state == state
                && day(movement) <= sale_day
        })
    };
    let undecided =
        |for_what: &str| FactState::Waiting { for_what: for_what.to_owned(), until: None };
    match (set_aside(MovementState::Succeeded), set_aside(MovementState::Pending)) {
        (true, _) => {}
        (false, true) => return Err(undecided("the gateway to say whether it set money aside")),
        (false, false) => return Ok(sale_day),
    }
    let payments = money.iter().filter(|movement| movement.kind == MovementKind::Payment);
    let mut open = false;
    for payment in payments {
        match payment.state {
            MovementState::Pending => open = true,
            MovementState::Succeeded if open => {
                return Err(undecided("the gateway to say whether an earlier payment was taken"));
            }
            MovementState::Succeeded => return Ok(day(payment).max(sale_day)),
            MovementState::Failed | MovementState::Unknown(_) => {}
        }
    }
    Err(not_captured(order, money))
}

impl<'a> Day<'a> {
    fn is_empty(&self) -> bool {
        self.agreements.is_empty()
            && self.received.is_empty()
            && self.refunded.is_empty()
            && self.trouble.is_none()
    }

    fn stop(&mut self, trouble: Trouble) {
        self.trouble.get_or_insert(trouble);
    }

    /// Takes a movement into the day's money. Change given on a payment lessens that payment.
    fn take(&mut self, movement: &'a MoneyMovement) {
        match (&movement.state, &movement.kind) {
            (MovementState::Unknown(word), _) => {
                self.stop(unknown("the state of payment", &movement.id, word));
            }
            (MovementState::Pending | MovementState::Failed, _) => {}
            (MovementState::Succeeded, MovementKind::Unknown(word)) => {
                self.stop(unknown("payment", &movement.id, word));
            }
            (_, MovementKind::Authorisation | MovementKind::Void) => {}
            (_, MovementKind::Payment) => self.received.push(movement, movement.amount),
            (_, MovementKind::Refund) => self.refunded.push(movement, movement.amount),
            (_, MovementKind::Change) => {
                match self.received.lessen(&movement.tender, movement.amount) {
                    Ok(rest) if rest.is_zero() => {}
                    Ok(rest) => self.refunded.push(movement, rest),
                    Err(trouble) => self.stop(trouble),
                }
            }
        }
    }
}

/// The movements of real money, in order of time.
fn in_order(order: &Order) -> Vec<&MoneyMovement> {
    let mut money: Vec<&MoneyMovement> =
        order.movements.iter().filter(|movement| !movement.test).collect();
    money.sort_by(|a, b| (a.processed_at, &a.id).cmp(&(b.processed_at, &b.id)));
    money
}

fn unknown(what: &str, id: &str, word: &str) -> Trouble {
    Trouble::Issue(
        IssueKind::UnknownData,
        format!("{what} {id} is of the unknown kind `{word}`"),
        "enter the order by hand, or wait for a version that knows this kind".to_owned(),
    )
}

/// An order whose money was set aside and never taken.
fn not_captured(order: &Order, money: &[&MoneyMovement]) -> FactState {
    let voided = money.iter().any(|movement| {
        movement.kind == MovementKind::Void && movement.state == MovementState::Succeeded
    });
    let for_what = match (order.cancelled_at, voided) {
        (Some(_), _) => {
            return FactState::Excluded { rule: "cancelled-before-capture".to_owned() };
        }
        (None, true) => "another payment, or its end: the authorised payment was given up",
        (None, false) => "the capture of the authorised payment",
    };
    FactState::Waiting { for_what: for_what.to_owned(), until: None }
}

/// What an order moved on a gateway's account by one movement: positive where money came in.
pub(super) fn movement_on_gateway<'a>(
    order: &'a Order,
    id: &str,
    gateway: &GatewayId,
) -> Option<(&'a MoneyMovement, Money)> {
    let movement = order.movements.iter().find(|movement| movement.id == id)?;
    let counts = movement.state == MovementState::Succeeded
        && !movement.test
        && matches!(&movement.tender, Tender::Gateway(own) if own.id == *gateway);
    let signed = match movement.kind {
        MovementKind::Payment => Some(movement.amount),
        MovementKind::Refund | MovementKind::Change => Some(movement.amount.negated()),
        _ => None,
    };
    signed.filter(|_| counts).map(|amount| (movement, amount))
}
