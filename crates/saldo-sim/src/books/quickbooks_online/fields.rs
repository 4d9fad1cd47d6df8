//! Reading and writing JSON bodies: numbers exactly, absent and `null` alike.

use super::fault::Fault;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Number, Value};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Decimals of the home currency's minor unit. The simulated company keeps its books in dollars.
const DECIMALS: u32 = 2;

/// A reference to another entity, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The id of what is meant.
    pub(super) value: String,
    /// Of what type it is said to be.
    pub(super) kind: Option<String>,
}

/// The value of a property, where it is there and not `null`.
pub(super) fn present<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// A text.
pub(super) fn text<'a>(object: &'a Object, name: &str) -> Result<Option<&'a str>, Fault> {
    match present(object, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Fault::invalid_text(name, "is not a text")),
    }
}

/// Yes or no; the vendor takes both forms, `true` and `"true"`.
pub(super) fn boolean(object: &Object, name: &str) -> Result<Option<bool>, Fault> {
    match present(object, name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(Value::String(text)) if text == "true" => Ok(Some(true)),
        Some(Value::String(text)) if text == "false" => Ok(Some(false)),
        Some(_) => Err(Fault::invalid_text(name, "is neither true nor false")),
    }
}

/// A decimal number, given as a number or as a text.
pub(super) fn decimal(object: &Object, name: &str) -> Result<Option<Decimal>, Fault> {
    let text = match present(object, name) {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_str(),
        Some(Value::String(text)) => text.as_str(),
        Some(other) => return Err(Fault::bad_number(name, &other.to_string())),
    };
    parse_decimal(text).map(Some).ok_or_else(|| Fault::bad_number(name, text))
}

/// Reads a decimal number without losing a digit; none where it is none or has too many.
pub(super) fn parse_decimal(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(text).ok()
}

/// An amount in minor units: at most two decimals.
pub(super) fn amount(object: &Object, name: &str) -> Result<Option<i64>, Fault> {
    let Some(value) = decimal(object, name)? else { return Ok(None) };
    exact_minor(value).map(Some).ok_or_else(|| Fault::bad_number(name, &value.to_string()))
}

/// An amount in minor units that must be there.
pub(super) fn required_amount(object: &Object, name: &str) -> Result<i64, Fault> {
    amount(object, name)?.ok_or_else(|| Fault::missing(name))
}

/// The minor units of a value, where it has no smaller part.
pub(super) fn exact_minor(value: Decimal) -> Option<i64> {
    let minor = value.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
    if minor.scale() == 0 { i64::try_from(minor.mantissa()).ok() } else { None }
}

/// The minor units of a value, half a unit rounded away from zero.
pub(super) fn rounded_minor(value: Decimal) -> Option<i64> {
    exact_minor(value.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero))
}

/// An amount in minor units as a decimal number.
pub(super) fn decimal_of(minor: i64) -> Decimal {
    Decimal::new(minor, DECIMALS)
}

/// An amount in minor units as it stands in an answer: no trailing zeros.
pub(super) fn money(minor: i64) -> Value {
    number(decimal_of(minor))
}

/// A decimal number as it stands in an answer: no trailing zeros.
pub(super) fn number(value: Decimal) -> Value {
    Value::Number(Number::from_string_unchecked(value.normalize().to_string()))
}

/// Takes the trailing zeros from every number of a body, as the vendor does.
pub(super) fn normalise(value: &mut Value) {
    match value {
        Value::Number(digits) => {
            if let Some(exact) = parse_decimal(digits.as_str()) {
                *value = number(exact);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Object(object) => object.values_mut().for_each(normalise),
        Value::String(text) => replace_astral(text),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Characters outside the basic plane are stored as question marks.
fn replace_astral(text: &mut String) {
    if text.chars().any(|letter| u32::from(letter) > 0xFFFF) {
        *text = text.chars().map(|it| if u32::from(it) > 0xFFFF { '?' } else { it }).collect();
    }
}

/// A day.
pub(super) fn date(object: &Object, name: &str) -> Result<Option<Date>, Fault> {
    let Some(text) = text(object, name)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Fault::bad_date(name, text))
}

/// A reference. Its `value` may be a text or a number.
pub(super) fn reference(object: &Object, name: &str) -> Result<Option<Reference>, Fault> {
    let Some(value) = present(object, name) else { return Ok(None) };
    let Value::Object(inner) = value else {
        return Err(Fault::invalid_text(name, "is not a reference"));
    };
    let value = match present(inner, "value") {
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        Some(Value::Number(number)) => number.as_str().to_owned(),
        _ => return Err(Fault::missing(&format!("{name}.value"))),
    };
    Ok(Some(Reference { value, kind: text(inner, "type")?.map(str::to_owned) }))
}

/// A list of objects; empty where absent.
pub(super) fn objects<'a>(object: &'a Object, name: &str) -> Result<Vec<&'a Object>, Fault> {
    let items = match present(object, name) {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(Fault::invalid_text(name, "is not a list")),
    };
    let shapes = items.iter().map(Value::as_object).collect::<Option<Vec<_>>>();
    shapes.ok_or_else(|| Fault::invalid_text(name, "holds something that is not an object"))
}

/// An object within an object.
pub(super) fn object<'a>(object: &'a Object, name: &str) -> Result<Option<&'a Object>, Fault> {
    match present(object, name) {
        None => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(_) => Err(Fault::invalid_text(name, "is not an object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Object {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn amounts_are_read_exactly() {
        let cases = [
            ("10", Some(1_000)),
            ("10.00", Some(1_000)),
            ("0.1", Some(10)),
            ("0.29", Some(29)),
            ("1.005", None),
            ("1.0050", None),
            ("-2.50", Some(-250)),
            ("1e2", Some(10_000)),
            ("1E-2", Some(1)),
            ("\"3.25\"", Some(325)),
            ("\"3,25\"", None),
            ("true", None),
            ("90071992547409.93", Some(9_007_199_254_740_993)),
            ("99999999999999999999", None),
        ];
        for (text, expected) in cases {
            let object = body(&format!("{{\"Amount\":{text}}}"));
            assert_eq!(amount(&object, "Amount").ok().flatten(), expected, "{text}");
        }
    }

    #[test]
    fn rounding_goes_away_from_zero_at_half() {
        for (text, expected) in [("1.005", 101), ("1.0049", 100), ("-1.005", -101), ("2.5", 250)] {
            assert_eq!(rounded_minor(parse_decimal(text).unwrap()), Some(expected), "{text}");
        }
    }

    #[test]
    fn numbers_are_answered_without_trailing_zeros() {
        for (minor, expected) in [(33_750, "337.5"), (0, "0"), (15_000, "150"), (-5, "-0.05")] {
            assert_eq!(money(minor).to_string(), expected);
        }
    }

    #[test]
    fn emoji_become_question_marks() {
        let mut value = Value::String("Mug \u{1F600} ä €".to_owned());
        normalise(&mut value);
        assert_eq!(value, "Mug ? ä €");
    }
}
