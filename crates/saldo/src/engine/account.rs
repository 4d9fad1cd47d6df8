//! Account: records of touched groups become facts, facts become entries of the sub-ledger.

use super::import::{files_heard_until, is_files_only};
use super::payouts::{KnownPayouts, wake_followers};
use super::{Engine, EngineError, Step};
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::accounting::{self, Group};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Record};
use saldo_core::text::{ConnectionId, GroupId};
use saldo_store::{DirtyGroup, GroupAccount, Role};
use std::collections::BTreeMap;

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
    let mut payouts = KnownPayouts::default();
    let follows_payouts = engine.policy.follows_payouts();
    if follows_payouts {
        wake_followers(engine, &readers).await?;
    }
    let mut accounted = 0;
    loop {
        let company = engine.company_id();
        let dirty = engine.store.dirty_groups(company, heard, GROUPS_AT_ONCE).await?;
        if dirty.is_empty() {
            return Ok(accounted);
        }
        let groups: Vec<GroupId> = dirty.iter().map(|dirty| dirty.group.clone()).collect();
        let records = engine.store.group_records(company, &groups).await?;
        let read = |dirty: DirtyGroup| {
            let records = records.get(&dirty.group).map_or(&[][..], Vec::as_slice);
            (dirty, readers.facts(records))
        };
        let groups: Vec<(DirtyGroup, Vec<Fact>)> = dirty.into_iter().map(read).collect();
        if follows_payouts {
            payouts.learn(engine, &readers, groups.iter().flat_map(|(_, facts)| facts)).await?;
        }
        let accounts: Vec<GroupAccount> = groups
            .into_iter()
            .map(|(dirty, facts)| account(dirty, &facts, &payouts, engine, heard))
            .collect();
        engine.store.save_accounting(company, &accounts).await?;
        accounted += accounts.len();
        engine.progress.step(Step::Accounted { groups: accounts.len() });
    }
}

fn account(
    dirty: DirtyGroup,
    facts: &[Fact],
    payouts: &KnownPayouts,
    engine: &Engine,
    heard: Timestamp,
) -> GroupAccount {
    let account =
        |group| accounting::account_among(&group, facts, payouts.known(), &engine.policy, heard);
    let accounted = Group::parse(&dirty.group).map(account).unwrap_or_default();
    let states = accounted.standings.into_iter();
    GroupAccount {
        group: dirty.group,
        mark: dirty.mark,
        entries: accounted.entries,
        states: states.map(|standing| (standing.id, standing.source, standing.state)).collect(),
        wake_at: accounted.wake_at,
    }
}
