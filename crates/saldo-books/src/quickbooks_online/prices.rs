//! Units, and the price of one: the vendor refuses an amount that is not what they multiply to.

use super::shape::FormLine;
use crate::json;
use rust_decimal::Decimal;
use saldo_core::money::Money;
use serde_json::Number;

/// Units and unit price, where they multiply to the amount exactly with at most seven decimals. The
/// units carry the sign.
pub(super) fn unit_price(line: &FormLine<'_>) -> Option<(Number, Number)> {
    if line.kept.is_some() {
        let units = line.quantity?;
        let price = price_of_all(line.amount, units)?;
        let units = Decimal::from(units);
        return Some((json::decimal_number(units), json::decimal_number(price)));
    }
    let units = line.quantity.filter(|units| *units > 0)?;
    let amount: Decimal = line.amount.amount_text().parse().ok()?;
    let sign = if amount.is_sign_negative() { -1 } else { 1 };
    let units = Decimal::from(units.checked_mul(sign)?);
    let price = amount.checked_div(units)?.normalize();
    let exact = price.scale() <= 7 && price.checked_mul(units)? == amount;
    exact.then(|| (json::decimal_number(units), json::decimal_number(price)))
}

/// The price of a unit, of at most seven decimals, at which all of them come to the amount once
/// that is rounded to its decimals: units that count are never left out.
pub(super) fn price_of_all(amount: Money, units: i64) -> Option<Decimal> {
    let (all, units): (Decimal, _) = (amount.amount_text().parse().ok()?, Decimal::from(units));
    let price = all.checked_div(units)?.round_dp(7);
    let comes_to = price.checked_mul(units)?.round_dp(all.scale());
    (comes_to == all).then(|| price.normalize())
}
