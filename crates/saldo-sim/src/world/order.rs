//! Orders with their whole future: what is agreed when, and what money moves when.
//!
//! Every object carries its instant. A view "as of now" leaves out what has not happened yet.

use super::abroad::Abroad;
use super::catalogue::{TAX_AREAS, TaxArea, UNTAXED_AREA};
use super::delivery::Fulfilment;
use jiff::Timestamp;

/// An amount in minor units of the shop's currency.
pub type Minor = i64;

/// Where an order came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The shop on the web.
    Web,
    /// The shop's counter.
    Counter,
    /// An order drawn up by staff, for a company.
    Draft,
}

/// By what a buyer pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gateway {
    /// Cards, through the gateway whose ledger and payouts the world has.
    Card,
    /// Another gateway, whose payouts the shop platform never sees.
    PayPal,
    /// Notes and coins.
    Cash,
    /// A gift card of the shop.
    GiftCard,
    /// Credit that the shop had granted.
    StoreCredit,
    /// A wallet of the shop platform, made good in the card gateway's ledger.
    Wallet,
    /// A transfer to the merchant's bank, marked as received by hand.
    BankDeposit,
    /// The rehearsal gateway of test orders.
    Rehearsal,
}

/// What a line of an agreement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Goods.
    Product,
    /// Carriage.
    Shipping,
    /// A tip.
    Tip,
    /// A gift card.
    GiftCard,
    /// Money without an item.
    Adjustment,
    /// Duties, collected for the customs of the buyer's country.
    Duty,
    /// A kind that no reader knows yet.
    Unknown,
}

/// Amounts of one line: the taxes are in the order of the area's levies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// The price before discount, without tax.
    pub gross: Minor,
    /// The discount that the line itself has.
    pub own_discount: Minor,
    /// The line's share of a discount on the whole order.
    pub shared_discount: Minor,
    /// Whether the line is taxed at all.
    pub taxed: bool,
    /// The taxes.
    pub taxes: [Minor; 2],
}

impl Amounts {
    /// Both discounts together.
    #[must_use]
    pub fn discount(&self) -> Minor {
        self.own_discount + self.shared_discount
    }

    /// The price after discount, without tax.
    #[must_use]
    pub fn net(&self) -> Minor {
        self.gross - self.discount()
    }

    /// The taxes together.
    #[must_use]
    pub fn tax(&self) -> Minor {
        self.taxes.iter().sum()
    }

    /// What the buyer owes for it.
    #[must_use]
    pub fn total(&self) -> Minor {
        self.net() + self.tax()
    }

    /// The amounts with the other sign: what a full return takes back.
    #[must_use]
    pub fn negated(&self) -> Self {
        self.map(|amount| -amount)
    }

    /// The part of the first `units` of `whole` units, so that parts of one line telescope: what is
    /// returned unit by unit sums to the line.
    #[must_use]
    pub fn first_units(&self, units: u32, whole: u32) -> Self {
        self.map(|amount| half_up(amount * i64::from(units), i64::from(whole.max(1))))
    }

    /// The difference to other amounts of the same line.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let [first, second] = self.taxes;
        let [other_first, other_second] = other.taxes;
        Self {
            gross: self.gross - other.gross,
            own_discount: self.own_discount - other.own_discount,
            shared_discount: self.shared_discount - other.shared_discount,
            taxed: self.taxed,
            taxes: [first - other_first, second - other_second],
        }
    }

    fn map(&self, change: impl Fn(Minor) -> Minor) -> Self {
        Self {
            gross: change(self.gross),
            own_discount: change(self.own_discount),
            shared_discount: change(self.shared_discount),
            taxed: self.taxed,
            taxes: self.taxes.map(change),
        }
    }
}

/// Divides, and rounds halves away from zero.
pub(crate) fn half_up(dividend: i64, divisor: i64) -> i64 {
    let rounded = (dividend.abs() * 2 + divisor) / (divisor * 2);
    rounded * dividend.signum()
}

/// An item of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The id, unique among lines.
    pub id: u64,
    /// Which product, by its place in the catalogue.
    pub product: usize,
    /// How many units were ordered; later removals and returns are not taken off.
    pub quantity: u32,
    /// The price of a unit before discount.
    pub unit_price: Minor,
    /// The amounts of all units.
    pub amounts: Amounts,
    /// When it joined the order.
    pub added_at: Timestamp,
}

/// Carriage on an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipping {
    /// The id, unique among shipping lines.
    pub id: u64,
    /// Its amounts.
    pub amounts: Amounts,
}

/// What an agreement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The sale itself.
    Order,
    /// A later change of the items.
    Edit,
    /// Goods or money go back.
    Refund,
}

/// What a line of an agreement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It adds to what is owed.
    Order,
    /// It takes from what is owed.
    Return,
}

/// A line of an agreement. Final once made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The id, unique among sales.
    pub id: u64,
    /// What it does.
    pub action: Action,
    /// What it is about.
    pub kind: LineKind,
    /// Which item, by its place in the order, for goods and gift cards.
    pub line: Option<usize>,
    /// Units, signed as the amounts.
    pub quantity: Option<i64>,
    /// The amounts: negative where the buyer owes less.
    pub amounts: Amounts,
}

/// A moment at which buyer and shop agreed on something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The id, unique among agreements.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// What it is.
    pub reason: Reason,
    /// Which refund it belongs to, by its place in the order.
    pub refund: Option<usize>,
    /// Its lines. A refund that only pays out an earlier edit has none.
    pub sales: Vec<Sale>,
}

/// Goods or money that went back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The id, unique among refunds.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Why, in the words of the staff.
    pub note: Option<&'static str>,
    /// Whether the goods went back on the shelf.
    pub restocked: bool,
}

/// What a movement of money does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionKind {
    /// Sets money aside.
    Authorization,
    /// Takes money that was set aside.
    Capture,
    /// Takes money at once.
    Sale,
    /// Gives money back.
    Refund,
    /// Ends an authorisation unused.
    Void,
    /// Gives change on notes.
    Change,
}

/// Whether a movement took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// It did.
    Success,
    /// It is awaited.
    Pending,
    /// It did not.
    Failure,
}

/// Money that moved, or was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The id, unique among transactions.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// What it does.
    pub kind: TransactionKind,
    /// Whether it did.
    pub status: TransactionStatus,
    /// By what.
    pub gateway: Gateway,
    /// How much, always positive.
    pub amount: Minor,
    /// What the card gateway charges for it.
    pub fee: Minor,
    /// What cash was rounded by, to the coins that there are: it moved beyond the amount.
    pub rounding: Minor,
    /// What it was in the buyer's currency, where that is another than the shop's.
    pub abroad: Option<Abroad>,
    /// The transaction that it follows.
    pub parent: Option<u64>,
    /// Which refund it belongs to, by its place in the order.
    pub refund: Option<usize>,
}

/// How an order stands with its money, in the words of the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Nothing yet.
    Pending,
    /// Set aside.
    Authorized,
    /// Some.
    PartiallyPaid,
    /// All.
    Paid,
    /// Some went back.
    PartiallyRefunded,
    /// All went back.
    Refunded,
    /// Called off before anything was taken.
    Voided,
}

/// An order with its whole future.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The id, unique among orders.
    pub id: u64,
    /// The number that people use, from 1001.
    pub number: u32,
    /// Who buys, by its place among the customers.
    pub customer: Option<usize>,
    /// Where it came from.
    pub origin: Origin,
    /// When the platform heard of it: before this instant nobody sees it.
    pub created_at: Timestamp,
    /// When the sale happened; earlier than `created_at` where the counter was offline.
    pub processed_at: Timestamp,
    /// When it was called off.
    pub cancelled_at: Option<Timestamp>,
    /// A rehearsal without real money.
    pub test: bool,
    /// Which place it is taxed in, by its place in [`TAX_AREAS`].
    pub area: usize,
    /// The code of a discount on the whole order.
    pub discount_code: Option<&'static str>,
    /// The items, added ones included.
    pub lines: Vec<Line>,
    /// The carriage.
    pub shipping: Option<Shipping>,
    /// The agreements, in order of time.
    pub agreements: Vec<Agreement>,
    /// The movements of money, in order of time.
    pub transactions: Vec<Transaction>,
    /// The refunds, in order of time.
    pub refunds: Vec<Refund>,
    /// What was handed over, in order of time.
    pub fulfilments: Vec<Fulfilment>,
}

impl Order {
    /// The words that the staff put on it: what companies order is wholesale, and now and then
    /// somebody of the staff buys.
    pub fn tags(&self) -> impl Iterator<Item = &'static str> {
        let wholesale = (self.origin == Origin::Draft).then_some("wholesale");
        let staff = (self.origin == Origin::Counter && self.number % 40 == 7).then_some("staff");
        wholesale.into_iter().chain(staff)
    }

    /// The country of its buyer, by two letters.
    #[must_use]
    pub fn country(&self) -> &'static str {
        if self.transactions.iter().any(|each| each.abroad.is_some()) { "IE" } else { "US" }
    }

    /// The place that it is taxed in.
    #[must_use]
    pub fn tax_area(&self) -> TaxArea {
        TAX_AREAS.get(self.area).copied().unwrap_or(UNTAXED_AREA)
    }

    /// The state and the postal code that its goods are sent to, in the United States.
    #[must_use]
    pub fn place_of_delivery(&self) -> Option<(&'static str, &'static str)> {
        (self.country() == "US").then(|| self.tax_area().place)
    }

    /// The instants at which it changes, its creation first, the others in no order.
    pub fn changes(&self) -> impl Iterator<Item = Timestamp> {
        let agreements = self.agreements.iter().map(|agreement| agreement.at);
        let transactions = self.transactions.iter().map(|transaction| transaction.at);
        let refunds = self.refunds.iter().map(|refund| refund.at);
        let parcels = self.fulfilments.iter();
        let parcels = parcels.flat_map(|each| std::iter::once(each.at).chain(each.cancelled_at));
        let later = agreements.chain(transactions).chain(refunds).chain(parcels);
        let later = later.chain(self.cancelled_at);
        let created_at = self.created_at;
        std::iter::once(created_at).chain(later.map(move |at| at.max(created_at)))
    }

    /// When it last changed, as of now.
    #[must_use]
    pub fn updated_at(&self, now: Timestamp) -> Timestamp {
        self.changes().filter(|at| *at <= now).fold(self.created_at, Timestamp::max)
    }

    /// The agreements made until now.
    pub fn agreements_at(&self, now: Timestamp) -> impl Iterator<Item = &Agreement> {
        self.agreements.iter().filter(move |agreement| agreement.at <= now)
    }

    /// The lines of the agreements made until now.
    pub fn sales_at(&self, now: Timestamp) -> impl Iterator<Item = &Sale> {
        self.agreements_at(now).flat_map(|agreement| &agreement.sales)
    }

    /// The movements of money made or asked for until now.
    pub fn transactions_at(&self, now: Timestamp) -> impl Iterator<Item = &Transaction> {
        self.transactions.iter().filter(move |transaction| transaction.at <= now)
    }

    /// What the buyer owes in all, as of now.
    #[must_use]
    pub fn total(&self, now: Timestamp) -> Minor {
        self.sales_at(now).map(|sale| sale.amounts.total()).sum()
    }

    /// What was received, change taken off, as of now.
    #[must_use]
    pub fn received(&self, now: Timestamp) -> Minor {
        self.moved(now, |kind| match kind {
            TransactionKind::Sale | TransactionKind::Capture => 1,
            TransactionKind::Change => -1,
            _ => 0,
        })
    }

    /// What was given back, as of now.
    #[must_use]
    pub fn refunded(&self, now: Timestamp) -> Minor {
        self.moved(now, |kind| i64::from(kind == TransactionKind::Refund))
    }

    /// What is still to be paid; negative where the shop owes, as of now.
    #[must_use]
    pub fn outstanding(&self, now: Timestamp) -> Minor {
        self.total(now) - self.received(now) + self.refunded(now)
    }

    /// What is set aside and can still be taken, as of now.
    #[must_use]
    pub fn capturable(&self, now: Timestamp) -> Minor {
        let authorised = self.moved(now, |kind| match kind {
            TransactionKind::Authorization => 1,
            TransactionKind::Capture | TransactionKind::Void => -1,
            _ => 0,
        });
        authorised.max(0)
    }

    /// How it stands with its money, as of now.
    #[must_use]
    pub fn payment_state(&self, now: Timestamp) -> PaymentState {
        let (received, refunded) = (self.received(now), self.refunded(now));
        let voided = self.transactions_at(now).any(|each| each.kind == TransactionKind::Void);
        if refunded > 0 {
            let all = refunded >= received;
            return if all { PaymentState::Refunded } else { PaymentState::PartiallyRefunded };
        }
        if received == 0 && voided {
            return PaymentState::Voided;
        }
        if received == 0 && self.capturable(now) > 0 {
            return PaymentState::Authorized;
        }
        match self.outstanding(now) {
            open if open <= 0 => PaymentState::Paid,
            _ if received > 0 => PaymentState::PartiallyPaid,
            _ => PaymentState::Pending,
        }
    }

    /// How many units of an item were taken off or sent back, as of now.
    #[must_use]
    pub fn returned_units(&self, line: usize, now: Timestamp) -> i64 {
        let returns = self.sales_at(now).filter(|sale| sale.action == Action::Return);
        let of_line = returns.filter(|sale| sale.line == Some(line));
        -of_line.filter_map(|sale| sale.quantity).sum::<i64>()
    }

    fn moved(&self, now: Timestamp, sign: impl Fn(TransactionKind) -> i64) -> Minor {
        self.transactions_at(now)
            .filter(|each| each.status == TransactionStatus::Success)
            .map(|each| each.amount * sign(each.kind))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_away_from_zero() {
        let cases = [(5, 10, 1), (4, 10, 0), (-5, 10, -1), (15, 10, 2), (0, 7, 0), (-149, 100, -1)];
        for (dividend, divisor, expected) in cases {
            assert_eq!(half_up(dividend, divisor), expected, "{dividend}/{divisor}");
        }
    }

    #[test]
    fn parts_of_a_line_sum_to_the_line() {
        let line = Amounts {
            gross: 1_000,
            own_discount: 33,
            shared_discount: 17,
            taxed: true,
            taxes: [38, 43],
        };
        let mut before = Amounts::default();
        let mut sum = 0;
        for units in 1..=3 {
            let upto = line.first_units(units, 3);
            sum += upto.less(&before).total();
            before = upto;
        }
        assert_eq!(sum, line.total());
    }
}
