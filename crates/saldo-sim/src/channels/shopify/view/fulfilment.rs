//! Parcels.

use super::line::{Item, LineItem};
use super::order::Order;
use super::{Scene, Shown, flag, number, object, text};
use crate::world;
use apollo_compiler::response::JsonMap;

/// A parcel.
#[derive(Clone, Copy)]
pub(super) struct Fulfilment<'w> {
    pub(super) order: Order<'w>,
    pub(super) fulfilment: &'w world::Fulfilment,
}

impl<'w> Fulfilment<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        let parcel = self.fulfilment;
        let undone_at = parcel.cancelled_at.filter(|at| *at <= scene.now);
        match field {
            "id" => text(Scene::gid("Fulfillment", parcel.id)),
            "legacyResourceId" => text(parcel.id),
            "name" => text(format_args!("{}.{}", self.order.name(), parcel.id % 100 + 1)),
            "status" => text(if undone_at.is_some() { "CANCELLED" } else { "SUCCESS" }),
            "createdAt" => text(parcel.at),
            "updatedAt" => text(undone_at.unwrap_or(parcel.at)),
            "requiresShipping" => flag(true),
            "totalQuantity" => {
                number(parcel.parts.iter().map(|(_, units)| i64::from(*units)).sum::<i64>())
            }
            "order" => scene.object(self.order),
            "fulfillmentLineItems" => {
                let names = ("FulfillmentLineItemConnection", "FulfillmentLineItemEdge");
                let parts = self.parts().map(|part| (0, part.id(), part)).collect();
                scene.connection(names, arguments, parts, false)
            }
            _ => None,
        }
    }

    fn parts(&self) -> impl Iterator<Item = Part<'w>> {
        let (order, parcel) = (self.order, self.fulfilment);
        parcel.parts.iter().filter_map(move |(place, units)| {
            let line = order.order.lines.get(*place)?;
            let item = LineItem { order, item: Item::Goods(*place, line) };
            Some(Part { parcel: parcel.id, item, units: *units })
        })
    }
}
object!(Fulfilment<'_>, |_| "Fulfillment");

/// Units of an item in a parcel.
#[derive(Clone, Copy)]
struct Part<'w> {
    parcel: u64,
    item: LineItem<'w>,
    units: u32,
}

impl<'w> Part<'w> {
    /// The number in its id.
    fn id(&self) -> u64 {
        self.parcel * 1_000 + self.item.id() % 1_000
    }

    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("FulfillmentLineItem", self.id())),
            "quantity" => number(self.units),
            "lineItem" => self.item.order.scene.object(self.item),
            _ => None,
        }
    }
}
object!(Part<'_>, |_| "FulfillmentLineItem");
