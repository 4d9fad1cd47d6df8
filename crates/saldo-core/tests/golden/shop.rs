//! A small language for facts: what happened, in a line or two.

use jiff::Timestamp;
use saldo_core::commerce::{
    Agreement, AgreementKind, Assortment, BalanceKind, BalanceTransaction, Buyer, BuyerKind,
    Collector, Decided, Decision, Dispute, DisputeOutcome, Event, Fact, Fulfilment, Gateway, Goods,
    MoneyMovement, Move, MovementKind, MovementState, Order, OrderedItem, Payout, PayoutState,
    Product, RecordRef, Said, SaleKind, SaleLine, TakenBack, TaxAmount, Telling, Tender, Units,
};
use saldo_core::commerce::{Conversion, FeeKind, MovementFee, Settlement};
use saldo_core::money::{Currency, Money};
use saldo_core::text::FactId;

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

pub(crate) fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

pub(crate) fn money(text: &str) -> Money {
    Money::parse(text, usd()).unwrap()
}

/// Noon in New York on a day of 2026: `03-17`.
pub(crate) fn at(day: &str) -> Timestamp {
    format!("2026-{day}T17:00:00Z").parse().unwrap()
}

pub(crate) fn source(id: &str) -> RecordRef {
    RecordRef { connection: "shop".into(), stream: "all".into(), id: id.to_owned() }
}

pub(crate) fn gateway(id: &str) -> Gateway {
    let name = match id {
        "shopify_payments" => "Shopify Payments",
        "paypal" => "PayPal",
        "shop_cash" => "Shop Cash",
        "amazon" => "Amazon",
        "ebay" => "eBay",
        other => other,
    };
    let tells_payouts = matches!(id, "shopify_payments" | "amazon" | "ebay");
    Gateway { id: id.into(), name: name.to_owned(), tells_payouts }
}

fn tender(id: &str) -> Tender {
    match id {
        "gift_card" => Tender::GiftCard,
        "store_credit" => Tender::StoreCredit,
        other => Tender::Gateway(gateway(other)),
    }
}

/// An order under construction.
#[derive(Clone)]
pub(crate) struct Shop(pub(crate) Order);

/// An order of a day.
pub(crate) fn order(day: &str) -> Shop {
    Shop(Order {
        id: "shop/Order/1".into(),
        source: source("Order/1"),
        name: "#1001".to_owned(),
        processed_at: at(day),
        cancelled_at: None,
        test: false,
        currency: usd(),
        prices_include_tax: false,
        origin: "web".to_owned(),
        location: None,
        presented_in: None,
        tags: Vec::new(),
        customer: None,
        customer_name: None,
        buyer: Buyer::default(),
        agreements: Vec::new(),
        movements: Vec::new(),
        telling: Telling::Interface,
    })
}

/// A line: kind, gross, discount, tax.
pub(crate) type LineWords<'a> = (SaleKind, &'a str, &'a str, &'a str);

impl Shop {
    pub(crate) fn agree(mut self, kind: AgreementKind, day: &str, lines: &[LineWords<'_>]) -> Self {
        let number = self.0.agreements.len() + 1;
        let line = |(index, (kind, gross, discount, tax)): (usize, &LineWords<'_>)| SaleLine {
            id: format!("Sale/{number}{index}"),
            kind: kind.clone(),
            quantity: Some(if gross.starts_with('-') { -1 } else { 1 }),
            product: matches!(kind, SaleKind::Product).then(|| Product {
                id: None,
                sku: Some("MUG".to_owned()),
                title: "Mug".to_owned(),
            }),
            assortment: Assortment::default(),
            item: matches!(kind, SaleKind::Product)
                .then(|| OrderedItem { id: "Item/1".to_owned(), is_handed_over: true }),
            gross: money(gross),
            discount: money(discount),
            taxes: vec![TaxAmount {
                title: "Sales tax".to_owned(),
                rate: None,
                amount: money(tax),
                collector: Collector::Merchant,
            }],
        };
        self.0.agreements.push(Agreement {
            id: format!("Agreement/{number}"),
            kind,
            happened_at: at(day),
            lines: lines.iter().enumerate().map(line).collect(),
        });
        self
    }

    pub(crate) fn sale(self, day: &str, lines: &[LineWords<'_>]) -> Self {
        self.agree(AgreementKind::Sale, day, lines)
    }

    pub(crate) fn refund(self, day: &str, lines: &[LineWords<'_>]) -> Self {
        self.agree(AgreementKind::Refund, day, lines)
    }

    /// The lines of the last agreement are of these items, and of so many units.
    pub(crate) fn of_items(mut self, items: &[(&str, i64)]) -> Self {
        let lines = &mut self.0.agreements.last_mut().expect("an agreement").lines;
        for (line, (item, units)) in lines.iter_mut().zip(items) {
            line.quantity = Some(*units);
            if let Some(known) = &mut line.item {
                (*item).clone_into(&mut known.id);
            }
        }
        self
    }

    /// The lines of the last agreement are of these products, and of so many units.
    pub(crate) fn of_products(self, products: &[(&str, i64)]) -> Self {
        let mut order = self.of_items(products);
        let lines = &mut order.0.agreements.last_mut().expect("an agreement").lines;
        for (line, (sku, _)) in lines.iter_mut().zip(products) {
            line.product = Some(super::warehouse::product(sku));
        }
        order
    }

    /// Nothing of it is handed over: it is a service.
    pub(crate) fn of_services(mut self) -> Self {
        let lines = self.0.agreements.iter_mut().flat_map(|agreement| &mut agreement.lines);
        for item in lines.filter_map(|line| line.item.as_mut()) {
            item.is_handed_over = false;
        }
        self
    }

    /// Told by a file alone.
    pub(crate) fn by_file(mut self) -> Self {
        self.0.telling = Telling::File(Vec::new());
        self
    }

    /// The sale of S1: items 100.00, discount 10.00, shipping 8.00, tax 8.25 % on 90.00.
    pub(crate) fn sale_of_s1(self, day: &str) -> Self {
        let items = (SaleKind::Product, "100.00", "10.00", "7.43");
        self.sale(day, &[items, (SaleKind::Shipping, "8.00", "0.00", "0.00")])
    }

    pub(crate) fn movement(
        mut self,
        kind: MovementKind,
        day: &str,
        by: &str,
        amount: &str,
    ) -> Self {
        self.0.movements.push(MoneyMovement {
            id: format!("Transaction/{}", self.0.movements.len() + 1),
            kind,
            state: MovementState::Succeeded,
            tender: tender(by),
            processed_at: at(day),
            amount: money(amount),
            rounding: None,
            conversion: None,
            fees: Vec::new(),
            test: false,
        });
        self
    }

    /// The last movement was so many euros, worth so many dollars when it moved, and settled at a
    /// rate in this currency.
    pub(crate) fn in_euros(mut self, euros: &str, worth: &str, settled: (&str, &str)) -> Self {
        let (code, rate) = settled;
        self.0.movements.last_mut().expect("a movement").conversion = Some(Conversion {
            presented: Money::parse(euros, eur()).unwrap(),
            worth: money(worth),
            settled: Some(Settlement {
                currency: Currency::parse(code).unwrap(),
                rate: rate.parse().unwrap(),
            }),
        });
        self
    }

    /// Kept in this currency, numbers as they are.
    pub(crate) fn in_currency(mut self, code: &str) -> Self {
        let currency = Currency::parse(code).unwrap();
        let lines = self.0.agreements.iter_mut().flat_map(|agreement| &mut agreement.lines);
        for line in lines {
            line.gross = Money::from_minor(line.gross.minor(), currency);
            line.discount = Money::from_minor(line.discount.minor(), currency);
            line.taxes.clear();
        }
        self.0.currency = currency;
        self
    }

    /// The last movement was rounded to the coins that there are.
    pub(crate) fn rounded(mut self, by: &str) -> Self {
        self.0.movements.last_mut().expect("a movement").rounding = Some(money(by));
        self
    }

    /// The last movement's fee has these parts.
    pub(crate) fn fees(mut self, parts: &[(FeeKind, &str)]) -> Self {
        let part = |(kind, amount): &(FeeKind, &str)| MovementFee {
            kind: kind.clone(),
            amount: money(amount),
            tax: None,
        };
        self.0.movements.last_mut().expect("a movement").fees = parts.iter().map(part).collect();
        self
    }

    /// The first part of the last movement's fee bears this tax.
    pub(crate) fn fee_taxed(mut self, tax: &str) -> Self {
        let fees = &mut self.0.movements.last_mut().expect("a movement").fees;
        fees.first_mut().expect("a part").tax = Some(money(tax));
        self
    }

    pub(crate) fn paid(self, day: &str, by: &str, amount: &str) -> Self {
        self.movement(MovementKind::Payment, day, by, amount)
    }

    pub(crate) fn repaid(self, day: &str, by: &str, amount: &str) -> Self {
        self.movement(MovementKind::Refund, day, by, amount)
    }

    /// Another order than the first.
    pub(crate) fn numbered(mut self, number: u32) -> Self {
        self.0.id = format!("shop/Order/{number}").into();
        self.0.source = source(&format!("Order/{number}"));
        self.0.name = format!("#{}", 1_000 + number);
        self
    }

    /// Sold at a location.
    pub(crate) fn located(mut self, location: &str) -> Self {
        self.0.location = Some(location.to_owned());
        self
    }

    /// With these words of the shop on it.
    pub(crate) fn tagged(mut self, tags: &[&str]) -> Self {
        self.0.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self
    }

    /// Bought by a buyer with these words of the shop.
    pub(crate) fn bought_by(mut self, kind: BuyerKind, country: &str, tags: &[&str]) -> Self {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let country = Some(country.to_owned());
        self.0.buyer = Buyer {
            tags,
            kind: Some(kind),
            ships_to: country.clone(),
            country,
            ..Buyer::default()
        };
        self
    }

    /// Sent to this place in the United States.
    pub(crate) fn sent_to(mut self, region: &str, postal_code: &str) -> Self {
        let own = |text: &str| Some(text.to_owned());
        self.0.buyer = Buyer {
            country: own("US"),
            ships_to: own("US"),
            region: own(region),
            postal_code: own(postal_code),
            ..Buyer::default()
        };
        self
    }

    /// Nothing is sent; the bill goes to this country.
    pub(crate) fn billed_to(mut self, country: &str) -> Self {
        self.0.buyer.country = Some(country.to_owned());
        self
    }

    /// Sold at this point of sale.
    pub(crate) fn from(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.0.origin);
        self
    }

    /// The buyer saw prices in this currency.
    pub(crate) fn presented_in(mut self, code: &str) -> Self {
        self.0.presented_in = Some(Currency::parse(code).unwrap());
        self
    }

    /// All products are of this type and vendor.
    pub(crate) fn of_assortment(mut self, product_type: &str, vendor: &str) -> Self {
        let lines = self.0.agreements.iter_mut().flat_map(|agreement| &mut agreement.lines);
        for line in lines.filter(|line| line.product.is_some()) {
            line.assortment = Assortment {
                product_type: Some(product_type.to_owned()),
                vendor: Some(vendor.to_owned()),
            };
        }
        self
    }

    /// All of it taxed by this tax and rate.
    pub(crate) fn taxed(mut self, title: &str, percent: i64) -> Self {
        let lines = self.0.agreements.iter_mut().flat_map(|agreement| &mut agreement.lines);
        for tax in lines.flat_map(|line| &mut line.taxes) {
            title.clone_into(&mut tax.title);
            tax.rate = Some(percent.into());
        }
        self
    }

    /// Its lines taxed at these rates, in their order.
    pub(crate) fn at_rates(mut self, percents: &[i64]) -> Self {
        let lines = self.0.agreements.iter_mut().flat_map(|agreement| &mut agreement.lines);
        for (line, percent) in lines.zip(percents) {
            line.taxes.iter_mut().for_each(|tax| tax.rate = Some((*percent).into()));
        }
        self
    }

    /// All of its tax is collected by the channel, which owes it itself.
    pub(crate) fn tax_kept(mut self) -> Self {
        let lines = self.0.agreements.iter_mut().flat_map(|agreement| &mut agreement.lines);
        for tax in lines.flat_map(|line| &mut line.taxes) {
            tax.collector = Collector::Channel;
        }
        self
    }

    /// The last movement is in this state.
    pub(crate) fn in_state(mut self, state: MovementState) -> Self {
        self.0.movements.last_mut().expect("a movement").state = state;
        self
    }

    pub(crate) fn cancelled(mut self, day: &str) -> Self {
        self.0.cancelled_at = Some(at(day));
        self
    }

    pub(crate) fn fact(self) -> Fact {
        Fact::Order(Box::new(self.0))
    }
}

/// A row of Shopify Payments: kind, amount, fee; of the order's first movement where it is a
/// charge.
pub(crate) fn row(number: u32, day: &str, kind: BalanceKind, amount: &str, fee: &str) -> Fact {
    row_of("shopify_payments", number, day, kind, amount, fee)
}

pub(crate) fn row_of(
    by: &str,
    number: u32,
    day: &str,
    kind: BalanceKind,
    amount: &str,
    fee: &str,
) -> Fact {
    let (amount, fee) = (money(amount), money(fee));
    let of_order = matches!(kind, BalanceKind::Charge | BalanceKind::Refund);
    Fact::BalanceTransaction(Box::new(BalanceTransaction {
        id: format!("shop/Row/{number}").into(),
        source: source(&format!("Row/{number}")),
        gateway: gateway(by),
        vendor_type: "WORD".to_owned(),
        occurred_at: at(day),
        amount,
        fee,
        net: amount.minus(fee).unwrap(),
        worth: None,
        order: of_order.then(|| FactId::new("shop/Order/1")),
        order_name: of_order.then(|| "#1001".to_owned()),
        by_file: false,
        movement: of_order.then(|| "Transaction/1".to_owned()),
        payout: None,
        paid_out: None,
        test: false,
        kind,
    }))
}

/// A row or payout of the same numbers in euros.
pub(crate) fn euros(fact: Fact) -> Fact {
    let euros = |amount: Money| Money::from_minor(amount.minor(), eur());
    match fact {
        Fact::BalanceTransaction(row) => Fact::BalanceTransaction(Box::new(BalanceTransaction {
            amount: euros(row.amount),
            fee: euros(row.fee),
            net: euros(row.net),
            ..*row
        })),
        Fact::Payout(payout) => Fact::Payout(Payout { net: euros(payout.net), ..payout }),
        other => other,
    }
}

/// A row of another order, and of this movement of it.
pub(crate) fn about(fact: Fact, order: u32, movement: u32) -> Fact {
    match fact {
        Fact::BalanceTransaction(mut row) => {
            row.order = Some(format!("shop/Order/{order}").into());
            row.order_name = Some(format!("#{}", 1_000 + order));
            row.movement = Some(format!("Transaction/{movement}"));
            Fact::BalanceTransaction(row)
        }
        other => other,
    }
}

/// A row that was paid out in a payout.
pub(crate) fn in_payout(fact: Fact, number: u32) -> Fact {
    match fact {
        Fact::BalanceTransaction(mut row) => {
            row.payout = Some(format!("shop/Payout/{number}").into());
            Fact::BalanceTransaction(row)
        }
        other => other,
    }
}

pub(crate) fn payout(by: &str, number: u32, day: &str, net: &str, state: PayoutState) -> Fact {
    Fact::Payout(Payout {
        id: format!("shop/Payout/{number}").into(),
        source: source(&format!("Payout/{number}")),
        gateway: gateway(by),
        state,
        issued_on: format!("2026-{day}").parse().unwrap(),
        arrived_on: None,
        net: money(net),
        by_rows: false,
        bank_reference: None,
        period: None,
    })
}

pub(crate) fn arrived(fact: Fact, day: &str) -> Fact {
    match fact {
        Fact::Payout(payout) => Fact::Payout(Payout {
            arrived_on: Some(format!("2026-{day}").parse().unwrap()),
            ..payout
        }),
        other => other,
    }
}

pub(crate) fn dispute(day: &str, outcome: DisputeOutcome, amount: &str) -> Fact {
    Fact::Dispute(Dispute {
        id: "shop/Dispute/1".into(),
        source: source("Dispute/1"),
        order: None,
        outcome,
        finalised_at: Some(at(day)),
        amount: money(amount),
        reason: None,
    })
}

/// A decision of the owner, the first one, entered on a day.
pub(crate) fn decided(day: &str, decided: Decided) -> Fact {
    Fact::Decision(Box::new(Decision {
        id: "owner/Decision/1".into(),
        source: RecordRef { connection: "owner".into(), ..source("Decision/1") },
        said: Said {
            by: "owner".to_owned(),
            at: at(day),
            on: format!("2026-{day}").parse().unwrap(),
            decided,
            taken_back: None,
        },
    }))
}

pub(crate) fn write_off(day: &str, relieve_tax: bool) -> Fact {
    decided(day, Decided::WriteOff { order: "shop/Order/1".into(), relieve_tax })
}

/// What happened on a day, as the owner states it.
pub(crate) fn event(day: &str, event: Event) -> Fact {
    decided(day, Decided::Event(event))
}

/// An entry that the owner decided: places with amounts, debit positive.
pub(crate) fn entry(day: &str, moves: &[(&str, &str)]) -> Fact {
    let moves = moves
        .iter()
        .map(|(place, amount)| Move { place: place.parse().unwrap(), amount: money(amount) });
    let memo = "As decided".to_owned();
    decided(day, Decided::Entry { memo, moves: moves.collect(), reversed_on: None })
}

/// Another decision than the first.
pub(crate) fn no(number: u32, fact: Fact) -> Fact {
    match fact {
        Fact::Decision(mut decision) => {
            decision.id = format!("owner/Decision/{number}").into();
            Fact::Decision(decision)
        }
        other => other,
    }
}

/// All of an entry is taken back on a day.
pub(crate) fn reversed(fact: Fact, day: &str) -> Fact {
    match fact {
        Fact::Decision(mut decision) => {
            if let Decided::Entry { reversed_on, .. } = &mut decision.said.decided {
                *reversed_on = Some(format!("2026-{day}").parse().unwrap());
            }
            Fact::Decision(decision)
        }
        other => other,
    }
}

/// A decision that was taken back.
pub(crate) fn undone(fact: Fact) -> Fact {
    match fact {
        Fact::Decision(mut decision) => {
            let at = decision.said.at;
            decision.said.taken_back = Some(TakenBack { by: "owner".to_owned(), at });
            Fact::Decision(decision)
        }
        other => other,
    }
}

/// A parcel: its day, and its items with their units.
pub(crate) type Parcel<'a> = (&'a str, &'a [(&'a str, u32)]);

/// What was handed over for the first order.
pub(crate) fn goods(parcels: &[Parcel<'_>]) -> Goods {
    let parcel = |(index, (day, parts)): (usize, &Parcel<'_>)| Fulfilment {
        id: format!("Fulfilment/{}", index + 1),
        at: at(day),
        cancelled_at: None,
        parts: parts.iter().map(|(item, count)| units(item, *count)).collect(),
    };
    Goods {
        id: "shop/Goods/1".into(),
        source: source("Goods/1"),
        order: "shop/Order/1".into(),
        test: false,
        fulfilments: parcels.iter().enumerate().map(parcel).collect(),
        returned: Vec::new(),
    }
}

fn units(item: &str, count: u32) -> Units {
    Units { item: item.to_owned(), product: None, count, components: Vec::new() }
}

/// A parcel of these goods never left, as it turned out on a day.
pub(crate) fn called_off(mut goods: Goods, parcel: usize, day: &str) -> Goods {
    goods.fulfilments[parcel].cancelled_at = Some(at(day));
    goods
}

pub(crate) fn told(goods: Goods) -> Fact {
    Fact::Goods(Box::new(goods))
}
