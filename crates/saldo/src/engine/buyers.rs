//! Buyers of orders that were told more than once: what was said of them first holds, so that a
//! word that a shop puts on a buyer later moves nothing that was sold before.

use super::account::{Readers, Told};
use super::{Engine, EngineError};
use saldo_core::commerce::{Buyer, Fact, Record, RecordRef};
use saldo_core::policy::Policy;
use std::collections::BTreeMap;

/// Gives orders the buyers of the first version of their records that tells anything of them. Only
/// where rules look at buyers does it matter.
pub(super) async fn remember(
    engine: &Engine,
    readers: &Readers,
    policy: &Policy,
    told: impl Iterator<Item = &mut Told>,
) -> Result<(), EngineError> {
    if !policy.asks_for_buyer() {
        return Ok(());
    }
    let mut orders: BTreeMap<RecordRef, Vec<&mut Buyer>> = BTreeMap::new();
    for fact in told.flat_map(|told| &mut told.facts) {
        if let Fact::Order(order) = fact {
            orders.entry(order.source.clone()).or_default().push(&mut order.buyer);
        }
    }
    let sources: Vec<&RecordRef> = orders.keys().collect();
    for first in engine.store.first_of_several(engine.company_id(), &sources).await? {
        let Some(said) = first_said(engine, readers, &first).await? else { continue };
        for buyer in orders.get_mut(&first.reference()).into_iter().flatten() {
            (**buyer).clone_from(&said);
        }
    }
    Ok(())
}

/// What was first said of a buyer, by the first version of the record that says anything.
async fn first_said(
    engine: &Engine,
    readers: &Readers,
    first: &Record,
) -> Result<Option<Buyer>, EngineError> {
    let Some(reader) = readers.reader(&first.connection) else { return Ok(None) };
    let said = |record: &Record| {
        let facts = reader.read(record).unwrap_or_default();
        facts.into_iter().find_map(|fact| match fact {
            Fact::Order(order) if !order.buyer.is_untold() => Some(order.buyer),
            _ => None,
        })
    };
    if let Some(buyer) = said(first) {
        return Ok(Some(buyer));
    }
    let versions = engine.store.record_versions(engine.company_id(), &first.reference()).await?;
    let mut versions = versions.into_iter().map(|version| Record {
        fetched_at: version.fetched_at,
        bytes: version.bytes,
        ..first.clone()
    });
    Ok(versions.find_map(|version| said(&version)))
}
