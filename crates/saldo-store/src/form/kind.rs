//! What a line of an entry is, in the form that entries have at rest.

use super::{date, day, unreadable};
use crate::StoreError;
use rust_decimal::Decimal;
use saldo_core::book::TaxRate;
use saldo_core::commerce::Product;
use saldo_core::document::{KeptItem, LineKind};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// What a line is, with the taxes that it says it bears.
#[derive(Serialize, Deserialize)]
pub(super) enum KindRow<'a> {
    Settlement,
    Receivable,
    Payable,
    Tax {
        title: &'a str,
        rate: Option<[u8; 16]>,
    },
    Product {
        id: Option<&'a str>,
        sku: Option<&'a str>,
        title: &'a str,
        taxed: bool,
    },
    Other {
        taxed: bool,
    },
    /// Either, where it bears taxes of its own.
    TaxedProduct {
        id: Option<&'a str>,
        sku: Option<&'a str>,
        title: &'a str,
        taxed: bool,
        #[serde(borrow)]
        taxes: Vec<TaxRow<'a>>,
    },
    TaxedOther {
        taxed: bool,
        #[serde(borrow)]
        taxes: Vec<TaxRow<'a>>,
    },
    /// A product that the book keeps in stock, with any taxes of its own.
    KeptProduct {
        id: Option<&'a str>,
        sku: Option<&'a str>,
        title: &'a str,
        taxed: bool,
        #[serde(borrow)]
        taxes: Vec<TaxRow<'a>>,
        #[serde(borrow)]
        kept: KeptRow<'a>,
    },
    Stocked {
        id: Option<&'a str>,
        sku: Option<&'a str>,
        title: &'a str,
        #[serde(borrow)]
        kept: KeptRow<'a>,
    },
    Ordered {
        id: Option<&'a str>,
        sku: Option<&'a str>,
        title: &'a str,
        /// Its currency and how much.
        cost: Option<(String, i64)>,
        #[serde(borrow)]
        kept: Option<KeptRow<'a>>,
    },
    /// The price of what is still to be handed over, with any taxes of its own.
    Unearned {
        taxed: bool,
        #[serde(borrow)]
        taxes: Vec<TaxRow<'a>>,
    },
}

/// An item that the book keeps in stock.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptRow<'a> {
    key: &'a str,
    #[serde(borrow)]
    income: (&'a str, AccountKind),
    #[serde(borrow)]
    stock: (&'a str, AccountKind),
    #[serde(borrow)]
    cost: (&'a str, AccountKind),
    since: (i16, i8, i8),
}

impl<'a> KeptRow<'a> {
    fn of(kept: &'a KeptItem) -> Self {
        let KeptItem { key, income, stock, cost, since } = kept;
        let account = |account: &'a Account| (&*account.name, account.kind);
        let (income, stock, cost) = (account(income), account(stock), account(cost));
        Self { key, income, stock, cost, since: day(*since) }
    }

    fn kept(self) -> Result<Box<KeptItem>, StoreError> {
        let account = |(name, kind): (&str, AccountKind)| Account::new(name, kind);
        Ok(Box::new(KeptItem {
            key: self.key.to_owned(),
            income: account(self.income),
            stock: account(self.stock),
            cost: account(self.cost),
            since: date(self.since)?,
        }))
    }
}

/// A tax by its title and rate.
pub(super) type TaxRow<'a> = (&'a str, Option<[u8; 16]>);

/// What is sold, stocked or ordered.
fn parts(product: &Product) -> (Option<&str>, Option<&str>, &str) {
    (product.id.as_deref(), product.sku.as_deref(), &product.title)
}

fn product(id: Option<&str>, sku: Option<&str>, title: &str) -> Product {
    let (id, sku) = (id.map(str::to_owned), sku.map(str::to_owned));
    Product { id, sku, title: title.to_owned() }
}

fn rates(taxes: Vec<TaxRow<'_>>) -> Vec<TaxRate> {
    let rate = |(title, rate): TaxRow<'_>| TaxRate {
        title: title.to_owned(),
        rate: rate.map(Decimal::deserialize),
    };
    taxes.into_iter().map(rate).collect()
}

impl<'a> KindRow<'a> {
    pub(super) fn of(kind: &'a LineKind, taxes: &'a [TaxRate]) -> Result<Self, String> {
        let rate = |rate: &Option<Decimal>| rate.as_ref().map(Decimal::serialize);
        let taxes: Vec<_> = taxes.iter().map(|tax| (&*tax.title, rate(&tax.rate))).collect();
        Ok(match kind {
            LineKind::Product { product, taxed, kept } => {
                let (taxed, (id, sku, title)) = (*taxed, parts(product));
                match kept {
                    Some(kept) => {
                        let kept = KeptRow::of(kept);
                        Self::KeptProduct { id, sku, title, taxed, taxes, kept }
                    }
                    None if taxes.is_empty() => Self::Product { id, sku, title, taxed },
                    None => Self::TaxedProduct { id, sku, title, taxed, taxes },
                }
            }
            LineKind::Other { taxed } if taxes.is_empty() => Self::Other { taxed: *taxed },
            LineKind::Other { taxed } => Self::TaxedOther { taxed: *taxed, taxes },
            LineKind::Unearned { taxed } => Self::Unearned { taxed: *taxed, taxes },
            _ if !taxes.is_empty() => {
                return Err("only what is sold bears taxes".to_owned());
            }
            LineKind::Settlement => Self::Settlement,
            LineKind::Receivable => Self::Receivable,
            LineKind::Payable => Self::Payable,
            LineKind::Tax { title, rate } => {
                Self::Tax { title, rate: rate.as_ref().map(Decimal::serialize) }
            }
            LineKind::Stocked { product, kept } => {
                let (id, sku, title) = parts(product);
                Self::Stocked { id, sku, title, kept: KeptRow::of(kept) }
            }
            LineKind::Ordered { product, cost, kept } => {
                let (id, sku, title) = parts(product);
                let cost = cost.map(|cost| (cost.currency().code().to_owned(), cost.minor()));
                let kept = kept.as_deref().map(KeptRow::of);
                Self::Ordered { id, sku, title, cost, kept }
            }
        })
    }

    /// What is sold, taxed, stocked or ordered.
    pub(super) fn title(&self) -> Option<&'a str> {
        match self {
            Self::Tax { title, .. }
            | Self::Product { title, .. }
            | Self::TaxedProduct { title, .. }
            | Self::KeptProduct { title, .. }
            | Self::Stocked { title, .. }
            | Self::Ordered { title, .. } => Some(title),
            Self::Settlement
            | Self::Receivable
            | Self::Payable
            | Self::Other { .. }
            | Self::TaxedOther { .. }
            | Self::Unearned { .. } => None,
        }
    }

    /// What the line is, and the taxes that it says it bears.
    pub(super) fn kind(self) -> Result<(LineKind, Vec<TaxRate>), StoreError> {
        let (kind, taxes) = match self {
            Self::Settlement => (LineKind::Settlement, Vec::new()),
            Self::Receivable => (LineKind::Receivable, Vec::new()),
            Self::Payable => (LineKind::Payable, Vec::new()),
            Self::Tax { title, rate } => {
                let (title, rate) = (title.to_owned(), rate.map(Decimal::deserialize));
                (LineKind::Tax { title, rate }, Vec::new())
            }
            Self::Product { id, sku, title, taxed } => {
                let product = product(id, sku, title);
                (LineKind::Product { product, taxed, kept: None }, Vec::new())
            }
            Self::TaxedProduct { id, sku, title, taxed, taxes } => {
                let product = product(id, sku, title);
                (LineKind::Product { product, taxed, kept: None }, taxes)
            }
            Self::KeptProduct { id, sku, title, taxed, taxes, kept } => {
                let (product, kept) = (product(id, sku, title), Some(kept.kept()?));
                (LineKind::Product { product, taxed, kept }, taxes)
            }
            Self::Other { taxed } => (LineKind::Other { taxed }, Vec::new()),
            Self::TaxedOther { taxed, taxes } => (LineKind::Other { taxed }, taxes),
            Self::Unearned { taxed, taxes } => (LineKind::Unearned { taxed }, taxes),
            Self::Stocked { id, sku, title, kept } => {
                let (product, kept) = (product(id, sku, title), kept.kept()?);
                (LineKind::Stocked { product, kept }, Vec::new())
            }
            Self::Ordered { id, sku, title, cost, kept } => {
                let money = |(currency, minor): (String, i64)| {
                    let currency = Currency::parse(&currency).map_err(unreadable)?;
                    Ok::<_, StoreError>(Money::from_minor(minor, currency))
                };
                let cost = cost.map(money).transpose()?;
                let kept = kept.map(KeptRow::kept).transpose()?;
                let product = product(id, sku, title);
                (LineKind::Ordered { product, cost, kept }, Vec::new())
            }
        };
        Ok((kind, rates(taxes)))
    }
}
