//! The requests of the last minutes, kept with the connection: a vendor counts those of the process
//! before as well.

use super::{Engine, EngineError};
use crate::transport::limit::{Limiter, Recent};
use saldo_core::text::ConnectionId;

/// The kind of note that holds them.
const KIND: &str = "requests";

impl Engine {
    /// Tells a limiter which requests earlier processes sent that count still.
    pub(super) async fn recall_requests(
        &self,
        connection: &ConnectionId,
        limiter: &Limiter,
    ) -> Result<(), EngineError> {
        let note = self.store.note(self.company_id(), connection, KIND).await?;
        // What cannot be read is as old as the version that wrote it.
        let recent = note.and_then(|note| serde_json::from_str::<Recent>(&note.body).ok());
        if let Some(recent) = recent {
            limiter.recall(&recent).await;
        }
        Ok(())
    }

    /// Keeps which requests were sent that count still, for the next process.
    pub(super) async fn keep_window(
        &self,
        connection: &ConnectionId,
        limiter: &Limiter,
    ) -> Result<(), EngineError> {
        let recent = limiter.recent().await;
        if recent.is_empty() {
            return Ok(());
        }
        let body = serde_json::json!(recent).to_string();
        let now = self.clock.now();
        Ok(self.store.put_note(self.company_id(), connection, KIND, &body, now).await?)
    }
}
