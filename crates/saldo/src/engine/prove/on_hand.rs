//! How many units the shops have on hand, beside how many there are by what came in and what left.

use super::super::account::{Heard, Readers};
use super::super::stock::{key, read as read_sheets};
use super::super::{Engine, EngineError, alike};
use super::stated::{Statement, statements};
use jiff::{SignedDuration, Timestamp};
use saldo_core::accounting::{Group, Stock, StockItem, StockMonth, months_of_order, units_until};
use saldo_core::commerce::{Fact, OnHand, RecordRef, Saying, Topic};
use saldo_core::policy::{CostOwner, Policy};
use saldo_core::text::{ConnectionId, GroupId};
use saldo_store::SheetKey;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many items are looked at in one step.
const ITEMS_AT_ONCE: usize = 200;
/// How many items are listed that differ.
const ITEMS_SHOWN: usize = 1_000;
/// How far before an instant a month may not be worked out to its end: a books day ends up to so
/// long after that of UTC, and is heard later.
const UNFINISHED: SignedDuration = SignedDuration::from_hours(48);

/// The units of all items, as the shops say and as they were told.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UnitsProof {
    /// How many items were compared.
    pub(crate) items: u64,
    /// The items that differ, up to a thousand.
    pub(crate) differing: Vec<UnitsLine>,
}

impl UnitsProof {
    /// Whether there are more, or fewer, units than were told, of any item.
    pub(crate) fn differs(&self) -> bool {
        self.differing.iter().any(|line| !line.awaited)
    }
}

/// An item of which the shops have more, or fewer, units than were told.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UnitsLine {
    /// Its stock-keeping unit, or what else it is known by.
    pub(crate) item: String,
    /// What it is called; empty where no shop lists it.
    pub(crate) product: String,
    /// How many the shops have, at all their places.
    pub(crate) on_hand: i64,
    /// The same by place.
    pub(crate) places: Vec<UnitsAtPlace>,
    /// How many there are by what came in, left and was adjusted.
    pub(crate) told: i64,
    /// Whether they may differ: what happened until the shops counted is not all heard.
    pub(crate) awaited: bool,
    /// What to do.
    pub(crate) hint: &'static str,
}

/// Units at a place of a shop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct UnitsAtPlace {
    /// Its name.
    pub(crate) place: String,
    /// How many are there.
    pub(crate) units: i64,
}

/// What a comparison of units gave.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// The comparison; none where there is nothing to compare.
    pub(super) units: Option<UnitsProof>,
    /// What cannot be compared, and why.
    pub(super) unknown: Vec<String>,
}

/// What shops have of an item.
#[derive(Debug, Default)]
struct Shelf {
    product: String,
    places: Vec<UnitsAtPlace>,
    /// As of when that is, by shop: when it spoke, or when it last changed since.
    at: BTreeMap<ConnectionId, Timestamp>,
}

impl Shelf {
    fn on_hand(&self) -> i64 {
        self.places.iter().fold(0, |sum, it| sum.saturating_add(it.units))
    }
}

/// Compares, where Saldo keeps the stock, the items of which anybody told how many came in.
pub(super) async fn compared(engine: &Engine, policy: &Policy) -> Result<Compared, EngineError> {
    let mut compared = Compared::default();
    if policy.text.cost.owner != CostOwner::Saldo {
        return Ok(compared);
    }
    let readers = Readers::of(engine).await?;
    let heard = Heard::of(engine).await?;
    let statements = statements(engine, &readers, Topic::OnHand).await?;
    let refused = statements.iter().filter_map(|it| it.said.as_ref().err());
    compared.unknown = refused.map(|why| format!("what is on hand: {why}")).collect();
    let said_at: BTreeMap<ConnectionId, Timestamp> = statements
        .iter()
        .filter_map(|it| Some((it.connection.clone(), *it.said.as_ref().ok()?)))
        .collect();
    let Some(latest) = said_at.values().max().filter(|_| compared.unknown.is_empty()) else {
        return Ok(compared);
    };
    let Shelves { shelves, uncounted } = Shelves::of(&statements);
    let (mut proof, mut seen) = (UnitsProof { items: 0, differing: Vec::new() }, BTreeSet::new());
    let counter = Counter { engine, readers: &readers, policy, said_at: &said_at, latest: *latest };
    for (item, told) in counter.count(&shelves).await? {
        seen.insert(item.clone());
        if uncounted.contains(&item) {
            continue;
        }
        proof.items += 1;
        let shelf = shelves.get(&item);
        if shelf.map_or(0, Shelf::on_hand) != told {
            let at = |(id, said): (&ConnectionId, &Timestamp)| {
                let at = shelf.and_then(|shelf| shelf.at.get(id)).unwrap_or(said);
                heard.until(id) >= *at
            };
            let awaited = !said_at.iter().all(at);
            proof.differing.push(line(&item, shelf, told, awaited));
        }
    }
    proof.differing.truncate(ITEMS_SHOWN);
    let of_nobody = shelves.iter().filter(|(item, it)| !seen.contains(item) && it.on_hand() != 0);
    match of_nobody.count() {
        0 => {}
        count => compared.unknown.push(format!(
            "of {count} items that the shops have on hand nobody told what came in: tell their \
             receipts, or what was there at first"
        )),
    }
    compared.units = Some(proof).filter(|proof| proof.items > 0);
    Ok(compared)
}

fn line(item: &StockItem, shelf: Option<&Shelf>, told: i64, awaited: bool) -> UnitsLine {
    let on_hand = shelf.map_or(0, Shelf::on_hand);
    let hint = match (shelf, awaited) {
        (_, true) => "what happened until the shops counted is not heard yet: `saldo sync`",
        (None, _) => "no shop lists this item: see whether its stock-keeping unit was changed",
        (Some(_), _) if on_hand < told => {
            "fewer are there: see its inventory history in the shop; what was lost or taken is to \
             be told as an adjustment"
        }
        (Some(_), _) => {
            "more are there: see its inventory history in the shop; a receipt or a return was not \
             told"
        }
    };
    UnitsLine {
        item: item.sku().map_or_else(|| item.to_string(), str::to_owned),
        product: shelf.map(|shelf| shelf.product.clone()).unwrap_or_default(),
        on_hand,
        places: shelf.map(|shelf| shelf.places.clone()).unwrap_or_default(),
        told,
        awaited,
        hint,
    }
}

/// What all shops have.
struct Shelves {
    /// By item.
    shelves: BTreeMap<StockItem, Shelf>,
    /// The items that a shop does not count.
    uncounted: BTreeSet<StockItem>,
}

impl Shelves {
    fn of(statements: &[Statement]) -> Self {
        let mut all = Self { shelves: BTreeMap::new(), uncounted: BTreeSet::new() };
        for statement in statements {
            let Ok(at) = statement.said else { continue };
            for (_, _, saying) in &statement.sayings {
                if let Saying::OnHand(on_hand) = saying {
                    all.take(&statement.connection, at, on_hand);
                }
            }
        }
        all
    }

    fn take(&mut self, shop: &ConnectionId, said_at: Timestamp, on_hand: &OnHand) {
        let Some(item) = StockItem::of(shop, &on_hand.product) else { return };
        if !on_hand.is_counted {
            self.uncounted.insert(item);
            return;
        }
        let shelf = self.shelves.entry(item).or_default();
        shelf.product.clone_from(&on_hand.product.title);
        let changed_at = on_hand.changed_at().unwrap_or(said_at);
        let at = shelf.at.entry(shop.clone()).or_insert(said_at);
        *at = changed_at.max(*at);
        for it in &on_hand.places {
            match shelf.places.iter_mut().find(|known| known.place == it.place) {
                Some(known) => known.units = known.units.saturating_add(it.units),
                None => {
                    shelf.places.push(UnitsAtPlace { place: it.place.clone(), units: it.units })
                }
            }
        }
    }
}

/// The sheets of the months before those that are gone through again in which anything left that
/// may have come back since.
fn keys_of_left<'a>(
    months: &[(StockItem, Vec<StockMonth>)],
    facts: impl Iterator<Item = &'a Fact>,
) -> Vec<SheetKey> {
    let firsts: BTreeMap<&StockItem, &StockMonth> =
        months.iter().filter_map(|(item, months)| Some((item, months.first()?))).collect();
    let left = facts.filter_map(|fact| match fact {
        Fact::Goods(goods) => Some(months_of_order(goods)),
        _ => None,
    });
    let is_earlier =
        |month: &StockMonth| firsts.get(&month.item).is_some_and(|first| month < *first);
    let left: BTreeSet<StockMonth> = left.flatten().filter(is_earlier).collect();
    left.iter().map(key).collect()
}

/// Counts what is there by what was told.
struct Counter<'a> {
    engine: &'a Engine,
    readers: &'a Readers,
    policy: &'a Policy,
    said_at: &'a BTreeMap<ConnectionId, Timestamp>,
    latest: Timestamp,
}

impl Counter<'_> {
    /// How many units there are of each item that is counted, at the instants at which the shops
    /// counted it.
    async fn count(
        &self,
        shelves: &BTreeMap<StockItem, Shelf>,
    ) -> Result<Vec<(StockItem, i64)>, EngineError> {
        let company = self.engine.company_id();
        let sheets = read_sheets(self.engine.store.last_stock_sheets(company, None).await?)?;
        let counted = sheets.into_iter().filter(|(_, sheet)| sheet.closing.is_counted());
        let items: Vec<StockItem> = counted.map(|(month, _)| month.item).collect();
        let mut all = Vec::new();
        for items in items.chunks(ITEMS_AT_ONCE) {
            self.count_some(items, shelves, &mut all).await?;
        }
        Ok(all)
    }

    async fn count_some(
        &self,
        items: &[StockItem],
        shelves: &BTreeMap<StockItem, Shelf>,
        all: &mut Vec<(StockItem, i64)>,
    ) -> Result<(), EngineError> {
        let (engine, policy, company) = (self.engine, self.policy, self.engine.company_id());
        let of = |item: &StockItem| (item.clone(), self.months(item, shelves.get(item)));
        let months: Vec<(StockItem, Vec<StockMonth>)> = items.iter().map(of).collect();
        let firsts: Vec<SheetKey> =
            months.iter().filter_map(|(_, months)| months.first().map(key)).collect();
        let group = |month: &StockMonth| Group::Stock(month.clone()).id();
        let groups: Vec<GroupId> =
            months.iter().flat_map(|(_, months)| months.iter().map(group)).collect();
        let records = engine.store.group_records(company, &groups).await?;
        let told = alike::told_in(engine, self.readers, policy, &records).await?;
        let mut sheets = engine.store.stock_sheets_before(company, &firsts).await?;
        let left = keys_of_left(&months, told.values().flat_map(|told| &told.facts));
        sheets.extend(engine.store.stock_sheets(company, &left).await?);
        let mut opening: BTreeMap<StockItem, Stock> = BTreeMap::new();
        for (month, sheet) in read_sheets(sheets)? {
            opening.entry(month.item.clone()).or_default().insert(month, sheet);
        }
        for (item, months) in months {
            let stock = opening.remove(&item).unwrap_or_default();
            let facts_of = |month: &StockMonth| -> &[Fact] {
                told.get(&group(month)).map_or(&[][..], |told| &told.facts)
            };
            let months: Vec<(StockMonth, &[Fact])> =
                months.iter().map(|month| (month.clone(), facts_of(month))).collect();
            let shelf = shelves.get(&item);
            let until = |source: &RecordRef| self.at(shelf, &source.connection);
            if let Some(units) = units_until(&months, stock, policy, until) {
                all.push((item, units));
            }
        }
        Ok(())
    }

    /// As of when what a connection says of an item counts. What others than shops say counts up to
    /// the last instant at which any shop spoke.
    fn at(&self, shelf: Option<&Shelf>, connection: &ConnectionId) -> Timestamp {
        let changed = shelf.and_then(|shelf| shelf.at.get(connection));
        let said = changed.or_else(|| self.said_at.get(connection));
        said.copied().unwrap_or(self.latest)
    }

    /// The months that are gone through again: from the last that was surely worked out to its end
    /// to the one in which the shops counted.
    fn months(&self, item: &StockItem, shelf: Option<&Shelf>) -> Vec<StockMonth> {
        let counted = self.said_at.values().chain(shelf.into_iter().flat_map(|it| it.at.values()));
        let (mut first, mut last) = (self.latest, self.latest);
        for at in counted {
            first = first.min(*at);
            last = last.max(*at);
        }
        let first = first.checked_sub(UNFINISHED).unwrap_or(Timestamp::MIN);
        let last = StockMonth::at(item.clone(), last);
        let mut months = vec![StockMonth::at(item.clone(), first)];
        while let Some(month) = months.last().filter(|month| **month < last).map(|it| it.month)
            && let Ok(next) = month.last_of_month().tomorrow()
        {
            months.push(StockMonth { item: item.clone(), month: next });
        }
        months
    }
}
