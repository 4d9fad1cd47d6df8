#![doc = include_str!("../README.md")]

mod cli;
mod config;
mod engine;
mod merchant;
mod transport;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Arguments::parse())
}
