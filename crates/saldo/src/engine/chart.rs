//! What stands in a book's chart, and how needs are met by it.

use super::EngineError;
use super::push::Pusher;
use saldo_core::book::{Bindings, Book, BookSettings, ChartEntry, ChartKind, Need, Outcome, Task};
use saldo_core::exchange::Fault;
use saldo_core::matching::{Resolution, resolve};
use saldo_core::text::RemoteId;

/// How many pages of a chart are read at the most.
const PAGES_MAX: usize = 10_000;

/// A book's chart as it was read.
pub(super) struct Chart {
    entries: Vec<ChartEntry>,
    /// How many requests it took.
    pub(super) requests: u64,
}

impl Chart {
    /// Reads it whole, and keeps it as an observation; what the owner decided comes with it.
    pub(super) async fn read(
        pusher: &Pusher<'_>,
    ) -> Result<(Self, Option<BookSettings>), EngineError> {
        let mut entries = Vec::new();
        let mut settings = None;
        let (mut page, mut requests) = (None, 0);
        for _ in 0..PAGES_MAX {
            let mut outcomes = pusher.read(&[Task::ReadChart { page: page.clone() }]).await?;
            let Some(Outcome::Chart(read)) = outcomes.pop() else {
                return Err(pusher.world(Fault::unexpected("the chart")));
            };
            requests += 1;
            entries.extend(read.entries);
            settings = settings.or(read.settings);
            page = read.next;
            if page.is_none() {
                break;
            }
        }
        pusher.observe("chart", &entries).await?;
        Ok((Self { entries, requests }, settings))
    }

    /// Notes which names are not free.
    pub(super) fn take_names(&self, bindings: &mut Bindings) {
        for entry in &self.entries {
            bindings.take_name(entry);
        }
    }

    /// What the book calls the accounts on which it enters sales tax by itself: one for each
    /// agency, and also those that are no longer used, which may still hold something.
    pub(super) fn collecting_tax(&self) -> impl Iterator<Item = &RemoteId> {
        let collects =
            |kind: &ChartKind| matches!(kind, ChartKind::Account { collects_tax: true, .. });
        self.entries.iter().filter(move |entry| collects(&entry.kind)).map(|entry| &entry.remote)
    }

    /// How a need is met.
    pub(super) fn resolve(&self, book: &dyn Book, need: &Need, bindings: &Bindings) -> Resolution {
        resolve(need, &self.entries, &book.names(need), |account| {
            bindings.need(&Need::Account(account.clone())).cloned()
        })
    }
}
