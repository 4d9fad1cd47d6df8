//! Notes in the histories of documents: one at each that takes one, where the owner wants them,
//! from what the day leaves, and never a second.

use super::super::{Progress, Step, sync};
use super::organisation::{XERO, joined};
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::merchant::EmptyBooks;
use saldo_sim::books::xero::Kind;
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const KINDS: [Kind; 5] = [
    Kind::Invoice,
    Kind::CreditNote,
    Kind::BankTransaction,
    Kind::BankTransfer,
    Kind::ManualJournal,
];

/// A merchant of some days with all entered, and notes wanted from now on.
async fn wanting(orders: u32, days: u32, network: &FaultSettings) -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&world(15, orders, days), &FaultSettings::none()).await;
    let xero = joined(&mut stage, network).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let known = engine.store.connections(engine.company_id()).await.unwrap();
    let mut book = known.into_iter().find(|it| it.id.as_str() == XERO).unwrap();
    book.settings.insert("notes".to_owned(), "on".to_owned());
    engine.store.update_connection(engine.company_id(), &book).await.unwrap();
    engine.store.close().await;
    (stage, xero)
}

/// What histories say, with what it is said at.
fn notes(xero: &EmptyBooks) -> Vec<(String, String)> {
    let vendor = xero.vendor_itself();
    KINDS.into_iter().flat_map(|kind| vendor.organisation().notes(kind)).collect()
}

/// How many documents take notes: all but payments, of which the two sides of transfers are none.
fn documents(xero: &EmptyBooks) -> usize {
    let vendor = xero.vendor_itself();
    let organisation = vendor.organisation();
    let all: usize = KINDS.into_iter().map(|kind| organisation.count(kind)).sum();
    all - 2 * organisation.count(Kind::BankTransfer)
}

fn assert_noted(xero: &EmptyBooks, about: &str) {
    let notes = notes(xero);
    let homes: BTreeSet<&String> = notes.iter().map(|(home, _)| home).collect();
    assert_eq!((homes.len(), notes.len()), (documents(xero), documents(xero)), "{about}");
    for (_, text) in &notes {
        assert!(text.starts_with("saldo:") && text.contains("entered by Saldo from "), "{text}");
        assert!(text.chars().count() <= 250, "{text}");
    }
}

#[tokio::test]
async fn each_document_says_what_it_comes_from_where_the_owner_wants_that() {
    let (stage, xero) = wanting(20, 10, &FaultSettings::none()).await;
    assert_eq!(notes(&xero), [], "not by default");
    stage.sync().await;
    assert!(documents(&xero) > 20);
    assert_noted(&xero, "once");
    stage.assert_proven("with notes").await;
    stage.sync().await;
    assert_noted(&xero, "no second");
}

#[tokio::test]
async fn whoever_watches_sees_each_note() {
    let (stage, xero) = wanting(5, 3, &FaultSettings::none()).await;
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let mut engine = stage.engine().await;
    engine.progress = Progress::to(move |step| {
        if let Step::Noted { book } = step {
            assert_eq!(book.as_str(), XERO);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    sync(&engine).await.unwrap();
    engine.store.close().await;
    assert_noted(&xero, "watched");
    assert_eq!(seen.load(Ordering::Relaxed), documents(&xero));
}

#[tokio::test]
async fn notes_leave_half_of_a_day_to_documents() {
    let (stage, xero) = wanting(20, 10, &FaultSettings::none()).await;
    let asked = {
        let calls = xero.vendor_itself().calls();
        calls.reads + calls.reports + calls.writes
    };
    let day = 500 + usize::try_from(asked).unwrap() + 10;
    xero.vendor_itself().organisation_mut().settings.calls_per_day = day;
    stage.sync().await;
    let first = notes(&xero).len();
    assert!((1..=10).contains(&first), "{first} of {}", documents(&xero));
    xero.vendor_itself().organisation_mut().settings.calls_per_day = 1_000;
    stage.clock.advance(Duration::from_secs(25 * 3_600));
    stage.sync().await;
    assert_noted(&xero, "another day");
}

#[test]
fn a_process_may_end_while_it_writes_notes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let effects = runtime.block_on(async {
        let (stage, xero) = wanting(3, 2, &FaultSettings::none()).await;
        let wire = Tripwire::default();
        assert!(!stage.sync_until_death(&wire).await);
        assert_noted(&xero, "a life without death");
        wire.seen().len()
    });
    on_all_cores(0..effects, async |number| {
        let (stage, xero) = wanting(3, 2, &FaultSettings::none()).await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.clock.advance(Duration::from_secs([1, 660, 2_400][number % 3]));
        stage.sync().await;
        assert_noted(&xero, &format!("death at effect {number}"));
    });
}
