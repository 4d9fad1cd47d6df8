//! Agreements, their sales, and taxes.

use super::line::{Item, LineItem, Shipping};
use super::order::Order;
use super::refund::Refund;
use super::{Scene, Shown, decimal, flag, null, number, object, optional_text, text};
use crate::channels::shopify::words;
use crate::world::{self, LineKind, Minor, Origin};
use apollo_compiler::response::JsonMap;

/// An agreement of an order.
#[derive(Clone, Copy)]
pub(super) struct Agreement<'w> {
    pub(super) order: Order<'w>,
    pub(super) agreement: &'w world::Agreement,
}

impl<'w> Agreement<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        match field {
            "id" => text(Scene::gid("SalesAgreement", self.agreement.id)),
            "happenedAt" => text(self.agreement.at),
            "reason" => text(words::reason(self.agreement.reason).0),
            "order" => scene.object(self.order),
            "refund" => scene.maybe(self.refund()),
            "sales" => {
                let sales = self.agreement.sales.iter();
                let order = self.order;
                let members = sales.map(|sale| (0, sale.id, Sale { order, sale })).collect();
                scene.connection(("SaleConnection", "SaleEdge"), arguments, members, false)
            }
            _ => None,
        }
    }

    fn refund(&self) -> Option<Refund<'w>> {
        let place = self.agreement.refund?;
        let refund = self.order.order.refunds.get(place)?;
        Some(Refund { order: self.order, refund, place })
    }
}
object!(Agreement<'_>, |view| words::reason(view.agreement.reason).1);

/// A line of an agreement.
#[derive(Clone, Copy)]
pub(super) struct Sale<'w> {
    pub(super) order: Order<'w>,
    pub(super) sale: &'w world::Sale,
}

impl<'w> Sale<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        let amounts = &self.sale.amounts;
        match field {
            "id" => text(Scene::gid("Sale", self.sale.id)),
            "actionType" => text(words::action(self.sale.action)),
            "lineType" => text(words::line(self.sale.kind).0),
            "quantity" => self.sale.quantity.map_or_else(null, number),
            "totalAmount" => scene.bag(amounts.total()),
            "totalTaxAmount" => scene.bag(amounts.tax()),
            "totalDiscountAmountBeforeTaxes" => scene.bag(amounts.discount()),
            "totalDiscountAmountAfterTaxes" => scene.bag(discount_with_tax(amounts)),
            "taxes" => scene.list(arguments, self.taxes()),
            "lineItem" => scene.maybe(self.line_item()),
            "shippingLine" => {
                let shipping = self.order.order.shipping.as_ref();
                scene.maybe(shipping.map(|shipping| Shipping { order: self.order, shipping }))
            }
            _ => None,
        }
    }

    fn line_item(&self) -> Option<LineItem<'w>> {
        let item = match self.sale.line {
            Some(place) => Item::Goods(place, self.order.order.lines.get(place)?),
            None => Item::Tip(self.order.tip()?),
        };
        Some(LineItem { order: self.order, item })
    }

    fn taxes(&self) -> impl Iterator<Item = SaleTax<'w>> {
        let (order, sale) = (self.order, self.sale);
        tax_lines(order, &sale.amounts).enumerate().map(move |(place, line)| SaleTax {
            id: sale.id * 10 + u64::try_from(place).unwrap_or(0),
            line,
        })
    }
}
object!(Sale<'_>, |view| words::line(view.sale.kind).1);

/// The discount with the tax that it saved, at the rate that the line shows.
fn discount_with_tax(amounts: &world::Amounts) -> Minor {
    match amounts.net() {
        0 => amounts.discount(),
        net => amounts.discount() + amounts.discount() * amounts.tax() / net,
    }
}

/// The tax lines of amounts; none where the place has no levy or the line is not taxed.
pub(super) fn tax_lines<'w>(
    order: Order<'w>,
    amounts: &world::Amounts,
) -> impl Iterator<Item = TaxLine<'w>> + use<'w> {
    let taxes = if amounts.taxed { amounts.taxes } else { [0, 0] };
    let levies = if amounts.taxed { order.order.tax_area().levies } else { &[] };
    levies.iter().zip(taxes).map(move |(levy, amount)| TaxLine { order, levy, amount })
}

/// A tax on a sale.
#[derive(Clone, Copy)]
pub(super) struct SaleTax<'w> {
    id: u64,
    line: TaxLine<'w>,
}

impl<'w> SaleTax<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let scene = self.line.order.scene;
        match field {
            "id" => text(Scene::gid("SaleTax", self.id)),
            "amount" => scene.bag(self.line.amount),
            "taxLine" => scene.object(self.line),
            _ => None,
        }
    }
}
object!(SaleTax<'_>, |_| "SaleTax");

/// A tax with its jurisdiction and rate.
#[derive(Clone, Copy)]
pub(super) struct TaxLine<'w> {
    pub(super) order: Order<'w>,
    pub(super) levy: &'static world::Levy,
    pub(super) amount: Minor,
}

impl<'w> TaxLine<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let counter = self.order.order.origin == Origin::Counter;
        let rate = self.levy.parts_per_million;
        match field {
            "title" => text(self.levy.title),
            "rate" => decimal(&plain(rate, 1_000_000, 6)),
            "ratePercentage" => decimal(&plain(rate, 10_000, 4)),
            "priceSet" => self.order.scene.bag(self.amount),
            // The till does not say who owes the tax; the shop on the web does.
            "channelLiable" => {
                if counter {
                    null()
                } else {
                    flag(false)
                }
            }
            "source" => optional_text((!counter).then_some("Shopify")),
            _ => None,
        }
    }
}
object!(TaxLine<'_>, |_| "TaxLine");

/// A fraction as a decimal, with at least one digit after the point.
fn plain(value: u32, scale: u32, digits: usize) -> String {
    let text = format!("{}.{:0digits$}", value / scale, value % scale);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

/// Whether a sale is of goods or gift cards.
pub(super) fn is_item(sale: &world::Sale) -> bool {
    matches!(sale.kind, LineKind::Product | LineKind::GiftCard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_without_waste() {
        let cases =
            [(82_500, "8.25", "0.0825"), (40_000, "4.0", "0.04"), (66_250, "6.625", "0.06625")];
        for (rate, percent, fraction) in cases {
            assert_eq!(plain(rate, 10_000, 4), percent);
            assert_eq!(plain(rate, 1_000_000, 6), fraction);
        }
    }
}
