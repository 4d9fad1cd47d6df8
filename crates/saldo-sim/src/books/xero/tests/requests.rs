//! How requests are answered, whatever they are about.

use super::{Client, line, reason_of, sale, with};
use crate::fault::{FaultSettings, Faulty};
use crate::{Reply, Vendor};
use jiff::SignedDuration;
use saldo_core::exchange::{HttpAnswer, Method};
use serde_json::{Value, json};

fn many(elements: &[Value]) -> Value {
    json!({ "Invoices": elements })
}

#[test]
fn each_element_may_fail_for_itself() {
    let mut client = Client::new();
    let wrong = with(&sale("S-2", "1"), json!({ "LineItems": [line("999", "1")] }));
    let body = many(&[sale("S-1", "1"), wrong, sale("S-3", "1"), sale("S-1", "2")]);
    let (status, answer) = client.ask(Method::Put, "Invoices?summarizeErrors=false", &body);
    assert_eq!(status, 200);
    let fates: Vec<&Value> =
        (0..4).map(|place| &answer["Invoices"][place]["StatusAttributeString"]).collect();
    assert_eq!(fates, ["OK", "ERROR", "OK", "ERROR"]);
    let refused = &answer["Invoices"][1];
    assert_eq!(refused["HasErrors"], true);
    assert_eq!(refused["InvoiceID"], "00000000-0000-0000-0000-000000000000");
    let message = &answer["Invoices"][3]["ValidationErrors"][0]["Message"];
    assert_eq!(message, "Invoice # must be unique.");
    assert_eq!(client.sim.organisation().count(super::super::Kind::Invoice), 2);
}

#[test]
fn all_elements_fail_with_one_where_nothing_else_is_said() {
    let mut client = Client::new();
    let wrong = with(&sale("S-2", "1"), json!({ "LineItems": [line("999", "1")] }));
    let (status, answer) =
        client.ask(Method::Put, "Invoices", &many(&[sale("S-1", "1"), wrong.clone()]));
    assert_eq!((status, &answer["ErrorNumber"]), (400, &json!(10)));
    assert_eq!(answer["Elements"].as_array().unwrap().len(), 1);
    assert_eq!(answer["Elements"][0]["InvoiceNumber"], "S-2");
    assert_eq!(client.sim.organisation().count(super::super::Kind::Invoice), 0);
    assert_eq!(client.reason(Method::Put, "Invoices", &sale("S-1", "1")), "ok");
}

#[test]
fn a_key_gives_the_first_answer_again_for_six_minutes() {
    let mut client = Client::new();
    let unnumbered = with(&sale("", "5.00"), json!({ "InvoiceNumber": null }));
    let request =
        client.request(Method::Put, "Invoices", &unnumbered).header("Idempotency-Key", "k-1");
    let first = client.send(&request);
    client.wait(350);
    let second = client.send(&request);
    assert_eq!((first.status, &first.body), (200, &second.body));
    assert_eq!(client.sim.calls().replays, 1);
    let other =
        client.request(Method::Put, "Invoices", &sale("S-1", "1")).header("Idempotency-Key", "k-1");
    let answer = client.send(&other);
    assert_eq!(answer.status, 400);
    let body = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(reason_of(&body), "The Idempotency-Key was used before with another request");
    client.wait(20);
    let third = client.send(&request);
    assert_ne!(third.body, first.body, "a key is forgotten after six minutes");
    assert_eq!(client.balance("Sales"), -1_000);
    let long = client.request(Method::Put, "Invoices", &sale("S-2", "1"));
    let long = client.send(&long.header("Idempotency-Key", &"k".repeat(129)));
    assert_eq!(long.status, 400);
}

/// Over a bad network, requests are lost, come twice, or come minutes later. Who repeats them under
/// their keys while these live gets through, and everything is there once.
#[test]
fn what_is_repeated_under_its_key_is_done_once() {
    let mut client = Client::new();
    let bank = client.account("Business Bank Account");
    let mut vendor = Faulty::new(client.sim.clone(), FaultSettings::rough().with_seed(5));
    for place in 0..60 {
        let body = json!({
            "Type": "RECEIVE", "BankAccount": bank, "Contact": { "Name": "Jane Doe" },
            "LineItems": [line("200", "1.00")], "Reference": format!("R-{place}"),
            "LineAmountTypes": "NoTax",
        });
        let request = client.request(Method::Put, "BankTransactions", &body);
        let request = request.header("Idempotency-Key", &format!("k-{place}"));
        let done = (0..20).any(|_| {
            client.wait(2);
            let answer = vendor.answer(&request, client.now);
            let Reply::Answer(HttpAnswer { status: 200, body, .. }) = answer else { return false };
            serde_json::from_slice::<Value>(&body).is_ok()
        });
        assert!(done, "{place}");
    }
    client.wait(600);
    vendor.settle(client.now);
    let counters = vendor.counters();
    assert!(counters.delayed > 0 && counters.duplicated > 0 && counters.lost_after > 0);
    let books = vendor.inner().organisation();
    assert_eq!(books.count(super::super::Kind::BankTransaction), 60);
    let sales = books.ledger().into_iter().filter(|it| it.account == "Sales");
    assert_eq!(sales.map(|it| it.minor).sum::<i64>(), -6_000);
}

#[test]
fn sixty_requests_a_minute_are_answered() {
    let mut client = Client::new();
    let request = client.request(Method::Get, "Organisation", &Value::Null);
    let mut statuses = Vec::new();
    for _ in 0..61 {
        client.now -= SignedDuration::from_millis(1_000);
        statuses.push(client.send(&request));
    }
    let last = statuses.pop().unwrap();
    assert!(statuses.iter().all(|answer| answer.status == 200));
    assert_eq!(statuses[59].header("x-minlimit-remaining"), Some("0"));
    assert_eq!((last.status, last.header("x-rate-limit-problem")), (429, Some("minute")));
    let seconds: i64 = last.header("retry-after").unwrap().parse().unwrap();
    client.wait(seconds - 2);
    assert_eq!(client.send(&request).status, 429);
    client.wait(1);
    assert_eq!(client.send(&request).status, 200);
}

#[test]
fn a_day_has_its_limit_and_five_are_served_at_once() {
    let mut client = Client::new();
    client.sim.organisation_mut().settings.calls_per_day = 3;
    let request = client.request(Method::Get, "Accounts", &Value::Null);
    let answers = [(); 4].map(|()| client.send(&request));
    assert_eq!(answers[2].header("x-daylimit-remaining"), Some("0"));
    assert_eq!((answers[3].status, answers[3].header("x-rate-limit-problem")), (429, Some("day")));
    assert!(answers[3].header("retry-after").unwrap().parse::<i64>().unwrap() > 86_000);

    let mut client = Client::new();
    client.sim.take(SignedDuration::from_secs(10));
    let request = client.request(Method::Get, "Accounts", &Value::Null);
    let answers = [(); 6].map(|()| client.send(&request));
    assert_eq!(answers[5].header("x-rate-limit-problem"), Some("concurrent"));
}

#[test]
fn who_does_not_ask_for_json_gets_xml() {
    let mut client = Client::new();
    let mut request = client.request(Method::Get, "Organisation", &Value::Null);
    request.headers.retain(|(name, _)| name != "accept");
    let answer = client.send(&request);
    assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
    let body = String::from_utf8(answer.body).unwrap();
    assert!(
        body.contains("<Organisations><Organisation><Addresses></Addresses><BaseCurrency>GBP<"),
        "{body}"
    );
}

#[test]
fn lists_come_in_pages_with_their_lines_and_whole_without() {
    let mut client = Client::new();
    let sales: Vec<Value> = (0..5).map(|place| sale(&format!("S-{place}"), "1")).collect();
    client.put("Invoices", &many(&sales));
    let page = client.get("Invoices?page=2&pageSize=2&order=InvoiceNumber%20DESC");
    let numbers: Vec<&Value> =
        page["Invoices"].as_array().unwrap().iter().map(|it| &it["InvoiceNumber"]).collect();
    assert_eq!(numbers, ["S-2", "S-1"]);
    let expected = json!({ "page": 2, "pageSize": 2, "pageCount": 3, "itemCount": 5 });
    assert_eq!(page["pagination"], expected);
    assert_eq!(page["Invoices"][0]["LineItems"].as_array().unwrap().len(), 1);
    let whole = client.get("Invoices");
    assert_eq!(whole["Invoices"].as_array().unwrap().len(), 5);
    assert_eq!(whole["Invoices"][0]["LineItems"], json!([]));
    assert!(whole.get("pagination").is_none());
    let (status, _) = client.ask(Method::Get, "Invoices?page=1&pageSize=1001", &Value::Null);
    assert_eq!(status, 400);
    let default = client.get("Invoices?page=1");
    assert_eq!(default["pagination"]["pageSize"], 100);
}

#[test]
fn lists_are_narrowed_by_conditions_and_by_changes() {
    let mut client = Client::new();
    let referred = with(&sale("S-1", "1"), json!({ "Reference": "saldo:a" }));
    client.put("Invoices", &referred);
    client.wait(100);
    let at = client.now.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    client.put("Invoices", &sale("S-2", "1"));
    let mut count = |path: &str, since: Option<&str>| {
        let mut request = client.request(Method::Get, path, &Value::Null);
        if let Some(since) = since {
            request = request.header("If-Modified-Since", since);
        }
        let answer = client.send(&request);
        assert_eq!(answer.status, 200, "{path}");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        body["Invoices"].as_array().unwrap().len()
    };
    let condition = "Invoices?where=Reference%3D%3D%22saldo%3Aa%22%20AND%20Date%3E%3DDateTime%28\
                     2026%2C11%2C20%29";
    assert_eq!(count(condition, None), 1);
    assert_eq!(count("Invoices?Statuses=DRAFT,AUTHORISED", None), 2);
    assert_eq!(count("Invoices?InvoiceNumbers=S-2,S-9", None), 1);
    assert_eq!(count("Invoices?searchTerm=SALDO%3AA", None), 1);
    assert_eq!(count("Invoices", Some(&at)), 1);
    assert_eq!(count("Invoices", Some("2026-11-01T00:00:00")), 2);
    assert_eq!(count("Invoices", Some("Sat, 21 Nov 2026 00:00:00 GMT")), 0);
    let (status, answer) = client.ask(Method::Get, "Invoices?where=Nonsense%3D%3D1", &Value::Null);
    assert_eq!((status, &answer["Type"]), (400, &json!("QueryParseException")));
}

#[test]
fn a_note_stands_in_the_history_of_what_it_is_about() {
    let mut client = Client::new();
    let stored = client.put("Invoices", &sale("S-1", "1"));
    let path = format!("Invoices/{}/History", stored["InvoiceID"].as_str().unwrap());
    let notes = json!({ "HistoryRecords": [{ "Details": "saldo:7H5Z152Q6DH" }] });
    let (status, _) = client.ask(Method::Put, &path, &notes);
    assert_eq!(status, 200);
    let shown = client.get(&path);
    assert_eq!(shown["HistoryRecords"][0]["Details"], "saldo:7H5Z152Q6DH");
    let long = json!({ "HistoryRecords": [{ "Details": "x".repeat(251) }] });
    let reason = client.reason(Method::Put, &path, &long);
    assert_eq!(reason, "Details must be at most 250 characters long");
    let (status, _) = client.ask(Method::Get, "Accounts/200/History", &Value::Null);
    assert_eq!(status, 404, "accounts have none");
}

#[test]
fn there_is_nothing_at_other_addresses() {
    let mut client = Client::new();
    let unknown = "Invoices/00000000-1111-2222-3333-444444444444";
    for (method, path, expected) in [
        (Method::Get, unknown, 404),
        (Method::Post, unknown, 404),
        (Method::Get, "Journals", 404),
        (Method::Post, "Accounts", 405),
    ] {
        let (status, _) = client.ask(method, path, &json!({ "Status": "VOIDED" }));
        assert_eq!(status, expected, "{path}");
    }
    let mut request = client.request(Method::Put, "Invoices", &sale("S-1", "1"));
    request.body = b"{".to_vec();
    assert_eq!(client.send(&request).status, 400);
    assert_eq!(client.balance("Sales"), 0);
}

#[test]
fn amounts_that_floating_point_cannot_hold_stay_exact() {
    let mut client = Client::new();
    let mut cents = 0;
    for (place, amount) in ["0.1", "0.2", "0.7", "1.15", "90071992547409.93"].iter().enumerate() {
        let untaxed = json!({ "LineAmountTypes": "NoTax" });
        let stored = client.put("Invoices", &with(&sale(&format!("S-{place}"), amount), untaxed));
        let expected = super::super::fields::minor(amount.parse().unwrap()).unwrap();
        assert_eq!(stored["Total"], super::super::fields::money(expected));
        cents += expected;
    }
    assert_eq!(client.balance("Sales"), -cents);
}
