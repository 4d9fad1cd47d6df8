//! How long the connector and QuickBooks take. The vendor names no figures but the two minutes
//! after which a call has timed out: these are assumptions of ours, for a file on the same
//! computer.

use std::time::Duration;

/// What a document of requests takes besides what it asks for: two calls of the server, and
/// QuickBooks that begins to work on it.
pub const ROUND_TRIP: Duration = Duration::from_secs(1);
/// What QuickBooks takes to add one list element or transaction.
pub const AN_ADDITION: Duration = Duration::from_millis(200);

/// What so many documents of requests take that add so much.
#[must_use]
pub const fn takes(round_trips: u32, additions: u32) -> Duration {
    ROUND_TRIP.saturating_mul(round_trips).saturating_add(AN_ADDITION.saturating_mul(additions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_document_of_requests_stays_far_from_the_time_out() {
        assert_eq!(takes(2, 5), Duration::from_secs(3));
        assert!(takes(1, 50) < Duration::from_mins(2) / 5);
    }
}
