//! `saldo issues --excluded`.

use super::args::Global;
use super::output::table;
use super::{Ending, Output, context};
use crate::engine::{Excluded, excluded};

/// Lists what is left out of the books, and by which rule.
pub(crate) async fn list(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let listed = excluded(&engine).await?;
    output.data(&listed, || {
        let row = |it: &Excluded| vec![it.rule.clone(), it.fact.to_string()];
        table(&["rule", "left out"], 0, listed.iter().map(row).collect())
    })?;
    Ok(Ending::Done)
}
