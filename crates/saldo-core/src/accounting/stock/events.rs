//! What happens to an item of stock within a month, in order of time.

use super::{StockItem, StockMonth, move_of};
use crate::accounting::contradictions::{check_bill, check_receipt};
use crate::commerce::{Condition, Fact, Goods, RecordRef, Returned, StockAdjustment, SupplierBill};
use crate::commerce::{Product, Units};
use crate::money::Money;
use crate::policy::Policy;
use crate::text::{ConnectionId, FactId};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// Something that happens to an item.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) at: Timestamp,
    pub(super) fact: &'a FactId,
    pub(super) source: &'a RecordRef,
    pub(super) what: What<'a>,
}

/// What happens to it. In this order, where several things happen at one instant.
#[derive(Debug)]
pub(super) enum What<'a> {
    /// Somebody says what a unit costs.
    Told(Money),
    /// Units came in.
    Received { line: &'a str, units: u64, cost: Money },
    /// Units left.
    Left { by: String, units: u64 },
    /// Units turn out never to have left.
    NeverLeft { by: String, left_at: Timestamp },
    /// Units came back, to be sold again.
    CameBack { goods: &'a Goods, returned: &'a Returned, units: u64 },
    /// Units are more or fewer than was thought.
    Adjusted(&'a StockAdjustment),
    /// A bill charges so much for received units, with what bringing them here cost.
    Billed { line: &'a str, units: u64, amount: Money },
}

impl What<'_> {
    fn rank(&self) -> u8 {
        match self {
            Self::Told(_) => 0,
            Self::Received { .. } => 1,
            Self::Left { .. } => 2,
            Self::NeverLeft { .. } => 3,
            Self::CameBack { .. } => 4,
            Self::Adjusted(_) => 5,
            Self::Billed { .. } => 6,
        }
    }

    /// What tells events of one fact apart.
    fn name(&self) -> &str {
        match self {
            Self::Told(_) | Self::Adjusted(_) => "",
            Self::Received { line, .. } | Self::Billed { line, .. } => line,
            Self::NeverLeft { by, .. } | Self::Left { by, .. } => by,
            Self::CameBack { returned, .. } => &returned.id,
        }
    }
}

/// The item-months that a fact tells something about.
pub(in crate::accounting) fn months(fact: &Fact) -> Vec<StockMonth> {
    let connection = &fact.source().connection;
    let mut months = Vec::new();
    let mut add = |product: &Product, at: Timestamp| {
        months.extend(StockItem::of(connection, product).map(|item| StockMonth::at(item, at)));
    };
    match fact {
        Fact::Goods(goods) => {
            for parcel in &goods.fulfilments {
                for (product, _) in parcel.parts.iter().flat_map(|part| part.stocked()) {
                    add(product, parcel.at);
                    if let Some(cancelled_at) = parcel.cancelled_at {
                        add(product, cancelled_at);
                    }
                }
            }
            for returned in &goods.returned {
                for (product, _) in returned.units.stocked() {
                    add(product, returned.at);
                }
            }
        }
        Fact::UnitCost(cost) => add(&cost.product, cost.since),
        Fact::GoodsReceipt(receipt) => {
            for line in &receipt.lines {
                add(&line.product, receipt.received_at);
            }
        }
        Fact::SupplierBill(bill) => {
            for line in &bill.lines {
                add(&line.product, middle_of(bill.on));
            }
        }
        Fact::StockAdjustment(adjustment) => add(&adjustment.product, adjustment.at),
        _ => {}
    }
    months.sort();
    months.dedup();
    months
}

/// A bill has a day and no instant. Its noon lies on that day in most zones of the world.
fn middle_of(day: Date) -> Timestamp {
    let noon = day.to_datetime(Time::constant(12, 0, 0, 0));
    noon.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |noon| noon.timestamp())
}

/// What happens to an item within a month, in order of time.
pub(super) fn events<'a>(month: &StockMonth, facts: &'a [Fact], policy: &Policy) -> Vec<Event<'a>> {
    let mut gathered = Gathered { month, policy, events: Vec::new() };
    for fact in facts {
        gathered.add(fact);
    }
    let mut events = gathered.events;
    events.sort_by(|a, b| {
        (a.at, a.what.rank(), a.fact, a.what.name()).cmp(&(
            b.at,
            b.what.rank(),
            b.fact,
            b.what.name(),
        ))
    });
    events
}

struct Gathered<'a, 'm> {
    month: &'m StockMonth,
    /// Receipts and bills that it cannot take are held where they are entered.
    policy: &'m Policy,
    events: Vec<Event<'a>>,
}

impl<'a> Gathered<'a, '_> {
    fn add(&mut self, fact: &'a Fact) {
        match fact {
            Fact::Goods(goods) if !goods.test => self.add_goods(fact, goods),
            Fact::UnitCost(cost) if self.is_of(fact, &cost.product) => {
                self.push(fact, cost.since, What::Told(cost.cost));
            }
            Fact::StockAdjustment(found) if self.is_of(fact, &found.product) => {
                self.push(fact, found.at, What::Adjusted(found));
            }
            Fact::GoodsReceipt(receipt) if check_receipt(receipt, self.policy.currency).is_ok() => {
                for line in &receipt.lines {
                    if let Some(cost) = line.cost.filter(|_| self.is_of(fact, &line.product)) {
                        let units = u64::from(line.units);
                        let what = What::Received { line: &line.id, units, cost };
                        self.push(fact, receipt.received_at, what);
                    }
                }
            }
            Fact::SupplierBill(bill) if check_bill(bill, self.policy.in_force(bill.on)).is_ok() => {
                self.add_bill(fact, bill);
            }
            _ => {}
        }
    }

    fn add_goods(&mut self, fact: &'a Fact, goods: &'a Goods) {
        for parcel in &goods.fulfilments {
            for part in &parcel.parts {
                let units = self.units(&goods.source.connection, part);
                if units == 0 {
                    continue;
                }
                let by = || move_of(&parcel.id, &part.item, &self.month.item);
                let (left, never_left) = (by(), by());
                self.push(fact, parcel.at, What::Left { by: left, units });
                if let Some(cancelled_at) = parcel.cancelled_at {
                    let what = What::NeverLeft { by: never_left, left_at: parcel.at };
                    self.push(fact, cancelled_at, what);
                }
            }
        }
        for returned in &goods.returned {
            let units = self.units(&goods.source.connection, &returned.units);
            if units > 0 && returned.condition == Condition::Resaleable {
                self.push(fact, returned.at, What::CameBack { goods, returned, units });
            }
        }
    }

    fn add_bill(&mut self, fact: &'a Fact, bill: &'a SupplierBill) {
        for (line, landed) in bill.lines.iter().zip(bill.landed_by_line()) {
            if !self.is_of(fact, &line.product) {
                continue;
            }
            if let Ok(amount) = line.amount.plus(landed) {
                let units = u64::from(line.units);
                let what = What::Billed { line: &line.received, units, amount };
                self.push(fact, middle_of(bill.on), what);
            }
        }
    }

    /// How many units of the item there are in some of an order.
    fn units(&self, connection: &ConnectionId, units: &Units) -> u64 {
        let own = units.stocked().filter(|(product, _)| {
            StockItem::of(connection, product).as_ref() == Some(&self.month.item)
        });
        own.map(|(_, count)| count).sum()
    }

    fn is_of(&self, fact: &Fact, product: &Product) -> bool {
        let item = StockItem::of(&fact.source().connection, product);
        item.as_ref() == Some(&self.month.item)
    }

    /// Takes an event, where it lies within the month.
    fn push(&mut self, fact: &'a Fact, at: Timestamp, what: What<'a>) {
        if StockMonth::at(self.month.item.clone(), at) == *self.month {
            self.events.push(Event { at, fact: fact.id(), source: fact.source(), what });
        }
    }
}
