//! What to ask next, given where a pull stands.

mod days;
mod payments;
mod stated;

pub(super) use days::{COUNTED, SUMMED_UP, days_left};
#[cfg(test)]
pub(super) use payments::bulk_rows;
pub(super) use payments::{DISPUTES_WATCHED, PAYOUTS_WATCHED, Watched, begin_rows, forget_before};
pub(super) use stated::{
    COMPANY_CREDIT_SWEPT, ON_HAND_SWEPT, STORE_CREDIT_SWEPT, Sweep, drawers_from,
};

use super::Flow;
use super::budget::{Budget, Question};
use super::cursor::{
    Bulk, BulkStage, CostsState, CostsStep, GOODS_SHAPES, GoodsShape, GoodsState, GoodsStep,
    Listing, Open, OrderPages, OrdersState, OrdersStep, Rest, Saved, Unfinished, earlier,
};
use jiff::{SignedDuration, Timestamp};
use saldo_core::channel::{ChannelContext, Cursor, Next};
use saldo_core::exchange::{Ask, Fault, HttpRequest, SliceAsk};
use serde_json::{Value, json};

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
const SALES_OF_DAYS: &str = include_str!("queries/sales_of_days.graphql");
const ON_HAND: &str = include_str!("queries/on_hand.graphql");
const DRAWERS: &str = include_str!("queries/drawers.graphql");
const BULK_START: &str = include_str!("queries/bulk_start.graphql");
const BULK_STATUS: &str = include_str!("queries/bulk_status.graphql");
const BULK_ORDERS: &str = include_str!("queries/bulk_orders.graphql");
const BULK_ROWS: &str = include_str!("queries/bulk_balance_transactions.graphql");
const STORE_CREDIT: &str = include_str!("queries/store_credit.graphql");
const BULK_STORE_CREDIT: &str = include_str!("queries/bulk_store_credit.graphql");
const BULK_ON_HAND: &str = include_str!("queries/bulk_on_hand.graphql");
const COMPANY_CREDIT: &str = include_str!("queries/company_credit.graphql");
const BULK_COMPANY_CREDIT: &str = include_str!("queries/bulk_company_credit.graphql");
const PAYOUTS: &str = include_str!("queries/payouts.graphql");
const DISPUTES: &str = include_str!("queries/disputes.graphql");
const BALANCE_TRANSACTIONS: &str = include_str!("queries/balance_transactions.graphql");

/// How much of a download one page takes, in bytes.
const SLICE_BYTES: u64 = 4 * 1024 * 1024;
/// How many orders a slice has at most: what is lost when a process ends is read again.
const SLICE_ORDERS: usize = 250;
/// How far back orders can be read without a special scope.
const OPEN_HISTORY: SignedDuration = SignedDuration::from_hours(60 * 24);

/// What to ask next in a stream.
pub(super) fn ask(
    flow: Flow,
    cursor: Option<&Cursor>,
    context: &ChannelContext,
) -> Result<Next, Fault> {
    match flow {
        Flow::Payouts => payments::ask_watched(&PAYOUTS_WATCHED, &Saved::load(cursor)?, context),
        Flow::Disputes => payments::ask_watched(&DISPUTES_WATCHED, &Saved::load(cursor)?, context),
        Flow::BalanceTransactions => payments::ask_rows(&Saved::load(cursor)?, context),
        Flow::Orders => ask_orders(&Saved::load(cursor)?, context),
        Flow::Goods => ask_goods(&Saved::load(cursor)?, context),
        Flow::Costs => ask_costs(&Saved::load(cursor)?, context),
        Flow::OrdersOfDays => days::ask_counted(&Saved::load(cursor)?, context),
        Flow::SalesOfDays => days::ask_summed_up(&Saved::load(cursor)?, context),
        Flow::OnHand => stated::ask_swept(&ON_HAND_SWEPT, &Saved::load(cursor)?, context),
        Flow::StoreCredit => stated::ask_swept(&STORE_CREDIT_SWEPT, &Saved::load(cursor)?, context),
        Flow::CompanyCredit => {
            stated::ask_swept(&COMPANY_CREDIT_SWEPT, &Saved::load(cursor)?, context)
        }
        Flow::Drawers => stated::ask_drawers(&Saved::load(cursor)?, context),
        Flow::GiftCards => stated::ask_gift_cards(&Saved::load(cursor)?, context),
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
        Question::SalesOfDays => SALES_OF_DAYS,
        Question::StoreCredit => STORE_CREDIT,
        Question::CompanyCredit => COMPANY_CREDIT,
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
        OrdersStep::Bulk(bulk) => {
            ask_bulk(bulk, bulk_orders(bulk.from, bulk.without_places), budget, context)
        }
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

/// The query that a bulk operation runs for the orders of a window, with the places that goods go
/// to or without.
pub(super) fn bulk_orders(from: Timestamp, without_places: bool) -> String {
    let query = bulk_query(BULK_ORDERS, &term("updated_at", ">=", from));
    if without_places { leave_out_places(&query) } else { query }
}

/// A query for orders without where in a country goods go to, which not every app may read.
fn leave_out_places(query: &str) -> String {
    let stays = |line: &&str| !matches!(line.trim(), "provinceCode" | "zip");
    query.lines().filter(stays).collect::<Vec<_>>().join("\n")
}

/// A query for a bulk operation, which takes no variables.
fn bulk_query(text: &str, filter: &str) -> String {
    let spoken = |line: &&str| !line.starts_with('#');
    let query = text.lines().filter(spoken).collect::<Vec<_>>().join("\n");
    query.replace("FILTER", filter)
}

fn dated_variables(listing: &Listing, date_field: &str, page: u32) -> Value {
    json!({
        "query": listing.from.map(|from| term(date_field, ">=", from)).unwrap_or_default(),
        "after": listing.after,
        "first": page,
    })
}
