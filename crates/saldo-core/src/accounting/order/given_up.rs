//! Claims that the owner gave up.

use super::Timeline;
use crate::accounting::Trouble;
use crate::accounting::lines::{charged_on, line_on, tax_account};
use crate::book::TaxRate;
use crate::commerce::{Collector, Decided, Decision, SaleLine, TaxAmount};
use crate::document::{DocumentKind, Line, LineKind};
use crate::ledger::Account;
use crate::money::{Currency, Money};
use crate::policy::{Role, Subject};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// A tax of the merchant's own: its name, its rate, and where it is owed.
type OwnTax = (String, Option<Decimal>, Account);

/// What a line bears of taxes: whether it bears any, and which, where not all of its entry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Bears {
    taxed: bool,
    taxes: Vec<TaxRate>,
}

/// What was written off and not recovered since: the lines that did it, each with what is left.
#[derive(Default)]
pub(super) struct GivenUp(Vec<Line>);

impl GivenUp {
    /// How much of it is not recovered.
    pub(super) fn left(&self, currency: Currency) -> Result<Money, Trouble> {
        Ok(Money::sum(currency, self.0.iter().map(|line| line.amount))?)
    }

    /// The lines that take an amount of it back, in proportion to what is left of each: tax that
    /// was relieved is owed again.
    pub(super) fn recover(&mut self, amount: Money) -> Result<Vec<Line>, Trouble> {
        let weights: Vec<u64> =
            self.0.iter().map(|line| line.amount.minor().unsigned_abs()).collect();
        let mut lines = Vec::new();
        for (line, part) in self.0.iter_mut().zip(amount.allocate(&weights)) {
            line.amount = line.amount.minus(part)?;
            lines.push(Line { amount: part.negated(), ..line.clone() });
        }
        self.0.retain(|line| !line.amount.is_zero());
        lines.retain(|line| !line.amount.is_zero());
        Ok(lines)
    }
}

impl<'a> Timeline<'a> {
    /// What is still owed is given up; where the law allows, with the tax in it.
    pub(super) fn give_up(&mut self, date: Date, decision: &Decision) -> Result<(), Trouble> {
        let Decided::WriteOff { relieve_tax, .. } = decision.said.decided else { return Ok(()) };
        let open = Money::sum(self.order.currency, self.open.iter().map(|open| open.amount))?;
        if open.is_zero() {
            return Ok(());
        }
        let origin = decision.id.as_str();
        let invoice = self.open.first().map(|open| open.slot.clone());
        let taxes = match relieve_tax {
            true => self.taxes_until(date)?,
            false => BTreeMap::new(),
        };
        let sold = self.sold_until(date, relieve_tax)?;
        let weights = sold.values().map(|net| net.minor().max(0).unsigned_abs());
        let of_taxes = taxes.values().map(|tax| tax.minor().unsigned_abs());
        let weights: Vec<u64> = weights.chain(of_taxes).collect();
        // What the channel has not got of its tax was never the merchant's to lose.
        let of_channel = self.channel_tax.min(open).max(Money::zero(open.currency()));
        self.channel_tax = self.channel_tax.minus(of_channel)?;
        let own = open.minus(of_channel)?;
        let mut parts = own.allocate(&weights).into_iter();
        let mut lines = Vec::new();
        for (bears, loss) in sold.into_keys().zip(parts.by_ref()) {
            self.lose(&mut lines, (bears, relieve_tax), loss, origin)?;
        }
        if !of_channel.is_zero() {
            let kind = LineKind::Other { taxed: false };
            let text = "Tax of the channel";
            lines.push(self.line(kind, Role::FacilitatorTax, of_channel, text, origin));
        }
        for (tax, amount) in taxes.into_keys().zip(parts).filter(|(_, it)| !it.is_zero()) {
            let (title, rate, account) = tax;
            let kind = LineKind::Tax { title: title.clone(), rate };
            lines.push(line_on(account, kind, amount, &title, origin));
        }
        self.given_up.0.extend(lines.iter().cloned());
        let credit = open.negated();
        lines.push(self.line(LineKind::Receivable, Role::Receivable, credit, "Given up", origin));
        self.open.clear();
        let memo = format!("Order {} will not be paid", self.order.name);
        let place = self.place(&format!("write-off/{}", decision.number()), "write-off");
        self.enter(place, DocumentKind::CreditMemo, date, memo, invoice, lines)
    }

    /// The lines of a loss of what bears these taxes: one for each set of them, since books take a
    /// tax back with a line only that it was charged on.
    fn lose(
        &mut self,
        lines: &mut Vec<Line>,
        (bears, relieved): (Bears, bool),
        loss: Money,
        origin: &str,
    ) -> Result<(), Trouble> {
        // What was never handed over was never earned: it is no loss.
        let unearned = match &mut self.undelivered {
            Some(undelivered) => undelivered.give_up(loss)?,
            None => Money::zero(loss.currency()),
        };
        let Bears { taxed, taxes } = bears;
        let not_to_come = match relieved {
            true => LineKind::Unearned { taxed },
            false => LineKind::Other { taxed: false },
        };
        for (kind, role, amount, text) in [
            (LineKind::Other { taxed }, Role::BadDebt, loss.minus(unearned)?, "Written off"),
            (not_to_come, Role::Deposits, unearned, "Not to be handed over"),
        ] {
            if !amount.is_zero() {
                let line = self.line(kind, role, amount, text, origin);
                lines.push(Line { taxes: taxes.clone(), ..line });
            }
        }
        Ok(())
    }

    /// The lines that were agreed up to a day.
    fn lines_until(&self, date: Date) -> impl Iterator<Item = &'a SaleLine> + use<'a> {
        let (order, policy) = (self.order, self.policy.clone());
        let agreements = order.agreements.iter();
        agreements
            .filter(move |agreement| policy.day(agreement.happened_at) <= date)
            .flat_map(|agreement| &agreement.lines)
    }

    /// Everything that was agreed up to a day, without tax, by the merchant's taxes on it; where
    /// these are not relieved, with them and as one.
    fn sold_until(&self, date: Date, relieved: bool) -> Result<BTreeMap<Bears, Money>, Trouble> {
        let (policy, about) = (self.policy, Subject::of_order(self.order));
        let all: BTreeSet<TaxRate> =
            self.lines_until(date).flat_map(|line| charged_on(line, &about, policy)).collect();
        let mut sums = BTreeMap::new();
        for line in self.lines_until(date) {
            let own: BTreeSet<TaxRate> = charged_on(line, &about, policy).collect();
            let bears = match (relieved, own == all) {
                (false, _) => Bears { taxed: false, taxes: Vec::new() },
                (true, true) => Bears { taxed: !own.is_empty(), taxes: Vec::new() },
                (true, false) => Bears { taxed: !own.is_empty(), taxes: own.into_iter().collect() },
            };
            let mut worth = line.gross.minus(line.discount)?;
            for tax in line.taxes.iter().filter(|it| it.collector == Collector::Merchant) {
                worth = if relieved { worth } else { worth.plus(tax.amount)? };
            }
            let sum = sums.entry(bears).or_insert(Money::zero(self.order.currency));
            *sum = sum.plus(worth)?;
        }
        Ok(sums)
    }

    /// The merchant's own taxes up to a day, by name, rate and account.
    fn taxes_until(&self, date: Date) -> Result<BTreeMap<OwnTax, Money>, Trouble> {
        let country = self.policy.taxed_in(self.order);
        let mut taxes = BTreeMap::new();
        let taxes_of_lines = self.lines_until(date).flat_map(|line| &line.taxes);
        let own = |tax: &&TaxAmount| tax.collector == Collector::Merchant && !tax.amount.is_zero();
        for tax in taxes_of_lines.filter(own) {
            let nothing = Money::zero(self.order.currency);
            let name = self.policy.tax_name(&tax.title, country).into_owned();
            let account = tax_account(&name, tax.rate, self.policy)?;
            let sum: &mut Money = taxes.entry((name, tax.rate, account)).or_insert(nothing);
            *sum = sum.plus(tax.amount)?;
        }
        Ok(taxes)
    }
}
