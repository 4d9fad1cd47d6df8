//! What accounting must know of stock: of an order what its goods cost, of an item what its earlier
//! months came to. And who goes by what has changed in it.

use super::account::Told;
use super::alike::ToldByGroup;
use super::desk::Desk;
use super::{Engine, EngineError};
use jiff::Timestamp;
use saldo_core::accounting::{
    Accounted, Group, Stock, StockMonth, StockSheet, months_of_order, orders_between,
    work_out_stock,
};
use saldo_core::commerce::Fact;
use saldo_core::policy::Policy;
use saldo_core::text::GroupId;
use saldo_store::{DirtyGroup, SheetKey, StoredSheet};
use std::collections::{BTreeMap, BTreeSet};

/// The sheets that some groups go by, and those that were worked out for them.
#[derive(Default)]
pub(super) struct KnownStock {
    known: Stock,
    /// The sheets as they are stored, of the months that are worked out.
    stored: BTreeMap<StockMonth, StockSheet>,
    /// Those that were worked out and came to something else.
    changed: BTreeMap<StockMonth, StockSheet>,
    /// The orders of which something costs otherwise now.
    orders: BTreeSet<GroupId>,
}

impl KnownStock {
    /// Reads what these groups go by, where the policy wants to know what goods cost.
    pub(super) async fn learn(
        engine: &Engine,
        policy: &Policy,
        dirty: &[DirtyGroup],
        told: &ToldByGroup,
    ) -> Result<Self, EngineError> {
        let mut known = Self::default();
        if !policy.follows_costs() {
            return Ok(known);
        }
        let (mut own, mut wanted) = (Vec::new(), BTreeSet::new());
        for dirty in dirty {
            let item = match Group::parse(&dirty.group) {
                Some(Group::Stock(month)) => Some(month),
                _ => None,
            };
            let facts = told.get(&dirty.group).map_or(&[][..], |told| &told.facts);
            let goods = facts.iter().filter_map(|fact| match fact {
                Fact::Goods(goods) => Some(&**goods),
                _ => None,
            });
            let months = goods.flat_map(months_of_order);
            let concerns = |month: &StockMonth| {
                item.as_ref().is_none_or(|item| item.item == month.item && month < item)
            };
            wanted.extend(months.filter(concerns));
            own.extend(item);
        }
        let company = engine.company_id();
        let keys: Vec<SheetKey> = own.iter().map(key).collect();
        for (month, sheet) in read(engine.store.stock_sheets(company, &keys).await?)? {
            known.stored.insert(month, sheet);
        }
        let before = engine.store.stock_sheets_before(company, &keys).await?;
        let wanted: Vec<SheetKey> = wanted.iter().map(key).collect();
        let others = engine.store.stock_sheets(company, &wanted).await?;
        for (month, sheet) in read(before)?.into_iter().chain(read(others)?) {
            known.known.insert(month, sheet);
        }
        Ok(known)
    }

    pub(super) fn known(&self) -> &Stock {
        &self.known
    }

    /// Works out a month of an item, and notes what changed by it.
    pub(super) fn work_out(
        &mut self,
        month: &StockMonth,
        told: &Told,
        policy: &Policy,
        heard: Timestamp,
    ) -> Accounted {
        let (sheet, accounted) = work_out_stock(month, &told.facts, &self.known, policy, heard);
        if !policy.follows_costs() {
            return accounted;
        }
        let before = self.stored.get(month).cloned().unwrap_or_default();
        self.known.insert(month.clone(), sheet.clone());
        if sheet != before || !self.stored.contains_key(month) {
            let orders = orders_between(month, &before, &sheet, &told.facts);
            self.orders.extend(orders.into_iter().map(|order| Group::Order(order).id()));
            self.changed.insert(month.clone(), sheet);
        }
        accounted
    }

    /// Stores the sheets that changed, and marks whoever goes by them and was not accounted by them
    /// already. The items themselves are still to be stored, so that a process that ends here
    /// begins here again.
    pub(super) async fn keep(
        self,
        engine: &Engine,
        desk: &Desk,
        accounted: &BTreeSet<GroupId>,
    ) -> Result<(), EngineError> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let mut followers = self.orders;
        for month in self.changed.keys() {
            let from = Group::Stock(month.clone()).id();
            let until = format!("item/{}/9", month.item);
            let company = engine.company_id();
            followers.extend(engine.store.groups_between(company, from.as_str(), &until).await?);
        }
        followers.retain(|group| !accounted.contains(group));
        let followers: Vec<GroupId> = followers.into_iter().collect();
        let stored = |(month, sheet): (&StockMonth, &StockSheet)| {
            let sheet = serde_json::to_string(sheet).map_err(unreadable)?;
            Ok(StoredSheet { key: key(month), sheet })
        };
        let sheets: Result<Vec<_>, EngineError> = self.changed.iter().map(stored).collect();
        engine.keep_desk(desk).await?;
        engine.store.save_stock_sheets(&desk.lease, &sheets?, &followers).await?;
        Ok(())
    }
}

/// By what the sheet of a month is stored.
pub(super) fn key(month: &StockMonth) -> SheetKey {
    let StockMonth { item, month } = month;
    SheetKey { item: item.to_string(), month: month.strftime("%Y-%m").to_string() }
}

pub(super) fn read(stored: Vec<StoredSheet>) -> Result<Vec<(StockMonth, StockSheet)>, EngineError> {
    let read = |StoredSheet { key, sheet }: StoredSheet| {
        let month = StockMonth::parse(&format!("{}/{}", key.item, key.month));
        let month = month.ok_or_else(|| EngineError::Stock(key.item))?;
        Ok((month, serde_json::from_str(&sheet).map_err(unreadable)?))
    };
    stored.into_iter().map(read).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors, which come by value")]
fn unreadable(error: serde_json::Error) -> EngineError {
    EngineError::Stock(error.to_string())
}
