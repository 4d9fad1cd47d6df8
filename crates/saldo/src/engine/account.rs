//! Account: records of touched groups become facts, facts become entries of the sub-ledger.

use super::import::files_heard_until;
use super::pull;
use super::{Engine, EngineError, Step};
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::accounting::{self, Group};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Record};
use saldo_core::text::{ConnectionId, GroupId};
use saldo_store::{DirtyGroup, GroupAccount, Role};
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

/// Up to which instant everything that happened in each channel was heard: by a whole pull, or
/// until files were imported. A channel that is out of reach lets no other one wait.
pub(super) struct Heard(BTreeMap<ConnectionId, Timestamp>);

impl Heard {
    pub(super) async fn of(engine: &Engine) -> Result<Self, EngineError> {
        let mut heard = BTreeMap::new();
        for connection in engine.connections(Role::Channel).await? {
            let cursors = engine.store.cursors(engine.company_id(), &connection.id).await?;
            let until = pull::heard_until(&cursors).or_else(|| files_heard_until(&cursors));
            heard.insert(connection.id, until.unwrap_or(Timestamp::MIN));
        }
        Ok(Self(heard))
    }

    /// Up to when this channel was heard.
    pub(super) fn until(&self, connection: &ConnectionId) -> Timestamp {
        self.0.get(connection).copied().unwrap_or(Timestamp::MIN)
    }

    /// Up to when all channels were heard that these records are of.
    fn until_all(&self, records: &[Record]) -> Timestamp {
        let heard = records.iter().map(|record| self.until(&record.connection));
        heard.min().unwrap_or(Timestamp::MIN)
    }

    /// Up to when the channel was heard that was heard last.
    fn last(&self) -> Timestamp {
        self.0.values().copied().max().unwrap_or(Timestamp::MIN)
    }
}

/// Accounts every group that has news, or whose time has come.
pub(super) async fn account_all(engine: &Engine) -> Result<usize, EngineError> {
    let heard = Heard::of(engine).await?;
    let readers = Readers::of(engine).await?;
    let mut accounted = 0;
    // Woken by the hour of another channel, they wait on for their own.
    let mut waiting: BTreeSet<GroupId> = BTreeSet::new();
    loop {
        let company = engine.company_id();
        let limit = GROUPS_AT_ONCE + waiting.len();
        let mut dirty = engine.store.dirty_groups(company, heard.last(), limit).await?;
        dirty.retain(|dirty| !waiting.contains(&dirty.group));
        if dirty.is_empty() {
            return Ok(accounted);
        }
        let groups: Vec<GroupId> = dirty.iter().map(|dirty| dirty.group.clone()).collect();
        let records = engine.store.group_records(company, &groups).await?;
        let accounts: Vec<GroupAccount> = dirty
            .into_iter()
            .map(|dirty| {
                let records = records.get(&dirty.group).map_or(&[][..], Vec::as_slice);
                account(engine, &readers, dirty, records, heard.until_all(records))
            })
            .collect();
        let early = |account: &&GroupAccount| account.wake_at.is_some_and(|at| at <= heard.last());
        waiting.extend(accounts.iter().filter(early).map(|account| account.group.clone()));
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
    let states = accounted.standings.into_iter();
    GroupAccount {
        group: dirty.group,
        mark: dirty.mark,
        entries: accounted.entries,
        states: states.map(|standing| (standing.id, standing.source, standing.state)).collect(),
        wake_at: accounted.wake_at,
    }
}
