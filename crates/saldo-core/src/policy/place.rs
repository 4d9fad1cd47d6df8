//! How an account is named in the owner's words: by the part that it plays.

use super::{Policy, Role};
use crate::ledger::Account;
use crate::money::Currency;
use crate::text::GatewayId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// An account as the policy knows it, whatever it is called in the books.
///
/// ```
/// use saldo_core::policy::{Place, Role};
/// assert_eq!("bank".parse(), Ok(Place::Role(Role::Bank)));
/// assert_eq!("gateways.cash".parse(), Ok(Place::Gateway("cash".into())));
/// assert!("wallet".parse::<Place>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    /// The account of a role.
    Role(Role),
    /// The account in which a gateway's money stands.
    Gateway(GatewayId),
    /// The bank account that a gateway's payouts arrive on.
    BankOf(GatewayId),
    /// The account of a tax, by the name that the channel gives it.
    Tax(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => f.write_str(role.word()),
            Self::Gateway(gateway) => write!(f, "gateways.{gateway}"),
            Self::BankOf(gateway) => write!(f, "banks.{gateway}"),
            Self::Tax(title) => write!(f, "taxes.{title}"),
        }
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let role = Role::ALL.iter().find(|role| role.word() == text);
        match (role, text.split_once('.')) {
            (Some(role), _) => Ok(Self::Role(*role)),
            (None, Some(("gateways", id))) => Ok(Self::Gateway(GatewayId::new(id))),
            (None, Some(("banks", id))) => Ok(Self::BankOf(GatewayId::new(id))),
            (None, Some(("taxes", title))) => Ok(Self::Tax(title.to_owned())),
            _ => Err(format!(
                "`{text}` is no account of the policy: name a role (`saldo map show` lists them), \
                 or gateways.NAME, banks.NAME or taxes.NAME"
            )),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl Policy {
    /// The account of a place; none for an unknown gateway.
    #[must_use]
    pub fn account_of(&self, place: &Place) -> Option<Account> {
        match place {
            Place::Role(role) => Some(self.chart.account(*role)),
            Place::Gateway(gateway) => self.clearing(gateway, self.currency),
            Place::BankOf(gateway) => {
                self.text.gateways.contains_key(gateway).then(|| self.bank(gateway))
            }
            Place::Tax(title) => self.tax(title),
        }
    }

    /// The place of a bank, clearing or card account, by the name that the policy's text gives it;
    /// none where the policy names no such account.
    #[must_use]
    pub fn place_of(&self, account: &str) -> Option<Place> {
        let lands = match self.text.feeds.get(account) {
            Some(feed) => feed.through(account),
            None => account.to_owned(),
        };
        let gateways = self.text.gateways.keys().cloned();
        let roles = [Place::Role(Role::Bank), Place::Role(Role::CreditCard)].into_iter();
        let mut places =
            roles.chain(gateways.clone().map(Place::Gateway)).chain(gateways.map(Place::BankOf));
        places.find(|place| self.account_of(place).is_some_and(|it| *it.name == *lands))
    }

    /// The currency that a bank, clearing or card account is kept in, by the name that the policy's
    /// text gives it; none where the policy names no such account, or names it for several.
    #[must_use]
    pub fn currency_of(&self, account: &str) -> Option<Currency> {
        let mut kept = BTreeSet::new();
        kept.extend(self.place_of(account).map(|_| self.currency));
        // An account without a name of its own has the currency behind that of the books' account.
        let at_end = account.rsplit(' ').next().and_then(|word| Currency::parse(word).ok());
        for (gateway, known) in &self.text.gateways {
            let banks = known.banks.iter().filter(|(_, name)| *name == account);
            kept.extend(banks.map(|(currency, _)| *currency));
            let named = known.currencies.keys().copied().chain(at_end);
            kept.extend(named.filter(|currency| {
                self.clearing(gateway, *currency).is_some_and(|it| *it.name == *account)
            }));
        }
        match kept.len() {
            1 => kept.pop_first(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_kept_in_one_currency_whoever_names_it() {
        let text = "[gateways.shop]\naccount = \"Clearing: Shop\"\n\
                    banks.EUR = \"Euros\"\ncurrencies.GBP = \"Pounds\"\nbanks.CAD = \"Both\"\n\
                    banks.AUD = \"Both\"";
        let usd = Currency::parse("USD").unwrap();
        let policy = Policy::new(1, text, usd, "UTC", "2026-01-01".parse().unwrap()).unwrap();
        let told = |account: &str| policy.currency_of(account).map(|it| it.code().to_owned());
        let cases = [
            ("Bank", Some("USD")),
            ("Clearing: Shop", Some("USD")),
            ("Euros", Some("EUR")),
            ("Pounds", Some("GBP")),
            ("Clearing: Shop CHF", Some("CHF")),
            ("Clearing: Shop GBP", None),
            ("Both", None),
            ("Sales", None),
        ];
        for (account, expected) in cases {
            assert_eq!(told(account).as_deref(), expected, "{account}");
        }
    }
}
