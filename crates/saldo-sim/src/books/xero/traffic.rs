//! How many requests came, of which kind, and whether there were too many.

use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::HttpAnswer;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Requests of one organisation within a minute, and at once; of the whole app within a minute.
const PER_MINUTE: usize = 60;
const AT_ONCE: usize = 5;
const APP_PER_MINUTE: usize = 10_000;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How many calls were made, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// Requests to the token endpoint.
    pub tokens: u64,
    /// Lists and single entities that were read, histories too.
    pub reads: u64,
    /// Reports.
    pub reports: u64,
    /// Writes, each request counted once however many elements it carried.
    pub writes: u64,
    /// Requests that were answered from memory because their key was known.
    pub replays: u64,
    /// Requests that came too fast, or were too many for a day.
    pub throttled: u64,
    /// Requests without a good access token.
    pub unauthenticated: u64,
}

/// Which limit a request ran into, and for how many seconds it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) problem: &'static str,
    pub(super) seconds: i64,
}

/// When requests came, as far as it matters for the limits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Traffic {
    pub(super) calls: Calls,
    /// How long a request is under way at the vendor, in milliseconds: what counts as at once.
    pub(super) takes_milliseconds: i64,
    requests: VecDeque<Timestamp>,
}

impl Traffic {
    /// Lets a request through, or says what is in its way. What is not let through does not count.
    pub(super) fn admit(&mut self, per_day: usize, now: Timestamp) -> Result<(), Excess> {
        while self.requests.front().is_some_and(|at| now.duration_since(*at) >= DAY) {
            self.requests.pop_front();
        }
        let takes = SignedDuration::from_millis(self.takes_milliseconds);
        let excess = if self.requests.len() >= per_day {
            self.excess("day", self.requests.front(), DAY, now)
        } else if self.within(MINUTE, now) >= PER_MINUTE {
            let first = self.requests.iter().rev().nth(PER_MINUTE - 1);
            self.excess("minute", first, MINUTE, now)
        } else if self.within(takes, now) >= AT_ONCE {
            Some(Excess { problem: "concurrent", seconds: 1 })
        } else {
            None
        };
        match excess {
            Some(excess) => {
                self.calls.throttled += 1;
                Err(excess)
            }
            None => {
                self.requests.push_back(now);
                Ok(())
            }
        }
    }

    /// Says beside an answer how much is left.
    pub(super) fn sign(&self, answer: &mut HttpAnswer, per_day: usize, now: Timestamp) {
        let minute = self.within(MINUTE, now);
        for (name, left) in [
            ("x-daylimit-remaining", per_day.saturating_sub(self.requests.len())),
            ("x-minlimit-remaining", PER_MINUTE.saturating_sub(minute)),
            ("x-appminlimit-remaining", APP_PER_MINUTE.saturating_sub(minute)),
        ] {
            answer.headers.push((name.to_owned(), left.to_string()));
        }
    }

    fn within(&self, span: SignedDuration, now: Timestamp) -> usize {
        let newest = self.requests.iter().rev();
        newest.take_while(|at| now.duration_since(**at) < span).count()
    }

    fn excess(
        &self,
        problem: &'static str,
        first: Option<&Timestamp>,
        span: SignedDuration,
        now: Timestamp,
    ) -> Option<Excess> {
        let left = first.map_or(span, |at| span - now.duration_since(*at));
        let rounded = i64::from(left.subsec_nanos() > 0);
        Some(Excess { problem, seconds: left.as_secs() + rounded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn sixty_a_minute_pass_and_the_next_one_waits_for_the_oldest() {
        let mut traffic = Traffic::default();
        assert!((0..60).all(|place| traffic.admit(1_000, at(place * 900)).is_ok()));
        let refused = traffic.admit(1_000, at(54_500)).unwrap_err();
        assert_eq!(refused, Excess { problem: "minute", seconds: 6 });
        assert!(traffic.admit(1_000, at(60_000)).is_ok());
        assert_eq!(traffic.calls.throttled, 1);
    }

    #[test]
    fn a_thousand_a_day_pass_and_the_next_one_waits_for_hours() {
        let mut traffic = Traffic::default();
        assert!((0..1_000).all(|place| traffic.admit(1_000, at(place * 2_000)).is_ok()));
        let refused = traffic.admit(1_000, at(7_200_000)).unwrap_err();
        assert_eq!(refused, Excess { problem: "day", seconds: 22 * 3_600 });
        assert!(traffic.admit(1_000, at(24 * 3_600_000)).is_ok());
    }

    #[test]
    fn five_are_served_at_once() {
        let mut traffic = Traffic { takes_milliseconds: 400, ..Traffic::default() };
        assert!((0..5).all(|place| traffic.admit(1_000, at(place * 10)).is_ok()));
        let refused = traffic.admit(1_000, at(100)).unwrap_err();
        assert_eq!(refused.problem, "concurrent");
        assert!(traffic.admit(1_000, at(400)).is_ok());
    }

    #[test]
    fn an_answer_says_how_much_is_left() {
        let mut traffic = Traffic::default();
        traffic.admit(1_000, at(0)).unwrap();
        traffic.admit(1_000, at(100_000)).unwrap();
        let mut answer = HttpAnswer { status: 200, headers: Vec::new(), body: Vec::new() };
        traffic.sign(&mut answer, 1_000, at(100_000));
        assert_eq!(answer.header("x-daylimit-remaining"), Some("998"));
        assert_eq!(answer.header("x-minlimit-remaining"), Some("59"));
    }
}
