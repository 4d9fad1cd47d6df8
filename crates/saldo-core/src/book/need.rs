//! What documents refer to: things of the book's own, as we know them.

use crate::commerce::Product;
use crate::document::Party;
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
}

impl Need {
    /// The text by which a binding is found: one for each thing, for ever.
    #[must_use]
    pub fn binding(&self) -> String {
        match self {
            Self::Account(account) | Self::ForeignAccount { account, .. } => {
                format!("account/{}", account.name)
            }
            Self::Item(Item { product: None, account }) => format!("item/{}", account.name),
            Self::Item(Item { product: Some(product), account }) => {
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

/// An item of the book: what a line of a sales document points at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Item {
    /// The product that it stands for; none for an item of our own that stands for an account.
    pub product: Option<Product>,
    /// The account that its lines must reach.
    pub account: Account,
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
