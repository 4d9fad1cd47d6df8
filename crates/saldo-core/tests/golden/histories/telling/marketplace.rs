//! What marketplaces settle, take for themselves, and defer.

use super::super::trade::{Deemed, Deferred, Parts, Settlement};
use super::trading::key;
use super::{By, Case, Item, Teller, When, gateway};
use saldo_core::commerce::{
    AgreementKind, BalanceKind, BalanceTransaction, Collector, Deferral, Fact, Gateway,
    MoneyMovement, MovementKind, PartKind, Payout, PayoutState, Period, RowPart, SaleKind,
    TaxAmount, Tender,
};

const BAZAAR: &str = "Clearing: Bazaar";

fn bazaar() -> Gateway {
    gateway("bazaar", "Bazaar")
}

impl Teller<'_> {
    pub(super) fn settlement(&mut self, number: u32, settlement: &Settlement) {
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
        // What it lacks it takes from a card.
        self.add_on(issued_on, if net < 0 { "Credit card" } else { "Bank" }, net);
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
    pub(super) fn deemed(&mut self, number: u32, deemed: &Deemed) {
        let Deemed { at, price, tax, is_vat, commission } = *deemed;
        let mut case = self.sold(number, at, price);
        let line = &mut case.order.agreements[0].lines[0];
        line.taxes.push(TaxAmount {
            title: if is_vat { "VAT" } else { "GST" }.to_owned(),
            rate: None,
            amount: self.money(tax),
            collector: Collector::Channel,
        });
        self.pay_there(&mut case, at, price + tax);
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
    pub(super) fn sold(&mut self, number: u32, at: When, price: i64) -> Case {
        let mut case = Case {
            order: self.bare_order(number, at),
            parcels: Vec::new(),
            returned: Vec::new(),
            number,
            lag: 0,
            paid: 0,
            left: 1,
        };
        let item = Item::untaxed(price);
        self.agree(&mut case, AgreementKind::Sale, at, &[(SaleKind::Product, 1, &item)]);
        case
    }

    /// A buyer pays the marketplace.
    fn pay_there(&self, case: &mut Case, at: When, minor: i64) {
        let movement = self.movement(case, MovementKind::Payment, By::Card, at, minor);
        let tender = Tender::Gateway(bazaar());
        case.order.movements.push(MoneyMovement { tender, ..movement });
    }

    /// What is owed for a sale and not settled when its month ends stands apart from then on, with
    /// the fees of it, until it is released: then a row of its own enters it.
    pub(super) fn deferred(&mut self, number: u32, deferred: &Deferred) {
        let Deferred { at, goods, commission, fulfilment, released, by_order } = *deferred;
        let case = by_order.then(|| {
            let mut case = self.sold(number, at, goods);
            self.pay_there(&mut case, at, goods);
            self.add(at, "Buyers", -goods);
            self.add(at, BAZAAR, goods);
            case
        });
        let of = [
            (PartKind::Goods, goods),
            (PartKind::Commission, -commission),
            (PartKind::FulfilmentFee, -fulfilment),
        ];
        let parts = of.map(|(kind, minor)| RowPart {
            kind,
            word: "WORD".to_owned(),
            amount: self.money(minor),
        });
        let owed = goods - commission - fulfilment;
        let fees = |sign: i64| {
            let of_commission = ("Marketplace commission", sign * commission);
            [of_commission, ("Marketplace fulfilment fees", sign * fulfilment)]
        };
        // The sale's money moves from where its order put it, or the sale is entered with it.
        let sale = if by_order { BAZAAR } else { "Trade" };
        let (id, source) = key("Deferral", number);
        let released = released.map(|days| at.later(days));
        let month_end = self.history.day(at).last_of_month();
        if released.is_none_or(|when| self.history.day(when) > month_end) {
            let back = released.map(|when| (self.history.day(when), -1));
            for (day, sign) in [Some((month_end, 1)), back].into_iter().flatten() {
                self.add_on(day, "Deferred balances", sign * owed);
                self.add_on(day, sale, -sign * goods);
                for (place, minor) in fees(sign) {
                    self.add_on(day, place, minor);
                }
            }
        }
        self.facts.push(Fact::Deferral(Box::new(Deferral {
            id,
            source,
            gateway: bazaar(),
            reason: "DD7".to_owned(),
            order: case.as_ref().map(|case| case.order.id.clone()),
            order_name: case.as_ref().map(|case| case.order.name.clone()),
            occurred_at: self.history.instant(at),
            released_at: released.map(|when| self.history.instant(when)),
            parts: parts.to_vec(),
            amount: self.money(owed),
        })));
        if let Some(when) = released {
            self.rows += 1;
            let amounts = (self.money(owed), self.money(0));
            let kind = BalanceKind::Itemised(parts.to_vec());
            self.facts.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
                gateway: bazaar(),
                ..self.bare_row(kind, when, amounts, case.as_ref())
            })));
            self.add(when, BAZAAR, if by_order { owed - goods } else { owed });
            if !by_order {
                self.add(when, "Trade", -goods);
            }
            for (place, minor) in fees(1) {
                self.add(when, place, minor);
            }
        }
        case.into_iter().for_each(|case| self.tell(case));
    }
}
