//! What was sold and paid so far: what can still come back.

use crate::accounting::Trouble;
use crate::accounting::contradictions::{Returned, check_repaid, check_return, too_many_units};
use crate::accounting::movements::Pool;
use crate::commerce::{Agreement, Order, SaleKind, SaleLine};
use crate::money::{Currency, Money};
use std::collections::BTreeMap;

/// What was sold and is not taken back yet, what was paid, and what of that went back.
pub(super) struct Sold<'a> {
    /// By the vendor's id of the item, or by what it is where lines of a kind are one thing.
    things: BTreeMap<&'a str, Thing>,
    paid: Money,
    repaid: Money,
}

/// What is out of a thing; or what an agreement changes of it.
#[derive(Clone, Copy)]
struct Thing {
    /// None where units are not told.
    units: Option<i64>,
    /// What it was charged with, taxes of all collectors included.
    worth: Money,
    /// By how much the vendor may have rounded what went back, in minor units.
    rounding: u64,
}

impl Thing {
    fn nothing(currency: Currency) -> Self {
        Self { units: Some(0), worth: Money::zero(currency), rounding: 0 }
    }

    fn plus(self, more: Self, title: &str) -> Result<Self, Trouble> {
        let units = match (self.units, more.units) {
            (Some(units), Some(more)) => {
                Some(units.checked_add(more).ok_or_else(|| too_many_units(title))?)
            }
            _ => None,
        };
        let rounding = self.rounding.saturating_add(more.rounding);
        Ok(Self { units, worth: self.worth.plus(more.worth)?, rounding })
    }
}

impl<'a> Sold<'a> {
    /// Before anything was sold.
    pub(super) const fn nothing(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self { things: BTreeMap::new(), paid: nothing, repaid: nothing }
    }

    /// Takes an agreement in. Within one, what goes out and what comes back may cancel out.
    ///
    /// # Errors
    /// Where more comes back than can still come back.
    pub(super) fn agree(&mut self, agreement: &'a Agreement) -> Result<(), Trouble> {
        let mut changes: BTreeMap<&'a str, (String, Thing)> = BTreeMap::new();
        for line in &agreement.lines {
            let Some(key) = thing_of(line) else { continue };
            let worth = line.total()?;
            // The net price and each tax are rounded for themselves, by less than a unit.
            let amounts = u64::try_from(line.taxes.len()).unwrap_or(u64::MAX).saturating_add(1);
            let rounding = if worth.is_negative() { amounts } else { 0 };
            let more = Thing { units: line.quantity, worth, rounding };
            let nothing = || (title_of(line, key), Thing::nothing(worth.currency()));
            let (title, change) = changes.entry(key).or_insert_with(nothing);
            *change = change.plus(more, title)?;
        }
        for (key, (title, change)) in changes {
            let nothing = Thing::nothing(change.worth.currency());
            let known = self.things.entry(key).or_insert(nothing);
            let after = known.plus(change, &title)?;
            check_return(&Returned {
                agreement: &agreement.id,
                thing: &title,
                units: change
                    .units
                    .zip(known.units)
                    .map(|(more, out)| (more.saturating_neg(), out)),
                worth: (change.worth.negated(), known.worth),
                rounding: after.rounding,
            })?;
            *known = after;
        }
        Ok(())
    }

    /// Takes the money of a day in.
    ///
    /// # Errors
    /// Where more went back than was paid, and nobody agreed to give it.
    pub(super) fn pay(
        &mut self,
        order: &Order,
        received: &Pool<'_>,
        refunded: &Pool<'_>,
    ) -> Result<(), Trouble> {
        self.paid = self.paid.plus(received.total(order.currency)?)?;
        let refunded = refunded.total(order.currency)?;
        self.repaid = self.repaid.plus(refunded)?;
        match refunded.is_zero() {
            true => Ok(()),
            false => check_repaid(&order.name, self.repaid, self.paid, given_back(order)?),
        }
    }
}

/// All that was ever agreed to be given back. What is agreed later only makes it more, so that
/// nothing is held for it that was entered.
fn given_back(order: &Order) -> Result<Money, Trouble> {
    let mut sum = Money::zero(order.currency);
    for agreement in &order.agreements {
        let mut total = Money::zero(order.currency);
        for line in &agreement.lines {
            total = total.plus(line.total()?)?;
        }
        if total.is_negative() {
            sum = sum.minus(total)?;
        }
    }
    Ok(sum)
}

/// What a line is a line of, where what comes back of it can be compared with what was sold. Money
/// without an item is agreed freely, and a word that nobody knows says nothing.
fn thing_of(line: &SaleLine) -> Option<&str> {
    match line.kind {
        SaleKind::Shipping => Some("carriage"),
        SaleKind::Tip => Some("tips"),
        SaleKind::Duty => Some("duties"),
        SaleKind::Product | SaleKind::GiftCard => line.item.as_ref().map(|item| item.id.as_str()),
        SaleKind::Adjustment | SaleKind::Unknown(_) => None,
    }
}

/// The thing in words: the product's name, or its kind.
fn title_of(line: &SaleLine, key: &str) -> String {
    let product = line.product.as_ref().map(|product| format!("`{}`", product.title));
    product.unwrap_or_else(|| key.to_owned())
}
