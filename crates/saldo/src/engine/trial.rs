//! What the rules of a policy would catch of all that is stored.

use super::account::{Heard, Readers};
use super::alike::{self, ToldByGroup};
use super::stock::KnownStock;
use super::{Engine, EngineError};
use jiff::Timestamp;
use saldo_core::accounting::{Group, Idle, Trial};
use saldo_core::commerce::{Fact, Record};
use saldo_core::policy::Policy;
use saldo_core::text::GroupId;
use saldo_store::DirtyGroup;
use std::collections::BTreeMap;

/// How many groups are read at a time.
const GROUPS_AT_ONCE: usize = 500;

/// Tries the rules of a policy, which need not be the one in force, on everything that is stored.
/// Nothing follows from it. Of rules that catch nothing, it says which others stand before them.
///
/// # Errors
/// Where the database fails, or a sum is too large.
pub(crate) async fn try_rules(
    engine: &Engine,
    policy: &Policy,
) -> Result<(Trial, Option<Idle>), EngineError> {
    let mut trial = Trial::of(policy);
    for_all(engine, policy, |it| {
        Ok(trial.add(&it.group, &it.facts, it.stock.known(), it.heard_until)?)
    })
    .await?;
    let mut idle = trial.idle(policy);
    if let Some(idle) = &mut idle {
        for_all(engine, policy, |it| {
            idle.add(&it.group, &it.facts, it.stock.known(), it.heard_until);
            Ok(())
        })
        .await?;
    }
    Ok((trial, idle))
}

/// A group with all that accounting goes by.
struct Known<'a> {
    group: Group,
    facts: Vec<Fact>,
    stock: &'a KnownStock,
    heard_until: Timestamp,
}

/// Goes through all groups but those of stock, which no rule is asked about.
async fn for_all(
    engine: &Engine,
    policy: &Policy,
    mut look: impl FnMut(Known<'_>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let (heard, readers) = (Heard::of(engine).await?, Readers::of(engine).await?);
    let mut after: Option<GroupId> = None;
    loop {
        let company = engine.company_id();
        let groups = engine.store.groups(company, after.as_ref(), GROUPS_AT_ONCE).await?;
        let Some(last) = groups.last() else { return Ok(()) };
        after = Some(last.clone());
        let wanted = |group: &GroupId| match Group::parse(group) {
            Some(Group::Stock(_)) | None => false,
            Some(_) => true,
        };
        let groups: Vec<GroupId> = groups.into_iter().filter(wanted).collect();
        let records: BTreeMap<GroupId, Vec<Record>> =
            engine.store.group_records(company, &groups).await?;
        let mut told: ToldByGroup = alike::told_in(engine, &readers, policy, &records).await?;
        let looked_at = groups.iter().map(|group| DirtyGroup { group: group.clone(), mark: 0 });
        let looked_at: Vec<DirtyGroup> = looked_at.collect();
        let stock = KnownStock::learn(engine, policy, &looked_at, &told).await?;
        for id in &groups {
            let (Some(group), Some(told)) = (Group::parse(id), told.remove(id)) else { continue };
            let heard_until = heard.until_all(records.get(id).map_or(&[], Vec::as_slice));
            look(Known { group, facts: told.facts, stock: &stock, heard_until })?;
        }
    }
}
