//! Ending a connection: it goes, or where it has a history it is closed and that stays.

use super::trouble::forget_trouble;
use super::{EngineError, LEASE};
use jiff::Timestamp;
use saldo_core::text::CompanyId;
use saldo_store::{Connection, Lease, Store};
use serde::Serialize;

/// The setting of a connection that its owner ended, with the instant.
const SETTING: &str = "disconnected";

/// Whether its owner ended a connection: nothing is pulled from it or pushed to it any more.
pub(crate) fn is_disconnected(connection: &Connection) -> bool {
    connection.settings.contains_key(SETTING)
}

/// Takes a connection up again that its owner ended.
pub(crate) fn reconnect(connection: &mut Connection) {
    connection.settings.remove(SETTING);
}

/// What became of a connection that its owner ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ended {
    /// It is gone: nothing was heard from it or entered into it.
    Removed,
    /// It is closed, and what was heard from it or entered into it stays.
    Closed,
}

/// Ends a connection and forgets its secrets.
///
/// # Errors
/// Where another process works with it, or the database fails.
pub(crate) async fn disconnect(
    store: &Store,
    company: &CompanyId,
    connection: &Connection,
    (holder, now): (&str, Timestamp),
) -> Result<Ended, EngineError> {
    let lease = store.acquire_lease(company, &connection.id, holder, now, LEASE).await?;
    if store.remove_connection(&lease).await? {
        return Ok(Ended::Removed);
    }
    let closed = close(store, &lease, connection, now).await;
    store.release_lease(&lease).await?;
    closed
}

async fn close(
    store: &Store,
    lease: &Lease,
    connection: &Connection,
    now: Timestamp,
) -> Result<Ended, EngineError> {
    let mut closed = connection.clone();
    closed.settings.insert(SETTING.to_owned(), now.to_string());
    store.update_connection(lease.company(), &closed).await?;
    store.drop_secrets(lease, None).await?;
    forget_trouble(store, lease.company(), &connection.id).await?;
    Ok(Ended::Closed)
}
