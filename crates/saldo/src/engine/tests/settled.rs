//! What holds once everything is in the books, and what a person may change then.

use super::super::account::account_all;
use super::super::page::read_page;
use super::super::pull::pull_all;
use super::super::{Engine, EngineError, plan, rebuild, sync};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use jiff::ToSpan;
use saldo_channels::channel;
use saldo_core::book::{RefusalKind, Subject};
use saldo_core::commerce::Record;
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_store::{Connection, PageCommit, Purpose, Role, StoreError};
use std::collections::BTreeSet;

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

async fn account(engine: &Engine) {
    let desk = engine.take_desk().await.unwrap();
    account_all(engine, &desk).await.unwrap();
    engine.leave_desk(desk).await.unwrap();
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
        let page = engine.store.news_among(engine.company_id(), page).await.unwrap();
        let (records, accounts) = read_page(channel, &shop, &engine.policy, page);
        let (stream, cursor) = (stream.clone(), row.cursor.clone());
        let commit = PageCommit { stream, cursor, reached: None, records };
        engine.store.commit_accounted_page(&lease, &commit, &accounts).await.unwrap();
        if number % 5 == 0 {
            account(engine).await;
        }
    }
    for (stream, row) in streams {
        let commit =
            PageCommit { stream, cursor: row.cursor, reached: row.reached, records: Vec::new() };
        engine.store.commit_page(&lease, &commit).await.unwrap();
    }
    account(engine).await;
}

/// Primes that do not divide the number of records reach each of them once.
async fn assert_told_alike(words: &str, strides: &[usize]) {
    let stage = large(4).await;
    stage.decide(words).await;
    let heard = stage.engine().await;
    pull_all(&heard).await.unwrap();
    account(&heard).await;
    let company = heard.company_id();
    let records = heard.store.latest_records(company, None, 100_000).await.unwrap();
    let expected = heard.store.dump_caches(company).await.unwrap();
    for stride in strides.iter().copied() {
        assert!(stride == 1 || records.len() % stride != 0);
        let stage = large(4).await;
        stage.decide(words).await;
        let engine = stage.engine().await;
        told_otherwise(&engine, &heard, &records, stride).await;
        let dump = engine.store.dump_caches(company).await.unwrap();
        let differs = dump.lines().zip(expected.lines()).find(|(one, other)| one != other);
        assert!(dump == expected, "{words}, stride {stride}: {differs:?}");
    }
}

#[tokio::test]
async fn the_order_of_arrival_does_not_matter() {
    assert_told_alike("", &[1, 7_919, 104_729, 1_299_709]).await;
}

#[tokio::test]
async fn nor_does_it_where_documents_follow_payouts() {
    assert_told_alike("detail = \"payout\"", &[1, 7_919]).await;
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

/// A proof names what a book was told without its tax: of it, as much as its own accounts hold.
async fn assert_untaxed_is_named(stage: &Stage) {
    let proof = stage.prove().await;
    let book = proof.books.iter().find(|book| book.book == COMPANY).unwrap();
    let untaxed = book.untaxed.as_ref().unwrap();
    assert!(untaxed.lines >= untaxed.documents && untaxed.net.minor() > untaxed.tax.minor());
    let held = book.accounts.iter().filter(|it| untaxed.accounts.contains(&it.account));
    let held: Vec<i64> = held.map(|it| -it.ours.minor()).collect();
    assert_eq!(held.len(), untaxed.accounts.len());
    assert_eq!(held.iter().sum::<i64>(), untaxed.tax.minor());
    let plain = proof.books.iter().find(|book| book.book == "plain-text").unwrap();
    assert_eq!(plain.untaxed, None, "it has no tax report");
}

/// A book that keeps all tax in the account of its agency gets an account per tax by items.
#[tokio::test]
async fn taxes_are_parted_in_every_book() {
    let stage = small(6).await;
    stage.sync().await;
    stage.decide("tax.account-per-tax = true").await;
    assert_eq!(stage.sync().await.refused, 0);
    assert_nothing_planned(&stage).await;
    stage.assert_proven("with an account per tax").await;
    assert_untaxed_is_named(&stage).await;
    let sums = stage.sums();
    let taxes: BTreeSet<&String> =
        sums.keys().map(|(account, _)| account).filter(|it| it.contains("Sales tax")).collect();
    assert!(taxes.len() > 1, "{taxes:?}");
    let fresh = small(6).await;
    fresh.decide("tax.account-per-tax = true").await;
    fresh.sync().await;
    fresh.assert_proven("with an account per tax from the first").await;
    assert_eq!(fresh.sums(), sums);
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
    let EngineError::Partly { failed, .. } = &refused else { panic!("{refused:?}") };
    let [EngineError::Store(StoreError::LeaseHeld { .. })] = &failed[..] else {
        panic!("it is said once: {failed:?}")
    };
    busy.store.release_lease(&lease).await.unwrap();
    sync(&stage.engine().await).await.unwrap();
    stage.assert_proven("after the connection was given back").await;
}

#[tokio::test]
async fn what_is_dated_in_a_closed_period_waits_until_it_is_open() {
    let (stage, open) = (small(2).await, small(2).await);
    open.sync().await;
    stage.decide("periods.late = \"hold\"").await;
    let closed = world(2, 60, 30).begins + 9.days();
    stage.merchant.company().company_mut().settings.book_close_date = Some(closed);
    let report = stage.sync().await;
    assert!(report.refused > 0 && report.acknowledged > report.refused, "{report:?}");
    assert!(!stage.prove().await.holds(), "what was refused is missing");
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    assert_eq!(failed.len(), report.refused);
    for it in &failed {
        let Subject::Document { document, .. } = &it.change.subject else { panic!("{it:?}") };
        let date = document.header().date;
        assert!(date <= closed);
        let said = format!("it is dated {date}, and the book is closed until {closed}");
        assert_eq!((it.refusal.kind, &it.refusal.message), (RefusalKind::PeriodClosed, &said));
        let book = ConnectionId::new(COMPANY);
        let attempts = engine.store.attempts(engine.company_id(), &book, &it.change.id).await;
        let sent = attempts.unwrap().into_iter().filter_map(|attempt| attempt.batch);
        assert!(sent.into_iter().all(|(_, purpose)| purpose == Purpose::LookUp), "it was not sent");
    }
    assert_eq!(stage.sync().await.acknowledged, 0, "it is closed still");

    let opened = closed - 4.days();
    stage.merchant.company().company_mut().settings.book_close_date = Some(opened);
    assert!(stage.sync().await.acknowledged > 0);
    let left = engine.store.failed(engine.company_id()).await.unwrap();
    assert!(!left.is_empty() && left.len() < failed.len(), "{} are left", left.len());
    stage.merchant.company().company_mut().settings.book_close_date = None;
    stage.sync().await;
    stage.assert_proven("after the period was opened").await;
    assert_eq!(stage.books(), open.books());
}

#[tokio::test]
async fn a_sync_without_news_asks_no_book_anything() {
    let stage = small(2).await;
    stage.sync().await;
    let before = stage.merchant.company().calls();
    stage.sync().await;
    assert_eq!(stage.merchant.company().calls(), before);
}
