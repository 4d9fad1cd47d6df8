//! Access tokens: had once, kept with their expiry, replaced in time, stored before use.

mod fetch;
mod sign_in;

use super::carrier::{Carrier, Credential};
use super::clock::{Clock, later};
use jiff::Timestamp;
use saldo_core::exchange::{Addresses, Authorisation, Fault, Grant, Permit};
use saldo_core::text::Secret;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The names under which a connection's secrets are stored.
pub(crate) mod name {
    /// What the vendor calls our client.
    pub(crate) const CLIENT_ID: &str = "client-id";
    /// The client's password.
    pub(crate) const CLIENT_SECRET: &str = "client-secret";
    /// The newest refresh token.
    pub(crate) const REFRESH_TOKEN: &str = "refresh-token";
    /// The newest access token.
    pub(crate) const ACCESS_TOKEN: &str = "access-token";
    /// When it expires, an RFC 3339 instant. Without it the access token is one that never does.
    pub(crate) const ACCESS_TOKEN_EXPIRES: &str = "access-token-expires";
}

/// How long before its expiry an access token is replaced, so that none expires on its way.
const EARLIER: Duration = Duration::from_secs(120);

/// What a store answers in its own time.
pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// Where the secrets of one connection are stored.
pub(crate) trait TokenStore: Send + Sync {
    /// The secret of this name.
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>>;

    /// Stores a secret for good; what stood there becomes the previous one.
    fn save<'a>(&'a self, name: &'a str, secret: &'a Secret) -> Pending<'a, ()>;

    /// What stood under this name before it was last stored.
    fn previous<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>>;
}

/// Keeps the access token of one connection. However many ask at once, one token is fetched.
pub(crate) struct TokenKeeper {
    authorisation: Authorisation,
    addresses: Addresses,
    store: Arc<dyn TokenStore>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The last token that the vendor refused, or that an adapter called spent.
    spent: Option<Secret>,
    /// What was granted and is not stored yet. It waits here if the store fails, since the vendor
    /// may have made the stored refresh token worthless by it.
    unstored: Option<Fresh>,
}

struct Held {
    token: Secret,
    expires: Option<Timestamp>,
}

/// Tokens fresh from the vendor.
struct Fresh {
    access: Secret,
    expires: Timestamp,
    refresh: Option<Secret>,
}

/// Where another access token came from.
enum Obtained {
    FromVendor(Fresh),
    FromStore(Held),
}

impl State {
    fn usable(&self, now: Timestamp) -> Option<Secret> {
        self.held.as_ref().filter(|held| self.is_usable(held, now)).map(|held| held.token.clone())
    }

    fn is_usable(&self, held: &Held, now: Timestamp) -> bool {
        held.expires.is_none_or(|expires| later(now, EARLIER) < expires)
            && self.spent.as_ref().is_none_or(|spent| !same(spent, &held.token))
    }
}

impl TokenKeeper {
    /// Keeps the access token of a connection whose vendor is authorised so.
    pub(crate) fn new(
        authorisation: Authorisation,
        addresses: Addresses,
        store: Arc<dyn TokenStore>,
        clock: Clock,
    ) -> Self {
        Self { authorisation, addresses, store, clock, state: Mutex::default() }
    }

    /// The access token: the one held or stored if it is still good, otherwise a new one.
    ///
    /// # Errors
    /// `LogIn` where a person must sign in or fill in a secret. Never `InDoubt`: a token that was
    /// lost on the way is fetched again.
    pub(crate) async fn token(&self, carrier: &Carrier) -> Result<Secret, Fault> {
        let mut state = self.state.lock().await;
        self.current(&mut state, carrier).await
    }

    /// Another access token than this one, which the vendor refused. Where somebody else has
    /// replaced it meanwhile, that one.
    ///
    /// # Errors
    /// As [`TokenKeeper::token`].
    pub(crate) async fn renew(&self, spent: &Secret, carrier: &Carrier) -> Result<Secret, Fault> {
        let mut state = self.state.lock().await;
        state.spent = Some(spent.clone());
        self.current(&mut state, carrier).await
    }

    /// Takes the held token for spent, after a fault that permits
    /// [`Refresh`](Permit::Refresh): the next request fetches another.
    pub(crate) async fn spend(&self) {
        let mut state = self.state.lock().await;
        if let Some(held) = &state.held {
            state.spent = Some(held.token.clone());
        }
    }

    /// What shows this token in a request.
    pub(crate) fn credential(&self, token: &Secret) -> Credential {
        let Authorisation { header, prefix, .. } = self.authorisation;
        Credential { header, value: Secret::new(format!("{prefix}{}", token.expose())) }
    }

    async fn current(&self, state: &mut State, carrier: &Carrier) -> Result<Secret, Fault> {
        self.settle(state).await?;
        if let Some(token) = state.usable(self.clock.now()) {
            return Ok(token);
        }
        // Another process may have fetched one.
        state.held = self.load_held().await?;
        if let Some(token) = state.usable(self.clock.now()) {
            return Ok(token);
        }
        let obtained = match self.authorisation.grant {
            Grant::ClientCredentials { token_address } => {
                self.by_client_credentials(token_address, carrier).await?
            }
            Grant::AuthorizationCode { token_address, .. } => {
                self.by_refresh_token(token_address, state, carrier).await?
            }
        };
        let token = match obtained {
            Obtained::FromStore(held) => {
                let token = held.token.clone();
                state.held = Some(held);
                token
            }
            Obtained::FromVendor(fresh) => {
                let token = fresh.access.clone();
                state.unstored = Some(fresh);
                self.settle(state).await?;
                token
            }
        };
        state.spent = None;
        Ok(token)
    }

    async fn load_held(&self) -> Result<Option<Held>, Fault> {
        let Some(token) = self.store.load(name::ACCESS_TOKEN).await? else {
            return Ok(None);
        };
        let expires = self.store.load(name::ACCESS_TOKEN_EXPIRES).await?;
        // What cannot be read has expired.
        let expires = expires.map(|text| text.expose().parse().unwrap_or(Timestamp::MIN));
        Ok(Some(Held { token, expires }))
    }

    /// Stores what was granted, if anything waits for it, and only then holds it for use. The
    /// refresh token goes first, since it alone cannot be had again; the access token goes last, so
    /// that none ever stands there without its expiry.
    async fn settle(&self, state: &mut State) -> Result<(), Fault> {
        let Some(Fresh { access, expires, refresh }) = &state.unstored else {
            return Ok(());
        };
        if let Some(refresh) = refresh {
            let stored = self.store.load(name::REFRESH_TOKEN).await?;
            // Storing the same again would push out the previous one.
            if stored.is_none_or(|stored| !same(&stored, refresh)) {
                self.store.save(name::REFRESH_TOKEN, refresh).await?;
            }
        }
        self.store.save(name::ACCESS_TOKEN_EXPIRES, &Secret::new(expires.to_string())).await?;
        self.store.save(name::ACCESS_TOKEN, access).await?;
        state.held = Some(Held { token: access.clone(), expires: Some(*expires) });
        state.unstored = None;
        Ok(())
    }

    async fn needed(&self, name: &str) -> Result<Secret, Fault> {
        let missing = || log_in(&format!("the connection's secret `{name}` is missing"));
        self.store.load(name).await?.ok_or_else(missing)
    }
}

fn same(one: &Secret, other: &Secret) -> bool {
    one.expose() == other.expose()
}

fn log_in(message: &str) -> Fault {
    Fault::new(Permit::LogIn, message)
}

#[cfg(test)]
mod tests;
