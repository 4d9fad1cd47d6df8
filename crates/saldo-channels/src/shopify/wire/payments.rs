//! Payouts, rows of the balance, and disputes.

use super::{Amount, Gid, Named, NumberText};
use jiff::Timestamp;
use serde::Deserialize;

/// `ShopifyPaymentsPayout`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct Payout {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) legacy_resource_id: NumberText,
    pub(in crate::shopify) issued_at: Timestamp,
    pub(in crate::shopify) status: String,
    pub(in crate::shopify) transaction_type: String,
    pub(in crate::shopify) external_trace_id: Option<String>,
    pub(in crate::shopify) net: Amount,
}

/// `ShopifyPaymentsBalanceTransaction`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct BalanceTransaction {
    pub(in crate::shopify) id: Gid,
    #[serde(rename = "type")]
    pub(in crate::shopify) kind: String,
    pub(in crate::shopify) source_order_transaction_id: Option<NumberText>,
    pub(in crate::shopify) transaction_date: Timestamp,
    pub(in crate::shopify) test: bool,
    pub(in crate::shopify) amount: Amount,
    pub(in crate::shopify) fee: Amount,
    pub(in crate::shopify) net: Amount,
    pub(in crate::shopify) associated_order: Option<AssociatedOrder>,
    pub(in crate::shopify) associated_payout: Option<AssociatedPayout>,
}

/// `ShopifyPaymentsAssociatedOrder`.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct AssociatedOrder {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) name: String,
}

/// `ShopifyPaymentsBalanceTransactionAssociatedPayout`: without an id until there is one.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct AssociatedPayout {
    pub(in crate::shopify) id: Option<Gid>,
}

/// `ShopifyPaymentsDispute`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct Dispute {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) finalized_on: Option<Timestamp>,
    pub(in crate::shopify) status: String,
    #[serde(rename = "type")]
    pub(in crate::shopify) kind: String,
    pub(in crate::shopify) amount: Amount,
    /// Older downloads do not tell it.
    pub(in crate::shopify) reason_details: Option<DisputeReason>,
    pub(in crate::shopify) order: Option<Named>,
}

/// `ShopifyPaymentsDisputeReasonDetails`.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct DisputeReason {
    pub(in crate::shopify) reason: String,
}
