//! Other tracking is told in Xero to what stands there, as long as nothing pays or matches it; what
//! is paid or reconciled is reversed and entered anew.

use super::dimensioned::track;
use super::organisation::joined;
use super::stage::{Stage, world};
use crate::merchant::EmptyBooks;
use saldo_sim::books::xero::Kind;
use saldo_sim::fault::FaultSettings;
use serde_json::Value;
use std::collections::BTreeMap;

const WEB: &str = "[dimensions]\nclass.default = \"Web\"\n";
const SHOP: &str = "[dimensions]\nclass.default = \"Shop\"\n";

/// A merchant whose organisation holds all as `Web`, and whose policy says `Shop` since.
async fn renamed() -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&world(21, 40, 20), &FaultSettings::none()).await;
    track(&stage, true);
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.revise_for_all_days(|text| format!("{text}\n{WEB}")).await;
    assert_eq!(stage.sync().await.refused, 0);
    stage.revise_for_all_days(|text| text.replace(WEB, SHOP)).await;
    (stage, xero)
}

fn count(xero: &EmptyBooks, kind: Kind) -> usize {
    xero.vendor_itself().organisation().count(kind)
}

/// What stands in each option, by its name.
fn held(xero: &EmptyBooks) -> BTreeMap<String, i64> {
    let held = xero.vendor_itself().organisation().held_in_options().into_iter();
    held.map(|((_, option), minor)| (option, minor)).collect()
}

/// How many invoices payments were entered for.
fn paid(xero: &EmptyBooks) -> usize {
    let vendor = xero.vendor_itself();
    let invoices = vendor.organisation().shown(Kind::Invoice);
    invoices
        .iter()
        .filter(|it| it["Payments"].as_array().is_some_and(|all| !all.is_empty()))
        .count()
}

#[tokio::test]
async fn other_tracking_is_told_to_what_nothing_pays() {
    let (stage, xero) = renamed().await;
    let (before, ledger) = (held(&xero), xero.vendor_itself().organisation().ledger_without_ids());
    assert_eq!(before.keys().collect::<Vec<_>>(), ["Web"]);
    let kinds = [Kind::BankTransaction, Kind::ManualJournal];
    let counts = kinds.map(|kind| count(&xero, kind));
    assert!(counts[0] > 20 && paid(&xero) > 0, "{counts:?}");
    let writes = xero.vendor_itself().calls().writes;
    assert_eq!(stage.sync().await.refused, 0);
    stage.assert_proven("amended").await;
    assert_eq!(held(&xero), [("Shop".to_owned(), before["Web"])].into());
    assert_eq!(kinds.map(|kind| count(&xero, kind)), counts, "no document more");
    let took = xero.vendor_itself().calls().writes - writes;
    assert!(took < 30, "fifty at a time: {took}");
    assert_eq!(stage.sync().await.approved, 0, "what says so already is not told again");
    // What was paid is reversed and entered anew, which sums up to the same.
    assert_ne!(xero.vendor_itself().organisation().ledger_without_ids(), ledger);
}

#[tokio::test]
async fn what_was_reconciled_is_reversed_and_entered_anew() {
    let (stage, xero) = renamed().await;
    let (id, sale) = {
        let vendor = xero.vendor_itself();
        let shown = vendor.organisation().shown(Kind::BankTransaction);
        let is_tracked = |it: &Value| !it["LineItems"][0]["Tracking"][0].is_null();
        let mut sales = shown.into_iter().filter(|it| it["Type"] == "RECEIVE");
        let sale = sales.find(is_tracked).unwrap();
        (sale["BankTransactionID"].as_str().unwrap().to_owned(), sale)
    };
    let now = stage.clock.now();
    xero.vendor_itself().organisation_mut().reconcile(&id, true, now);
    let (before, counted) = (held(&xero)["Web"], count(&xero, Kind::BankTransaction));
    let report = stage.sync().await;
    assert_eq!((report.refused, report.withdrawn), (1, 1), "{report:?}");
    let engine = stage.engine().await;
    assert_eq!(engine.store.failed(engine.company_id()).await.unwrap(), []);
    engine.store.close().await;
    let report = stage.sync().await;
    assert_eq!(report.refused, 0, "{report:?}");
    stage.assert_proven("reversed").await;
    assert_eq!(held(&xero), [("Shop".to_owned(), before)].into());
    assert_eq!(count(&xero, Kind::BankTransaction), counted + 2, "a reversal, and another");
    let shown = xero.vendor_itself().organisation().shown(Kind::BankTransaction);
    let stands = shown.into_iter().find(|it| it["BankTransactionID"] == sale["BankTransactionID"]);
    assert_eq!(stands.unwrap()["LineItems"], sale["LineItems"], "it stays as it was");
    assert_eq!(stage.sync().await.approved, 0);
}
