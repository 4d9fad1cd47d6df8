//! Notes and coins.

use super::shop::order;
use super::{Case, case};
use saldo_core::commerce::SaleKind;

/// The events of the reference that are paid in cash.
pub(crate) fn cases() -> Vec<Case> {
    let sold = [(SaleKind::Product, "500.00", "0.00", "41.25")];
    let small = [(SaleKind::Product, "9.27", "0.00", "0.76")];
    let sale = order("03-10").sale("03-10", &sold).paid("03-10", "cash", "541.25");
    let rounded = order("03-10").sale("03-10", &small).paid("03-10", "cash", "10.03");
    vec![case("C1", &[], vec![sale.fact()]), case("C5", &[], vec![rounded.rounded("0.02").fact()])]
}
