//! The desk: where one worker at a time accounts, approves, decides and rebuilds for a company.
//! Entries, approvals and the policy that they follow from are of one piece while it is taken.

use super::{Engine, EngineError, LEASE};
use jiff::Timestamp;
use saldo_core::policy::Policy;
use saldo_core::text::CompanyId;
use saldo_store::{Lease, Store};

/// The right to work at the desk, and the policy that holds as long as it lasts.
pub(super) struct Desk {
    /// The company's lease.
    pub(super) lease: Lease,
    /// The latest revision: nobody can add another one meanwhile.
    pub(super) policy: Policy,
}

impl Engine {
    /// Takes the desk, where nobody else has it.
    pub(super) async fn take_desk(&self) -> Result<Desk, EngineError> {
        let (now, company) = (self.clock.now(), self.company_id());
        let lease = self.store.acquire_company_lease(company, &self.holder, now, LEASE).await?;
        match Self::policy_of(&self.store, &self.company).await {
            Ok(policy) => Ok(Desk { lease, policy }),
            Err(error) => {
                self.store.release_lease(&lease).await?;
                Err(error)
            }
        }
    }

    /// Gives the desk back.
    pub(super) async fn leave_desk(&self, desk: Desk) -> Result<(), EngineError> {
        Ok(self.store.release_lease(&desk.lease).await?)
    }
}

/// Adds a revision of the policy, and returns its number.
///
/// # Errors
/// Where somebody else is at the desk, by name.
pub(crate) async fn decide(
    store: &Store,
    company: &CompanyId,
    holder: &str,
    text: &str,
    now: Timestamp,
) -> Result<i64, EngineError> {
    let lease = store.acquire_company_lease(company, holder, now, LEASE).await?;
    let revision = store.add_policy(&lease, text, now).await;
    let released = store.release_lease(&lease).await;
    let revision = revision?;
    released?;
    Ok(revision)
}
