//! One keeper, a vendor that grants, and a store in memory.

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
                return reply(200, format!(r#"{{"access_token":"a{given}","expires_in":3600}}"#));
            }
            assert_eq!(header(request, "authorization"), "Basic aWQ6c2VjcmV0");
            let by_code = form.contains("code=c0&redirect_uri=https%3A%2F%2Fhome%2Fback");
            if !by_code && !form.ends_with(&format!("refresh_token={good}")) {
                return reply(400, r#"{"error":"invalid_grant"}"#);
            }
            given += 1;
            good = format!("r{given}");
            let rest = r#""expires_in":3600,"x_refresh_token_expires_in":8726400"#;
            reply(200, format!(r#"{{"access_token":"a{given}","refresh_token":"{good}",{rest}}}"#))
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
    without_secret: false,
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
    let url = keeper.authorise_url("s1", "v1", "https://home/back").await.unwrap();
    assert_eq!(
        url,
        "https://vendor.example/sign-in?client_id=id&response_type=code&scope=books+read\
         &redirect_uri=https%3A%2F%2Fhome%2Fback&state=s1"
    );
    keeper.exchange_code("c0", "v1", "https://home/back", &desk.carrier).await.unwrap();
    assert_eq!(desk.token(&keeper).await.unwrap(), "a1");
    assert_eq!(desk.store.history(name::REFRESH_TOKEN), ["r1"]);
    let wrong = keeper.exchange_code("c9", "v1", "https://home/back", &desk.carrier).await;
    assert_eq!(wrong.unwrap_err().permits, Permit::LogIn);
    let no_sign_in = desk.keeper(BY_CLIENT).authorise_url("s", "v", "u").await.unwrap_err();
    assert_eq!(no_sign_in.permits, Permit::Never);
}

#[tokio::test]
async fn a_client_without_a_secret_proves_that_it_began_the_sign_in() {
    let desk = Desk::new(&[]);
    let without_secret = MemoryStore::with(&[(name::CLIENT_ID, "id")]);
    let desk = Desk { store: without_secret, ..desk };
    let forms = Arc::clone(&desk.forms);
    let carrier = carrier(&desk.clock, move |request, _| {
        assert!(!request.headers.iter().any(|(name, _)| name == "authorization"));
        forms.lock().unwrap().push(String::from_utf8(request.body.clone()).unwrap());
        reply(200, r#"{"access_token":"a1","refresh_token":"r1","expires_in":0}"#)
    });
    let Grant::AuthorizationCode { authorise_address, token_address, scopes, .. } = BY_CODE else {
        panic!("it is by code");
    };
    let without_secret = true;
    let grant =
        Grant::AuthorizationCode { authorise_address, token_address, scopes, without_secret };
    let keeper = desk.keeper(grant);
    // The pair of RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let url = keeper.authorise_url("s1", verifier, "https://home/back").await.unwrap();
    let challenge = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    assert!(url.ends_with(&format!("&state=s1&{challenge}&code_challenge_method=S256")), "{url}");
    keeper.exchange_code("c0", verifier, "https://home/back", &carrier).await.unwrap();
    keeper.token(&carrier).await.unwrap();
    let asked = desk.forms.lock().unwrap().clone();
    assert_eq!(
        asked,
        [
            format!(
                "grant_type=authorization_code&code=c0&redirect_uri=https%3A%2F%2Fhome%2Fback\
                 &code_verifier={verifier}&client_id=id"
            ),
            "grant_type=refresh_token&refresh_token=r1&client_id=id".to_owned(),
        ]
    );
    let with_secret_only = desk.keeper(BY_CODE).authorise_url("s1", "v1", "u").await.unwrap_err();
    assert_eq!(with_secret_only.permits, Permit::LogIn);
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
