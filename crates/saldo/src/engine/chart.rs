//! What stands in a book's chart, and how needs are met by it.

use super::EngineError;
use super::push::Pusher;
use jiff::{SignedDuration, Timestamp};
use saldo_core::book::{Bindings, Book, BookSettings, ChartEntry, ChartKind, Need, Outcome, Task};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::matching::{Resolution, resolve};
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use saldo_store::Store;
use std::collections::BTreeSet;

/// What is kept of a chart.
const KIND: &str = "chart";
/// For how long what is kept of people is good enough: as long as a page holds their news.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How much longer ago news are asked for: longer than a chart is read, and than clocks differ.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// How many pages of a chart are read at the most.
const PAGES_MAX: usize = 10_000;

/// A chart as it was kept when it was read whole.
struct Kept {
    entries: Vec<ChartEntry>,
    at: Timestamp,
}

impl Kept {
    /// The one of a book that can tell what is new; none where it was never read.
    async fn of(pusher: &Pusher<'_>) -> Result<Option<Self>, EngineError> {
        if !pusher.book.description().tells_new_people {
            return Ok(None);
        }
        let (store, company) = (&pusher.engine.store, pusher.engine.company_id());
        let known = known_chart(store, company, &pusher.connection.id).await?;
        Ok(known.map(|(at, entries)| Self { entries, at }))
    }

    fn is_young(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < KEPT_FOR
    }

    fn since(&self) -> Timestamp {
        self.at.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN)
    }

    /// The chart of which this is all but the people, and the news of these.
    fn with(self, read: Vec<ChartEntry>) -> Vec<ChartEntry> {
        let key = |entry: &ChartEntry| (entry.remote.clone(), is_customer(entry));
        let news: BTreeSet<_> = read.iter().filter(|it| is_person(it)).map(key).collect();
        let people = self.entries.into_iter().filter(is_person);
        let mut entries: Vec<ChartEntry> = people.filter(|it| !news.contains(&key(it))).collect();
        entries.extend(read);
        entries
    }
}

const fn is_person(entry: &ChartEntry) -> bool {
    matches!(entry.kind, ChartKind::Customer | ChartKind::Vendor | ChartKind::OtherName)
}

const fn is_customer(entry: &ChartEntry) -> bool {
    matches!(entry.kind, ChartKind::Customer)
}

/// A book's chart, and when it was read last; none where it never was.
pub(super) async fn known_chart(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<(Timestamp, Vec<ChartEntry>)>, EngineError> {
    let seen = store.observation(company, book, KIND).await?;
    // What an earlier version kept and this one cannot read is read anew.
    Ok(seen.and_then(|seen| Some((seen.at, serde_json::from_str(&seen.body).ok()?))))
}

/// A book's chart as it was read.
pub(super) struct Chart {
    entries: Vec<ChartEntry>,
    /// How many requests it took.
    pub(super) requests: u64,
}

impl Chart {
    /// Reads it, and keeps it as an observation; what the owner decided comes with it. Of people,
    /// who are many, only those are asked for that are news since it was kept, where the book can
    /// tell; all of them are once they were kept for long, or where the kept ones proved stale.
    pub(super) async fn read(
        pusher: &Pusher<'_>,
    ) -> Result<(Self, Option<BookSettings>), EngineError> {
        let now = pusher.engine.clock.now();
        let kept = Kept::of(pusher).await?;
        let kept = kept.filter(|kept| !pusher.chart_is_stale && kept.is_young(now));
        let mut entries = Vec::new();
        let mut settings = None;
        let (mut page, mut requests) = (None, 0);
        for _ in 0..PAGES_MAX {
            let page_of_it = page.clone();
            let task = match &kept {
                Some(kept) => Task::ReadChartSince { since: kept.since(), page: page_of_it },
                None => Task::ReadChart { page: page_of_it },
            };
            let mut outcomes = pusher.read(&[task]).await?;
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
        if page.is_some() {
            let words = format!("the chart does not end after {PAGES_MAX} pages");
            return Err(pusher.world(Fault::new(Permit::Never, words)));
        }
        match kept {
            // What is news since then is asked for again, until it is kept anew.
            Some(kept) => entries = kept.with(entries),
            None => pusher.observe(KIND, &entries).await?,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_of_people_replace_what_was_kept_and_all_else_is_as_it_was_read() {
        let entry = |remote: &str, kind: ChartKind, name: &str, active: bool| ChartEntry {
            remote: RemoteId::from(remote),
            kind,
            name: name.to_owned(),
            active,
        };
        let account = || ChartKind::Account { kind: None, currency: None, collects_tax: false };
        let kept = Kept {
            entries: vec![
                entry("1", account(), "Sales", true),
                entry("7", ChartKind::Customer, "Jane", true),
                entry("7", ChartKind::Vendor, "Jane", true),
                entry("8", ChartKind::Customer, "Joe", true),
            ],
            at: Timestamp::UNIX_EPOCH,
        };
        let read = vec![
            entry("2", account(), "Fees", true),
            entry("7", ChartKind::Customer, "Jane", false),
            entry("9", ChartKind::Vendor, "Mill", true),
        ];
        let merged = kept.with(read);
        let told: Vec<String> =
            merged.iter().map(|it| format!("{} {} {}", it.remote, it.name, it.active)).collect();
        assert_eq!(
            told,
            ["7 Jane true", "8 Joe true", "2 Fees true", "7 Jane false", "9 Mill true"]
        );
        assert_eq!(merged[0].kind, ChartKind::Vendor, "only what is news is replaced");
    }

    #[test]
    fn what_was_kept_is_good_for_a_day() {
        let at: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let kept = Kept { entries: Vec::new(), at };
        assert!(kept.is_young(at + SignedDuration::from_hours(23)));
        assert!(!kept.is_young(at + SignedDuration::from_hours(24)));
        assert_eq!(kept.since(), at - SignedDuration::from_hours(1));
    }
}
