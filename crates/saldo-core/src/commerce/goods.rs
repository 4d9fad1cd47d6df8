//! Goods: what was handed over for an order, and what became of goods that came back.

use super::{Product, RecordRef};
use crate::text::FactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a line of an order sells, as one thing that is handed over piece by piece. All lines about
/// the same thing, of later agreements too, name it alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderedItem {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// Whether it is handed over: sent, or collected. A service or a download is not.
    pub is_handed_over: bool,
}

/// Everything that was handed over for an order, and everything that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// The order.
    pub order: FactId,
    /// A rehearsal: nothing left the shelf.
    pub test: bool,
    /// What was handed over, each parcel once.
    pub fulfilments: Vec<Fulfilment>,
    /// What came back, or was called off.
    pub returned: Vec<Returned>,
}

/// Goods handed over at once: a parcel, or a purchase at the counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// When it was undone, if it was: the goods never left after all.
    pub cancelled_at: Option<Timestamp>,
    /// What was in it.
    pub parts: Vec<Units>,
}

/// Units of an ordered item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// The vendor's id of the ordered item ([`OrderedItem::id`]).
    pub item: String,
    /// What it is, where the channel says.
    pub product: Option<Product>,
    /// How many.
    pub count: u32,
    /// What a unit consists of, where it is a bundle that is no stock itself.
    pub components: Vec<Component>,
}

/// A part of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// What.
    pub product: Product,
    /// How many of it are in one unit of the bundle.
    pub count: u32,
}

impl Units {
    /// What leaves the stock, or comes back to it: the product, or the parts of a bundle.
    pub fn stocked(&self) -> impl Iterator<Item = (&Product, u64)> {
        let whole = self.product.iter().filter(|_| self.components.is_empty());
        let whole = whole.map(|product| (product, u64::from(self.count)));
        let part = |part: &'_ Component| u64::from(part.count) * u64::from(self.count);
        whole.chain(self.components.iter().map(move |it| (&it.product, part(it))))
    }
}

/// What became of goods that were given up by the buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What, and how much of it.
    pub units: Units,
    /// Where it is now.
    pub condition: Condition,
}

/// Where goods are that the buyer gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Condition {
    /// They never left.
    NeverLeft,
    /// Back on the shelf, to be sold again.
    Resaleable,
    /// Back, but worth nothing.
    Damaged,
    /// The buyer kept them, or they were lost.
    Gone,
}
