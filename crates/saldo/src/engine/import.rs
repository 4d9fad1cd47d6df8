//! Import: pieces of files become records, as what channels say does.
//!
//! A file is gone through twice: first to know whether it is taken at all, so that a file which is
//! refused leaves nothing behind; then to store it, page by page.

mod names;

pub(super) use names::{ByName, as_it_is, told_by_files};

use super::page::read_page;
use super::{Engine, EngineError};
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::accounting;
use saldo_core::channel::{Channel, Cursor, ImportContext, Imported, Part};
use saldo_core::commerce::{Fact, PayoutState, Record, RecordRef};
use saldo_core::issue::{Issue, IssueKind};
use saldo_core::text::Stream;
use saldo_store::{Connection, CursorRow, Lease, PageCommit};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

/// How many pieces are stored in one transaction.
const PIECES_AT_ONCE: usize = 250;
/// How many pieces that were left out or held a report names.
const PIECES_NAMED_MAX: usize = 100;
/// The stream in whose row it stands when files were imported last.
const FILES: &str = "files";

/// The setting of a connection that knows nothing but files: there is nothing to pull.
pub(crate) const FILES_SETTING: (&str, &str) = ("files", "only");

/// Whether a connection knows nothing but files.
pub(crate) fn is_files_only(connection: &Connection) -> bool {
    let (name, value) = FILES_SETTING;
    connection.settings.get(name).is_some_and(|setting| setting == value)
}

/// Up to when a connection of files alone was heard: until files were imported last.
pub(super) fn files_heard_until(cursors: &BTreeMap<Stream, CursorRow>) -> Option<Timestamp> {
    cursors.get(&Stream::new(FILES)).and_then(|row| row.reached)
}

/// Opens a file from its beginning, each time it is called.
pub(crate) type Opener = Arc<dyn Fn() -> io::Result<Box<dyn BufRead + Send>> + Send + Sync>;

/// A piece that a person should know of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NamedPiece {
    /// Its line or number in the file, and its id where it has one.
    pub(crate) place: String,
    /// What is the matter with it.
    pub(crate) reason: String,
}

/// Pieces that a person should know of: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct NamedPieces {
    /// How many.
    pub(crate) count: usize,
    /// The first of them.
    pub(crate) first: Vec<NamedPiece>,
}

impl NamedPieces {
    fn add(&mut self, place: String, reason: String) {
        self.count += 1;
        if self.first.len() < PIECES_NAMED_MAX {
            self.first.push(NamedPiece { place, reason });
        }
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ImportReport {
    /// Its name.
    pub(crate) file: String,
    /// What it is.
    pub(crate) what: String,
    /// Why it was refused, where it was. Then nothing of it was taken.
    pub(crate) refused: Option<String>,
    /// Things never heard of before.
    pub(crate) new: usize,
    /// Later versions of known things.
    pub(crate) changed: usize,
    /// What was known already.
    pub(crate) known: usize,
    /// Of that, what says less than is known: a row without the payout that another file names, or
    /// with one that had come less far. It is taken for older.
    pub(crate) older: usize,
    /// Of all that, what happened before the books begin: it is left out of them.
    pub(crate) before_start: usize,
    /// What was taken, but cannot be read.
    pub(crate) held: NamedPieces,
    /// What was not taken.
    pub(crate) left_out: NamedPieces,
}

impl ImportReport {
    /// Whether all of the file was taken and can be read.
    pub(crate) fn is_whole(&self) -> bool {
        self.refused.is_none() && self.held.count + self.left_out.count == 0
    }
}

/// Takes a file for a connection.
pub(crate) async fn import(
    engine: &Engine,
    connection: &Connection,
    name: &str,
    open: Opener,
) -> Result<ImportReport, EngineError> {
    let channel = channel(&connection.adapter)
        .ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))?;
    let context = ImportContext {
        connection: connection.id.clone(),
        now: engine.clock.now(),
        name: name.to_owned(),
        timezone: engine.company.timezone.clone(),
    };
    let mut report = ImportReport { file: name.to_owned(), ..ImportReport::default() };
    let tried = go_through(channel, context.clone(), Arc::clone(&open), |_| {});
    match ended(tried).await {
        Ok(what) => report.what = what,
        Err(reason) => {
            report.refused = Some(reason);
            return Ok(report);
        }
    }
    let lease = engine.lease(connection).await?;
    let stored = async {
        let connection = as_it_is(engine, &lease, connection).await?;
        let mut importer = Importer { engine, connection, lease: &lease, channel };
        importer.store(context, open, &mut report).await
    };
    let stored = stored.await;
    let released = engine.store.release_lease(&lease).await;
    stored?;
    released?;
    Ok(report)
}

/// Goes through a file on a thread that may wait for it.
fn go_through(
    channel: &'static dyn Channel,
    context: ImportContext,
    open: Opener,
    mut take: impl FnMut(Imported) + Send + 'static,
) -> JoinHandle<Result<String, String>> {
    spawn_blocking(move || {
        let mut file = open().map_err(|error| format!("it cannot be opened: {error}"))?;
        channel.import(&mut *file, &context, &mut take)
    })
}

/// What going through a file came to. A mistake of ours goes on as one.
async fn ended(task: JoinHandle<Result<String, String>>) -> Result<String, String> {
    match task.await {
        Ok(said) => said,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(format!("it was not read to its end: {error}")),
    }
}

struct Importer<'a> {
    engine: &'a Engine,
    connection: Connection,
    lease: &'a Lease,
    channel: &'static dyn Channel,
}

impl Importer<'_> {
    /// Stores the pieces as they come; never more than two pages of them are in memory.
    async fn store(
        &mut self,
        context: ImportContext,
        open: Opener,
        report: &mut ImportReport,
    ) -> Result<(), EngineError> {
        // Where a shop is pulled, files do not tell up to when it was heard.
        let reached = is_files_only(&self.connection).then_some(context.now);
        let (sender, mut pieces) = mpsc::channel(PIECES_AT_ONCE);
        // Where nobody listens any more, storing has failed, and the rest of the file is of no use.
        let task = go_through(self.channel, context, open, move |piece| {
            let _unheard = sender.blocking_send(piece);
        });
        let mut page = Vec::new();
        while pieces.recv_many(&mut page, PIECES_AT_ONCE).await > 0 {
            self.commit(std::mem::take(&mut page), None, report).await?;
        }
        report.refused = ended(task).await.err();
        if report.refused.is_none() {
            self.commit(Vec::new(), reached, report).await?;
        }
        Ok(())
    }

    async fn commit(
        &mut self,
        pieces: Vec<Imported>,
        reached: Option<Timestamp>,
        report: &mut ImportReport,
    ) -> Result<(), EngineError> {
        let mut records = Vec::new();
        let mut by_name = ByName::default();
        let mut told_now = BTreeMap::new();
        let mut places: BTreeMap<RecordRef, String> = BTreeMap::new();
        let mut contradicted: BTreeMap<RecordRef, String> = BTreeMap::new();
        for (place, record) in self.told_whole(pieces, report).await? {
            // What cannot be read is named once its page is.
            let facts = self.channel.read(&record).unwrap_or_default();
            let is_early = |fact: &Fact| accounting::is_before_start(fact, &self.engine.policy);
            if !facts.is_empty() && facts.iter().all(is_early) {
                report.before_start += 1;
            }
            let told = ByName::told(&facts);
            if told.tells_orders() && !is_files_only(&self.connection) {
                let reason = "the order has no number here; the shop tells it itself";
                report.left_out.add(record.id, reason.to_owned());
                continue;
            }
            by_name = by_name.and(told);
            places.insert(record.reference(), place);
            if let Some(why) = facts.iter().find_map(contradiction) {
                contradicted.insert(record.reference(), why);
            }
            told_now.extend(facts.into_iter().map(|fact| (record.reference(), fact)));
            let hash = record.content_hash();
            records.push((record, hash));
        }
        let known_better = self.known_better(&told_now).await?;
        records.retain(|(record, _)| !known_better.contains(&record.reference()));
        report.known += known_better.len();
        report.older += known_better.len();
        self.note(by_name).await?;
        let stream = Stream::new(FILES);
        let cursor = Cursor(report.file.clone());
        let policy = &self.engine.policy;
        let (records, accounts) = read_page(self.channel, &self.connection, policy, records);
        for pulled in &records {
            let reference = pulled.record.reference();
            let unread = pulled.reading.issue.as_ref().map(|issue| issue.message.clone());
            if let Some(why) = unread.or_else(|| contradicted.remove(&reference)) {
                let place = places.get(&reference).map_or("", String::as_str);
                report.held.add(format!("{place}, {}", pulled.record.id), why);
            }
        }
        self.engine.keep(self.lease).await?;
        let page = PageCommit { stream, cursor, reached, records };
        let store = &self.engine.store;
        let stored = store.commit_accounted_page(self.lease, &page, &accounts).await?;
        report.new += stored.new;
        report.changed += stored.changed;
        report.known += stored.known;
        Ok(())
    }
}

/// Why a row of a payout holds the whole of it, where it contradicts itself.
fn contradiction(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Payout(payout) => match &payout.state {
            PayoutState::Contradicted(why) => Some(format!("{why}; its payout is held")),
            _ => None,
        },
        _ => None,
    }
}

impl Importer<'_> {
    /// The records among pieces, but for those of which less can be made than of an earlier one: a
    /// fragment of something is no later version of it. Parts are joined with what is known. Each
    /// stands with its place in the file.
    async fn told_whole(
        &self,
        pieces: Vec<Imported>,
        report: &mut ImportReport,
    ) -> Result<Vec<(String, Record)>, EngineError> {
        let mut records: Vec<(String, Record)> = Vec::new();
        let mut unread = BTreeMap::new();
        for piece in pieces {
            match piece {
                Imported::LeftOut { place, reason } => report.left_out.add(place, reason),
                Imported::Part(part) => match self.joined(&part, &records).await? {
                    Ok(whole) => {
                        records.retain(|(_, record)| record.reference() != part.of);
                        records.push((part.place, whole));
                    }
                    Err(reason) => report.left_out.add(part.place, reason),
                },
                Imported::Record { place, record } => {
                    if let Err(issue) = self.channel.read(&record) {
                        unread.insert(record.reference(), issue);
                    }
                    records.push((place, record));
                }
            }
        }
        let references: Vec<RecordRef> = records.iter().map(|(_, it)| it.reference()).collect();
        let (store, company) = (&self.engine.store, self.engine.company_id());
        for known in store.records(company, &references).await? {
            let reference = known.reference();
            let told = records.iter_mut().find(|(_, record)| record.reference() == reference);
            if let Some((_, told)) = told
                && let Some(whole) = self.channel.with_parts(&known, told)
            {
                *told = whole;
            }
            let said = self.channel.read(&known).err();
            let says_more = |now: &&Issue| is_told_better(said.as_deref(), now);
            if let Some(now) = unread.get(&reference).map(Box::as_ref).filter(says_more) {
                let reason = format!("{}; what is known of it already stays", now.message);
                report.left_out.add(reference.id.clone(), reason);
                records.retain(|(_, record)| record.reference() != reference);
            }
        }
        Ok(records)
    }

    /// The record of a thing with a part of it that was told by itself; or why there is none.
    async fn joined(
        &self,
        part: &Part,
        told_now: &[(String, Record)],
    ) -> Result<Result<Record, String>, EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let now = told_now.iter().find(|(_, record)| record.reference() == part.of);
        let known = match now {
            Some((_, record)) => Some(record.clone()),
            None => store.records(company, std::slice::from_ref(&part.of)).await?.pop(),
        };
        Ok(match known {
            Some(known) => self.channel.join(&known, part),
            None if is_files_only(&self.connection) => Err("what it belongs to is not known by a \
                 payload: import that first, and this again"
                .to_owned()),
            None => Err("the shop tells it itself".to_owned()),
        })
    }

    /// The pieces of an older file: of each, more is known.
    async fn known_better(
        &self,
        told: &BTreeMap<RecordRef, Fact>,
    ) -> Result<BTreeSet<RecordRef>, EngineError> {
        let money = told.iter().filter(|(_, fact)| is_of_gateway(fact));
        let references: Vec<RecordRef> = money.map(|(reference, _)| reference.clone()).collect();
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let mut known_better = BTreeSet::new();
        for known in store.records(company, &references).await? {
            let reference = known.reference();
            let facts = self.channel.read(&known).unwrap_or_default();
            let less = |told: &Fact| facts.iter().any(|known| accounting::says_less(told, known));
            if told.get(&reference).is_some_and(less) {
                known_better.insert(reference);
            }
        }
        Ok(known_better)
    }
}

/// Whether something was told better before, by what keeps it from being read then, if anything
/// did, and now: amounts that contradict each other were told whole, and a fragment was not.
fn is_told_better(before: Option<&Issue>, now: &Issue) -> bool {
    match before.map(|issue| issue.kind) {
        None => true,
        Some(IssueKind::DoesNotAddUp) => now.kind == IssueKind::UnknownData,
        Some(_) => false,
    }
}

/// Whether a fact is of a gateway's own ledger: a row, or a payout.
fn is_of_gateway(fact: &Fact) -> bool {
    matches!(fact, Fact::BalanceTransaction(_) | Fact::Payout(_))
}

#[cfg(test)]
mod tests;
