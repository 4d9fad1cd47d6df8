//! How values stand in columns.

use crate::StoreError;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;

/// An instant as it is stored: microseconds since 1970, so that it can be ordered.
pub(crate) fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// The instant that was stored.
pub(crate) fn instant(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::unreadable("instant", error))
}

/// A value as JSON text.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unwritable(error.to_string()))
}

/// The value that was stored as JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::unreadable(what, error))
}

/// A value that was stored as its own text.
pub(crate) fn parse<T: FromStr<Err: Display>>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::unreadable(what, error))
}

/// A count as it is stored.
pub(crate) fn integer<T: TryInto<i64>>(count: T) -> Result<i64, StoreError> {
    count.try_into().map_err(|_| StoreError::Unwritable("a number is too large".to_owned()))
}

/// The count that was stored.
pub(crate) fn count<T: TryFrom<i64>>(what: &'static str, stored: i64) -> Result<T, StoreError> {
    T::try_from(stored).map_err(|_| StoreError::unreadable(what, "it is out of range"))
}
