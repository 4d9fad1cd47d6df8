//! Shopify's JSON as types: what every part is checked by on its way in.
//!
//! Amounts and ids are read at once into types that cannot be wrong, so that a failure names the
//! field it stands in. What is only carried on stays raw.

mod goods;
mod payments;
mod stated;

pub(super) use goods::{
    Fulfillment, GoodsItem, InventoryItem, Level, Location, OrderGoods, RefundGoods, StockedItem,
};
pub(super) use payments::{BalanceTransaction, Dispute, Payout};
pub(super) use stated::{
    CashAdjustment, CashSession, Count, CreditMove, CreditOwner, DayReport, GiftCard, Reply,
    ReportedShop,
};

use jiff::Timestamp;
use rust_decimal::Decimal;
use saldo_core::money::{Currency, Money};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A global id: `gid://shopify/Order/1001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gid {
    /// Type and number: `Order/1001`.
    short: String,
    /// Where the slash stands.
    slash: usize,
}

impl Gid {
    /// Reads a global id. What follows a question mark is not part of it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Bytes, not patterns: an id is short, and an order has dozens.
        let path = text.strip_prefix("gid://shopify/")?;
        let end = path.bytes().position(|byte| byte == b'?').unwrap_or(path.len());
        let short = path.get(..end)?;
        let slash = short.bytes().position(|byte| byte == b'/')?;
        let number = short.get(slash + 1..)?;
        let whole = slash > 0 && !number.is_empty() && !number.bytes().any(|byte| byte == b'/');
        whole.then(|| Self { short: short.to_owned(), slash })
    }

    /// Type and number: `Order/1001`.
    pub(super) fn short(&self) -> String {
        self.short.clone()
    }

    /// The same, where the id is not needed any more.
    pub(super) fn into_short(self) -> String {
        self.short
    }

    /// The id of a thing of a type by its number.
    pub(super) fn numbered(kind: &str, number: &str) -> Self {
        Self { short: format!("{kind}/{number}"), slash: kind.len() }
    }

    /// Whether it is of a type.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.short.get(..self.slash) == Some(kind)
    }

    /// As the vendor writes it.
    pub(super) fn whole(&self) -> String {
        format!("gid://shopify/{}", self.short)
    }

    /// The number, as the vendor writes it.
    pub(super) fn number(&self) -> &str {
        self.short.get(self.slash + 1..).unwrap_or_default()
    }

    /// By what ids of one type are sorted: as numbers.
    pub(super) fn order(&self) -> (usize, &str) {
        let number = self.number();
        (number.len(), number)
    }
}

impl<'de> Deserialize<'de> for Gid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not a global id of Shopify"))
        })
    }
}

impl Serialize for Gid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.whole())
    }
}

/// A text that is looked at and not kept: as it stands, where nothing in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// `MoneyV2`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MoneyText<'a> {
    #[serde(borrow)]
    amount: Cow<'a, str>,
    #[serde(borrow)]
    currency_code: Cow<'a, str>,
}

/// An amount, read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount(pub(super) Money);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = MoneyText::deserialize(deserializer)?;
        let currency = Currency::parse(&text.currency_code).map_err(serde::de::Error::custom)?;
        Money::parse(&text.amount, currency).map(Self).map_err(serde::de::Error::custom)
    }
}

/// `MoneyBag`: the shop's currency is the one that its books are kept in.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bag {
    pub(super) shop_money: Amount,
}

impl Bag {
    pub(super) fn money(self) -> Money {
        self.shop_money.0
    }
}

/// A thing of which only the id matters.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: Gid,
}

/// `PageInfo`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl PageInfo {
    /// Where the next page begins; none where this one was the last.
    pub(super) fn next(self) -> Option<String> {
        self.end_cursor.filter(|_| self.has_next_page)
    }
}

/// A connection whose nodes stay raw.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawNodes {
    pub(super) page_info: PageInfo,
    pub(super) nodes: Vec<Box<RawValue>>,
}

/// A connection by edges.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Edges<Node> {
    #[serde(default)]
    pub(super) page_info: PageInfo,
    pub(super) edges: Vec<Edge<Node>>,
}

/// An edge.
#[derive(Debug, Deserialize)]
pub(super) struct Edge<Node> {
    pub(super) cursor: Option<String>,
    pub(super) node: Node,
}

/// `Order`, without its agreements where they follow as lines of their own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) id: Gid,
    pub(super) name: String,
    pub(super) processed_at: Timestamp,
    pub(super) cancelled_at: Option<Timestamp>,
    pub(super) test: bool,
    pub(super) currency_code: String,
    pub(super) taxes_included: bool,
    /// This and the tags are not told by downloads that somebody made by an older question.
    pub(super) presentment_currency_code: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) source_name: Option<String>,
    pub(super) retail_location: Option<Named>,
    pub(super) customer: Option<Customer>,
    /// This and the addresses are not told by older downloads either.
    #[serde(default, deserialize_with = "told")]
    pub(super) purchasing_entity: Option<Option<PurchasingEntity>>,
    pub(super) shipping_address: Option<Address>,
    pub(super) billing_address: Option<Address>,
    pub(super) transactions: Vec<OrderTransaction>,
    pub(super) agreements: Option<Edges<Agreement>>,
}

/// A further piece of an order.
#[derive(Debug, Deserialize)]
pub(super) struct OrderPiece {
    pub(super) id: Gid,
    pub(super) agreements: Edges<Agreement>,
}

/// `Customer`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Customer {
    pub(super) id: Gid,
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
}

/// `PurchasingEntity`: who buys is a customer or a company, of which only that matters.
#[derive(Debug, Deserialize)]
pub(super) struct PurchasingEntity {
    #[serde(rename = "__typename")]
    pub(super) kind: String,
}

/// `MailingAddress`, of which only the place matters by which tax is owed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    pub(super) country_code_v2: Option<String>,
    pub(super) province_code: Option<String>,
    pub(super) zip: Option<String>,
}

/// Reads a field that says something by being null: a field that is not there is [`None`].
pub(super) fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    field: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// `OrderTransaction`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderTransaction {
    pub(super) id: Gid,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) gateway: Option<String>,
    pub(super) formatted_gateway: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) processed_at: Option<Timestamp>,
    pub(super) test: bool,
    pub(super) amount_set: TwoMoneys,
    pub(super) amount_rounding_set: Option<Bag>,
    pub(super) settlement_currency: Option<String>,
    pub(super) settlement_currency_rate: Option<Rate>,
    pub(super) currency_exchange_adjustment: Option<ExchangeAdjustment>,
    pub(super) fees: Option<Vec<TransactionFee>>,
}

/// `MoneyBag`, where the buyer's own currency matters.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TwoMoneys {
    pub(super) shop_money: Amount,
    pub(super) presentment_money: Option<Amount>,
}

/// `CurrencyExchangeAdjustment`: amounts of the shop's currency, before and after.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExchangeAdjustment {
    pub(super) original_amount_set: Amount,
    pub(super) final_amount_set: Amount,
}

/// `TransactionFee`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionFee {
    pub(super) amount: Amount,
    pub(super) tax_amount: Option<Amount>,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// `SalesAgreement`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agreement {
    pub(super) id: Gid,
    pub(super) happened_at: Timestamp,
    pub(super) reason: String,
    pub(super) sales: Option<Edges<Sale>>,
    /// The order that it belongs to, in the download of a bulk operation.
    #[serde(rename = "__parentId")]
    pub(super) parent: Option<Gid>,
}

/// `Sale`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sale {
    pub(super) id: Gid,
    pub(super) action_type: String,
    pub(super) line_type: String,
    pub(super) quantity: Option<i64>,
    pub(super) total_amount: Bag,
    pub(super) total_tax_amount: Bag,
    pub(super) total_discount_amount_before_taxes: Bag,
    pub(super) taxes: Vec<SaleTax>,
    pub(super) line_item: Option<LineItem>,
    /// The agreement that it belongs to, in the download of a bulk operation.
    #[serde(rename = "__parentId")]
    pub(super) parent: Option<Gid>,
}

impl Sale {
    /// Whether it has the units and the amounts of another.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let amounts = |sale: &Self| {
            let discount = sale.total_discount_amount_before_taxes;
            [sale.total_amount, sale.total_tax_amount, discount].map(Bag::money)
        };
        self.quantity == other.quantity && amounts(self) == amounts(other)
    }
}

/// `SaleTax`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SaleTax {
    pub(super) amount: Bag,
    pub(super) tax_line: TaxLine,
}

/// `TaxLine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxLine {
    pub(super) title: String,
    pub(super) rate_percentage: Option<Percent>,
    pub(super) channel_liable: Option<bool>,
}

/// A percentage, exactly as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Percent(pub(super) Decimal);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw_text(deserializer)?;
        let read = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        read.map(Self)
            .map_err(|_| serde::de::Error::custom(format!("`{text}` is not a percentage")))
    }
}

/// A rate between currencies, exactly as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub(super) Decimal);

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw_text(deserializer)?;
        let digits = text.trim_matches('"');
        let read = Decimal::from_str_exact(digits).or_else(|_| Decimal::from_scientific(digits));
        match read {
            Ok(rate) if rate > Decimal::ZERO => Ok(Self(rate)),
            _ => Err(serde::de::Error::custom(format!("`{text}` is not a rate"))),
        }
    }
}

/// `LineItem`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineItem {
    pub(super) sku: Option<String>,
    pub(super) title: String,
    pub(super) id: Gid,
    pub(super) is_gift_card: bool,
    /// Not told by downloads that somebody made by an older question.
    pub(super) requires_shipping: Option<bool>,
    pub(super) variant: Option<Named>,
    pub(super) vendor: Option<String>,
    pub(super) product: Option<ProductOfItem>,
}

/// `Product`, as far as it says where an item stands in the assortment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductOfItem {
    pub(super) product_type: String,
}

/// A connection by nodes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Nodes<Node> {
    pub(super) page_info: PageInfo,
    pub(super) nodes: Vec<Node>,
}

/// A child in the download of a bulk operation, or anything that stands in its place.
#[derive(Debug, Deserialize)]
pub(super) struct Child {
    #[serde(rename = "__parentId")]
    pub(super) parent: Option<Gid>,
}

/// A whole number that may stand in quotation marks (`BigInt`, `UnsignedInt64`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NumberText(pub(super) String);

impl<'de> Deserialize<'de> for NumberText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw_text(deserializer)?;
        let digits = text.trim_matches('"');
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(serde::de::Error::custom(format!("`{text}` is not a whole number")));
        }
        Ok(Self(digits.to_owned()))
    }
}

/// A value as it is written. Numbers never pass through floating point this way.
pub(super) fn raw_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(<&RawValue>::deserialize(deserializer)?.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_ids_are_shortened() {
        let cases = [
            ("gid://shopify/Order/1001", Some("Order/1001")),
            ("gid://shopify/InventoryLevel/5?inventory_item_id=7", Some("InventoryLevel/5")),
            ("gid://shopify/Order/", None),
            ("gid://shopify/Order", None),
            ("gid://shopify/Order/1/2", None),
            ("1001", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Gid::parse(text).map(|id| id.short()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn ids_sort_as_numbers() {
        let id = |text| Gid::parse(text).unwrap();
        assert!(id("gid://shopify/Sale/9").order() < id("gid://shopify/Sale/10").order());
    }

    #[test]
    fn numbers_are_read_as_written() {
        let percent = |text| serde_json::from_str::<Percent>(text).ok().map(|p| p.0.to_string());
        assert_eq!(percent("8.25").as_deref(), Some("8.25"));
        assert_eq!(percent("1e-3").as_deref(), Some("0.001"));
        assert_eq!(percent("true"), None);
        let number = |text| serde_json::from_str::<NumberText>(text).ok().map(|n| n.0);
        assert_eq!(number("\"56\"").as_deref(), Some("56"));
        assert_eq!(number("18446744073709551615").as_deref(), Some("18446744073709551615"));
        assert_eq!(number("-1"), None);
    }
}
