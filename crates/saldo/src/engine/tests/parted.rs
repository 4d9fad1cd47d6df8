//! Batches that a vendor refuses as a whole: one member is to blame, or there is too much of it.
//! What is to blame is refused with the vendor's words, and the rest goes on.

use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use crate::transport::carrier::SharedVendor;
use jiff::Timestamp;
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_sim::{Reply, Vendor};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A vendor that takes no batch that holds a certain document, and none that is long.
struct Picky {
    vendor: SharedVendor,
    /// The longest body that it takes, in bytes.
    longest: usize,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// The number of the document that it cannot read: the seventh of the first long batch of
    /// sales.
    unreadable: Option<String>,
    /// How many requests it refused.
    refused: usize,
}

impl Picky {
    /// Puts itself before the books of a stage.
    fn before(stage: &mut Stage, longest: usize, unreadable: Option<&str>) -> Arc<Mutex<Seen>> {
        let seen = Seen { unreadable: unreadable.map(str::to_owned), refused: 0 };
        let seen = Arc::new(Mutex::new(seen));
        let picky = Self { vendor: Arc::clone(&stage.books), longest, seen: Arc::clone(&seen) };
        stage.books = Arc::new(Mutex::new(Box::new(picky)));
        seen
    }
}

/// The numbers of the sales receipts of a batch.
fn sales(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = body["BatchItemRequest"].as_array().cloned().unwrap_or_default();
    let number = |item: &Value| item["SalesReceipt"]["DocNumber"].as_str().map(str::to_owned);
    items.iter().filter_map(number).collect()
}

impl Vendor for Picky {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        let sales = sales(&request.body);
        let mut seen = self.seen.lock().unwrap();
        if seen.unreadable.is_none() && sales.len() > 20 {
            seen.unreadable = sales.get(6).cloned();
        }
        let status = match &seen.unreadable {
            Some(number) if sales.contains(number) => 400,
            _ if request.body.len() > self.longest && !sales.is_empty() => 413,
            _ => return self.vendor.lock().unwrap().answer(request, now),
        };
        seen.refused += 1;
        drop(seen);
        let error = json!({
            "Message": "Request has invalid or unsupported property",
            "Detail": "Property Name:Can not construct instance",
            "code": "2010",
        });
        let fault = json!({ "Fault": { "Error": [error], "type": "ValidationFault" } });
        let body = if status == 413 { Vec::new() } else { fault.to_string().into_bytes() };
        Reply::Answer(HttpAnswer { status, headers: Vec::new(), body })
    }
}

async fn stage() -> Stage {
    Stage::after(&world(2, 60, 30), &FaultSettings::none()).await
}

#[tokio::test]
async fn one_document_that_spoils_its_batch_is_refused_alone() {
    let (mut stage, good) = (stage().await, stage().await);
    good.sync().await;
    let vendor = Arc::clone(&stage.books);
    let seen = Picky::before(&mut stage, usize::MAX, None);
    let report = stage.sync().await;
    assert_eq!(report.refused, 1, "{report:?}");
    let number = seen.lock().unwrap().unreadable.clone().unwrap();
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    let [only] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!(only.change.id, number);
    assert!(only.refusal.message.contains("unsupported property"), "{:?}", only.refusal);
    assert_eq!(stage.sync().await.refused, 0, "it is not sent again by itself");
    let refused = seen.lock().unwrap().refused;
    assert!(refused <= 7, "{refused} requests to find one of thirty");

    stage.books = vendor;
    let book = ConnectionId::new(COMPANY);
    engine.store.retry(engine.company_id(), &book, &[number], stage.clock.now()).await.unwrap();
    stage.sync().await;
    stage.assert_proven("after the vendor read it").await;
    assert_eq!(stage.books(), good.books());
}

#[tokio::test]
async fn a_batch_that_is_too_large_goes_in_parts() {
    let (mut stage, good) = (stage().await, stage().await);
    good.sync().await;
    let seen = Picky::before(&mut stage, 9_000, Some("none"));
    assert_eq!(stage.sync().await.refused, 0);
    assert!(seen.lock().unwrap().refused > 0, "some batch was too large");
    stage.assert_proven("in parts").await;
    assert_eq!(stage.books(), good.books());
}
