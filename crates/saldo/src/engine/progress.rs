//! What the engine tells whoever watches.

use saldo_core::text::ConnectionId;
use std::sync::Arc;
use std::time::Duration;

/// A step of the work.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Records came in.
    Pulled {
        /// From where.
        connection: ConnectionId,
        /// In which stream.
        stream: String,
        /// How many.
        records: usize,
    },
    /// Groups of facts were accounted.
    Accounted {
        /// How many.
        groups: usize,
    },
    /// A book has this much to do.
    ToPush {
        /// Which book.
        book: ConnectionId,
        /// How many changes.
        changes: usize,
    },
    /// A book did some of it.
    Pushed {
        /// Which book.
        book: ConnectionId,
        /// How many changes.
        changes: usize,
    },
    /// A book has a note at one more of its documents.
    Noted {
        /// Which book.
        book: ConnectionId,
    },
    /// Of some changes nobody knows whether the book entered them, and what was sent may still
    /// land.
    Landing {
        /// Which book.
        book: ConnectionId,
        /// How many changes.
        changes: usize,
        /// How long until the book can be asked.
        left: Duration,
    },
}

/// Who watches.
#[derive(Clone)]
pub(crate) struct Progress(Arc<dyn Fn(&Step) + Send + Sync>);

impl Progress {
    /// Calls this at each step.
    pub(crate) fn to(watch: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    /// Nobody watches.
    pub(crate) fn unseen() -> Self {
        Self::to(|_| {})
    }

    pub(crate) fn step(&self, step: Step) {
        (self.0)(&step);
    }
}
