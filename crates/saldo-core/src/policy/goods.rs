//! What the owner decided about goods: when their sale is earned, and what they cost.

use super::{Policy, PolicyError, PolicyText, Role, role_of};
use crate::ledger::{Account, AccountKind};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When a sale is earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recognition {
    /// When it is agreed and paid, or invoiced.
    #[default]
    Payment,
    /// When goods are handed over. Until then what the buyer paid for them, without tax, is a
    /// deposit.
    Fulfilment,
}

/// A book takes goods out of stock by the document of their sale, and knows no other moment.
pub(super) fn check(text: &PolicyText) -> Result<(), PolicyError> {
    let mut all = std::iter::once(&text.recognition).chain(text.recognition_from.values());
    let by_book = text.cost.owner == CostOwner::Book;
    match by_book && all.any(|recognition| *recognition == Recognition::Fulfilment) {
        true => Err(PolicyError::BookKeepsStock),
        false => Ok(()),
    }
}

/// Who enters what goods cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostOwner {
    /// Nobody, or somebody by hand.
    #[default]
    Nobody,
    /// Saldo.
    Saldo,
    /// The book, which keeps stock itself by the units of documents. Needs a book that does.
    Book,
}

/// Which of the units in stock leave it first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostMethod {
    /// None: each costs the average of all that are there.
    #[default]
    Average,
    /// Those that came first.
    Fifo,
}

/// What units are worth that come back to be sold again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnCost {
    /// What they cost when they left: the sale is undone.
    #[default]
    Original,
    /// The average of what is there when they come back; what they cost when they left, where
    /// nothing is.
    Average,
    /// Nothing: what they cost stays spent.
    Nothing,
}

impl ReturnCost {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What goods cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Cost {
    /// Who enters it.
    pub owner: CostOwner,
    /// Which units leave first.
    pub method: CostMethod,
    /// What units are worth that come back to be sold again.
    #[serde(skip_serializing_if = "ReturnCost::is_default")]
    pub returns: ReturnCost,
    /// Accounts of stock of their own, by stock-keeping unit.
    pub accounts: BTreeMap<String, String>,
    /// Where stock goes that was adjusted for a reason, by the vendor's word for it; all else is
    /// shrinkage.
    pub reasons: BTreeMap<String, Role>,
}

impl Policy {
    /// When an order of a books day is earned: by the policy that was in force then, for all its
    /// later days.
    #[must_use]
    pub fn recognition_on(&self, day: Date) -> Recognition {
        let text = &self.in_force(day).text;
        let switches = text.recognition_from.range(..=day);
        switches.last().map_or(text.recognition, |(_, recognition)| *recognition)
    }

    /// Whether anything that is entered follows what was handed over, on any day, so that channels
    /// must tell it.
    #[must_use]
    pub fn follows_goods(&self) -> bool {
        let at_fulfilment = |policy: &'_ Self| {
            let text = &policy.text;
            let mut all = std::iter::once(&text.recognition).chain(text.recognition_from.values());
            all.any(|recognition| *recognition == Recognition::Fulfilment)
        };
        self.follows_stock() || self.through_time().any(at_fulfilment)
    }

    /// Whether Saldo enters what goods cost on any day, so that channels must tell it.
    #[must_use]
    pub fn follows_costs(&self) -> bool {
        self.through_time().any(Self::keeps_cost)
    }

    /// Whether anybody keeps stock on any day, Saldo or the book, so that channels must tell what
    /// became of goods.
    #[must_use]
    pub fn follows_stock(&self) -> bool {
        self.through_time().any(|policy| policy.text.cost.owner != CostOwner::Nobody)
    }

    /// Whether a book must keep stock itself, on any day.
    #[must_use]
    pub fn needs_stock_in_book(&self) -> bool {
        self.through_time().any(Self::book_keeps_cost)
    }

    /// Whether the book keeps stock itself and enters what goods cost, by this policy.
    #[must_use]
    pub fn book_keeps_cost(&self) -> bool {
        self.text.cost.owner == CostOwner::Book
    }

    /// Whether Saldo enters what goods cost, by this policy.
    #[must_use]
    pub fn keeps_cost(&self) -> bool {
        self.text.cost.owner == CostOwner::Saldo
    }

    /// The account in which goods of a stock-keeping unit stand. Where the book keeps stock, it is
    /// of a kind of its own.
    #[must_use]
    pub fn inventory(&self, sku: Option<&str>) -> Account {
        let mut account = self.chart.account(Role::Inventory);
        if self.book_keeps_cost() {
            account.kind = AccountKind::Inventory;
        }
        match sku.and_then(|sku| self.text.cost.accounts.get(sku)) {
            Some(name) => Account::new(name, account.kind),
            None => account,
        }
    }

    /// What the account is for that takes stock which was adjusted for a reason.
    #[must_use]
    pub fn adjusted(&self, reason: Option<&str>) -> Role {
        let role = reason.and_then(|word| role_of(&self.text.cost.reasons, word));
        role.unwrap_or(Role::Shrinkage)
    }
}
