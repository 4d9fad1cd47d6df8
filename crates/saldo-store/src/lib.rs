#![doc = include_str!("../README.md")]

mod columns;
mod compression;
mod error;
mod form;
mod sqlite;
mod statement;

mod company;
mod connection;
mod lease;
mod secret;

mod figures;
mod foreign;
mod group;
mod latest;
mod record;
mod slot;
mod state;
mod stock;
mod subledger;

mod amended;
mod closing;
mod policy;
mod undo;

mod late;
mod outbox;
mod pending;
mod progress;
mod withdrawal;

mod attempt;
mod batch;

mod receipt;
mod sums;

mod acknowledged;
mod bank;
mod draft;
mod entries;
mod feed;

mod note;
mod observation;

mod explain;
mod rebuild;
mod size;

pub use acknowledged::AcknowledgedDocument;
pub use attempt::{Attempt, AttemptOutcome, AttemptResult, AttemptStatus, Failed, Purpose};
pub use bank::NewBankRows;
pub use batch::Batch;
pub use company::Company;
pub use connection::{Connection, Role};
pub use entries::{BookedDocument, EntryFilter, EntryPages};
pub use error::StoreError;
pub use explain::{BookedChange, RecordVersion};
pub use feed::{FeedFile, FeedOf, NewFeedFile};
pub use figures::{GroupFigures, StoredValueGroup, UnfiguredGroup};
pub use group::DirtyGroup;
pub use lease::Lease;
pub use note::Note;
pub use observation::Observation;
pub use outbox::{Approval, ChangeStatus};
pub use pending::{Blocked, LastSend, OpenCounts, Pending};
pub use policy::PolicyRevision;
pub use progress::{NotYet, OpenEntries, OpenFact, note_open};
pub use receipt::Receipt;
pub use record::{CursorRow, PageAccounts, PageCommit, PageCount, PulledRecord, Reading};
pub use secret::Key;
pub use state::{FactStanding, HeldFact, StateCounts, WaitingFact};
pub use stock::{SheetKey, StoredSheet};
pub use subledger::GroupAccount;
pub use sums::DaySum;
pub use undo::{NewUndo, Run, Undo};
pub use withdrawal::Withdrawal;

use sqlite::{Pool, Transaction};
use std::path::Path;
use std::sync::Arc;

/// Who is told that a transaction is about to write.
pub type Watch = Arc<dyn Fn() + Send + Sync>;

/// The database. Cheap to clone: all clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    /// One connection: who writes stands in line here instead of finding the file locked.
    writer: Pool,
    /// Connections that only read.
    reader: Pool,
}

impl Store {
    /// Opens the database in a file, and brings its tables up to date.
    ///
    /// # Errors
    /// Where the file does not exist and `create` does not permit to make it, where it is not a
    /// database of ours, or where it was written by a later version.
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let writer = sqlite::open_writer(path, create, None)?;
        let reader = sqlite::open_reader(path);
        Ok(Self { writer, reader })
    }

    /// Opens the database in a file, or makes it, and calls `watch` before each transaction that
    /// writes: for tests that end a process at every effect that it has.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_watched(path: &Path, watch: Watch) -> Result<Self, StoreError> {
        let writer = sqlite::open_writer(path, true, Some(watch))?;
        let reader = sqlite::open_reader(path);
        Ok(Self { writer, reader })
    }

    /// A new database in memory, gone with its last clone.
    ///
    /// # Errors
    /// Where there is not enough memory.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let pool = sqlite::open_memory()?;
        Ok(Self { writer: pool.clone(), reader: pool })
    }

    /// Waits until what is under way has ended, and closes the database.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Begins to write. Nobody else can until it ends.
    async fn begin(&self) -> Result<Transaction, StoreError> {
        self.writer.begin_to_write().await
    }
}

#[cfg(test)]
impl Store {
    /// How the database would carry a statement out, step by step.
    async fn query_plan(&self, statement: statement::Statement<'_>) -> Vec<String> {
        let mut query = statement.query();
        query.text = format!("explain query plan {}", query.text).into();
        let steps: Vec<(i64, i64, i64, String)> = query.fetch_all(&self.reader).await.unwrap();
        steps.into_iter().map(|(_, _, _, step)| step).collect()
    }
}
