//! Pages: records with where they belong, and what accounting makes of them at once.

use super::account::account_of;
use super::import::knows_orders_by_name;
use jiff::Timestamp;
use saldo_core::accounting::{self, Group};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Record, Telling};
use saldo_core::policy::Policy;
use saldo_core::text::GroupId;
use saldo_store::{Connection, DirtyGroup, GroupAccount, PageAccounts, PulledRecord, Reading};
use std::collections::{BTreeMap, BTreeSet};

/// The records of a page, given with their hashes, with where they belong, and what accounting makes of their groups if
/// nothing else is known of these: most orders are told once, and need not be read a second time.
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
    let mut stands_alone = !policy.follows_payouts() && !knows_orders_by_name(connection);
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
pub(super) fn reading(
    channel: &dyn Channel,
    connection: &Connection,
    record: &Record,
) -> (Reading, Vec<Fact>) {
    let facts = match channel.read(record) {
        Ok(facts) => facts,
        Err(issue) => {
            return (Reading { issue: Some(*issue), ..Reading::default() }, Vec::new());
        }
    };
    let by_name = knows_orders_by_name(connection);
    let named = facts.iter().filter(|_| by_name).filter_map(group_by_name);
    let groups = facts.iter().flat_map(accounting::groups).chain(named);
    let groups: BTreeSet<GroupId> = groups.map(|group| group.id()).collect();
    let name = facts.iter().find_map(name_of);
    (Reading { groups: groups.into_iter().collect(), name, issue: None }, facts)
}

/// Where an order of a file is that may be this one of the interface.
fn group_by_name(fact: &Fact) -> Option<Group> {
    match fact {
        Fact::Order(order) if order.telling == Telling::Interface => {
            Some(accounting::group_by_name(order))
        }
        _ => None,
    }
}

fn name_of(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Order(order) => Some(order.name.clone()),
        Fact::Payout(payout) => payout.bank_reference.clone(),
        _ => None,
    }
}
