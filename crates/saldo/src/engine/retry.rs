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
/// The longest wait where the run comes back to it later.
const WAIT_BRIEFLY: Duration = Duration::from_secs(10);
/// The first wait, doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The longest wait that a vendor may ask for within a run. A limit of the day is over in hours:
/// the run ends, and a later one goes on.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// How often something was tried.
#[derive(Default)]
pub(super) struct Patience {
    tries: u32,
    brief: bool,
}

impl Patience {
    /// Some seconds of patience, for a run that comes back later or a person who waits.
    pub(super) fn brief() -> Self {
        Self { tries: 0, brief: true }
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
        if self.tries >= if self.brief { TRIES_BRIEFLY } else { TRIES } {
            return Err(fault);
        }
        let doubled = FIRST_WAIT.saturating_mul(1 << self.tries.min(8)).min(LONGEST_WAIT);
        let pause = match fault.permits {
            Permit::RetryAfter(pause) => pause,
            Permit::Retry | Permit::InDoubt => doubled,
            Permit::Refresh => {
                transport.spend_token().await;
                Duration::ZERO
            }
            Permit::LogIn | Permit::WhenCalled | Permit::Never => return Err(fault),
        };
        if pause > if self.brief { WAIT_BRIEFLY } else { LONGEST_PAUSE } {
            return Err(fault);
        }
        tracing::debug!(%fault, ?pause, "asking again");
        engine.clock.sleep_until(later(engine.clock.now(), pause)).await;
        Ok(())
    }
}
