//! From the words of the command line to an engine.

use super::args::Global;
use super::output::Output;
use super::progress;
use crate::config;
use crate::engine::{Engine, Wiring};
use crate::transport::clock::Clock;
use anyhow::Context;
use saldo_core::text::CompanyId;
use saldo_store::{Company, Key, Store};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
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
    Ok(Store::open(&database, false).await?)
}

/// The company that is meant.
pub(crate) async fn company(global: &Global, store: &Store) -> anyhow::Result<Company> {
    if let Some(id) = &global.company {
        return Ok(store.company(&CompanyId::new(id)).await?);
    }
    let mut companies = store.companies().await?;
    match (companies.pop(), companies.is_empty()) {
        (Some(company), true) => Ok(company),
        (None, _) => Err(Usage("there is no company yet: begin with `saldo init`".into()).into()),
        (Some(_), false) => {
            Err(Usage("there are several companies: name one by --company".into()).into())
        }
    }
}

/// Who works, for whoever finds a connection taken: machine and process, and a number drawn anew by
/// each process, since in containers all are process 1, and machines can share a name.
pub(crate) fn holder() -> anyhow::Result<String> {
    static RUN: OnceLock<String> = OnceLock::new();
    let drawn = Key::generate().context("no number can be drawn")?;
    let number = || drawn.expose().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let (host, process) = (config::host(), std::process::id());
    Ok(format!("saldo on {host}, process {process}, run {}", RUN.get_or_init(number)))
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
        progress: progress::bars(output),
    })
}
