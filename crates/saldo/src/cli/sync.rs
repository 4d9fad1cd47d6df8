//! `saldo sync` and `saldo apply`.

use super::args::Global;
use super::{Ending, Output, context};
use crate::engine::{self, Engine, EngineError, SyncReport};
use serde::Serialize;

/// Pulls, plans and pushes. What was done is shown even where some connections failed.
pub(crate) async fn sync(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let synced = engine::sync(&engine).await;
    if let Ok(report) | Err(EngineError::Partly { done: report, .. }) = &synced {
        output.data(report, || text(report))?;
    }
    synced?;
    ending(&engine, output).await
}

fn text(report: &SyncReport) -> String {
    let SyncReport { new_records, changed_records, approved, .. } = report;
    let became = became(report);
    format!(
        "{new_records} new and {changed_records} changed records\n{approved} changes approved\n"
    ) + &became
}

/// What became of what was approved.
fn became(report: &SyncReport) -> String {
    let SyncReport { acknowledged, refused, withdrawn, .. } = report;
    let withdrawn = match withdrawn {
        0 => String::new(),
        _ => format!(", {withdrawn} withdrawn since they no longer held: see `saldo plan`"),
    };
    format!("{acknowledged} acknowledged, {refused} refused{withdrawn}\n")
}

#[derive(Serialize)]
struct Applied {
    acknowledged: usize,
    refused: usize,
    withdrawn: usize,
}

/// Pushes what is approved. What was done is shown even where some books failed.
pub(crate) async fn apply(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let pushed = engine::apply(&engine).await;
    if let Ok(done) | Err(EngineError::Partly { done, .. }) = &pushed {
        let SyncReport { acknowledged, refused, withdrawn, .. } = *done;
        output.data(&Applied { acknowledged, refused, withdrawn }, || became(done))?;
    }
    pushed?;
    ending(&engine, output).await
}

/// Held where anything needs a person.
pub(crate) async fn ending(engine: &Engine, output: &Output) -> anyhow::Result<Ending> {
    let held = engine.store.held(engine.company_id()).await?.len();
    let failed = engine.store.failed(engine.company_id()).await?.len();
    if held + failed == 0 {
        return Ok(Ending::Done);
    }
    output.note(&format!("{held} held, {failed} failed: see `saldo issues`"));
    Ok(Ending::Held)
}
