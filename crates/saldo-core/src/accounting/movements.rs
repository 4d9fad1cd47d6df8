//! A day's money, drawn upon by the day's agreements.

use super::Trouble;
use crate::commerce::{MoneyMovement, Tender};
use crate::money::{Currency, Money};
use crate::text::GatewayId;
use std::collections::BTreeSet;

/// A part of a movement.
#[derive(Clone, Debug)]
pub(super) struct Portion<'a> {
    pub(super) movement: &'a MoneyMovement,
    pub(super) amount: Money,
}

impl Portion<'_> {
    pub(super) fn is_gateway(&self) -> bool {
        matches!(self.movement.tender, Tender::Gateway(_))
    }
}

/// Money of one direction and one day, in order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool<'a> {
    portions: Vec<Portion<'a>>,
}

impl<'a> Pool<'a> {
    pub(super) fn push(&mut self, movement: &'a MoneyMovement, amount: Money) {
        self.portions.push(Portion { movement, amount });
    }

    /// Lessens the latest payments by this tender; gives what is left to lessen by.
    pub(super) fn lessen(&mut self, tender: &Tender, amount: Money) -> Result<Money, Trouble> {
        let mut left = amount;
        for portion in self.portions.iter_mut().rev() {
            if portion.movement.tender == *tender {
                let part = left.min(portion.amount);
                portion.amount = portion.amount.minus(part)?;
                left = left.minus(part)?;
            }
        }
        self.portions.retain(|portion| !portion.amount.is_zero());
        Ok(left)
    }

    pub(super) fn total(&self, currency: Currency) -> Result<Money, Trouble> {
        Ok(Money::sum(currency, self.portions.iter().map(|portion| portion.amount))?)
    }

    /// Draws up to `wanted`, from the earliest on, from portions that pass the filter.
    pub(super) fn draw(
        &mut self,
        wanted: Money,
        accepts: impl Fn(&Portion<'_>) -> bool,
    ) -> Result<Vec<Portion<'a>>, Trouble> {
        let mut missing = wanted;
        let mut drawn = Vec::new();
        for portion in &mut self.portions {
            if missing.is_zero() || !accepts(portion) {
                continue;
            }
            let amount = missing.min(portion.amount);
            portion.amount = portion.amount.minus(amount)?;
            missing = missing.minus(amount)?;
            drawn.push(Portion { movement: portion.movement, amount });
        }
        self.portions.retain(|portion| !portion.amount.is_zero());
        Ok(drawn)
    }

    /// Takes all that is left.
    pub(super) fn drain(&mut self) -> Vec<Portion<'a>> {
        std::mem::take(&mut self.portions)
    }

    /// The gateway that pays `wanted`, where there is as much and one gateway alone has a part in
    /// it.
    pub(super) fn gateway_of(&self, wanted: Money) -> Result<Option<&'a GatewayId>, Trouble> {
        if self.total(wanted.currency())? < wanted || self.gateways_within(wanted)? != 1 {
            return Ok(None);
        }
        let first = self.portions.iter().find_map(|portion| match &portion.movement.tender {
            Tender::Gateway(gateway) => Some(&gateway.id),
            Tender::GiftCard | Tender::StoreCredit => None,
        });
        Ok(first)
    }

    /// How many gateways a draw of `wanted` would touch.
    pub(super) fn gateways_within(&self, wanted: Money) -> Result<usize, Trouble> {
        let drawn = self.clone().draw(wanted, |_| true)?;
        let gateways: BTreeSet<_> =
            drawn.iter().filter(|p| p.is_gateway()).map(|p| &p.movement.tender).collect();
        Ok(gateways.len())
    }
}
