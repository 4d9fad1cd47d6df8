//! What was handed over for orders: listed by order, those with many parcels once more by
//! themselves.

use super::{Hearing, halved, page};
use crate::shopify::ask::goods_from;
use crate::shopify::budget::{Question, fitting};
use crate::shopify::cursor::{GOODS_SHAPES, GoodsListing, GoodsState, GoodsStep, Listing, Saved};
use crate::shopify::cursor::{GoodsShape, Rest};
use crate::shopify::envelope::{Opened, data, open, over_http};
use crate::shopify::wire::PageInfo;
use jiff::Timestamp;
use saldo_core::channel::Page;
use saldo_core::commerce::Record;
use saldo_core::exchange::Fault;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most orders that one question asks for.
const LARGEST_PAGE: u32 = 50;

#[derive(Deserialize)]
struct ListData {
    orders: List,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    page_info: PageInfo,
    edges: Vec<Edge>,
    nodes: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Edge {
    node: Touched,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Touched {
    updated_at: Timestamp,
}

#[derive(Deserialize)]
struct OrderData<'a> {
    #[serde(borrow)]
    order: Option<&'a RawValue>,
}

/// What must be known of an order's goods to see whether they were heard whole.
#[derive(Deserialize)]
struct Outline {
    id: String,
    fulfillments: Vec<Parcel>,
    refunds: Vec<Refund>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parcel {
    fulfillment_line_items: Parts,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    refund_line_items: Parts,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    page_info: PageInfo,
}

impl Outline {
    /// Whether anything was handed over or given up yet.
    fn is_empty(&self) -> bool {
        self.fulfillments.is_empty() && self.refunds.is_empty()
    }

    /// Whether all of it came, where so much was asked for. A list that is full may go on.
    fn is_whole(&self, shape: GoodsShape) -> bool {
        let fits = |count: usize, most: u32| u32::try_from(count).is_ok_and(|count| count < most);
        let ends = |parts: &Parts| parts.page_info.clone().next().is_none();
        fits(self.fulfillments.len(), shape.parcels)
            && fits(self.refunds.len(), shape.refunds)
            && self.fulfillments.iter().all(|parcel| ends(&parcel.fulfillment_line_items))
            && self.refunds.iter().all(|refund| ends(&refund.refund_line_items))
    }
}

/// What an answer means in the stream of goods.
pub(super) fn hear(saved: Saved<GoodsState>, hearing: Hearing<'_>) -> Result<Page, Fault> {
    let listing = match saved.state.step.clone() {
        GoodsStep::Listing(listing) => listing,
        GoodsStep::Rest(rest) => GoodsListing {
            began: hearing.began(),
            listing: Some(Listing::new(Some(goods_from(rest, hearing.context)))),
            unfinished: Vec::new(),
        },
    };
    match listing.unfinished.is_empty() {
        true => hear_list(saved, listing, hearing),
        false => hear_order(saved, listing, hearing),
    }
}

fn hear_list(
    mut saved: Saved<GoodsState>,
    mut goods: GoodsListing,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let asked = saved.state.page;
    let (raw, cost) = match open(Question::Goods, over_http(hearing.answer)?)? {
        Opened::TooDear => {
            saved.state.page = halved(asked, Question::Goods.title())?;
            return page(Vec::new(), &saved);
        }
        Opened::Data(raw, cost) => (raw, cost),
    };
    saved.budget.learn(Question::Goods, cost, hearing.context.now);
    saved.state.page = fitting(asked, cost, LARGEST_PAGE);
    saved.budget.rescale(Question::Goods, asked, saved.state.page);
    let list: ListData = data(Question::Goods, raw)?;
    let mut records = Vec::new();
    for node in &list.orders.nodes {
        let outline: Outline = data(Question::Goods, node)?;
        if !outline.is_whole(GoodsShape::OF_A_LISTING) {
            goods.unfinished.push((outline.id, 0));
        } else if !outline.is_empty() {
            records.push(hearing.record(&outline.id, node.get()));
        }
    }
    let last = list.orders.edges.last().map(|edge| edge.node.updated_at);
    let count = list.orders.nodes.len();
    goods.listing = match &goods.listing {
        Some(listing) => listing.next(list.orders.page_info.next(), count, last)?,
        None => None,
    };
    go_on(records, saved, goods, hearing)
}

/// Hears an order by itself. What does not fit the last shape either is told as it is: reading
/// says that it is cut.
fn hear_order(
    mut saved: Saved<GoodsState>,
    mut goods: GoodsListing,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let Some((id, tried)) = goods.unfinished.pop() else {
        return Err(Fault::unexpected("Shopify"));
    };
    let data: OrderData<'_> = super::affordable(&mut saved, Question::GoodsOfOrder, hearing)?;
    // An order deleted meanwhile is not heard at all.
    let Some(node) = data.order else { return go_on(Vec::new(), saved, goods, hearing) };
    let outline: Outline = crate::shopify::envelope::data(Question::GoodsOfOrder, node)?;
    let shape = GOODS_SHAPES.get(tried).copied().unwrap_or(GoodsShape::OF_A_LISTING);
    if !outline.is_whole(shape) && tried + 1 < GOODS_SHAPES.len() {
        goods.unfinished.push((id, tried + 1));
        return go_on(Vec::new(), saved, goods, hearing);
    }
    let record = hearing.record(&outline.id, node.get());
    go_on(vec![record], saved, goods, hearing)
}

fn go_on(
    records: Vec<Record>,
    mut saved: Saved<GoodsState>,
    goods: GoodsListing,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    if goods.listing.is_some() || !goods.unfinished.is_empty() {
        saved.state.step = GoodsStep::Listing(goods);
        return page(records, &saved);
    }
    let rest = Rest::after(goods.began, hearing.context.now);
    saved.state.step = GoodsStep::Rest(rest);
    Ok(Page { records, cursor: saved.store()?, reached: rest.heard_until })
}
