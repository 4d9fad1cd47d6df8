//! What is no longer wanted and not in the book, and what waits for what was refused.

use crate::world::{
    acknowledged, approval, at, batch, book, change, company, day, desk, furnished, lease, needed,
    result,
};
use saldo_core::book::{Acknowledgement, Refusal, RefusalKind};
use saldo_core::ledger::AccountKind;
use saldo_core::plan::{Change, Whereabouts};
use saldo_store::{
    Approval, AttemptOutcome, AttemptStatus, ChangeStatus, Lease, OpenCounts, Purpose, Store,
    StoreError, Withdrawal,
};
use std::collections::{BTreeMap, BTreeSet};

fn refused(kind: RefusalKind) -> AttemptOutcome {
    let (code, message, hint) = ("1".to_owned(), "no".to_owned(), "look".to_owned());
    AttemptOutcome::Refused(Refusal { kind, code, message, hint })
}

async fn send(store: &Store, lease: &Lease, id: &str, change: &Change, outcome: AttemptOutcome) {
    step(store, lease, (id, Purpose::Create), change, outcome).await;
}

async fn step(
    store: &Store,
    lease: &Lease,
    (id, purpose): (&str, Purpose),
    change: &Change,
    outcome: AttemptOutcome,
) {
    store.begin_batch(lease, &batch(id, purpose, &[change])).await.unwrap();
    store.finish_batch(lease, id, &[result(change, outcome)], at(30)).await.unwrap();
}

async fn approve(store: &Store, approval: &Approval) -> Result<usize, StoreError> {
    store.approve(&desk(store).await, approval).await
}

async fn with(changes: &[&Change]) -> (Store, Lease) {
    let store = furnished().await;
    let changes = changes.iter().map(|change| (*change).clone()).collect();
    approve(&store, &approval(changes)).await.unwrap();
    let lease = lease(&store, &book(), "one").await;
    (store, lease)
}

fn withdrawing(changes: &[&Change], instead: Vec<Change>) -> Approval {
    let withdrawal = |change: &&Change| Withdrawal { id: change.id.clone(), instead: None };
    Approval { withdraws: changes.iter().map(withdrawal).collect(), ..approval(instead) }
}

async fn whereabouts(store: &Store, change: &Change) -> Whereabouts {
    let ids = [change.id.clone()];
    store.approved_of(&company(), &book(), &ids).await.unwrap()[0].whereabouts
}

async fn pending(store: &Store, limit: usize) -> Vec<String> {
    let pending = store.pending(&company(), &book(), limit).await.unwrap();
    pending.into_iter().map(|pending| pending.change.id).collect()
}

#[tokio::test]
async fn what_was_refused_is_withdrawn_by_a_further_row_and_never_sent_again() {
    let (one, next) = (change("a", 0, day(1), 500), change("a", 1, day(1), 400));
    let (store, lease) = with(&[&one]).await;
    send(&store, &lease, "b1", &one, refused(RefusalKind::PeriodClosed)).await;
    assert_eq!(whereabouts(&store, &one).await, Whereabouts::NotInBook);
    assert_eq!(store.failed(&company()).await.unwrap().len(), 1);
    assert_eq!(approve(&store, &withdrawing(&[&one], vec![next.clone()])).await.unwrap(), 1);
    assert!(store.failed(&company()).await.unwrap().is_empty());
    assert_eq!(pending(&store, 9).await, std::slice::from_ref(&next.id));
    assert_eq!(whereabouts(&store, &one).await, Whereabouts::Withdrawn);
    let known = store.changes_by_id(&company(), &one.id).await.unwrap();
    assert_eq!(known[0].status, ChangeStatus::Withdrawn, "it is still there to be explained");
    let history = store.attempts(&company(), &book(), &one.id).await.unwrap();
    let statuses: Vec<_> = history.iter().map(|attempt| attempt.status).collect();
    let expected = [AttemptStatus::Sent, AttemptStatus::Refused, AttemptStatus::Withdrawn];
    assert_eq!(statuses, expected);
    let again = store.begin_batch(&lease, &batch("b2", Purpose::Create, &[&one])).await;
    assert!(matches!(again, Err(StoreError::NotSendable { .. })), "{again:?}");
    let retried = store.retry(&company(), &book(), std::slice::from_ref(&one.id), at(40)).await;
    assert!(matches!(retried, Err(StoreError::NotSendable { .. })), "{retried:?}");
}

/// A history, and what is then known of the change.
type Case = (Vec<(&'static str, Purpose, AttemptOutcome)>, Whereabouts);

#[tokio::test]
async fn only_what_is_certainly_not_in_the_book_is_withdrawn() {
    use AttemptOutcome::{Absent, InDoubt, NoEffect};
    use Purpose::{Create, LookUp};
    let no = || refused(RefusalKind::PeriodClosed);
    let other = || refused(RefusalKind::HeldOtherwise);
    let cases: Vec<Case> = vec![
        (vec![], Whereabouts::NotInBook),
        (vec![("1", Create, NoEffect)], Whereabouts::NotInBook),
        (vec![("1", Create, InDoubt)], Whereabouts::Unknown),
        (vec![("1", Create, InDoubt), ("l", LookUp, Absent)], Whereabouts::NotInBook),
        (vec![("1", Create, no())], Whereabouts::NotInBook),
        // The first send may have landed before, or after, its repetition was refused.
        (vec![("1", Create, InDoubt), ("1", Create, no())], Whereabouts::Unknown),
        // The book holds something under the number.
        (vec![("1", Create, other())], Whereabouts::Unknown),
        (vec![("1", Create, refused(RefusalKind::DuplicateNumber))], Whereabouts::Unknown),
        (vec![("1", Create, InDoubt), ("l", LookUp, other())], Whereabouts::Unknown),
        (vec![("1", Create, acknowledged("T1"))], Whereabouts::InBook),
    ];
    for (steps, expected) in cases {
        let one = change("a", 0, day(1), 500);
        let (store, lease) = with(&[&one]).await;
        for (id, purpose, outcome) in steps.clone() {
            step(&store, &lease, (id, purpose), &one, outcome).await;
        }
        assert_eq!(whereabouts(&store, &one).await, expected, "{steps:?}");
        let withdrawn = approve(&store, &withdrawing(&[&one], Vec::new())).await;
        match expected {
            Whereabouts::NotInBook => assert_eq!(withdrawn.unwrap(), 0),
            _ => assert!(matches!(withdrawn, Err(StoreError::NotWithdrawable(_))), "{steps:?}"),
        }
    }
}

#[tokio::test]
async fn a_change_that_is_out_in_a_batch_is_not_withdrawn() {
    let one = change("a", 0, day(1), 500);
    let (store, lease) = with(&[&one]).await;
    store.begin_batch(&lease, &batch("b1", Purpose::Create, &[&one])).await.unwrap();
    let withdrawn = approve(&store, &withdrawing(&[&one], Vec::new())).await;
    assert!(matches!(withdrawn, Err(StoreError::NotWithdrawable(_))), "{withdrawn:?}");
    assert_eq!(pending(&store, 9).await, [one.id]);
}

/// What each change waits for.
fn waits(pairs: &[(&Change, &Change)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut waits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (change, waits_for) in pairs {
        waits.entry(change.id.clone()).or_default().insert(waits_for.id.clone());
    }
    waits
}

#[tokio::test]
async fn what_waits_for_something_refused_hides_nothing_and_is_named() {
    let store = furnished().await;
    let account = needed("Sales", AccountKind::Income, "a");
    let (invoice, payment) = (change("a", 0, day(1), 5), change("b", 0, day(2), 5));
    let free = change("c", 0, day(3), 7);
    let first = Approval {
        waits: waits(&[(&invoice, &account), (&payment, &invoice)]),
        ..approval(vec![account.clone(), invoice.clone(), payment.clone(), free.clone()])
    };
    approve(&store, &first).await.unwrap();
    let expected = [account.id.clone(), invoice.id.clone(), free.id.clone()];
    assert_eq!(pending(&store, 9).await, expected, "the payment comes after its invoice");
    let lease = lease(&store, &book(), "one").await;
    send(&store, &lease, "b1", &account, refused(RefusalKind::Other)).await;
    assert_eq!(pending(&store, 1).await, [free.id]);
    let counts = store.open_counts(&company(), &book()).await.unwrap();
    assert_eq!(counts, OpenCounts { pending: 3, blocked: 2, failed: 1 });
    let blocked = store.blocked(&company(), &book()).await.unwrap();
    let blocked: Vec<_> = blocked.iter().map(|it| (&it.change.id, &it.waits_for)).collect();
    assert_eq!(blocked, [(&invoice.id, &account.id), (&payment.id, &invoice.id)]);

    store.retry(&company(), &book(), std::slice::from_ref(&account.id), at(40)).await.unwrap();
    step(&store, &lease, ("l1", Purpose::LookUp), &account, acknowledged("A1")).await;
    assert!(pending(&store, 1).await.contains(&invoice.id));
    assert!(store.blocked(&company(), &book()).await.unwrap().is_empty());
    send(&store, &lease, "b2", &invoice, acknowledged("T1")).await;
    assert!(pending(&store, 9).await.contains(&payment.id));
}

#[tokio::test]
async fn what_waits_for_something_refused_can_be_let_go_without_it() {
    let store = furnished().await;
    let (reversal, replacement) = (change("a", 0, day(1), 5), change("a", 1, day(1), 7));
    let first = Approval {
        waits: waits(&[(&replacement, &reversal)]),
        ..approval(vec![reversal.clone(), replacement.clone()])
    };
    approve(&store, &first).await.unwrap();
    let lease = lease(&store, &book(), "one").await;
    send(&store, &lease, "b1", &reversal, refused(RefusalKind::Other)).await;
    assert!(pending(&store, 9).await.is_empty());
    let ids = [replacement.id.clone()];
    for released in [1, 0] {
        assert_eq!(store.release_waits(&lease, &ids, &reversal.id).await.unwrap(), released);
        assert_eq!(pending(&store, 9).await, ids);
    }
}

#[tokio::test]
async fn what_nothing_needs_any_more_is_withdrawn_with_what_needed_it() {
    let store = furnished().await;
    let (sales, tax) =
        (needed("Sales", AccountKind::Income, "a"), needed("Tax", AccountKind::Income, "b"));
    let (one, two) = (change("a", 0, day(1), 5), change("b", 0, day(2), 5));
    let first = Approval {
        waits: waits(&[(&one, &sales), (&two, &tax)]),
        ..approval(vec![sales.clone(), tax.clone(), one.clone(), two.clone()])
    };
    approve(&store, &first).await.unwrap();
    let lease = lease(&store, &book(), "one").await;
    send(&store, &lease, "b1", &sales, refused(RefusalKind::Other)).await;
    approve(&store, &withdrawing(&[&one], Vec::new())).await.unwrap();
    assert_eq!(pending(&store, 9).await, [tax.id, two.id]);
    assert!(store.failed(&company()).await.unwrap().is_empty(), "the account is not needed");
}

#[tokio::test]
async fn what_waited_for_an_account_waits_for_the_one_that_comes_instead() {
    let store = furnished().await;
    let old = needed("Sales", AccountKind::Income, "a");
    let new = Change {
        id: format!("{}#1", old.id),
        generation: 1,
        ..needed("Sales", AccountKind::Expense, "a")
    };
    let one = change("a", 0, day(1), 5);
    let first =
        Approval { waits: waits(&[(&one, &old)]), ..approval(vec![old.clone(), one.clone()]) };
    approve(&store, &first).await.unwrap();
    let lease = lease(&store, &book(), "one").await;
    send(&store, &lease, "b1", &old, refused(RefusalKind::Other)).await;
    let instead = Approval {
        withdraws: vec![Withdrawal { id: old.id.clone(), instead: Some(new.id.clone()) }],
        ..approval(vec![new.clone()])
    };
    approve(&store, &instead).await.unwrap();
    assert_eq!(pending(&store, 9).await, [one.id, new.id.clone()]);
    send(&store, &lease, "b2", &new, acknowledged("A1")).await;
    let bindings = store.bindings_of(&company(), &book(), &[old.id]).await.unwrap();
    assert_eq!(bindings.0.len(), 1, "it is known by its binding");
}

#[tokio::test]
async fn a_withdrawal_by_itself_takes_along_what_nothing_needs_any_more() {
    let (one, need) = (change("a", 0, day(1), 500), needed("Bank", AccountKind::Bank, "a"));
    let store = furnished().await;
    let waits = BTreeMap::from([(one.id.clone(), BTreeSet::from([need.id.clone()]))]);
    let both = Approval { waits, ..approval(vec![need.clone(), one.clone()]) };
    approve(&store, &both).await.unwrap();
    let lease = lease(&store, &book(), "one").await;
    let withdrawal = |change: &Change| Withdrawal { id: change.id.clone(), instead: None };
    assert_eq!(store.withdraw(&lease, &[], &[], at(40)).await.unwrap(), 0, "it is needed");
    send(&store, &lease, "b1", &one, AttemptOutcome::InDoubt).await;
    let refused = store.withdraw(&lease, &[withdrawal(&one)], &[], at(40)).await;
    assert!(matches!(refused, Err(StoreError::NotWithdrawable(_))), "{refused:?}");
    step(&store, &lease, ("l", Purpose::LookUp), &one, AttemptOutcome::Absent).await;
    let withdrawn = store.withdraw(&lease, &[withdrawal(&one)], &[], at(40)).await.unwrap();
    assert_eq!(withdrawn, 2);
    for change in [&one, &need] {
        assert_eq!(whereabouts(&store, change).await, Whereabouts::Withdrawn);
    }
    assert!(pending(&store, 9).await.is_empty());
}

/// A history, and whether something of it may land yet.
type Sends = (Vec<(&'static str, Purpose, AttemptOutcome)>, bool);

#[tokio::test]
async fn what_was_sent_and_never_answered_is_listed_and_can_be_adopted() {
    use AttemptOutcome::{Absent, InDoubt, NoEffect};
    use Purpose::{Create, LookUp};
    let no = || refused(RefusalKind::PeriodClosed);
    let cases: Vec<Sends> = vec![
        (vec![], false),
        (vec![("1", Create, NoEffect)], false),
        (vec![("1", Create, no())], false),
        (vec![("l", LookUp, Absent)], false),
        (vec![("1", Create, InDoubt), ("l", LookUp, Absent)], true),
        // An answer to a later send says nothing about the first.
        (vec![("1", Create, InDoubt), ("l", LookUp, Absent), ("2", Create, no())], true),
        (vec![("1", Create, InDoubt), ("1", Create, NoEffect), ("l", LookUp, Absent)], true),
    ];
    for (steps, expected) in cases {
        let one = change("a", 0, day(1), 500);
        let (store, lease) = with(&[&one]).await;
        for (id, purpose, outcome) in steps.clone() {
            step(&store, &lease, (id, purpose), &one, outcome).await;
        }
        let listed = async |after| store.unanswered(&company(), &book(), after).await.unwrap();
        assert!(listed(None).await.is_empty(), "it is not withdrawn yet: {steps:?}");
        approve(&store, &withdrawing(&[&one], Vec::new())).await.unwrap();
        let unanswered = listed(None).await;
        assert_eq!(!unanswered.is_empty(), expected, "{steps:?}");
        assert!(listed(Some(at(10_000))).await.is_empty(), "it was sent before");

        let found = [(one.id.clone(), Acknowledgement::of("T1".into()))];
        let adopted = store.adopt(&lease, &found, at(50)).await;
        if !expected {
            assert!(matches!(adopted, Err(StoreError::NotAdoptable(_))), "{steps:?}");
            continue;
        }
        adopted.unwrap();
        assert_eq!(whereabouts(&store, &one).await, Whereabouts::InBook);
        assert!(listed(None).await.is_empty());
        let again = store.adopt(&lease, &found, at(60)).await;
        assert!(matches!(again, Err(StoreError::NotAdoptable(_))), "it counts once: {again:?}");
        let sums = store.account_sums(&company(), &book(), None).await.unwrap();
        assert!(sums.values().any(|sum| sum.iter().any(|it| it.minor() == 500)), "{sums:?}");
    }
}

#[tokio::test]
async fn a_send_that_no_result_was_written_down_for_is_unanswered() {
    let one = change("a", 0, day(1), 500);
    let (store, lease) = with(&[&one]).await;
    store.begin_batch(&lease, &batch("1", Purpose::Create, &[&one])).await.unwrap();
    step(&store, &lease, ("l", Purpose::LookUp), &one, AttemptOutcome::Absent).await;
    approve(&store, &withdrawing(&[&one], Vec::new())).await.unwrap();
    let unanswered = store.unanswered(&company(), &book(), None).await.unwrap();
    assert_eq!(unanswered, [one]);
}
