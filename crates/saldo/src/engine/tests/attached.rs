//! The statements of payouts as files at their documents: once each, whatever happens, and to the
//! cent.

use super::super::{Selection, TakeBack, apply, sync, undo};
use super::organisation::{XERO, joined};
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::merchant::{COMPANY, EmptyBooks};
use saldo_core::book::Subject;
use saldo_core::document::DocumentKind;
use saldo_core::money::Money;
use saldo_sim::books::xero::Kind;
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

#[tokio::test]
async fn a_book_out_of_reach_keeps_no_file_from_another() {
    let mut stage = Stage::after(&world(7, 20, 10), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.sync().await;
    stage.decide(ON).await;
    xero.vendor_itself().disconnect();
    stage.clock.advance(Duration::from_secs(24 * 3_600));
    let engine = stage.engine().await;
    let error = sync(&engine).await.unwrap_err();
    engine.store.close().await;
    assert!(error.to_string().starts_with(XERO), "{error}");
    let payouts = payouts(&stage, COMPANY).await.len();
    assert!(payouts > 2);
    assert_eq!(files(&stage).len(), payouts);
    assert_eq!(xero.vendor_itself().organisation().files().len(), 0);
}

/// An organisation in which every transfer has as many files as it takes, so that it refused the
/// statements of payouts; how many it refused.
async fn refusing() -> (Stage, EmptyBooks, usize) {
    let mut stage = Stage::after(&world(7, 20, 10), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.sync().await;
    {
        let (mut vendor, now) = (xero.vendor_itself(), stage.clock.now());
        let organisation = vendor.organisation_mut();
        for transfer in organisation.shown(Kind::BankTransfer) {
            let id = transfer["BankTransferID"].as_str().unwrap();
            for number in 0..10 {
                let name = format!("scan-{number}.txt");
                organisation.attach_by_hand((Kind::BankTransfer, id), &name, now);
            }
        }
    }
    stage.decide(ON).await;
    let refused = stage.sync().await.refused;
    assert_eq!(refused, payouts(&stage, XERO).await.len());
    assert_eq!(failed(&stage).await.len(), refused);
    (stage, xero, refused)
}

/// What books refused: what to do about it.
async fn failed(stage: &Stage) -> Vec<String> {
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    failed.into_iter().map(|it| it.refusal.hint).collect()
}

#[tokio::test]
async fn files_that_a_book_refuses_are_given_up_with_the_policy() {
    let (stage, _xero, refused) = refusing().await;
    assert!(!stage.prove().await.holds(), "what was refused is told");
    for hint in failed(&stage).await {
        assert!(hint.contains("saldo map set attachments.payouts false"), "{hint}");
    }
    stage.decide("attachments.payouts = false").await;
    let report = stage.sync().await;
    assert_eq!((report.withdrawn, failed(&stage).await.len()), (refused, 0));
    stage.assert_proven("without files").await;
    assert!(!files(&stage).is_empty(), "what another book took stays");
}

#[tokio::test]
async fn a_file_that_a_book_refuses_goes_with_its_document() {
    let (stage, _xero, refused) = refusing().await;
    let engine = stage.engine().await;
    let all = engine.store.failed(engine.company_id()).await.unwrap();
    let Subject::Attached { key, .. } = &all[0].change.subject else { panic!("{all:?}") };
    let selection = Selection::Named(key.to_string());
    let back = TakeBack { selection: &selection, only: Some(XERO), voids: false };
    assert_eq!(undo(&engine, back, "owner").await.unwrap(), 1);
    let pushed = apply(&engine, Some(XERO)).await.unwrap();
    engine.store.close().await;
    assert_eq!((pushed.acknowledged, pushed.withdrawn), (1, 1));
    assert_eq!(failed(&stage).await.len(), refused - 1, "the others stay refused");
}
