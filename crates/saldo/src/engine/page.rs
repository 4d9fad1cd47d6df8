//! Pages: records with where they belong, and what accounting makes of them at once.

use super::account::{Reader, account_of, last_readable};
use super::import::ByName;
use super::{Engine, EngineError};
use jiff::Timestamp;
use saldo_core::accounting::{self, Group};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Record};
use saldo_core::policy::Policy;
use saldo_core::text::GroupId;
use saldo_store::{Connection, DirtyGroup, GroupAccount, PageAccounts, PulledRecord, Reading};
use std::collections::{BTreeMap, BTreeSet};

/// The records of a page, given with their hashes, with where they belong and what accounting makes
/// of their groups if nothing else is known of these: most orders are told once, and need not be
/// read a second time.
///
/// What depends on how far a channel was heard, on payouts or on what files told by name alone is
/// left to accounting as a whole.
pub(super) fn read_page(
    channel: &dyn Channel,
    connection: &Connection,
    policy: &Policy,
    records: Vec<(Record, [u8; 32])>,
) -> (Vec<PulledRecord>, PageAccounts) {
    let mut by_group: BTreeMap<Group, Vec<Fact>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut stands_alone = !policy.follows_payouts() && ByName::of(connection).is_nothing();
    let mut pulled = Vec::with_capacity(records.len());
    for (record, hash) in records {
        let (reading, facts) = reading(channel, connection, &record);
        stands_alone &= seen.insert(record.reference());
        for fact in facts {
            let mut groups = accounting::groups(&fact);
            let last = groups.pop();
            for group in groups {
                by_group.entry(group).or_default().push(fact.clone());
            }
            if let Some(group) = last {
                by_group.entry(group).or_default().push(fact);
            }
        }
        pulled.push(PulledRecord { record, hash, reading });
    }
    let revision = i64::from(policy.revision);
    if !stands_alone {
        return (pulled, PageAccounts { revision, groups: Vec::new() });
    }
    let account = |(group, facts): (Group, Vec<Fact>)| account(&group, &facts, policy);
    let groups = by_group.into_iter().filter_map(account).collect();
    (pulled, PageAccounts { revision, groups })
}

/// What accounting makes of a group, where that depends on these facts alone.
fn account(group: &Group, facts: &[Fact], policy: &Policy) -> Option<GroupAccount> {
    let accounted = accounting::account(group, facts, policy, Timestamp::MIN);
    let settled = accounted.wake_at.is_none();
    settled.then(|| account_of(DirtyGroup { group: group.id(), mark: 1 }, accounted))
}

/// What reading a record of a connection says about where it belongs, and what happened.
pub(super) fn reading<'a>(
    reader: impl Into<Reader<'a>>,
    connection: &Connection,
    record: &Record,
) -> (Reading, Vec<Fact>) {
    let facts = match reader.into().read(record) {
        Ok(facts) => facts,
        Err(issue) => {
            return (Reading { issue: Some(*issue), ..Reading::default() }, Vec::new());
        }
    };
    let by_name = ByName::of(connection);
    let named = facts.iter().flat_map(|fact| by_name.groups(fact));
    let groups = facts.iter().flat_map(accounting::groups).chain(named);
    let groups: BTreeSet<GroupId> = groups.map(|group| group.id()).collect();
    let name = facts.iter().find_map(name_of);
    (Reading { groups: groups.into_iter().collect(), name, issue: None }, facts)
}

/// What reading says of a record that was read before. Where its latest version cannot be read,
/// what the last readable one said holds on.
pub(super) async fn reading_again(
    engine: &Engine,
    reader: Reader<'_>,
    connection: &Connection,
    record: &Record,
) -> Result<(Reading, Vec<Fact>), EngineError> {
    let (read, facts) = reading(reader, connection, record);
    if read.issue.is_some()
        && let Some(before) = last_readable(engine, reader, record).await?
    {
        let (known, facts) = reading(reader, connection, &before);
        return Ok((Reading { issue: read.issue, ..known }, facts));
    }
    Ok((read, facts))
}

fn name_of(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Order(order) => Some(order.name.clone()),
        Fact::Payout(payout) => payout.bank_reference.clone(),
        Fact::PurchaseOrder(order) => Some(order.name.clone()),
        Fact::Decision(decision) => Some(format!("decision {}", decision.number())),
        _ => None,
    }
}
