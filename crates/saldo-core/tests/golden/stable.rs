//! Days that were heard to their end: what is learnt later adds entries of later days, and leaves
//! theirs alone.

use crate::planned::lacking;
use crate::shop::{Shop, about, order, row};
use crate::{POLICY, account, policy};
use jiff::Timestamp;
use saldo_core::book::Subject;
use saldo_core::commerce::{BalanceKind, Fact, MovementKind, MovementState};
use saldo_core::document::{Line, SubledgerEntry};
use std::collections::BTreeMap;

const CARD: &str = "shopify_payments";

/// What is entered of an order once a day was heard to its end.
fn after(shop: &Shop, day: &str) -> Vec<SubledgerEntry> {
    let policy = policy(POLICY);
    let day: jiff::civil::Date = format!("2026-{day}").parse().unwrap();
    let heard: Timestamp = policy.end_of_day(day);
    account(&[shop.clone().fact()], &policy, heard).remove(0).entries
}

/// The same with a gateway's row, which came with it.
fn entered_with(shop: &Shop, row: Fact, day: &str) -> Vec<(String, &'static str, i64)> {
    let policy = policy(POLICY);
    let heard = policy.end_of_day(format!("2026-{day}").parse().unwrap());
    outlines(&account(&[shop.clone().fact(), row], &policy, heard).remove(0).entries)
}

/// An order as it was heard day by day: everything that was once entered stands in what is entered
/// later.
fn assert_only_adds(told: &[(&str, &Shop)]) -> Vec<(String, &'static str, i64)> {
    let mut standing: Vec<SubledgerEntry> = Vec::new();
    for (day, shop) in told {
        let entered = after(shop, day);
        for before in &standing {
            assert!(entered.contains(before), "{day}: {before:#?} is gone: {entered:#?}");
        }
        standing = entered;
    }
    outlines(&standing)
}

/// Date, kind and debits in minor units.
fn outlines(entries: &[SubledgerEntry]) -> Vec<(String, &'static str, i64)> {
    let outline = |entry: &SubledgerEntry| {
        let debits = entry.lines.iter().map(|line| line.amount.minor()).filter(|it| *it > 0);
        (entry.header.date.to_string(), entry.header.kind.name(), debits.sum())
    };
    let mut outlines: Vec<_> = entries.iter().map(outline).collect();
    outlines.sort();
    outlines
}

fn entered(day: &str, kind: &'static str, minor: i64) -> (String, &'static str, i64) {
    (format!("2026-{day}"), kind, minor)
}

#[test]
fn what_is_captured_in_parts_is_an_invoice_with_payments() {
    let set_aside = order("03-10").sale_of_s1("03-10").movement(
        MovementKind::Authorisation,
        "03-10",
        CARD,
        "105.43",
    );
    let first = set_aside.clone().paid("03-12", CARD, "50.00");
    let second = first.clone().paid("03-14", CARD, "55.43");
    let found = assert_only_adds(&[("03-11", &set_aside), ("03-12", &first), ("03-14", &second)]);
    let expected = [
        entered("03-12", "invoice", 11_543),
        entered("03-12", "payment", 5_000),
        entered("03-14", "payment", 5_543),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_capture_that_is_not_yet_known_moves_no_sale_that_was_entered() {
    let set_aside = order("03-10").sale_of_s1("03-10").movement(
        MovementKind::Authorisation,
        "03-10",
        CARD,
        "105.43",
    );
    let capture = |state| set_aside.clone().paid("03-12", CARD, "50.00").in_state(state);
    let then = |state| capture(state).paid("03-14", CARD, "55.43");
    let [pending, known] = [MovementState::Pending, MovementState::Succeeded].map(then);
    let found = assert_only_adds(&[("03-14", &pending), ("03-16", &known)]);
    assert_eq!(found[0], entered("03-12", "invoice", 11_543));
    let charge = about(row(2, "03-14", BalanceKind::Charge, "55.43", "0.00"), 1, 3);
    let meanwhile = entered_with(&pending, charge, "03-14");
    assert_eq!(meanwhile, [entered("03-14", "journal-entry", 5_543)], "its money does not wait");
    let failed = then(MovementState::Failed);
    let found = assert_only_adds(&[("03-14", &pending), ("03-16", &failed)]);
    assert_eq!(found[0], entered("03-14", "invoice", 11_543));
}

#[test]
fn money_that_is_perhaps_set_aside_lets_the_sale_wait() {
    let asked = |state| {
        let sale = order("03-10").sale_of_s1("03-10");
        sale.movement(MovementKind::Authorisation, "03-10", CARD, "105.43").in_state(state)
    };
    let pending = asked(MovementState::Pending);
    let taken = asked(MovementState::Succeeded).paid("03-12", CARD, "105.43");
    let found = assert_only_adds(&[("03-10", &pending), ("03-12", &taken)]);
    assert_eq!(found, [entered("03-12", "sales-receipt", 11_543)]);
    let failed = asked(MovementState::Failed);
    let found = assert_only_adds(&[("03-10", &pending), ("03-12", &failed)]);
    assert_eq!(found, [entered("03-10", "invoice", 11_543)]);
}

#[test]
fn a_payment_that_comes_true_later_pays_on_the_day_that_the_shop_dates_it() {
    let asked = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43");
    let pending = asked.in_state(MovementState::Pending);
    let paid = order("03-10").sale_of_s1("03-10").paid("03-13", CARD, "105.43");
    let found = assert_only_adds(&[("03-10", &pending), ("03-13", &paid)]);
    let expected = [entered("03-10", "invoice", 11_543), entered("03-13", "payment", 10_543)];
    assert_eq!(found, expected);
}

/// What lines of a day move, in minor units.
fn moved<'a>(lines: impl Iterator<Item = (String, &'a Line)>) -> BTreeMap<(String, String), i64> {
    let mut moved: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (day, line) in lines {
        *moved.entry((day, line.account.name.to_string())).or_default() += line.amount.minor();
    }
    moved.retain(|_, minor| *minor != 0);
    moved
}

#[test]
fn a_payment_that_comes_true_later_with_its_old_date_is_entered_as_of_that_date() {
    let asked = order("03-10").sale_of_s1("03-10").paid("03-10", CARD, "105.43");
    let [pending, paid] = [MovementState::Pending, MovementState::Succeeded]
        .map(|state| asked.clone().in_state(state));
    let (before, now) = (after(&pending, "03-12"), after(&paid, "03-13"));
    assert_eq!(outlines(&before), [entered("03-10", "invoice", 11_543)]);
    assert_eq!(outlines(&now), [entered("03-10", "sales-receipt", 11_543)]);
    assert_eq!(now, after(&paid, "03-10"), "as if nobody had looked before");
    // Both are what is sold in this order, so that the one replaces the other, on their day.
    let slot = &now[0].header.slot;
    assert_eq!(before[0].header.slot, *slot);
    let told = lacking(slot, &before, []);
    let planned = lacking(slot, &now, told.clone());
    let documents: Vec<_> = told
        .iter()
        .chain(&planned)
        .filter_map(|change| match &change.subject {
            Subject::Document { document, .. } => Some(&**document),
            Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => None,
        })
        .collect();
    let kinds: Vec<&str> = documents.iter().map(|it| it.header().kind.name()).collect();
    assert_eq!(kinds, ["invoice", "credit-memo", "sales-receipt"]);
    let of_books = documents.iter().flat_map(|document| {
        document.lines().iter().map(|line| (document.header().date.to_string(), line))
    });
    let of_receipt = now[0].lines.iter().map(|line| ("2026-03-10".to_owned(), line));
    let expected = moved(of_receipt);
    assert_eq!(
        expected[&("2026-03-10".to_owned(), "Clearing: Shopify Payments".to_owned())],
        10_543
    );
    assert_eq!(moved(of_books), expected, "day by day and account by account");
}
