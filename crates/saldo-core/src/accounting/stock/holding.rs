//! What is in stock of an item, and what it cost.

use crate::money::{Currency, Money, MoneyError};
use crate::policy::CostMethod;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Units that came in together, as far as they are still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Layer {
    /// What brought them: the line of a receipt, an adjustment, a return.
    origin: String,
    units: u64,
    /// What all of them cost.
    cost: Money,
}

/// Units that left before it was known what they cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Short {
    /// The move by which they left.
    by: String,
    units: u64,
}

/// What is in stock of an item, carried from month to month.
///
/// An item goes by layers from the first receipt on. Until then it goes by the unit cost that
/// somebody says, and nobody counts how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The unit cost that was said last.
    told: Option<Money>,
    /// Whether anything came in that was counted.
    counted: bool,
    /// What is there, in the order in which it came.
    layers: Vec<Layer>,
    /// What left without a cost, in the order in which it left.
    short: Vec<Short>,
    /// What left without a cost and was given one later, by the move.
    covered: BTreeMap<String, Covered>,
    /// What came in and was not billed yet, by the line of the receipt.
    unbilled: BTreeMap<String, Unbilled>,
    /// What bills charged for goods that are still to come, by the same.
    billed: BTreeMap<String, Unbilled>,
}

/// Units that got their cost after they had left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Covered {
    pub(super) units: u64,
    pub(super) cost: Money,
}

/// Units of a received line, and what they cost: by the receipt, or by the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Unbilled {
    units: u64,
    cost: Money,
}

/// What units cost, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costed {
    /// How many units left.
    pub(super) units: u64,
    /// Of how many the cost is known.
    pub(super) known: u64,
    /// The cost of these, all of them; none where none is known.
    pub(super) cost: Option<Money>,
}

impl Costed {
    /// Whether the cost of every unit is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.units == self.known
    }

    /// What the units from one to another cost; none where that is not known.
    pub(super) fn between(&self, from: u64, to: u64) -> Result<Option<Money>, MoneyError> {
        let Some(cost) = self.cost.filter(|_| self.is_complete()) else { return Ok(None) };
        first(cost, to, self.units).minus(first(cost, from, self.units)).map(Some)
    }
}

/// What the first of so many units cost.
fn first(cost: Money, units: u64, all: u64) -> Money {
    let weights = [units, all.saturating_sub(units)];
    cost.allocate(&weights).into_iter().next().unwrap_or(cost)
}

/// A unit's cost, so many times.
pub(super) fn times(cost: Money, units: u64) -> Result<Money, MoneyError> {
    let minor = i64::try_from(units).ok().and_then(|units| cost.minor().checked_mul(units));
    match minor {
        Some(minor) => Ok(Money::from_minor(minor, cost.currency())),
        None => Err(MoneyError::Overflow(cost.currency())),
    }
}

impl Holding {
    /// Whether anything came in that was counted: until then nobody says how many there are.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        self.counted
    }

    /// How many units are there, of what is counted.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.layers.iter().map(|layer| layer.units).sum()
    }

    /// How many units are there less those that left without having been there, of what is
    /// counted.
    #[must_use]
    pub fn balance(&self) -> i64 {
        let short: u64 = self.short.iter().map(|short| short.units).sum();
        i128::from(self.units()).saturating_sub(i128::from(short)).try_into().unwrap_or(i64::MAX)
    }

    /// What they cost, in the company's currency.
    ///
    /// # Errors
    /// Where the sum is too large.
    pub fn value(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::sum(currency, self.layers.iter().map(|layer| layer.cost))
    }

    /// Says what a unit costs from now on.
    pub(super) fn tell(&mut self, cost: Money) {
        self.told = Some(cost);
    }

    /// What a unit is worth that is found: what was said, or the average of what is there.
    pub(super) fn worth(&self, units: u64) -> Result<Option<Money>, MoneyError> {
        let here = self.units();
        match (self.told, self.layers.first()) {
            (Some(told), _) => times(told, units).map(Some),
            (None, Some(layer)) => {
                let cost = Money::sum(layer.cost.currency(), self.layers.iter().map(|it| it.cost))?;
                Ok(Some(first(times(cost, units)?, 1, here)))
            }
            (None, None) => Ok(None),
        }
    }

    /// What so many units cost by the average of what is there, or by what is said where nobody
    /// counts; none where nothing is there.
    pub(super) fn average(&self, units: u64) -> Result<Option<Money>, MoneyError> {
        let Some(layer) = self.layers.first().filter(|_| self.units() > 0) else {
            return self.told.filter(|_| !self.counted).map(|told| times(told, units)).transpose();
        };
        let cost = Money::sum(layer.cost.currency(), self.layers.iter().map(|it| it.cost))?;
        Ok(Some(first(times(cost, units)?, 1, self.units())))
    }

    /// Takes in units that cost so much.
    pub(super) fn receive(
        &mut self,
        method: CostMethod,
        origin: &str,
        units: u64,
        cost: Money,
    ) -> Result<(), MoneyError> {
        self.counted = true;
        match (method, self.layers.first_mut()) {
            (CostMethod::Average, Some(pool)) => {
                pool.units += units;
                pool.cost = pool.cost.plus(cost)?;
            }
            _ => self.layers.push(Layer { origin: origin.to_owned(), units, cost }),
        }
        Ok(())
    }

    /// Takes in units that had left: what is not counted has no layers to come back to.
    pub(super) fn take_back(
        &mut self,
        method: CostMethod,
        origin: &str,
        units: u64,
        cost: Money,
    ) -> Result<(), MoneyError> {
        match self.counted {
            true => self.receive(method, origin, units, cost),
            false => Ok(()),
        }
    }

    /// Lets units leave.
    pub(super) fn issue(&mut self, units: u64) -> Result<Costed, MoneyError> {
        if !self.counted {
            let cost = self.told.map(|told| times(told, units)).transpose()?;
            let known = if cost.is_some() { units } else { 0 };
            return Ok(Costed { units, known, cost });
        }
        let (mut left, mut cost) = (units, None::<Money>);
        for layer in &mut self.layers {
            let taken = left.min(layer.units);
            if taken == 0 {
                continue;
            }
            let part = first(layer.cost, taken, layer.units);
            layer.units -= taken;
            layer.cost = layer.cost.minus(part)?;
            left -= taken;
            cost = Some(cost.map_or(Ok(part), |sum| sum.plus(part))?);
        }
        self.layers.retain(|layer| layer.units > 0);
        Ok(Costed { units, known: units - left, cost })
    }

    /// Notes units that left without a cost.
    pub(super) fn owe(&mut self, by: &str, costed: Costed) {
        let units = costed.units - costed.known;
        if units > 0 {
            self.short.push(Short { by: by.to_owned(), units });
        }
    }

    /// Forgets that units left without a cost.
    pub(super) fn forgive(&mut self, by: &str) {
        self.short.retain(|short| short.by != by);
    }

    /// Costs what left without one, as far as that is possible now: the moves by which it left, and
    /// what it cost.
    pub(super) fn cover(&mut self) -> Result<Vec<(String, Money)>, MoneyError> {
        let mut covered = Vec::new();
        for short in std::mem::take(&mut self.short) {
            let costed = self.issue(short.units)?;
            if let Some(cost) = costed.cost {
                self.note_covered(&short.by, costed.known, cost)?;
                covered.push((short.by.clone(), cost));
            }
            if !costed.is_complete() {
                self.short.push(Short { units: costed.units - costed.known, ..short });
            }
        }
        Ok(covered)
    }

    fn note_covered(&mut self, by: &str, units: u64, cost: Money) -> Result<(), MoneyError> {
        let nothing = Covered { units: 0, cost: Money::zero(cost.currency()) };
        let covered = self.covered.entry(by.to_owned()).or_insert(nothing);
        *covered = Covered { units: covered.units + units, cost: covered.cost.plus(cost)? };
        Ok(())
    }

    /// What units of a move cost that got their cost after they had left, and have now come back.
    pub(super) fn uncover(&mut self, by: &str) -> Option<Covered> {
        self.covered.remove(by)
    }

    /// Takes in a line of a receipt, and what a bill has charged for it before.
    pub(super) fn receive_line(
        &mut self,
        method: CostMethod,
        line: &str,
        units: u64,
        cost: Money,
    ) -> Result<(), MoneyError> {
        self.receive(method, line, units, cost)?;
        self.unbilled.insert(line.to_owned(), Unbilled { units, cost });
        if let Some(bill) = self.billed.remove(line) {
            self.bill(method, line, bill.units, bill.cost)?;
        }
        Ok(())
    }

    /// Takes the amount of a bill for units of a received line: what it exceeds their cost by falls
    /// on those that are still here, and the rest is returned.
    pub(super) fn bill(
        &mut self,
        method: CostMethod,
        line: &str,
        units: u64,
        amount: Money,
    ) -> Result<Money, MoneyError> {
        let nothing = Money::zero(amount.currency());
        let Some(received) = self.unbilled.remove(line) else {
            self.billed.insert(line.to_owned(), Unbilled { units, cost: amount });
            return Ok(nothing);
        };
        let expected = first(received.cost, units.min(received.units), received.units);
        if units < received.units {
            let units = received.units - units;
            let rest = Unbilled { units, cost: received.cost.minus(expected)? };
            self.unbilled.insert(line.to_owned(), rest);
        }
        let extra = amount.minus(expected)?;
        let own = |layer: &&mut Layer| method == CostMethod::Average || layer.origin == line;
        let Some(layer) = self.layers.iter_mut().find(own) else { return Ok(extra) };
        let stays = first(extra, layer.units.min(units), units);
        layer.cost = layer.cost.plus(stays)?;
        extra.minus(stays)
    }
}
