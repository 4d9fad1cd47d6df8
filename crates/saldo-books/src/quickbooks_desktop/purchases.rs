//! Purchases on account: bills, vendor credits, and what is paid for bills.

use super::names::is_bank;
use super::shape::{Bill, PostingLine, Shape, is_owed, journal, net, only, postings, sum};
use super::wire::Kind;
use saldo_core::document::{Document, DocumentKind, Line, LineKind};
use saldo_core::ledger::AccountKind;

/// What a supplier is owed: what the payable gains is a bill, what it loses a vendor credit. All
/// else is what it is for.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn bill(document: &Document) -> Result<Shape<'_>, String> {
    let owed = net(document, |line| line.kind == LineKind::Payable)?;
    let payable = document.lines().iter().find(|line| line.kind == LineKind::Payable);
    let payable = &payable.ok_or("a bill needs the account on which it is owed")?.account;
    if owed.keys().any(|account| *account != payable) || payable.kind != AccountKind::Payable {
        let name = &payable.name;
        return Err(format!("a bill is owed on one payable account, not on `{name}` alone"));
    }
    let moved = sum(document, owed.into_values())?;
    let credits = match (moved.is_negative(), moved.is_positive()) {
        (true, _) => false,
        (_, true) => true,
        _ => document.header().kind == DocumentKind::VendorCredit,
    };
    let mut lines = postings(document, |line| line.kind != LineKind::Payable);
    let kind = if credits { Kind::VendorCredit } else { Kind::Bill };
    if lines.is_empty() {
        return Err(format!("a {} needs at least one line", kind.name()));
    }
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("no line of a bill can reach `{}`", line.account.name));
    }
    if credits {
        lines.iter_mut().for_each(PostingLine::turn);
    }
    Ok(Shape::Bill(Bill { kind, payable: Some(payable), lines, total: moved.abs() }))
}

/// A payment of a bill from one bank account, or by one card. Anything else is a journal entry, and
/// so is what is paid for no bill, since QuickBooks has no such payment.
///
/// # Errors
/// As [`bill`].
pub(super) fn payment(document: &Document) -> Result<Shape<'_>, String> {
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let owed = net(document, |line| line.kind == LineKind::Payable)?;
    let plain = |line: &Line| matches!(line.kind, LineKind::Settlement | LineKind::Payable);
    match (only(&settled), only(&owed)) {
        (Some((account, amount)), Some((payable, _)))
            if amount.is_negative()
                && (is_bank(account) || account.kind == AccountKind::CreditCard)
                && payable.kind == AccountKind::Payable
                && document.header().applies_to.is_some()
                && document.lines().iter().all(plain) =>
        {
            Ok(Shape::BillPayment { payable, account, amount: amount.negated() })
        }
        _ => journal(document),
    }
}
