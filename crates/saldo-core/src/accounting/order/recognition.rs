//! Sales that are earned when goods are handed over.
//!
//! What the buyer owes for goods is a deposit until they are, without tax, which is owed at once: a
//! line for each set of taxes, since each of them falls due on its own.
//! Each parcel earns the net amount of its units in proportion; the last one of a line takes what
//! rounding left. Carriage is earned with the first parcel, whole: it is then that the carrier is
//! paid. What is given up before it is handed over lessens the deposit, and is no return.

use super::Timeline;
use crate::accounting::Trouble;
use crate::accounting::lines::{agreement_lines, charged_on, plain_line, why_untaxed};
use crate::book::TaxRate;
use crate::commerce::{Agreement, Fulfilment, OrderedItem, SaleKind, SaleLine};
use crate::document::{DocumentKind, Line, LineKind};
use crate::issue::IssueKind;
use crate::money::{Currency, Money};
use crate::policy::{Role, Subject};
use crate::text::GatewayId;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Goods change hands, or it turns out that they never did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handing<'a> {
    /// When, but not before the sale was agreed.
    pub(super) at: Timestamp,
    pub(super) fulfilment: &'a Fulfilment,
    /// Whether the fulfilment is undone.
    pub(super) undone: bool,
}

/// A price: what it is before discount, and the discount. Both without tax.
#[derive(Clone, Copy, Debug)]
struct Price {
    gross: Money,
    discount: Money,
}

impl Price {
    fn zero(currency: Currency) -> Self {
        Self { gross: Money::zero(currency), discount: Money::zero(currency) }
    }

    fn of(sale: &SaleLine) -> Self {
        Self { gross: sale.gross, discount: sale.discount }
    }

    fn plus(self, other: Self) -> Result<Self, Trouble> {
        let gross = self.gross.plus(other.gross)?;
        Ok(Self { gross, discount: self.discount.plus(other.discount)? })
    }

    fn minus(self, other: Self) -> Result<Self, Trouble> {
        self.plus(Self { gross: other.gross.negated(), discount: other.discount.negated() })
    }

    fn net(self) -> Result<Money, Trouble> {
        Ok(self.gross.minus(self.discount)?)
    }

    fn is_zero(self) -> bool {
        self.gross.is_zero() && self.discount.is_zero()
    }

    /// The part of some units of all.
    fn part(self, units: u64, all: u64) -> Self {
        let weights = [units, all.saturating_sub(units)];
        let first = |money: Money| money.allocate(&weights).into_iter().next().unwrap_or(money);
        Self { gross: first(self.gross), discount: first(self.discount) }
    }
}

/// What is agreed of one item and not handed over, and what was.
#[derive(Clone, Debug)]
struct Item {
    title: String,
    /// Units that are still to be handed over.
    open: u64,
    /// What the buyer owes, or has paid, for these.
    price: Price,
    /// Units that were handed over.
    handed_over: u64,
    /// Those of them that came back.
    came_back: u64,
}

/// What becomes income, or is income no longer, of an item or of carriage.
#[derive(Clone, Debug)]
struct Portion {
    /// The item; none for carriage.
    item: Option<String>,
    title: String,
    price: Price,
}

impl Portion {
    fn of_item(id: &str, item: &Item, price: Price) -> Self {
        Self { item: Some(id.to_owned()), title: item.title.clone(), price }
    }

    fn of_carriage(price: Price) -> Self {
        Self { item: None, title: "Shipping".to_owned(), price }
    }
}

/// What an order's fulfilment handed over of an item.
#[derive(Clone, Debug)]
struct Earned {
    item: String,
    units: u64,
    price: Price,
}

/// What was agreed and is still to be handed over.
#[derive(Clone, Debug)]
pub(super) struct Undelivered {
    currency: Currency,
    items: BTreeMap<String, Item>,
    /// Carriage that waits for the first parcel.
    carriage: Price,
    /// What each fulfilment earned: of its items, and of carriage.
    earned: BTreeMap<String, (Vec<Earned>, Price)>,
}

impl Undelivered {
    pub(super) fn new(currency: Currency) -> Self {
        let carriage = Price::zero(currency);
        Self { currency, items: BTreeMap::new(), carriage, earned: BTreeMap::new() }
    }

    fn is_anything_open(&self) -> bool {
        self.items.values().any(|item| item.open > 0)
    }

    /// Takes what waits for a fulfilment out of the lines of an agreement, which keep their taxes.
    /// Returns how much of each line waits, without tax: positive where more is to be handed over.
    fn defer(&mut self, lines: &mut [SaleLine]) -> Result<Vec<Money>, Trouble> {
        let mut deferred = Vec::new();
        // Carriage last: whether it waits depends on whether goods do.
        lines.sort_by_key(|line| line.kind == SaleKind::Shipping);
        for line in lines {
            let waits = self.waiting_part(line)?;
            deferred.push(waits.net()?);
            let earned = Price::of(line).minus(waits)?;
            (line.gross, line.discount) = (earned.gross, earned.discount);
        }
        Ok(deferred)
    }

    /// The part of a line that waits for a fulfilment, or did so until now: signed as the line.
    fn waiting_part(&mut self, line: &SaleLine) -> Result<Price, Trouble> {
        let price = Price::of(line);
        match (&line.kind, &line.item) {
            (SaleKind::Product, Some(item)) if item.is_handed_over => self.of_item(line, item),
            (SaleKind::Shipping, _) if line.gross.is_negative() => {
                let back = Price {
                    gross: price.gross.max(self.carriage.gross.negated()),
                    discount: price.discount.max(self.carriage.discount.negated()),
                };
                self.carriage = self.carriage.plus(back)?;
                Ok(back)
            }
            (SaleKind::Shipping, _) if self.is_anything_open() => {
                self.carriage = self.carriage.plus(price)?;
                Ok(price)
            }
            _ => Ok(Price::zero(self.currency)),
        }
    }

    /// The same of a line of goods: all that is sold, and of what is given up the units that were
    /// not handed over.
    fn of_item(&mut self, line: &SaleLine, item: &OrderedItem) -> Result<Price, Trouble> {
        let price = Price::of(line);
        let units = line.quantity.ok_or_else(|| no_quantity(line))?;
        let count = units.unsigned_abs();
        let title = line.product.as_ref().map_or("Product", |product| product.title.as_str());
        let known = self.items.entry(item.id.clone()).or_insert_with(|| Item {
            title: title.to_owned(),
            open: 0,
            price: Price::zero(self.currency),
            handed_over: 0,
            came_back: 0,
        });
        if units > 0 {
            known.open += count;
            known.price = known.price.plus(price)?;
            return Ok(price);
        }
        if units == 0 {
            // A change of price: it belongs to what is still to be handed over, if anything is.
            let waits = if known.open > 0 { price } else { Price::zero(self.currency) };
            known.price = known.price.plus(waits)?;
            return Ok(waits);
        }
        let given_up = count.min(known.open);
        known.came_back += (count - given_up).min(known.handed_over - known.came_back);
        // Never more than what waits: the rest is money given back without goods.
        let wanted = price.part(given_up, count);
        let waits = Price {
            gross: wanted.gross.max(known.price.gross.negated()),
            discount: wanted.discount.max(known.price.discount.negated()),
        };
        known.open -= given_up;
        known.price = known.price.plus(waits)?;
        Ok(waits)
    }

    /// What waits although nothing is left to be handed over, as where less was given back than was
    /// paid: it is the merchant's.
    fn left_over(&mut self) -> Result<Vec<Portion>, Trouble> {
        let zero = Price::zero(self.currency);
        let mut left = Vec::new();
        for (id, item) in self.items.iter_mut().filter(|(_, item)| item.open == 0) {
            let price = std::mem::replace(&mut item.price, zero);
            left.push(Portion::of_item(id, item, price));
        }
        if !self.is_anything_open() {
            let carriage = std::mem::replace(&mut self.carriage, zero);
            left.push(Portion::of_carriage(carriage));
        }
        left.retain(|portion| !portion.price.is_zero());
        Ok(left)
    }

    /// What a fulfilment earns: of what it holds, as far as that is agreed and waits.
    fn hand_over(&mut self, fulfilment: &Fulfilment) -> Result<Vec<Portion>, Trouble> {
        let (mut told, mut earned) = (Vec::new(), Vec::new());
        for part in &fulfilment.parts {
            let Some(item) = self.items.get_mut(&part.item) else { continue };
            let units = u64::from(part.count).min(item.open);
            if units == 0 {
                continue;
            }
            let price = item.price.part(units, item.open);
            item.price = item.price.minus(price)?;
            item.open -= units;
            item.handed_over += units;
            told.push(Portion::of_item(&part.item, item, price));
            earned.push(Earned { item: part.item.clone(), units, price });
        }
        let mut carriage = Price::zero(self.currency);
        if !earned.is_empty() {
            std::mem::swap(&mut carriage, &mut self.carriage);
            told.push(Portion::of_carriage(carriage));
        }
        self.earned.insert(fulfilment.id.clone(), (earned, carriage));
        told.retain(|portion| !portion.price.is_zero());
        Ok(told)
    }

    /// What a fulfilment that never was takes back: of units that did not come back since.
    fn undo(&mut self, fulfilment: &Fulfilment) -> Result<Vec<Portion>, Trouble> {
        let Some((earned, carriage)) = self.earned.remove(&fulfilment.id) else {
            return Ok(Vec::new());
        };
        let zero = Price::zero(self.currency);
        let mut told = Vec::new();
        for Earned { item, units, price } in earned {
            let Some(known) = self.items.get_mut(&item) else { continue };
            let still_out = units.min(known.handed_over - known.came_back);
            let price = price.part(still_out, units);
            known.handed_over -= still_out;
            known.open += still_out;
            known.price = known.price.plus(price)?;
            told.push(Portion::of_item(&item, known, zero.minus(price)?));
        }
        if self.is_anything_open() {
            self.carriage = self.carriage.plus(carriage)?;
            told.push(Portion::of_carriage(zero.minus(carriage)?));
        }
        told.retain(|portion| !portion.price.is_zero());
        Ok(told)
    }

    /// Gives up what waits, up to an amount: nobody will pay for it, and nobody hands it over.
    pub(super) fn give_up(&mut self, most: Money) -> Result<Money, Trouble> {
        let nothing = Money::zero(self.currency);
        let mut left = most.max(nothing);
        let prices = self.items.values_mut().map(|item| &mut item.price);
        for price in prices.chain(std::iter::once(&mut self.carriage)) {
            let part = price.net()?.max(nothing).min(left);
            price.gross = price.gross.minus(part)?;
            left = left.minus(part)?;
        }
        Ok(most.max(nothing).minus(left)?)
    }
}

fn no_quantity(line: &SaleLine) -> Trouble {
    Trouble::Issue(
        IssueKind::UnknownData,
        format!("line {} says no number of units, so that no fulfilment can earn it", line.id),
        "enter the order by hand, or let its sales be earned at payment".to_owned(),
    )
}

impl<'a> Timeline<'a> {
    /// The lines of an agreement, as it is entered on its day, where this gateway settles it.
    pub(super) fn lines_of(
        &mut self,
        agreement: &Agreement,
        gateway: Option<&GatewayId>,
    ) -> Result<Vec<Line>, Trouble> {
        let currency = self.order.currency;
        let about = Subject::of_order(self.order).by(gateway);
        let Some(undelivered) = &mut self.undelivered else {
            return agreement_lines(agreement, currency, &about, self.policy);
        };
        let mut earned = agreement.clone();
        let deferred = undelivered.defer(&mut earned.lines)?;
        let left_over = undelivered.left_over()?;
        let mut lines = agreement_lines(&earned, currency, &about, self.policy)?;
        lines.extend(self.unearned_lines(&earned, &deferred, &about)?);
        // What was sold before, and is earned within a document of a sale: no tax falls due on it.
        let mut left_over = self.earning_lines(&left_over, &agreement.id)?;
        let deposits = left_over.iter_mut().filter(|line| !line.is_sold());
        deposits.for_each(|line| line.kind = LineKind::Unearned { taxed: false });
        lines.extend(left_over);
        Ok(lines)
    }

    /// The lines of what an agreement leaves to be handed over, so much of each of its lines: one
    /// for each set of taxes, or reason why there is none, so that each tax keeps what it is
    /// charged on.
    fn unearned_lines(
        &self,
        agreement: &Agreement,
        deferred: &[Money],
        about: &Subject<'_>,
    ) -> Result<Vec<Line>, Trouble> {
        let policy = self.policy;
        let charged: BTreeSet<TaxRate> =
            agreement.lines.iter().flat_map(|sale| charged_on(sale, about, policy)).collect();
        let mut sums: BTreeMap<(bool, Vec<TaxRate>), Money> = BTreeMap::new();
        for (sale, net) in agreement.lines.iter().zip(deferred) {
            let own: BTreeSet<TaxRate> = charged_on(sale, about, policy).collect();
            let taxed = !own.is_empty();
            let taxes = match (taxed, own == charged) {
                (true, true) => Vec::new(),
                (true, false) => own.into_iter().collect(),
                (false, _) => why_untaxed(sale, &about.line(sale), policy),
            };
            let sum = sums.entry((taxed, taxes)).or_insert(Money::zero(net.currency()));
            *sum = sum.plus(*net)?;
        }
        let line = |((taxed, taxes), net): ((bool, Vec<TaxRate>), Money)| {
            let text = match net.is_negative() {
                true => "No longer to be handed over",
                false => "To be handed over",
            };
            let (kind, origin) = (LineKind::Unearned { taxed }, agreement.id.as_str());
            Line { taxes, ..self.line(kind, Role::Deposits, net.negated(), text, origin) }
        };
        Ok(sums.into_iter().filter(|(_, net)| !net.is_zero()).map(line).collect())
    }

    /// Enters what changed hands before an instant; all that is left, where there is none.
    pub(super) fn hand_over(
        &mut self,
        date: Date,
        handed: &mut std::iter::Peekable<std::vec::IntoIter<Handing<'_>>>,
        before: Option<Timestamp>,
    ) -> Result<(), Trouble> {
        while let Some(handing) =
            handed.next_if(|handing| before.is_none_or(|before| handing.at < before))
        {
            let Some(undelivered) = &mut self.undelivered else { continue };
            let Handing { fulfilment, undone, .. } = handing;
            let (told, what, part) = match undone {
                false => (undelivered.hand_over(fulfilment)?, "handed over", "fulfilment"),
                true => (undelivered.undo(fulfilment)?, "not handed over after all", "undone"),
            };
            let lines = self.earning_lines(&told, &fulfilment.id)?;
            if lines.is_empty() {
                continue;
            }
            let number = format!("{}@{part}", fulfilment.id);
            let place = self.place(&number, &number);
            let memo = format!("Order {}: {what}", self.order.name);
            self.earned.insert(place.id.clone());
            self.enter(place, DocumentKind::JournalEntry, date, memo, None, lines)?;
        }
        Ok(())
    }

    /// What the rules are asked about of an item, or of the order itself.
    fn sold_as(&self, item: Option<&str>) -> Subject<'a> {
        let order = self.order;
        let about = Subject::of_order(order);
        let lines = order.agreements.iter().flat_map(|agreement| &agreement.lines);
        let is_of = |line: &&SaleLine| line.item.as_ref().map(|it| it.id.as_str()) == item;
        match item.and_then(|_| lines.into_iter().find(is_of)) {
            Some(line) => about.line(line),
            None => about,
        }
    }

    /// The lines by which deposits become income; with negative prices, the other way round.
    fn earning_lines(&self, told: &[Portion], origin: &str) -> Result<Vec<Line>, Trouble> {
        let mut lines = Vec::new();
        let mut net = Money::zero(self.order.currency);
        for Portion { item, title, price } in told {
            net = net.plus(price.net()?)?;
            let role = match item {
                Some(_) => Role::ProductSales,
                None => Role::ShippingIncome,
            };
            let about = self.sold_as(item.as_deref());
            if !price.gross.is_zero() {
                let spot = self.policy.spot(role, &about);
                lines.push(plain_line(spot, price.gross.negated(), title, origin));
            }
            if !price.discount.is_zero() {
                let text = format!("Discount: {title}");
                let spot = self.policy.spot(Role::Discounts, &about);
                lines.push(plain_line(spot, price.discount, &text, origin));
            }
        }
        if !net.is_zero() {
            let kind = LineKind::Other { taxed: false };
            lines.push(self.line(kind, Role::Deposits, net, "Deposit earned", origin));
        }
        Ok(lines)
    }
}
