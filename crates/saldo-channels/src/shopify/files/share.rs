//! What files say of a whole, shared out over its lines. Nothing is lost, and nothing is rounded.

use rust_decimal::Decimal;
use saldo_core::commerce::{Collector, TaxAmount};
use saldo_core::money::Money;

/// Why an order of a file gives no fact.
pub(super) enum Wrong {
    /// Something cannot be read.
    Unreadable(String),
    /// Amounts that must agree do not.
    Differs(String),
}

impl From<String> for Wrong {
    fn from(why: String) -> Self {
        Self::Unreadable(why)
    }
}

impl From<&str> for Wrong {
    fn from(why: &str) -> Self {
        Self::Unreadable(why.to_owned())
    }
}

impl From<saldo_core::money::MoneyError> for Wrong {
    fn from(error: saldo_core::money::MoneyError) -> Self {
        Self::Differs(error.to_string())
    }
}

/// A tax of the whole order.
pub(super) struct Tax {
    pub(super) title: String,
    pub(super) rate: Option<Decimal>,
    pub(super) amount: Money,
    pub(super) collector: Collector,
}

/// The parts of a whole in proportion to these amounts; where all are nothing, the last takes all.
pub(super) fn spread(whole: Money, over: &[Money]) -> Vec<Money> {
    let mut weights: Vec<u64> = over.iter().map(|part| part.minor().unsigned_abs()).collect();
    if weights.iter().all(|weight| *weight == 0)
        && let Some(last) = weights.last_mut()
    {
        *last = 1;
    }
    whole.allocate(&weights)
}

/// Taxes of the whole as taxes of its lines, in proportion to these amounts.
pub(super) fn spread_taxes(taxes: Vec<Tax>, over: &[Money]) -> Vec<Vec<TaxAmount>> {
    let mut lines = vec![Vec::new(); over.len()];
    for tax in taxes {
        for (line, amount) in lines.iter_mut().zip(spread(tax.amount, over)) {
            if !amount.is_zero() {
                let title = tax.title.clone();
                let (rate, collector) = (tax.rate, tax.collector);
                line.push(TaxAmount { title, rate, amount, collector });
            }
        }
    }
    lines
}

/// A price for several.
pub(super) fn times(price: Money, quantity: i64) -> Result<Money, Wrong> {
    let minor = price.minor().checked_mul(quantity);
    let minor =
        minor.ok_or_else(|| Wrong::Differs(format!("{quantity} times {price} is too much")));
    Ok(Money::from_minor(minor?, price.currency()))
}
