//! Amounts in proportion to others, and in other currencies at rates that somebody states.

use super::{Currency, Money, MoneyError};
use rust_decimal::{Decimal, RoundingStrategy};

impl Money {
    /// What part of this amount is, in the proportion that `part` has to `whole`, to the nearest
    /// unit, halves away from zero. Nothing of nothing is nothing.
    ///
    /// ```
    /// use saldo_core::money::{Currency, Money};
    /// let (usd, eur) = (Currency::parse("USD")?, Currency::parse("EUR")?);
    /// let (part, whole) = (Money::parse("5.00", eur)?, Money::parse("100.00", eur)?);
    /// let worth = Money::parse("110.00", usd)?.in_proportion(part, whole)?;
    /// assert_eq!(worth.to_string(), "5.50 USD");
    /// # Ok::<(), saldo_core::money::MoneyError>(())
    /// ```
    ///
    /// # Errors
    /// Where part and whole are of different currencies, or the result is too large.
    pub fn in_proportion(self, part: Self, whole: Self) -> Result<Self, MoneyError> {
        if part.currency != whole.currency {
            return Err(MoneyError::CurrencyMismatch(part.currency, whole.currency));
        }
        let (part, whole) = (i128::from(part.minor), i128::from(whole.minor));
        if whole == 0 {
            return Ok(Self::zero(self.currency));
        }
        let product = i128::from(self.minor) * part;
        let (magnitude, divisor) = (product.abs(), whole.abs());
        let rounded = (magnitude + divisor / 2) / divisor;
        let sign = product.signum() * whole.signum();
        let minor = i64::try_from(rounded * sign);
        minor.map(|minor| Self { minor, ..self }).map_err(|_| MoneyError::Overflow(self.currency))
    }

    /// The tax that an amount contains, at a rate in percent of what it is charged on: to the
    /// nearest minor unit, halves away from zero.
    ///
    /// ```
    /// use saldo_core::money::{Currency, Money};
    /// let eur = Currency::parse("EUR")?;
    /// let tax = Money::parse("125.00", eur)?.tax_within("25".parse().expect("a decimal"))?;
    /// assert_eq!(tax.to_string(), "25.00 EUR");
    /// # Ok::<(), saldo_core::money::MoneyError>(())
    /// ```
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] where the amount is too large.
    pub fn tax_within(self, rate: Decimal) -> Result<Self, MoneyError> {
        let overflow = || MoneyError::Overflow(self.currency);
        let product = Decimal::from(self.minor).checked_mul(rate).ok_or_else(overflow)?;
        let whole = Decimal::ONE_HUNDRED.checked_add(rate).ok_or_else(overflow)?;
        let tax = product.checked_div(whole).ok_or_else(overflow)?;
        let halves = RoundingStrategy::MidpointAwayFromZero;
        let minor = i64::try_from(tax.round_dp_with_strategy(0, halves));
        minor.map(|minor| Self { minor, ..self }).map_err(|_| overflow())
    }

    /// The amount in another currency, at a rate that somebody states: so many units of the other
    /// for one of this one. To the nearest minor unit, halves away from zero.
    ///
    /// ```
    /// use saldo_core::money::{Currency, Money};
    /// let (usd, eur) = (Currency::parse("USD")?, Currency::parse("EUR")?);
    /// let rate = "1.08".parse().expect("a decimal");
    /// let paid = Money::parse("100.00", eur)?.at_rate(rate, usd)?;
    /// assert_eq!(paid.to_string(), "108.00 USD");
    /// # Ok::<(), saldo_core::money::MoneyError>(())
    /// ```
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] where the result is too large.
    pub fn at_rate(self, rate: Decimal, other: Currency) -> Result<Self, MoneyError> {
        let overflow = || MoneyError::Overflow(other);
        let amount = Decimal::new(self.minor, u32::from(self.currency.exponent));
        let product = amount.checked_mul(rate).ok_or_else(overflow)?;
        let decimals = u32::from(other.exponent);
        let halves = RoundingStrategy::MidpointAwayFromZero;
        let mut rounded = product.round_dp_with_strategy(decimals, halves);
        rounded.rescale(decimals);
        match rounded.scale() == decimals {
            true => i64::try_from(rounded.mantissa())
                .map(|minor| Self::from_minor(minor, other))
                .map_err(|_| overflow()),
            false => Err(overflow()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    #[test]
    fn a_rate_rounds_halves_away_from_zero() {
        let cases = [
            ("1.00 USD", "0.005", "EUR", "0.01 EUR"),
            ("-1.00 USD", "0.005", "EUR", "-0.01 EUR"),
            ("1.00 USD", "0.0049", "EUR", "0.00 EUR"),
            ("10.00 USD", "151.25", "JPY", "1513 JPY"),
            ("1513 JPY", "0.0066", "USD", "9.99 USD"),
        ];
        for (amount, rate, code, expected) in cases {
            let (amount, other): (Money, _) =
                (amount.parse().unwrap(), Currency::parse(code).unwrap());
            let found = amount.at_rate(rate.parse().unwrap(), other).unwrap();
            assert_eq!(found.to_string(), expected);
        }
        assert!(Money::from_minor(i64::MAX, usd()).at_rate(Decimal::TEN, usd()).is_err());
    }

    #[test]
    fn a_proportion_keeps_signs_and_ends() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        let cases = [
            ("110.00 USD", "5.00 EUR", "100.00 EUR", "5.50 USD"),
            ("110.00 USD", "-5.00 EUR", "100.00 EUR", "-5.50 USD"),
            ("110.00 USD", "100.00 EUR", "100.00 EUR", "110.00 USD"),
            ("0.01 USD", "1.00 EUR", "2.00 EUR", "0.01 USD"),
            ("5.00 USD", "0.00 EUR", "0.00 EUR", "0.00 USD"),
        ];
        for (amount, part, whole, expected) in cases {
            let found = money(amount).in_proportion(money(part), money(whole)).unwrap();
            assert_eq!(found, money(expected));
        }
        assert!(money("1.00 USD").in_proportion(money("1.00 USD"), money("1.00 EUR")).is_err());
    }
}
