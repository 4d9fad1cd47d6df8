//! What goods cost, from what a shop says of its items and its parcels.

use super::super::{import, plan, rebuild};
use super::stage::{Stage, by_account, on_all_cores, world};
use jiff::Timestamp;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{Order, World, WorldSettings};
use saldo_store::Role;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, Cursor};
use std::sync::Arc;
use std::time::Duration;

pub(super) const COSTS: &str = "cost.owner = \"saldo\"";

/// How many units of an item of an order left, and how many of these came back.
fn moved(order: &Order, place: usize) -> (i64, i64) {
    let back = order
        .agreements
        .iter()
        .filter(|made| made.refund.is_some_and(|refund| order.refunds[refund].restocked))
        .filter(|made| order.delivered_units(place, made.at) > 0)
        .flat_map(|made| &made.sales)
        .filter(|sale| sale.line == Some(place))
        .map(|sale| -sale.quantity.unwrap_or(0));
    (order.delivered_units(place, Timestamp::MAX), back.sum())
}

/// What the goods cost that left and did not come back, by the merchant's own story. What bears one
/// stock-keeping unit is one item, which costs what was said of it last.
fn cost_of(world: &World) -> i64 {
    let mut by_sku = BTreeMap::new();
    for product in &world.products {
        if let Some(sku) = &product.sku {
            by_sku.insert(sku, product.cost);
        }
    }
    let mut sum = 0;
    for order in &world.orders {
        for (place, line) in order.lines.iter().enumerate() {
            let product = &world.products[line.product];
            let own = product.sku.as_ref().map_or(product.cost, |sku| by_sku[sku]);
            let (left, back) = moved(order, place);
            sum += (left - back) * own;
        }
    }
    sum
}

fn cost_entered(stage: &Stage) -> (i64, i64) {
    let sums = by_account(stage);
    (sums["Cost of Goods Sold"], sums["Inventory"])
}

async fn costed(settings: &WorldSettings, words: &str) -> Stage {
    let stage = Stage::after(settings, &FaultSettings::none()).await;
    stage.decide(words).await;
    stage.clock.advance(Duration::from_hours(48));
    stage.sync().await;
    stage
}

#[test]
fn the_books_hold_what_goods_cost_by_the_merchants_own_story() {
    let cases = [("average", 8, "payment"), ("fifo", 5, "fulfilment")];
    on_all_cores(cases, async |(method, seed, recognition)| {
        let settings = world(seed, 150, 40);
        let words = format!("recognition = \"{recognition}\"\n{COSTS}\ncost.method = \"{method}\"");
        let stage = costed(&settings, &words).await;
        stage.assert_proven(method).await;
        let expected = cost_of(&World::generate(&settings).unwrap());
        assert!(expected > 0);
        assert_eq!(cost_entered(&stage), (expected, -expected), "{method}");
        for planned in plan(&stage.engine().await, None).await.unwrap() {
            assert!(planned.changes.is_empty(), "{method}: {:#?}", planned.changes);
        }
        assert!(rebuild(&stage.engine().await).await.unwrap().identical, "{method}");
    });
}

#[test]
fn costs_that_unfold_with_the_days_are_those_of_one_look_at_the_end() {
    let settings = world(11, 60, 40);
    on_all_cores([31], async |hours| {
        let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
        stage.decide(COSTS).await;
        while stage.clock.now() < stage.merchant.after {
            stage.clock.advance(Duration::from_hours(hours));
            stage.sync().await;
        }
        stage.clock.advance(Duration::from_hours(48));
        stage.sync().await;
        stage.assert_proven("day by day").await;
        let at_once = costed(&settings, COSTS).await;
        assert_eq!(cost_entered(&stage), cost_entered(&at_once));
        let of_stock = |stage: &Stage| {
            let mut sums = stage.sums();
            sums.retain(|(account, _), _| account == "Inventory");
            sums
        };
        assert_eq!(of_stock(&stage), of_stock(&at_once), "on the same days");
    });
}

/// Tells the shop's connection a saved purchase order.
pub(super) async fn purchase(stage: &Stage, order: &serde_json::Value) {
    let engine = stage.engine().await;
    let shops = engine.connections(Role::Channel).await.unwrap();
    let bytes = json!({ "purchase_orders": [order] }).to_string().into_bytes();
    let open =
        Arc::new(move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn BufRead + Send>));
    assert!(import(&engine, &shops[0], "purchase.json", open).await.unwrap().is_whole());
    engine.store.close().await;
}

/// A thousand units came in before anything left, at two dollars each; the bill comes after
/// everything, with freight of a cent a unit. What is gone by then bears its share as cost of
/// goods.
#[test]
fn a_purchase_goes_through_stock_to_the_supplier() {
    const UNITS: i64 = 1_000;
    let settings = world(5, 150, 40);
    on_all_cores(["fifo"], async |method| {
        let told = World::generate(&settings).unwrap();
        let product = 3;
        let sku = told.products[product].sku.clone().unwrap();
        let (mut left, mut back) = (0, 0);
        for order in &told.orders {
            for (place, line) in order.lines.iter().enumerate() {
                if line.product == product {
                    let (of_line, returned) = moved(order, place);
                    left += of_line;
                    back += returned;
                }
            }
        }
        assert!(left > 0);
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        let words = format!(
            "{COSTS}\ncost.method = \"{method}\"\ncost.accounts.\"{sku}\" = \"Shelf three\""
        );
        stage.decide(&words).await;
        stage.clock.advance(Duration::from_hours(72));
        let billed_on = told.ends.to_zoned(told.zone.clone()).date();
        let mut order = json!({
            "id": 2, "number": 1001, "created_at": told.begins, "ordered_at": told.begins,
            "supplier_name": "Potter & Sons", "currency": "USD",
            "adjustments": null, "shipping": "10.00", "invoice_number": null,
            "invoice_date": null,
            "purchase_items": [{
                "id": 4, "sku": sku, "product_title": "Mug", "quantity": UNITS,
                "cost_price": "2.00", "received_at": told.begins,
            }],
        });
        purchase(&stage, &order).await;
        stage.sync().await;
        let before = by_account(&stage);
        assert_eq!(before["Goods received not invoiced"], -200 * UNITS);
        assert_eq!(before["Shelf three"], 200 * (UNITS - left + back));
        order["invoice_date"] = json!(billed_on);
        order["invoice_number"] = json!("B-7");
        purchase(&stage, &order).await;
        stage.clock.advance(Duration::from_secs(600));
        stage.sync().await;
        stage.assert_proven(method).await;
        let sums = by_account(&stage);
        assert_eq!(sums.get("Goods received not invoiced"), None);
        let owed = sums.iter().find(|(account, _)| account.starts_with("Accounts Payable"));
        assert_eq!(owed.map(|(_, minor)| *minor), Some(-201 * UNITS));
        // What came back is a layer of its own, which the bill is not about.
        assert_eq!(sums["Shelf three"], 201 * (UNITS - left) + 200 * back);
        let cost = "Cost of Goods Sold";
        assert_eq!(sums[cost] - before[cost], left, "a cent for each that had left");
        for planned in plan(&stage.engine().await, None).await.unwrap() {
            assert!(planned.changes.is_empty(), "{:#?}", planned.changes);
        }
        assert!(rebuild(&stage.engine().await).await.unwrap().identical);
    });
}
