//! The own ledger: documents that a book has acknowledged, their sums, and their export.

use crate::cli;
use crate::engine::Engine;
use crate::gauge::{Gauge, with};
use crate::office::{self, Wishes};
use crate::reading::each_order;
use anyhow::{Context, Result};
use clap::{Args, Parser};
use jiff::{SignedDuration, Timestamp};
use saldo_core::accounting;
use saldo_core::book::Acknowledgement;
use saldo_core::channel::Channel;
use saldo_core::commerce::Record;
use saldo_core::plan::{Change, Closing, SlotOf, plan_slot};
use saldo_core::policy::Prefixes;
use saldo_core::text::{ConnectionId, RemoteId};
use saldo_store::{Approval, AttemptOutcome, AttemptResult, Batch, Lease, Purpose};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::slice;
use tokio::runtime::Runtime;

/// What is entered.
#[derive(Args)]
pub(crate) struct Settings {
    /// The folder of the database.
    #[arg(long)]
    data: PathBuf,
    /// How many postings at least, if the file has as many.
    #[arg(long)]
    postings: usize,
    /// The orders that are entered.
    file: PathBuf,
}

/// How many documents are entered in one batch.
const BATCH: usize = 1_000;
/// How long the book is taken for.
const LEASE: SignedDuration = SignedDuration::from_hours(24);

/// Enters the documents of orders into a book that is not asked: it acknowledges all.
pub(crate) fn enter(settings: &Settings, runtime: &Runtime) -> Result<Value> {
    let now = Timestamp::now();
    let wishes = Wishes { plain_text: true, ..Wishes::default() };
    let engine = runtime.block_on(office::engine(&settings.data, now, wishes))?;
    let book = ConnectionId::new(office::PLAIN_TEXT);
    let lease = engine.store.acquire_lease(engine.company_id(), &book, "bench", now, LEASE);
    let lease = runtime.block_on(lease)?;
    let gauge = Gauge::begin()?;
    let (mut postings, mut documents) = (0, 0_usize);
    let mut batch = Vec::new();
    each_order(&settings.file, |channel, record| {
        if postings >= settings.postings {
            return Ok(());
        }
        for (change, lines) in changes(&engine, &book, channel, &record)? {
            postings += lines;
            documents += 1;
            batch.push(change);
        }
        if batch.len() < BATCH && postings < settings.postings {
            return Ok(());
        }
        runtime.block_on(acknowledge(&engine, &lease, std::mem::take(&mut batch)))
    })?;
    runtime.block_on(engine.store.close());
    Ok(with(gauge.end()?, json!({ "postings": postings, "documents": documents })))
}

/// The documents of an order, each with the number of its postings.
fn changes(
    engine: &Engine,
    book: &ConnectionId,
    channel: &dyn Channel,
    record: &Record,
) -> Result<Vec<(Change, usize)>> {
    let facts = channel.read(record).unwrap_or_default();
    let mut changes = Vec::new();
    for group in facts.iter().flat_map(accounting::groups) {
        let accounted = accounting::account(&group, &facts, &engine.policy, Timestamp::MAX);
        for entry in accounted.entries {
            let lines = entry.lines.len();
            let slot = SlotOf {
                company: engine.company_id(),
                book,
                slot: &entry.header.slot,
                closing: Closing::default(),
                of_documents: None,
                prefixes: Prefixes::NONE,
                amends: &[],
            };
            let planned = plan_slot(slot, slice::from_ref(&entry), &[], |_| None)?;
            changes.extend(planned.changes.into_iter().map(|change| (change, lines)));
        }
    }
    Ok(changes)
}

/// Approves documents, and writes down that the book has them.
async fn acknowledge(engine: &Engine, lease: &Lease, changes: Vec<Change>) -> Result<()> {
    let now = Timestamp::now();
    let members: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
    let (book, approved_by) = (lease.connection().clone(), "bench".to_owned());
    let approval = Approval {
        book,
        changes,
        approved_by,
        at: now,
        planned_until: None,
        withdraws: Vec::new(),
        waits: BTreeMap::new(),
        again: Vec::new(),
    };
    let desk = engine.store.acquire_company_lease(lease.company(), "bench", now, LEASE).await?;
    engine.store.approve(&desk, &approval).await?;
    let id = members.first().context("an empty batch")?.clone();
    let results: Vec<(String, AttemptResult)> = members
        .iter()
        .map(|member| {
            let outcome = Acknowledgement::of(RemoteId::new(member));
            let outcome = AttemptOutcome::Acknowledged(outcome);
            (member.clone(), AttemptResult { outcome, detail: String::new() })
        })
        .collect();
    let purpose = Purpose::Create;
    let batch = Batch { id: id.clone(), token: id.clone(), members, purpose, sent_at: now };
    engine.store.begin_batch(lease, &batch).await?;
    engine.store.finish_batch(lease, &id, &results, now).await?;
    Ok(())
}

/// The balance of every account of the book.
pub(crate) async fn trial_balance(data: &Path) -> Result<Value> {
    let wishes = Wishes { plain_text: true, ..Wishes::default() };
    let engine = office::engine(data, Timestamp::now(), wishes).await?;
    let book = ConnectionId::new(office::PLAIN_TEXT);
    let gauge = Gauge::begin()?;
    let sums = engine.store.account_sums(engine.company_id(), &book, None).await?;
    Ok(with(gauge.end()?, json!({ "accounts": sums.len() })))
}

/// Writes the whole ledger as beancount to standard output, by the command that people use. The key
/// must be where the environment says.
pub(crate) fn export(data: &Path) -> Result<Value> {
    let data = data.to_str().context("the folder's name is not unicode")?;
    let words = ["saldo", "export", "--format", "beancount", "--data", data];
    let gauge = Gauge::begin()?;
    let ended = cli::run(cli::Arguments::try_parse_from(words)?);
    let measured = gauge.end()?;
    anyhow::ensure!(ended == std::process::ExitCode::SUCCESS, "the export failed");
    Ok(measured)
}
