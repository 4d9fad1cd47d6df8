//! Purchases on account: bills, vendor credits, and what is paid for bills.

use super::bought;
use super::dimensions;
use super::gather;
use super::names::is_bank;
use super::sales::is_tax_of_the_vendor;
use super::shape::{Bill, PostingLine, Shape, is_owed, journal, net, sum};
use super::wire::Entity;
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
        return Err(format!("a bill is owed on one payable account, not on `{}`", payable.name));
    }
    let moved = sum(document, owed.into_values())?;
    let credits = match (moved.is_negative(), moved.is_positive()) {
        (true, _) => false,
        (_, true) => true,
        _ => document.header().kind == DocumentKind::VendorCredit,
    };
    let what_for = |line: &&Line| {
        line.kind != LineKind::Payable && !line.amount.is_zero() && !is_tax_of_the_vendor(line)
    };
    let mut lines: Vec<PostingLine<'_>> =
        document.lines().iter().filter(what_for).map(PostingLine::new).collect();
    let entity = if credits { Entity::VendorCredit } else { Entity::Bill };
    if lines.is_empty() {
        return Err(format!("a {} needs at least one line", entity.name()));
    }
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("no line of a bill can reach `{}`", line.account.name));
    }
    if credits {
        lines.iter_mut().for_each(|line| line.amount = line.amount.negated());
    }
    let location = dimensions::location_of(document)?;
    let lines = gather::posting_lines(lines)?;
    let payable = Some(payable);
    let (taxes, total) = (bought::taxes(document, credits)?, moved.abs());
    Ok(Shape::Bill(Bill { entity, payable, lines, taxes, total, location }))
}

/// A payment of a bill from one bank account; anything else is a journal entry.
///
/// # Errors
/// As [`bill`].
pub(super) fn payment(document: &Document) -> Result<Shape<'_>, String> {
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let owed = net(document, |line| line.kind == LineKind::Payable)?;
    let plain = |line: &Line| matches!(line.kind, LineKind::Settlement | LineKind::Payable);
    match (settled.first_key_value(), settled.len(), owed.first_key_value(), owed.len()) {
        (Some((account, amount)), 1, Some((payable, _)), 1)
            if amount.is_negative()
                && is_bank(account)
                && payable.kind == AccountKind::Payable
                && document.lines().iter().all(plain) =>
        {
            Ok(Shape::BillPayment { payable, account, amount: amount.negated() })
        }
        _ => journal(document),
    }
}
