//! What a row of a marketplace's ledger is made of, where the marketplace itself says so.
//!
//! A settlement report tells sales, tax, fees and money kept back as parts of one order or of none.
//! An adapter gives each part its kind, and the vendor's own word for it, by which the owner may
//! say where such parts belong. Which field of which vendor becomes which part is written in
//! `docs/settlements.md`.

use super::RecordRef;
use super::{BalanceTransaction, Gateway};
use crate::money::{Money, MoneyError};
use crate::text::FactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a part of a row is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartKind {
    /// What a buyer paid, or got back, of which only the order says what for.
    Sale,
    /// The price of goods, without tax: sold (positive), or given back.
    Goods,
    /// Carriage charged to the buyer, or given back.
    Shipping,
    /// A discount that the merchant bears (negative), or that is taken back with the goods.
    Discount,
    /// Money given back without goods (negative).
    Allowance,
    /// Tax that the merchant owes, by the name that the channel gives it.
    Tax(String),
    /// Tax that the marketplace owes itself: charged to the buyer (positive), or given back.
    ChannelTax,
    /// The same tax when the marketplace keeps it (negative), or when it returns it for the buyer.
    ChannelTaxKept,
    /// The marketplace's share of the sale, or what it returns of that.
    Commission,
    /// What packing and sending goods from the marketplace's warehouse costs.
    FulfilmentFee,
    /// What keeping goods there costs.
    StorageFee,
    /// What is paid to be seen.
    Advertising,
    /// The charge for carrying a payment.
    ProcessingFee,
    /// A label or a carrier's charge for a parcel.
    ShippingLabel,
    /// The platform's own bill: a subscription.
    PlatformBill,
    /// What the marketplace pays for goods that it lost or spoilt, or takes back of that.
    Reimbursement,
    /// Money kept back (negative) or released.
    Reserve,
    /// A balance that another settlement of the same gateway began or ended with: it stays where
    /// it is.
    Carried,
    /// Anything else: entered for review, unless the owner said what the vendor's word means.
    Unknown,
}

impl PartKind {
    /// Whether an order says the same, so that it is entered once, with the order where that is
    /// known.
    #[must_use]
    pub const fn is_of_sale(&self) -> bool {
        match self {
            Self::Sale
            | Self::Goods
            | Self::Shipping
            | Self::Discount
            | Self::Allowance
            | Self::Tax(_)
            | Self::ChannelTax
            | Self::ChannelTaxKept => true,
            Self::Commission
            | Self::FulfilmentFee
            | Self::StorageFee
            | Self::Advertising
            | Self::ProcessingFee
            | Self::ShippingLabel
            | Self::PlatformBill
            | Self::Reimbursement
            | Self::Reserve
            | Self::Carried
            | Self::Unknown => false,
        }
    }
}

/// A part of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPart {
    /// What it is for.
    pub kind: PartKind,
    /// The vendor's own word for it.
    pub word: String,
    /// How much, positive in the merchant's favour.
    pub amount: Money,
}

/// What a marketplace owes for a sale and does not settle yet, as until some days after delivery,
/// or until a business buyer pays. It is no row: once it is released, a settlement carries rows of
/// its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferral {
    /// The natural key. Once it is released, the same key says so.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// Who owes it.
    pub gateway: Gateway,
    /// Why it is deferred, in the vendor's own word.
    pub reason: String,
    /// The order that it belongs to, where it has one.
    pub order: Option<FactId>,
    /// The order's name, where the vendor tells it.
    pub order_name: Option<String>,
    /// When the sale was made.
    pub occurred_at: Timestamp,
    /// When it was released to be settled; none while it is deferred.
    pub released_at: Option<Timestamp>,
    /// What it is made of.
    pub parts: Vec<RowPart>,
    /// What will be released: the sum of the parts.
    pub amount: Money,
}

/// The sum of parts that pass the filter.
///
/// # Errors
/// Where they are of different currencies, or too large.
pub(crate) fn sum_of(
    parts: &[RowPart],
    zero: Money,
    counts: impl Fn(&PartKind) -> bool,
) -> Result<Money, MoneyError> {
    let counted = parts.iter().filter(|part| counts(&part.kind));
    counted.map(|part| part.amount).try_fold(Money::zero(zero.currency()), Money::plus)
}

impl BalanceTransaction {
    /// What the row is made of, where it says so itself.
    #[must_use]
    pub fn parts(&self) -> &[RowPart] {
        match &self.kind {
            super::BalanceKind::Itemised(parts) => parts,
            _ => &[],
        }
    }

    /// What the balance moved by, without what it only carries from one settlement to another.
    ///
    /// # Errors
    /// Where amounts are of different currencies, or too large.
    pub fn moved(&self) -> Result<Money, MoneyError> {
        let carried = sum_of(self.parts(), self.net, |kind| *kind == PartKind::Carried)?;
        self.net.minus(carried)
    }
}
