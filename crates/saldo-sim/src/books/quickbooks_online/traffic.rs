//! How many requests came, of which kind, and whether there were too many.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Requests within a second, a minute, and batches within a minute.
const PER_SECOND: usize = 10;
const PER_MINUTE: usize = 500;
const BATCHES_PER_MINUTE: usize = 40;

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// How many calls were made, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// Requests to the token endpoint.
    pub tokens: u64,
    /// Entities read by their id.
    pub reads: u64,
    /// Queries, those within batches included.
    pub queries: u64,
    /// Change data capture.
    pub changes: u64,
    /// Reports.
    pub reports: u64,
    /// Writes that were carried out or refused, those within batches included.
    pub writes: u64,
    /// Batches, whatever was in them.
    pub batches: u64,
    /// Requests that were answered from memory because their request id was known.
    pub replays: u64,
    /// Requests that came too fast.
    pub throttled: u64,
    /// Requests without a good access token.
    pub unauthenticated: u64,
}

impl Calls {
    /// Calls that the vendor meters: reads of every kind.
    #[must_use]
    pub fn core_plus(&self) -> u64 {
        self.reads + self.queries + self.changes + self.reports
    }

    /// Calls that the vendor does not meter: writes.
    #[must_use]
    pub fn core(&self) -> u64 {
        self.writes
    }
}

/// When requests came, as far as it matters for the limits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Traffic {
    pub(super) calls: Calls,
    requests: VecDeque<Timestamp>,
    batches: VecDeque<Timestamp>,
}

impl Traffic {
    /// Lets a request through, or not. What is not let through does not count.
    pub(super) fn admit(&mut self, is_batch: bool, now: Timestamp) -> bool {
        forget(&mut self.requests, now);
        forget(&mut self.batches, now);
        let newest = self.requests.iter().rev();
        let within = newest.take_while(|at| now.duration_since(**at) < SECOND).count();
        let too_many = within >= PER_SECOND
            || self.requests.len() >= PER_MINUTE
            || (is_batch && self.batches.len() >= BATCHES_PER_MINUTE);
        if too_many {
            self.calls.throttled += 1;
            return false;
        }
        self.requests.push_back(now);
        if is_batch {
            self.batches.push_back(now);
        }
        true
    }
}

fn forget(times: &mut VecDeque<Timestamp>, now: Timestamp) {
    while times.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn ten_a_second_pass_and_no_more() {
        let mut traffic = Traffic::default();
        assert!((0..10).all(|place| traffic.admit(false, at(place * 50))));
        assert!(!traffic.admit(false, at(999)));
        assert!(traffic.admit(false, at(1_000)));
        assert_eq!(traffic.calls.throttled, 1);
    }

    #[test]
    fn five_hundred_a_minute_pass_and_no_more() {
        let mut traffic = Traffic::default();
        assert!((0..500).all(|place| traffic.admit(false, at(place * 110))));
        assert!(!traffic.admit(false, at(59_000)));
        assert!(traffic.admit(false, at(60_000)));
    }

    #[test]
    fn forty_batches_a_minute_pass_and_other_requests_still_do() {
        let mut traffic = Traffic::default();
        assert!((0..40).all(|place| traffic.admit(true, at(place * 200))));
        assert!(!traffic.admit(true, at(30_000)));
        assert!(traffic.admit(false, at(30_000)));
        assert!(traffic.admit(true, at(60_000)));
    }
}
