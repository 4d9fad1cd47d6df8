//! Amounts, days and numbers in elements, as the vendor reads and writes them.

use super::element::Element;
use super::status::{Checked, Status};
use encoding_rs::WINDOWS_1252;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

/// An amount, in cents.
pub(super) fn amount(element: &Element, name: &str) -> Checked<Option<i64>> {
    let Some(text) = element.text_of(name) else { return Ok(None) };
    let minor = decimal(text).and_then(to_minor);
    minor.map(Some).ok_or_else(|| Status::refused(name, text, "The amount is too large."))
}

/// A price, a quantity or a rate.
pub(super) fn number(element: &Element, name: &str) -> Checked<Option<Decimal>> {
    let Some(text) = element.text_of(name) else { return Ok(None) };
    let number = decimal(text);
    number.map(Some).ok_or_else(|| Status::refused(name, text, "The number is too large."))
}

/// A yes or a no.
pub(super) fn flag(element: &Element, name: &str) -> Option<bool> {
    element.text_of(name).map(|text| matches!(text, "true" | "1"))
}

/// A day.
pub(super) fn date(element: &Element, name: &str) -> Option<Date> {
    element.text_of(name).and_then(|text| text.parse().ok())
}

fn decimal(text: &str) -> Option<Decimal> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// Dollars to cents, half a cent away from nought.
pub(super) fn to_minor(dollars: Decimal) -> Option<i64> {
    let cents = dollars.checked_mul(Decimal::ONE_HUNDRED)?;
    cents.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).try_into().ok()
}

/// Cents to dollars.
pub(super) fn to_decimal(minor: i64) -> Decimal {
    Decimal::new(minor, 2)
}

/// Cents as an amount: two decimals.
pub(super) fn money(minor: i64) -> String {
    to_decimal(minor).to_string()
}

/// A price, quantity or rate as it is shown: without needless decimals, five at most.
pub(super) fn shown(number: Decimal) -> String {
    number.round_dp_with_strategy(5, RoundingStrategy::MidpointAwayFromZero).normalize().to_string()
}

/// The share of an amount that a rate in hundredths makes, in cents.
pub(super) fn percentage(minor: i64, percent: Decimal) -> Option<i64> {
    to_minor(to_decimal(minor).checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED)?)
}

/// Every text in an element as the file keeps it: characters of Windows-1252 alone, a question mark
/// for each other one; of what cannot be printed only the ends of lines.
pub(super) fn keep(element: &mut Element) {
    element.text = element.text.chars().filter_map(kept).collect();
    element.children.iter_mut().for_each(keep);
}

fn kept(character: char) -> Option<char> {
    if character.is_control() {
        return (character == '\n').then_some(character);
    }
    let mut bytes = [0; 4];
    let (_, _, is_lost) = WINDOWS_1252.encode(character.encode_utf8(&mut bytes));
    Some(if is_lost { '?' } else { character })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cent_goes_away_from_nought() {
        let minor = |text: &str| to_minor(text.parse().unwrap());
        assert_eq!(minor("1.005"), Some(101));
        assert_eq!(minor("-1.005"), Some(-101));
        assert_eq!(percentage(1_990, "8.25".parse().unwrap()), Some(164));
        assert_eq!(money(-5), "-0.05");
    }

    #[test]
    fn what_windows_1252_lacks_becomes_a_question_mark() {
        let mut element = Element::leaf("Memo", "Zoë’s café – 5 €\u{7}\n漢😀");
        keep(&mut element);
        assert_eq!(element.text, "Zoë’s café – 5 €\n??");
    }
}
