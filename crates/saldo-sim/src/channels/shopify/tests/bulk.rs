//! Bulk operations.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

const START: &str = "mutation($query: String!, $grouped: Boolean!) {
    bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
      bulkOperation { id status url } userErrors { field message code } } }";
const LOOK: &str = "query($id: ID!) { bulkOperation(id: $id) {
    status url objectCount rootObjectCount fileSize completedAt } }";
const LEDGER: &str = "{ orders { edges { node { id name
    agreements { edges { node { id sales { edges { node { id
      totalAmount { shopMoney { amount } } } } } } } }
    transactions { id amountSet { shopMoney { amount } } } } } } }";

fn start(app: &mut App, query: &str, grouped: bool) -> Value {
    let data = app.data(START, &json!({ "query": query, "grouped": grouped }));
    data["bulkOperationRunQuery"].clone()
}

/// Runs a query in bulk to its end: the lines of its file.
fn run(app: &mut App, query: &str, grouped: bool) -> Vec<Value> {
    let started = start(app, query, grouped);
    assert_eq!(started["bulkOperation"]["status"], "CREATED");
    assert_eq!(started["bulkOperation"]["url"], Value::Null);
    let id = json!({ "id": started["bulkOperation"]["id"] });
    app.now -= 15.seconds();
    assert_eq!(app.data(LOOK, &id)["bulkOperation"]["status"], "RUNNING");
    let done = app.data(LOOK, &id)["bulkOperation"].clone();
    assert_eq!(done["status"], "COMPLETED");
    let url = done["url"].as_str().unwrap().to_owned();
    let answer = app.send(&HttpRequest::get(url));
    assert_eq!(answer.status, 200);
    assert_eq!(done["fileSize"], json!(answer.body.len().to_string()));
    let text = String::from_utf8(answer.body).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(done["objectCount"], json!(lines.len().to_string()));
    lines
}

#[test]
fn a_file_tells_what_paging_tells() {
    let mut app = App::of(1_200);
    let lines = run(&mut app, LEDGER, true);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut order_of: BTreeMap<String, String> = BTreeMap::new();
    for line in &lines {
        let id = line["id"].as_str().unwrap().to_owned();
        match line.get("__parentId").map(|parent| parent.as_str().unwrap()) {
            None => assert!(sums.insert(id, 0).is_none()),
            Some(parent) if parent.contains("/Order/") => {
                order_of.insert(id, parent.to_owned());
            }
            Some(parent) => {
                *sums.get_mut(&order_of[parent]).unwrap() +=
                    cents(&line["totalAmount"]["shopMoney"]["amount"]);
            }
        }
    }
    let world = app.world();
    assert_eq!(sums.len(), 1_200);
    for order in &world.orders {
        let id = format!("gid://shopify/Order/{}", order.id);
        assert_eq!(sums[&id], order.total(Timestamp::MAX));
    }
}

#[test]
fn children_follow_their_root_only_where_grouping_is_asked_for() {
    let mut app = App::of(200);
    let broken = |lines: &[Value]| {
        let mut seen = BTreeSet::new();
        lines.iter().any(|line| {
            seen.insert(line["id"].as_str().unwrap().to_owned());
            line.get("__parentId").is_some_and(|parent| !seen.contains(parent.as_str().unwrap()))
        })
    };
    let grouped = run(&mut app, LEDGER, true);
    let scattered = run(&mut app, LEDGER, false);
    assert!(!broken(&grouped));
    assert!(broken(&scattered));
    let texts =
        |lines: &[Value]| -> BTreeSet<String> { lines.iter().map(ToString::to_string).collect() };
    assert_eq!(texts(&grouped), texts(&scattered), "the same objects");
}

#[test]
fn queries_of_another_shape_are_refused() {
    let mut app = App::of(60);
    let cases = [
        "{ shop { name } }",
        "{ orders { nodes { id } } }",
        "{ orders { edges { node { id } } pageInfo { hasNextPage } } }",
        "{ orders { edges { node { id
           refunds { refundLineItems { edges { node { id } } } } } } } }",
        "{ orders { edges { node { id agreements { edges { node { id sales { edges { node { id
           ... on ProductSale { lineItem { id } } } } }  } } } } } }
           tenderTransactions { edges { node { id
             order { lineItems { edges { node { id } } } } } } }
           bulkOperations { edges { node { id } } } }",
        "{ orders { edges { node { id refunds { id } lineItems { edges { node { id } } }
           shippingLines { edges { node { id } } } agreements { edges { node { id } } } } } }
           tenderTransactions { edges { node { id } } }
           bulkOperations { edges { node { id } } } }",
        "{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
        "{ orders { edges { node { colour } } } }",
        "mutation { bulkOperationRunQuery(query: \"\") { userErrors { message } } }",
        "not a query",
    ];
    for query in cases {
        let answer = start(&mut app, query, false);
        assert_eq!(answer["bulkOperation"], Value::Null, "{query}");
        assert_eq!(answer["userErrors"][0]["code"], "INVALID", "{query}");
    }
}

#[test]
fn connections_nest_two_below_the_outermost() {
    let mut app = App::of(60);
    let query = |deepest: &str| {
        format!(
            "{{ orders {{ edges {{ node {{ id agreements {{ edges {{ node {{ id \
             ... on RefundAgreement {{ refund {{ transactions {{ edges {{ node {{ id {deepest} \
             }} }} }} }} }} }} }} }} }} }} }} }}"
        )
    };
    assert_eq!(start(&mut app, &query(""), false)["userErrors"], json!([]));
    let deeper = query("order { lineItems { edges { node { id } } } }");
    let refused = start(&mut app, &deeper, false);
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("deeper"), "{message}");
}

#[test]
fn five_operations_run_at_a_time() {
    let mut app = App::of(60);
    let query = "{ orders { edges { node { id } } } }";
    for _ in 0..5 {
        app.now -= 20.seconds();
        assert_eq!(start(&mut app, query, false)["userErrors"], json!([]));
    }
    app.now -= 20.seconds();
    assert_eq!(start(&mut app, query, false)["userErrors"][0]["code"], "LIMIT_REACHED");
    app.now += 1.minute();
    assert_eq!(start(&mut app, query, false)["userErrors"], json!([]));
}

#[test]
fn a_file_can_be_fetched_for_seven_days() {
    let mut app = App::of(60);
    let started = start(&mut app, "{ orders { edges { node { id } } } }", false);
    let id = json!({ "id": started["bulkOperation"]["id"] });
    let done = app.data(LOOK, &id);
    let url = done["bulkOperation"]["url"].as_str().unwrap().to_owned();
    app.now += 167.hours();
    assert_eq!(app.send(&HttpRequest::get(url.clone())).status, 200);
    app.now += 2.hours();
    assert_eq!(app.send(&HttpRequest::get(url)).status, 404);
    assert_eq!(app.sim.counters().downloads, 2);
}

#[test]
fn a_search_narrows_a_bulk_query() {
    let mut app = App::of(200);
    let lines = run(&mut app, "{ orders(query: \"name:#1003\") { edges { node { id } } } }", false);
    assert_eq!(lines.len(), 1);
}
