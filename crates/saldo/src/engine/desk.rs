//! The desk: where one worker at a time accounts, approves, decides and rebuilds for a company.
//! Entries, approvals and the policy that they follow from are of one piece while it is taken.

use super::import::as_it_is;
use super::period::first_open_day;
use super::{Engine, EngineError, LEASE};
use jiff::Timestamp;
use jiff::civil::Date;
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
        let take = || self.store.acquire_company_lease(company, &self.holder, now, LEASE);
        let taken = take().await;
        let lease = match self.is_freed(&taken).await? {
            true => take().await?,
            false => taken?,
        };
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

/// Who revises a policy, whose, and from which day on.
#[derive(Clone, Copy)]
pub(crate) struct Reviser<'a> {
    /// The company.
    pub(crate) company: &'a CompanyId,
    /// Who works, for whoever finds the desk taken.
    pub(crate) holder: &'a str,
    /// The first books day that the revision holds for. Where none is named, it holds for the days
    /// of the revision before, as far as they are open.
    pub(crate) since: Option<Date>,
    /// The time.
    pub(crate) now: Timestamp,
}

/// Adds a revision of the policy, and returns its number.
///
/// # Errors
/// Where somebody else is at the desk, by name; [`EngineError::DayClosed`].
pub(crate) async fn decide(
    store: &Store,
    reviser: Reviser<'_>,
    text: &str,
) -> Result<i64, EngineError> {
    let change = |_: &str| Ok::<_, EngineError>(Some(text.to_owned()));
    let revision = revise(store, reviser, change).await?;
    Ok(revision.expect("the change always makes a text"))
}

/// Adds the revision of the policy that a change makes of the latest one, and returns its number;
/// none where the change makes nothing of it. The text is read once the desk is taken, so that no
/// change is lost that somebody else makes meanwhile.
///
/// # Errors
/// As [`decide`]; and what the change says.
pub(crate) async fn revise<E: From<EngineError>>(
    store: &Store,
    reviser: Reviser<'_>,
    change: impl FnOnce(&str) -> Result<Option<String>, E>,
) -> Result<Option<i64>, E> {
    let Reviser { company, holder, now, .. } = reviser;
    let taken = store.acquire_company_lease(company, holder, now, LEASE).await;
    let lease = taken.map_err(EngineError::from)?;
    let revision = revise_leased(store, &lease, reviser, change).await;
    let released = store.release_lease(&lease).await.map_err(EngineError::from);
    let revision = revision?;
    released?;
    Ok(revision)
}

async fn revise_leased<E: From<EngineError>>(
    store: &Store,
    lease: &Lease,
    reviser: Reviser<'_>,
    change: impl FnOnce(&str) -> Result<Option<String>, E>,
) -> Result<Option<i64>, E> {
    let latest = store.policy(lease.company()).await.map_err(EngineError::from)?;
    let (before, held_since) =
        latest.map_or_else(Default::default, |revision| (revision.text, revision.since));
    let Some(text) = change(&before)? else { return Ok(None) };
    let since = first_day(store, reviser, held_since).await?;
    let added = store.add_policy(lease, &text, since, reviser.now).await;
    Ok(Some(added.map_err(EngineError::from)?))
}

/// The first day of a revision: what happened in a closed period keeps the policy of its day.
async fn first_day(
    store: &Store,
    reviser: Reviser<'_>,
    held_since: Option<Date>,
) -> Result<Option<Date>, EngineError> {
    let first_open = first_open_day(store, reviser.company).await?;
    match (reviser.since, first_open) {
        (Some(wanted), Some(first_open)) if wanted < first_open => {
            Err(EngineError::DayClosed { wanted, first_open })
        }
        (Some(wanted), _) => Ok(Some(wanted)),
        (None, first_open) => Ok(held_since.max(first_open)),
    }
}
