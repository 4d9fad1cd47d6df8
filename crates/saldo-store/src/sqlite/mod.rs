//! All that is particular to `SQLite`. Everything else is written in the dialect that it shares
//! with `PostgreSQL`.
//!
//! The database is a file, and asking it is a call of a function: statements run on the thread that
//! asks. What is waited for is a connection that is free.

mod migrations;
mod pool;
mod row;
mod session;

pub(crate) use pool::{Executor, Pool, Transaction};
pub(crate) use row::{Column, FromRow};

use crate::{StoreError, Watch};
use rusqlite::{Connection, OpenFlags};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long a process waits for another one that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// How many connections read at once.
const READERS_MAX: u32 = 4;
/// How many statements each connection keeps prepared.
const STATEMENTS_MAX: usize = 100;
/// How each connection works.
///
/// A page is so large that what is left of it, where no other row fits in, is little. The log is
/// carried over into the file after 32 MiB. Each connection keeps 8 MiB of the file in memory,
/// which `SQLite` writes negative, in KiB; the system keeps the rest of what is used often.
const PRAGMAS: &str = "
    pragma page_size = 8192;
    pragma synchronous = full;
    pragma foreign_keys = on;
    pragma wal_autocheckpoint = 4000;
    pragma cache_size = -8192;
    pragma temp_store = memory;
";

/// Opens the file to write, with its tables up to date; whoever watches is called before each
/// transaction that writes.
pub(crate) fn open_writer(
    path: &Path,
    create: bool,
    watch: Option<Watch>,
) -> Result<Pool, StoreError> {
    if create {
        make(path).map_err(StoreError::NotMade)?;
    }
    let mut connection = open(path)?;
    migrations::run(&mut connection)?;
    Ok(Pool::of_one(connection, watch))
}

/// Opens the file to read.
pub(crate) fn open_reader(path: &Path) -> Pool {
    let path = path.to_owned();
    let open = move || {
        let connection = open(&path)?;
        connection.execute_batch("pragma query_only = on")?;
        Ok(connection)
    };
    Pool::of_many(READERS_MAX, Box::new(open))
}

/// Makes a database in memory. It lives in its only connection.
pub(crate) fn open_memory() -> Result<Pool, StoreError> {
    let mut connection = furnish(Connection::open_in_memory()?)?;
    migrations::run(&mut connection)?;
    Ok(Pool::of_one(connection, None))
}

/// Makes the file where there is none, for this user alone. What `SQLite` lays beside it has the
/// permissions of the file.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let used_by_one = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | used_by_one;
    let connection = furnish(Connection::open_with_flags(path, flags)?)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    Ok(connection)
}

fn furnish(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}
