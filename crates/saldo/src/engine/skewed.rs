//! A machine's clock that differs from a vendor's: noted beside the connection until it is right.

use super::{Engine, EngineError};
use jiff::SignedDuration;
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_store::Store;

/// The kind of note that holds by how many seconds the vendor's clock is ahead.
const KIND: &str = "clock";

/// Which difference is worth a word: days and windows end by the minute.
const WORTH_A_WORD: SignedDuration = SignedDuration::from_mins(1);

/// By how much a vendor's clock was ahead of this machine's when it answered last, behind where
/// negative; none where they agreed.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn clock_difference(
    store: &Store,
    company: &CompanyId,
    connection: &ConnectionId,
) -> Result<Option<SignedDuration>, EngineError> {
    let note = store.note(company, connection, KIND).await?;
    // What cannot be read is as old as the version that wrote it.
    Ok(note.and_then(|note| note.body.parse().ok()).map(SignedDuration::from_secs))
}

impl Engine {
    /// Notes by how much a vendor's clock is ahead of this machine's.
    pub(super) async fn note_clock(
        &self,
        connection: &ConnectionId,
        ahead: SignedDuration,
    ) -> Result<(), EngineError> {
        let (store, company) = (&self.store, self.company_id());
        if ahead.abs() < WORTH_A_WORD {
            return Ok(store.drop_note(company, connection, KIND).await?);
        }
        let seconds = ahead.as_secs().to_string();
        Ok(store.put_note(company, connection, KIND, &seconds, self.clock.now()).await?)
    }
}
