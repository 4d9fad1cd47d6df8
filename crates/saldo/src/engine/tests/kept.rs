//! Stock that the book keeps itself, on a merchant's whole history.

use super::super::{EngineError, plan, prove, sync};
use super::company_file::merchant;
use super::costed::purchase;
use super::organisation::{XERO, joined};
use super::stage::{Stage, world};
use crate::connector::ADAPTER;
use crate::merchant::COMPANY;
use jiff::Timestamp;
use rust_decimal::Decimal;
use saldo_core::document::DocumentKind;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::World;
use saldo_store::EntryFilter;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Syncs, where the plain files refuse what only a book that keeps stock can do.
async fn sync_company(stage: &Stage) {
    let engine = stage.engine().await;
    let ended = sync(&engine).await;
    engine.store.close().await;
    let Err(EngineError::Partly { done, failed }) = ended else { panic!("{ended:?}") };
    assert_eq!(done.refused, 0, "{done:?}");
    let [files] = &failed[..] else { panic!("{failed:?}") };
    assert!(files.to_string().contains("cost.owner"), "{files}");
}

/// What all documents in a book say of units, by item; and how many there are of each kind that
/// moves any.
async fn told(
    stage: &Stage,
    book: &str,
) -> (BTreeMap<String, Decimal>, BTreeMap<DocumentKind, usize>) {
    let (mut units, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    let engine = stage.engine().await;
    let book = book.into();
    let mut pages = engine.store.entries(engine.company_id(), &book, EntryFilter::default());
    while let Some(page) = pages.next_page().await.unwrap() {
        for entry in page.iter().flat_map(|it| &it.change.enters) {
            let moves = entry.lines.iter().filter_map(|line| line.stock_move());
            for (kept, moved) in moves {
                let key = kept.key.trim_start_matches("sku:").to_owned();
                *units.entry(key).or_insert(Decimal::ZERO) += Decimal::from(moved);
                *kinds.entry(entry.header.kind).or_insert(0) += 1;
            }
        }
    }
    engine.store.close().await;
    (units, kinds)
}

/// A thousand of something, ordered and come in before anything was sold.
fn ordered(world: &World, sku: &str) -> Value {
    let begins = world.begins;
    json!({
        "id": 2, "number": 1001, "created_at": begins, "ordered_at": begins,
        "supplier_name": "Potter & Sons", "currency": "USD", "adjustments": null,
        "shipping": "10.00", "invoice_number": "B-7",
        "invoice_date": begins.to_zoned(world.zone.clone()).date(),
        "purchase_items": [{
            "id": 4, "sku": sku, "product_title": "Mug", "quantity": 1000,
            "cost_price": "2.00", "received_at": begins,
        }],
    })
}

#[tokio::test]
async fn the_book_counts_what_came_in_was_sold_and_came_back() {
    let settings = world(5, 60, 30);
    let world = World::generate(&settings).unwrap();
    let sku = world.products.iter().find_map(|product| product.sku.clone()).unwrap();
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.merchant.company().company_mut().settings.inventory = true;
    stage.decide_for_all_days("cost.owner = \"book\"").await;
    let order = ordered(&world, &sku);
    purchase(&stage, &order).await;
    sync_company(&stage).await;
    let (units, kinds) = told(&stage, COMPANY).await;
    assert_eq!(kinds.get(&DocumentKind::ItemReceipt), Some(&1));
    assert!(kinds.get(&DocumentKind::SalesReceipt).is_some_and(|count| *count > 10), "{kinds:?}");
    let mut held = stage.merchant.company().company().in_stock();
    held.retain(|key, _| units.contains_key(key));
    let mut by_sku = units.clone();
    by_sku.retain(|key, _| held.contains_key(key));
    assert!(by_sku.len() > 1 && units[&sku] < Decimal::from(1000), "{units:?}");
    assert_eq!(held, by_sku, "the company's own count");
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(COMPANY)).await.unwrap();
    engine.store.close().await;
    assert!(planned.iter().all(|it| it.changes.is_empty()), "{planned:#?}");
    let ledger = stage.merchant.company_ledger().to_lowercase();
    let of_cost = ledger.lines().filter(|line| line.contains("\tcost of goods sold\t"));
    assert!(of_cost.count() > 1, "the company enters what sold mugs cost: {ledger}");
    let engine = stage.engine().await;
    let Err(EngineError::Unproved { report: proof, .. }) = prove(&engine).await else {
        panic!("the plain files cannot be proved")
    };
    engine.store.close().await;
    let company = proof.books.iter().find(|it| it.book == COMPANY).unwrap();
    assert!(company.holds(), "{company:#?}");
    let cost = company.accounts.iter().find(|it| it.account == "Cost of goods sold").unwrap();
    assert!(cost.others.is_positive(), "what the company enters itself is shown as its own");
}

#[tokio::test]
async fn the_company_file_counts_and_costs_goods_by_itself() {
    let settings = world(5, 60, 30);
    let world = World::generate(&settings).unwrap();
    let sku = world.products.iter().find_map(|product| product.sku.clone()).unwrap();
    let (stage, desk) = merchant(&settings, &FaultSettings::none()).await;
    stage.merchant.company().company_mut().settings.inventory = true;
    stage.decide_for_all_days("cost.owner = \"book\"").await;
    purchase(&stage, &ordered(&world, &sku)).await;
    sync_company(&stage).await;
    let (units, kinds) = told(&stage, ADAPTER).await;
    assert_eq!(kinds.get(&DocumentKind::ItemReceipt), Some(&1));
    assert!(kinds.get(&DocumentKind::SalesReceipt).is_some_and(|count| *count > 10), "{kinds:?}");
    // Names that other items have already are told apart there.
    let by_name = desk.file(|file| file.in_stock()).into_iter();
    let mut held: BTreeMap<String, Decimal> = by_name
        .map(|(name, units)| (name.trim_end_matches(" (stock)").to_owned(), units))
        .collect();
    held.retain(|key, _| units.contains_key(key));
    let mut by_sku = units.clone();
    by_sku.retain(|key, _| held.contains_key(key));
    assert!(by_sku.len() > 1 && units[&sku] < Decimal::from(1000), "{units:?}");
    assert_eq!(held, by_sku, "the company file's own count");
    assert_eq!(desk.file(|file| file.open_orders()), 0, "what was ordered came in");
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(ADAPTER)).await.unwrap();
    assert!(planned.iter().all(|it| it.changes.is_empty()), "{planned:#?}");
    let Err(EngineError::Unproved { report: proof, .. }) = prove(&engine).await else {
        panic!("the plain files cannot be proved")
    };
    engine.store.close().await;
    let book = proof.books.iter().find(|it| it.book == ADAPTER).unwrap();
    assert!(book.holds(), "{book:#?}");
    let cost = book.accounts.iter().find(|it| it.account == "Cost of goods sold").unwrap();
    assert!(cost.others.is_positive(), "what the company file enters itself is shown as its own");
}

#[tokio::test]
async fn an_organisation_keeps_stock_and_sells_nothing_that_is_not_there() {
    let settings = world(5, 60, 30);
    let world = World::generate(&settings).unwrap();
    let mut stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.merchant.company().company_mut().settings.inventory = true;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    let policy = "cost.owner = \"book\"\naccounts.shrinkage = \"Cost of goods sold\"";
    stage.decide_for_all_days(policy).await;
    let begins = world.begins;
    let skus: BTreeSet<&String> = world.products.iter().filter_map(|it| it.sku.as_ref()).collect();
    let item = |place: usize, sku: &str, received: Option<Timestamp>| {
        json!({
            "id": place + 10, "sku": sku, "product_title": "Mug", "quantity": 1000,
            "cost_price": "2.00", "received_at": received,
        })
    };
    // Of one order all has come in but cups.
    let order = |cups: Option<Timestamp>| {
        let came = skus.iter().enumerate().map(|(place, sku)| item(place, sku, Some(begins)));
        let items: Vec<Value> = came.chain([item(skus.len(), "CUP", cups)]).collect();
        json!({
            "id": 2, "number": 1001, "created_at": begins, "ordered_at": begins,
            "supplier_name": "Potter & Sons", "currency": "USD", "adjustments": null,
            "shipping": "0.00", "purchase_items": items,
        })
    };
    purchase(&stage, &order(None)).await;
    // Goods come in before they are sold and come back: what is refused never came in.
    let synced = async || {
        let engine = stage.engine().await;
        let ended = sync(&engine).await;
        assert!(matches!(ended, Err(EngineError::Partly { .. })), "{ended:?}");
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        engine.store.close().await;
        let failed = failed.iter().filter(|it| it.change.book.as_str() == XERO);
        let why: BTreeSet<_> = failed.map(|it| it.refusal.message.clone()).collect();
        let lacks = |it: &String| it.contains("quantity on hand");
        let came = |it: &String| skus.iter().any(|sku| it.contains(&format!("'{sku}'")));
        assert!(why.iter().all(|it| lacks(it) && !came(it)), "{why:#?}");
    };
    synced().await;
    let orders = |status: &str| xero.vendor_itself().organisation().orders(status).len();
    assert_eq!((orders("AUTHORISED"), orders("BILLED")), (1, 0), "it is open");
    let (units, kinds) = told(&stage, XERO).await;
    assert!(kinds.get(&DocumentKind::ItemReceipt).is_some_and(|it| *it >= skus.len()), "{kinds:?}");
    assert!(kinds.get(&DocumentKind::SalesReceipt).is_some_and(|count| *count > 10), "{kinds:?}");
    let held = xero.vendor_itself().organisation().in_stock();
    for sku in &skus {
        assert_eq!(held.get(*sku), units.get(*sku), "the organisation's own count of {sku}");
    }
    purchase(&stage, &order(Some(world.ends))).await;
    synced().await;
    assert_eq!((orders("AUTHORISED"), orders("BILLED")), (0, 1), "it is closed once all is there");
    assert_eq!(xero.vendor_itself().organisation().in_stock()["CUP"].to_string(), "1000");
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(XERO)).await.unwrap();
    let Err(EngineError::Unproved { report: proof, .. }) = prove(&engine).await else {
        panic!("the plain files cannot be proved")
    };
    engine.store.close().await;
    assert!(planned.iter().all(|it| it.changes.is_empty()), "{planned:#?}");
    let book = proof.books.iter().find(|it| it.book == XERO).unwrap();
    // What was refused is told; of what stands there nothing differs, the order among it.
    let documents = &book.documents;
    assert!(documents.pushed > 100 && documents.differing.is_empty(), "{documents:#?}");
}

/// The items of goods that came back, and that an organisation has not taken yet.
async fn waiting_to_come_back(stage: &Stage, skus: &BTreeSet<&String>) -> Vec<String> {
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id(), XERO.into());
    let pending = engine.store.pending(company, &book, 10_000).await.unwrap();
    engine.store.close().await;
    let entries = pending.iter().flat_map(|it| &it.change.enters);
    let back = entries.filter(|it| it.header.kind == DocumentKind::InventoryAdjustment);
    let keys = back.flat_map(|entry| entry.lines.iter().filter_map(|line| line.stock_move()));
    let keys = keys.map(|(kept, _)| kept.key.trim_start_matches("sku:").to_owned());
    keys.filter(|key| skus.contains(key)).collect()
}

/// What approved changes are said to wait for, in the plan as everywhere.
async fn waits_said(stage: &Stage) -> Vec<String> {
    let engine = stage.engine().await;
    let mut planned = plan(&engine, Some(XERO)).await.unwrap();
    engine.store.close().await;
    let awaiting = planned.remove(0).awaiting;
    awaiting.into_iter().map(|it| it.waits_for).collect()
}

#[tokio::test]
async fn goods_come_back_once_the_sale_that_took_them_out_is_entered() {
    let settings = world(5, 60, 30);
    let world = World::generate(&settings).unwrap();
    let mut stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.merchant.company().company_mut().settings.inventory = true;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    let policy = "cost.owner = \"book\"\naccounts.shrinkage = \"Cost of goods sold\"";
    stage.decide_for_all_days(policy).await;
    let sync_all = async || {
        let engine = stage.engine().await;
        let ended = sync(&engine).await;
        engine.store.close().await;
        assert!(matches!(ended, Err(EngineError::Partly { .. })), "{ended:?}");
    };
    sync_all().await;
    let skus: BTreeSet<&String> = world.products.iter().filter_map(|it| it.sku.as_ref()).collect();
    let held = || xero.vendor_itself().organisation().in_stock();
    let waits = waiting_to_come_back(&stage, &skus).await;
    assert!(!waits.is_empty(), "nothing was ever sold there");
    let said = waits_said(&stage).await;
    assert!(said.len() >= waits.len(), "each says why: {said:#?}");
    let of_sales = |it: &String| it.starts_with("the sale that took its goods out of stock: ");
    assert!(said.iter().all(of_sales), "{said:#?}");
    assert!(held().values().all(Decimal::is_zero), "{:?}", held());
    let begins = world.begins;
    let item = |(place, sku): (usize, &&String)| {
        json!({
            "id": place + 10, "sku": sku, "product_title": "Mug", "quantity": 1000,
            "cost_price": "2.00", "received_at": begins,
        })
    };
    let items: Vec<Value> = skus.iter().enumerate().map(item).collect();
    let order = json!({
        "id": 2, "number": 1001, "created_at": begins, "ordered_at": begins,
        "supplier_name": "Potter & Sons", "currency": "USD", "adjustments": null,
        "shipping": "0.00", "purchase_items": items,
    });
    purchase(&stage, &order).await;
    // What was sold goes out once goods came in, and what came back comes after it.
    sync_all().await;
    sync_all().await;
    assert_eq!(waiting_to_come_back(&stage, &skus).await, Vec::<String>::new());
    // What has no stock-keeping unit never came in, so that its sales stay refused.
    let left = waits_said(&stage).await;
    assert!(left.len() <= said.len() - waits.len(), "{left:#?}");
    let (units, held) = (told(&stage, XERO).await.0, held());
    for sku in &skus {
        assert_eq!(held.get(*sku), units.get(*sku), "the organisation's own count of {sku}");
    }
}
