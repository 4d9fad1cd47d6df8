//! Taxes and duties, and what a book makes of them that works them out itself.

use super::shop::{LineWords, money, order, row};
use super::{Case, POLICY, case, policy};
use saldo_core::commerce::{BalanceKind, SaleKind};
use saldo_core::document::{Line, LineKind, SubledgerEntry};
use saldo_core::plan::compose;
use saldo_core::policy::Role;
use saldo_core::rounding::as_computed;

/// The events of taxes and duties.
pub(crate) fn cases() -> Vec<Case> {
    const CARD: &str = "shopify_payments";
    let goods = |tax| [(SaleKind::Product, "100.00", "0.00", tax)];
    let duties = (SaleKind::Duty, "21.00", "0.00", "0.00");
    let by_amazon = |tax, paid| {
        order("03-10").sale("03-10", &goods(tax)).tax_kept().paid("03-10", "amazon", paid)
    };
    let paid = |lines: &[LineWords<'_>], amount: &str| {
        order("03-10").sale("03-10", lines).paid("03-10", CARD, amount)
    };
    let [mug] = goods("0.00");
    let taxed_by_line = (SaleKind::Product, "76.30", "0.00", "11.45");
    vec![
        case("T1", &[], vec![row(1, "03-10", BalanceKind::ShippingLabel, "-6.50", "0.00")]),
        case("T2", &[], vec![paid(&[mug.clone(), duties], "121.00").fact()]),
        case("T3", &[], vec![row(1, "03-12", BalanceKind::Duties, "-20.40", "0.00")]),
        case("T6", &[], vec![by_amazon("8.25", "108.25").fact()]),
        case("T7", &[], vec![by_amazon("19.00", "119.00").fact()]),
        case("T8", &[], vec![paid(&goods("19.00"), "119.00").taxed("DE VAT", 19).fact()]),
        case("T9", &[], vec![paid(&[mug], "100.00").fact()]),
        case("X1", &[], vec![paid(&[taxed_by_line], "87.75").fact()]),
    ]
}

/// An entry as a book holds it that works out the tax of each line itself.
pub(crate) fn as_a_book_taxes_it(entry: SubledgerEntry, tax: &str) -> SubledgerEntry {
    let document = compose(std::slice::from_ref(&entry)).unwrap().unwrap();
    let account = policy(POLICY).chart.account(Role::Rounding);
    let computed = |line: &Line| match line.kind {
        LineKind::Tax { .. } => money(tax),
        _ => line.amount,
    };
    let held = as_computed(&document, computed, &account).unwrap();
    SubledgerEntry::new(entry.id, held.header().clone(), held.lines().to_vec()).unwrap()
}
