//! What the owner decided about gateways.

use super::{Detail, Loan, Policy, Role};
use crate::ledger::{Account, AccountKind};
use crate::money::Currency;
use crate::text::GatewayId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a gateway's money stands until it is paid out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewayAccount {
    /// The account's name.
    pub account: String,
    /// What it is: clearing unless said otherwise.
    #[serde(default = "clearing")]
    pub kind: AccountKind,
    /// The names of its accounts in other currencies than the books'; else that of the books'
    /// account with the currency behind it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub currencies: BTreeMap<Currency, String>,
    /// The bank account that its payouts arrive on, where that is another than the others'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<String>,
    /// The bank accounts that its payouts in other currencies than the books' arrive on, where
    /// these are kept in them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub banks: BTreeMap<Currency, String>,
    /// The loans that it granted and takes back from its balance, by the books day from which on
    /// they are repaid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loans: BTreeMap<Date, Loan>,
    /// Whether it pays out without the tax that the sales channel owes itself. Where nobody said
    /// so, a gateway that tells the rows of its balance tells it, and any other money that holds
    /// such tax is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_tax: Option<bool>,
    /// How much a document holds of what the gateway's own rows enter, their fees included; as the
    /// policy's `detail` where nobody said so. `payout` gathers each settlement's part of a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// The account of the card that it charges where its balance does not suffice. Negative
    /// payouts are then taken from it, and otherwise from the bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// What becomes of sales that it does not settle before a month ends.
    #[serde(default, skip_serializing_if = "Deferrals::is_default")]
    pub deferred: Deferrals,
}

fn clearing() -> AccountKind {
    AccountKind::Clearing
}

/// What becomes of sales that a marketplace does not settle before a month ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deferrals {
    /// They are entered at the end of their month, and taken back once they are released: the
    /// settlement that carries them enters them for good.
    #[default]
    Accrue,
    /// Nothing is entered before a settlement carries them.
    Leave,
}

impl Deferrals {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl GatewayAccount {
    /// The name of its account in another currency than the books'.
    pub(super) fn name_in(&self, currency: Currency) -> String {
        let own = self.currencies.get(&currency).cloned();
        own.unwrap_or_else(|| format!("{} {currency}", self.account))
    }
}

/// The first name of an account in another currency that is also one of another account: an account
/// is kept in one currency.
pub(super) fn shared_foreign_name(policy: &Policy) -> Option<String> {
    let mut known: BTreeMap<String, Option<Currency>> =
        policy.named_accounts().map(|account| (account.name.to_string(), None)).collect();
    let gateways = policy.text.gateways.values();
    let named = gateways.flat_map(|gateway| &gateway.currencies).find(|(currency, name)| {
        let before = known.insert((*name).clone(), Some(**currency));
        **currency == policy.currency || before.is_some_and(|it| it != Some(**currency))
    });
    named.map(|(_, name)| name.clone())
}

/// A gateway's account in another currency that nobody named, and whose name is that of an account
/// for something else: the gateway, the currency and the name.
pub(super) fn taken_foreign_name(policy: &Policy) -> Option<(GatewayId, Currency, String)> {
    let gateways = || policy.text.gateways.iter();
    let foreign = gateways().flat_map(|(_, known)| &known.currencies);
    let foreign = foreign.map(|(currency, name)| (name.clone(), Some(*currency)));
    let named = policy.named_accounts().map(|account| (account.name.to_string(), None));
    let taken: Vec<(String, Option<Currency>)> = named.chain(foreign).collect();
    gateways().find_map(|(id, known)| {
        taken.iter().find_map(|(name, kept_in)| {
            let code = name.strip_prefix(&*known.account)?.strip_prefix(' ')?;
            let currency = Currency::parse(code).ok()?;
            let is_implied = currency != policy.currency && known.name_in(currency) == *name;
            let is_other = is_implied && *kept_in != Some(currency);
            is_other.then(|| (id.clone(), currency, name.clone()))
        })
    })
}

impl Policy {
    /// How much a document holds of what a gateway's own rows enter that happened on a books day,
    /// by the policy that was in force then.
    #[must_use]
    pub fn detail_of(&self, gateway: &GatewayId, day: Date) -> Detail {
        let own = self.in_force(day).text.gateways.get(gateway).and_then(|known| known.detail);
        own.unwrap_or_else(|| self.detail_on(day))
    }

    /// Whether a gateway pays out without the tax that the sales channel owes itself, if the owner
    /// said so.
    #[must_use]
    pub fn keeps_tax(&self, gateway: &GatewayId) -> Option<bool> {
        self.text.gateways.get(gateway).and_then(|known| known.keeps_tax)
    }

    /// The account of the card that a gateway charges.
    #[must_use]
    pub fn card(&self, gateway: &GatewayId) -> Account {
        self.own_card(gateway).unwrap_or_else(|| self.chart.account(Role::CreditCard))
    }

    /// Where a negative payout of a gateway is taken from: the card that the owner named, or the
    /// bank account that its payouts arrive on.
    #[must_use]
    pub fn charged_by(&self, gateway: &GatewayId) -> Account {
        self.own_card(gateway).unwrap_or_else(|| self.bank(gateway))
    }

    /// What becomes of sales that a gateway does not settle before a month ends.
    #[must_use]
    pub fn deferrals(&self, gateway: &GatewayId) -> Deferrals {
        self.text.gateways.get(gateway).map_or_else(Deferrals::default, |known| known.deferred)
    }

    fn own_card(&self, gateway: &GatewayId) -> Option<Account> {
        let name = self.text.gateways.get(gateway)?.card.as_deref()?;
        Some(self.landing(Account::new(name, Role::CreditCard.kind())))
    }

    /// Whether the account of this name is that of a card.
    pub(super) fn is_card(&self, name: &str) -> bool {
        let own = self.text.gateways.values().filter_map(|known| known.card.as_deref());
        own.chain([&*self.chart.account(Role::CreditCard).name]).any(|card| card == name)
    }
}
