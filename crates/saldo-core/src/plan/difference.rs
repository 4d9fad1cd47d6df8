//! What a plan amounts to: by how much each account changes, month by month.

use super::Change;
use crate::book::Subject;
use crate::ledger::Dimensions;
use crate::money::{Balance, Money, MoneyError};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// By how much a plan changes what an account moved in a month, in some dimensions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The account's name.
    pub account: String,
    /// The dimensions that it is of.
    #[serde(skip_serializing_if = "Dimensions::is_empty")]
    pub dimensions: Dimensions,
    /// The first day of the month.
    pub month: Date,
    /// How much, debit positive.
    pub amount: Money,
}

/// What changes amount to, by account, dimensions, month and currency. What one takes out and
/// another enters again is not in it: a plan that only parts documents otherwise has no difference.
///
/// # Errors
/// Where sums are too large.
pub fn differences<'a>(
    changes: impl IntoIterator<Item = &'a Change>,
) -> Result<Vec<Difference>, MoneyError> {
    let mut sums: BTreeMap<(&str, &Dimensions, Date), Balance> = BTreeMap::new();
    for change in changes {
        let (document, before) = match &change.subject {
            Subject::Document { document, .. } => (document, None),
            Subject::Amended { document, before, .. } => (document, Some(before)),
            Subject::Need(_) | Subject::Confirmed { .. } | Subject::Attached { .. } => continue,
        };
        let month = document.header().date.first_of_month();
        for line in document.lines() {
            let moved = (&*line.account.name, &line.dimensions, month);
            sums.entry(moved).or_default().add(line.amount)?;
        }
        for line in before.into_iter().flat_map(|before| before.lines()) {
            let moved = (&*line.account.name, &line.dimensions, month);
            sums.entry(moved).or_default().add(line.amount.negated())?;
        }
    }
    let mut differences = Vec::new();
    for ((account, dimensions, month), sum) in sums {
        let amounts = sum.iter().filter(|amount| !amount.is_zero());
        differences.extend(amounts.map(|amount| Difference {
            account: account.to_owned(),
            dimensions: dimensions.clone(),
            month,
            amount,
        }));
    }
    Ok(differences)
}
