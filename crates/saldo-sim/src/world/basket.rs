//! What goes into a basket, and what it costs.

use super::catalogue::{GOODS, Product, TAX_AREAS, TaxArea, UNTAXED_AREA};
use super::chance::Chance;
use super::order::{Amounts, Minor, half_up};
use saldo_core::money::{Currency, Money};

/// An item as it lies in a basket.
pub(super) struct Item {
    /// Which product, by its place in the catalogue.
    pub(super) product: usize,
    /// How many units.
    pub(super) quantity: u32,
    /// The price of a unit.
    pub(super) unit_price: Minor,
    /// The amounts of all units.
    pub(super) amounts: Amounts,
}

/// A priced basket.
pub(super) struct Basket {
    /// The items.
    pub(super) items: Vec<Item>,
    /// The carriage, where there is any.
    pub(super) shipping: Option<Amounts>,
    /// The tip; zero for none.
    pub(super) tip: Minor,
    /// The code of a discount on the whole order.
    pub(super) discount_code: Option<&'static str>,
}

/// What kind of basket is wanted.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// Whether there are goods in it.
    pub(super) goods: bool,
    /// Whether there is a gift card in it.
    pub(super) gift_card: bool,
    /// Whether it is sent, and so bears carriage.
    pub(super) sent: bool,
    /// The most units of one item.
    pub(super) most_units: u32,
    /// How often in a thousand a tip is left.
    pub(super) tips: u32,
    /// The place that it is taxed in, by its place among the areas.
    pub(super) area: usize,
}

/// Fills and prices a basket: tax is rounded per line and levy, as the vendor does.
pub(super) fn fill(
    wish: Wish,
    products: &[Product],
    currency: Currency,
    chance: &mut Chance,
) -> Basket {
    let area = TAX_AREAS.get(wish.area).copied().unwrap_or(UNTAXED_AREA);
    let mut items = Vec::new();
    if wish.goods {
        for _ in 0..chance.between(1, 4) {
            items.push(goods(wish, products, chance));
        }
    }
    let discount_code = if wish.goods && chance.per_mille(150) {
        share_discount(&mut items, currency);
        Some("WELCOME10")
    } else {
        None
    };
    for item in &mut items {
        levy(&mut item.amounts, area);
    }
    if wish.gift_card {
        items.push(gift_card(products, chance));
    }
    let shipping = (wish.sent && wish.goods && chance.per_mille(700)).then(|| {
        let gross = chance.between(5, 12) * 100;
        let mut amounts = Amounts { gross, ..Amounts::default() };
        levy(&mut amounts, area);
        amounts
    });
    let tip = if chance.per_mille(wish.tips) { chance.between(2, 12) * 50 } else { 0 };
    Basket { items, shipping, tip, discount_code }
}

/// One more item, as an edit adds it: no discount.
pub(super) fn extra(area: TaxArea, products: &[Product], chance: &mut Chance) -> Item {
    let (product, unit_price) = choose(products, chance);
    let mut amounts = Amounts { gross: unit_price, ..Amounts::default() };
    levy(&mut amounts, area);
    Item { product, quantity: 1, unit_price, amounts }
}

fn goods(wish: Wish, products: &[Product], chance: &mut Chance) -> Item {
    let (product, unit_price) = choose(products, chance);
    let most = i64::from(wish.most_units);
    let few = if chance.per_mille(700) { 1 } else { most };
    let quantity = u32::try_from(chance.between(1, few)).unwrap_or(1);
    let gross = unit_price * i64::from(quantity);
    let percent = if chance.per_mille(150) { chance.between(1, 6) * 5 } else { 0 };
    let own_discount = half_up(gross * percent, 100);
    let amounts = Amounts { gross, own_discount, ..Amounts::default() };
    Item { product, quantity, unit_price, amounts }
}

fn gift_card(products: &[Product], chance: &mut Chance) -> Item {
    let product = GOODS + chance.place(products.len().saturating_sub(GOODS));
    let unit_price = products.get(product).map_or(0, |card| card.price);
    let amounts = Amounts { gross: unit_price, ..Amounts::default() };
    Item { product, quantity: 1, unit_price, amounts }
}

fn choose(products: &[Product], chance: &mut Chance) -> (usize, Minor) {
    let product = chance.place(GOODS);
    (product, products.get(product).map_or(0, |goods| goods.price))
}

/// Takes a tenth off the whole order, shared out over its lines to the cent.
fn share_discount(items: &mut [Item], currency: Currency) {
    let net: Minor = items.iter().map(|item| item.amounts.net()).sum();
    let weights: Vec<u64> = items.iter().map(|item| item.amounts.net().unsigned_abs()).collect();
    let whole = Money::from_minor(half_up(net, 10), currency);
    for (item, share) in items.iter_mut().zip(whole.allocate(&weights)) {
        item.amounts.shared_discount = share.minor();
    }
}

fn levy(amounts: &mut Amounts, area: TaxArea) {
    amounts.taxed = true;
    let net = amounts.net();
    for (tax, levy) in amounts.taxes.iter_mut().zip(area.levies) {
        *tax = half_up(net * i64::from(levy.parts_per_million), 1_000_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tax_is_rounded_half_up_per_line_and_levy() {
        let mut amounts = Amounts { gross: 9_000, ..Amounts::default() };
        levy(&mut amounts, TAX_AREAS[0]);
        assert_eq!(amounts.taxes, [743, 0], "742.5 rounds up");
        let mut amounts = Amounts { gross: 999, own_discount: 100, ..Amounts::default() };
        levy(&mut amounts, TAX_AREAS[1]);
        assert_eq!(amounts.taxes, [36, 40], "35.96 and 40.455");
    }

    #[test]
    fn a_shared_discount_is_shared_out_whole() {
        let item = |gross| Item {
            product: 0,
            quantity: 1,
            unit_price: gross,
            amounts: Amounts { gross, ..Amounts::default() },
        };
        let mut items = vec![item(333), item(333), item(334)];
        share_discount(&mut items, Currency::parse("USD").unwrap());
        let shares: Vec<i64> = items.iter().map(|item| item.amounts.shared_discount).collect();
        assert_eq!(shares.iter().sum::<i64>(), 100);
    }
}
