//! A later version of a record that cannot be read: what was entered stays, and a person is told.

use super::super::page::reading;
use super::super::{Engine, plan, rebuild};
use super::stage::{Stage, world};
use jiff::ToSpan;
use saldo_channels::channel;
use saldo_core::commerce::{Record, RecordRef};
use saldo_core::plan::Change;
use saldo_sim::fault::FaultSettings;
use saldo_store::{PageCommit, PulledRecord, Role};

/// An order that is in the books.
async fn entered_order(engine: &Engine) -> Record {
    let company = engine.company_id();
    let records = engine.store.latest_records(company, None, 10_000).await.unwrap();
    for record in records {
        let text = String::from_utf8_lossy(&record.bytes);
        let groups = engine.store.groups_of_record(company, &record.reference()).await.unwrap();
        let orders = groups.iter().filter(|group| group.as_str().starts_with("order/"));
        if record.stream.as_str() != "orders" || !text.contains("\"test\":false") {
            continue;
        }
        for group in orders {
            if engine.store.slots_of_group(company, group).await.unwrap().len() > 1 {
                return record;
            }
        }
    }
    panic!("no order is in the books");
}

/// The shop says something else of a record.
async fn say(engine: &Engine, record: &Record, bytes: &[u8]) {
    let shop = engine.connections(Role::Channel).await.unwrap().remove(0);
    let record = Record { bytes: bytes.to_vec(), ..record.clone() };
    let (reading, _) = reading(channel(&shop.adapter).unwrap(), &shop, &record);
    let lease = engine.lease(&shop).await.unwrap();
    let cursors = engine.store.cursors(engine.company_id(), &shop.id).await.unwrap();
    let (stream, cursor) = (record.stream.clone(), cursors[&record.stream].cursor.clone());
    let records = vec![PulledRecord::new(record, reading)];
    let page = PageCommit { stream, cursor, reached: None, records };
    engine.store.commit_page(&lease, &page).await.unwrap();
    engine.store.release_lease(&lease).await.unwrap();
}

async fn planned(engine: &Engine) -> Vec<Change> {
    let books = plan(engine, None).await.unwrap();
    books.into_iter().flat_map(|book| book.changes).collect()
}

async fn held(engine: &Engine) -> Vec<String> {
    let held = engine.store.held(engine.company_id()).await.unwrap();
    held.into_iter().map(|held| held.source.id).collect()
}

async fn facts(engine: &Engine) -> u64 {
    let counts = engine.store.state_counts(engine.company_id()).await.unwrap();
    counts.accounted + counts.waiting + counts.excluded + counts.held
}

/// A record of a payout that was sent.
async fn sent_payout(engine: &Engine) -> Record {
    let records = engine.store.latest_records(engine.company_id(), None, 10_000).await.unwrap();
    let sent = |record: &Record| {
        let text = String::from_utf8_lossy(&record.bytes);
        record.stream.as_str() == "payouts" && text.contains("\"PAID\"")
    };
    records.into_iter().find(sent).expect("a payout was sent")
}

#[tokio::test]
async fn a_new_word_for_a_payout_takes_nothing_out() {
    for words in ["detail = \"order\"", "detail = \"payout\""] {
        let stage = Stage::after(&world(4, 60, 30), &FaultSettings::none()).await;
        stage.decide(words).await;
        stage.sync().await;
        let (books, engine) = (stage.books(), stage.engine().await);
        let (payout, before) = (sent_payout(&engine).await, held(&engine).await);
        let odd = String::from_utf8(payout.bytes.clone()).unwrap();
        say(&engine, &payout, odd.replace("\"PAID\"", "\"SETTLED\"").as_bytes()).await;
        assert_eq!(planned(&engine).await, [], "{words}");
        assert_eq!(held(&engine).await.len(), before.len() + 1, "{words}: the reason is shown");
        stage.sync().await;
        stage.assert_proven(words).await;
        assert_eq!(stage.books(), books, "{words}");
    }
}

#[tokio::test]
async fn what_can_no_longer_be_read_stays_entered_until_it_can_be() {
    let stage = Stage::after(&world(4, 60, 30), &FaultSettings::none()).await;
    stage.sync().await;
    let (books, engine) = (stage.books(), stage.engine().await);
    let (order, before, all) =
        (entered_order(&engine).await, held(&engine).await, facts(&engine).await);

    say(&engine, &order, b"{\"a shape that nobody taught us\":1}").await;
    assert_eq!(planned(&engine).await, []);
    let also: Vec<String> =
        held(&engine).await.into_iter().filter(|id| !before.contains(id)).collect();
    assert_eq!(also, std::slice::from_ref(&order.id), "the reason is shown");
    assert_eq!(facts(&engine).await, all, "each stands in one place");
    stage.sync().await;
    assert!(rebuild(&engine).await.unwrap().identical);
    assert_eq!(planned(&engine).await, []);
    stage.assert_proven("while an order cannot be read").await;
    assert_eq!(stage.books(), books);

    let text = String::from_utf8(order.bytes.clone()).unwrap();
    say(&engine, &order, text.replace("\"test\":false", "\"test\":true").as_bytes()).await;
    let changes = planned(&engine).await;
    assert!(changes.iter().any(|change| !change.takes_out.is_empty()), "{changes:#?}");
    assert_eq!(held(&engine).await, before);
    say(&engine, &order, &order.bytes).await;
    assert_eq!(planned(&engine).await, []);
    assert_eq!(facts(&engine).await, all);
}

#[tokio::test]
async fn a_record_that_never_could_be_read_is_held_on_the_day_it_was_heard() {
    let stage = Stage::after(&world(4, 40, 20), &FaultSettings::none()).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let order = entered_order(&engine).await;
    let odd = b"{\"a shape that nobody taught us\":1}";
    say(&engine, &order, odd).await;
    let strange = Record { id: "gid://shopify/Order/77".to_owned(), ..order };
    say(&engine, &strange, odd).await;
    engine.store.close().await;
    stage.sync().await;
    let proof = stage.prove().await;
    let states = proof.identities.iter().find(|it| it.number == 9).unwrap();
    let of = |about: &str| {
        let lines = states.lines.iter().filter(|line| line.about == about);
        lines.map(|line| line.facts).sum::<u64>()
    };
    assert_eq!(of("records that cannot be read, held"), 1, "{states:#?}");
    assert!(of("orders, held") > 0, "the other one told an order before");
    let counted: u64 = states.lines.iter().map(|line| line.facts).sum();
    assert_eq!(counted, proof.facts.all());
    let day = states.days.iter().find(|day| day.line.about.starts_with("records")).unwrap();
    let start = stage.company.start_date;
    assert!((start..start + 60.days()).contains(&day.day), "{day:?}");
}

/// The record of a row that waits, by what it pays for.
async fn waiting_row(engine: &Engine) -> Record {
    let company = engine.company_id();
    let waiting = engine.store.waiting(company).await.unwrap();
    let of_row = |source: &RecordRef| source.stream.as_str() == "balance-transactions";
    let row = waiting.into_iter().map(|it| it.source).find(of_row).expect("a row waits");
    let records = engine.store.latest_records(company, None, 10_000).await.unwrap();
    records.into_iter().find(|record| record.reference() == row).unwrap()
}

#[tokio::test]
async fn what_waited_and_can_no_longer_be_read_is_not_taken_for_entered() {
    let stage = Stage::after(&world(4, 60, 20), &FaultSettings::none()).await;
    stage.decide("detail = \"payout\"").await;
    stage.sync().await;
    let (books, engine) = (stage.books(), stage.engine().await);
    let (row, before) = (waiting_row(&engine).await, held(&engine).await);
    say(&engine, &row, b"{\"a shape that nobody taught us\":1}").await;
    assert_eq!(planned(&engine).await, []);
    let also: Vec<String> =
        held(&engine).await.into_iter().filter(|id| !before.contains(id)).collect();
    assert_eq!(also, std::slice::from_ref(&row.id), "the reason is shown");
    stage.assert_proven("while a row that waits cannot be read").await;
    assert_eq!(stage.books(), books);
}
