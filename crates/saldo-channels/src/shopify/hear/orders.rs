//! Orders: how many, then a few at a time or all by a bulk operation.

use super::bulk::{self, InBulk, finish};
use super::{Hearing, affordable, halved, page};
use crate::shopify::ask::{FirstStep, first_orders_step};
use crate::shopify::budget::{Question, fitting};
use crate::shopify::cursor::{
    Bulk, BulkStage, Open, OrderPages, OrdersState, OrdersStep, Paged, Rest, Saved, Unfinished,
};
use crate::shopify::envelope::{Opened, data, open, over_http};
use crate::shopify::wire::{Edges, PageInfo};
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::commerce::Record;
use saldo_core::exchange::{Fault, Permit};
use serde::Deserialize;
use serde_json::value::RawValue;

/// About how many points an order requests when it is listed.
const POINTS_AN_ORDER: u64 = 150;
/// The most orders that one question asks for.
const LARGEST_PAGE: u32 = 50;

/// What an answer means in the stream of orders.
pub(super) fn hear(saved: Saved<OrdersState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    match saved.state.step.clone() {
        OrdersStep::Rest(rest) => hear_first(saved, rest, hearing),
        OrdersStep::Count { from } => hear_count(saved, from, hearing),
        OrdersStep::Bulk(bulk) => bulk::hear(saved, bulk, hearing),
        OrdersStep::Paged(paged) if paged.unfinished.is_empty() => hear_list(saved, paged, hearing),
        OrdersStep::Paged(paged) => hear_piece(saved, paged, hearing),
    }
}

/// The data of an answer, its cost remembered; none where the question was too dear.
fn opened<'a, T: Deserialize<'a>>(
    saved: &mut Saved<OrdersState>,
    question: Question,
    hearing: Hearing<'a>,
) -> Result<Option<T>, Fault> {
    match open(question, over_http(hearing.answer)?)? {
        Opened::TooDear => Ok(None),
        Opened::Data(raw, cost) => {
            saved.budget.learn(question, cost, hearing.context.now);
            if question == Question::Orders {
                let asked = saved.state.pages.orders;
                let orders = fitting(asked, cost, LARGEST_PAGE);
                saved.budget.rescale(question, asked, orders);
                saved.state.pages.orders = orders;
            }
            data(question, raw).map(Some)
        }
    }
}

/// The answer to whichever question came first: as time passes between question and answer, only
/// the answer itself says which it was.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FirstData {
    current_app_installation: Option<Installation>,
    orders_count: Option<Count>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Installation {
    access_scopes: Vec<Scope>,
}

#[derive(Deserialize)]
struct Scope {
    handle: String,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

fn hear_first(
    mut saved: Saved<OrdersState>,
    rest: Rest,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let (question, from) = match first_orders_step(rest, hearing.context) {
        FirstStep::Scopes(from) => (Question::AccessScopes, from),
        FirstStep::Count(from) => (Question::OrdersCount, from),
    };
    let data: FirstData = affordable(&mut saved, question, hearing)?;
    match (data.current_app_installation, data.orders_count) {
        (Some(installation), _) => {
            check_scopes(&installation)?;
            saved.state.step = OrdersStep::Count { from };
            page(Vec::new(), &saved)
        }
        (None, Some(count)) => choose(saved, from, &count, hearing),
        (None, None) => Err(uncounted()),
    }
}

/// Whether orders older than 60 days can be seen. They are hidden without a word.
fn check_scopes(installation: &Installation) -> Result<(), Fault> {
    if installation.access_scopes.iter().any(|scope| scope.handle == "read_all_orders") {
        return Ok(());
    }
    Err(Fault::new(
        Permit::LogIn,
        "orders older than 60 days are hidden from the app without a word: grant it \
         `read_all_orders` and install it again, or let the books start later",
    ))
}

fn hear_count(
    mut saved: Saved<OrdersState>,
    from: Timestamp,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let data: FirstData = affordable(&mut saved, Question::OrdersCount, hearing)?;
    let count = data.orders_count.ok_or_else(uncounted)?;
    choose(saved, from, &count, hearing)
}

fn uncounted() -> Fault {
    let what = Question::OrdersCount.title();
    Fault::new(Permit::Never, format!("the answer to {what} has no `ordersCount`"))
}

/// Lists the orders, or takes them by a bulk operation, whichever is cheaper.
fn choose(
    mut saved: Saved<OrdersState>,
    from: Timestamp,
    count: &Count,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let began = hearing.began();
    let bulk_from = bulk::worth_from(saved.budget.restore_rate(), POINTS_AN_ORDER);
    saved.state.step = if count.count >= bulk_from {
        OrdersStep::Bulk(Bulk { began, from, without_places: false, stage: BulkStage::Starting })
    } else {
        OrdersStep::Paged(Paged::new(began, from))
    };
    page(Vec::new(), &saved)
}

#[derive(Deserialize)]
struct ListData {
    orders: List,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    page_info: PageInfo,
    edges: Vec<TouchedEdge>,
    nodes: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct TouchedEdge {
    node: Touched,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Touched {
    updated_at: Timestamp,
}

/// What must be known of an order to see whether it was heard whole.
#[derive(Deserialize)]
struct Outline {
    id: String,
    agreements: Edges<AgreementOutline>,
}

#[derive(Deserialize)]
struct AgreementOutline {
    sales: SalesOutline,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SalesOutline {
    page_info: PageInfo,
}

fn hear_list(
    mut saved: Saved<OrdersState>,
    mut paged: Paged,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let Some(data) = opened::<ListData>(&mut saved, Question::Orders, hearing)? else {
        saved.state.pages = smaller_list(saved.state.pages)?;
        return page(Vec::new(), &saved);
    };
    let mut records = Vec::new();
    for node in &data.orders.nodes {
        let outline: Outline = outline(Question::Orders, node)?;
        let open = open_lists(&outline.agreements, None);
        if open.is_empty() {
            records.push(hearing.record(&outline.id, node.get()));
        } else {
            let lines = vec![node.get().to_owned()];
            paged.unfinished.push(Unfinished { id: outline.id, lines, open });
        }
    }
    let last = data.orders.edges.last().map(|edge| edge.node.updated_at);
    let count = data.orders.nodes.len();
    paged.listing = match &paged.listing {
        Some(listing) => listing.next(data.orders.page_info.next(), count, last)?,
        None => None,
    };
    go_on(records, saved, paged, hearing)
}

/// Reads what must be known of a raw node.
fn outline<'a, T: Deserialize<'a>>(question: Question, node: &'a RawValue) -> Result<T, Fault> {
    data(question, node)
}

/// The nested lists of an order, or of a further piece of it, that did not fit their pages.
/// `preceding` is the vendor's cursor of the agreement before the first.
fn open_lists(agreements: &Edges<AgreementOutline>, preceding: Option<&str>) -> Vec<Open> {
    let mut open = Vec::new();
    let mut preceding = preceding.map(str::to_owned);
    for edge in &agreements.edges {
        if let Some(after) = edge.node.sales.page_info.clone().next() {
            open.push(Open::Sales { agreement_after: preceding.clone(), after });
        }
        preceding.clone_from(&edge.cursor);
    }
    if let Some(after) = agreements.page_info.clone().next() {
        open.push(Open::Agreements { after });
    }
    open
}

#[derive(Deserialize)]
struct PieceData<'a> {
    #[serde(borrow)]
    order: Option<&'a RawValue>,
}

fn hear_piece(
    mut saved: Saved<OrdersState>,
    mut paged: Paged,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let Some(mut order) = paged.unfinished.pop() else {
        return Err(Fault::unexpected("Shopify"));
    };
    let Some(data) = opened::<PieceData<'_>>(&mut saved, Question::OrderRest, hearing)? else {
        saved.state.pages = smaller_piece(saved.state.pages, order.open.last())?;
        return page(Vec::new(), &saved);
    };
    // An order deleted meanwhile is not heard at all.
    let Some(piece) = data.order else { return go_on(Vec::new(), saved, paged, hearing) };
    let outline: Outline = outline(Question::OrderRest, piece)?;
    match order.open.pop() {
        Some(Open::Sales { agreement_after, .. }) => {
            let sales = outline.agreements.edges.first().map(|edge| &edge.node.sales);
            if let Some(after) = sales.and_then(|sales| sales.page_info.clone().next()) {
                order.open.push(Open::Sales { agreement_after, after });
            }
        }
        Some(Open::Agreements { after }) => {
            order.open.extend(open_lists(&outline.agreements, Some(&after)));
        }
        None => {}
    }
    order.lines.push(piece.get().to_owned());
    let mut records = Vec::new();
    if order.open.is_empty() {
        records.push(hearing.record(&order.id, &order.lines.join("\n")));
    } else {
        paged.unfinished.push(order);
    }
    go_on(records, saved, paged, hearing)
}

/// The page of a listing that goes on, or has come to its end.
fn go_on(
    records: Vec<Record>,
    mut saved: Saved<OrdersState>,
    paged: Paged,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    if paged.listing.is_none() && paged.unfinished.is_empty() {
        return finish(records, saved, paged.began, hearing);
    }
    saved.state.step = OrdersStep::Paged(paged);
    page(records, &saved)
}

impl InBulk for OrdersState {
    const TELLS_PLACES: bool = true;

    fn is_plausible(_: Option<u64>, _: Option<u64>) -> bool {
        true
    }

    fn go_on(&mut self, bulk: Bulk) {
        self.step = OrdersStep::Bulk(bulk);
    }

    fn list(&mut self, bulk: &Bulk) {
        self.step = OrdersStep::Paged(Paged::new(bulk.began, bulk.from));
    }

    fn rest(&mut self, _: Timestamp, rest: Rest) {
        self.step = OrdersStep::Rest(rest);
    }
}

/// The pages of a listing that was too dear: fewer orders, then fewer things of one order.
fn smaller_list(pages: OrderPages) -> Result<OrderPages, Fault> {
    if pages.orders > 1 {
        return Ok(OrderPages { orders: pages.orders / 2, ..pages });
    }
    smaller_nested(pages)
}

fn smaller_nested(pages: OrderPages) -> Result<OrderPages, Fault> {
    if pages.agreements > 1 {
        return Ok(OrderPages { agreements: pages.agreements / 2, ..pages });
    }
    Ok(OrderPages { sales: halved(pages.sales, "orders")?, ..pages })
}

/// The pages of a question for the rest of an order that was too dear.
fn smaller_piece(pages: OrderPages, open: Option<&Open>) -> Result<OrderPages, Fault> {
    match open {
        Some(Open::Agreements { .. }) => smaller_nested(pages),
        _ => Ok(OrderPages { more_sales: halved(pages.more_sales, "sales")?, ..pages }),
    }
}
