//! Rows of several sources that may be the same: to account a group, those of other groups must be
//! known as well, and what changes one group may change another.

use super::account::{Readers, Told};
use super::import::{ByName, told_by_files};
use super::{Engine, EngineError, buyers, numbered, worth};
use saldo_core::accounting::{self, Group};
use saldo_core::commerce::{BalanceTransaction, Fact, Record, RecordRef};
use saldo_core::policy::Policy;
use saldo_core::text::{FactId, GroupId};
use std::collections::{BTreeMap, BTreeSet};

/// How many groups are looked at in one step.
const GROUPS_AT_ONCE: usize = 500;

/// What is told in groups, by group.
pub(super) type ToldByGroup = BTreeMap<GroupId, Told>;

/// What the records of groups say, and the rows of other groups that may be the same as theirs.
pub(super) async fn told_in(
    engine: &Engine,
    readers: &Readers,
    policy: &Policy,
    records: &BTreeMap<GroupId, Vec<Record>>,
) -> Result<ToldByGroup, EngineError> {
    // Asked each time: another process may store such rows meanwhile.
    let by_files = told_by_files(engine).await?;
    let mut told = read(engine, readers, by_files, records).await?;
    if by_files.tells_rows() {
        join(engine, readers, policy, by_files, &mut told).await?;
    }
    worth::value(engine, readers, told.iter_mut()).await?;
    buyers::remember(engine, readers, policy, told.values_mut()).await?;
    Ok(told)
}

/// What the records of groups say by themselves. Rows that know their order by number stand where
/// its name is as well.
async fn read(
    engine: &Engine,
    readers: &Readers,
    by_files: ByName,
    records: &BTreeMap<GroupId, Vec<Record>>,
) -> Result<ToldByGroup, EngineError> {
    let mut told = ToldByGroup::new();
    for (group, records) in records {
        told.insert(group.clone(), readers.told(engine, records).await?);
    }
    if by_files.tells_numbers() {
        numbered::join(engine, readers, told.iter_mut()).await?;
    }
    Ok(told)
}

/// Adds the rows of other groups that may be the same: of payouts, and wherever documents follow
/// payouts.
async fn join(
    engine: &Engine,
    readers: &Readers,
    policy: &Policy,
    by_files: ByName,
    told: &mut ToldByGroup,
) -> Result<(), EngineError> {
    let mut wanted: BTreeMap<GroupId, Vec<GroupId>> = BTreeMap::new();
    for (group, told) in told.iter() {
        let Some(kind) = Group::parse(group) else { continue };
        // What is entered of a row by itself goes by its payout only where documents do.
        if matches!(kind, Group::Payout(_)) || policy.follows_payouts() {
            for alike in accounting::groups_alike(&kind, &told.facts) {
                wanted.entry(alike.id()).or_default().push(group.clone());
            }
        }
    }
    let names: Vec<GroupId> = wanted.keys().cloned().collect();
    let mut rows: BTreeMap<&GroupId, Vec<Fact>> = BTreeMap::new();
    for names in names.chunks(GROUPS_AT_ONCE) {
        for (name, facts) in rows_in(engine, readers, by_files, names).await? {
            for group in wanted.get(&name).into_iter().flatten() {
                rows.entry(group).or_default().extend(facts.iter().cloned());
            }
        }
    }
    for (group, rows) in rows {
        let Some(told) = told.get_mut(group) else { continue };
        let mut known: BTreeSet<(FactId, RecordRef)> = told.facts.iter().map(key).collect();
        told.facts.extend(rows.into_iter().filter(|row| known.insert(key(row))));
    }
    Ok(())
}

fn key(fact: &Fact) -> (FactId, RecordRef) {
    (fact.id().clone(), fact.source().clone())
}

/// The rows that groups hold.
async fn rows_in(
    engine: &Engine,
    readers: &Readers,
    by_files: ByName,
    names: &[GroupId],
) -> Result<BTreeMap<GroupId, Vec<Fact>>, EngineError> {
    let records = engine.store.group_records(engine.company_id(), names).await?;
    let told = read(engine, readers, by_files, &records).await?;
    let rows = |told: Told| told.facts.into_iter().filter(|fact| row(fact).is_some()).collect();
    Ok(told.into_iter().map(|(name, told)| (name, rows(told))).collect())
}

fn row(fact: &Fact) -> Option<&BalanceTransaction> {
    match fact {
        Fact::BalanceTransaction(row) => Some(row),
        _ => None,
    }
}

/// Marks the payouts that change with what is told in groups of rows alike. These groups are still
/// to be accounted, so that a process that ends here begins here again. Where rows get the names of
/// their orders from these groups, it is the same with the groups in which they then stand.
pub(super) async fn wake(
    engine: &Engine,
    readers: &Readers,
    records: &BTreeMap<GroupId, Vec<Record>>,
    told: &ToldByGroup,
) -> Result<(), EngineError> {
    let by_files = told_by_files(engine).await?;
    let mut woken = worth::woken(engine, told.iter());
    if by_files.tells_numbers() {
        woken.extend(numbered::woken(engine, readers, records).await?);
    }
    if by_files.tells_rows() {
        let named: Vec<GroupId> = woken.iter().filter(|group| is_named(group)).cloned().collect();
        for names in named.chunks(GROUPS_AT_ONCE) {
            for facts in rows_in(engine, readers, by_files, names).await?.values() {
                woken.extend(payouts_of(facts));
            }
        }
        for (_, told) in told.iter().filter(|(group, _)| is_named(group) || is_lone(group)) {
            woken.extend(payouts_of(&told.facts));
        }
    }
    mark(engine, woken).await
}

/// Marks, where documents follow payouts, all that changes with changed groups of rows alike: the
/// payouts of these rows, and the rows themselves wherever they are entered.
pub(super) async fn wake_all(engine: &Engine, readers: &Readers) -> Result<(), EngineError> {
    let by_files = told_by_files(engine).await?;
    if by_files.tells_rows() {
        for beginning in ["named/", "row/"] {
            wake_all_of(engine, readers, by_files, beginning).await?;
        }
    }
    Ok(())
}

async fn wake_all_of(
    engine: &Engine,
    readers: &Readers,
    by_files: ByName,
    beginning: &str,
) -> Result<(), EngineError> {
    let mut after = None;
    loop {
        let (store, company) = (&engine.store, engine.company_id());
        let changed = store.changed_groups(company, beginning, after.as_ref(), GROUPS_AT_ONCE);
        let changed = changed.await?;
        let Some(last) = changed.last() else { return Ok(()) };
        let mut woken: BTreeSet<GroupId> = BTreeSet::new();
        for facts in rows_in(engine, readers, by_files, &changed).await?.values() {
            let payouts = payouts_of(facts);
            if !payouts.is_empty() {
                let homes =
                    facts.iter().filter_map(|row| accounting::groups(row).into_iter().next());
                woken.extend(homes.map(|home| home.id()).filter(|home| !is_named(home)));
                woken.extend(payouts);
            }
        }
        mark(engine, woken).await?;
        after = Some(last.clone());
    }
}

fn is_lone(group: &GroupId) -> bool {
    matches!(Group::parse(group), Some(Group::Row(_)))
}

fn is_named(group: &GroupId) -> bool {
    matches!(Group::parse(group), Some(Group::Named(_)))
}

/// The payouts of rows that may be told twice.
fn payouts_of(facts: &[Fact]) -> BTreeSet<GroupId> {
    let rows: Vec<&BalanceTransaction> = facts.iter().filter_map(row).collect();
    match rows.len() {
        0 | 1 => BTreeSet::new(),
        _ => rows.iter().filter_map(|row| Some(Group::Payout(row.payout.clone()?).id())).collect(),
    }
}

async fn mark(engine: &Engine, groups: BTreeSet<GroupId>) -> Result<(), EngineError> {
    let groups: Vec<GroupId> = groups.into_iter().collect();
    match groups.is_empty() {
        true => Ok(()),
        false => Ok(engine.store.mark_groups(engine.company_id(), &groups).await?),
    }
}
