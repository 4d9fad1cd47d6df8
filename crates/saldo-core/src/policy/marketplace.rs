//! What the owner decided about gateways that settle by statements, as marketplaces do.

use super::{Detail, Policy, Role};
use crate::ledger::Account;
use crate::text::GatewayId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
        Some(Account::new(name, Role::CreditCard.kind()))
    }
}
