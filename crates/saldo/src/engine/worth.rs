//! What rows in other currencies than the books' are worth: their orders say so, and payouts, whose
//! groups hold rows alone, go by it.

use super::account::{Readers, Told};
use super::{Engine, EngineError};
use saldo_core::accounting::{self, Group};
use saldo_core::commerce::Fact;
use saldo_core::text::{FactId, GroupId};
use std::collections::BTreeSet;

/// How many orders are looked at in one step.
const ORDERS_AT_ONCE: usize = 500;

/// Values the rows of payouts among what is told in groups, as far as their orders are told.
pub(super) async fn value(
    engine: &Engine,
    readers: &Readers,
    told: impl Iterator<Item = (&GroupId, &mut Told)>,
) -> Result<(), EngineError> {
    let books = engine.company.currency;
    for (group, told) in told {
        if !matches!(Group::parse(group), Some(Group::Payout(_))) {
            continue;
        }
        let rows = told.facts.iter().filter_map(|fact| accounting::valued_by(fact, books));
        let orders: BTreeSet<FactId> = rows.cloned().collect();
        let orders: Vec<GroupId> = orders.into_iter().map(|id| Group::Order(id).id()).collect();
        for orders in orders.chunks(ORDERS_AT_ONCE) {
            let records = engine.store.group_records(engine.company_id(), orders).await?;
            for records in records.into_values() {
                let facts = readers.read(engine, &records).await?.facts;
                for fact in accounting::told_once(&facts).iter() {
                    if let Fact::Order(order) = fact {
                        accounting::value_rows(&mut told.facts, order, books);
                    }
                }
            }
        }
    }
    Ok(())
}

/// The payouts of rows that these groups of orders value.
pub(super) fn woken<'a>(
    engine: &Engine,
    told: impl Iterator<Item = (&'a GroupId, &'a Told)>,
) -> BTreeSet<GroupId> {
    let books = engine.company.currency;
    let of_order = |group: &GroupId| matches!(Group::parse(group), Some(Group::Order(_)));
    let rows = told.filter(|(group, _)| of_order(group)).flat_map(|(_, told)| &told.facts);
    let payout = |fact: &Fact| match fact {
        Fact::BalanceTransaction(row) => row.payout.clone().map(|id| Group::Payout(id).id()),
        _ => None,
    };
    rows.filter(|fact| accounting::valued_by(fact, books).is_some()).filter_map(payout).collect()
}
