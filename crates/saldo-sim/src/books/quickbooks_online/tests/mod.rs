//! The rules of the vendor, asked for from outside.

mod access;
mod books;
mod currencies;
mod files;
mod payables;
mod queries;
mod requests;
mod rules;
mod taxes;
mod writes;

use super::{Company, Kind, QuickBooksOnlineSim};
use crate::{Reply, Vendor};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use serde_json::{Value, json};

/// A client that is connected to a simulated company, and a clock that ticks with each request.
struct Client {
    sim: QuickBooksOnlineSim,
    token: String,
    now: Timestamp,
}

impl Client {
    fn new() -> Self {
        let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        let mut company = Company::retail(7);
        company.tax.percent = "8.25".parse().unwrap();
        let mut sim = QuickBooksOnlineSim::new(company);
        let token = sim.connect(now).access_token;
        Self { sim, token, now }
    }

    fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    fn send(&mut self, request: HttpRequest) -> HttpAnswer {
        self.now = self.now.checked_add(SignedDuration::from_millis(150)).unwrap();
        let request = request.header("authorization", &format!("Bearer {}", self.token));
        match self.sim.answer(&request, self.now) {
            Reply::Answer(answer) => answer,
            Reply::Lost => panic!("the simulator loses nothing by itself"),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("https://quickbooks.test/v3/company/{}/{path}", self.sim.company().realm())
    }

    fn get(&mut self, path: &str) -> (u16, Value) {
        let answer = self.send(HttpRequest::get(self.url(path)));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string().into_bytes();
        let answer = self.send(HttpRequest::post_json(self.url(path), body));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    /// Creates or changes something that must be accepted; what the vendor stored.
    fn must(&mut self, kind: Kind, body: &Value) -> Value {
        let path = kind.name().to_ascii_lowercase();
        let (status, answer) = self.post(&path, body);
        assert_eq!(status, 200, "{}: {answer}", kind.name());
        answer[kind.name()].clone()
    }

    /// The code with which something is refused; `ok` where it is not.
    fn code(&mut self, path: &str, body: &Value) -> String {
        let (_, answer) = self.post(path, body);
        code_of(&answer)
    }

    fn query(&mut self, text: &str) -> Value {
        let encoded = super::address::encode(text);
        let (_, answer) = self.get(&format!("query?query={encoded}&minorversion=75"));
        if answer["QueryResponse"].is_null() { answer } else { answer["QueryResponse"].clone() }
    }

    fn id(&self, kind: Kind, name: &str) -> String {
        let company = self.sim.company();
        let entity = company.shelf(kind).find(|entity| entity.name() == name);
        entity.unwrap_or_else(|| panic!("no {name}")).id.to_string()
    }

    fn account(&self, name: &str) -> Value {
        json!({ "value": self.id(Kind::Account, name) })
    }

    /// A line of a sale: of the item `Sales`, for this amount.
    fn line(&self, amount: &str, code: &str) -> Value {
        json!({
            "DetailType": "SalesItemLineDetail",
            "Amount": number(amount),
            "SalesItemLineDetail": {
                "ItemRef": { "value": self.id(Kind::Item, "Sales") },
                "TaxCodeRef": { "value": code },
            },
        })
    }

    /// A sale for this amount, untaxed, paid into the bank.
    fn sale(&self, number: &str, amount: &str) -> Value {
        json!({
            "DocNumber": number,
            "TxnDate": "2026-11-20",
            "CustomerRef": { "value": self.id(Kind::Customer, "Cool Cars") },
            "DepositToAccountRef": self.account("Checking"),
            "Line": [self.line(amount, "NON")],
        })
    }

    fn invoice(&self, number: &str, amount: &str) -> Value {
        let mut invoice = self.sale(number, amount);
        invoice.as_object_mut().unwrap().remove("DepositToAccountRef");
        invoice
    }

    fn payment(&self, total: &str, applied: &[(&str, &Value, &str)]) -> Value {
        let line = |(kind, target, amount): &(&str, &Value, &str)| {
            json!({
                "Amount": number(amount),
                "LinkedTxn": [{ "TxnId": target["Id"], "TxnType": kind }],
            })
        };
        json!({
            "TxnDate": "2026-11-21",
            "CustomerRef": { "value": self.id(Kind::Customer, "Cool Cars") },
            "TotalAmt": number(total),
            "Line": applied.iter().map(line).collect::<Vec<_>>(),
        })
    }

    fn journal_line(&self, side: &str, account: &str, amount: &str) -> Value {
        json!({
            "DetailType": "JournalEntryLineDetail",
            "Amount": number(amount),
            "JournalEntryLineDetail": {
                "PostingType": side,
                "AccountRef": self.account(account),
            },
        })
    }

    /// The balance of an account in cents, debit positive.
    fn balance(&self, account: &str) -> i64 {
        let ledger = self.sim.company().ledger();
        ledger.iter().filter(|it| it.account == account).map(|it| it.minor).sum()
    }
}

/// A number with exactly these digits.
fn number(digits: &str) -> Value {
    serde_json::from_str(digits).unwrap()
}

/// The code of the first error; `ok` where there is none.
fn code_of(answer: &Value) -> String {
    let fault = if answer["Fault"].is_null() {
        &answer["fault"]["error"]
    } else {
        &answer["Fault"]["Error"]
    };
    fault[0]["code"].as_str().unwrap_or("ok").to_owned()
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
