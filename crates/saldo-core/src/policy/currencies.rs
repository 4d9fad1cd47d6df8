//! What the owner decided about other currencies than the books'.

use super::PolicyError;
use crate::ledger::{Account, AccountKind};
use serde::{Deserialize, Serialize};

/// How amounts of other currencies are dealt with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Currencies {
    /// Whether what is open in them is valued at month ends.
    pub revaluation: Revaluation,
    /// The account of the books' currency over which money goes to accounts of others, for books
    /// that take no transaction of two currencies: nil when both of its documents are entered.
    /// Without it an entry touches accounts of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion: Option<String>,
}

impl Currencies {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// When what is open in another currency is valued at the rate of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revaluation {
    /// At the end of each month, at the rate that the owner states, and back on the next day.
    #[default]
    MonthEnd,
    /// Never: it stands at what it was worth when it came in.
    None,
}

impl super::Policy {
    /// The account over which money goes to accounts of other currencies, if the owner has one.
    #[must_use]
    pub fn conversion(&self) -> Option<Account> {
        self.named_conversion().map(|account| self.landing(account))
    }

    /// The same as the policy's text names it.
    pub(super) fn named_conversion(&self) -> Option<Account> {
        let name = self.text.currencies.conversion.as_ref()?;
        Some(Account::new(name, AccountKind::Conversion))
    }

    /// The account of conversion is for nothing else: it is nil once all is entered.
    pub(super) fn check_conversion(&self) -> Result<(), PolicyError> {
        let Some(conversion) = self.named_conversion() else { return Ok(()) };
        match self.named_accounts().filter(|it| it.name == conversion.name).count() {
            1 => Ok(()),
            _ => Err(PolicyError::Conversion(conversion.name.to_string())),
        }
    }

    /// Whether open amounts of other currencies are valued at the end of any month.
    #[must_use]
    pub fn revalues(&self) -> bool {
        let revaluation = |policy: &Self| policy.text.currencies.revaluation;
        self.through_time().any(|policy| revaluation(policy) == Revaluation::MonthEnd)
    }
}
