//! Items whose stock is tracked: units on hand and what they cost, at the average.
//!
//! Units count once a document is approved, whatever its day. What is bought comes in at its price,
//! and goes back to a supplier at that of the credit note; what is sold leaves at the average of
//! what is there, which goes to the item's cost of goods sold, and comes back at the average.

use super::entity::{Entity, Leg};
use super::fields;
use super::kind::Kind;
use super::lines::Lines;
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is on hand of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OnHand {
    pub(super) units: Decimal,
    /// What they cost, in minor units of the base currency.
    pub(super) minor: i64,
}

/// What a document did to an item: units that came in are positive, and so is what they cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Move {
    pub(super) item: u64,
    pub(super) units: Decimal,
    pub(super) minor: i64,
}

/// A line of a tracked item.
#[derive(Clone, Debug)]
pub(super) struct TrackedLine {
    pub(super) item: u64,
    pub(super) units: Decimal,
    /// Without tax, in minor units.
    pub(super) net: i64,
}

/// What a document does with the units in its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Bought,
    BoughtBack,
    Sold,
    SoldBack,
}

impl Organisation {
    /// How many units are on hand of each tracked item, by its code.
    #[must_use]
    pub fn in_stock(&self) -> BTreeMap<String, Decimal> {
        let tracked = self.shelf(Kind::Item).filter(|item| is_tracked(item));
        tracked
            .map(|item| (item.word("Code").to_owned(), self.on_hand(item.place).units.normalize()))
            .collect()
    }

    /// What is on hand of an item.
    pub(super) fn on_hand(&self, item: u64) -> OnHand {
        self.stock.get(&item).copied().unwrap_or_default()
    }

    /// What a document does to tracked items, and what it enters for that, beside what it was
    /// before.
    pub(super) fn stock_moves(
        &self,
        (lines, rate): (&Lines, Decimal),
        flow: Flow,
        previous: Option<&Entity>,
    ) -> Checked<(Vec<Move>, Vec<Leg>)> {
        let (mut moves, mut legs) = (Vec::new(), Vec::new());
        let mut held: BTreeMap<u64, OnHand> = self.stock.clone();
        for before in previous.into_iter().flat_map(|it| &it.moves) {
            let on_hand = held.entry(before.item).or_default();
            on_hand.units -= before.units;
            on_hand.minor -= before.minor;
        }
        for line in &lines.tracked {
            if rate != Decimal::ONE {
                return Err(Refusal::invalid(
                    "Tracked items in another currency are not simulated",
                ));
            }
            let on_hand = held.entry(line.item).or_default();
            let leaves = matches!(flow, Flow::Sold | Flow::BoughtBack);
            if leaves && line.units > on_hand.units {
                return Err(self.too_few(line.item, on_hand.units));
            }
            let minor = match flow {
                Flow::Bought => line.net,
                Flow::BoughtBack => -line.net,
                Flow::Sold => -average(*on_hand, line.units)?,
                Flow::SoldBack => average(*on_hand, line.units)?,
            };
            let units = if leaves { -line.units } else { line.units };
            on_hand.units += units;
            on_hand.minor += minor;
            if on_hand.minor < 0 {
                return Err(Refusal::invalid("The value of an item on hand cannot be negative"));
            }
            if matches!(flow, Flow::Sold | Flow::SoldBack) {
                let (stock, cost) = self.accounts_of(line.item)?;
                legs.push(Leg { account: stock, minor });
                legs.push(Leg { account: cost, minor: -minor });
            }
            moves.push(Move { item: line.item, units, minor });
        }
        Ok((moves, legs))
    }

    /// Refuses to undo what a document laid in where it is there no more.
    pub(super) fn check_undone(&self, document: &Entity) -> Checked<()> {
        for it in document.moves.iter().filter(|it| it.units.is_sign_positive()) {
            let on_hand = self.on_hand(it.item).units;
            if it.units > on_hand {
                return Err(self.too_few(it.item, on_hand));
            }
        }
        Ok(())
    }

    /// Takes in what a document does to tracked items, or out what it did.
    pub(super) fn keep_stock(&mut self, moves: &[Move], undone: bool) {
        for it in moves {
            let on_hand = self.stock.entry(it.item).or_default();
            let sign = if undone { -1 } else { 1 };
            on_hand.units += it.units * Decimal::from(sign);
            on_hand.minor += it.minor * sign;
        }
    }

    fn too_few(&self, item: u64, on_hand: Decimal) -> Refusal {
        let code = self.entity(Kind::Item, item).map_or("", |it| it.word("Code"));
        Refusal::invalid(format!(
            "Item '{code}' is tracked as inventory, and the quantity on hand ({}) is not enough",
            on_hand.normalize()
        ))
    }

    /// Whether an account holds tracked items.
    pub(super) fn is_stock(&self, account: &Entity) -> bool {
        let code = account.text("Code");
        let mut items = self.shelf(Kind::Item);
        code.is_some() && items.any(|it| it.text("InventoryAssetAccountCode") == code)
    }

    /// The accounts of an item: of what is on hand, and of what was sold.
    fn accounts_of(&self, item: u64) -> Checked<(u64, u64)> {
        let entity = self.entity(Kind::Item, item);
        let stock = entity.and_then(|it| it.text("InventoryAssetAccountCode"));
        let cost = entity.and_then(|it| it.body.get("PurchaseDetails")?.get("COGSAccountCode"));
        let place = |code: Option<&str>| {
            let account = code.and_then(|code| self.by_key(Kind::Account, code));
            account.map(|account| account.place)
        };
        let both = place(stock).zip(place(cost.and_then(|code| code.as_str())));
        both.ok_or_else(|| Refusal::invalid("The item is not tracked as inventory"))
    }
}

/// Whether the stock of an item is tracked.
pub(super) fn is_tracked(item: &Entity) -> bool {
    item.body.get("IsTrackedAsInventory") == Some(&serde_json::Value::Bool(true))
}

/// What so many units cost at the average; nothing where nothing is there.
fn average(on_hand: OnHand, units: Decimal) -> Checked<i64> {
    if on_hand.units.is_zero() {
        return Ok(0);
    }
    let cost = fields::decimal_of(on_hand.minor).checked_mul(units);
    let cost = cost.and_then(|cost| cost.checked_div(on_hand.units)).and_then(fields::minor);
    cost.ok_or_else(|| Refusal::malformed("Quantity", "is too large"))
}
