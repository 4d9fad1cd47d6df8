//! What was sold and taken back on each day, by the shop's own report.

use super::{Hearing, page, refused_by, too_dear};
use crate::shopify::ask::{SUMMED_UP, days_left};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{DaysListing, DaysState, DaysStep, Rest, Saved};
use crate::shopify::envelope::{Opened, data, open, over_http};
use jiff::civil::Date;
use saldo_core::channel::Page;
use saldo_core::exchange::{Fault, Permit};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportData {
    shop: Box<RawValue>,
    shopifyql_query: Option<Report>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    table_data: Option<Table>,
}

#[derive(Deserialize)]
struct Table {
    rows: Vec<Box<RawValue>>,
}

/// What must be known of a row: its day.
#[derive(Deserialize)]
struct Outline {
    day: Date,
}

/// What an answer means in the stream of days that are summed up. The record of a day is the shop,
/// which says in which currency its report is, and below it the rows of the day.
pub(super) fn hear(mut saved: Saved<DaysState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let (question, context) = (Question::SalesOfDays, hearing.context);
    let (raw, cost) = match open(question, over_http(hearing.answer)?) {
        Ok(Opened::TooDear) => return Err(too_dear(question)),
        Ok(Opened::Data(raw, cost)) => (raw, cost),
        Err(fault) if fault.permits == Permit::LogIn => return refused(saved, hearing),
        Err(fault) => return Err(fault),
    };
    saved.budget.learn(question, cost, context.now);
    let ReportData { shop, shopifyql_query: report } = data(question, raw)?;
    // A shop that does not understand the question says so in place of a table.
    let Some(table) = report.and_then(|report| report.table_data) else {
        return refused(saved, hearing);
    };
    let mut rows: BTreeMap<Date, Vec<&str>> = BTreeMap::new();
    for row in &table.rows {
        let Outline { day } = data(question, row)?;
        rows.entry(day).or_default().push(row.get());
    }
    let listing = match saved.state.step {
        DaysStep::Listing(listing) => listing,
        DaysStep::Rest(rest) => DaysListing::new(rest, hearing.began(), context),
    };
    let days = days_left(&SUMMED_UP, listing, context);
    let mut records = Vec::new();
    for day in days.iter().take(SUMMED_UP.at_once) {
        let mut own = rows.remove(&day.date).unwrap_or_default();
        // In whatever order they come, a day that did not change is no news.
        own.sort_unstable();
        own.insert(0, shop.get());
        records.push(hearing.record(&day.to_string(), &own.join("\n")));
    }
    if let Some(next) = days.get(SUMMED_UP.at_once) {
        saved.state.step = DaysStep::Listing(DaysListing { next: next.date, ..listing });
        return page(records, &saved);
    }
    saved.state.step = DaysStep::Rest(Rest::after(listing.began, context.now));
    Ok(Page { records, cursor: saved.store()?, reached: Some(listing.began) })
}

/// The app may not read reports, or the shop cannot make this one: that is said, and everything
/// else goes on. All days are asked for once it can.
fn refused(mut saved: Saved<DaysState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    saved.state.step = DaysStep::Rest(hearing.unheard());
    refused_by(&saved, hearing)
}
