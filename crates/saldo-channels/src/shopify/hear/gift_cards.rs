//! What is left on gift cards. The vendor tells what is on them now: all cards are heard once,
//! later those that changed since.

use super::{Hearing, Listed, listed, page, refused_by};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{
    GiftCardsListing, GiftCardsState, GiftCardsStep, LISTING_LIMIT, Rest, Saved,
};
use crate::shopify::envelope::data;
use crate::shopify::wire::{Gid, PageInfo};
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::exchange::Fault;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most gift cards that one question asks for.
const LARGEST_PAGE: u32 = 225;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CardsData {
    gift_cards: Cards,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cards {
    page_info: PageInfo,
    nodes: Vec<Box<RawValue>>,
}

/// What must be known of a card to list on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    id: Gid,
    updated_at: Timestamp,
}

/// What an answer means in the stream of gift cards.
pub(super) fn hear(mut saved: Saved<GiftCardsState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let question = Question::GiftCards;
    let raw = match listed(&mut saved, |state| &mut state.page, (question, LARGEST_PAGE), hearing)?
    {
        Listed::Data(raw) => raw,
        Listed::TooDear => return page(Vec::new(), &saved),
        Listed::Denied => {
            saved.state.step = GiftCardsStep::Rest(hearing.unheard());
            return refused_by(&saved, hearing);
        }
    };
    let mut listing = match saved.state.step.clone() {
        GiftCardsStep::Listing(listing) => listing,
        GiftCardsStep::Rest(rest) => GiftCardsListing::new(hearing.began(), rest.heard_until),
    };
    let CardsData { gift_cards: cards } = data(question, raw)?;
    let (mut records, mut is_known) = (Vec::new(), false);
    for node in &cards.nodes {
        let card: Outline = data(question, node)?;
        is_known |= listing.since.is_some_and(|since| card.updated_at < since);
        records.push(hearing.record(&card.id.whole(), node.get()));
        listing.last = Some(card.id);
    }
    listing.after = cards.page_info.next().filter(|_| !cards.nodes.is_empty() && !is_known);
    listing.heard = listing.heard.saturating_add(u32::try_from(cards.nodes.len()).unwrap_or(0));
    if listing.after.is_some() {
        if listing.since.is_some() && listing.heard >= LISTING_LIMIT {
            // More changed than one listing shows: all are heard again.
            listing = GiftCardsListing::new(hearing.began(), None);
        }
        saved.state.step = GiftCardsStep::Listing(listing);
        return page(records, &saved);
    }
    saved.state.step = GiftCardsStep::Rest(Rest::after(listing.began, hearing.context.now));
    Ok(Page { records, cursor: saved.store()?, reached: Some(listing.began) })
}
