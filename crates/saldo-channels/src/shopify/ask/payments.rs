//! Payouts, disputes, and rows of the balance.

use super::{BULK_ROWS, ask_bulk, bulk_query, dated_variables, question, term};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{
    Listing, PayoutScan, Rest, RowsState, RowsStep, Saved, WatchState, WatchStep, earlier,
};
use jiff::{SignedDuration, Timestamp};
use saldo_core::channel::{ChannelContext, Next};
use saldo_core::exchange::Fault;
use serde_json::json;

/// How far back payouts and disputes are listed again, since even a final state can change.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How far before the start payouts are listed: each stands at midnight of its day in the zone of
/// the vendor, which is UTC, while the books begin at theirs.
const PAYOUTS_BEFORE_START: SignedDuration = SignedDuration::from_hours(24);
/// How far before the start disputes are listed: they may be decided after it.
const DISPUTES_BEFORE_START: SignedDuration = SignedDuration::from_hours(180 * 24);
/// How far back rows of the balance are listed again.
const ROWS_LOOKBACK: SignedDuration = SignedDuration::from_hours(2 * 24);

/// The query that a bulk operation runs for the rows of a window.
pub(in crate::shopify) fn bulk_rows(from: Timestamp) -> String {
    bulk_query(BULK_ROWS, &rows_filter(None, Some(from), None))
}

/// A stream of things that are dated once and change their state later.
pub(in crate::shopify) struct Watched {
    pub(in crate::shopify) question: Question,
    date_field: &'static str,
    before_start: SignedDuration,
    /// The words for states that are final.
    finals: &'static [&'static str],
}

impl Watched {
    /// Whether a state may still change. A word that nobody taught us may.
    pub(in crate::shopify) fn is_open(&self, status: &str) -> bool {
        !self.finals.contains(&status)
    }

    /// Where the window of a new pull begins.
    pub(in crate::shopify) fn from(
        &self,
        state: &WatchState,
        rest: Rest,
        context: &ChannelContext,
    ) -> Timestamp {
        let Some(heard_until) = rest.heard_until else {
            return earlier(context.since, self.before_start);
        };
        let recent = earlier(heard_until, LOOKBACK);
        state.oldest_open.map_or(recent, |oldest| oldest.min(recent))
    }
}

/// Payouts.
pub(in crate::shopify) static PAYOUTS_WATCHED: Watched = Watched {
    question: Question::Payouts,
    date_field: "issued_at",
    before_start: PAYOUTS_BEFORE_START,
    finals: &["PAID", "FAILED", "CANCELED"],
};

/// Disputes.
pub(in crate::shopify) static DISPUTES_WATCHED: Watched = Watched {
    question: Question::Disputes,
    date_field: "initiated_at",
    before_start: DISPUTES_BEFORE_START,
    finals: &["WON", "LOST", "ACCEPTED", "CHARGE_REFUNDED", "PREVENTED"],
};

pub(super) fn ask_watched(
    watched: &Watched,
    saved: &Saved<WatchState>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    let listing = match &saved.state.step {
        WatchStep::Rest(rest) if rest.is_over(context.now) => return Ok(Next::Done),
        WatchStep::Rest(rest) => Listing::new(Some(watched.from(&saved.state, *rest, context))),
        WatchStep::Listing(watch) => watch.listing.clone(),
    };
    let variables = dated_variables(&listing, watched.date_field, saved.state.page);
    question(context, &saved.budget, watched.question, &variables)
}

/// The pull of balance transactions that began then.
pub(in crate::shopify) fn begin_rows(
    state: &RowsState,
    rest: Rest,
    began: Timestamp,
    context: &ChannelContext,
) -> PayoutScan {
    let oldest_open = state
        .seen
        .values()
        .filter(|payout| PAYOUTS_WATCHED.is_open(&payout.status))
        .map(|payout| payout.issued_at)
        .min();
    let (payouts_from, recent_from, rows_before) = match rest.heard_until {
        None => {
            let payouts_from = earlier(context.since, PAYOUTS_BEFORE_START);
            (payouts_from, context.since, Some(context.since))
        }
        Some(heard_until) => {
            let recent = earlier(heard_until, LOOKBACK);
            let payouts_from = oldest_open.map_or(recent, |oldest| oldest.min(recent));
            (payouts_from, earlier(heard_until, ROWS_LOOKBACK), None)
        }
    };
    PayoutScan {
        began,
        recent_from,
        rows_before,
        payouts: Some(Listing::new(Some(payouts_from))),
        changed: Vec::new(),
        rows: Listing::new(None),
    }
}

/// Payouts issued before this need not be remembered after a pull that began then.
pub(in crate::shopify) fn forget_before(state: &RowsState, began: Timestamp) -> Timestamp {
    let rest = Rest::after(began, began);
    let recent = earlier(rest.heard_until.unwrap_or(began), LOOKBACK);
    let open = state.seen.values().filter(|payout| PAYOUTS_WATCHED.is_open(&payout.status));
    open.map(|payout| payout.issued_at).min().map_or(recent, |oldest| oldest.min(recent))
}

pub(super) fn ask_rows(saved: &Saved<RowsState>, context: &ChannelContext) -> Result<Next, Fault> {
    match &saved.state.step {
        RowsStep::Rest(rest) if rest.is_over(context.now) => Ok(Next::Done),
        RowsStep::Rest(rest) => {
            let scan = begin_rows(&saved.state, *rest, context.now, context);
            ask_scan(saved, &scan, context)
        }
        RowsStep::Payouts(scan) => ask_scan(saved, scan, context),
        RowsStep::Recent { listing, .. } => ask_row_page(saved, listing, None, None, context),
        RowsStep::Bulk(bulk) => ask_bulk(bulk, bulk_rows(bulk.from), &saved.budget, context),
    }
}

fn ask_scan(
    saved: &Saved<RowsState>,
    scan: &PayoutScan,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    match (scan.changed.last(), &scan.payouts) {
        (Some((number, _)), _) => {
            ask_row_page(saved, &scan.rows, Some(number), scan.rows_before, context)
        }
        (None, Some(payouts)) => {
            let page = saved.state.payouts_page;
            let variables = dated_variables(payouts, PAYOUTS_WATCHED.date_field, page);
            question(context, &saved.budget, Question::Payouts, &variables)
        }
        (None, None) => Ok(Next::Done),
    }
}

/// Asks for a page of rows: of one payout, or of the whole balance.
fn ask_row_page(
    saved: &Saved<RowsState>,
    listing: &Listing,
    payout: Option<&str>,
    before: Option<Timestamp>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    let variables = json!({
        "query": rows_filter(payout, listing.from, before),
        "after": listing.after,
        "first": saved.state.rows_page,
        "hideTransfers": payout.is_some(),
    });
    question(context, &saved.budget, Question::BalanceTransactions, &variables)
}

/// Which rows are wanted: of a payout, from an instant on, before another.
fn rows_filter(payout: Option<&str>, from: Option<Timestamp>, before: Option<Timestamp>) -> String {
    let terms = [
        payout.map(|number| format!("payments_transfer_id:{number}")),
        from.map(|from| term("processed_at", ">=", from)),
        before.map(|before| term("processed_at", "<", before)),
    ];
    terms.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
