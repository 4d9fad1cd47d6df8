//! Items that the vendor keeps in stock: their units, and what these cost, first in first out.
//!
//! The vendor costs what leaves by the layers that came in first, day by day. What is entered for
//! an earlier day, and what is voided, changes the costs of all that left later. What leaves before
//! anything is there costs what comes in next.

use super::company::{Company, View, account_type};
use super::entity::{Entity, Leg, Standing};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::write::Draft;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Units of an item that a transaction moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Move {
    /// The item.
    pub(super) item: u64,
    /// How many come in (positive) or leave.
    pub(super) units: Decimal,
    /// What the transaction itself enters for them on the account of stock, in minor units, debit
    /// positive; none where the vendor values them.
    pub(super) value: Option<i64>,
    /// The account that takes them; none where that is the item's cost of goods.
    pub(super) against: Option<u64>,
}

/// Whether an item is kept in stock.
pub(super) fn is_tracked(item: &Entity) -> bool {
    item.text("Type") == Some("Inventory")
}

/// How many units a line is about: one where it says none. None can be before the item began.
pub(super) fn units(body: &Object, item: &Entity, detail: &Object) -> Result<Decimal, Fault> {
    check_started(body, item)?;
    Ok(fields::decimal(detail, "Qty")?.unwrap_or(Decimal::ONE))
}

fn check_started(body: &Object, item: &Entity) -> Result<(), Fault> {
    let began = item.text("InvStartDate").and_then(|text| text.parse::<Date>().ok());
    match (fields::date(body, "TxnDate")?, began) {
        (Some(date), Some(began)) if date < began => {
            Err(Fault::business("Transaction date is prior to start date for inventory item"))
        }
        _ => Ok(()),
    }
}

/// An item in stock needs its units, the day on which they are counted, and three accounts.
pub(super) fn check_item(
    view: &View<'_>,
    body: &Object,
    previous: Option<&Entity>,
) -> Result<(), Fault> {
    if !fields::boolean(body, "TrackQtyOnHand")?.unwrap_or(false) {
        return Err(Fault::business("An inventory item must track its quantity on hand"));
    }
    let units = fields::decimal(body, "QtyOnHand")?.ok_or_else(|| Fault::missing("QtyOnHand"))?;
    if previous.is_none() && !units.is_zero() {
        return Err(Fault::business("The simulation begins items with nothing on hand"));
    }
    fields::date(body, "InvStartDate")?.ok_or_else(|| Fault::missing("InvStartDate"))?;
    let wanted = [
        ("IncomeAccountRef", "Income", Some("SalesOfProductIncome")),
        ("AssetAccountRef", "Other Current Asset", Some("Inventory")),
        ("ExpenseAccountRef", "Cost of Goods Sold", None),
    ];
    for (name, kind, detail) in wanted {
        let account = view.required_account(body, name)?;
        let other_detail = detail.is_some_and(|it| account.text("AccountSubType") != Some(it));
        if account_type(account) != kind || other_detail {
            let detail = detail.unwrap_or(kind);
            return Err(Fault::business(&format!("{name} must be an account of type {detail}")));
        }
    }
    Ok(())
}

/// Works an adjustment of stock out.
pub(super) fn adjustment(view: &View<'_>, mut body: Object) -> Result<Draft, Fault> {
    let against = Some(view.required_account(&body, "AdjustAccountRef")?.id);
    let (mut stock, mut shown) = (Vec::new(), Vec::new());
    for line in fields::objects(&body, "Line")? {
        let detail = match fields::text(line, "DetailType")? {
            Some(kind @ "ItemAdjustmentLineDetail") => fields::object(line, kind)?,
            Some(other) => return Err(Fault::bad_enumeration("DetailType", other)),
            None => return Err(Fault::missing("DetailType")),
        };
        let detail = detail.ok_or_else(|| Fault::missing("ItemAdjustmentLineDetail"))?;
        let item = fields::reference(detail, "ItemRef")?;
        let item = item.ok_or_else(|| Fault::missing("ItemRef"))?;
        let item = view.resolve(Kind::Item, "ItemRef", &item)?;
        if !is_tracked(item) {
            return Err(Fault::business("Only inventory items can be adjusted"));
        }
        check_started(&body, item)?;
        let units = match (fields::decimal(detail, "QtyDiff")?, fields::decimal(detail, "NewQty")?)
        {
            (Some(units), None) => units,
            (None, Some(units)) => units - view.company.units_of(item.id),
            _ => return Err(Fault::missing("QtyDiff")),
        };
        stock.push(Move { item: item.id, units, value: None, against });
        let mut line = line.clone();
        line.insert("Id".to_owned(), json!((shown.len() + 1).to_string()));
        shown.push(Value::Object(line));
    }
    if shown.is_empty() {
        return Err(Fault::missing("Line"));
    }
    body.insert("Line".to_owned(), Value::Array(shown));
    body.remove("CurrencyRef");
    Ok(Draft { body, stock, ..Draft::default() })
}

/// A layer of units, with what is left of their cost.
struct Layer {
    units: Decimal,
    minor: i64,
}

impl Layer {
    /// Takes units out; what they cost.
    fn take(&mut self, units: Decimal) -> i64 {
        let all = units >= self.units;
        let part = Decimal::from(self.minor) * units / self.units;
        let minor = match all {
            true => self.minor,
            false => fields::rounded_minor(part / Decimal::ONE_HUNDRED).unwrap_or(self.minor),
        };
        self.units -= units;
        self.minor -= minor;
        minor
    }
}

/// A transaction that moves an item, in the order in which the vendor costs them.
type Mover = (Date, bool, u64, Kind);

/// What is in stock of an item while its moves are gone through.
#[derive(Default)]
struct Shelf {
    layers: VecDeque<Layer>,
    /// Units that left before any were there, and by what.
    short: VecDeque<(Mover, Move, Decimal)>,
    /// What units cost last, all of some.
    last: Option<(Decimal, i64)>,
    /// What each mover's units cost: stock, debit positive, and what takes it.
    costs: BTreeMap<Mover, Vec<(Move, i64)>>,
}

impl Shelf {
    fn come(&mut self, mover: Mover, it: Move) {
        let value = it.value.unwrap_or_else(|| match self.last {
            Some((units, minor)) if !units.is_zero() => {
                let each = fields::decimal_of(minor) / units;
                fields::rounded_minor(each * it.units).unwrap_or(0)
            }
            _ => 0,
        });
        if it.value.is_none() {
            self.costs.entry(mover).or_default().push((it, value));
        }
        self.last = Some((it.units, value));
        let mut layer = Layer { units: it.units, minor: value };
        while !layer.units.is_zero()
            && let Some((late, taken, units)) = self.short.pop_front()
        {
            let part = units.min(layer.units);
            let minor = layer.take(part);
            self.costs.entry(late).or_default().push((taken, -minor));
            if part < units {
                self.short.push_front((late, taken, units - part));
            }
        }
        if !layer.units.is_zero() {
            self.layers.push_back(layer);
        }
    }

    fn leave(&mut self, mover: Mover, it: Move) {
        let (mut left, mut cost) = (-it.units, 0);
        while !left.is_zero()
            && let Some(layer) = self.layers.front_mut()
        {
            let part = left.min(layer.units);
            cost += layer.take(part);
            left -= part;
            if layer.units.is_zero() {
                self.layers.pop_front();
            }
        }
        // What the transaction itself enters is no cost; what its units cost more or less is.
        self.costs.entry(mover).or_default().push((it, -cost - it.value.unwrap_or(0)));
        if !left.is_zero() {
            self.short.push_back((mover, it, left));
        }
    }
}

impl Company {
    /// The transactions that move an item, the first one first: of a day, what comes in first.
    fn movers(&self, item: u64) -> Vec<(Mover, Move)> {
        let mut movers = Vec::new();
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            let Some(date) = entity.date().filter(|_| entity.standing == Standing::Live) else {
                continue;
            };
            for it in entity.stock.iter().filter(|it| it.item == item && !it.units.is_zero()) {
                let leaves = it.units.is_sign_negative();
                movers.push(((date, leaves, entity.id, entity.kind), *it));
            }
        }
        movers.sort_by_key(|(mover, _)| *mover);
        movers
    }

    /// How many units of an item are in stock.
    #[must_use]
    pub(super) fn units_of(&self, item: u64) -> Decimal {
        self.movers(item).iter().map(|(_, it)| it.units).sum()
    }

    /// How many units are in stock of every item that is kept, by its stock-keeping unit or name.
    #[must_use]
    pub fn in_stock(&self) -> BTreeMap<String, Decimal> {
        let kept = self.shelf(Kind::Item).filter(|item| is_tracked(item));
        let named = |item: &Entity| item.text("Sku").unwrap_or(item.name()).to_owned();
        kept.map(|item| (named(item), self.units_of(item.id))).collect()
    }

    /// Costs all that moved these items anew.
    pub(super) fn cost(&mut self, items: &BTreeSet<u64>) {
        if items.is_empty() {
            return;
        }
        let mut touched: BTreeMap<(Kind, u64), Vec<Leg>> = BTreeMap::new();
        let mut all = items.clone();
        // A transaction that moves other items too keeps what these cost.
        loop {
            let mut more = BTreeSet::new();
            for entity in self.shelves.values().flat_map(BTreeMap::values) {
                let moved: BTreeSet<u64> = entity.stock.iter().map(|it| it.item).collect();
                if !moved.is_disjoint(&all) {
                    more.extend(moved);
                }
            }
            if more.is_subset(&all) {
                break;
            }
            all.extend(more);
        }
        for item in &all {
            let mut shelf = Shelf::default();
            for (mover, it) in self.movers(*item) {
                touched.entry((mover.3, mover.2)).or_default();
                match it.units.is_sign_negative() {
                    true => shelf.leave(mover, it),
                    false => shelf.come(mover, it),
                }
            }
            let Some(kept) = self.entity(Kind::Item, *item) else { continue };
            let stock = kept.reference("AssetAccountRef").unwrap_or_default();
            let cost = kept.reference("ExpenseAccountRef").unwrap_or_default();
            for ((_, _, id, kind), costs) in shelf.costs {
                let legs = touched.entry((kind, id)).or_default();
                for (it, minor) in costs.into_iter().filter(|(_, minor)| *minor != 0) {
                    let taken = it.against.unwrap_or(cost);
                    legs.push(Leg { account: stock, minor, party: None });
                    legs.push(Leg { account: taken, minor: -minor, party: None });
                }
            }
        }
        for ((kind, id), cost) in touched {
            let Some(mut entity) = self.entity(kind, id).cloned() else { continue };
            entity.cost = cost;
            self.store(entity);
        }
    }

    /// Notes that a bill brings goods of purchase orders. One of which all came in is closed.
    pub(super) fn receive_orders(&mut self, bill: (Kind, u64), orders: &[u64], now: Timestamp) {
        for id in orders {
            let Some(order) = self.entity(Kind::PurchaseOrder, *id) else { continue };
            let mut open = ordered(order);
            let bills = order.linked_by.iter().chain([&bill]).copied().collect::<BTreeSet<_>>();
            for (kind, id) in bills {
                let moves = self.entity(kind, id).map(|it| it.stock.clone()).unwrap_or_default();
                for it in moves {
                    *open.entry(it.item).or_default() -= it.units;
                }
            }
            let is_closed = open.values().all(|units| *units <= Decimal::ZERO);
            self.touch(Kind::PurchaseOrder, *id, now, |order| {
                if !order.linked_by.contains(&bill) {
                    order.linked_by.push(bill);
                }
                if is_closed {
                    order.body.insert("POStatus".to_owned(), json!("Closed"));
                }
            });
        }
    }
}

/// The units of each item that a purchase order orders.
fn ordered(order: &Entity) -> BTreeMap<u64, Decimal> {
    let mut units: BTreeMap<u64, Decimal> = BTreeMap::new();
    for line in fields::objects(&order.body, "Line").unwrap_or_default() {
        let detail = fields::object(line, "ItemBasedExpenseLineDetail").ok().flatten();
        let Some(detail) = detail else { continue };
        let item = fields::reference(detail, "ItemRef").ok().flatten();
        let item = item.and_then(|item| item.value.parse().ok());
        let count = fields::decimal(detail, "Qty").ok().flatten();
        if let (Some(item), Some(count)) = (item, count) {
            *units.entry(item).or_default() += count;
        }
    }
    units
}
