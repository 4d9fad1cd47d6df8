//! Purchase orders, as Stocky's interface gave them while there was one, and as saved answers of it
//! still tell: what was ordered, what came in of it when, and what was billed.

use super::rest::AmountText;
use crate::shopify::read::Source;
use crate::shopify::wire::NumberText;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use saldo_core::commerce::{
    BilledLine, Fact, GoodsReceipt, OrderedLine, Product, PurchaseOrder, ReceivedLine, SupplierBill,
};
use saldo_core::issue::Issue;
use saldo_core::money::{Currency, Money};
use saldo_core::text::FactId;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// `purchase_order`.
#[derive(Debug, Deserialize)]
struct Order {
    id: NumberText,
    number: Option<NumberText>,
    invoice_number: Option<String>,
    invoice_date: Option<Date>,
    payment_due_on: Option<Date>,
    created_at: Timestamp,
    ordered_at: Option<Timestamp>,
    supplier_name: Option<String>,
    currency: String,
    adjustments: Option<AmountText>,
    shipping: Option<AmountText>,
    shipping_tax_type: Option<NumberText>,
    #[serde(default)]
    purchase_items: Vec<Item>,
}

/// A line of it.
#[derive(Debug, Deserialize)]
struct Item {
    id: NumberText,
    sku: Option<String>,
    product_title: Option<String>,
    quantity: u32,
    cost_price: Option<AmountText>,
    received_at: Option<String>,
    tax_type_id: Option<NumberText>,
    accounting_tax_type: Option<String>,
}

/// Reads a purchase order: the order, a receipt for each time at which goods came in, and the bill
/// once it has a date.
pub(super) fn read(source: &Source, text: &str) -> Result<Vec<Fact>, Box<Issue>> {
    let order: Order = source.parse(text)?;
    let currency = Currency::parse(&order.currency)
        .map_err(|error| source.faulty(&format!("`currency`: {error}")))?;
    let reader = Reader { source, order: &order, currency };
    let mut facts = vec![Fact::PurchaseOrder(Box::new(reader.order()?))];
    facts.extend(reader.receipts()?);
    facts.extend(reader.bill()?);
    Ok(facts)
}

struct Reader<'a> {
    source: &'a Source,
    order: &'a Order,
    currency: Currency,
}

impl Reader<'_> {
    fn purchase(&self) -> FactId {
        self.source.key(&format!("StockyPurchaseOrder/{}", self.order.id.0))
    }

    fn supplier(&self) -> String {
        let name = self.order.supplier_name.as_deref().map(str::trim);
        name.filter(|name| !name.is_empty()).unwrap_or("Unknown supplier").to_owned()
    }

    fn order(&self) -> Result<PurchaseOrder, Box<Issue>> {
        let number = self.order.number.as_ref().unwrap_or(&self.order.id);
        let mut lines = Vec::new();
        for item in self.order.purchase_items.iter().filter(|item| item.quantity > 0) {
            let (id, product, units) = (line_id(item), product(item), item.quantity);
            lines.push(OrderedLine { id, product, units, cost: self.cost(item)? });
        }
        Ok(PurchaseOrder {
            id: self.purchase(),
            source: self.source.reference.clone(),
            supplier: self.supplier(),
            name: format!("PO {}", number.0),
            ordered_at: self.order.ordered_at.unwrap_or(self.order.created_at),
            lines,
        })
    }

    fn receipts(&self) -> Result<Vec<Fact>, Box<Issue>> {
        let mut by_time: BTreeMap<Timestamp, Vec<ReceivedLine>> = BTreeMap::new();
        for item in self.order.purchase_items.iter().filter(|item| item.quantity > 0) {
            let Some(received_at) = &item.received_at else { continue };
            let line = ReceivedLine {
                id: line_id(item),
                product: product(item),
                units: item.quantity,
                cost: self.cost(item)?,
            };
            by_time.entry(self.instant(received_at)?).or_default().push(line);
        }
        let receipt = |(received_at, lines)| {
            Fact::GoodsReceipt(Box::new(GoodsReceipt {
                id: self.source.key(&format!("StockyReceipt/{}/{received_at}", self.order.id.0)),
                source: self.source.reference.clone(),
                purchase: self.purchase(),
                supplier: self.supplier(),
                received_at,
                lines,
            }))
        };
        Ok(by_time.into_iter().map(receipt).collect())
    }

    /// The bill, once it has a date. A bill without prices would be one over nothing.
    fn bill(&self) -> Result<Option<Fact>, Box<Issue>> {
        let Some(on) = self.order.invoice_date else { return Ok(None) };
        let mut lines = Vec::new();
        for item in self.order.purchase_items.iter().filter(|item| item.quantity > 0) {
            let amount = self.cost(item)?.ok_or_else(|| {
                let title = product(item).title;
                self.source.faulty(&format!("it is billed, but `{title}` has no price"))
            })?;
            let (received, product, units) = (line_id(item), product(item), item.quantity);
            lines.push(BilledLine { received, product, units, amount });
        }
        let mut landed = Money::zero(self.currency);
        for (name, amount) in
            [("shipping", &self.order.shipping), ("adjustments", &self.order.adjustments)]
        {
            if let Some(text) = amount {
                let amount = self.money(name, text)?;
                landed = landed
                    .plus(amount)
                    .map_err(|error| self.source.faulty(&format!("`{name}`: {error}")))?;
            }
        }
        Ok(Some(Fact::SupplierBill(Box::new(SupplierBill {
            id: self.source.key(&format!("StockyBill/{}", self.order.id.0)),
            source: self.source.reference.clone(),
            purchase: self.purchase(),
            supplier: self.supplier(),
            number: self.order.invoice_number.clone().filter(|number| !number.is_empty()),
            on,
            due: self.order.payment_due_on,
            lines,
            landed,
            untold_taxes: self.untold_taxes(),
        }))))
    }

    /// The types of tax that are named: no field says how much they come to.
    fn untold_taxes(&self) -> Vec<String> {
        let items = self.order.purchase_items.iter().filter(|item| item.quantity > 0);
        let of_items = items.filter_map(|item| {
            let word = item.accounting_tax_type.as_deref().filter(|word| !word.is_empty());
            let id = || item.tax_type_id.as_ref().map(|id| id.0.clone());
            word.map(str::to_owned).or_else(id)
        });
        let of_shipping = self.order.shipping.as_ref().and(self.order.shipping_tax_type.as_ref());
        let all = of_items.chain(of_shipping.map(|id| id.0.clone()));
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What all units of a line cost.
    fn cost(&self, item: &Item) -> Result<Option<Money>, Box<Issue>> {
        let Some(text) = &item.cost_price else { return Ok(None) };
        let each = self.money("cost_price", text)?;
        let minor = each.minor().checked_mul(i64::from(item.quantity));
        let too_large = || self.source.faulty("`cost_price`: the amount is too large");
        minor.map(|minor| Money::from_minor(minor, self.currency)).ok_or_else(too_large).map(Some)
    }

    fn money(&self, name: &str, text: &AmountText) -> Result<Money, Box<Issue>> {
        text.money(self.currency).map_err(|why| self.source.faulty(&format!("`{name}`: {why}")))
    }

    /// An instant, as the interface writes it in one of two ways. The one with the day first names
    /// no zone: it is taken for UTC, as the others are.
    fn instant(&self, text: &str) -> Result<Timestamp, Box<Issue>> {
        let by_day = |text: &str| {
            let civil = DateTime::strptime("%d/%m/%Y %H:%M", text).ok()?;
            civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        };
        let read = text.parse().ok().or_else(|| by_day(text));
        read.ok_or_else(|| self.source.faulty(&format!("`received_at`: `{text}` is no time")))
    }
}

fn line_id(item: &Item) -> String {
    format!("StockyItem/{}", item.id.0)
}

/// What was ordered: known by its stock-keeping unit, since the item's id is not the product's.
fn product(item: &Item) -> Product {
    let title = item.product_title.as_deref().filter(|title| !title.is_empty());
    Product {
        id: None,
        sku: item.sku.clone().filter(|sku| !sku.is_empty()),
        title: title.unwrap_or("Product").to_owned(),
    }
}
