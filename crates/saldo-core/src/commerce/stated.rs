//! What a channel says of itself at a moment. It moves no money: proofs compare with it.

use super::{Product, RecordRef, SaleKind};
use crate::money::Money;
use crate::text::FactId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Something that a channel keeps itself, as it says that it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The natural key of what it is about: a later statement has the same.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// What it is about.
    pub topic: Topic,
    /// What is said.
    pub saying: Saying,
}

/// What a channel can be asked to say of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// What is left on each gift card.
    GiftCards,
    /// How many orders each day has.
    OrdersOfDays,
    /// What was sold and taken back on each day.
    SalesOfDays,
    /// What is left of the store credit of each buyer.
    StoreCredit,
    /// What is left of the store credit of each company.
    CompanyCredit,
    /// How many units of each item of stock are where.
    OnHand,
    /// What is counted in cash drawers. The sessions themselves are facts that are entered.
    Drawers,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Saying {
    /// What is left on a gift card.
    GiftCard(GiftCard),
    /// How many orders were placed on a day.
    Orders(OrdersOfDay),
    /// What was sold and taken back on a day.
    Sales(SalesOfDay),
    /// What is left of the store credit of a buyer, or of a company.
    StoreCredit(StoreCredit),
    /// How many units of an item of stock are where.
    OnHand(OnHand),
    /// Nothing: it may not be read, for this reason.
    Refused(String),
}

/// A gift card that a channel keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftCard {
    /// What people know it by: its last characters.
    pub name: String,
    /// What is left on it.
    pub balance: Money,
    /// What was on it at first.
    pub initial: Money,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The order that it was bought in; none where somebody issued it by hand.
    pub order: Option<FactId>,
    /// When somebody made it useless.
    pub disabled_at: Option<Timestamp>,
    /// The last day on which it can be used.
    pub expires_on: Option<Date>,
    /// When anything about it last changed.
    pub changed_at: Timestamp,
}

impl GiftCard {
    /// What its holder can still buy with it on a day.
    #[must_use]
    pub fn usable(&self, on: Date) -> Money {
        let expired = self.expires_on.is_some_and(|last| last < on);
        match self.disabled_at.is_some() || expired {
            true => Money::zero(self.balance.currency()),
            false => self.balance,
        }
    }
}

/// The store credit of a buyer, or of a place of a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreCredit {
    /// What is left of it, an amount a currency.
    pub balances: Vec<Money>,
    /// What moved last; none where nothing ever did.
    pub last: Option<CreditMove>,
}

/// A movement of store credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditMove {
    /// When.
    pub at: Timestamp,
    /// How much: granted is positive.
    pub amount: Money,
    /// Whether somebody did it by hand: no order tells of it.
    pub by_hand: bool,
}

/// How many orders a channel counts on a day, whatever became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersOfDay {
    /// The first instant of the day.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// How many orders were placed in between.
    pub count: u64,
}

/// What a channel says was sold on a day, less what was taken back on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesOfDay {
    /// The first instant of the day.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// What lines of a kind come to, after discount and with tax, on the days on which they were
    /// agreed: [`SaleLine::total`](super::SaleLine::total) of all orders that are no rehearsal.
    /// Kinds that the channel sums up otherwise, or not at all, are not in it.
    pub sums: Vec<(SaleKind, Money)>,
}

/// How many units of an item of stock a channel says are at its places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnHand {
    /// Of what.
    pub product: Product,
    /// Whether the channel counts it at all.
    pub is_counted: bool,
    /// Where it is, or could be.
    pub places: Vec<UnitsAt>,
}

impl OnHand {
    /// How many units there are at all places together.
    #[must_use]
    pub fn units(&self) -> i64 {
        self.places.iter().fold(0, |sum, it| sum.saturating_add(it.units))
    }

    /// When anything about it last changed; none where it is nowhere.
    #[must_use]
    pub fn changed_at(&self) -> Option<Timestamp> {
        self.places.iter().map(|it| it.changed_at).max()
    }
}

/// Units of an item at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitsAt {
    /// The place's name, as people know it.
    pub place: String,
    /// How many are there; negative where more were sold than anybody knows to have come.
    pub units: i64,
    /// When anything about it last changed.
    pub changed_at: Timestamp,
}
