//! `saldo sync` and `saldo apply`.

use super::args::Global;
use super::{Ending, Output, context};
use crate::engine::{self, Engine, EngineError, SyncReport};
use saldo_core::policy::Approval;
use serde::Serialize;

/// Pulls, plans and pushes. What was done is shown even where some connections failed.
pub(crate) async fn sync(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let synced = engine::sync(&engine).await;
    if let Ok(report) | Err(EngineError::Partly { done: report, .. }) = &synced {
        let by_rule = engine.policy.text.approval == Approval::Automatic;
        output.data(report, || text(report, by_rule))?;
    }
    synced?;
    ending(&engine, output).await
}

fn text(report: &SyncReport, by_rule: bool) -> String {
    let SyncReport { new_records, changed_records, approved, .. } = report;
    let became = became(report, by_rule);
    format!(
        "{new_records} new and {changed_records} changed records\n{approved} changes approved\n"
    ) + &became
}

/// What became of what was approved. What follows from it is planned by the next plan, where no
/// rule has approved it already.
fn became(report: &SyncReport, by_rule: bool) -> String {
    let SyncReport { acknowledged, refused, withdrawn, adopted, .. } = report;
    let some = |count: usize, words: &str| match count {
        0 => String::new(),
        _ => format!(", {count} {words}"),
    };
    let withdrawn_words = some(*withdrawn, "withdrawn since they no longer held");
    let adopted_words = some(*adopted, "found in the book although they were withdrawn");
    let hint = match withdrawn + adopted > 0 && !by_rule {
        true => ": see `saldo plan`",
        false => "",
    };
    format!(
        "{acknowledged} acknowledged, {refused} refused{withdrawn_words}{adopted_words}{hint}\n"
    )
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
    let pushed = engine::apply(&engine, None).await;
    if let Ok(done) | Err(EngineError::Partly { done, .. }) = &pushed {
        let SyncReport { acknowledged, refused, withdrawn, adopted, .. } = *done;
        let applied = Applied { acknowledged, refused, withdrawn, adopted };
        output.data(&applied, || became(done, false))?;
    }
    pushed?;
    ending(&engine, output).await
}

/// Held where anything needs a person.
pub(crate) async fn ending(engine: &Engine, output: &Output) -> anyhow::Result<Ending> {
    let held = engine.store.held(engine.company_id()).await?.len();
    let failed = engine.failed().await?.len();
    if held + failed == 0 {
        return Ok(Ending::Done);
    }
    output.note(&format!("{held} held, {failed} failed: see `saldo issues`"));
    Ok(Ending::Held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_withdrawn_or_landed_late_is_said_where_there_is_any() {
        let mut report = SyncReport {
            new_records: 5,
            changed_records: 1,
            approved: 4,
            acknowledged: 3,
            ..SyncReport::default()
        };
        insta::assert_snapshot!(text(&report, false), @"
        5 new and 1 changed records
        4 changes approved
        3 acknowledged, 0 refused
        ");
        report.withdrawn = 2;
        let withdrawn = "3 acknowledged, 0 refused, 2 withdrawn since they no longer held";
        assert_eq!(became(&report, false), format!("{withdrawn}: see `saldo plan`\n"));
        assert_eq!(became(&report, true), format!("{withdrawn}\n"), "what follows is entered");
        report.adopted = 6;
        let adopted = "6 found in the book although they were withdrawn";
        let both = format!("{withdrawn}, {adopted}: see `saldo plan`\n");
        assert_eq!(became(&report, false), both);
    }
}
