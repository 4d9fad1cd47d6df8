//! What a book's owner decided there, and how full its lists are.

use super::{Listed, Need, Subject};
use crate::document::{Line, LineKind};
use crate::ledger::AccountKind;
use crate::money::{Currency, Money};
use crate::text::RemoteId;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How a book that enters the sales tax of documents by itself comes to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SalesTax {
    /// By rates of its own, in whose place it takes what a document says.
    #[default]
    Automated,
    /// By codes and rates that its owner set up there, and the connection does not say which code
    /// a tax is.
    Manual,
    /// By codes and rates that its owner set up there, of which documents say which.
    Coded,
    /// By rates of its own, though the connection says that documents say which code.
    Otherwise,
    /// It collects none.
    Off,
}

impl SalesTax {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a book's owner decided there, as far as pushing must know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BookSettings {
    /// The day up to which the books are closed: the book takes nothing that is dated on it or
    /// before.
    pub closed_until: Option<Date>,
    /// Whether the book numbers documents itself, whatever numbers they come with.
    pub numbers_documents: bool,
    /// Whether the book applies credits to open invoices by itself, to whichever it finds.
    pub applies_credits: bool,
    /// Whether the book keeps the company's currency alone, though it could keep others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_currency: bool,
    /// How the book comes to the sales tax of documents.
    #[serde(skip_serializing_if = "SalesTax::is_default")]
    pub sales_tax: SalesTax,
    /// The codes of sales tax that its owner set up there, where documents say which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tax_codes: Vec<TaxCode>,
    /// The dimensions that the book could keep and does not, since its owner switched them off.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub switched_off: BTreeSet<String>,
    /// The program that keeps the book, as it calls itself; none where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// How full the lists are that hold no more than so many entries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListRoom>,
}

/// A code of sales tax that a book's owner set up there: one tax, or several that are owed
/// together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TaxCode {
    /// What the book calls it.
    pub remote: RemoteId,
    /// Its name.
    pub name: String,
    /// What is charged by it on what is sold, in the book's order; nothing where no tax is.
    pub rates: Vec<CodedRate>,
    /// What is charged by it on what is bought, and taken back.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub bought: Vec<CodedRate>,
}

/// A rate of a code of sales tax: one tax, which is owed to one agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CodedRate {
    /// What the book calls it.
    pub remote: RemoteId,
    /// Its name.
    pub name: String,
    /// Percent, where the book says.
    pub percent: Option<Decimal>,
    /// The agency that it is owed to, as the book calls it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agency: Option<RemoteId>,
}

/// How full a list of a book is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ListRoom {
    /// What stands in it, in the book's own words.
    pub list: String,
    /// How many entries it holds, inactive ones included.
    pub held: u64,
    /// How many it may hold; none where the vendor names no bound for this program.
    pub limit: Option<u64>,
}

impl ListRoom {
    /// How many more entries it takes; none where there is no bound.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.held))
    }
}

impl BookSettings {
    /// The first dimension that a subject stands for something in and the book does not keep, since
    /// its owner switched it off.
    #[must_use]
    pub fn switched_off<'a>(&self, subject: &'a Subject) -> Option<&'a str> {
        let is_off = |name: &&str| self.switched_off.contains(*name);
        match subject {
            Subject::Need(Need::Dimension(dimension) | Need::Value { dimension, .. }) => {
                Some(&*dimension.word).filter(is_off)
            }
            Subject::Need(
                Need::Account(_)
                | Need::ForeignAccount { .. }
                | Need::Item(_)
                | Need::Party(_)
                | Need::TaxRate(_)
                | Need::Listed(_),
            )
            | Subject::Confirmed { .. }
            | Subject::Attached { .. } => None,
            Subject::Document { document, .. } | Subject::Amended { document, .. } => {
                let dimensions = document.lines().iter().flat_map(|line| line.dimensions.iter());
                dimensions.map(|(name, _)| name).find(is_off)
            }
        }
    }

    /// The sales tax of a document that the book would not enter as the document says: where it
    /// collects none, or comes to it by codes of its owner's or of its own, where the connection
    /// does not say so. What stands on an account of its own is no matter of the book's.
    #[must_use]
    pub fn unentered_tax(&self, subject: &Subject) -> Option<Money> {
        let Subject::Document { document, .. } = subject else { return None };
        let of_the_book = |line: &&Line| {
            matches!(line.kind, LineKind::Tax { .. })
                && line.account.kind == AccountKind::TaxLiability
                && !line.amount.is_zero()
        };
        let first = document.lines().iter().find(of_the_book).map(|line| line.amount);
        first.filter(|_| !matches!(self.sales_tax, SalesTax::Automated | SalesTax::Coded))
    }

    /// The first currency that a subject is of, besides the company's, in a book that keeps that
    /// one alone.
    #[must_use]
    pub fn other_currency(&self, subject: &Subject) -> Option<Currency> {
        if !self.one_currency {
            return None;
        }
        match subject {
            Subject::Need(
                Need::ForeignAccount { currency, .. } | Need::Listed(Listed::Currency(currency)),
            ) => Some(*currency),
            Subject::Need(_) | Subject::Confirmed { .. } | Subject::Attached { .. } => None,
            Subject::Document { document, .. } | Subject::Amended { document, .. } => {
                let home = document.header().currency;
                document.currencies().find(|currency| *currency != home)
            }
        }
    }

    /// Whether the book takes nothing that is dated on this day.
    #[must_use]
    pub fn is_closed(&self, date: Date) -> bool {
        self.closed_until.is_some_and(|closed| date <= closed)
    }

    /// The first of these lists that takes no further entry, beside those that were made since it
    /// was looked at.
    #[must_use]
    pub fn full_list(&self, lists: &[&str], made: impl Fn(&str) -> u64) -> Option<&ListRoom> {
        let is_full = |room: &&ListRoom| {
            let is_meant = lists.contains(&room.list.as_str());
            is_meant && room.left().is_some_and(|left| made(&room.list) >= left)
        };
        self.lists.iter().find(is_full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_full_where_nothing_is_left_beside_what_was_made() {
        let room = |list: &str, held, limit| ListRoom { list: list.to_owned(), held, limit };
        let settings = BookSettings {
            lists: vec![
                room("names", 9, Some(10)),
                room("items", 30, Some(20)),
                room("x", 9, None),
            ],
            ..BookSettings::default()
        };
        let full = |lists: &[&str], made| {
            settings.full_list(lists, |_| made).map(|room| room.list.as_str())
        };
        assert_eq!(full(&["names"], 0), None);
        assert_eq!(full(&["names"], 1), Some("names"));
        assert_eq!(full(&["names", "items"], 0), Some("items"));
        assert_eq!(full(&["x"], 1_000), None);
        assert_eq!(
            settings.lists.iter().map(ListRoom::left).collect::<Vec<_>>(),
            [Some(1), Some(0), None]
        );
    }
}
