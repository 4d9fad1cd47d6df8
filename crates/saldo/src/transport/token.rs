//! Access tokens: had once, kept with their expiry, replaced in time, stored before use.

use super::carrier::{Carrier, Credential};
use super::clock::{Clock, later};
use super::grant::{Granted, Refused, basic, read_answer, sign_in_address, token_request};
use jiff::Timestamp;
use saldo_core::exchange::{Addresses, Authorisation, Fault, Grant, HttpRequest, Permit};
use saldo_core::text::Secret;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use zeroize::Zeroize;

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
/// How long before the end of a sign-in it is spoken of.
const SIGN_IN_ENDS_SOON: Duration = Duration::from_secs(14 * 86_400);

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

    /// The address to which the owner's browser goes to sign in. The state comes back with the
    /// code, and must be unguessable.
    ///
    /// # Errors
    /// Where the vendor's grant knows no sign-in, or the client id is missing.
    pub(crate) async fn authorise_url(
        &self,
        state: &str,
        redirect_uri: &str,
    ) -> Result<String, Fault> {
        let Grant::AuthorizationCode { authorise_address, scopes, .. } = self.authorisation.grant
        else {
            return Err(no_sign_in());
        };
        let client_id = self.needed(name::CLIENT_ID).await?;
        let query = [
            ("client_id", client_id.expose()),
            ("response_type", "code"),
            ("scope", scopes),
            ("redirect_uri", redirect_uri),
            ("state", state),
        ];
        sign_in_address(self.addresses.get(authorise_address)?, &query)
    }

    /// Turns the code of a sign-in into tokens, and stores them.
    ///
    /// # Errors
    /// `LogIn` where the code is not taken: it works once, for minutes.
    pub(crate) async fn exchange_code(
        &self,
        code: &str,
        redirect_uri: &str,
        carrier: &Carrier,
    ) -> Result<(), Fault> {
        let Grant::AuthorizationCode { token_address, .. } = self.authorisation.grant else {
            return Err(no_sign_in());
        };
        let mut state = self.state.lock().await;
        let fields =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
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

    async fn by_client_credentials(
        &self,
        token_address: &str,
        carrier: &Carrier,
    ) -> Result<Obtained, Fault> {
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
    async fn by_refresh_token(
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

    async fn ask_as_client(
        &self,
        token_address: &str,
        fields: &[(&str, &str)],
        carrier: &Carrier,
    ) -> Result<Result<Granted, Refused>, Fault> {
        let client_id = self.needed(name::CLIENT_ID).await?;
        let client_secret = self.needed(name::CLIENT_SECRET).await?;
        let request = token_request(self.addresses.get(token_address)?, fields);
        ask(request, Some(&basic(&client_id, &client_secret)), carrier).await
    }

    fn fresh(&self, granted: Granted) -> Fresh {
        if let Some(left) = granted.refresh_lifetime.filter(|left| *left < SIGN_IN_ENDS_SOON) {
            tracing::warn!(days = left.as_secs() / 86_400, "the sign-in of a connection ends soon");
        }
        let expires = later(self.clock.now(), granted.lifetime);
        Fresh { access: granted.access, expires, refresh: granted.refresh }
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

fn same(one: &Secret, other: &Secret) -> bool {
    one.expose() == other.expose()
}

fn log_in(message: &str) -> Fault {
    Fault::new(Permit::LogIn, message)
}

fn refused_otherwise(what: &str) -> Fault {
    log_in(&format!("the vendor refuses the client id or secret ({what}): check them"))
}

fn no_sign_in() -> Fault {
    Fault::new(
        Permit::Never,
        "this vendor is authorised by client id and secret, not by signing in",
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MemoryStore, carrier, header, reply};
    use super::*;
    use saldo_sim::Reply;
    use std::collections::BTreeMap;
    use std::sync::Mutex as SyncMutex;

    const HOUR: Duration = Duration::from_secs(3_600);
    const CLIENT: [(&str, &str); 2] = [(name::CLIENT_ID, "id"), (name::CLIENT_SECRET, "secret")];

    /// A vendor's token address that takes one refresh token at a time and rotates it, or takes
    /// the client's credentials; and the forms that it was sent.
    struct Desk {
        clock: Clock,
        carrier: Carrier,
        store: Arc<MemoryStore>,
        forms: Arc<SyncMutex<Vec<String>>>,
    }

    impl Desk {
        fn new(secrets: &[(&str, &str)]) -> Self {
            let clock = Clock::simulated(Timestamp::UNIX_EPOCH);
            let forms: Arc<SyncMutex<Vec<String>>> = Arc::default();
            let heard = Arc::clone(&forms);
            let mut good = "r0".to_owned();
            let mut given = 0;
            let carrier = carrier(&clock, move |request, _| {
                let form = String::from_utf8(request.body.clone()).unwrap();
                heard.lock().unwrap().push(form.clone());
                if form == "grant_type=client_credentials&client_id=id&client_secret=secret" {
                    given += 1;
                    return reply(
                        200,
                        format!(r#"{{"access_token":"a{given}","expires_in":3600}}"#),
                    );
                }
                assert_eq!(header(request, "authorization"), "Basic aWQ6c2VjcmV0");
                let by_code = form.contains("code=c0&redirect_uri=https%3A%2F%2Fhome%2Fback");
                if !by_code && !form.ends_with(&format!("refresh_token={good}")) {
                    return reply(400, r#"{"error":"invalid_grant"}"#);
                }
                given += 1;
                good = format!("r{given}");
                let rest = r#""expires_in":3600,"x_refresh_token_expires_in":8726400"#;
                reply(
                    200,
                    format!(r#"{{"access_token":"a{given}","refresh_token":"{good}",{rest}}}"#),
                )
            });
            let store = MemoryStore::with(&CLIENT);
            secrets.iter().for_each(|(name, secret)| store.put(name, secret));
            Self { clock, carrier, store, forms }
        }

        fn keeper(&self, grant: Grant) -> TokenKeeper {
            let authorisation = Authorisation { header: "authorization", prefix: "Bearer ", grant };
            let addresses = ["token", "sign-in"]
                .map(|name| (name.to_owned(), format!("https://vendor.example/{name}")));
            let addresses = Addresses(BTreeMap::from(addresses));
            let store: Arc<dyn TokenStore> = Arc::<MemoryStore>::clone(&self.store);
            TokenKeeper::new(authorisation, addresses, store, self.clock.clone())
        }

        async fn token(&self, keeper: &TokenKeeper) -> Result<String, Permit> {
            let token = keeper.token(&self.carrier).await;
            token.map(|token| token.expose().to_owned()).map_err(|fault| fault.permits)
        }

        fn asked(&self) -> usize {
            self.forms.lock().unwrap().len()
        }
    }

    const BY_CLIENT: Grant = Grant::ClientCredentials { token_address: "token" };
    const BY_CODE: Grant = Grant::AuthorizationCode {
        authorise_address: "sign-in",
        token_address: "token",
        scopes: "books read",
    };

    #[tokio::test]
    async fn a_token_is_fetched_once_stored_and_replaced_before_it_expires() {
        let desk = Desk::new(&[]);
        let keeper = desk.keeper(BY_CLIENT);
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        assert_eq!(desk.store.history(name::ACCESS_TOKEN), ["a1"]);
        assert_eq!(desk.store.history(name::ACCESS_TOKEN_EXPIRES), ["1970-01-01T01:00:00Z"]);
        // After a restart the stored one is used.
        assert_eq!(desk.token(&desk.keeper(BY_CLIENT)).await.unwrap(), "a1");
        assert_eq!(desk.asked(), 1);
        desk.clock.advance(HOUR - EARLIER - Duration::from_secs(1));
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        desk.clock.advance(Duration::from_secs(1));
        assert_eq!(desk.token(&keeper).await.unwrap(), "a2");
    }

    #[tokio::test]
    async fn refresh_tokens_rotate_and_the_one_before_stays() {
        let desk = Desk::new(&[(name::REFRESH_TOKEN, "r0")]);
        let keeper = desk.keeper(BY_CODE);
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        desk.clock.advance(HOUR);
        assert_eq!(desk.token(&keeper).await.unwrap(), "a2");
        assert_eq!(desk.store.history(name::REFRESH_TOKEN), ["r0", "r1", "r2"]);
    }

    #[tokio::test]
    async fn the_same_refresh_token_again_does_not_push_out_the_previous() {
        let desk = Desk::new(&[(name::REFRESH_TOKEN, "r0"), (name::REFRESH_TOKEN, "r1")]);
        let same = r#"{"access_token":"a","refresh_token":"r1"}"#;
        let carrier = carrier(&desk.clock, move |_, _| reply(200, same));
        desk.keeper(BY_CODE).token(&carrier).await.unwrap();
        assert_eq!(desk.store.history(name::REFRESH_TOKEN), ["r0", "r1"]);
    }

    #[tokio::test]
    async fn a_refused_refresh_token_gives_way_to_the_previous_once() {
        let desk = Desk::new(&[(name::REFRESH_TOKEN, "r0"), (name::REFRESH_TOKEN, "never-known")]);
        let keeper = desk.keeper(BY_CODE);
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        assert_eq!(desk.store.history(name::REFRESH_TOKEN), ["r0", "never-known", "r1"]);
        assert_eq!(desk.asked(), 2);
    }

    #[tokio::test]
    async fn a_sign_in_that_has_ended_needs_a_person() {
        let desk = Desk::new(&[(name::REFRESH_TOKEN, "x"), (name::REFRESH_TOKEN, "y")]);
        assert_eq!(desk.token(&desk.keeper(BY_CODE)).await, Err(Permit::LogIn));
        assert_eq!(desk.asked(), 2);
        let desk = Desk::new(&[(name::REFRESH_TOKEN, "x")]);
        assert_eq!(desk.token(&desk.keeper(BY_CODE)).await, Err(Permit::LogIn));
        assert_eq!(desk.asked(), 1);
    }

    /// While our refresh token is on its way, another process stores what it got for the same one.
    #[tokio::test]
    async fn what_another_process_refreshed_meanwhile_is_used() {
        for (stored_access, expected, asked) in [(Some("theirs"), "theirs", 1), (None, "a", 2)] {
            let desk = Desk::new(&[(name::REFRESH_TOKEN, "r0")]);
            let store = Arc::clone(&desk.store);
            let count = Arc::new(SyncMutex::new(0));
            let counted = Arc::clone(&count);
            let carrier = carrier(&desk.clock, move |request, _| {
                *counted.lock().unwrap() += 1;
                if request.body.ends_with(b"refresh_token=r1") {
                    return reply(200, r#"{"access_token":"a"}"#);
                }
                store.put(name::REFRESH_TOKEN, "r1");
                if let Some(access) = stored_access {
                    store.put(name::ACCESS_TOKEN_EXPIRES, "1970-01-01T01:00:00Z");
                    store.put(name::ACCESS_TOKEN, access);
                }
                reply(400, r#"{"error":"invalid_grant"}"#)
            });
            let token = desk.keeper(BY_CODE).token(&carrier).await.unwrap();
            assert_eq!(token.expose(), expected);
            assert_eq!(*count.lock().unwrap(), asked);
        }
    }

    #[tokio::test]
    async fn many_who_ask_or_are_refused_at_once_fetch_one_token() {
        let desk = Desk::new(&[(name::REFRESH_TOKEN, "r0")]);
        let keeper = Arc::new(desk.keeper(BY_CODE));
        let tokens = crowd(&desk, &keeper, None).await;
        assert_eq!((tokens, desk.asked()), (vec!["a1".to_owned(); 20], 1));
        let tokens = crowd(&desk, &keeper, Some("a1")).await;
        assert_eq!((tokens, desk.asked()), (vec!["a2".to_owned(); 20], 2));
    }

    async fn crowd(desk: &Desk, keeper: &Arc<TokenKeeper>, spent: Option<&str>) -> Vec<String> {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (keeper, carrier) = (Arc::clone(keeper), desk.carrier.clone());
            let spent = spent.map(Secret::new);
            tasks.spawn(async move {
                let token = match spent {
                    Some(spent) => keeper.renew(&spent, &carrier).await,
                    None => keeper.token(&carrier).await,
                };
                token.unwrap().expose().to_owned()
            });
        }
        tasks.join_all().await
    }

    #[tokio::test]
    async fn a_static_token_never_expires_and_once_refused_needs_a_person() {
        let desk = Desk::new(&[(name::ACCESS_TOKEN, "shpat_1")]);
        let keeper = desk.keeper(BY_CODE);
        desk.clock.advance(HOUR * 100_000);
        assert_eq!(desk.token(&keeper).await.unwrap(), "shpat_1");
        let fault = keeper.renew(&Secret::new("shpat_1"), &desk.carrier).await.unwrap_err();
        assert_eq!(fault.permits, Permit::LogIn);
        assert_eq!(desk.asked(), 0);
    }

    #[tokio::test]
    async fn a_spent_token_is_replaced_by_the_next_request() {
        let desk = Desk::new(&[]);
        let keeper = desk.keeper(BY_CLIENT);
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        keeper.spend().await;
        assert_eq!(desk.token(&keeper).await.unwrap(), "a2");
        assert_eq!(desk.token(&keeper).await.unwrap(), "a2");
    }

    #[tokio::test]
    async fn a_sign_in_brings_tokens() {
        let desk = Desk::new(&[]);
        let keeper = desk.keeper(BY_CODE);
        let url = keeper.authorise_url("s1", "https://home/back").await.unwrap();
        assert_eq!(
            url,
            "https://vendor.example/sign-in?client_id=id&response_type=code&scope=books+read\
             &redirect_uri=https%3A%2F%2Fhome%2Fback&state=s1"
        );
        keeper.exchange_code("c0", "https://home/back", &desk.carrier).await.unwrap();
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        assert_eq!(desk.store.history(name::REFRESH_TOKEN), ["r1"]);
        let wrong = keeper.exchange_code("c9", "https://home/back", &desk.carrier).await;
        assert_eq!(wrong.unwrap_err().permits, Permit::LogIn);
        let no_sign_in = desk.keeper(BY_CLIENT).authorise_url("s", "u").await.unwrap_err();
        assert_eq!(no_sign_in.permits, Permit::Never);
    }

    #[tokio::test]
    async fn a_lost_token_leaves_nothing_in_doubt() {
        let desk = Desk::new(&[]);
        let carrier = carrier(&desk.clock, |_, _| Reply::Lost);
        let fault = desk.keeper(BY_CLIENT).token(&carrier).await.unwrap_err();
        assert_eq!(fault.permits, Permit::Retry);
    }

    #[tokio::test]
    async fn what_could_not_be_stored_is_not_used_and_not_forgotten() {
        /// A store that refuses so many times to save.
        struct FullDisk(Arc<MemoryStore>, SyncMutex<usize>);
        impl TokenStore for FullDisk {
            fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>> {
                self.0.load(name)
            }
            fn save<'a>(&'a self, name: &'a str, secret: &'a Secret) -> Pending<'a, ()> {
                let mut refusals = self.1.lock().unwrap();
                if *refusals == 0 {
                    return self.0.save(name, secret);
                }
                *refusals -= 1;
                Box::pin(async { Err(Fault::new(Permit::Retry, "the disk is full")) })
            }
            fn previous<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>> {
                self.0.previous(name)
            }
        }
        let desk = Desk::new(&[(name::REFRESH_TOKEN, "r0")]);
        let mut keeper = desk.keeper(BY_CODE);
        keeper.store = Arc::new(FullDisk(Arc::clone(&desk.store), SyncMutex::new(2)));
        assert_eq!(desk.token(&keeper).await, Err(Permit::Retry));
        assert_eq!(desk.token(&keeper).await, Err(Permit::Retry));
        assert_eq!(desk.store.history(name::REFRESH_TOKEN), ["r0"]);
        assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
        assert_eq!(desk.store.history(name::REFRESH_TOKEN), ["r0", "r1"]);
        assert_eq!(desk.asked(), 1);
    }
}
