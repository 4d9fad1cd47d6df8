//! The proof of a book whose vendor makes the calls: it can be read within a session alone, and is
//! kept for those who ask between two of them.

use super::super::{Engine, EngineError, Wiring};
use super::BookProof;
use jiff::{SignedDuration, Timestamp};
use saldo_core::text::ConnectionId;
use saldo_store::Connection;
use serde::Serialize;

/// The kind of observation that holds a proof.
const PROOF: &str = "proof";
/// The kind that says when it was read, changed or not.
const READ: &str = "proof-read";
/// The kind that says that somebody asked between two sessions.
const WANTED: &str = "proof-wanted";
/// How long a proof is good enough for the sessions that follow.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(6);
/// What is noted where only the time matters.
const NOTED: &str = "true";

/// A proof that was read within a session, and what has changed on this side since.
#[derive(Debug, Serialize)]
pub(crate) struct KeptProof {
    /// When.
    pub(crate) read_at: Timestamp,
    /// What it said then; what is still to be pushed, and what failed, as of now.
    pub(crate) proof: BookProof,
}

/// Whether the vendor of a connection makes the calls, and does so now.
fn is_calling(engine: &Engine, connection: &Connection) -> bool {
    matches!(&engine.wiring, Wiring::Called { connection: called, .. } if *called == connection.id)
}

/// Keeps what was read of a book within a session of its vendor.
pub(super) async fn keep(
    engine: &Engine,
    connection: &Connection,
    proof: &BookProof,
) -> Result<(), EngineError> {
    if !is_calling(engine, connection) {
        return Ok(());
    }
    let (store, company, book) = (&engine.store, engine.company_id(), &connection.id);
    let now = engine.clock.now();
    let body = serde_json::to_string(proof).expect("a proof is made of texts and numbers");
    let before = store.observation(company, book, PROOF).await?;
    if before.is_none_or(|before| before.body != body) {
        store.put_observation(company, book, PROOF, &body, now).await?;
    }
    Ok(store.put_observation(company, book, READ, NOTED, now).await?)
}

/// What the last session read of a book that cannot be asked now; none where none did. A later
/// session reads it anew.
pub(super) async fn kept(
    engine: &Engine,
    connection: &Connection,
) -> Result<Option<KeptProof>, EngineError> {
    let (store, company, book) = (&engine.store, engine.company_id(), &connection.id);
    store.put_observation(company, book, WANTED, NOTED, engine.clock.now()).await?;
    let Some(kept) = read(engine, book).await? else { return Ok(None) };
    let open = store.open_counts(company, book).await?;
    let proof = BookProof { pending: open.pending, failed: open.failed, ..kept.proof };
    Ok(Some(KeptProof { proof, ..kept }))
}

async fn read(engine: &Engine, book: &ConnectionId) -> Result<Option<KeptProof>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let read = store.observation(company, book, READ).await?;
    let proof = store.observation(company, book, PROOF).await?;
    // What an earlier version kept and this one cannot read is read anew.
    Ok(read.zip(proof).and_then(|(read, proof)| {
        let proof = serde_json::from_str(&proof.body).ok()?;
        Some(KeptProof { read_at: read.at, proof })
    }))
}

/// Whether a session should prove its book: where none has for hours, where what was read last does
/// not hold, and where somebody asked since.
pub(in super::super) async fn is_due(
    engine: &Engine,
    book: &ConnectionId,
) -> Result<bool, EngineError> {
    let wanted = engine.store.observation(engine.company_id(), book, WANTED).await?;
    let now = engine.clock.now();
    Ok(read(engine, book).await?.is_none_or(|kept| {
        let is_old = now.duration_since(kept.read_at) >= GOOD_FOR;
        is_old || !kept.proof.holds() || wanted.is_some_and(|it| it.at > kept.read_at)
    }))
}
