//! The rules of the vendor, asked for from outside.

mod access;
mod documents;
mod files;
mod ledger;
mod lists;
mod money;
mod orders;
mod requests;
mod schema;
mod stock;

use super::{Organisation, XeroSim};
use crate::{Reply, Vendor};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde_json::{Value, json};

/// A client that is connected to a simulated organisation, and a clock that ticks.
struct Client {
    sim: XeroSim,
    token: String,
    tenant: String,
    now: Timestamp,
}

impl Client {
    fn new() -> Self {
        Self::of(Organisation::united_kingdom(7))
    }

    fn of(organisation: Organisation) -> Self {
        let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        let mut sim = XeroSim::new(organisation);
        let token = sim.connect(now).access_token;
        let tenant = sim.organisation().tenant().to_owned();
        sim.organisation_mut().settings.calls_per_day = 100_000;
        Self { sim, token, tenant, now }
    }

    fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    fn request(&self, method: Method, path: &str, body: &Value) -> HttpRequest {
        let url = format!("https://api.xero.test/api.xro/2.0/{path}");
        let body = if method == Method::Get { Vec::new() } else { body.to_string().into_bytes() };
        let request = HttpRequest { method, ..HttpRequest::post_json(url, body) };
        request
            .header("authorization", &format!("Bearer {}", self.token))
            .header("xero-tenant-id", &self.tenant)
            .header("accept", "application/json")
    }

    /// Sends a request a second and a bit later, so that no limit is near; tokens do not end.
    fn send(&mut self, request: &HttpRequest) -> HttpAnswer {
        self.now = self.now.checked_add(SignedDuration::from_millis(1_050)).unwrap();
        match self.sim.answer(request, self.now) {
            Reply::Answer(answer) => answer,
            Reply::Lost => panic!("the simulator loses nothing by itself"),
        }
    }

    fn ask(&mut self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.send(&self.request(method, path, body));
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    fn get(&mut self, path: &str) -> Value {
        let (status, body) = self.ask(Method::Get, path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Makes something that must be accepted; what the vendor stored.
    fn put(&mut self, endpoint: &str, body: &Value) -> Value {
        self.must(Method::Put, endpoint, body)
    }

    /// Changes something, which must be accepted; what the vendor stored.
    fn post(&mut self, path: &str, body: &Value) -> Value {
        self.must(Method::Post, path, body)
    }

    fn must(&mut self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert_eq!(status, 200, "{path}: {answer}");
        let endpoint = path.split(['/', '?']).next().unwrap();
        answer[endpoint][0].clone()
    }

    /// The first reason for which something is refused; `ok` where it is not.
    fn reason(&mut self, method: Method, path: &str, body: &Value) -> String {
        let (status, answer) = self.ask(method, path, body);
        match status {
            200 => "ok".to_owned(),
            _ => reason_of(&answer),
        }
    }

    fn account(&self, name: &str) -> Value {
        json!({ "AccountID": self.sim.organisation().account_id(name).unwrap() })
    }

    /// What an account holds, in minor units, debit positive.
    fn balance(&self, name: &str) -> i64 {
        let ledger = self.sim.organisation().ledger();
        ledger.iter().filter(|it| it.account == name).map(|it| it.minor).sum()
    }

    /// The accounts that hold something, by name.
    fn balances(&self) -> Vec<(String, i64)> {
        let mut sums = std::collections::BTreeMap::new();
        for it in self.sim.organisation().ledger() {
            *sums.entry(it.account).or_insert(0) += it.minor;
        }
        sums.into_iter().filter(|(_, minor)| *minor != 0).collect()
    }
}

/// The first reason of a refusal.
fn reason_of(answer: &Value) -> String {
    let element = &answer["Elements"][0]["ValidationErrors"][0]["Message"];
    element.as_str().or(answer["Message"].as_str()).unwrap_or("").to_owned()
}

/// A line for this amount on an account.
fn line(account: &str, amount: &str) -> Value {
    json!({
        "Description": "Goods", "Quantity": 1, "UnitAmount": number(amount),
        "AccountCode": account,
    })
}

/// An approved sale for this amount without tax.
fn sale(number: &str, amount: &str) -> Value {
    json!({
        "Type": "ACCREC", "InvoiceNumber": number, "Status": "AUTHORISED",
        "Contact": { "Name": "Jane Doe" }, "Date": "2026-11-20", "DueDate": "2026-11-20",
        "LineItems": [line("200", amount)],
    })
}

/// A number with exactly these digits.
fn number(digits: &str) -> Value {
    serde_json::from_str(digits).unwrap()
}

/// A body with some properties changed; `null` takes one away.
fn with(body: &Value, changes: Value) -> Value {
    let mut body = body.clone();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    body
}

fn owned(balances: &[(&str, i64)]) -> Vec<(String, i64)> {
    balances.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect()
}
