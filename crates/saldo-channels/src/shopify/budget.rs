//! What questions cost, and what is left to pay with.
//!
//! Shopify gives each app and shop a bucket of points that fills by a fixed rate. A question is
//! refused unless the bucket holds what was *requested*; what it did not use is given back.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The most points that a single question may request is 1,000; page sizes aim a little below.
const AIM_POINTS: u32 = 900;
/// How long to wait where a refusal does not say what is left.
const BLIND_WAIT: Duration = Duration::from_secs(2);

/// The questions that are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Question {
    Shop,
    AccessScopes,
    OrdersCount,
    Orders,
    OrderRest,
    BulkStart,
    BulkStatus,
    Payouts,
    Disputes,
    BalanceTransactions,
    Goods,
    GoodsOfOrder,
    InventoryItems,
    GiftCards,
    OrdersOfDays,
    SalesOfDays,
    StoreCredit,
    CompanyCredit,
    OnHand,
    Drawers,
}

impl Question {
    /// What is asked for, as it stands in messages.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Shop => "the shop's name",
            Self::AccessScopes => "the app's access scopes",
            Self::OrdersCount => "the number of orders",
            Self::Orders => "orders",
            Self::OrderRest => "the rest of an order",
            Self::BulkStart => "the start of a bulk operation",
            Self::BulkStatus => "the state of a bulk operation",
            Self::Payouts => "payouts",
            Self::Disputes => "disputes",
            Self::BalanceTransactions => "balance transactions",
            Self::Goods => "fulfilments",
            Self::GoodsOfOrder => "the fulfilments of an order",
            Self::InventoryItems => "unit costs",
            Self::GiftCards => "gift cards",
            Self::OrdersOfDays => "the number of orders of each day",
            Self::SalesOfDays => "the sales of each day",
            Self::StoreCredit => "store credit",
            Self::CompanyCredit => "store credit of companies",
            Self::OnHand => "units on hand",
            Self::Drawers => "cash drawers",
        }
    }

    /// The access scopes that the answer needs.
    pub(super) const fn scopes(self) -> &'static str {
        match self {
            Self::Shop | Self::AccessScopes => "any scope",
            Self::OrdersCount
            | Self::OrdersOfDays
            | Self::Orders
            | Self::OrderRest
            | Self::BulkStart
            | Self::BulkStatus => "`read_orders`, `read_all_orders` and `read_customers`",
            Self::Payouts | Self::BalanceTransactions => {
                "`read_shopify_payments_payouts` and `read_shopify_payments_accounts`"
            }
            Self::InventoryItems | Self::OnHand => "`read_inventory` and `read_products`",
            Self::GiftCards => "`read_gift_cards` and `read_orders`",
            Self::SalesOfDays => "`read_reports` and all of the customers' protected data",
            Self::StoreCredit => "`read_customers` and `read_store_credit_accounts`",
            Self::CompanyCredit => "`read_companies` and `read_store_credit_accounts`",
            Self::Drawers => "`read_cash_tracking` and `read_locations`",
            Self::Goods | Self::GoodsOfOrder => {
                "`read_orders`, `read_all_orders`, `read_fulfillments` and `read_products`"
            }
            Self::Disputes => {
                "`read_shopify_payments_disputes` and `read_shopify_payments_accounts`"
            }
        }
    }
}

/// What an answer says about its cost, in whole points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// What the question requested.
    pub(super) requested: u32,
    /// What was left afterwards.
    pub(super) bucket: Option<Bucket>,
}

impl Cost {
    /// How long until the bucket holds what was requested.
    pub(super) fn wait(cost: Option<Self>) -> Duration {
        let computed = cost.and_then(|cost| {
            let bucket = cost.bucket?;
            bucket.seconds_until(cost.requested).map(|seconds| Duration::from_secs(seconds.max(1)))
        });
        computed.unwrap_or(BLIND_WAIT)
    }
}

/// A bucket of points, as an answer shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bucket {
    /// How many points it holds when full.
    pub(super) maximum: u32,
    /// How many it held.
    pub(super) available: u32,
    /// How many it gains a second.
    pub(super) restore_rate: u32,
}

impl Bucket {
    /// Whole seconds until it holds `points`, or as many as it can; none where it never fills.
    fn seconds_until(self, points: u32) -> Option<u64> {
        let missing = points.min(self.maximum).saturating_sub(self.available);
        match self.restore_rate {
            _ if missing == 0 => Some(0),
            0 => None,
            rate => Some(u64::from(missing.div_ceil(rate))),
        }
    }
}

/// What is remembered of costs from one question to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Budget {
    /// What each question last requested.
    costs: BTreeMap<Question, u32>,
    /// The bucket, and when it was seen so.
    bucket: Option<(Bucket, Timestamp)>,
}

impl Budget {
    /// How many points the bucket gains a second, where an answer has shown it.
    pub(super) fn restore_rate(&self) -> Option<u32> {
        self.bucket.map(|(bucket, _)| bucket.restore_rate)
    }

    /// Remembers what an answer said.
    pub(super) fn learn(&mut self, question: Question, cost: Option<Cost>, now: Timestamp) {
        let Some(cost) = cost else { return };
        self.costs.insert(question, cost.requested);
        if let Some(bucket) = cost.bucket {
            self.bucket = Some((bucket, now));
        }
    }

    /// Expects a question to cost in proportion, now that its page size changes.
    pub(super) fn rescale(&mut self, question: Question, from: u32, to: u32) {
        if let Some(cost) = self.costs.get_mut(&question) {
            let scaled = u64::from(*cost) * u64::from(to) / u64::from(from.max(1));
            *cost = u32::try_from(scaled).unwrap_or(u32::MAX);
        }
    }

    /// When a question can be paid for; none where it can be asked now.
    pub(super) fn ready_at(&self, question: Question, now: Timestamp) -> Option<Timestamp> {
        // A bucket seen later than now was seen by a clock that was ahead: it has filled since.
        let (bucket, seen_at) = self.bucket.filter(|(_, seen_at)| *seen_at <= now)?;
        let seconds = bucket.seconds_until(*self.costs.get(&question)?)?;
        let wait = SignedDuration::from_secs(i64::try_from(seconds).ok()?);
        seen_at.checked_add(wait).ok().filter(|ready| *ready > now)
    }
}

/// The page size whose cost comes near the limit, given what a page of this size requested.
pub(super) fn fitting(page: u32, cost: Option<Cost>, largest: u32) -> u32 {
    match cost.map(|cost| u64::from(cost.requested)) {
        None | Some(0) => page,
        Some(requested) => {
            let fits = u64::from(page) * u64::from(AIM_POINTS) / requested;
            u32::try_from(fits).unwrap_or(largest).clamp(1, largest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Bucket = Bucket { maximum: 2000, available: 150, restore_rate: 100 };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_wait_is_computed_from_the_bucket() {
        let cases = [
            (900, Some(BUCKET), 8),
            (150, Some(BUCKET), 1),
            (9_000, Some(BUCKET), 19),
            (900, Some(Bucket { restore_rate: 0, ..BUCKET }), 2),
            (900, None, 2),
        ];
        for (requested, bucket, seconds) in cases {
            let wait = Cost::wait(Some(Cost { requested, bucket }));
            assert_eq!(wait, Duration::from_secs(seconds), "{requested} {bucket:?}");
        }
        assert_eq!(Cost::wait(None), BLIND_WAIT);
    }

    #[test]
    fn an_empty_bucket_delays_the_question_that_it_cannot_pay() {
        let mut budget = Budget::default();
        let seen = at("2026-11-01T10:00:00Z");
        let now = at("2026-11-01T10:00:02Z");
        assert_eq!(budget.ready_at(Question::Orders, seen), None);
        let cost = Cost { requested: 900, bucket: Some(BUCKET) };
        budget.learn(Question::Orders, Some(cost), seen);
        assert_eq!(budget.ready_at(Question::Orders, now), Some(at("2026-11-01T10:00:08Z")));
        assert_eq!(budget.ready_at(Question::Orders, at("2026-11-01T10:00:08Z")), None);
        assert_eq!(budget.ready_at(Question::Payouts, now), None);
    }

    #[test]
    fn a_larger_page_is_expected_to_cost_more() {
        let mut budget = Budget::default();
        let seen = at("2026-11-01T10:00:00Z");
        budget.learn(Question::Orders, Some(Cost { requested: 100, bucket: Some(BUCKET) }), seen);
        assert_eq!(budget.ready_at(Question::Orders, seen), None);
        budget.rescale(Question::Orders, 5, 45);
        assert_eq!(budget.ready_at(Question::Orders, seen), Some(at("2026-11-01T10:00:08Z")));
    }

    #[test]
    fn pages_grow_and_shrink_with_what_they_cost() {
        let cost = |requested| Some(Cost { requested, bucket: None });
        assert_eq!(fitting(5, cost(450), 50), 10);
        assert_eq!(fitting(5, cost(1_800), 50), 2);
        assert_eq!(fitting(5, cost(10), 50), 50);
        assert_eq!(fitting(1, cost(5_000), 50), 1);
        assert_eq!(fitting(5, None, 50), 5);
    }
}
