//! Fetching: a vendor grants another access token for the client's credentials or for a refresh
//! token.

use super::super::carrier::{Carrier, Credential};
use super::super::clock::later;
use super::super::grant::{Granted, Refused, basic, read_answer, token_request};
use super::{Fresh, Obtained, State, TokenKeeper, log_in, name, same};
use saldo_core::exchange::{Fault, Grant, HttpRequest, Permit};
use saldo_core::text::Secret;
use std::time::Duration;
use zeroize::Zeroize;

/// How long before the end of a sign-in it is spoken of.
const SIGN_IN_ENDS_SOON: Duration = Duration::from_secs(14 * 86_400);

impl TokenKeeper {
    /// Fetches with the client's credentials alone.
    pub(super) async fn by_client_credentials(
        &self,
        token_address: &str,
        carrier: &Carrier,
    ) -> Result<Obtained, Fault> {
        let stored = self.store.load(name::CLIENT_ID).await?;
        if stored.is_none() && self.store.load(name::ACCESS_TOKEN).await?.is_some() {
            return Err(log_in("the vendor refuses the access token: make another one"));
        }
        let client_id = self.needed(name::CLIENT_ID).await?;
        let client_secret = self.needed(name::CLIENT_SECRET).await?;
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id.expose()),
            ("client_secret", client_secret.expose()),
        ];
        let request = token_request(self.addresses.get(token_address)?, &fields);
        match ask(request, None, carrier).await? {
            Ok(granted) => Ok(Obtained::FromVendor(self.fresh(granted))),
            Err(Refused::InvalidGrant) => Err(refused_otherwise("invalid_grant")),
            Err(Refused::Otherwise(what)) => Err(refused_otherwise(&what)),
        }
    }

    /// Refreshes. Where the refresh token is not taken, another process may have used it and
    /// stored its successor, or died before it stored one: the newest stored token, or else the
    /// one before, is tried once.
    pub(super) async fn by_refresh_token(
        &self,
        token_address: &str,
        state: &State,
        carrier: &Carrier,
    ) -> Result<Obtained, Fault> {
        let first = self.needed(name::REFRESH_TOKEN).await?;
        match self.refresh(token_address, &first, carrier).await? {
            Ok(granted) => return Ok(Obtained::FromVendor(self.fresh(granted))),
            Err(Refused::Otherwise(what)) => return Err(refused_otherwise(&what)),
            Err(Refused::InvalidGrant) => {}
        }
        if let Some(held) = self.load_held().await?
            && state.is_usable(&held, self.clock.now())
        {
            return Ok(Obtained::FromStore(held));
        }
        let newest = self.store.load(name::REFRESH_TOKEN).await?;
        let previous = self.store.previous(name::REFRESH_TOKEN).await?;
        let second = [newest, previous].into_iter().flatten().find(|token| !same(token, &first));
        let over = || log_in("the sign-in has ended or was revoked at the vendor: sign in again");
        let second = second.ok_or_else(over)?;
        tracing::info!("the refresh token was not taken, another stored one is tried");
        match self.refresh(token_address, &second, carrier).await? {
            Ok(granted) => {
                let refresh = granted.refresh.clone().unwrap_or(second);
                let granted = Granted { refresh: Some(refresh), ..granted };
                Ok(Obtained::FromVendor(self.fresh(granted)))
            }
            Err(Refused::InvalidGrant) => Err(over()),
            Err(Refused::Otherwise(what)) => Err(refused_otherwise(&what)),
        }
    }

    async fn refresh(
        &self,
        token_address: &str,
        refresh_token: &Secret,
        carrier: &Carrier,
    ) -> Result<Result<Granted, Refused>, Fault> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        self.ask_as_client(token_address, &fields, carrier).await
    }

    /// Sends a request for tokens that shows who the client is.
    pub(super) async fn ask_as_client(
        &self,
        token_address: &str,
        fields: &[(&str, &str)],
        carrier: &Carrier,
    ) -> Result<Result<Granted, Refused>, Fault> {
        let client_id = self.needed(name::CLIENT_ID).await?;
        let address = self.addresses.get(token_address)?;
        match self.client_secret().await? {
            Some(client_secret) => {
                let request = token_request(address, fields);
                ask(request, Some(&basic(&client_id, &client_secret)), carrier).await
            }
            None => {
                let named = [fields, &[("client_id", client_id.expose())]].concat();
                ask(token_request(address, &named), None, carrier).await
            }
        }
    }

    /// The client's secret; none where it has none, and may sign in without.
    pub(super) async fn client_secret(&self) -> Result<Option<Secret>, Fault> {
        match self.authorisation.grant {
            Grant::AuthorizationCode { without_secret: true, .. } => {
                self.store.load(name::CLIENT_SECRET).await
            }
            _ => self.needed(name::CLIENT_SECRET).await.map(Some),
        }
    }

    /// What was granted, with the instant of its expiry.
    pub(super) fn fresh(&self, granted: Granted) -> Fresh {
        if let Some(left) = granted.refresh_lifetime.filter(|left| *left < SIGN_IN_ENDS_SOON) {
            tracing::warn!(days = left.as_secs() / 86_400, "the sign-in of a connection ends soon");
        }
        let expires = later(self.clock.now(), granted.lifetime);
        Fresh { access: granted.access, expires, refresh: granted.refresh }
    }
}

/// Sends a request for tokens. What is in doubt here is a token only, not what is wanted with it:
/// nothing speaks against asking again.
async fn ask(
    mut request: HttpRequest,
    client: Option<&Credential>,
    carrier: &Carrier,
) -> Result<Result<Granted, Refused>, Fault> {
    let answer = carrier.send(&request, client).await;
    request.body.zeroize();
    let mut answer = answer.map_err(|fault| match fault.permits {
        Permit::InDoubt => Fault::new(Permit::Retry, "the answer with the access token was lost"),
        _ => fault,
    })?;
    let read = read_answer(&answer);
    answer.body.zeroize();
    read
}

/// The fault of a client that the vendor does not accept.
pub(super) fn refused_otherwise(what: &str) -> Fault {
    log_in(&format!("the vendor refuses the client id or secret ({what}): check them"))
}
