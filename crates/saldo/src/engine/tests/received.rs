//! Receipts of goods that are corrected after some of the goods were sold, in a book that lets no
//! stock fall below zero.

use super::super::{EngineError, plan, sync};
use super::costed::purchase;
use super::organisation::{XERO, joined};
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::{Effect, Tripwire};
use crate::merchant::EmptyBooks;
use rust_decimal::Decimal;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{World, WorldSettings};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What goods are bought on account of until their bill comes.
const RECEIVED: &str = "Goods received not invoiced";
/// After how long the next process begins: at once, and when tokens are forgotten.
const RESTARTS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2_400)];

/// A merchant of few days.
fn few_days() -> WorldSettings {
    world(5, 6, 4)
}

/// So many of each of a merchant's items at a cost, all of which came in at the beginning.
fn came_in(world: &World, units: i64, cost: &str) -> Value {
    let skus: BTreeSet<&String> = world.products.iter().filter_map(|it| it.sku.as_ref()).collect();
    let item = |(place, sku): (usize, &&String)| {
        json!({
            "id": place + 10, "sku": sku, "product_title": "Mug", "quantity": units,
            "cost_price": cost, "received_at": world.begins,
        })
    };
    let items: Vec<Value> = skus.iter().enumerate().map(item).collect();
    json!({
        "id": 2, "number": 1001, "created_at": world.begins, "ordered_at": world.begins,
        "supplier_name": "Potter & Sons", "currency": "USD", "adjustments": null,
        "shipping": "0.00", "purchase_items": items,
    })
}

/// An organisation that keeps a merchant's stock: a thousand of each item came in at two dollars,
/// and some were sold.
async fn stocked(world: &World) -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&few_days(), &FaultSettings::none()).await;
    stage.merchant.company().company_mut().settings.inventory = true;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    let policy = "cost.owner = \"book\"\naccounts.shrinkage = \"Cost of goods sold\"";
    stage.decide_for_all_days(policy).await;
    purchase(&stage, &came_in(world, 1000, "2.00")).await;
    synced(&stage).await;
    (stage, xero)
}

/// Syncs, where the plain files refuse what only a book that keeps stock can do; what the
/// organisation refused, with what is to be done.
async fn synced(stage: &Stage) -> BTreeMap<String, String> {
    let engine = stage.engine().await;
    let ended = sync(&engine).await;
    assert!(matches!(ended, Err(EngineError::Partly { .. })), "{ended:?}");
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    let failed = failed.into_iter().filter(|it| it.change.book.as_str() == XERO);
    failed.map(|it| (it.change.id, it.refusal.hint)).collect()
}

fn in_stock(xero: &EmptyBooks) -> BTreeMap<String, Decimal> {
    xero.vendor_itself().organisation().in_stock()
}

fn ledger(xero: &EmptyBooks) -> String {
    xero.vendor_itself().organisation().ledger_without_ids()
}

/// What each document enters on the account of goods that are not billed yet.
fn received(xero: &EmptyBooks) -> Vec<String> {
    let ledger = ledger(xero);
    let lines = ledger.lines().filter(|line| line.contains(RECEIVED));
    lines.filter_map(|line| line.rsplit('\t').next().map(str::to_owned)).collect()
}

async fn plans_nothing(stage: &Stage) {
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(XERO)).await.unwrap();
    engine.store.close().await;
    assert!(planned.iter().all(|it| it.changes.is_empty()), "{planned:#?}");
}

#[tokio::test]
async fn a_receipt_whose_goods_were_sold_is_taken_back_after_what_replaces_it() {
    let world = World::generate(&few_days()).unwrap();
    let (stage, xero) = stocked(&world).await;
    let (before, refused) = (in_stock(&xero), synced(&stage).await);
    let sold = before.values().any(|units| *units > Decimal::ZERO && *units < Decimal::from(1000));
    assert!(sold, "some of the goods are gone: {before:?}");
    let items = i64::try_from(before.values().filter(|units| !units.is_zero()).count()).unwrap();
    let entered = |dollars: i64| format!("{}.00", dollars * 1000 * items);
    assert_eq!(received(&xero), [entered(-2)]);
    purchase(&stage, &came_in(&world, 1000, "3.00")).await;
    assert_eq!(synced(&stage).await, refused, "the old receipt is not among them");
    assert_eq!(in_stock(&xero), before, "no unit is there twice");
    let mut now = received(&xero);
    now.sort_unstable();
    assert_eq!(now, [entered(-3), entered(-2), entered(2)]);
    plans_nothing(&stage).await;
}

/// It could stay where the new one makes it up no more: what is on hand would be there twice.
#[tokio::test]
async fn what_replaces_a_receipt_with_less_waits_for_its_reversal() {
    let world = World::generate(&few_days()).unwrap();
    for (units, cost) in [(1000, "1.00"), (990, "3.00")] {
        let (stage, xero) = stocked(&world).await;
        let (before, refused) = (ledger(&xero), synced(&stage).await);
        purchase(&stage, &came_in(&world, units, cost)).await;
        let mut now = synced(&stage).await;
        now.retain(|id, _| !refused.contains_key(id));
        let hints: Vec<&String> = now.values().collect();
        assert!(matches!(hints[..], [hint] if hint.contains("sold since")), "{units}: {hints:?}");
        assert_eq!(ledger(&xero), before, "{units} at {cost}");
    }
}

#[test]
fn a_process_may_end_while_a_receipt_is_replaced() {
    let world = World::generate(&few_days()).unwrap();
    let corrected = async || {
        let (stage, xero) = stocked(&world).await;
        purchase(&stage, &came_in(&world, 1000, "3.00")).await;
        (stage, xero)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, refused, effects) = runtime.block_on(async {
        let (stage, xero) = corrected().await;
        let wire = Tripwire::default();
        assert!(stage.sync_behind(&wire).await.is_some());
        (ledger(&xero), synced(&stage).await, wire.seen())
    });
    // What is heard and accounted before any book is asked goes as in any sync.
    let pushed = effects.iter().position(|effect| *effect == Effect::AskCompany).unwrap();
    on_all_cores(pushed..effects.len(), async |number| {
        let (stage, xero) = corrected().await;
        assert!(stage.sync_behind(&Tripwire::at(number)).await.is_none());
        stage.clock.advance(RESTARTS[number % RESTARTS.len()]);
        assert_eq!(synced(&stage).await, refused, "death at effect {number}");
        assert_eq!(ledger(&xero), expected, "death at effect {number}");
    });
}
