//! Stock that the book keeps itself. It takes units out by the documents of sales, lays them in by
//! item receipts, and values them by its own method: no cost stands in any entry here. What is
//! entered besides is what no such document says: units that were counted, and goods that came
//! back.
//!
//! Goods come back by a document of their own, on their own day, and not by that of the refund:
//! money is given back without goods, and goods come back damaged, late or never.

use super::StockItem;
use crate::accounting::lines::{line_on, plain_line};
use crate::accounting::{Accounted, Trouble};
use crate::commerce::{Condition, Goods, Order, Product, Returned};
use crate::document::{DocumentKind, Header, KeptItem, Line, LineKind, SubledgerEntry};
use crate::issue::IssueKind;
use crate::ledger::Spot;
use crate::money::Money;
use crate::policy::{Policy, Role, Subject};
use crate::text::{ConnectionId, FactId};
use jiff::civil::Date;

/// The item that a product of a shop is to the book, where the book keeps stock; none where nothing
/// tells it from others.
pub(in crate::accounting) fn kept_item(
    policy: &Policy,
    channel: &ConnectionId,
    product: &Product,
) -> Option<Box<KeptItem>> {
    let item = StockItem::of(channel, product).filter(|_| policy.book_keeps_cost())?;
    let account = |role| policy.chart.account(role);
    Some(Box::new(KeptItem {
        key: item.to_string(),
        income: account(Role::ProductSales),
        stock: policy.inventory(product.sku.as_deref()),
        cost: account(Role::CostOfGoods),
        since: policy.start_date,
    }))
}

/// The same of goods that must be an item, since their units count.
pub(in crate::accounting) fn must_keep(
    policy: &Policy,
    channel: &ConnectionId,
    product: &Product,
) -> Result<Box<KeptItem>, Trouble> {
    kept_item(policy, channel, product).ok_or_else(|| {
        Trouble::Issue(
            IssueKind::UnknownData,
            format!(
                "`{}` has no stock-keeping unit by which the book could keep it in stock",
                product.title
            ),
            "give it one where it is sold and ordered".to_owned(),
        )
    })
}

/// Units that come in (positive) or go, with what they are entered at.
pub(in crate::accounting) fn stocked_line(
    product: &Product,
    kept: Box<KeptItem>,
    units: i64,
    amount: Money,
    origin: &str,
) -> Line {
    let account = kept.stock.clone();
    let kind = LineKind::Stocked { product: product.clone(), kept };
    Line { quantity: Some(units), ..line_on(account, kind, amount, &product.title, origin) }
}

/// Units that are more (positive) or fewer, and the account that takes them.
pub(super) struct Counted<'a> {
    pub(super) id: FactId,
    pub(super) date: Date,
    pub(super) product: &'a Product,
    pub(super) channel: &'a ConnectionId,
    pub(super) units: i64,
    pub(super) spot: Spot,
    pub(super) text: String,
    pub(super) origin: &'a str,
}

impl Counted<'_> {
    /// The entry: units alone, since the book knows what they are worth.
    pub(super) fn entry(self, policy: &Policy) -> Result<SubledgerEntry, Trouble> {
        let nothing = Money::zero(policy.currency);
        let kept = must_keep(policy, self.channel, self.product)?;
        let product = self.product;
        let header = Header {
            slot: self.id.to_string(),
            kind: DocumentKind::InventoryAdjustment,
            date: self.date,
            currency: policy.currency,
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: product.sku.clone().unwrap_or_else(|| product.title.clone()),
            memo: self.text.clone(),
        };
        let lines = vec![
            stocked_line(product, kept, self.units, nothing, self.origin),
            plain_line(self.spot, nothing, &self.text, self.origin),
        ];
        Ok(SubledgerEntry::new(self.id, header, lines)?)
    }
}

/// Enters the units of an order that are back on the shelf, or never left it: the documents of its
/// sale took them out of stock, as far as they are entered. Whether the order waits for anything
/// later, or is held for it, changes nothing about that.
pub(in crate::accounting) fn account_returned(
    order: &Order,
    goods: &Goods,
    policy: &Policy,
    accounted: &mut Accounted,
) -> Result<(), Trouble> {
    let channel = &goods.source.connection;
    let is_kept = |day: Date| day >= policy.start_date && policy.in_force(day).book_keeps_cost();
    let was_taken_out = is_kept(policy.day(order.processed_at));
    for returned in &goods.returned {
        let day = policy.day(returned.at);
        let is_there = match returned.condition {
            Condition::Resaleable => true,
            Condition::NeverLeft => was_taken_out,
            Condition::Damaged | Condition::Gone => false,
        };
        let Some(product) = returned.units.product.as_ref() else { continue };
        let Some(item) = kept_item(policy.in_force(day), channel, product) else { continue };
        let is_sold = accounted.entries.iter().flat_map(|entry| &entry.lines).any(|line| {
            let kept = line.kind.kept().filter(|_| matches!(line.kind, LineKind::Product { .. }));
            kept.is_some_and(|kept| kept.key == item.key)
        });
        if !is_there || !is_kept(day) || !is_sold || !is_handed_over(order, returned) {
            continue;
        }
        let own = policy.in_force(day);
        let about = Subject { product: Some(product), ..Subject::of_channel(channel) };
        let counted = Counted {
            id: FactId::from(format!("{}/back/{}", goods.id, returned.id)),
            date: day,
            product,
            channel,
            units: i64::from(returned.units.count),
            spot: Spot {
                account: own.chart.account(Role::CostOfGoods),
                dimensions: own.dimensions_for(Role::CostOfGoods, &about),
            },
            text: format!("Order {}: {} back in stock", order.name, product.title),
            origin: &returned.id,
        };
        accounted.entries.push(counted.entry(own)?);
    }
    Ok(())
}

/// Whether what came back is a thing: a service or a download was never in stock.
fn is_handed_over(order: &Order, returned: &Returned) -> bool {
    let lines = order.agreements.iter().flat_map(|agreement| &agreement.lines);
    let mut items = lines.filter_map(|line| line.item.as_ref());
    items.find(|item| item.id == returned.units.item).is_none_or(|item| item.is_handed_over)
}
