//! What is on the shelves: what was there at first, less what was handed over, and what came back.

use super::{GOODS, Order, Origin, World};
use jiff::Timestamp;

/// A place at which goods lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The shop's own counter: what is bought there is handed over there.
    Counter,
    /// Where parcels are packed.
    Warehouse,
}

impl Place {
    /// All places.
    pub const ALL: [Self; 2] = [Self::Counter, Self::Warehouse];

    /// How many units of every product lie there when the history begins.
    #[must_use]
    pub const fn at_first(self) -> i64 {
        match self {
            Self::Counter => 300,
            Self::Warehouse => 700,
        }
    }

    /// Where the goods of an order come from, and go back to.
    fn of(order: &Order) -> Self {
        if order.origin == Origin::Counter { Self::Counter } else { Self::Warehouse }
    }
}

impl World {
    /// How many units of the product at this place in the catalogue lie somewhere at an instant.
    #[must_use]
    pub fn on_hand(&self, product: usize, place: Place, now: Timestamp) -> i64 {
        let moved = self.shelf_moves(product, place).filter(|(at, _)| *at <= now);
        place.at_first() + moved.map(|(_, units)| units).sum::<i64>()
    }

    /// When that last changed until an instant.
    #[must_use]
    pub fn on_hand_changed_at(&self, product: usize, place: Place, now: Timestamp) -> Timestamp {
        let moved = self.shelf_moves(product, place).map(|(at, _)| at);
        moved.filter(|at| *at <= now).max().unwrap_or(self.begins)
    }

    /// What comes to a shelf (positive) and leaves it, and when.
    fn shelf_moves(&self, product: usize, place: Place) -> impl Iterator<Item = (Timestamp, i64)> {
        let lost = self
            .settings
            .lost_unseen
            .filter(|lost| place == Place::Warehouse && lost.product == product && product < GOODS);
        let here = self.orders.iter().filter(move |order| Place::of(order) == place);
        let of_orders = here.flat_map(move |order| {
            let lines = order.lines.iter().enumerate();
            let own = lines.filter(move |(_, line)| line.product == product && product < GOODS);
            own.flat_map(move |(line, _)| moves_of(order, line))
        });
        of_orders.chain(lost.map(|lost| (lost.at, -lost.units)))
    }
}

/// What of an item of an order left the shelf, and what came back to it.
fn moves_of(order: &Order, line: usize) -> impl Iterator<Item = (Timestamp, i64)> {
    let parcels = order.fulfilments.iter().flat_map(move |parcel| {
        let units = parcel.parts.iter().filter(|(place, _)| *place == line);
        let units: i64 = units.map(|(_, units)| i64::from(*units)).sum();
        [Some((parcel.at, -units)), parcel.cancelled_at.map(|at| (at, units))]
    });
    let restocked = order.agreements.iter().filter(move |made| {
        let refund = made.refund.and_then(|refund| order.refunds.get(refund));
        refund.is_some_and(|refund| refund.restocked) && order.delivered_units(line, made.at) > 0
    });
    let back = restocked.map(move |made| {
        let sales = made.sales.iter().filter(|sale| sale.line == Some(line));
        (made.at, sales.map(|sale| -sale.quantity.unwrap_or(0)).sum())
    });
    parcels.flatten().chain(back)
}
