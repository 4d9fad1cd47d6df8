//! Payouts, disputes and balance rows: what is listed again, and what is not.

use super::{Stage, slice};
use saldo_core::channel::Next;
use saldo_core::exchange::Ask;
use serde_json::{Value, json};

const PAYOUTS: &str = include_str!("../fixtures/payouts.jsonl");
const ROWS: &str = include_str!("../fixtures/balance_transactions.jsonl");
const DISPUTES: &str = include_str!("../fixtures/disputes.jsonl");

/// A page of a list, of some lines of a fixture.
fn list(name: &str, lines: &[&str], next: Option<&str>) -> Value {
    let nodes: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let info = json!({ "hasNextPage": next.is_some(), "endCursor": next });
    json!({ "shopifyPaymentsAccount": { name: { "pageInfo": info, "nodes": nodes } } })
}

fn line<'a>(fixture: &'a str, id: &str) -> &'a str {
    fixture.lines().find(|line| line.contains(&format!("/{id}\""))).unwrap()
}

fn filter(stage: &Stage) -> String {
    stage.question().1["query"].as_str().unwrap().to_owned()
}

#[test]
fn payouts_are_listed_page_by_page() {
    let mut stage = Stage::new("payouts");
    let first =
        json!({ "query": "issued_at:>='2026-10-31T00:00:00Z'", "after": null, "first": 50 });
    assert_eq!(stage.question(), ("Payouts".to_owned(), first));
    stage.data(list("payouts", &[line(PAYOUTS, "701")], Some("c1")));
    assert_eq!((stage.question().1["after"].clone(), stage.reached), (json!("c1"), None));
    stage.data(list("payouts", &[line(PAYOUTS, "704")], None));
    assert_eq!(stage.ids().len(), 2);
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T11:50:00Z");
    assert_eq!(stage.next(), Next::Done);
}

#[test]
fn payouts_are_listed_again_for_thirty_days_or_from_the_oldest_open_one() {
    let mut stage = Stage::new("payouts");
    stage.data(list("payouts", &[line(PAYOUTS, "701"), line(PAYOUTS, "702")], None));
    stage.wait(60);
    assert_eq!(filter(&stage), "issued_at:>='2026-10-21T11:50:00Z'");
    stage.wait(60 * 24 * 60 * 60);
    stage.data(list("payouts", &[line(PAYOUTS, "702")], None));
    stage.wait(60);
    assert_eq!(filter(&stage), "issued_at:>='2026-11-04T00:00:00Z'");
    let paid = line(PAYOUTS, "702").replace("SCHEDULED", "PAID");
    stage.data(list("payouts", &[&paid], None));
    stage.wait(60);
    assert_eq!(filter(&stage), "issued_at:>='2026-12-20T11:52:00Z'");
}

#[test]
fn disputes_from_before_the_start_are_heard() {
    let mut stage = Stage::new("disputes");
    let (name, variables) = stage.question();
    assert_eq!(name, "Disputes");
    assert_eq!(variables["query"], "initiated_at:>='2026-05-05T00:00:00Z'");
    stage.data(list("disputes", &[line(DISPUTES, "801")], None));
    assert_eq!(stage.ids(), ["gid://shopify/ShopifyPaymentsDispute/801"]);
    stage.wait(90 * 24 * 60 * 60);
    stage.data(list("disputes", &[line(DISPUTES, "801")], None));
    stage.wait(60);
    assert_eq!(filter(&stage), "initiated_at:>='2026-11-10T00:00:00Z'");
}

#[test]
fn a_shop_without_shopify_payments_has_nothing_to_say() {
    for stream in ["payouts", "disputes", "balance-transactions"] {
        let mut stage = Stage::new(stream);
        stage.data(json!({ "shopifyPaymentsAccount": null }));
        if stream == "balance-transactions" {
            stage.data(json!({ "shopifyPaymentsAccount": null }));
        }
        assert_eq!((stage.records.len(), stage.reached.is_some()), (0, true), "{stream}");
        assert_eq!(stage.next(), Next::Done);
    }
}

#[test]
fn a_first_pull_reads_older_rows_by_payout_and_the_rest_by_date() {
    let mut stage = Stage::new("balance-transactions");
    assert_eq!(stage.question().0, "Payouts");
    stage.data(list("payouts", &[line(PAYOUTS, "701")], None));
    let (name, variables) = stage.question();
    assert_eq!(name, "BalanceTransactions");
    let older = "payments_transfer_id:701 processed_at:<'2026-11-01T00:00:00Z'";
    let asked = json!({ "query": older, "after": null, "first": 100, "hideTransfers": true });
    assert_eq!(variables, asked);
    stage.data(list("balanceTransactions", &[line(ROWS, "902")], Some("r1")));
    assert_eq!(stage.question().1["after"], "r1");
    stage.data(list("balanceTransactions", &[], None));
    let asked = json!({
        "query": "processed_at:>='2026-11-01T00:00:00Z'",
        "after": null, "first": 100, "hideTransfers": false,
    });
    assert_eq!(stage.question().1, asked);
    stage.data(list("balanceTransactions", &[line(ROWS, "901")], None));
    assert_eq!(stage.ids().len(), 2);
    assert!(stage.reached.is_some());
    assert_eq!(stage.next(), Next::Done);
}

/// A stage whose first pull heard payouts 701 (paid) and 702 (scheduled).
fn pulled() -> Stage {
    let mut stage = Stage::new("balance-transactions");
    stage.data(list("payouts", &[line(PAYOUTS, "701"), line(PAYOUTS, "702")], None));
    for _ in 0..3 {
        stage.data(list("balanceTransactions", &[], None));
    }
    assert!(stage.reached.is_some());
    stage.wait(60);
    stage
}

#[test]
fn rows_are_read_again_only_where_a_payout_changed() {
    let mut stage = pulled();
    assert_eq!(filter(&stage), "issued_at:>='2026-10-21T11:50:00Z'");
    let paid = line(PAYOUTS, "702").replace("SCHEDULED", "PAID");
    stage.data(list("payouts", &[line(PAYOUTS, "701"), &paid, line(PAYOUTS, "703")], None));
    let mut payouts = Vec::new();
    for _ in 0..2 {
        payouts.push(filter(&stage));
        stage.data(list("balanceTransactions", &[], None));
    }
    assert_eq!(payouts, ["payments_transfer_id:703", "payments_transfer_id:702"]);
    assert_eq!(filter(&stage), "processed_at:>='2026-11-18T11:50:00Z'");
    stage.data(list("balanceTransactions", &[], None));
    assert!(stage.reached.is_some());
}

#[test]
fn a_pull_without_news_costs_two_questions() {
    let mut stage = pulled();
    stage.data(list("payouts", &[line(PAYOUTS, "701"), line(PAYOUTS, "702")], None));
    stage.data(list("balanceTransactions", &[], None));
    assert!(stage.reached.is_some());
}

#[test]
fn payouts_long_past_are_forgotten() {
    let mut stage = pulled();
    stage.wait(90 * 24 * 60 * 60);
    let paid = line(PAYOUTS, "702").replace("SCHEDULED", "PAID");
    stage.data(list("payouts", &[line(PAYOUTS, "701"), &paid], None));
    stage.data(list("balanceTransactions", &[], None));
    stage.data(list("balanceTransactions", &[], None));
    let cursor = stage.cursor.unwrap().0;
    assert!(cursor.contains("\"seen\":{}"), "{cursor}");
}

#[test]
fn pages_that_are_too_dear_are_halved() {
    let mut stage = Stage::new("payouts");
    stage.too_dear().unwrap();
    assert_eq!(stage.question().1["first"], 25);
    let mut stage = Stage::new("balance-transactions");
    stage.too_dear().unwrap();
    assert_eq!(stage.question().1["first"], 25);
    stage.data(list("payouts", &[], None));
    stage.too_dear().unwrap();
    assert_eq!(stage.question().1["first"], 50);
}

/// A row of this number, of this instant.
fn row(number: u32, instant: &str) -> String {
    let row = line(ROWS, "901").replace("2026-11-02T10:00:00Z", instant);
    row.replace("Transaction/901", &format!("Transaction/{number}"))
}

/// A stage whose first page of what is new holds 100 rows up to an instant, with more to come. The
/// window is of nineteen and a half days.
fn listed_until(instant: &str) -> Stage {
    let mut stage = Stage::new("balance-transactions");
    stage.data(json!({ "shopifyPaymentsAccount": null }));
    let rows: Vec<String> = (0..100).map(|number| row(number, instant)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    stage.data_at_cost(list("balanceTransactions", &rows, Some("r1")), 600, 1_900);
    stage
}

#[test]
fn what_is_worth_it_of_the_balance_comes_by_a_bulk_operation() {
    // At six points each and a hundred a second, 2,000 rows take two minutes.
    let mut stage = listed_until("2026-11-02T00:00:00Z");
    assert_eq!(stage.question().0, "BalanceTransactions", "1,850 are left");
    stage.data_at_cost(list("balanceTransactions", &[], Some("r2")), 600, 1_900);
    assert_eq!(stage.question().1["after"], "r2");
    let stage = listed_until("2026-11-01T22:00:00Z");
    let (name, variables) = stage.question();
    assert_eq!(name, "BulkStart", "2,027 are left");
    let query = variables["query"].as_str().unwrap();
    let expected = "balanceTransactions(query: \"processed_at:>='2026-11-01T22:00:00Z'\")";
    assert!(query.contains(expected), "{query}");
}

/// Where the rows lie.
const URL: &str = "https://storage.example/rows.jsonl";

/// A stage whose bulk operation for rows has come to its end.
fn completed(lines: u32, roots: u32, url: Option<&str>) -> Stage {
    let mut stage = listed_until("2026-11-01T12:00:00Z");
    let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
    stage.data(json!({
        "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
    }));
    stage.wait(30);
    assert_eq!(stage.question().0, "BulkStatus");
    stage.data(json!({ "bulkOperation": {
        "status": "COMPLETED",
        "url": url,
        "objectCount": lines.to_string(),
        "rootObjectCount": roots.to_string(),
    }}));
    stage
}

#[test]
fn rows_in_bulk_end_the_pull() {
    let mut stage = completed(2, 2, Some(URL));
    let rows = [99, 100].map(|number| row(number, "2026-11-01T12:00:00Z"));
    let Next::Ask(Ask::Slice(_)) = stage.next() else { panic!("no slice is asked for") };
    stage.hear(&slice(&[&rows[0], &rows[1]], 700, true)).unwrap();
    assert_eq!(stage.ids().len(), 102);
    assert_eq!(std::str::from_utf8(&stage.records[101].bytes).unwrap(), rows[1]);
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T11:50:00Z");
    assert_eq!(stage.next(), Next::Done);
}

#[test]
fn where_rows_do_not_come_in_bulk_the_listing_goes_on_to_its_end() {
    // The last row that was listed is missing; rows stand below something else; no download.
    for (lines, roots, url) in [(0, 0, None), (2, 0, Some(URL)), (2, 1, Some(URL)), (2, 2, None)] {
        let mut stage = completed(lines, roots, url);
        for after in [json!(null), json!("r2")] {
            let (name, variables) = stage.question();
            assert_eq!((name.as_str(), &variables["after"]), ("BalanceTransactions", &after));
            assert_eq!(variables["query"], "processed_at:>='2026-11-01T12:00:00Z'");
            let next = (after == json!(null)).then_some("r2");
            let row = row(100, "2026-11-01T13:00:00Z");
            stage.data_at_cost(list("balanceTransactions", &[&row], next), 600, 1_900);
        }
        assert!(stage.reached.is_some(), "{lines} lines, {roots} of them without a parent");
    }
}
