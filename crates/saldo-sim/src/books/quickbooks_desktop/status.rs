//! How the vendor says no: to a whole document by an `HRESULT`, to one request by a status.

use super::grammar::{Number, Value};
use super::tables::BadValue;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A document that was not carried out at all.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{code}: {message}")]
pub struct Hresult {
    /// The code, as `0x80040400`.
    pub code: String,
    /// The vendor's words.
    pub message: String,
}

impl Hresult {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    pub(super) fn unreadable(why: &str) -> Self {
        let message =
            format!("QuickBooks found an error when parsing the provided XML text stream. {why}");
        Self::new("0x80040400", message)
    }

    pub(super) fn no_roll_back() -> Self {
        let message = "QuickBooks does not support the rollbackOnError value of the onError \
                       attribute.";
        Self::new("0x80040413", message)
    }

    pub(super) fn version(version: &str) -> Self {
        let message = "The version of qbXML that was requested is not supported or is unknown";
        Self::new("0x80040423", format!("{message}: {version}"))
    }
}

/// What came of a request, in the vendor's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) severity: &'static str,
    pub(super) message: String,
}

/// A result, or the status that says why there is none.
pub(super) type Checked<T> = Result<T, Status>;

impl Status {
    pub(super) fn ok() -> Self {
        Self { code: 0, severity: "Info", message: "Status OK".to_owned() }
    }

    pub(super) fn no_match() -> Self {
        let message = "A query request did not find a matching object in QuickBooks";
        Self { code: 1, severity: "Info", message: message.to_owned() }
    }

    pub(super) fn not_all_found(what: &str) -> Self {
        let message = format!(
            "The query request has not been fully completed. There was a required element \
             (\"{what}\") that could not be found in QuickBooks."
        );
        Self { code: 500, severity: "Warn", message }
    }

    /// What links with a transaction that was closed, by hand or since all of it came in. The
    /// vendor's table of codes calls it a warning; what it would make of a line that has nothing
    /// but the link is nowhere said, so that nothing is made of it here.
    pub(super) fn link_closed(id: &str) -> Self {
        let message =
            format!("Unable to link to transaction \"{id}\" because it has already been closed.");
        Self { code: 570, severity: "Warn", message }
    }

    fn error(code: u16, message: impl Into<String>) -> Self {
        Self { code, severity: "Error", message: message.into() }
    }

    /// A value that its element cannot hold.
    pub(super) fn bad_value(bad: &BadValue) -> Self {
        let (code, what) = match &bad.wanted {
            Value::Text(_) | Value::Word(_) => {
                let BadValue { element, text, .. } = bad;
                let message =
                    format!("The string \"{text}\" in the field \"{element}\" is too long.");
                return Self::error(3_070, message);
            }
            Value::Id => (3_000, "object ID"),
            Value::Boolean => (3_010, "boolean"),
            Value::Date => (3_020, "date"),
            Value::Instant => (3_020, "date and time"),
            Value::Amount => (3_040, "amount"),
            Value::Number(Number::Price) => (3_045, "price"),
            Value::Number(Number::Percent) => (3_050, "percentage"),
            Value::Number(Number::Quantity) => (3_060, "quantity"),
            Value::Float => (3_045, "number"),
            Value::Guid => (3_065, "GUID"),
            Value::Integer => (3_085, "number"),
        };
        let BadValue { element, text, .. } = bad;
        let message = format!(
            "There was an error when converting the {what} \"{text}\" in the field \"{element}\"."
        );
        Self::error(code, message)
    }

    pub(super) fn bad_id(field: &str, id: &str) -> Self {
        let message = format!("The given object ID \"{id}\" in the field \"{field}\" is invalid.");
        Self::error(3_000, message)
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::refused(field, "", "The field is required.")
    }

    pub(super) fn name_taken(name: &str) -> Self {
        let message = format!("The name \"{name}\" of the list element is already in use.");
        Self::error(3_100, message)
    }

    pub(super) fn not_found(what: &str) -> Self {
        let message =
            format!("Object \"{what}\" specified in the request cannot be found.  {NO_RECORD}");
        Self::error(3_120, message)
    }

    pub(super) fn bad_parent(list: &str, name: &str) -> Self {
        let message = format!(
            "There is an invalid reference to a parent \"{name}\" in the {list} list.  {NO_RECORD}"
        );
        Self::error(3_130, message)
    }

    pub(super) fn bad_reference(field: &str, name: &str, within: &str) -> Self {
        let message = format!(
            "There is an invalid reference to QuickBooks {field} \"{name}\" in the {within}.  \
             {NO_RECORD}"
        );
        Self::error(3_140, message)
    }

    pub(super) fn locked(what: &str, why: &str) -> Self {
        let message =
            format!("There was an error when modifying a {what}.  QuickBooks error message: {why}");
        Self::error(3_170, message)
    }

    pub(super) fn not_saved(what: &str, why: &str) -> Self {
        let message =
            format!("There was an error when saving a {what}.  QuickBooks error message: {why}");
        Self::error(3_180, message)
    }

    pub(super) fn period_closed(what: &str) -> Self {
        let why = "The date of the transaction is on or before the closing date of the company. \
                   The password of the closing date is required.";
        Self::not_saved(what, why)
    }

    pub(super) fn stale(sequence: &str) -> Self {
        let message = format!("The provided edit sequence \"{sequence}\" is out-of-date.");
        Self::error(3_200, message)
    }

    pub(super) fn refused(field: &str, value: &str, why: &str) -> Self {
        let message = format!(
            "The \"{field}\" field has an invalid value \"{value}\".  QuickBooks error message: \
             {why}"
        );
        Self::error(3_210, message)
    }

    pub(super) fn not_processed() -> Self {
        Self::error(3_231, "The request has not been processed.")
    }

    pub(super) fn feature_off(feature: &str) -> Self {
        let message = format!(
            "This feature is not enabled or not available in this version of QuickBooks.  \
             ({feature})"
        );
        Self::error(3_250, message)
    }

    pub(super) fn no_account(what: &str) -> Self {
        let message = format!("Missing posting account: {what} has none.");
        Self::error(3_270, message)
    }
}

const NO_RECORD: &str = "QuickBooks error message: Invalid argument.  The specified record does \
                         not exist in the list.";
