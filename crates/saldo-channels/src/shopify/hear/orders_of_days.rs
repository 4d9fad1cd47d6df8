//! How many orders the shop itself counts on each day.

use super::{Hearing, affordable, page};
use crate::shopify::ask::{COUNTED, days_left};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{DaysListing, DaysState, DaysStep, Rest, Saved};
use saldo_core::channel::Page;
use saldo_core::exchange::Fault;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What an answer means in the stream of counted days.
pub(super) fn hear(mut saved: Saved<DaysState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let context = hearing.context;
    let counts: BTreeMap<String, Box<RawValue>> =
        affordable(&mut saved, Question::OrdersOfDays, hearing)?;
    let listing = match saved.state.step {
        DaysStep::Listing(listing) => listing,
        DaysStep::Rest(rest) => DaysListing::new(rest, hearing.began(), context),
    };
    let days = days_left(&COUNTED, listing, context);
    let mut records = Vec::new();
    for (number, day) in days.iter().take(COUNTED.at_once).enumerate() {
        let count =
            counts.get(&format!("day{number}")).ok_or_else(|| Fault::unexpected("Shopify"))?;
        records.push(hearing.record(&day.to_string(), count.get()));
    }
    if let Some(next) = days.get(COUNTED.at_once) {
        saved.state.step = DaysStep::Listing(DaysListing { next: next.date, ..listing });
        return page(records, &saved);
    }
    saved.state.step = DaysStep::Rest(Rest::after(listing.began, context.now));
    Ok(Page { records, cursor: saved.store()?, reached: Some(listing.began) })
}
