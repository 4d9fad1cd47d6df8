//! How much of customers, products and suppliers a book gets: each by name, or one for all.
//!
//! A book whose lists are bounded fills up with a shop's buyers and products. What is summed up
//! here is names alone: the same documents are entered, with the same amounts on the same accounts.

use super::Policy;
use crate::document::{LineKind, Party, SubledgerEntry};
use crate::text::ConnectionId;
use serde::{Deserialize, Serialize};

/// How much of a list of names a book gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// Each by its own name.
    #[default]
    Detailed,
    /// One for all.
    Summary,
}

impl Names {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Detailed => "detailed",
            Self::Summary => "summary",
        }
    }
}

/// What names one book gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct BookNames {
    /// Buyers; in summary the customer that stands for all whom nobody names, and those that stand
    /// for all of a channel.
    pub customers: Names,
    /// Products; in summary one item for each account that they are entered on.
    pub inventory: Names,
    /// Suppliers; in summary the one that is named here.
    pub vendors: Names,
    /// The name of the supplier that stands for all.
    pub vendor: String,
}

impl Default for BookNames {
    fn default() -> Self {
        let (customers, inventory, vendors) = Default::default();
        Self { customers, inventory, vendors, vendor: "Shop suppliers".to_owned() }
    }
}

impl Policy {
    /// What names a book gets.
    #[must_use]
    pub fn names_in(&self, book: &ConnectionId) -> BookNames {
        self.text.books.get(book.as_str()).cloned().unwrap_or_default()
    }

    /// An entry with the names that a book gets of it. No amount and no account differs.
    #[must_use]
    pub fn named_for(&self, names: &BookNames, mut entry: SubledgerEntry) -> SubledgerEntry {
        let generic = match (&entry.header.party, names.customers, names.vendors) {
            (Some(party @ Party::Customer { .. }), Names::Summary, _)
                if !self.stands_for_several(party) =>
            {
                Some(self.customer_for_everybody())
            }
            (Some(Party::Vendor { .. }), _, Names::Summary) => {
                Some(Party::Vendor { name: names.vendor.clone() })
            }
            _ => None,
        };
        entry.header.party = generic.or(entry.header.party);
        if names.inventory == Names::Summary {
            for line in &mut entry.lines {
                // What the book keeps in stock it keeps item by item.
                if let LineKind::Product { taxed, kept: None, .. } = line.kind {
                    line.kind = LineKind::Other { taxed };
                }
            }
        }
        entry
    }
}
