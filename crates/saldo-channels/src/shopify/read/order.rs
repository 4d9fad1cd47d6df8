//! Orders: what was agreed, and what money moved.

use super::rounding::part_from_amounts;
use super::{Source, gateway};
use crate::shopify::wire::{self, Bag};
use rust_decimal::Decimal;
use saldo_core::commerce::{
    Agreement, AgreementKind, Assortment, Buyer, BuyerKind, Collector, Conversion, Fact, FeeKind,
    MoneyMovement, MovementFee, MovementKind, MovementState, Order, OrderedItem, Product, SaleKind,
    SaleLine, Settlement, TaxAmount, Telling, Tender,
};
use saldo_core::issue::Issue;
use saldo_core::money::{Currency, Money, MoneyError};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::mem::take;

/// Reads an order: one value that holds everything, or an order followed by further pieces of it,
/// or by the lines of a bulk operation.
pub(in crate::shopify) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    match Agreed::of_lines(text) {
        Some((root, agreed)) => order(source, root, agreed),
        None => read_values(source, text),
    }
}

/// Reads an order value by value, and says of what is not as it should be where it stands.
fn read_values(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let values: Result<Vec<&RawValue>, _> =
        serde_json::Deserializer::from_str(text).into_iter().collect();
    let values = values.map_err(|error| source.unknown(&error.to_string()))?;
    let (first, further) = values.split_first().ok_or_else(|| source.unknown("it is empty"))?;
    let mut root: wire::Order = source.parse(first.get())?;
    let mut agreed = Agreed::default();
    if let Some(agreements) = root.agreements.take() {
        agreed.take_all(agreements);
    }
    for value in further {
        agreed.take_piece(source, &root.id, value)?;
    }
    order(source, root, agreed)
}

/// How the line of an agreement begins.
const AGREEMENT_LINE: &str = r#"{"id":"gid://shopify/SalesAgreement/"#;

/// The agreements of an order, gathered from the pieces in which they came.
#[derive(Default)]
struct Agreed(Vec<(wire::Agreement, Vec<wire::Sale>)>);

impl Agreed {
    /// Reads an order whose every line is a thing of its own, as most come from a bulk operation:
    /// each line once, by what its id says that it is. None where anything is otherwise.
    fn of_lines(text: &str) -> Option<(wire::Order, Self)> {
        let mut begin = 0;
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
        let mut lines = ends.map(|end| {
            let line = text.get(begin..end).unwrap_or_default();
            begin = end + 1;
            line
        });
        let root: wire::Order = serde_json::from_str(lines.next()?).ok()?;
        let mut agreed = Self::default();
        if root.agreements.is_some() {
            return None;
        }
        for line in lines {
            if line.starts_with(AGREEMENT_LINE) {
                let agreement: wire::Agreement = serde_json::from_str(line).ok()?;
                if agreement.parent.as_ref() != Some(&root.id) {
                    return None;
                }
                agreed.take(agreement);
            } else {
                let sale: wire::Sale = serde_json::from_str(line).ok()?;
                let parent = sale.parent.as_ref()?;
                let (_, sales) = agreed.0.iter_mut().rfind(|(known, _)| known.id == *parent)?;
                sales.push(sale);
            }
        }
        Some((root, agreed))
    }

    fn take_all(&mut self, agreements: wire::Edges<wire::Agreement>) {
        for edge in agreements.edges {
            self.take(edge.node);
        }
    }

    /// Takes an agreement; of one that is known already only its further sales.
    fn take(&mut self, mut agreement: wire::Agreement) {
        let sales = agreement.sales.take().map(|sales| sales.edges).unwrap_or_default();
        let sales = sales.into_iter().map(|edge| edge.node);
        match self.0.iter_mut().find(|(known, _)| known.id == agreement.id) {
            Some((_, known)) => known.extend(sales),
            None => self.0.push((agreement, sales.collect())),
        }
    }

    fn take_piece(
        &mut self,
        source: &Source,
        order: &wire::Gid,
        value: &RawValue,
    ) -> Result<(), Box<Issue>> {
        let child: wire::Child = source.parse(value.get())?;
        let Some(parent) = child.parent else {
            let piece: wire::OrderPiece = source.parse(value.get())?;
            if piece.id != *order {
                return Err(source.unknown(&format!("it holds a piece of {}", piece.id.short())));
            }
            self.take_all(piece.agreements);
            return Ok(());
        };
        if parent == *order {
            self.take(source.parse(value.get())?);
            return Ok(());
        }
        let sale: wire::Sale = source.parse(value.get())?;
        match self.0.iter_mut().find(|(known, _)| known.id == parent) {
            Some((_, sales)) => sales.push(sale),
            None => {
                let sale = sale.id.short();
                return Err(source.unknown(&format!("{sale} belongs to no agreement of it")));
            }
        }
        Ok(())
    }

    /// Agreements by time and sales by id, each once: the same, in whatever pieces they came.
    ///
    /// # Errors
    /// Where two pieces tell a sale, and not the same of it.
    fn sorted(mut self) -> Result<Vec<(wire::Agreement, Vec<wire::Sale>)>, String> {
        for (_, sales) in &mut self.0 {
            sales.sort_by(|a, b| a.id.order().cmp(&b.id.order()));
            let mut pairs = sales.iter().zip(sales.iter().skip(1));
            if let Some((a, b)) = pairs.find(|(a, b)| a.id == b.id && !a.says_the_same(b)) {
                let (one, other) = (a.total_amount.money(), b.total_amount.money());
                return Err(format!(
                    "{} is told twice, and not in the same words: of {one} and of {other}",
                    a.id.short()
                ));
            }
            sales.dedup_by(|a, b| a.id == b.id);
        }
        self.0.sort_by(|(a, _), (b, _)| {
            a.happened_at.cmp(&b.happened_at).then_with(|| a.id.order().cmp(&b.id.order()))
        });
        Ok(self.0)
    }
}

fn order(source: &Source, mut root: wire::Order, agreed: Agreed) -> Result<Fact, Box<Issue>> {
    let currency = Currency::parse(&root.currency_code)
        .map_err(|error| source.faulty(&format!("`currencyCode`: {error}")))?;
    let context = OrderContext { source, order: root.id.short(), currency };
    let buyer = buyer(&mut root);
    let agreed = agreed.sorted().map_err(|why| context.contradiction(&why))?;
    let agreements: Result<Vec<_>, _> =
        agreed.into_iter().map(|(agreement, sales)| context.agreement(&agreement, sales)).collect();
    let movements: Result<Vec<_>, _> = root
        .transactions
        .into_iter()
        .filter(|transaction| transaction.kind != "SUGGESTED_REFUND")
        .map(|transaction| context.movement(transaction))
        .collect();
    let movements: Vec<MoneyMovement> = movements?;
    let mut known = BTreeSet::new();
    if let Some(twice) = movements.iter().find(|movement| !known.insert(&movement.id)) {
        return Err(context.contradiction(&format!("{} is told twice", twice.id)));
    }
    let presented_in = root.presentment_currency_code.as_deref().map(Currency::parse);
    let presented_in = presented_in
        .transpose()
        .map_err(|error| source.faulty(&format!("`presentmentCurrencyCode`: {error}")))?;
    let customer_name = root.customer.as_ref().and_then(|buyer| buyer.display_name.clone());
    let mut order = Order {
        id: source.fact_id(&root.id),
        source: source.reference.clone(),
        name: root.name,
        processed_at: root.processed_at,
        cancelled_at: root.cancelled_at,
        test: root.test,
        currency,
        prices_include_tax: root.taxes_included,
        origin: root.source_name.unwrap_or_else(|| "unknown".to_owned()),
        location: root.retail_location.map(|location| location.id.into_short()),
        presented_in,
        tags: root.tags,
        customer: root.customer.map(|buyer| buyer.id.into_short()),
        customer_name,
        buyer,
        agreements: agreements?,
        movements,
        telling: Telling::Interface,
    };
    part_from_amounts(&mut order).map_err(|why| context.contradiction(&why))?;
    Ok(Fact::Order(Box::new(order)))
}

/// Who buys. A checkout without an account is a person's.
fn buyer(root: &mut wire::Order) -> Buyer {
    let kind = root.purchasing_entity.take().and_then(|entity| match entity {
        None => Some(BuyerKind::Person),
        Some(entity) => match entity.kind.as_str() {
            "PurchasingCompany" => Some(BuyerKind::Company),
            "Customer" => Some(BuyerKind::Person),
            _ => None,
        },
    });
    let country = |address: &mut Option<wire::Address>| address.take()?.country_code_v2;
    let sent = root.shipping_address.as_mut();
    let (region, postal_code) = sent.map(|it| (it.province_code.take(), it.zip.take())).unzip();
    let ships_to = country(&mut root.shipping_address);
    Buyer {
        tags: root.customer.as_mut().map(|buyer| take(&mut buyer.tags)).unwrap_or_default(),
        kind,
        country: ships_to.clone().or_else(|| country(&mut root.billing_address)),
        ships_to,
        region: region.flatten(),
        postal_code: postal_code.flatten(),
    }
}

/// What every part of an order is read by.
struct OrderContext<'a> {
    source: &'a Source,
    order: String,
    currency: Currency,
}

impl OrderContext<'_> {
    fn agreement(
        &self,
        agreement: &wire::Agreement,
        sales: Vec<wire::Sale>,
    ) -> Result<Agreement, Box<Issue>> {
        let lines: Result<Vec<_>, _> = sales.into_iter().map(|sale| self.sale(sale)).collect();
        Ok(Agreement {
            id: agreement.id.short(),
            kind: match agreement.reason.as_str() {
                "ORDER" => AgreementKind::Sale,
                "ORDER_EDIT" => AgreementKind::Edit,
                "REFUND" | "RETURN" => AgreementKind::Refund,
                word => AgreementKind::Unknown(word.to_owned()),
            },
            happened_at: agreement.happened_at,
            lines: lines?,
        })
    }

    fn sale(&self, mut sale: wire::Sale) -> Result<SaleLine, Box<Issue>> {
        let amounts = self.amounts(&sale).map_err(|error| self.does_not_add_up(&sale, &error))?;
        let taxes: Vec<_> = sale.taxes.into_iter().map(tax).collect();
        let gift_card = sale.line_item.as_ref().is_some_and(|item| item.is_gift_card);
        let kind = match sale.line_type.as_str() {
            "PRODUCT" if gift_card => SaleKind::GiftCard,
            "PRODUCT" => SaleKind::Product,
            "GIFT_CARD" => SaleKind::GiftCard,
            "SHIPPING" => SaleKind::Shipping,
            "TIP" => SaleKind::Tip,
            "DUTY" => SaleKind::Duty,
            "ADJUSTMENT" => SaleKind::Adjustment,
            word => SaleKind::Unknown(word.to_owned()),
        };
        Ok(SaleLine {
            id: sale.id.into_short(),
            kind,
            quantity: sale.quantity,
            item: sale.line_item.as_ref().map(ordered_item),
            assortment: sale.line_item.as_mut().map(assortment).unwrap_or_default(),
            product: sale.line_item.map(product),
            gross: amounts.gross,
            discount: amounts.discount,
            taxes,
        })
    }

    /// Gross and discount without tax. The vendor's total is after discount and tax, and its
    /// discount has no dependable sign: it gets that of the net price.
    fn amounts(&self, sale: &wire::Sale) -> Result<Amounts, String> {
        let told = |error: MoneyError| error.to_string();
        let total = sale.total_amount.money();
        if total.currency() != self.currency {
            return Err(format!("it is in {}, not in {}", total.currency(), self.currency));
        }
        let tax = sale.total_tax_amount.money();
        let taxes = sale.taxes.iter().map(|tax| tax.amount.money());
        let sum = Money::sum(self.currency, taxes).map_err(told)?;
        if sum != tax {
            return Err(format!("its taxes sum to {sum}, but its total tax is {tax}"));
        }
        let net = total.minus(tax).map_err(told)?;
        let magnitude = sale.total_discount_amount_before_taxes.money().abs();
        let goes_back = net.is_negative() || (net.is_zero() && sale.action_type == "RETURN");
        let discount = if goes_back { magnitude.negated() } else { magnitude };
        Ok(Amounts { gross: net.plus(discount).map_err(told)?, discount })
    }

    fn contradiction(&self, why: &str) -> Box<Issue> {
        self.source.does_not_add_up(format!("{} does not add up: {why}", self.order))
    }

    fn does_not_add_up(&self, sale: &wire::Sale, why: &str) -> Box<Issue> {
        let message = format!("{} does not add up at {}: {why}", self.order, sale.id.short());
        self.source.does_not_add_up(message)
    }

    fn movement(&self, transaction: wire::OrderTransaction) -> Result<MoneyMovement, Box<Issue>> {
        let kind = movement_kind(&transaction.kind);
        let amount = moved(&kind, transaction.amount_set.shop_money.0);
        let converted = self.converted(&transaction, amount)?;
        let id = transaction.id.into_short();
        if amount.currency() != self.currency {
            let (found, wanted) = (amount.currency(), self.currency);
            let message = format!(
                "{} does not add up at {id}: it is in {found}, not in {wanted}",
                self.order
            );
            return Err(self.source.does_not_add_up(message));
        }
        Ok(MoneyMovement {
            id,
            kind,
            state: movement_state(&transaction.status),
            tender: tender(
                transaction.gateway.as_deref(),
                transaction.formatted_gateway.as_deref(),
            ),
            processed_at: transaction.processed_at.unwrap_or(transaction.created_at),
            amount: converted.amount,
            rounding: transaction.amount_rounding_set.map(Bag::money).filter(|it| !it.is_zero()),
            conversion: converted.conversion,
            fees: transaction.fees.unwrap_or_default().into_iter().map(fee).collect(),
            test: transaction.test,
        })
    }

    /// What a movement was in other currencies than the shop's, and how much of the order it
    /// settles: by the rate of the sale, where the vendor states the difference since.
    fn converted(
        &self,
        transaction: &wire::OrderTransaction,
        amount: Money,
    ) -> Result<Converted, Box<Issue>> {
        let told = transaction.amount_set.shop_money.0;
        let presented = transaction.amount_set.presentment_money.map_or(told, |it| it.0);
        if presented.minor().signum() * told.minor().signum() < 0 {
            let id = transaction.id.short();
            let message = format!(
                "{} does not add up at {id}: it is {told}, but {presented} as it was presented",
                self.order
            );
            return Err(self.source.does_not_add_up(message));
        }
        let presented = moved(&movement_kind(&transaction.kind), presented);
        let settled = self.settlement(transaction, presented.currency())?;
        let mut converted = Converted { amount, conversion: None };
        let other = |currency: Currency| currency != self.currency;
        if !other(presented.currency()) && !settled.is_some_and(|it| other(it.currency)) {
            return Ok(converted);
        }
        let mut worth = amount;
        if let Some(adjusted) = &transaction.currency_exchange_adjustment {
            let (told_before, told_after) =
                (adjusted.original_amount_set.0, adjusted.final_amount_set.0);
            // The vendor writes both with a minus in its own example, or neither.
            let (before, after) = match told_before.is_negative() {
                true => (told_before.negated(), told_after.negated()),
                false => (told_before, told_after),
            };
            if after.is_negative() || (amount != before && amount != after) {
                let id = transaction.id.short();
                let message = format!(
                    "{} does not add up at {id}: it is {amount}, and went from {told_before} to \
                     {told_after}",
                    self.order
                );
                return Err(self.source.does_not_add_up(message));
            }
            (converted.amount, worth) = (before, after);
        }
        converted.conversion = Some(Conversion { presented, worth, settled });
        Ok(converted)
    }

    /// How the gateway settles it. Nothing is changed where the buyer paid in the same currency.
    fn settlement(
        &self,
        transaction: &wire::OrderTransaction,
        presented: Currency,
    ) -> Result<Option<Settlement>, Box<Issue>> {
        let Some(code) = &transaction.settlement_currency else { return Ok(None) };
        let currency = Currency::parse(code)
            .map_err(|error| self.source.faulty(&format!("`settlementCurrency`: {error}")))?;
        let one = (currency == presented).then_some(Decimal::ONE);
        let rate = one.or(transaction.settlement_currency_rate.map(|rate| rate.0));
        Ok(rate.map(|rate| Settlement { currency, rate }))
    }
}

/// What a movement settles of its order, and what it was in other currencies.
struct Converted {
    amount: Money,
    conversion: Option<Conversion>,
}

/// A part of the gateway's fee. A fee for which the vendor has another word is the owner's to name.
fn fee(fee: wire::TransactionFee) -> MovementFee {
    let kind = match fee.kind.as_str() {
        "processing_fee" => FeeKind::Processing,
        "currency_conversion_fee" => FeeKind::Conversion,
        word => FeeKind::Unknown(word.to_owned()),
    };
    let tax = fee.tax_amount.map(|tax| tax.0).filter(|tax| !tax.is_zero());
    MovementFee { kind, amount: fee.amount.0, tax }
}

struct Amounts {
    gross: Money,
    discount: Money,
}

/// A tax. Where the vendor does not know who owes it, the shop collected it and owes it.
fn tax(tax: wire::SaleTax) -> TaxAmount {
    TaxAmount {
        title: tax.tax_line.title,
        rate: tax.tax_line.rate_percentage.map(|percent| percent.0.normalize()),
        amount: tax.amount.money(),
        collector: match tax.tax_line.channel_liable {
            Some(true) => Collector::Channel,
            Some(false) | None => Collector::Merchant,
        },
    }
}

fn ordered_item(item: &wire::LineItem) -> OrderedItem {
    let is_handed_over = item.requires_shipping.unwrap_or(true);
    OrderedItem { id: item.id.short(), is_handed_over }
}

/// Where an item stands in the assortment. A product that was deleted since has no type any more.
fn assortment(item: &mut wire::LineItem) -> Assortment {
    let filled = |text: &String| !text.is_empty();
    let product_type = item.product.take().map(|product| product.product_type);
    Assortment {
        product_type: product_type.filter(filled),
        vendor: item.vendor.take().filter(filled),
    }
}

fn product(item: wire::LineItem) -> Product {
    Product {
        id: item.variant.map(|variant| variant.id.into_short()),
        sku: item.sku.filter(|sku| !sku.is_empty()),
        title: item.title,
    }
}

pub(in crate::shopify) fn movement_kind(word: &str) -> MovementKind {
    match word {
        "SALE" | "CAPTURE" => MovementKind::Payment,
        "REFUND" => MovementKind::Refund,
        "CHANGE" => MovementKind::Change,
        "AUTHORIZATION" | "EMV_AUTHORIZATION" => MovementKind::Authorisation,
        "VOID" => MovementKind::Void,
        word => MovementKind::Unknown(word.to_owned()),
    }
}

/// What a movement moves. All are written without a sign, and their kind says which way they go
/// (the vendor's examples of refunds); what has one all the same keeps it, and is refused. By which
/// sign change is told no document says: it goes out in either form.
pub(in crate::shopify) fn moved(kind: &MovementKind, told: Money) -> Money {
    match kind {
        MovementKind::Change => told.abs(),
        _ => told,
    }
}

pub(in crate::shopify) fn movement_state(word: &str) -> MovementState {
    match word {
        "SUCCESS" => MovementState::Succeeded,
        "PENDING" | "AWAITING_RESPONSE" => MovementState::Pending,
        "FAILURE" | "ERROR" => MovementState::Failed,
        word => MovementState::Unknown(word.to_owned()),
    }
}

pub(in crate::shopify) fn tender(id: Option<&str>, formatted: Option<&str>) -> Tender {
    match id.filter(|id| !id.is_empty()) {
        Some("gift_card") => Tender::GiftCard,
        Some("shopify_store_credit" | "store_credit") => Tender::StoreCredit,
        Some(id) => Tender::Gateway(gateway(id, formatted)),
        None => Tender::Gateway(gateway("unknown", formatted.or(Some("Unknown gateway")))),
    }
}
