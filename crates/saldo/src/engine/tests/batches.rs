//! Batches are full: what is adopted from the book's chart leaves no room empty.

use super::stage::{Stage, world};
use crate::transport::carrier::SharedVendor;
use jiff::Timestamp;
use saldo_core::exchange::HttpRequest;
use saldo_sim::fault::FaultSettings;
use saldo_sim::{Reply, Vendor};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// How many a batch of the vendor holds.
const FULL: usize = 30;

/// A vendor of whom it is counted how many things each request creates.
struct Counted {
    vendor: SharedVendor,
    sizes: Arc<Mutex<Vec<usize>>>,
}

impl Vendor for Counted {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let items = body["BatchItemRequest"].as_array().cloned().unwrap_or_default();
        let created = items.iter().filter(|item| item["operation"] == "create").count();
        if created > 0 {
            self.sizes.lock().unwrap().push(created);
        }
        self.vendor.lock().unwrap().answer(request, now)
    }
}

#[tokio::test]
async fn only_the_last_batch_of_a_round_has_room_left() {
    let mut stage = Stage::after(&world(3, 220, 32), &FaultSettings::none()).await;
    stage.decide("customers.by-name = true").await;
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let counted = Counted { vendor: Arc::clone(&stage.books), sizes: Arc::clone(&sizes) };
    stage.books = Arc::new(Mutex::new(Box::new(counted)));
    assert_eq!(stage.sync().await.refused, 0);
    let sizes = sizes.lock().unwrap().clone();
    // First what stands alone, then items, then documents, then what refers to invoices.
    let with_room = sizes.iter().filter(|size| **size < FULL).count();
    assert!(with_room <= 4 && sizes.len() > 10, "{sizes:?}");
}
