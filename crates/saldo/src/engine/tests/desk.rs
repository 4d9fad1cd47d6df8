//! One at a time: nobody plans, approves, decides or rebuilds while another does.

use super::super::account::account_all;
use super::super::plan::{books, plan_book};
use super::super::{Engine, EngineError, Reviser, approve, decide, plan, rebuild, revise, sync};
use super::stage::{Stage, world};
use saldo_core::policy::{Approval, Detail};
use saldo_sim::fault::FaultSettings;
use saldo_store::StoreError;

async fn stage() -> Stage {
    Stage::after(&world(6, 60, 30), &FaultSettings::none()).await
}

fn assert_names_holder(refused: &EngineError) {
    let held = matches!(refused, EngineError::Store(StoreError::LeaseHeld { .. }));
    assert!(held && refused.is_worth_another_try(), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains("the company is held by saldo, process 1 until"), "{text}");
}

#[tokio::test]
async fn who_is_at_the_desk_is_named_to_whoever_comes() {
    let mut stage = stage().await;
    let busy = stage.engine().await;
    let desk = busy.take_desk().await.unwrap();
    stage.holder = "saldo, process 2".to_owned();
    let other = stage.engine().await;
    assert_names_holder(&plan(&other, None).await.unwrap_err());
    assert_names_holder(&approve(&other, None, "owner").await.unwrap_err());
    assert_names_holder(&rebuild(&other).await.unwrap_err());
    assert_names_holder(&sync(&other).await.unwrap_err());
    let (company, now) = (other.company_id(), stage.clock.now());
    let reviser = Reviser { company, holder: &other.holder, since: None, now };
    let decided = decide(&other.store, reviser, "").await;
    assert_names_holder(&decided.unwrap_err());
    busy.leave_desk(desk).await.unwrap();
    sync(&other).await.unwrap();
    stage.assert_proven("after the desk was left").await;
}

#[tokio::test]
async fn a_decision_changes_the_text_that_stands_once_the_desk_is_taken() {
    let stage = stage().await;
    let (one, other) = (stage.engine().await, stage.engine().await);
    let (company, now) = (one.company_id(), stage.clock.now());
    let reviser = Reviser { company, holder: "a person", since: None, now };
    let add = async |store, words: &'static str| {
        let add = |text: &str| Ok::<_, EngineError>(Some(format!("{words}\n{text}")));
        revise(store, reviser, add).await
    };
    let desk = one.take_desk().await.unwrap();
    let early = |_: &str| -> Result<Option<String>, EngineError> { panic!("it is too early") };
    let refused = revise(&other.store, Reviser { holder: "another", ..reviser }, early).await;
    assert_names_holder(&refused.unwrap_err());
    one.leave_desk(desk).await.unwrap();
    let first = add(&one.store, "detail = \"day\"").await.unwrap().unwrap();
    let second = add(&other.store, "approval = \"review\"").await.unwrap().unwrap();
    assert_eq!(second, first + 1);
    let policy = Engine::policy_of(&one.store, &one.company).await.unwrap();
    assert_eq!((policy.text.detail, policy.text.approval), (Detail::Day, Approval::Review));
    let nothing = |_: &str| Ok::<_, EngineError>(None);
    let none = revise(&one.store, reviser, nothing).await.unwrap();
    assert_eq!((none, one.store.policies(company, None).await.unwrap().len()), (None, 3));
}

#[tokio::test]
async fn a_sync_that_began_before_a_decision_follows_it() {
    let words = "accounts.shipping-income = \"Delivery\"";
    let (stage, fresh) = (stage().await, stage().await);
    let begun: Engine = stage.engine().await;
    stage.decide(words).await;
    sync(&begun).await.unwrap();
    stage.assert_proven("after the decision").await;
    fresh.decide(words).await;
    fresh.sync().await;
    assert_eq!(stage.sums(), fresh.sums());
}

#[tokio::test]
async fn a_worker_that_was_thought_dead_cannot_account() {
    let mut stage = stage().await;
    stage.sync().await;
    let slow = stage.engine().await;
    let lost = slow.take_desk().await.unwrap();
    stage.clock.sleep_until(lost.lease.until()).await;
    stage.holder = "saldo, process 2".to_owned();
    stage.decide("detail = \"day\"").await;
    let late = account_all(&slow, &lost).await.unwrap_err();
    assert!(matches!(late, EngineError::Store(StoreError::LeaseLost(_))), "{late:?}");
}

#[tokio::test]
async fn what_is_not_yet_accounted_is_left_for_the_next_time() {
    let stage = stage().await;
    stage.sync().await;
    let engine = stage.engine().await;
    let desk = engine.take_desk().await.unwrap();
    engine.store.clear_caches(&desk.lease).await.unwrap();
    for book in books(&engine, None).await.unwrap() {
        let planned = plan_book(&engine, &book).await.unwrap();
        assert!(planned.changes.is_empty() && planned.withdrawn.is_empty(), "{planned:#?}");
        assert!(planned.unsettled.len() > 60, "{}", planned.unsettled.len());
    }
    engine.leave_desk(desk).await.unwrap();
    assert_eq!(stage.sync().await.approved, 0);
    stage.assert_proven("after the rebuild was finished").await;
}
