//! What is left on gift cards. The vendor tells what is on them now: all cards are heard once,
//! later those that changed since.

use super::{Hearing, halved, page};
use crate::shopify::budget::{Question, fitting};
use crate::shopify::cursor::{
    GiftCardsListing, GiftCardsState, GiftCardsStep, LISTING_LIMIT, Rest, Saved,
};
use crate::shopify::envelope::{Opened, data, open, over_http};
use crate::shopify::read::stated::REFUSED;
use crate::shopify::wire::{Gid, PageInfo};
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::exchange::{Fault, Permit};
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
    let asked = saved.state.page;
    let answer = over_http(hearing.answer)?;
    let (raw, cost) = match open(question, answer) {
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

/// The app may not read gift cards: that is said, and everything else goes on. All cards are asked
/// for once it may.
fn refused(mut saved: Saved<GiftCardsState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let said = String::from_utf8_lossy(&over_http(hearing.answer)?.body);
    let record = hearing.record(REFUSED, &said);
    let finished_at = Some(hearing.context.now);
    saved.state.step = GiftCardsStep::Rest(Rest { heard_until: None, finished_at });
    Ok(Page { records: vec![record], cursor: saved.store()?, reached: None })
}
