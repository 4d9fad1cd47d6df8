//! What can go wrong with the database.

use jiff::Timestamp;
use saldo_core::money::MoneyError;
use saldo_core::text::ConnectionId;
use thiserror::Error;

/// Why the database did not do what was asked. Nothing was then written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another worker has the connection, or the company.
    #[error("{} is held by {holder} until {until}", leased(connection))]
    LeaseHeld {
        /// The connection; empty for the company itself.
        connection: ConnectionId,
        /// Who holds it.
        holder: String,
        /// Until when, unless it is renewed or given back.
        until: Timestamp,
    },
    /// Another worker took the connection, or the company, over: whoever sees this must stop.
    #[error("the lease of {} was lost to another worker", leased(.0))]
    LeaseLost(ConnectionId),
    /// There is no such thing.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// It exists already.
    #[error("{what} `{id}` exists already")]
    Exists {
        /// What kind of thing.
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// A change of this identity was approved before, with other content.
    #[error("change `{0}` was approved before with other content")]
    ChangeDiffers(String),
    /// A batch of this identity was sent before, with other members or another token.
    #[error("batch `{0}` was sent before with other content")]
    BatchDiffers(String),
    /// A change must not be sent now: it is acknowledged, refused, or out in another batch whose
    /// effect is not known.
    #[error("change `{id}` cannot be sent: {reason}")]
    NotSendable {
        /// The change.
        id: String,
        /// Why not.
        reason: &'static str,
    },
    /// A change must not be withdrawn: it is in the book, or may be.
    #[error("change `{0}` cannot be withdrawn: it may be in the book")]
    NotWithdrawable(String),
    /// A change must not be adopted: it was not withdrawn, or what came of its sends is known.
    #[error("change `{0}` cannot be adopted: nothing of it can have landed unheard")]
    NotAdoptable(String),
    /// A result was given for something that the batch does not contain.
    #[error("change `{id}` is not in batch `{batch}`")]
    NotInBatch {
        /// The batch.
        batch: String,
        /// The change.
        id: String,
    },
    /// A page holds a record of another connection than its lease.
    #[error("a record of connection `{found}` came with the lease of `{leased}`")]
    WrongConnection {
        /// The connection of the lease.
        leased: ConnectionId,
        /// The connection of the record.
        found: ConnectionId,
    },
    /// The key does not open the secret: it is another key, or the secret was moved or altered.
    #[error("secret `{0}` cannot be opened with this key")]
    Sealed(String),
    /// The operating system gave no random bytes, or the secret is too long to seal.
    #[error("a secret could not be sealed: {0}")]
    NotSealed(&'static str),
    /// Something stored cannot be read: the file was damaged or altered from outside.
    #[error("a stored {what} cannot be read: {reason}")]
    Unreadable {
        /// What kind of thing.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A value cannot be written down.
    #[error("a value cannot be stored: {0}")]
    Unwritable(String),
    /// An amount is too large.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The database has tables of a later version of this program, or of one that was never
    /// released.
    #[error("the database was written by another version of this program")]
    OtherTables,
    /// For a long time no connection to the database was free.
    #[error("the database is in use")]
    Busy,
    /// The database was closed.
    #[error("the database is closed")]
    Closed,
    /// The file of the database cannot be made.
    #[error("the file of the database cannot be made: {0}")]
    NotMade(std::io::Error),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

/// What a lease is for.
fn leased(connection: &ConnectionId) -> String {
    match connection.as_str() {
        "" => "the company".to_owned(),
        name => format!("connection `{name}`"),
    }
}

impl StoreError {
    pub(crate) fn not_found(what: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { what, id: id.into() }
    }

    pub(crate) fn unreadable(what: &'static str, reason: impl ToString) -> Self {
        Self::Unreadable { what, reason: reason.to_string() }
    }
}
