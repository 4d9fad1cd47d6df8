//! Proofs: that everything adds up, with the difference wherever it does not.

use crate::accounting::payout_rows;
use crate::commerce::{BalanceKind, Fact, PayoutState};
use crate::money::{Balance, Money, MoneyError};
use crate::policy::Policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What must be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// The rows of a payout sum to the payout.
    PayoutRows,
    /// What the books hold of a payout is the payout.
    PayoutInBook,
    /// A clearing account holds what the gateway has not paid out.
    Clearing,
    /// An account of the book holds what was pushed to it.
    BookAccount,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What must be equal.
    pub identity: Identity,
    /// Which payout or account it is about.
    pub about: String,
    /// What it should be.
    pub expected: Money,
    /// What it is.
    pub found: Money,
}

impl Check {
    /// What was found less what was expected.
    ///
    /// # Errors
    /// Where the two are of different currencies.
    pub fn difference(&self) -> Result<Money, MoneyError> {
        self.found.minus(self.expected)
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.expected == self.found
    }
}

/// Each payout that left its gateway against its rows.
///
/// # Errors
/// Where amounts are too large.
pub fn payout_rows_checks(facts: &[Fact]) -> Result<Vec<Check>, MoneyError> {
    let mut checks = Vec::new();
    for fact in facts {
        let Fact::Payout(payout) = fact else { continue };
        if !matches!(payout.state, PayoutState::Paid | PayoutState::Failed) {
            continue;
        }
        let rows = payout_rows(payout, facts).map(|row| row.net);
        checks.push(Check {
            identity: Identity::PayoutRows,
            about: payout.id.to_string(),
            expected: payout.net,
            found: Money::sum(payout.net.currency(), rows)?,
        });
    }
    Ok(checks)
}

/// What gateways owe by their own ledgers: the rows' net amounts less the payouts that left, by
/// clearing account. Only gateways whose rows are heard are in it.
///
/// # Errors
/// Where amounts are too large.
pub fn gateway_balances<'a>(
    facts: impl Iterator<Item = &'a Fact>,
    policy: &Policy,
) -> Result<BTreeMap<String, Balance>, MoneyError> {
    let mut balances: BTreeMap<String, Balance> = BTreeMap::new();
    let mut add = |gateway, amount: Money| match policy.clearing(gateway, amount.currency()) {
        Some(account) => balances.entry(account.name.to_string()).or_default().add(amount),
        None => Ok(()),
    };
    for fact in facts {
        match fact {
            Fact::BalanceTransaction(row)
                if !row.test
                    && row.kind != BalanceKind::Transfer
                    && policy.day(row.occurred_at) >= policy.start_date =>
            {
                add(&row.gateway.id, row.net)?;
            }
            Fact::Payout(payout)
                if matches!(payout.state, PayoutState::Paid | PayoutState::Failed)
                    && payout.issued_on >= policy.start_date =>
            {
                add(&payout.gateway.id, payout.net.negated())?;
            }
            _ => {}
        }
    }
    Ok(balances)
}

/// Compares two sets of balances by account, in every currency that either of them has.
#[must_use]
pub fn compare(
    identity: Identity,
    expected: &BTreeMap<String, Balance>,
    found: &BTreeMap<String, Balance>,
) -> Vec<Check> {
    let nothing = Balance::new();
    let mut checks = Vec::new();
    let accounts: std::collections::BTreeSet<&String> =
        expected.keys().chain(found.keys()).collect();
    for account in accounts {
        let expected = expected.get(account).unwrap_or(&nothing);
        let found = found.get(account).unwrap_or(&nothing);
        let currencies: std::collections::BTreeSet<_> =
            expected.iter().chain(found.iter()).map(Money::currency).collect();
        for currency in currencies {
            checks.push(Check {
                identity,
                about: account.clone(),
                expected: expected.of(currency),
                found: found.of(currency),
            });
        }
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_on_one_side_only_is_a_difference() {
        let balance = |text: &str| {
            let mut balance = Balance::new();
            balance.add(text.parse().unwrap()).unwrap();
            balance
        };
        let expected = BTreeMap::from([("A".to_owned(), balance("1.00 USD"))]);
        let found = BTreeMap::from([("B".to_owned(), balance("2.00 USD"))]);
        let checks = compare(Identity::BookAccount, &expected, &found);
        let differences: Vec<i64> =
            checks.iter().map(|check| check.difference().unwrap().minor()).collect();
        assert_eq!(differences, [-100, 200]);
    }
}
