//! Orders by the REST interface and by webhooks: what was bought, what went back, what was paid.

use super::movement::{Payment, must_be_told, set_aside};
use super::rest::{self, AmountText, gid};
use super::rest_sums;
use super::share::{Tax, Wrong, spread_taxes, times};
use super::tags::tags;
use crate::shopify::read::Source;
use crate::shopify::read::order::{moved, movement_kind, movement_state, tender};
use crate::shopify::wire::NumberText;
use rust_decimal::Decimal;
use saldo_core::commerce::{
    Agreement, AgreementKind, Assortment, Buyer, BuyerKind, Collector, Fact, MoneyMovement,
    MovementKind, MovementState, Order, OrderedItem, Product, SaleKind, SaleLine, TaxAmount,
    Telling, Untold,
};
use saldo_core::issue::Issue;
use saldo_core::money::{Currency, Money};
use std::collections::BTreeMap;

/// What to do where the payload does not say enough.
const WITH_PAYMENTS: &str = "give the order with its payments in a field `transactions`, or \
                             connect the shop, or import the export of orders";

/// Reads an order.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let root: rest::Order = source.parse(text)?;
    order(source, root).map_err(|wrong| match wrong {
        Wrong::Unreadable(why) => source.faulty(&why),
        Wrong::Differs(why) => source.does_not_add_up(why),
    })
}

fn order(source: &Source, root: rest::Order) -> Result<Fact, Wrong> {
    let currency = Currency::parse(&root.currency).map_err(|error| error.to_string())?;
    let id = gid("Order", &root.id, root.admin_graphql_api_id.as_ref());
    let desk = Desk { currency, inclusive: root.taxes_included };
    let bought = desk.bought(&root)?;
    let total = root.total_price.money(currency)?;
    let with_duties = root.line_items.iter().any(|item| !item.duties.is_empty());
    if !root.test && !with_duties {
        rest_sums::check(&root, &bought, currency)?;
    }
    let mut untold = Vec::new();
    let items: BTreeMap<&NumberText, &Bought> =
        root.line_items.iter().map(|item| &item.id).zip(&bought).collect();
    let mut agreements = Vec::new();
    for refund in &root.refunds {
        agreements.push(desk.refund(refund, &items, &mut untold)?);
    }
    let happened_at = root.processed_at.unwrap_or(root.created_at);
    let lines = bought.into_iter().map(|bought| bought.line).collect();
    let kind = AgreementKind::Sale;
    agreements.insert(0, Agreement { id: format!("{}/sale", root.id.0), kind, happened_at, lines });
    let movements = desk.money(&root, &id.short(), total, &mut untold)?;
    if with_duties {
        let what = "it has duties, in a form that is not known".to_owned();
        untold.push(must_be_told(what, "connect the shop, or enter the order by hand"));
    }
    let presented_in = root.presentment_currency.as_deref().map(Currency::parse).transpose();
    let presented_in = presented_in.map_err(|error| error.to_string())?;
    let customer_name = root.customer.as_ref().map(|buyer| {
        let parts = [&buyer.first_name, &buyer.last_name];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join(" ")
    });
    let buyer = buyer(&root);
    Ok(Fact::Order(Box::new(Order {
        id: source.fact_id(&id),
        source: source.reference.clone(),
        name: root.name,
        processed_at: happened_at,
        cancelled_at: root.cancelled_at,
        test: root.test,
        currency,
        prices_include_tax: root.taxes_included,
        origin: root.source_name.unwrap_or_else(|| "unknown".to_owned()),
        location: root.location_id.map(|id| format!("Location/{}", id.0)),
        presented_in,
        tags: root.tags.as_deref().map(tags).unwrap_or_default(),
        customer: root.customer.map(|buyer| format!("Customer/{}", buyer.id.0)),
        customer_name: customer_name.filter(|name| !name.is_empty()),
        buyer,
        agreements,
        movements,
        telling: Telling::File(untold),
    })))
}

/// Who buys. Payloads say of each order whether a company did.
fn buyer(root: &rest::Order) -> Buyer {
    let kind = root.company.as_ref().map(|company| match company {
        Some(_) => BuyerKind::Company,
        None => BuyerKind::Person,
    });
    let said = root.customer.as_ref().and_then(|buyer| buyer.tags.as_deref());
    let country = |address: &Option<rest::Address>| address.as_ref()?.country_code.clone();
    let ships_to = country(&root.shipping_address);
    let country = ships_to.clone().or_else(|| country(&root.billing_address));
    let sent = root.shipping_address.as_ref();
    Buyer {
        tags: said.map(tags).unwrap_or_default(),
        kind,
        country,
        ships_to,
        region: sent.and_then(|address| address.province_code.clone()),
        postal_code: sent.and_then(|address| address.zip.clone()),
    }
}

/// A line that was bought, with what the vendor's own prices say of it.
pub(super) struct Bought {
    pub(super) line: SaleLine,
    quantity: i64,
    /// Price times quantity less discount, with tax where prices contain it.
    pub(super) net: Money,
}

/// What every part of an order is read by.
struct Desk {
    currency: Currency,
    inclusive: bool,
}

impl Desk {
    fn money_of(&self, text: &AmountText) -> Result<Money, Wrong> {
        Ok(text.money(self.currency)?)
    }

    /// The lines of the sale. Where the taxes stand on the order alone, they are shared out.
    fn bought(&self, root: &rest::Order) -> Result<Vec<Bought>, Wrong> {
        let mut bought = Vec::new();
        for item in &root.line_items {
            bought.push(self.item(item)?);
        }
        for (index, shipping) in root.shipping_lines.iter().enumerate() {
            bought.push(self.shipping(root, index, shipping)?);
        }
        let on_lines = bought.iter().any(|bought| !bought.line.taxes.is_empty());
        if !on_lines && !root.tax_lines.is_empty() {
            let nets: Vec<Money> = bought.iter().map(|bought| bought.net).collect();
            let taxes: Result<Vec<Tax>, Wrong> =
                root.tax_lines.iter().map(|tax| self.tax(tax)).collect();
            for (bought, taxes) in bought.iter_mut().zip(spread_taxes(taxes?, &nets)) {
                bought.line.taxes = taxes;
            }
        }
        if self.inclusive {
            for bought in &mut bought {
                let taxes = bought.line.taxes.iter().map(|tax| tax.amount);
                bought.line.gross = bought.line.gross.minus(Money::sum(self.currency, taxes)?)?;
            }
        }
        Ok(bought)
    }

    fn item(&self, item: &rest::LineItem) -> Result<Bought, Wrong> {
        let gross = times(self.money_of(&item.price)?, item.quantity)?;
        let allocated = self.allocated(&item.discount_allocations)?;
        let shown = item.total_discount.as_ref().map(|total| self.money_of(total)).transpose()?;
        let discount = match shown {
            Some(shown) if item.discount_allocations.is_empty() => shown,
            // What is shown at the line is a part of what falls on it.
            Some(shown) if shown > allocated => {
                return Err(Wrong::Differs(format!(
                    "line {} has discounts of {allocated}, but its `total_discount` is {shown}",
                    item.id.0
                )));
            }
            _ => allocated,
        };
        let id = format!("LineItem/{}", item.id.0);
        let is_handed_over = item.requires_shipping.unwrap_or(true);
        let line = SaleLine {
            id: id.clone(),
            kind: if item.gift_card { SaleKind::GiftCard } else { SaleKind::Product },
            quantity: Some(item.quantity),
            product: Some(Product {
                id: item.variant_id.as_ref().map(|id| format!("ProductVariant/{}", id.0)),
                sku: item.sku.clone().filter(|sku| !sku.is_empty()),
                title: item.title.clone(),
            }),
            assortment: Assortment {
                product_type: None,
                vendor: item.vendor.clone().filter(|name| !name.is_empty()),
            },
            item: Some(OrderedItem { id, is_handed_over }),
            gross,
            discount,
            taxes: self.taxes(&item.tax_lines)?,
        };
        Ok(Bought { line, quantity: item.quantity, net: gross.minus(discount)? })
    }

    fn shipping(
        &self,
        root: &rest::Order,
        index: usize,
        shipping: &rest::ShippingLine,
    ) -> Result<Bought, Wrong> {
        let gross = self.money_of(&shipping.price)?;
        let discount = self.allocated(&shipping.discount_allocations)?;
        let own = shipping.id.as_ref().map(|id| format!("ShippingLine/{}", id.0));
        let line = SaleLine {
            id: own.unwrap_or_else(|| format!("{}/shipping/{index}", root.id.0)),
            kind: SaleKind::Shipping,
            quantity: None,
            product: None,
            assortment: Assortment::default(),
            item: None,
            gross,
            discount,
            taxes: self.taxes(&shipping.tax_lines)?,
        };
        Ok(Bought { line, quantity: 1, net: gross.minus(discount)? })
    }

    fn allocated(&self, parts: &[rest::DiscountAllocation]) -> Result<Money, Wrong> {
        let mut sum = Money::zero(self.currency);
        for part in parts {
            sum = sum.plus(self.money_of(&part.amount)?)?;
        }
        Ok(sum)
    }

    fn tax(&self, tax: &rest::TaxLine) -> Result<Tax, Wrong> {
        let title = tax.title.clone();
        Ok(Tax {
            rate: tax.rate.map(|part| (part.0 * Decimal::ONE_HUNDRED).normalize()),
            amount: not_negative(self.money_of(&tax.price)?, || format!("the tax `{title}`"))?,
            title,
            collector: match tax.channel_liable {
                Some(true) => Collector::Channel,
                Some(false) | None => Collector::Merchant,
            },
        })
    }

    fn taxes(&self, taxes: &[rest::TaxLine]) -> Result<Vec<TaxAmount>, Wrong> {
        let taxed = |tax| {
            let Tax { title, rate, amount, collector } = self.tax(tax)?;
            Ok(TaxAmount { title, rate, amount, collector })
        };
        taxes.iter().map(taxed).collect()
    }

    fn refund(
        &self,
        refund: &rest::Refund,
        items: &BTreeMap<&NumberText, &Bought>,
        untold: &mut Vec<Untold>,
    ) -> Result<Agreement, Wrong> {
        let mut lines = Vec::new();
        for item in &refund.refund_line_items {
            let bought = items.get(&item.line_item_id).ok_or_else(|| {
                format!("refund {} names a line that the order does not have", refund.id.0)
            })?;
            lines.push(self.returned(item, bought)?);
        }
        for adjustment in &refund.order_adjustments {
            lines.push(self.adjustment(adjustment)?);
        }
        let shipped = refund.order_adjustments.iter().any(|it| it.kind == "shipping_refund");
        if !refund.duties.is_empty() || (!refund.refund_shipping_lines.is_empty() && !shipped) {
            let what = format!("refund {} has duties or shipping in a form not known", refund.id.0);
            untold.push(must_be_told(what, "connect the shop, or enter the order by hand"));
        }
        Ok(Agreement {
            id: format!("Refund/{}", refund.id.0),
            kind: AgreementKind::Refund,
            happened_at: refund.processed_at.unwrap_or(refund.created_at),
            lines,
        })
    }

    /// What goes back of a line.
    fn returned(&self, item: &rest::RefundLineItem, bought: &Bought) -> Result<SaleLine, Wrong> {
        let of_it = |what: &str| format!("`{what}` of what was returned by {}", item.id.0);
        let subtotal = not_negative(self.money_of(&item.subtotal)?, || of_it("subtotal"))?;
        let tax = not_negative(self.money_of(&item.total_tax)?, || of_it("total_tax"))?;
        let back =
            item.quantity.checked_neg().filter(|back| *back <= 0).ok_or_else(|| {
                Wrong::Differs(format!("{} is {}", of_it("quantity"), item.quantity))
            })?;
        let net = match self.inclusive {
            true => without_tax(item, bought, subtotal, tax)?,
            false => subtotal,
        };
        let weights: Vec<Money> = bought.line.taxes.iter().map(|tax| tax.amount).collect();
        let shared = super::share::spread(tax, &weights);
        let mut taxes: Vec<TaxAmount> = bought
            .line
            .taxes
            .iter()
            .zip(shared)
            .map(|(tax, amount)| TaxAmount { amount: amount.negated(), ..tax.clone() })
            .collect();
        if taxes.is_empty() && !tax.is_zero() {
            let (title, amount) = ("Tax".to_owned(), tax.negated());
            let collector = Collector::Merchant;
            taxes.push(TaxAmount { title, rate: None, amount, collector });
        }
        Ok(SaleLine {
            id: format!("RefundLineItem/{}", item.id.0),
            kind: bought.line.kind.clone(),
            quantity: Some(back),
            product: bought.line.product.clone(),
            assortment: bought.line.assortment.clone(),
            item: bought.line.item.clone(),
            gross: net.negated(),
            discount: Money::zero(self.currency),
            taxes,
        })
    }

    /// What goes back, or is kept, besides the lines; the vendor's sign is the buyer's.
    fn adjustment(&self, adjustment: &rest::OrderAdjustment) -> Result<SaleLine, Wrong> {
        let amount = self.money_of(&adjustment.amount)?;
        let tax = match &adjustment.tax_amount {
            Some(tax) => self.money_of(tax)?,
            None => Money::zero(self.currency),
        };
        let against = amount.minor().signum() * tax.minor().signum() < 0;
        if against || (adjustment.kind == "shipping_refund" && amount.is_positive()) {
            return Err(Wrong::Differs(format!(
                "adjustment {} is a `{}` of {amount} with a tax of {tax}",
                adjustment.id.0, adjustment.kind
            )));
        }
        let taxes = match tax.is_zero() {
            true => Vec::new(),
            false => {
                let (title, collector) = ("Tax".to_owned(), Collector::Merchant);
                vec![TaxAmount { title, rate: None, amount: tax, collector }]
            }
        };
        Ok(SaleLine {
            id: format!("OrderAdjustment/{}", adjustment.id.0),
            kind: match adjustment.kind.as_str() {
                "shipping_refund" => SaleKind::Shipping,
                "refund_discrepancy" => SaleKind::Adjustment,
                word => SaleKind::Unknown(word.to_owned()),
            },
            quantity: None,
            product: None,
            assortment: Assortment::default(),
            item: None,
            gross: amount,
            discount: Money::zero(self.currency),
            taxes,
        })
    }

    /// The payments. Where the payload does not list them, the word for them must do.
    fn money(
        &self,
        root: &rest::Order,
        key: &str,
        total: Money,
        untold: &mut Vec<Untold>,
    ) -> Result<Vec<MoneyMovement>, Wrong> {
        let listed = root.transactions.iter().flatten();
        let of_refunds = root.refunds.iter().flat_map(|refund| &refund.transactions);
        let mut movements: BTreeMap<String, MoneyMovement> = BTreeMap::new();
        for transaction in listed.chain(of_refunds).filter(|it| it.kind != "suggested_refund") {
            let movement = self.movement(transaction)?;
            let alike = |known: &&MoneyMovement| {
                known.amount == movement.amount
                    && known.kind == movement.kind
                    && known.state == movement.state
            };
            if let Some(other) = movements.get(&movement.id).filter(|known| !alike(known)) {
                return Err(Wrong::Differs(format!(
                    "{} is told twice, and not in the same words: of {} and of {}",
                    movement.id, other.amount, movement.amount
                )));
            }
            movements.insert(movement.id.clone(), movement);
        }
        let movements: Vec<MoneyMovement> = movements.into_values().collect();
        if root.transactions.is_some() || root.test {
            return Ok(movements);
        }
        let word = root.financial_status.as_deref().unwrap_or_default();
        let by = tender(root.gateway.as_deref(), None);
        let at = root.processed_at.unwrap_or(root.created_at);
        match Payment::of(word) {
            Payment::Open if root.cancelled_at.is_some() && root.refunds.is_empty() => {
                let what = "it was cancelled, and the payload does not say what was taken back";
                untold.push(must_be_told(what.to_owned(), WITH_PAYMENTS));
            }
            Payment::Open => {}
            Payment::SetAside | Payment::LetGo if movements.iter().any(has_moved) => {
                let what = format!("it is `{word}`, but money of it was refunded");
                untold.push(must_be_told(what, WITH_PAYMENTS));
            }
            Payment::SetAside => return Ok(set_aside(key, total, &by, at, root.cancelled_at)),
            Payment::LetGo => {
                let let_go = Some(root.cancelled_at.unwrap_or(at));
                return Ok(set_aside(key, total, &by, at, let_go));
            }
            Payment::Taken if total.is_zero() => {}
            Payment::Taken | Payment::TakenInPart => {
                let what = format!("it is `{word}`, and the payload does not list its payments");
                untold.push(must_be_told(what, WITH_PAYMENTS));
            }
            Payment::Unknown => {
                let what = format!("`financial_status` is the unknown word `{word}`");
                untold.push(must_be_told(what, WITH_PAYMENTS));
            }
        }
        Ok(movements)
    }

    fn movement(&self, transaction: &rest::Transaction) -> Result<MoneyMovement, Wrong> {
        let exact = transaction.admin_graphql_api_id.as_ref();
        let id = gid("OrderTransaction", &transaction.id, exact).short();
        if let Some(code) = &transaction.currency
            && code != self.currency.code()
        {
            return Err(Wrong::Differs(format!("{id} is in {code}, not in {}", self.currency)));
        }
        let kind = movement_kind(&transaction.kind.to_ascii_uppercase());
        Ok(MoneyMovement {
            id,
            amount: moved(&kind, self.money_of(&transaction.amount)?),
            kind,
            state: movement_state(&transaction.status.to_ascii_uppercase()),
            tender: tender(transaction.gateway.as_deref(), None),
            processed_at: transaction.processed_at.unwrap_or(transaction.created_at),
            rounding: None,
            conversion: None,
            fees: Vec::new(),
            test: transaction.test,
        })
    }
}

/// Whether a movement moved money, or may have.
fn has_moved(movement: &MoneyMovement) -> bool {
    let is_right = matches!(movement.kind, MovementKind::Authorisation | MovementKind::Void);
    !is_right && movement.state != MovementState::Failed
}

/// An amount that the vendor never writes with a minus.
fn not_negative(amount: Money, what: impl Fn() -> String) -> Result<Money, Wrong> {
    match amount.is_negative() {
        true => Err(Wrong::Differs(format!("{} is {amount}", what()))),
        false => Ok(amount),
    }
}

/// The subtotal of a return without tax, where prices contain tax. Nowhere is it said whether the
/// subtotal does; what the line was sold for tells.
fn without_tax(
    item: &rest::RefundLineItem,
    bought: &Bought,
    subtotal: Money,
    tax: Money,
) -> Result<Money, Wrong> {
    let with_tax = subtotal.plus(tax)?;
    if tax.is_zero() || is_part(item.quantity, with_tax, bought) {
        return Ok(subtotal);
    }
    if is_part(item.quantity, subtotal, bought) {
        return Ok(subtotal.minus(tax)?);
    }
    Err(Wrong::Differs(format!(
        "a return of {subtotal} with a tax of {tax} is no part of a line that was sold for {}",
        bought.net
    )))
}

/// Whether an amount is the share of so many of the line's units, to a unit of rounding.
fn is_part(quantity: i64, amount: Money, bought: &Bought) -> bool {
    let wide = |number: i64| i128::from(number);
    let found = wide(amount.minor()) * wide(bought.quantity);
    let wanted = wide(bought.net.minor()) * wide(quantity);
    (found - wanted).abs() < wide(bought.quantity).max(1)
}
