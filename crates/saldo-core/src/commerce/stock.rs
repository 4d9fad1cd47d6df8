//! Stock: what goods cost, what comes in, what suppliers bill, and what is counted.

use super::{Product, RecordRef};
use crate::money::Money;
use crate::text::FactId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a unit costs, as somebody says without telling what was bought for how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCost {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// What.
    pub product: Product,
    /// A unit's cost, positive.
    pub cost: Money,
    /// From when on.
    pub since: Timestamp,
}

/// Goods ordered from a supplier: a commitment, which moves no money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseOrder {
    /// The natural key, which receipts, bills and payments name.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// The supplier's name.
    pub supplier: String,
    /// What people call it: `PO-1001`.
    pub name: String,
    /// When it was sent.
    pub ordered_at: Timestamp,
    /// What it orders.
    pub lines: Vec<OrderedLine>,
}

/// Units of a product that were ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedLine {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// What.
    pub product: Product,
    /// How many, of which there is one at least.
    pub units: u32,
    /// What they are to cost, all of them, without tax; none where nobody says.
    pub cost: Option<Money>,
}

/// Goods that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodsReceipt {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// The purchase order that they were ordered by.
    pub purchase: FactId,
    /// The supplier's name.
    pub supplier: String,
    /// When they came.
    pub received_at: Timestamp,
    /// What came.
    pub lines: Vec<ReceivedLine>,
}

/// Units of a product that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedLine {
    /// The vendor's id, unique in the channel: bills name it.
    pub id: String,
    /// What.
    pub product: Product,
    /// How many, of which there is one at least.
    pub units: u32,
    /// What they are expected to cost, all of them, without tax; none where nobody says.
    pub cost: Option<Money>,
}

/// A supplier's bill for goods that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplierBill {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// The purchase order.
    pub purchase: FactId,
    /// The supplier's name.
    pub supplier: String,
    /// The supplier's number of it.
    pub number: Option<String>,
    /// Its date.
    pub on: Date,
    /// The day by which it is to be paid, where somebody says.
    pub due: Option<Date>,
    /// What it charges for goods.
    pub lines: Vec<BilledLine>,
    /// What it charges for bringing them here: freight, insurance, customs. Positive.
    pub landed: Money,
    /// The taxes that it names without saying how much they are, in the vendor's words.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub untold_taxes: Vec<String>,
}

/// Units that a bill charges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLine {
    /// Which received line it is about ([`ReceivedLine::id`]).
    pub received: String,
    /// What.
    pub product: Product,
    /// How many.
    pub units: u32,
    /// What all of them cost by this bill, without tax.
    pub amount: Money,
}

impl SupplierBill {
    /// What bringing the goods here cost, shared out over the lines by their amounts.
    #[must_use]
    pub fn landed_by_line(&self) -> Vec<Money> {
        let weights: Vec<u64> =
            self.lines.iter().map(|line| line.amount.minor().unsigned_abs()).collect();
        self.landed.allocate(&weights)
    }
}

/// Money paid to a supplier: before the bill a deposit, afterwards for the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplierPayment {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// The purchase order.
    pub purchase: FactId,
    /// The supplier's name.
    pub supplier: String,
    /// When.
    pub on: Date,
    /// How much, positive.
    pub amount: Money,
}

/// Units that are more or fewer than was thought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAdjustment {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// Of what.
    pub product: Product,
    /// When it was found out.
    pub at: Timestamp,
    /// How many more (positive) or fewer.
    pub units: i64,
    /// Why.
    pub reason: AdjustmentReason,
    /// What a unit is worth, where somebody says: of units that are more.
    pub unit_cost: Option<Money>,
}

/// Why stock is more or less than was thought.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdjustmentReason {
    /// What was there when the books began: no entry, since the opening balances hold it.
    Opening,
    /// It was counted.
    Counted,
    /// Anything else, in the vendor's word: damaged, lost, stolen, given away.
    Other(String),
}
