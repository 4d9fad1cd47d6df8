//! Paid invoices that are taken out of a book whose payments cannot be reversed: their payments go
//! first, by the book's own operation, and an invoice whose payment must stay stays as well.

use super::super::{Selection, TakeBack, apply, redo, sync, undo};
use super::organisation::{XERO, joined};
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::{Death, Tripwire};
use crate::merchant::EmptyBooks;
use jiff::ToSpan;
use saldo_sim::books::xero::Kind;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// After how long the next process begins: when tokens are old, and when they are forgotten.
const RESTARTS: [Duration; 3] =
    [Duration::from_secs(901), Duration::from_secs(1_200), Duration::from_secs(2_400)];

/// A merchant with an organisation, entered.
async fn entered() -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&world(3, 60, 30), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.sync().await;
    (stage, xero)
}

/// All days of the merchant, taken out of the organisation: how many changes it refused and
/// acknowledged.
async fn taken_out(stage: &Stage) -> (usize, usize) {
    taken_out_by(stage, false).await
}

async fn taken_out_by(stage: &Stage, voids: bool) -> (usize, usize) {
    let begins = world(3, 60, 30).begins;
    let selection = Selection::Days(begins, Some(begins + 400.days()));
    let what = TakeBack { selection: &selection, only: Some(XERO), voids };
    let engine = stage.engine().await;
    undo(&engine, what, "owner").await.unwrap();
    let pushed = apply(&engine, Some(XERO)).await.unwrap();
    engine.store.close().await;
    (pushed.refused, pushed.acknowledged)
}

fn shown(xero: &EmptyBooks, kind: Kind) -> Vec<Value> {
    xero.vendor_itself().organisation().shown(kind)
}

/// What each account holds in the organisation.
fn sums(xero: &EmptyBooks) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for posting in xero.vendor_itself().organisation().ledger() {
        *sums.entry(posting.account).or_default() += posting.minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// The payments that stand.
fn payments(xero: &EmptyBooks) -> Vec<Value> {
    let mut payments = shown(xero, Kind::Payment);
    payments.retain(|payment| payment["Status"] == "AUTHORISED");
    payments
}

/// Whether the organisation holds a credit note over what an invoice is about.
fn is_credited(xero: &EmptyBooks, invoice: &Value) -> bool {
    let reference = |it: &Value| it["Reference"].as_str().unwrap_or("").to_owned();
    let of_invoice = reference(invoice);
    shown(xero, Kind::CreditNote).iter().any(|it| reference(it) == of_invoice)
}

#[tokio::test]
async fn payments_go_before_what_they_paid() {
    let (stage, xero) = entered().await;
    assert!(!payments(&xero).is_empty(), "something was paid on several accounts");
    let (refused, acknowledged) = taken_out(&stage).await;
    assert_eq!(refused, 0);
    assert!(acknowledged > 50, "{acknowledged}");
    assert_eq!(payments(&xero), Vec::<Value>::new(), "deleted, since no entry reverses them");
    assert_eq!(sums(&xero), BTreeMap::new());
    stage.assert_proven("all is taken out").await;
    let engine = stage.engine().await;
    redo(&engine, 1, "owner").await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("all is entered again").await;
    assert!(!payments(&xero).is_empty());
}

#[tokio::test]
async fn an_invoice_whose_payment_was_reconciled_stays_until_that_is_undone() {
    let (stage, xero) = entered().await;
    let paid = payments(&xero).remove(0);
    let (id, invoice) = (paid["PaymentID"].as_str().unwrap(), &paid["Invoice"]["InvoiceID"]);
    let invoices = shown(&xero, Kind::Invoice);
    let invoice = invoices.iter().find(|it| it["InvoiceID"] == *invoice).unwrap();
    let reconcile = |is_reconciled| {
        let mut vendor = xero.vendor_itself();
        vendor.organisation_mut().reconcile(id, is_reconciled, stage.clock.now());
    };
    reconcile(true);
    assert_eq!(taken_out(&stage).await.0, 1);
    let left: Vec<Value> = payments(&xero).iter().map(|it| it["PaymentID"].clone()).collect();
    assert_eq!(left, [id], "the others are gone");
    assert!(!is_credited(&xero, invoice), "it is paid, and stands");
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id().clone(), XERO.into());
    let failed = engine.store.failed(&company).await.unwrap().remove(0);
    assert!(failed.refusal.message.contains("reconciled"), "{}", failed.refusal.message);
    assert!(failed.refusal.hint.contains("saldo retry"), "{}", failed.refusal.hint);
    let blocked = engine.store.blocked(&company, &book).await.unwrap();
    let waits: Vec<&String> = blocked.iter().map(|it| &it.waits_for).collect();
    assert_eq!(waits, [&failed.change.id], "the invoice waits for it");
    // What the hint says works.
    reconcile(false);
    let now = stage.clock.now();
    engine.store.retry(&company, &book, &[failed.change.id], now).await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    assert!(payments(&xero).is_empty() && is_credited(&xero, invoice));
    stage.assert_proven("once it is no longer reconciled").await;
}

#[tokio::test]
async fn an_invoice_whose_payment_must_stay_can_be_left_as_it_is() {
    let (stage, xero) = entered().await;
    let before = sums(&xero);
    let paid = payments(&xero).remove(0);
    let id = paid["PaymentID"].as_str().unwrap();
    xero.vendor_itself().organisation_mut().reconcile(id, true, stage.clock.now());
    assert_eq!(taken_out(&stage).await.0, 1);
    let engine = stage.engine().await;
    redo(&engine, 1, "owner").await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("the rest is entered again").await;
    assert_eq!(sums(&xero), before);
}

/// How many entities of a kind have each status in the organisation.
fn statuses(xero: &EmptyBooks, kind: Kind) -> BTreeMap<String, usize> {
    let mut statuses = BTreeMap::new();
    for it in shown(xero, kind) {
        *statuses.entry(it["Status"].as_str().unwrap_or("none").to_owned()).or_default() += 1;
    }
    statuses
}

#[tokio::test]
async fn paid_invoices_are_voided_once_their_payments_are_gone() {
    let (stage, xero) = entered().await;
    let ids = |rows: Vec<Value>| -> BTreeSet<String> {
        rows.iter().map(|it| it["InvoiceID"].to_string()).collect()
    };
    let before = ids(shown(&xero, Kind::Invoice));
    let paid: Vec<Value> = payments(&xero).iter().map(|it| it["Invoice"].clone()).collect();
    assert!(!paid.is_empty());
    let transfers = shown(&xero, Kind::BankTransfer).len();
    assert_eq!(taken_out_by(&stage, true).await.0, 0);
    assert_eq!(payments(&xero), Vec::<Value>::new());
    let shown_invoices = shown(&xero, Kind::Invoice);
    for it in &shown_invoices {
        let is_over_nothing = it["Total"].as_f64() == Some(0.0);
        let is_known = before.contains(&it["InvoiceID"].to_string());
        assert!(is_known || is_over_nothing, "what comes to nothing alone is reversed: {it}");
        assert!(is_over_nothing || it["Status"] == "VOIDED", "{it}");
    }
    for paid in paid {
        let it = shown_invoices.iter().find(|it| it["InvoiceID"] == paid["InvoiceID"]);
        assert_eq!(it.unwrap()["Status"], "VOIDED");
    }
    let money = statuses(&xero, Kind::BankTransaction);
    assert!(money["DELETED"] > 20, "{money:?}");
    assert!(shown(&xero, Kind::BankTransfer).len() > transfers, "transfers are reversed");
    assert_eq!(sums(&xero), BTreeMap::new());
    stage.assert_proven("all is voided").await;
    let engine = stage.engine().await;
    redo(&engine, 1, "owner").await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("all is entered again").await;
    assert!(!payments(&xero).is_empty());
}

/// A merchant of few days, some of whose sales were paid on two accounts.
fn few_days() -> WorldSettings {
    world(5, 8, 4)
}

/// This merchant with an organisation, entered.
async fn small() -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&few_days(), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.sync().await;
    (stage, xero)
}

/// All of its days.
fn all_days() -> Selection {
    let begins = few_days().begins;
    Selection::Days(begins, Some(begins + 400.days()))
}

/// Voids all in one life that may end at the wire; whether it did.
async fn voids_until_death(stage: &Stage, wire: &Tripwire) -> bool {
    let engine = stage.engine_behind(wire).await;
    wire.begin();
    let life = tokio::spawn(async move {
        let what = TakeBack { selection: &all_days(), only: Some(XERO), voids: true };
        undo(&engine, what, "owner").await.unwrap();
        apply(&engine, Some(XERO)).await.unwrap();
    });
    match life.await {
        Ok(()) => false,
        Err(ended) => {
            assert!(ended.into_panic().is::<Death>(), "it ended otherwise than at the wire");
            true
        }
    }
}

/// What stands in an organisation of each kind, by status, and its ledger.
fn standing(xero: &EmptyBooks) -> (BTreeMap<String, usize>, BTreeMap<String, i64>) {
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for kind in [Kind::Invoice, Kind::CreditNote, Kind::Payment, Kind::BankTransaction] {
        for it in shown(xero, kind) {
            let status = it["Status"].as_str().unwrap_or_default();
            *statuses.entry(format!("{kind:?} {status}")).or_default() += 1;
        }
    }
    (statuses, sums(xero))
}

#[test]
fn a_process_may_end_at_any_effect_of_voiding_in_an_organisation() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, effects) = runtime.block_on(async {
        let (stage, xero) = small().await;
        let wire = Tripwire::default();
        assert!(!voids_until_death(&stage, &wire).await);
        stage.assert_proven("a life without death").await;
        (standing(&xero), wire.seen().len())
    });
    for kind in ["Invoice VOIDED", "Payment DELETED", "BankTransaction DELETED"] {
        assert!(expected.0.contains_key(kind), "{expected:?}");
    }
    on_all_cores(0..effects, async |number| {
        let (stage, xero) = small().await;
        assert!(voids_until_death(&stage, &Tripwire::at(number)).await);
        stage.clock.advance(RESTARTS[number % RESTARTS.len()]);
        let engine = stage.engine().await;
        if engine.store.undos(engine.company_id()).await.unwrap().is_empty() {
            let what = TakeBack { selection: &all_days(), only: Some(XERO), voids: true };
            undo(&engine, what, "owner").await.unwrap();
        }
        sync(&engine).await.unwrap();
        engine.store.close().await;
        stage.assert_proven(&format!("death at effect {number}")).await;
        assert_eq!(standing(&xero), expected, "death at effect {number}");
    });
}
