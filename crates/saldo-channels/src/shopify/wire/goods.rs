//! What is handed over, what it costs, and where it is.

use super::{Amount, Gid, Named, Nodes, PageInfo};
use jiff::Timestamp;
use serde::Deserialize;

/// `Order`, as far as goods changed hands.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct OrderGoods {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) test: bool,
    pub(in crate::shopify) fulfillments: Vec<Fulfillment>,
    pub(in crate::shopify) refunds: Vec<RefundGoods>,
}

/// `Fulfillment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct Fulfillment {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) status: String,
    pub(in crate::shopify) created_at: Timestamp,
    pub(in crate::shopify) updated_at: Timestamp,
    pub(in crate::shopify) fulfillment_line_items: Nodes<FulfillmentLineItem>,
}

/// `FulfillmentLineItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct FulfillmentLineItem {
    pub(in crate::shopify) quantity: Option<i64>,
    pub(in crate::shopify) line_item: GoodsItem,
}

/// `LineItem`, as far as goods are concerned.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct GoodsItem {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) sku: Option<String>,
    pub(in crate::shopify) title: String,
    pub(in crate::shopify) variant: Option<Named>,
}

/// `Refund`, as far as goods are concerned.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct RefundGoods {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) created_at: Option<Timestamp>,
    pub(in crate::shopify) processed_at: Option<Timestamp>,
    pub(in crate::shopify) refund_line_items: Nodes<RefundLineItem>,
}

/// `RefundLineItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct RefundLineItem {
    pub(in crate::shopify) id: Option<Gid>,
    pub(in crate::shopify) quantity: i64,
    pub(in crate::shopify) restock_type: String,
    pub(in crate::shopify) line_item: GoodsItem,
}

/// `InventoryItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct InventoryItem {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) updated_at: Timestamp,
    pub(in crate::shopify) sku: Option<String>,
    pub(in crate::shopify) unit_cost: Option<Amount>,
    pub(in crate::shopify) variants: Option<Variants>,
}

/// `InventoryItem`, as far as it is about what is on hand. In the lines of a bulk operation the
/// lists follow as lines of their own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct StockedItem {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) sku: Option<String>,
    pub(in crate::shopify) tracked: bool,
    pub(in crate::shopify) variants: Option<Variants>,
    pub(in crate::shopify) inventory_levels: Option<Levels>,
}

/// Where an item is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct Levels {
    pub(in crate::shopify) page_info: PageInfo,
    pub(in crate::shopify) nodes: Vec<Level>,
}

/// `InventoryLevel`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct Level {
    pub(in crate::shopify) updated_at: Timestamp,
    pub(in crate::shopify) location: Location,
    pub(in crate::shopify) quantities: Vec<Quantity>,
}

/// `Location`.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct Location {
    pub(in crate::shopify) name: String,
}

/// `InventoryQuantity`.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct Quantity {
    pub(in crate::shopify) name: String,
    pub(in crate::shopify) quantity: i64,
}

/// The first variant of an item.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct Variants {
    pub(in crate::shopify) nodes: Vec<Variant>,
}

/// `ProductVariant`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct Variant {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) display_name: String,
}
