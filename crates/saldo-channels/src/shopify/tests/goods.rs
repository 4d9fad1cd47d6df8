//! What was handed over: listing it, orders that do not fit, and what it means.

use super::{Shopify, Stage, record};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::{Condition, Fact, Goods};
use serde_json::{Value, json};

const GOODS: &str = include_str!("../fixtures/goods.jsonl");

fn line(number: usize) -> Value {
    serde_json::from_str(GOODS.lines().nth(number).unwrap()).unwrap()
}

/// A page of orders' goods.
fn listed(orders: &[Value], next: Option<&str>) -> Value {
    let touched = json!({ "node": { "updatedAt": "2026-11-19T00:00:00Z" } });
    json!({ "orders": {
        "pageInfo": { "hasNextPage": next.is_some(), "endCursor": next },
        "edges": vec![touched; orders.len()],
        "nodes": orders,
    }})
}

/// An order of which nothing was handed over or given up.
fn untouched() -> Value {
    json!({ "id": "gid://shopify/Order/5", "fulfillments": [], "refunds": [] })
}

/// An order with as many parcels as this.
fn parcels(count: usize) -> Value {
    let mut order = line(0);
    let parcel = order["fulfillments"][0].clone();
    order["fulfillments"] = json!(vec![parcel; count]);
    order["refunds"] = json!([]);
    order
}

fn read(order: &Value) -> Result<Goods, String> {
    let text = order.to_string();
    match Shopify.read(&record("goods", "gid://shopify/Order/1001", &text)) {
        Ok(facts) => match &facts[..] {
            [Fact::Goods(goods)] => Ok((**goods).clone()),
            other => panic!("{other:?}"),
        },
        Err(issue) => Err(issue.message),
    }
}

#[test]
fn orders_are_listed_by_their_last_change() {
    let mut stage = Stage::new("goods");
    let window = "updated_at:>='2026-11-01T00:00:00Z'";
    let (name, variables) = stage.question();
    assert_eq!(name, "Goods");
    assert_eq!(
        variables,
        json!({ "query": window, "after": null, "orders": 10, "parcels": 2, "refunds": 1,
                "items": 4 })
    );
    let mut sent = line(0);
    sent["refunds"] = json!([]);
    stage.data_at_cost(listed(&[sent, untouched()], Some("c1")), 450, 1_500);
    assert_eq!(stage.ids(), ["gid://shopify/Order/1001"], "nothing to tell is not told");
    assert_eq!(
        (&stage.question().1["after"], &stage.question().1["orders"]),
        (&json!("c1"), &json!(20))
    );
    stage.data(listed(&[], None));
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T11:50:00Z");
    assert_eq!(stage.next(), Next::Done);
    stage.wait(60);
    assert_eq!(stage.question().1["query"], "updated_at:>='2026-11-20T11:50:00Z'");
}

#[test]
fn an_order_that_does_not_fit_is_asked_for_alone() {
    let mut stage = Stage::new("goods");
    stage.data(listed(&[line(0)], None));
    assert_eq!(stage.ids(), [""; 0], "a list of refunds that is full may go on");
    let (name, variables) = stage.question();
    assert_eq!(name, "GoodsOfOrder");
    let shape = |parcels, refunds, items| {
        json!({ "id": "gid://shopify/Order/1001", "parcels": parcels, "refunds": refunds,
                "items": items })
    };
    assert_eq!(variables, shape(5, 4, 30));
    stage.data(json!({ "order": parcels(5) }));
    assert_eq!(stage.question().1, shape(2, 1, 95));
    stage.data(json!({ "order": parcels(2) }));
    assert_eq!(stage.question().1, shape(35, 15, 5));
    stage.data(json!({ "order": parcels(30) }));
    assert_eq!(stage.ids(), ["gid://shopify/Order/1001"]);
    assert!(stage.reached.is_some());
    assert!(read(&parcels(30)).is_ok());
}

#[test]
fn what_does_not_fit_at_all_is_told_and_not_believed() {
    let mut stage = Stage::new("goods");
    stage.data(listed(&[line(0)], None));
    for count in [5, 2, 35] {
        stage.data(json!({ "order": parcels(count) }));
    }
    assert_eq!(stage.ids().len(), 1);
    insta::assert_snapshot!(
        read(&parcels(35)).unwrap_err(),
        @"shopify:demo/Order/1001 cannot be read: it has 35 `fulfillments` or more"
    );
    let mut cut = parcels(1);
    cut["fulfillments"][0]["fulfillmentLineItems"]["pageInfo"] =
        json!({ "hasNextPage": true, "endCursor": "c" });
    assert!(read(&cut).unwrap_err().contains("more than 1 lines"));
}

#[test]
fn an_order_deleted_meanwhile_is_not_told() {
    let mut stage = Stage::new("goods");
    stage.data(listed(&[line(0)], None));
    stage.data(json!({ "order": null }));
    assert_eq!((stage.ids().len(), stage.reached.is_some()), (0, true));
}

#[test]
fn a_page_that_is_too_dear_is_halved() {
    let mut stage = Stage::new("goods");
    stage.too_dear().unwrap();
    assert_eq!(stage.question().1["orders"], 5);
}

#[test]
fn parcels_and_what_came_back() {
    let goods: Vec<Goods> = [line(0), line(1)].iter().map(|line| read(line).unwrap()).collect();
    insta::assert_json_snapshot!(goods);
    // A parcel that never came about is none.
    assert_eq!(goods[1].fulfilments.len(), 1);
    let conditions: Vec<Condition> = goods[1].returned.iter().map(|it| it.condition).collect();
    assert_eq!(conditions, [Condition::NeverLeft, Condition::Gone]);
}

#[test]
fn a_new_word_holds_the_goods_of_its_order() {
    let mut order = line(0);
    order["fulfillments"][0]["status"] = json!("TELEPORTED");
    assert!(read(&order).unwrap_err().contains("TELEPORTED"));
    let mut order = line(0);
    order["refunds"][0]["refundLineItems"]["nodes"][0]["restockType"] = json!("EATEN");
    assert!(read(&order).unwrap_err().contains("EATEN"));
}
