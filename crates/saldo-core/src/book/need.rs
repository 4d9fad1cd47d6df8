//! What documents refer to: things of the book's own, as we know them.

use crate::commerce::Product;
use crate::document::{KeptItem, Party};
use crate::ledger::Account;
use crate::money::Currency;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something of the book's own that documents refer to, as we know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// An account.
    Account(Account),
    /// An account that is kept in another currency than the books.
    ForeignAccount {
        /// The account.
        account: Account,
        /// Its currency.
        currency: Currency,
    },
    /// An item that stands for a product, or for everything that is entered on an account.
    Item(Item),
    /// A customer or vendor.
    Party(Party),
    /// A dimension, in a book where dimensions have names of their own.
    Dimension(Called),
    /// What lines stand for in a dimension.
    Value {
        /// The dimension.
        dimension: Called,
        /// The value.
        value: Called,
    },
    /// A rate of sales tax.
    TaxRate(TaxRate),
    /// Something that carries no money, and that the book keeps a list of.
    Listed(Listed),
}

impl Need {
    /// The text by which a binding is found: one for each thing, for ever.
    #[must_use]
    pub fn binding(&self) -> String {
        match self {
            Self::Account(account) | Self::ForeignAccount { account, .. } => {
                format!("account/{}", account.name)
            }
            Self::Item(Item { kept: Some(kept), .. }) => {
                let KeptItem { key, income, stock, cost, since: _ } = &**kept;
                format!("stock/{}/{}/{}/{key}", income.name, stock.name, cost.name)
            }
            Self::Item(Item { product: None, account, .. }) => format!("item/{}", account.name),
            Self::Item(Item { product: Some(product), account, .. }) => {
                let key = product.sku.as_deref().unwrap_or(&product.title);
                format!("item/{}/{key}", account.name)
            }
            Self::Party(Party::Customer { key, .. }) => format!("customer/{key}"),
            Self::Party(Party::Vendor { name }) => format!("vendor/{name}"),
            Self::Dimension(dimension) => format!("dimension/{}", dimension.word),
            Self::Value { dimension, value } => {
                format!("dimension/{}/{}", dimension.word, value.word)
            }
            Self::TaxRate(tax) => format!("tax/{tax}"),
            Self::Listed(Listed::PaymentMethod { name, .. }) => format!("payment-method/{name}"),
            Self::Listed(Listed::Terms { days }) => format!("terms/{days}"),
            Self::Listed(Listed::Currency(currency)) => format!("currency/{currency}"),
        }
    }
}

/// A word of the policy, and what a book calls the thing that it stands for. By the name it is
/// found or made there; once it is bound, it is known by what the book calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Called {
    /// The word.
    pub word: String,
    /// The book's own name, where the owner gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Called {
    /// The book's own name, else the word.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.word)
    }
}

impl From<&str> for Called {
    fn from(word: &str) -> Self {
        Self { word: word.to_owned(), name: None }
    }
}

/// An item of the book: what a line of a document points at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Item {
    /// The product that it stands for; none for an item of our own that stands for an account.
    pub product: Option<Product>,
    /// The account that its lines must reach: of an item that the book keeps in stock, those of its
    /// sales.
    pub account: Account,
    /// The accounts of an item that the book keeps in stock. Whatever document names it, it is one
    /// thing; with other accounts it would be another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Box<KeptItem>>,
}

impl Item {
    /// An item that the book does not keep in stock.
    #[must_use]
    pub const fn plain(product: Option<Product>, account: Account) -> Self {
        Self { product, account, kept: None }
    }

    /// An item that the book keeps in stock.
    #[must_use]
    pub fn kept(product: Product, kept: KeptItem) -> Self {
        let account = kept.income.clone();
        Self { product: Some(product), account, kept: Some(Box::new(kept)) }
    }

    /// The names that tell it: of a product its title, and where the book keeps it in stock, one
    /// that no other product bears besides.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let Some(product) = &self.product else { return vec![self.account.name.to_string()] };
        let title = &product.title;
        match (&self.kept, &product.sku) {
            (None, _) => vec![title.clone()],
            (Some(_), Some(sku)) => vec![title.clone(), format!("{title} ({sku})")],
            (Some(kept), None) => {
                let last = kept.key.rsplit('/').next().unwrap_or(&kept.key);
                vec![format!("{title} ({last})")]
            }
        }
    }
}

/// What a document says besides its money, in a book that keeps a list of what may be said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listed {
    /// How something was paid.
    PaymentMethod {
        /// What people call it: a gateway by its name.
        name: String,
        /// Whether that is in cash.
        cash: bool,
    },
    /// Terms of payment: all is due so many days after the document's own day, without a discount
    /// for who pays earlier.
    Terms {
        /// The days; nought where it is due at once.
        days: u32,
    },
    /// A currency besides the books'.
    Currency(Currency),
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PaymentMethod { name, .. } => write!(f, "payment method {name}"),
            Self::Terms { days } => write!(f, "terms of {days} days"),
            Self::Currency(currency) => write!(f, "currency {currency}"),
        }
    }
}

/// A rate of sales tax as the channels name it: what a line points at in a book that works out tax
/// by the line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaxRate {
    /// The tax as the channel names it; several that lie on the same lines with ` + ` between them.
    pub title: String,
    /// Percent, where known: of several, their sum.
    pub rate: Option<Decimal>,
}

impl fmt::Display for TaxRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        match self.rate {
            Some(rate) => write!(f, " {}%", rate.normalize()),
            None => Ok(()),
        }
    }
}
