//! What the company file keeps: list elements, and transactions with their share of the ledger.

use super::element::Element;
use super::kind::Kind;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Ids of list elements begin here; those of transactions at nought.
const LIST_IDS: u64 = 0x8000_0000;

/// Whether a record is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Standing {
    Live,
    Voided,
    Deleted,
}

/// A change of one account by one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Leg {
    /// The number of the account's record.
    pub(super) account: u64,
    /// Cents, debit positive.
    pub(super) minor: i64,
    /// The customer or vendor, on accounts receivable and payable.
    pub(super) name: Option<u64>,
    /// The class of the line.
    pub(super) class: Option<u64>,
    /// The same in hundredths of the currency that the account is kept in, where that is another
    /// one than the company's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) foreign: Option<i64>,
}

impl Leg {
    /// A change of an account.
    pub(super) fn new(account: u64, minor: i64) -> Self {
        Self { account, minor, name: None, class: None, foreign: None }
    }

    /// A change that concerns somebody.
    pub(super) fn of(self, name: Option<u64>) -> Self {
        Self { name, ..self }
    }

    /// A change that bears a class.
    pub(super) fn in_class(self, class: Option<u64>) -> Self {
        Self { class, ..self }
    }
}

/// Goods that come in or go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Movement {
    /// The number of the item's record.
    pub(super) item: u64,
    /// How many come in.
    pub(super) quantity: Decimal,
    /// What they are worth, in cents.
    pub(super) minor: i64,
    /// How much more than was taken for it the units cost that were sold before these came in, in
    /// cents.
    pub(super) corrected: i64,
    /// The item's account of what is in stock, by the number of its record.
    pub(super) asset: u64,
    /// The item's account of what sold units cost.
    pub(super) cost: u64,
    /// The account that takes their worth at their average cost; none where lines of the
    /// transaction say what they are worth.
    pub(super) against: Option<u64>,
    /// The class of the line.
    pub(super) class: Option<u64>,
}

/// How many came in of a line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fulfilment {
    /// The number of the order's record.
    pub(super) order: u64,
    /// The id of its line.
    pub(super) line: String,
    /// How many units.
    pub(super) quantity: Decimal,
}

/// A credit that settles a debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Application {
    /// The payment or credit: the number of its record.
    pub(super) credit: u64,
    /// The invoice, the bill, or the credit that is paid out.
    pub(super) debt: u64,
    /// How much of both, in cents.
    pub(super) minor: i64,
    /// How much of the debt is let go beside, in cents.
    pub(super) discount: i64,
}

/// A stored list element or transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) kind: Kind,
    /// Its place among all that was ever stored.
    pub(super) number: u64,
    /// For transactions: their place among these.
    pub(super) txn_number: u64,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) standing: Standing,
    /// What is shown, but for what can be worked out.
    pub(super) body: Element,
    /// How its lines change the ledger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) legs: Vec<Leg>,
    /// How it changes what is in stock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) movements: Vec<Movement>,
    /// What could be settled of it, or used of it to settle others, in cents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) settles: Option<i64>,
    /// What it settled when it was entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) applications: Vec<Application>,
    /// The numbers of what it takes to the bank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) deposits: Vec<u64>,
    /// What it fulfils of orders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) fulfils: Vec<Fulfilment>,
}

impl Record {
    /// Its id as requests have it: `ListID` or `TxnID`.
    pub(super) fn id(&self) -> String {
        let base = if self.kind.is_transaction() { 0 } else { LIST_IDS };
        format!("{:X}-{}", base + self.number, self.created.as_second())
    }

    /// The number that an id names, wherever the id came from.
    pub(super) fn number_in(id: &str) -> Option<u64> {
        let (number, _) = id.split_once('-')?;
        let number = u64::from_str_radix(number, 16).ok()?;
        Some(number.checked_sub(LIST_IDS).unwrap_or(number))
    }

    /// The sequence with which a change must be asked for.
    pub(super) fn edit_sequence(&self) -> String {
        self.modified.as_second().to_string()
    }

    /// Whether it is neither deleted nor made inactive.
    pub(super) fn is_active(&self) -> bool {
        self.standing != Standing::Deleted && self.body.text_of("IsActive") != Some("false")
    }

    /// The items of which it moves units.
    pub(super) fn items_moved(&self) -> BTreeSet<u64> {
        self.movements.iter().map(|movement| movement.item).collect()
    }

    /// A text of its body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.text_of(name)
    }

    /// The name by which others refer to it: with its parents', joined by colons.
    pub(super) fn full_name(&self) -> &str {
        self.text("FullName").or_else(|| self.text("Name")).unwrap_or("")
    }

    /// Its day in the books.
    pub(super) fn date(&self) -> Option<Date> {
        self.text("TxnDate").and_then(|text| text.parse().ok())
    }

    /// How it changes the ledger, by its lines and by what the program enters for goods.
    pub(super) fn all_legs(&self) -> impl Iterator<Item = Leg> {
        let moved = self.movements.iter().flat_map(Movement::legs);
        self.legs.iter().copied().chain(moved)
    }

    /// Whether it counts: it is there and was not voided.
    pub(super) fn counts(&self) -> bool {
        self.standing == Standing::Live
    }
}
