//! Purchases and counts of items that the vendor keeps in stock.
//!
//! The vendor has no document for goods that came in before their bill. A bill over nothing is one:
//! its item lines lay units in at their costs, and a negative line on the account of goods that are
//! not invoiced takes the same away. It closes the purchase order that it is linked with. What
//! takes it back is a vendor credit over nothing.

use super::dimensions;
use super::gather;
use super::shape::{Adjustment, Bill, PostingLine, Shape, is_owed, sum};
use super::wire::Entity;
use saldo_core::document::{Document, LineKind};
use saldo_core::money::Money;

/// Goods that came in, of which nothing is owed yet.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn receipt(document: &Document) -> Result<Shape<'_>, String> {
    let mut lines: Vec<PostingLine<'_>> = document.lines().iter().map(PostingLine::new).collect();
    lines.retain(|line| !line.amount.is_zero() || line.stocked.is_some());
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("goods that came in owe nothing on `{}` yet", line.account.name));
    }
    let units = || lines.iter().filter_map(|line| line.stocked).map(|stocked| stocked.units);
    let (come, go) = (units().any(|units| units > 0), units().any(|units| units < 0));
    if come && go {
        return Err("goods come in or go back, and not both in one document".to_owned());
    }
    if !come && !go {
        return Err("it lays no item into stock".to_owned());
    }
    if go {
        lines.iter_mut().for_each(PostingLine::turn);
    }
    let entity = if go { Entity::VendorCredit } else { Entity::Bill };
    let total = sum(document, lines.iter().map(|line| line.amount))?;
    let location = dimensions::location_of(document)?;
    let lines = gather::posting_lines(lines)?;
    let (payable, taxes) = (None, Vec::new());
    Ok(Shape::Bill(Bill { entity, payable, lines, taxes, total, location }))
}

/// What is ordered, at the prices that it was ordered for.
///
/// # Errors
/// As [`receipt`].
pub(super) fn order(document: &Document) -> Result<Shape<'_>, String> {
    let nothing = Money::zero(document.header().currency);
    let mut lines = Vec::new();
    for line in document.lines() {
        let LineKind::Ordered { cost, .. } = &line.kind else {
            return Err(format!("`{}` is nothing that can be ordered", line.text));
        };
        if line.quantity.is_none_or(|units| units <= 0) {
            return Err("what is ordered no longer is closed in QuickBooks itself".to_owned());
        }
        lines.push(PostingLine { amount: cost.unwrap_or(nothing), ..PostingLine::new(line) });
    }
    if lines.is_empty() {
        return Err("a purchase order needs at least one line".to_owned());
    }
    let total = sum(document, lines.iter().map(|line| line.amount))?;
    let location = dimensions::location_of(document)?;
    let lines = gather::posting_lines(lines)?;
    let (entity, payable, taxes) = (Entity::PurchaseOrder, None, Vec::new());
    Ok(Shape::Order(Bill { entity, payable, lines, taxes, total, location }))
}

/// Units that are more or fewer, and the one account that takes them.
///
/// # Errors
/// As [`receipt`].
pub(super) fn adjustment(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| !line.amount.is_zero()) {
        return Err("QuickBooks values what is counted by itself, and takes no amount".to_owned());
    }
    let all = document.lines().iter().map(PostingLine::new);
    let (lines, others): (Vec<_>, Vec<_>) = all.partition(|line| line.stocked.is_some());
    match (&others[..], lines.is_empty()) {
        ([taken], false) => Ok(Shape::Adjustment(Adjustment { account: taken.account, lines })),
        _ => Err("it needs items, and one account that takes them".to_owned()),
    }
}

impl PostingLine<'_> {
    /// The same of the other direction.
    fn turn(&mut self) {
        self.amount = self.amount.negated();
        if let Some(stocked) = &mut self.stocked {
            stocked.units = stocked.units.saturating_neg();
        }
    }
}
