//! All that is particular to `SQLite`. Everything else is written in the dialect that it shares
//! with `PostgreSQL`.

use crate::{StoreError, Watch};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::Path;
use std::time::Duration;

/// The database.
pub(crate) type Database = sqlx::Sqlite;
/// Connections to it.
pub(crate) type Pool = SqlitePool;
/// A transaction that writes.
pub(crate) type Transaction = sqlx::Transaction<'static, Database>;
/// A row that it answers with.
pub(crate) type Row = sqlx::sqlite::SqliteRow;

/// Takes the write lock at once: a transaction that began by reading could not be sure to get it.
pub(crate) const BEGIN_WRITE: &str = "begin immediate";

/// How long a process waits for another one that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// How many connections read at once.
const READERS_MAX: u32 = 4;
/// How many statements each connection keeps prepared.
const STATEMENTS_MAX: usize = 100;
/// How large a page is: so that what is left of it, where no other row fits in, is little.
const PAGE_BYTES: u32 = 8192;
/// After how many pages the log is carried over into the file: 32 MiB.
const CHECKPOINT_PAGES: &str = "4000";
/// How much of the file each connection keeps in memory: 8 MiB, which `SQLite` writes negative. The
/// system keeps the rest of what is used often.
const CACHE_KIB: &str = "-8192";

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .journal_mode(SqliteJournalMode::Wal)
        .page_size(PAGE_BYTES)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS_MAX)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("cache_size", CACHE_KIB)
        .pragma("temp_store", "memory")
}

/// Opens the file to write, with its tables up to date; whoever watches is called before each
/// transaction that writes.
pub(crate) async fn open_writer(
    path: &Path,
    create: bool,
    watch: Option<Watch>,
) -> Result<Pool, StoreError> {
    let options = options().filename(path).create_if_missing(create);
    let mut pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(BUSY_TIMEOUT);
    if let Some(watch) = watch {
        pool = pool.before_acquire(move |_, _| {
            watch();
            Box::pin(async { Ok(true) })
        });
    }
    let pool = pool.connect_with(options).await?;
    migrate(&pool).await?;
    Ok(pool)
}

/// Opens the file to read.
pub(crate) async fn open_reader(path: &Path) -> Result<Pool, StoreError> {
    let options = options().filename(path).pragma("query_only", "on");
    Ok(SqlitePoolOptions::new().max_connections(READERS_MAX).connect_with(options).await?)
}

/// Makes a database in memory. It lives in its only connection, which is therefore never closed.
pub(crate) async fn open_memory() -> Result<Pool, StoreError> {
    let options = options().in_memory(true).journal_mode(SqliteJournalMode::Memory);
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?;
    migrate(&pool).await?;
    Ok(pool)
}

async fn migrate(pool: &Pool) -> Result<(), StoreError> {
    Ok(sqlx::migrate!("migrations/sqlite").run(pool).await?)
}
