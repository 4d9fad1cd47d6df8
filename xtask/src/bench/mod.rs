//! The benchmarks: each figure measured in a process of its own, and set beside its aim.
//!
//! Speed is by processor time, so that other programs on the machine disturb it least; what was
//! spent on waiting for disks is shown apart. Memory is the most that a process ever had resident.

mod calls;
mod figure;
mod machine;

use anyhow::{Context, Result, bail};
use clap::Args;
use figure::{Aim, Figure, per_second};
use machine::{Machine, Measured};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What is measured.
#[derive(Args)]
pub(crate) struct Settings {
    /// With how many orders, in place of 10,000, 100,000 and 1,000,000, which need 20 GB of disk.
    /// Some figures have fixed sizes of their own.
    #[arg(long)]
    orders: Option<u64>,
    /// Where all chance comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder to work in, which must not be there; by default one in the build folder.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// A file that the figures are also written to, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The sizes where none is named.
const FULL_SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// With how much history the cost of new orders is compared.
const SMALL_HISTORY: u64 = 1_000;
/// How many new orders come at once.
const NEWS: u64 = 100;
/// How often they come: what all rounds take together counts, since one is short.
const NEWS_ROUNDS: u64 = 5;
/// How many postings the ledger is measured with.
const POSTINGS: u64 = 1_000_000;
/// For how many orders aims are meant that depend on how many there are.
const LARGE: u64 = 1_000_000;

/// The times at which syncs begin; by then every order is history. The second is on the day of the
/// first, since a shop is asked once a day what it says of itself; the others are a day apart.
const BEGINS: [&str; 8] = [
    "2027-02-01T00:00:00Z",
    "2027-02-01T02:00:00Z",
    "2027-02-03T00:00:00Z",
    "2027-02-04T00:00:00Z",
    "2027-02-05T00:00:00Z",
    "2027-02-06T00:00:00Z",
    "2027-02-07T00:00:00Z",
    "2027-02-08T00:00:00Z",
];

/// Measures everything and prints it; whether aims are met decides nothing but what is printed.
pub(crate) fn run(root: &Path, settings: &Settings) -> Result<bool> {
    let folder = settings.folder.clone();
    let folder = folder.unwrap_or_else(|| crate::process::target_folder(root).join("bench"));
    let machine = Machine::build(root, folder, settings.seed)?;
    let sizes = settings.orders.map_or(FULL_SIZES.to_vec(), |orders| vec![orders]);
    let mut figures = Vec::new();
    let small = news(&machine, SMALL_HISTORY)?;
    for orders in &sizes {
        figures.extend(way(&machine, *orders, &small)?);
    }
    let largest = sizes.iter().copied().max().unwrap_or_default();
    figures.extend(ledger(&machine, largest)?);
    figures.extend(calls::figures(&machine, settings.orders.is_none())?);
    machine.clear()?;
    print!("{}", figure::table(&figures));
    if let Some(file) = &settings.json {
        let all: Vec<Value> = figures.iter().map(Figure::json).collect();
        std::fs::write(file, serde_json::to_string_pretty(&json!({ "figures": all }))?)?;
    }
    Ok(true)
}

/// Everything that is measured with a download of so many orders.
fn way(machine: &Machine, orders: u64, small: &Measured) -> Result<Vec<Figure>> {
    let file = machine.download(orders, 0, false)?;
    let mut figures = reading(machine, orders, &file)?;
    figures.extend(pages(machine, orders, &file)?);
    figures.extend(syncs(machine, orders, &file, small)?);
    std::fs::remove_file(file)?;
    figures.push(scattered(machine, orders)?);
    Ok(figures)
}

fn reading(machine: &Machine, orders: u64, file: &Path) -> Result<Vec<Figure>> {
    let parse = machine.measure("parse", &["parse", text(file)?])?;
    let account = machine.measure("account", &["account", text(file)?])?;
    let half = per_second(orders, parse.cpu_micros) / 2;
    Ok(vec![
        Figure::speed("parse into plain types", orders, &parse, None),
        Figure::speed("read and account", orders, &account, Some(half)),
    ])
}

fn pages(machine: &Machine, orders: u64, file: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (title, more) in [
        ("file into SQLite", None),
        ("file into SQLite, without the record's bytes", Some("--without-bytes")),
    ] {
        let data = machine.folder("pages")?;
        let mut words = vec!["pages", "--data", text(&data)?, text(file)?];
        words.extend(more);
        let pages = machine.measure(title, &words)?;
        let aim = Some(WHOLE_WAY).filter(|_| more.is_none());
        figures.push(Figure::speed(title, orders, &pages, aim));
        if more.is_none() {
            figures.push(Figure::waiting("waiting for the disk", orders, &pages));
        }
        std::fs::remove_dir_all(data)?;
    }
    Ok(figures)
}

/// How many orders a second shall go the whole way.
const WHOLE_WAY: u64 = 30_000;

fn syncs(machine: &Machine, orders: u64, file: &Path, small: &Measured) -> Result<Vec<Figure>> {
    let data = machine.folder("sync")?;
    let first = machine.sync("sync of new orders", &data, file, BEGINS[0])?;
    accounted(&first, orders)?;
    let rows: u64 = first.rows("new_rows");
    let mut figures = vec![
        Figure::speed("sync from a shop's bulk download", orders, &first, Some(WHOLE_WAY)),
        Figure::ratio("rows an order", orders, (rows, orders), "", Aim::AtMost(300), &first),
        Figure::memory("memory of a sync", orders, &first, 100).aimed_at(LARGE),
    ];
    let again = machine.sync("sync of what is known", &data, file, BEGINS[1])?;
    let micros = again.cpu_micros * 100_000 / orders.max(1);
    figures.push(Figure::time("100,000 known orders again", orders, micros, 3_000_000, &again));
    figures.push(Figure::count("rows changed by them", orders, again.rows("new_rows"), 0, &again));
    let news = news_in(machine, &data, orders)?;
    let parts = (news.cpu_micros, small.cpu_micros);
    let title = "five times 100 new orders, against 1,000 of history";
    let ratio = Figure::ratio(title, orders, parts, "times", Aim::AtMost(120), &news);
    figures.push(ratio.aimed_at(LARGE));
    std::fs::remove_dir_all(data)?;
    Ok(figures)
}

/// All orders must have been entered, or the figure means nothing.
fn accounted(sync: &Measured, orders: u64) -> Result<()> {
    match sync.details["accounted"].as_u64() {
        Some(accounted) if accounted == orders => Ok(()),
        other => bail!("of {orders} orders {other:?} were accounted"),
    }
}

/// What hundreds of new orders take after a history of so many.
fn news(machine: &Machine, history: u64) -> Result<Measured> {
    let file = machine.download(history, 0, false)?;
    let data = machine.folder("history")?;
    machine.sync("history", &data, &file, BEGINS[0])?;
    let news = news_in(machine, &data, history)?;
    std::fs::remove_dir_all(data)?;
    std::fs::remove_file(file)?;
    Ok(news)
}

/// The last of several rounds, with the processor time of all of them.
fn news_in(machine: &Machine, data: &Path, history: u64) -> Result<Measured> {
    let mut micros = 0;
    let mut last = None;
    for (round, at) in (0..NEWS_ROUNDS).zip(BEGINS.iter().skip(2)) {
        let file = machine.download(NEWS, history + round * NEWS, false)?;
        let measured = machine.sync("new orders", data, &file, at)?;
        micros += measured.cpu_micros;
        last = Some(measured);
        std::fs::remove_file(file)?;
    }
    let last = last.context("there is no round")?;
    Ok(Measured { cpu_micros: micros, ..last })
}

/// The memory of a sync from a download whose children stand anywhere, if it is read at all.
fn scattered(machine: &Machine, orders: u64) -> Result<Figure> {
    let title = "memory, children anywhere in the download";
    let file = machine.download(orders, 0, true)?;
    let data = machine.folder("scattered")?;
    let figure = match machine.sync("children anywhere", &data, &file, BEGINS[0]) {
        Ok(sync) => {
            accounted(&sync, orders)?;
            Figure::memory(title, orders, &sync, 400).aimed_at(LARGE)
        }
        Err(error) => Figure::missing(title, orders, &error.to_string()),
    };
    std::fs::remove_dir_all(data)?;
    std::fs::remove_file(file)?;
    Ok(figure)
}

fn ledger(machine: &Machine, orders: u64) -> Result<Vec<Figure>> {
    let file = machine.download(orders, 0, false)?;
    let data = machine.folder("ledger")?;
    let wanted = POSTINGS.to_string();
    let words = ["enter", "--data", text(&data)?, "--postings", &wanted, text(&file)?];
    let entered = machine.measure("entering", &words)?;
    let postings = entered.details["postings"].as_u64().unwrap_or_default();
    let balance = machine.measure("trial balance", &["trial-balance", text(&data)?])?;
    let export = machine.export(&data)?;
    std::fs::remove_file(file)?;
    std::fs::remove_dir_all(data)?;
    let figures = [
        Figure::time("trial balance", postings, balance.cpu_micros, 500_000, &balance),
        Figure::time("beancount export", postings, export.cpu_micros, 10_000_000, &export),
        Figure::memory("memory of the export", postings, &export, 300),
    ];
    Ok(figures.map(|figure| figure.aimed_at(POSTINGS)).into())
}

/// A path as the words of a command.
fn text(path: &Path) -> Result<&str> {
    match path.to_str() {
        Some(text) => Ok(text),
        None => bail!("the path {} is not unicode", path.display()),
    }
}
