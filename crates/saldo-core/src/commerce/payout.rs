//! What reaches the bank, and what a bank takes back.

use super::{Gateway, RecordRef};
use crate::money::Money;
use crate::text::FactId;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// How far a payout has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayoutState {
    /// Not yet sent for good.
    Scheduled,
    /// Sent.
    Paid,
    /// Sent, and returned by the bank: a row of [`super::BalanceKind::PayoutReturned`] gives it
    /// back.
    Failed,
    /// Called off before any money moved.
    Cancelled,
    /// Told in ways that contradict each other, as this says: held.
    Contradicted(String),
    /// Anything else: held.
    Unknown(String),
}

/// Money sent by a gateway to the bank (positive), or taken from it (negative).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// Who sent it.
    pub gateway: Gateway,
    /// How far it has come.
    pub state: PayoutState,
    /// The gateway's own calendar date of it.
    pub issued_on: Date,
    /// When the bank had it, where somebody says.
    pub arrived_on: Option<Date>,
    /// How much.
    pub net: Money,
    /// Nobody states how much: `net` is the sum of the rows that are known.
    pub by_rows: bool,
    /// The number by which the bank knows it.
    pub bank_reference: Option<String>,
    /// The time that it settles, where it is a settlement: then its rows are told with it and
    /// never before, and belong to it and their month ever after. None where rows come first, and
    /// a payout takes along what there is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub period: Option<Period>,
}

/// A time that is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends: the last day of the settlement is the books day of this instant.
    pub until: Timestamp,
}

/// What a row of a gateway's balance says of the payout that it was paid out in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidOut {
    /// How far the payout has come.
    pub state: PayoutState,
    /// The gateway's own calendar date of it.
    pub issued_on: Date,
}

/// How a dispute ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeOutcome {
    /// Not yet decided, or an inquiry that took no money.
    Open,
    /// For the merchant: a row of the balance gives the money back.
    Won,
    /// For the buyer.
    Lost,
    /// Anything else: held.
    Unknown(String),
}

/// A payment that a buyer disputes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// The order whose payment is disputed, where it is known.
    pub order: Option<FactId>,
    /// How it ended.
    pub outcome: DisputeOutcome,
    /// When it ended.
    pub finalised_at: Option<Timestamp>,
    /// How much is disputed, positive.
    pub amount: Money,
    /// Why the buyer disputes it, in the vendor's word; none where it tells none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}
