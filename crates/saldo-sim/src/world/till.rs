//! The cash drawer of the counter, day by day: what was left in it, what came in and was taken out,
//! and what was counted.

use super::order::{Gateway, Minor, Order, Transaction, TransactionKind, TransactionStatus};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The ids of sessions and of what is taken out begin here.
const FIRST_ID: u64 = 5_500_000_000_001;
/// How many ids a session has room for.
const IDS: u64 = 10;
/// What is left in the drawer for the next day.
const FLOAT: Minor = 20_000;
/// What is taken out for small things, on every third day.
const PETTY: Minor = 2_000;

/// A day of the drawer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TillSession {
    /// The id, unique among sessions.
    pub id: u64,
    /// When the drawer was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// What the day before left in it.
    pub left_before: Minor,
    /// What was counted when it was opened.
    pub float: Minor,
    /// What buyers paid in.
    pub sales: Minor,
    /// What they were given back, positive.
    pub refunds: Minor,
    /// What was put in (positive) or taken out.
    pub moves: Vec<TillMove>,
    /// What was counted when it was closed.
    pub counted: Minor,
}

/// Money that was put into the drawer or taken out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TillMove {
    /// The id, unique among these.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// How much: put in is positive.
    pub amount: Minor,
    /// What for, as somebody wrote it down.
    pub note: &'static str,
}

impl TillSession {
    /// What should be in the drawer when it is closed.
    #[must_use]
    pub fn expected(&self) -> Minor {
        self.float + self.sales - self.refunds + self.moved()
    }

    /// What was put in, less what was taken out.
    #[must_use]
    pub fn moved(&self) -> Minor {
        self.moves.iter().map(|it| it.amount).sum()
    }

    /// What was counted more (positive) or less than there should have been, in all.
    #[must_use]
    pub fn discrepancy(&self) -> Minor {
        self.float - self.left_before + self.counted - self.expected()
    }
}

/// Every day of the history on which anything was paid in cash: what is more than the float goes to
/// the bank in the evening. Now and then a coin is found in the morning, or some are missing in the
/// evening.
pub(super) fn sessions(
    orders: &[Order],
    days: u32,
    first: Date,
    zone: &TimeZone,
) -> Vec<TillSession> {
    let moved: Vec<&Transaction> = orders
        .iter()
        .filter(|order| !order.test)
        .flat_map(|order| &order.transactions)
        .filter(|it| it.gateway == Gateway::Cash && it.status == TransactionStatus::Success)
        .collect();
    let mut all: Vec<TillSession> = Vec::new();
    let mut day = first;
    for _ in 0..days {
        let Ok(next) = day.tomorrow() else { break };
        if let (Some(opened_at), Some(ends)) = (begins(day, zone), begins(next, zone)) {
            let before = all.last();
            let today = moved.iter().filter(|it| it.at >= opened_at && it.at < ends).copied();
            let today: Vec<&Transaction> = today.collect();
            if !today.is_empty() {
                let number = u64::try_from(all.len()).unwrap_or(0);
                let left_before = before.map_or(FLOAT, |before| before.counted);
                let session = session(number, (opened_at, ends), left_before, &today);
                all.push(session);
            }
        }
        day = next;
    }
    all
}

fn begins(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|midnight| midnight.timestamp())
}

fn session(
    number: u64,
    (opened_at, ends): (Timestamp, Timestamp),
    left_before: Minor,
    moved: &[&Transaction],
) -> TillSession {
    let before_end =
        |seconds| ends.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(opened_at);
    let sum = |kinds: [TransactionKind; 2]| -> Minor {
        let own = moved.iter().filter(|it| kinds.contains(&it.kind));
        own.map(|it| it.amount + it.rounding).sum()
    };
    let id = FIRST_ID + number * IDS;
    let mut session = TillSession {
        id,
        opened_at,
        closed_at: before_end(1),
        left_before,
        float: left_before + if number % 5 == 3 { 100 } else { 0 },
        sales: sum([TransactionKind::Sale, TransactionKind::Capture]),
        refunds: sum([TransactionKind::Refund, TransactionKind::Change]),
        moves: Vec::new(),
        counted: 0,
    };
    if number % 3 == 1 {
        let (at, note) = (before_end(6 * 3_600), "Petty cash");
        session.moves.push(TillMove { id: id + 1, at, amount: -PETTY, note });
    }
    let more = session.expected() - FLOAT;
    if more > 0 {
        let (at, note) = (before_end(60), "Bank drop");
        session.moves.push(TillMove { id: id + 2, at, amount: -more, note });
    }
    session.counted = session.expected() - if number % 4 == 2 { 225 } else { 0 };
    session
}
