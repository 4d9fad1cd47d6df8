//! Approving, sending, and what comes of it.

use crate::world::{
    acknowledged, approval, at, batch, book, change, company, day, desk, furnish, furnished, key,
    lease, needed, push, result, usd,
};
use jiff::SignedDuration;
use saldo_core::book::{Refusal, RefusalKind};
use saldo_core::ledger::AccountKind;
use saldo_core::money::Money;
use saldo_core::plan::{Change, Reason};
use saldo_core::text::RemoteId;
use saldo_store::{
    Approval, AttemptOutcome, AttemptStatus, Batch, ChangeStatus, Lease, Purpose, Store, StoreError,
};

fn refusal() -> Refusal {
    Refusal {
        kind: RefusalKind::PeriodClosed,
        code: "6210".to_owned(),
        message: "the period is closed".to_owned(),
        hint: "open it".to_owned(),
    }
}

async fn status(store: &Store, change: &Change) -> ChangeStatus {
    store.changes_by_id(&company(), &change.id).await.unwrap()[0].status
}

async fn approved(changes: &[&Change]) -> (Store, Lease) {
    let store = furnished().await;
    let changes = changes.iter().map(|change| (*change).clone()).collect();
    store.approve(&desk(&store).await, &approval(changes)).await.unwrap();
    let lease = lease(&store, &book(), "one").await;
    (store, lease)
}

async fn finish(
    store: &Store,
    lease: &Lease,
    batch: &str,
    change: &Change,
    outcome: AttemptOutcome,
) {
    let results = [result(change, outcome)];
    store.finish_batch(lease, batch, &results, at(30)).await.unwrap();
}

#[tokio::test]
async fn what_is_approved_waits_in_its_order() {
    let store = furnished().await;
    let account = needed("Sales", AccountKind::Income, "b");
    let (b, a) = (change("b", 0, day(2), 100), change("a", 0, day(1), 200));
    let first = Approval {
        planned_until: Some(7),
        ..approval(vec![account.clone(), b.clone(), a.clone()])
    };
    assert_eq!(store.approve(&desk(&store).await, &first).await.unwrap(), 3);
    assert_eq!(store.planned_until(&company(), &book()).await.unwrap(), 7);
    let later = change("b", 1, day(3), 50);
    store.approve(&desk(&store).await, &approval(vec![later.clone()])).await.unwrap();
    assert_eq!(store.planned_until(&company(), &book()).await.unwrap(), 7);
    let pending = store.pending(&company(), &book(), 100).await.unwrap();
    let changes: Vec<_> = pending.iter().map(|pending| pending.change.clone()).collect();
    assert_eq!(changes, [account, b.clone(), a, later.clone()]);
    assert!(pending.iter().all(|pending| pending.status == ChangeStatus::Approved));
    assert!(pending.iter().all(|pending| pending.last_send.is_none()));
    assert_eq!(store.pending(&company(), &book(), 2).await.unwrap().len(), 2);
    let of_slot = store.changes_for_slots(&company(), &book(), &["b".to_owned()]).await.unwrap();
    assert_eq!(of_slot, [b, later]);
    store.set_planned_until(&company(), &book(), 9).await.unwrap();
    assert_eq!(store.planned_until(&company(), &book()).await.unwrap(), 9);
}

#[tokio::test]
async fn the_same_change_is_no_news_and_another_of_its_identity_is_refused() {
    let known = change("a", 0, day(1), 100);
    let (store, _) = approved(&[&known]).await;
    let same = Change { reason: Reason::LaterFact, ..known.clone() };
    assert_eq!(store.approve(&desk(&store).await, &approval(vec![same])).await.unwrap(), 0);

    let other = change("a", 0, day(1), 101);
    assert_eq!(other.id, known.id);
    let new = change("b", 0, day(1), 1);
    let both = Approval { planned_until: Some(5), ..approval(vec![new, other.clone()]) };
    let refused = store.approve(&desk(&store).await, &both).await;
    assert!(matches!(&refused, Err(StoreError::ChangeDiffers(id)) if *id == known.id));
    assert_eq!(store.pending(&company(), &book(), 9).await.unwrap().len(), 1, "all or none");
    assert_eq!(store.planned_until(&company(), &book()).await.unwrap(), 0);
    let within = approval(vec![change("c", 0, day(1), 1), change("c", 0, day(1), 2)]);
    let refused = store.approve(&desk(&store).await, &within).await;
    assert!(matches!(refused, Err(StoreError::ChangeDiffers(_))), "{refused:?}");
}

#[tokio::test]
async fn an_account_that_two_documents_need_is_approved_once() {
    let store = furnished().await;
    let twice =
        vec![needed("Sales", AccountKind::Income, "a"), needed("Sales", AccountKind::Income, "b")];
    assert_eq!(store.approve(&desk(&store).await, &approval(twice)).await.unwrap(), 1);
    let other = approval(vec![needed("Sales", AccountKind::Expense, "c")]);
    let refused = store.approve(&desk(&store).await, &other).await;
    assert!(matches!(refused, Err(StoreError::ChangeDiffers(_))), "{refused:?}");
}

#[tokio::test]
async fn an_acknowledged_change_has_a_receipt_and_leaves_the_outbox() {
    let (one, two) = (change("a", 0, day(1), 500), change("b", 0, day(2), 700));
    let (store, lease) = approved(&[&one, &two]).await;
    let sent = batch("b1", Purpose::Create, &[&one, &two]);
    store.begin_batch(&lease, &sent).await.unwrap();
    assert_eq!(status(&store, &one).await, ChangeStatus::Sent);
    let results =
        [result(&one, acknowledged("T1")), result(&two, AttemptOutcome::Refused(refusal()))];
    store.finish_batch(&lease, "b1", &results, at(30)).await.unwrap();
    assert_eq!(status(&store, &one).await, ChangeStatus::Acknowledged);
    assert_eq!(status(&store, &two).await, ChangeStatus::Refused);
    assert!(store.pending(&company(), &book(), 9).await.unwrap().is_empty());

    let keys = [one.id.clone(), two.id.clone()];
    let receipts = store.receipts(&company(), &book(), &keys).await.unwrap();
    assert_eq!(receipts.len(), 1);
    let receipt = &receipts[&one.id];
    assert_eq!((receipt.remote.as_str(), receipt.at), ("T1", at(30)));
    assert_eq!((receipt.total, receipt.tax), (Some(Money::from_minor(500, usd())), None));
    let saldo_core::book::Subject::Document { document, .. } = &one.subject else { panic!() };
    assert_eq!(receipt.content_hash, document.content_hash());
    let bindings = store.bindings_of(&company(), &book(), &keys).await.unwrap();
    assert_eq!(bindings.document(key(&one)), Some(&RemoteId::from("T1")));
    assert_eq!(store.bindings(&company(), &book()).await.unwrap(), bindings);

    let failed = store.failed(&company()).await.unwrap();
    assert_eq!((failed.len(), &failed[0].change, &failed[0].refusal), (1, &two, &refusal()));
    let history = store.attempts(&company(), &book(), &one.id).await.unwrap();
    let statuses: Vec<_> = history.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [AttemptStatus::Sent, AttemptStatus::Acknowledged]);
    assert_eq!(history[1].detail, "so it went");
}

#[tokio::test]
async fn what_was_refused_is_sent_again_only_when_a_person_says_so() {
    let one = change("a", 0, day(1), 500);
    let (store, lease) = approved(&[&one]).await;
    let ids = [one.id.clone()];
    let early = store.retry(&company(), &book(), &ids, at(25)).await;
    assert!(matches!(early, Err(StoreError::NotSendable { .. })), "{early:?}");
    store.begin_batch(&lease, &batch("b1", Purpose::Create, &[&one])).await.unwrap();
    finish(&store, &lease, "b1", &one, AttemptOutcome::Refused(refusal())).await;
    let again = batch("b2", Purpose::Create, &[&one]);
    let refused = store.begin_batch(&lease, &again).await;
    assert!(matches!(refused, Err(StoreError::NotSendable { .. })), "{refused:?}");
    store.retry(&company(), &book(), &ids, at(40)).await.unwrap();
    assert!(store.failed(&company()).await.unwrap().is_empty());
    let unseen = store.begin_batch(&lease, &again).await;
    assert!(matches!(unseen, Err(StoreError::NotSendable { .. })), "{unseen:?}");
    let look = batch("l1", Purpose::LookUp, &[&one]);
    store.begin_batch(&lease, &look).await.unwrap();
    finish(&store, &lease, "l1", &one, AttemptOutcome::Absent).await;
    store.begin_batch(&lease, &again).await.unwrap();
    finish(&store, &lease, "b2", &one, acknowledged("T1")).await;
    let history = store.attempts(&company(), &book(), &one.id).await.unwrap();
    let words: Vec<_> = history.iter().map(|attempt| attempt.status.name()).collect();
    let expected = ["sent", "refused", "retried", "sent", "absent", "sent", "acknowledged"];
    assert_eq!(words, expected);
    let thrice = store.begin_batch(&lease, &batch("b3", Purpose::Create, &[&one])).await;
    assert!(matches!(thrice, Err(StoreError::NotSendable { .. })), "{thrice:?}");
}

#[tokio::test]
async fn a_crash_between_sending_and_hearing_leaves_the_batch_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saldo.db");
    let one = change("a", 0, day(1), 500);
    let sent = batch("b1", Purpose::Create, &[&one]);
    {
        let store = Store::open(&path, true).await.unwrap();
        furnish(&store).await;
        store.approve(&desk(&store).await, &approval(vec![one.clone()])).await.unwrap();
        let lease = lease(&store, &book(), "one").await;
        store.begin_batch(&lease, &sent).await.unwrap();
        store.close().await;
    }
    let store = Store::open(&path, false).await.unwrap();
    let lease = lease(&store, &book(), "one").await;
    let pending = store.pending(&company(), &book(), 9).await.unwrap();
    assert_eq!(pending[0].status, ChangeStatus::Sent);
    let last = pending[0].last_send.clone().unwrap();
    assert_eq!(
        (last.batch.as_str(), last.token.as_str(), last.at),
        ("b1", "token-b1", Some(at(20)))
    );

    let blind = store.begin_batch(&lease, &batch("b2", Purpose::Create, &[&one])).await;
    assert!(matches!(blind, Err(StoreError::NotSendable { .. })), "{blind:?}");
    let look = batch("l1", Purpose::LookUp, &[&one]);
    store.begin_batch(&lease, &look).await.unwrap();
    finish(&store, &lease, "l1", &one, acknowledged("T1")).await;
    assert_eq!(status(&store, &one).await, ChangeStatus::Acknowledged);
    let sums = store.account_sums(&company(), &book(), None).await.unwrap();
    assert_eq!(sums["Clearing"].of(usd()).minor(), 500);
}

/// A batch, what it is for, and what comes of it.
type Step = (&'static str, Purpose, AttemptOutcome);

/// What happens to a change, and where it stands afterwards.
async fn history(steps: &[Step]) -> ChangeStatus {
    let one = change("a", 0, day(1), 500);
    let (store, lease) = approved(&[&one]).await;
    for (id, purpose, outcome) in steps {
        store.begin_batch(&lease, &batch(id, *purpose, &[&one])).await.unwrap();
        finish(&store, &lease, id, &one, outcome.clone()).await;
    }
    status(&store, &one).await
}

#[tokio::test]
async fn where_a_change_stands_follows_from_its_attempts() {
    use AttemptOutcome::{Absent, InDoubt, NoEffect};
    use ChangeStatus::{Approved, InDoubt as Doubt};
    use Purpose::{Create, LookUp};
    let cases: Vec<(&[Step], ChangeStatus)> = vec![
        (&[("1", Create, NoEffect)], Approved),
        (&[("1", Create, InDoubt)], Doubt),
        // A repetition that had no effect says nothing about the first send.
        (&[("1", Create, InDoubt), ("1", Create, NoEffect)], Doubt),
        // A look-up that failed makes nothing more certain.
        (&[("1", Create, InDoubt), ("l", LookUp, NoEffect)], Doubt),
        (&[("1", Create, InDoubt), ("l", LookUp, InDoubt)], Doubt),
        (&[("1", Create, InDoubt), ("l", LookUp, Absent)], Approved),
        (&[("1", Create, InDoubt), ("l", LookUp, Absent), ("2", Create, NoEffect)], Approved),
        // Nor does it make doubtful what was never sent.
        (&[("l", LookUp, InDoubt)], Approved),
        (&[("l", LookUp, Absent)], Approved),
    ];
    for (steps, expected) in cases {
        assert_eq!(history(steps).await, expected, "{steps:?}");
    }
}

#[tokio::test]
async fn a_batch_is_repeated_only_as_it_was() {
    let (one, two) = (change("a", 0, day(1), 500), change("b", 0, day(1), 1));
    let (store, lease) = approved(&[&one, &two]).await;
    let sent = batch("b1", Purpose::Create, &[&one, &two]);
    store.begin_batch(&lease, &sent).await.unwrap();
    let later = Batch { sent_at: at(60), ..sent.clone() };
    store.begin_batch(&lease, &later).await.unwrap();
    assert_eq!(store.batch(&company(), &book(), "b1").await.unwrap(), later);
    assert_eq!(status(&store, &one).await, ChangeStatus::InDoubt);
    let others = [
        Batch { token: "other".to_owned(), ..sent.clone() },
        Batch { members: vec![two.id.clone(), one.id.clone()], ..sent.clone() },
        Batch { purpose: Purpose::Revise, ..sent.clone() },
        Batch { members: vec![one.id.clone()], ..sent },
    ];
    for other in others {
        let refused = store.begin_batch(&lease, &other).await;
        assert!(matches!(refused, Err(StoreError::BatchDiffers(_))), "{refused:?}");
    }
    let unknown = store.batch(&company(), &book(), "b9").await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
}

#[tokio::test]
async fn a_result_counts_once_and_only_for_what_was_sent() {
    let (one, two) = (change("a", 0, day(1), 500), change("b", 0, day(1), 1));
    let (store, lease) = approved(&[&one, &two]).await;
    store.begin_batch(&lease, &batch("b1", Purpose::Create, &[&one])).await.unwrap();
    let refused = [
        vec![result(&two, acknowledged("T2"))],
        vec![result(&one, acknowledged("T1")), result(&one, acknowledged("T1"))],
    ];
    for results in refused {
        let refused = store.finish_batch(&lease, "b1", &results, at(30)).await;
        assert!(matches!(refused, Err(StoreError::NotInBatch { .. })), "{refused:?}");
    }
    finish(&store, &lease, "b1", &one, acknowledged("T1")).await;
    let results = [result(&one, acknowledged("T1"))];
    let again = store.finish_batch(&lease, "b1", &results, at(31)).await;
    assert!(matches!(again, Err(StoreError::NotInBatch { .. })), "{again:?}");
    let sums = store.account_sums(&company(), &book(), None).await.unwrap();
    assert_eq!(sums["Clearing"].of(usd()).minor(), 500);
}

#[tokio::test]
async fn a_pusher_that_lost_its_lease_cannot_write() {
    let one = change("a", 0, day(1), 500);
    let (store, dead) = approved(&[&one]).await;
    store.begin_batch(&dead, &batch("b1", Purpose::Create, &[&one])).await.unwrap();
    let hour = SignedDuration::from_hours(1);
    let alive = store.acquire_lease(&company(), &book(), "two", at(9_000), hour).await.unwrap();
    let late = [result(&one, acknowledged("T1"))];
    let lost = store.finish_batch(&dead, "b1", &late, at(9_001)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(_))), "{lost:?}");
    let lost = store.begin_batch(&dead, &batch("l1", Purpose::LookUp, &[&one])).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(_))), "{lost:?}");
    store.finish_batch(&alive, "b1", &late, at(9_002)).await.unwrap();
    assert_eq!(status(&store, &one).await, ChangeStatus::Acknowledged);
}

#[tokio::test]
async fn a_book_of_another_company_is_another_book() {
    let (store, lease) = approved(&[]).await;
    let other =
        saldo_store::Company { id: "other".into(), ..store.company(&company()).await.unwrap() };
    store.create_company(&other).await.unwrap();
    let connection = crate::world::connection(book(), saldo_store::Role::Book);
    store.add_connection(&other.id, &connection).await.unwrap();
    push(&store, &lease, "b1", &[change("a", 0, day(1), 500)]).await;
    assert!(store.account_sums(&other.id, &book(), None).await.unwrap().is_empty());
    assert!(store.bindings(&other.id, &book()).await.unwrap().0.is_empty());
    assert!(store.entries(&other.id, &book(), Default::default()).all().await.unwrap().is_empty());
}
