//! Long lists, which QuickBooks hands over in parts: an iterator is begun with the first of them,
//! and the rest is asked for by its id. It dies with the session of the Web Connector, and so does
//! the reading: the next one begins with the first part again. How many rows are left is counted,
//! since a part whose answer was lost would not come again.

use super::chart::ROWS;
use super::message::Response;
use saldo_core::exchange::{Fault, Permit};
use std::fmt;

/// The rows that come after those which were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    /// The iterator that has them.
    pub(super) iterator: String,
    /// How many there are.
    left: usize,
}

impl Rest {
    /// As a page of ours names it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (iterator, left) = text.rsplit_once('*')?;
        Some(Self { iterator: iterator.to_owned(), left: left.parse().ok()? })
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*{}", self.iterator, self.left)
    }
}

/// What a query does with an iterator: begins one, or goes on with one.
pub(super) const fn step(rest: Option<&Rest>) -> &'static str {
    match rest {
        Some(_) => "Continue",
        None => "Start",
    }
}

/// What comes after the rows of an answer; none where nothing does.
///
/// # Errors
/// Where the iterator is over before its rows are, rows of it are missing, or the answer does not
/// say how many are left.
pub(super) fn rest(
    what: &str,
    before: Option<&Rest>,
    response: Option<&Response>,
) -> Result<Option<Rest>, Fault> {
    // Who reads the rows says what is missing.
    let Some(response) = response else { return Ok(None) };
    let again = |why: &str| {
        let text = format!("quickbooks does not go on with {what}: {why}; it is read again");
        Err(Fault::new(Permit::Retry, text))
    };
    match before {
        Some(_) if response.is_error => return again(&response.words()),
        None if response.is_error => return Ok(None),
        _ => {}
    }
    let rows = response.element.children.len();
    let said = |name: &str| Some(response.element.attribute(name)).filter(|it| !it.is_empty());
    let left = said("iteratorRemainingCount").and_then(|text| text.parse::<usize>().ok());
    match (left, said("iteratorID"), before) {
        (Some(left), _, Some(before)) if before.left != rows + left => again("rows are missing"),
        (None, _, Some(_)) => again("it does not say how many rows are left"),
        (Some(0), ..) => Ok(None),
        (Some(left), Some(id), _) if !id.contains(['@', ' ', '*']) => {
            Ok(Some(Rest { iterator: id.to_owned(), left }))
        }
        (None, _, None) if rows < ROWS => Ok(None),
        _ => {
            let text = format!("quickbooks does not say how to go on with {what}");
            Err(Fault::new(Permit::Never, text))
        }
    }
}
