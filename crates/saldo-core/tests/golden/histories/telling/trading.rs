//! What is told of purchases and stock, and of tills, and what the owner states.

use super::super::trade::{Happening, Purchase, Session, Stocking, Trade};
use super::{By, MUG, TAXES, Teller, When, gateway, product};
use crate::shop::source;
use saldo_core::commerce::{
    AdjustmentReason, BilledLine, Decided, DrawerMove, DrawerSession, Event, Fact, GoodsReceipt,
    PurchaseOrder, ReceivedLine, RecordRef, StockAdjustment, SupplierBill, SupplierPayment,
};
use saldo_core::money::Money;
use saldo_core::policy::{Place, Role};
use saldo_core::text::FactId;

/// What a till holds when it is opened for the first time, in minor units.
const LEFT: i64 = 20_000;
/// How many units of each item are there at first.
const AT_FIRST: i64 = 2_000;
const SUPPLIER: &str = "Potter & Sons";

/// An event, and what it moves where.
type Stated = (Event, Vec<(&'static str, i64)>);

pub(super) fn key(kind: &str, number: impl std::fmt::Display) -> (FactId, RecordRef) {
    let id = format!("{kind}/{number}");
    (FactId::from(format!("shop/{id}")), source(&id))
}

impl Teller<'_> {
    pub(in super::super) fn trade(&mut self, trade: &Trade) {
        if let Some(stock) = &trade.stock {
            self.stock(stock);
        }
        for (number, session) in (1_u32..).zip(&trade.sessions) {
            self.session(number, session);
        }
        for (number, settlement) in (1_u32..).zip(&trade.settlements) {
            self.settlement(number, settlement);
        }
        for (number, deemed) in (500_u32..).zip(&trade.deemed) {
            self.deemed(number, deemed);
        }
        for (number, foreign) in (600_u32..).zip(&trade.foreign) {
            self.foreign(number, foreign);
        }
        for (number, deferred) in (700_u32..).zip(&trade.deferred) {
            self.deferred(number, deferred);
        }
        for (number, (when, happening)) in (1_u32..).zip(&trade.stated) {
            self.state(number, *when, *happening);
        }
    }

    /// What the owner states, and what it moves where: debit positive.
    fn state(&mut self, number: u32, when: When, happening: Happening) {
        const CARDS: &str = "Gift card liability";
        let day = self.history.day(when);
        let on =
            if matches!(happening, Happening::Returns(..)) { day.last_of_month() } else { day };
        let money = |minor| Money::from_minor(minor, self.currency);
        let (event, moves) = match happening {
            Happening::GivenAway(it) => (
                Event::PromotionalCard { card: None, amount: money(it) },
                vec![("Promotional gift cards", it), (CARDS, -it)],
            ),
            Happening::Breakage(it) => (
                Event::Breakage { amount: money(it) },
                vec![(CARDS, it), ("Gift card breakage", -it)],
            ),
            Happening::TipsPaid(it) => {
                (Event::TipsPaid { amount: money(it) }, vec![("Tips payable", it), ("Bank", -it)])
            }
            Happening::Remitted(it, off) => (
                Event::TaxRemitted {
                    jurisdiction: TAXES[0].0.to_owned(),
                    tax: TAXES[0].0.to_owned(),
                    from: on.first_of_month(),
                    until: on,
                    paid: money(it),
                    discount: money(off),
                },
                vec![(TAXES[0].1, it + off), ("Bank", -it), ("Other income", -off)],
            ),
            Happening::DutiesLeft(it) => (
                Event::DutiesResidue { order: None, amount: money(it) },
                vec![("Duties & import tax payable", it), ("Duties over/under-recovered", -it)],
            ),
            Happening::Loan(it, more) => self.loan(it, more),
            Happening::Returns(it, cost) => (
                Event::ExpectedReturns { returns: money(it), cost: money(cost) },
                vec![
                    ("Trade", it),
                    ("Refund liability", -it),
                    ("Right to returned goods", cost),
                    ("Goods", -cost),
                ],
            ),
            Happening::Banked(it) => {
                (Event::Banked { amount: money(it) }, vec![("Bank", it), ("Cash in transit", -it)])
            }
            Happening::Spent(it) => {
                self.bank_row(number, -it, Role::StoreSupplies, "Store supplies")
            }
            Happening::Cashback(it) => self.bank_row(number, it, Role::OtherIncome, "Other income"),
        };
        for (place, minor) in moves {
            self.add_on(on, place, minor);
            if matches!(happening, Happening::Returns(..)) {
                self.add_on(on.tomorrow().unwrap(), place, -minor);
            }
        }
        self.decide(on, Decided::Event(event));
    }

    /// A loan that reached the bank, and what it will cost.
    fn loan(&self, got: i64, more: i64) -> Stated {
        let event = Event::LoanFunded {
            gateway: "card".into(),
            amount: self.money(got),
            owed: self.money(got + more),
        };
        let moves = vec![
            (self.bank(), got),
            ("Unamortised financing cost", more),
            ("Loans payable", -got - more),
        ];
        (event, moves)
    }

    /// A row of the bank account that the card's payouts reach, and what it was for.
    fn bank_row(&self, number: u32, minor: i64, role: Role, place: &'static str) -> Stated {
        let event = Event::BankRow {
            account: Place::BankOf("card".into()),
            row: format!("Row {number}"),
            amount: self.money(minor),
            text: place.to_owned(),
            role,
        };
        (event, vec![(self.bank(), minor), (place, -minor)])
    }

    fn stock(&mut self, stock: &Stocking) {
        let first = When(0, 0);
        for (number, sku) in (1..).zip([MUG, "LAMP"]) {
            let reason = AdjustmentReason::Opening;
            self.adjustment((number, sku), first, AT_FIRST, (reason, Some(stock.each)));
        }
        for (number, (when, units, lost)) in (3..).zip(&stock.counts) {
            let reason = match lost {
                true if *units < 0 => AdjustmentReason::Other("lost by the warehouse".to_owned()),
                _ => AdjustmentReason::Counted,
            };
            self.adjustment((number, MUG), *when, *units, (reason, None));
        }
        for (number, purchase) in (1_u32..).zip(&stock.purchases) {
            self.purchase(number, purchase);
        }
    }

    fn adjustment(
        &mut self,
        (number, sku): (u32, &str),
        when: When,
        units: i64,
        (reason, each): (AdjustmentReason, Option<i64>),
    ) {
        let (id, source) = key("Adjustment", number);
        let (product, at) = (product(sku), self.history.instant(when));
        let unit_cost = each.map(|each| self.money(each));
        self.facts.push(Fact::StockAdjustment(Box::new(StockAdjustment {
            id,
            source,
            product,
            at,
            units,
            reason,
            unit_cost,
        })));
    }

    /// Goods are one part of the books with what was received and not billed: what a unit costs
    /// stays within it, wherever it is, and bills alone add to it.
    fn purchase(&mut self, number: u32, purchase: &Purchase) {
        let Purchase { at, units, cost, prepaid, billed, paid } = *purchase;
        let (order, order_source) = key("Purchase", number);
        let supplier = || SUPPLIER.to_owned();
        self.facts.push(Fact::PurchaseOrder(Box::new(PurchaseOrder {
            id: order.clone(),
            source: order_source,
            supplier: supplier(),
            name: format!("PO-{number}"),
            ordered_at: self.history.instant(When(0, 0)),
            lines: Vec::new(),
        })));
        let (id, source) = key("Receipt", number);
        let (received, product) = (format!("Received/{number}"), product(MUG));
        self.facts.push(Fact::GoodsReceipt(Box::new(GoodsReceipt {
            id,
            source,
            purchase: order.clone(),
            supplier: supplier(),
            received_at: self.history.instant(at),
            lines: vec![ReceivedLine {
                id: received.clone(),
                product: product.clone(),
                units,
                cost: Some(self.money(cost)),
            }],
        })));
        if let Some((later, more, landed)) = billed {
            let (id, source) = key("Bill", number);
            let on = self.history.date(at.0 + later);
            let amount = self.money(cost + more);
            self.facts.push(Fact::SupplierBill(Box::new(SupplierBill {
                id,
                source,
                purchase: order.clone(),
                supplier: supplier(),
                number: None,
                on,
                due: None,
                lines: vec![BilledLine { received, product, units, amount }],
                landed: self.money(landed),
                untold_taxes: Vec::new(),
            })));
            self.add_on(on, "Goods", cost + more + landed);
            self.add_on(on, "Suppliers", -(cost + more + landed));
        }
        let before = prepaid.map(|(days, minor)| (at.0.saturating_sub(days), minor));
        let after = paid.map(|(days, minor)| (at.0 + days, minor));
        for (part, (day, minor)) in (1..).zip([before, after].into_iter().flatten()) {
            let (id, source) = key("SupplierPayment", format!("{number}/{part}"));
            let (on, amount) = (self.history.date(day), self.money(minor));
            let (purchase, supplier) = (order.clone(), supplier());
            self.facts.push(Fact::SupplierPayment(Box::new(SupplierPayment {
                id,
                source,
                purchase,
                supplier,
                on,
                amount,
            })));
            self.add_on(on, "Suppliers", minor);
            self.add_on(on, "Bank", -minor);
        }
    }

    fn session(&mut self, number: u32, session: &Session) {
        let Session { at, days, over: (opened_over, closed_over), sales, taken } = *session;
        let (id, source) = key("Session", number);
        let closed = at.later(days);
        let (float, due) = (LEFT + opened_over, LEFT + opened_over + sales - taken.0 - taken.1);
        let moves = [(taken.0, "stamps"), (taken.1, "bank drop")].into_iter().enumerate();
        let moves = moves.filter(|(_, (minor, _))| *minor > 0).map(|(part, (minor, note))| {
            let (id, note) = (format!("Move/{part}"), note.to_owned());
            DrawerMove { id, at: self.history.instant(at), amount: self.money(-minor), note }
        });
        let moves = moves.collect();
        self.facts.push(Fact::Drawer(Box::new(DrawerSession {
            id,
            source,
            name: format!("Register {number}"),
            gateway: gateway("cash", "Cash"),
            opened_at: self.history.instant(at),
            closed_at: self.history.instant(closed),
            left_before: Some(self.money(LEFT)),
            float: self.money(float),
            sales: self.money(sales),
            moves,
            counted: self.money(due + closed_over),
        })));
        for (when, place, minor) in [
            (at, "Cash over/short", -opened_over),
            (at, "Store supplies", taken.0),
            (at, "Cash in transit", taken.1),
            (closed, "Cash over/short", -closed_over),
        ] {
            self.add(when, place, minor);
            self.add(when, By::Cash.place(), -minor);
        }
    }
}
