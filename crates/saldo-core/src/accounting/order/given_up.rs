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
        let mut taxes = self.taxes_until(date)?;
        // What the channel owes was never the merchant's to lose.
        taxes.retain(|(by_channel, _), _| *by_channel || decision.relieve_tax);
        let sold = self.sold_until(date)?;
        let weight = |money: &Money| money.minor().unsigned_abs();
        let taxed = Money::sum(open.currency(), taxes.values().copied())?;
        let mut weights = vec![weight(&sold.minus(taxed)?)];
        weights.extend(taxes.values().map(weight));
        let mut parts = open.allocate(&weights).into_iter();
        let loss = parts.next().unwrap_or(open);
        let kind = LineKind::Other { taxed: false };
        let mut lines = vec![self.line(kind, Role::BadDebt, loss, "Written off", origin)];
        for ((by_channel, title), amount) in taxes.keys().zip(parts) {
            if amount.is_zero() {
                continue;
            }
            let kind = match by_channel {
                true => LineKind::Other { taxed: false },
                false => LineKind::Tax { title: title.clone(), rate: None },
            };
            if *by_channel {
                self.channel_tax = self.channel_tax.minus(amount)?;
            }
            let account = match by_channel {
                true => self.policy.chart.account(Role::FacilitatorTax),
                false => self.policy.tax(title),
            };
            let (text, origin) = (title.clone(), origin.to_owned());
            lines.push(Line { kind, account, amount, quantity: None, text, origin });
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

    /// Everything that was agreed up to a day, tax included.
    fn sold_until(&self, date: Date) -> Result<Money, Trouble> {
        let mut sum = Money::zero(self.order.currency);
        for line in self.lines_until(date) {
            sum = sum.plus(line.total()?)?;
        }
        Ok(sum)
    }

    /// The taxes up to a day, by whether the channel owes them and by title.
    fn taxes_until(&self, date: Date) -> Result<BTreeMap<(bool, String), Money>, Trouble> {
        let mut taxes = BTreeMap::new();
        for tax in self.lines_until(date).flat_map(|line| &line.taxes) {
            let nothing = Money::zero(self.order.currency);
            let key = (tax.collector == Collector::Channel, tax.title.clone());
            let sum: &mut Money = taxes.entry(key).or_insert(nothing);
            *sum = sum.plus(tax.amount)?;
        }
        Ok(taxes)
    }
}
