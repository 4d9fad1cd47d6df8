//! The JSON of the REST interface and of webhooks as types. Amounts and ids stay text until their
//! currency and type are known.

use crate::shopify::wire::{Gid, NumberText, Percent, raw_text, told};
use jiff::Timestamp;
use saldo_core::money::{Currency, Money};
use serde::{Deserialize, Deserializer};

/// An amount as it is written, in quotation marks or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AmountText(String);

impl AmountText {
    pub(super) fn money(&self, currency: Currency) -> Result<Money, String> {
        Money::parse(&self.0, currency).map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for AmountText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw_text(deserializer)?;
        let plain = text.trim_matches('"');
        match plain.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte)) {
            true => Ok(Self(plain.to_owned())),
            false => Err(serde::de::Error::custom(format!("`{text}` is not an amount"))),
        }
    }
}

/// The id of a thing. Of its two ids the global one is exact: numbers lose digits in some programs.
pub(super) fn gid(kind: &str, number: &NumberText, exact: Option<&Gid>) -> Gid {
    let exact = exact.filter(|id| id.is(kind)).cloned();
    exact.unwrap_or_else(|| Gid::numbered(kind, &number.0))
}

/// `Order`.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    pub(super) id: NumberText,
    pub(super) admin_graphql_api_id: Option<Gid>,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
    pub(super) processed_at: Option<Timestamp>,
    pub(super) cancelled_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) test: bool,
    pub(super) currency: String,
    pub(super) presentment_currency: Option<String>,
    pub(super) tags: Option<String>,
    pub(super) taxes_included: bool,
    pub(super) financial_status: Option<String>,
    pub(super) source_name: Option<String>,
    pub(super) location_id: Option<NumberText>,
    pub(super) customer: Option<Customer>,
    #[serde(default, deserialize_with = "told")]
    pub(super) company: Option<Option<serde_json::Value>>,
    pub(super) shipping_address: Option<Address>,
    pub(super) billing_address: Option<Address>,
    pub(super) gateway: Option<String>,
    pub(super) total_price: AmountText,
    pub(super) total_line_items_price: Option<AmountText>,
    pub(super) total_discounts: Option<AmountText>,
    pub(super) subtotal_price: Option<AmountText>,
    pub(super) total_shipping_price_set: Option<Bag>,
    pub(super) total_tip_received: Option<AmountText>,
    pub(super) total_tax: Option<AmountText>,
    pub(super) line_items: Vec<LineItem>,
    #[serde(default)]
    pub(super) shipping_lines: Vec<ShippingLine>,
    #[serde(default)]
    pub(super) tax_lines: Vec<TaxLine>,
    #[serde(default)]
    pub(super) refunds: Vec<Refund>,
    pub(super) transactions: Option<Vec<Transaction>>,
}

/// An amount in the shop's currency, and in the one that the buyer sees.
#[derive(Debug, Deserialize)]
pub(super) struct Bag {
    pub(super) shop_money: BagAmount,
}

/// An amount with its currency.
#[derive(Debug, Deserialize)]
pub(super) struct BagAmount {
    pub(super) amount: AmountText,
}

/// `Customer`.
#[derive(Debug, Deserialize)]
pub(super) struct Customer {
    pub(super) id: NumberText,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) tags: Option<String>,
}

/// An address, of which only the place matters by which tax is owed.
#[derive(Debug, Deserialize)]
pub(super) struct Address {
    pub(super) country_code: Option<String>,
    pub(super) province_code: Option<String>,
    pub(super) zip: Option<String>,
}

/// `LineItem`.
#[derive(Debug, Deserialize)]
pub(super) struct LineItem {
    pub(super) id: NumberText,
    pub(super) title: String,
    pub(super) sku: Option<String>,
    pub(super) variant_id: Option<NumberText>,
    pub(super) vendor: Option<String>,
    pub(super) price: AmountText,
    pub(super) quantity: i64,
    #[serde(default)]
    pub(super) gift_card: bool,
    pub(super) requires_shipping: Option<bool>,
    pub(super) total_discount: Option<AmountText>,
    #[serde(default)]
    pub(super) discount_allocations: Vec<DiscountAllocation>,
    #[serde(default)]
    pub(super) tax_lines: Vec<TaxLine>,
    #[serde(default)]
    pub(super) duties: Vec<serde_json::Value>,
}

/// `ShippingLine`.
#[derive(Debug, Deserialize)]
pub(super) struct ShippingLine {
    pub(super) id: Option<NumberText>,
    pub(super) price: AmountText,
    #[serde(default)]
    pub(super) discount_allocations: Vec<DiscountAllocation>,
    #[serde(default)]
    pub(super) tax_lines: Vec<TaxLine>,
}

/// `DiscountAllocation`: the part of a discount that falls on a line.
#[derive(Debug, Deserialize)]
pub(super) struct DiscountAllocation {
    pub(super) amount: AmountText,
}

/// `TaxLine`.
#[derive(Debug, Deserialize)]
pub(super) struct TaxLine {
    pub(super) title: String,
    pub(super) price: AmountText,
    pub(super) rate: Option<Percent>,
    pub(super) channel_liable: Option<bool>,
}

/// `Refund`.
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: NumberText,
    pub(super) created_at: Timestamp,
    pub(super) processed_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) refund_line_items: Vec<RefundLineItem>,
    #[serde(default)]
    pub(super) order_adjustments: Vec<OrderAdjustment>,
    #[serde(default)]
    pub(super) refund_shipping_lines: Vec<serde_json::Value>,
    #[serde(default)]
    pub(super) duties: Vec<serde_json::Value>,
    #[serde(default)]
    pub(super) transactions: Vec<Transaction>,
}

/// `RefundLineItem`.
#[derive(Debug, Deserialize)]
pub(super) struct RefundLineItem {
    pub(super) id: NumberText,
    pub(super) line_item_id: NumberText,
    pub(super) quantity: i64,
    pub(super) subtotal: AmountText,
    pub(super) total_tax: AmountText,
}

/// `OrderAdjustment`.
#[derive(Debug, Deserialize)]
pub(super) struct OrderAdjustment {
    pub(super) id: NumberText,
    pub(super) kind: String,
    pub(super) amount: AmountText,
    pub(super) tax_amount: Option<AmountText>,
}

/// `Transaction` of an order.
#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    pub(super) id: NumberText,
    pub(super) admin_graphql_api_id: Option<Gid>,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) gateway: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) processed_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) test: bool,
    pub(super) amount: AmountText,
    pub(super) currency: Option<String>,
}

/// `Payout`.
#[derive(Debug, Deserialize)]
pub(super) struct Payout {
    pub(super) id: NumberText,
    pub(super) status: String,
    pub(super) date: jiff::civil::Date,
    pub(super) currency: String,
    pub(super) amount: AmountText,
}

/// `Transaction` of a balance.
#[derive(Debug, Deserialize)]
pub(super) struct BalanceTransaction {
    pub(super) id: NumberText,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) test: bool,
    pub(super) payout_id: Option<NumberText>,
    pub(super) currency: String,
    pub(super) amount: AmountText,
    pub(super) fee: AmountText,
    pub(super) net: AmountText,
    pub(super) source_order_id: Option<NumberText>,
    pub(super) source_order_transaction_id: Option<NumberText>,
    pub(super) processed_at: Timestamp,
}

/// `Dispute`.
#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: NumberText,
    pub(super) order_id: Option<NumberText>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) amount: AmountText,
    pub(super) currency: String,
    pub(super) reason: Option<String>,
    pub(super) finalized_on: Option<Timestamp>,
}
