//! Where facts stand on their way into the books: each in one place, and posted only where every
//! book said so.

use super::super::account::account_all;
use super::super::pull::pull_all;
use super::super::{Engine, FactCounts, approve, fact_counts, push};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use jiff::ToSpan;
use saldo_sim::fault::FaultSettings;

async fn counts(engine: &Engine) -> FactCounts {
    fact_counts(engine).await.unwrap()
}

/// Everybody is in one place.
fn all(counts: &FactCounts) -> u64 {
    counts.posted + counts.waiting + counts.excluded + counts.held + counts.failed
}

#[tokio::test]
async fn only_what_every_book_acknowledged_is_posted() {
    let settings = world(2, 80, 30);
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.decide("periods.late = \"hold\"").await;
    let engine = stage.engine().await;
    pull_all(&engine).await.unwrap();
    let desk = engine.take_desk().await.unwrap();
    account_all(&engine, &desk).await.unwrap();
    engine.leave_desk(desk).await.unwrap();
    let planned = counts(&engine).await;
    assert!(planned.for_approval > 80 && planned.for_books == 0, "{planned:?}");

    approve(&engine, Some("plain-text"), "owner").await.unwrap();
    assert_eq!(counts(&engine).await.for_approval, planned.for_approval, "one book is not all");
    approve(&engine, Some(COMPANY), "owner").await.unwrap();
    let approved = counts(&engine).await;
    let expected = FactCounts { for_approval: 0, for_books: planned.for_approval, ..planned };
    assert_eq!(approved, expected);

    push(&engine, Some("plain-text")).await.unwrap();
    assert_eq!(counts(&engine).await, approved, "one book is not all");
    let closed = settings.begins + 9.days();
    stage.merchant.company().company_mut().settings.book_close_date = Some(closed);
    push(&engine, Some(COMPANY)).await.unwrap();
    let refused = counts(&engine).await;
    assert!(refused.failed > 5 && refused.posted > planned.posted, "{refused:?}");
    assert_eq!((refused.for_approval, refused.for_books), (0, 0));
    for counts in [planned, approved, refused] {
        assert_eq!(all(&counts), all(&planned), "{counts:?}");
    }
    assert_eq!(stage.prove().await.facts, refused);

    stage.merchant.company().company_mut().settings.book_close_date = None;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    let ids: Vec<String> = failed.into_iter().map(|it| it.change.id).collect();
    let (book, now) = (COMPANY.into(), stage.clock.now());
    engine.store.retry(engine.company_id(), &book, &ids, now).await.unwrap();
    assert_eq!(counts(&engine).await.failed, 0);
    push(&engine, None).await.unwrap();
    let posted = counts(&engine).await;
    assert_eq!(posted.posted, planned.posted + planned.for_approval);
    assert_eq!((posted.waiting, posted.failed), (planned.waiting - planned.for_approval, 0));
}
