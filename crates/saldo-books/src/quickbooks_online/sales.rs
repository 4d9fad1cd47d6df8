//! What is sold and taken back: receipts, invoices, refunds and credit memos.

use super::dimensions::{self, CLASS};
use super::gather;
use super::names::can_take_deposits;
use super::shape::{Form, FormLine, Shape, is_owed, net, sum};
use super::tax;
use super::wire::Entity;
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, Line, LineKind};
use saldo_core::ledger::{Account, AccountKind, Side};
use saldo_core::money::Money;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A receipt: what the settlement accounts gain is a sale, what they lose a refund. One of them is
/// the form's own account; what moved on the others stands in lines of its own.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn receipt(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| line.kind == LineKind::Receivable) {
        return Err("a receipt leaves nothing owed, but a line is receivable".to_owned());
    }
    let mut settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let moved = sum(document, settled.values().copied())?;
    let sale = is_sale(document.header().kind, moved);
    let deposit = settled
        .iter()
        .filter(|(account, _)| can_take_deposits(account))
        .map(|(account, amount)| (*account, oriented(amount.negated(), sale)))
        .filter(|(_, amount)| amount.is_positive())
        .max_by(|one, two| one.1.cmp(&two.1).then_with(|| two.0.cmp(one.0)))
        .map(|(account, _)| account);
    if let Some(account) = deposit {
        settled.remove(account);
    }
    let entity = match (sale, deposit) {
        (true, _) => Entity::SalesReceipt,
        (false, Some(_)) => Entity::RefundReceipt,
        (false, None) => Entity::CreditMemo,
    };
    form(document, entity, sale, deposit, &settled)
}

/// A claim: what the receivable gains is an invoice, what it loses a credit memo.
///
/// # Errors
/// As [`receipt`].
pub(super) fn invoice(document: &Document) -> Result<Shape<'_>, String> {
    let owed = net(document, |line| line.kind == LineKind::Receivable)?;
    let moved = sum(document, owed.into_values())?;
    let sale = is_sale(document.header().kind, moved);
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let entity = if sale { Entity::Invoice } else { Entity::CreditMemo };
    form(document, entity, sale, None, &settled)
}

const fn is_sale(kind: DocumentKind, moved: Money) -> bool {
    match (moved.is_positive(), moved.is_negative()) {
        (true, _) => true,
        (_, true) => false,
        _ => matches!(kind, DocumentKind::SalesReceipt | DocumentKind::Invoice),
    }
}

/// A posting as a form shows it: credits are positive in a sale, debits in a return.
const fn oriented(amount: Money, sale: bool) -> Money {
    if sale { amount.negated() } else { amount }
}

fn form<'a>(
    document: &'a Document,
    entity: Entity,
    sale: bool,
    deposit: Option<&'a Account>,
    settled: &BTreeMap<&'a Account, Money>,
) -> Result<Shape<'a>, String> {
    let by_the_vendor = has_tax_of_the_vendor(document);
    let mut lines = Vec::new();
    let mut taxes = Vec::new();
    for line in document.lines() {
        let (product, taxed) = match &line.kind {
            LineKind::Settlement | LineKind::Receivable => continue,
            LineKind::Tax { title, rate } if is_tax_of_the_vendor(line) => {
                taxes.push((title.as_str(), *rate, oriented(line.amount, sale)));
                continue;
            }
            LineKind::Tax { .. }
            | LineKind::Payable
            | LineKind::Stocked { .. }
            | LineKind::Ordered { .. } => (None, false),
            LineKind::Product { product, taxed, .. } => (Some(product), *taxed),
            LineKind::Other { taxed } | LineKind::Unearned { taxed } => (None, *taxed),
        };
        lines.push(form_line(line, product, taxed && by_the_vendor, sale));
    }
    lines.extend(settled.iter().map(|(account, amount)| settled_line(account, *amount, sale)));
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("no item can stand for what is owed on `{}`", line.account.name));
    }
    let tax = sum(document, taxes.iter().map(|(.., amount)| *amount))?;
    let taxes = tax::sums(taxes.into_iter())?;
    if tax.is_negative() {
        return Err(format!("the tax of {} runs against the document's total", tax.abs()));
    }
    let total = sum(document, lines.iter().map(|line| line.amount))?;
    let total = total.plus(tax).map_err(|error| error.to_string())?;
    if lines.is_empty() {
        return Err(format!("a {} needs at least one line besides tax", entity.name()));
    }
    let lines = gather::form_lines(lines)?;
    let location = dimensions::location_of(document)?;
    let is_taxed_here = by_the_vendor;
    Ok(Shape::Form(Form { entity, deposit, lines, tax, taxes, is_taxed_here, total, location }))
}

/// A line of a document as a form shows it.
fn form_line<'a>(
    line: &'a Line,
    product: Option<&'a Product>,
    taxed: bool,
    sale: bool,
) -> FormLine<'a> {
    let kept = line.kind.kept();
    FormLine {
        product,
        kept,
        account: &line.account,
        amount: oriented(line.amount, sale),
        sold: line.is_sold() || line.account.kind.side() == Side::Income,
        taxed,
        taxes: &line.taxes,
        // A form's units are positive in its own direction.
        quantity: match (kept.is_some(), sale) {
            (true, false) => line.quantity.map(i64::saturating_neg),
            _ => line.quantity,
        },
        text: Cow::from(&line.text),
        class: line.dimensions.get(CLASS),
    }
}

/// What moved on a settlement account that is not the form's own.
fn settled_line(account: &Account, amount: Money, sale: bool) -> FormLine<'_> {
    FormLine {
        product: None,
        kept: None,
        account,
        amount: oriented(amount, sale),
        sold: false,
        taxed: false,
        taxes: &[],
        quantity: None,
        text: Cow::from(&*account.name),
        class: None,
    }
}

/// Whether the vendor enters this tax by itself, where its agency points. Tax on an account of the
/// owner's own is a line like any other.
pub(super) fn is_tax_of_the_vendor(line: &Line) -> bool {
    matches!(line.kind, LineKind::Tax { .. }) && line.account.kind == AccountKind::TaxLiability
}

/// Whether the vendor is to tax the lines of a document: not where all of its tax stands in lines
/// of their own, since it would come on top of them.
fn has_tax_of_the_vendor(document: &Document) -> bool {
    let taxes = || document.lines().iter().filter(|it| matches!(it.kind, LineKind::Tax { .. }));
    taxes().next().is_none() || taxes().any(is_tax_of_the_vendor)
}
