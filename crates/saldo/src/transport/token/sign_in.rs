//! Signing in: the owner's browser goes to the vendor and comes back with a code, which is turned
//! into tokens.

use super::super::carrier::Carrier;
use super::super::grant::{Refused, challenge, sign_in_address};
use super::fetch::refused_otherwise;
use super::{TokenKeeper, log_in, name};
use saldo_core::exchange::{Fault, Grant, Permit};

impl TokenKeeper {
    /// The address to which the owner's browser goes to sign in. The state comes back with the
    /// code, and must be unguessable; so must the verifier, which proves a client that has no
    /// secret when the code is turned into tokens.
    ///
    /// # Errors
    /// Where the vendor's grant knows no sign-in, or the client id is missing.
    pub(crate) async fn authorise_url(
        &self,
        state: &str,
        verifier: &str,
        redirect_uri: &str,
    ) -> Result<String, Fault> {
        let Grant::AuthorizationCode { authorise_address, scopes, .. } = self.authorisation.grant
        else {
            return Err(no_sign_in());
        };
        let client_id = self.needed(name::CLIENT_ID).await?;
        let challenge = challenge(verifier);
        let mut query = vec![
            ("client_id", client_id.expose()),
            ("response_type", "code"),
            ("scope", scopes),
            ("redirect_uri", redirect_uri),
            ("state", state),
        ];
        if self.client_secret().await?.is_none() {
            query.extend([("code_challenge", &*challenge), ("code_challenge_method", "S256")]);
        }
        sign_in_address(self.addresses.get(authorise_address)?, &query)
    }

    /// Turns the code of a sign-in into tokens, and stores them.
    ///
    /// # Errors
    /// `LogIn` where the code is not taken: it works once, for minutes.
    pub(crate) async fn exchange_code(
        &self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        carrier: &Carrier,
    ) -> Result<(), Fault> {
        let Grant::AuthorizationCode { token_address, .. } = self.authorisation.grant else {
            return Err(no_sign_in());
        };
        let mut state = self.state.lock().await;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        ];
        if self.client_secret().await?.is_none() {
            fields.push(("code_verifier", verifier));
        }
        let granted = self.ask_as_client(token_address, &fields, carrier).await?;
        let granted = granted.map_err(|refused| match refused {
            Refused::InvalidGrant => {
                log_in("the vendor does not take the sign-in's code any more: sign in again")
            }
            Refused::Otherwise(what) => refused_otherwise(&what),
        })?;
        state.unstored = Some(self.fresh(granted));
        self.settle(&mut state).await
    }
}

fn no_sign_in() -> Fault {
    Fault::new(
        Permit::Never,
        "this vendor is authorised by client id and secret, not by signing in",
    )
}
