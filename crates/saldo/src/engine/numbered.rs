//! Rows that know their order by its number alone, as payloads of some interfaces tell them, beside
//! rows of files that know it by name. The order, once it is told, says that the two may be one.

use super::account::{Readers, Told};
use super::{Engine, EngineError};
use saldo_core::accounting::{self, Group};
use saldo_core::commerce::{Fact, Record};
use saldo_core::text::{FactId, GroupId};
use std::collections::{BTreeMap, BTreeSet};

/// How many groups are looked at in one step.
const GROUPS_AT_ONCE: usize = 500;

/// The order that a row knows by its number alone.
pub(super) fn order_by_number(fact: &Fact) -> Option<&FactId> {
    match fact {
        Fact::BalanceTransaction(row) if row.order_name.is_none() => row.order.as_ref(),
        _ => None,
    }
}

/// Gives such rows the names of their orders, as far as these are told; says which rows.
pub(super) async fn name(
    engine: &Engine,
    readers: &Readers,
    facts: &mut [Fact],
) -> Result<BTreeSet<FactId>, EngineError> {
    let wanted: BTreeSet<FactId> = facts.iter().filter_map(order_by_number).cloned().collect();
    let mut named = BTreeSet::new();
    if wanted.is_empty() {
        return Ok(named);
    }
    let mut names = names_of(facts);
    let missing = wanted.iter().filter(|order| !names.contains_key(order));
    let missing: Vec<&FactId> = missing.collect();
    for orders in missing.chunks(GROUPS_AT_ONCE) {
        for facts in in_groups_of(engine, readers, orders.iter().copied()).await?.values() {
            names.extend(names_of(facts));
        }
    }
    for fact in facts {
        let name = order_by_number(fact).and_then(|order| names.get(order)).cloned();
        if let (Fact::BalanceTransaction(row), Some(name)) = (fact, name) {
            row.order_name = Some(name);
            named.insert(row.id.clone());
        }
    }
    Ok(named)
}

fn names_of(facts: &[Fact]) -> BTreeMap<FactId, String> {
    let name = |fact: &Fact| match fact {
        Fact::Order(order) => Some((order.id.clone(), order.name.clone())),
        _ => None,
    };
    accounting::told_once(facts).iter().filter_map(name).collect()
}

/// What is told in the groups of these orders.
async fn in_groups_of(
    engine: &Engine,
    readers: &Readers,
    orders: impl Iterator<Item = &FactId>,
) -> Result<BTreeMap<FactId, Vec<Fact>>, EngineError> {
    let orders: BTreeMap<GroupId, FactId> =
        orders.map(|id| (Group::Order(id.clone()).id(), id.clone())).collect();
    let groups: Vec<GroupId> = orders.keys().cloned().collect();
    let mut told = BTreeMap::new();
    for (group, records) in engine.store.group_records(engine.company_id(), &groups).await? {
        if let Some(order) = orders.get(&group) {
            told.insert(order.clone(), readers.read(engine, &records).await?.facts);
        }
    }
    Ok(told)
}

/// Adds the rows that have a number to what is told in groups of rows that know their order by
/// name: a row of a file may be one of them.
pub(super) async fn join(
    engine: &Engine,
    readers: &Readers,
    told: impl Iterator<Item = (&GroupId, &mut Told)>,
) -> Result<(), EngineError> {
    for (group, told) in told {
        if !matches!(Group::parse(group), Some(Group::Named(_))) {
            continue;
        }
        let orders: Vec<FactId> = names_of(&told.facts).into_keys().collect();
        for (order, mut facts) in in_groups_of(engine, readers, orders.iter()).await? {
            let named = name(engine, readers, &mut facts).await?;
            let of_order = |fact: &Fact| match fact {
                Fact::BalanceTransaction(row) => {
                    row.order.as_ref() == Some(&order) && named.contains(&row.id)
                }
                _ => false,
            };
            told.facts.extend(facts.into_iter().filter(of_order));
        }
    }
    Ok(())
}

/// The groups in which rows stand that got a name by an order of these groups, or by a row that is
/// new in them, but for those of orders.
pub(super) async fn woken(
    engine: &Engine,
    readers: &Readers,
    records: &BTreeMap<GroupId, Vec<Record>>,
) -> Result<BTreeSet<GroupId>, EngineError> {
    let is_order = |group: &GroupId| matches!(Group::parse(group), Some(Group::Order(_)));
    let mut woken: BTreeSet<GroupId> = BTreeSet::new();
    for (_, records) in records.iter().filter(|(group, _)| is_order(group)) {
        let mut facts = readers.read(engine, records).await?.facts;
        let by_number: Vec<Fact> =
            facts.iter().filter(|it| order_by_number(it).is_some()).cloned().collect();
        let named = name(engine, readers, &mut facts).await?;
        let rows = facts.iter().filter(|fact| named.contains(fact.id())).chain(&by_number);
        woken.extend(rows.flat_map(accounting::groups).map(|group| group.id()));
    }
    woken.retain(|group| !is_order(group));
    Ok(woken)
}
