//! The rows of a large shop's balance come in bulk, and are those that a listing tells.

use super::super::pull::pull_all;
use super::stage::{Stage, world};
use crate::transport::testing::{reply, vendor};
use saldo_core::exchange::HttpAnswer;
use saldo_sim::Reply;
use saldo_sim::fault::FaultSettings;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many that listing their rows takes longer than a bulk operation, for a shop whose plan
/// restores few points.
const ORDERS: u32 = 500;

/// The answer of a shop that restores a tenth of the points.
fn of_small_plan(reply: Reply) -> Reply {
    let Reply::Answer(answer) = reply else { return reply };
    let body = String::from_utf8(answer.body).unwrap();
    let body = body.replace("\"restoreRate\":100", "\"restoreRate\":10").into_bytes();
    Reply::Answer(HttpAnswer { body, ..answer })
}

/// Pulls a shop that refuses bulk operations for rows, or does not; how many things it told, how
/// many of its answers were pages of rows, and how long that took in seconds.
async fn pulled(refuses: bool) -> (usize, usize, i64) {
    let mut stage = Stage::after(&world(4, ORDERS, 10), &FaultSettings::none()).await;
    let (good, pages) = (Arc::clone(&stage.merchant.shopify), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&pages);
    stage.merchant.shopify = vendor(move |request, now| {
        let asked = String::from_utf8_lossy(&request.body);
        if refuses && asked.contains("BulkStart") && asked.contains("balanceTransactions") {
            let no = r#"{"message": "Not this connection.", "code": "INVALID"}"#;
            let body = format!(r#"{{"bulkOperation": null, "userErrors": [{no}]}}"#);
            return reply(200, format!(r#"{{"data": {{"bulkOperationRunQuery": {body}}}}}"#));
        }
        count.fetch_add(usize::from(asked.contains("query BalanceTransactions")), Ordering::SeqCst);
        of_small_plan(good.lock().unwrap().answer(request, now))
    });
    let begun = stage.clock.now();
    let pulled = pull_all(&stage.engine().await).await.unwrap();
    assert!(pulled.failed.is_empty(), "{:?}", pulled.failed);
    let took = stage.clock.now().duration_since(begun).as_secs();
    (pulled.count.new, pages.load(Ordering::SeqCst), took)
}

#[tokio::test]
async fn rows_in_bulk_are_the_rows_of_a_listing() {
    let (bulk, few, quick) = pulled(false).await;
    let (listed, many, slow) = pulled(true).await;
    assert_eq!(bulk, listed);
    assert!(few < many && quick + 30 < slow, "{few} and {many} pages, {quick} and {slow} s");
}
