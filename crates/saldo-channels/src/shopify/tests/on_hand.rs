//! How many units of items are on hand: a few are listed, many come by a bulk operation.

use super::{Shopify, Stage, graphql, record, slice};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::{Fact, OnHand, Saying, Topic};
use saldo_core::exchange::Ask;
use serde_json::{Value, json};

fn level(place: &str, units: i64, updated_at: &str) -> Value {
    json!({
        "id": format!("gid://shopify/InventoryLevel/{}?inventory_item_id=7", units + 500),
        "updatedAt": updated_at,
        "location": { "id": "gid://shopify/Location/1", "name": place },
        "quantities": [{ "name": "on_hand", "quantity": units }],
    })
}

fn item(number: u32, levels: &[Value], more: bool) -> Value {
    json!({
        "id": format!("gid://shopify/InventoryItem/{number}"),
        "sku": "MUG-1",
        "tracked": true,
        "variants": { "nodes": [
            { "id": "gid://shopify/ProductVariant/81", "displayName": "Mug - blue" }
        ] },
        "inventoryLevels": {
            "pageInfo": { "hasNextPage": more, "endCursor": more.then_some("l1") },
            "nodes": levels,
        },
    })
}

fn listed(items: &[Value], more: bool) -> Value {
    let end = more.then_some("c1");
    json!({ "inventoryItems": {
        "pageInfo": { "hasNextPage": more, "endCursor": end },
        "nodes": items,
    }})
}

fn some(from: u32, count: u32) -> Vec<Value> {
    (from..from + count).map(|number| item(number, &[], false)).collect()
}

#[test]
fn a_few_items_are_listed_and_hold_as_of_the_first_question() {
    let mut stage = Stage::new("on-hand");
    let (name, variables) = stage.question();
    assert_eq!(name, "OnHand");
    assert_eq!(variables, json!({ "query": "", "first": 30, "places": 4 }));
    stage.data(listed(&some(7, 30), true));
    assert_eq!(stage.question().1["query"], "id:>=37");
    stage.wait(3);
    stage.data(listed(&some(37, 5), false));
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T12:00:00Z");
    assert_eq!((stage.ids().len(), stage.next()), (35, Next::Done));
    stage.wait(86_400);
    assert_eq!(stage.question().1["query"], "", "all of them again");
}

/// Plays a bulk operation up to its download.
fn to_the_download(stage: &mut Stage) {
    assert_eq!(stage.question().0, "BulkStart");
    let query = stage.question().1["query"].as_str().unwrap().to_owned();
    assert!(query.contains("inventoryLevels") && !query.contains("FILTER"), "{query}");
    let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
    stage.data(json!({
        "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
    }));
    stage.wait(30);
    stage.data(json!({ "bulkOperation": {
        "status": "COMPLETED", "url": "https://files.example/1", "fileSize": "900",
        "objectCount": "3", "rootObjectCount": "1",
    } }));
}

/// An item as a bulk operation tells it: its lists are lines of their own.
fn in_lines() -> String {
    let root = json!({ "id": "gid://shopify/InventoryItem/7", "sku": "MUG-1", "tracked": true });
    let child = |mut value: Value| {
        value["__parentId"] = root["id"].clone();
        value.to_string()
    };
    let variant = json!({ "id": "gid://shopify/ProductVariant/81", "displayName": "Mug - blue" });
    let level = level("Shed", 12, "2026-11-19T10:00:00Z");
    [root.to_string(), child(variant), child(level)].join("\n")
}

#[test]
fn many_items_come_by_a_bulk_operation() {
    let mut stage = Stage::new("on-hand");
    stage.data(listed(&some(1, 90), true));
    to_the_download(&mut stage);
    assert!(matches!(stage.next(), Next::Ask(Ask::Slice(_))));
    stage.hear(&slice(&[&in_lines()], 900, true)).unwrap();
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T12:00:00Z", "the first question");
    assert_eq!((stage.ids(), stage.next()), (vec!["gid://shopify/InventoryItem/7"], Next::Done));
}

#[test]
fn an_item_at_more_places_than_are_listed_comes_by_a_bulk_operation() {
    let mut stage = Stage::new("on-hand");
    let cut = item(7, &[level("Shed", 12, "2026-11-19T10:00:00Z")], true);
    let page = stage.data(listed(std::slice::from_ref(&cut), false));
    assert_eq!((page.records.len(), page.reached), (0, None));
    assert_eq!(stage.question().0, "BulkStart");
    let failed = json!({ "bulkOperation": null, "userErrors": [{ "message": "No." }] });
    stage.data(json!({ "bulkOperationRunQuery": failed }));
    assert_eq!(stage.question().0, "OnHand", "what fails in bulk is listed to its end");
    let page = stage.data(listed(&[cut], false));
    let issue = Shopify.read(&page.records[0]).unwrap_err();
    assert!(issue.message.contains("at more places than were listed"), "{issue:?}");
}

fn read(text: &str) -> Option<OnHand> {
    let facts = Shopify.read(&record("on-hand", "gid://shopify/InventoryItem/7", text));
    let Some(Fact::Stated(stated)) = facts.ok()?.pop() else { panic!("{text}") };
    assert_eq!(
        (stated.topic, stated.id.as_str()),
        (Topic::OnHand, "shopify:demo/OnHand/InventoryItem/7")
    );
    match stated.saying {
        Saying::OnHand(on_hand) => Some(on_hand),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_item_says_how_many_units_are_where_in_either_form() {
    let shed = level("Shed", 12, "2026-11-19T10:00:00Z");
    let both = [shed.clone(), level("Counter", -2, "2026-11-20T10:00:00Z")];
    let listed = read(&item(7, &both, false).to_string()).unwrap();
    assert_eq!((listed.units(), listed.is_counted), (10, true));
    assert_eq!(listed.changed_at().unwrap().to_string(), "2026-11-20T10:00:00Z");
    assert_eq!(listed.product.title, "Mug - blue");
    let one = read(&item(7, &[shed], false).to_string()).unwrap();
    assert_eq!(read(&in_lines()).unwrap(), one);
    let mut unknown = level("Shed", 12, "2026-11-19T10:00:00Z");
    unknown["quantities"] = json!([]);
    assert_eq!(read(&item(7, &[unknown], false).to_string()), None, "nothing is not zero");
}

#[test]
fn who_may_not_read_it_is_no_fault() {
    let mut stage = Stage::new("on-hand");
    let denied = json!({ "data": null, "errors": [{
        "message": "Access denied for inventoryItems field.",
        "path": ["inventoryItems"],
        "extensions": { "code": "ACCESS_DENIED" },
    }] });
    let page = stage.hear(&graphql(&denied)).unwrap();
    assert_eq!((page.reached, stage.next()), (None, Next::Done));
    let facts = Shopify.read(&page.records[0]).unwrap();
    let [Fact::Stated(stated)] = &facts[..] else { panic!("{facts:?}") };
    let Saying::Refused(why) = &stated.saying else { panic!("{stated:?}") };
    assert!(why.contains("units on hand") && why.contains("`read_inventory`"), "{why}");
}

#[test]
fn more_units_than_can_be_counted_are_held() {
    let levels = [
        level("Shop", i64::MAX - 600, "2026-11-20T10:00:00Z"),
        level("Store", 700, "2026-11-20T10:00:00Z"),
    ];
    let item = item(7, &levels, false).to_string();
    let issue =
        Shopify.read(&record("on-hand", "gid://shopify/InventoryItem/7", &item)).unwrap_err();
    assert!(issue.message.contains("too many to be counted"), "{issue:?}");
}
