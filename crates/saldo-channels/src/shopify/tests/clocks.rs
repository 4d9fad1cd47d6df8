//! A clock of ours that is ahead of the vendor's, or was.

use super::{Stage, slice};
use saldo_core::channel::Next;
use serde_json::{Value, json};

/// An hour before our clock says.
const VENDOR: &str = "Fri, 20 Nov 2026 11:00:00 GMT";
/// A minute after our clock says.
const AHEAD: &str = "Fri, 20 Nov 2026 12:01:00 GMT";

fn no(list: &str) -> Value {
    let list_of = json!({ list: { "pageInfo": { "hasNextPage": false }, "nodes": [] } });
    json!({ "shopifyPaymentsAccount": list_of })
}

/// The data that bring a stream to its end, each with the vendor's time.
fn pull(stream: &str, date: &str) -> Stage {
    let mut stage = Stage::new(stream);
    let empty = json!({ "pageInfo": { "hasNextPage": false }, "edges": [], "nodes": [] });
    let data = match stream {
        "payouts" | "disputes" => vec![no(stream)],
        "balance-transactions" => vec![no("payouts"), no("balanceTransactions")],
        _ => vec![json!({ "ordersCount": { "count": 3 } }), json!({ "orders": empty })],
    };
    for data in data {
        assert_eq!(stage.reached, None);
        stage.data_made_at(data, date);
    }
    stage
}

#[test]
fn a_window_ends_where_the_vendor_is_not_where_our_clock_is() {
    for stream in ["payouts", "balance-transactions", "disputes", "orders"] {
        let stage = pull(stream, VENDOR);
        assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T10:50:00Z", "{stream}");
        let stage = pull(stream, AHEAD);
        assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T11:50:00Z", "{stream}");
    }
}

#[test]
fn the_next_window_begins_where_the_vendor_was() {
    let mut stage = pull("orders", VENDOR);
    stage.wait(60);
    let window = json!({ "query": "updated_at:>='2026-11-20T10:50:00Z'" });
    assert_eq!(stage.question(), ("OrdersCount".to_owned(), window));
}

#[test]
fn a_bulk_operation_ends_its_window_likewise() {
    let mut stage = Stage::new("orders");
    stage.data_made_at(json!({ "ordersCount": { "count": 2_000 } }), VENDOR);
    let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
    stage.data(json!({
        "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
    }));
    stage.wait(30);
    let url = "https://storage.example/bulk.jsonl";
    stage.data(json!({ "bulkOperation": { "status": "COMPLETED", "url": url } }));
    stage.hear(&slice(&[], 0, true)).unwrap();
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T10:50:00Z");
}

#[test]
fn a_clock_that_was_set_back_lets_nothing_wait_for_it() {
    let day = 24 * 60 * 60;
    // A pull that ended tomorrow is no reason to ask nothing today.
    let mut stage = pull("payouts", VENDOR);
    stage.wait(-day);
    assert!(matches!(stage.next(), Next::Ask(_)), "{:?}", stage.next());
    // An operation that was to be looked at tomorrow is looked at now.
    let mut stage = Stage::new("orders");
    stage.data(json!({ "ordersCount": { "count": 2_000 } }));
    let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
    stage.data(json!({
        "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
    }));
    assert!(matches!(stage.next(), Next::WaitUntil(_)));
    stage.wait(-day);
    assert_eq!(stage.question().0, "BulkStatus");
    // A bucket that was empty tomorrow has filled.
    let mut stage = Stage::new("orders");
    stage.data_at_cost(json!({ "ordersCount": { "count": 3 } }), 900, 0);
    let empty = json!({ "pageInfo": { "hasNextPage": true, "endCursor": "c" }, "edges": [] });
    let page = json!({ "orders": { "pageInfo": empty["pageInfo"], "edges": [], "nodes": [] } });
    stage.data_at_cost(page, 900, 0);
    assert!(matches!(stage.next(), Next::WaitUntil(_)));
    stage.wait(-day);
    assert!(matches!(stage.next(), Next::Ask(_)), "{:?}", stage.next());
}
