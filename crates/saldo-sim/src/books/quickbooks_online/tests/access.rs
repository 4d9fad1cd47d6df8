//! Signing in.

use super::super::{Company, QuickBooksOnlineSim, Rotation, address};
use super::{Client, code_of};
use crate::{Reply, Vendor};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde_json::Value;

struct Owner {
    sim: QuickBooksOnlineSim,
    now: Timestamp,
}

impl Owner {
    fn new() -> Self {
        let now = "2026-11-20T18:00:00Z".parse().unwrap();
        Self { sim: QuickBooksOnlineSim::new(Company::retail(3)), now }
    }

    fn wait_hours(&mut self, hours: i64) {
        self.now = self.now.checked_add(SignedDuration::from_hours(hours)).unwrap();
    }

    fn send(&mut self, request: &HttpRequest) -> HttpAnswer {
        match self.sim.answer(request, self.now) {
            Reply::Answer(answer) => answer,
            Reply::Lost => panic!("lost"),
        }
    }

    fn token(&mut self, form: &str) -> (u16, Value) {
        let (id, secret) = self.sim.client();
        let basic = address::basic(id, secret);
        let request = HttpRequest {
            method: Method::Post,
            url: "https://oauth.test/oauth2/v1/tokens/bearer".to_owned(),
            headers: vec![("authorization".to_owned(), basic)],
            body: form.as_bytes().to_vec(),
            authorised: false,
        };
        let answer = self.send(&request);
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn refresh(&mut self, token: &str) -> (u16, Value) {
        self.token(&format!("grant_type=refresh_token&refresh_token={token}"))
    }

    fn reads_with(&mut self, access: &str) -> (u16, String) {
        let url = format!("/v3/company/{}/companyinfo/1", self.sim.company().realm());
        let request = HttpRequest::get(url).header("authorization", &format!("Bearer {access}"));
        let answer = self.send(&request);
        (answer.status, code_of(&serde_json::from_slice(&answer.body).unwrap()))
    }
}

#[test]
fn a_code_is_good_once_for_the_address_that_it_was_sent_to() {
    let mut owner = Owner::new();
    let client = owner.sim.client().0.to_owned();
    let url = format!(
        "https://appcenter.test/connect/oauth2?client_id={client}&response_type=code&scope=\
         com.intuit.quickbooks.accounting&redirect_uri=https%3A%2F%2Fa.test%2Fback&state=s%201"
    );
    let answer = owner.send(&HttpRequest::get(url.clone()));
    assert_eq!(answer.status, 302);
    let back = address::Address::parse(answer.header("location").unwrap());
    assert_eq!(back.parameter("state"), Some("s 1"));
    assert_eq!(back.parameter("realmId"), Some(owner.sim.company().realm()));
    let code = back.parameter("code").unwrap().to_owned();
    let form =
        |redirect| format!("grant_type=authorization_code&code={code}&redirect_uri={redirect}");
    let (status, tokens) = owner.token(&form("https%3A%2F%2Fa.test%2Fback"));
    assert_eq!(status, 200);
    assert_eq!(tokens["expires_in"], 3_600);
    assert_eq!(owner.reads_with(tokens["access_token"].as_str().unwrap()).0, 200);
    assert_eq!(owner.token(&form("https%3A%2F%2Fa.test%2Fback")).1["error"], "invalid_grant");

    let answer = owner.send(&HttpRequest::get(url.replace(&client, "other")));
    assert_eq!(answer.status, 400);
}

#[test]
fn an_access_token_is_good_for_an_hour() {
    let mut owner = Owner::new();
    let tokens = owner.sim.connect(owner.now);
    assert_eq!(owner.reads_with(&tokens.access_token), (200, "ok".to_owned()));
    owner.wait_hours(1);
    assert_eq!(owner.reads_with(&tokens.access_token), (401, "3200".to_owned()));
    assert_eq!(owner.reads_with("made up"), (401, "3200".to_owned()));
    assert_eq!(owner.sim.calls().unauthenticated, 2);
}

#[test]
fn a_refresh_token_changes_after_a_day_and_the_old_one_is_refused() {
    let mut owner = Owner::new();
    let first = owner.sim.connect(owner.now).refresh_token;
    owner.wait_hours(23);
    let (_, tokens) = owner.refresh(&first);
    assert_eq!(tokens["refresh_token"], first.as_str());
    owner.wait_hours(1);
    let (_, tokens) = owner.refresh(&first);
    let second = tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    assert_eq!(tokens["x_refresh_token_expires_in"], 8_640_000);
    assert_eq!(owner.refresh(&first), (400, owner.refresh(&first).1));
    assert_eq!(owner.refresh(&first).1["error"], "invalid_grant");
    assert_eq!(owner.refresh(&second).0, 200);
}

#[test]
fn a_refresh_token_can_change_each_time() {
    let mut owner = Owner::new();
    owner.sim.rotate(Rotation::EachRefresh);
    let first = owner.sim.connect(owner.now).refresh_token;
    let (_, tokens) = owner.refresh(&first);
    assert_ne!(tokens["refresh_token"], first.as_str());
    assert_eq!(owner.refresh(&first).0, 400);
}

#[test]
fn a_refresh_token_dies_of_disuse_and_of_disconnection() {
    let mut owner = Owner::new();
    let unused = owner.sim.connect(owner.now).refresh_token;
    owner.wait_hours(100 * 24);
    assert_eq!(owner.refresh(&unused).1["error"], "invalid_grant");
    let tokens = owner.sim.connect(owner.now);
    owner.sim.disconnect();
    assert_eq!(owner.refresh(&tokens.refresh_token).1["error"], "invalid_grant");
    assert_eq!(owner.reads_with(&tokens.access_token).0, 401);
}

#[test]
fn only_the_client_gets_tokens() {
    let mut owner = Owner::new();
    let request = HttpRequest {
        method: Method::Post,
        url: "/oauth2/v1/tokens/bearer".to_owned(),
        headers: vec![("authorization".to_owned(), address::basic("who", "ever"))],
        body: b"grant_type=refresh_token&refresh_token=x".to_vec(),
        authorised: false,
    };
    assert_eq!(owner.send(&request).status, 401);
    assert_eq!(owner.token("grant_type=password").1["error"], "unsupported_grant_type");
}

#[test]
fn another_company_is_out_of_reach() {
    let mut client = Client::new();
    let request = HttpRequest::get("/v3/company/123/preferences".to_owned());
    let answer = client.send(request);
    assert_eq!(answer.status, 403);
    assert!(answer.header("intuit_tid").is_some());
}
