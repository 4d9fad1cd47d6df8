//! Why a connection failed last: kept with its instant until the connection answers again.

use super::{Engine, EngineError};
use jiff::Timestamp;
use saldo_core::exchange::Permit;
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_store::Store;
use serde::{Deserialize, Serialize};

/// The kind of note that holds it.
const KIND: &str = "trouble";

/// Why a connection failed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Trouble {
    /// Which connection.
    pub(crate) connection: ConnectionId,
    /// Why, in the vendor's words where it said something.
    pub(crate) message: String,
    /// When.
    pub(crate) at: Timestamp,
    /// Whether it may pass without anybody doing anything.
    pub(crate) may_pass: bool,
}

/// As it is noted.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Noted {
    message: String,
    may_pass: bool,
}

/// Why a connection failed when it was last worked with; none where it answered.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn trouble(
    store: &Store,
    company: &CompanyId,
    connection: &ConnectionId,
) -> Result<Option<Trouble>, EngineError> {
    let Some(note) = store.note(company, connection, KIND).await? else { return Ok(None) };
    // What another version noted and this one cannot read is shown as it stands.
    let noted: Noted = serde_json::from_str(&note.body)
        .unwrap_or(Noted { message: note.body.clone(), may_pass: false });
    let Noted { message, may_pass } = noted;
    Ok(Some(Trouble { connection: connection.clone(), message, at: note.at, may_pass }))
}

/// Notes that a connection was set up anew: what failed before says nothing of it.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn forget_trouble(
    store: &Store,
    company: &CompanyId,
    connection: &ConnectionId,
) -> Result<(), EngineError> {
    Ok(store.drop_note(company, connection, KIND).await?)
}

/// Why a connection failed, without its name; none where the world is not to blame, or a vendor's
/// next call is waited for.
fn noted(error: &EngineError) -> Option<Noted> {
    let message = match error {
        EngineError::World { fault, .. } if fault.permits == Permit::WhenCalled => return None,
        EngineError::World { fault, .. } => fault.to_string(),
        EngineError::Settings { reason, .. } => reason.clone(),
        _ => return None,
    };
    Some(Noted { message, may_pass: error.is_worth_another_try() })
}

impl Engine {
    /// Notes how work with a connection ended: why it failed, or that it answered. Where it was not
    /// asked for anything, what is known stays.
    pub(super) async fn note_outcome<T>(
        &self,
        connection: &ConnectionId,
        outcome: &Result<T, EngineError>,
        was_answered: bool,
    ) -> Result<(), EngineError> {
        let (store, company) = (&self.store, self.company_id());
        match outcome {
            Err(error) => {
                let Some(noted) = noted(error) else { return Ok(()) };
                let body = serde_json::json!(noted).to_string();
                Ok(store.put_note(company, connection, KIND, &body, self.clock.now()).await?)
            }
            Ok(_) if was_answered => forget_trouble(store, company, connection).await,
            Ok(_) => Ok(()),
        }
    }
}
