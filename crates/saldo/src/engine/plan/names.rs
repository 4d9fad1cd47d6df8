//! What names a book gets of customers, products and suppliers, where the owner changed his mind.

use super::super::{Engine, EngineError};
use crate::engine::desk::Desk;
use jiff::civil::Date;
use saldo_core::policy::BookNames;
use saldo_store::Connection;

/// The kind of observation that says by what names a book was planned last.
const KIND: &str = "names";

/// Lets the next plan look at everything that is not in a book yet, where the owner wants other
/// names there than when it was planned last. What stands there keeps its names.
pub(super) async fn touch_renamed(
    engine: &Engine,
    desk: &Desk,
    connection: &Connection,
) -> Result<(), EngineError> {
    let (store, company, book) = (&engine.store, engine.company_id(), &connection.id);
    let names = engine.policy.names_in(book);
    let before = store.observation(company, book, KIND).await?;
    // What an earlier version noted and this one cannot read is planned anew.
    let before = before.map(|seen| serde_json::from_str::<BookNames>(&seen.body).ok());
    if before.unwrap_or_else(|| Some(BookNames::default())) == Some(names.clone()) {
        return Ok(());
    }
    store.touch_closed(&desk.lease, book, Date::MAX).await?;
    let body = serde_json::to_string(&names).expect("a few words can always be written");
    Ok(store.put_observation(company, book, KIND, &body, engine.clock.now()).await?)
}
