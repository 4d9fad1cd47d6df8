//! Things that are told anew each time: items with what is on hand of them, buyers with their store
//! credit. Who has few is asked for them page by page; of many, all come by a bulk operation, which
//! takes a handful of questions however many they are.

use super::bulk::{self, InBulk};
use super::costs::number;
use super::{Hearing, Listed, listed, page, refused_by};
use crate::shopify::ask::Sweep;
use crate::shopify::cursor::{Bulk, BulkStage, Rest, Saved, SweepListing, SweepState, SweepStep};
use crate::shopify::envelope::data;
use crate::shopify::wire::{Gid, PageInfo, RawNodes};
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::exchange::Fault;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most things that one question asks for.
const LARGEST_PAGE: u32 = 100;
/// How many things are listed before the rest of a shop's is worth a bulk operation.
const LISTED_MAX: u32 = 90;

/// What must be known of a thing to list on: its id, and whether its own list is whole.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    id: Gid,
    #[serde(alias = "inventoryLevels", alias = "storeCreditAccounts")]
    parts: Option<Parts>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    page_info: PageInfo,
}

/// What an answer means in such a stream.
pub(super) fn hear(
    sweep: &Sweep,
    saved: Saved<SweepState>,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    match saved.state.step.clone() {
        SweepStep::Bulk(bulk) => bulk::hear(saved, bulk, hearing),
        SweepStep::Listing(listing) => hear_page(sweep, saved, listing, hearing),
        SweepStep::Rest(_) => hear_page(sweep, saved, SweepListing::new(hearing.began()), hearing),
    }
}

fn hear_page(
    sweep: &Sweep,
    mut saved: Saved<SweepState>,
    mut listing: SweepListing,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let question = sweep.question;
    let raw = match listed(&mut saved, |state| &mut state.page, (question, LARGEST_PAGE), hearing)?
    {
        Listed::Data(raw) => raw,
        Listed::TooDear => return page(Vec::new(), &saved),
        Listed::Denied => {
            saved.state.step = SweepStep::Rest(hearing.unheard());
            return refused_by(&saved, hearing);
        }
    };
    let mut lists: BTreeMap<String, RawNodes> = data(question, raw)?;
    let list = lists.remove(sweep.things).ok_or_else(|| Fault::unexpected("Shopify"))?;
    let (mut records, mut is_cut) = (Vec::new(), false);
    for node in &list.nodes {
        let thing: Outline = data(question, node)?;
        is_cut |= thing.parts.is_some_and(|parts| parts.page_info.next().is_some());
        listing.last = Some(number(&thing.id)?);
        records.push(hearing.record(&thing.id.whole(), node.get()));
    }
    let count = u32::try_from(list.nodes.len()).unwrap_or(u32::MAX);
    listing.heard = listing.heard.saturating_add(count);
    let has_more = list.page_info.next().is_some() && count > 0;
    let is_much = is_cut || (has_more && listing.heard >= LISTED_MAX);
    if is_much && !listing.to_its_end {
        // What was listed is told again, so that of a thing that was cut nothing is kept.
        let (began, stage) = (listing.began, BulkStage::Starting);
        saved.state.step =
            SweepStep::Bulk(Bulk { began, from: began, without_places: false, stage });
        return page(Vec::new(), &saved);
    }
    if has_more {
        saved.state.step = SweepStep::Listing(listing);
        return page(records, &saved);
    }
    saved.state.step = SweepStep::Rest(Rest::after(listing.began, hearing.context.now));
    Ok(Page { records, cursor: saved.store()?, reached: Some(listing.began) })
}

impl InBulk for SweepState {
    /// There are some, or no operation would have been begun.
    fn is_plausible(_: Option<u64>, roots: Option<u64>) -> bool {
        roots.is_some_and(|roots| roots > 0)
    }

    fn go_on(&mut self, bulk: Bulk) {
        self.step = SweepStep::Bulk(bulk);
    }

    fn list(&mut self, bulk: &Bulk) {
        let listing = SweepListing { to_its_end: true, ..SweepListing::new(bulk.began) };
        self.step = SweepStep::Listing(listing);
    }

    fn rest(&mut self, _: Timestamp, rest: Rest) {
        self.step = SweepStep::Rest(rest);
    }

    /// What is said holds as of the instant of the question: no search is behind it.
    fn reached(began: Timestamp) -> Timestamp {
        began
    }
}
