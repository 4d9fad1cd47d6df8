//! A revision that enters what stands in other documents: nothing stands twice while it waits.

use super::super::{approve, effects, let_revisions_wait, plan};
use super::stage::{Stage, by_account, on_all_cores, world};
use saldo_core::plan::differences;
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;
use std::time::Duration;

/// Words by which the same facts come to other documents, on other slots.
const MOVES: [(&str, &str); 5] = [
    ("order", "detail = \"day\""),
    ("order", "detail = \"payout\""),
    ("day", "detail = \"order\""),
    ("order", "recognition = \"fulfilment\""),
    ("order", "[[rules]]\nname = \"pos\"\nwhen = { source = [\"pos\"] }\ndetail = \"day\""),
];

async fn let_wait(stage: &Stage) {
    let engine = stage.engine().await;
    let_revisions_wait(&engine.store, engine.company_id(), stage.clock.now()).await.unwrap();
    engine.store.close().await;
}

/// Makes sure that clearing accounts lack what waits for somebody, and nothing else.
async fn assert_lacks_what_waits(stage: &Stage, words: &str) {
    let proof = stage.prove().await;
    let engine = stage.engine().await;
    for (book, planned) in proof.books.iter().zip(plan(&engine, None).await.unwrap()) {
        assert_eq!(book.book, planned.book.to_string());
        let mut waiting: BTreeMap<String, i64> = BTreeMap::new();
        for it in differences(&planned.changes).unwrap() {
            *waiting.entry(it.account).or_default() += it.amount.minor();
        }
        for check in &book.clearing {
            let difference = check.difference().unwrap().minor();
            let waiting = waiting.get(&check.about).copied().unwrap_or_default();
            assert_eq!(difference + waiting, 0, "{words}, {}: {check:?}", book.book);
        }
    }
    engine.store.close().await;
}

/// Makes sure that a revision in the midst of a day says what of it is not entered anew at once.
async fn assert_says_what_it_leaves_open(stage: &Stage, words: &str) {
    let engine = stage.engine().await;
    let zone = jiff::tz::TimeZone::get(&engine.company.timezone).unwrap();
    let today = stage.clock.now().to_zoned(zone.clone()).date();
    let until = today.tomorrow().unwrap().to_zoned(zone).unwrap().timestamp();
    for effect in effects(&engine).await.unwrap() {
        let mut open = effect.left_open.iter().filter(|it| !it.held);
        if words == "detail = \"day\"" {
            assert!(open.any(|it| it.until == Some(until) && it.facts > 0), "{effect:#?}");
        }
    }
    engine.store.close().await;
}

#[test]
fn what_a_revision_enters_elsewhere_waits_with_what_it_takes_out() {
    on_all_cores(MOVES, async |(before, words)| {
        let stage = Stage::after(&world(8, 120, 30), &FaultSettings::none()).await;
        stage.decide(&format!("detail = \"{before}\"")).await;
        stage.sync().await;
        stage.assert_proven(words).await;
        let (books, sums) = (stage.books(), by_account(&stage));
        let_wait(&stage).await;
        stage.decide(words).await;
        let engine = stage.engine().await;
        let effects = effects(&engine).await.unwrap();
        assert_eq!(effects.len(), 2, "{words}");
        assert!(effects.iter().all(|it| it.taken_out > 3 && it.entered > 0), "{effects:#?}");
        engine.store.close().await;
        for _ in 0..2 {
            assert_eq!(stage.sync().await.approved, 0, "{words}");
            assert_eq!(stage.books(), books, "{words}");
        }
        let engine = stage.engine().await;
        approve(&engine, None, "somebody").await.unwrap();
        engine.store.close().await;
        stage.sync().await;
        stage.assert_proven(words).await;
        // What is not yet paid out waits with its payout.
        if !words.contains("payout") && !words.starts_with("recognition") {
            assert_eq!(by_account(&stage), sums, "{words}");
        }
    });
}

#[test]
fn what_happens_while_a_revision_waits_is_entered_once_and_in_the_end_all_is() {
    on_all_cores(MOVES, async |(before, words)| {
        let settings = world(21, 60, 34);
        let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
        stage.decide(&format!("detail = \"{before}\"")).await;
        stage.clock.advance(Duration::from_hours(17 * 24 + 13));
        stage.sync().await;
        let_wait(&stage).await;
        stage.decide(words).await;
        assert_says_what_it_leaves_open(&stage, words).await;
        let mut entered = 0;
        while stage.clock.now() < stage.merchant.after {
            stage.clock.advance(Duration::from_hours(61));
            entered += stage.sync().await.acknowledged;
            assert_lacks_what_waits(&stage, words).await;
        }
        assert!(entered > 10, "{words}: {entered}");
        let engine = stage.engine().await;
        approve(&engine, None, "somebody").await.unwrap();
        engine.store.close().await;
        stage.sync().await;
        stage.assert_proven(words).await;
        let at_once = Stage::after(&settings, &FaultSettings::none()).await;
        at_once.decide(words).await;
        at_once.clock.sleep_until(stage.clock.now()).await;
        at_once.sync().await;
        assert_eq!(stage.sums(), at_once.sums(), "{words}");
    });
}
