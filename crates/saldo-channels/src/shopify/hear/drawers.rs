//! Cash drawers that were closed and counted. Shops that count none have none to tell, and an app
//! that may not read them is no fault.

use super::{Hearing, Listed, listed, page, refused_by};
use crate::shopify::ask::drawers_from;
use crate::shopify::budget::Question;
use crate::shopify::cursor::{DrawersState, DrawersStep, Listing, Rest, Saved};
use crate::shopify::envelope::data;
use crate::shopify::wire::RawNodes;
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::exchange::Fault;
use serde::Deserialize;

/// The most sessions that one question asks for.
const LARGEST_PAGE: u32 = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionsData {
    cash_tracking_sessions: RawNodes,
}

/// What must be known of a session to list on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    id: String,
    closing_time: Option<Timestamp>,
    cash_tracking_enabled: bool,
}

/// What an answer means in the stream of drawers.
pub(super) fn hear(mut saved: Saved<DrawersState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let question = Question::Drawers;
    let raw = match listed(&mut saved, |state| &mut state.page, (question, LARGEST_PAGE), hearing)?
    {
        Listed::Data(raw) => raw,
        Listed::TooDear => return page(Vec::new(), &saved),
        Listed::Denied => {
            saved.state.step = DrawersStep::Rest(hearing.unheard());
            return refused_by(&saved, hearing);
        }
    };
    let (began, listing) = match saved.state.step.clone() {
        DrawersStep::Listing { began, listing } => (began, listing),
        DrawersStep::Rest(rest) => {
            (hearing.began(), Listing::new(Some(drawers_from(rest, hearing.context))))
        }
    };
    let SessionsData { cash_tracking_sessions: list } = data(question, raw)?;
    let (mut records, mut last) = (Vec::new(), None);
    for node in &list.nodes {
        let session: Outline = data(question, node)?;
        last = session.closing_time.or(last);
        // One that is still open is told once it is closed.
        if session.closing_time.is_some() && session.cash_tracking_enabled {
            records.push(hearing.record(&session.id, node.get()));
        }
    }
    if let Some(listing) = listing.next(list.page_info.next(), list.nodes.len(), last)? {
        saved.state.step = DrawersStep::Listing { began, listing };
        return page(records, &saved);
    }
    let rest = Rest::after(began, hearing.context.now);
    saved.state.step = DrawersStep::Rest(rest);
    Ok(Page { records, cursor: saved.store()?, reached: rest.heard_until })
}
