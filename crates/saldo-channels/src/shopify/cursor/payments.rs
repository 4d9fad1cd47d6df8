//! Where a pull of payouts, disputes and rows of the balance stands.

use super::{Bulk, Listing, Rest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Payouts, or disputes: what is dated once and changes its state later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct WatchState {
    /// How many a question asks for.
    pub(in crate::shopify) page: u32,
    /// The date of the oldest whose state may still change.
    pub(in crate::shopify) oldest_open: Option<Timestamp>,
    pub(in crate::shopify) step: WatchStep,
}

impl Default for WatchState {
    fn default() -> Self {
        Self { page: 50, oldest_open: None, step: WatchStep::Rest(Rest::default()) }
    }
}

/// How far a pull of payouts or disputes has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::shopify) enum WatchStep {
    /// Nothing is under way.
    Rest(Rest),
    /// They are listed.
    Listing(Watch),
}

/// A listing of payouts or disputes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct Watch {
    /// When the window's first question was asked.
    pub(in crate::shopify) began: Timestamp,
    /// The date of the oldest one listed so far whose state may still change.
    pub(in crate::shopify) oldest_open: Option<Timestamp>,
    pub(in crate::shopify) listing: Listing,
}

/// Balance transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct RowsState {
    /// How many payouts a question asks for.
    pub(in crate::shopify) payouts_page: u32,
    /// How many rows a question asks for.
    pub(in crate::shopify) rows_page: u32,
    /// The payouts that may still change, or are listed again for other reasons, by number, as they
    /// were when their rows were last read.
    pub(in crate::shopify) seen: BTreeMap<String, SeenPayout>,
    pub(in crate::shopify) step: RowsStep,
}

impl Default for RowsState {
    fn default() -> Self {
        Self {
            payouts_page: 50,
            rows_page: 100,
            seen: BTreeMap::new(),
            step: RowsStep::Rest(Rest::default()),
        }
    }
}

/// A payout as it was when its rows were last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct SeenPayout {
    /// When it was issued.
    pub(in crate::shopify) issued_at: Timestamp,
    /// The vendor's word for its state.
    pub(in crate::shopify) status: String,
    /// Its amount, as text.
    pub(in crate::shopify) net: String,
}

/// How far a pull of balance transactions has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::shopify) enum RowsStep {
    /// Nothing is under way.
    Rest(Rest),
    /// Payouts are listed, and the rows of those that changed are read.
    Payouts(PayoutScan),
    /// What is new in the balance is listed by date.
    Recent {
        /// When the pull's first question was asked.
        began: Timestamp,
        listing: Listing,
        /// Whether a bulk operation failed, so that it is listed to its end.
        to_its_end: bool,
    },
    /// The rest of what is new in the balance comes by a bulk operation.
    Bulk(Bulk),
}

/// A listing of payouts whose rows may have to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct PayoutScan {
    /// When the pull's first question was asked.
    pub(in crate::shopify) began: Timestamp,
    /// Where what is new begins, to be listed afterwards.
    pub(in crate::shopify) recent_from: Timestamp,
    /// In a first pull, only rows before this are read by payout: the others follow by date.
    pub(in crate::shopify) rows_before: Option<Timestamp>,
    /// Where the listing of payouts stands; none once all are listed.
    pub(in crate::shopify) payouts: Option<Listing>,
    /// Payouts whose rows are to be read, by number; the last one is next.
    pub(in crate::shopify) changed: Vec<(String, SeenPayout)>,
    /// Where the rows of that payout stand.
    pub(in crate::shopify) rows: Listing,
}
