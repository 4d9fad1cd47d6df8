//! What to ask next, given where a pull stands.

use super::Flow;
use super::budget::{Budget, Question};
use super::cursor::{
    Bulk, BulkStage, CostsState, CostsStep, DaysListing, DaysState, DaysStep, DrawersState,
    DrawersStep, GOODS_SHAPES, GiftCardsListing, GiftCardsState, GiftCardsStep, GoodsShape,
    GoodsState, GoodsStep, Listing, OVERLAP, Open, OrderPages, OrdersState, OrdersStep, PayoutScan,
    Rest, RowsState, RowsStep, Saved, SweepState, SweepStep, Unfinished, WatchState, WatchStep,
    earlier,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use saldo_core::channel::{ChannelContext, Cursor, Next};
use saldo_core::exchange::{Ask, Fault, HttpRequest, SliceAsk};
use serde_json::{Value, json};
use std::fmt;

const SHOP: &str = include_str!("queries/shop.graphql");
const ACCESS_SCOPES: &str = include_str!("queries/access_scopes.graphql");
const ORDERS_COUNT: &str = include_str!("queries/orders_count.graphql");
const ORDERS: &str = concat!(
    include_str!("queries/orders.graphql"),
    include_str!("queries/order_fields.graphql"),
    include_str!("queries/agreement_fields.graphql")
);
const ORDER_REST: &str = concat!(
    include_str!("queries/order_rest.graphql"),
    include_str!("queries/agreement_fields.graphql")
);
const GOODS: &str =
    concat!(include_str!("queries/goods.graphql"), include_str!("queries/goods_fields.graphql"));
const GOODS_OF_ORDER: &str = concat!(
    include_str!("queries/goods_of_order.graphql"),
    include_str!("queries/goods_fields.graphql")
);
const INVENTORY_ITEMS: &str = include_str!("queries/inventory_items.graphql");
const GIFT_CARDS: &str = include_str!("queries/gift_cards.graphql");
const ORDERS_OF_DAYS: &str = include_str!("queries/orders_of_days.graphql");
const ON_HAND: &str = include_str!("queries/on_hand.graphql");
const DRAWERS: &str = include_str!("queries/drawers.graphql");
const BULK_START: &str = include_str!("queries/bulk_start.graphql");
const BULK_STATUS: &str = include_str!("queries/bulk_status.graphql");
const BULK_ORDERS: &str = include_str!("queries/bulk_orders.graphql");
const BULK_ROWS: &str = include_str!("queries/bulk_balance_transactions.graphql");
const STORE_CREDIT: &str = include_str!("queries/store_credit.graphql");
const BULK_STORE_CREDIT: &str = include_str!("queries/bulk_store_credit.graphql");
const BULK_ON_HAND: &str = include_str!("queries/bulk_on_hand.graphql");
const PAYOUTS: &str = include_str!("queries/payouts.graphql");
const DISPUTES: &str = include_str!("queries/disputes.graphql");
const BALANCE_TRANSACTIONS: &str = include_str!("queries/balance_transactions.graphql");

/// How much of a download one page takes, in bytes.
const SLICE_BYTES: u64 = 4 * 1024 * 1024;
/// How many orders a slice has at most: what is lost when a process ends is read again.
const SLICE_ORDERS: usize = 250;
/// How far back orders can be read without a special scope.
const OPEN_HISTORY: SignedDuration = SignedDuration::from_hours(60 * 24);
/// How far back payouts and disputes are listed again, since even a final state can change.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How far before the start disputes are listed: they may be decided after it.
const DISPUTES_BEFORE_START: SignedDuration = SignedDuration::from_hours(180 * 24);
/// How many days one question counts.
pub(super) const DAYS_AT_ONCE: usize = 10;
/// How often money is put into a drawer or taken out of it at most, from its opening to its
/// closing: a drawer with more is held.
const ADJUSTMENTS_LISTED: u32 = 25;
/// How far back rows of the balance are listed again.
const ROWS_LOOKBACK: SignedDuration = SignedDuration::from_hours(2 * 24);

/// What to ask next in a stream.
pub(super) fn ask(
    flow: Flow,
    cursor: Option<&Cursor>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    match flow {
        Flow::Payouts => ask_watched(&PAYOUTS_WATCHED, &Saved::load(cursor)?, context),
        Flow::Disputes => ask_watched(&DISPUTES_WATCHED, &Saved::load(cursor)?, context),
        Flow::BalanceTransactions => ask_rows(&Saved::load(cursor)?, context),
        Flow::Orders => ask_orders(&Saved::load(cursor)?, context),
        Flow::Goods => ask_goods(&Saved::load(cursor)?, context),
        Flow::Costs => ask_costs(&Saved::load(cursor)?, context),
        Flow::OrdersOfDays => ask_days(&Saved::load(cursor)?, context),
        Flow::OnHand => ask_swept(&ON_HAND_SWEPT, &Saved::load(cursor)?, context),
        Flow::StoreCredit => ask_swept(&STORE_CREDIT_SWEPT, &Saved::load(cursor)?, context),
        Flow::Drawers => ask_drawers(&Saved::load(cursor)?, context),
        Flow::GiftCards => ask_gift_cards(&Saved::load(cursor)?, context),
    }
}

/// What asks for the shop's name. It costs one point, which every bucket holds.
pub(super) fn introduction(context: &ChannelContext) -> Result<Ask, Fault> {
    let body = json!({ "query": document(Question::Shop) });
    let url = context.addresses.get("api")?.to_owned();
    Ok(Ask::Http(HttpRequest::post_json(url, body.to_string().into_bytes())))
}

/// Asks a question as soon as it can be paid for.
fn question(
    context: &ChannelContext,
    budget: &Budget,
    question: Question,
    variables: &Value,
) -> Result<Next, Fault> {
    if let Some(ready) = budget.ready_at(question, context.now) {
        return Ok(Next::WaitUntil(ready));
    }
    let body = json!({ "query": document(question), "variables": variables });
    let url = context.addresses.get("api")?.to_owned();
    Ok(Next::Ask(Ask::Http(HttpRequest::post_json(url, body.to_string().into_bytes()))))
}

/// The text of a question.
pub(super) const fn document(question: Question) -> &'static str {
    match question {
        Question::Shop => SHOP,
        Question::AccessScopes => ACCESS_SCOPES,
        Question::OrdersCount => ORDERS_COUNT,
        Question::Orders => ORDERS,
        Question::OrderRest => ORDER_REST,
        Question::BulkStart => BULK_START,
        Question::BulkStatus => BULK_STATUS,
        Question::Payouts => PAYOUTS,
        Question::Disputes => DISPUTES,
        Question::BalanceTransactions => BALANCE_TRANSACTIONS,
        Question::Goods => GOODS,
        Question::GoodsOfOrder => GOODS_OF_ORDER,
        Question::InventoryItems => INVENTORY_ITEMS,
        Question::GiftCards => GIFT_CARDS,
        Question::OrdersOfDays => ORDERS_OF_DAYS,
        Question::StoreCredit => STORE_CREDIT,
        Question::OnHand => ON_HAND,
        Question::Drawers => DRAWERS,
    }
}

/// A search term: a field, a comparison, and an instant to the second.
fn term(field: &str, comparison: &str, instant: Timestamp) -> String {
    let whole = Timestamp::from_second(instant.as_second()).unwrap_or(instant);
    format!("{field}:{comparison}'{whole}'")
}

fn ask_orders(saved: &Saved<OrdersState>, context: &ChannelContext) -> Result<Next, Fault> {
    let budget = &saved.budget;
    match &saved.state.step {
        OrdersStep::Rest(rest) if rest.is_over(context.now) => Ok(Next::Done),
        OrdersStep::Rest(rest) => match first_orders_step(*rest, context) {
            FirstStep::Scopes(_) => question(context, budget, Question::AccessScopes, &json!({})),
            FirstStep::Count(from) => ask_count(budget, from, context),
        },
        OrdersStep::Count { from } => ask_count(budget, *from, context),
        OrdersStep::Bulk(bulk) => ask_bulk(bulk, bulk_orders(bulk.from), budget, context),
        OrdersStep::Paged(paged) => match (paged.unfinished.last(), &paged.listing) {
            (Some(order), _) => {
                let variables = rest_variables(order, saved.state.pages);
                question(context, budget, Question::OrderRest, &variables)
            }
            (None, Some(listing)) => {
                let variables = orders_variables(listing, saved.state.pages);
                question(context, budget, Question::Orders, &variables)
            }
            (None, None) => Ok(Next::Done),
        },
    }
}

/// Where the window of a new pull of costs begins. The first one reads all items: what was said of
/// them years ago holds still.
pub(super) const fn costs_from(rest: Rest) -> Option<Timestamp> {
    rest.heard_until
}

fn ask_costs(saved: &Saved<CostsState>, context: &ChannelContext) -> Result<Next, Fault> {
    let (from, after) = match &saved.state.step {
        CostsStep::Rest(rest) if rest.is_over(context.now) => return Ok(Next::Done),
        CostsStep::Rest(rest) => (costs_from(*rest), None),
        CostsStep::Listing(listing) => (listing.from, listing.after),
    };
    let terms = [
        from.map(|from| term("updated_at", ">=", from)),
        after.map(|after| format!("id:>={}", after.saturating_add(1))),
    ];
    let query = terms.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let variables = json!({ "query": query, "first": saved.state.page });
    question(context, &saved.budget, Question::InventoryItems, &variables)
}

fn ask_days(saved: &Saved<DaysState>, context: &ChannelContext) -> Result<Next, Fault> {
    let listing = match saved.state.step {
        DaysStep::Rest(rest) if rest.is_over(context.now) => return Ok(Next::Done),
        DaysStep::Rest(rest) => DaysListing::new(rest, context.now, context),
        DaysStep::Listing(listing) => listing,
    };
    let days = counted_days(listing, context);
    let Some(last) = days.last().copied() else { return Ok(Next::Done) };
    let filter = |day: CountedDay| {
        let (from, until) = (day.from, day.until);
        format!("{} {}", term("processed_at", ">=", from), term("processed_at", "<", until))
    };
    let days = days.into_iter().chain(std::iter::repeat(last)).take(DAYS_AT_ONCE).enumerate();
    let variables = days.map(|(number, day)| (format!("day{number}"), json!(filter(day))));
    question(context, &saved.budget, Question::OrdersOfDays, &Value::Object(variables.collect()))
}

/// A books day whose orders are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CountedDay {
    pub(super) date: Date,
    /// Its first instant.
    from: Timestamp,
    /// The first instant after it.
    until: Timestamp,
}

impl fmt::Display for CountedDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.from, self.until)
    }
}

/// The days that a listing still is to count, up to one more than a question has room for: those
/// that were over when it began, for as long as a search may be late.
pub(super) fn counted_days(listing: DaysListing, context: &ChannelContext) -> Vec<CountedDay> {
    let over_at = earlier(listing.began, OVERLAP);
    let begins = |date: Date| date.to_zoned(context.zone.clone()).ok().map(|it| it.timestamp());
    let mut days = Vec::new();
    let mut date = listing.next;
    while let (Some(from), Ok(next)) = (begins(date), date.tomorrow())
        && let Some(until) = begins(next).filter(|until| *until <= over_at)
        && days.len() <= DAYS_AT_ONCE
    {
        days.push(CountedDay { date, from, until });
        date = next;
    }
    days
}

/// Where the window of a new pull of drawers begins: at the first day of the books, or where the
/// last pull ended. A drawer that was closed does not change any more.
pub(super) fn drawers_from(rest: Rest, context: &ChannelContext) -> Timestamp {
    rest.heard_until.unwrap_or(context.since)
}

fn ask_drawers(saved: &Saved<DrawersState>, context: &ChannelContext) -> Result<Next, Fault> {
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
pub(super) struct Sweep {
    pub(super) question: Question,
    /// What the things are called in the answer.
    pub(super) things: &'static str,
    /// What bulk operations run.
    bulk: &'static str,
    /// The variable that says how long the list of each may be, and its value. What is longer is
    /// told by a bulk operation.
    longest: (&'static str, u32),
}

/// What is on hand of items.
pub(super) static ON_HAND_SWEPT: Sweep = Sweep {
    question: Question::OnHand,
    things: "inventoryItems",
    bulk: BULK_ON_HAND,
    longest: ("places", 4),
};

/// What is left of the store credit of buyers.
pub(super) static STORE_CREDIT_SWEPT: Sweep = Sweep {
    question: Question::StoreCredit,
    things: "customers",
    bulk: BULK_STORE_CREDIT,
    longest: ("accounts", 2),
};

impl Sweep {
    /// The query that a bulk operation runs: for all things.
    pub(super) fn bulk_query(&self) -> String {
        bulk_query(self.bulk, "")
    }
}

fn ask_swept(
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

fn ask_gift_cards(saved: &Saved<GiftCardsState>, context: &ChannelContext) -> Result<Next, Fault> {
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

/// Where the window of a new pull of goods begins.
pub(super) fn goods_from(rest: Rest, context: &ChannelContext) -> Timestamp {
    rest.heard_until.unwrap_or(context.since)
}

fn ask_goods(saved: &Saved<GoodsState>, context: &ChannelContext) -> Result<Next, Fault> {
    let from = |rest: Rest| Listing::new(Some(goods_from(rest, context)));
    let (listing, unfinished) = match &saved.state.step {
        GoodsStep::Rest(rest) if rest.is_over(context.now) => return Ok(Next::Done),
        GoodsStep::Rest(rest) => (Some(from(*rest)), None),
        GoodsStep::Listing(goods) => (goods.listing.clone(), goods.unfinished.last()),
    };
    if let Some((order, tried)) = unfinished {
        let shape = GOODS_SHAPES.get(*tried).copied().unwrap_or(GoodsShape::OF_A_LISTING);
        let variables = json!({
            "id": order,
            "parcels": shape.parcels,
            "refunds": shape.refunds,
            "items": shape.items,
        });
        return question(context, &saved.budget, Question::GoodsOfOrder, &variables);
    }
    let Some(listing) = listing else { return Ok(Next::Done) };
    let shape = GoodsShape::OF_A_LISTING;
    let variables = json!({
        "query": listing.from.map(|from| term("updated_at", ">=", from)).unwrap_or_default(),
        "after": listing.after,
        "orders": saved.state.page,
        "parcels": shape.parcels,
        "refunds": shape.refunds,
        "items": shape.items,
    });
    question(context, &saved.budget, Question::Goods, &variables)
}

/// How a pull of orders begins, and where its window does.
pub(super) enum FirstStep {
    /// The window reaches back further than every app can see: look at what this one may read.
    Scopes(Timestamp),
    /// Count what changed.
    Count(Timestamp),
}

/// How a pull of orders begins.
pub(super) fn first_orders_step(rest: Rest, context: &ChannelContext) -> FirstStep {
    match rest.heard_until {
        Some(heard_until) => FirstStep::Count(heard_until),
        None if context.since < earlier(context.now, OPEN_HISTORY) => {
            FirstStep::Scopes(context.since)
        }
        None => FirstStep::Count(context.since),
    }
}

fn ask_count(budget: &Budget, from: Timestamp, context: &ChannelContext) -> Result<Next, Fault> {
    let variables = json!({ "query": term("updated_at", ">=", from) });
    question(context, budget, Question::OrdersCount, &variables)
}

fn orders_variables(listing: &Listing, pages: OrderPages) -> Value {
    json!({
        "query": listing.from.map(|from| term("updated_at", ">=", from)).unwrap_or_default(),
        "after": listing.after,
        "orders": pages.orders,
        "agreements": pages.agreements,
        "sales": pages.sales,
    })
}

fn rest_variables(order: &Unfinished, pages: OrderPages) -> Value {
    match order.open.last() {
        Some(Open::Sales { agreement_after, after }) => json!({
            "id": order.id,
            "agreements": 1,
            "agreementsAfter": agreement_after,
            "sales": pages.more_sales,
            "salesAfter": after,
        }),
        Some(Open::Agreements { after }) => json!({
            "id": order.id,
            "agreements": pages.agreements,
            "agreementsAfter": after,
            "sales": pages.sales,
            "salesAfter": null,
        }),
        None => json!({ "id": order.id, "agreements": 1, "sales": 1 }),
    }
}

/// Asks for the next step of a bulk operation that runs this query.
fn ask_bulk(
    bulk: &Bulk,
    query: String,
    budget: &Budget,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    match &bulk.stage {
        BulkStage::Starting => {
            question(context, budget, Question::BulkStart, &json!({ "query": query }))
        }
        BulkStage::Polling { next_at, wait_seconds, .. }
            if *next_at > context.now && looked_at(*next_at, *wait_seconds) <= context.now =>
        {
            Ok(Next::WaitUntil(*next_at))
        }
        BulkStage::Polling { operation, .. } => {
            question(context, budget, Question::BulkStatus, &json!({ "id": operation }))
        }
        BulkStage::Slicing(slicing) => Ok(Next::Ask(Ask::Slice(SliceAsk {
            url: slicing.url.clone(),
            bytes: slicing.bytes,
            offset: slicing.offset,
            limit: SLICE_BYTES,
            groups: SLICE_ORDERS,
        }))),
    }
}

/// When a bulk operation was looked at that is to be looked at again then. An instant later than
/// now is of a clock that was ahead.
fn looked_at(next_at: Timestamp, wait_seconds: u32) -> Timestamp {
    earlier(next_at, SignedDuration::from_secs(i64::from(wait_seconds)))
}

/// The query that a bulk operation runs for the orders of a window.
pub(super) fn bulk_orders(from: Timestamp) -> String {
    bulk_query(BULK_ORDERS, &term("updated_at", ">=", from))
}

/// The query that a bulk operation runs for the rows of a window.
pub(super) fn bulk_rows(from: Timestamp) -> String {
    bulk_query(BULK_ROWS, &rows_filter(None, Some(from), None))
}

/// A query for a bulk operation, which takes no variables.
fn bulk_query(text: &str, filter: &str) -> String {
    let spoken = |line: &&str| !line.starts_with('#');
    let query = text.lines().filter(spoken).collect::<Vec<_>>().join("\n");
    query.replace("FILTER", filter)
}

/// A stream of things that are dated once and change their state later.
pub(super) struct Watched {
    pub(super) question: Question,
    date_field: &'static str,
    before_start: SignedDuration,
    /// The words for states that are final.
    finals: &'static [&'static str],
}

impl Watched {
    /// Whether a state may still change. A word that nobody taught us may.
    pub(super) fn is_open(&self, status: &str) -> bool {
        !self.finals.contains(&status)
    }

    /// Where the window of a new pull begins.
    pub(super) fn from(
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
pub(super) static PAYOUTS_WATCHED: Watched = Watched {
    question: Question::Payouts,
    date_field: "issued_at",
    before_start: SignedDuration::ZERO,
    finals: &["PAID", "FAILED", "CANCELED"],
};

/// Disputes.
pub(super) static DISPUTES_WATCHED: Watched = Watched {
    question: Question::Disputes,
    date_field: "initiated_at",
    before_start: DISPUTES_BEFORE_START,
    finals: &["WON", "LOST", "ACCEPTED", "CHARGE_REFUNDED", "PREVENTED"],
};

fn ask_watched(
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

fn dated_variables(listing: &Listing, date_field: &str, page: u32) -> Value {
    json!({
        "query": listing.from.map(|from| term(date_field, ">=", from)).unwrap_or_default(),
        "after": listing.after,
        "first": page,
    })
}

/// The pull of balance transactions that began then.
pub(super) fn begin_rows(
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
        None => (context.since, context.since, Some(context.since)),
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
pub(super) fn forget_before(state: &RowsState, began: Timestamp) -> Timestamp {
    let rest = Rest::after(began, began);
    let recent = earlier(rest.heard_until.unwrap_or(began), LOOKBACK);
    let open = state.seen.values().filter(|payout| PAYOUTS_WATCHED.is_open(&payout.status));
    open.map(|payout| payout.issued_at).min().map_or(recent, |oldest| oldest.min(recent))
}

fn ask_rows(saved: &Saved<RowsState>, context: &ChannelContext) -> Result<Next, Fault> {
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
