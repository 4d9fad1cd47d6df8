//! Reading and writing JSON bodies: numbers exactly, dates in every form, absent and `null` alike.

use super::refusal::{Checked, Refusal};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Number, Value};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Decimals of every amount, whatever its currency.
const DECIMALS: u32 = 2;

/// The value of a property, where it is there and not `null`.
pub(super) fn present<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A text; one without letters counts as absent.
pub(super) fn text<'a>(object: &'a Object, name: &str) -> Checked<Option<&'a str>> {
    match present(object, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(Refusal::malformed(name, "is not a string")),
    }
}

/// Yes or no.
pub(super) fn boolean(object: &Object, name: &str) -> Checked<Option<bool>> {
    match present(object, name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(Value::String(text)) if text == "true" => Ok(Some(true)),
        Some(Value::String(text)) if text == "false" => Ok(Some(false)),
        Some(_) => Err(Refusal::malformed(name, "is not a boolean")),
    }
}

/// A decimal number, given as a number or as a text.
pub(super) fn decimal(object: &Object, name: &str) -> Checked<Option<Decimal>> {
    let text = match present(object, name) {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_str(),
        Some(Value::String(text)) => text.as_str(),
        Some(_) => return Err(Refusal::malformed(name, "is not a decimal")),
    };
    parse_decimal(text).map(Some).ok_or_else(|| Refusal::malformed(name, "is not a decimal"))
}

/// Reads a decimal number without losing a digit; none where it is none or has too many.
pub(super) fn parse_decimal(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(text).ok()
}

/// An amount in minor units, rounded as the vendor rounds.
pub(super) fn amount(object: &Object, name: &str) -> Checked<Option<i64>> {
    let Some(value) = decimal(object, name)? else { return Ok(None) };
    minor(value).map(Some).ok_or_else(|| Refusal::malformed(name, "is too large"))
}

/// The minor units of a value, half a unit rounded away from zero; none where it is too large.
pub(super) fn minor(value: Decimal) -> Option<i64> {
    let rounded = round(value, DECIMALS).checked_mul(Decimal::ONE_HUNDRED)?.normalize();
    if rounded.scale() == 0 { i64::try_from(rounded.mantissa()).ok() } else { None }
}

/// A value rounded to so many decimals, half away from zero.
pub(super) fn round(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// An amount in minor units as a decimal number.
pub(super) fn decimal_of(minor: i64) -> Decimal {
    Decimal::new(minor, DECIMALS)
}

/// An amount in minor units as it stands in an answer: with both decimals.
pub(super) fn money(minor: i64) -> Value {
    number(decimal_of(minor), DECIMALS)
}

/// A decimal number as it stands in an answer, with so many decimals.
pub(super) fn number(value: Decimal, decimals: u32) -> Value {
    let mut exact = round(value, decimals);
    exact.rescale(decimals);
    Value::Number(Number::from_string_unchecked(exact.to_string()))
}

/// A day, as `2026-11-20`, with a time that does not count, or as milliseconds of 1970.
pub(super) fn date(object: &Object, name: &str) -> Checked<Option<Date>> {
    let Some(text) = text(object, name)? else { return Ok(None) };
    let broken = || Refusal::malformed(name, "is not a date");
    parse_date(text).map(Some).ok_or_else(broken)
}

/// Reads a day in any of the forms that the vendor takes.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    if let Some(at) = instant_of(text) {
        return Some(at.to_zoned(TimeZone::UTC).date());
    }
    text.get(..10)?.parse().ok()
}

/// The instant of a text such as `/Date(1573755038314+0000)/`.
pub(super) fn instant_of(text: &str) -> Option<Timestamp> {
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = inner.get(1..)?.find(['+', '-']).map_or(inner.len(), |place| place + 1);
    Timestamp::from_millisecond(inner.get(..end)?.parse().ok()?).ok()
}

/// A day as answers write it: its midnight in UTC.
pub(super) fn shown_date(date: Date) -> Value {
    let midnight = date.to_zoned(TimeZone::UTC).map(|day| day.timestamp().as_millisecond());
    Value::String(format!("/Date({}+0000)/", midnight.unwrap_or(0)))
}

/// An instant as answers write it.
pub(super) fn shown_instant(at: Timestamp) -> Value {
    Value::String(format!("/Date({}+0000)/", at.as_millisecond()))
}

/// A list of objects; empty where absent.
pub(super) fn objects<'a>(object: &'a Object, name: &str) -> Checked<Vec<&'a Object>> {
    let items = match present(object, name) {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Refusal::malformed(name, "is not an array")),
    };
    let shapes = items.iter().map(Value::as_object).collect::<Option<Vec<_>>>();
    shapes.ok_or_else(|| Refusal::malformed(name, "holds something that is not an object"))
}

/// An object within an object.
pub(super) fn object<'a>(object: &'a Object, name: &str) -> Checked<Option<&'a Object>> {
    match present(object, name) {
        None => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(_) => Err(Refusal::malformed(name, "is not an object")),
    }
}

/// Whether a text has the form of an identifier.
pub(super) fn is_identifier(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|it| it == '-' || it.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_half_away_from_zero_and_written_with_two_decimals() {
        for (text, expected) in [("1.005", "1.01"), ("-1.005", "-1.01"), ("2.5", "2.50")] {
            let value = parse_decimal(text).unwrap();
            assert_eq!(money(minor(value).unwrap()).to_string(), expected);
        }
        assert_eq!(minor("99999999999999999999".parse().unwrap()), None);
        assert_eq!(number("1.5".parse().unwrap(), 4).to_string(), "1.5000");
    }

    #[test]
    fn days_are_read_in_every_form() {
        let day = jiff::civil::date(2019, 11, 14);
        let forms = [
            "2019-11-14",
            "2019-11-14T00:00:00",
            "/Date(1573755038314)/",
            "/Date(1573755038314+0000)/",
        ];
        for text in forms {
            assert_eq!(parse_date(text), Some(day), "{text}");
        }
        assert_eq!(shown_date(day), "/Date(1573689600000+0000)/");
        assert_eq!(parse_date(shown_date(day).as_str().unwrap()), Some(day));
        assert_eq!(parse_date("/Date(-86400000)/"), Some(jiff::civil::date(1969, 12, 31)));
        assert_eq!((parse_date("14/11/2019"), parse_date("")), (None, None));
    }

    #[test]
    fn identifiers_have_five_parts() {
        assert!(is_identifier("d4956132-ed94-4dd7-9eaa-aa22dfdf06f2"));
        assert!(!is_identifier("d4956132ed944dd79eaaaa22dfdf06f2"));
        assert!(!is_identifier("INV-0001"));
    }
}
