//! Payouts, disputes and rows of the balance, by the REST interface.

use super::rest::{self, AmountText};
use crate::shopify::read::payments::{balance_kind, outcome, payout_state};
use crate::shopify::read::{SHOPIFY_PAYMENTS, Source, gateway};
use crate::shopify::wire::Gid;
use saldo_core::commerce::{BalanceKind, BalanceTransaction, Dispute, Fact, Payout};
use saldo_core::issue::Issue;
use saldo_core::money::{Currency, Money};

/// Reads a payout.
pub(super) fn read_payout(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let payout: rest::Payout = source.parse(text)?;
    let currency = currency(source, &payout.currency)?;
    Ok(Fact::Payout(Payout {
        id: source.fact_id(&Gid::numbered("ShopifyPaymentsPayout", &payout.id.0)),
        source: source.reference.clone(),
        gateway: gateway(SHOPIFY_PAYMENTS, None),
        state: payout_state(source, &payout.status.to_ascii_uppercase())?,
        issued_on: payout.date,
        arrived_on: None,
        net: amount(source, "amount", &payout.amount, currency)?,
        by_rows: false,
        bank_reference: None,
        period: None,
    }))
}

/// Reads a row of the balance.
pub(super) fn read_row(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let row: rest::BalanceTransaction = source.parse(text)?;
    let currency = currency(source, &row.currency)?;
    let money = |name, text| amount(source, name, text, currency);
    let (moved, fee) = (money("amount", &row.amount)?, money("fee", &row.fee)?);
    let net = money("net", &row.net)?;
    check_net(source, moved, fee, net)?;
    let key = |kind: &str, number: String| source.key(&format!("{kind}/{number}"));
    Ok(Fact::BalanceTransaction(Box::new(BalanceTransaction {
        id: key("ShopifyPaymentsBalanceTransaction", row.id.0),
        source: source.reference.clone(),
        gateway: gateway(SHOPIFY_PAYMENTS, None),
        kind: row_kind(&row.kind, moved),
        vendor_type: row.kind,
        occurred_at: row.processed_at,
        amount: moved,
        fee,
        net,
        worth: None,
        order: row.source_order_id.map(|number| key("Order", number.0)),
        order_name: None,
        movement: row
            .source_order_transaction_id
            .map(|number| format!("OrderTransaction/{}", number.0)),
        payout: row.payout_id.map(|number| key("ShopifyPaymentsPayout", number.0)),
        paid_out: None,
        test: row.test,
        by_file: false,
    })))
}

/// Reads a dispute.
pub(super) fn read_dispute(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let dispute: rest::Dispute = source.parse(text)?;
    let currency = currency(source, &dispute.currency)?;
    let (kind, status) = (dispute.kind.to_ascii_uppercase(), dispute.status.to_ascii_uppercase());
    Ok(Fact::Dispute(Dispute {
        id: source.fact_id(&Gid::numbered("ShopifyPaymentsDispute", &dispute.id.0)),
        source: source.reference.clone(),
        order: dispute.order_id.map(|id| source.fact_id(&Gid::numbered("Order", &id.0))),
        outcome: outcome(source, &kind, &status)?,
        finalised_at: dispute.finalized_on,
        amount: amount(source, "amount", &dispute.amount, currency)?,
        reason: dispute.reason,
    }))
}

/// What a row is, by the few words that REST and exports have for themselves, or else by those of
/// the interface. A dispute's direction is its sign.
pub(super) fn row_kind(word: &str, amount: Money) -> BalanceKind {
    match word.to_ascii_lowercase().as_str() {
        "charge" => BalanceKind::Charge,
        "refund" => BalanceKind::Refund,
        "dispute" | "chargeback" if amount.is_positive() => BalanceKind::DisputeReversal,
        "dispute" | "chargeback" => BalanceKind::DisputeWithdrawal,
        "reserve" => BalanceKind::Reserve,
        "payout" => BalanceKind::Transfer,
        "payout_failure" => BalanceKind::PayoutReturned,
        word => balance_kind(&word.to_ascii_uppercase()),
    }
}

/// A row's net is its amount less its fee.
pub(super) fn check_net(
    source: &Source,
    amount: Money,
    fee: Money,
    net: Money,
) -> Result<(), Box<Issue>> {
    match amount.minus(fee) == Ok(net) {
        true => Ok(()),
        false => Err(source.does_not_add_up(format!(
            "the row does not add up: {amount} less a fee of {fee} is not {net}"
        ))),
    }
}

fn currency(source: &Source, code: &str) -> Result<Currency, Box<Issue>> {
    Currency::parse(code).map_err(|error| source.faulty(&format!("`currency`: {error}")))
}

fn amount(
    source: &Source,
    name: &str,
    text: &AmountText,
    currency: Currency,
) -> Result<Money, Box<Issue>> {
    text.money(currency).map_err(|why| source.faulty(&format!("`{name}`: {why}")))
}
