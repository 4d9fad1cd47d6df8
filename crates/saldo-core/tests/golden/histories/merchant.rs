//! A merchant whose shop nobody has seen: orders that go well and orders that do not, the gateway's
//! ledger of them, and its payouts.

use super::telling::Teller;
use super::trade::{Trade, any_trade};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use saldo_core::commerce::{Condition, Fact};
use saldo_core::money::Currency;
use std::collections::BTreeMap;

/// The zones of the books: far in front, far behind, and two with days of 23 and 25 hours. By how
/// many hours their clocks differ from those of Greenwich, and until when.
const OFFSETS: [(&str, &[(i64, &str)]); 4] = [
    ("Pacific/Kiritimati", &[(14, NEVER)]),
    ("Pacific/Pago_Pago", &[(-11, NEVER)]),
    (
        "America/New_York",
        &[(-5, "2026-03-08T07:00:00Z"), (-4, "2026-11-01T06:00:00Z"), (-5, NEVER)],
    ),
    ("Europe/London", &[(0, "2026-03-29T01:00:00Z"), (1, "2026-10-25T01:00:00Z"), (0, NEVER)]),
];
/// Later than any history.
const NEVER: &str = "2027-03-01T00:00:00Z";
/// The milliseconds of a day without a change of clocks.
const DAY: i64 = 86_400_000;
/// With two decimals, with none and with three.
const CURRENCIES: [&str; 3] = ["USD", "JPY", "KWD"];
/// Taxes by their titles, and the accounts on which the policy puts them: the last is owed to
/// another country.
pub(super) const TAXES: [(&str, &str); 3] =
    [("State tax", "State tax"), ("VAT", "VAT"), ("DE VAT", "OSS VAT payable")];
/// A payout takes the rows of so many days.
pub(super) const PAYOUT_DAYS: u16 = 5;
/// No payout is issued after so many.
pub(super) const PAYOUTS: u16 = 30;
/// Orders come within so many days.
pub(super) const DAYS: u16 = 40;
/// A deposit comes no more than so many days before its order.
const DEPOSIT_DAYS: u16 = 10;

/// When histories begin: before clocks are put forward, or before they are put back and a year ends
/// soon.
const BEGINS: [&str; 2] = ["2026-03-01", "2026-10-01"];

/// An instant: so many days after the begin of the history, and so many milliseconds after midnight
/// in Greenwich.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct When(pub(super) u16, pub(super) u32);

impl When {
    pub(super) fn later(self, days: u16) -> Self {
        Self(self.0 + days, self.1)
    }
}

/// What is sold: each unit at a price, less a discount, plus a tax; in minor units.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) units: i64,
    pub(super) each: i64,
    pub(super) discount: i64,
    pub(super) tax: i64,
    /// Which of [`TAXES`], and at how many percent.
    pub(super) title: usize,
    pub(super) percent: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Card,
    PayPal,
    /// What the platform gives buyers to spend, and credits on the card's ledger.
    ShopCash,
    Cash,
    GiftCard,
    StoreCredit,
}

/// How an order is paid.
#[derive(Clone, Debug)]
pub(super) enum Paid {
    /// All of it, so many days later.
    Once(By, u16),
    /// A part by one, the rest by another.
    Split(By, i64, By),
    /// A part so many days before the sale, the rest with it or so many days later.
    Deposit(By, i64, u16, u16),
    Never,
    /// Set aside on a card, and let go when the order was called off so many days later.
    CalledOff(u16),
    /// Never, and so many days after everything else the owner gives it up.
    GivenUp(u16),
}

/// What becomes of money that goes back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Repaid {
    By(By, u16),
    /// The buyer still waits for it.
    NotYet,
}

/// What happens to an order later.
#[derive(Clone, Debug)]
pub(super) enum Later {
    /// Units of the first item come back, in some condition.
    Returns(i64, Repaid, Condition),
    /// A further item is bought; it is paid, or owed.
    Adds(Item, Option<By>),
    /// One unit of the first item is changed for one of something else: what that is more is paid,
    /// or owed, and what it is less is paid back, or waited for.
    Exchanges(Item, Option<By>),
    /// One unit of the first item is taken off the order.
    Removes(Repaid),
    /// Money goes back without goods.
    Goodwill(i64, Repaid),
    /// The buyer's bank takes the money of a card back: for good, for a while, or nobody knows yet.
    Disputed(Option<bool>),
}

#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) at: When,
    pub(super) items: Vec<Item>,
    pub(super) shipping: i64,
    pub(super) tip: i64,
    pub(super) duty: i64,
    /// The value of a gift card that is bought along.
    pub(super) gift_card: i64,
    pub(super) paid: Paid,
    /// Whether list prices contain tax.
    pub(super) inclusive: bool,
    /// What cash is rounded by.
    pub(super) rounding: i64,
    /// Days after the one before, and what happens.
    pub(super) later: Vec<(u16, Later)>,
    /// In how many payouts' time the gateway pays it out.
    pub(super) lag: u16,
}

/// What the gateway does besides.
#[derive(Clone, Debug)]
pub(super) enum Besides {
    /// Keeps money back, and releases it after so many days.
    Reserve(i64, Option<u16>),
    /// Takes the platform's bill.
    Bill(i64),
    /// Takes what a label of a parcel costs.
    Label(i64),
    /// Pays duties to the customs.
    Duties(i64),
    /// Takes back a part of a loan, in tens of minor units.
    Loan(i64),
    /// Keeps the money of a sale until something is settled, and frees it after so many days.
    Hold(i64, Option<u16>),
    /// Takes money from the bank.
    FromBank(i64),
    /// Does something of which nobody taught us the name.
    Odd(i64),
}

/// What became of a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    /// Sent, and at the bank so many days later.
    Arrives(u16),
    /// Sent back by the bank after some days.
    Returned,
    /// Still to be sent.
    Planned,
}

/// The history of a merchant.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) begins: &'static str,
    pub(super) zone: &'static str,
    pub(super) code: &'static str,
    pub(super) lives: Vec<Life>,
    pub(super) besides: Vec<(When, Besides)>,
    pub(super) fates: Vec<Fate>,
    pub(super) trade: Trade,
}

/// What parts of the books hold, in minor units: debit positive.
pub(super) type Sums = BTreeMap<String, i64>;

/// What happens to parts of the books on each day.
pub(super) type Days = BTreeMap<Date, Sums>;

/// Everything that is told of a history, and what the books must hold of it by plain addition.
pub(super) struct Told {
    pub(super) facts: Vec<Fact>,
    pub(super) expected: Days,
}

impl History {
    pub(super) fn currency(&self) -> Currency {
        Currency::parse(self.code).unwrap()
    }

    /// A day of the history, from its begin.
    pub(super) fn date(&self, days: u16) -> Date {
        self.begins.parse::<Date>().unwrap() + i64::from(days).days()
    }

    pub(super) fn instant(&self, when: When) -> Timestamp {
        let begin: Timestamp = format!("{}T00:00:00Z", self.begins).parse().unwrap();
        let milliseconds = i64::from(when.0) * DAY + i64::from(when.1);
        Timestamp::from_millisecond(begin.as_millisecond() + milliseconds).unwrap()
    }

    /// The day of an instant where the books are kept, by a table of hours.
    pub(super) fn day(&self, when: When) -> Date {
        let instant = self.instant(when).as_millisecond();
        let offset = |(hours, until): &(i64, &str)| {
            let until: Timestamp = until.parse().unwrap();
            (instant < until.as_millisecond()).then_some(*hours)
        };
        let hours = OFFSETS.iter().find(|(zone, _)| *zone == self.zone).unwrap().1;
        let hours = hours.iter().find_map(offset).unwrap();
        let days = (instant + hours * 3_600_000).div_euclid(DAY);
        Date::constant(1970, 1, 1) + days.days()
    }

    pub(super) fn told(&self) -> Told {
        let mut teller = Teller::new(self);
        for (number, life) in (1_u32..).zip(&self.lives) {
            teller.order(number, life);
        }
        for (when, besides) in &self.besides {
            teller.besides(*when, besides);
        }
        teller.trade(&self.trade);
        teller.finish()
    }
}

pub(super) fn any_when(days: u16) -> impl Strategy<Value = When> {
    // Midnight in one of the zones, or just before it, as often as any other time.
    let edges = prop::sample::select(vec![36_000_000, 39_600_000, 14_400_000, 18_000_000, 0]);
    let edge = (edges, 0_u32..2).prop_map(|(at, before): (u32, u32)| at.saturating_sub(before));
    let days = DEPOSIT_DAYS..DEPOSIT_DAYS + days;
    (days, prop_oneof![edge, 0_u32..86_400_000]).prop_map(|(day, at)| When(day, at))
}

fn any_item() -> impl Strategy<Value = Item> {
    (1_i64..4, 1_i64..9_000, 0_i64..40, 0_i64..25, 0_usize..TAXES.len()).prop_map(
        |(units, each, off, tax, title)| {
            let discount = each * off / 100;
            let percent = tax;
            Item { units, each, discount, tax: (each - discount) * tax / 100, title, percent }
        },
    )
}

fn any_by() -> impl Strategy<Value = By> {
    prop_oneof![
        4 => Just(By::Card),
        2 => Just(By::PayPal),
        1 => Just(By::ShopCash),
        2 => Just(By::Cash),
        2 => Just(By::GiftCard),
        2 => Just(By::StoreCredit),
    ]
}

fn any_paid() -> impl Strategy<Value = Paid> {
    let share = || 1_i64..99;
    prop_oneof![
        6 => any_by().prop_map(|by| Paid::Once(by, 0)),
        1 => (any_by(), 1_u16..30).prop_map(|(by, days)| Paid::Once(by, days)),
        2 => (any_by(), share(), any_by()).prop_map(|(one, share, other)| {
            Paid::Split(one, share, other)
        }),
        1 => (any_by(), share(), 1..=DEPOSIT_DAYS, 0_u16..9).prop_map(|(by, share, before, after)| {
            Paid::Deposit(by, share, before, after)
        }),
        1 => Just(Paid::Never),
        1 => (1_u16..9).prop_map(Paid::CalledOff),
        1 => (20_u16..40).prop_map(Paid::GivenUp),
    ]
}

fn any_later() -> impl Strategy<Value = Later> {
    let repaid = || {
        prop_oneof![
            5 => (any_by(), 0_u16..3).prop_map(|(by, days)| Repaid::By(by, days)),
            1 => Just(Repaid::NotYet),
        ]
    };
    let bought = || (any_item(), prop::option::of(any_by()));
    let conditions = vec![Condition::Resaleable, Condition::Damaged, Condition::Gone];
    let condition = prop::sample::select(conditions);
    prop_oneof![
        4 => (1_i64..4, repaid(), condition).prop_map(|(units, repaid, condition)| {
            Later::Returns(units, repaid, condition)
        }),
        2 => bought().prop_map(|(item, by)| Later::Adds(item, by)),
        1 => bought().prop_map(|(item, by)| Later::Exchanges(item, by)),
        1 => repaid().prop_map(Later::Removes),
        2 => (1_i64..900, repaid()).prop_map(|(minor, repaid)| Later::Goodwill(minor, repaid)),
        4 => prop::option::of(any::<bool>()).prop_map(Later::Disputed),
    ]
}

fn any_life() -> impl Strategy<Value = Life> {
    let rarely = |range: std::ops::Range<i64>| prop_oneof![3 => Just(0_i64), 1 => range];
    let extras = (rarely(1..1_500), rarely(1..500), rarely(1..800), rarely(1..5_000));
    let later = prop::collection::vec((0_u16..9, any_later()), 0..4);
    let parts = (any_when(DAYS), prop::collection::vec(any_item(), 1..4), extras, any_paid());
    let paying = (any::<bool>(), -2_i64..3);
    (parts, paying, later, 0_u16..3).prop_map(|(parts, (inclusive, rounding), later, lag)| {
        let (at, items, (shipping, tip, duty, gift_card), paid) = parts;
        Life { at, items, shipping, tip, duty, gift_card, paid, inclusive, rounding, later, lag }
    })
}

pub(super) fn any_history() -> impl Strategy<Value = History> {
    let besides = prop_oneof![
        (1_i64..2_000, prop::option::of(1_u16..20))
            .prop_map(|(kept, until)| Besides::Reserve(kept, until)),
        (1_i64..4_000).prop_map(Besides::Bill),
        (1_i64..900).prop_map(Besides::Label),
        (1_i64..900).prop_map(Besides::Duties),
        (1_i64..90).prop_map(Besides::Loan),
        (1_i64..2_000, prop::option::of(1_u16..20))
            .prop_map(|(kept, until)| Besides::Hold(kept, until)),
        (1_i64..2_000).prop_map(Besides::FromBank),
        (-900_i64..900).prop_map(Besides::Odd),
    ];
    let fate = prop_oneof![
        4 => Just(Fate::Sent),
        2 => (1_u16..9).prop_map(Fate::Arrives),
        1 => Just(Fate::Returned),
        1 => Just(Fate::Planned),
    ];
    (
        (
            prop::sample::select(BEGINS.to_vec()),
            prop::sample::select(OFFSETS.map(|(zone, _)| zone).to_vec()),
            prop::sample::select(CURRENCIES.to_vec()),
        ),
        prop::collection::vec(any_life(), 1..7),
        prop::collection::vec((any_when(DAYS), besides), 0..4),
        prop::collection::vec(fate, usize::from(PAYOUTS)),
        any_trade(),
    )
        .prop_map(|((begins, zone, code), lives, besides, fates, trade)| History {
            begins,
            zone,
            code,
            lives,
            besides,
            fates,
            trade,
        })
}
