//! Returns as credit memos, and the money that is paid back for them.
//!
//! What the buyer has to get stands on the receivable, until money that goes back takes it out
//! again. It is nowhere else meanwhile: what is not paid back stays the buyer's credit, and a later
//! sale to the same order uses it.

use super::agreed::settle;
use super::{Open, Timeline};
use crate::accounting::Trouble;
use crate::accounting::movements::{Pool, Portion};
use crate::commerce::Agreement;
use crate::document::{DocumentKind, Line, LineKind};
use crate::money::Money;
use crate::policy::Role;
use crate::text::FactId;
use jiff::civil::Date;

impl<'a> Timeline<'a> {
    /// A return of `due` as a credit memo, with a payment for each gateway where the day's money
    /// repays it in full. Says whether nothing later can change it.
    ///
    /// What of it goes to gift cards and store credit stands on the memo, since it is no money.
    /// What the buyer still has to pay is set off first, but for what goes back in money all the
    /// same; then what went back before the return.
    pub(super) fn credit(
        &mut self,
        date: Date,
        agreement: &Agreement,
        mut lines: Vec<Line>,
        due: Money,
        refunded: &mut Pool<'a>,
    ) -> Result<bool, Trouble> {
        let nothing = Money::zero(due.currency());
        let place = self.place(&agreement.id, &format!("{date} return of {due}"));
        let owed_to_us = Money::sum(due.currency(), self.open.iter().map(|open| open.amount))?;
        let money = refunded.total(due.currency())?;
        let repaid_at_once = money >= due;
        let set_off = due.minus(money.min(due))?.min(owed_to_us);
        let mut owed = due;
        for portion in refunded.draw(due, |portion| !portion.is_gateway())? {
            self.add_tender(&mut lines, &portion, portion.amount.negated())?;
            owed = owed.minus(portion.amount)?;
        }
        let early = match repaid_at_once {
            true => nothing,
            false => self.refunds_owed.negated().max(nothing).min(owed.minus(set_off)?),
        };
        let origin = agreement.id.as_str();
        if !early.is_zero() {
            let kind = LineKind::Other { taxed: false };
            let credit = early.negated();
            lines.push(self.line(kind, Role::RefundsPayable, credit, "Repaid before", origin));
            self.refunds_owed = self.refunds_owed.plus(early)?;
            owed = owed.minus(early)?;
        }
        let credit = owed.negated();
        lines.push(self.line(LineKind::Receivable, Role::Receivable, credit, "Credit", origin));
        let applies_to = self.open.first().map(|open| open.slot.clone());
        let applies_to = applies_to.filter(|_| !set_off.is_zero());
        self.settle_open(set_off)?;
        let open = Open { slot: place.slot.clone(), amount: owed.minus(set_off)? };
        let (id, memo) = (place.id.clone(), format!("Refund of order {}", self.order.name));
        self.enter(place, DocumentKind::CreditMemo, date, memo, applies_to, lines)?;
        if repaid_at_once {
            let paid = refunded.draw(open.amount, |_| true)?;
            let movements = paid.iter().map(|portion| portion.movement);
            self.paid_by.entry(id.clone()).or_default().extend(movements);
            self.credited.insert(id.clone(), id.clone());
            for portion in paid {
                let entered = self.pay_back(date, &portion, portion.amount, open.slot.clone())?;
                self.credited.extend(entered.into_iter().map(|it| (it, id.clone())));
            }
            return Ok(true);
        }
        if !open.amount.is_zero() {
            self.credits.push(open);
        }
        Ok(false)
    }

    /// Uses credits for what a buyer owes; gives how much of it they pay.
    pub(super) fn use_credits(&mut self, owed: Money) -> Result<Money, Trouble> {
        settle(&mut self.credits, owed)
    }

    /// Money that goes back for credit memos, first come first; gives what is left of it.
    pub(super) fn repay_credits(
        &mut self,
        date: Date,
        portion: &Portion<'a>,
    ) -> Result<Money, Trouble> {
        let mut left = portion.amount;
        while let Some(first) = self.credits.first_mut()
            && left.is_positive()
        {
            let amount = left.min(first.amount);
            let memo = first.slot.clone();
            first.amount = first.amount.minus(amount)?;
            self.credits.retain(|credit| !credit.amount.is_zero());
            left = left.minus(amount)?;
            self.pay_back(date, portion, amount, memo)?;
        }
        Ok(left)
    }

    /// An amount of money, or of store credit, for a credit memo; gives the keys of its entries.
    ///
    /// What it moved otherwise, at a rate since the sale or by the coins that there are, is an
    /// entry of its own: a payment is over what is owed, and on one account.
    fn pay_back(
        &mut self,
        date: Date,
        portion: &Portion<'a>,
        amount: Money,
        credit: String,
    ) -> Result<Vec<FactId>, Trouble> {
        let origin = &portion.movement.id;
        let paid = self.line(LineKind::Receivable, Role::Receivable, amount, "Paid back", origin);
        let mut lines = vec![paid];
        self.add_tender(&mut lines, portion, amount.negated())?;
        let difference = part_difference(&mut lines, amount)?;
        // What is no money is owed again, elsewhere.
        let kind = match portion.is_gateway() {
            true => DocumentKind::Payment,
            false => DocumentKind::Invoice,
        };
        let returned = credit.rsplit_once('/').map_or(credit.as_str(), |(_, part)| part);
        let place = self.place_of_money((date, portion, amount), returned);
        let beside = format!("{returned}, difference");
        let memo = format!("Refund paid for order {}", self.order.name);
        let mut entered = vec![place.id.clone()];
        self.enter(place, kind, date, memo.clone(), Some(credit), lines)?;
        if !difference.is_empty() {
            let place = self.place_of_money((date, portion, amount), &beside);
            entered.push(place.id.clone());
            self.enter(place, DocumentKind::JournalEntry, date, memo, None, difference)?;
        }
        Ok(entered)
    }
}

/// Parts the lines of a payment over an amount from what its account moved otherwise; gives the
/// lines of that, if there is any. What moves on an account of another currency stays as it is.
fn part_difference(lines: &mut Vec<Line>, amount: Money) -> Result<Vec<Line>, Trouble> {
    let is_settled = |line: &&mut Line| line.kind == LineKind::Settlement;
    let Some(settled) = lines.iter_mut().find(is_settled) else { return Ok(Vec::new()) };
    let more = settled.amount.plus(amount)?;
    if more.is_zero() || settled.foreign.is_some() {
        return Ok(Vec::new());
    }
    let moved = Line { amount: more, ..settled.clone() };
    settled.amount = amount.negated();
    let is_plain = |kind: &LineKind| matches!(kind, LineKind::Settlement | LineKind::Receivable);
    let mut apart: Vec<Line> = lines.extract_if(.., |line| !is_plain(&line.kind)).collect();
    apart.push(moved);
    Ok(apart)
}
