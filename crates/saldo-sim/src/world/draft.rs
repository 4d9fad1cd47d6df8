//! An order in the making: ids, agreements, movements of money and refunds.

use super::basket::{Basket, Item};
use super::order::{
    Action, Agreement, Amounts, Gateway, Line, LineKind, Minor, Order, Origin, Reason, Refund,
    Sale, Shipping, Transaction, TransactionKind, TransactionStatus, half_up,
};
use jiff::Timestamp;

/// The id of the first order; the others follow it.
pub(super) const FIRST_ORDER_ID: u64 = 6_100_000_000_001;
/// How many ids of parts an order has.
pub(super) const PARTS_PER_ORDER: u64 = 1_000;
/// What the card gateway charges: 2.9 percent and 30 minor units.
const FEE_PER_MILLE: i64 = 29;
/// The part of the fee that does not depend on the amount.
pub(crate) const FEE_FLAT: Minor = 30;

/// An order in the making.
pub(super) struct Draft {
    pub(super) order: Order,
    parts: u64,
}

/// What a new order is known by.
pub(super) struct Opening {
    /// Its place among the orders.
    pub(super) index: u32,
    pub(super) created_at: Timestamp,
    pub(super) processed_at: Timestamp,
    pub(super) origin: Origin,
    pub(super) customer: Option<usize>,
    pub(super) area: usize,
    pub(super) test: bool,
}

impl Draft {
    /// Opens an order with a basket: its first agreement.
    pub(super) fn open(opening: &Opening, basket: Basket, gift_cards_from: usize) -> Self {
        let order = Order {
            id: FIRST_ORDER_ID + u64::from(opening.index),
            number: 1001 + opening.index,
            customer: opening.customer,
            origin: opening.origin,
            created_at: opening.created_at,
            processed_at: opening.processed_at,
            cancelled_at: None,
            test: opening.test,
            area: opening.area,
            discount_code: basket.discount_code,
            lines: Vec::new(),
            shipping: None,
            agreements: Vec::new(),
            transactions: Vec::new(),
            refunds: Vec::new(),
            fulfilments: Vec::new(),
        };
        let mut draft = Self { order, parts: 0 };
        let at = opening.processed_at;
        let mut sales = Vec::new();
        for item in basket.items {
            let gift_card = item.product >= gift_cards_from;
            sales.push(draft.add_line(item, gift_card, at));
        }
        if let Some(amounts) = basket.shipping {
            let id = draft.part_id();
            draft.order.shipping = Some(Shipping { id, amounts });
            sales.push(draft.sale(Action::Order, LineKind::Shipping, None, None, amounts));
        }
        if basket.tip > 0 {
            let amounts = Amounts { gross: basket.tip, ..Amounts::default() };
            sales.push(draft.sale(Action::Order, LineKind::Tip, None, None, amounts));
        }
        draft.agree(at, Reason::Order, None, sales);
        draft
    }

    /// Adds an item, and gives the sale that says so.
    pub(super) fn add_line(&mut self, item: Item, gift_card: bool, at: Timestamp) -> Sale {
        let id = self.part_id();
        let place = self.order.lines.len();
        self.order.lines.push(Line {
            id,
            product: item.product,
            quantity: item.quantity,
            unit_price: item.unit_price,
            amounts: item.amounts,
            added_at: at,
        });
        let kind = if gift_card { LineKind::GiftCard } else { LineKind::Product };
        let quantity = Some(i64::from(item.quantity));
        self.sale(Action::Order, kind, Some(place), quantity, item.amounts)
    }

    /// A line of an agreement.
    pub(super) fn sale(
        &mut self,
        action: Action,
        kind: LineKind,
        line: Option<usize>,
        quantity: Option<i64>,
        amounts: Amounts,
    ) -> Sale {
        Sale { id: self.part_id(), action, kind, line, quantity, amounts }
    }

    /// Makes an agreement.
    pub(super) fn agree(
        &mut self,
        at: Timestamp,
        reason: Reason,
        refund: Option<usize>,
        sales: Vec<Sale>,
    ) {
        let id = self.part_id();
        self.order.agreements.push(Agreement { id, at, reason, refund, sales });
    }

    /// Moves money, for good.
    pub(super) fn transact(
        &mut self,
        at: Timestamp,
        kind: TransactionKind,
        gateway: Gateway,
        amount: Minor,
        parent: Option<u64>,
    ) -> u64 {
        let id = self.part_id();
        let charged = matches!(kind, TransactionKind::Sale | TransactionKind::Capture);
        let fee = match gateway {
            Gateway::Card if charged => half_up(amount * FEE_PER_MILLE, 1000) + FEE_FLAT,
            _ => 0,
        };
        let status = TransactionStatus::Success;
        let refund = None;
        self.order.transactions.push(Transaction {
            id,
            at,
            kind,
            status,
            gateway,
            amount,
            fee,
            rounding: 0,
            abroad: None,
            parent,
            refund,
        });
        id
    }

    /// Asks for money that does not come, or not yet.
    pub(super) fn ask(
        &mut self,
        at: Timestamp,
        status: TransactionStatus,
        gateway: Gateway,
        amount: Minor,
    ) -> u64 {
        let id = self.transact(at, TransactionKind::Sale, gateway, amount, None);
        if let Some(asked) = self.order.transactions.last_mut() {
            asked.status = status;
            asked.fee = 0;
        }
        id
    }

    /// The sale that takes units of an item back, after what was taken back before.
    pub(super) fn take_back(&mut self, line: usize, units: u32) -> Option<Sale> {
        let before = u32::try_from(self.order.returned_units(line, Timestamp::MAX)).ok()?;
        let item = self.order.lines.get(line)?;
        let upto = item.amounts.first_units(before + units, item.quantity);
        let amounts = item.amounts.first_units(before, item.quantity).less(&upto);
        let quantity = Some(-i64::from(units));
        Some(self.sale(Action::Return, LineKind::Product, Some(line), quantity, amounts))
    }

    /// The sales that take the whole order back, carriage and tip included.
    pub(super) fn take_back_all(&mut self) -> Vec<Sale> {
        let units: Vec<u32> = self.order.lines.iter().map(|line| line.quantity).collect();
        let mut sales: Vec<Sale> = units
            .into_iter()
            .enumerate()
            .filter_map(|(line, units)| self.take_back(line, units))
            .collect();
        let others: Vec<(LineKind, Amounts)> = self
            .order
            .sales_at(Timestamp::MAX)
            .filter(|sale| matches!(sale.kind, LineKind::Shipping | LineKind::Tip))
            .map(|sale| (sale.kind, sale.amounts.negated()))
            .collect();
        for (kind, amounts) in others {
            sales.push(self.sale(Action::Return, kind, None, None, amounts));
        }
        sales
    }

    /// Begins a refund with the lines that it takes back; what money moves comes after.
    pub(super) fn refund(&mut self, at: Timestamp, note: Option<&'static str>, sales: Vec<Sale>) {
        let id = self.part_id();
        let place = self.order.refunds.len();
        let restocked = sales.iter().any(|sale| sale.line.is_some());
        self.order.refunds.push(Refund { id, at, note, restocked });
        self.agree(at, Reason::Refund, Some(place), sales);
    }

    /// Gives what the shop owes back to where it came from, in the order of the gateways: what of
    /// it went to gift cards, and what to store credit.
    pub(super) fn give_back(&mut self, at: Timestamp) -> (Minor, Minor) {
        let mut owed = -self.order.outstanding(Timestamp::MAX);
        let mut sources: Vec<(Gateway, u64, Minor)> = self
            .order
            .transactions
            .iter()
            .filter(|each| each.status == TransactionStatus::Success)
            .filter(|each| matches!(each.kind, TransactionKind::Sale | TransactionKind::Capture))
            .map(|each| (each.gateway, each.id, self.kept_of(each)))
            .collect();
        sources.sort_unstable();
        let (mut cards, mut credit) = (0, 0);
        for (gateway, parent, kept) in sources {
            let amount = owed.min(kept);
            if amount <= 0 {
                continue;
            }
            self.pay_out(at, gateway, amount, Some(parent));
            owed -= amount;
            match gateway {
                Gateway::GiftCard => cards += amount,
                Gateway::StoreCredit => credit += amount,
                _ => {}
            }
        }
        (cards, credit)
    }

    /// Gives money back for the latest refund.
    pub(super) fn pay_out(
        &mut self,
        at: Timestamp,
        gateway: Gateway,
        amount: Minor,
        parent: Option<u64>,
    ) {
        self.transact(at, TransactionKind::Refund, gateway, amount, parent);
        let place = self.order.refunds.len().checked_sub(1);
        if let Some(paid) = self.order.transactions.last_mut() {
            paid.refund = place;
        }
    }

    /// What is left of a payment after the change and refunds that followed it.
    fn kept_of(&self, payment: &Transaction) -> Minor {
        let followed =
            self.order.transactions.iter().filter(|each| each.parent == Some(payment.id));
        let gone = followed
            .filter(|each| matches!(each.kind, TransactionKind::Refund | TransactionKind::Change))
            .map(|each| each.amount)
            .sum::<Minor>();
        payment.amount - gone
    }

    /// The order, its movements of money in order of time, without room to grow: worlds are large.
    pub(super) fn finish(mut self) -> Order {
        self.order.transactions.sort_by_key(|each| each.at);
        self.order.lines.shrink_to_fit();
        self.order.agreements.shrink_to_fit();
        for agreement in &mut self.order.agreements {
            agreement.sales.shrink_to_fit();
        }
        self.order.transactions.shrink_to_fit();
        self.order.refunds.shrink_to_fit();
        self.order
    }

    fn part_id(&mut self) -> u64 {
        self.parts += 1;
        self.order.id * PARTS_PER_ORDER + self.parts
    }
}
