//! What units cost: every version is kept.

use super::{Shopify, Stage, record};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::Fact;
use serde_json::{Value, json};

fn item(number: u32, updated_at: &str, cost: Option<&str>) -> Value {
    json!({
        "id": format!("gid://shopify/InventoryItem/{number}"),
        "updatedAt": updated_at,
        "sku": "MUG-1",
        "unitCost": cost.map(|amount| json!({ "amount": amount, "currencyCode": "USD" })),
        "variants": { "nodes": [
            { "id": "gid://shopify/ProductVariant/81", "displayName": "Mug - blue" }
        ] },
    })
}

fn listed(items: &[Value], more: bool) -> Value {
    let end = more.then_some("c1");
    json!({ "inventoryItems": {
        "pageInfo": { "hasNextPage": more, "endCursor": end },
        "nodes": items,
    }})
}

#[test]
fn all_items_are_read_first_and_later_those_that_changed() {
    let mut stage = Stage::new("costs");
    let (name, variables) = stage.question();
    assert_eq!(
        (name.as_str(), &variables),
        ("InventoryItems", &json!({ "query": "", "first": 50 }))
    );
    let page =
        [item(7, "2025-05-01T10:00:00Z", Some("8.00")), item(9, "2026-11-02T10:00:00Z", None)];
    stage.data(listed(&page, true));
    assert_eq!(stage.question().1["query"], "id:>=10");
    let version = "gid://shopify/InventoryItem/7@2025-05-01T10:00:00Z";
    assert_eq!(stage.ids(), [version], "what costs nothing is not told");
    stage.data(listed(&[], false));
    assert_eq!(stage.next(), Next::Done);
    stage.wait(60);
    assert_eq!(stage.question().1["query"], "updated_at:>='2026-11-20T11:50:00Z'");
    stage.data(listed(&[item(7, "2026-11-20T11:55:00Z", Some("9.50"))], false));
    assert_eq!(stage.ids().len(), 2, "a version is a record of its own");
}

#[test]
fn a_page_that_is_too_dear_is_halved() {
    let mut stage = Stage::new("costs");
    stage.too_dear().unwrap();
    assert_eq!(stage.question().1["first"], 25);
}

#[test]
fn a_version_says_what_a_unit_costs_from_then_on() {
    let read = |item: Value| {
        Shopify.read(&record("costs", "gid://shopify/InventoryItem/7@x", &item.to_string()))
    };
    let facts = read(item(7, "2026-11-02T10:00:00Z", Some("8.5"))).unwrap();
    let [Fact::UnitCost(cost)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(cost.id.as_str(), "shopify:demo/InventoryItem/7/2026-11-02T10:00:00Z");
    assert_eq!(
        (cost.cost.to_string(), cost.product.sku.as_deref()),
        ("8.50 USD".to_owned(), Some("MUG-1"))
    );
    assert!(read(item(7, "2026-11-02T10:00:00Z", Some("8.505"))).is_err());
    assert!(read(item(7, "2026-11-02T10:00:00Z", Some("-1"))).is_err());
}
