//! Money that moves: payments of claims, transfers, costs.

use super::cards;
use super::names::{can_take_deposits, is_bank};
use super::shape::{PostingLine, Shape, is_owed, journal, net, only, postings};
use saldo_core::document::{Document, Line, LineKind};
use saldo_core::ledger::{Account, AccountKind, Side};

/// A payment of one account for what is owed; what one bank account pays back is a cheque on the
/// receivable. Anything else is a journal entry.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn payment(document: &Document) -> Result<Shape<'_>, String> {
    let plain = |line: &Line| matches!(line.kind, LineKind::Settlement | LineKind::Receivable);
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let owed = net(document, |line| line.kind == LineKind::Receivable)?;
    let is_plain = document.lines().iter().all(plain);
    match (only(&settled), only(&owed)) {
        (Some((account, amount)), Some((receivable, _)))
            if is_plain && receivable.kind == AccountKind::Receivable =>
        {
            if amount.is_positive() && can_take_deposits(account) {
                return Ok(Shape::Received { receivable, deposit: account, amount });
            }
            if amount.is_negative() && is_bank(account) {
                let amount = amount.negated();
                let lines = vec![PostingLine::of_sum(receivable, amount)];
                return Ok(Shape::Check { account, amount, lines });
            }
            journal(document)
        }
        _ => journal(document),
    }
}

/// A transfer between two accounts of the balance sheet; anything else is a journal entry.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn transfer(document: &Document) -> Result<Shape<'_>, String> {
    let nets = net(document, |_| true)?;
    let held = |account: &Account| {
        !is_owed(account)
            && matches!(account.kind.side(), Side::Assets | Side::Liabilities | Side::Equity)
    };
    let to = nets.iter().find(|(_, amount)| amount.is_positive());
    let from = nets.iter().find(|(_, amount)| amount.is_negative());
    match (from, to, nets.len()) {
        (Some((from, _)), Some((to, amount)), 2) if held(from) && held(to) => {
            Ok(Shape::Transfer { from, to, amount: *amount })
        }
        _ => journal(document),
    }
}

/// A cost paid from one bank account, or by a card; anything else (a fee that came back, a cost
/// kept back from another account) is a journal entry.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn expense(document: &Document) -> Result<Shape<'_>, String> {
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let lines = postings(document, |line| line.kind != LineKind::Settlement);
    let owed = lines.iter().any(|line| is_owed(line.account));
    match only(&settled) {
        Some((account, amount)) if amount.is_negative() && is_bank(account) && !owed => {
            Ok(Shape::Check { account, amount: amount.negated(), lines })
        }
        _ => match cards::charge(document)? {
            Some(charge) => Ok(Shape::Card(charge)),
            None => journal(document),
        },
    }
}
