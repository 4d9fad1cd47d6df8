//! What files tell by an order's name alone, and the orders of the shop's interface that are meant.
//!
//! An order of the interface has a number, and is looked for by name only where a file knows no
//! better. So a connection notes that it has such files, and from then on its orders also stand
//! where their names are. It notes as well whether files told rows that know no name.

use super::super::numbered::order_by_number;
use super::super::page::reading_again;
use super::super::{Engine, EngineError};
use super::Importer;
use saldo_channels::channel;
use saldo_core::accounting::{self, Group};
use saldo_core::channel::Channel;
use saldo_core::commerce::{Fact, Order, RecordRef, Telling};
use saldo_core::text::Stream;
use saldo_store::{Connection, Lease, Role};

/// How many records are looked at in one step.
const RECORDS_AT_ONCE: usize = 2_000;

/// The setting of a connection whose files told orders by their names alone.
const ORDERS_SETTING: (&str, &str) = ("orders", "by-name");
/// The setting of a connection whose files told rows that know their orders by name alone.
const ROWS_SETTING: (&str, &str) = ("rows", "by-name");

/// The setting of a connection whose files told rows that know their orders by number alone, so
/// that rows by name may be the same.
const NUMBERS_SETTING: (&str, &str) = ("rows-of-orders", "by-number");

/// The setting of a connection whose files told rows at all, so that rows of the interface may be
/// the same.
const TOLD_SETTING: (&str, &str) = ("rows-of-files", "told");

/// The setting of a connection whose orders are on their way to where their names are.
const PLACING_SETTING: (&str, &str) = ("orders-on-their-way", "by-name");

/// What files of a connection tell by names alone, and what by numbers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct ByName {
    orders: bool,
    rows: bool,
    numbers: bool,
    any_rows: bool,
}

/// What the files of all connections told so.
pub(in crate::engine) async fn told_by_files(engine: &Engine) -> Result<ByName, EngineError> {
    let connections = engine.connections(Role::Channel).await?;
    Ok(connections.iter().map(ByName::of).fold(ByName::default(), ByName::and))
}

impl ByName {
    /// What the files of a connection told so far.
    pub(in crate::engine) fn of(connection: &Connection) -> Self {
        let has = |(name, value)| connection.settings.get(name).is_some_and(|it| it == value);
        Self {
            orders: has(ORDERS_SETTING),
            rows: has(ROWS_SETTING),
            numbers: has(NUMBERS_SETTING),
            any_rows: has(TOLD_SETTING),
        }
    }

    /// Whether they told nothing so.
    pub(in crate::engine) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// Where a fact stands besides its own groups: an order of the interface may be one that a file
    /// tells, or the one that the rows of a file name.
    pub(in crate::engine) fn groups(self, fact: &Fact) -> Vec<Group> {
        let Some(order) = of_interface(fact) else { return Vec::new() };
        let of_order = self.orders.then(|| accounting::group_by_name(order));
        let of_rows = self.rows.then(|| accounting::group_of_rows(order));
        of_order.into_iter().chain(of_rows).collect()
    }

    /// Whether rows that know their orders by number alone are among it.
    pub(in crate::engine) fn tells_numbers(self) -> bool {
        self.numbers
    }

    /// Whether rows are among it, whatever they know.
    pub(in crate::engine) fn tells_rows(self) -> bool {
        self.any_rows
    }

    /// What these facts tell so.
    pub(super) fn told(facts: &[Fact]) -> Self {
        let order = |fact: &Fact| match fact {
            Fact::Order(order) => {
                accounting::group_by_name(order) == Group::Order(order.id.clone())
            }
            _ => false,
        };
        let row = |fact: &Fact| match fact {
            Fact::BalanceTransaction(row) => {
                row.by_file && row.order.is_none() && row.order_name.is_some()
            }
            _ => false,
        };
        let is_row = |fact: &Fact| matches!(fact, Fact::BalanceTransaction(_));
        Self {
            orders: facts.iter().any(order),
            rows: facts.iter().any(row),
            numbers: facts.iter().any(|fact| order_by_number(fact).is_some()),
            any_rows: facts.iter().any(is_row),
        }
    }

    /// Whether orders are among it.
    pub(super) fn tells_orders(self) -> bool {
        self.orders
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            orders: self.orders || other.orders,
            rows: self.rows || other.rows,
            numbers: self.numbers || other.numbers,
            any_rows: self.any_rows || other.any_rows,
        }
    }

    fn write(self, connection: &mut Connection) {
        let settings = [
            (self.orders, ORDERS_SETTING),
            (self.rows, ROWS_SETTING),
            (self.numbers, NUMBERS_SETTING),
            (self.any_rows, TOLD_SETTING),
        ];
        for (_, (name, value)) in settings.into_iter().filter(|(told, _)| *told) {
            connection.settings.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn of_interface(fact: &Fact) -> Option<&Order> {
    match fact {
        Fact::Order(order) if order.telling == Telling::Interface => Some(order),
        _ => None,
    }
}

impl Importer<'_> {
    /// Writes down that files tell this by names alone, before the first such piece is stored; the
    /// orders that the interface told before take their places.
    pub(super) async fn note(&mut self, told: ByName) -> Result<(), EngineError> {
        let known = ByName::of(&self.connection);
        let now = known.and(told);
        if now == known {
            return Ok(());
        }
        told.write(&mut self.connection);
        if (now.orders, now.rows) != (known.orders, known.rows) {
            let (name, value) = PLACING_SETTING;
            self.connection.settings.insert(name.to_owned(), value.to_owned());
        }
        let (store, company) = (&self.engine.store, self.engine.company_id());
        store.update_connection(company, &self.connection).await?;
        place_all(self.engine, self.lease, &mut self.connection).await
    }
}

/// A connection as it is now that it was taken: files before may have noted something in it, and a
/// process that noted it may have ended before all orders had their places.
pub(in crate::engine) async fn as_it_is(
    engine: &Engine,
    lease: &Lease,
    connection: &Connection,
) -> Result<Connection, EngineError> {
    let connections = engine.connections(Role::Channel).await?;
    let now = connections.into_iter().find(|it| it.id == connection.id);
    let mut now = now.unwrap_or_else(|| connection.clone());
    place_all(engine, lease, &mut now).await?;
    Ok(now)
}

/// Lets all orders take their places where some are on their way there, and notes that they have
/// them: a process that ends before begins here again.
async fn place_all(
    engine: &Engine,
    lease: &Lease,
    connection: &mut Connection,
) -> Result<(), EngineError> {
    let (name, _) = PLACING_SETTING;
    if !connection.settings.contains_key(name) {
        return Ok(());
    }
    let channel = channel(&connection.adapter)
        .ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))?;
    place_orders(engine, lease, channel, connection).await?;
    connection.settings.remove(name);
    Ok(engine.store.update_connection(engine.company_id(), connection).await?)
}

/// Puts the orders of the interface where their names are as well.
async fn place_orders(
    engine: &Engine,
    lease: &Lease,
    channel: &'static dyn Channel,
    connection: &Connection,
) -> Result<(), EngineError> {
    let (stream, id) = (Stream::new(""), String::new());
    let mut after = RecordRef { connection: connection.id.clone(), stream, id };
    loop {
        let company = engine.company_id();
        let records = engine.store.latest_records(company, Some(&after), RECORDS_AT_ONCE).await?;
        let own = records.iter().filter(|record| record.connection == connection.id);
        let mut placed = Vec::new();
        for record in own {
            let (read, facts) = reading_again(engine, channel.into(), connection, record).await?;
            if facts.iter().any(|fact| of_interface(fact).is_some()) {
                placed.push((record.reference(), read));
            }
        }
        engine.keep(lease).await?;
        engine.store.regroup(lease, &placed).await?;
        match records.last() {
            Some(last) if last.connection == connection.id => after = last.reference(),
            _ => return Ok(()),
        }
    }
}
