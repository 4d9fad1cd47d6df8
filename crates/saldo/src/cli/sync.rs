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
    let SyncReport { acknowledged, refused, withdrawn, adopted, .. } = report;
    let some = |count: usize, words: &str| match count {
        0 => String::new(),
        _ => format!(", {count} {words}: see `saldo plan`"),
    };
    let withdrawn = some(*withdrawn, "withdrawn since they no longer held");
    let adopted = some(*adopted, "found in the book although they were withdrawn");
    format!("{acknowledged} acknowledged, {refused} refused{withdrawn}{adopted}\n")
}

#[derive(Serialize)]
struct Applied {
    acknowledged: usize,
    refused: usize,
    withdrawn: usize,
    adopted: usize,
}

/// Pushes what is approved. What was done is shown even where some books failed.
pub(crate) async fn apply(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let pushed = engine::push(&engine, None).await;
    if let Ok(done) | Err(EngineError::Partly { done, .. }) = &pushed {
        let SyncReport { acknowledged, refused, withdrawn, adopted, .. } = *done;
        let applied = Applied { acknowledged, refused, withdrawn, adopted };
        output.data(&applied, || became(done))?;
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
