//! Orders by a bulk operation, and what follows when one fails.

use super::{Stage, graphql, slice};
use saldo_core::channel::Next;
use saldo_core::exchange::{Answer, Ask, HttpAnswer, Permit, SliceAsk};
use serde_json::{Value, json};

const DOWNLOAD: &str = include_str!("../fixtures/bulk.jsonl");
const URL: &str = "https://storage.example/bulk.jsonl";

fn state(status: &str, error: Option<&str>, url: Option<&str>) -> Value {
    json!({ "bulkOperation": { "status": status, "errorCode": error, "url": url } })
}

/// A stage where a bulk operation is to be started.
fn starting() -> Stage {
    let mut stage = Stage::new("orders");
    stage.data(json!({ "ordersCount": { "count": 2_000 } }));
    stage
}

/// A stage where a bulk operation runs, and it is time to look.
fn running() -> Stage {
    let mut stage = starting();
    let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
    stage.data(json!({
        "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
    }));
    stage.wait(30);
    stage
}

/// A stage where the download lies ready.
fn slicing() -> Stage {
    let mut stage = running();
    stage.data(state("COMPLETED", None, Some(URL)));
    stage
}

/// The orders of the download, with the lines below each.
fn orders() -> [&'static str; 2] {
    let second = DOWNLOAD.find("{\"id\":\"gid://shopify/Order/1002").unwrap();
    let (first, second) = DOWNLOAD.split_at(second);
    [first.trim_end(), second.trim_end()]
}

fn slice_ask(offset: u64) -> Next {
    let limit = 4 * 1024 * 1024;
    let url = URL.to_owned();
    Next::Ask(Ask::Slice(SliceAsk { url, bytes: None, offset, limit, groups: 250 }))
}

#[test]
fn many_orders_come_by_a_bulk_operation() {
    let mut stage = starting();
    let (name, variables) = stage.question();
    assert_eq!(name, "BulkStart");
    let query = variables["query"].as_str().unwrap();
    assert!(query.contains("orders(query: \"updated_at:>='2026-11-01T00:00:00Z'\")"), "{query}");
    let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
    stage.data(json!({
        "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
    }));
    assert_eq!(stage.next(), Next::WaitUntil("2026-11-20T12:00:30Z".parse().unwrap()));
}

#[test]
fn a_bulk_operation_is_looked_after_once_a_minute() {
    let mut stage = running();
    let mut waits = Vec::new();
    for status in ["CREATED", "RUNNING", "RUNNING", "RUNNING", "RUNNING"] {
        let id = json!({ "id": "gid://shopify/BulkOperation/1" });
        assert_eq!(stage.question(), ("BulkStatus".to_owned(), id));
        stage.data(state(status, None, None));
        let Next::WaitUntil(ready) = stage.next() else { panic!("it does not wait") };
        waits.push(ready.duration_since(stage.context.now).as_secs());
        stage.context.now = ready;
    }
    assert_eq!(waits, [60, 60, 60, 60, 60]);
}

#[test]
fn a_download_is_heard_slice_by_slice() {
    let [first, second] = orders();
    let mut stage = slicing();
    assert_eq!(stage.next(), slice_ask(0));
    stage.hear(&slice(&[first], 5_000, false)).unwrap();
    assert_eq!((stage.ids(), stage.reached), (vec!["gid://shopify/Order/1001"], None));
    assert_eq!(std::str::from_utf8(&stage.records[0].bytes).unwrap(), first);
    assert_eq!(stage.next(), slice_ask(5_000));
    stage.hear(&slice(&[second], 9_998, true)).unwrap();
    assert_eq!(stage.ids(), ["gid://shopify/Order/1001", "gid://shopify/Order/1002"]);
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T11:50:00Z");
    assert_eq!(stage.next(), Next::Done);
}

#[test]
fn a_bulk_operation_that_found_nothing_ends_the_pull() {
    let mut stage = running();
    stage.data(state("COMPLETED", None, None));
    assert!(stage.reached.is_some());
}

/// Whether the orders of the same window are listed now.
fn is_listed(stage: &Stage) -> bool {
    let (name, variables) = stage.question();
    name == "Orders" && variables["query"] == "updated_at:>='2026-11-01T00:00:00Z'"
}

#[test]
fn where_a_bulk_operation_fails_orders_are_listed() {
    let partial = Some("https://storage.example/partial.jsonl");
    for (status, error) in [
        ("FAILED", Some("TIMEOUT")),
        ("FAILED", Some("INTERNAL_SERVER_ERROR")),
        ("CANCELED", None),
        ("CANCELING", None),
        ("EXPIRED", None),
        ("PAUSED", None),
    ] {
        let mut stage = running();
        stage.data(state(status, error, partial));
        assert!(is_listed(&stage), "{status}");
    }
    let mut stage = running();
    stage.data(json!({ "bulkOperation": null }));
    assert!(is_listed(&stage));
}

#[test]
fn where_places_are_kept_from_the_app_a_bulk_operation_does_without() {
    let asked = |stage: &Stage| {
        let (name, variables) = stage.question();
        assert_eq!(name, "BulkStart");
        variables["query"].as_str().unwrap().to_owned()
    };
    let run = |stage: &mut Stage| {
        let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
        stage.data(json!({
            "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
        }));
        stage.wait(30);
    };
    let fields = [" provinceCode", " zip"];
    for (status, error) in [("COMPLETED", None), ("FAILED", Some("ACCESS_DENIED"))] {
        let mut stage = starting();
        let whole = asked(&stage);
        assert!(fields.iter().all(|field| whole.contains(field)), "{whole}");
        run(&mut stage);
        stage.data(state("FAILED", Some("ACCESS_DENIED"), None));
        let without = asked(&stage);
        assert!(fields.iter().all(|field| !without.contains(field)), "{without}");
        for field in [" customer {", "purchasingEntity {", "countryCodeV2", "transactions {"] {
            assert!(without.contains(field), "{without}");
        }
        run(&mut stage);
        stage.data(state(status, error, (status == "COMPLETED").then_some(URL)));
        match error {
            None => assert!(matches!(stage.next(), Next::Ask(Ask::Slice(_)))),
            Some(_) => assert!(is_listed(&stage), "the listing leaves out what is denied alone"),
        }
    }
}

#[test]
fn where_no_bulk_operation_can_start_orders_are_listed() {
    for code in ["OPERATION_IN_PROGRESS", "LIMIT_REACHED", "INVALID"] {
        let mut stage = starting();
        let errors = [json!({ "message": "Busy.", "code": code })];
        stage.data(json!({
            "bulkOperationRunQuery": { "bulkOperation": null, "userErrors": errors }
        }));
        assert!(is_listed(&stage), "{code}");
    }
}

#[test]
fn a_bulk_operation_that_never_ends_is_given_up() {
    let mut stage = running();
    stage.wait(24 * 60 * 60);
    stage.data(state("RUNNING", None, None));
    assert!(is_listed(&stage));
}

#[test]
fn a_download_that_is_gone_is_replaced_by_a_listing() {
    for (status, expected) in [(403, None), (404, None), (503, Some(Permit::Retry))] {
        let mut stage = slicing();
        let answer = HttpAnswer { status, headers: Vec::new(), body: Vec::new() };
        let fault = stage.hear(&Answer::Http(answer)).err().map(|fault| fault.permits);
        assert_eq!(fault, expected, "{status}");
        assert!(fault.is_some() || is_listed(&stage), "{status}");
    }
}

#[test]
fn a_download_with_too_few_lines_is_replaced_by_a_listing() {
    let lines = DOWNLOAD.lines().count();
    for (missing, finished) in [(0, true), (1, false)] {
        let mut stage = running();
        let mut done = state("COMPLETED", None, Some(URL));
        done["bulkOperation"]["fileSize"] = json!("9998");
        done["bulkOperation"]["objectCount"] = json!((lines + missing).to_string());
        stage.data(done);
        let Next::Ask(Ask::Slice(ask)) = stage.next() else { panic!("no slice is asked for") };
        assert_eq!(ask.bytes, Some(9_998));
        stage.hear(&slice(&orders(), 9_998, true)).unwrap();
        assert_eq!(stage.reached.is_some(), finished);
        assert_eq!(stage.ids().len(), if finished { 2 } else { 0 });
        assert!(finished || is_listed(&stage));
    }
}

#[test]
fn a_size_that_is_no_number_is_a_fault_that_names_it() {
    for field in ["fileSize", "objectCount"] {
        for size in
            [json!("12a"), json!("-1"), json!("1.5"), json!(""), json!("18446744073709551616")]
        {
            let mut stage = running();
            let mut operation = state("COMPLETED", None, Some(URL));
            operation["bulkOperation"][field] = size.clone();
            let fault = stage.hear(&graphql(&json!({ "data": operation }))).unwrap_err();
            assert_eq!(fault.permits, Permit::Never, "{field} {size}: {fault}");
            assert!(fault.message.contains(field), "{field} {size}: {fault}");
        }
    }
}
