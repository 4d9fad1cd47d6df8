//! Signing in, and which organisation a token reaches.

use super::super::access::challenge_of;
use super::super::{Organisation, XeroSim};
use super::{Client, sale};
use crate::books::address::{self, Address};
use crate::{Reply, Vendor};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde_json::{Value, json};

struct Owner {
    sim: XeroSim,
    now: Timestamp,
}

impl Owner {
    fn new() -> Self {
        let now = "2026-11-20T18:00:00Z".parse().unwrap();
        Self { sim: XeroSim::new(Organisation::united_states(3)), now }
    }

    fn wait(&mut self, minutes: i64) {
        self.now = self.now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
    }

    fn send(&mut self, request: &HttpRequest) -> HttpAnswer {
        match self.sim.answer(request, self.now) {
            Reply::Answer(answer) => answer,
            Reply::Lost => panic!("lost"),
        }
    }

    fn authorise(&mut self, scope: &str, challenge: &str) -> HttpAnswer {
        let client = self.sim.client().0;
        let url = format!(
            "https://login.xero.test/identity/connect/authorize?response_type=code&client_id=\
             {client}&redirect_uri=http%3A%2F%2Flocalhost%3A8976%2Fback&scope={scope}&state=s%201\
             &code_challenge={challenge}&code_challenge_method=S256",
            scope = address::encode(scope),
        );
        self.send(&HttpRequest::get(url))
    }

    /// Asks for tokens as an app without a secret does.
    fn token(&mut self, form: &str) -> (u16, Value) {
        let form = format!("{form}&client_id={}", self.sim.client().0);
        let url = "https://identity.xero.test/connect/token".to_owned();
        let request = HttpRequest::post_json(url, form.into_bytes());
        let answer = self.send(&request);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn refresh(&mut self, token: &str) -> (u16, Value) {
        self.token(&format!("grant_type=refresh_token&refresh_token={token}"))
    }

    fn reads(&mut self, access: &str, path: &str) -> u16 {
        let url = format!("https://api.xero.test/{path}");
        let request = HttpRequest::get(url)
            .header("authorization", &format!("Bearer {access}"))
            .header("xero-tenant-id", self.sim.organisation().tenant())
            .header("accept", "application/json");
        self.send(&request).status
    }
}

const ALL: &str = "offline_access accounting.invoices accounting.settings.read";

#[test]
fn a_code_is_good_once_for_whoever_knows_its_secret() {
    let mut owner = Owner::new();
    let code = |owner: &mut Owner| {
        let answer = owner.authorise(ALL, &challenge_of("a long secret"));
        assert_eq!(answer.status, 302);
        let back = Address::parse(answer.header("location").unwrap());
        assert_eq!(back.parameter("state"), Some("s 1"));
        back.parameter("code").unwrap().to_owned()
    };
    let form = |code: &str, verifier: &str| {
        format!(
            "grant_type=authorization_code&code={code}&code_verifier={verifier}&redirect_uri=\
             http%3A%2F%2Flocalhost%3A8976%2Fback"
        )
    };
    let first = code(&mut owner);
    assert_eq!(owner.token(&form(&first, "guessed")).1["error"], "invalid_grant");
    let second = code(&mut owner);
    let (status, tokens) = owner.token(&form(&second, "a+long+secret"));
    assert_eq!((status, &tokens["expires_in"]), (200, &json!(1_800)));
    assert_eq!(owner.token(&form(&second, "a+long+secret")).1["error"], "invalid_grant");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(owner.reads(access, "api.xro/2.0/Invoices"), 200);
    assert_eq!(owner.reads(access, "api.xro/2.0/Accounts"), 200, "settings may be read");
    assert_eq!(owner.reads(access, "api.xro/2.0/Payments"), 401, "payments were not granted");
    assert_eq!(owner.reads(access, "api.xro/2.0/Reports/TrialBalance"), 401);
}

#[test]
fn broad_scopes_are_refused() {
    let mut owner = Owner::new();
    let answer = owner.authorise("offline_access accounting.transactions", "x");
    assert_eq!(answer.status, 400);
    assert!(String::from_utf8(answer.body).unwrap().contains("invalid_scope"));
}

#[test]
fn a_refresh_token_is_good_once_and_its_answer_can_be_had_again_for_a_time() {
    let mut owner = Owner::new();
    let first = owner.sim.connect(owner.now).refresh_token;
    let (_, tokens) = owner.refresh(&first);
    let second = tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    owner.wait(29);
    let (status, tokens) = owner.refresh(&first);
    assert_eq!((status, &tokens["refresh_token"]), (200, &json!(second)));
    owner.wait(1);
    assert_eq!(owner.refresh(&first), (400, json!({ "error": "invalid_grant" })));
    let (_, tokens) = owner.refresh(&second);
    assert_eq!(owner.refresh(&first).0, 400);
    let third = tokens["refresh_token"].as_str().unwrap().to_owned();
    owner.wait(60 * 24 * 60);
    assert_eq!(owner.refresh(&third).0, 400, "it dies of disuse");
}

#[test]
fn access_ends_after_half_an_hour_and_when_the_owner_says_so() {
    let mut owner = Owner::new();
    let tokens = owner.sim.connect(owner.now);
    owner.wait(29);
    assert_eq!(owner.reads(&tokens.access_token, "api.xro/2.0/Organisation"), 200);
    owner.wait(1);
    assert_eq!(owner.reads(&tokens.access_token, "api.xro/2.0/Organisation"), 401);
    let tokens = owner.sim.connect(owner.now);
    owner.sim.disconnect();
    assert_eq!(owner.reads(&tokens.access_token, "connections"), 401);
    assert_eq!(owner.refresh(&tokens.refresh_token).0, 400);
    assert_eq!(owner.sim.calls().unauthenticated, 1);
}

#[test]
fn only_the_client_gets_tokens() {
    let mut owner = Owner::new();
    let token = owner.sim.connect(owner.now).refresh_token;
    let form = format!("grant_type=refresh_token&client_id=other&refresh_token={token}");
    let url = "https://identity.xero.test/connect/token".to_owned();
    let answer = owner.send(&HttpRequest::post_json(url, form.into_bytes()));
    assert_eq!(answer.status, 400);
    assert!(String::from_utf8(answer.body).unwrap().contains("invalid_client"));
}

#[test]
fn a_token_reaches_every_organisation_but_each_keeps_its_own_books() {
    let mut client = Client::new();
    let other = Organisation::united_states(8);
    let tenant = other.tenant().to_owned();
    client.sim.join(other);
    let request = HttpRequest::get("https://api.xero.test/connections".to_owned())
        .header("authorization", &format!("Bearer {}", client.token));
    let answer = client.send(&request);
    let connections: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(connections.as_array().unwrap().len(), 2);
    assert_eq!(connections[1]["tenantId"], tenant.as_str());
    let first = std::mem::replace(&mut client.tenant, tenant);
    client.put("Invoices", &sale("S-1", "1"));
    client.tenant = first;
    assert_eq!(client.get("Invoices")["Invoices"], json!([]));
    client.tenant = "00000000-1111-2222-3333-444444444444".to_owned();
    let (status, _) = client.ask(Method::Get, "Invoices", &Value::Null);
    assert_eq!(status, 403);
}
