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
/// The same to see how long it takes.
const TIMED: (u32, u32) = (10_000, 60);
/// The same in full: into the company's own books alone.
const TIMED_FULL: (u32, u32) = (100_000, 365);
/// How many things a batch holds.
const BATCH: u64 = 30;
/// How many batches a minute the vendor takes.
const BATCHES_A_MINUTE: u64 = 40;
/// How many things one request to an organisation holds, and how many requests a minute it takes.
const ORGANISATION: (u64, u64) = (50, 60);
/// How much a message to a company file holds.
const A_MESSAGE: u64 = 50;
/// What an organisation takes one by one.
const ONE_BY_ONE: &str = "Accounts";
/// What asks for them.
const ORDERS_IN_BULK: &str = "orders in bulk";
/// What asks for the rows of a payout.
const BY_PAYOUT: &str = "BalanceTransactions";
/// What asks for many things.
const IN_BULK: &str = " in bulk";
/// The fewest calls by which things come in bulk: start, look, fetch.
const BULK: u64 = 3;
/// How many things a question asks for at the most, whatever it may cost.
const A_PAGE: u64 = 250;

/// The calls of a sync in detail and summarised, and the time of a large one.
pub(super) fn figures(machine: &Machine, full: bool) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for detail in ["order", "day"] {
        let sync = sync(machine, ORDERS, &["--detail", detail, "--elsewhere"])?;
        figures.extend(of_shop(&sync, detail));
        figures.extend(of_books(&sync, detail));
        figures.extend(of_organisation(&sync, (ORDERS.0, detail)));
        figures.extend(of_company_file(&sync, (ORDERS.0, detail)));
    }
    let timed = sync(machine, TIMED, &["--detail", "order", "--elsewhere"])?;
    figures.push(time_of_books(&timed, TIMED.0));
    figures.extend(of_organisation(&timed, (TIMED.0, "order")));
    figures.extend(of_company_file(&timed, (TIMED.0, "order")));
    if full {
        let timed = sync(machine, TIMED_FULL, &["--detail", "order"])?;
        figures.push(time_of_books(&timed, TIMED_FULL.0));
    }
    Ok(figures)
}

/// How long the books' limits make a sync take.
fn time_of_books(sync: &Measured, orders: u32) -> Figure {
    let took = sync.details["simulated_seconds"].as_u64().unwrap_or_default();
    let floor = least(&sync.details["books"]["created"]).values().sum::<u64>() * 60;
    let title = "simulated time of a sync, against what batches take at least";
    let parts = (took, floor / BATCHES_A_MINUTE);
    Figure::ratio(title, orders.into(), parts, "times", Aim::AtMost(110), sync)
}

/// The calls by which the same is entered into an organisation, and the time that they take.
fn of_organisation(sync: &Measured, (orders, detail): (u32, &str)) -> Vec<Figure> {
    let (size, told) = (orders.into(), &sync.details["organisation"]);
    let (full, a_minute) = ORGANISATION;
    let title = |what: &str| format!("organisation, by {detail}: {what}");
    let made = counts(&told["books"]["made"]);
    let mut figures = Vec::new();
    let mut least = 0;
    for (place, things) in counts(&told["books"]["created"]) {
        let fewest = if place == ONE_BY_ONE { things } else { things.div_ceil(full) };
        let asked = made.get(&place).copied().unwrap_or_default();
        let what = format!("{things} × {place}, in {fewest} requests at least");
        figures.push(Figure::told(&title(&what), size, asked, sync));
        least += fewest;
    }
    // Within five in a hundred.
    let what = format!("requests that make these, {least} at least");
    let asked = made.values().sum();
    figures.push(Figure::count(&title(&what), size, asked, least + least / 20, sync));
    let all: u64 = counts(&told["books"]["requests"]).values().sum();
    figures.push(Figure::told(&title("requests that read or sign in"), size, all - asked, sync));
    let too_fast = told["books"]["too_fast"].as_u64().unwrap_or_default();
    figures.push(Figure::count(&title("calls that came too fast"), size, too_fast, 0, sync));
    // A minute's calls may all be made in its first second: only minutes tell something.
    if orders >= TIMED.0 {
        let took = told["simulated_seconds"].as_u64().unwrap_or_default();
        let parts = (took, least * 60 / a_minute);
        let what = title("simulated time, against what these take at least");
        figures.push(Figure::ratio(&what, size, parts, "times", Aim::AtMost(110), sync));
    }
    figures
}

fn sync(machine: &Machine, (orders, days): (u32, u32), how: &[&str]) -> Result<Measured> {
    let data = machine.folder("calls")?;
    let (orders, days) = (orders.to_string(), days.to_string());
    let words = ["calls", "--data", text(&data)?, "--orders", &orders, "--days", &days];
    let measured = machine.measure("calls", &[&words[..], how].concat())?;
    std::fs::remove_dir_all(data)?;
    Ok(measured)
}

fn of_shop(sync: &Measured, detail: &str) -> Vec<Figure> {
    let requests = counts(&sync.details["shop"]["requests"]);
    let title = |what: &str| format!("shop, by {detail}: {what}");
    let orders = requests.get(ORDERS_IN_BULK).copied().unwrap_or_default();
    let mut figures = vec![Figure::count(&title(ORDERS_IN_BULK), 1_000, orders, BULK, sync)];
    let things = counts(&sync.details["shop"]["told"]);
    for (name, count) in requests.iter().filter(|(name, _)| *name != ORDERS_IN_BULK) {
        let what = match things.get(name) {
            // The rows of a payout are asked for by its number.
            Some(things) if name == BY_PAYOUT => format!("{name}, {things} told, payout by payout"),
            Some(things) => {
                let least = things.div_ceil(A_PAGE).clamp(1, BULK);
                format!("{name}, {things} told, in {least} requests at least")
            }
            None if name.ends_with(IN_BULK) => format!("{name}, in {BULK} requests at least"),
            None => name.clone(),
        };
        figures.push(Figure::told(&title(&what), 1_000, *count, sync));
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

/// The messages by which the same is entered into a company file. They may hold documents of all
/// kinds, but for those that refer to others: accounts come before items, these before documents,
/// and invoices before payments.
fn of_company_file(sync: &Measured, (orders, detail): (u32, &str)) -> Vec<Figure> {
    let (size, told) = (orders.into(), &sync.details["company_file"]["books"]);
    let title = |what: &str| format!("company file, by {detail}: {what}");
    let created = counts(&told["created"]);
    let mut figures: Vec<Figure> = created
        .iter()
        .map(|(kind, things)| Figure::told(&title(&format!("{kind}, added")), size, *things, sync))
        .collect();
    let mut rounds = [0_u64; 4];
    for (kind, things) in &created {
        let [names, items, documents, payments] = &mut rounds;
        let round = match &**kind {
            "Account" | "Customer" | "Vendor" | "Class" => names,
            "ReceivePayment" | "BillPaymentCheck" => payments,
            kind if kind.starts_with("Item") => items,
            _ => documents,
        };
        *round += things;
    }
    let least: u64 = rounds.iter().map(|things| things.div_ceil(A_MESSAGE)).sum();
    let requests = counts(&told["requests"]);
    let asked = |purpose: &str| requests.get(purpose).copied().unwrap_or_default();
    let what = format!("messages that add, {least} at least");
    figures.push(Figure::count(&title(&what), size, asked("add"), least + least / 20 + 1, sync));
    figures.push(Figure::told(&title("messages that read"), size, asked("read"), sync));
    let all: u64 = created.values().sum();
    let what = title("added by a message that adds");
    figures.push(Figure::told(&what, size, all / asked("add").max(1), sync));
    let file = &sync.details["company_file"];
    let pace = |place: usize| file["pace_millis"][place].as_u64().unwrap_or_default();
    let floor = (least * pace(0) + all * pace(1)).div_ceil(60_000);
    let took = file["simulated_seconds"].as_u64().unwrap_or_default().div_ceil(60);
    let what = title(&format!("simulated minutes at the pace that is assumed, {floor} at least"));
    figures.push(Figure::told(&what, size, took, sync));
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
