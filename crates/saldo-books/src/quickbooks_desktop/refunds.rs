//! Customers' credits that are paid out: by the credit memo that left them, the account that they
//! are paid from, and the way of being paid that the money goes back by.
//!
//! QuickBooks calls it a refund by credit card, and takes it for credit memos alone: of the same
//! customer and on the same receivable account, up to what is left of them, from a bank account or
//! from another asset. It is what gateways give back, to cards or otherwise. Nobody writes a cheque
//! on a gateway, nor refunds a card out of a bank account or a till.

use super::shape::{Shape, net, only};
use super::wire::{Applied, Reference};
use saldo_core::document::{Document, DocumentKind, Line, LineKind};
use saldo_core::ledger::{Account, AccountKind};
use serde::Serialize;

/// A refund of a credit memo out of one account that gateways pay from: money that goes, and a
/// claim of the customer that goes with it. None where a document is anything else.
///
/// # Errors
/// In words, where its sums are too large.
pub(super) fn refund(document: &Document) -> Result<Option<Shape<'_>>, String> {
    let header = document.header();
    let may_be = matches!(
        header.kind,
        DocumentKind::Payment | DocumentKind::RefundReceipt | DocumentKind::Expense
    );
    let plain = |line: &Line| matches!(line.kind, LineKind::Settlement | LineKind::Receivable);
    if !may_be || header.applies_to.is_none() || !document.lines().iter().all(plain) {
        return Ok(None);
    }
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let owed = net(document, |line| line.kind == LineKind::Receivable)?;
    let shape = match (only(&settled), only(&owed)) {
        (Some((account, amount)), Some((receivable, _)))
            if amount.is_negative()
                && is_of_gateway(account)
                && receivable.kind == AccountKind::Receivable =>
        {
            Some(Shape::Refunded { receivable, account, amount: amount.negated() })
        }
        _ => None,
    };
    Ok(shape)
}

/// Whether money lies there that a gateway holds or owes.
const fn is_of_gateway(account: &Account) -> bool {
    matches!(account.kind, AccountKind::Clearing | AccountKind::OtherCurrentAsset)
}

/// A credit that is paid out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Refund {
    pub(super) customer_ref: Reference,
    pub(super) refund_from_account_ref: Reference,
    #[serde(rename = "ARAccountRef")]
    pub(super) ar_account_ref: Reference,
    pub(super) txn_date: String,
    pub(super) ref_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payment_method_ref: Option<Reference>,
    pub(super) memo: String,
    #[serde(rename = "RefundAppliedToTxnAdd")]
    pub(super) applied: Vec<Refunded>,
}

/// How much is paid out of a credit memo.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Refunded {
    #[serde(rename = "TxnID")]
    txn_id: String,
    refund_amount: String,
}

impl From<Applied> for Refunded {
    fn from(applied: Applied) -> Self {
        Self { txn_id: applied.txn_id, refund_amount: applied.payment_amount }
    }
}
