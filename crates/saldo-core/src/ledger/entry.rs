//! Balanced entries.

use super::Account;
use crate::money::{Balance, Money, MoneyError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An amount on an account: debit positive, credit negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Where.
    pub account: Account,
    /// How much.
    pub amount: Money,
}

/// Why postings are no entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unbalanced {
    /// Debits and credits differ.
    #[error("debits and credits differ by {0}")]
    Difference(Money),
    /// An amount on an account of another currency cannot be worth what it is said to be.
    #[error("{foreign} cannot be worth {worth}")]
    Worth {
        /// What moves on the account.
        foreign: Money,
        /// What it is said to be worth.
        worth: Money,
    },
    /// The amounts could not be summed.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Postings that balance in every currency. An unbalanced entry cannot exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Posting>", into = "Vec<Posting>")]
pub struct Entry(Vec<Posting>);

impl Entry {
    /// Takes postings that balance.
    ///
    /// # Errors
    /// [`Unbalanced`] with the first difference.
    pub fn new(postings: Vec<Posting>) -> Result<Self, Unbalanced> {
        let mut balance = Balance::new();
        for posting in &postings {
            balance.add(posting.amount)?;
        }
        match balance.iter().next() {
            Some(difference) => Err(Unbalanced::Difference(difference)),
            None => Ok(Self(postings)),
        }
    }

    /// The postings in the order in which they were given.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.0
    }

    /// The same amounts on the other side.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let reverse = |posting: &Posting| Posting {
            account: posting.account.clone(),
            amount: posting.amount.negated(),
        };
        Self(self.0.iter().map(reverse).collect())
    }
}

impl TryFrom<Vec<Posting>> for Entry {
    type Error = Unbalanced;

    fn try_from(postings: Vec<Posting>) -> Result<Self, Unbalanced> {
        Self::new(postings)
    }
}

impl From<Entry> for Vec<Posting> {
    fn from(entry: Entry) -> Self {
        entry.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::AccountKind;
    use crate::money::Currency;

    fn posting(name: &str, text: &str) -> Posting {
        Posting { account: Account::new(name, AccountKind::Bank), amount: text.parse().unwrap() }
    }

    #[test]
    fn an_unbalanced_entry_cannot_exist() {
        let usd = Currency::parse("USD").unwrap();
        let postings = vec![posting("Bank", "5.00 USD"), posting("Sales", "-4.99 USD")];
        let expected = Unbalanced::Difference(Money::from_minor(1, usd));
        assert_eq!(Entry::new(postings.clone()), Err(expected));
        let stored = serde_json::to_string(&postings).unwrap();
        assert!(serde_json::from_str::<Entry>(&stored).is_err());
    }

    #[test]
    fn balance_is_per_currency() {
        let postings = vec![posting("Bank", "5.00 USD"), posting("Sales", "-5.00 EUR")];
        assert!(Entry::new(postings).is_err());
    }
}
