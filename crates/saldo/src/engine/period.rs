//! Closed periods: by the owner's word here, and by the settings of each book.

use super::account::account_all;
use super::desk::Desk;
use super::disconnect::is_disconnected;
use super::plan::{books, plan_book};
use super::settings::known_settings;
use super::{Engine, EngineError};
use jiff::civil::Date;
use saldo_core::plan::{Change, Closing};
use saldo_core::policy::Late;
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_store::{Connection, Role, Store};
use std::collections::BTreeMap;

/// As many changes on their way into a book as are counted before a period is closed.
const PENDING_AT_MOST: usize = 1_000_000;

/// Which periods of a book are closed, and what came too late for them.
#[derive(Debug)]
pub(crate) struct BookPeriods {
    /// The book.
    pub(crate) book: ConnectionId,
    /// The last day that its own settings close, as they were read last.
    pub(crate) closed_there: Option<Date>,
    /// The changes that belong to a closed period and are dated on the first open day.
    pub(crate) prior_period: Vec<Change>,
}

/// What is not in a book yet, and would be too late once a period is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StillOpen {
    /// By book: how many documents of the period are planned or approved, and not acknowledged.
    pub(crate) documents: BTreeMap<String, usize>,
}

/// Which periods of a book are closed, by the owner's word and by its own settings.
async fn closed_in(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Closing, EngineError> {
    let there = known_settings(store, company, book).await?.and_then(|it| it.closed_until);
    Ok(Closing { until: store.closed_until(company).await?.max(there) })
}

/// The closed periods that a plan for a book goes by: none where the owner wants what is late to
/// wait for its own day.
pub(super) async fn closing_of(
    engine: &Engine,
    connection: &Connection,
) -> Result<Closing, EngineError> {
    let policy = Engine::policy_of(&engine.store, &engine.company).await?;
    match policy.text.periods.late {
        Late::FirstOpenDay => closed_in(&engine.store, engine.company_id(), &connection.id).await,
        Late::Hold => Ok(Closing::default()),
    }
}

/// Lets the next plan look at what did not reach a book before its period was closed.
pub(super) async fn touch_late(
    engine: &Engine,
    desk: &Desk,
    connection: &Connection,
) -> Result<(), EngineError> {
    if let Some(until) = closing_of(engine, connection).await?.until {
        engine.store.touch_closed(&desk.lease, &connection.id, until).await?;
    }
    Ok(())
}

/// The first day on which every book is open; none where every day is.
pub(crate) async fn first_open_day(
    store: &Store,
    company: &CompanyId,
) -> Result<Option<Date>, EngineError> {
    let mut closing = Closing { until: store.closed_until(company).await? };
    for connection in store.connections(company).await? {
        if connection.role == Role::Book && !is_disconnected(&connection) {
            closing.until =
                closing.until.max(closed_in(store, company, &connection.id).await?.until);
        }
    }
    Ok(closing.until.map(|_| closing.open_day(Date::MIN)))
}

/// The closed periods of every book.
pub(crate) async fn periods(engine: &Engine) -> Result<Vec<BookPeriods>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let mut periods = Vec::new();
    for connection in books(engine, None).await? {
        let settings = known_settings(store, company, &connection.id).await?;
        periods.push(BookPeriods {
            closed_there: settings.and_then(|it| it.closed_until),
            prior_period: store.prior_period(company, &connection.id).await?,
            book: connection.id,
        });
    }
    Ok(periods)
}

/// Closes every day up to this one, unless documents of those days are still on their way into a
/// book; they do not count where the owner wants it `anyway`.
pub(crate) async fn close_until(
    engine: &Engine,
    until: Date,
    anyway: bool,
    decided_by: &str,
) -> Result<StillOpen, EngineError> {
    let desk = engine.take_desk().await?;
    let closed = close_at(engine, &desk, until, anyway, decided_by).await;
    let left = engine.leave_desk(desk).await;
    let open = closed?;
    left?;
    Ok(open)
}

async fn close_at(
    engine: &Engine,
    desk: &Desk,
    until: Date,
    anyway: bool,
    decided_by: &str,
) -> Result<StillOpen, EngineError> {
    account_all(engine, desk).await?;
    let mut open = StillOpen::default();
    for connection in books(engine, None).await? {
        let planned = plan_book(engine, &connection).await?.changes;
        let pending =
            engine.store.pending(engine.company_id(), &connection.id, PENDING_AT_MOST).await?;
        let all = planned.into_iter().chain(pending.into_iter().map(|it| it.change));
        let late = all.filter(|it| it.date().is_some_and(|date| date <= until)).count();
        if late > 0 {
            open.documents.insert(connection.id.to_string(), late);
        }
    }
    if anyway || open.documents.is_empty() {
        let now = engine.clock.now();
        engine.store.close_until(&desk.lease, Some(until), decided_by, now).await?;
    }
    Ok(open)
}

/// Opens every day again that the owner closed here.
pub(crate) async fn open_all(engine: &Engine, decided_by: &str) -> Result<(), EngineError> {
    let desk = engine.take_desk().await?;
    let now = engine.clock.now();
    let opened = engine.store.close_until(&desk.lease, None, decided_by, now).await;
    let left = engine.leave_desk(desk).await;
    opened?;
    left
}
