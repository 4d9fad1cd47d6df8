//! A book that takes so many requests a day, and says how many are left.

use super::super::{EngineError, PlannedBook, SyncReport, approve, left_today, plan, push, sync};
use super::organisation::{XERO, joined};
use super::stage::{Stage, world};
use crate::merchant::EmptyBooks;
use saldo_sim::books::xero::Calls;
use saldo_sim::fault::FaultSettings;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(25);

/// A merchant whose organisation takes so many requests a day.
async fn with_calls_per_day(calls: usize) -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&world(15, 120, 60), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    xero.vendor_itself().organisation_mut().settings.calls_per_day = calls;
    (stage, xero)
}

async fn planned(stage: &Stage) -> PlannedBook {
    let engine = stage.engine().await;
    let mut planned = plan(&engine, Some(XERO)).await.unwrap();
    engine.store.close().await;
    planned.remove(0)
}

fn asked(calls: Calls) -> u64 {
    calls.reads + calls.reports + calls.writes
}

/// A sync that enters a part, and what it says of the rest.
async fn partly(stage: &Stage) -> (SyncReport, String) {
    let engine = stage.engine().await;
    let error = sync(&engine).await.unwrap_err();
    engine.store.close().await;
    assert!(error.is_worth_another_try(), "{error}");
    let EngineError::Partly { done, failed } = error else { panic!("{error}") };
    assert_eq!(failed.len(), 1);
    (done, failed[0].to_string())
}

#[tokio::test]
async fn a_push_takes_no_more_requests_than_were_planned() {
    let (stage, xero) = with_calls_per_day(1_000).await;
    stage.revise_for_all_days(|before| format!("approval = \"review\"\n{before}")).await;
    stage.sync().await;
    let needed = planned(&stage).await.requests.unwrap();
    assert_eq!(needed.today, None, "it was never asked");
    assert!(needed.by_day.is_some_and(|by_day| by_day < needed.takes), "{needed:?}");
    let engine = stage.engine().await;
    approve(&engine, None, "owner").await.unwrap();
    push(&engine, None).await.unwrap();
    engine.store.close().await;
    let asked = asked(xero.vendor_itself().calls());
    assert!(asked <= needed.takes && asked * 2 > needed.takes, "{asked} of {needed:?}");
    let engine = stage.engine().await;
    let (company, book, now) = (engine.company_id(), XERO.into(), engine.clock.now());
    let said = left_today(&engine.store, company, &book, now).await.unwrap().unwrap();
    assert_eq!(said.left, 1_000 - asked);
    let a_day_later = now + jiff::SignedDuration::from_hours(24);
    assert_eq!(left_today(&engine.store, company, &book, a_day_later).await.unwrap(), None);
    engine.store.close().await;
    assert_eq!(planned(&stage).await.requests.unwrap().takes, 0, "nothing is left to enter");
}

#[tokio::test]
async fn a_push_ends_before_the_day_does_and_goes_on_another_day() {
    let (stage, xero) = with_calls_per_day(60).await;
    let (done, said) = partly(&stage).await;
    assert!(said.contains("changes are left, which take"), "{said}");
    assert!(said.contains("`detail = \"day\"`"), "{said}");
    assert!(done.acknowledged > 0);
    let calls = xero.vendor_itself().calls();
    assert_eq!((calls.throttled, asked(calls)), (0, 40), "the rest is kept for looking");
    let left = planned(&stage).await.requests.unwrap();
    assert_eq!(left.today.map(|it| it.left), Some(20));
    for _ in 0..20 {
        stage.clock.advance(DAY);
        let engine = stage.engine().await;
        let went = sync(&engine).await;
        engine.store.close().await;
        if went.is_ok() {
            break;
        }
    }
    assert_eq!(xero.vendor_itself().calls().throttled, 0);
    xero.vendor_itself().organisation_mut().settings.calls_per_day = 1_000;
    stage.clock.advance(DAY);
    stage.assert_proven("after some days").await;
}

#[tokio::test]
async fn a_day_that_is_over_ends_the_run_and_not_the_nights_rest() {
    let (stage, xero) = with_calls_per_day(3).await;
    let before = stage.clock.now();
    let (_, said) = partly(&stage).await;
    assert!(said.contains("the limit by day is used up"), "{said}");
    let waited = stage.clock.now().duration_since(before);
    assert!(waited < jiff::SignedDuration::from_hours(1), "{waited}");
    assert!(xero.vendor_itself().calls().throttled > 0);
    xero.vendor_itself().organisation_mut().settings.calls_per_day = 1_000;
    stage.clock.advance(DAY);
    stage.sync().await;
    stage.assert_proven("the next day").await;
}
