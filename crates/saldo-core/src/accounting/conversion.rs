//! Currencies: what moves on accounts that are kept in another one than the books, and what it is
//! worth in the books'. Rates are those that the vendor states, never looked up.

use super::Trouble;
use super::contradictions::in_row;
use super::lines::{plain_line, tender_line};
use crate::commerce::{BalanceKind, BalanceTransaction, Fact, MoneyMovement, Order, Tender};
use crate::document::Line;
use crate::issue::IssueKind;
use crate::ledger::Spot;
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Policy, Role, Subject};
use crate::text::FactId;

/// By how much a gateway may round otherwise than we do when it settles at a rate, in minor units.
const ROUNDING: u64 = 1;

/// An amount of another currency with its worth, by which other amounts of it are valued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    of: Money,
    worth: Money,
}

impl Rate {
    /// The rate of a currency to itself.
    pub(super) fn one(amount: Money) -> Self {
        Self { of: amount, worth: amount }
    }

    /// That of a currency of which nothing says what it is worth: amounts of it stand at nothing.
    pub(super) fn unknown(amount: Money, books: Currency) -> Self {
        Self { of: amount, worth: Money::zero(books) }
    }

    /// What an amount is worth, to the nearest unit.
    pub(super) fn value(self, amount: Money) -> Result<Money, MoneyError> {
        match amount.currency() == self.worth.currency() {
            true => Ok(amount),
            false => self.worth.in_proportion(amount, self.of),
        }
    }
}

/// What a movement settles and what that was worth, where it settles in another currency than the
/// books are kept in.
fn foreign(movement: &MoneyMovement, books: Currency) -> Result<Option<Rate>, MoneyError> {
    let Some(conversion) = &movement.conversion else { return Ok(None) };
    let settled = conversion.settles()?.filter(|settled| settled.currency() != books);
    Ok(settled.map(|of| Rate { of, worth: conversion.worth }))
}

/// What a movement moves on its gateway's account, in that account's currency: positive.
pub(super) fn on_account(movement: &MoneyMovement, books: Currency) -> Result<Money, MoneyError> {
    let worth = match (&movement.conversion, movement.rounding) {
        (Some(conversion), _) => conversion.worth,
        (None, Some(rounding)) => movement.amount.plus(rounding)?,
        (None, None) => movement.amount,
    };
    Ok(foreign(movement, books)?.map_or(worth, |rate| rate.of))
}

/// Whether a gateway settled a movement for this amount, give or take its rounding.
pub(super) fn settles_for(movement: &MoneyMovement, amount: Money) -> Result<bool, MoneyError> {
    let Some(conversion) = &movement.conversion else { return Ok(false) };
    let Some(settled) = conversion.settles()? else { return Ok(false) };
    let converted = conversion.presented.currency() != settled.currency();
    let near = settled.currency() == amount.currency()
        && settled.minor().abs_diff(amount.abs().minor()) <= ROUNDING;
    Ok(converted && near)
}

/// By what amounts of a row are valued: itself in the books' currency, and otherwise the movement
/// that it is about, or another one of its order that settled in the same currency. What goes to
/// an account of the books' currency is worth what arrives there, which no order tells.
pub(super) fn rate_of(
    row: &BalanceTransaction,
    order: Option<&Order>,
    books: Currency,
) -> Result<Option<Rate>, MoneyError> {
    let currency = row.net.currency();
    if currency == books {
        return Ok(Some(Rate::one(row.net)));
    }
    if matches!(
        row.kind,
        BalanceKind::PayoutReturned
            | BalanceKind::TenderCredit(_)
            | BalanceKind::Charged(_)
            | BalanceKind::LoanRepayment
    ) {
        return Ok(None);
    }
    let Some(order) = order.filter(|order| order.currency == books) else { return Ok(None) };
    let own = |movement: &&MoneyMovement| row.movement.as_deref() == Some(&*movement.id);
    let first = order.movements.iter().filter(own);
    for movement in first.chain(order.movements.iter().filter(|it| !own(it))) {
        let rate = foreign(movement, books)?;
        if let Some(rate) = rate.filter(|rate| rate.of.currency() == currency) {
            return Ok(Some(rate));
        }
    }
    Ok(None)
}

/// The order that says what a row is worth, where that is in another currency than the books.
#[must_use]
pub fn valued_by(fact: &Fact, books: Currency) -> Option<&FactId> {
    match fact {
        Fact::BalanceTransaction(row) if row.net.currency() != books => row.order.as_ref(),
        _ => None,
    }
}

/// Notes what the net amounts of rows of an order stand in the books at, as far as the order says:
/// what each moved, less its fee. Payouts go by it, whose groups hold no orders. Where amounts are
/// too large to be worth anything, nothing is noted: the order that says so is held itself.
pub fn value_rows(facts: &mut [Fact], order: &Order, books: Currency) {
    let worth = |row: &BalanceTransaction| -> Result<Option<Money>, MoneyError> {
        let Some(rate) = rate_of(row, Some(order), books)? else { return Ok(None) };
        Ok(Some(match in_row(row) {
            Some(_) => rate.value(row.net)?,
            None => rate.value(row.amount)?.minus(rate.value(row.fee)?)?,
        }))
    };
    for fact in facts {
        if valued_by(fact, books) != Some(&order.id) {
            continue;
        }
        let Fact::BalanceTransaction(row) = fact else { continue };
        if let Ok(Some(worth)) = worth(row) {
            row.worth = Some(worth);
        }
    }
}

/// The lines of a part of a movement, of which so much was drawn before: what moves on the account
/// of its tender, and the difference to the rate of the sale, or to what coins there are. Their
/// amounts sum to the part, which is negative where money goes back.
pub(super) fn moved_lines(
    order: &Order,
    movement: &MoneyMovement,
    part: Money,
    before: Money,
    policy: &Policy,
) -> Result<Vec<Line>, Trouble> {
    let about = Subject::of_order(order).by_tender(&movement.tender);
    let spot = |role| policy.spot(role, &about);
    let conversion = movement.conversion.as_ref();
    let conversion = conversion.filter(|_| matches!(movement.tender, Tender::Gateway(_)));
    // Parts of one movement sum to the whole, to the unit.
    let (all, after) = (movement.amount, before.plus(part.abs())?);
    let share = |whole: Money| -> Result<Money, MoneyError> {
        let share = whole.in_proportion(after, all)?.minus(whole.in_proportion(before, all)?)?;
        Ok(if part.is_negative() { share.negated() } else { share })
    };
    let Some(conversion) = conversion else {
        let rounding = movement.rounding.map_or(Ok(Money::zero(part.currency())), share)?;
        let paid = tender_line(&movement.tender, part.plus(rounding)?, &movement.id, policy)?;
        return Ok(with_difference(paid, part, || spot(Role::Rounding), "Cash rounding")?);
    };
    let worth = share(conversion.worth)?;
    let line = match foreign(movement, policy.currency)? {
        None => tender_line(&movement.tender, worth, &movement.id, policy)?,
        Some(rate) => {
            let foreign = share(rate.of)?;
            let line = tender_line(&movement.tender, foreign, &movement.id, policy)?;
            Line { amount: worth, foreign: Some(foreign), ..line }
        }
    };
    Ok(with_difference(line, part, || spot(Role::Exchange), "Rate since the sale")?)
}

/// A line that shall amount to a part, with what it lacks of that on an account of its own.
fn with_difference(
    line: Line,
    part: Money,
    spot: impl FnOnce() -> Spot,
    text: &str,
) -> Result<Vec<Line>, MoneyError> {
    let difference = part.minus(line.amount)?;
    if difference.is_zero() {
        return Ok(vec![line]);
    }
    let lacking = plain_line(spot(), difference, text, &line.origin);
    Ok(vec![line, lacking])
}

/// The trouble of an amount of another currency of which nothing says what it is worth.
pub(super) fn worth_unknown(amount: Money, books: Currency) -> Trouble {
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!("{amount} is not in {books}, and nothing says what it is worth"),
        "enter it by hand: the shop states rates of orders' payments alone".to_owned(),
    )
}

/// The trouble of an order of a shop whose currency is not that of the books.
pub(super) fn shop_in_other_currency(shop: Currency, books: Currency) -> Trouble {
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!("the shop keeps its orders in {shop}, the books are kept in {books}"),
        "keep a company in the shop's currency: the shop states no rate between the two".to_owned(),
    )
}
