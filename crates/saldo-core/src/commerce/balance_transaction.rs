//! The ledger that a gateway keeps of the merchant's money.

use super::{Gateway, PaidOut, RecordRef, RowPart};
use crate::money::Money;
use crate::text::FactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a movement of a gateway's balance is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BalanceKind {
    /// A buyer's payment, already entered with its sale; here the fee is news.
    Charge,
    /// A repayment to a buyer, already entered with its refund.
    Refund,
    /// The buyer's bank took a payment back, for now.
    DisputeWithdrawal,
    /// The buyer's bank gave it back.
    DisputeReversal,
    /// The gateway's charge for a dispute, or its return.
    DisputeFee,
    /// Money kept back by the gateway (negative) or released (positive).
    Reserve,
    /// The money of single sales, not to be paid out until something is settled with the buyer
    /// (negative), or free again.
    Hold,
    /// Money that the gateway takes (positive) where its balance does not suffice.
    Charged(ChargedTo),
    /// The platform's own bill, or its correction.
    PlatformBill,
    /// A label or a carrier's charge for a parcel, or its correction.
    ShippingLabel,
    /// Duties or import tax that the platform pays to the customs, or gets back.
    Duties,
    /// A part of a loan that the gateway takes back (negative), or gives back once more.
    LoanRepayment,
    /// The gateway makes good what another tender paid for the buyer.
    TenderCredit(Gateway),
    /// A payout that the bank sent back.
    PayoutReturned,
    /// The payout's own row: the payout says the same.
    Transfer,
    /// What a marketplace says itself that a row is made of: the row's amount is the sum of these
    /// parts, and its fee is nil, since fees are parts.
    Itemised(Vec<RowPart>),
    /// Anything else: entered for review, unless the owner said what the vendor's word means.
    Unknown,
}

/// Where a gateway takes money from that its balance lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChargedTo {
    /// The merchant's bank account.
    Bank,
    /// A credit card of the merchant.
    Card,
}

/// A movement of the balance that a gateway keeps for the merchant. Positive in the merchant's
/// favour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceTransaction {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// Whose ledger.
    pub gateway: Gateway,
    /// What it is.
    pub kind: BalanceKind,
    /// The vendor's own word for it.
    pub vendor_type: String,
    /// When the gateway dates it.
    pub occurred_at: Timestamp,
    /// The movement before the fee.
    pub amount: Money,
    /// The fee, positive where the merchant pays: `net = amount - fee`.
    pub fee: Money,
    /// What the balance moved by.
    pub net: Money,
    /// What the net amount stands in the books at, where it is in another currency than these and
    /// its order says so. Records of rows never do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worth: Option<Money>,
    /// The order that it belongs to, where it has one.
    pub order: Option<FactId>,
    /// The order's name as the gateway wrote it, where it did.
    pub order_name: Option<String>,
    /// The vendor's id of the order's money movement, where it has one.
    pub movement: Option<String>,
    /// The payout that it was paid out in, once there is one.
    pub payout: Option<FactId>,
    /// What the row says of that payout, as rows of files do: there may be no other record of it.
    pub paid_out: Option<PaidOut>,
    /// A rehearsal without real money.
    pub test: bool,
    /// Told by a file whose rows have no numbers: another record may tell the same, and it is
    /// known by what it says.
    pub by_file: bool,
}

impl BalanceTransaction {
    /// What tells it from others where no number does: when it was, what, of which order, and how
    /// much. The payout is no part of it, since it comes later; nor is the fee, about which two
    /// records may differ.
    #[must_use]
    pub fn likeness(&self) -> String {
        let order = self.order_name.as_deref().unwrap_or("no order");
        format!("{} {} {order} {}", self.occurred_at, self.word(), self.amount)
    }

    /// What it is, in one word. Words that nobody taught us are the vendor's own.
    pub(crate) fn word(&self) -> String {
        let known = match self.kind {
            BalanceKind::Charge => "charge",
            BalanceKind::Refund => "refund",
            BalanceKind::DisputeWithdrawal => "dispute-withdrawal",
            BalanceKind::DisputeReversal => "dispute-reversal",
            BalanceKind::DisputeFee => "dispute-fee",
            BalanceKind::Reserve => "reserve",
            BalanceKind::Hold => "hold",
            BalanceKind::Charged(ChargedTo::Bank) => "charged-to-bank",
            BalanceKind::Charged(ChargedTo::Card) => "charged-to-card",
            BalanceKind::PlatformBill => "platform-bill",
            BalanceKind::ShippingLabel => "shipping-label",
            BalanceKind::Duties => "duties",
            BalanceKind::LoanRepayment => "loan-repayment",
            BalanceKind::TenderCredit(_) => "tender-credit",
            BalanceKind::PayoutReturned => "payout-returned",
            BalanceKind::Transfer => "transfer",
            BalanceKind::Itemised(_) => "itemised",
            BalanceKind::Unknown => return self.vendor_type.to_lowercase(),
        };
        known.to_owned()
    }
}
