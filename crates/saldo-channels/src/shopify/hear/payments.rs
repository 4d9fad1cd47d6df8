//! Payouts, disputes and the rows of the balance of Shopify Payments.

use super::bulk::{self, InBulk, finish};
use super::{Hearing, halved, page};
use crate::shopify::ask::{DISPUTES_WATCHED, PAYOUTS_WATCHED, Watched, begin_rows, forget_before};
use crate::shopify::budget::{Question, fitting};
use crate::shopify::cursor::{
    Bulk, BulkStage, Listing, PayoutScan, Rest, RowsState, RowsStep, Saved, SeenPayout, Watch,
    WatchState, WatchStep,
};
use crate::shopify::envelope::{Opened, data, open, over_http};
use crate::shopify::wire::{Payout, RawNodes};
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::commerce::Record;
use saldo_core::exchange::Fault;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most objects that one question asks for.
const LARGEST_PAGE: u32 = 250;
/// About how many points a row requests when it is listed.
const POINTS_A_ROW: u64 = 6;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountData {
    /// None in a shop without Shopify Payments.
    #[serde(deserialize_with = "Option::deserialize")]
    shopify_payments_account: Option<Account>,
}

/// Whichever list was asked for.
#[derive(Deserialize)]
enum Account {
    #[serde(rename = "payouts")]
    Payouts(RawNodes),
    #[serde(rename = "disputes")]
    Disputes(RawNodes),
    #[serde(rename = "balanceTransactions")]
    BalanceTransactions(RawNodes),
}

/// A page of a list, and the page size that fits next time.
struct List {
    nodes: Vec<Box<RawValue>>,
    end: Option<String>,
    page: u32,
}

/// Reads a page of a list; none where it was too dear. A shop without Shopify Payments has none.
fn list<State>(
    saved: &mut Saved<State>,
    question: Question,
    page: u32,
    hearing: Hearing<'_>,
) -> Result<Option<List>, Fault> {
    let (raw, cost) = match open(question, over_http(hearing.answer)?)? {
        Opened::TooDear => return Ok(None),
        Opened::Data(raw, cost) => (raw, cost),
    };
    saved.budget.learn(question, cost, hearing.context.now);
    let asked = page;
    let page = fitting(asked, cost, LARGEST_PAGE);
    saved.budget.rescale(question, asked, page);
    let data: AccountData = data(question, raw)?;
    Ok(Some(match (question, data.shopify_payments_account) {
        (_, None) => List { nodes: Vec::new(), end: None, page },
        (Question::Payouts, Some(Account::Payouts(list)))
        | (Question::Disputes, Some(Account::Disputes(list)))
        | (Question::BalanceTransactions, Some(Account::BalanceTransactions(list))) => {
            List { nodes: list.nodes, end: list.page_info.next(), page }
        }
        _ => return Err(Fault::unexpected("Shopify")),
    }))
}

/// What must be known of a payout, a dispute or a row.
#[derive(Deserialize)]
struct Dated {
    id: String,
    #[serde(alias = "issuedAt", alias = "initiatedAt", alias = "transactionDate")]
    date: Timestamp,
    #[serde(default)]
    status: String,
}

/// What an answer means in the stream of payouts.
pub(super) fn hear_payouts(saved: Saved<WatchState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    hear_watched(&PAYOUTS_WATCHED, saved, hearing)
}

/// What an answer means in the stream of disputes.
pub(super) fn hear_disputes(saved: Saved<WatchState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    hear_watched(&DISPUTES_WATCHED, saved, hearing)
}

fn hear_watched(
    watched: &Watched,
    mut saved: Saved<WatchState>,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let mut watch = match saved.state.step.clone() {
        WatchStep::Listing(watch) => watch,
        WatchStep::Rest(rest) => Watch {
            began: hearing.began(),
            oldest_open: None,
            listing: Listing::new(Some(watched.from(&saved.state, rest, hearing.context))),
        },
    };
    let size = saved.state.page;
    let Some(list) = list(&mut saved, watched.question, size, hearing)? else {
        saved.state.page = halved(size, watched.question.title())?;
        return page(Vec::new(), &saved);
    };
    saved.state.page = list.page;
    let mut records = Vec::new();
    let mut last = None;
    for node in &list.nodes {
        let dated: Dated = data(watched.question, node)?;
        if watched.is_open(&dated.status) {
            let oldest = watch.oldest_open.map_or(dated.date, |oldest| oldest.min(dated.date));
            watch.oldest_open = Some(oldest);
        }
        records.push(hearing.record(&dated.id, node.get()));
        last = Some(dated.date);
    }
    if let Some(listing) = watch.listing.next(list.end, list.nodes.len(), last)? {
        saved.state.step = WatchStep::Listing(Watch { listing, ..watch });
        return page(records, &saved);
    }
    let rest = Rest::after(watch.began, hearing.context.now);
    saved.state.oldest_open = watch.oldest_open;
    saved.state.step = WatchStep::Rest(rest);
    Ok(Page { records, cursor: saved.store()?, reached: rest.heard_until })
}

/// What an answer means in the stream of balance transactions.
pub(super) fn hear_rows(saved: Saved<RowsState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    match saved.state.step.clone() {
        RowsStep::Rest(rest) => {
            let scan = begin_rows(&saved.state, rest, hearing.began(), hearing.context);
            hear_payout_list(saved, scan, hearing)
        }
        RowsStep::Payouts(scan) if scan.changed.is_empty() => {
            hear_payout_list(saved, scan, hearing)
        }
        RowsStep::Payouts(scan) => hear_payout_rows(saved, scan, hearing),
        RowsStep::Recent { began, listing, to_its_end } => {
            hear_recent(saved, (began, &listing, to_its_end), hearing)
        }
        RowsStep::Bulk(bulk) => bulk::hear(saved, bulk, hearing),
    }
}

fn hear_payout_list(
    mut saved: Saved<RowsState>,
    mut scan: PayoutScan,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let size = saved.state.payouts_page;
    let Some(list) = list(&mut saved, Question::Payouts, size, hearing)? else {
        saved.state.payouts_page = halved(size, Question::Payouts.title())?;
        return page(Vec::new(), &saved);
    };
    saved.state.payouts_page = list.page;
    let mut last = None;
    for node in &list.nodes {
        let payout: Payout = data(Question::Payouts, node)?;
        let seen = SeenPayout {
            issued_at: payout.issued_at,
            status: payout.status,
            net: payout.net.0.to_string(),
        };
        last = Some(seen.issued_at);
        let number = payout.legacy_resource_id.0;
        if saved.state.seen.get(&number) != Some(&seen) {
            scan.changed.push((number, seen));
        }
    }
    scan.payouts = match &scan.payouts {
        Some(payouts) => payouts.next(list.end, list.nodes.len(), last)?,
        None => None,
    };
    go_on(Vec::new(), saved, scan)
}

fn hear_payout_rows(
    mut saved: Saved<RowsState>,
    mut scan: PayoutScan,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let heard = hear_row_page(&mut saved, &scan.rows, hearing)?;
    let Some(RowPage { records, next, .. }) = heard else {
        return page(Vec::new(), &saved);
    };
    match next {
        Some(listing) => scan.rows = listing,
        None => {
            scan.rows = Listing::new(None);
            if let Some((number, seen)) = scan.changed.pop() {
                remember(&mut saved.state, scan.began, number, seen);
            }
        }
    }
    go_on(records, saved, scan)
}

/// Remembers how a payout was when its rows were read, unless it will not be listed again.
fn remember(state: &mut RowsState, began: Timestamp, number: String, seen: SeenPayout) {
    let listed_again = seen.issued_at >= forget_before(state, began);
    if listed_again || PAYOUTS_WATCHED.is_open(&seen.status) {
        state.seen.insert(number, seen);
    }
}

/// Goes on with payouts, or with what is new in the balance once all are done.
fn go_on(
    records: Vec<Record>,
    mut saved: Saved<RowsState>,
    scan: PayoutScan,
) -> Result<Page, Fault> {
    saved.state.step = if scan.payouts.is_none() && scan.changed.is_empty() {
        let listing = Listing::new(Some(scan.recent_from));
        RowsStep::Recent { began: scan.began, listing, to_its_end: false }
    } else {
        RowsStep::Payouts(scan)
    };
    page(records, &saved)
}

/// A page of rows, the date of its last one, and where the listing goes on.
struct RowPage {
    records: Vec<Record>,
    last: Option<Timestamp>,
    next: Option<Listing>,
}

/// Hears a page of rows; none where it was too dear: the page size is then halved.
fn hear_row_page(
    saved: &mut Saved<RowsState>,
    listing: &Listing,
    hearing: Hearing<'_>,
) -> Result<Option<RowPage>, Fault> {
    let question = Question::BalanceTransactions;
    let size = saved.state.rows_page;
    let Some(list) = list(saved, question, size, hearing)? else {
        saved.state.rows_page = halved(size, question.title())?;
        return Ok(None);
    };
    saved.state.rows_page = list.page;
    let mut records = Vec::new();
    let mut last = None;
    for node in &list.nodes {
        let dated: Dated = data(question, node)?;
        records.push(hearing.record(&dated.id, node.get()));
        last = Some(dated.date);
    }
    let next = listing.next(list.end, records.len(), last)?;
    Ok(Some(RowPage { records, last, next }))
}

fn hear_recent(
    mut saved: Saved<RowsState>,
    (began, listing, to_its_end): (Timestamp, &Listing, bool),
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let Some(heard) = hear_row_page(&mut saved, listing, hearing)? else {
        return page(Vec::new(), &saved);
    };
    let Some(next) = heard.next else {
        return finish(heard.records, saved, began, hearing);
    };
    let worth_from = bulk::worth_from(saved.budget.restore_rate(), POINTS_A_ROW);
    let left = heard.last.and_then(|last| left(listing, heard.records.len(), last, began));
    saved.state.step = match heard.last.filter(|_| !to_its_end && left >= Some(worth_from)) {
        Some(from) => {
            RowsStep::Bulk(Bulk { began, from, without_places: false, stage: BulkStage::Starting })
        }
        None => RowsStep::Recent { began, listing: next, to_its_end },
    };
    page(heard.records, &saved)
}

/// How many rows are probably left in a listing, if they go on as they came so far: nothing counts
/// them. None where that cannot be said.
fn left(listing: &Listing, heard: usize, last: Timestamp, until: Timestamp) -> Option<u64> {
    let seconds = |from: Timestamp, until: Timestamp| {
        u64::try_from(until.duration_since(from).as_secs()).ok()
    };
    let heard = u64::from(listing.heard).saturating_add(u64::try_from(heard).ok()?);
    let (took, remains) = (seconds(listing.from?, last)?, seconds(last, until)?);
    heard.saturating_mul(remains).checked_div(took)
}

impl InBulk for RowsState {
    /// No row has a parent, and the last one that was listed is among them.
    fn is_plausible(lines: Option<u64>, roots: Option<u64>) -> bool {
        roots.is_some_and(|roots| roots > 0) && roots == lines
    }

    fn go_on(&mut self, bulk: Bulk) {
        self.step = RowsStep::Bulk(bulk);
    }

    fn list(&mut self, bulk: &Bulk) {
        let listing = Listing::new(Some(bulk.from));
        self.step = RowsStep::Recent { began: bulk.began, listing, to_its_end: true };
    }

    fn rest(&mut self, began: Timestamp, rest: Rest) {
        let horizon = forget_before(self, began);
        self.seen.retain(|_, payout| payout.issued_at >= horizon);
        self.step = RowsStep::Rest(rest);
    }
}
