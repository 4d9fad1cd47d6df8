//! Account: records of touched groups become facts, facts become entries of the sub-ledger.

use super::desk::Desk;
use super::disconnect::is_disconnected;
use super::import::files_heard_until;
use super::payouts::{KnownPayouts, wake_followers};
use super::stock::KnownStock;
use super::{Engine, EngineError, Step};
use super::{alike, numbered, pull, revaluation};
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::accounting::{self, Accounted, Group};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Decision, Fact, Record, RecordRef};
use saldo_core::document::WORDING;
use saldo_core::issue::Issue;
use saldo_core::policy::Policy;
use saldo_core::text::{ConnectionId, GroupId};
use saldo_store::{DirtyGroup, GroupAccount, Role};
use std::collections::{BTreeMap, BTreeSet};

/// How many groups are accounted in one transaction.
const GROUPS_AT_ONCE: usize = 500;

/// What records say.
#[derive(Default)]
pub(super) struct Told {
    /// The facts, of each record in the last version that can be read.
    pub(super) facts: Vec<Fact>,
    /// The records whose latest version cannot be read.
    pub(super) unreadable: BTreeSet<RecordRef>,
}

/// Who knows what a record means.
#[derive(Clone, Copy)]
pub(super) enum Reader<'a> {
    /// The channel that said it.
    Channel(&'a dyn Channel),
    /// Nobody but ourselves: the owner decided it.
    Owner,
}

impl Reader<'_> {
    /// What a record says happened.
    pub(super) fn read(self, record: &Record) -> Result<Vec<Fact>, Box<Issue>> {
        match self {
            Self::Channel(channel) => channel.read(record),
            Self::Owner => Decision::read(record).map(|decision| vec![decision]),
        }
    }
}

impl<'a> From<&'a dyn Channel> for Reader<'a> {
    fn from(channel: &'a dyn Channel) -> Self {
        Self::Channel(channel)
    }
}

/// Who reads the records of a company, by connection.
pub(super) struct Readers(BTreeMap<ConnectionId, Reader<'static>>);

impl Readers {
    pub(super) async fn of(engine: &Engine) -> Result<Self, EngineError> {
        let mut readers = BTreeMap::new();
        for connection in engine.connections(Role::Channel).await? {
            let channel = channel(&connection.adapter)
                .ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))?;
            readers.insert(connection.id, Reader::Channel(channel));
        }
        for connection in engine.connections(Role::Owner).await? {
            readers.insert(connection.id, Reader::Owner);
        }
        Ok(Self(readers))
    }

    pub(super) fn reader(&self, connection: &ConnectionId) -> Option<Reader<'static>> {
        self.0.get(connection).copied()
    }

    /// The facts of records. Where the latest version cannot be read, what the last readable one
    /// said holds on; a record that never could be read has none. It is held where it stands. Rows
    /// that know their order by number alone have its name, where it is told.
    pub(super) async fn told(
        &self,
        engine: &Engine,
        records: &[Record],
    ) -> Result<Told, EngineError> {
        let mut told = self.read(engine, records).await?;
        numbered::name(engine, self, &mut told.facts).await?;
        Ok(told)
    }

    /// The facts of records as these alone say them.
    pub(super) async fn read(
        &self,
        engine: &Engine,
        records: &[Record],
    ) -> Result<Told, EngineError> {
        let mut told = Told::default();
        for record in records {
            let Some(reader) = self.reader(&record.connection) else { continue };
            if let Ok(facts) = reader.read(record) {
                told.facts.extend(facts);
                continue;
            }
            told.unreadable.insert(record.reference());
            let before = last_readable(engine, reader, record).await?;
            told.facts
                .extend(before.and_then(|before| reader.read(&before).ok()).unwrap_or_default());
        }
        Ok(told)
    }
}

/// A record in the last version that can be read, where there is one.
pub(super) async fn last_readable(
    engine: &Engine,
    reader: Reader<'_>,
    record: &Record,
) -> Result<Option<Record>, EngineError> {
    let versions = engine.store.record_versions(engine.company_id(), &record.reference()).await?;
    let as_record = versions.into_iter().rev().map(|version| Record {
        fetched_at: version.fetched_at,
        bytes: version.bytes,
        ..record.clone()
    });
    Ok(as_record.into_iter().find(|version| reader.read(version).is_ok()))
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
            // Of a channel that its owner ended no more is ever heard: nothing waits for that.
            let until = match is_disconnected(&connection) {
                true => engine.clock.now(),
                false => until.unwrap_or(Timestamp::MIN),
            };
            heard.insert(connection.id, until);
        }
        Ok(Self(heard))
    }

    /// Up to when this channel was heard.
    pub(super) fn until(&self, connection: &ConnectionId) -> Timestamp {
        self.0.get(connection).copied().unwrap_or(Timestamp::MIN)
    }

    /// Up to when all channels were heard that these records are of. What the owner decides is not
    /// waited for.
    pub(super) fn until_all(&self, records: &[Record]) -> Timestamp {
        let mut heard = records.iter().filter_map(|record| self.0.get(&record.connection)).copied();
        let first = heard.next().unwrap_or(Timestamp::MIN);
        heard.fold(first, Timestamp::min)
    }

    /// Up to when the channel was heard that was heard last.
    pub(super) fn last(&self) -> Timestamp {
        self.0.values().copied().max().unwrap_or(Timestamp::MIN)
    }
}

/// Accounts every group that has news, or whose time has come, and notes by which policy. Where
/// another release accounted last, and worded documents otherwise, that is every group.
pub(super) async fn account_all(engine: &Engine, desk: &Desk) -> Result<usize, EngineError> {
    engine.store.word_anew(&desk.lease, WORDING).await?;
    let accounted =
        account_groups(engine, desk).await? + revaluation::revalue(engine, desk).await?;
    let revision = i64::from(desk.policy.revision);
    if engine.store.accounted_by(engine.company_id()).await? != revision {
        engine.store.note_accounted(&desk.lease, revision).await?;
    }
    Ok(accounted)
}

async fn account_groups(engine: &Engine, desk: &Desk) -> Result<usize, EngineError> {
    let heard = Heard::of(engine).await?;
    let readers = Readers::of(engine).await?;
    let mut payouts = KnownPayouts::default();
    let follows_payouts = desk.policy.follows_payouts();
    if follows_payouts {
        alike::wake_all(engine, &readers).await?;
        wake_followers(engine, desk, &readers).await?;
    }
    let mut accounted = 0;
    // Woken by the hour of another channel, they wait on for their own. What is open at the end of
    // a month follows from all the others.
    let mut waiting: BTreeSet<GroupId> = BTreeSet::new();
    loop {
        let company = engine.company_id();
        let limit = GROUPS_AT_ONCE + waiting.len();
        let mut dirty = engine.store.dirty_groups(company, heard.last(), limit).await?;
        let revalued = dirty.iter().filter(|it| revaluation::is_of_its_own(&it.group));
        let waited = waiting.len();
        waiting.extend(revalued.map(|it| it.group.clone()));
        dirty.retain(|dirty| !waiting.contains(&dirty.group));
        // Items come first by their names: orders go by what they tell.
        dirty.sort();
        match dirty.is_empty() {
            true if waiting.len() == waited => return Ok(accounted),
            true => continue,
            false => {}
        }
        let groups: Vec<GroupId> = dirty.iter().map(|dirty| dirty.group.clone()).collect();
        let records = engine.store.group_records(company, &groups).await?;
        let mut told = alike::told_in(engine, &readers, &desk.policy, &records).await?;
        alike::wake(engine, &readers, &records, &told).await?;
        if follows_payouts {
            let facts = told.values().flat_map(|told| &told.facts);
            payouts.learn(engine, &readers, &desk.policy, facts).await?;
        }
        let mut stock = KnownStock::learn(engine, &desk.policy, &dirty, &told).await?;
        let mut account = |dirty: DirtyGroup| {
            let heard = heard.until_all(records.get(&dirty.group).map_or(&[], Vec::as_slice));
            let told = told.remove(&dirty.group).unwrap_or_default();
            account(dirty, &told, (&payouts, &mut stock), &desk.policy, heard)
        };
        let accounts: Vec<GroupAccount> = dirty.into_iter().map(&mut account).collect();
        let early = |account: &&GroupAccount| account.wake_at.is_some_and(|at| at <= heard.last());
        waiting.extend(accounts.iter().filter(early).map(|account| account.group.clone()));
        stock.keep(engine, desk, &groups.into_iter().collect()).await?;
        engine.keep_desk(desk).await?;
        engine.store.save_accounting(&desk.lease, &accounts).await?;
        accounted += accounts.len();
        engine.progress.step(Step::Accounted { groups: accounts.len() });
    }
}

/// The entries of a group, and where its facts stand. A record that cannot be read stands for
/// itself, as held; what it said before stays entered.
fn account(
    dirty: DirtyGroup,
    told: &Told,
    (payouts, stock): (&KnownPayouts, &mut KnownStock),
    policy: &Policy,
    heard: Timestamp,
) -> GroupAccount {
    let account = |group| match group {
        Group::Stock(month) => stock.work_out(&month, told, policy, heard),
        group => {
            let known = (payouts.known(), stock.known());
            accounting::account_with(&group, &told.facts, known, policy, heard)
        }
    };
    let accounted = Group::parse(&dirty.group).map(account).unwrap_or_default();
    let readable = accounted.standings.into_iter();
    let standings = readable.filter(|it| !told.unreadable.contains(&it.source)).collect();
    account_of(dirty, Accounted { standings, ..accounted })
}

/// What accounting made of a group, as it is stored.
pub(super) fn account_of(group: DirtyGroup, accounted: Accounted) -> GroupAccount {
    let states = accounted.standings.into_iter();
    let mut foreign = accounting::foreign_moves(&accounted.entries);
    foreign.extend(accounted.opened);
    GroupAccount {
        group: group.group,
        mark: group.mark,
        entries: accounted.entries,
        states: states.map(|standing| (standing.id, standing.source, standing.state)).collect(),
        foreign,
        wake_at: accounted.wake_at,
    }
}
