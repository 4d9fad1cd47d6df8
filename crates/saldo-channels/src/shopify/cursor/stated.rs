//! Where a pull of what the shop says of itself stands.

use super::{Bulk, COUNTED_AGAIN, Listing, Rest, earlier};
use crate::shopify::wire::Gid;
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::channel::ChannelContext;
use serde::{Deserialize, Serialize};

/// What is left on gift cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct GiftCardsState {
    /// How many cards a question asks for.
    pub(in crate::shopify) page: u32,
    pub(in crate::shopify) step: GiftCardsStep,
}

impl Default for GiftCardsState {
    fn default() -> Self {
        Self { page: 100, step: GiftCardsStep::Rest(Rest::default()) }
    }
}

/// How far a pull of gift cards has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::shopify) enum GiftCardsStep {
    /// Nothing is under way.
    Rest(Rest),
    /// Cards are listed.
    Listing(GiftCardsListing),
}

/// A listing of gift cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct GiftCardsListing {
    /// When the window's first question was asked.
    pub(in crate::shopify) began: Timestamp,
    /// Only what changed since then, the latest first; none for all, by their ids.
    pub(in crate::shopify) since: Option<Timestamp>,
    /// The vendor's cursor of the last page.
    pub(in crate::shopify) after: Option<String>,
    /// The last card of it.
    pub(in crate::shopify) last: Option<Gid>,
    /// How many cards were heard.
    pub(in crate::shopify) heard: u32,
}

impl GiftCardsListing {
    pub(in crate::shopify) const fn new(began: Timestamp, since: Option<Timestamp>) -> Self {
        Self { began, since, after: None, last: None, heard: 0 }
    }
}

/// How many orders the shop counts on each day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct DaysState {
    pub(in crate::shopify) step: DaysStep,
}

/// How far a pull of counted days has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::shopify) enum DaysStep {
    /// Nothing is under way.
    Rest(Rest),
    /// Days are counted, some at a time.
    Listing(DaysListing),
}

impl Default for DaysStep {
    fn default() -> Self {
        Self::Rest(Rest::default())
    }
}

/// A listing of counted days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct DaysListing {
    /// When the window's first question was asked.
    pub(in crate::shopify) began: Timestamp,
    /// The day that is counted next.
    pub(in crate::shopify) next: Date,
}

impl DaysListing {
    /// The days to count when a pull begins: all of them first, later the last ones again.
    pub(in crate::shopify) fn new(rest: Rest, began: Timestamp, context: &ChannelContext) -> Self {
        let day = |instant: Timestamp| instant.to_zoned(context.zone.clone()).date();
        let again = rest.heard_until.map(|heard| day(earlier(heard, COUNTED_AGAIN)));
        let first = day(context.since);
        Self { began, next: again.map_or(first, |again| again.max(first)) }
    }
}

/// Cash drawers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct DrawersState {
    /// How many sessions a question asks for.
    pub(in crate::shopify) page: u32,
    pub(in crate::shopify) step: DrawersStep,
}

impl Default for DrawersState {
    fn default() -> Self {
        Self { page: 10, step: DrawersStep::Rest(Rest::default()) }
    }
}

/// How far a pull of drawers has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::shopify) enum DrawersStep {
    /// Nothing is under way.
    Rest(Rest),
    /// Sessions are listed by when they were closed.
    Listing {
        /// When the window's first question was asked.
        began: Timestamp,
        listing: Listing,
    },
}

/// Things that are told anew each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct SweepState {
    /// How many of them a question asks for.
    pub(in crate::shopify) page: u32,
    pub(in crate::shopify) step: SweepStep,
}

impl Default for SweepState {
    fn default() -> Self {
        Self { page: 30, step: SweepStep::Rest(Rest::default()) }
    }
}

/// How far a pull of such things has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::shopify) enum SweepStep {
    /// Nothing is under way.
    Rest(Rest),
    /// They are listed by their ids.
    Listing(SweepListing),
    /// All of them come by a bulk operation.
    Bulk(Bulk),
}

/// A listing of such things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::shopify) struct SweepListing {
    /// When the first question was asked.
    pub(in crate::shopify) began: Timestamp,
    /// The number in the id of the last one.
    pub(in crate::shopify) last: Option<u64>,
    /// How many were heard.
    pub(in crate::shopify) heard: u32,
    /// Whether a bulk operation failed, so that they are listed to their end.
    pub(in crate::shopify) to_its_end: bool,
}

impl SweepListing {
    pub(in crate::shopify) const fn new(began: Timestamp) -> Self {
        Self { began, last: None, heard: 0, to_its_end: false }
    }
}
