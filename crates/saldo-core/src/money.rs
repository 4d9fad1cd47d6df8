//! Amounts: whole minor units of a currency, and sums per currency.
//!
//! There is no floating point and no silent loss here. Adding unlike currencies and overflow are
//! errors; division exists only as [`Money::allocate`], which shares out every unit.

mod rates;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};
use thiserror::Error;

/// What can be wrong with an amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The text is not a code of ISO 4217.
    #[error("`{0}` is not a currency code of ISO 4217")]
    UnknownCurrency(String),
    /// The text is not a decimal number that the currency's minor unit can hold.
    #[error("`{text}` is not an amount of {currency}: {reason}")]
    Unreadable {
        /// The text as it came.
        text: String,
        /// The currency that it was to be an amount of.
        currency: Currency,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two amounts of different currencies were to be added.
    #[error("{0} and {1} cannot be added: convert one of them first")]
    CurrencyMismatch(Currency, Currency),
    /// The sum is larger than 92 quadrillion units.
    #[error("an amount of {0} is too large")]
    Overflow(Currency),
}

/// A currency of ISO 4217, with the number of decimals of its minor unit.
///
/// ```
/// use saldo_core::money::Currency;
/// assert_eq!(Currency::parse("JPY")?.exponent(), 0);
/// assert_eq!(Currency::parse("KWD")?.exponent(), 3);
/// # Ok::<(), saldo_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

impl Currency {
    /// Reads an upper-case code of ISO 4217.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] where the standard has no such code, or no minor unit for
    /// it.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let known = code.as_bytes().try_into().ok().and_then(|bytes: [u8; 3]| {
            let asked = asked_before(bytes)?;
            if let Some(exponent) = asked.load(Ordering::Relaxed).checked_sub(1) {
                return Some(Self { code: bytes, exponent });
            }
            let exponent = exponent_in_standard(code)?;
            asked.store(exponent + 1, Ordering::Relaxed);
            Some(Self { code: bytes, exponent })
        });
        known.ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
    }

    /// The code, three capital letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("???")
    }

    /// How many decimals the minor unit has: 2 for USD, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn exponent(&self) -> u8 {
        self.exponent
    }
}

/// How many letters a code is made of.
const LETTERS: usize = 26;

/// The exponents, plus one, of the codes that were asked for before; nought for all others. The
/// standard's table is gone through code by code, and a shop names its currency with every amount.
static ASKED: [AtomicU8; LETTERS.pow(3)] = [const { AtomicU8::new(0) }; LETTERS.pow(3)];

/// Where it is noted what became of a code, if it is three capital letters.
fn asked_before(code: [u8; 3]) -> Option<&'static AtomicU8> {
    let place = code.iter().try_fold(0, |place, letter| {
        let letter = usize::from(letter.checked_sub(b'A')?);
        (letter < LETTERS).then_some(place * LETTERS + letter)
    });
    ASKED.get(place?)
}

/// What the standard says; nothing where it has no such code, or no minor unit for it.
fn exponent_in_standard(code: &str) -> Option<u8> {
    let exponent = iso_currency::Currency::from_code(code)?.exponent()?;
    u8::try_from(exponent).ok()
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Currency::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// An exact amount in whole minor units of one currency. In postings, debit is positive.
///
/// ```
/// use saldo_core::money::{Currency, Money};
/// let usd = Currency::parse("USD")?;
/// let price = Money::parse("105.43", usd)?;
/// assert_eq!(price.minor(), 10_543);
/// assert_eq!(price.to_string(), "105.43 USD");
/// # Ok::<(), saldo_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money {
    currency: Currency,
    minor: i64,
}

impl Money {
    /// An amount of whole minor units.
    #[must_use]
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { currency, minor }
    }

    /// Nothing of a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// Reads a decimal number, as vendors write amounts: an optional sign, digits, an optional
    /// point and digits. More decimals than the currency has are taken only where they are zeros.
    ///
    /// # Errors
    /// [`MoneyError::Unreadable`] with the reason.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let unreadable =
            |reason| MoneyError::Unreadable { text: text.to_owned(), currency, reason };
        let (negative, digits) = match text.as_bytes() {
            [b'-', ..] => (true, &text[1..]),
            [b'+', ..] => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || (fraction.is_empty() && digits.contains('.')) {
            return Err(unreadable("it is not a decimal number"));
        }
        let exponent = usize::from(currency.exponent);
        let mut minor: i64 = 0;
        let padding = exponent.saturating_sub(fraction.len());
        let significant = fraction.bytes().take(exponent);
        for byte in whole.bytes().chain(significant).chain(std::iter::repeat_n(b'0', padding)) {
            if !byte.is_ascii_digit() {
                return Err(unreadable("it is not a decimal number"));
            }
            minor = minor
                .checked_mul(10)
                .and_then(|shifted| shifted.checked_sub(i64::from(byte - b'0')))
                .ok_or_else(|| unreadable("it is too large"))?;
        }
        match fraction.as_bytes().get(exponent..).unwrap_or_default() {
            rest if rest.iter().all(|byte| *byte == b'0') => {}
            rest if rest.iter().all(u8::is_ascii_digit) => {
                return Err(unreadable("it has more decimals than the currency"));
            }
            _ => return Err(unreadable("it is not a decimal number")),
        }
        let minor = if negative {
            minor
        } else {
            minor.checked_neg().ok_or_else(|| unreadable("it is too large"))?
        };
        Ok(Self { currency, minor })
    }

    /// The amount in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is below zero: in a posting, a credit.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Whether it is above zero: in a posting, a debit.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// The sum of two amounts.
    ///
    /// # Errors
    /// Where the currencies differ, or the sum is too large.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let sum = self.minor.checked_add(other.minor);
        sum.map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow(self.currency))
    }

    /// The difference of two amounts.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated())
    }

    /// The amount with the other sign. (The smallest possible amount cannot be read or added to, so
    /// this never overflows in practice; it saturates rather than wraps.)
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { minor: self.minor.saturating_neg(), ..self }
    }

    /// The amount without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { minor: self.minor.saturating_abs(), ..self }
    }

    /// The sum of amounts of one currency.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Money>,
    ) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// Splits the amount in proportion to `weights`, to the unit: the parts always sum to the
    /// whole. What rounding leaves goes, a unit each, to the parts with the largest remainder;
    /// among equals to the earlier one. Without weights, or with zeros only, the first part takes
    /// all.
    ///
    /// ```
    /// use saldo_core::money::{Currency, Money};
    /// let usd = Currency::parse("USD")?;
    /// let parts = Money::from_minor(100, usd).allocate(&[1, 1, 1]);
    /// assert_eq!(parts.iter().map(|part| part.minor()).collect::<Vec<_>>(), [34, 33, 33]);
    /// # Ok::<(), saldo_core::money::MoneyError>(())
    /// ```
    #[must_use]
    pub fn allocate(self, weights: &[u64]) -> Vec<Self> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let whole = u128::from(self.minor.unsigned_abs());
        let mut parts: Vec<(u128, u128)> = weights
            .iter()
            .map(|weight| whole.saturating_mul(u128::from(*weight)))
            .map(|share| {
                (share.checked_div(total).unwrap_or(0), share.checked_rem(total).unwrap_or(0))
            })
            .collect();
        let mut left = whole - parts.iter().map(|(share, _)| share).sum::<u128>();
        if total == 0 {
            if let Some((share, _)) = parts.first_mut() {
                *share = whole;
            }
            left = 0;
        }
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(parts.get(*index).map(|(_, rest)| *rest)));
        for index in order {
            if left == 0 {
                break;
            }
            if let Some((share, _)) = parts.get_mut(index) {
                *share += 1;
                left -= 1;
            }
        }
        let sign = self.minor.signum();
        parts
            .into_iter()
            .map(|(share, _)| i64::try_from(share).unwrap_or(i64::MAX).saturating_mul(sign))
            .map(|minor| Self { minor, ..self })
            .collect()
    }

    /// The number alone, with the currency's decimals and a minus where negative: `-0.05`.
    #[must_use]
    pub fn amount_text(self) -> String {
        let exponent = u32::from(self.currency.exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        let units = self.minor.unsigned_abs();
        if exponent == 0 {
            return format!("{sign}{units}");
        }
        let scale = 10_u64.pow(exponent);
        let width = usize::from(self.currency.exponent);
        format!("{sign}{}.{:0width$}", units / scale, units % scale)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount_text(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads what [`Money`] displays: `105.43 USD`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (amount, code) =
            text.split_once(' ').ok_or_else(|| MoneyError::UnknownCurrency(text.to_owned()))?;
        Money::parse(amount, Currency::parse(code)?)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A sum per currency. Canonical: a currency whose sum is zero is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Balance(BTreeMap<Currency, i64>);

impl Balance {
    /// Nothing of anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an amount to the sum of its currency.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`]; the balance is then as before.
    pub fn add(&mut self, amount: Money) -> Result<(), MoneyError> {
        let sum = self.of(amount.currency()).plus(amount)?;
        if sum.is_zero() {
            self.0.remove(&amount.currency());
        } else {
            self.0.insert(amount.currency(), sum.minor());
        }
        Ok(())
    }

    /// The sum of one currency; zero where there is none.
    #[must_use]
    pub fn of(&self, currency: Currency) -> Money {
        Money::from_minor(self.0.get(&currency).copied().unwrap_or(0), currency)
    }

    /// Whether every sum is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The sums that are not zero, by currency.
    pub fn iter(&self) -> impl Iterator<Item = Money> + '_ {
        self.0.iter().map(|(currency, minor)| Money::from_minor(*minor, *currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    #[test]
    fn a_currency_is_known_whether_or_not_it_was_asked_for_before() {
        for _ in 0..2 {
            assert_eq!(Currency::parse("JPY").unwrap().exponent(), 0);
            assert_eq!(Currency::parse("KWD").unwrap().exponent(), 3);
            for code in ["ZZZ", "XXX", "jpy", "JP", "JPYN", "J[Y", "é1"] {
                let unknown = Err(MoneyError::UnknownCurrency(code.to_owned()));
                assert_eq!(Currency::parse(code), unknown, "{code}");
            }
        }
    }

    #[test]
    fn text_becomes_minor_units() {
        let cases = [
            ("0", "USD", Some(0)),
            ("105.43", "USD", Some(10_543)),
            ("-0.05", "USD", Some(-5)),
            ("+7.5", "USD", Some(750)),
            ("7.500", "USD", Some(750)),
            ("7.501", "USD", None),
            ("100.0", "JPY", Some(100)),
            ("1.234", "KWD", Some(1_234)),
            (".5", "USD", None),
            ("5.", "USD", None),
            ("", "USD", None),
            ("-", "USD", None),
            ("1e3", "USD", None),
            ("1.0x", "USD", None),
            ("1,000.00", "USD", None),
            ("92233720368547758.07", "USD", Some(i64::MAX)),
            ("92233720368547758.08", "USD", None),
        ];
        for (text, code, expected) in cases {
            let currency = Currency::parse(code).unwrap();
            let read = Money::parse(text, currency).ok().map(Money::minor);
            assert_eq!(read, expected, "{text} {code}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let why = |text| Money::parse(text, usd()).unwrap_err().to_string();
        assert!(why("1.001").ends_with("it has more decimals than the currency"));
        assert!(why("1.00x").ends_with("it is not a decimal number"));
    }

    #[test]
    fn text_goes_there_and_back() {
        for text in ["105.43 USD", "-0.05 USD", "100 JPY", "-1.234 KWD", "0.00 EUR"] {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn unlike_currencies_do_not_add() {
        let euro = Money::zero(Currency::parse("EUR").unwrap());
        assert!(Money::zero(usd()).plus(euro).is_err());
    }

    #[test]
    fn an_unknown_code_is_refused() {
        for code in ["usd", "XYZ1", "", "ÆØ"] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
    }

    #[test]
    fn a_balance_forgets_zero() {
        let mut balance = Balance::new();
        balance.add(Money::from_minor(5, usd())).unwrap();
        balance.add(Money::from_minor(-5, usd())).unwrap();
        assert_eq!(balance, Balance::new());
    }

    proptest::proptest! {
        #[test]
        fn allocating_loses_nothing(
            minor in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in proptest::collection::vec(0_u64..1_000_000, 1..12),
        ) {
            let whole = Money::from_minor(minor, usd());
            let parts = whole.allocate(&weights);
            proptest::prop_assert_eq!(parts.len(), weights.len());
            proptest::prop_assert_eq!(Money::sum(usd(), parts).unwrap(), whole);
        }
    }
}
