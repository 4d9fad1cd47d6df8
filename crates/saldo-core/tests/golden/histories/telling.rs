//! What channels tell of a history, and what it comes to by plain addition.

mod foreign;
mod ledger;
mod marketplace;
mod trading;

use super::merchant::{By, Days, History, Item, Later, Life, Paid, Repaid, TAXES, When};
use crate::shop::source;
use jiff::civil::Date;
use saldo_core::commerce::{
    Agreement, AgreementKind, Assortment, BalanceKind, Buyer, Collector, Component, Condition,
    Decided, Decision, Fact, Fulfilment, Gateway, Goods, MoneyMovement, MovementKind,
    MovementState, OWNER, Order, OrderedItem, Product, RecordRef, Returned, Said, SaleKind,
    SaleLine, TaxAmount, Telling, Tender, Units,
};
use saldo_core::money::{Currency, Money};
use std::collections::BTreeMap;

impl Item {
    /// One of something that bears no tax.
    fn untaxed(each: i64) -> Self {
        Self { units: 1, each, discount: 0, tax: 0, title: 0, percent: 0 }
    }
}

impl By {
    /// The part of the books that holds the money.
    fn place(self) -> &'static str {
        match self {
            Self::Card => "Clearing: Card",
            Self::PayPal => "Clearing: PayPal",
            Self::ShopCash => SHOP_CASH,
            Self::Cash => "Cash drawer",
            Self::GiftCard => "Gift card liability",
            Self::StoreCredit => "Store credit liability",
        }
    }

    fn tender(self) -> Tender {
        match self {
            Self::Card => Tender::Gateway(card()),
            Self::PayPal => Tender::Gateway(gateway("paypal", "PayPal")),
            Self::ShopCash => Tender::Gateway(shop_cash()),
            Self::Cash => Tender::Gateway(gateway("cash", "Cash")),
            Self::GiftCard => Tender::GiftCard,
            Self::StoreCredit => Tender::StoreCredit,
        }
    }
}

fn gateway(id: &str, name: &str) -> Gateway {
    Gateway {
        id: id.into(),
        name: name.to_owned(),
        tells_payouts: ["card", "bazaar"].contains(&id),
    }
}

pub(super) fn card() -> Gateway {
    gateway("card", "Card")
}

fn shop_cash() -> Gateway {
    gateway("shop_cash", "Shop Cash")
}

const MUG: &str = "MUG";
const SHOP_CASH: &str = "Clearing: Shop Cash";
/// The percent of tax that the merchant owes on fees in the gateway's place.
pub(super) const REVERSE_CHARGE: i64 = 25;

fn product(sku: &str) -> Product {
    Product { id: None, sku: Some(sku.to_owned()), title: sku.to_lowercase() }
}

/// Units of an item: what stands first in an agreement are mugs, and what stands second are sets of
/// two mugs and a lamp.
fn units_of(item: &str, units: i64, place: usize) -> Units {
    let of = |sku: &str, count| Component { product: product(sku), count };
    let set = place == 1;
    Units {
        item: item.to_owned(),
        product: Some(product(if set { "SET" } else { MUG })),
        count: u32::try_from(units).unwrap(),
        components: if set { vec![of(MUG, 2), of("LAMP", 1)] } else { Vec::new() },
    }
}

/// Tells a history, and adds up.
pub(super) struct Teller<'h> {
    history: &'h History,
    currency: Currency,
    facts: Vec<Fact>,
    rows: u32,
    decisions: u32,
    /// What each payout comes to.
    nets: BTreeMap<u16, i64>,
    expected: Days,
}

/// An order that is being told.
struct Case {
    order: Order,
    parcels: Vec<Fulfilment>,
    returned: Vec<Returned>,
    number: u32,
    lag: u16,
    /// What the buyer paid and did not get back.
    paid: i64,
    /// The units of the first item that were not given back.
    left: i64,
}

impl<'h> Teller<'h> {
    pub(super) fn new(history: &'h History) -> Self {
        let currency = history.currency();
        let (facts, nets, expected) = (Vec::new(), BTreeMap::new(), Days::new());
        Self { history, currency, facts, rows: 0, decisions: 0, nets, expected }
    }

    fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.currency)
    }

    fn add(&mut self, when: When, place: &str, minor: i64) {
        self.add_on(self.history.day(when), place, minor);
    }

    fn add_on(&mut self, date: Date, place: &str, minor: i64) {
        *self.expected.entry(date).or_default().entry(place.to_owned()).or_default() += minor;
    }

    pub(super) fn order(&mut self, number: u32, life: &Life) {
        let mut case = Case {
            order: Order { prices_include_tax: life.inclusive, ..self.bare_order(number, life.at) },
            parcels: Vec::new(),
            returned: Vec::new(),
            number,
            lag: life.lag,
            paid: 0,
            left: life.items.first().map_or(0, |item| item.units),
        };
        let mut lines: Vec<(SaleKind, i64, &Item)> = Vec::new();
        let items = life.items.iter().map(|item| (SaleKind::Product, item.units, item));
        lines.extend(items);
        let extras = [
            (SaleKind::Shipping, life.shipping),
            (SaleKind::Tip, life.tip),
            (SaleKind::Duty, life.duty),
            (SaleKind::GiftCard, life.gift_card),
        ]
        .map(|(kind, each)| (kind, Item::untaxed(each)));
        let bought = extras.iter().filter(|(_, item)| item.each > 0);
        lines.extend(bought.map(|(kind, item)| (kind.clone(), 1, item)));
        if let Paid::CalledOff(days) = life.paid {
            return self.called_off(case, &lines, (life.at, life.at.later(days)));
        }
        let total = self.agree(&mut case, AgreementKind::Sale, life.at, &lines);
        self.pay(&mut case, life, total);
        let mut when = life.at;
        let gives_up = matches!(life.paid, Paid::GivenUp(_));
        for (days, what) in life.later.iter().filter(|_| !gives_up) {
            when = when.later(*days);
            self.later(&mut case, life, when, what);
        }
        if let Paid::GivenUp(days) = life.paid {
            let on = self.history.day(when.later(days));
            let order = case.order.id.clone();
            self.decide(on, Decided::WriteOff { order, relieve_tax: false });
            self.add_on(on, "Bad debt", total);
            self.add_on(on, "Buyers", -total);
        }
        self.tell(case);
    }

    /// Money was set aside and never taken: nothing of it stands in any books.
    fn called_off(
        &mut self,
        mut case: Case,
        lines: &[(SaleKind, i64, &Item)],
        (at, until): (When, When),
    ) {
        let before = self.expected.clone();
        let total = self.agree(&mut case, AgreementKind::Sale, at, lines);
        self.expected = before;
        case.parcels.clear();
        case.order.cancelled_at = Some(self.history.instant(until));
        for (kind, when) in [(MovementKind::Authorisation, at), (MovementKind::Void, until)] {
            let movement = self.movement(&case, kind, By::Card, when, total);
            case.order.movements.push(movement);
        }
        self.tell(case);
    }

    /// The owner decides something on a day.
    fn decide(&mut self, on: Date, decided: Decided) {
        self.decisions += 1;
        let record = format!("Decision/{}", 2_000 + self.decisions);
        self.facts.push(Fact::Decision(Box::new(Decision {
            id: format!("owner/{record}").into(),
            source: RecordRef { connection: OWNER.into(), ..source(&record) },
            said: Said {
                by: "owner".to_owned(),
                at: self.history.instant(When(0, 0)),
                on,
                decided,
                taken_back: None,
            },
        })));
    }

    /// Tells an order and its goods.
    fn tell(&mut self, case: Case) {
        let number = case.number;
        self.facts.push(Fact::Goods(Box::new(Goods {
            id: format!("shop/Goods/{number}").into(),
            source: source(&format!("Goods/{number}")),
            order: case.order.id.clone(),
            test: false,
            fulfilments: case.parcels,
            returned: case.returned,
        })));
        self.facts.push(Fact::Order(Box::new(case.order)));
    }

    fn bare_order(&self, number: u32, at: When) -> Order {
        Order {
            id: format!("shop/Order/{number}").into(),
            source: source(&format!("Order/{number}")),
            name: format!("#{}", 1_000 + number),
            processed_at: self.history.instant(at),
            cancelled_at: None,
            test: false,
            currency: self.currency,
            prices_include_tax: false,
            origin: "web".to_owned(),
            location: number.is_multiple_of(3).then(|| "Location/7".to_owned()),
            customer: Some(format!("Customer/{}", number % 3)),
            customer_name: Some(format!("Buyer {}", number % 3)),
            buyer: Buyer::default(),
            agreements: Vec::new(),
            movements: Vec::new(),
            presented_in: None,
            tags: number.is_multiple_of(2).then(|| "wholesale".to_owned()).into_iter().collect(),
            telling: Telling::Interface,
        }
    }

    /// Agrees on lines: of each what it is about, its units, negative where they go back, and what
    /// a unit costs. Returns what the buyer owes for them. What is bought is handed over at once.
    fn agree(
        &mut self,
        case: &mut Case,
        kind: AgreementKind,
        when: When,
        lines: &[(SaleKind, i64, &Item)],
    ) -> i64 {
        let number = case.order.agreements.len() + 1;
        let (mut told, mut handed, mut total) = (Vec::new(), Vec::new(), 0);
        for (place, (kind, units, item)) in lines.iter().enumerate() {
            let line = self.line(case, (when, number, place), kind, *units, item);
            total += line.total().unwrap().minor();
            if let Some(item) = line.item.as_ref().filter(|_| *units > 0) {
                handed.push(units_of(&item.id, *units, place));
            }
            told.push(line);
        }
        if !handed.is_empty() {
            let id = format!("Fulfilment/{}/{number}", case.number);
            let at = self.history.instant(when.later(1));
            case.parcels.push(Fulfilment { id, at, cancelled_at: None, parts: handed });
        }
        let id = format!("Agreement/{}/{number}", case.number);
        case.order.agreements.push(Agreement {
            id,
            kind,
            happened_at: self.history.instant(when),
            lines: told,
        });
        self.add(when, "Buyers", total);
        total
    }

    fn line(
        &mut self,
        case: &Case,
        (when, agreement, place): (When, usize, usize),
        kind: &SaleKind,
        units: i64,
        item: &Item,
    ) -> SaleLine {
        let net = units * (item.each - item.discount);
        let part = match kind {
            SaleKind::Tip => "Tips payable",
            SaleKind::Duty => "Duties & import tax payable",
            SaleKind::GiftCard => "Gift card liability",
            _ => "Trade",
        };
        self.add(when, part, -net);
        let (title, account) = TAXES[item.title];
        self.add(when, account, -units * item.tax);
        let is_product = *kind == SaleKind::Product;
        // What goes back is the first item of the sale.
        let (of, from) = if units < 0 { (1, 0) } else { (agreement, place) };
        let tax = TaxAmount {
            title: title.to_owned(),
            rate: Some(item.percent.into()),
            amount: self.money(units * item.tax),
            collector: Collector::Merchant,
        };
        SaleLine {
            id: format!("Sale/{}/{agreement}/{place}", case.number),
            kind: kind.clone(),
            quantity: Some(units),
            product: is_product.then(|| product(MUG)),
            item: is_product.then(|| OrderedItem {
                id: format!("Item/{}/{of}/{from}", case.number),
                is_handed_over: true,
            }),
            assortment: Assortment::default(),
            gross: self.money(units * item.each),
            discount: self.money(units * item.discount),
            taxes: if item.tax == 0 { Vec::new() } else { vec![tax] },
        }
    }

    fn pay(&mut self, case: &mut Case, life: &Life, total: i64) {
        let part = |percent: i64| (total * percent / 100).max(1).min(total);
        match &life.paid {
            Paid::Once(by, days) => {
                let rounding = if *by == By::Cash { life.rounding } else { 0 };
                self.receive(case, *by, life.at.later(*days), total, rounding);
            }
            Paid::Split(one, percent, other) => {
                let first = part(*percent);
                self.receive(case, *one, life.at, first, 0);
                self.receive(case, *other, life.at, total - first, 0);
            }
            Paid::Deposit(by, percent, days, later) => {
                let first = part(*percent);
                let before = When(life.at.0 - days, life.at.1);
                self.receive(case, *by, before, first, 0);
                self.receive(case, *by, life.at.later(*later), total - first, 0);
            }
            Paid::Never | Paid::CalledOff(_) | Paid::GivenUp(_) => {}
        }
    }

    /// The buyer pays; cash is rounded by a little.
    fn receive(&mut self, case: &mut Case, by: By, when: When, minor: i64, rounding: i64) {
        if minor <= 0 {
            return;
        }
        let rounding = Some(rounding).filter(|by| *by != 0 && minor + by > 0);
        case.paid += minor;
        self.add(when, "Buyers", -minor);
        self.add(when, by.place(), minor + rounding.unwrap_or(0));
        self.add(when, "Rounding differences", -rounding.unwrap_or(0));
        let movement = self.movement(case, MovementKind::Payment, by, when, minor);
        let rounding = rounding.map(|by| self.money(by));
        case.order.movements.push(MoneyMovement { rounding, ..movement });
        match by {
            By::Card => {
                let fee = minor / 40;
                self.add(when, By::Card.place(), -fee);
                self.fee(when, fee);
                self.row(BalanceKind::Charge, when, (minor, fee), Some(case));
            }
            By::ShopCash => self.credit(when.later(1), minor),
            _ => {}
        }
    }

    /// What a gateway takes for a payment, and the tax that the merchant may owe on it in its place
    /// and takes back.
    fn fee(&mut self, when: When, fee: i64) {
        self.add(when, "Payment processing fees", fee);
        if self.history.trade.reverse_charge {
            let tax = (fee * REVERSE_CHARGE + 50) / 100;
            self.add(when, "Input VAT recoverable", tax);
            self.add(when, "Output VAT (reverse charge)", -tax);
        }
    }

    /// Money goes back to the buyer.
    fn repay(&mut self, case: &mut Case, by: By, when: When, minor: i64) {
        let minor = minor.min(case.paid);
        if minor <= 0 {
            return;
        }
        case.paid -= minor;
        self.add(when, "Buyers", minor);
        self.add(when, by.place(), -minor);
        let movement = self.movement(case, MovementKind::Refund, by, when, minor);
        case.order.movements.push(movement);
        match by {
            By::Card => self.row(BalanceKind::Refund, when, (-minor, 0), Some(case)),
            By::ShopCash => self.credit(when.later(1), -minor),
            _ => {}
        }
    }

    fn movement(
        &self,
        case: &Case,
        kind: MovementKind,
        by: By,
        when: When,
        minor: i64,
    ) -> MoneyMovement {
        MoneyMovement {
            id: format!("Transaction/{}/{}", case.number, case.order.movements.len() + 1),
            kind,
            state: MovementState::Succeeded,
            tender: by.tender(),
            processed_at: self.history.instant(when),
            amount: self.money(minor),
            rounding: None,
            conversion: None,
            fees: Vec::new(),
            test: false,
        }
    }

    fn later(&mut self, case: &mut Case, life: &Life, when: When, what: &Later) {
        let Some(first) = life.items.first() else { return };
        match what {
            Later::Returns(units, repaid, condition) => {
                let units = (*units).min(case.left);
                if units > 0 {
                    case.left -= units;
                    let back = [(SaleKind::Product, -units, first)];
                    let owed = self.agree(case, AgreementKind::Refund, when, &back);
                    self.settle(case, when, -owed, repaid);
                    self.come_back(case, when, units, *condition);
                }
            }
            Later::Adds(item, by) => {
                let more = [(SaleKind::Product, item.units, item)];
                let owed = self.agree(case, AgreementKind::Edit, when, &more);
                if let Some(by) = by {
                    self.receive(case, *by, when, owed, 0);
                }
            }
            Later::Exchanges(item, by) if case.left > 0 => {
                case.left -= 1;
                let lines = [(SaleKind::Product, -1, first), (SaleKind::Product, 1, item)];
                let owed = self.agree(case, AgreementKind::Edit, when, &lines);
                match by {
                    Some(by) if owed < 0 => self.repay(case, *by, when, -owed),
                    Some(by) => self.receive(case, *by, when, owed, 0),
                    None => {}
                }
                self.come_back(case, when, 1, Condition::Resaleable);
            }
            Later::Removes(repaid) if case.left > 0 => {
                case.left -= 1;
                let back = [(SaleKind::Product, -1, first)];
                let owed = self.agree(case, AgreementKind::Edit, when, &back);
                self.settle(case, when, -owed, repaid);
                self.come_back(case, when, 1, Condition::Resaleable);
            }
            Later::Goodwill(minor, repaid) if case.paid >= *minor => {
                let given = Item::untaxed(*minor);
                let lines = [(SaleKind::Adjustment, -1, &given)];
                let owed = self.agree(case, AgreementKind::Refund, when, &lines);
                self.settle(case, when, -owed, repaid);
            }
            Later::Disputed(won) => self.dispute(case, when, *won),
            Later::Exchanges(..) | Later::Removes(_) | Later::Goodwill(..) => {}
        }
    }

    /// Units of the first item are back, a while after they left.
    fn come_back(&self, case: &mut Case, when: When, units: i64, condition: Condition) {
        let id = format!("Returned/{}/{}", case.number, case.returned.len() + 1);
        let units = units_of(&format!("Item/{}/1/0", case.number), units, 0);
        case.returned.push(Returned {
            id,
            at: self.history.instant(when.later(2)),
            units,
            condition,
        });
    }

    fn settle(&mut self, case: &mut Case, when: When, minor: i64, repaid: &Repaid) {
        if let Repaid::By(by, days) = repaid {
            self.repay(case, *by, when.later(*days), minor);
        }
    }
}
