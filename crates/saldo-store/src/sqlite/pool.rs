//! Connections, each used by one at a time.

use super::BUSY_TIMEOUT;
use super::session::Session;
use crate::{StoreError, Watch};
use rusqlite::Connection;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How a further connection is opened.
type Open = Box<dyn Fn() -> rusqlite::Result<Connection> + Send + Sync>;

/// Connections to one database. Cheap to clone: all clones share them.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);

struct Inner {
    /// Those that nobody uses. A database in memory lives in its only one.
    idle: Mutex<Vec<Session>>,
    /// One permit for each connection that there may be.
    free: Arc<Semaphore>,
    connections_max: u32,
    open: Option<Open>,
    watch: Option<Watch>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// One connection; whoever watches is called each time it is taken.
    pub(super) fn of_one(connection: Connection, watch: Option<Watch>) -> Self {
        Self::new(vec![Session::new(connection)], 1, None, watch)
    }

    /// Up to so many connections, each opened when it is first needed.
    pub(super) fn of_many(connections_max: u32, open: Open) -> Self {
        Self::new(Vec::new(), connections_max, Some(open), None)
    }

    fn new(
        idle: Vec<Session>,
        connections_max: u32,
        open: Option<Open>,
        watch: Option<Watch>,
    ) -> Self {
        let permits = usize::try_from(connections_max).unwrap_or(Semaphore::MAX_PERMITS);
        let (idle, free) = (Mutex::new(idle), Arc::new(Semaphore::new(permits)));
        Self(Arc::new(Inner { idle, free, connections_max, open, watch }))
    }

    /// Takes a connection, as soon as one is free.
    async fn take(&self) -> Result<Taken, StoreError> {
        let permit = tokio::time::timeout(BUSY_TIMEOUT, self.0.free.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| StoreError::Busy)?.map_err(|_| StoreError::Closed)?;
        if let Some(watch) = &self.0.watch {
            watch();
        }
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let session = match (idle, &self.0.open) {
            (Some(session), _) => session,
            (None, Some(open)) => Session::new(open()?),
            (None, None) => return Err(StoreError::Closed),
        };
        Ok(Taken { session: Some(session), pool: self.clone(), _permit: permit })
    }

    /// Begins a transaction that reads: all of it sees the same.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(self.take().await?, "begin")
    }

    /// Begins a transaction that writes. It takes the write lock at once: one that began by reading
    /// could not be sure to get it.
    pub(crate) async fn begin_to_write(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(self.take().await?, "begin immediate")
    }

    /// Waits until nobody uses a connection, and closes them all.
    pub(crate) async fn close(&self) {
        let all = self.0.free.acquire_many(self.0.connections_max).await;
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.0.free.close();
        drop(all);
    }
}

/// A connection that is in use; given back when it is dropped.
pub(crate) struct Taken {
    /// There until it is given back.
    session: Option<Session>,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Deref for Taken {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().expect("it is given back only when this is dropped")
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut idle = self.pool.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.session.take());
    }
}

/// A transaction. Where it is dropped before it is committed, nothing of it was written.
pub(crate) struct Transaction {
    session: Taken,
    open: bool,
}

impl Transaction {
    fn begin(session: Taken, how: &str) -> Result<Self, StoreError> {
        session.run(how)?;
        Ok(Self { session, open: true })
    }

    /// Writes everything; it is on disk when this returns.
    #[expect(clippy::unused_async, reason = "a database elsewhere would be waited for")]
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.session.run("commit")?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.open {
            // It fails where the database has rolled back by itself, after an error of the disk.
            drop(self.session.run("rollback"));
        }
    }
}

/// What statements are run on: any free connection, or the one of a transaction.
pub(crate) trait Executor {
    /// The connection, as long as it is needed.
    type Held: Deref<Target = Session>;

    /// Waits for it.
    async fn session(self) -> Result<Self::Held, StoreError>;
}

impl Executor for &Pool {
    type Held = Taken;

    async fn session(self) -> Result<Taken, StoreError> {
        self.take().await
    }
}

impl<'t> Executor for &'t mut Transaction {
    type Held = &'t Session;

    async fn session(self) -> Result<&'t Session, StoreError> {
        Ok(&self.session)
    }
}
