//! What vendors are asked for, beside the least that would do, and how long their limits make it
//! take.

use super::figure::{Aim, Figure};
use super::machine::{Machine, Measured};
use super::text;
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many orders are synced to count calls, and over how many days.
const ORDERS: (u32, u32) = (1_000, 30);
/// The same to see how long it takes: in full, and else.
const TIMED_FULL: (u32, u32) = (100_000, 365);
const TIMED: (u32, u32) = (10_000, 60);
/// How many things a batch holds.
const BATCH: u64 = 30;
/// How many batches a minute the vendor takes.
const BATCHES_A_MINUTE: u64 = 40;
/// What asks for them.
const ORDERS_IN_BULK: &str = "orders in bulk";
/// The fewest calls by which orders come in bulk: start, look, fetch.
const BULK: u64 = 3;

/// The calls of a sync in detail and summarised, and the time of a large one.
pub(super) fn figures(machine: &Machine, full: bool) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for detail in ["order", "day"] {
        let sync = sync(machine, ORDERS, detail)?;
        figures.extend(of_shop(&sync, detail));
        figures.extend(of_books(&sync, detail));
    }
    let size = if full { TIMED_FULL } else { TIMED };
    let timed = sync(machine, size, "order")?;
    let took = timed.details["simulated_seconds"].as_u64().unwrap_or_default();
    let floor = least(&timed.details["books"]["created"]).values().sum::<u64>() * 60;
    let title = "simulated time of a sync, against what batches take at least";
    let parts = (took, floor / BATCHES_A_MINUTE);
    figures.push(Figure::ratio(title, size.0.into(), parts, "times", Aim::AtMost(110), &timed));
    Ok(figures)
}

fn sync(machine: &Machine, (orders, days): (u32, u32), detail: &str) -> Result<Measured> {
    let data = machine.folder("calls")?;
    let (orders, days) = (orders.to_string(), days.to_string());
    let words = ["calls", "--data", text(&data)?, "--orders", &orders, "--days", &days];
    let measured = machine.measure("calls", &[&words[..], &["--detail", detail]].concat())?;
    std::fs::remove_dir_all(data)?;
    Ok(measured)
}

fn of_shop(sync: &Measured, detail: &str) -> Vec<Figure> {
    let requests = counts(&sync.details["shop"]["requests"]);
    let title = |what: &str| format!("shop, by {detail}: {what}");
    let orders = requests.get(ORDERS_IN_BULK).copied().unwrap_or_default();
    let mut figures = vec![Figure::count(&title(ORDERS_IN_BULK), 1_000, orders, BULK, sync)];
    for (name, count) in requests.iter().filter(|(name, _)| *name != ORDERS_IN_BULK) {
        figures.push(Figure::told(&title(name), 1_000, *count, sync));
    }
    let too_fast = sync.details["shop"]["too_fast"].as_u64().unwrap_or_default();
    figures.push(Figure::count(&title("calls that came too fast"), 1_000, too_fast, 0, sync));
    figures
}

fn of_books(sync: &Measured, detail: &str) -> Vec<Figure> {
    let books = &sync.details["books"];
    let title = |what: &str| format!("books, by {detail}: {what}");
    let least = least(&books["created"]);
    let created = counts(&books["created"]);
    let mut figures = Vec::new();
    for (kind, batches) in &least {
        let things = created.get(kind).copied().unwrap_or_default();
        let what = format!("{things} × {kind}, batches by itself");
        figures.push(Figure::told(&title(&what), 1_000, *batches, sync));
    }
    let least: u64 = least.values().sum();
    let requests = counts(&books["requests"]);
    let batches = requests.get("batch").copied().unwrap_or_default();
    let what = format!("batches, {least} kind by kind");
    // Within five in a hundred.
    let most = least + least / 20;
    figures.push(Figure::count(&title(&what), 1_000, batches, most, sync));
    for (name, count) in requests.iter().filter(|(name, _)| *name != "batch") {
        figures.push(Figure::told(&title(name), 1_000, *count, sync));
    }
    let again: u64 = counts(&sync.details["books_again"]["requests"]).values().sum();
    figures.push(Figure::count(&title("calls when nothing is new"), 1_000, again, 0, sync));
    let too_fast = books["too_fast"].as_u64().unwrap_or_default();
    figures.push(Figure::count(&title("calls that came too fast"), 1_000, too_fast, 0, sync));
    figures
}

/// How many batches things of each kind need at least, where nothing else is in them.
fn least(created: &Value) -> BTreeMap<String, u64> {
    counts(created).into_iter().map(|(kind, things)| (kind, things.div_ceil(BATCH))).collect()
}

fn counts(value: &Value) -> BTreeMap<String, u64> {
    let fields = value.as_object().into_iter().flatten();
    fields.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect()
}
