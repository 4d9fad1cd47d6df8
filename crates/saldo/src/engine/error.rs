//! What can stop the engine.

use super::{BankError, FeedError, ProofReport, SyncReport};
use jiff::civil::Date;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::ledger::Unbalanced;
use saldo_core::money::MoneyError;
use saldo_core::policy::PolicyError;
use saldo_core::text::ConnectionId;
use saldo_store::StoreError;
use std::collections::BTreeSet;
use thiserror::Error;

/// Why the engine stopped. What it had stored is whole; the next run goes on from there.
#[derive(Debug, Error)]
pub(crate) enum EngineError {
    /// A vendor, or the way to it.
    #[error("{connection}: {fault}")]
    World {
        /// Which connection.
        connection: ConnectionId,
        /// What failed, and what it permits.
        fault: Fault,
    },
    /// Some connections failed. What the others brought is entered.
    #[error("{}", lines(failed))]
    Partly {
        /// What was done all the same.
        done: SyncReport,
        /// Why each of the others failed.
        failed: Vec<EngineError>,
    },
    /// Some books could not be proved. The others were.
    #[error("{}", lines(failed))]
    Unproved {
        /// What was found all the same.
        report: Box<ProofReport>,
        /// Why each of the others could not be proved.
        failed: Vec<EngineError>,
    },
    /// The connection names an adapter that this program does not have.
    #[error("connection `{0}` is of a kind that this version does not know")]
    UnknownAdapter(ConnectionId),
    /// The connection lacks something that its adapter must know.
    #[error("connection `{connection}`: {reason}")]
    Settings {
        /// Which connection.
        connection: ConnectionId,
        /// What is missing.
        reason: String,
    },
    /// The company has no such connection.
    #[error("there is no book `{0}`: see `saldo status` for the connections")]
    NoSuchBook(String),
    /// A day of a closed period was named.
    #[error("{wanted} is closed: the first open day is {first_open}")]
    DayClosed {
        /// The day that was named.
        wanted: Date,
        /// The first open day.
        first_open: Date,
    },
    /// Nothing is known by this name.
    #[error("nothing is known by the name `{0}`")]
    NothingKnown(String),
    /// Statements of banks.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// Files of bank rows.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was kept of stock cannot be read.
    #[error("what is kept of stock cannot be read ({0}): `saldo rebuild` works it out anew")]
    Stock(String),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Amounts too large to be summed.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// Amounts that do not balance.
    #[error(transparent)]
    Unbalanced(#[from] Unbalanced),
}

impl EngineError {
    /// Whether the same command may succeed later without anybody doing anything.
    pub(crate) fn is_worth_another_try(&self) -> bool {
        match self {
            Self::World { fault, .. } => !matches!(fault.permits, Permit::Never | Permit::LogIn),
            Self::Store(StoreError::LeaseHeld { .. } | StoreError::LeaseLost(_)) => true,
            Self::Partly { failed, .. } | Self::Unproved { failed, .. } => {
                failed.iter().any(Self::is_worth_another_try)
            }
            _ => false,
        }
    }

    /// Whether it only means that a vendor that makes the calls does not call now: what is meant
    /// for it waits, and nothing failed.
    pub(super) fn waits_for_call(&self) -> bool {
        matches!(self, Self::World { fault, .. } if fault.permits == Permit::WhenCalled)
    }

    /// Whether it stops one connection alone, so that the others can go on.
    pub(super) fn is_of_one_connection(&self) -> bool {
        matches!(
            self,
            Self::World { .. }
                | Self::Settings { .. }
                | Self::Store(StoreError::LeaseHeld { .. } | StoreError::LeaseLost(_))
        )
    }
}

/// The outcome for one connection. What stops that one alone is set aside, and the others go on.
pub(super) fn set_aside<T: Default>(
    outcome: Result<T, EngineError>,
    failed: &mut Vec<EngineError>,
) -> Result<T, EngineError> {
    match outcome {
        Err(error) if error.is_of_one_connection() => {
            failed.push(error);
            Ok(T::default())
        }
        outcome => outcome,
    }
}

/// What was done, or that it is only a part. What stopped a connection twice is said once; that a
/// vendor's next call is waited for is no failure.
///
/// # Errors
/// [`EngineError::Partly`] where something was set aside.
pub(super) fn ended(
    done: SyncReport,
    mut failed: Vec<EngineError>,
) -> Result<SyncReport, EngineError> {
    let mut said = BTreeSet::new();
    failed.retain(|error| !error.waits_for_call() && said.insert(error.to_string()));
    match failed.is_empty() {
        true => Ok(done),
        false => Err(EngineError::Partly { done, failed }),
    }
}

/// One error a line.
fn lines(errors: &[EngineError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(book: &str, permits: Permit) -> EngineError {
        let fault = Fault::new(permits, "as the test says");
        EngineError::World { connection: ConnectionId::new(book), fault }
    }

    #[test]
    fn a_book_whose_vendor_will_call_is_no_failure_and_holds_nobody_up() {
        let mut aside = Vec::new();
        let waits = failed("a", Permit::WhenCalled);
        assert!(waits.is_worth_another_try());
        set_aside::<()>(Err(waits), &mut aside).unwrap();
        assert!(ended(SyncReport::default(), aside).is_ok());
        let both = vec![failed("a", Permit::WhenCalled), failed("b", Permit::Retry)];
        let Err(EngineError::Partly { failed, .. }) = ended(SyncReport::default(), both) else {
            panic!("one of them failed");
        };
        assert_eq!(failed.len(), 1);
        assert!(failed[0].to_string().starts_with("b: "));
    }
}
