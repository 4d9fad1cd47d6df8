//! Listing orders: windows, pages, orders that do not fit a page.

use super::{Stage, graphql};
use saldo_core::channel::Next;
use saldo_core::exchange::{Answer, HttpAnswer, Permit};
use serde_json::{Value, json};

const WHOLE: &str = include_str!("../fixtures/order_1001.json");
const PIECES: &str = include_str!("../fixtures/order_1002_pieces.jsonl");

/// An order of which nothing is known but that it is whole.
const BARE: &str = r#"{"id":"gid://shopify/Order/1","agreements":{"edges":[]}}"#;

fn counted(count: u32) -> Value {
    json!({ "ordersCount": { "count": count } })
}

/// A page of orders, each given as text.
fn listed(orders: &[&str], updated_at: &str, next: Option<&str>) -> Value {
    let node = |text: &&str| serde_json::from_str::<Value>(text).unwrap();
    json!({ "orders": {
        "pageInfo": { "hasNextPage": next.is_some(), "endCursor": next },
        "edges": orders.iter().map(|_| json!({ "node": { "updatedAt": updated_at } }))
            .collect::<Vec<_>>(),
        "nodes": orders.iter().map(node).collect::<Vec<_>>(),
    }})
}

fn piece(text: &str) -> Value {
    json!({ "order": serde_json::from_str::<Value>(text).unwrap() })
}

/// A stage where orders are to be listed.
fn listing() -> Stage {
    let mut stage = Stage::new("orders");
    stage.data(counted(3));
    stage
}

#[test]
fn a_first_pull_goes_back_to_the_start() {
    let mut stage = Stage::new("orders");
    let window = "updated_at:>='2026-11-01T00:00:00Z'";
    assert_eq!(stage.question(), ("OrdersCount".to_owned(), json!({ "query": window })));
    stage.data(counted(1));
    let (name, variables) = stage.question();
    assert_eq!(name, "Orders");
    let first = json!({ "query": window, "after": null, "orders": 5, "agreements": 2, "sales": 5 });
    assert_eq!(variables, first);
}

#[test]
fn the_next_pull_begins_before_the_end_of_the_last() {
    let mut stage = listing();
    stage.wait(30);
    stage.data(listed(&[WHOLE], "2026-11-19T00:00:00Z", None));
    assert_eq!(stage.ids(), ["gid://shopify/Order/1001"]);
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T11:50:00Z");
    assert_eq!(stage.next(), Next::Done);
    stage.wait(60);
    let (name, variables) = stage.question();
    assert_eq!(name, "OrdersCount");
    assert_eq!(variables["query"], "updated_at:>='2026-11-20T11:50:00Z'");
}

#[test]
fn records_are_the_vendors_own_bytes() {
    let mut stage = listing();
    let verbatim = WHOLE.trim();
    let body = format!(
        r#"{{"data":{{"orders":{{"pageInfo":{{"hasNextPage":false,"endCursor":null}},
        "edges":[{{"node":{{"updatedAt":"2026-11-19T00:00:00Z"}}}}],"nodes":[{verbatim}]}}}}}}"#
    );
    let answer = Answer::Http(HttpAnswer { status: 200, headers: Vec::new(), body: body.into() });
    stage.hear(&answer).unwrap();
    assert_eq!(std::str::from_utf8(&stage.records[0].bytes).unwrap(), verbatim);
}

#[test]
fn only_the_last_page_says_what_was_reached() {
    let mut stage = listing();
    stage.data(listed(&[WHOLE], "2026-11-19T00:00:00Z", Some("c1")));
    assert_eq!(stage.reached, None);
    assert_eq!(stage.question().1["after"], "c1");
    stage.data(listed(&[], "2026-11-19T00:00:00Z", None));
    assert!(stage.reached.is_some());
}

#[test]
fn an_order_is_finished_before_it_is_told() {
    let pieces: Vec<_> = PIECES.lines().collect();
    let mut stage = listing();
    stage.data(listed(&[WHOLE, pieces[0]], "2026-11-19T00:00:00Z", Some("c1")));
    assert_eq!(stage.ids(), ["gid://shopify/Order/1001"]);
    let asked = |stage: &Stage| {
        let (name, variables) = stage.question();
        assert_eq!(name, "OrderRest");
        assert_eq!(variables["id"], "gid://shopify/Order/1002");
        let after = |name: &str| variables[name].as_str().map(str::to_owned);
        (after("agreementsAfter"), after("salesAfter"))
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(asked(&stage), (text("a0"), None));
    stage.data(piece(pieces[1]));
    assert_eq!(asked(&stage), (text("a1"), None));
    stage.data(piece(pieces[2]));
    assert_eq!(asked(&stage), (None, text("s2")));
    stage.data(piece(pieces[3]));
    assert_eq!(asked(&stage), (None, text("s5")));
    assert_eq!(stage.records.len(), 1);
    stage.data(piece(pieces[4]));
    assert_eq!(stage.ids(), ["gid://shopify/Order/1001", "gid://shopify/Order/1002"]);
    assert_eq!(stage.records[1].bytes.split(|byte| *byte == b'\n').count(), 5);
    assert_eq!(stage.question().1["after"], "c1");
    stage.data(listed(&[], "2026-11-19T00:00:00Z", None));
    assert!(stage.reached.is_some());
}

#[test]
fn an_order_that_is_deleted_meanwhile_is_not_told() {
    let mut stage = listing();
    let first = PIECES.lines().next().unwrap();
    stage.data(listed(&[first], "2026-11-19T00:00:00Z", None));
    assert_eq!(stage.reached, None);
    stage.data(json!({ "order": null }));
    assert!(stage.reached.is_some());
    assert_eq!(stage.ids(), Vec::<&str>::new());
}

#[test]
fn a_question_that_is_too_dear_is_halved_until_nothing_is_left_to_halve() {
    let mut stage = listing();
    let mut sizes = Vec::new();
    let fault = loop {
        let variables = stage.question().1;
        let size = |name: &str| variables[name].as_u64().unwrap();
        sizes.push((size("orders"), size("agreements"), size("sales")));
        match stage.too_dear() {
            Ok(page) => assert_eq!((page.records.len(), page.reached), (0, None)),
            Err(fault) => break fault,
        }
    };
    assert_eq!(sizes, [(5, 2, 5), (2, 2, 5), (1, 2, 5), (1, 1, 5), (1, 1, 2), (1, 1, 1)]);
    assert_eq!(fault.permits, Permit::Never);
}

#[test]
fn the_page_grows_while_it_is_cheap_and_keeps_its_size() {
    let mut stage = listing();
    stage.data_at_cost(listed(&[WHOLE], "2026-11-19T00:00:00Z", None), 450, 2000);
    stage.wait(600);
    stage.data(counted(1));
    assert_eq!(stage.question().1["orders"], 10);
}

#[test]
fn an_empty_bucket_is_waited_for() {
    let mut stage = listing();
    stage.data_at_cost(listed(&[WHOLE], "2026-11-19T00:00:00Z", Some("c1")), 900, 100);
    let Next::WaitUntil(ready) = stage.next() else { panic!("it asks at once") };
    assert_eq!(ready.to_string(), "2026-11-20T12:00:08Z");
    stage.wait(8);
    assert_eq!(stage.question().0, "Orders");
}

#[test]
fn a_long_listing_begins_anew_at_the_last_date() {
    let mut stage = listing();
    let orders = vec![BARE; 2_000];
    let dates = ["2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"];
    for page in 0..10 {
        assert_eq!(stage.question().1["query"], "updated_at:>='2026-11-01T00:00:00Z'");
        stage.data(listed(&orders, dates[page / 5], Some("c")));
    }
    let variables = stage.question().1;
    assert_eq!(variables["query"], "updated_at:>='2026-11-03T00:00:00Z'");
    assert_eq!(variables["after"], Value::Null);
}

#[test]
fn a_listing_that_cannot_be_parted_says_so() {
    let mut stage = listing();
    let orders = vec![BARE; 20_000];
    let body = json!({ "data": listed(&orders, "2026-11-01T00:00:00Z", Some("c")) });
    assert_eq!(stage.hear(&graphql(&body)).unwrap_err().permits, Permit::Never);
}

#[test]
fn history_hidden_for_want_of_a_scope_is_noticed() {
    let mut stage = Stage::new("orders");
    stage.context.since = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(stage.question().0, "AccessScopes");
    let scopes = |handles: &[&str]| {
        let scopes: Vec<_> = handles.iter().map(|handle| json!({ "handle": handle })).collect();
        json!({ "currentAppInstallation": { "accessScopes": scopes } })
    };
    let body = json!({ "data": scopes(&["read_orders"]) });
    let fault = stage.hear(&graphql(&body)).unwrap_err();
    assert_eq!(fault.permits, Permit::LogIn);
    assert!(fault.message.contains("`read_all_orders`"), "{fault}");
    stage.data(scopes(&["read_orders", "read_all_orders"]));
    let (name, variables) = stage.question();
    assert_eq!(name, "OrdersCount");
    assert_eq!(variables["query"], "updated_at:>='2026-01-01T00:00:00Z'");
    stage.data(counted(1));
    assert_eq!(stage.question().0, "Orders");
}

#[test]
fn an_answer_that_crosses_the_border_of_sixty_days_is_understood() {
    let mut stage = Stage::new("orders");
    stage.context.since = "2026-09-21T12:00:00Z".parse().unwrap();
    assert_eq!(stage.question().0, "OrdersCount");
    stage.wait(1);
    stage.data(counted(1));
    assert_eq!(stage.question().0, "Orders");
}

#[test]
fn a_cursor_of_another_version_is_refused() {
    let mut stage = listing();
    for (from, to) in [("\"v\":1", "\"v\":2"), ("{", "[")] {
        let mut cursor = stage.cursor.clone().unwrap();
        cursor.0 = cursor.0.replace(from, to);
        let before = stage.cursor.replace(cursor);
        let answer = super::graphql(&json!({ "data": counted(1) }));
        assert_eq!(stage.hear(&answer).unwrap_err().permits, Permit::Never);
        stage.cursor = before;
    }
}

#[test]
fn the_stored_form_of_a_cursor_stays_as_it_is() {
    let mut stage = listing();
    let first = PIECES.lines().next().unwrap();
    stage.data_at_cost(listed(&[first], "2026-11-19T00:00:00Z", Some("c1")), 750, 1250);
    let cursor = stage.cursor.unwrap().0;
    let start = cursor.split("\"lines\"").next().unwrap();
    insta::assert_snapshot!(start);
    let end = cursor.split("\"open\"").nth(1).unwrap();
    insta::assert_snapshot!(end);
}
