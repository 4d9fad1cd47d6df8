//! The statements of payouts as files at their documents: once each, whatever happens, and to the
//! cent.

use super::organisation::{XERO, joined};
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::merchant::COMPANY;
use saldo_core::book::Subject;
use saldo_core::document::DocumentKind;
use saldo_core::money::Money;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_store::EntryFilter;
use std::collections::BTreeSet;
use std::time::Duration;

const ON: &str = "attachments.payouts = true";
/// After how long the next process begins: at once, when tokens are old, when they are forgotten.
const RESTARTS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(660), Duration::from_secs(2_400)];

fn settings() -> WorldSettings {
    world(7, 40, 20)
}

/// A file: what it is at, its name, and what stands in it.
type File = (String, String, String);

/// The files in the company.
fn files(stage: &Stage) -> Vec<File> {
    let vendor = stage.merchant.company();
    let files = vendor.company().attachables().iter();
    let mut files: Vec<File> =
        files.map(|it| (it.remote.clone(), it.name.clone(), it.content.clone())).collect();
    files.sort();
    files
}

/// The documents that take payouts out of their clearing accounts: what the book calls each, and
/// what it moves.
async fn payouts(stage: &Stage, book: &str) -> BTreeSet<(String, Money)> {
    let engine = stage.engine().await;
    let (company, filter) = (engine.company_id(), EntryFilter::default());
    let entries = engine.store.entries(company, &book.into(), filter).all().await.unwrap();
    let mut found = BTreeSet::new();
    for it in entries {
        let Subject::Document { key, document, .. } = &it.change.subject else { continue };
        let header = document.header();
        if header.kind == DocumentKind::Transfer && header.memo.contains("payout") {
            let key = key.to_string();
            let receipts =
                engine.store.receipts(company, &book.into(), std::slice::from_ref(&key)).await;
            let remote = receipts.unwrap()[&key].remote.to_string();
            found.insert((remote, document.total().unwrap()));
        }
    }
    engine.store.close().await;
    found
}

/// What a statement says was paid out: the last line of it, which its other lines must come to.
fn paid_out(text: &str) -> String {
    let cell = |line: &str, place: usize| line.split(',').nth(place).unwrap().to_owned();
    let lines: Vec<&str> = text.lines().collect();
    let [head, rows @ .., total] = &lines[..] else { panic!("{text}") };
    assert_eq!(*head, "date,kind,order,gross,fee,net,currency");
    assert!(!rows.is_empty() && cell(total, 1) == "payout", "{text}");
    for place in 3..6 {
        let minor = |line: &&str| cell(line, place).replace('.', "").parse::<i64>().unwrap();
        assert_eq!(rows.iter().map(minor).sum::<i64>(), minor(total), "{text}");
    }
    let sales = rows.iter().filter(|line| cell(line, 1) == "charge");
    assert!(sales.clone().all(|line| cell(line, 2).starts_with('#')), "orders by name: {text}");
    cell(total, 5)
}

#[tokio::test]
async fn each_payout_has_its_statement_in_books_that_take_files() {
    let mut stage = Stage::after(&settings(), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.decide(ON).await;
    stage.sync().await;
    stage.assert_proven("with files at documents").await;
    let organisation: Vec<File> = {
        let vendor = xero.vendor_itself();
        let files = vendor.organisation().files().into_iter();
        files.map(|it| (it.remote, it.name, it.content)).collect()
    };
    for (book, files) in [(COMPANY, files(&stage)), (XERO, organisation)] {
        let payouts = payouts(&stage, book).await;
        assert!(payouts.len() > 2, "{book}");
        let homes: BTreeSet<&String> = files.iter().map(|(remote, ..)| remote).collect();
        assert_eq!(homes.len(), files.len(), "{book}: one at each");
        let told = files.iter().map(|(.., text)| paid_out(text).replace('-', ""));
        let told: BTreeSet<String> = told.collect();
        let amounts = payouts.iter().map(|(_, amount)| amount.abs().amount_text());
        assert_eq!(told, amounts.collect(), "{book}");
        let documents: BTreeSet<&String> = payouts.iter().map(|(remote, _)| remote).collect();
        assert_eq!(homes, documents, "{book}");
    }
    let before = files(&stage);
    stage.sync().await;
    assert_eq!(files(&stage), before, "once");
}

#[tokio::test]
async fn nothing_is_attached_unless_the_policy_says_so() {
    let stage = Stage::after(&settings(), &FaultSettings::none()).await;
    stage.sync().await;
    assert_eq!(files(&stage), []);
    stage.decide(ON).await;
    stage.sync().await;
    assert_eq!(files(&stage).len(), payouts(&stage, COMPANY).await.len(), "to what stands, too");
}

/// A merchant of few days whose documents are entered, and who wants files from now on.
async fn waiting(network: &FaultSettings) -> Stage {
    let stage = Stage::after(&world(7, 20, 10), network).await;
    stage.sync().await;
    stage.decide(ON).await;
    stage
}

#[test]
fn a_process_may_end_while_it_attaches_files() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, effects) = runtime.block_on(async {
        let (stage, wire) = (waiting(&FaultSettings::none()).await, Tripwire::default());
        assert!(!stage.sync_until_death(&wire).await);
        (files(&stage), wire.seen().len())
    });
    assert!(expected.len() > 2 && effects > 3 * expected.len(), "{effects}, {expected:?}");
    on_all_cores(0..effects, async |number| {
        let stage = waiting(&FaultSettings::none()).await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.clock.advance(RESTARTS[number % RESTARTS.len()]);
        stage.sync().await;
        assert_eq!(files(&stage), expected, "death at effect {number}");
        stage.assert_proven(&format!("death at effect {number}")).await;
    });
}

#[test]
fn a_bad_network_attaches_nothing_twice() {
    on_all_cores(1..=6, async |seed| {
        let good = waiting(&FaultSettings::none()).await;
        good.sync().await;
        let bad = waiting(&FaultSettings::rough().with_seed(seed)).await;
        bad.sync().await;
        bad.clock.advance(Duration::from_secs(180));
        bad.sync().await;
        bad.assert_proven(&format!("seed {seed}")).await;
        let content = |stage: &Stage| -> Vec<(String, String)> {
            let mut files: Vec<_> =
                files(stage).into_iter().map(|(_, name, text)| (name, text)).collect();
            files.sort();
            files
        };
        assert_eq!(content(&bad), content(&good), "seed {seed}");
    });
}
