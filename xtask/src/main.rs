//! The chores of the project. `cargo xtask` lists them.
//!
//! A chore is one variant of [`Chore`] and one function that returns whether all went well.

mod bench;
mod licences;
mod process;
mod test;
mod tidy;
mod tools;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The chores of the project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Option<Chore>,
}

#[derive(Subcommand)]
enum Chore {
    /// Set up what is missing, then check and test everything: what CI runs.
    Test,
    /// Try what must hold of the accounting on many merchants' histories: work for a night.
    Histories {
        /// How many for each property; the tests try 500.
        #[arg(long, default_value_t = 10_000)]
        count: u32,
    },
    /// Read the source and check the rules that no compiler keeps.
    Tidy,
    /// Check that every dependency's licence and source is allowed by deny.toml.
    Licences,
    /// Measure speed, memory and calls beside what they should be.
    Bench(bench::Settings),
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does a chore, and says whether all is well.
fn run(arguments: &Arguments) -> Result<bool> {
    let root = repository_root()?;
    match &arguments.chore {
        None => {
            Arguments::command().print_help()?;
            Ok(true)
        }
        Some(Chore::Test) => test::run(&root),
        Some(Chore::Histories { count }) => test::histories(&root, *count),
        Some(Chore::Tidy) => tidy::run(&root),
        Some(Chore::Licences) => licences::run(&root),
        Some(Chore::Bench(settings)) => bench::run(&root, settings),
    }
}

/// The folder above this crate's.
fn repository_root() -> Result<PathBuf> {
    let crate_folder = std::env::var("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let root = Path::new(&crate_folder).parent().context("this crate lies in no repository")?;
    Ok(root.to_owned())
}
