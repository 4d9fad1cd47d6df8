//! What a sync asks the vendors for, and how long it takes under their limits: the simulated
//! vendors enforce them, on a simulated clock.

use crate::cli::connect::{Office, connection};
use crate::connector;
use crate::engine::{self, Engine, Progress, Wiring};
use crate::gauge::{Gauge, with};
use crate::merchant::{self, COMPANY, EmptyBooks, Homes, Merchant};
use crate::transport::carrier::SharedVendor;
use crate::transport::clock::Clock;
use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use saldo_core::text::{ConnectionId, Secret};
use saldo_sim::books::quickbooks_desktop::{CompanyFile, QuickBooksDesktopSim, pace};
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_sim::{Reply, Vendor};
use saldo_store::{Connection, Key, Role, Store};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is synced.
#[derive(Args)]
pub(crate) struct Settings {
    /// The folder of the database.
    #[arg(long)]
    data: PathBuf,
    /// How many orders.
    #[arg(long)]
    orders: u32,
    /// Over how many days.
    #[arg(long)]
    days: u32,
    /// How much a document holds.
    #[arg(long, value_enum)]
    detail: Detail,
    /// Whether the same is entered into an organisation and a company file too.
    #[arg(long)]
    elsewhere: bool,
}

/// More calls than any sync needs.
const CALLS_A_DAY: usize = 1_000_000;

/// How much a document holds.
#[derive(Clone, Copy, ValueEnum)]
enum Detail {
    /// One agreement.
    Order,
    /// One day.
    Day,
}

/// What vendors were asked.
#[derive(Default, Serialize)]
struct Tally {
    /// Requests, by what they are for.
    requests: BTreeMap<String, u64>,
    /// How many things answers held, by what was asked for.
    told: BTreeMap<String, u64>,
    /// What batches asked to create, by kind.
    created: BTreeMap<String, u64>,
    /// Requests that make something new and nothing else, by place.
    made: BTreeMap<String, u64>,
    /// Requests that came too fast.
    too_fast: u64,
    /// How many things messages for a company file asked to add.
    additions: u32,
    /// How many such messages there were.
    messages: u32,
    /// What was asked for in bulk last. One such operation runs after the other.
    #[serde(skip)]
    in_bulk: String,
}

impl Tally {
    /// Counts a request. What starts, watches and fetches a bulk operation is for what it brings.
    fn count(&mut self, request: &HttpRequest, body: &Value) {
        let mut purpose = purpose(request, body);
        if purpose == "BulkStart" {
            let question = body["variables"]["query"].as_str().unwrap_or_default();
            let mut lines = question.lines().filter(|line| !line.starts_with(['#', '{']));
            self.in_bulk = word(lines.next().unwrap_or_default().trim());
        }
        if matches!(&*purpose, "BulkStart" | "BulkStatus" | "download") {
            purpose = format!("{} in bulk", self.in_bulk);
        }
        *self.requests.entry(purpose.clone()).or_default() += 1;
        self.count_created(request, (purpose, body));
    }

    /// Counts what the answer to a question tells.
    fn count_told(&mut self, request: &Value, answer: &HttpAnswer) {
        let Some(question) = request["query"].as_str() else { return };
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        *self.told.entry(named(question)).or_default() += things(&body["data"]);
    }

    /// Counts a message for a company file, and what it asks to add.
    fn count_message(&mut self, message: &str) {
        let kinds = message.split('<').filter_map(|part| part.split(' ').next());
        let added: Vec<&str> = kinds.filter_map(|word| word.strip_suffix("AddRq")).collect();
        self.messages += 1;
        self.additions += u32::try_from(added.len()).unwrap_or(u32::MAX);
        let purpose = if added.is_empty() { "read" } else { "add" };
        *self.requests.entry(purpose.to_owned()).or_default() += 1;
        for kind in added {
            *self.created.entry(kind.to_owned()).or_default() += 1;
        }
    }

    /// Counts what a request asks to create: the items of a batch, what a list that bears the name
    /// of its place holds, or the one thing that it is.
    fn count_created(&mut self, request: &HttpRequest, (place, body): (String, &Value)) {
        for item in body["BatchItemRequest"].as_array().into_iter().flatten() {
            let kinds = item.as_object().into_iter().flat_map(|fields| fields.keys());
            let kind = kinds.into_iter().find(|key| key.starts_with(char::is_uppercase));
            *self.created.entry(kind.cloned().unwrap_or_default()).or_default() += 1;
        }
        if request.method == Method::Put {
            let things = body[&place].as_array().map_or(1, Vec::len);
            let things = u64::try_from(things).unwrap_or(u64::MAX);
            *self.made.entry(place.clone()).or_default() += 1;
            *self.created.entry(place).or_default() += things;
        }
    }
}

/// A vendor whose requests are counted.
struct Counted {
    vendor: SharedVendor,
    tally: Arc<Mutex<Tally>>,
}

impl Vendor for Counted {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        let reply = self.vendor.lock().unwrap_or_else(PoisonError::into_inner).answer(request, now);
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        match request.url.strip_prefix("message:") {
            Some(_) => tally.count_message(&String::from_utf8_lossy(&request.body)),
            None => {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                tally.count(request, &body);
                if let Reply::Answer(answer) = &reply {
                    tally.count_told(&body, answer);
                }
            }
        }
        if let Reply::Answer(answer) = &reply
            && (answer.status == 429 || contains(&answer.body, b"\"THROTTLED\""))
        {
            tally.too_fast += 1;
        }
        reply
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.len() < 10_000 && text.windows(part.len()).any(|window| window == part)
}

/// The name that a piece of a question begins with.
fn word(part: &str) -> String {
    part.split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
}

/// The name of a question.
fn named(question: &str) -> String {
    let first = question.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    first.split_once(' ').map_or_else(String::new, |(_, rest)| word(rest))
}

/// How many things data holds: the nodes of its outermost lists, or one.
fn things(data: &Value) -> u64 {
    fn nodes(data: &Value) -> Option<u64> {
        let fields = data.as_object()?;
        match fields.get("nodes").and_then(Value::as_array) {
            Some(nodes) => u64::try_from(nodes.len()).ok(),
            None => fields.values().filter_map(nodes).reduce(|sum, more| sum + more),
        }
    }
    nodes(data).unwrap_or(1)
}

/// What a request is for.
fn purpose(request: &HttpRequest, body: &Value) -> String {
    let path = request.url.split_once("://").map_or("", |(_, rest)| rest);
    let path = path.find('/').and_then(|start| path.get(start..)).unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if path.contains("oauth") {
        return "sign in".to_owned();
    }
    if let Some(question) = body["query"].as_str() {
        return named(question);
    }
    if request.method == Method::Get && path.starts_with("/bulk/") {
        return "download".to_owned();
    }
    if path.ends_with("/query") {
        let text = query.replace(['+'], " ").replace("%20", " ");
        let mut words = text.split([' ', '&']).skip_while(|word| *word != "from").skip(1);
        return format!("query {}", words.next().unwrap_or_default());
    }
    let mut parts = path.rsplit('/').filter(|part| !part.chars().all(|c| c.is_ascii_digit()));
    parts.next().unwrap_or_default().to_owned()
}

/// Connects the merchant to an organisation that is empty, and enters everything there too.
async fn enter_into_organisation(engine: Engine) -> Result<(Engine, Value)> {
    let organisation = EmptyBooks::new(1, &FaultSettings::none(), engine.clock.now());
    // What a day may see is an agreement with the vendor, and not what is measured.
    organisation.vendor_itself().organisation_mut().settings.calls_per_day = CALLS_A_DAY;
    let (book, secrets) = organisation.connection("https://organisation.example");
    enter_elsewhere(engine, (&book, &secrets), &organisation.vendor).await
}

/// The same with a company file that is empty.
async fn enter_into_company_file(engine: Engine) -> Result<(Engine, Value)> {
    let desk = QuickBooksDesktopSim::new(CompanyFile::retail(1));
    let vendor: SharedVendor = Arc::new(Mutex::new(Box::new(desk)));
    let book = connection(connector::ADAPTER, Role::Book, connector::ADAPTER);
    enter_elsewhere(engine, (&book, &[]), &vendor).await
}

/// Connects another book and enters everything there too: what that is asked for, and how long it
/// takes.
async fn enter_elsewhere(
    engine: Engine,
    (book, secrets): (&Connection, &[(&str, String)]),
    vendor: &SharedVendor,
) -> Result<(Engine, Value)> {
    let office = Office {
        store: engine.store.clone(),
        company: engine.company.clone(),
        key: Arc::clone(&engine.key),
        clock: engine.clock.clone(),
    };
    office.add(book).await?;
    for (name, secret) in secrets {
        office.keep(&book.id, name, &Secret::new(secret)).await?;
    }
    let tally = Arc::default();
    let Wiring::InProcess(mut vendors) = engine.wiring else { unreachable!("nothing is far") };
    vendors.insert(book.id.clone(), counted(vendor, &tally));
    let engine = Engine { wiring: Wiring::InProcess(vendors), ..engine };
    let begun = engine.clock.now();
    let report = engine::sync(&engine).await?;
    ensure!(report.refused == 0, "{} changes were refused", report.refused);
    let took = engine.clock.now().duration_since(begun).as_secs();
    // A company file has no limits by which the clock moves, but a pace.
    let paced = {
        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        pace::takes(tally.messages, tally.additions)
    };
    let took = took.saturating_add(i64::try_from(paced.as_secs()).unwrap_or(i64::MAX));
    let pace_millis = [pace::ROUND_TRIP, pace::AN_ADDITION].map(millis);
    let told = json!({
        "sync": report,
        "simulated_seconds": took,
        "pace_millis": pace_millis,
        "books": told(&tally)?,
    });
    Ok((engine, told))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Syncs the merchant of a seed until nothing is left to do, and says what that took.
pub(crate) async fn count(settings: &Settings) -> Result<Value> {
    let world =
        WorldSettings { orders: settings.orders, days: settings.days, ..WorldSettings::default() };
    let homes = Homes {
        shopify: "https://shop.example".to_owned(),
        quickbooks: "https://company.example".to_owned(),
    };
    let merchant = Merchant::new(&world, &FaultSettings::none(), &homes.shopify)?;
    let clock = Clock::simulated(merchant.after);
    let keys = merchant.keys(clock.now());
    let key = Arc::new(Key::generate()?);
    std::fs::create_dir_all(&settings.data)?;
    let store = Store::open(&crate::config::database(&settings.data), true).await?;
    let company = merchant::furnish(&store, &key, &world, &keys, &homes, &clock).await?;
    if matches!(settings.detail, Detail::Day) {
        let text = store.policy(&company.id).await?.map(|revision| revision.text);
        let text = format!("detail = \"day\"\n{}", text.unwrap_or_default());
        let (company, now) = (&company.id, clock.now());
        let reviser = engine::Reviser { company, holder: "bench", since: None, now };
        engine::decide(&store, reviser, &text).await?;
    }
    let policy = Engine::policy_of(&store, &company).await?;
    let (shop, books) = (Arc::default(), Arc::default());
    let vendors = [
        (merchant::shop_connection(&world), counted(&merchant.shopify, &shop)),
        (COMPANY.to_owned(), counted(&merchant.quickbooks, &books)),
        // Behind books that are files there is nobody to ask: they have the shop's place here.
        ("plain-text".to_owned(), counted(&merchant.shopify, &shop)),
    ];
    let vendors = vendors.map(|(id, vendor)| (ConnectionId::from(id), vendor));
    let engine = Engine {
        store,
        clock: clock.clone(),
        company,
        policy,
        key,
        data: settings.data.clone(),
        holder: "bench".to_owned(),
        is_awaited: false,
        wiring: Wiring::InProcess(BTreeMap::from(vendors)),
        progress: Progress::unseen(),
    };
    let (gauge, begun) = (Gauge::begin()?, clock.now());
    let report = engine::sync(&engine).await?;
    let took = clock.now().duration_since(begun).as_secs();
    let measured = gauge.end()?;
    ensure!(report.refused == 0, "{} changes were refused", report.refused);
    let first = json!({
        "sync": report,
        "simulated_seconds": took,
        "shop": told(&shop)?,
        "books": told(&books)?,
    });
    // Nothing is new a second time.
    *books.lock().unwrap_or_else(PoisonError::into_inner) = Tally::default();
    engine::sync(&engine).await?;
    let measured = with(with(measured, first), json!({ "books_again": told(&books)? }));
    if !settings.elsewhere {
        return Ok(measured);
    }
    let (engine, organisation) = enter_into_organisation(engine).await?;
    let (_, company_file) = enter_into_company_file(engine).await?;
    Ok(with(measured, json!({ "organisation": organisation, "company_file": company_file })))
}

fn told(tally: &Mutex<Tally>) -> Result<Value> {
    Ok(serde_json::to_value(&*tally.lock().unwrap_or_else(PoisonError::into_inner))?)
}

fn counted(vendor: &SharedVendor, tally: &Arc<Mutex<Tally>>) -> SharedVendor {
    let counted = Counted { vendor: Arc::clone(vendor), tally: Arc::clone(tally) };
    Arc::new(Mutex::new(Box::new(counted)))
}
