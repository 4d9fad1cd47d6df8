//! The way into the database without a download before it: pages of orders, read, accounted and
//! stored as a pull does it; with the vendor's bytes, or with as good as none in their place, which
//! shows what keeping them costs.

use crate::engine::Engine;
use crate::gauge::{Gauge, with};
use crate::office::{self, Wishes};
use crate::reading::each_order;
use anyhow::Result;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use saldo_core::accounting::{self, Group};
use saldo_core::channel::{Channel, Cursor};
use saldo_core::commerce::{Fact, Record};
use saldo_core::policy::Policy;
use saldo_core::text::Stream;
use saldo_store::{GroupAccount, Lease, PageAccounts, PageCommit, PulledRecord, Reading};
use serde_json::{Value, json};
use std::path::PathBuf;
use tokio::runtime::Runtime;

/// What is stored.
#[derive(Args)]
pub(crate) struct Settings {
    /// The folder of the database.
    #[arg(long)]
    data: PathBuf,
    /// Whether the vendor's bytes are left out.
    #[arg(long)]
    without_bytes: bool,
    /// The file.
    file: PathBuf,
}

/// How many orders are stored in one transaction.
const PAGE: usize = 250;
/// How long the connection is taken for.
const LEASE: SignedDuration = SignedDuration::from_hours(24);

/// Stores and accounts the file. It is read by a function that does not wait, so this one does not
/// either.
pub(crate) fn store(settings: &Settings, runtime: &Runtime) -> Result<Value> {
    let now = Timestamp::now();
    let engine = runtime.block_on(office::engine(&settings.data, now, Wishes::default()))?;
    let (company, shop) = (engine.company_id(), office::shop_id());
    let lease = engine.store.acquire_lease(company, &shop, "bench", now, LEASE);
    let lease = runtime.block_on(lease)?;
    let gauge = Gauge::begin()?;
    let mut page = Vec::with_capacity(PAGE);
    let mut orders = 0_u64;
    each_order(&settings.file, |channel, record| {
        orders += 1;
        page.push(record);
        if page.len() < PAGE {
            return Ok(());
        }
        let records = std::mem::take(&mut page);
        let page = read(channel, &engine.policy, records, settings.without_bytes);
        runtime.block_on(commit(&engine, &lease, page))
    })?;
    let measured = gauge.end()?;
    let rows = runtime.block_on(engine.store.row_counts())?;
    Ok(with(measured, json!({ "orders": orders, "rows": rows })))
}

type Read = (Vec<PulledRecord>, PageAccounts);

/// Reads and accounts a page of orders, each of which is a group of its own.
fn read(channel: &dyn Channel, policy: &Policy, records: Vec<Record>, without: bool) -> Read {
    let (mut pulled, mut accounts) = (Vec::new(), Vec::new());
    for mut record in records {
        let facts = channel.read(&record).unwrap_or_default();
        let groups: Vec<Group> = facts.iter().flat_map(accounting::groups).collect();
        accounts.extend(groups.iter().map(|group| account(group, &facts, policy)));
        let name = facts.iter().find_map(|fact| match fact {
            Fact::Order(order) => Some(order.name.clone()),
            _ => None,
        });
        let groups = groups.iter().map(Group::id).collect();
        if without {
            record.bytes.truncate(1);
        }
        pulled.push(PulledRecord::new(record, Reading { groups, name, issue: None }));
    }
    (pulled, PageAccounts { revision: i64::from(policy.revision), groups: accounts })
}

fn account(group: &Group, facts: &[Fact], policy: &Policy) -> GroupAccount {
    let accounted = accounting::account(group, facts, policy, Timestamp::MAX);
    let states = accounted.standings.into_iter();
    GroupAccount {
        group: group.id(),
        mark: 1,
        foreign: accounting::foreign_moves(&accounted.entries),
        entries: accounted.entries,
        states: states.map(|it| (it.id, it.source, it.state)).collect(),
        wake_at: accounted.wake_at,
    }
}

async fn commit(engine: &Engine, lease: &Lease, (records, accounts): Read) -> Result<()> {
    let (stream, cursor) = (Stream::new("orders"), Cursor(String::new()));
    let page = PageCommit { stream, cursor, reached: None, records };
    engine.store.commit_accounted_page(lease, &page, &accounts).await?;
    Ok(())
}
