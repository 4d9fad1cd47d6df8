//! The desk: where one worker at a time accounts, approves, decides and rebuilds for a company.
//! Entries, approvals and the policy that they follow from are of one piece while it is taken.

use super::import::as_it_is;
use super::{Engine, EngineError, LEASE};
use jiff::Timestamp;
use saldo_core::policy::Policy;
use saldo_core::text::CompanyId;
use saldo_store::{Connection, Lease, Role, Store};

/// The right to work at the desk, and the policy that holds as long as it lasts.
pub(super) struct Desk {
    /// The company's lease.
    pub(super) lease: Lease,
    /// The latest revision: nobody can add another one meanwhile.
    pub(super) policy: Policy,
    /// The leases of the channels that nobody may hear meanwhile.
    pub(super) channels: Vec<Lease>,
}

impl Engine {
    /// Takes the desk, where nobody else has it.
    pub(super) async fn take_desk(&self) -> Result<Desk, EngineError> {
        let (now, company) = (self.clock.now(), self.company_id());
        let lease = self.store.acquire_company_lease(company, &self.holder, now, LEASE).await?;
        match Self::policy_of(&self.store, &self.company).await {
            Ok(policy) => Ok(Desk { lease, policy, channels: Vec::new() }),
            Err(error) => {
                self.store.release_lease(&lease).await?;
                Err(error)
            }
        }
    }

    /// Takes all channels to the desk, and what the owner decides, and returns them as they are.
    /// Those that were taken when another is not to be had are given back with the desk.
    pub(super) async fn take_channels(
        &self,
        desk: &mut Desk,
    ) -> Result<Vec<Connection>, EngineError> {
        let mut channels = Vec::new();
        for connection in self.connections(Role::Channel).await? {
            let lease = self.lease(&connection).await?;
            desk.channels.push(lease.clone());
            channels.push(as_it_is(self, &lease, &connection).await?);
        }
        for owner in self.connections(Role::Owner).await? {
            desk.channels.push(self.lease(&owner).await?);
            channels.push(owner);
        }
        Ok(channels)
    }

    /// Keeps the desk for longer, and the channels at it.
    pub(super) async fn keep_desk(&self, desk: &Desk) -> Result<(), EngineError> {
        for lease in std::iter::once(&desk.lease).chain(&desk.channels) {
            self.keep(lease).await?;
        }
        Ok(())
    }

    /// Gives the desk back, and the channels at it.
    pub(super) async fn leave_desk(&self, desk: Desk) -> Result<(), EngineError> {
        let mut left = Ok(());
        for lease in desk.channels.iter().chain([&desk.lease]) {
            let released = self.store.release_lease(lease).await;
            left = left.and(released);
        }
        Ok(left?)
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

/// Adds the revision of the policy that a change makes of the latest one, and returns its number;
/// none where the change makes nothing of it. The text is read once the desk is taken, so that no
/// change is lost that somebody else makes meanwhile.
///
/// # Errors
/// Where somebody else is at the desk, by name; and what the change says.
pub(crate) async fn revise<E: From<EngineError>>(
    store: &Store,
    company: &CompanyId,
    holder: &str,
    now: Timestamp,
    change: impl FnOnce(&str) -> Result<Option<String>, E>,
) -> Result<Option<i64>, E> {
    let taken = store.acquire_company_lease(company, holder, now, LEASE).await;
    let lease = taken.map_err(EngineError::from)?;
    let revision = revise_leased(store, &lease, now, change).await;
    let released = store.release_lease(&lease).await.map_err(EngineError::from);
    let revision = revision?;
    released?;
    Ok(revision)
}

async fn revise_leased<E: From<EngineError>>(
    store: &Store,
    lease: &Lease,
    now: Timestamp,
    change: impl FnOnce(&str) -> Result<Option<String>, E>,
) -> Result<Option<i64>, E> {
    let latest = store.policy(lease.company()).await.map_err(EngineError::from)?;
    let before = latest.map_or_else(String::new, |revision| revision.text);
    let Some(text) = change(&before)? else { return Ok(None) };
    let revision = store.add_policy(lease, &text, now).await.map_err(EngineError::from)?;
    Ok(Some(revision))
}
