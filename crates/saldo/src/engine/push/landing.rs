//! When whatever was sent has landed or never will, by clocks that may be wrong and may be set
//! while the program runs.
//!
//! What this process sent is timed by how long it runs, which nobody sets. What another sent is
//! timed by the instant that it wrote down: the later one of its clock and the book's. A look
//! counts from the earlier one of the two.

use super::Pusher;
use crate::engine::progress::Step;
use crate::transport::clock::later;
use jiff::{SignedDuration, Timestamp};
use saldo_store::{Batch, LastSend, Pending};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long after a batch was written down a look-up that finds nothing means that there is
/// nothing: a minute for the request limits, two for the request itself, two more for a write that
/// lands after its time-out, and the second that instants are rounded by.
const LANDS_WITHIN: Duration = Duration::from_secs(301);

/// A moment, as the clock shows it and as the process has run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    shown: Timestamp,
    run: Duration,
}

/// What this process sent, and since when nobody else did.
#[derive(Debug)]
pub(super) struct Sends {
    /// How long the process had run when it took the connection.
    begun: Duration,
    /// How long it had run when it last sent each batch.
    sent: BTreeMap<String, Duration>,
}

impl Sends {
    /// Nothing yet, by a process that has run so long.
    pub(super) fn none(begun: Duration) -> Self {
        Self { begun, sent: BTreeMap::new() }
    }

    /// How many batches this process sent.
    pub(super) fn count(&self) -> usize {
        self.sent.len()
    }

    /// How long after a moment all of a send has landed.
    fn left(&self, send: &LastSend, at: Timestamp, moment: Moment) -> Duration {
        if let Some(sent) = self.sent.get(&send.batch) {
            return LANDS_WITHIN.saturating_sub(moment.run.saturating_sub(*sent));
        }
        let since = moment.shown.duration_since(at).max(SignedDuration::ZERO).unsigned_abs();
        // It was sent before this process began, whatever the clocks showed.
        let since = since.max(moment.run.saturating_sub(self.begun));
        LANDS_WITHIN.saturating_sub(since)
    }
}

impl Pusher<'_> {
    /// Now.
    pub(super) fn moment(&self) -> Moment {
        let clock = &self.engine.clock;
        Moment { shown: clock.now(), run: clock.run_time() }
    }

    /// How long ago a moment of this process is at the most: a machine that sleeps counts no time
    /// of its own, and a clock may be set.
    pub(super) fn age(&self, moment: Moment) -> Duration {
        let now = self.moment();
        let shown = now.shown.duration_since(moment.shown).max(SignedDuration::ZERO);
        shown.unsigned_abs().max(now.run.saturating_sub(moment.run))
    }

    /// Notes that a batch is about to be sent.
    pub(super) fn note_send(&mut self, batch: &Batch) {
        self.sends.sent.insert(batch.id.clone(), self.engine.clock.run_time());
    }

    /// How long after a moment whatever was sent for these changes has landed or never will. What
    /// is harmless to repeat need not be waited for, nor what the book refused for good.
    pub(super) fn landing(&self, pending: &[Pending], moment: Moment) -> Duration {
        if self.book.description().idempotent {
            return Duration::ZERO;
        }
        let moment = Moment { shown: self.transport.skew.earliest(moment.shown), ..moment };
        let sends = pending.iter().filter_map(|it| it.last_send.as_ref());
        let left = sends.filter_map(|send| Some(self.sends.left(send, send.at?, moment)));
        left.max().unwrap_or(Duration::ZERO)
    }

    /// Waits until whatever was sent for these changes has landed or never will.
    pub(super) async fn wait_for_landing(&self, pending: &[Pending]) {
        let left = self.landing(pending, self.moment());
        if !left.is_zero() {
            let (book, changes) = (self.connection.id.clone(), pending.len());
            self.engine.progress.step(Step::Landing { book, changes, left });
        }
        let clock = &self.engine.clock;
        clock.sleep_until(later(clock.now(), left)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    const SENT: Timestamp = Timestamp::UNIX_EPOCH;

    fn left(sends: &Sends, minutes_shown: i64, seconds_run: u64) -> u64 {
        let send = LastSend { batch: "b".to_owned(), token: "t".to_owned(), at: Some(SENT) };
        let shown = SENT + minutes_shown.minutes();
        let moment = Moment { shown, run: Duration::from_secs(seconds_run) };
        sends.left(&send, SENT, moment).as_secs()
    }

    #[test]
    fn what_this_process_sent_is_timed_by_how_long_it_runs() {
        let mut sends = Sends::none(Duration::ZERO);
        sends.sent.insert("b".to_owned(), Duration::from_secs(100));
        for shown in [-60, 0, 60] {
            assert_eq!(left(&sends, shown, 100), 301);
            assert_eq!(left(&sends, shown, 161), 240);
            assert_eq!(left(&sends, shown, 500), 0);
        }
    }

    #[test]
    fn what_another_sent_is_timed_by_its_note_and_never_waited_for_longer_than_it_takes() {
        let sends = Sends::none(Duration::from_secs(10));
        assert_eq!(left(&sends, 1, 10), 241);
        assert_eq!(left(&sends, 6, 10), 0);
        // A note of the future: the clock was ahead when it was made, or is behind now.
        assert_eq!(left(&sends, -60, 10), 301);
        assert_eq!(left(&sends, -60, 310), 1);
        assert_eq!(left(&sends, -60, 311), 0);
    }
}
