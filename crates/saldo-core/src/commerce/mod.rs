//! Facts: what a channel says happened, in neutral terms.
//!
//! A fact points at the record that it was read from. Its amounts are the vendor's own: nothing is
//! recomputed. Signs are those of the shop: a sale is positive, a return negative.

mod balance_transaction;
mod buyer;
mod conversion;
mod decision;
mod drawer;
mod event;
mod goods;
mod order;
mod payout;
mod row_part;
mod stated;
mod stock;

pub use balance_transaction::{BalanceKind, BalanceTransaction, ChargedTo};
pub use buyer::{Buyer, BuyerKind, ShipTo};
pub use conversion::{Conversion, FeeKind, MovementFee, Settlement};
pub use decision::{Decided, Decision, Move, OWNER, Said, TakenBack};
pub use drawer::{DrawerMove, DrawerSession};
pub use event::{Event, Moved};
pub use goods::{Component, Condition, Fulfilment, Goods, OrderedItem, Returned, Units};
pub use order::{
    Agreement, AgreementKind, Assortment, Collector, MoneyMovement, MovementKind, MovementState,
    Order, Product, SaleKind, SaleLine, TaxAmount, Telling, Tender, Untold,
};
pub use payout::{Dispute, DisputeOutcome, PaidOut, Payout, PayoutState, Period};
pub use row_part::{Deferral, PartKind, RowPart};
pub use stated::{
    CreditMove, GiftCard, OnHand, OrdersOfDay, SalesOfDay, Saying, Stated, StoreCredit, Topic,
    UnitsAt,
};
pub use stock::{
    AdjustmentReason, BilledLine, GoodsReceipt, OrderedLine, PurchaseOrder, ReceivedLine,
    StockAdjustment, SupplierBill, SupplierPayment, UnitCost,
};

pub(crate) use row_part::sum_of;

use crate::text::{ConnectionId, FactId, GatewayId, Stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a channel said, verbatim. Only ever added to: a later version is a further record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who said it.
    pub connection: ConnectionId,
    /// In which stream.
    pub stream: Stream,
    /// The vendor's id of what it is about, unique within connection and stream.
    pub id: String,
    /// When it was heard, by the engine's clock.
    pub fetched_at: Timestamp,
    /// The vendor's bytes.
    pub bytes: Vec<u8>,
}

impl Record {
    /// Where the record stands, without its content.
    #[must_use]
    pub fn reference(&self) -> RecordRef {
        RecordRef {
            connection: self.connection.clone(),
            stream: self.stream.clone(),
            id: self.id.clone(),
        }
    }

    /// The SHA-256 of the bytes: the same id with the same hash is no news.
    #[must_use]
    pub fn content_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}

/// Which record a fact was read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// The connection that said it.
    pub connection: ConnectionId,
    /// The stream.
    pub stream: Stream,
    /// The vendor's id.
    pub id: String,
}

/// Something that happened in a shop, or that its owner decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// An order with all that was agreed and all that was paid.
    Order(Box<Order>),
    /// A movement of the balance that a gateway keeps for the merchant.
    BalanceTransaction(Box<BalanceTransaction>),
    /// Money sent by a gateway to the bank, or taken from it.
    Payout(Payout),
    /// A customer's bank took, or tries to take, a payment back.
    Dispute(Dispute),
    /// What a marketplace owes and does not settle yet.
    Deferral(Box<Deferral>),
    /// What the owner decided.
    Decision(Box<Decision>),
    /// What was handed over for an order.
    Goods(Box<Goods>),
    /// What a unit costs.
    UnitCost(Box<UnitCost>),
    /// Goods ordered from a supplier.
    PurchaseOrder(Box<PurchaseOrder>),
    /// Goods that came in.
    GoodsReceipt(Box<GoodsReceipt>),
    /// A supplier's bill.
    SupplierBill(Box<SupplierBill>),
    /// Money paid to a supplier.
    SupplierPayment(Box<SupplierPayment>),
    /// Stock that is more or less than was thought.
    StockAdjustment(Box<StockAdjustment>),
    /// A cash drawer that was counted.
    Drawer(Box<DrawerSession>),
    /// What a channel says of itself.
    Stated(Box<Stated>),
}

impl Fact {
    /// The natural key.
    #[must_use]
    pub fn id(&self) -> &FactId {
        match self {
            Self::Order(order) => &order.id,
            Self::BalanceTransaction(transaction) => &transaction.id,
            Self::Payout(payout) => &payout.id,
            Self::Dispute(dispute) => &dispute.id,
            Self::Deferral(deferral) => &deferral.id,
            Self::Decision(decision) => &decision.id,
            Self::Goods(goods) => &goods.id,
            Self::UnitCost(cost) => &cost.id,
            Self::PurchaseOrder(order) => &order.id,
            Self::GoodsReceipt(receipt) => &receipt.id,
            Self::SupplierBill(bill) => &bill.id,
            Self::SupplierPayment(payment) => &payment.id,
            Self::StockAdjustment(adjustment) => &adjustment.id,
            Self::Drawer(session) => &session.id,
            Self::Stated(stated) => &stated.id,
        }
    }

    /// The record that it was read from.
    #[must_use]
    pub fn source(&self) -> &RecordRef {
        match self {
            Self::Order(order) => &order.source,
            Self::BalanceTransaction(transaction) => &transaction.source,
            Self::Payout(payout) => &payout.source,
            Self::Dispute(dispute) => &dispute.source,
            Self::Deferral(deferral) => &deferral.source,
            Self::Decision(decision) => &decision.source,
            Self::Goods(goods) => &goods.source,
            Self::UnitCost(cost) => &cost.source,
            Self::PurchaseOrder(order) => &order.source,
            Self::GoodsReceipt(receipt) => &receipt.source,
            Self::SupplierBill(bill) => &bill.source,
            Self::SupplierPayment(payment) => &payment.source,
            Self::StockAdjustment(adjustment) => &adjustment.source,
            Self::Drawer(session) => &session.source,
            Self::Stated(stated) => &stated.source,
        }
    }
}

/// A payment gateway: who holds the money between the buyer and the bank.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gateway {
    /// As the channel calls it in its data.
    pub id: GatewayId,
    /// As people call it; the default name of its clearing account ends in it.
    pub name: String,
    /// Whether the channel tells which of its movements were paid out in which payout.
    pub tells_payouts: bool,
}
