//! Closed periods: nothing is dated in one once it is closed, and nothing in it changes.

use super::super::{
    EngineError, Reviser, Selection, TakeBack, apply, close_until, decide, first_open_day, periods,
    plan, redo, undo,
};
use super::stage::{Stage, by_account, world};
use crate::merchant::COMPANY;
use jiff::ToSpan;
use jiff::civil::Date;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use std::collections::BTreeMap;

/// Another account for shipping, so that many documents want to be others.
const WORDS: &str = "accounts.shipping-income = \"Delivery\"";

fn settings() -> WorldSettings {
    world(2, 80, 30)
}

/// The last closed day.
fn closed() -> Date {
    settings().begins + 9.days()
}

async fn stage() -> Stage {
    Stage::after(&settings(), &FaultSettings::none()).await
}

async fn undisturbed() -> Stage {
    let stage = stage().await;
    stage.sync().await;
    stage
}

fn close_there(stage: &Stage, until: Option<Date>) {
    stage.merchant.company().company_mut().settings.book_close_date = until;
}

/// What stands in the company's books on closed days.
fn in_closed(stage: &Stage) -> BTreeMap<(String, Date), i64> {
    let mut sums = stage.sums();
    sums.retain(|(_, date), _| *date <= closed());
    sums
}

/// How many documents of each book relate to a closed period; each is dated on the first open day.
async fn late(stage: &Stage) -> BTreeMap<String, usize> {
    let engine = stage.engine().await;
    let mut counts = BTreeMap::new();
    for book in periods(&engine).await.unwrap() {
        for change in &book.prior_period {
            assert_eq!(change.date(), Some(closed() + 1.day()), "{change:?}");
            assert!(change.relates_to.is_some_and(|day| day <= closed()), "{change:?}");
        }
        counts.insert(book.book.to_string(), book.prior_period.len());
    }
    engine.store.close().await;
    counts
}

#[tokio::test]
async fn what_comes_after_the_owner_closed_is_dated_on_the_first_open_day_in_every_book() {
    let stage = stage().await;
    let engine = stage.engine().await;
    close_until(&engine, closed(), false, "owner").await.unwrap();
    let report = stage.sync().await;
    assert_eq!(report.refused, 0);
    assert!(in_closed(&stage).is_empty(), "{:?}", in_closed(&stage));
    let late = late(&stage).await;
    assert!(late[COMPANY] > 10 && late["plain-text"] > 10, "{late:?}");
    stage.assert_proven("with a closed period").await;
    assert_eq!(by_account(&stage), by_account(&undisturbed().await));
    assert_eq!(stage.sync().await.approved, 0, "what was moved stays where it is");
}

#[tokio::test]
async fn a_book_that_was_closed_meanwhile_is_obeyed_within_the_same_sync() {
    let stage = stage().await;
    close_there(&stage, Some(closed()));
    let report = stage.sync().await;
    assert_eq!(report.refused, 0, "{report:?}");
    assert!(in_closed(&stage).is_empty());
    let late = late(&stage).await;
    assert!(late[COMPANY] > 10 && late["plain-text"] == 0, "each book has its own: {late:?}");
    stage.assert_proven("with a book that is closed").await;
    close_there(&stage, None);
    assert_eq!(stage.sync().await.approved, 0, "what was moved stays where it is");
    assert_eq!(by_account(&stage), by_account(&undisturbed().await));
}

#[tokio::test]
async fn a_new_mapping_leaves_closed_periods_as_they_are() {
    let stage = undisturbed().await;
    let engine = stage.engine().await;
    let open = close_until(&engine, closed(), false, "owner").await.unwrap();
    assert!(open.documents.is_empty(), "{open:?}");
    let before = in_closed(&stage);
    stage.decide(WORDS).await;
    let planned = plan(&engine, None).await.unwrap();
    for change in planned.iter().flat_map(|book| &book.changes) {
        assert!(change.date().is_none_or(|date| date > closed()), "{change:?}");
        assert_eq!(change.relates_to, None, "{change:?}");
    }
    stage.sync().await;
    assert_eq!(in_closed(&stage), before);
    stage.assert_proven("after a new mapping").await;
    let delivery = |stage: &Stage| by_account(stage).get("Delivery").copied().unwrap_or(0);
    let at_once = self::stage().await;
    at_once.decide(WORDS).await;
    at_once.sync().await;
    let (since, ever) = (delivery(&stage), delivery(&at_once));
    assert!(since < 0 && ever < since, "{since} since then, {ever} in all");
    assert!(late(&stage).await.values().all(|count| *count == 0));
    assert_eq!(stage.sync().await.approved, 0);
}

#[tokio::test]
async fn a_revision_begins_on_an_open_day() {
    let stage = undisturbed().await;
    let engine = stage.engine().await;
    close_until(&engine, closed(), false, "owner").await.unwrap();
    let (store, company, now) = (&engine.store, engine.company_id(), stage.clock.now());
    let first = first_open_day(store, company).await.unwrap().unwrap();
    assert_eq!(first, closed() + 1.day());
    let reviser = |since| Reviser { company, holder: "owner", since, now };
    let text = store.policy(company).await.unwrap().unwrap().text;
    let early = decide(store, reviser(Some(closed())), &text).await;
    assert!(matches!(early, Err(EngineError::DayClosed { .. })), "{early:?}");
    decide(store, reviser(None), &text).await.unwrap();
    assert_eq!(store.policy(company).await.unwrap().unwrap().since, Some(first));
    let later = first + 5.days();
    decide(store, reviser(Some(later)), &text).await.unwrap();
    decide(store, reviser(None), &text).await.unwrap();
    let since = store.policy(company).await.unwrap().unwrap().since;
    assert_eq!(since, Some(later), "the next revision holds for the days of the one before");
    let policy = super::super::Engine::policy_of(store, &engine.company).await.unwrap();
    assert_eq!(policy.through_time().count(), 3);
}

#[tokio::test]
async fn a_period_is_not_closed_while_its_documents_are_on_their_way() {
    let stage = stage().await;
    let engine = stage.engine().await;
    super::super::pull::pull_all(&engine).await.unwrap();
    let open = close_until(&engine, closed(), false, "owner").await.unwrap();
    assert!(open.documents[COMPANY] > 10, "{open:?}");
    assert_eq!(engine.store.closed_until(engine.company_id()).await.unwrap(), None);
    close_until(&engine, closed(), true, "owner").await.unwrap();
    assert_eq!(engine.store.closed_until(engine.company_id()).await.unwrap(), Some(closed()));
}

#[tokio::test]
async fn what_nobody_could_enter_before_a_period_was_closed_is_entered_after_it() {
    let stage = stage().await;
    let engine = stage.engine().await;
    let with_all = engine.store.policy(engine.company_id()).await.unwrap().unwrap().text;
    let mut policy: toml::Table = toml::from_str(&with_all).unwrap();
    policy["gateways"].as_table_mut().unwrap().remove("paypal").unwrap();
    let without = toml::to_string(&policy).unwrap();
    let reviser = Reviser {
        company: engine.company_id(),
        holder: "owner",
        since: None,
        now: stage.clock.now(),
    };
    decide(&engine.store, reviser, &without).await.unwrap();
    stage.sync().await;
    let held = stage.held().await.len();
    close_until(&engine, closed(), false, "owner").await.unwrap();
    let before = in_closed(&stage);
    decide(&engine.store, reviser, &with_all).await.unwrap();
    stage.sync().await;
    assert!(stage.held().await.len() < held, "{held} were held");
    assert_eq!(in_closed(&stage), before);
    let late = late(&stage).await;
    assert!(late[COMPANY] > 0 && late[COMPANY] == late["plain-text"], "{late:?}");
    stage.assert_proven("once the gateway is known").await;
    assert_eq!(by_account(&stage), by_account(&undisturbed().await));
}

#[tokio::test]
async fn what_is_taken_back_from_a_closed_period_is_reversed_on_the_first_open_day() {
    let stage = undisturbed().await;
    let engine = stage.engine().await;
    close_until(&engine, closed(), false, "owner").await.unwrap();
    let before = in_closed(&stage);
    let days = Selection::Days(closed() - 3.days(), Some(closed()));
    let changes = undo(&engine, TakeBack { selection: &days, only: None, voids: false }, "owner")
        .await
        .unwrap();
    let pushed = apply(&engine, None).await.unwrap();
    assert_eq!((pushed.acknowledged, pushed.refused), (changes, 0), "{pushed:?}");
    assert_eq!(in_closed(&stage), before);
    let late = late(&stage).await;
    assert!(late[COMPANY] > 1 && late[COMPANY] == late["plain-text"], "{late:?}");
    stage.assert_proven("without four closed days").await;
    for known in engine.store.undos(engine.company_id()).await.unwrap() {
        redo(&engine, known.number, "owner").await.unwrap();
    }
    apply(&engine, None).await.unwrap();
    assert_eq!(in_closed(&stage), before);
    stage.assert_proven("with them again").await;
    assert_eq!(by_account(&stage), by_account(&undisturbed().await));
}
