#![doc = include_str!("../README.md")]

mod cli;
mod config;
mod connector;
mod engine;
mod hooks;
mod merchant;
mod pack;
mod templates;
mod transport;

use clap::Parser;
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Most of what a sync does is to make and drop short texts.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match cli::Arguments::try_parse() {
        Ok(arguments) => cli::run(arguments),
        Err(error) => cli::misunderstood(&error),
    }
}
