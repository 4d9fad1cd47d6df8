//! Measures one part of the program in a process of its own, and writes what it took as JSON.
//! `cargo xtask bench` runs all parts and sets the figures beside their aims.
//!
//! The program's own modules are compiled in from their source, so that what is measured is what
//! runs.

#[path = "../../../crates/saldo/src/cli/mod.rs"]
mod cli;
#[path = "../../../crates/saldo/src/config.rs"]
mod config;
#[path = "../../../crates/saldo/src/connector/mod.rs"]
mod connector;
#[path = "../../../crates/saldo/src/engine/mod.rs"]
mod engine;
#[path = "../../../crates/saldo/src/hooks.rs"]
mod hooks;
#[path = "../../../crates/saldo/src/merchant/mod.rs"]
mod merchant;
#[path = "../../../crates/saldo/src/pack/mod.rs"]
mod pack;
#[path = "../../../crates/saldo/src/templates.rs"]
mod templates;
#[path = "../../../crates/saldo/src/transport/mod.rs"]
mod transport;

mod calls;
mod download;
mod gauge;
mod ledger;
mod office;
mod orders;
mod pages;
mod plain;
mod reading;
mod shop;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// That of the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Measures one part of the program.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
    /// The file that the figures are written to.
    #[arg(long, global = true, default_value = "measured.json")]
    report: PathBuf,
}

#[derive(Subcommand)]
enum Part {
    /// Write the download of a bulk operation.
    Generate(orders::Settings),
    /// Be a shop whose bulk operations give this file, until the process is ended.
    Shop {
        /// The file.
        file: PathBuf,
    },
    /// Parse a file into plain types, and nothing else.
    Parse {
        /// The file.
        file: PathBuf,
    },
    /// Read the orders of a file and account them, in memory.
    Account {
        /// The file.
        file: PathBuf,
    },
    /// Store the orders of a file and what accounting makes of them, page by page.
    Pages(pages::Settings),
    /// Pull everything from a shop, account and plan it, and push what is planned.
    Sync(shop::Settings),
    /// Fill a plain-text book with acknowledged documents.
    Enter(ledger::Settings),
    /// The balance of every account.
    TrialBalance {
        /// The folder of the database.
        data: PathBuf,
    },
    /// The whole ledger as beancount, to standard output.
    Export {
        /// The folder of the database.
        data: PathBuf,
    },
    /// Sync a simulated merchant on a simulated clock, and count what the vendors were asked.
    Calls(calls::Settings),
}

/// For longer than any measurement: a thread that ends takes its figures with it.
const THREADS_LIVE: Duration = Duration::from_hours(24);

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::try_parse() {
        Ok(arguments) => measure(arguments).map(|()| ExitCode::SUCCESS),
        Err(error) => Ok(cli::misunderstood(&error)),
    }
}

fn measure(arguments: Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(THREADS_LIVE)
        .build()?;
    let measured = match arguments.part {
        Part::Generate(settings) => orders::generate(&settings)?,
        Part::Shop { file } => return download::serve(&file, &arguments.report),
        Part::Parse { file } => plain::parse(&file)?,
        Part::Account { file } => reading::account(&file)?,
        Part::Pages(settings) => pages::store(&settings, &runtime)?,
        Part::Sync(settings) => runtime.block_on(shop::sync(&settings))?,
        Part::Enter(settings) => ledger::enter(&settings, &runtime)?,
        Part::TrialBalance { data } => runtime.block_on(ledger::trial_balance(&data))?,
        Part::Export { data } => ledger::export(&data)?,
        Part::Calls(settings) => runtime.block_on(calls::count(&settings))?,
    };
    std::fs::write(&arguments.report, measured.to_string())?;
    Ok(())
}
