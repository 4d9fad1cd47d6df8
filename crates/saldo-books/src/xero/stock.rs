//! Items that the vendor tracks in stock, at the average of what they cost.
//!
//! It has no document for goods that came in before their bill. A bill over nothing is one, as its
//! own guide has it for adjustments: its item lines lay units in at their costs, and a negative
//! line on the account of goods that are not invoiced takes the same away. A supplier's credit note
//! over nothing takes it back.
//!
//! What was counted is units without a cost, which here only sales have: an invoice over nothing
//! takes units out at what they cost on average, and a credit note over nothing brings them back.
//! Their cost goes to the item's own account, and to no other.
//!
//! What is ordered is a purchase order, which is in no ledger. No document in the interface is
//! linked with it, so that it is marked as billed once nothing of it is expected any more.

use super::shape::{Form, FormLine, Shape, form, is_owed};
use saldo_core::document::{Document, DocumentKind, Line, LineKind, Party};
use saldo_core::money::Money;

/// What to do about a receipt that cannot be taken back since its goods were sold. The vendor's
/// help on adjustments has it so: nothing falls below zero, and an adjustment is what helps.
pub(super) const SOLD_SINCE: &str = "what came in by this receipt was sold since, and Xero lets \
     no quantity or value fall below zero: it is tried again with each sync, and goes in once as \
     much is on hand. What replaces it goes in first where that alone makes up for it. Sooner: in \
     Xero (Accounts, Inventory) increase the item's quantity by a new adjustment, sync, and \
     decrease it again; or let the receipt stand as it was";

/// Whether a document takes goods out again that a receipt laid in.
pub(super) fn takes_receipt_back(document: &Document) -> bool {
    let leaves = |line: &Line| line.stock_move().is_some_and(|(_, units)| units < 0);
    document.header().kind == DocumentKind::ItemReceipt && document.lines().iter().any(leaves)
}

/// Goods that came in, of which nothing is owed yet.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn receipt(document: &Document) -> Result<Shape<'_>, String> {
    if let Some(line) = document.lines().iter().find(|line| is_owed(&line.account)) {
        return Err(format!("goods that came in owe nothing on `{}` yet", line.account.name));
    }
    let units = || document.lines().iter().filter_map(|line| line.stock_move());
    let come = units().any(|(_, units)| units > 0);
    let go = units().any(|(_, units)| units < 0);
    match (come, go) {
        (true, true) => Err("goods come in or go back, and not both in one document".to_owned()),
        (false, false) => Err("it lays no item into stock".to_owned()),
        _ => {
            let form = form(document, come, None)?;
            match form.total.is_zero() {
                true => Ok(Shape::Bill(form)),
                false => Err(format!("it comes to {} that nobody billed", form.total)),
            }
        }
    }
}

/// What is ordered, at the prices that it was ordered for.
///
/// # Errors
/// As [`receipt`].
pub(super) fn order(document: &Document) -> Result<Shape<'_>, String> {
    if !matches!(document.header().party, Some(Party::Vendor { .. })) {
        return Err("a purchase order needs the supplier".to_owned());
    }
    let nothing = Money::zero(document.header().currency);
    let mut lines = Vec::new();
    for line in document.lines() {
        let LineKind::Ordered { cost, .. } = &line.kind else {
            return Err(format!("`{}` is nothing that can be ordered", line.text));
        };
        if line.quantity.is_none_or(|units| units <= 0) {
            return Err("what is ordered no longer is marked as billed in Xero itself".to_owned());
        }
        lines.push(FormLine::plain(line, cost.unwrap_or(nothing)));
    }
    if lines.is_empty() {
        return Err("a purchase order needs at least one line".to_owned());
    }
    let amounts = lines.iter().map(|line| line.amount);
    let total = Money::sum(document.header().currency, amounts);
    let total = total.map_err(|error| error.to_string())?;
    Ok(Shape::Order(Form { gives: true, lines, tax: nothing, total }))
}

/// Units that are more or fewer, on the account of what the item costs.
///
/// # Errors
/// As [`receipt`].
pub(super) fn adjustment(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| !line.amount.is_zero()) {
        return Err("Xero values what is counted by itself, and takes no amount".to_owned());
    }
    let is_unit = |line: &&Line| line.stock_move().is_some();
    let (units, others): (Vec<_>, Vec<_>) = document.lines().iter().partition(is_unit);
    let ([taken], false) = (&others[..], units.is_empty()) else {
        return Err("it needs items, and one account that takes them".to_owned());
    };
    let more = units.iter().all(|line| line.quantity.is_some_and(|units| units > 0));
    let fewer = units.iter().all(|line| line.quantity.is_some_and(|units| units < 0));
    if !more && !fewer {
        return Err("units are more or fewer, and not both in one document".to_owned());
    }
    let nothing = Money::zero(document.header().currency);
    let mut lines = Vec::with_capacity(units.len());
    for line in units {
        let LineKind::Stocked { product, kept } = &line.kind else {
            return Err(format!("`{}` is no item in stock", line.text));
        };
        if kept.cost != taken.account {
            return Err(format!(
                "Xero enters what is counted on the item's own account of costs, `{}`, and not on \
                 `{}`: let both be one, by saldo map set accounts.shrinkage \"{}\"",
                kept.cost.name, taken.account.name, kept.cost.name
            ));
        }
        lines.push(FormLine {
            product: Some(product),
            kept: Some(kept),
            account: &kept.income,
            dimensions: &taken.dimensions,
            quantity: line.quantity.map(i64::saturating_abs),
            ..FormLine::plain(line, nothing)
        });
    }
    Ok(Shape::Claim(Form { gives: more, lines, tax: nothing, total: nothing }))
}

/// A line of an item in stock, with its units in the direction of its form.
///
/// # Errors
/// In words, where they go the other way.
pub(super) fn directed(
    mut line: FormLine<'_>,
    gives: bool,
    sold: bool,
) -> Result<FormLine<'_>, String> {
    let units = line.quantity.unwrap_or(0);
    let units = if gives == sold { units.saturating_neg() } else { units };
    if units <= 0 {
        return Err(format!(
            "units of `{}` go the other way than the rest of it, which Xero takes in a document \
             of their own",
            line.text
        ));
    }
    line.quantity = Some(units);
    Ok(line)
}
