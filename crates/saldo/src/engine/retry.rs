//! Asking again, as far as a fault permits it.

use super::Engine;
use crate::transport::Transport;
use crate::transport::clock::later;
use saldo_core::exchange::{Fault, Permit};
use std::time::Duration;

/// How often a request is asked again before the run gives up; the next run goes on.
const TRIES: u32 = 10;
/// How often it is asked where the run comes back to it later.
const TRIES_BRIEFLY: u32 = 3;
/// How often a vendor is asked that has not answered in this run at all: it is out of reach, and
/// the next run is soon enough.
const TRIES_UNANSWERED: u32 = 4;
/// The longest wait where the run comes back to it later, or a person waits.
const WAIT_BRIEFLY: Duration = Duration::from_secs(10);
/// The first wait, doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The longest wait that a vendor may ask for within a run. A limit of the day is over in hours:
/// the run ends, and a later one goes on.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// The longest wait that a vendor may ask for while a person waits: the limits of a minute are over
/// then.
const LONGEST_PAUSE_AWAITED: Duration = Duration::from_mins(2);

/// How often something was tried, and how long it is waited for.
pub(super) struct Patience {
    tries: u32,
    tries_max: u32,
    /// The longest wait where nobody knows how long it takes.
    longest_wait: Duration,
    /// The longest wait that a vendor may ask for.
    longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let (longest_wait, longest_pause) = (LONGEST_WAIT, LONGEST_PAUSE);
        Self { tries: 0, tries_max: TRIES, longest_wait, longest_pause }
    }
}

impl Patience {
    /// Some seconds of patience, for a run that comes back later.
    pub(super) fn brief() -> Self {
        let (longest_wait, longest_pause) = (WAIT_BRIEFLY, WAIT_BRIEFLY);
        Self { tries: 0, tries_max: TRIES_BRIEFLY, longest_wait, longest_pause }
    }

    /// Some seconds for a vendor that does not answer, and what a vendor asks for that counts
    /// requests by the minute: for a person who waits.
    pub(super) fn awaited() -> Self {
        Self { longest_pause: LONGEST_PAUSE_AWAITED, ..Self::brief() }
    }

    /// Waits as the fault wants before the next try of something that is harmless to repeat.
    ///
    /// # Errors
    /// The fault, where it permits no repetition or there were enough.
    pub(super) async fn wait(
        &mut self,
        fault: Fault,
        engine: &Engine,
        transport: &Transport,
    ) -> Result<(), Fault> {
        self.tries += 1;
        let tries_max = match transport.was_answered() {
            true => self.tries_max,
            false => self.tries_max.min(TRIES_UNANSWERED),
        };
        if self.tries >= tries_max {
            return Err(fault);
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << self.tries.min(8)).min(LONGEST_WAIT);
        let (pause, longest) = match fault.permits {
            Permit::RetryAfter(pause) => (pause, self.longest_pause),
            Permit::Retry | Permit::InDoubt => (doubled, self.longest_wait),
            Permit::Refresh => {
                transport.spend_token().await;
                (Duration::ZERO, self.longest_wait)
            }
            Permit::LogIn | Permit::WhenCalled | Permit::Never => return Err(fault),
        };
        if pause > longest {
            return Err(fault);
        }
        tracing::debug!(%fault, ?pause, "asking again");
        engine.clock.sleep_until(later(engine.clock.now(), pause)).await;
        Ok(())
    }
}
