//! What goods cost, from what a shop says of its items and its parcels.

use super::super::{plan, rebuild};
use super::stage::{Stage, by_account, on_all_cores, world};
use jiff::Timestamp;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{World, WorldSettings};
use std::collections::BTreeMap;
use std::time::Duration;

const COSTS: &str = "cost.owner = \"saldo\"";

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
            let left = order.delivered_units(place, Timestamp::MAX);
            let back: i64 = order
                .agreements
                .iter()
                .filter(|made| made.refund.is_some_and(|refund| order.refunds[refund].restocked))
                .filter(|made| order.delivered_units(place, made.at) > 0)
                .flat_map(|made| &made.sales)
                .filter(|sale| sale.line == Some(place))
                .map(|sale| -sale.quantity.unwrap_or(0))
                .sum();
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
