//! What was sent, did not arrive, and is no longer wanted when that is found out: it never comes
//! into the book.

use super::super::{Engine, apply, approve, plan, push};
use super::stage::{Stage, world};
use super::tripwire::Tripwire;
use crate::merchant::COMPANY;
use crate::transport::testing::vendor;
use saldo_core::book::Subject;
use saldo_core::document::{DocumentKind, SubledgerEntry};
use saldo_core::plan::Change;
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_store::{ChangeStatus, Pending};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Another account for shipping, so that many documents want to be others.
const WORDS: &str = "accounts.shipping-income = \"Delivery\"";
/// Longer than tokens are relied on.
const OLD: Duration = Duration::from_secs(2_400);

/// Payments wait for a person.
const LOOKED_AT: &str = "[levels.payment]\napproval = \"review\"";

async fn stage() -> Stage {
    stage_by("").await
}

/// A stage by a policy with these words more.
async fn stage_by(words: &str) -> Stage {
    let stage = Stage::after(&world(5, 60, 20), &FaultSettings::none()).await;
    if !words.is_empty() {
        stage.revise_for_all_days(|before| format!("{before}\n{words}")).await;
    }
    stage
}

/// The number of the effect at which the first sales receipts are about to be sent.
async fn first_receipts(words: &str) -> usize {
    let mut stage = stage_by(words).await;
    let (wire, at) = (Tripwire::default(), Arc::new(AtomicUsize::new(0)));
    let (good, watched, place) = (Arc::clone(&stage.books), wire.clone(), Arc::clone(&at));
    let seen = Mutex::new(false);
    stage.books = vendor(move |request, now| {
        let mut seen = seen.lock().unwrap();
        if !*seen && String::from_utf8_lossy(&request.body).contains("\"SalesReceipt\":{") {
            *seen = true;
            place.store(watched.seen().len() - 1, Ordering::SeqCst);
        }
        good.lock().unwrap().answer(request, now)
    });
    assert!(!stage.sync_until_death(&wire).await);
    at.load(Ordering::SeqCst)
}

/// A stage whose first receipts were written down as sent and never left; then somebody decided
/// otherwise.
async fn decided_in_doubt() -> Stage {
    decided_in_doubt_by("").await
}

async fn decided_in_doubt_by(words: &str) -> Stage {
    let first = first_receipts(words).await;
    let stage = stage_by(words).await;
    assert!(stage.sync_until_death(&Tripwire::at(first)).await);
    stage.decide(WORDS).await;
    stage.clock.advance(OLD);
    stage
}

async fn pending(engine: &Engine) -> Vec<Pending> {
    let book = ConnectionId::new(COMPANY);
    engine.store.pending(engine.company_id(), &book, 10_000).await.unwrap()
}

fn entered(stage: &Stage) -> usize {
    stage.merchant.company().company().ledger().len()
}

#[tokio::test]
async fn it_is_withdrawn_and_what_is_wanted_instead_is_entered_at_once() {
    let wanted = stage().await;
    wanted.decide(WORDS).await;
    wanted.sync().await;
    let stage = decided_in_doubt().await;
    stage.sync().await;
    stage.assert_proven("after a look-up that found nothing").await;
    assert_eq!(stage.sums(), wanted.sums());
    assert_eq!(entered(&stage), entered(&wanted), "nothing was entered and reversed");
    let planned = plan(&stage.engine().await, None).await.unwrap();
    assert!(planned.iter().all(|it| it.changes.is_empty() && it.unsettled.is_empty()));
}

#[tokio::test]
async fn an_apply_straight_after_the_decision_sends_nothing_that_is_no_longer_wanted() {
    let wanted = stage().await;
    wanted.decide(WORDS).await;
    wanted.sync().await;
    let stage = decided_in_doubt().await;
    let engine = stage.engine().await;
    let mut doubtful = pending(&engine).await;
    doubtful
        .retain(|it| it.status != ChangeStatus::Approved && moves(&it.change, "Shipping income"));
    assert!(doubtful.len() > 5, "{}", doubtful.len());
    apply(&engine, None).await.unwrap();
    for it in &doubtful {
        assert_eq!(status(&engine, it).await, ChangeStatus::Withdrawn, "{}", it.change.id);
    }
    engine.store.close().await;
    stage.sync().await;
    stage.assert_proven("after it was applied and planned anew").await;
    assert_eq!(stage.sums(), wanted.sums());
}

fn moves(change: &Change, account: &str) -> bool {
    match &change.subject {
        Subject::Document { document, .. } => {
            document.lines().iter().any(|line| &*line.account.name == account)
        }
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => false,
    }
}

/// What became of a change in the company's books.
async fn status(engine: &Engine, it: &Pending) -> ChangeStatus {
    let known = engine.store.changes_by_id(engine.company_id(), &it.change.id).await.unwrap();
    known.into_iter().find(|known| known.change.book.as_str() == COMPANY).unwrap().status
}

#[tokio::test]
async fn a_push_alone_withdraws_it_and_sends_the_rest() {
    let stage = decided_in_doubt().await;
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(COMPANY)).await.unwrap();
    assert!(planned[0].unsettled.len() > 5, "{:?}", planned[0].unsettled);
    let proof = stage.prove().await;
    let said = proof.unapproved.iter().find(|it| it.book == COMPANY).unwrap();
    assert_eq!(
        (said.changes, said.unsettled),
        (planned[0].changes.len(), planned[0].unsettled.len())
    );
    let doubtful: Vec<Pending> = pending(&engine)
        .await
        .into_iter()
        .filter(|it| it.status != ChangeStatus::Approved)
        .filter(|it| it.change.slot.as_ref().is_some_and(|it| planned[0].unsettled.contains(it)))
        .collect();
    push(&engine, Some(COMPANY)).await.unwrap();
    for it in &doubtful {
        assert_eq!(status(&engine, it).await, ChangeStatus::Withdrawn, "{}", it.change.id);
    }
    let planned = plan(&engine, Some(COMPANY)).await.unwrap();
    assert!(planned[0].unsettled.is_empty(), "now it is known what came of all");
    let wanted: Vec<_> = planned[0].changes.iter().map(|it| &it.slot).collect();
    assert!(doubtful.iter().all(|it| wanted.contains(&&it.change.slot)));
}

/// Approves and pushes what waits for a person until nothing is left.
async fn approve_all(stage: &Stage) {
    for _ in 0..3 {
        let engine = stage.engine().await;
        approve(&engine, None, "owner").await.unwrap();
        push(&engine, None).await.unwrap();
        engine.store.close().await;
    }
}

#[tokio::test]
async fn a_payment_is_planned_once_it_is_known_which_invoice_it_pays() {
    let stage = decided_in_doubt_by(LOOKED_AT).await;
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(COMPANY)).await.unwrap().remove(0);
    for change in &planned.changes {
        let Subject::Document { document, .. } = &change.subject else { continue };
        let pays = document.header().applies_to.as_ref();
        assert!(pays.is_none_or(|slot| !planned.unsettled.contains(slot)), "{change:#?}");
    }
    let unsettled: Vec<String> = planned.unsettled.iter().cloned().collect();
    let entries = engine.store.slot_entries(engine.company_id(), &unsettled).await.unwrap();
    let of_payments = |it: &&SubledgerEntry| it.header.kind == DocumentKind::Payment;
    assert!(entries.values().flatten().filter(of_payments).count() > 0, "some pay these invoices");
    engine.store.close().await;
    approve_all(&stage).await;
    stage.assert_proven("once the invoices were settled").await;
    let wanted = stage_by(LOOKED_AT).await;
    wanted.decide(WORDS).await;
    wanted.sync().await;
    approve_all(&wanted).await;
    assert_eq!(stage.sums(), wanted.sums());
}
