//! A book that says "too fast": that is a definite no, and the outbox says so at each moment.

use super::super::plan;
use super::stage::{Stage, world};
use super::tripwire::Tripwire;
use crate::merchant::COMPANY;
use crate::transport::testing::{reply, vendor};
use saldo_core::exchange::HttpRequest;
use saldo_core::text::ConnectionId;
use saldo_sim::Reply;
use saldo_sim::fault::FaultSettings;
use saldo_store::ChangeStatus;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Another account for shipping, so that many documents want to be others.
const WORDS: &str = "accounts.shipping-income = \"Delivery\"";

async fn stage() -> Stage {
    Stage::after(&world(5, 60, 20), &FaultSettings::none()).await
}

/// The documents that a request creates.
fn documents(request: &HttpRequest) -> usize {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let items = body["BatchItemRequest"].as_array().cloned().unwrap_or_default();
    items.iter().filter(|item| item["SalesReceipt"].is_object()).count()
}

fn too_fast() -> Reply {
    reply(429, r#"{"fault":{"error":[{"code":"3001","message":"ThrottleExceeded"}]}}"#)
}

fn refused() -> Reply {
    let error = r#"{"Message":"no","Detail":"not like this","code":"2010"}"#;
    reply(400, format!(r#"{{"Fault":{{"Error":[{error}],"type":"ValidationFault"}}}}"#))
}

/// Lets the book say to the first batches of documents what this says, by their number from zero.
fn disturb(stage: &mut Stage, says: impl Fn(usize, usize) -> Option<Reply> + Send + 'static) {
    let good = Arc::clone(&stage.books);
    let mut number = 0..;
    stage.books = vendor(move |request, now| {
        let documents = documents(request);
        let said = match documents {
            0 => None,
            _ => number.next().and_then(|number| says(number, documents)),
        };
        said.unwrap_or_else(|| good.lock().unwrap().answer(request, now))
    });
}

#[tokio::test]
async fn a_batch_that_is_refused_after_a_throttle_is_sent_in_parts() {
    let (mut stage, quiet) = (stage().await, stage().await);
    disturb(&mut stage, |number, _| match number {
        0 => Some(too_fast()),
        1 => Some(refused()),
        _ => None,
    });
    assert_eq!(stage.sync().await.acknowledged, quiet.sync().await.acknowledged);
    stage.assert_proven("after a throttle").await;
    assert_eq!(stage.books(), quiet.books());
}

#[tokio::test]
async fn what_is_refused_after_a_throttle_is_refused_for_good() {
    let mut stage = stage().await;
    // Each batch is refused down to its single documents, every one of them after a throttle.
    disturb(&mut stage, |number, _| Some(if number % 2 == 0 { too_fast() } else { refused() }));
    assert!(stage.sync().await.refused > 20);
    stage.decide(WORDS).await;
    let planned = plan(&stage.engine().await, Some(COMPANY)).await.unwrap();
    let withdrawn = planned[0].withdrawn.len();
    assert!(withdrawn > 5 && planned[0].unsettled.is_empty(), "{:?}", planned[0].unsettled);
}

#[tokio::test]
async fn a_process_that_ends_after_a_throttle_leaves_nothing_in_doubt() {
    let mut stage = stage().await;
    let (wire, at) = (Tripwire::default(), Arc::new(AtomicUsize::new(0)));
    let (watched, place) = (wire.clone(), Arc::clone(&at));
    disturb(&mut stage, move |number, _| {
        (number == 0).then(|| {
            place.store(watched.seen().len(), Ordering::SeqCst);
            too_fast()
        })
    });
    assert!(!stage.sync_until_death(&wire).await);
    let heard = at.load(Ordering::SeqCst);
    for (after, doubtful) in [(1, true), (2, false)] {
        let mut stage = self::stage().await;
        disturb(&mut stage, |number, _| (number == 0).then(too_fast));
        assert!(stage.sync_until_death(&Tripwire::at(heard + after)).await);
        let engine = stage.engine().await;
        let (company, book) = (engine.company_id(), ConnectionId::new(COMPANY));
        let pending = engine.store.pending(company, &book, 10_000).await.unwrap();
        let in_doubt = pending.iter().filter(|it| it.status != ChangeStatus::Approved).count();
        assert_eq!(in_doubt > 0, doubtful, "{in_doubt} in doubt, {after} effects later");
        assert!(!pending.is_empty());
    }
}
