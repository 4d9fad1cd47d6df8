//! What an order of the REST interface tells twice: line by line, and in sums of the whole.
//!
//! What each sum holds is said by the vendor's page of the Order resource
//! (<https://shopify.dev/docs/api/admin-rest/latest/resources/order>). Where it leaves two readings,
//! as whether a tip is an item, either will do; anything else differs.

use super::rest::{self, AmountText};
use super::rest_order::Bought;
use super::share::Wrong;
use saldo_core::commerce::SaleKind;
use saldo_core::money::{Currency, Money, MoneyError};

/// Compares the sums that the payload tells with the lines as they were read.
///
/// # Errors
/// The first sum that differs.
pub(super) fn check(
    root: &rest::Order,
    bought: &[Bought],
    currency: Currency,
) -> Result<(), Wrong> {
    let sums = Sums::of(bought, currency)?;
    let told = |text: &Option<AmountText>| text.as_ref().map(|it| it.money(currency)).transpose();
    let total = root.total_price.money(currency)?;
    if sums.total != total {
        let sum = sums.total;
        return Err(Wrong::Differs(format!(
            "its lines with their taxes come to {sum}, but its `total_price` is {total}"
        )));
    }
    // No tip is told where none was given.
    let tip = told(&root.total_tip_received)?.unwrap_or(Money::zero(currency));
    let carriage = root.total_shipping_price_set.as_ref().map(|bag| &bag.shop_money.amount);
    let carriage = carriage.map(|it| it.money(currency)).transpose()?;
    let discounts = sums.discounts_of_items.plus(sums.discounts_of_carriage)?;
    let net = sums.items.minus(sums.discounts_of_items)?;
    let pairs = [
        ("total_line_items_price", told(&root.total_line_items_price)?, sums.items, tip),
        ("total_discounts", told(&root.total_discounts)?, discounts, sums.discounts_of_carriage),
        ("subtotal_price", told(&root.subtotal_price)?, net, tip),
        ("total_shipping_price_set", carriage, sums.carriage, sums.discounts_of_carriage),
    ];
    for (name, told, found, perhaps_without) in pairs {
        let without = found.minus(perhaps_without)?;
        if let Some(told) = told.filter(|told| ![found, without].contains(told)) {
            return Err(Wrong::Differs(format!(
                "its lines come to {found}, but its `{name}` is {told}"
            )));
        }
    }
    let rounded = amounts_of_tax(root);
    if let Some(total_tax) = told(&root.total_tax)? {
        taxes_agree("total_tax", total_tax, sums.taxes, rounded)?;
    }
    if root.tax_lines.is_empty() {
        return Ok(());
    }
    let by_title: Result<Vec<Money>, String> =
        root.tax_lines.iter().map(|tax| tax.price.money(currency)).collect();
    taxes_agree("tax_lines", Money::sum(currency, by_title?)?, sums.taxes, rounded)
}

/// What the lines come to.
struct Sums {
    /// Items before discounts, with tax where prices contain it.
    items: Money,
    discounts_of_items: Money,
    /// Carriage in the same way.
    carriage: Money,
    discounts_of_carriage: Money,
    taxes: Money,
    /// All that the buyer owes.
    total: Money,
}

impl Sums {
    fn of(bought: &[Bought], currency: Currency) -> Result<Self, MoneyError> {
        let zero = Money::zero(currency);
        let mut sums = Self {
            items: zero,
            discounts_of_items: zero,
            carriage: zero,
            discounts_of_carriage: zero,
            taxes: zero,
            total: zero,
        };
        for Bought { line, net, .. } in bought {
            let (all, discounts) = match line.kind {
                SaleKind::Shipping => (&mut sums.carriage, &mut sums.discounts_of_carriage),
                _ => (&mut sums.items, &mut sums.discounts_of_items),
            };
            *all = all.plus(*net)?.plus(line.discount)?;
            *discounts = discounts.plus(line.discount)?;
            let taxes = Money::sum(currency, line.taxes.iter().map(|tax| tax.amount))?;
            sums.taxes = sums.taxes.plus(taxes)?;
            sums.total = sums.total.plus(line.total()?)?;
        }
        Ok(sums)
    }
}

/// How many amounts of tax the payload tells one by one: by line, or else for the whole order.
fn amounts_of_tax(root: &rest::Order) -> usize {
    let items = root.line_items.iter().map(|item| item.tax_lines.len());
    let carriage = root.shipping_lines.iter().map(|shipping| shipping.tax_lines.len());
    match items.chain(carriage).sum() {
        0 => root.tax_lines.len(),
        by_line => by_line,
    }
}

/// Whether a sum of taxes is what its parts come to, each of which the vendor may have rounded by
/// half a minor unit: one part alone leaves nothing to round.
fn taxes_agree(name: &str, told: Money, found: Money, rounded: usize) -> Result<(), Wrong> {
    let off = u128::from(told.minus(found)?.minor().unsigned_abs());
    match off * 2 > u128::try_from(rounded).unwrap_or(u128::MAX) {
        true => Err(Wrong::Differs(format!(
            "its taxes come to {found} by line, but its `{name}` to {told}"
        ))),
        false => Ok(()),
    }
}
