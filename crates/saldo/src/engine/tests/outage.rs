//! A shop or a book that cannot be reached, beside one that can.

use super::super::account::Heard;
use super::super::{Engine, EngineError, Wiring, prove, sync};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use crate::transport::testing::{reply, vendor};
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::channel::Cursor;
use saldo_core::exchange::Addresses;
use saldo_core::text::{ConnectionId, Secret, Stream};
use saldo_sim::fault::FaultSettings;
use saldo_store::{Connection, PageCommit, Role};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

async fn stage() -> Stage {
    Stage::after(&world(8, 60, 30), &FaultSettings::none()).await
}

/// A second shop, which comes first by its name, and whose vendor answers nothing but this status.
async fn second_shop(engine: &mut Engine, status: u16) -> Connection {
    let shop = Connection {
        id: ConnectionId::new("shopify:another"),
        role: Role::Channel,
        adapter: "shopify".to_owned(),
        settings: BTreeMap::from([("shop".to_owned(), "another".to_owned())]),
        addresses: Addresses::default(),
    };
    let (store, company) = (&engine.store, &engine.company.id);
    if !store.connections(company).await.unwrap().contains(&shop) {
        store.add_connection(company, &shop).await.unwrap();
        let token = Secret::new("t");
        store.put_secret(company, &shop.id, "access-token", &token, &engine.key).await.unwrap();
    }
    let Wiring::InProcess(vendors) = &mut engine.wiring else { panic!("there are no sockets") };
    vendors.insert(shop.id.clone(), vendor(move |_, _| reply(status, "no")));
    shop
}

/// Says up to when streams of a shop were heard.
async fn hear(engine: &Engine, shop: &Connection, streams: &[&str], reached: Timestamp) {
    let lease = engine.lease(shop).await.unwrap();
    for stream in streams {
        let (stream, cursor) = (Stream::new(*stream), Cursor(String::new()));
        let page = PageCommit { stream, cursor, reached: Some(reached), records: Vec::new() };
        engine.store.commit_page(&lease, &page).await.unwrap();
    }
    engine.store.release_lease(&lease).await.unwrap();
}

#[tokio::test]
async fn one_shop_out_of_reach_stops_no_other() {
    let expected = stage().await;
    let entered = expected.sync().await.acknowledged;
    for (status, again) in [(503, true), (403, false)] {
        let stage = stage().await;
        let mut engine = stage.engine().await;
        let shop = second_shop(&mut engine, status).await;
        // It was heard on the first day; the other shop's days do not wait for it.
        let first_day = stage.merchant.after - jiff::SignedDuration::from_hours(29 * 24);
        hear(&engine, &shop, &["all"], first_day).await;
        let error = sync(&engine).await.unwrap_err();
        assert!(error.to_string().starts_with("shopify:another: "), "{error}");
        assert_eq!(error.is_worth_another_try(), again, "{error}");
        let EngineError::Partly { done, failed } = error else { panic!("{error}") };
        assert_eq!((done.acknowledged, failed.len()), (entered, 1));
        assert_eq!(stage.books(), expected.books());
    }
}

#[tokio::test]
async fn the_other_shops_are_entered_before_one_out_of_reach_is_waited_for() {
    let mut stage = stage().await;
    let (good, last) = (Arc::clone(&stage.books), Arc::new(Mutex::new(Timestamp::MIN)));
    let latest = Arc::clone(&last);
    stage.books = vendor(move |request, now| {
        *latest.lock().unwrap() = now;
        good.lock().unwrap().answer(request, now)
    });
    let mut engine = stage.engine().await;
    second_shop(&mut engine, 503).await;
    let begun = stage.clock.now();
    sync(&engine).await.unwrap_err();
    let after = |instant: Timestamp| instant.duration_since(begun).as_secs();
    let (entered, ended) = (after(*last.lock().unwrap()), after(stage.clock.now()));
    assert!(entered < 120 && ended > 480, "entered after {entered} s of {ended} s");
}

#[tokio::test]
async fn a_book_that_somebody_works_on_stops_no_other() {
    let (stage, expected) = (stage().await, stage().await);
    expected.sync().await;
    let mut other = stage.engine().await;
    other.holder = "somebody else".to_owned();
    let books = other.connections(Role::Book).await.unwrap();
    let first = books.iter().find(|book| book.id.as_str() == "plain-text").unwrap();
    let lease = other.lease(first).await.unwrap();
    let engine = stage.engine().await;
    let error = sync(&engine).await.unwrap_err();
    assert!(error.to_string().contains("somebody else") && error.is_worth_another_try(), "{error}");
    let EngineError::Partly { done, failed } = error else { panic!("{error}") };
    assert!(done.acknowledged > 100, "{done:?}");
    assert!(!failed.is_empty());
    assert_eq!(stage.books().ledger, expected.books().ledger, "the other book has everything");
    other.store.release_lease(&lease).await.unwrap();
    stage.sync().await;
    stage.assert_proven("once nobody works on it").await;
    assert_eq!(stage.books(), expected.books());
}

#[tokio::test]
async fn a_book_that_cannot_be_proved_stops_no_other() {
    let stage = stage().await;
    stage.sync().await;
    for (status, again) in [(503, true), (403, false)] {
        let mut engine = stage.engine().await;
        let Wiring::InProcess(vendors) = &mut engine.wiring else { panic!("there are no sockets") };
        vendors.insert(ConnectionId::new(COMPANY), vendor(move |_, _| reply(status, "no")));
        let error = prove(&engine).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("{COMPANY}: ")), "{error}");
        assert_eq!(error.is_worth_another_try(), again, "{error}");
        let EngineError::Unproved { report, failed } = error else { panic!("{error}") };
        let proved: Vec<&str> = report.books.iter().map(|it| it.book.as_str()).collect();
        let [unproved] = &report.unproved[..] else { panic!("{:?}", report.unproved) };
        assert_eq!((proved, failed.len()), (vec!["plain-text"], 1));
        assert_eq!((unproved.book.as_str(), &unproved.reason), (COMPANY, &failed[0].to_string()));
        assert!(report.adds_up() && !report.holds());
    }
    let mut other = stage.engine().await;
    other.holder = "somebody else".to_owned();
    let books = other.connections(Role::Book).await.unwrap();
    let first = books.iter().find(|book| book.id.as_str() == "plain-text").unwrap();
    let lease = other.lease(first).await.unwrap();
    let error = prove(&stage.engine().await).await.unwrap_err();
    let EngineError::Unproved { report, .. } = error else { panic!("{error}") };
    assert!(report.books[0].holds() && report.books[0].book == COMPANY);
    other.store.release_lease(&lease).await.unwrap();
    stage.assert_proven("once both can be reached").await;
}

#[tokio::test]
async fn a_stream_that_a_later_version_adds_takes_nothing_back() {
    let stage = stage().await;
    let mut engine = stage.engine().await;
    let shop = second_shop(&mut engine, 503).await;
    let until = async || Heard::of(&engine).await.unwrap().until(&shop.id);
    let day: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
    let [known @ .., added] = channel("shopify").unwrap().description().streams else {
        panic!("it has streams")
    };
    hear(&engine, &shop, known, day).await;
    assert_eq!(until().await, Timestamp::MIN, "`{added}` was never heard");
    hear(&engine, &shop, &["all"], day).await;
    assert_eq!(until().await, day, "before it was there, all was heard");
}
