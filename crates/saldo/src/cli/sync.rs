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
    format!(
        "{} new and {} changed records\n{} changes approved\n{} acknowledged, {} refused\n",
        report.new_records,
        report.changed_records,
        report.approved,
        report.acknowledged,
        report.refused
    )
}

#[derive(Serialize)]
struct Applied {
    acknowledged: usize,
    refused: usize,
}

/// Pushes what is approved. What was done is shown even where some books failed.
pub(crate) async fn apply(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let pushed = engine::push(&engine, None).await;
    if let Ok(done) | Err(EngineError::Partly { done, .. }) = &pushed {
        let applied = Applied { acknowledged: done.acknowledged, refused: done.refused };
        output.data(&applied, || {
            format!("{} acknowledged, {} refused\n", applied.acknowledged, applied.refused)
        })?;
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
