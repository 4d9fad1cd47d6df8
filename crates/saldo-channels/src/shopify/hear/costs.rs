//! What units cost. The vendor tells what they cost today; each change is kept, so that what it
//! told before holds for the days before.

use super::{Hearing, halved, page};
use crate::shopify::ask::costs_from;
use crate::shopify::budget::{Question, fitting};
use crate::shopify::cursor::{CostsListing, CostsState, CostsStep, Rest, Saved};
use crate::shopify::envelope::{Opened, data, open, over_http};
use crate::shopify::wire::{Gid, PageInfo};
use saldo_core::channel::Page;
use saldo_core::exchange::{Fault, Permit};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The most items that one question asks for.
const LARGEST_PAGE: u32 = 150;

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

/// What must be known of an item: which version of it this is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    id: Gid,
    updated_at: String,
    unit_cost: Option<IgnoredAny>,
}

/// What an answer means in the stream of costs.
pub(super) fn hear(mut saved: Saved<CostsState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let asked = saved.state.page;
    let (raw, cost) = match open(Question::InventoryItems, over_http(hearing.answer)?)? {
        Opened::TooDear => {
            saved.state.page = halved(asked, Question::InventoryItems.title())?;
            return page(Vec::new(), &saved);
        }
        Opened::Data(raw, cost) => (raw, cost),
    };
    saved.budget.learn(Question::InventoryItems, cost, hearing.context.now);
    saved.state.page = fitting(asked, cost, LARGEST_PAGE);
    saved.budget.rescale(Question::InventoryItems, asked, saved.state.page);
    let mut listing = match saved.state.step.clone() {
        CostsStep::Listing(listing) => listing,
        CostsStep::Rest(rest) => {
            CostsListing { began: hearing.began(), from: costs_from(rest), after: None }
        }
    };
    let ItemsData { inventory_items: items } = data(Question::InventoryItems, raw)?;
    let mut records = Vec::new();
    for node in &items.nodes {
        let item: Outline = data(Question::InventoryItems, node)?;
        listing.after = Some(number(&item.id)?);
        if item.unit_cost.is_some() {
            let version = format!("{}@{}", item.id.whole(), item.updated_at);
            records.push(hearing.record(&version, node.get()));
        }
    }
    if items.page_info.next().is_some() && !items.nodes.is_empty() {
        saved.state.step = CostsStep::Listing(listing);
        return page(records, &saved);
    }
    let rest = Rest::after(listing.began, hearing.context.now);
    saved.state.step = CostsStep::Rest(rest);
    Ok(Page { records, cursor: saved.store()?, reached: rest.heard_until })
}

/// The number in an id, by which things are listed.
pub(super) fn number(id: &Gid) -> Result<u64, Fault> {
    let (_, number) = id.order();
    number.parse().map_err(|_| {
        Fault::new(Permit::Never, format!("Shopify told a thing whose id is no number: {number}"))
    })
}
