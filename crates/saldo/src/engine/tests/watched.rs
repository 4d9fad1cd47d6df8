//! What people change in a book is seen by itself: at once where the vendor sent word of it, and
//! otherwise within a day; what is read is what changed.

use super::super::{changed_there, note_word};
use super::bookkeeper::Bookkeeper;
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use saldo_sim::fault::FaultSettings;
use serde_json::json;
use std::time::Duration;

async fn synced() -> Stage {
    let stage = Stage::after(&world(2, 60, 25), &FaultSettings::none()).await;
    stage.sync().await;
    // A day later nothing is due any more but what is asked for.
    stage.clock.advance(Duration::from_hours(25));
    stage.sync().await;
    stage
}

/// The numbers of what was seen to differ in the company.
async fn seen(stage: &Stage) -> Vec<String> {
    let engine = stage.engine().await;
    let (store, company) = (&engine.store, engine.company_id());
    let changed = changed_there(store, company, &COMPANY.into()).await.unwrap();
    engine.store.close().await;
    changed.into_iter().map(|it| it.key).collect()
}

async fn word(stage: &Stage) {
    let engine = stage.engine().await;
    let whose = (engine.company_id(), &COMPANY.into());
    note_word(&engine.store, whose, stage.clock.now()).await.unwrap();
    engine.store.close().await;
}

fn asked(stage: &Stage) -> u64 {
    stage.merchant.company().calls().changes
}

#[tokio::test]
async fn a_document_that_somebody_changed_is_seen_when_the_vendor_sends_word() {
    let stage = synced().await;
    stage.clock.advance(Duration::from_secs(3_600));
    let bookkeeper = Bookkeeper::of(&stage);
    let sales = bookkeeper.find("SalesReceipt", "orderby TxnDate maxresults 1000");
    let (first, before) = (&sales[0], asked(&stage));
    bookkeeper.change("SalesReceipt", first, &json!({ "TxnDate": "2026-01-02" }));
    stage.sync().await;
    assert_eq!((asked(&stage), seen(&stage).await), (before, Vec::new()), "nobody asked yet");
    word(&stage).await;
    stage.sync().await;
    assert_eq!(asked(&stage), before + 1);
    let number = first["DocNumber"].as_str().unwrap();
    assert!(number.ends_with(&seen(&stage).await[0]), "{number}");
    let proof = stage.prove().await;
    let book = proof.books.iter().find(|book| book.book == COMPANY).unwrap();
    let differing: Vec<String> =
        book.documents.differing.iter().map(|it| it.key.to_string()).collect();
    assert_eq!(seen(&stage).await, differing, "a proof says the same");
    let bookkeeper = Bookkeeper::of(&stage);
    // Set right, it is seen to be right by the next sync of another day.
    let sales = bookkeeper.find("SalesReceipt", "orderby TxnDate maxresults 1000");
    let changed = sales.iter().find(|it| it["Id"] == first["Id"]).unwrap();
    bookkeeper.change("SalesReceipt", changed, &json!({ "TxnDate": first["TxnDate"] }));
    stage.clock.advance(Duration::from_hours(25));
    stage.sync().await;
    assert_eq!(seen(&stage).await, Vec::<String>::new());
}
