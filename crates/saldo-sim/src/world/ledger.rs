//! The card gateway's ledger of the merchant's money, its payouts and its disputes.

use super::chance::Chance;
use super::order::{
    Gateway, LineKind, Minor, Order, Transaction, TransactionKind, TransactionStatus,
};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// What the gateway charges for a dispute, and gives back where the merchant wins.
const DISPUTE_FEE: Minor = 1_500;
/// What a bill of the platform takes from the balance.
const PLATFORM_BILL: Minor = 6_800;
/// An adjustment that nobody can explain.
const UNKNOWN_ADJUSTMENT: Minor = 10_253;
/// What is taken back of a loan at a time.
const LOAN_REPAYMENT: Minor = 15_000;
/// How far below zero the reserve takes the payout that it is held back from.
const NEGATIVE_PAYOUT: Minor = 3_500;
/// What a label costs.
const LABEL: Minor = 650;
/// Every so many orders, a label is bought from the balance.
const LABEL_EACH: usize = 6;
/// What the customs want, as it turns out: less than the buyer paid.
const DUTIES: Minor = 2_040;
/// From how many payouts on a world has a reserve, a failed payout and a negative one.
const PAYOUTS_FOR_TROUBLE: usize = 9;
/// The ids of the ledger.
const FIRST_ROW_ID: u64 = 2_100_000_000_001;
const FIRST_PAYOUT_ID: u64 = 96_000_000_001;
const FIRST_DISPUTE_ID: u64 = 8_800_000_001;
const FIRST_SOURCE_ID: u64 = 5_500_000_001;

/// What a row of the ledger is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A buyer's payment.
    Charge,
    /// A repayment to a buyer.
    Refund,
    /// A buyer's bank took a payment back; the fee is in the row.
    DisputeWithdrawal,
    /// The buyer's bank gave it back; the fee too.
    DisputeReversal,
    /// Money kept back.
    ReserveHeld,
    /// Money kept back before, released.
    ReserveReleased,
    /// The platform's own bill.
    PlatformBill,
    /// A label for a parcel.
    Label,
    /// Duties that the platform paid to the customs.
    Duties,
    /// A part of a loan, taken back.
    LoanRepayment,
    /// A correction without a reason.
    Adjustment,
    /// What the platform's wallet paid for a buyer.
    WalletCredit,
    /// A payout that the bank sent back.
    PayoutReturned,
    /// The payout's own row.
    Transfer,
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The id, unique among rows.
    pub id: u64,
    /// What it is.
    pub kind: RowKind,
    /// When it was entered.
    pub at: Timestamp,
    /// What moved before the fee; positive in the merchant's favour.
    pub amount: Minor,
    /// The fee; positive where the merchant pays.
    pub fee: Minor,
    /// The order that it belongs to, by its place among the orders.
    pub order: Option<usize>,
    /// The order's movement of money that it belongs to.
    pub transaction: Option<u64>,
    /// The id of what brought it about.
    pub source: u64,
    /// The payout that it is in, by its place among the payouts.
    pub payout: Option<usize>,
}

impl Row {
    /// What the balance moves by.
    #[must_use]
    pub fn net(&self) -> Minor {
        self.amount - self.fee
    }
}

/// Money sent to the bank, or taken from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The id, unique among payouts.
    pub id: u64,
    /// When it was made up: from then on its rows say that they are in it.
    pub scheduled_at: Timestamp,
    /// The instant that the gateway dates it by: midnight UTC.
    pub issued_at: Timestamp,
    /// When the bank said yes or no.
    pub settled_at: Timestamp,
    /// How much; negative where the bank is debited.
    pub net: Minor,
    /// Whether the bank said no.
    pub failed: bool,
    /// Its rows, by their place in the ledger, its own transfer included.
    pub rows: Vec<usize>,
}

/// A payment that a buyer's bank took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The id, unique among disputes.
    pub id: u64,
    /// The order, by its place among the orders.
    pub order: usize,
    /// How much is disputed.
    pub amount: Minor,
    /// When it began.
    pub opened_at: Timestamp,
    /// Until when evidence may be sent.
    pub evidence_due_by: Timestamp,
    /// When evidence was sent.
    pub evidence_sent_at: Timestamp,
    /// When it was decided.
    pub closed_at: Timestamp,
    /// Whether it was decided for the merchant.
    pub won: bool,
}

/// All that the gateway keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The rows, in order of time.
    pub rows: Vec<Row>,
    /// The payouts, in order of time.
    pub payouts: Vec<Payout>,
    /// The disputes, in order of time.
    pub disputes: Vec<Dispute>,
}

/// The time that a history covers.
#[derive(Clone, Copy)]
pub(super) struct Period {
    pub(super) begins: Timestamp,
    pub(super) ends: Timestamp,
}

/// Keeps the ledger of these orders.
pub(super) fn keep(
    orders: &[Order],
    disputed: &[usize],
    time: Period,
    chance: &mut Chance,
) -> Ledger {
    let mut rows: Vec<Row> = Vec::new();
    for (place, order) in orders.iter().enumerate() {
        for transaction in &order.transactions {
            rows.extend(row_of(place, transaction));
        }
        rows.extend(sent(place, order));
    }
    let disputes = dispute(orders, disputed, time, chance, &mut rows);
    let at_part = |percent: i64| {
        let seconds = time.ends.duration_since(time.begins).as_secs() / 100 * percent;
        time.begins.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(time.begins)
    };
    rows.push(bare(RowKind::PlatformBill, at_part(25), -PLATFORM_BILL));
    rows.push(bare(RowKind::LoanRepayment, at_part(30), -LOAN_REPAYMENT));
    rows.push(bare(RowKind::LoanRepayment, at_part(55), -LOAN_REPAYMENT));
    rows.push(bare(RowKind::Adjustment, at_part(40), UNKNOWN_ADJUSTMENT));
    rows.retain(|row| row.at < time.ends);
    rows.sort_by_key(|row| row.at);
    let (rows, payouts) = Payer::new(rows, time, chance).pay_out();
    number(rows, payouts, disputes)
}

fn row_of(place: usize, transaction: &Transaction) -> Option<Row> {
    if transaction.status != TransactionStatus::Success {
        return None;
    }
    let (kind, sign) = match (transaction.gateway, transaction.kind) {
        (Gateway::Card, TransactionKind::Sale | TransactionKind::Capture) => (RowKind::Charge, 1),
        (Gateway::Card, TransactionKind::Refund) => (RowKind::Refund, -1),
        (Gateway::Wallet, TransactionKind::Sale) => (RowKind::WalletCredit, 1),
        _ => return None,
    };
    let later = if kind == RowKind::WalletCredit { 26 * 3_600 } else { 0 };
    let at = transaction.at.checked_add(SignedDuration::from_secs(later)).ok()?;
    Some(Row {
        order: Some(place),
        transaction: Some(transaction.id),
        source: transaction.id,
        fee: transaction.fee + transaction.abroad.map_or(0, |abroad| abroad.fee),
        ..bare(kind, at, transaction.abroad.map_or(transaction.amount, |it| it.settled) * sign)
    })
}

/// What sending an order costs that is taken from the balance.
fn sent(place: usize, order: &Order) -> impl Iterator<Item = Row> {
    let paid = order.transactions.iter().any(|each| row_of(place, each).is_some());
    let hours = |hours| order.processed_at.checked_add(SignedDuration::from_hours(hours)).ok();
    let row = |kind, at, cost: Minor| Row { order: Some(place), ..bare(kind, at, -cost) };
    let to_send = paid && order.shipping.is_some() && place.is_multiple_of(LABEL_EACH);
    let label = to_send.then(|| hours(6)).flatten();
    let mut sales = order.sales_at(Timestamp::MAX);
    let duties = sales.any(|sale| sale.kind == LineKind::Duty).then(|| hours(50)).flatten();
    let label = label.map(|at| row(RowKind::Label, at, LABEL));
    label.into_iter().chain(duties.map(|at| row(RowKind::Duties, at, DUTIES)))
}

fn bare(kind: RowKind, at: Timestamp, amount: Minor) -> Row {
    let (id, fee, source) = (0, 0, 0);
    Row { id, kind, at, amount, fee, order: None, transaction: None, source, payout: None }
}

fn dispute(
    orders: &[Order],
    disputed: &[usize],
    time: Period,
    chance: &mut Chance,
    rows: &mut Vec<Row>,
) -> Vec<Dispute> {
    let mut disputes = Vec::new();
    for (number, place) in (0_u64..).zip(disputed) {
        let Some(order) = orders.get(*place) else { continue };
        let Some(charge) = order.transactions.iter().find(|each| each.fee > 0) else { continue };
        let day = |days: i64, from: Timestamp| {
            from.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(from)
        };
        let opened_at = day(chance.between(6, 9), charge.at);
        let closed_at = day(chance.between(15, 20), opened_at);
        let won = chance.per_mille(500);
        if opened_at >= time.ends {
            continue;
        }
        let id = FIRST_DISPUTE_ID + number;
        let row = |kind, at, sign| Row {
            fee: -DISPUTE_FEE * sign,
            order: Some(*place),
            transaction: Some(charge.id),
            source: id,
            ..bare(kind, at, charge.amount * sign)
        };
        rows.push(row(RowKind::DisputeWithdrawal, opened_at, -1));
        if won {
            rows.push(row(RowKind::DisputeReversal, closed_at, 1));
        }
        disputes.push(Dispute {
            id,
            order: *place,
            amount: charge.amount,
            opened_at,
            evidence_due_by: day(9, opened_at),
            evidence_sent_at: day(5, opened_at),
            closed_at,
            won,
        });
    }
    disputes
}

/// Makes up the payouts day by day.
struct Payer<'a> {
    /// Rows that no payout has taken yet, in order of time.
    waiting: std::collections::VecDeque<Row>,
    paid: Vec<Row>,
    payouts: Vec<Payout>,
    days: Vec<Date>,
    reserve: Minor,
    failed: bool,
    time: Period,
    chance: &'a mut Chance,
}

impl<'a> Payer<'a> {
    fn new(rows: Vec<Row>, time: Period, chance: &'a mut Chance) -> Self {
        let first = time.begins.to_zoned(TimeZone::UTC).date();
        let weekend = |day: &Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let days = first
            .series(Span::new().days(1))
            .skip(3)
            .filter(|day| !weekend(day))
            .take_while(|day| utc(*day, 15) < time.ends)
            .collect();
        let waiting = rows.into();
        let (paid, payouts) = (Vec::new(), Vec::new());
        Self { waiting, paid, payouts, days, reserve: 0, failed: false, time, chance }
    }

    fn pay_out(mut self) -> (Vec<Row>, Vec<Payout>) {
        let days = std::mem::take(&mut self.days);
        let troubled = days.len() >= PAYOUTS_FOR_TROUBLE;
        for (turn, day) in days.iter().enumerate() {
            let cutoff = utc(*day, -24);
            let mut rows = self.take(cutoff);
            let before_cutoff = |seconds| {
                cutoff.saturating_sub(SignedDuration::from_secs(seconds)).unwrap_or(cutoff)
            };
            let net: Minor = rows.iter().map(Row::net).sum();
            if troubled && self.reserve == 0 && turn == days.len() / 3 {
                self.reserve = net.max(0) + NEGATIVE_PAYOUT;
                rows.push(bare(RowKind::ReserveHeld, before_cutoff(1), -self.reserve));
            }
            if troubled && turn == days.len() * 2 / 3 {
                rows.push(bare(RowKind::ReserveReleased, before_cutoff(2), self.reserve));
            }
            let fails = troubled && !self.failed && turn >= days.len() / 2;
            self.make(*day, rows, fails);
        }
        self.paid.extend(self.waiting);
        self.paid.sort_by_key(|row| row.at);
        (self.paid, self.payouts)
    }

    /// The rows that were entered before this instant.
    fn take(&mut self, cutoff: Timestamp) -> Vec<Row> {
        let end = self.waiting.partition_point(|row| row.at < cutoff);
        self.waiting.drain(..end).collect()
    }

    fn make(&mut self, day: Date, mut rows: Vec<Row>, fails: bool) {
        let net: Minor = rows.iter().map(Row::net).sum();
        if net == 0 {
            for row in rows.into_iter().rev() {
                self.waiting.push_front(row);
            }
            return;
        }
        let place = self.payouts.len();
        let id = FIRST_PAYOUT_ID.saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
        let issued_at = utc(day, 0);
        rows.push(Row { source: id, ..bare(RowKind::Transfer, issued_at, -net) });
        let minutes = SignedDuration::from_mins(self.chance.between(0, 50));
        let mut settled_at = utc(day, 14).saturating_add(minutes).unwrap_or(issued_at);
        let fails = fails && net > 0;
        if fails {
            settled_at = utc(day, 39);
            let returned = Row { source: id, ..bare(RowKind::PayoutReturned, settled_at, net) };
            let place = self.waiting.partition_point(|row| row.at <= settled_at);
            self.waiting.insert(place, returned);
            self.failed = true;
        }
        debug_assert!(settled_at < self.time.ends || fails, "settled after the end of history");
        self.paid.extend(rows.into_iter().map(|row| Row { payout: Some(place), ..row }));
        let scheduled_at = utc(day, -18);
        let (failed, rows) = (fails, Vec::new());
        self.payouts.push(Payout { id, scheduled_at, issued_at, settled_at, net, failed, rows });
    }
}

/// So many hours after the beginning of a day in UTC.
fn utc(day: Date, hours: i64) -> Timestamp {
    let midnight = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
    midnight.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(midnight)
}

/// Gives rows their ids in order of time, and payouts their rows.
fn number(mut rows: Vec<Row>, mut payouts: Vec<Payout>, disputes: Vec<Dispute>) -> Ledger {
    for (number, (place, row)) in (0_u64..).zip(rows.iter_mut().enumerate()) {
        row.id = FIRST_ROW_ID + number;
        if row.source == 0 {
            row.source = FIRST_SOURCE_ID + number;
        }
        if let Some(payout) = row.payout.and_then(|payout| payouts.get_mut(payout)) {
            payout.rows.push(place);
        }
    }
    Ledger { rows, payouts, disputes }
}
