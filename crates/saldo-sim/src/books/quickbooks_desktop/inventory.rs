//! What is in stock: units, and what they are worth by their average cost.
//!
//! The program keeps no layers. It goes through the movements of an item in the order of their
//! days: what comes in by a purchase is worth what it was bought for; what is sold, comes back or
//! is counted moves at the average of that moment. So what is entered with an earlier day changes
//! the cost of all that was sold after it.
//!
//! More may be sold than is there. Such units leave at the last known cost; what comes in next is
//! what they were, so that the difference goes to the item's cost account with its receipt.

use super::element::Element;
use super::fields;
use super::file::CompanyFile;
use super::kind::Kind;
use super::record::{Leg, Movement, Record};
use super::status::{Checked, Status};
use super::transactions::Draft;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What the owner switches on for goods, as the program calls it.
const FEATURE: &str = "inventory and purchase orders";

/// Units of an item, and their worth, while its movements are gone through.
#[derive(Clone, Copy, Debug)]
struct OnHand {
    quantity: Decimal,
    /// In cents.
    minor: i64,
    /// What one cost when any was there, in dollars.
    last_cost: Decimal,
}

impl OnHand {
    /// What one costs on average, in dollars; the last known cost where none is there.
    fn cost(&self) -> Decimal {
        let average = (self.quantity > Decimal::ZERO)
            .then(|| fields::to_decimal(self.minor).checked_div(self.quantity))
            .flatten();
        average.unwrap_or(self.last_cost)
    }

    /// A movement with its worth by what is on hand before it.
    fn worked_out(&self, movement: Movement) -> Movement {
        if movement.against.is_none() {
            return Movement { corrected: self.correction(&movement), ..movement };
        }
        let empties = self.quantity > Decimal::ZERO
            && (self.quantity + movement.quantity).is_zero()
            && movement.quantity < Decimal::ZERO;
        let worth = movement.quantity.checked_mul(self.cost()).and_then(fields::to_minor);
        let minor = if empties { -self.minor } else { worth.unwrap_or(0) };
        Movement { minor, corrected: 0, ..movement }
    }

    /// How much more than was taken for it the units cost that were sold before they came in.
    fn correction(&self, movement: &Movement) -> i64 {
        let lacking = -self.quantity;
        let covered = lacking.min(movement.quantity);
        if covered <= Decimal::ZERO {
            return 0;
        }
        let share = |minor: i64, of: Decimal| {
            let all = fields::to_decimal(minor);
            all.checked_mul(covered)?.checked_div(of).and_then(fields::to_minor)
        };
        let truly = share(movement.minor, movement.quantity).unwrap_or(0);
        truly - share(-self.minor, lacking).unwrap_or(0)
    }

    fn take(&mut self, movement: &Movement) {
        let bought = movement.against.is_none() && movement.quantity > Decimal::ZERO;
        self.quantity += movement.quantity;
        self.minor += movement.worth();
        if self.quantity > Decimal::ZERO {
            self.last_cost = self.cost();
        } else if bought
            && let Some(each) = fields::to_decimal(movement.minor).checked_div(movement.quantity)
        {
            self.last_cost = each;
        }
    }
}

impl Movement {
    /// What it changes the worth of the stock by, in cents.
    pub(super) fn worth(&self) -> i64 {
        self.minor - self.corrected
    }

    /// What it changes the ledger by, beside the lines of its transaction: what was bought stands
    /// in these.
    pub(super) fn legs(&self) -> impl Iterator<Item = Leg> + use<> {
        let (own, other) = match self.against {
            Some(account) => (self.minor, account),
            None => (-self.corrected, self.cost),
        };
        let legs = [Leg::new(self.asset, own), Leg::new(other, -own).in_class(self.class)];
        legs.into_iter().filter(|leg| leg.minor != 0)
    }
}

impl CompanyFile {
    /// Refuses what needs stock and orders, where the company uses none.
    pub(super) fn check_inventory(&self, kind: Kind) -> Checked<()> {
        match kind {
            Kind::ItemInventory
            | Kind::PurchaseOrder
            | Kind::ItemReceipt
            | Kind::InventoryAdjustment
                if !self.settings.uses_inventory =>
            {
                Err(Status::feature_off(FEATURE))
            }
            _ => Ok(()),
        }
    }

    /// Units of an item that come in (positive) or go: for so much, or at their average cost
    /// against an account.
    pub(super) fn movement(
        &self,
        item: u64,
        quantity: Decimal,
        worth: Worth,
        class: Option<u64>,
    ) -> Checked<Movement> {
        let asset = self.item_account(item, "AssetAccountRef")?;
        let cost = self.item_account(item, "COGSAccountRef")?;
        let (minor, against) = match worth {
            Worth::Bought(minor) => (minor, None),
            Worth::Average => (0, Some(cost)),
            Worth::AverageAgainst(account) => (0, Some(account)),
        };
        Ok(Movement { item, quantity, minor, corrected: 0, asset, cost, against, class })
    }

    /// Works the movements of items out anew, in the order of their days.
    pub(super) fn work_out_stock(&mut self, items: impl IntoIterator<Item = u64>) {
        for item in items {
            self.work_out_item(item);
        }
    }

    fn work_out_item(&mut self, item: u64) {
        let numbers = self.index.movers.get(&item).into_iter().flatten();
        let movers = numbers.filter_map(|number| self.record(*number));
        let mut movers: Vec<(Date, u64)> = movers
            .filter(|record| record.counts())
            .map(|record| (record.date().unwrap_or(Date::MIN), record.number))
            .collect();
        movers.sort_unstable();
        let mut on_hand =
            OnHand { quantity: Decimal::ZERO, minor: 0, last_cost: self.purchase_cost(item) };
        let mut changed: Vec<Record> = Vec::new();
        for (_, number) in movers {
            let Some(record) = self.record(number) else { continue };
            let mut movements = record.movements.clone();
            for movement in movements.iter_mut().filter(|movement| movement.item == item) {
                *movement = on_hand.worked_out(*movement);
                on_hand.take(movement);
            }
            if movements != record.movements {
                changed.push(Record { movements, ..record.clone() });
            }
        }
        changed.into_iter().for_each(|record| self.store(record));
    }

    /// What the item's own page says that it is bought for, in dollars.
    fn purchase_cost(&self, item: u64) -> Decimal {
        let record = self.record(item);
        let cost = record.and_then(|it| fields::number(&it.body, "PurchaseCost").ok().flatten());
        cost.unwrap_or_default()
    }

    /// What one of an item costs on average now, in dollars: what it is bought for where none is
    /// there.
    pub(super) fn average_cost(&self, item: u64) -> Decimal {
        let stock = self.index.stock.get(&item).copied().unwrap_or_default();
        let last_cost = self.purchase_cost(item);
        OnHand { quantity: stock.quantity, minor: stock.minor, last_cost }.cost()
    }

    /// A correction of what is in stock.
    pub(super) fn adjust_stock(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let account = self.required(add, "AccountRef")?;
        let kind = account.text("AccountType").unwrap_or("");
        if matches!(kind, "AccountsReceivable" | "AccountsPayable") {
            let why = "An adjustment takes no account of what somebody owes.";
            return Err(Status::refused("AccountRef", account.full_name(), why));
        }
        let account = account.number;
        let class = self.referred(add, "ClassRef")?.map(|record| record.number);
        for line in add.all("InventoryAdjustmentLineAdd") {
            let item = self.required(line, "ItemRef")?;
            if item.kind != Kind::ItemInventory {
                let why = "Only goods in stock can be adjusted.";
                return Err(Status::refused("ItemRef", item.full_name(), why));
            }
            let (quantity, given) = self.difference(line, item.number)?;
            let worth = given.map_or(Worth::AverageAgainst(account), Worth::Bought);
            let movement = self.movement(item.number, quantity, worth, class)?;
            if let Some(minor) = given {
                draft.post(movement.asset, minor);
                draft.post_leg(Leg::new(account, -minor).in_class(class));
            }
            draft.movements.push(movement);
        }
        Ok(())
    }

    /// How many come in, and what they are worth where that is said.
    fn difference(&self, line: &Element, item: u64) -> Checked<(Decimal, Option<i64>)> {
        let stock = self.index.stock.get(&item).copied().unwrap_or_default();
        let within = line.child("QuantityAdjustment").or_else(|| line.child("ValueAdjustment"));
        let within = within.ok_or_else(|| Status::missing("QuantityAdjustment"))?;
        let quantity = match fields::number(within, "NewQuantity")? {
            Some(new) => new - stock.quantity,
            None => fields::number(within, "QuantityDifference")?.unwrap_or_default(),
        };
        let new = fields::amount(within, "NewValue")?.map(|new| new - stock.minor);
        match new {
            Some(difference) => Ok((quantity, Some(difference))),
            None => Ok((quantity, fields::amount(within, "ValueDifference")?)),
        }
    }

    /// The lines of a correction say what it came to.
    pub(super) fn show_adjusted(record: &Record, shown: &mut Element) {
        if record.kind != Kind::InventoryAdjustment {
            return;
        }
        let lines = shown.children.iter_mut().filter(|it| it.name.ends_with("LineRet"));
        for (line, movement) in lines.zip(&record.movements) {
            line.set("QuantityDifference", fields::shown(movement.quantity));
            line.set("ValueDifference", fields::money(movement.minor));
        }
    }

    /// How many units there are of each item in stock, by its full name.
    #[must_use]
    pub fn in_stock(&self) -> BTreeMap<String, Decimal> {
        let units = |item: &Record| {
            let stock = self.index.stock.get(&item.number).copied().unwrap_or_default();
            (item.full_name().to_owned(), stock.quantity.normalize())
        };
        self.shelf(Kind::ItemInventory).map(units).collect()
    }
}

/// What units are worth that move.
#[derive(Clone, Copy, Debug)]
pub(super) enum Worth {
    /// What lines of the transaction say, in cents.
    Bought(i64),
    /// What they cost on average, against the item's cost account.
    Average,
    /// What they cost on average, against another account.
    AverageAgainst(u64),
}
