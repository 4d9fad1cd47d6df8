//! Rebuild: every cache anew from what was only ever added.

use super::account::{Readers, account_all};
use super::desk::Desk;
use super::page::reading_again;
use super::{Engine, EngineError};
use saldo_core::commerce::RecordRef;
use saldo_core::text::ConnectionId;
use saldo_store::{Connection, Reading};
use serde::Serialize;
use std::collections::BTreeMap;

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

/// Throws the caches away and computes them again. What has news is accounted first, and nobody
/// hears a channel or imports files meanwhile: where records belong is read anew, and must be what
/// the latest of them say.
///
/// # Errors
/// Where somebody else is at the desk, or has a channel, by name.
pub(crate) async fn rebuild(engine: &Engine) -> Result<RebuildReport, EngineError> {
    let mut desk = engine.take_desk().await?;
    let rebuilt = rebuild_at(engine, &mut desk).await;
    let left = engine.leave_desk(desk).await;
    let rebuilt = rebuilt?;
    left?;
    Ok(rebuilt)
}

async fn rebuild_at(engine: &Engine, desk: &mut Desk) -> Result<RebuildReport, EngineError> {
    let company = engine.company_id();
    let channels = engine.take_channels(desk).await?;
    account_all(engine, desk).await?;
    let before = engine.store.dump_caches(company).await?;
    read_again(engine, desk, &channels).await?;
    engine.store.clear_caches(&desk.lease).await?;
    let groups = account_all(engine, desk).await?;
    let after = engine.store.dump_caches(company).await?;
    Ok(RebuildReport { groups, identical: before == after })
}

/// Reads every record again, as a new version of a reader might read it otherwise.
async fn read_again(
    engine: &Engine,
    desk: &Desk,
    channels: &[Connection],
) -> Result<(), EngineError> {
    let readers = Readers::of(engine).await?;
    let mut after = None;
    loop {
        let company = engine.company_id();
        let records = engine.store.latest_records(company, after.as_ref(), RECORDS_AT_ONCE).await?;
        let Some(last) = records.last() else { return Ok(()) };
        after = Some(last.reference());
        let mut readings: BTreeMap<&ConnectionId, Vec<(RecordRef, Reading)>> = BTreeMap::new();
        for record in &records {
            let Some(reader) = readers.reader(&record.connection) else { continue };
            let of = |it: &&Connection| it.id == record.connection;
            let Some(connection) = channels.iter().find(of) else { continue };
            let (read, _) = reading_again(engine, reader, connection, record).await?;
            readings.entry(&connection.id).or_default().push((record.reference(), read));
        }
        engine.keep_desk(desk).await?;
        for lease in &desk.channels {
            let readings = readings.get(lease.connection()).map_or(&[][..], Vec::as_slice);
            engine.store.regroup(lease, readings).await?;
        }
    }
}
