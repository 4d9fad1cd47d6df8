//! Where a pull stands, as it is stored with each page.
//!
//! Each kind of stream has its own small state; all are wrapped in [`Saved`] with the version of
//! the form. A state that rests names the instant up to which everything has been heard.

mod payments;
mod stated;

pub(super) use payments::{
    PayoutScan, RowsState, RowsStep, SeenPayout, Watch, WatchState, WatchStep,
};
pub(super) use stated::{
    DaysListing, DaysState, DaysStep, DrawersState, DrawersStep, GiftCardsListing, GiftCardsState,
    GiftCardsStep, SweepListing, SweepState, SweepStep,
};

use super::budget::Budget;
use jiff::{SignedDuration, Timestamp};
use saldo_core::channel::Cursor;
use saldo_core::exchange::{Fault, Permit};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of the stored form.
const VERSION: u32 = 1;
/// How far a window reaches back over the one before: what happens is visible to a search only some
/// time later.
pub(super) const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// A stream that came to its end this short ago has no more to say: the pull is over.
pub(super) const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// How far back days are counted again: an order may be told of a day that is over.
const COUNTED_AGAIN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many objects of one listing are read before it begins anew at the last one's date. (The
/// vendor shows no more than 25,000.)
pub(super) const LISTING_LIMIT: u32 = 20_000;

/// What is stored of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved<State> {
    v: u32,
    pub(super) budget: Budget,
    pub(super) state: State,
}

impl<State: Default + Serialize + DeserializeOwned> Saved<State> {
    /// Reads a cursor; without one, the state of a stream that was never pulled.
    pub(super) fn load(cursor: Option<&Cursor>) -> Result<Self, Fault> {
        let Some(cursor) = cursor else {
            return Ok(Self { v: VERSION, budget: Budget::default(), state: State::default() });
        };
        let unreadable =
            |why: String| Fault::new(Permit::Never, format!("the cursor cannot be read: {why}"));
        let saved: Self =
            serde_json::from_str(&cursor.0).map_err(|error| unreadable(error.to_string()))?;
        if saved.v != VERSION {
            return Err(unreadable(format!("it has version {}, not {VERSION}", saved.v)));
        }
        Ok(saved)
    }

    /// The cursor to be stored.
    pub(super) fn store(&self) -> Result<Cursor, Fault> {
        let text = serde_json::to_string(self).map_err(|error| {
            Fault::new(Permit::Never, format!("the cursor cannot be written: {error}"))
        })?;
        Ok(Cursor(text))
    }
}

/// A stream between two pulls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rest {
    /// Everything that happened up to here has been heard; none where the stream is new.
    pub(super) heard_until: Option<Timestamp>,
    /// When the last pull came to its end.
    pub(super) finished_at: Option<Timestamp>,
}

impl Rest {
    /// A pull that began then has come to its end.
    pub(super) fn after(began: Timestamp, now: Timestamp) -> Self {
        Self { heard_until: Some(earlier(began, OVERLAP)), finished_at: Some(now) }
    }

    /// Whether the pull that is asked to go on is the one that has just come to its end. One that
    /// ended later than now did so by a clock that was ahead, and was set back since.
    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.finished_at.is_some_and(|finished| finished <= now && now < later(finished, PAUSE))
    }
}

/// An instant so much before another, as far back as time goes.
pub(super) fn earlier(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// An instant so much after another, as far as time goes.
pub(super) fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Where a listing by date stands. Where it grows too long it begins anew at the last date seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    /// Nothing before this is listed; none where the filter has another ground.
    pub(super) from: Option<Timestamp>,
    /// The vendor's cursor of the last page.
    pub(super) after: Option<String>,
    /// How many objects were listed from `from` on.
    pub(super) heard: u32,
}

impl Listing {
    pub(super) const fn new(from: Option<Timestamp>) -> Self {
        Self { from, after: None, heard: 0 }
    }

    /// The listing after a page of `count` objects whose last is dated `last`; none where that page
    /// was the last.
    ///
    /// # Errors
    /// Where so many objects have the same date that no window can part them.
    pub(super) fn next(
        &self,
        end: Option<String>,
        count: usize,
        last: Option<Timestamp>,
    ) -> Result<Option<Self>, Fault> {
        let Some(end) = end else { return Ok(None) };
        let heard = self.heard.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if heard < LISTING_LIMIT {
            return Ok(Some(Self { from: self.from, after: Some(end), heard }));
        }
        match last {
            Some(last) if self.from.is_none_or(|from| last > from) => {
                Ok(Some(Self::new(Some(last))))
            }
            _ => Err(Fault::new(
                Permit::Never,
                format!("more than {LISTING_LIMIT} objects have one date: they cannot be listed"),
            )),
        }
    }
}

/// Orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrdersState {
    pub(super) pages: OrderPages,
    pub(super) step: OrdersStep,
}

/// How many things of each kind one question about orders asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrderPages {
    /// Orders in a listing.
    pub(super) orders: u32,
    /// Agreements of each order.
    pub(super) agreements: u32,
    /// Sales of each agreement.
    pub(super) sales: u32,
    /// Sales, where one agreement alone is asked for.
    pub(super) more_sales: u32,
}

impl Default for OrderPages {
    fn default() -> Self {
        Self { orders: 5, agreements: 2, sales: 5, more_sales: 40 }
    }
}

/// How far a pull of orders has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OrdersStep {
    /// Nothing is under way. The first question is how many orders changed, or what may be read.
    Rest(Rest),
    /// The scopes reach far enough back; the orders are to be counted.
    Count {
        /// Where the window begins.
        from: Timestamp,
    },
    /// Orders are listed a few at a time.
    Paged(Paged),
    /// Orders come by a bulk operation.
    Bulk(Bulk),
}

impl Default for OrdersStep {
    fn default() -> Self {
        Self::Rest(Rest::default())
    }
}

/// A listing of orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Paged {
    /// When the window's first question was asked.
    pub(super) began: Timestamp,
    /// Where the listing stands; none once all is listed.
    pub(super) listing: Option<Listing>,
    /// Orders that were not heard whole, to be finished first.
    pub(super) unfinished: Vec<Unfinished>,
}

impl Paged {
    pub(super) const fn new(began: Timestamp, from: Timestamp) -> Self {
        Self { began, listing: Some(Listing::new(Some(from))), unfinished: Vec::new() }
    }
}

/// An order of which more is to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// The order's global id.
    pub(super) id: String,
    /// What was heard, verbatim: the order, then each further piece.
    pub(super) lines: Vec<String>,
    /// What is missing.
    pub(super) open: Vec<Open>,
}

/// A nested list that did not fit its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Open {
    /// More agreements, after this one.
    Agreements {
        /// The vendor's cursor.
        after: String,
    },
    /// More sales of one agreement.
    Sales {
        /// The vendor's cursor of the agreement before it; none where it is the first.
        agreement_after: Option<String>,
        /// The vendor's cursor of the last sale heard.
        after: String,
    },
}

/// What units cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CostsState {
    /// How many items a question asks for.
    pub(super) page: u32,
    pub(super) step: CostsStep,
}

impl Default for CostsState {
    fn default() -> Self {
        Self { page: 50, step: CostsStep::Rest(Rest::default()) }
    }
}

/// How far a pull of unit costs has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CostsStep {
    /// Nothing is under way.
    Rest(Rest),
    /// Items are listed by their ids.
    Listing(CostsListing),
}

/// A listing of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CostsListing {
    /// When the window's first question was asked.
    pub(super) began: Timestamp,
    /// Only what changed since then; none for all.
    pub(super) from: Option<Timestamp>,
    /// The number in the id of the last one.
    pub(super) after: Option<u64>,
}

/// What was handed over for orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GoodsState {
    /// How many orders a question asks for.
    pub(super) page: u32,
    pub(super) step: GoodsStep,
}

impl Default for GoodsState {
    fn default() -> Self {
        Self { page: 10, step: GoodsStep::Rest(Rest::default()) }
    }
}

/// How far a pull of what was handed over has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum GoodsStep {
    /// Nothing is under way.
    Rest(Rest),
    /// Orders are listed with their parcels.
    Listing(GoodsListing),
}

/// A listing of orders with their parcels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GoodsListing {
    /// When the window's first question was asked.
    pub(super) began: Timestamp,
    /// Where the listing stands; none once all is listed.
    pub(super) listing: Option<Listing>,
    /// Orders that did not fit, by global id, to be asked for alone; each with how many of
    /// [`GOODS_SHAPES`] it did not fit either.
    pub(super) unfinished: Vec<(String, usize)>,
}

/// How much of an order's goods one question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GoodsShape {
    /// Parcels.
    pub(super) parcels: u32,
    /// Refunds.
    pub(super) refunds: u32,
    /// Lines of each parcel and refund.
    pub(super) items: u32,
}

impl GoodsShape {
    /// In a listing: what most orders have. A list that is full may go on, so that this is one
    /// parcel and no refund.
    pub(super) const OF_A_LISTING: Self = Self { parcels: 2, refunds: 1, items: 4 };
}

/// What is asked of an order alone, one after the other until it fits: a few large parcels, one
/// very large one, many small ones. Each costs less than the most that a question may. The last one
/// has the longest lists, so that a list which is cut all the same is known by its length.
pub(super) const GOODS_SHAPES: [GoodsShape; 3] = [
    GoodsShape { parcels: 5, refunds: 4, items: 30 },
    GoodsShape { parcels: 2, refunds: 1, items: 95 },
    GoodsShape { parcels: 35, refunds: 15, items: 5 },
];

/// A bulk operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bulk {
    /// When the window's first question was asked.
    pub(super) began: Timestamp,
    /// Where the window begins.
    pub(super) from: Timestamp,
    /// Whether it does without what the shop may keep from the app: who buyers are, and where in a
    /// country goods go to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) without_places: bool,
    /// How far it has come.
    pub(super) stage: BulkStage,
}

/// How far a bulk operation has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BulkStage {
    /// It is to be started.
    Starting,
    /// It runs.
    Polling {
        /// Its global id.
        operation: String,
        /// When to look next.
        next_at: Timestamp,
        /// How long the last wait was.
        wait_seconds: u32,
    },
    /// It is done; the download is heard slice by slice.
    Slicing(Slicing),
}

/// A download that is heard slice by slice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slicing {
    /// Where the download lies.
    pub(super) url: String,
    /// How many bytes it has, where the vendor says so.
    pub(super) bytes: Option<u64>,
    /// How many lines it has, where the vendor says so.
    pub(super) lines: Option<u64>,
    /// Where the next slice begins.
    pub(super) offset: u64,
    /// How many lines were heard.
    pub(super) heard: u64,
}
