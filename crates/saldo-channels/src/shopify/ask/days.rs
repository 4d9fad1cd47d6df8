//! Days that are over: how many orders each has, and what was sold on it.

use super::{question, term};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{DaysListing, DaysState, DaysStep, OVERLAP, Saved, earlier};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use saldo_core::channel::{ChannelContext, Next};
use saldo_core::exchange::Fault;
use serde_json::{Value, json};
use std::fmt;

/// How days are asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::shopify) struct Days {
    /// How many days one question asks for.
    pub(in crate::shopify) at_once: usize,
    /// How long a day must be over.
    over_since: SignedDuration,
}

/// Days whose orders are counted: for as long as a search may be late.
pub(in crate::shopify) static COUNTED: Days = Days { at_once: 10, over_since: OVERLAP };

/// Days whose sales are summed up. Nothing says how soon a report knows of a sale, so that they
/// are asked for a day later.
pub(in crate::shopify) static SUMMED_UP: Days =
    Days { at_once: 50, over_since: SignedDuration::from_hours(24) };

/// How many rows a report has at most. Days have one for each kind of line, of which there are
/// nine, so that none is cut off.
const REPORT_ROWS: usize = 1_000;

/// A books day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::shopify) struct BooksDay {
    pub(in crate::shopify) date: Date,
    /// Its first instant.
    from: Timestamp,
    /// The first instant after it.
    until: Timestamp,
}

impl fmt::Display for BooksDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.from, self.until)
    }
}

/// The days that a listing still is to ask for, up to one more than a question has room for: those
/// that were over when it began.
pub(in crate::shopify) fn days_left(
    asked: &Days,
    listing: DaysListing,
    context: &ChannelContext,
) -> Vec<BooksDay> {
    let over_at = earlier(listing.began, asked.over_since);
    let begins = |date: Date| date.to_zoned(context.zone.clone()).ok().map(|it| it.timestamp());
    let mut days = Vec::new();
    let mut date = listing.next;
    while let (Some(from), Ok(next)) = (begins(date), date.tomorrow())
        && let Some(until) = begins(next).filter(|until| *until <= over_at)
        && days.len() <= asked.at_once
    {
        days.push(BooksDay { date, from, until });
        date = next;
    }
    days
}

/// The days that the next question asks for; none where the pull is over.
fn next_days(asked: &Days, saved: &Saved<DaysState>, context: &ChannelContext) -> Vec<BooksDay> {
    let listing = match saved.state.step {
        DaysStep::Rest(rest) if rest.is_over(context.now) => return Vec::new(),
        DaysStep::Rest(rest) => DaysListing::new(rest, context.now, context),
        DaysStep::Listing(listing) => listing,
    };
    let mut days = days_left(asked, listing, context);
    days.truncate(asked.at_once);
    days
}

pub(super) fn ask_counted(
    saved: &Saved<DaysState>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    let days = next_days(&COUNTED, saved, context);
    let Some(last) = days.last().copied() else { return Ok(Next::Done) };
    let filter = |day: BooksDay| {
        let (from, until) = (day.from, day.until);
        format!("{} {}", term("processed_at", ">=", from), term("processed_at", "<", until))
    };
    // Where fewer days are left than a question has room for, the last one is asked for again.
    let days = days.into_iter().chain(std::iter::repeat(last)).take(COUNTED.at_once).enumerate();
    let variables = days.map(|(number, day)| (format!("day{number}"), json!(filter(day))));
    question(context, &saved.budget, Question::OrdersOfDays, &Value::Object(variables.collect()))
}

pub(super) fn ask_summed_up(
    saved: &Saved<DaysState>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    let days = next_days(&SUMMED_UP, saved, context);
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(Next::Done) };
    // Reports have calendar days of a zone; one without a name has none.
    let Some(zone) = context.zone.iana_name() else { return Ok(Next::Done) };
    let variables = json!({ "report": report(first.date, last.date, zone) });
    question(context, &saved.budget, Question::SalesOfDays, &variables)
}

/// The report of what was sold on days, in the shop's language for them. Whether its last day is in
/// it depends on how that is written: one more is asked for, and passed over.
fn report(first: Date, last: Date, zone: &str) -> String {
    let until = last.tomorrow().unwrap_or(last);
    format!(
        "FROM sales SHOW total_sales SINCE {first} UNTIL {until} GROUP BY day, line_type \
         ORDER BY day ASC LIMIT {REPORT_ROWS} WITH TIMEZONE '{zone}'"
    )
}
