//! Accounts and their kinds.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which part of the books an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// What the company has.
    Assets,
    /// What the company owes.
    Liabilities,
    /// The owners' share.
    Equity,
    /// What it earns.
    Income,
    /// What it spends.
    Expenses,
}

/// What an account is for; every book has a type for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// A bank account.
    Bank,
    /// Money that a gateway owes: nil when all is paid out.
    Clearing,
    /// Cash on the premises.
    Cash,
    /// What buyers owe by invoice.
    Receivable,
    /// What suppliers are owed by their bills.
    Payable,
    /// Any other asset that turns to money within a year.
    OtherCurrentAsset,
    /// Any debt due within a year.
    OtherCurrentLiability,
    /// Tax collected for the state, all of it: where a book enters the tax of documents by itself,
    /// it stands for the book's own account.
    TaxLiability,
    /// Owners' equity.
    Equity,
    /// Sales.
    Income,
    /// What lessens sales: discounts, returns.
    ContraIncome,
    /// Income outside the trade.
    OtherIncome,
    /// What sold goods had cost.
    CostOfGoods,
    /// Running costs.
    Expense,
    /// Stock that the book keeps itself: in some books only items move it.
    Inventory,
    /// What is owed on a card.
    CreditCard,
    /// Money on its way from the books' currency to another, or back: nil once both sides are
    /// entered.
    Conversion,
}

impl AccountKind {
    /// Whether lines on such accounts have dimensions: what is earned and spent. What comes in on
    /// any other goes out from there again, whatever it is about by then.
    #[must_use]
    pub const fn has_dimensions(self) -> bool {
        matches!(self.side(), Side::Income | Side::Expenses)
    }

    /// The part of the books that accounts of this kind stand in.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Bank
            | Self::Clearing
            | Self::Cash
            | Self::Conversion
            | Self::Receivable
            | Self::OtherCurrentAsset
            | Self::Inventory => Side::Assets,
            Self::Payable | Self::OtherCurrentLiability | Self::TaxLiability | Self::CreditCard => {
                Side::Liabilities
            }
            Self::Equity => Side::Equity,
            Self::Income | Self::ContraIncome | Self::OtherIncome => Side::Income,
            Self::CostOfGoods | Self::Expense => Side::Expenses,
        }
    }
}

/// An account of the company's chart, by the name that the policy gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Its name, unique in the company.
    pub name: Arc<str>,
    /// What it is for.
    pub kind: AccountKind,
}

impl Account {
    /// An account of this name and kind.
    pub fn new(name: impl AsRef<str>, kind: AccountKind) -> Self {
        Self { name: Arc::from(name.as_ref()), kind }
    }
}
