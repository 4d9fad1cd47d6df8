//! Payouts, disputes and the rows of the balance of Shopify Payments.

use super::{SHOP_CASH, SHOPIFY_PAYMENTS, Source, gateway};
use crate::shopify::wire;
use jiff::tz::TimeZone;
use saldo_core::commerce::{
    BalanceKind, BalanceTransaction, Dispute, DisputeOutcome, Fact, Payout, PayoutState,
};
use saldo_core::issue::Issue;

/// Reads a payout. Its direction is the vendor's word. Of what is taken from the bank nobody
/// documents the sign: it is negative in either form. What is sent there is never negative.
pub(super) fn read_payout(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let payout: wire::Payout = source.parse(text)?;
    let net = match payout.transaction_type.as_str() {
        "DEPOSIT" if payout.net.0.is_negative() => {
            let (id, net) = (payout.id.short(), payout.net.0);
            let message = format!("{id} does not add up: it is a `DEPOSIT` of {net}");
            return Err(source.does_not_add_up(message));
        }
        "DEPOSIT" => payout.net.0,
        "WITHDRAWAL" => payout.net.0.abs().negated(),
        word => return Err(source.unknown(&format!("`transactionType`: `{word}` is a new word"))),
    };
    Ok(Fact::Payout(Payout {
        id: source.fact_id(&payout.id),
        source: source.reference.clone(),
        gateway: gateway(SHOPIFY_PAYMENTS, None),
        state: payout_state(source, &payout.status)?,
        issued_on: payout.issued_at.to_zoned(TimeZone::UTC).date(),
        arrived_on: None,
        net,
        by_rows: false,
        bank_reference: payout.external_trace_id.filter(|trace| !trace.is_empty()),
        period: None,
    }))
}

/// How far a payout has come. By a new word it cannot be read, so that what was said before holds
/// on: a payout that was sent does not leave the books for it.
pub(in crate::shopify) fn payout_state(
    source: &Source,
    word: &str,
) -> Result<PayoutState, Box<Issue>> {
    match word {
        "SCHEDULED" | "IN_TRANSIT" => Ok(PayoutState::Scheduled),
        "PAID" => Ok(PayoutState::Paid),
        "FAILED" => Ok(PayoutState::Failed),
        "CANCELED" => Ok(PayoutState::Cancelled),
        word => Err(source.unknown(&format!("`status`: `{word}` is a new word"))),
    }
}

/// Reads a row of the balance.
pub(super) fn read_balance_transaction(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let row: wire::BalanceTransaction = source.parse(text)?;
    let (amount, fee, net) = (row.amount.0, row.fee.0, row.net.0);
    if amount.minus(fee) != Ok(net) {
        return Err(source.does_not_add_up(format!(
            "{} does not add up: {amount} less a fee of {fee} is not {net}",
            row.id.short()
        )));
    }
    let (order, order_name) = match row.associated_order {
        Some(order) => (Some(source.fact_id(&order.id)), Some(order.name)),
        None => (None, None),
    };
    let movement = row.source_order_transaction_id;
    let payout = row.associated_payout.and_then(|payout| payout.id);
    Ok(Fact::BalanceTransaction(Box::new(BalanceTransaction {
        id: source.fact_id(&row.id),
        source: source.reference.clone(),
        gateway: gateway(SHOPIFY_PAYMENTS, None),
        kind: balance_kind(&row.kind),
        vendor_type: row.kind,
        occurred_at: row.transaction_date,
        amount,
        fee,
        net,
        worth: None,
        order,
        order_name,
        movement: movement.map(|number| format!("OrderTransaction/{}", number.0)),
        payout: payout.map(|id| source.fact_id(&id)),
        paid_out: None,
        test: row.test,
        by_file: false,
    })))
}

/// What a row is. The vendor has over a hundred words; those that are not here go to review.
pub(in crate::shopify) fn balance_kind(word: &str) -> BalanceKind {
    match word {
        "CHARGE" => BalanceKind::Charge,
        "REFUND" => BalanceKind::Refund,
        "DISPUTE_WITHDRAWAL" => BalanceKind::DisputeWithdrawal,
        "DISPUTE_REVERSAL" => BalanceKind::DisputeReversal,
        "CHARGEBACK_FEE" | "CHARGEBACK_FEE_REFUND" => BalanceKind::DisputeFee,
        "RESERVED_FUNDS" | "RESERVED_FUNDS_REVERSAL" | "RESERVED_FUNDS_WITHDRAWAL" => {
            BalanceKind::Reserve
        }
        "BILLING_DEBIT" | "BILLING_DEBIT_REVERSAL" => BalanceKind::PlatformBill,
        "SHIPPING_LABEL"
        | "SHIPPING_LABEL_ADJUSTMENT"
        | "SHIPPING_LABEL_ADJUSTMENT_BASE"
        | "SHIPPING_LABEL_ADJUSTMENT_SURCHARGE"
        | "SHIPPING_OTHER_CARRIER_CHARGE_ADJUSTMENT"
        | "SHIPPING_RETURN_TO_ORIGIN_ADJUSTMENT" => BalanceKind::ShippingLabel,
        "CUSTOMS_DUTY"
        | "CUSTOMS_DUTY_ADJUSTMENT"
        | "IMPORT_TAX"
        | "IMPORT_TAX_ADJUSTMENT"
        | "IMPORT_TAX_REFUND" => BalanceKind::Duties,
        "LENDING_CAPITAL_REMITTANCE"
        | "LENDING_CAPITAL_REMITTANCE_REVERSAL"
        | "LENDING_CAPITAL_REFUND"
        | "LENDING_CAPITAL_REFUND_REVERSAL" => BalanceKind::LoanRepayment,
        "SHOP_CASH_CREDIT" | "SHOP_CASH_CREDIT_REVERSAL" => {
            BalanceKind::TenderCredit(gateway(SHOP_CASH, None))
        }
        "TRANSFER" => BalanceKind::Transfer,
        "TRANSFER_FAILURE" => BalanceKind::PayoutReturned,
        _ => BalanceKind::Unknown,
    }
}

/// Reads a dispute.
pub(super) fn read_dispute(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let dispute: wire::Dispute = source.parse(text)?;
    Ok(Fact::Dispute(Dispute {
        id: source.fact_id(&dispute.id),
        source: source.reference.clone(),
        order: dispute.order.map(|order| source.fact_id(&order.id)),
        outcome: outcome(source, &dispute.kind, &dispute.status)?,
        finalised_at: dispute.finalized_on,
        amount: dispute.amount.0,
        reason: dispute.reason_details.map(|details| details.reason),
    }))
}

/// How a dispute ended. An inquiry takes no money, however it ends; nor does a dispute that was
/// prevented, or one that a refund of the order settled (a word of former times). By a new word it
/// cannot be read, so that what was said before holds on.
pub(in crate::shopify) fn outcome(
    source: &Source,
    kind: &str,
    status: &str,
) -> Result<DisputeOutcome, Box<Issue>> {
    match (kind, status) {
        ("CHARGEBACK", "WON") => Ok(DisputeOutcome::Won),
        ("CHARGEBACK", "LOST" | "ACCEPTED") => Ok(DisputeOutcome::Lost),
        ("CHARGEBACK" | "INQUIRY", "NEEDS_RESPONSE" | "UNDER_REVIEW") => Ok(DisputeOutcome::Open),
        ("CHARGEBACK" | "INQUIRY", "PREVENTED" | "CHARGE_REFUNDED") => Ok(DisputeOutcome::Open),
        ("INQUIRY", "WON" | "LOST" | "ACCEPTED") => Ok(DisputeOutcome::Open),
        ("CHARGEBACK" | "INQUIRY", word) => {
            Err(source.unknown(&format!("`status`: `{word}` is a new word")))
        }
        (word, _) => Err(source.unknown(&format!("`type`: `{word}` is a new word"))),
    }
}
