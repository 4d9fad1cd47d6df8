//! The time. Nothing else in the program reads it, so that a whole sync, its waits included, can
//! run on a simulated clock in no time.
//!
//! A machine's clock may be wrong, and may be set while the program runs. A simulated one may be,
//! too: the time that it shows is then another than the one that passes.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A clock: the machine's own, or a simulated one that moves only when somebody waits on it or it
/// is set. Clones show the same time.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Real,
    /// The machine's clock, set back or forward by so much.
    Shifted(SignedDuration),
    Simulated(Arc<Mutex<Simulated>>),
}

/// A simulated clock.
#[derive(Clone, Copy, Debug)]
struct Simulated {
    /// The time as it is elsewhere, which nobody sets.
    elsewhere: Timestamp,
    /// By how much the clock is ahead of it.
    ahead: SignedDuration,
}

impl Simulated {
    fn shown(self) -> Timestamp {
        let limit = if self.ahead.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        self.elsewhere.saturating_add(self.ahead).unwrap_or(limit)
    }
}

impl Clock {
    /// The machine's clock.
    pub(crate) fn real() -> Self {
        Self(Kind::Real)
    }

    /// A clock that shows this instant now, and runs on as the machine's does.
    pub(crate) fn running_from(start: Timestamp) -> Self {
        Self(Kind::Shifted(start.duration_since(Timestamp::now())))
    }

    /// A clock that stands at this instant.
    pub(crate) fn simulated(start: Timestamp) -> Self {
        let simulated = Simulated { elsewhere: start, ahead: SignedDuration::ZERO };
        Self(Kind::Simulated(Arc::new(Mutex::new(simulated))))
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Real => Timestamp::now(),
            Kind::Shifted(by) => Timestamp::now().saturating_add(*by).unwrap_or(Timestamp::MAX),
            Kind::Simulated(clock) => held(clock).shown(),
        }
    }

    /// The time as simulated vendors have it, whose clocks nobody sets.
    pub(crate) fn elsewhere(&self) -> Timestamp {
        match &self.0 {
            Kind::Real | Kind::Shifted(_) => self.now(),
            Kind::Simulated(clock) => held(clock).elsewhere,
        }
    }

    /// How long this process has run, however the clock is set meanwhile. What passes while the
    /// machine sleeps need not count.
    pub(crate) fn run_time(&self) -> Duration {
        static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.0 {
            Kind::Real | Kind::Shifted(_) => BEGUN.elapsed(),
            Kind::Simulated(clock) => {
                held(clock).elsewhere.duration_since(Timestamp::UNIX_EPOCH).unsigned_abs()
            }
        }
    }

    /// Sets a simulated clock forward, or back where negative. The machine's is not ours to set.
    pub(crate) fn jump(&self, by: SignedDuration) {
        if let Kind::Simulated(clock) = &self.0 {
            let mut clock = held(clock);
            clock.ahead = clock.ahead.saturating_add(by);
        }
    }

    /// Waits until the clock shows this instant. A simulated one does so at once; it never goes
    /// back.
    pub(crate) async fn sleep_until(&self, until: Timestamp) {
        match &self.0 {
            Kind::Real | Kind::Shifted(_) => {
                let wait = until.duration_since(self.now());
                if wait.is_positive() {
                    tokio::time::sleep(wait.unsigned_abs()).await;
                }
            }
            Kind::Simulated(clock) => {
                let mut clock = held(clock);
                let wait = until.duration_since(clock.shown()).max(SignedDuration::ZERO);
                clock.elsewhere = later(clock.elsewhere, wait.unsigned_abs());
            }
        }
    }

    /// Moves a simulated clock forward.
    ///
    /// # Panics
    /// On the machine's clock, which nobody can move: whoever asks has mixed up the two.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests let time pass by itself"))]
    pub(crate) fn advance(&self, by: Duration) {
        match &self.0 {
            Kind::Real | Kind::Shifted(_) => panic!("the machine's clock cannot be advanced"),
            Kind::Simulated(clock) => {
                let mut clock = held(clock);
                clock.elsewhere = later(clock.elsewhere, by);
            }
        }
    }
}

/// The instant so much later; the end of time where there is none.
pub(crate) fn later(instant: Timestamp, by: Duration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A simulated clock. Each of its numbers is replaced whole, so that it is right even if the thread
/// that held it panicked.
fn held(clock: &Mutex<Simulated>) -> MutexGuard<'_, Simulated> {
    clock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    #[tokio::test]
    async fn a_simulated_clock_jumps_to_where_somebody_waits_and_never_back() {
        let clock = Clock::simulated(START);
        let seen_elsewhere = clock.clone();
        clock.sleep_until(later(START, Duration::from_secs(3_600))).await;
        assert_eq!(seen_elsewhere.now(), later(START, Duration::from_secs(3_600)));
        clock.sleep_until(START).await;
        assert_eq!(seen_elsewhere.now(), later(START, Duration::from_secs(3_600)));
        seen_elsewhere.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), later(START, Duration::from_secs(3_601)));
    }

    #[tokio::test]
    async fn a_simulated_clock_that_is_set_leaves_alone_how_much_time_passes() {
        let clock = Clock::simulated(START);
        let (hour, minute) = (SignedDuration::from_hours(1), Duration::from_secs(60));
        clock.jump(-hour);
        assert_eq!((clock.now(), clock.elsewhere()), (START - hour, START));
        let begun = clock.run_time();
        clock.sleep_until(later(clock.now(), minute)).await;
        assert_eq!(clock.elsewhere(), later(START, minute));
        assert_eq!(clock.run_time() - begun, minute);
        clock.jump(hour);
        assert_eq!(clock.now(), clock.elsewhere());
    }

    #[tokio::test]
    async fn the_real_clock_waits_really() {
        let clock = Clock::real();
        let until = later(clock.now(), Duration::from_millis(20));
        clock.sleep_until(until).await;
        assert!(clock.now() >= until);
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
    }
}
