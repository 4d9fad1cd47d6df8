//! By how much the machine's clock differs from a vendor's, as the vendor's answers say.

use super::clock::{Clock, later};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::HttpAnswer;
use std::sync::atomic::{AtomicI64, Ordering};

/// How coarse the vendor's header is (RFC 9110, section 5.6.7: whole seconds).
const WHOLE_SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The difference between two clocks, as the last answer showed it.
#[derive(Debug)]
pub(crate) struct Skew {
    clock: Clock,
    /// By how many seconds the vendor's clock is ahead of ours at the least; negative where it is
    /// behind.
    ahead_seconds: AtomicI64,
}

impl Skew {
    /// Compares with this clock.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, ahead_seconds: AtomicI64::new(0) }
    }

    /// The time by our clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Hears the answer to a request that left at an instant of our clock. An answer that was made
    /// between then and now, to the second, shows no difference.
    pub(super) fn hear(&self, asked: Timestamp, answer: &HttpAnswer) {
        let Some(made_at) = answer.made_at() else { return };
        let ahead = made_at.duration_since(self.clock.now()).max(SignedDuration::ZERO);
        let behind = asked.duration_since(made_at).saturating_sub(WHOLE_SECOND);
        let seconds = ahead.as_secs() - behind.max(SignedDuration::ZERO).as_secs();
        self.ahead_seconds.store(seconds, Ordering::Relaxed);
    }

    /// By how much the vendor's clock is ahead of ours at the least; negative where it is behind.
    pub(crate) fn ahead(&self) -> SignedDuration {
        SignedDuration::from_secs(self.ahead_seconds.load(Ordering::Relaxed))
    }

    /// An instant of our clock as the clock has it that is ahead: nothing happened later.
    pub(crate) fn latest(&self, instant: Timestamp) -> Timestamp {
        later(instant, self.ahead().max(SignedDuration::ZERO).unsigned_abs())
    }

    /// An instant of our clock as the clock has it that is behind: nothing happened earlier.
    pub(crate) fn earliest(&self, instant: Timestamp) -> Timestamp {
        instant.saturating_add(self.ahead().min(SignedDuration::ZERO)).unwrap_or(Timestamp::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    /// What is shown of an answer with this header, to a request that took two seconds.
    fn shown(date: &str) -> SignedDuration {
        let clock = Clock::simulated(START + 2.seconds());
        let skew = Skew::new(clock);
        let headers = vec![("date".to_owned(), date.to_owned())];
        skew.hear(START, &HttpAnswer { status: 200, headers, body: Vec::new() });
        skew.ahead()
    }

    #[test]
    fn what_the_request_took_is_no_difference() {
        for second in 0..=2 {
            let date = format!("Thu, 01 Jan 1970 00:00:0{second} GMT");
            assert_eq!(shown(&date), SignedDuration::ZERO, "{date}");
        }
        assert_eq!(shown("Wed, 31 Dec 1969 23:59:59 GMT"), SignedDuration::ZERO);
        assert_eq!(shown("Wed, 31 Dec 1969 23:59:58 GMT"), SignedDuration::from_secs(-1));
        assert_eq!(shown("Thu, 01 Jan 1970 01:00:02 GMT"), SignedDuration::from_hours(1));
        assert_eq!(shown("yesterday"), SignedDuration::ZERO);
    }

    #[test]
    fn the_careful_instant_is_the_later_one_of_a_send_and_the_earlier_one_of_a_look() {
        let skew = Skew::new(Clock::simulated(START));
        let of = |seconds: i64| {
            skew.ahead_seconds.store(seconds, Ordering::Relaxed);
            (skew.earliest(START).as_second(), skew.latest(START).as_second())
        };
        assert_eq!(of(0), (0, 0));
        assert_eq!(of(60), (0, 60));
        assert_eq!(of(-60), (-60, 0));
    }
}
