//! How many units of items are on hand. Who has few items is asked for them page by page; of many,
//! all come by a bulk operation, which takes a handful of questions however many they are.

use super::bulk::{self, InBulk};
use super::costs::number;
use super::{Hearing, halved, page};
use crate::shopify::budget::{Question, fitting};
use crate::shopify::cursor::{
    Bulk, BulkStage, OnHandListing, OnHandState, OnHandStep, Rest, Saved,
};
use crate::shopify::envelope::{Opened, data, open, over_http};
use crate::shopify::read::stated::REFUSED;
use crate::shopify::wire::{Gid, PageInfo};
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::exchange::{Fault, Permit};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most items that one question asks for.
const LARGEST_PAGE: u32 = 100;
/// How many items are listed before the rest of a shop's is worth a bulk operation.
const LISTED_MAX: u32 = 90;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemsData {
    inventory_items: Items,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Items {
    page_info: PageInfo,
    nodes: Vec<Box<RawValue>>,
}

/// What must be known of an item to list on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    id: Gid,
    inventory_levels: Option<Places>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Places {
    page_info: PageInfo,
}

/// What an answer means in the stream of units on hand.
pub(super) fn hear(saved: Saved<OnHandState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    match saved.state.step.clone() {
        OnHandStep::Bulk(bulk) => bulk::hear(saved, bulk, hearing),
        OnHandStep::Listing(listing) => hear_page(saved, listing, hearing),
        OnHandStep::Rest(_) => hear_page(saved, OnHandListing::new(hearing.began()), hearing),
    }
}

fn hear_page(
    mut saved: Saved<OnHandState>,
    mut listing: OnHandListing,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let (question, asked) = (Question::OnHand, saved.state.page);
    let (raw, cost) = match open(question, over_http(hearing.answer)?) {
        Ok(Opened::TooDear) => {
            saved.state.page = halved(asked, question.title())?;
            return page(Vec::new(), &saved);
        }
        Ok(Opened::Data(raw, cost)) => (raw, cost),
        Err(fault) if fault.permits == Permit::LogIn => return refused(saved, hearing),
        Err(fault) => return Err(fault),
    };
    saved.budget.learn(question, cost, hearing.context.now);
    saved.state.page = fitting(asked, cost, LARGEST_PAGE);
    saved.budget.rescale(question, asked, saved.state.page);
    let ItemsData { inventory_items: items } = data(question, raw)?;
    let (mut records, mut is_cut) = (Vec::new(), false);
    for node in &items.nodes {
        let item: Outline = data(question, node)?;
        is_cut |= item.inventory_levels.is_some_and(|places| places.page_info.next().is_some());
        listing.last = Some(number(&item.id)?);
        records.push(hearing.record(&item.id.whole(), node.get()));
    }
    let count = u32::try_from(items.nodes.len()).unwrap_or(u32::MAX);
    listing.heard = listing.heard.saturating_add(count);
    let has_more = items.page_info.next().is_some() && count > 0;
    let is_much = is_cut || (has_more && listing.heard >= LISTED_MAX);
    if is_much && !listing.to_its_end {
        // What was listed is told again, so that of an item that was cut nothing is kept.
        let (began, stage) = (listing.began, BulkStage::Starting);
        saved.state.step = OnHandStep::Bulk(Bulk { began, from: began, stage });
        return page(Vec::new(), &saved);
    }
    if has_more {
        saved.state.step = OnHandStep::Listing(listing);
        return page(records, &saved);
    }
    saved.state.step = OnHandStep::Rest(Rest::after(listing.began, hearing.context.now));
    Ok(Page { records, cursor: saved.store()?, reached: Some(listing.began) })
}

/// The app may not read what is on hand: that is said, and everything else goes on.
fn refused(mut saved: Saved<OnHandState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let said = String::from_utf8_lossy(&over_http(hearing.answer)?.body);
    let record = hearing.record(REFUSED, &said);
    let finished_at = Some(hearing.context.now);
    saved.state.step = OnHandStep::Rest(Rest { heard_until: None, finished_at });
    Ok(Page { records: vec![record], cursor: saved.store()?, reached: None })
}

impl InBulk for OnHandState {
    /// There are items, or no operation would have been begun.
    fn is_plausible(_: Option<u64>, roots: Option<u64>) -> bool {
        roots.is_some_and(|roots| roots > 0)
    }

    fn go_on(&mut self, bulk: Bulk) {
        self.step = OnHandStep::Bulk(bulk);
    }

    fn list(&mut self, bulk: &Bulk) {
        let listing = OnHandListing { to_its_end: true, ..OnHandListing::new(bulk.began) };
        self.step = OnHandStep::Listing(listing);
    }

    fn rest(&mut self, _: Timestamp, rest: Rest) {
        self.step = OnHandStep::Rest(rest);
    }

    /// What is said holds as of the instant of the question: no search is behind it.
    fn reached(began: Timestamp) -> Timestamp {
        began
    }
}
