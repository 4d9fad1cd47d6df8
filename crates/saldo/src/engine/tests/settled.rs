//! What holds once everything is in the books, and what a person may change then.

use super::super::account::{account_all, read_page};
use super::super::pull::pull_all;
use super::super::{Engine, EngineError, plan, rebuild, sync};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use jiff::ToSpan;
use saldo_channels::channel;
use saldo_core::commerce::Record;
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_store::{Connection, PageCommit, Role, StoreError};

/// A world in which every story is told.
async fn large(seed: u64) -> Stage {
    Stage::after(&world(seed, 220, 32), &FaultSettings::none()).await
}

async fn small(seed: u64) -> Stage {
    Stage::after(&world(seed, 60, 30), &FaultSettings::none()).await
}

async fn assert_nothing_planned(stage: &Stage) {
    for planned in plan(&stage.engine().await, None).await.unwrap() {
        assert!(planned.changes.is_empty(), "{}: {:#?}", planned.book, planned.changes);
    }
}

#[tokio::test]
async fn a_second_sync_does_nothing_and_a_rebuild_changes_nothing() {
    let stage = large(3).await;
    let first = stage.sync().await;
    assert!(first.new_records > 220 && first.acknowledged > 220, "{first:?}");
    assert_eq!(first.refused, 0);
    let books = stage.books();
    assert_nothing_planned(&stage).await;
    let second = stage.sync().await;
    assert_eq!((second.approved, second.acknowledged, second.refused), (0, 0, 0), "{second:?}");
    let rebuilt = rebuild(&stage.engine().await).await.unwrap();
    assert!(rebuilt.identical && rebuilt.groups > 220, "{rebuilt:?}");
    assert_nothing_planned(&stage).await;
    assert_eq!(stage.sync().await.approved, 0);
    assert_eq!(stage.books(), books);
    stage.assert_proven("after a rebuild").await;
}

async fn shop_of(engine: &Engine) -> Connection {
    engine.connections(Role::Channel).await.unwrap().remove(0)
}

/// The same records in another order, in pages of another size, accounted now and then.
async fn told_otherwise(engine: &Engine, heard: &Engine, records: &[Record], stride: usize) {
    let shop = shop_of(engine).await;
    let channel = channel(&shop.adapter).unwrap();
    let lease = engine.lease(&shop).await.unwrap();
    let streams = heard.store.cursors(heard.company_id(), &shop.id).await.unwrap();
    let (stream, row) = streams.first_key_value().unwrap();
    let shuffled = (0..records.len()).map(|place| &records[place * stride % records.len()]);
    let shuffled: Vec<&Record> = shuffled.collect();
    for (number, page) in shuffled.chunks(1 + stride % 17).enumerate() {
        let page = page.iter().map(|record| (*record).clone()).collect();
        let (records, accounts) = read_page(channel, &engine.policy, page);
        let (stream, cursor) = (stream.clone(), row.cursor.clone());
        let commit = PageCommit { stream, cursor, reached: None, records };
        engine.store.commit_accounted_page(&lease, &commit, &accounts).await.unwrap();
        if number % 5 == 0 {
            account_all(engine).await.unwrap();
        }
    }
    for (stream, row) in streams {
        let commit =
            PageCommit { stream, cursor: row.cursor, reached: row.reached, records: Vec::new() };
        engine.store.commit_page(&lease, &commit).await.unwrap();
    }
    account_all(engine).await.unwrap();
}

#[tokio::test]
async fn the_order_of_arrival_does_not_matter() {
    let stage = large(4).await;
    let heard = stage.engine().await;
    pull_all(&heard).await.unwrap();
    account_all(&heard).await.unwrap();
    let company = heard.company_id();
    let records = heard.store.latest_records(company, None, 100_000).await.unwrap();
    let expected = heard.store.dump_caches(company).await.unwrap();
    // Primes that do not divide the number of records reach each of them once.
    for stride in [1, 7_919, 104_729, 1_299_709] {
        assert!(stride == 1 || records.len() % stride != 0);
        let stage = large(4).await;
        let engine = stage.engine().await;
        told_otherwise(&engine, &heard, &records, stride).await;
        let dump = engine.store.dump_caches(company).await.unwrap();
        let differs = dump.lines().zip(expected.lines()).find(|(one, other)| one != other);
        assert!(dump == expected, "stride {stride}: {differs:?}");
    }
}

#[tokio::test]
async fn a_summary_amounts_to_the_detail_account_by_account_and_day_by_day() {
    let (detail, summary) = (large(5).await, large(5).await);
    summary.decide("detail = \"day\"").await;
    let (entered, summed) = (detail.sync().await.acknowledged, summary.sync().await.acknowledged);
    assert!(summed < entered, "{summed} documents sum up {entered}");
    summary.assert_proven("in summary").await;
    assert_eq!(summary.sums(), detail.sums());
}

#[tokio::test]
async fn another_policy_takes_out_what_no_longer_holds() {
    for words in ["accounts.shipping-income = \"Delivery\"", "detail = \"day\""] {
        let stage = small(6).await;
        stage.sync().await;
        stage.decide(words).await;
        let planned = plan(&stage.engine().await, Some("plain-text")).await.unwrap();
        let taken_out = planned[0].changes.iter().filter(|it| !it.takes_out.is_empty()).count();
        assert!(taken_out > 0, "{words}");
        assert!(stage.sync().await.approved > taken_out, "{words}");
        stage.assert_proven(words).await;
        assert_nothing_planned(&stage).await;
        let fresh = small(6).await;
        fresh.decide(words).await;
        fresh.sync().await;
        assert_eq!(stage.sums(), fresh.sums(), "{words}");
    }
}

/// A book that keeps all tax in one account of its own cannot hold an account per tax: its proof
/// says so, and says that nothing is missing but the parting.
#[tokio::test]
async fn taxes_are_parted_where_the_book_can_part_them() {
    let stage = small(6).await;
    stage.sync().await;
    stage.decide("tax.account-per-tax = true").await;
    stage.sync().await;
    assert_nothing_planned(&stage).await;
    for book in stage.prove().await.books {
        let differing: Vec<_> = book.accounts.iter().filter(|it| !it.holds()).collect();
        let parted = differing.iter().all(|it| it.about.starts_with("Sales tax payable"));
        let sum: i64 = differing.iter().map(|it| it.difference().unwrap().minor()).sum();
        assert!(parted && sum == 0, "{}: {differing:#?}", book.book);
        assert_eq!(differing.is_empty(), book.book != COMPANY, "{}", book.book);
    }
}

#[tokio::test]
async fn a_connection_that_is_taken_names_its_holder() {
    let mut stage = small(1).await;
    let busy = stage.engine().await;
    let book = busy.connections(Role::Book).await.unwrap();
    let book = book.iter().find(|book| book.id == ConnectionId::new(COMPANY)).unwrap();
    let lease = busy.lease(book).await.unwrap();
    stage.holder = "saldo, process 2".to_owned();
    let refused = sync(&stage.engine().await).await.unwrap_err();
    assert!(refused.is_worth_another_try());
    assert!(refused.to_string().contains("held by saldo, process 1 until"), "{refused}");
    let held = matches!(&refused, EngineError::Store(StoreError::LeaseHeld { .. }));
    assert!(held, "{refused:?}");
    busy.store.release_lease(&lease).await.unwrap();
    sync(&stage.engine().await).await.unwrap();
    stage.assert_proven("after the connection was given back").await;
}

#[tokio::test]
async fn what_a_book_refuses_waits_for_a_person_and_the_rest_goes_on() {
    let (stage, open) = (small(2).await, small(2).await);
    open.sync().await;
    let closed = world(2, 60, 30).begins + 9.days();
    stage.merchant.company().company_mut().settings.book_close_date = Some(closed);
    let report = stage.sync().await;
    assert!(report.refused > 0 && report.acknowledged > report.refused, "{report:?}");
    let proof = stage.prove().await;
    assert!(!proof.holds(), "what was refused is missing");
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    assert_eq!(failed.len(), report.refused);
    assert!(failed.iter().all(|it| it.refusal.kind == saldo_core::book::RefusalKind::PeriodClosed));
    assert_eq!(stage.sync().await.acknowledged, 0, "nothing is sent again by itself");
    stage.merchant.company().company_mut().settings.book_close_date = None;
    let ids: Vec<String> = failed.into_iter().map(|it| it.change.id).collect();
    let book = ConnectionId::new(COMPANY);
    engine.store.retry(engine.company_id(), &book, &ids, stage.clock.now()).await.unwrap();
    stage.sync().await;
    stage.assert_proven("after the period was opened").await;
    assert_eq!(stage.books(), open.books());
}
