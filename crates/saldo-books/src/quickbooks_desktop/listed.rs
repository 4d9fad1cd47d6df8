//! What documents say besides money out of small lists of the vendor's: how they were paid, on
//! which terms they are owed, and in which currency they are.
//!
//! None of it moves an account. How something was paid says the line of the account that took the
//! money, by the gateway's name; a sum of many lines says it by the account's own. Terms follow
//! from the day on which something is due, where somebody says that.

use super::names::{self, List, NAME, Taken};
use super::shape::Shape;
use super::wire::{Kind, PaymentMethod, Reference, StandardTerms};
use super::write::Body;
use super::xml::Element;
use saldo_core::book::{Bindings, Listed, Need};
use saldo_core::document::{Document, Line, LineKind};
use saldo_core::ledger::{Account, AccountKind};
use std::collections::BTreeSet;

/// How a name of ours ends beside one that cannot be used.
const OURS: &str = " (Saldo)";
/// What QuickBooks calls what is due on its own day.
const AT_ONCE: &str = "Due on receipt";
/// The kind of a way of being paid that is none of the vendor's own kinds.
const OTHER: &str = "Other";
/// The kind of what is paid in cash.
const CASH: &str = "Cash";

/// How a document was paid.
pub(super) fn paid_by(shape: &Shape<'_>, document: &Document) -> Option<Need> {
    let account = match shape {
        Shape::Form(form) if form.kind == Kind::SalesReceipt => form.total_on?,
        Shape::Received { deposit, .. } => deposit,
        Shape::Refunded { account, .. } => account,
        _ => return None,
    };
    let name = method(document, account)?;
    let cash = account.kind == AccountKind::Cash;
    Some(Need::Listed(Listed::PaymentMethod { name, cash }))
}

/// How the money came that an account took: what all its lines say; else what the account is
/// called, without the word before a colon that says which sort of account it is.
fn method(document: &Document, account: &Account) -> Option<String> {
    let own = |line: &&Line| {
        line.kind == LineKind::Settlement && line.account == *account && !line.amount.is_zero()
    };
    let said: BTreeSet<&str> = document.lines().iter().filter(own).map(|it| &*it.text).collect();
    let is_sum = |text: &str| {
        let rest = text.strip_prefix(&*account.name);
        rest.is_some_and(|rest| rest.starts_with(" (") && rest.ends_with(" lines)"))
    };
    let only = said.first().filter(|text| said.len() == 1 && !is_sum(text));
    let of_account = || account.name.rsplit_once(": ").map_or(&*account.name, |(_, name)| name);
    let name = only.copied().unwrap_or_else(of_account);
    let name = names::text(name, names::TEXT);
    (!name.is_empty()).then_some(name)
}

/// The terms on which a document is owed, where it says when it is due: no earlier than on its own
/// day.
pub(super) fn owed_on(shape: &Shape<'_>, document: &Document) -> Option<Need> {
    let is_owed = matches!(shape.kind(), Kind::Invoice | Kind::Bill);
    let header = document.header();
    let due = header.due.filter(|_| is_owed)?;
    let days = header.date.until(due).ok()?.get_days().max(0);
    Some(Need::Listed(Listed::Terms { days: u32::try_from(days).ok()? }))
}

/// What a document refers to of these lists; nothing where the need is not bound, since what was
/// entered before it was asked for has none.
pub(super) fn reference(need: Option<&Need>, bindings: &Bindings) -> Option<Reference> {
    need.and_then(|need| bindings.need(need)).map(|remote| Reference::to(remote.as_str()))
}

/// The names under which such a thing may stand there, the first that is free. The second is for
/// where something that cannot be used has the first one: what its owner made inactive, or terms
/// that say something else.
pub(super) fn names(listed: &Listed) -> Vec<String> {
    let own = |name: &str| {
        let other = names::fit(name, NAME - OURS.len());
        vec![names::fit(name, NAME), format!("{other}{OURS}")]
    };
    match listed {
        Listed::PaymentMethod { name, .. } => own(name),
        Listed::Terms { days: 0 } => own(AT_ONCE),
        Listed::Terms { days } => own(&format!("Net {days}")),
        Listed::Currency(currency) => vec![currency.to_string()],
    }
}

/// What makes it.
///
/// # Errors
/// In words: currencies are the owner's to switch on.
pub(super) fn entry(listed: &Listed, taken: &mut Taken<'_>) -> Result<Body, String> {
    let mut free = |list| taken.choose(list, &names(listed));
    match listed {
        Listed::PaymentMethod { cash, .. } => {
            let payment_method_type = if *cash { CASH } else { OTHER };
            let name = free(List::PaymentMethods);
            Body::new("PaymentMethod", &PaymentMethod { name, payment_method_type })
        }
        Listed::Terms { days } => {
            let name = free(List::Terms);
            Body::new("StandardTerms", &StandardTerms { name, std_due_days: *days })
        }
        Listed::Currency(currency) => Err(format!("{currency} is its owner's to make active")),
    }
}

/// After how many days all is due by terms of the vendor's; none where they give a discount.
pub(super) fn due_days(row: &Element) -> Option<u32> {
    let discount = row.text(["DiscountPct"]).unwrap_or_default();
    let gives = discount.chars().any(|digit| matches!(digit, '1'..='9'));
    let days = row.text(["StdDueDays"]).unwrap_or("0");
    days.parse().ok().filter(|_| !gives)
}

/// In which words a row differs from what it should be; none where it does not.
pub(super) fn difference(listed: &Listed, row: &Element) -> Option<String> {
    match listed {
        Listed::PaymentMethod { .. } | Listed::Currency(_) => None,
        Listed::Terms { days } => (due_days(row) != Some(*days))
            .then(|| format!("all is not due by it after {days} days without a discount")),
    }
}
