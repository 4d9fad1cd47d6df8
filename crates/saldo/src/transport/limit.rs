//! The limits that vendors set on requests, kept per connection.
//!
//! A sliding window of our own, not the crate governor: its algorithm lets a full burst through and
//! refills while the burst still counts, so that nearly twice the count can pass within one period,
//! and its waiting is tied to the machine's clock.

use super::clock::{Clock, later};
use jiff::Timestamp;
use saldo_core::exchange::RateLimit;
use std::collections::{BTreeMap, VecDeque};
use tokio::sync::Mutex;

/// Lets requests pass so that never more than the documented number start within any period.
/// Those who wait go in the order in which they came.
#[derive(Debug)]
pub(crate) struct Limiter {
    clock: Clock,
    windows: Vec<Window>,
}

/// One limit, and when the last requests that it counts were let through, oldest first: at most as
/// many as may pass within one period.
#[derive(Debug)]
struct Window {
    limit: RateLimit,
    passed: Mutex<VecDeque<Timestamp>>,
}

/// When requests were let through that count still, in microseconds since 1970, by the limits that
/// count them.
pub(crate) type Recent = BTreeMap<String, Vec<i64>>;

impl Limiter {
    /// Keeps these limits by this clock.
    pub(crate) fn new(limits: &[RateLimit], clock: Clock) -> Self {
        let window = |limit: &RateLimit| Window { limit: *limit, passed: Mutex::default() };
        Self { clock, windows: limits.iter().map(window).collect() }
    }

    /// Waits until a request to this path may start, and counts it. Whoever gives up while waiting
    /// is not counted.
    pub(crate) async fn acquire(&self, path: &str) {
        // Locks are always taken in the order of the limits, so that two waiters cannot block each
        // other; they are kept while waiting, so that nobody overtakes.
        let mut held = Vec::new();
        for window in self.windows.iter().filter(|window| window.counts(path)) {
            held.push((window.limit, window.passed.lock().await));
        }
        let instant = loop {
            let now = self.clock.now();
            let free = held.iter().map(|(limit, passed)| free_at(limit, passed, now)).max();
            match free {
                Some(free) if free > now => self.clock.sleep_until(free).await,
                _ => break now,
            }
        };
        for (limit, passed) in &mut held {
            if passed.len() >= capacity(limit) {
                passed.pop_front();
            }
            passed.push_back(instant);
        }
    }
}

impl Limiter {
    /// When requests were let through that count still, for whoever goes on after this process.
    pub(crate) async fn recent(&self) -> Recent {
        let now = self.clock.now();
        let mut recent = Recent::new();
        for window in &self.windows {
            let passed = window.passed.lock().await;
            let counting = passed.iter().filter(|at| later(**at, window.limit.per) > now);
            let counting: Vec<i64> = counting.map(|at| at.as_microsecond()).collect();
            if !counting.is_empty() {
                recent.insert(window.name(), counting);
            }
        }
        recent
    }

    /// Counts requests that were let through by a process before this one.
    pub(crate) async fn recall(&self, recent: &Recent) {
        for window in &self.windows {
            let Some(before) = recent.get(&window.name()) else { continue };
            let before = before.iter().filter_map(|at| Timestamp::from_microsecond(*at).ok());
            let mut passed = window.passed.lock().await;
            let mut all: Vec<Timestamp> = before.chain(passed.iter().copied()).collect();
            all.sort_unstable();
            let surplus = all.len().saturating_sub(capacity(&window.limit));
            *passed = all.split_off(surplus).into();
        }
    }
}

impl Window {
    /// What tells it from the other limits of a connection, also in another version.
    fn name(&self) -> String {
        let RateLimit { count, per, path_contains } = self.limit;
        format!("{count} in {} ms of `{path_contains}`", per.as_millis())
    }

    fn counts(&self, path: &str) -> bool {
        path.contains(self.limit.path_contains)
    }
}

/// How many requests may start within one period: at least one, or nothing would ever be asked.
fn capacity(limit: &RateLimit) -> usize {
    usize::try_from(limit.count.max(1)).unwrap_or(usize::MAX)
}

/// When the next request may start. Never more than a period from now, even where the machine's
/// clock was set back after a request.
fn free_at(limit: &RateLimit, passed: &VecDeque<Timestamp>, now: Timestamp) -> Timestamp {
    match passed.front() {
        Some(oldest) if passed.len() >= capacity(limit) => {
            later(*oldest, limit.per).min(later(now, limit.per))
        }
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    /// Lets requests through, each after a pause, and notes path and instant of each.
    fn run(limits: &[RateLimit], requests: &[(u64, &'static str)]) -> Vec<(Timestamp, String)> {
        let clock = Clock::simulated(START);
        let limiter = Limiter::new(limits, clock.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut passed = Vec::new();
            for (pause_millis, path) in requests {
                clock.advance(Duration::from_millis(*pause_millis));
                limiter.acquire(path).await;
                passed.push((clock.now(), (*path).to_owned()));
            }
            passed
        })
    }

    fn limit(count: u32, millis: u64, path_contains: &'static str) -> RateLimit {
        RateLimit { count, per: Duration::from_millis(millis), path_contains }
    }

    proptest! {
        #[test]
        fn never_more_than_the_count_within_any_period(
            slow in 1_u32..8,
            fast in 1_u32..4,
            requests in proptest::collection::vec(
                (0_u64..400, prop_oneof![Just("/batch"), Just("/query")]), 1..120),
        ) {
            let limits = [limit(slow, 1_000, ""), limit(fast, 300, "/batch")];
            let passed = run(&limits, &requests);
            prop_assert_eq!(passed.len(), requests.len());
            for limit in &limits {
                let counted: Vec<_> =
                    passed.iter().filter(|(_, path)| path.contains(limit.path_contains)).collect();
                for (index, (start, _)) in counted.iter().enumerate() {
                    let end = later(*start, limit.per);
                    let within = counted[index..].iter().filter(|(at, _)| *at < end).count();
                    prop_assert!(within <= limit.count as usize);
                }
            }
        }
    }

    #[test]
    fn nobody_waits_longer_than_needed() {
        let passed = run(&[limit(2, 1_000, "")], &[(0, "/"), (100, "/"), (100, "/"), (0, "/")]);
        let millis: Vec<_> = passed.iter().map(|(at, _)| at.as_millisecond()).collect();
        assert_eq!(millis, [0, 100, 1_000, 1_100]);
    }

    #[test]
    fn paths_that_a_limit_does_not_name_are_free() {
        let passed = run(&[limit(1, 1_000, "/batch")], &[(0, "/batch"), (0, "/a"), (0, "/a")]);
        assert!(passed.iter().all(|(at, _)| *at == START));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_stop_requests_for_longer_than_a_period() {
        let passed = VecDeque::from([later(START, Duration::from_secs(3_600))]);
        let free = free_at(&limit(1, 1_000, ""), &passed, START);
        assert_eq!(free, later(START, Duration::from_secs(1)));
    }

    #[tokio::test]
    async fn requests_of_the_process_before_count() {
        let clock = Clock::simulated(START);
        let limits = [limit(2, 1_000, ""), limit(1, 300, "/batch")];
        let first = Limiter::new(&limits, clock.clone());
        first.acquire("/batch").await;
        clock.advance(Duration::from_millis(400));
        first.acquire("/query").await;
        let recent = first.recent().await;
        assert_eq!(recent.len(), 1, "what is over is not kept: {recent:?}");
        clock.advance(Duration::from_millis(100));
        let second = Limiter::new(&limits, clock.clone());
        second.recall(&recent).await;
        second.acquire("/query").await;
        assert_eq!(clock.now(), later(START, Duration::from_secs(1)));
        second.acquire("/query").await;
        assert_eq!(clock.now(), later(START, Duration::from_millis(1_400)));
    }

    #[tokio::test]
    async fn concurrent_requests_share_the_limit() {
        let clock = Clock::simulated(START);
        let limiter = std::sync::Arc::new(Limiter::new(&[limit(3, 1_000, "")], clock.clone()));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let limiter = std::sync::Arc::clone(&limiter);
            tasks.spawn(async move { limiter.acquire("/").await });
        }
        tasks.join_all().await;
        assert_eq!(clock.now(), later(START, Duration::from_secs(3)));
    }
}
