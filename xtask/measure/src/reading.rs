//! Reading and accounting in memory: the lines of an order become a record, the record a fact, and
//! the fact entries.

use crate::gauge::{Gauge, with};
use crate::office;
use anyhow::Result;
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::accounting;
use saldo_core::channel::{Channel, ImportContext, Imported};
use saldo_core::commerce::Record;
use saldo_core::policy::Policy;
use saldo_core::text::Stream;
use serde_json::{Value, json};
use std::fs::File;
use std::hint::black_box;
use std::io::BufReader;
use std::path::Path;

/// The stream that the interface gives orders in.
const ORDERS: &str = "orders";

/// Reads and accounts all orders of a file.
pub(crate) fn account(file: &Path) -> Result<Value> {
    let policy = office::policy()?;
    let (mut orders, mut postings) = (0_u64, 0_usize);
    let gauge = Gauge::begin()?;
    each_order(file, |channel, record| {
        orders += 1;
        postings += entries(channel, &policy, record);
        Ok(())
    })?;
    Ok(with(gauge.end()?, json!({ "orders": orders, "postings": postings })))
}

/// How many postings accounting makes of a record.
fn entries(channel: &dyn Channel, policy: &Policy, record: Record) -> usize {
    let facts = channel.read(&record).unwrap_or_default();
    let groups = facts.iter().flat_map(accounting::groups);
    let accounted = groups.map(|group| {
        black_box(accounting::account(&group, &facts, policy, Timestamp::MAX)).entries
    });
    accounted.flatten().map(|entry| entry.lines.len()).sum()
}

/// Goes through the orders of a download, as the interface would have given them.
pub(crate) fn each_order(
    file: &Path,
    mut take: impl FnMut(&'static dyn Channel, Record) -> Result<()>,
) -> Result<()> {
    let channel = channel(office::ADAPTER).ok_or_else(|| anyhow::anyhow!("no such channel"))?;
    let context = ImportContext {
        connection: office::shop_id(),
        now: Timestamp::UNIX_EPOCH,
        name: "download".to_owned(),
        timezone: office::TIMEZONE.to_owned(),
    };
    let mut reader = BufReader::with_capacity(1 << 16, File::open(file)?);
    let mut failed = None;
    let mut hear = |piece| match piece {
        Imported::Record { record, .. } if failed.is_none() => {
            failed = take(channel, Record { stream: Stream::new(ORDERS), ..record }).err();
        }
        Imported::Record { .. } => {}
        Imported::Part(part) => {
            failed = Some(anyhow::anyhow!("{} is a part of an order", part.place));
        }
        Imported::LeftOut { place, reason } => {
            failed = Some(anyhow::anyhow!("{place} was left out: {reason}"));
        }
    };
    channel.import(&mut reader, &context, &mut hear).map_err(anyhow::Error::msg)?;
    failed.map_or(Ok(()), Err)
}
