//! `saldo disconnect`.

use super::args::{Disconnect, Global};
use super::context::{self, Usage};
use super::{Ending, Output};
use crate::engine::{self, Ended};
use crate::transport::clock::Clock;
use saldo_store::Role;
use serde::Serialize;

#[derive(Serialize)]
struct Disconnected {
    connection: String,
    became: Ended,
}

/// Ends a connection.
pub(crate) async fn disconnect(
    global: &Global,
    words: &Disconnect,
    output: &Output,
) -> anyhow::Result<Ending> {
    let store = context::open_store(global).await?;
    let company = context::company(global, &store).await?;
    let known = store.connections(&company.id).await?;
    let named = |id: &str| id == words.connection;
    let Some(connection) = known.iter().find(|it| named(it.id.as_str())) else {
        let names: Vec<&str> =
            known.iter().filter(|it| it.role != Role::Owner).map(|it| it.id.as_str()).collect();
        let text = format!(
            "there is no connection `{}`: there are {}",
            words.connection,
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        );
        return Err(Usage(text).into());
    };
    if connection.role == Role::Owner {
        let text = "the owner's own decisions are no connection that could end: take one back by \
            `saldo decide undo`";
        return Err(Usage(text.to_owned()).into());
    }
    let (holder, now) = (context::holder()?, Clock::real().now());
    let became = engine::disconnect(&store, &company.id, connection, (&holder, now)).await?;
    let disconnected = Disconnected { connection: connection.id.to_string(), became };
    output.data(&disconnected, || {
        let name = &disconnected.connection;
        match (became, connection.role) {
            (Ended::Removed, _) => {
                format!("`{name}` is gone: nothing was heard from it or entered into it\n")
            }
            (Ended::Closed, Role::Book) => format!(
                "`{name}` is closed: nothing is planned for it, pushed to it or proved in it any \
                 more; what it acknowledged stays on record, and in the book\n"
            ),
            (Ended::Closed, _) => format!(
                "`{name}` is closed: nothing more is pulled from it; what it said stays, and \
                 counts\n"
            ),
        }
    })?;
    output.note("its secrets are forgotten here; take the app's right away at the vendor too");
    Ok(Ending::Done)
}
