//! The stories that a world tells about its orders.

use super::abroad::go_abroad;
use super::basket::{self, Wish};
use super::catalogue::{COMPANY_COUNT, COUNTER_AREA, Customer, GOODS, Product, TAX_AREAS};
use super::chance::Chance;
use super::draft::{Draft, Opening};
use super::order::{
    Action, Amounts, Gateway, LineKind, Minor, Order, Origin, Reason, TransactionKind,
    TransactionStatus, half_up,
};
use super::purse::Purse;
use jiff::{SignedDuration, Timestamp};
use saldo_core::money::Currency;

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// Paid by card at once.
    Card,
    /// A gift card is among the items.
    GiftCardSold,
    /// Everything goes back, against store credit.
    StoreCreditRefund,
    /// The buyer's bank takes the payment back.
    Disputed,
    /// Set aside at checkout, taken the next day.
    CaptureLater,
    /// Paid through another gateway.
    PayPal,
    /// Paid through another gateway, some of it given back.
    PayPalRefund,
    /// Notes over the counter.
    CounterCash,
    /// Notes over the counter while the till was offline.
    OfflineCash,
    /// A card at the counter.
    CounterCard,
    /// Paid with a gift card as far as it goes, the rest by card.
    GiftCardUsed,
    /// As [`Story::GiftCardUsed`], and everything goes back.
    GiftCardRefund,
    /// Paid in part with the platform's wallet.
    Wallet,
    /// Sold on terms, paid days later.
    TermsPaid,
    /// Sold on terms, never paid.
    TermsOpen,
    /// Called off before the money was taken.
    CancelledUncaptured,
    /// An item joins the order, and is paid later.
    ItemAdded,
    /// An item leaves the order, and is refunded later.
    ItemRemoved,
    /// Everything goes back.
    FullRefund,
    /// Some units go back; now and then more of them later.
    PartialRefund,
    /// Money goes back without goods.
    Goodwill,
    /// A line of a kind that no reader knows.
    UnknownLine,
    /// Paid with store credit as far as it goes, the rest by card.
    StoreCreditUsed,
    /// A rehearsal without real money.
    Rehearsal,
}

/// Each story, and how often it is told in a thousand orders beyond the once that every world has.
pub(super) const STORIES: [(Story, u32); 24] = [
    (Story::Card, 430),
    (Story::GiftCardSold, 30),
    (Story::StoreCreditRefund, 12),
    (Story::Disputed, 0),
    (Story::CaptureLater, 90),
    (Story::PayPal, 90),
    (Story::PayPalRefund, 10),
    (Story::CounterCash, 50),
    (Story::OfflineCash, 5),
    (Story::CounterCard, 60),
    (Story::GiftCardUsed, 30),
    (Story::GiftCardRefund, 4),
    (Story::Wallet, 15),
    (Story::TermsPaid, 20),
    (Story::TermsOpen, 4),
    (Story::CancelledUncaptured, 12),
    (Story::ItemAdded, 15),
    (Story::ItemRemoved, 15),
    (Story::FullRefund, 30),
    (Story::PartialRefund, 40),
    (Story::Goodwill, 15),
    (Story::UnknownLine, 0),
    (Story::StoreCreditUsed, 15),
    (Story::Rehearsal, 8),
];

/// The smallest coin, in minor units.
const COIN: Minor = 5;
/// Every so many orders, one that is paid by card at once goes abroad, and the buyer pays duties.
const DUTIES_EACH: u32 = 9;
/// The duties.
const DUTIES: Minor = 2_100;

/// Tells the stories, one order after the other, in order of time.
pub(super) struct Teller<'a> {
    pub(super) products: &'a [Product],
    pub(super) customers: &'a [Customer],
    pub(super) currency: Currency,
    /// What would happen from this instant on is not told.
    pub(super) ends: Timestamp,
    pub(super) chance: Chance,
    pub(super) gift_cards: Purse,
    pub(super) store_credit: Purse,
}

impl Teller<'_> {
    /// Tells the story of the order that is made at this instant.
    pub(super) fn tell(&mut self, index: u32, at: Timestamp, story: Story) -> Order {
        let opening = self.opening(index, at, story);
        let wish = wish(story, opening.area);
        let basket = basket::fill(wish, self.products, self.currency, &mut self.chance);
        let mut draft = Draft::open(&opening, basket, GOODS);
        if story == Story::UnknownLine {
            let amounts = Amounts { gross: 500, ..Amounts::default() };
            let unknown = draft.sale(Action::Order, LineKind::Unknown, None, None, amounts);
            if let Some(first) = draft.order.agreements.first_mut() {
                first.sales.push(unknown);
            }
        }
        if story == Story::Card && index.is_multiple_of(DUTIES_EACH) {
            let amounts = Amounts { gross: DUTIES, ..Amounts::default() };
            let duties = draft.sale(Action::Order, LineKind::Duty, None, None, amounts);
            if let Some(first) = draft.order.agreements.first_mut() {
                first.sales.push(duties);
            }
        }
        self.pay(&mut draft, story);
        self.follow(&mut draft, story);
        self.sell_gift_cards(&draft);
        let mut order = draft.finish();
        if self.currency.exponent() == 2 {
            go_abroad(&mut order, index, story);
        }
        order
    }

    fn opening(&mut self, index: u32, at: Timestamp, story: Story) -> Opening {
        let origin = match story {
            Story::CounterCash | Story::OfflineCash | Story::CounterCard => Origin::Counter,
            Story::TermsPaid | Story::TermsOpen => Origin::Draft,
            _ => Origin::Web,
        };
        let people = self.customers.len().saturating_sub(COMPANY_COUNT);
        let customer = match origin {
            Origin::Draft => Some(self.chance.place(COMPANY_COUNT)),
            Origin::Counter if self.chance.per_mille(600) => None,
            _ => Some(COMPANY_COUNT + self.chance.place(people)),
        };
        let offline = match story {
            Story::OfflineCash => self.chance.between(600, 7_200),
            _ => 0,
        };
        let area = match origin {
            Origin::Counter => COUNTER_AREA,
            _ => self.chance.place(TAX_AREAS.len()),
        };
        let processed_at = at.saturating_sub(SignedDuration::from_secs(offline)).unwrap_or(at);
        let test = story == Story::Rehearsal;
        Opening { index, created_at: at, processed_at, origin, customer, area, test }
    }

    fn pay(&mut self, draft: &mut Draft, story: Story) {
        let at = draft.order.processed_at;
        let due = draft.order.outstanding(Timestamp::MAX);
        match story {
            Story::CaptureLater | Story::CancelledUncaptured => self.set_aside(draft, story),
            Story::PayPal | Story::PayPalRefund => {
                draft.transact(at, TransactionKind::Sale, Gateway::PayPal, due, None);
            }
            Story::CounterCash | Story::OfflineCash => self.pay_cash(draft, due),
            Story::GiftCardUsed | Story::GiftCardRefund => {
                if let Some((drawn, _)) = self.gift_cards.draw(at, due) {
                    draft.transact(at, TransactionKind::Sale, Gateway::GiftCard, drawn, None);
                }
                pay_rest_by_card(draft);
            }
            Story::StoreCreditUsed => {
                if let Some((drawn, owner)) = self.store_credit.draw(at, due) {
                    draft.order.customer = owner.or(draft.order.customer);
                    draft.transact(at, TransactionKind::Sale, Gateway::StoreCredit, drawn, None);
                }
                pay_rest_by_card(draft);
            }
            Story::Wallet => {
                let part = due.min(self.chance.between(5, 20) * 100);
                draft.transact(at, TransactionKind::Sale, Gateway::Wallet, part, None);
                pay_rest_by_card(draft);
            }
            Story::TermsPaid | Story::TermsOpen => self.pay_on_terms(draft, story, due),
            Story::Rehearsal => {
                draft.transact(at, TransactionKind::Sale, Gateway::Rehearsal, due, None);
            }
            _ => {
                if story == Story::Card && self.chance.per_mille(30) {
                    draft.ask(at, TransactionStatus::Failure, Gateway::Card, due);
                }
                pay_rest_by_card(draft);
            }
        }
    }

    fn set_aside(&mut self, draft: &mut Draft, story: Story) {
        let at = draft.order.processed_at;
        let due = draft.order.outstanding(Timestamp::MAX);
        let kind = TransactionKind::Authorization;
        let parent = draft.transact(at, kind, Gateway::Card, due, None);
        let Some(next) = self.later(at, 1, 1) else { return };
        if story == Story::CaptureLater {
            draft.transact(next, TransactionKind::Capture, Gateway::Card, due, Some(parent));
            return;
        }
        let sales = draft.take_back_all();
        draft.refund(next, Some("cancelled before shipping"), sales);
        draft.transact(next, TransactionKind::Void, Gateway::Card, due, Some(parent));
        draft.order.cancelled_at = Some(next);
    }

    fn pay_cash(&mut self, draft: &mut Draft, due: Minor) {
        let at = draft.order.processed_at;
        let notes = if self.chance.per_mille(300) { (due / 500 + 1) * 500 } else { due };
        let parent = draft.transact(at, TransactionKind::Sale, Gateway::Cash, notes, None);
        if notes > due {
            let change = notes - due;
            draft.transact(at, TransactionKind::Change, Gateway::Cash, change, Some(parent));
            return;
        }
        // Without notes to change, the till rounds to coins of five.
        if let Some(paid) = draft.order.transactions.last_mut() {
            paid.rounding = half_up(due, COIN) * COIN - due;
        }
    }

    fn pay_on_terms(&mut self, draft: &mut Draft, story: Story, due: Minor) {
        let at = draft.order.processed_at;
        let asked = draft.ask(at, TransactionStatus::Pending, Gateway::BankDeposit, due);
        if story == Story::TermsOpen {
            return;
        }
        let Some(paid_at) = self.later(at, 5, 25) else { return };
        let kind = TransactionKind::Sale;
        if self.chance.per_mille(500) {
            draft.transact(paid_at, kind, Gateway::BankDeposit, due, Some(asked));
        } else {
            draft.transact(paid_at, kind, Gateway::Card, due, None);
        }
    }

    fn follow(&mut self, draft: &mut Draft, story: Story) {
        let sold_at = draft.order.processed_at;
        match story {
            Story::ItemAdded => self.add_item(draft),
            Story::ItemRemoved => self.remove_item(draft),
            Story::FullRefund | Story::GiftCardRefund => {
                let Some(at) = self.later(sold_at, 2, 12) else { return };
                let sales = draft.take_back_all();
                draft.refund(at, None, sales);
                self.give_back(draft, at);
            }
            Story::PartialRefund | Story::PayPalRefund => self.refund_units(draft),
            Story::Goodwill => {
                let Some(at) = self.later(sold_at, 2, 12) else { return };
                let gross = -half_up(draft.order.received(Timestamp::MAX), 10).max(1);
                let amounts = Amounts { gross, ..Amounts::default() };
                let kind = LineKind::Adjustment;
                let sales = vec![draft.sale(Action::Return, kind, None, None, amounts)];
                draft.refund(at, Some("sorry for the delay"), sales);
                self.give_back(draft, at);
            }
            Story::StoreCreditRefund => {
                let Some(at) = self.later(sold_at, 2, 12) else { return };
                let sales = draft.take_back_all();
                draft.refund(at, Some("store credit, as agreed"), sales);
                let owed = -draft.order.outstanding(Timestamp::MAX);
                draft.pay_out(at, Gateway::StoreCredit, owed, None);
                self.store_credit.grant(at, owed, draft.order.customer);
            }
            _ => {}
        }
    }

    fn add_item(&mut self, draft: &mut Draft) {
        let Some(at) = self.later(draft.order.processed_at, 1, 2) else { return };
        let item = basket::extra(draft.order.tax_area(), self.products, &mut self.chance);
        let sale = draft.add_line(item, false, at);
        draft.agree(at, Reason::Edit, None, vec![sale]);
        let Some(paid_at) = self.later(at, 1, 3) else { return };
        let due = draft.order.outstanding(Timestamp::MAX);
        draft.transact(paid_at, TransactionKind::Sale, Gateway::Card, due, None);
    }

    fn remove_item(&mut self, draft: &mut Draft) {
        let Some(at) = self.later(draft.order.processed_at, 1, 2) else { return };
        let Some(sale) = draft.take_back(0, 1) else { return };
        draft.agree(at, Reason::Edit, None, vec![sale]);
        let Some(paid_at) = self.later(at, 1, 3) else { return };
        draft.refund(paid_at, Some("item removed"), Vec::new());
        self.give_back(draft, paid_at);
    }

    fn refund_units(&mut self, draft: &mut Draft) {
        let Some(at) = self.later(draft.order.processed_at, 2, 12) else { return };
        self.refund_unit_at(draft, at);
        let whole = draft.order.lines.first().map_or(0, |line| i64::from(line.quantity));
        if draft.order.returned_units(0, Timestamp::MAX) < whole && self.chance.per_mille(300) {
            let Some(again) = self.later(at, 1, 6) else { return };
            self.refund_unit_at(draft, again);
        }
    }

    fn refund_unit_at(&mut self, draft: &mut Draft, at: Timestamp) {
        let Some(sale) = draft.take_back(0, 1) else { return };
        draft.refund(at, None, vec![sale]);
        self.give_back(draft, at);
    }

    fn give_back(&mut self, draft: &mut Draft, at: Timestamp) {
        let (cards, credit) = draft.give_back(at);
        self.gift_cards.sell(at, cards, draft.order.id);
        self.store_credit.grant(at, credit, draft.order.customer);
    }

    fn sell_gift_cards(&mut self, draft: &Draft) {
        let sold = draft.order.lines.iter().filter(|line| line.product >= GOODS);
        let amount = sold.map(|line| line.amounts.total()).sum();
        self.gift_cards.sell(draft.order.processed_at, amount, draft.order.id);
    }

    /// An instant some days later, at another hour; nothing where the history ends before.
    fn later(&mut self, at: Timestamp, least_days: i64, most_days: i64) -> Option<Timestamp> {
        let days = self.chance.between(least_days, most_days);
        let seconds = days * 86_400 + self.chance.between(-10_000, 10_000);
        let then = at.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        (then < self.ends).then_some(then)
    }
}

fn pay_rest_by_card(draft: &mut Draft) {
    let rest = draft.order.outstanding(Timestamp::MAX);
    if rest > 0 {
        let at = draft.order.processed_at;
        draft.transact(at, TransactionKind::Sale, Gateway::Card, rest, None);
    }
}

fn wish(story: Story, area: usize) -> Wish {
    let counter = matches!(story, Story::CounterCash | Story::OfflineCash | Story::CounterCard);
    let company = matches!(story, Story::TermsPaid | Story::TermsOpen);
    Wish {
        goods: true,
        gift_card: story == Story::GiftCardSold,
        sent: !counter,
        most_units: if company { 24 } else { 3 },
        tips: match story {
            Story::CounterCard => 250,
            Story::Card | Story::FullRefund => 40,
            _ => 0,
        },
        area,
    }
}
