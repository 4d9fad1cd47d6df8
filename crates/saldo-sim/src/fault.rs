//! A layer of faults between a client and any vendor: everything that the network and a busy server
//! do to a request, decided by a seed.
//!
//! A fault may strike before the vendor heard of the request, after it acted, or, worst of all,
//! long before it acts: a request that seemed lost takes effect up to two minutes later. The number
//! of faults in a row is bounded, so that whoever repeats gets through. Beside what happens to
//! requests, the clock of the machine that asks is set forward and back; the vendor's never is.

use crate::world::Chance;
use crate::{Reply, Vendor};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest};

/// How often each fault strikes, in a thousand requests. A request meets one fault at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSettings {
    /// Where all chance comes from.
    pub seed: u64,
    /// Status 429 with a time to wait; nothing took effect.
    pub rate_limited: u32,
    /// Status 500, 502, 503 or 504; nothing took effect.
    pub failed_before: u32,
    /// Status 500, 502, 503 or 504, although the request took effect.
    pub failed_after: u32,
    /// The connection ends; nothing took effect.
    pub lost_before: u32,
    /// The connection ends, although the request took effect.
    pub lost_after: u32,
    /// The connection ends, and the request takes effect later.
    pub delayed: u32,
    /// The answer's body ends too early; the request took effect.
    pub truncated: u32,
    /// The request is delivered twice; the second answer comes.
    pub duplicated: u32,
    /// Status 401, although the token is good; strikes only requests that carry one.
    pub token_expired: u32,
    /// The clock of whoever asks is set forward or back, or right again; the request is answered.
    pub clock_jump: u32,
    /// The furthest that this clock is ever ahead or behind, in seconds.
    pub furthest_jump_seconds: u32,
    /// The longest that a delayed request stays under way, in seconds.
    pub longest_delay_seconds: u32,
    /// How many requests in a row may meet a fault.
    pub most_in_a_row: u32,
}

impl FaultSettings {
    /// No fault ever.
    #[must_use]
    pub fn none() -> Self {
        Self {
            seed: 0,
            rate_limited: 0,
            failed_before: 0,
            failed_after: 0,
            lost_before: 0,
            lost_after: 0,
            delayed: 0,
            truncated: 0,
            duplicated: 0,
            token_expired: 0,
            clock_jump: 0,
            furthest_jump_seconds: 2 * 3_600,
            longest_delay_seconds: 120,
            most_in_a_row: 3,
        }
    }

    /// A bad night: about every fourth request meets a fault, and every kind occurs.
    #[must_use]
    pub fn rough() -> Self {
        Self {
            seed: 1,
            rate_limited: 40,
            failed_before: 40,
            failed_after: 25,
            lost_before: 25,
            lost_after: 25,
            delayed: 20,
            truncated: 25,
            duplicated: 25,
            token_expired: 15,
            clock_jump: 20,
            ..Self::none()
        }
    }

    /// The same rates with another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    fn draw(&self, chance: &mut Chance) -> Option<Fault> {
        let rates = [
            (self.rate_limited, Fault::RateLimited),
            (self.failed_before, Fault::FailedBefore),
            (self.failed_after, Fault::FailedAfter),
            (self.lost_before, Fault::LostBefore),
            (self.lost_after, Fault::LostAfter),
            (self.delayed, Fault::Delayed),
            (self.truncated, Fault::Truncated),
            (self.duplicated, Fault::Duplicated),
            (self.token_expired, Fault::TokenExpired),
            (self.clock_jump, Fault::ClockJump),
        ];
        let mut drawn = chance.below(1_000);
        for (rate, fault) in rates {
            match drawn.checked_sub(u64::from(rate)) {
                Some(rest) => drawn = rest,
                None => return Some(fault),
            }
        }
        None
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    RateLimited,
    FailedBefore,
    FailedAfter,
    LostBefore,
    LostAfter,
    Delayed,
    Truncated,
    Duplicated,
    TokenExpired,
    ClockJump,
}

/// How often each fault has struck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounters {
    /// Requests that came in.
    pub requests: u64,
    /// Answers of status 429.
    pub rate_limited: u64,
    /// Answers of status 5xx before the effect.
    pub failed_before: u64,
    /// Answers of status 5xx after the effect.
    pub failed_after: u64,
    /// Connections that ended before the effect.
    pub lost_before: u64,
    /// Connections that ended after the effect.
    pub lost_after: u64,
    /// Requests that took effect later.
    pub delayed: u64,
    /// Bodies that ended too early.
    pub truncated: u64,
    /// Requests that were delivered twice.
    pub duplicated: u64,
    /// Answers of status 401.
    pub token_expired: u64,
    /// How often the clock of whoever asks was set.
    pub clock_jump: u64,
}

impl FaultCounters {
    /// All faults together.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.rate_limited
            + self.failed_before
            + self.failed_after
            + self.lost_before
            + self.lost_after
            + self.delayed
            + self.truncated
            + self.duplicated
            + self.token_expired
            + self.clock_jump
    }

    fn of(&mut self, fault: Fault) -> &mut u64 {
        match fault {
            Fault::RateLimited => &mut self.rate_limited,
            Fault::FailedBefore => &mut self.failed_before,
            Fault::FailedAfter => &mut self.failed_after,
            Fault::LostBefore => &mut self.lost_before,
            Fault::LostAfter => &mut self.lost_after,
            Fault::Delayed => &mut self.delayed,
            Fault::Truncated => &mut self.truncated,
            Fault::Duplicated => &mut self.duplicated,
            Fault::TokenExpired => &mut self.token_expired,
            Fault::ClockJump => &mut self.clock_jump,
        }
    }
}

/// A request that is still under way.
#[derive(Clone, Debug)]
struct Underway {
    due: Timestamp,
    request: HttpRequest,
}

/// A vendor that is reached over a bad network.
pub struct Faulty<V> {
    inner: V,
    settings: FaultSettings,
    chance: Chance,
    in_a_row: u32,
    underway: Vec<Underway>,
    /// By how many seconds the clock of whoever asks is ahead, as far as this vendor set it.
    ahead_seconds: i64,
    jump: Option<SignedDuration>,
    counters: FaultCounters,
}

impl<V: Vendor> Faulty<V> {
    /// Puts the faults in front of a vendor.
    pub fn new(inner: V, settings: FaultSettings) -> Self {
        let chance = Chance::new(settings.seed, 200);
        let counters = FaultCounters::default();
        Self {
            inner,
            settings,
            chance,
            in_a_row: 0,
            underway: Vec::new(),
            ahead_seconds: 0,
            jump: None,
            counters,
        }
    }

    /// How often each fault has struck.
    #[must_use]
    pub fn counters(&self) -> FaultCounters {
        self.counters
    }

    /// The vendor itself.
    #[must_use]
    pub fn inner(&self) -> &V {
        &self.inner
    }

    /// The vendor itself, past the faults.
    pub fn inner_mut(&mut self) -> &mut V {
        &mut self.inner
    }

    /// Delivers what was under way and has arrived by now, in order of arrival. It happens before
    /// any later request; call it to see the vendor as it is after a silence.
    pub fn settle(&mut self, now: Timestamp) {
        self.underway.sort_by_key(|each| each.due);
        let arrived = self.underway.partition_point(|each| each.due <= now);
        for each in self.underway.drain(..arrived) {
            self.inner.answer(&each.request, each.due);
        }
    }

    fn choose(&mut self, request: &HttpRequest) -> Option<Fault> {
        let drawn = self.settings.draw(&mut self.chance)?;
        let spared = self.in_a_row >= self.settings.most_in_a_row;
        let pointless = drawn == Fault::TokenExpired && !carries_token(request);
        (!spared && !pointless).then_some(drawn)
    }

    fn strike(&mut self, fault: Fault, request: &HttpRequest, now: Timestamp) -> Reply {
        match fault {
            Fault::RateLimited => {
                let seconds = self.chance.between(1, 5).to_string();
                Reply::Answer(plain(429, &[("retry-after", &seconds)]))
            }
            Fault::FailedBefore => Reply::Answer(plain(self.server_error(), &[])),
            Fault::FailedAfter => {
                self.inner.answer(request, now);
                Reply::Answer(plain(self.server_error(), &[]))
            }
            Fault::LostBefore => Reply::Lost,
            Fault::LostAfter => {
                self.inner.answer(request, now);
                Reply::Lost
            }
            Fault::Delayed => {
                let longest = i64::from(self.settings.longest_delay_seconds);
                let delay = SignedDuration::from_secs(self.chance.between(1, longest.max(1)));
                let due = now.saturating_add(delay).unwrap_or(now);
                self.underway.push(Underway { due, request: request.clone() });
                Reply::Lost
            }
            Fault::Truncated => match self.inner.answer(request, now) {
                Reply::Answer(mut answer) => {
                    let kept = self.chance.place(answer.body.len());
                    answer.body.truncate(kept);
                    Reply::Answer(answer)
                }
                Reply::Lost => Reply::Lost,
            },
            Fault::Duplicated => {
                self.inner.answer(request, now);
                self.inner.answer(request, now)
            }
            Fault::TokenExpired => Reply::Answer(plain(401, &[])),
            Fault::ClockJump => {
                self.set_clock();
                self.inner.answer(request, now)
            }
        }
    }

    /// Sets the clock of whoever asks: right again where it is wrong, every other time; else
    /// anywhere within the bounds.
    fn set_clock(&mut self) {
        let furthest = u64::from(self.settings.furthest_jump_seconds);
        let is_righted = self.ahead_seconds != 0 && self.chance.below(2) == 0;
        let drawn = i64::try_from(self.chance.below(2 * furthest + 1)).unwrap_or(0);
        let ahead =
            if is_righted { 0 } else { drawn - i64::from(self.settings.furthest_jump_seconds) };
        self.jump = Some(SignedDuration::from_secs(ahead - self.ahead_seconds));
        self.ahead_seconds = ahead;
    }

    fn server_error(&mut self) -> u16 {
        let statuses = [500, 502, 503, 504];
        statuses.get(self.chance.place(statuses.len())).copied().unwrap_or(503)
    }
}

impl<V: Vendor> Vendor for Faulty<V> {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        self.settle(now);
        self.counters.requests += 1;
        match self.choose(request) {
            Some(fault) => {
                self.in_a_row += 1;
                *self.counters.of(fault) += 1;
                self.strike(fault, request, now)
            }
            None => {
                self.in_a_row = 0;
                self.inner.answer(request, now)
            }
        }
    }

    fn clock_jump(&mut self) -> Option<SignedDuration> {
        self.jump.take()
    }
}

/// Whether a request shows an access token, and not a client's own password.
fn carries_token(request: &HttpRequest) -> bool {
    request.headers.iter().any(|(name, value)| match name.as_str() {
        "authorization" => !value.starts_with("Basic "),
        name => name.ends_with("access-token"),
    })
}

fn plain(status: u16, headers: &[(&str, &str)]) -> HttpAnswer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    HttpAnswer { status, headers: headers.collect(), body: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use std::sync::{Arc, Mutex};

    /// A vendor that notes what it hears, and answers with the number of it.
    #[derive(Default)]
    struct Ledger(Arc<Mutex<Vec<(String, Timestamp)>>>);

    impl Vendor for Ledger {
        fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
            let mut heard = self.0.lock().unwrap();
            heard.push((request.url.clone(), now));
            let body = format!("answer number {}", heard.len()).into_bytes();
            Reply::Answer(HttpAnswer { status: 200, headers: Vec::new(), body })
        }
    }

    type Heard = Arc<Mutex<Vec<(String, Timestamp)>>>;

    fn faulty(settings: FaultSettings) -> (Faulty<Ledger>, Heard) {
        let heard = Heard::default();
        (Faulty::new(Ledger(Arc::clone(&heard)), settings), heard)
    }

    /// Only one fault, always, so often in a row.
    fn always(set: impl Fn(&mut FaultSettings), most_in_a_row: u32) -> FaultSettings {
        let mut settings = FaultSettings { most_in_a_row, ..FaultSettings::none() };
        set(&mut settings);
        settings
    }

    fn ask(number: u32) -> HttpRequest {
        HttpRequest::get(format!("https://vendor/{number}")).header("authorization", "Bearer x")
    }

    fn status(reply: &Reply) -> Option<u16> {
        match reply {
            Reply::Answer(answer) => Some(answer.status),
            Reply::Lost => None,
        }
    }

    #[test]
    fn each_fault_is_what_it_says() {
        let now = Timestamp::UNIX_EPOCH;
        type Set = fn(&mut FaultSettings);
        // What strikes; the status, or none for a lost connection; how often the vendor heard it.
        let cases: [(Set, Option<u16>, usize); 10] = [
            (|each| each.rate_limited = 1_000, Some(429), 0),
            (|each| each.failed_before = 1_000, Some(5), 0),
            (|each| each.failed_after = 1_000, Some(5), 1),
            (|each| each.lost_before = 1_000, None, 0),
            (|each| each.lost_after = 1_000, None, 1),
            (|each| each.delayed = 1_000, None, 0),
            (|each| each.truncated = 1_000, Some(200), 1),
            (|each| each.duplicated = 1_000, Some(200), 2),
            (|each| each.token_expired = 1_000, Some(401), 0),
            (|each| each.clock_jump = 1_000, Some(200), 1),
        ];
        for (number, (set, expected, times)) in cases.into_iter().enumerate() {
            let (mut vendor, heard) = faulty(always(set, 1));
            let reply = vendor.answer(&ask(1), now);
            let told =
                status(&reply).map(|status| if status >= 500 { status / 100 } else { status });
            assert_eq!(told, expected, "fault {number}");
            assert_eq!(heard.lock().unwrap().len(), times, "fault {number}");
            assert_eq!(vendor.counters().faults(), 1);
        }
    }

    #[test]
    fn a_time_to_wait_comes_with_a_429() {
        let (mut vendor, _) = faulty(always(|each| each.rate_limited = 1_000, 1));
        let Reply::Answer(answer) = vendor.answer(&ask(1), Timestamp::UNIX_EPOCH) else { panic!() };
        let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=5).contains(&seconds));
    }

    #[test]
    fn a_truncated_body_is_the_beginning_of_the_whole() {
        let (mut vendor, _) = faulty(always(|each| each.truncated = 1_000, 1));
        let Reply::Answer(answer) = vendor.answer(&ask(1), Timestamp::UNIX_EPOCH) else { panic!() };
        assert!(answer.body.len() < "answer number 1".len());
        assert!("answer number 1".as_bytes().starts_with(&answer.body));
    }

    #[test]
    fn a_delayed_request_arrives_before_any_later_one() {
        let (mut vendor, heard) = faulty(always(|each| each.delayed = 1_000, 1));
        let start = Timestamp::UNIX_EPOCH;
        assert_eq!(vendor.answer(&ask(1), start), Reply::Lost);
        let later = start + 120.seconds();
        assert_eq!(status(&vendor.answer(&ask(2), later)), Some(200));
        let heard = heard.lock().unwrap();
        assert_eq!(heard[0].0, "https://vendor/1");
        assert!(start < heard[0].1 && heard[0].1 <= later);
        assert_eq!(heard[1], ("https://vendor/2".to_owned(), later));
    }

    #[test]
    fn a_delayed_request_is_delivered_once() {
        let (mut vendor, heard) = faulty(always(|each| each.delayed = 1_000, 1));
        let start = Timestamp::UNIX_EPOCH;
        vendor.answer(&ask(1), start);
        vendor.settle(start);
        assert_eq!(heard.lock().unwrap().len(), 0);
        vendor.settle(start + 120.seconds());
        vendor.settle(start + 240.seconds());
        assert_eq!(heard.lock().unwrap().len(), 1);
    }

    #[test]
    fn only_requests_with_a_token_find_it_expired() {
        let (mut vendor, heard) = faulty(always(|each| each.token_expired = 1_000, 1));
        let password =
            HttpRequest::get("https://vendor/token".to_owned()).header("authorization", "Basic x");
        assert_eq!(status(&vendor.answer(&password, Timestamp::UNIX_EPOCH)), Some(200));
        assert_eq!(heard.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_clock_is_set_within_its_bounds_and_right_again() {
        let settings = FaultSettings { furthest_jump_seconds: 60, ..FaultSettings::none() };
        let (mut vendor, _) =
            faulty(FaultSettings { clock_jump: 1_000, most_in_a_row: 1_000, ..settings });
        let mut ahead = SignedDuration::ZERO;
        let mut seen = Vec::new();
        for number in 0..200 {
            vendor.answer(&ask(number), Timestamp::UNIX_EPOCH);
            ahead += vendor.clock_jump().unwrap();
            assert_eq!(vendor.clock_jump(), None, "a jump is told once");
            seen.push(ahead.as_secs());
        }
        assert!(seen.iter().all(|ahead| (-60..=60).contains(ahead)));
        assert!(seen.iter().any(|ahead| *ahead < 0) && seen.iter().any(|ahead| *ahead > 0));
        assert!(seen.iter().filter(|ahead| **ahead == 0).count() > 20);
    }

    #[test]
    fn faults_in_a_row_are_bounded() {
        let (mut vendor, _) = faulty(always(|each| each.lost_before = 1_000, 3));
        let replies = (0..40).map(|number| vendor.answer(&ask(number), Timestamp::UNIX_EPOCH));
        let lost: Vec<bool> = replies.map(|reply| reply == Reply::Lost).collect();
        for window in lost.chunks(4) {
            assert_eq!(window, [true, true, true, false]);
        }
    }

    #[test]
    fn without_faults_nothing_happens_to_a_request() {
        let (mut vendor, heard) = faulty(FaultSettings::none());
        for number in 0..1_000 {
            assert_eq!(status(&vendor.answer(&ask(number), Timestamp::UNIX_EPOCH)), Some(200));
        }
        assert_eq!(heard.lock().unwrap().len(), 1_000);
        assert_eq!(vendor.counters().faults(), 0);
    }

    #[test]
    fn a_rough_night_has_every_fault_and_a_seed_decides_it() {
        let night = |seed| {
            let (mut vendor, _) = faulty(FaultSettings::rough().with_seed(seed));
            let replies: Vec<Reply> = (0..2_000)
                .map(|number| vendor.answer(&ask(number), Timestamp::UNIX_EPOCH))
                .collect();
            (replies, vendor.counters())
        };
        let (replies, mut counters) = night(1);
        assert_eq!((&replies, counters), (&night(1).0, night(1).1));
        assert_ne!(replies, night(2).0);
        for fault in [
            Fault::RateLimited,
            Fault::FailedBefore,
            Fault::FailedAfter,
            Fault::LostBefore,
            Fault::LostAfter,
            Fault::Delayed,
            Fault::Truncated,
            Fault::Duplicated,
            Fault::TokenExpired,
            Fault::ClockJump,
        ] {
            assert!(*counters.of(fault) > 0, "{fault:?}");
        }
        assert!((350..650).contains(&counters.faults()), "{}", counters.faults());
    }
}
