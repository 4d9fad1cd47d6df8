//! The time. Nothing else in the program reads it, so that a whole sync, its waits included, can
//! run on a simulated clock in no time.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A clock: the machine's own, or a simulated one that moves only when somebody waits on it.
/// Clones show the same time.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Real,
    /// The machine's clock, set back or forward by so much.
    Shifted(SignedDuration),
    Simulated(Arc<Mutex<Timestamp>>),
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
        Self(Kind::Simulated(Arc::new(Mutex::new(start))))
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::Real => Timestamp::now(),
            Kind::Shifted(by) => Timestamp::now().saturating_add(*by).unwrap_or(Timestamp::MAX),
            Kind::Simulated(instant) => *shown(instant),
        }
    }

    /// Waits until this instant. A simulated clock is there at once, and shows it; it never goes
    /// back.
    pub(crate) async fn sleep_until(&self, until: Timestamp) {
        match &self.0 {
            Kind::Real | Kind::Shifted(_) => {
                let wait = until.duration_since(self.now());
                if wait.is_positive() {
                    tokio::time::sleep(wait.unsigned_abs()).await;
                }
            }
            Kind::Simulated(instant) => {
                let mut shown = shown(instant);
                *shown = until.max(*shown);
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
            Kind::Simulated(instant) => {
                let mut shown = shown(instant);
                *shown = later(*shown, by);
            }
        }
    }
}

/// The instant so much later; the end of time where there is none.
pub(crate) fn later(instant: Timestamp, by: Duration) -> Timestamp {
    instant.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// What a simulated clock shows. An instant is replaced whole, so that it is right even if the
/// thread that held it panicked.
fn shown(instant: &Mutex<Timestamp>) -> MutexGuard<'_, Timestamp> {
    instant.lock().unwrap_or_else(PoisonError::into_inner)
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
