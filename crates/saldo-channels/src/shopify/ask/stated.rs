//! What the shop says of itself: gift cards, what is told anew each time, and cash drawers.

use super::{
    BULK_COMPANY_CREDIT, BULK_ON_HAND, BULK_STORE_CREDIT, ask_bulk, bulk_query, dated_variables,
    question,
};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{
    DrawersState, DrawersStep, GiftCardsListing, GiftCardsState, GiftCardsStep, Listing, Rest,
    Saved, SweepState, SweepStep,
};
use jiff::Timestamp;
use saldo_core::channel::{ChannelContext, Next};
use saldo_core::exchange::Fault;
use serde_json::json;

/// How often money is put into a drawer or taken out of it at most, from its opening to its
/// closing: a drawer with more is held.
const ADJUSTMENTS_LISTED: u32 = 25;

/// Where the window of a new pull of drawers begins: at the first day of the books, or where the
/// last pull ended. A drawer that was closed does not change any more.
pub(in crate::shopify) fn drawers_from(rest: Rest, context: &ChannelContext) -> Timestamp {
    rest.heard_until.unwrap_or(context.since)
}

pub(super) fn ask_drawers(
    saved: &Saved<DrawersState>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    let listing = match &saved.state.step {
        DrawersStep::Rest(rest) if rest.is_over(context.now) => return Ok(Next::Done),
        DrawersStep::Rest(rest) => Listing::new(Some(drawers_from(*rest, context))),
        DrawersStep::Listing { listing, .. } => listing.clone(),
    };
    let mut variables = dated_variables(&listing, "closing_time", saved.state.page);
    if let Some(variables) = variables.as_object_mut() {
        variables.insert("adjustments".to_owned(), json!(ADJUSTMENTS_LISTED));
    }
    question(context, &saved.budget, Question::Drawers, &variables)
}

/// A stream of things that are told anew each time, each with a list of its own: listed by their
/// ids where they are few, else by a bulk operation.
pub(in crate::shopify) struct Sweep {
    pub(in crate::shopify) question: Question,
    /// What the things are called in the answer.
    pub(in crate::shopify) things: &'static str,
    /// What bulk operations run.
    bulk: &'static str,
    /// The variable that says how long the list of each may be, and its value. What is longer is
    /// told by a bulk operation.
    longest: (&'static str, u32),
}

/// What is on hand of items.
pub(in crate::shopify) static ON_HAND_SWEPT: Sweep = Sweep {
    question: Question::OnHand,
    things: "inventoryItems",
    bulk: BULK_ON_HAND,
    longest: ("places", 4),
};

/// What is left of the store credit of buyers.
pub(in crate::shopify) static STORE_CREDIT_SWEPT: Sweep = Sweep {
    question: Question::StoreCredit,
    things: "customers",
    bulk: BULK_STORE_CREDIT,
    longest: ("accounts", 2),
};

/// What is left of the store credit of companies, which each of their places has for itself.
pub(in crate::shopify) static COMPANY_CREDIT_SWEPT: Sweep = Sweep {
    question: Question::CompanyCredit,
    things: "companyLocations",
    bulk: BULK_COMPANY_CREDIT,
    longest: ("accounts", 2),
};

impl Sweep {
    /// The query that a bulk operation runs: for all things.
    pub(in crate::shopify) fn bulk_query(&self) -> String {
        bulk_query(self.bulk, "")
    }
}

pub(super) fn ask_swept(
    sweep: &Sweep,
    saved: &Saved<SweepState>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    let after = match &saved.state.step {
        SweepStep::Rest(rest) if rest.is_over(context.now) => return Ok(Next::Done),
        SweepStep::Rest(_) => None,
        SweepStep::Listing(listing) => listing.last,
        SweepStep::Bulk(bulk) => return ask_bulk(bulk, sweep.bulk_query(), &saved.budget, context),
    };
    let query = after.map(|after| format!("id:>={}", after.saturating_add(1)));
    let mut variables = json!({ "query": query.unwrap_or_default(), "first": saved.state.page });
    if let Some(variables) = variables.as_object_mut() {
        let (name, longest) = sweep.longest;
        variables.insert(name.to_owned(), json!(longest));
    }
    question(context, &saved.budget, sweep.question, &variables)
}

pub(super) fn ask_gift_cards(
    saved: &Saved<GiftCardsState>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    let listing = match &saved.state.step {
        GiftCardsStep::Rest(rest) if rest.is_over(context.now) => return Ok(Next::Done),
        GiftCardsStep::Rest(rest) => GiftCardsListing::new(context.now, rest.heard_until),
        GiftCardsStep::Listing(listing) => listing.clone(),
    };
    let first = saved.state.page;
    let variables = match (&listing.since, &listing.last) {
        (Some(_), _) => json!({
            "query": "", "after": listing.after, "first": first,
            "sortKey": "UPDATED_AT", "reverse": true,
        }),
        // By ids and not by the vendor's cursor, since a list shows no more than 25,000.
        (None, last) => json!({
            "query": last.as_ref().map(|last| format!("id:>{}", last.number())).unwrap_or_default(),
            "after": null, "first": first, "sortKey": "ID", "reverse": false,
        }),
    };
    question(context, &saved.budget, Question::GiftCards, &variables)
}
