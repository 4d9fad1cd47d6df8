//! The command line: words in, engine calls, text or JSON out. Only here is anything printed.

mod args;
mod bank;
pub(crate) mod connect;
mod context;
mod decide;
mod demo;
mod disconnect;
mod doctor;
mod excluded;
mod explain;
mod export;
mod feed;
mod identities;
mod import;
mod init;
mod issues;
mod map;
mod output;
mod period;
mod person;
mod plan;
mod progress;
mod prove;
mod rebuild;
mod report;
mod rules;
mod serve;
mod sign_in;
mod signals;
mod sim;
mod sim_connector;
mod statement;
mod status;
mod sync;
mod template;
mod undo;

pub(crate) use args::Arguments;

use crate::config;
use crate::engine::EngineError;
use anyhow::Context;
use args::Command;
use clap::CommandFactory;
use output::Output;
use serde::Serialize;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All of it is done.
    Done,
    /// Something is held, or failed, and a person must look.
    Held,
}

/// Runs a command and says by the exit code how it ended.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    start_logging();
    let output = Output::new(&arguments.global);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&anyhow::Error::new(error).context("the program cannot start"), 1);
            return ExitCode::from(1);
        }
    };
    // These two wait to be stopped, and end by themselves then.
    if !matches!(arguments.command, Command::Serve(_) | Command::Sim(_)) {
        runtime.spawn(signals::end_when_stopped(output));
    }
    match runtime.block_on(dispatch(arguments, &output)) {
        Ok(ending) => {
            context::leave();
            match ending {
                Ending::Done => ExitCode::SUCCESS,
                Ending::Held => ExitCode::from(1),
            }
        }
        Err(error) => {
            let code = exit_code(&error);
            output.error(&error, code);
            ExitCode::from(code)
        }
    }
}

/// Says what cannot be understood of the command line, or prints the help that was asked for.
pub(crate) fn misunderstood(error: &clap::Error) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(1);
    let output = Output::of_words(std::env::args_os().skip(1));
    match error.use_stderr() {
        true => output.misunderstood(&error.render().to_string(), code),
        // Help for whoever went away is lost on nobody.
        false => {
            if let Err(error) = error.print() {
                output.error(&anyhow::Error::new(error).context("the help cannot be shown"), code);
            }
        }
    }
    ExitCode::from(code)
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let engine = error.chain().find_map(|cause| cause.downcast_ref::<EngineError>());
    match engine {
        Some(error) if error.is_worth_another_try() => 3,
        Some(EngineError::NothingKnown(_) | EngineError::NoSuchBook(_)) => 2,
        _ if error.downcast_ref::<export::Overtaken>().is_some() => 3,
        _ if error.downcast_ref::<context::Usage>().is_some() => 2,
        _ if error.downcast_ref::<config::NoKey>().is_some() => 2,
        _ => 1,
    }
}

fn start_logging() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("SALDO_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

async fn dispatch(arguments: Arguments, output: &Output) -> anyhow::Result<Ending> {
    let global = &arguments.global;
    match arguments.command {
        Command::Init(words) => init::init(global, &words, output).await,
        Command::Connect(words) => connect::connect(global, words, output).await,
        Command::Disconnect(words) => disconnect::disconnect(global, &words, output).await,
        Command::Map(words) => map::map(global, words, output).await,
        Command::Decide(words) => decide::decide(global, words, output).await,
        Command::Import(words) => import::import(global, &words, output).await,
        Command::Bank => bank::bank(global, output).await,
        Command::Sync => sync::sync(global, output).await,
        Command::Plan(words) => plan::plan(global, &words, output).await,
        Command::Approve(words) => plan::approve(global, &words, output).await,
        Command::Apply => sync::apply(global, output).await,
        Command::Prove(words) => prove::prove(global, &words, output).await,
        Command::Explain(words) => explain::explain(global, &words, output).await,
        Command::Issues { excluded: false } => issues::issues(global, output).await,
        Command::Issues { excluded: true } => excluded::list(global, output).await,
        Command::Retry(words) => issues::retry(global, &words, output).await,
        Command::Status => status::status(global, output).await,
        Command::Undo(words) => undo::undo(global, words, output).await,
        Command::Redo { number } => undo::redo(global, number, output).await,
        Command::Runs { last } => undo::runs(global, last, output).await,
        Command::Period(words) => period::period(global, words, output).await,
        Command::Report(words) => report::report(global, words, output).await,
        Command::Verify(words) => report::verify(&words, output),
        Command::Feed(words) => feed::feed(global, words, output).await,
        Command::Export(words) => export::export(global, &words, output).await,
        Command::Rebuild => rebuild::rebuild(global, output).await,
        Command::Demo(words) => demo::demo(global, &words, output).await,
        Command::Serve(words) => serve::serve(global, &words, output).await,
        Command::Sim(words) => sim::sim(&words, output).await,
        Command::SimConnector(words) => sim_connector::session(&words, output).await,
        Command::Doctor => doctor::doctor(global, output).await,
        Command::Completions { shell } => completions(shell, output),
    }
}

#[derive(Serialize)]
struct Completions {
    shell: String,
    script: String,
}

/// Prints a completion script.
fn completions(shell: clap_complete::Shell, output: &Output) -> anyhow::Result<Ending> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "saldo", &mut script);
    let script = String::from_utf8(script).context("the script cannot be written")?;
    let completions = Completions { shell: shell.to_string(), script };
    output.data(&completions, || completions.script.clone())?;
    Ok(Ending::Done)
}
