//! What is done while a vendor calls that makes the calls itself.

use super::prove::{ProofReport, is_due, prove};
use super::settings::read_settings;
use super::sync::{SyncReport, sync};
use super::{Engine, EngineError};
use saldo_store::Connection;

/// What was done within a session.
#[derive(Debug)]
pub(crate) struct Attended {
    /// What the sync did.
    pub(crate) done: SyncReport,
    /// What was proved; none where what was proved before is good enough.
    pub(crate) proof: Option<ProofReport>,
}

/// Does the work of a session of a book's vendor: asks what its owner decided there and how full
/// its lists are, syncs the whole company, and proves it where that is due. A book that is not set
/// up does not stop the others.
///
/// # Errors
/// As [`sync`]; and why the book could not be asked, or not be proved.
pub(crate) async fn attend(engine: &Engine, book: &Connection) -> Result<Attended, EngineError> {
    let heard = read_settings(engine, book).await;
    let done = sync(engine).await?;
    heard?;
    if !is_due(engine, &book.id).await? {
        return Ok(Attended { done, proof: None });
    }
    let proof = match prove(engine).await {
        // The other books are proved by whoever asks for it.
        Err(EngineError::Unproved { report, .. })
            if report.books.iter().any(|it| it.book == book.id.as_str()) =>
        {
            *report
        }
        proof => proof?,
    };
    Ok(Attended { done, proof: Some(proof) })
}
