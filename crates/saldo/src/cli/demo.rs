//! `saldo demo`: a simulated merchant, from the first pull to the proof, over real loopback sockets
//! and on a simulated clock.

use super::args::{self, Global};
use super::context::{self, Usage};
use super::{Ending, Output, init, progress, prove};
use crate::config;
use crate::engine::{self, Engine, ProofReport, SyncReport, Wiring};
use crate::merchant::{self, Homes, Keys, Memory, Merchant};
use crate::transport::carrier::SharedVendor;
use crate::transport::clock::{Clock, later};
use crate::transport::server::serve;
use anyhow::Context;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_store::Store;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The folder of the demonstration where none is named.
const DATA: &str = "saldo-demo";
/// How long after a run that was killed the next one begins: nobody holds a connection any more.
const AFTER_INTERRUPTION: Duration = Duration::from_mins(20);

#[derive(Serialize)]
struct Shown {
    sync: SyncReport,
    proof: ProofReport,
    books: Vec<String>,
    expected_to_be_held: String,
}

/// Runs a simulated merchant through everything.
pub(crate) async fn demo(
    global: &Global,
    words: &args::Demo,
    output: &Output,
) -> anyhow::Result<Ending> {
    let data = global.data.clone().unwrap_or_else(|| PathBuf::from(DATA));
    config::make_data_folder(&data)?;
    let settings = WorldSettings {
        seed: words.seed,
        orders: words.orders,
        days: words.days,
        ..WorldSettings::default()
    };
    let memory = Memory::of(&settings, &data)?;
    check_same(&memory, words, &data)?;
    let shopify = TcpListener::bind(("127.0.0.1", 0)).await?;
    let quickbooks = TcpListener::bind(("127.0.0.1", 0)).await?;
    let homes = Homes {
        shopify: format!("http://{}", shopify.local_addr()?),
        quickbooks: format!("http://{}", quickbooks.local_addr()?),
    };
    let faults = if words.faults { FaultSettings::rough() } else { FaultSettings::none() };
    let merchant = Merchant::remembered(&settings, &faults, (&memory, &data), &homes.shopify)?;
    let clock = Clock::simulated(match merchant.interrupted {
        Some(last) => later(last, AFTER_INTERRUPTION),
        None => memory.clock,
    });
    output.note(&format!(
        "a simulated shop with {} orders over {} days, and a simulated QuickBooks Online company",
        words.orders, words.days
    ));
    let engine = open(&data, &settings, &memory.keys, &homes, &clock, output).await?;
    let work = async {
        let report = engine::sync(&engine).await?;
        let proof = engine::prove(&engine).await?;
        anyhow::Ok((report, proof))
    };
    let done = tokio::select! {
        ended = serve(SharedVendor::clone(&merchant.shopify), clock.clone(), shopify) => {
            ended.map(|()| None).context("the simulated shop ended")?
        }
        ended = serve(SharedVendor::clone(&merchant.quickbooks), clock.clone(), quickbooks) => {
            ended.map(|()| None).context("the simulated company ended")?
        }
        done = work => Some(done),
    };
    memory.end(&merchant, clock.elsewhere(), &data)?;
    std::fs::write(data.join("quickbooks-online-ledger.txt"), merchant.company_ledger())?;
    let (sync, proof) = done.context("the simulated vendors ended before the work")??;
    show(&engine, (&merchant, words.orders), sync, proof, &data, output).await
}

/// A folder holds one merchant.
fn check_same(memory: &Memory, words: &args::Demo, data: &Path) -> anyhow::Result<()> {
    let (seed, orders, days) = memory.whose();
    if (seed, orders, days) == (words.seed, words.orders, words.days) {
        return Ok(());
    }
    let other = format!(
        "{} holds the merchant of --seed {seed} --orders {orders} --days {days}: name another \
         --data",
        data.display()
    );
    Err(Usage(other).into())
}

/// The file of the demonstration's key: as the environment says, or beside its folder. What is
/// sealed by a key stays with it.
fn key_file(data: &Path) -> anyhow::Result<PathBuf> {
    let mut beside = data.as_os_str().to_owned();
    beside.push(".key");
    let beside = PathBuf::from(beside);
    let named = config::named_key_file().filter(|_| !beside.exists());
    let file = named.unwrap_or(beside);
    init::check_outside(&file, data)?;
    Ok(file)
}

/// The engine of the demonstration's company, made where it is not there yet, with its connections
/// pointed at this run's sockets.
async fn open(
    data: &Path,
    settings: &WorldSettings,
    keys: &Keys,
    homes: &Homes,
    clock: &Clock,
    output: &Output,
) -> anyhow::Result<Engine> {
    let key = Arc::new(config::make_key(&key_file(data)?)?);
    let store = Store::open(&config::database(data), true).await?;
    context::come(&store, data).await?;
    let company = merchant::furnish(&store, &key, settings, keys, homes, clock).await?;
    let policy = Engine::policy_of(&store, &company).await?;
    Ok(Engine {
        store,
        clock: clock.clone(),
        company,
        policy,
        key,
        data: data.to_owned(),
        holder: context::holder()?,
        is_awaited: false,
        wiring: Wiring::Sockets,
        progress: progress::bars(output),
    })
}

/// What the run entered, and what waits for a person, who finds it in the plan, or is approved and
/// in no book yet.
fn entered(sync: &SyncReport, waiting: usize, open: u64) -> String {
    let done = match sync.acknowledged {
        0 if waiting == 0 && open == 0 => {
            "nothing new: everything had been entered before\n".to_owned()
        }
        changes => format!("{changes} changes entered\n"),
    };
    let waiting = match waiting {
        0 => String::new(),
        waiting => format!("{waiting} changes wait for approval: see `saldo plan`\n"),
    };
    let open = match open {
        0 => String::new(),
        open => format!("{open} changes are approved and in no book yet: see `saldo issues`\n"),
    };
    done + &waiting + &open
}

/// Prints the proof, and says whether all is as it must be.
async fn show(
    engine: &Engine,
    (merchant, orders): (&Merchant, u32),
    sync: SyncReport,
    proof: ProofReport,
    data: &Path,
    output: &Output,
) -> anyhow::Result<Ending> {
    let held = engine.store.held(engine.company_id()).await?;
    let books = data.join("books");
    let shown = Shown {
        sync,
        proof,
        books: ["main.beancount", "main.journal"]
            .iter()
            .map(|file| books.join(file).display().to_string())
            .collect(),
        expected_to_be_held: merchant.unknown_order.clone(),
    };
    output.data(&shown, || {
        let mut text = prove::text_by_account(&shown.proof);
        for it in &held {
            text += &format!("held: {}: {}\n", it.fact, it.issue.message);
        }
        let waiting = shown.proof.unapproved.iter().map(|it| it.changes).sum();
        let open = shown.proof.books.iter().map(|book| book.pending + book.failed).sum();
        text += &entered(&shown.sync, waiting, open);
        text + &format!("books: {}\n       {}\n", shown.books[0], shown.books[1])
    })?;
    let next = if orders == 0 { "status" } else { "explain \"#1001\"" };
    output.note(&format!(
        "look further: SALDO_KEY_FILE={} saldo {next} --data {}",
        key_file(data)?.display(),
        data.display()
    ));
    let planted = match &held[..] {
        // A short history may lack the order that nobody can understand.
        [] => merchant.unknown_order.is_empty(),
        [only] => {
            !merchant.unknown_order.is_empty()
                && only.fact.as_str().ends_with(&merchant.unknown_order)
        }
        _ => false,
    };
    match shown.proof.holds() && planted {
        true => Ok(Ending::Done),
        false => Ok(Ending::Held),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_person_is_not_said_to_be_entered() {
        let some = SyncReport { acknowledged: 3, ..SyncReport::default() };
        let cases = [
            (SyncReport::default(), 0, "nothing new: everything had been entered before\n"),
            (some, 0, "3 changes entered\n"),
            (some, 2, "3 changes entered\n2 changes wait for approval: see `saldo plan`\n"),
        ];
        for (sync, waiting, expected) in cases {
            assert_eq!(entered(&sync, waiting, 0), expected);
        }
        assert!(!entered(&SyncReport::default(), 2, 0).contains("nothing new"));
        let open = entered(&SyncReport::default(), 0, 2);
        assert!(open.contains("2 changes are approved") && !open.contains("nothing new"), "{open}");
    }
}
