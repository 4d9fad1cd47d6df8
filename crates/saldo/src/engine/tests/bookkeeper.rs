//! A person who works in the simulated company meanwhile, through the same doors as anybody.

use super::stage::Stage;
use jiff::civil::Date;
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use saldo_sim::{Reply, Vendor};
use serde_json::{Value, json};
use std::time::Duration;

/// What one person may do in a second, with room to spare.
const PAUSE: Duration = Duration::from_secs(1);

/// Somebody with an own sign-in.
pub(super) struct Bookkeeper<'a> {
    stage: &'a Stage,
    token: String,
}

impl<'a> Bookkeeper<'a> {
    pub(super) fn of(stage: &'a Stage) -> Self {
        let token = stage.merchant.company().connect(stage.clock.now()).access_token;
        Self { stage, token }
    }

    fn send(&self, path: &str, body: Option<&Value>) -> Value {
        self.stage.clock.advance(PAUSE);
        let mut company = self.stage.merchant.company();
        let realm = company.company().realm().to_owned();
        let url = format!("https://company.example/v3/company/{realm}/{path}");
        let request = match body {
            Some(body) => HttpRequest::post_json(url, body.to_string().into_bytes()),
            None => HttpRequest::get(url),
        };
        let request = request.header("authorization", &format!("Bearer {}", self.token));
        match company.answer(&request, self.stage.clock.now()) {
            Reply::Answer(HttpAnswer { status: 200, body, .. }) => {
                serde_json::from_slice(&body).unwrap()
            }
            other => panic!("{path}: {other:?}"),
        }
    }

    /// What a query finds of a kind.
    pub(super) fn find(&self, kind: &str, condition: &str) -> Vec<Value> {
        let text = ["select", "*", "from", kind, condition].join("%20").replace(' ', "%20");
        let text = text.replace('\'', "%27").replace('=', "%3D");
        let answer = self.send(&format!("query?query={text}&minorversion=75"), None);
        answer["QueryResponse"][kind].as_array().cloned().unwrap_or_default()
    }

    /// Enters something; what the company made of it.
    pub(super) fn enter(&self, kind: &str, body: &Value) -> Value {
        let path = format!("{}?minorversion=75", kind.to_lowercase());
        self.send(&path, Some(body))[kind].clone()
    }

    /// Deletes something.
    pub(super) fn delete(&self, kind: &str, held: &Value) {
        let path = format!("{}?operation=delete&minorversion=75", kind.to_lowercase());
        let body = json!({ "Id": held["Id"], "SyncToken": held["SyncToken"] });
        self.send(&path, Some(&body));
    }

    /// Changes some fields of something.
    pub(super) fn change(&self, kind: &str, held: &Value, fields: &Value) -> Value {
        let mut body = fields.clone();
        body["Id"] = held["Id"].clone();
        body["SyncToken"] = held["SyncToken"].clone();
        body["sparse"] = json!(true);
        self.enter(kind, &body)
    }

    /// Enters a journal over an amount such as `12.50`, from one account to another.
    pub(super) fn journal(&self, date: Date, amount: &str, debit: &str, credit: &str) -> Value {
        let line = |account: &str, side: &str| {
            json!({
                "DetailType": "JournalEntryLineDetail",
                "Amount": serde_json::from_str::<Value>(amount).unwrap(),
                "JournalEntryLineDetail": {
                    "PostingType": side,
                    "AccountRef": { "value": self.account(account) },
                },
            })
        };
        let lines = [line(debit, "Debit"), line(credit, "Credit")];
        self.enter("JournalEntry", &json!({ "TxnDate": date.to_string(), "Line": lines }))
    }

    fn account(&self, name: &str) -> String {
        let found = self.find("Account", &format!("where Name = '{name}'"));
        found[0]["Id"].as_str().unwrap().to_owned()
    }
}
