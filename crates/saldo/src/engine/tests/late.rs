//! What lands in the book after it was given up: it is found, taken over and taken out, and nothing
//! is sent twice.

use super::super::{ProofReport, approve, plan, push};
use super::bookkeeper::Bookkeeper;
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::merchant::COMPANY;
use crate::transport::carrier::SharedVendor;
use crate::transport::testing::vendor;
use saldo_core::exchange::HttpRequest;
use saldo_core::plan::Change;
use saldo_core::proof::LateDocument;
use saldo_core::text::ConnectionId;
use saldo_sim::Reply;
use saldo_sim::fault::FaultSettings;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Another account for shipping, so that many documents want to be others.
const WORDS: &str = "accounts.shipping-income = \"Delivery\"";
/// Longer than tokens are relied on.
const OLD: Duration = Duration::from_secs(2_400);
/// How many deaths are tried.
const DEATHS: usize = 12;
/// Longer than a sync looks for what was withdrawn.
const LONG: Duration = Duration::from_hours(9 * 24);

async fn stage() -> Stage {
    let stage = Stage::after(&world(5, 60, 20), &FaultSettings::none()).await;
    // Nothing but Saldo itself prevents that something is there twice.
    let mut company = stage.merchant.company();
    company.company_mut().settings.warn_duplicate_sales_numbers = false;
    drop(company);
    stage
}

fn has_receipts(request: &HttpRequest) -> bool {
    String::from_utf8_lossy(&request.body).contains("\"SalesReceipt\":{")
}

type Caught = Arc<Mutex<Option<HttpRequest>>>;

/// A company that hears the first request of a sort and lets the connection end without an answer:
/// what it heard lands when a test says so.
pub(super) fn slow(
    good: SharedVendor,
    wire: Tripwire,
    is_caught: fn(&HttpRequest) -> bool,
) -> (SharedVendor, Caught, Arc<AtomicUsize>) {
    let (caught, at) = (Caught::default(), Arc::new(AtomicUsize::new(0)));
    let (catches, place) = (Arc::clone(&caught), Arc::clone(&at));
    let slow = vendor(move |request, now| {
        let mut caught = catches.lock().unwrap();
        if caught.is_none() && is_caught(request) {
            *caught = Some(request.clone());
            place.store(wire.seen().len(), Ordering::SeqCst);
            return Reply::Lost;
        }
        good.lock().unwrap().answer(request, now)
    });
    (slow, caught, at)
}

/// A stage whose first receipts were sent by a process that ended before it heard anything, where
/// somebody then decided otherwise; and the request, which did not land yet.
async fn given_up() -> (Stage, HttpRequest) {
    let heard = {
        let (mut stage, wire) = (stage().await, Tripwire::default());
        let (slow, _, at) = slow(Arc::clone(&stage.books), wire.clone(), has_receipts);
        stage.books = slow;
        assert!(!stage.sync_until_death(&wire).await);
        at.load(Ordering::SeqCst)
    };
    let mut stage = stage().await;
    let good = Arc::clone(&stage.books);
    let (slow, caught, _) = slow(Arc::clone(&good), Tripwire::default(), has_receipts);
    stage.books = slow;
    assert!(stage.sync_until_death(&Tripwire::at(heard)).await);
    stage.books = good;
    stage.decide(WORDS).await;
    stage.clock.advance(OLD);
    let report = stage.sync().await;
    assert!(report.withdrawn > 3, "{report:?}");
    stage.assert_proven("before anything landed").await;
    let caught = caught.lock().unwrap().take().unwrap();
    (stage, caught)
}

/// Lets those documents of a request land that were withdrawn; how many.
async fn land(stage: &Stage, request: &HttpRequest) -> usize {
    let known = Bookkeeper::of(stage);
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let items = body["BatchItemRequest"].as_array().unwrap().clone();
    let mut landed = 0;
    for item in items {
        let receipt = &item["SalesReceipt"];
        let number = receipt["DocNumber"].as_str().unwrap_or_default();
        let there = known.find("SalesReceipt", &format!("where DocNumber = '{number}'"));
        if receipt.is_object() && there.is_empty() {
            known.enter("SalesReceipt", receipt);
            landed += 1;
        }
    }
    landed
}

fn late(proof: &ProofReport) -> &[LateDocument] {
    &proof.books.iter().find(|book| book.book == COMPANY).unwrap().late
}

fn entered(stage: &Stage) -> usize {
    stage.merchant.company().company().ledger().len()
}

async fn planned(stage: &Stage) -> Vec<Change> {
    let mut planned = plan(&stage.engine().await, Some(COMPANY)).await.unwrap();
    planned.remove(0).changes
}

/// The books of a life in which nothing was ever late.
async fn undisturbed() -> Stage {
    let stage = stage().await;
    stage.decide(WORDS).await;
    stage.sync().await;
    stage
}

#[tokio::test]
async fn a_proof_names_it_and_the_next_plan_takes_it_out() {
    let (stage, request) = given_up().await;
    stage.clock.advance(LONG);
    stage.sync().await;
    let landed = land(&stage, &request).await;
    assert!(landed > 3, "{landed}");
    let proof = stage.prove().await;
    assert!(!proof.holds() && !proof.adds_up());
    let named = late(&proof);
    assert_eq!(named.len(), landed, "{named:#?}");
    for it in named {
        let there =
            Bookkeeper::of(&stage).find("SalesReceipt", &format!("where DocNumber = '{}'", it.key));
        assert_eq!(it.remote.as_str(), there[0]["Id"].as_str().unwrap());
        assert_eq!(it.date.to_string(), there[0]["TxnDate"].as_str().unwrap());
        assert!(it.difference.is_none() && !it.amount.unwrap().is_negative(), "{it:?}");
    }
    let keys: BTreeSet<String> = named.iter().map(|it| it.key.to_string()).collect();
    assert_eq!(keys.len(), landed);
    for book in &proof.books {
        assert!(book.accounts.iter().all(|it| it.others.is_zero()), "it is nobody else's");
    }

    let changes = planned(&stage).await;
    assert_eq!(changes.len(), landed, "{changes:#?}");
    assert!(changes.iter().all(|it| it.takes_out.len() == 1 && it.enters.is_empty()));
    let engine = stage.engine().await;
    assert_eq!(approve(&engine, None, "owner").await.unwrap(), landed);
    let pushed = push(&engine, None).await.unwrap();
    assert_eq!((pushed.acknowledged, pushed.adopted), (landed, 0));
    stage.assert_proven("once it was taken out").await;
    let undisturbed = undisturbed().await;
    undisturbed.clock.advance(LONG);
    undisturbed.sync().await;
    assert_eq!(stage.sums(), undisturbed.sums());
    assert!(planned(&stage).await.is_empty());
}

#[tokio::test]
async fn the_next_sync_finds_it_by_itself() {
    let (stage, request) = given_up().await;
    let before = entered(&stage);
    let landed = land(&stage, &request).await;
    let with_it = entered(&stage) - before;
    let report = stage.sync().await;
    assert_eq!((report.adopted, report.acknowledged), (landed, landed), "{report:?}");
    assert_eq!(entered(&stage), before + 2 * with_it, "each is taken out once");
    stage.assert_proven("after a sync").await;
    assert_eq!(stage.sums(), undisturbed().await.sums());
    let again = stage.sync().await;
    assert_eq!((again.adopted, again.approved, again.acknowledged), (0, 0, 0));
}

#[tokio::test]
async fn what_landed_and_was_changed_is_named_until_somebody_removes_it() {
    let (stage, request) = given_up().await;
    land(&stage, &request).await;
    let engine = stage.engine().await;
    let book = ConnectionId::new(COMPANY);
    let unanswered = engine.store.unanswered(engine.company_id(), &book, None).await.unwrap();
    let condition = format!("where DocNumber = '{}'", unanswered[0].id);
    let person = Bookkeeper::of(&stage);
    let held = person.find("SalesReceipt", &condition).remove(0);
    let held = person.change("SalesReceipt", &held, &json!({ "TxnDate": "2026-08-29" }));
    for _ in 0..2 {
        stage.sync().await;
        let proof = stage.prove().await;
        let [only] = late(&proof) else { panic!("{:#?}", late(&proof)) };
        assert!(only.difference.as_ref().unwrap().contains("2026-08-29"), "{only:?}");
        assert!(!proof.holds());
    }
    person.delete("SalesReceipt", &held);
    stage.assert_proven("once somebody removed it").await;
    assert_eq!(stage.sums(), undisturbed().await.sums());
}

/// The look-ups that a sync asks of the company.
async fn looked_up(stage: &mut Stage) -> BTreeSet<String> {
    let (good, asked) = (Arc::clone(&stage.books), Arc::new(Mutex::new(BTreeSet::new())));
    let (answers, notes) = (Arc::clone(&good), Arc::clone(&asked));
    stage.books = vendor(move |request, now| {
        if ["DocNumber", "TxnDate"].iter().any(|it| request.url.contains(it)) {
            notes.lock().unwrap().insert(request.url.clone());
        }
        answers.lock().unwrap().answer(request, now)
    });
    stage.sync().await;
    stage.books = good;
    std::mem::take(&mut asked.lock().unwrap())
}

#[tokio::test]
async fn a_sync_looks_for_it_for_some_days_and_no_longer() {
    let (mut stage, _) = given_up().await;
    for _ in 0..2 {
        let asked = looked_up(&mut stage).await;
        assert_eq!(asked.len(), 3, "a request for receipts, refunds and invoices each: {asked:#?}");
    }
    stage.clock.advance(LONG);
    // Once a day is asked what changed there: invoices did, by their payments.
    let asked = looked_up(&mut stage).await;
    assert!(asked.iter().all(|it| it.contains("from%20Invoice%20")), "{asked:#?}");
    assert_eq!(looked_up(&mut stage).await, BTreeSet::new());
}

#[tokio::test]
async fn what_is_wanted_again_meanwhile_stands_once() {
    let (stage, request) = given_up().await;
    // Back to the old account: the same documents are wanted, under other numbers.
    let engine = stage.engine().await;
    let text = engine.store.policy(engine.company_id()).await.unwrap().unwrap().text;
    let before = text.replace(WORDS, "");
    let now = stage.clock.now();
    let (company, holder) = (engine.company_id(), "one");
    let reviser = super::super::Reviser { company, holder, since: None, now };
    super::super::decide(&engine.store, reviser, &before).await.unwrap();
    stage.sync().await;
    let landed = land(&stage, &request).await;
    let report = stage.sync().await;
    assert_eq!((report.adopted, report.acknowledged), (landed, landed), "{report:?}");
    stage.assert_proven("each stands once").await;
    assert!(planned(&stage).await.is_empty());
}

#[test]
fn a_process_may_end_while_it_takes_it_over() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, effects) = runtime.block_on(async {
        let (stage, request) = given_up().await;
        land(&stage, &request).await;
        let wire = Tripwire::default();
        assert!(!stage.sync_until_death(&wire).await);
        (stage.books(), wire.seen().len())
    });
    assert!(effects >= DEATHS, "{effects}");
    on_all_cores(0..DEATHS, async |step| {
        let number = step * effects / DEATHS;
        let (stage, request) = given_up().await;
        land(&stage, &request).await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.clock.advance(Duration::from_secs([1, 660, 2_400][step % 3]));
        stage.sync().await;
        let about = format!("death at effect {number} of {effects}");
        stage.assert_proven(&about).await;
        assert!(stage.books() == expected, "{about}: the books differ");
    });
}
