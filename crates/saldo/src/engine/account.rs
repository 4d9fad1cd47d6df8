//! Account: records of touched groups become facts, facts become entries of the sub-ledger.

use super::import::{files_heard_until, is_files_only};
use super::{Engine, EngineError, Step};
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::accounting::{self, Accounted, Group};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Record};
use saldo_core::policy::Policy;
use saldo_core::text::{ConnectionId, GroupId};
use saldo_store::{DirtyGroup, GroupAccount, PulledRecord, Reading, Role};
use std::collections::{BTreeMap, BTreeSet};

/// How many groups are accounted in one transaction.
const GROUPS_AT_ONCE: usize = 500;

/// The channels of a company by connection.
pub(super) struct Readers(BTreeMap<ConnectionId, &'static dyn Channel>);

impl Readers {
    pub(super) async fn of(engine: &Engine) -> Result<Self, EngineError> {
        let mut readers = BTreeMap::new();
        for connection in engine.connections(Role::Channel).await? {
            let channel = channel(&connection.adapter)
                .ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))?;
            readers.insert(connection.id, channel);
        }
        Ok(Self(readers))
    }

    pub(super) fn reader(&self, connection: &ConnectionId) -> Option<&'static dyn Channel> {
        self.0.get(connection).copied()
    }

    /// The facts of records. A record that cannot be read has none: it is held where it stands.
    pub(super) fn facts(&self, records: &[Record]) -> Vec<Fact> {
        let read = |record: &Record| {
            self.reader(&record.connection).and_then(|channel| channel.read(record).ok())
        };
        records.iter().filter_map(read).flatten().collect()
    }
}

/// Up to which instant everything that happened in every channel was heard.
pub(super) async fn heard_until(engine: &Engine) -> Result<Timestamp, EngineError> {
    let mut heard = Timestamp::MAX;
    for connection in engine.connections(Role::Channel).await? {
        if is_files_only(&connection) {
            heard = heard.min(files_heard_until(engine, &connection).await?);
            continue;
        }
        let Some(channel) = channel(&connection.adapter) else { continue };
        let cursors = engine.store.cursors(engine.company_id(), &connection.id).await?;
        if cursors.is_empty() {
            // Never pulled: nothing of it is known, so nothing of it can be entered too early.
            continue;
        }
        for stream in channel.description().streams {
            let row = cursors.iter().find(|(name, _)| name.as_str() == *stream);
            heard = heard.min(row.and_then(|(_, row)| row.reached).unwrap_or(Timestamp::MIN));
        }
    }
    Ok(heard)
}

/// Accounts every group that has news, or whose time has come.
pub(super) async fn account_all(engine: &Engine) -> Result<usize, EngineError> {
    let heard = heard_until(engine).await?;
    let readers = Readers::of(engine).await?;
    let mut accounted = 0;
    loop {
        let company = engine.company_id();
        let dirty = engine.store.dirty_groups(company, heard, GROUPS_AT_ONCE).await?;
        if dirty.is_empty() {
            return Ok(accounted);
        }
        let groups: Vec<GroupId> = dirty.iter().map(|dirty| dirty.group.clone()).collect();
        let records = engine.store.group_records(company, &groups).await?;
        let accounts: Vec<GroupAccount> = dirty
            .into_iter()
            .map(|dirty| {
                let records = records.get(&dirty.group).map_or(&[][..], Vec::as_slice);
                account(engine, &readers, dirty, records, heard)
            })
            .collect();
        engine.store.save_accounting(company, &accounts).await?;
        accounted += accounts.len();
        engine.progress.step(Step::Accounted { groups: accounts.len() });
    }
}

fn account(
    engine: &Engine,
    readers: &Readers,
    dirty: DirtyGroup,
    records: &[Record],
    heard: Timestamp,
) -> GroupAccount {
    let facts = readers.facts(records);
    let accounted = Group::parse(&dirty.group)
        .map(|group| accounting::account(&group, &facts, &engine.policy, heard))
        .unwrap_or_default();
    account_of(dirty, accounted)
}

/// What accounting made of a group, as it is stored.
fn account_of(group: DirtyGroup, accounted: Accounted) -> GroupAccount {
    let states = accounted.standings.into_iter();
    GroupAccount {
        group: group.group,
        mark: group.mark,
        entries: accounted.entries,
        states: states.map(|standing| (standing.id, standing.source, standing.state)).collect(),
        wake_at: accounted.wake_at,
    }
}

/// The records of a page with where they belong, and what accounting makes of their groups if
/// nothing else is known of these: most orders are told once, and need not be read a second time.
///
/// What depends on how far a channel was heard is left to [`account_all`].
pub(super) fn read_page(
    channel: &dyn Channel,
    policy: &Policy,
    records: Vec<Record>,
) -> (Vec<PulledRecord>, Vec<GroupAccount>) {
    let mut by_group: BTreeMap<Group, Vec<Fact>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut told_twice = false;
    let mut pulled = Vec::with_capacity(records.len());
    for record in records {
        let (reading, facts) = reading(channel, &record);
        told_twice |= !seen.insert(record.reference());
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
        pulled.push(PulledRecord { record, reading });
    }
    if told_twice {
        return (pulled, Vec::new());
    }
    let account = |(group, facts): (Group, Vec<Fact>)| {
        let accounted = accounting::account(&group, &facts, policy, Timestamp::MIN);
        let settled = accounted.wake_at.is_none();
        settled.then(|| account_of(DirtyGroup { group: group.id(), mark: 1 }, accounted))
    };
    (pulled, by_group.into_iter().filter_map(account).collect())
}

/// What reading a record says about where it belongs, and what happened.
pub(super) fn reading(channel: &dyn Channel, record: &Record) -> (Reading, Vec<Fact>) {
    let facts = match channel.read(record) {
        Ok(facts) => facts,
        Err(issue) => {
            return (Reading { issue: Some(*issue), ..Reading::default() }, Vec::new());
        }
    };
    let groups: BTreeSet<GroupId> =
        facts.iter().flat_map(accounting::groups).map(|group| group.id()).collect();
    let name = facts.iter().find_map(name_of);
    (Reading { groups: groups.into_iter().collect(), name, issue: None }, facts)
}

fn name_of(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Order(order) => Some(order.name.clone()),
        Fact::Payout(payout) => payout.bank_reference.clone(),
        _ => None,
    }
}
