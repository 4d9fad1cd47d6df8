//! A stored entity and how it stands in an answer.

use super::fields::{self, Object};
use super::kind::Kind;
use super::stock::Move;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Whether an entity is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Standing {
    Live,
    Voided,
    Deleted,
}

/// A change of one account by one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Leg {
    /// The account's id.
    pub(super) account: u64,
    /// Minor units, debit positive.
    pub(super) minor: i64,
    /// The customer or vendor, on accounts receivable and payable.
    pub(super) party: Option<u64>,
}

/// What a payment settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Application {
    /// An invoice or a credit memo.
    pub(super) kind: Kind,
    /// Its id.
    pub(super) id: u64,
    /// How much of it, in minor units.
    pub(super) minor: i64,
}

/// A stored entity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Entity {
    pub(super) kind: Kind,
    pub(super) id: u64,
    pub(super) sync_token: u64,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) standing: Standing,
    /// What was written, completed with what the vendor fills in.
    pub(super) body: Object,
    /// How it changes the ledger.
    pub(super) legs: Vec<Leg>,
    /// The same of accounts that are kept in its currency, in that currency, where it is not the
    /// home currency.
    #[serde(default)]
    pub(super) foreign: Vec<(u64, i64)>,
    /// What the vendor enters besides of what units of stock cost: worked out from all that moved
    /// their items.
    #[serde(default)]
    pub(super) cost: Vec<Leg>,
    /// The units of stock that it moves.
    #[serde(default)]
    pub(super) stock: Vec<Move>,
    /// What is not settled yet, in minor units: of invoices, credit memos, bills, vendor
    /// credits and payments.
    pub(super) open: Option<i64>,
    /// What it settles.
    pub(super) applications: Vec<Application>,
    /// Transactions that a deposit takes to the bank.
    pub(super) deposits: Vec<(Kind, u64)>,
    /// Transactions that settle it or take it to the bank.
    pub(super) linked_by: Vec<(Kind, u64)>,
}

impl Entity {
    /// How it changes the ledger, costs of stock included.
    pub(super) fn all_legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.iter().chain(&self.cost)
    }

    /// Whether it is neither deleted nor made inactive.
    pub(super) fn is_active(&self) -> bool {
        self.standing != Standing::Deleted
            && self.body.get("Active").is_none_or(|active| *active != Value::Bool(false))
    }

    /// A text of its body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// The name by which others show it.
    pub(super) fn name(&self) -> &str {
        let fully = self.text("FullyQualifiedName");
        fully.or_else(|| self.text("DisplayName")).or_else(|| self.text("Name")).unwrap_or("")
    }

    /// Its day in the books.
    pub(super) fn date(&self) -> Option<Date> {
        self.text("TxnDate").and_then(|text| text.parse().ok())
    }

    /// Whether a deposit took it to the bank.
    pub(super) fn is_deposited(&self) -> bool {
        self.linked_by.iter().any(|(kind, _)| *kind == Kind::Deposit)
    }

    /// The id of what a property refers to.
    pub(super) fn reference(&self, name: &str) -> Option<u64> {
        let reference = fields::reference(&self.body, name).ok().flatten()?;
        reference.value.parse().ok()
    }

    /// The entity as it stands in an answer, but for balances that the ledger knows.
    pub(super) fn to_json(&self) -> Object {
        let mut answer = self.body.clone();
        answer.insert("Id".to_owned(), json!(self.id.to_string()));
        answer.insert("SyncToken".to_owned(), json!(self.sync_token.to_string()));
        answer.insert("domain".to_owned(), json!("QBO"));
        answer.insert("sparse".to_owned(), json!(false));
        answer.insert("MetaData".to_owned(), meta(self.created, self.updated));
        self.insert_open(&mut answer);
        let links: Vec<Value> = self.linked_by.iter().map(link).collect();
        if !links.is_empty() || self.kind == Kind::Invoice {
            answer.insert("LinkedTxn".to_owned(), Value::Array(links));
        }
        answer
    }

    fn insert_open(&self, answer: &mut Object) {
        let open = fields::money(self.open.unwrap_or(0));
        match self.kind {
            Kind::Invoice
            | Kind::Bill
            | Kind::VendorCredit
            | Kind::SalesReceipt
            | Kind::RefundReceipt => {
                answer.insert("Balance".to_owned(), open);
            }
            Kind::CreditMemo => {
                answer.insert("Balance".to_owned(), open.clone());
                answer.insert("RemainingCredit".to_owned(), open);
            }
            Kind::Payment => {
                answer.insert("UnappliedAmt".to_owned(), open);
            }
            _ => {}
        }
    }

    /// What is left of it after deletion, as change data capture shows it.
    pub(super) fn tombstone(&self) -> Value {
        json!({
            "Id": self.id.to_string(),
            "domain": "QBO",
            "status": "Deleted",
            "MetaData": { "LastUpdatedTime": instant(self.updated) },
        })
    }
}

fn link(other: &(Kind, u64)) -> Value {
    json!({ "TxnId": other.1.to_string(), "TxnType": other.0.name() })
}

/// When an entity was created and changed.
pub(super) fn meta(created: Timestamp, updated: Timestamp) -> Value {
    json!({ "CreateTime": instant(created), "LastUpdatedTime": instant(updated) })
}

/// An instant as the vendor writes it: seconds, with the offset of its own zone.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// An instant with milliseconds, as it stands beside an answer.
pub(super) fn answered_at(at: Timestamp) -> String {
    at.to_zoned(zone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// The day on the vendor's server.
pub(super) fn server_date(at: Timestamp) -> Date {
    at.to_zoned(zone()).date()
}

/// The zone of the vendor's servers; without its rules, winter time the whole year.
fn zone() -> TimeZone {
    TimeZone::get("America/Los_Angeles").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(-8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_carry_the_offset_of_the_servers() {
        let winter: Timestamp = "2026-11-20T18:30:00.25Z".parse().unwrap();
        assert_eq!(instant(winter), "2026-11-20T10:30:00-08:00");
        assert_eq!(answered_at(winter), "2026-11-20T10:30:00.250-08:00");
        let summer: Timestamp = "2026-07-01T03:00:00Z".parse().unwrap();
        assert_eq!(instant(summer), "2026-06-30T20:00:00-07:00");
        assert_eq!(server_date(summer).to_string(), "2026-06-30");
    }
}
