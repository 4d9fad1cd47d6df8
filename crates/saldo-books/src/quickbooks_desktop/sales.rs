//! Sales and what comes back of them: receipts, claims, refunds.

use super::names::{can_take_deposits, is_bank};
use super::shape::{
    CLASS, Form, FormLine, PostingLine, Shape, is_owed, journal, moves_units, net, postings, sum,
};
use super::wire::Kind;
use saldo_core::document::{Document, DocumentKind, Line, LineKind};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;
use std::collections::BTreeMap;

/// The account of the largest amount among those that are wanted.
fn largest<'a>(
    amounts: &BTreeMap<&'a Account, Money>,
    wanted: impl Fn(&Account, Money) -> bool,
) -> Option<&'a Account> {
    let wanted = amounts.iter().filter(|(account, amount)| wanted(account, **amount));
    let largest =
        wanted.max_by(|one, two| one.1.abs().cmp(&two.1.abs()).then_with(|| two.0.cmp(one.0)));
    largest.map(|(account, _)| *account)
}

/// A receipt: what the settlement accounts gain is a sale, what they lose a refund. One of them is
/// the transaction's own account; what moved on the others stands in lines of its own.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn receipt(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| line.kind == LineKind::Receivable) {
        return Err("a receipt leaves nothing owed, but a line is receivable".to_owned());
    }
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let moved = sum(document, settled.values().copied())?;
    if !is_sale(document.header().kind, moved) {
        return refund(document, settled);
    }
    let deposit =
        largest(&settled, |account, amount| amount.is_positive() && can_take_deposits(account));
    form(document, Kind::SalesReceipt, deposit, settled)
}

/// A refund: QuickBooks has no receipt for it, and a credit memo and its repayment would be two
/// transactions. So it is one cheque of the bank account that paid most of it, whose lines reach
/// the other accounts; where no bank account paid, a journal entry.
fn refund<'a>(
    document: &'a Document,
    mut settled: BTreeMap<&'a Account, Money>,
) -> Result<Shape<'a>, String> {
    if document.lines().iter().any(moves_units) {
        // Units come back into stock by a form of sale alone: one over nothing, where all that was
        // paid stands in lines.
        return form(document, Kind::SalesReceipt, None, settled);
    }
    let bank = largest(&settled, |account, amount| amount.is_negative() && is_bank(account));
    let Some(account) = bank else { return journal(document) };
    let amount =
        settled.remove(account).map_or(Money::zero(document.header().currency), Money::abs);
    let mut lines = postings(document, |line| line.kind != LineKind::Settlement);
    lines.extend(settled.into_iter().map(|(account, amount)| PostingLine::of_sum(account, amount)));
    match lines.iter().find(|line| is_owed(line.account)) {
        Some(line) => Err(format!("no line of a refund can reach `{}`", line.account.name)),
        None => Ok(Shape::Check { account, amount, lines }),
    }
}

/// A claim: what the receivable gains is an invoice, what it loses a credit memo.
///
/// # Errors
/// As [`receipt`].
pub(super) fn invoice(document: &Document) -> Result<Shape<'_>, String> {
    let owed = net(document, |line| line.kind == LineKind::Receivable)?;
    let first = document.lines().iter().find(|line| line.kind == LineKind::Receivable);
    let receivable = &first.ok_or("it needs the account on which it is owed")?.account;
    let is_other = |account: &&&Account| **account != receivable;
    if owed.keys().any(|account| is_other(&account)) || receivable.kind != AccountKind::Receivable {
        let name = &receivable.name;
        return Err(format!("it is owed on one receivable account, not on `{name}` alone"));
    }
    let moved = sum(document, owed.into_values())?;
    let sale = is_sale(document.header().kind, moved);
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let kind = if sale { Kind::Invoice } else { Kind::CreditMemo };
    form(document, kind, Some(receivable), settled)
}

const fn is_sale(kind: DocumentKind, moved: Money) -> bool {
    match (moved.is_positive(), moved.is_negative()) {
        (true, _) => true,
        (_, true) => false,
        _ => matches!(kind, DocumentKind::SalesReceipt | DocumentKind::Invoice),
    }
}

fn form<'a>(
    document: &'a Document,
    kind: Kind,
    total_on: Option<&'a Account>,
    mut settled: BTreeMap<&'a Account, Money>,
) -> Result<Shape<'a>, String> {
    // As a form shows it: credits are positive in a sale, debits in a credit memo.
    let oriented = |amount: Money| if kind == Kind::CreditMemo { amount } else { amount.negated() };
    if kind == Kind::SalesReceipt
        && let Some(account) = total_on
    {
        settled.remove(account);
    }
    let stands = |line: &&Line| !matches!(line.kind, LineKind::Settlement | LineKind::Receivable);
    let of_line = |line| form_line(line, kind, &oriented);
    let mut lines: Vec<FormLine<'_>> =
        document.lines().iter().filter(stands).map(of_line).collect();
    lines.extend(settled.into_iter().map(|(account, amount)| FormLine {
        product: None,
        kept: None,
        account,
        amount: oriented(amount),
        quantity: None,
        text: &account.name,
        class: None,
    }));
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("no item can stand for what is owed on `{}`", line.account.name));
    }
    if lines.is_empty() {
        return Err(format!("a {} needs at least one line", kind.name()));
    }
    let total = sum(document, lines.iter().map(|line| line.amount))?;
    Ok(Shape::Form(Form { kind, total_on, lines, total }))
}

fn form_line<'a>(line: &'a Line, kind: Kind, oriented: &impl Fn(Money) -> Money) -> FormLine<'a> {
    let kept = line.kind.kept().filter(|_| moves_units(line));
    let product = match &line.kind {
        // A line of an item in stock by which no unit moves points at no item that has any: without
        // units QuickBooks would move one.
        LineKind::Product { kept: Some(_), .. } if kept.is_none() => None,
        LineKind::Product { product, .. } => Some(product),
        _ => None,
    };
    // The units of a form are positive in its own direction.
    let quantity = match kept {
        Some(_) if kind == Kind::CreditMemo => line.quantity.map(i64::saturating_neg),
        _ => line.quantity,
    };
    FormLine {
        product,
        kept,
        account: &line.account,
        amount: oriented(line.amount),
        quantity,
        text: &line.text,
        class: line.dimensions.get(CLASS),
    }
}
