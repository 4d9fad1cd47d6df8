//! What was approved and waits for something in its book, of which nothing was refused.

use super::plan::book_of;
use super::push::{PENDING_AT_ONCE, drafts_to_pay, unsold};
use super::{Engine, EngineError};
use saldo_core::plan::Change;
use saldo_store::Connection;
use serde::Serialize;

/// A change that waits for something that the book does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Awaiting {
    /// The change.
    pub(crate) change: String,
    /// The slot of its document.
    pub(crate) about: String,
    /// What it waits for: words behind "it waits for".
    pub(crate) waits_for: String,
}

/// What waits in a book for something that it does not have yet: goods that came back for the sale
/// that took them out, a payment for its draft to be confirmed. What waits for something that the
/// book refused is told with that.
pub(crate) async fn awaiting(
    engine: &Engine,
    connection: &Connection,
) -> Result<Vec<Awaiting>, EngineError> {
    let book = book_of(connection)?;
    if !book.description().keeps_stock && book.description().drafts_count {
        return Ok(Vec::new());
    }
    let company = engine.company_id();
    let pending = engine.store.pending(company, &connection.id, PENDING_AT_ONCE).await?;
    let changes: Vec<Change> = pending.into_iter().map(|it| it.change).collect();
    let unsold = unsold(engine, (&connection.id, book), &changes).await?;
    let drafts = drafts_to_pay(engine, (&connection.id, book), &changes).await?;
    let why = |change: &Change| {
        if let Some(sale) = unsold.get(&change.id) {
            return Some(format!("the sale that took its goods out of stock: {sale}"));
        }
        let draft = change.invoice().map(|key| key.to_string()).filter(|it| drafts.contains(it))?;
        Some(format!("{draft} to be confirmed, which is a draft there"))
    };
    let awaiting = changes.iter().filter_map(|change| {
        let about = change.slot.clone().unwrap_or_default();
        Some(Awaiting { change: change.id.clone(), about, waits_for: why(change)? })
    });
    Ok(awaiting.collect())
}
