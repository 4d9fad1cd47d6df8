//! What is handed over when: most orders within days, some in two parcels, a few never.

use super::GOODS;
use super::chance::Chance;
use super::order::{Order, Origin, TransactionKind};
use jiff::{SignedDuration, Timestamp};

/// The ids of parcels begin so far behind the order's other parts.
const FIRST_PARCEL: u64 = 900;

/// Goods handed over at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fulfilment {
    /// The id, unique among fulfilments.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// When it turned out that nothing had left, if it did.
    pub cancelled_at: Option<Timestamp>,
    /// Which items, by their places in the order, and how many units of each.
    pub parts: Vec<(usize, u32)>,
}

impl Order {
    /// What was handed over until now, what was undone since included.
    pub fn fulfilments_at(&self, now: Timestamp) -> impl Iterator<Item = &Fulfilment> {
        self.fulfilments.iter().filter(move |fulfilment| fulfilment.at <= now)
    }

    /// How many units of an item had been handed over, and not undone, as of now.
    #[must_use]
    pub fn delivered_units(&self, line: usize, now: Timestamp) -> i64 {
        let all = self.fulfilments_at(now);
        let stands = all.filter(|each| each.cancelled_at.is_none_or(|at| at > now));
        let parts = stands.flat_map(|each| &each.parts).filter(|(place, _)| *place == line);
        parts.map(|(_, units)| i64::from(*units)).sum()
    }
}

/// Hands over the goods of an order, as far as that happens before an instant.
///
/// An item goes whole, in one parcel, so that whatever comes back either had left or had not.
pub(super) fn deliver(order: &mut Order, ends: Timestamp, chance: &mut Chance) {
    let (never, in_two, goes_wrong) =
        (chance.per_mille(25), chance.per_mille(120), chance.per_mille(15));
    let (first_days, second_days) = (chance.between(0, 4), chance.between(1, 5));
    let hours = chance.between(1, 9);
    let goods: Vec<usize> = (0..order.lines.len()).filter(|line| is_goods(order, *line)).collect();
    if order.origin == Origin::Counter {
        parcel(order, order.created_at, &goods, ends);
        return;
    }
    let Some(ready_at) = ready_at(order) else { return };
    if never || order.test {
        return;
    }
    let at = after(ready_at, first_days, hours);
    let (early, late): (Vec<usize>, Vec<usize>) = goods.iter().partition(|line| {
        let added_at = order.lines.get(**line).map(|line| line.added_at);
        added_at.is_some_and(|added_at| added_at <= at) && !(in_two && **line > 0)
    });
    if goes_wrong && !early.is_empty() {
        let wrong = order.fulfilments.len();
        parcel(order, at, &early, ends);
        let undone_at = after(at, 1, hours);
        if let Some(parcel) = order.fulfilments.get_mut(wrong).filter(|_| undone_at < ends) {
            parcel.cancelled_at = Some(undone_at);
            self::parcel(order, after(undone_at, 1, hours), &early, ends);
        }
    } else {
        parcel(order, at, &early, ends);
    }
    let added_at = late.iter().filter_map(|line| order.lines.get(*line)).map(|line| line.added_at);
    let complete_at = added_at.fold(at, Timestamp::max);
    parcel(order, after(complete_at, second_days, hours), &late, ends);
}

fn is_goods(order: &Order, line: usize) -> bool {
    order.lines.get(line).is_some_and(|line| line.product < GOODS)
}

/// From when on an order may be sent: what was set aside is taken first. Nothing where it is called
/// off.
fn ready_at(order: &Order) -> Option<Timestamp> {
    if order.cancelled_at.is_some() {
        return None;
    }
    let money = || order.transactions.iter();
    let set_aside = money().any(|each| each.kind == TransactionKind::Authorization);
    let taken = money().find(|each| each.kind == TransactionKind::Capture);
    match (set_aside, taken) {
        (true, taken) => taken.map(|taken| taken.at),
        (false, _) => Some(order.created_at),
    }
}

/// Sends what is left of these items, unless the history ends before.
fn parcel(order: &mut Order, at: Timestamp, lines: &[usize], ends: Timestamp) {
    if at >= ends {
        return;
    }
    let left = |line: &usize| {
        let item = order.lines.get(*line)?;
        let gone = u32::try_from(order.returned_units(*line, at)).ok()?;
        let units = item.quantity.checked_sub(gone).filter(|units| *units > 0)?;
        Some((*line, units))
    };
    let parts: Vec<(usize, u32)> = lines.iter().filter_map(left).collect();
    if parts.is_empty() {
        return;
    }
    let number = u64::try_from(order.fulfilments.len()).unwrap_or(0);
    let id = order.id * super::PARTS_PER_ORDER + FIRST_PARCEL + number;
    order.fulfilments.push(Fulfilment { id, at, cancelled_at: None, parts });
}

fn after(at: Timestamp, days: i64, hours: i64) -> Timestamp {
    let span = SignedDuration::from_hours(days * 24 + hours);
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}
