//! From a stored connection to a way to the world.

use super::{Engine, EngineError, LEASE};
use crate::transport::carrier::{Carrier, SharedVendor, SimCarrier};
use crate::transport::clock::Clock;
use crate::transport::http::HttpCarrier;
use crate::transport::limit::Limiter;
use crate::transport::mailbox::Mailbox;
use crate::transport::skew::Skew;
use crate::transport::slice::Spool;
use crate::transport::token::{Pending, TokenKeeper, TokenStore};
use crate::transport::{Meter, Right, Transport};
use saldo_core::exchange::{Addresses, Authorisation, Fault, Permit, RateLimit};
use saldo_core::text::{CompanyId, ConnectionId, Secret};
use saldo_store::{Connection, Key, Lease, Store, StoreError};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How connections reach the world.
#[derive(Clone)]
pub(crate) enum Wiring {
    /// Over sockets. A vendor that makes the calls itself is waited for.
    Sockets,
    /// Through its mailbox to one vendor that is calling just now; another way to the others.
    Called {
        /// Whose vendor.
        connection: ConnectionId,
        /// Where it takes its messages.
        mailbox: Mailbox,
        /// How the others reach the world.
        others: Box<Self>,
    },
    /// To simulated vendors in this process, by connection.
    #[cfg_attr(not(test), expect(dead_code, reason = "whole runs without sockets are tests"))]
    InProcess(BTreeMap<ConnectionId, SharedVendor>),
}

/// The secrets of one connection.
struct Secrets {
    store: Store,
    key: Arc<Key>,
    company: CompanyId,
    connection: ConnectionId,
}

/// The secrets of a connection, as the transport wants them.
pub(crate) fn secrets_of(
    store: &Store,
    key: &Arc<Key>,
    company: &CompanyId,
    connection: &ConnectionId,
) -> Arc<dyn TokenStore> {
    Arc::new(Secrets {
        store: store.clone(),
        key: Arc::clone(key),
        company: company.clone(),
        connection: connection.clone(),
    })
}

fn unreadable(error: &saldo_store::StoreError) -> Fault {
    Fault::new(Permit::Never, format!("the connection's secrets: {error}"))
}

impl TokenStore for Secrets {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>> {
        Box::pin(async move {
            let found = self.store.secret(&self.company, &self.connection, name, &self.key).await;
            found.map_err(|error| unreadable(&error))
        })
    }

    fn save<'a>(&'a self, name: &'a str, secret: &'a Secret) -> Pending<'a, ()> {
        Box::pin(async move {
            let saved =
                self.store.put_secret(&self.company, &self.connection, name, secret, &self.key);
            saved.await.map_err(|error| unreadable(&error))
        })
    }

    fn previous<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>> {
        Box::pin(async move {
            let found =
                self.store.previous_secret(&self.company, &self.connection, name, &self.key).await;
            found.map_err(|error| unreadable(&error))
        })
    }
}

/// The right to send for a connection: its lease.
struct Leased {
    store: Store,
    clock: Clock,
    lease: Lease,
}

impl Right for Leased {
    /// Whoever lost the lease has sent nothing. The engine asks again at once, and stops where it
    /// finds the lease lost.
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let renewed = self.store.renew_lease(&self.lease, self.clock.now(), LEASE).await;
            renewed.map(|_| ()).map_err(|error| {
                let permits = match error {
                    StoreError::LeaseLost(_) => Permit::RetryAfter(Duration::ZERO),
                    _ => Permit::Retry,
                };
                Fault::new(permits, format!("nothing was sent: {error}"))
            })
        })
    }
}

impl Engine {
    /// The way to the world for whoever holds this lease: it is renewed directly before each
    /// request, and nothing is sent once another process has it.
    pub(super) fn leased_transport(
        &self,
        lease: &Lease,
        connection: &Connection,
        addresses: &Addresses,
        authorisation: Option<&Authorisation>,
        limits: &[RateLimit],
    ) -> Result<Transport, EngineError> {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let right: Arc<dyn Right> = Arc::new(Leased { store, clock, lease: lease.clone() });
        let transport = self.transport(connection, addresses, authorisation, limits)?;
        Ok(Transport { right: Some(right), ..transport })
    }

    /// The way to the world for a connection.
    pub(super) fn transport(
        &self,
        connection: &Connection,
        addresses: &Addresses,
        authorisation: Option<&Authorisation>,
        limits: &[RateLimit],
    ) -> Result<Transport, EngineError> {
        let carrier = self.carrier(&self.wiring, &connection.id)?;
        let secrets = secrets_of(&self.store, &self.key, self.company_id(), &connection.id);
        let keeper = |authorisation: &Authorisation| {
            let clock = self.clock.clone();
            TokenKeeper::new(authorisation.clone(), addresses.clone(), Arc::clone(&secrets), clock)
        };
        Ok(Transport {
            carrier,
            tokens: authorisation.map(keeper),
            limiter: Limiter::new(limits, self.clock.clone()),
            meter: Meter::default(),
            skew: Skew::new(self.clock.clone()),
            spool: Some(Spool::new(self.folder("downloads", connection))),
            files: Some(self.data.join("books")),
            right: None,
            answered: AtomicBool::new(false),
        })
    }

    fn carrier(&self, wiring: &Wiring, reached: &ConnectionId) -> Result<Carrier, EngineError> {
        let world = |fault| EngineError::World { connection: reached.clone(), fault };
        match wiring {
            Wiring::Sockets => Ok(Carrier::Http(HttpCarrier::new().map_err(world)?)),
            Wiring::Called { connection, mailbox, .. } if connection == reached => {
                Ok(Carrier::Called(mailbox.clone()))
            }
            Wiring::Called { others, .. } => self.carrier(others, reached),
            Wiring::InProcess(vendors) => {
                let vendor = vendors.get(reached).cloned();
                let vendor = vendor.ok_or_else(|| EngineError::UnknownAdapter(reached.clone()))?;
                Ok(Carrier::Sim(SimCarrier { vendor, clock: self.clock.clone() }))
            }
        }
    }

    fn folder(&self, what: &str, connection: &Connection) -> PathBuf {
        let name: String = connection
            .id
            .as_str()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        self.data.join(what).join(format!("{}-{name}", self.company_id()))
    }

    /// The addresses that a connection uses: the vendor's own, or those given in their place.
    pub(super) fn addresses(
        connection: &Connection,
        vendor: Result<Addresses, String>,
    ) -> Result<Addresses, EngineError> {
        let mut addresses = vendor.map_err(|reason| EngineError::Settings {
            connection: connection.id.clone(),
            reason,
        })?;
        for (name, address) in &connection.addresses.0 {
            addresses.0.insert(name.clone(), address.clone());
        }
        Ok(addresses)
    }
}
