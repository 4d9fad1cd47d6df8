//! What is told of purchases and stock, of tills, of marketplaces, and of sales in euros.

use super::super::trade::{
    Deemed, Foreign, Happening, Parts, Purchase, Session, Settlement, Stocking, Trade,
};
use super::{By, Case, Item, MUG, TAXES, Teller, When, gateway, product};
use crate::shop::{eur, source};
use saldo_core::commerce::{
    AdjustmentReason, AgreementKind, BalanceKind, BalanceTransaction, BilledLine, Collector,
    Conversion, Decided, Decision, DrawerMove, DrawerSession, Event, Fact, Gateway, GoodsReceipt,
    MovementKind, PartKind, Payout, PayoutState, Period, PurchaseOrder, ReceivedLine, RecordRef,
    RowPart, Said, SaleKind, Settlement as Rate, StockAdjustment, SupplierBill, SupplierPayment,
    TaxAmount, Tender,
};
use saldo_core::money::Money;
use saldo_core::text::FactId;

/// What a till holds when it is opened for the first time, in minor units.
const LEFT: i64 = 20_000;
/// How many units of each item are there at first.
const AT_FIRST: i64 = 2_000;
const SUPPLIER: &str = "Potter & Sons";
const BAZAAR: &str = "Clearing: Bazaar";
const EUROS: &str = "Clearing: Card EUR";
/// What a euro is worth in the currency of the books.
const WORTH: i64 = 2;

fn bazaar() -> Gateway {
    gateway("bazaar", "Bazaar")
}

fn key(kind: &str, number: impl std::fmt::Display) -> (FactId, RecordRef) {
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
        for (when, happening) in &trade.stated {
            self.state(*when, *happening);
        }
    }

    /// What the owner states, and what it moves where: debit positive.
    fn state(&mut self, when: When, happening: Happening) {
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
                    jurisdiction: TAXES[0].to_owned(),
                    tax: TAXES[0].to_owned(),
                    from: on.first_of_month(),
                    until: on,
                    paid: money(it),
                    discount: money(off),
                },
                vec![(TAXES[0], it + off), ("Bank", -it), ("Other income", -off)],
            ),
            Happening::DutiesLeft(it) => (
                Event::DutiesResidue { order: None, amount: money(it) },
                vec![("Duties & import tax payable", it), ("Duties over/under-recovered", -it)],
            ),
            Happening::Loan(it, more) => (
                Event::LoanFunded {
                    gateway: "card".into(),
                    amount: money(it),
                    owed: money(it + more),
                },
                vec![
                    ("Bank", it),
                    ("Unamortised financing cost", more),
                    ("Loans payable", -it - more),
                ],
            ),
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
        };
        for (place, minor) in moves {
            self.add_on(on, place, minor);
            if matches!(happening, Happening::Returns(..)) {
                self.add_on(on.tomorrow().unwrap(), place, -minor);
            }
        }
        self.decide(on, Decided::Event(event));
    }

    fn stock(&mut self, stock: &Stocking) {
        let first = When(0, 0);
        for (number, sku) in (1..).zip([MUG, "LAMP"]) {
            let reason = AdjustmentReason::Opening;
            self.adjustment((number, sku), first, AT_FIRST, (reason, Some(stock.each)));
        }
        for (number, (when, units)) in (3..).zip(&stock.counts) {
            self.adjustment((number, MUG), *when, *units, (AdjustmentReason::Counted, None));
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

    fn settlement(&mut self, number: u32, settlement: &Settlement) {
        let (id, source) = key("Payout", format!("bazaar-{number}"));
        let (mut net, mut last) = (0, settlement.at);
        for (days, parts) in &settlement.rows {
            let when = settlement.at.later(*days);
            last = last.max(when);
            let parts = self.parts(when, parts);
            let amount: i64 = parts.iter().map(|part| part.amount.minor()).sum();
            net += amount;
            self.add(when, BAZAAR, amount);
            self.rows += 1;
            let amounts = (self.money(amount), self.money(0));
            let kind = BalanceKind::Itemised(parts);
            self.facts.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
                gateway: bazaar(),
                payout: Some(id.clone()),
                ..self.bare_row(kind, when, amounts, None)
            })));
        }
        let issued_on = self.history.date(last.0 + 3);
        let instant = |when| self.history.instant(when);
        self.facts.push(Fact::Payout(Payout {
            id,
            source,
            gateway: bazaar(),
            state: PayoutState::Paid,
            issued_on,
            arrived_on: None,
            net: self.money(net),
            by_rows: false,
            bank_reference: None,
            period: Some(Period { from: instant(settlement.at), until: instant(last) }),
        }));
        self.add_on(issued_on, BAZAAR, -net);
        self.add_on(issued_on, "Bank", net);
    }

    /// What a row is made of, and where each part of it stands. Tax that the marketplace charges
    /// and keeps leaves nothing behind.
    fn parts(&mut self, when: When, parts: &Parts) -> Vec<RowPart> {
        let title = "VAT";
        let told = [
            (PartKind::Goods, parts.goods, "Trade"),
            (PartKind::Shipping, parts.shipping, "Trade"),
            (PartKind::Discount, -parts.discount, "Trade"),
            (PartKind::Tax(title.to_owned()), parts.tax, title),
            (PartKind::ChannelTax, parts.channel_tax, ""),
            (PartKind::ChannelTaxKept, -parts.channel_tax, ""),
            (PartKind::Commission, -parts.commission, "Marketplace commission"),
            (PartKind::FulfilmentFee, -parts.fulfilment, "Marketplace fulfilment fees"),
            (PartKind::StorageFee, -parts.storage, "Marketplace storage fees"),
            (PartKind::Advertising, -parts.advertising, "Advertising"),
            (PartKind::Reimbursement, parts.reimbursed, "Marketplace reimbursements"),
            (PartKind::Reserve, -parts.reserve, "Reserves held by platform"),
        ];
        let mut of_row = Vec::new();
        for (kind, minor, place) in told.into_iter().filter(|(_, minor, _)| *minor != 0) {
            if !place.is_empty() {
                self.add(when, place, -minor);
            }
            of_row.push(RowPart { kind, word: "WORD".to_owned(), amount: self.money(minor) });
        }
        of_row
    }

    /// A sale whose tax the marketplace owes: what it pays for is the price alone.
    fn deemed(&mut self, number: u32, deemed: &Deemed) {
        let Deemed { at, price, tax, commission } = *deemed;
        let mut case = self.sold(number, at, price);
        let line = &mut case.order.agreements[0].lines[0];
        line.taxes.push(TaxAmount {
            title: "GST".to_owned(),
            rate: None,
            amount: self.money(tax),
            collector: Collector::Channel,
        });
        let by_bazaar = Tender::Gateway(bazaar());
        let movement = self.movement(&case, MovementKind::Payment, By::Card, at, price + tax);
        case.order
            .movements
            .push(saldo_core::commerce::MoneyMovement { tender: by_bazaar, ..movement });
        self.add(at, "Buyers", -price);
        self.add(at, BAZAAR, price - commission);
        self.add(at, "Marketplace commission", commission);
        let part =
            |kind, minor| RowPart { kind, word: "WORD".to_owned(), amount: self.money(minor) };
        let parts = vec![part(PartKind::Sale, price), part(PartKind::Commission, -commission)];
        self.rows += 1;
        let amounts = (self.money(price - commission), self.money(0));
        self.facts.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
            gateway: bazaar(),
            ..self.bare_row(BalanceKind::Itemised(parts), at, amounts, Some(&case))
        })));
        self.tell(case);
    }

    /// An order of one thing without tax, handed over the day after.
    fn sold(&mut self, number: u32, at: When, price: i64) -> Case {
        let mut case = Case {
            order: self.bare_order(number, at),
            parcels: Vec::new(),
            returned: Vec::new(),
            number,
            lag: 0,
            paid: 0,
            left: 1,
        };
        let item = Item { units: 1, each: price, discount: 0, tax: 0, title: 0 };
        self.agree(&mut case, AgreementKind::Sale, at, &[(SaleKind::Product, 1, &item)]);
        case
    }

    /// A sale in euros that are paid out as euros: what the bank makes of them is known when it has
    /// them.
    fn foreign(&mut self, number: u32, foreign: &Foreign) {
        let Foreign { at, euros, days: (until_sent, until_there), lost } = *foreign;
        let unit = 10_i64.pow(self.currency.exponent().into());
        let fee = euros / 10;
        let worth = |euros: i64| euros * WORTH * unit;
        let in_euros = |euros: i64| Money::from_minor(euros * 100, eur());
        let mut case = self.sold(number, at, worth(euros));
        let paid = self.movement(&case, MovementKind::Payment, By::Card, at, worth(euros));
        case.order.movements.push(saldo_core::commerce::MoneyMovement {
            conversion: Some(Conversion {
                presented: in_euros(euros),
                worth: self.money(worth(euros)),
                settled: Some(Rate { currency: eur(), rate: 1.into() }),
            }),
            ..paid
        });
        self.add(at, "Buyers", -worth(euros));
        self.add(at, EUROS, worth(euros - fee));
        self.add(at, "Payment processing fees", worth(fee));
        let (id, source) = key("Payout", format!("euros-{number}"));
        self.rows += 1;
        let amounts = (in_euros(euros), in_euros(fee));
        self.facts.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
            payout: Some(id.clone()),
            ..self.bare_row(BalanceKind::Charge, at, amounts, Some(&case))
        })));
        self.tell(case);
        let issued_on = self.history.date(at.0 + until_sent);
        let on = self.history.date(at.0 + until_sent + until_there);
        self.facts.push(Fact::Payout(Payout {
            id: id.clone(),
            source,
            gateway: super::card(),
            state: PayoutState::Paid,
            issued_on,
            arrived_on: None,
            net: in_euros(euros - fee),
            by_rows: false,
            bank_reference: None,
            period: None,
        }));
        let arrived = (worth(euros - fee) - lost * unit).max(unit);
        let decided = Decided::Arrived { payout: id, amount: self.money(arrived) };
        let record = format!("Decision/{number}");
        let at = self.history.instant(When(at.0 + until_sent + until_there, 0));
        self.facts.push(Fact::Decision(Box::new(Decision {
            id: format!("owner/{record}").into(),
            source: RecordRef { connection: "owner".into(), ..super::source(&record) },
            said: Said { by: "owner".to_owned(), at, on, decided, taken_back: None },
        })));
        self.add_on(on, EUROS, -worth(euros - fee));
        self.add_on(on, "Bank", arrived);
        self.add_on(on, "FX gain/loss (realised)", worth(euros - fee) - arrived);
    }
}
