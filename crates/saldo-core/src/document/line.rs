//! What stands in a line of a document.

use crate::book::TaxRate;
use crate::commerce::Product;
use crate::ledger::{Account, AccountKind, Dimensions};
use crate::money::Money;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An item that the book keeps in stock itself: it enters what sold units cost, by its own method.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeptItem {
    /// What tells it from other items of the company, whatever document names it.
    pub key: String,
    /// Where its sales are entered.
    pub income: Account,
    /// Where its units stand until they are sold.
    pub stock: Account,
    /// Where the book enters what sold units had cost.
    pub cost: Account,
    /// The first day of the books: the book keeps the item from then on, and refuses what is
    /// dated before.
    pub since: Date,
}

/// What a line is to the document that it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum LineKind {
    /// The account that the document's total moves: a receipt's clearing account, an expense's
    /// paying account, both ends of a transfer.
    Settlement,
    /// What the buyer then owes (debit), or no longer owes (credit).
    Receivable,
    /// What a supplier is then owed (credit), or no longer owed (debit).
    Payable,
    /// Tax for the state.
    Tax {
        /// The tax as the channel names it.
        title: String,
        /// Percent, where known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        rate: Option<Decimal>,
    },
    /// Goods sold or returned.
    Product {
        /// What it was.
        product: Product,
        /// Whether tax was charged on it.
        taxed: bool,
        /// The item whose units leave stock by it, where the book keeps them. Its account is then
        /// the item's income account.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        kept: Option<Box<KeptItem>>,
    },
    /// Everything else: carriage, discounts, tips, gift cards, fees, allowances.
    Other {
        /// Whether tax was charged on it.
        taxed: bool,
    },
    /// The price of goods that are still to be handed over, on an account of deposits: sold, and
    /// not earned yet. Tax falls due on it like on a sale.
    Unearned {
        /// Whether tax was charged on it.
        taxed: bool,
    },
    /// Units of an item that the book keeps in stock, which come in (positive) or go. Its account
    /// is the item's stock account.
    Stocked {
        /// What it was.
        product: Product,
        /// The item.
        kept: Box<KeptItem>,
    },
    /// Units ordered from a supplier; negative where they are ordered no longer. Its account is
    /// where they will stand, its amount nil.
    Ordered {
        /// What it was.
        product: Product,
        /// What all of the units will cost, without tax, of the same sign; none where nobody says.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        cost: Option<Money>,
        /// The item, where the book keeps it in stock.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        kept: Option<Box<KeptItem>>,
    },
}

impl LineKind {
    /// Whether it is what the document comes to, rather than what it is for.
    #[must_use]
    pub const fn settles(&self) -> bool {
        matches!(self, Self::Settlement | Self::Receivable | Self::Payable)
    }

    /// What it is about, where that is goods.
    #[must_use]
    pub const fn product(&self) -> Option<&Product> {
        match self {
            Self::Product { product, .. }
            | Self::Stocked { product, .. }
            | Self::Ordered { product, .. } => Some(product),
            Self::Settlement
            | Self::Receivable
            | Self::Payable
            | Self::Tax { .. }
            | Self::Other { .. }
            | Self::Unearned { .. } => None,
        }
    }

    /// The item that it is about, where the book keeps that in stock.
    #[must_use]
    pub fn kept(&self) -> Option<&KeptItem> {
        match self {
            Self::Product { kept, .. } | Self::Ordered { kept, .. } => kept.as_deref(),
            Self::Stocked { kept, .. } => Some(kept),
            Self::Settlement
            | Self::Receivable
            | Self::Payable
            | Self::Tax { .. }
            | Self::Other { .. }
            | Self::Unearned { .. } => None,
        }
    }

    /// Whether its units count as its money does: what is ordered, and what the book keeps.
    pub(super) fn counts_units(&self) -> bool {
        self.kept().is_some() || matches!(self, Self::Ordered { .. })
    }

    /// The same of the opposite direction.
    pub(super) fn reversed(&self) -> Self {
        match self.clone() {
            Self::Ordered { product, cost, kept } => {
                Self::Ordered { product, cost: cost.map(Money::negated), kept }
            }
            kind => kind,
        }
    }
}

/// A line of a document, and at once one posting of its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is.
    #[serde(flatten)]
    pub kind: LineKind,
    /// The account that it touches.
    pub account: Account,
    /// By what its money is told apart besides; of lines of income and expenses alone.
    #[serde(skip_serializing_if = "Dimensions::is_empty", default)]
    pub dimensions: Dimensions,
    /// How much, in the document's currency: debit positive.
    pub amount: Money,
    /// The same in the currency that the account is kept in, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub foreign: Option<Money>,
    /// Units of a product, positive. Of an item that the book keeps, and of what is ordered, they
    /// have a direction: sold (positive) or back in stock, come in or gone, ordered or no longer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quantity: Option<i64>,
    /// The taxes that were charged on it, where these are not all of the merchant's taxes in its
    /// entry: which line bears which, in a book that works out tax by the line. On what bears none,
    /// why it does, as a tax of 0 %, where the policy says so. They carry no money.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub taxes: Vec<TaxRate>,
    /// What it says to a reader.
    pub text: String,
    /// The vendor's id of what it comes from.
    pub origin: String,
}

impl Line {
    /// How much moves on the account, in the currency that it is kept in: debit positive. Where
    /// nothing of that moves, as when it is only valued anew, its worth in the books.
    #[must_use]
    pub fn held(&self) -> Money {
        self.foreign.filter(|foreign| !foreign.is_zero()).unwrap_or(self.amount)
    }

    /// Whether it is of what was sold, earned or not, as tax reports see it.
    #[must_use]
    pub const fn is_sold(&self) -> bool {
        matches!(self.kind, LineKind::Unearned { .. })
            || matches!(self.account.kind, AccountKind::Income | AccountKind::ContraIncome)
    }

    /// The item of which the book moves units in stock by this line, and how many come in
    /// (positive) or leave.
    #[must_use]
    pub fn stock_move(&self) -> Option<(&KeptItem, i64)> {
        let (kept, units) = (self.kind.kept()?, self.quantity?);
        match self.kind {
            LineKind::Product { .. } => Some((kept, units.saturating_neg())),
            LineKind::Stocked { .. } => Some((kept, units)),
            _ => None,
        }
    }

    /// What of it counts besides its amount: the item with its units, and what they will cost.
    #[must_use]
    pub(crate) fn counted(&self) -> Option<(&str, i64, Option<Money>)> {
        let units = self.quantity.filter(|_| self.kind.counts_units())?;
        let product = self.kind.product()?;
        let by_name = product.sku.as_deref().unwrap_or(&product.title);
        let key = self.kind.kept().map_or(by_name, |kept| &kept.key);
        let cost = match self.kind {
            LineKind::Ordered { cost, .. } => cost,
            _ => None,
        };
        Some((key, units, cost))
    }
}
