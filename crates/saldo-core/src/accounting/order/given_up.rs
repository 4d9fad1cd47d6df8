//! Claims that the owner gave up.

use super::Timeline;
use crate::accounting::Trouble;
use crate::commerce::{Collector, SaleLine, WriteOff};
use crate::document::{DocumentKind, Line, LineKind};
use crate::money::Money;
use crate::policy::Role;
use jiff::civil::Date;
use std::collections::BTreeMap;

impl<'a> Timeline<'a> {
    /// What is still owed is given up; where the law allows, with the tax in it.
    pub(super) fn give_up(&mut self, date: Date, decision: &WriteOff) -> Result<(), Trouble> {
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
        // What the channel has not got of its tax was never the merchant's to lose.
        let of_channel = self.channel_tax.min(open).max(Money::zero(open.currency()));
        self.channel_tax = self.channel_tax.minus(of_channel)?;
        let own = open.minus(of_channel)?;
        let mut parts = own.allocate(&weights).into_iter();
        let loss = parts.next().unwrap_or(own);
        // What was never handed over was never earned: it is no loss.
        let unearned = match &mut self.undelivered {
            Some(undelivered) => undelivered.give_up(loss)?,
            None => Money::zero(loss.currency()),
        };
        let mut lines = Vec::new();
        for (role, amount, text) in [
            (Role::BadDebt, loss.minus(unearned)?, "Written off"),
            (Role::Deposits, unearned, "Not to be handed over"),
        ] {
            if !amount.is_zero() {
                let kind = LineKind::Other { taxed: false };
                lines.push(self.line(kind, role, amount, text, origin));
            }
        }
        if !of_channel.is_zero() {
            let kind = LineKind::Other { taxed: false };
            let text = "Tax of the channel";
            lines.push(self.line(kind, Role::FacilitatorTax, of_channel, text, origin));
        }
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
        let place = self.place("write-off", "write-off");
        self.enter(place, DocumentKind::CreditMemo, date, memo, invoice, lines)
    }

    /// The lines that were agreed up to a day.
    fn lines_until(&self, date: Date) -> impl Iterator<Item = &'a SaleLine> + use<'a> {
        let (order, policy) = (self.order, self.policy.clone());
        let agreements = order.agreements.iter();
        agreements
            .filter(move |agreement| policy.day(agreement.happened_at) <= date)
            .flat_map(|agreement| &agreement.lines)
    }

    /// Everything that was agreed up to a day, with the merchant's own tax.
    fn sold_until(&self, date: Date) -> Result<Money, Trouble> {
        let mut sum = Money::zero(self.order.currency);
        for line in self.lines_until(date) {
            sum = sum.plus(line.total()?)?;
            for tax in line.taxes.iter().filter(|tax| tax.collector == Collector::Channel) {
                sum = sum.minus(tax.amount)?;
            }
        }
        Ok(sum)
    }

    /// The merchant's own taxes up to a day, by title.
    fn taxes_until(&self, date: Date) -> Result<BTreeMap<String, Money>, Trouble> {
        let mut taxes = BTreeMap::new();
        let taxes_of_lines = self.lines_until(date).flat_map(|line| &line.taxes);
        for tax in taxes_of_lines.filter(|tax| tax.collector == Collector::Merchant) {
            let nothing = Money::zero(self.order.currency);
            let sum: &mut Money = taxes.entry(tax.title.clone()).or_insert(nothing);
            *sum = sum.plus(tax.amount)?;
        }
        Ok(taxes)
    }
}
