//! The statement of a payout: its rows one by one, for whoever holds it against the bank's.

use super::payout::rows_of;
use crate::commerce::{Fact, Payout};
use crate::money::{Money, MoneyError};
use crate::policy::Policy;
use crate::text::FactId;
use jiff::civil::Date;

/// A row of a payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// The books day.
    pub day: Date,
    /// What it is, in one word.
    pub kind: String,
    /// The order's name, where it belongs to one.
    pub order: String,
    /// What moved before the fee, in the merchant's favour.
    pub gross: Money,
    /// The fee, positive where the merchant pays.
    pub fee: Money,
    /// What is paid out of it.
    pub net: Money,
}

/// All rows of a payout, by time, and what they come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutStatement {
    /// The rows.
    pub rows: Vec<StatementRow>,
    /// The sum of the gross amounts.
    pub gross: Money,
    /// The sum of the fees.
    pub fee: Money,
    /// The sum of the net amounts, which is the payout.
    pub net: Money,
}

/// The statement of a payout by its rows among these facts, each told once; none where they do not
/// come to it. Orders are called as the gateway does, else by the name that is given for their id.
///
/// # Errors
/// Where amounts are too large to be summed.
pub fn payout_statement(
    payout: &Payout,
    facts: &[Fact],
    policy: &Policy,
    name: impl Fn(&FactId) -> Option<String>,
) -> Result<Option<PayoutStatement>, MoneyError> {
    let mut told: Vec<_> = rows_of(payout, facts).collect();
    told.sort_by(|one, other| (one.occurred_at, &one.id).cmp(&(other.occurred_at, &other.id)));
    let currency = payout.net.currency();
    let gross = Money::sum(currency, told.iter().map(|row| row.amount))?;
    let fee = Money::sum(currency, told.iter().map(|row| row.fee))?;
    let net = Money::sum(currency, told.iter().map(|row| row.net))?;
    if net != payout.net || gross.minus(fee)? != net {
        return Ok(None);
    }
    let row = |row: &&crate::commerce::BalanceTransaction| StatementRow {
        day: policy.day(row.occurred_at),
        kind: row.word(),
        order: row
            .order_name
            .clone()
            .or_else(|| row.order.as_ref().and_then(&name))
            .unwrap_or_default(),
        gross: row.amount,
        fee: row.fee,
        net: row.net,
    };
    Ok(Some(PayoutStatement { rows: told.iter().map(row).collect(), gross, fee, net }))
}
