//! A batch whose answer never came: it is looked for before anything is sent again, and only that
//! keeps it from being there twice.

use super::stage::{Books, Stage, world};
use super::tripwire::{Effect, Tripwire};
use crate::transport::carrier::SharedVendor;
use jiff::Timestamp;
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use saldo_sim::fault::FaultSettings;
use saldo_sim::{Reply, Vendor};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than the vendor remembers the ids of requests.
const FORGOTTEN: Duration = Duration::from_secs(45 * 60);

/// A vendor in whose books nothing of ours is ever found by number or day.
struct Blind(SharedVendor);

impl Vendor for Blind {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        let asked = String::from_utf8_lossy(&request.body).into_owned() + &request.url;
        let looks_up = ["DocNumber", "TxnDate"].iter().any(|it| {
            asked.contains(&format!("where {it}"))
                || asked.contains(&format!("where%20{it}"))
                || asked.contains(&format!("where+{it}"))
        });
        if !looks_up {
            return self.0.lock().unwrap().answer(request, now);
        }
        let items: Option<Value> = serde_json::from_slice(&request.body).ok();
        let items = items.as_ref().and_then(|it| it.get("BatchItemRequest")?.as_array());
        let nothing = |item: &Value| json!({ "bId": item["bId"], "QueryResponse": {} });
        let body = match items {
            Some(items) => {
                json!({ "BatchItemResponse": items.iter().map(nothing).collect::<Vec<_>>() })
            }
            None => json!({ "QueryResponse": {} }),
        };
        let body = body.to_string().into_bytes();
        Reply::Answer(HttpAnswer { status: 200, headers: Vec::new(), body })
    }
}

/// A company that lets a number be used twice, so that nothing but a look-up prevents it.
async fn stage() -> Stage {
    let stage = Stage::after(&world(9, 50, 20), &FaultSettings::none()).await;
    let mut company = stage.merchant.company();
    company.company_mut().settings.warn_duplicate_sales_numbers = false;
    company.company_mut().settings.warn_duplicate_check_numbers = false;
    drop(company);
    stage
}

/// The books after a process ended with each answer of the company in its hand, and another went on
/// after the vendor had forgotten.
async fn after_death_at(number: usize, blind: bool) -> Books {
    let mut stage = stage().await;
    assert!(stage.sync_until_death(&Tripwire::at(number)).await);
    stage.clock.advance(FORGOTTEN);
    if blind {
        let seeing = Arc::clone(&stage.books);
        stage.books = Arc::new(Mutex::new(Box::new(Blind(seeing))));
    }
    stage.sync().await;
    stage.books()
}

#[tokio::test]
async fn only_the_look_up_prevents_doubles() {
    let stage = stage().await;
    let wire = Tripwire::default();
    assert!(!stage.sync_until_death(&wire).await);
    let expected = stage.books();
    let heard: Vec<usize> = (0..)
        .zip(wire.seen())
        .filter_map(|(number, effect)| (effect == Effect::HearCompany).then_some(number))
        .collect();
    let mut doubled = 0;
    for number in heard {
        assert_eq!(after_death_at(number, false).await, expected, "death at effect {number}");
        let blind = after_death_at(number, true).await;
        doubled += usize::from(blind.ledger.lines().count() > expected.ledger.lines().count());
    }
    assert!(doubled > 0, "without the look-up something is there twice");
}
