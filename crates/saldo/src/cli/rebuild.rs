//! `saldo rebuild`.

use super::args::Global;
use super::{Ending, Output, context};
use crate::engine;

/// Computes every cache anew.
pub(crate) async fn rebuild(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let report = engine::rebuild(&engine).await?;
    output.data(&report, || {
        let verdict = match report.identical {
            true => "everything came out as it was",
            false => "the caches came out otherwise: `saldo plan` shows what follows from it",
        };
        format!("{} groups accounted; {verdict}\n", report.groups)
    })?;
    Ok(Ending::Done)
}
