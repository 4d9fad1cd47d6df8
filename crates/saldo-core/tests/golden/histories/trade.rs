//! What a merchant does besides selling by a card: buys goods and counts them, keeps a till, sells
//! at a marketplace, and is paid in another currency.

use super::merchant::{DAYS, When, any_when};
use proptest::prelude::*;

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct Trade {
    /// Nothing where nobody asks what goods cost.
    pub(super) stock: Option<Stocking>,
    pub(super) sessions: Vec<Session>,
    pub(super) settlements: Vec<Settlement>,
    pub(super) deemed: Vec<Deemed>,
    pub(super) deferred: Vec<Deferred>,
    pub(super) foreign: Vec<Foreign>,
    /// What no channel tells, and its owner states.
    pub(super) stated: Vec<(When, Happening)>,
    /// Whether the card's payouts reach a bank account of their own, which the platform keeps.
    pub(super) own_bank: bool,
    /// Whether the merchant owes the tax on the card's fees in the gateway's place.
    pub(super) reverse_charge: bool,
}

/// What happened and no channel tells. No amount is negative or nil, unless said otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    /// A gift card was given away.
    GivenAway(i64),
    /// Of what is left on gift cards so much will never be redeemed.
    Breakage(i64),
    /// Tips went to the staff.
    TipsPaid(i64),
    /// Tax was paid to whom it is owed, less a discount, which may be nil.
    Remitted(i64, i64),
    /// What is left of duties; negative where they cost more.
    DutiesLeft(i64),
    /// A loan reached the bank, and what it will cost.
    Loan(i64, i64),
    /// Returns are expected at the end of the month, and what the goods had cost.
    Returns(i64, i64),
    /// Cash that had left a drawer reached the bank.
    Banked(i64),
    /// Stamps were paid from the bank account that the card's payouts reach.
    Spent(i64),
    /// That bank gave a part of it back.
    Cashback(i64),
}

/// What is in stock, and how it got there.
#[derive(Clone, Debug)]
pub(super) struct Stocking {
    /// First in first out, or else at the average.
    pub(super) fifo: bool,
    /// What a unit of what was there at first cost.
    pub(super) each: i64,
    pub(super) purchases: Vec<Purchase>,
    /// Units counted more or fewer; or lost by somebody's warehouse.
    pub(super) counts: Vec<(When, i64, bool)>,
}

/// A purchase order, from the deposit to the last payment.
#[derive(Clone, Debug)]
pub(super) struct Purchase {
    /// When the goods came in.
    pub(super) at: When,
    pub(super) units: u32,
    /// What all of them were expected to cost.
    pub(super) cost: i64,
    /// What was paid so many days before.
    pub(super) prepaid: Option<(u16, i64)>,
    /// So many days later a bill comes, of so much more or less, with freight.
    pub(super) billed: Option<(u16, i64, i64)>,
    /// What is paid so many days after the goods came.
    pub(super) paid: Option<(u16, i64)>,
}

/// A session of a till.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) at: When,
    /// How many days it was open.
    pub(super) days: u16,
    /// By how much the float was more than what was left, and what was counted more than was due.
    pub(super) over: (i64, i64),
    pub(super) sales: i64,
    /// What was taken for stamps, and what was brought to the bank.
    pub(super) taken: (i64, i64),
}

/// What a marketplace settles at once.
#[derive(Clone, Debug)]
pub(super) struct Settlement {
    pub(super) at: When,
    /// Each row: so many days after the first, and what it is made of.
    pub(super) rows: Vec<(u16, Parts)>,
}

/// What a row of a marketplace is made of: none of these is negative.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) goods: i64,
    pub(super) shipping: i64,
    pub(super) discount: i64,
    /// Tax that the merchant owes.
    pub(super) tax: i64,
    /// Tax that the marketplace charges and keeps.
    pub(super) channel_tax: i64,
    pub(super) commission: i64,
    pub(super) fulfilment: i64,
    pub(super) storage: i64,
    pub(super) advertising: i64,
    pub(super) reimbursed: i64,
    /// Kept back, or released where it is negative.
    pub(super) reserve: i64,
}

/// An order at a marketplace that owes the tax of it.
#[derive(Clone, Debug)]
pub(super) struct Deemed {
    pub(super) at: When,
    pub(super) price: i64,
    pub(super) tax: i64,
    /// Whether that is value added tax, or else a sales tax.
    pub(super) is_vat: bool,
    pub(super) commission: i64,
}

/// What a marketplace owes for a sale and does not settle before it is released.
#[derive(Clone, Debug)]
pub(super) struct Deferred {
    pub(super) at: When,
    pub(super) goods: i64,
    pub(super) commission: i64,
    pub(super) fulfilment: i64,
    /// After how many days it is released; none while it is deferred.
    pub(super) released: Option<u16>,
    /// Whether its order is told.
    pub(super) by_order: bool,
}

/// A sale in whole euros, each worth two units of the books' currency, that the gateway keeps in
/// euros and pays out.
#[derive(Clone, Debug)]
pub(super) struct Foreign {
    pub(super) at: When,
    pub(super) euros: i64,
    /// So many days later it is paid out, and so many days after that the bank has it.
    pub(super) days: (u16, u16),
    /// By how many units of the books' currency the bank changes it worse.
    pub(super) lost: i64,
    /// How many percent of it go back before it is paid out, and by how many percent a euro is
    /// worth more by then.
    pub(super) back: Option<(i64, i64)>,
}

fn rarely(range: std::ops::Range<i64>) -> impl Strategy<Value = i64> {
    prop_oneof![2 => Just(0_i64), 1 => range]
}

fn any_purchase() -> impl Strategy<Value = Purchase> {
    let goods = (any_when(DAYS), 1_u32..60, 1_i64..90_000);
    let prepaid = prop::option::of((1_u16..9, 1_i64..20_000));
    let billed = prop::option::of((2_u16..40, -900_i64..900, rarely(1..2_000)));
    let paid = prop::option::of((0_u16..60, 1_i64..90_000));
    (goods, prepaid, billed, paid).prop_map(|((at, units, cost), prepaid, billed, paid)| {
        let billed = billed.map(|(later, more, landed)| (later, more.max(1 - cost), landed));
        Purchase { at, units, cost, prepaid, billed, paid }
    })
}

fn any_stocking() -> impl Strategy<Value = Stocking> {
    let purchases = prop::collection::vec(any_purchase(), 0..3);
    let counts = prop::collection::vec((any_when(DAYS), -3_i64..4, any::<bool>()), 0..3);
    (any::<bool>(), 1_i64..4_000, purchases, counts).prop_map(|(fifo, each, purchases, counts)| {
        let counts = counts.into_iter().filter(|(_, units, _)| *units != 0).collect();
        Stocking { fifo, each, purchases, counts }
    })
}

fn any_session() -> impl Strategy<Value = Session> {
    let over = (rarely(-300..300), rarely(-300..300));
    let taken = (rarely(1..900), rarely(1..9_000));
    (any_when(DAYS), 0_u16..3, over, 0_i64..50_000, taken)
        .prop_map(|(at, days, over, sales, taken)| Session { at, days, over, sales, taken })
}

fn any_parts() -> impl Strategy<Value = Parts> {
    let sale = (0_i64..9_000, rarely(1..900), rarely(1..900), rarely(1..900), rarely(1..900));
    let fees = (rarely(1..900), rarely(1..900), rarely(1..400), rarely(1..900));
    (sale, fees, rarely(1..900), rarely(-900..900)).prop_map(|(sale, fees, reimbursed, reserve)| {
        let (goods, shipping, discount, tax, channel_tax) = sale;
        let (commission, fulfilment, storage, advertising) = fees;
        Parts {
            goods,
            shipping,
            discount,
            tax,
            channel_tax,
            commission,
            fulfilment,
            storage,
            advertising,
            reimbursed,
            reserve,
        }
    })
}

/// What a marketplace settles without having sold anything: it costs more than it brings.
fn any_fees() -> impl Strategy<Value = Parts> {
    any_parts().prop_map(|parts| Parts {
        goods: 0,
        shipping: 0,
        tax: 0,
        reimbursed: 0,
        reserve: parts.reserve.max(0),
        commission: parts.commission + 1,
        ..parts
    })
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let amount = || 1_i64..9_000;
    prop_oneof![
        amount().prop_map(Happening::GivenAway),
        amount().prop_map(Happening::Breakage),
        amount().prop_map(Happening::TipsPaid),
        (amount(), 0_i64..90).prop_map(|(paid, off)| Happening::Remitted(paid, off)),
        prop_oneof![-900_i64..0, 1_i64..900].prop_map(Happening::DutiesLeft),
        (amount(), 1_i64..900).prop_map(|(got, more)| Happening::Loan(got, more)),
        (amount(), amount()).prop_map(|(back, cost)| Happening::Returns(back, cost)),
        amount().prop_map(Happening::Banked),
        amount().prop_map(Happening::Spent),
        (1_i64..90).prop_map(Happening::Cashback),
    ]
}

pub(super) fn any_trade() -> impl Strategy<Value = Trade> {
    let rows = prop_oneof![
        4 => prop::collection::vec((0_u16..14, any_parts()), 1..4),
        1 => prop::collection::vec((0_u16..14, any_fees()), 1..3),
    ];
    let settlement = (any_when(DAYS), rows).prop_map(|(at, rows)| Settlement { at, rows });
    let deemed = (any_when(DAYS), 1_i64..9_000, 0_i64..900, any::<bool>(), 0_i64..900).prop_map(
        |(at, price, tax, is_vat, commission)| Deemed { at, price, tax, is_vat, commission },
    );
    let fees = (0_i64..400, 0_i64..400);
    let released = prop::option::of(0_u16..60);
    let deferred = (any_when(DAYS), 1_000_i64..9_000, fees, released, any::<bool>()).prop_map(
        |(at, goods, (commission, fulfilment), released, by_order)| Deferred {
            at,
            goods,
            commission,
            fulfilment,
            released,
            by_order,
        },
    );
    let back = prop::option::of((1_i64..100, -20_i64..20));
    let foreign = (any_when(DAYS), 1_i64..500, (2_u16..9, 1_u16..9), -3_i64..9, back)
        .prop_map(|(at, euros, days, lost, back)| Foreign { at, euros, days, lost, back });
    (
        prop::option::of(any_stocking()),
        prop::collection::vec(any_session(), 0..2),
        prop::collection::vec(settlement, 0..2),
        (prop::collection::vec(deemed, 0..2), prop::collection::vec(deferred, 0..2)),
        prop::collection::vec(foreign, 0..2),
        prop::collection::vec((any_when(DAYS), any_happening()), 0..4),
        (any::<bool>(), any::<bool>()),
    )
        .prop_map(
            |(stock, sessions, settlements, (deemed, deferred), foreign, stated, ways)| {
                let (own_bank, reverse_charge) = ways;
                Trade {
                    stock,
                    sessions,
                    settlements,
                    deemed,
                    deferred,
                    foreign,
                    stated,
                    own_bank,
                    reverse_charge,
                }
            },
        )
}
