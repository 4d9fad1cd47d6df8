//! A stored entity.

use super::fields::{self, Object};
use super::kind::Kind;
use super::stock::Move;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change of one account by one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Leg {
    /// The account's place on its shelf.
    pub(super) account: u64,
    /// Minor units of the base currency, debit positive.
    pub(super) minor: i64,
}

/// How much of an invoice or a credit note is settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settlement {
    /// By payments, in minor units of the document's currency.
    pub(super) paid: i64,
    /// By allocations, in minor units of the document's currency.
    pub(super) allocated: i64,
    /// What stands on the control account for it, in minor units of the base currency, no sign.
    pub(super) base: i64,
    /// How much of that was taken off again.
    pub(super) relieved: i64,
    /// Payments of it.
    pub(super) payments: Vec<u64>,
    /// On which day nothing was left.
    pub(super) fully_paid: Option<Date>,
}

/// A credit note's part that settles an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Allocation {
    pub(super) id: String,
    /// The invoice's place on its shelf.
    pub(super) invoice: u64,
    /// Minor units of the documents' currency.
    pub(super) minor: i64,
    pub(super) date: Date,
}

/// A line of an entity's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) at: Timestamp,
    pub(super) changes: String,
    pub(super) details: String,
}

/// A stored entity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entity {
    pub(super) kind: Kind,
    /// Its place on its shelf: later ones come after earlier ones.
    pub(super) place: u64,
    pub(super) id: String,
    pub(super) updated: Timestamp,
    /// What was written, completed with what the vendor fills in. Days as `2026-11-20`.
    pub(super) body: Object,
    /// How it changes the ledger.
    pub(super) legs: Vec<Leg>,
    /// What it comes to, in minor units of its own currency; zero where it has no total.
    pub(super) total: i64,
    /// Of invoices and credit notes.
    pub(super) settlement: Settlement,
    /// Of credit notes.
    pub(super) allocations: Vec<Allocation>,
    /// Of payments: what they settle.
    pub(super) settles: Option<(Kind, u64)>,
    pub(super) history: Vec<Note>,
    /// What it does to tracked items.
    #[serde(default)]
    pub(super) moves: Vec<Move>,
    /// Files at it.
    #[serde(default)]
    pub(super) files: Vec<File>,
}

/// A file at an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) content: String,
}

impl Entity {
    /// A text of its body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// A text of its body; empty where it has none.
    pub(super) fn word(&self, name: &str) -> &str {
        self.text(name).unwrap_or("")
    }

    /// Its day in the books.
    pub(super) fn date(&self) -> Option<Date> {
        self.text("Date").and_then(fields::parse_date)
    }

    /// What is not settled yet, in minor units of its own currency.
    pub(super) fn due(&self) -> i64 {
        self.total - self.settlement.paid - self.settlement.allocated
    }

    /// Sets a text of its body.
    pub(super) fn set(&mut self, name: &str, text: &str) {
        self.body.insert(name.to_owned(), Value::String(text.to_owned()));
    }
}
