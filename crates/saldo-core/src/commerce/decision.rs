//! What the owner decides, where no channel can say it.
//!
//! Decisions are kept as records, like what channels say: who decided what and when stands there
//! word for word. To take one back is a later version of its record.

use super::event::{Event, Moved};
use super::{Fact, Record, RecordRef};
use crate::issue::{Issue, IssueKind};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::Place;
use crate::text::{ConnectionId, FactId, Stream};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Something that the owner decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The natural key.
    pub id: FactId,
    /// The record of the decision.
    pub source: RecordRef,
    /// What it says.
    #[serde(flatten)]
    pub said: Said,
}

/// The connection whose records are decisions.
pub const OWNER: &str = "owner";

impl Decision {
    /// The stream that decisions stand in.
    pub const STREAM: &str = "decisions";

    /// What the record of a decision says.
    ///
    /// # Errors
    /// An [`Issue`] where this version does not understand it.
    pub fn read(record: &Record) -> Result<Fact, Box<Issue>> {
        let source = record.reference();
        let id = FactId::from(format!("{}/{}", source.connection, source.id));
        match serde_json::from_slice(&record.bytes) {
            Ok(said) => Ok(Fact::Decision(Box::new(Self { id, source, said }))),
            Err(error) => Err(Box::new(Issue {
                kind: IssueKind::UnknownData,
                about: id,
                message: format!("the decision cannot be read: {error}"),
                hint: "use the version of Saldo that it was made with, or a later one".to_owned(),
            })),
        }
    }

    /// The record of a decision of this number, heard when it was last spoken about.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn record(number: u32, said: &Said) -> Result<Record, serde_json::Error> {
        Ok(Record {
            connection: ConnectionId::new(OWNER),
            stream: Stream::new(Self::STREAM),
            id: format!("Decision/{number}"),
            fetched_at: said.taken_back.as_ref().map_or(said.at, |back| back.at),
            bytes: serde_json::to_vec(said)?,
        })
    }

    /// Its number, by which people speak of it.
    #[must_use]
    pub fn number(&self) -> &str {
        self.id.as_str().rsplit('/').next().unwrap_or_default()
    }
}

/// The words of a decision, as its record keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Said {
    /// Who decided.
    pub by: String,
    /// When it was decided.
    pub at: Timestamp,
    /// The books day that it is entered on.
    pub on: Date,
    /// What is decided.
    pub decided: Decided,
    /// Who took it back, if anybody did: then nothing follows from it any more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taken_back: Option<TakenBack>,
}

/// That a decision no longer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TakenBack {
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What can be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Decided {
    /// What is still owed for an order is given up.
    #[serde(rename_all = "kebab-case")]
    WriteOff {
        /// The order that will not be paid.
        order: FactId,
        /// Whether the law lets the merchant take back the tax of what was never paid.
        relieve_tax: bool,
    },
    /// Nothing of an order is entered. The gateway's rows of its money are entered for review.
    #[serde(rename_all = "kebab-case")]
    Exclude {
        /// The order.
        order: FactId,
        /// What the shop calls it: rows of files may know no more of it.
        name: String,
    },
    /// How much of what gift cards paid for an order came from cards that had been given away: the
    /// channel does not say which card paid.
    #[serde(rename_all = "kebab-case")]
    PromotionalUse {
        /// The order.
        order: FactId,
        /// What the shop calls it.
        name: String,
        /// How much, positive.
        amount: Money,
    },
    /// What a bank made of a payout that came in another currency than the books'.
    #[serde(rename_all = "kebab-case")]
    Arrived {
        /// The payout.
        payout: FactId,
        /// What reached the bank, in the currency of the books.
        amount: Money,
    },
    /// What was paid to a supplier for a purchase: before its bill a deposit, afterwards for it.
    #[serde(rename_all = "kebab-case")]
    Paid {
        /// The purchase order.
        purchase: FactId,
        /// What people call it.
        name: String,
        /// How much left the bank, positive.
        amount: Money,
    },
    /// What another currency is worth at the end of the decision's day, the last one of a month.
    #[serde(rename_all = "kebab-case")]
    ClosingRate {
        /// The other currency.
        currency: Currency,
        /// How much of the books' currency one unit of it is worth.
        rate: Decimal,
    },
    /// An entry: what no channel tells, in the words of the policy.
    #[serde(rename_all = "kebab-case")]
    Entry {
        /// A sentence for the reader.
        memo: String,
        /// What is moved where. It balances.
        moves: Vec<Move>,
        /// The day on which all of it is taken back again, as an accrual is in the next month.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reversed_on: Option<Date>,
    },
    /// Something that happened and that no channel tells.
    Event(Event),
}

/// An amount on an account of the policy: debit positive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Move {
    /// Which account.
    pub place: Place,
    /// How much.
    pub amount: Money,
}

impl Decided {
    /// The order that it is about, where it is about one.
    #[must_use]
    pub const fn order(&self) -> Option<&FactId> {
        match self {
            Self::WriteOff { order, .. }
            | Self::Exclude { order, .. }
            | Self::PromotionalUse { order, .. } => Some(order),
            Self::Arrived { .. }
            | Self::Paid { .. }
            | Self::ClosingRate { .. }
            | Self::Entry { .. }
            | Self::Event(_) => None,
        }
    }

    /// What it moves by itself where it is entered on a day; none where it only bears on what else
    /// is told: on an order, a payout, a purchase, or open balances.
    ///
    /// # Errors
    /// Where amounts are of several currencies, or too large.
    pub fn moved(&self, on: Date) -> Result<Option<Moved>, MoneyError> {
        Ok(match self {
            Self::Entry { memo, moves, reversed_on } => Some(Moved {
                memo: memo.clone(),
                moves: moves.clone(),
                reversed_on: *reversed_on,
                is_payment: false,
                payee: None,
            }),
            Self::Event(event) => Some(event.moved(on)?),
            Self::WriteOff { .. }
            | Self::Exclude { .. }
            | Self::PromotionalUse { .. }
            | Self::Arrived { .. }
            | Self::Paid { .. }
            | Self::ClosingRate { .. } => None,
        })
    }

    /// What it is, in a word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::WriteOff { .. } => "write-off",
            Self::Exclude { .. } => "exclude",
            Self::PromotionalUse { .. } => "promotional-use",
            Self::Arrived { .. } => "arrived",
            Self::Paid { .. } => "paid",
            Self::ClosingRate { .. } => "closing-rate",
            Self::Entry { .. } => "entry",
            Self::Event(event) => event.word(),
        }
    }
}
