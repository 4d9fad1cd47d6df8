//! The requests of a day: how many a push takes, and how many the book leaves.

use super::EngineError;
use super::push::Pusher;
use saldo_core::book::{Book, Need, Subject};
use saldo_core::document::{DocumentKind, Party};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::plan::Change;
use saldo_core::policy::Detail;
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_store::{Connection, Store};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is kept of the answers of a book.
const KIND: &str = "requests";
/// The period that is budgeted: shorter ones pass while a run waits.
const DAY: Duration = Duration::from_hours(24);
/// How many requests a push leaves, for looking things up and for a proof.
const KEPT_FREE: u64 = 20;
/// How many requests a chart takes where it was never read.
const CHART: u64 = 5;

/// What a book said last of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// How many the day leaves.
    left: u64,
    /// How many the chart took when it was read.
    chart: Option<u64>,
}

/// How many requests of a day are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LeftToday {
    /// How many.
    pub(crate) left: u64,
    /// As of when.
    pub(crate) at: jiff::Timestamp,
}

/// What a push takes of the requests of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RequestsNeeded {
    /// How many it takes, at the most and where nothing fails.
    pub(crate) takes: u64,
    /// How many it would take about with one document a day, where it is entered order by order
    /// and that is fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by_day: Option<u64>,
    /// How many are left, where the book said within a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) today: Option<LeftToday>,
}

impl RequestsNeeded {
    /// Whether it is known that the day does not leave enough.
    pub(crate) fn exceeds(&self) -> bool {
        self.today.is_some_and(|today| self.takes.saturating_add(KEPT_FREE) > today.left)
    }
}

async fn said(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<(Said, jiff::Timestamp)>, EngineError> {
    let seen = store.observation(company, book, KIND).await?;
    // What an earlier version kept and this one cannot read is heard anew.
    Ok(seen.and_then(|seen| Some((serde_json::from_str(&seen.body).ok()?, seen.at))))
}

/// How many requests a book left when it was last asked something, where that is no day ago.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn left_today(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
    now: jiff::Timestamp,
) -> Result<Option<LeftToday>, EngineError> {
    let said = said(store, company, book).await?;
    let today = said.map(|(said, at)| LeftToday { left: said.left, at });
    let day = jiff::SignedDuration::try_from(DAY).unwrap_or(jiff::SignedDuration::MAX);
    Ok(today.filter(|it| now.duration_since(it.at) < day))
}

/// What entering these changes takes of a book's requests; none of a book that does not say how
/// many are left.
pub(super) async fn needed(
    engine: &super::Engine,
    connection: &Connection,
    book: &dyn Book,
    changes: &[Change],
) -> Result<Option<RequestsNeeded>, EngineError> {
    if !book.description().requests_left.iter().any(|it| it.per == DAY) {
        return Ok(None);
    }
    let (store, company) = (&engine.store, engine.company_id());
    let chart = said(store, company, &connection.id).await?.and_then(|(said, _)| said.chart);
    let chart = chart.unwrap_or(CHART);
    let takes = requests_of(book, changes, chart, |_| Kept::Apart);
    let by_day = requests_of(book, changes, chart, by_day);
    let in_detail = engine.policy.text.detail == Detail::Order;
    Ok(Some(RequestsNeeded {
        takes,
        by_day: Some(by_day).filter(|by_day| in_detail && *by_day < takes),
        today: left_today(store, company, &connection.id, engine.clock.now()).await?,
    }))
}

/// How a subject is entered, for counting.
enum Kept {
    /// By itself.
    Apart,
    /// In one document with the others of its day.
    OfDay(jiff::civil::Date),
    /// Not at all.
    Never,
}

/// What one document a day leaves of the documents of orders: no buyer, and one of each kind.
fn by_day(subject: &Subject) -> Kept {
    match subject {
        Subject::Need(Need::Party(Party::Customer { .. })) => Kept::Never,
        Subject::Document { document, .. } => match document.header().kind {
            DocumentKind::SalesReceipt | DocumentKind::RefundReceipt => {
                Kept::OfDay(document.header().date)
            }
            _ => Kept::Apart,
        },
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => Kept::Apart,
    }
}

/// How many requests changes take: those of each place in full batches, a look at the drafts that
/// are confirmed and at what is amended, and what must be read before. What needs exist already are
/// not made, so that it may be fewer.
fn requests_of(
    book: &dyn Book,
    changes: &[Change],
    chart: u64,
    kept: impl Fn(&Subject) -> Kept,
) -> u64 {
    let (mut apart, mut of_days) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    let (mut looked_at, mut with_needs) = (BTreeMap::<DocumentKind, usize>::new(), false);
    for change in changes {
        let subject = &change.subject;
        with_needs |= matches!(subject, Subject::Need(_));
        if let Subject::Confirmed { document, .. } | Subject::Amended { document, .. } = subject {
            *looked_at.entry(document.header().kind).or_default() += 1;
        }
        let count = match (kept(subject), subject) {
            (Kept::Never, _) => 0,
            (Kept::OfDay(day), Subject::Document { document, .. }) => {
                usize::from(of_days.insert((day, document.header().kind)))
            }
            _ => 1,
        };
        *apart.entry(book.place(subject)).or_default() += count;
    }
    let (batch, at_once) =
        (book.description().batch.max(1), book.description().look_up_batch.max(1));
    let writes: usize = apart.values().map(|count| count.div_ceil(batch)).sum();
    let looks: usize = looked_at.values().map(|count| count.div_ceil(at_once)).sum();
    let read = match (changes.is_empty(), with_needs) {
        (true, _) => 0,
        (false, true) => chart,
        (false, false) => u64::from(book.description().has_settings),
    };
    u64::try_from(writes + looks).unwrap_or(u64::MAX).saturating_add(read)
}

impl Pusher<'_> {
    /// Keeps which requests count still for the next process, and what the book's answers said of
    /// those that are left, where they said anything.
    pub(super) async fn keep_requests(&self) -> Result<(), EngineError> {
        self.engine.keep_window(&self.connection.id, &self.transport.limiter).await?;
        let Some(left) = self.transport.meter.left(DAY) else { return Ok(()) };
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let before = said(store, company, &self.connection.id).await?;
        let chart = self.chart_requests.or(before.and_then(|(said, _)| said.chart));
        self.observe(KIND, &Said { left, chart }).await
    }

    /// Makes sure that the day leaves a request for what is to be sent next.
    ///
    /// # Errors
    /// Where it leaves so few that only those are left that are kept free: what is left over goes
    /// another day.
    pub(super) fn leave_some(&self, requests: usize, changes: usize) -> Result<(), EngineError> {
        let Some(left) = self.transport.meter.left(DAY).filter(|left| *left <= KEPT_FREE) else {
            return Ok(());
        };
        let detail = match self.engine.policy.text.detail {
            Detail::Order => ", and one document a day (`detail = \"day\"`) takes fewer requests",
            Detail::Day | Detail::Payout => "",
        };
        let message = format!(
            "{changes} changes are left, which take {requests} requests: the book takes {left} \
             more today, which are kept for looking things up; a later `saldo sync` goes \
             on{detail}"
        );
        Err(self.world(Fault::new(Permit::RetryAfter(Duration::from_hours(1)), message)))
    }
}
