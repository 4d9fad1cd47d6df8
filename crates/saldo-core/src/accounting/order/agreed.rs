//! Agreements: receipts where the day's money settles them, else invoices and what is owed.

use super::{Open, Timeline};
use crate::accounting::Trouble;
use crate::accounting::movements::Pool;
use crate::accounting::summary::paid_until;
use crate::commerce::{Agreement, AgreementKind};
use crate::document::{DocumentKind, Line, LineKind};
use crate::money::Money;
use crate::policy::{RefundForm, Role, SaleForm};
use jiff::civil::Date;

impl<'a> Timeline<'a> {
    /// A sale of `due`: a receipt where the day's money pays it by one gateway at most, else an
    /// invoice; where the policy wants an invoice of every sale, that and its payments. Says
    /// whether nothing later can change it.
    pub(super) fn sell(
        &mut self,
        date: Date,
        agreement: &Agreement,
        mut lines: Vec<Line>,
        due: Money,
        received: &mut Pool<'a>,
    ) -> Result<bool, Trouble> {
        self.agree_channel_tax(agreement)?;
        let part = self.sale_part(agreement);
        let place = self.place(part, part);
        let memo = match agreement.kind {
            AgreementKind::Edit => format!("Order {} edited", self.order.name),
            _ => format!("Order {}", self.order.name),
        };
        let covered = self.deposits.is_zero() && received.total(due.currency())? >= due;
        let by_invoice = self.policy.sale_form(self.order) == SaleForm::Invoice;
        if covered && !by_invoice && received.gateways_within(due)? <= 1 {
            for portion in received.draw(due, |_| true)? {
                self.add_tender(&mut lines, &portion, portion.amount)?;
            }
            self.enter(place, DocumentKind::SalesReceipt, date, memo, None, lines)?;
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
            let applied = self.draw_deposited(deposit)?;
            self.may_keep.extend(applied);
        }
        let open = Open { slot: place.slot.clone(), amount: owed.minus(deposit)? };
        self.enter(place, DocumentKind::Invoice, date, memo, None, lines)?;
        if covered && by_invoice {
            for portion in received.draw(open.amount, |_| true)? {
                self.pay_invoice(date, &portion, portion.amount, open.slot.clone())?;
            }
            return Ok(true);
        }
        let by_credit = self.use_credits(open.amount)?;
        let open = Open { amount: open.amount.minus(by_credit)?, ..open };
        if !open.amount.is_zero() {
            self.open.push(open);
        }
        Ok(false)
    }

    /// The part of an order that an agreement to sell is. The first sale is the same whichever
    /// record tells the order, and however that calls the agreement.
    fn sale_part<'b>(&self, agreement: &'b Agreement) -> &'b str {
        let sales = self.order.agreements.iter().filter(|it| it.kind == AgreementKind::Sale);
        let first = sales.min_by_key(|it| (it.happened_at, &it.id));
        match first.is_some_and(|first| first.id == agreement.id) {
            true => "sale",
            false => &agreement.id,
        }
    }

    /// A return of `due`: repaid by one gateway at most on the same day, set off against open
    /// invoices, or owed.
    pub(super) fn take_back(
        &mut self,
        date: Date,
        agreement: &Agreement,
        mut lines: Vec<Line>,
        due: Money,
        refunded: &mut Pool<'a>,
    ) -> Result<bool, Trouble> {
        self.agree_channel_tax(agreement)?;
        let gateway = paid_until(self.order, agreement.happened_at);
        if self.policy.refund_form(self.order, gateway, date) == RefundForm::CreditMemo {
            return self.credit(date, agreement, lines, due, refunded);
        }
        let place = self.place(&agreement.id, &format!("{date} return of {due}"));
        let memo = format!("Refund of order {}", self.order.name);
        let owed_to_us = Money::sum(due.currency(), self.open.iter().map(|open| open.amount))?;
        let money = refunded.total(due.currency())?;
        let repaid_at_once = money >= due && refunded.gateways_within(due)? <= 1;
        if repaid_at_once {
            for portion in refunded.draw(due, |_| true)? {
                self.add_tender(&mut lines, &portion, portion.amount.negated())?;
            }
            self.enter(place, DocumentKind::RefundReceipt, date, memo, None, lines)?;
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
        self.enter(place, kind, date, memo, applies_to, lines)?;
        Ok(false)
    }

    pub(super) fn settle_open(&mut self, amount: Money) -> Result<(), Trouble> {
        settle(&mut self.open, amount)?;
        Ok(())
    }
}

/// Settles as much of these as an amount does, first come first; gives how much that is.
pub(super) fn settle(open: &mut Vec<Open>, amount: Money) -> Result<Money, Trouble> {
    let mut left = amount;
    for open in open.iter_mut() {
        let part = left.min(open.amount);
        open.amount = open.amount.minus(part)?;
        left = left.minus(part)?;
    }
    open.retain(|open| !open.amount.is_zero());
    Ok(amount.minus(left)?)
}
