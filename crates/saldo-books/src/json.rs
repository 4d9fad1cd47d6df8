//! JSON as vendors of books take it: without what is empty, and numbers digit for digit.

use rust_decimal::Decimal;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::Money;
use serde::Serialize;
use serde_json::{Number, Value};

/// The JSON of a value, without the fields that are empty.
///
/// # Errors
/// Never for types with texts as keys; the fault says what could not be written.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Value, Fault> {
    let mut json = serde_json::to_value(value)
        .map_err(|error| Fault::new(Permit::Never, format!("a body cannot be written: {error}")))?;
    drop_empty(&mut json);
    Ok(json)
}

fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null() && field.as_array() != Some(&Vec::new()));
            fields.values_mut().for_each(drop_empty);
        }
        Value::Array(members) => members.iter_mut().for_each(drop_empty),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An amount as a JSON number, digit for digit.
pub(crate) fn number(amount: Money) -> Number {
    amount.amount_text().parse().expect("the text of an amount is a JSON number")
}

/// A JSON number as a decimal; none where it is too long for one.
pub(crate) fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// A decimal as a JSON number, digit for digit.
pub(crate) fn decimal_number(decimal: Decimal) -> Number {
    decimal.to_string().parse().expect("the text of a decimal is a JSON number")
}
