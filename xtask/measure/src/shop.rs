//! A whole sync: download, slices, records, groups, entries, plan and push.

use crate::engine;
use crate::gauge::{Gauge, with};
use crate::office::{self, Wishes};
use anyhow::{Context, Result};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is synced.
#[derive(Args)]
pub(crate) struct Settings {
    /// The folder of the database.
    #[arg(long)]
    data: PathBuf,
    /// Where the shop answers.
    #[arg(long)]
    shop: String,
    /// The time, which stands still but for waits.
    #[arg(long)]
    at: Timestamp,
    /// Whether there is a plain-text book to enter into.
    #[arg(long)]
    book: bool,
}

/// Runs the sync.
pub(crate) async fn sync(settings: &Settings) -> Result<Value> {
    let wishes = Wishes { address: &settings.shop, plain_text: settings.book };
    let engine = office::engine(&settings.data, settings.at, wishes).await?;
    let company = engine.company_id();
    let before = engine.store.row_counts().await?;
    let gauge = Gauge::begin()?;
    let report = engine::sync(&engine).await?;
    let measured = gauge.end()?;
    let after = engine.store.row_counts().await?;
    let counts = engine.store.state_counts(company).await?;
    let new = |table: &str, rows: u64| rows - before.get(table).unwrap_or(&0);
    let rows: BTreeMap<&str, u64> =
        after.iter().map(|(table, rows)| (*table, new(table, *rows))).collect();
    engine.store.close().await;
    let database = std::fs::metadata(crate::config::database(&settings.data));
    let bytes = database.context("the database is gone")?.len();
    Ok(with(
        measured,
        json!({
            "sync": report,
            "new_rows": rows,
            "accounted": counts.accounted,
            "held": counts.held,
            "waiting": counts.waiting,
            "database_bytes": bytes,
        }),
    ))
}
