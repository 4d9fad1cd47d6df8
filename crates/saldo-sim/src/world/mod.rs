//! One seeded history of a merchant, which all simulated vendors tell the same way.
//!
//! A [`World`] holds the whole history, its end included. Every object carries its instants, so
//! that a simulator shows at any time what has happened until then, and nothing more. Amounts are
//! whole minor units of the shop's currency; there is no floating point anywhere.

mod abroad;
mod basket;
mod catalogue;
mod chance;
mod delivery;
mod draft;
mod ledger;
mod order;
mod purse;
mod settings;
mod shelf;
mod story;
mod till;

#[cfg(test)]
mod invariants;

pub use abroad::Abroad;
pub use catalogue::{COUNTER_AREA, Customer, Levy, Product, TAX_AREAS, TaxArea};
pub use delivery::Fulfilment;
pub use ledger::{Dispute, Ledger, Payout, Row, RowKind};
pub use order::{
    Action, Agreement, Amounts, Gateway, Line, LineKind, Minor, Order, Origin, PaymentState,
    Reason, Refund, Sale, Shipping, Transaction, TransactionKind, TransactionStatus,
};
pub use purse::{CreditMove, Voucher};
pub use settings::{Lost, WorldSettings};
pub use shelf::Place;
pub use story::Story;
pub use till::{TillMove, TillSession};

pub(crate) use catalogue::GOODS;
pub(crate) use chance::Chance;
pub(crate) use draft::FEE_FLAT;
pub(crate) use order::half_up;

use draft::{FIRST_ORDER_ID, PARTS_PER_ORDER};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use ledger::Period;
use purse::Purse;
use saldo_core::money::{Currency, Money, MoneyError};
use std::collections::BTreeMap;
use story::{STORIES, Teller};
use thiserror::Error;

/// What is wrong with settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WorldError {
    /// The time-zone database has no such name.
    #[error("`{0}` is not a time zone of the IANA database")]
    UnknownTimezone(String),
    /// The currency is unknown.
    #[error(transparent)]
    Currency(#[from] MoneyError),
    /// The days are out of the calendar.
    #[error("the history does not fit into the calendar")]
    OutOfCalendar,
}

/// A merchant's history.
#[derive(Clone, Debug)]
pub struct World {
    /// What decided it.
    pub settings: WorldSettings,
    /// The currency of the shop and its payouts.
    pub currency: Currency,
    /// The shop's time zone.
    pub zone: TimeZone,
    /// The beginning of the first day.
    pub begins: Timestamp,
    /// The end of the last day: nothing new happens from here on.
    pub ends: Timestamp,
    /// What the shop sells.
    pub products: Vec<Product>,
    /// Who buys from it.
    pub customers: Vec<Customer>,
    /// The orders, in order of time.
    pub orders: Vec<Order>,
    /// Which story each order tells.
    pub stories: Vec<Story>,
    /// The card gateway's ledger.
    pub ledger: Ledger,
    /// The gift cards, in the order in which they were issued.
    pub gift_cards: Vec<Voucher>,
    /// The days of the counter's drawer, in order of time; none where nobody counts it.
    pub till_sessions: Vec<TillSession>,
    /// The credit that the shop granted, in the order in which it did.
    pub store_credit: Vec<Voucher>,
}

impl World {
    /// Makes the history that the settings decide.
    ///
    /// # Errors
    /// Where the settings name an unknown time zone or currency, or leave the calendar.
    pub fn generate(settings: &WorldSettings) -> Result<Self, WorldError> {
        let zone = TimeZone::get(&settings.timezone)
            .map_err(|_| WorldError::UnknownTimezone(settings.timezone.clone()))?;
        let currency = Currency::parse(&settings.currency)?;
        let (begins, ends) = (midnight(settings, &zone, 0)?, midnight(settings, &zone, 1)?);
        let products = catalogue::products(&mut Chance::new(settings.seed, 0));
        let customers = catalogue::customers(settings.orders, &mut Chance::new(settings.seed, 1));
        let stories = choose_stories(settings);
        let mut teller = Teller {
            products: &products,
            customers: &customers,
            currency,
            ends,
            chance: Chance::new(settings.seed, 2),
            gift_cards: Purse::default(),
            store_credit: Purse::default(),
        };
        let instants = instants(settings, &zone)?;
        let mut orders: Vec<Order> = (0_u32..)
            .zip(instants)
            .zip(&stories)
            .map(|((index, at), story)| teller.tell(index, at, *story))
            .collect();
        let mut parcels = Chance::new(settings.seed, 6);
        for order in &mut orders {
            delivery::deliver(order, ends, &mut parcels);
        }
        let Teller { gift_cards, store_credit, .. } = teller;
        let mut gift_cards = gift_cards.into_vouchers();
        gift_cards.extend(Voucher::given_away(settings));
        gift_cards.sort_by_key(|it| it.issued_at);
        take_by_hand(&mut gift_cards, settings);
        let store_credit = store_credit.into_vouchers();
        let disputed: Vec<usize> = (0..stories.len())
            .filter(|place| stories.get(*place) == Some(&Story::Disputed))
            .collect();
        let time = Period { begins, ends };
        let ledger = ledger::keep(&orders, &disputed, time, &mut Chance::new(settings.seed, 3));
        let counted_days = if settings.counts_drawer { settings.days } else { 0 };
        let till_sessions = till::sessions(&orders, counted_days, settings.begins, &zone);
        Ok(Self {
            settings: settings.clone(),
            currency,
            zone,
            begins,
            ends,
            products,
            customers,
            orders,
            stories,
            ledger,
            gift_cards,
            till_sessions,
            store_credit,
        })
    }

    /// An amount of the shop's currency.
    #[must_use]
    pub fn money(&self, minor: Minor) -> Money {
        Money::from_minor(minor, self.currency)
    }

    /// An amount of the currency in which buyers from abroad pay.
    #[must_use]
    pub fn money_abroad(&self, minor: Minor) -> Money {
        let code = if self.currency.code() == "EUR" { "USD" } else { "EUR" };
        let currency = Currency::parse(code).unwrap_or(self.currency);
        Money::from_minor(minor, currency)
    }

    /// What is left on the gift cards at the end of the history.
    #[must_use]
    pub fn open_gift_cards(&self) -> Money {
        self.money(self.gift_cards.iter().map(|it| it.balance(Timestamp::MAX)).sum())
    }

    /// What is left of the credit that the shop granted, at the end of the history.
    #[must_use]
    pub fn open_store_credit(&self) -> Money {
        self.money(self.store_credit.iter().map(|it| it.balance(Timestamp::MAX)).sum())
    }

    /// The order of this id, and its place.
    #[must_use]
    pub fn order(&self, id: u64) -> Option<(usize, &Order)> {
        let place = usize::try_from(id.checked_sub(FIRST_ORDER_ID)?).ok()?;
        Some((place, self.orders.get(place)?))
    }

    /// The order that a part with this id belongs to, and its place.
    #[must_use]
    pub fn order_of_part(&self, id: u64) -> Option<(usize, &Order)> {
        self.order(id / PARTS_PER_ORDER)
    }
}

/// What the owner does to a gift card by hand: to the first one that has something on it then.
fn take_by_hand(gift_cards: &mut [Voucher], settings: &WorldSettings) {
    let Some((at, amount)) = settings.taken_by_hand else { return };
    let usable = |it: &&mut Voucher| it.issued_at < at && it.balance(Timestamp::MAX) >= amount;
    if let Some(card) = gift_cards.iter_mut().find(usable) {
        card.taken.push((at, amount));
        card.taken.sort_unstable();
    }
}

/// The midnight at the beginning of the history (`part` 0) or at its end (`part` 1).
fn midnight(settings: &WorldSettings, zone: &TimeZone, part: u32) -> Result<Timestamp, WorldError> {
    let span = Span::new()
        .try_days(settings.days.saturating_mul(part))
        .map_err(|_| WorldError::OutOfCalendar)?;
    let day = settings.begins.checked_add(span).map_err(|_| WorldError::OutOfCalendar)?;
    let midnight = zone.to_ambiguous_timestamp(day.to_datetime(Time::midnight()));
    midnight.compatible().map_err(|_| WorldError::OutOfCalendar)
}

/// Which story each order tells: each once, spread over the first six tenths of the history so that
/// what follows still happens; the others by chance.
fn choose_stories(settings: &WorldSettings) -> Vec<Story> {
    let mut chance = Chance::new(settings.seed, 4);
    let spacing = STORIES.len() + 1;
    let mut planted: BTreeMap<usize, Story> = BTreeMap::new();
    let orders = usize::try_from(settings.orders).unwrap_or(usize::MAX);
    for (number, (story, _)) in STORIES.iter().enumerate() {
        let place = (number + 1) * (orders * 6 / 10) / spacing;
        planted.insert(place, *story);
    }
    (0..orders)
        .map(|place| planted.get(&place).copied().unwrap_or_else(|| draw_story(&mut chance)))
        .collect()
}

fn draw_story(chance: &mut Chance) -> Story {
    let total: u32 = STORIES.iter().map(|(_, weight)| weight).sum();
    let mut left = chance.below(u64::from(total));
    for (story, weight) in STORIES {
        match left.checked_sub(u64::from(weight)) {
            Some(rest) => left = rest,
            None => return story,
        }
    }
    Story::Card
}

/// When the orders are made, in order of time: by day and evening, and now and then in the last ten
/// seconds before the shop's midnight.
fn instants(settings: &WorldSettings, zone: &TimeZone) -> Result<Vec<Timestamp>, WorldError> {
    const OPENS: i64 = 7 * 3_600;
    const LAST_SECOND: i64 = 86_399;
    let mut chance = Chance::new(settings.seed, 5);
    let mut all = Vec::new();
    for index in 0..u64::from(settings.orders) {
        let day = index * u64::from(settings.days) / u64::from(settings.orders);
        let days = i64::try_from(day).map_err(|_| WorldError::OutOfCalendar)?;
        let late = chance.per_mille(10);
        let second = chance.between(if late { LAST_SECOND - 9 } else { OPENS }, LAST_SECOND);
        let span = Span::new().try_days(days).and_then(|span| span.try_seconds(second));
        let civil = span
            .and_then(|span| settings.begins.to_datetime(Time::midnight()).checked_add(span))
            .map_err(|_| WorldError::OutOfCalendar)?;
        let at = zone.to_ambiguous_timestamp(civil).compatible();
        all.push(at.map_err(|_| WorldError::OutOfCalendar)?);
    }
    all.sort_unstable();
    Ok(all)
}
