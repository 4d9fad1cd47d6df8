//! From the words of the command line to an engine.

use super::args::Global;
use super::output::Output;
use super::progress;
use crate::config;
use crate::engine::{Engine, Wiring, end_leases_of_gone};
use crate::transport::clock::Clock;
use crate::transport::presence::{self, Sign};
use anyhow::Context;
use saldo_core::text::CompanyId;
use saldo_store::{Company, Key, Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use thiserror::Error;

/// The command was understood, but cannot mean anything here.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// The data folder.
pub(crate) fn data(global: &Global) -> PathBuf {
    global.data.clone().unwrap_or_else(|| PathBuf::from(config::DATA))
}

/// Opens the database of the data folder.
pub(crate) async fn open_store(global: &Global) -> anyhow::Result<Store> {
    let data = data(global);
    let database = config::database(&data);
    if !database.exists() {
        let hint = format!(
            "there is no database in {}: begin with `saldo init`, or name its folder by --data",
            data.display()
        );
        return Err(Usage(hint).into());
    }
    let store = Store::open(&database, false).await?;
    come(&store, &data).await?;
    Ok(store)
}

/// The signs that this process put up: one for each data folder that it works in.
static SIGNS: Mutex<Vec<(PathBuf, Sign)>> = Mutex::new(Vec::new());

/// Takes over what processes held that are gone, and lets others see for how long this one lives.
pub(crate) async fn come(store: &Store, data: &Path) -> anyhow::Result<()> {
    end_leases_of_gone(store, data).await?;
    let mut signs = SIGNS.lock().unwrap_or_else(PoisonError::into_inner);
    if signs.iter().any(|(of, _)| of == data) {
        return Ok(());
    }
    let sign = presence::put_up(data, run()?, &holder()?);
    let sign = sign.with_context(|| format!("{} cannot be written in", data.display()))?;
    signs.extend(sign.map(|sign| (data.to_owned(), sign)));
    Ok(())
}

/// Takes down the signs of this process, once it has given back all that it held.
pub(crate) fn leave() {
    for (_, sign) in SIGNS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        if let Err(error) = sign.take_down() {
            tracing::warn!(%error, "the sign of this process stays");
        }
    }
}

/// The text of a file that the command line names.
pub(crate) fn text_of_file(file: &Path) -> anyhow::Result<String> {
    let read = std::fs::read_to_string(file);
    Ok(read.map_err(|error| Usage(format!("{} cannot be read: {error}", file.display())))?)
}

/// The company that is meant.
pub(crate) async fn company(global: &Global, store: &Store) -> anyhow::Result<Company> {
    if let Some(id) = &global.company {
        return named_company(store, id).await;
    }
    let companies = store.companies().await?;
    match &companies[..] {
        [only] => Ok(only.clone()),
        [] => Err(Usage("there is no company yet: begin with `saldo init`".into()).into()),
        _ => {
            let text = format!(
                "there are several companies: name one by --company: {}",
                names_of(&companies)
            );
            Err(Usage(text).into())
        }
    }
}

/// The company of this name.
pub(crate) async fn named_company(store: &Store, id: &str) -> anyhow::Result<Company> {
    match store.company(&CompanyId::new(id)).await {
        Err(StoreError::NotFound { .. }) => {
            let known = match names_of(&store.companies().await?) {
                none if none.is_empty() => "there is none yet: begin with `saldo init`".to_owned(),
                known => format!("there are {known}"),
            };
            Err(Usage(format!("there is no company `{id}`: {known}")).into())
        }
        found => Ok(found?),
    }
}

/// What companies are called in commands.
pub(crate) fn names_of(companies: &[Company]) -> String {
    let names: Vec<String> = companies.iter().map(|it| it.id.to_string()).collect();
    names.join(", ")
}

/// Who works, for whoever finds a connection taken: machine and process, and a number drawn anew by
/// each process, since in containers all are process 1, and machines can share a name.
pub(crate) fn holder() -> anyhow::Result<String> {
    let (host, process) = (config::host(), std::process::id());
    Ok(format!("saldo on {host}, process {process}, run {}", run()?))
}

/// The number that this process drew.
fn run() -> anyhow::Result<&'static str> {
    static RUN: OnceLock<String> = OnceLock::new();
    let drawn = Key::generate().context("no number can be drawn")?;
    let number = || drawn.expose().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Ok(RUN.get_or_init(number))
}

/// Who sits at the command line, as approvals and decisions name them.
pub(crate) fn person() -> String {
    std::env::var("USER").unwrap_or_else(|_| "the command line".to_owned())
}

/// An engine for the company that is meant.
pub(crate) async fn engine(global: &Global, output: &Output) -> anyhow::Result<Engine> {
    let store = open_store(global).await?;
    let company = company(global, &store).await?;
    let policy = Engine::policy_of(&store, &company).await?;
    let key = config::read_key(&config::key_file()?)?;
    Ok(Engine {
        store,
        clock: Clock::real(),
        company,
        policy,
        key: Arc::new(key),
        data: data(global),
        holder: holder()?,
        is_awaited: false,
        wiring: Wiring::Sockets,
        progress: progress::bars_and_waits(output),
    })
}
