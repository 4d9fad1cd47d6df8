//! Money that no agreement of its day took or explains.

use super::Timeline;
use super::redeemed::form_of_own_money;
use crate::accounting::Trouble;
use crate::accounting::movements::Portion;
use crate::commerce::MoneyMovement;
use crate::document::{DocumentKind, Line, LineKind};
use crate::money::Money;
use crate::policy::Role;
use jiff::civil::Date;

impl<'a> Timeline<'a> {
    /// Money that no agreement of its day took: for open invoices, or a deposit.
    pub(super) fn receive(&mut self, date: Date, portion: Portion<'a>) -> Result<(), Trouble> {
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
        let recovered = left.min(self.given_up.left(left.currency())?);
        if recovered.is_positive() {
            left = left.minus(recovered)?;
            self.recover(date, &portion, recovered)?;
        }
        if left.is_positive() {
            self.deposits = self.deposits.plus(left)?;
            self.deposited.push_back((portion.movement, left));
            let id = &portion.movement.id;
            let mut lines = Vec::new();
            self.add_tender(&mut lines, &portion, left)?;
            let kind = LineKind::Other { taxed: false };
            lines.push(self.line(kind, Role::Deposits, left.negated(), "Deposit", id));
            let kind = match portion.is_gateway() {
                true => DocumentKind::SalesReceipt,
                false => form_of_own_money(&lines, DocumentKind::RefundReceipt),
            };
            let memo = format!("Deposit for order {}", self.order.name);
            let place = self.place_of_money((date, &portion, left), "deposit");
            self.enter(place, kind, date, memo, None, lines)?;
        }
        Ok(())
    }

    /// Takes an amount out of the deposits: the money that it came by.
    pub(super) fn draw_deposited(
        &mut self,
        amount: Money,
    ) -> Result<Vec<(&'a MoneyMovement, Money)>, Trouble> {
        let (mut left, mut drawn) = (amount, Vec::new());
        while left.is_positive()
            && let Some((movement, held)) = self.deposited.pop_front()
        {
            let part = held.min(left);
            left = left.minus(part)?;
            drawn.push((movement, part));
            if part < held {
                self.deposited.push_front((movement, held.minus(part)?));
            }
        }
        Ok(drawn)
    }

    /// Money for what had been written off. What of it is the channel's tax, the channel keeps.
    fn recover(&mut self, date: Date, portion: &Portion<'a>, amount: Money) -> Result<(), Trouble> {
        let id = &portion.movement.id;
        let mut lines = Vec::new();
        self.add_tender(&mut lines, portion, amount)?;
        let of_channel = self.policy.chart.account(Role::FacilitatorTax);
        for line in self.given_up.recover(amount)? {
            if line.account == of_channel {
                self.channel_tax = self.channel_tax.minus(line.amount)?;
            }
            let text = format!("Recovered: {}", line.text);
            lines.push(Line { text, origin: id.clone(), ..line });
        }
        let kind = match portion.is_gateway() {
            true => DocumentKind::SalesReceipt,
            false => DocumentKind::JournalEntry,
        };
        let memo = format!("Order {} paid after it was written off", self.order.name);
        let place = self.place_of_money((date, portion, amount), "recovered");
        self.enter(place, kind, date, memo, None, lines)
    }

    /// An amount of money for an invoice.
    pub(super) fn pay_invoice(
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
        let place = self.place_of_money((date, portion, amount), agreement);
        let memo = format!("Payment of order {}", self.order.name);
        self.enter(place, kind, date, memo, Some(invoice), lines)
    }

    /// Money given back that no agreement of its day explains: of credits, of refunds owed, or of a
    /// deposit.
    pub(super) fn repay(&mut self, date: Date, portion: Portion<'a>) -> Result<(), Trouble> {
        let left = self.repay_credits(date, &portion)?;
        if left.is_zero() {
            return Ok(());
        }
        let portion = Portion { amount: left, ..portion };
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
        self.draw_deposited(of_deposits)?;
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
            false => form_of_own_money(&lines, DocumentKind::SalesReceipt),
        };
        let memo = format!("Refund paid for order {}", self.order.name);
        let place = self.place_of_money((date, &portion, portion.amount), "refund");
        self.enter(place, kind, date, memo, None, lines)
    }
}
