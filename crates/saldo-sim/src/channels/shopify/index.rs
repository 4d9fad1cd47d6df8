//! The search index, which lags behind what it indexes.

use crate::world::{Chance, Order};
use jiff::{SignedDuration, Timestamp};

/// The longest that a change needs to reach the index, in seconds.
pub(super) const LONGEST_LAG_SECONDS: u64 = 90;

/// When an order last changed, as far as the index knows; nothing where it does not know the order.
pub(super) fn updated_at(order: &Order, seed: u64, now: Timestamp) -> Option<Timestamp> {
    let made = order.changes().filter(|at| *at <= now);
    let long_ago = SignedDuration::from_secs(90);
    let known = made.filter(|at| {
        let age = now.duration_since(*at);
        age > long_ago || age >= lag(order.id, seed, *at)
    });
    known.max()
}

/// How long the change of an order at this instant needs to reach the index.
fn lag(order: u64, seed: u64, at: Timestamp) -> SignedDuration {
    let stream = order ^ at.as_second().unsigned_abs().rotate_left(32);
    let seconds = Chance::new(seed, stream).below(LONGEST_LAG_SECONDS + 1);
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0))
}
