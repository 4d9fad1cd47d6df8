//! Rebuild: every cache anew from what was only ever added.

use super::account::{Readers, account_all, reading};
use super::{Engine, EngineError};
use serde::Serialize;

/// How many records are read at a time.
const RECORDS_AT_ONCE: usize = 2_000;

/// What a rebuild found.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RebuildReport {
    /// How many groups were accounted.
    pub(crate) groups: usize,
    /// Whether everything came out byte for byte as it was.
    pub(crate) identical: bool,
}

/// Throws the caches away and computes them again.
pub(crate) async fn rebuild(engine: &Engine) -> Result<RebuildReport, EngineError> {
    let company = engine.company_id();
    let before = engine.store.dump_caches(company).await?;
    read_again(engine).await?;
    engine.store.clear_caches(company).await?;
    let groups = account_all(engine).await?;
    let after = engine.store.dump_caches(company).await?;
    Ok(RebuildReport { groups, identical: before == after })
}

/// Reads every record again, as a new version of a reader might read it otherwise.
async fn read_again(engine: &Engine) -> Result<(), EngineError> {
    let readers = Readers::of(engine).await?;
    let mut after = None;
    loop {
        let company = engine.company_id();
        let records = engine.store.latest_records(company, after.as_ref(), RECORDS_AT_ONCE).await?;
        let Some(last) = records.last() else { return Ok(()) };
        after = Some(last.reference());
        let readings: Vec<_> = records
            .iter()
            .filter_map(|record| {
                let channel = readers.reader(&record.connection)?;
                Some((record.reference(), reading(channel, record).0))
            })
            .collect();
        engine.store.regroup(company, &readings).await?;
    }
}
