//! Refunds as the vendor lists them beside the agreements.

use super::agreement::is_item;
use super::line::{Item, LineItem, Shipping};
use super::order::{Location, Order};
use super::{Scene, Shown, flag, number, object, optional_text, text};
use crate::world::{self, LineKind, Origin};
use apollo_compiler::response::JsonMap;

/// A refund.
#[derive(Clone, Copy)]
pub(super) struct Refund<'w> {
    pub(super) order: Order<'w>,
    pub(super) refund: &'w world::Refund,
    pub(super) place: usize,
}

impl<'w> Refund<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        match field {
            "id" => text(Scene::gid("Refund", self.refund.id)),
            "legacyResourceId" => text(self.refund.id),
            "createdAt" | "processedAt" | "updatedAt" => text(self.refund.at),
            "note" => optional_text(self.refund.note),
            "order" => scene.object(self.order),
            "totalRefundedSet" => scene.bag(self.paid_out()),
            "transactions" => {
                let all = self.order.transactions();
                let own = all.filter(|each| each.transaction.refund == Some(self.place));
                let members = own.map(|each| (0, each.transaction.id, each)).collect();
                let names = ("OrderTransactionConnection", "OrderTransactionEdge");
                scene.connection(names, arguments, members, false)
            }
            "refundLineItems" => {
                let items = self.sales().filter(|sale| is_item(sale));
                let members = items.filter_map(|sale| self.item(sale)).collect();
                let names = ("RefundLineItemConnection", "RefundLineItemEdge");
                scene.connection(names, arguments, members, false)
            }
            "refundShippingLines" => {
                let lines = self.sales().filter(|sale| sale.kind == LineKind::Shipping);
                let members = lines.map(|sale| (0, sale.id, RefundPart { refund: *self, sale }));
                let members = members.map(|(key, id, part)| (key, id, RefundShipping(part)));
                let names = ("RefundShippingLineConnection", "RefundShippingLineEdge");
                scene.connection(names, arguments, members.collect(), false)
            }
            "orderAdjustments" => {
                let odd = self.sales().filter(|sale| sale.kind == LineKind::Adjustment);
                let members = odd.map(|sale| (0, sale.id, RefundPart { refund: *self, sale }));
                let members = members.map(|(key, id, part)| (key, id, Adjustment(part)));
                let names = ("OrderAdjustmentConnection", "OrderAdjustmentEdge");
                scene.connection(names, arguments, members.collect(), false)
            }
            _ => None,
        }
    }

    fn paid_out(&self) -> world::Minor {
        let all = self.order.transactions();
        let own = all.filter(|each| each.transaction.refund == Some(self.place));
        own.map(|each| each.transaction.amount).sum()
    }

    fn sales(&self) -> impl Iterator<Item = &'w world::Sale> {
        let (order, place) = (self.order, self.place);
        let made = order.order.agreements_at(order.scene.now);
        made.filter(move |each| each.refund == Some(place)).flat_map(|each| &each.sales)
    }

    fn item(&self, sale: &'w world::Sale) -> Option<(i64, u64, RefundItem<'w>)> {
        let place = sale.line?;
        let line = self.order.order.lines.get(place)?;
        let part = RefundPart { refund: *self, sale };
        Some((0, sale.id, RefundItem { part, item: Item::Goods(place, line) }))
    }
}
object!(Refund<'_>, |_| "Refund");

/// A sale that a refund takes back.
#[derive(Clone, Copy)]
struct RefundPart<'w> {
    refund: Refund<'w>,
    sale: &'w world::Sale,
}

/// Units of an item that came back.
#[derive(Clone, Copy)]
struct RefundItem<'w> {
    part: RefundPart<'w>,
    item: Item<'w>,
}

impl<'w> RefundItem<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let RefundPart { refund, sale } = self.part;
        let scene = refund.order.scene;
        let units = -sale.quantity.unwrap_or(0);
        match field {
            "id" => text(Scene::gid("RefundLineItem", sale.id)),
            "lineItem" => scene.object(LineItem { order: refund.order, item: self.item }),
            "quantity" => number(units),
            "restocked" => flag(refund.refund.restocked),
            "restockType" => text(self.restock_type()),
            "priceSet" => scene.bag(world::half_up(-sale.amounts.gross, units.max(1))),
            "subtotalSet" => scene.bag(-sale.amounts.net()),
            "totalTaxSet" => scene.bag(-sale.amounts.tax()),
            "location" => {
                let counter = refund.order.order.origin == Origin::Counter;
                scene.maybe(counter.then_some(Location::counter(scene)))
            }
            _ => None,
        }
    }
}
object!(RefundItem<'_>, |_| "RefundLineItem");

impl RefundItem<'_> {
    fn restock_type(&self) -> &'static str {
        let RefundPart { refund, sale } = self.part;
        let at = refund.refund.at;
        let left = sale.line.map_or(0, |line| refund.order.order.delivered_units(line, at));
        match (refund.refund.restocked, left) {
            (false, _) => "NO_RESTOCK",
            (true, 0) => "CANCEL",
            (true, _) => "RETURN",
        }
    }
}

/// Carriage that was given back.
#[derive(Clone, Copy)]
struct RefundShipping<'w>(RefundPart<'w>);

impl<'w> RefundShipping<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let RefundPart { refund, sale } = self.0;
        let scene = refund.order.scene;
        match field {
            "id" => text(Scene::gid("RefundShippingLine", sale.id)),
            "shippingLine" => {
                let shipping = refund.order.order.shipping.as_ref();
                let order = refund.order;
                scene.maybe(shipping.map(|shipping| Shipping { order, shipping }))
            }
            "subtotalAmountSet" => scene.bag(-sale.amounts.net()),
            "taxAmountSet" => scene.bag(-sale.amounts.tax()),
            _ => None,
        }
    }
}
object!(RefundShipping<'_>, |_| "RefundShippingLine");

/// Money that went back without goods.
#[derive(Clone, Copy)]
struct Adjustment<'w>(RefundPart<'w>);

impl<'w> Adjustment<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let RefundPart { refund, sale } = self.0;
        match field {
            "id" => text(Scene::gid("OrderAdjustment", sale.id)),
            "reason" => text("REFUND_DISCREPANCY"),
            "amountSet" => refund.order.scene.bag(sale.amounts.net()),
            "taxAmountSet" => refund.order.scene.bag(sale.amounts.tax()),
            _ => None,
        }
    }
}
object!(Adjustment<'_>, |_| "OrderAdjustment");
