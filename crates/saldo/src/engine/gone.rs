//! What processes held that are gone: it is taken over at once.

use super::{Engine, EngineError};
use crate::transport::presence;
use saldo_store::{Lease, Store, StoreError};
use std::path::Path;

/// Ends the leases of every process that was at work in a data folder and is gone; whether there
/// was any such process.
///
/// # Errors
/// Where the database fails. Where the folder cannot be read, nobody is known to be gone.
pub(crate) async fn end_leases_of_gone(store: &Store, data: &Path) -> Result<bool, EngineError> {
    let gone = presence::gone(data).unwrap_or_else(|error| {
        tracing::warn!(%error, "nobody can say which processes are gone");
        Vec::new()
    });
    let any = !gone.is_empty();
    for gone in gone {
        let leases = store.end_leases_of(&gone.holder).await?;
        tracing::debug!(holder = gone.holder, leases, "a process is gone");
        if let Err(error) = gone.take_down() {
            tracing::warn!(%error, "the sign of a process that is gone stays");
        }
    }
    Ok(any)
}

impl Engine {
    /// Whether a lease that is held is free now, since whoever held it is gone.
    pub(super) async fn is_freed(
        &self,
        taken: &Result<Lease, StoreError>,
    ) -> Result<bool, EngineError> {
        match taken {
            Err(StoreError::LeaseHeld { .. }) => end_leases_of_gone(&self.store, &self.data).await,
            _ => Ok(false),
        }
    }
}
