//! Levels of intervention: what a sync approves by itself, and what waits for a person.

use super::super::{PlannedBook, Waiting, approve, plan, push};
use super::organisation::joined;
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::{Effect, Tripwire};
use crate::merchant::{COMPANY, EmptyBooks};
use crate::transport::testing::FILE_WATCH;
use saldo_core::book::Subject;
use saldo_core::document::DocumentKind;
use saldo_core::exchange::FileAsk;
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A merchant whose whole history is still to be entered, by a policy that begins so.
async fn by_policy(words: &str) -> Stage {
    let stage = Stage::after(&world(15, 60, 30), &FaultSettings::none()).await;
    stage.revise_for_all_days(|before| format!("{before}\n{words}")).await;
    stage.sync().await;
    stage
}

async fn planned(stage: &Stage) -> PlannedBook {
    let engine = stage.engine().await;
    let mut planned = plan(&engine, Some(COMPANY)).await.unwrap();
    engine.store.close().await;
    planned.remove(0)
}

/// How many documents of each kind are planned.
fn kinds(planned: &PlannedBook) -> BTreeMap<DocumentKind, u64> {
    let mut kinds = BTreeMap::new();
    for change in &planned.changes {
        if let Subject::Document { document, .. } = &change.subject {
            *kinds.entry(document.header().kind).or_default() += 1;
        }
    }
    kinds
}

fn waiting(planned: &PlannedBook) -> Vec<(DocumentKind, u64, &str)> {
    let all = planned.waiting.iter();
    all.map(|Waiting { kind, documents, why }| (*kind, *documents, why.as_str())).collect()
}

/// Approves all that waits, and proves the books.
async fn approve_the_rest(stage: &Stage) {
    let engine = stage.engine().await;
    assert!(approve(&engine, None, "owner").await.unwrap() > 0);
    push(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("once all was approved and pushed").await;
}

#[tokio::test]
async fn a_kind_that_is_reviewed_waits_with_all_that_hangs_on_it() {
    let stage = by_policy("[levels.invoice]\napproval = \"review\"").await;
    let left = planned(&stage).await;
    let kinds = kinds(&left);
    assert!(kinds[&DocumentKind::Invoice] > 0 && kinds[&DocumentKind::Payment] > 0, "{kinds:?}");
    assert!(!kinds.contains_key(&DocumentKind::SalesReceipt), "{kinds:?}");
    assert!(!kinds.contains_key(&DocumentKind::Expense), "{kinds:?}");
    let count = kinds[&DocumentKind::Invoice];
    assert_eq!(waiting(&left), [(DocumentKind::Invoice, count, "a person approves them")]);
    // Nothing of it slips through later.
    assert_eq!(stage.sync().await.approved, 0);
    assert_eq!(planned(&stage).await.changes, left.changes);
    approve_the_rest(&stage).await;
}

#[tokio::test]
async fn where_all_is_reviewed_a_kind_may_go_by_itself() {
    let words = "[levels.expense]\napproval = \"automatic\"";
    let stage = Stage::after(&world(15, 60, 30), &FaultSettings::none()).await;
    let all = |before: &str| format!("approval = \"review\"\n{before}\n{words}");
    stage.revise_for_all_days(all).await;
    assert!(stage.sync().await.approved > 0);
    let kinds = kinds(&planned(&stage).await);
    assert!(!kinds.contains_key(&DocumentKind::Expense), "{kinds:?}");
    assert!(kinds.len() > 3, "{kinds:?}");
    approve_the_rest(&stage).await;
}

#[tokio::test]
async fn a_run_beyond_its_limits_waits_until_somebody_looks() {
    let limits = "[levels.expense]\ncount = 2\n[levels.transfer]\namount = \"1.00\"\n\
                  [levels.sales-receipt]\ncount = 100000\namount = \"1000000.00\"";
    let stage = by_policy(limits).await;
    let left = planned(&stage).await;
    let kinds = kinds(&left);
    assert!(!kinds.contains_key(&DocumentKind::SalesReceipt), "{kinds:?}");
    let said = waiting(&left);
    let [(DocumentKind::Transfer, transfers, by_amount), (DocumentKind::Expense, fees, by_count)] =
        said[..]
    else {
        panic!("{said:?}")
    };
    assert_eq!((transfers, fees), (kinds[&DocumentKind::Transfer], kinds[&DocumentKind::Expense]));
    assert_eq!(by_count, format!("there are {fees}, and a run approves 2 by itself"));
    assert!(by_amount.ends_with(" USD, and a run approves 1.00 USD by itself"), "{by_amount}");
    // The limits are of what waits together: the next run does not let a part of it through.
    assert_eq!(stage.sync().await.approved, 0);
    approve_the_rest(&stage).await;
}

/// Receipts are entered as drafts.
const DRAFTS: &str = "[levels.sales-receipt]\napproval = \"draft\"";

/// How many entries of the plain-text books are pending.
fn pending(stage: &Stage) -> usize {
    let files = stage.books().files;
    let texts = files.iter().filter(|(path, _)| path.ends_with(".beancount"));
    texts.flat_map(|(_, text)| text.lines()).filter(|line| line.get(10..13) == Some(" ! ")).count()
}

async fn drafts(stage: &Stage, book: &str) -> u64 {
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id(), book.into());
    let count = engine.store.count_drafts(company, &book).await.unwrap();
    engine.store.close().await;
    count
}

#[tokio::test]
async fn a_kind_is_entered_as_a_draft_where_the_book_has_drafts() {
    let stage = by_policy(DRAFTS).await;
    let count = drafts(&stage, "plain-text").await;
    assert!(count > 5, "{count}");
    assert_eq!(u64::try_from(pending(&stage)).unwrap(), count);
    let left = planned(&stage).await;
    let why = "the book has no drafts of them, and a person approves them";
    assert_eq!(waiting(&left), [(DocumentKind::SalesReceipt, count, why)]);
    assert_eq!(drafts(&stage, COMPANY).await, 0);
    let proof = stage.prove().await;
    let in_text = proof.books.iter().find(|book| book.book == "plain-text").unwrap();
    assert_eq!(in_text.documents.drafts, count);
    assert!(in_text.documents.differing.is_empty());
    assert_eq!(stage.sync().await.approved, 0, "drafts wait for a person");
    approve_the_rest(&stage).await;
    assert_eq!((pending(&stage), drafts(&stage, "plain-text").await), (0, 0));
    let engine = stage.engine().await;
    assert_eq!(approve(&engine, None, "owner").await.unwrap(), 0, "nothing is left to confirm");
    engine.store.close().await;
    let automatic = by_policy("").await;
    assert_eq!(stage.books().files, automatic.books().files);
}

/// Confirms all drafts of a book in a process that may end; whether it did.
async fn confirm(stage: &Stage, wire: &Tripwire, book: &'static str) -> bool {
    let engine = stage.engine_behind(wire).await;
    let watch = wire.clone();
    let watch: Arc<dyn Fn(&FileAsk) + Send + Sync> = Arc::new(move |_| watch.effect(Effect::Files));
    wire.begin();
    let life = FILE_WATCH.scope(watch, async move {
        approve(&engine, Some(book), "owner").await.unwrap();
        push(&engine, Some(book)).await.unwrap();
    });
    tokio::spawn(life).await.is_err()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_process_may_end_at_any_effect_of_confirming() {
    const BOOK: &str = "plain-text";
    let drafted = async || {
        let stage = Stage::after(&world(15, 12, 6), &FaultSettings::none()).await;
        stage.revise_for_all_days(|before| format!("{before}\n{DRAFTS}")).await;
        stage.sync().await;
        stage
    };
    let (expected, effects) = runtime().block_on(async {
        let (stage, wire) = (drafted().await, Tripwire::default());
        assert!(!confirm(&stage, &wire, BOOK).await);
        assert_eq!(pending(&stage), 0);
        (stage.books().files, wire.seen())
    });
    assert!(effects.contains(&Effect::Files) && effects.contains(&Effect::Write), "{effects:?}");
    on_all_cores(effects.iter().enumerate(), async |(number, effect)| {
        let stage = drafted().await;
        assert!(confirm(&stage, &Tripwire::at(number), BOOK).await);
        stage.clock.advance(Duration::from_secs(1_200));
        assert!(!confirm(&stage, &Tripwire::default(), BOOK).await);
        let about = format!("death at effect {number}, {effect:?}");
        assert_eq!(stage.books().files, expected, "{about}");
        assert_eq!(drafts(&stage, BOOK).await, 0, "{about}");
    });
}

#[test]
fn a_process_may_end_at_any_effect_of_confirming_in_an_organisation() {
    const BOOK: &str = "xero";
    const INVOICES: &str =
        "[levels.invoice]\napproval = \"draft\"\n[levels.credit-memo]\napproval = \"draft\"";
    let drafted = async || {
        let mut stage = Stage::after(&world(15, 24, 10), &FaultSettings::none()).await;
        let xero = joined(&mut stage, &FaultSettings::none()).await;
        stage.revise_for_all_days(|before| format!("{before}\n{INVOICES}")).await;
        stage.sync().await;
        (stage, xero)
    };
    let ledger = |xero: &EmptyBooks| xero.vendor_itself().organisation().ledger_without_ids();
    let (expected, effects) = runtime().block_on(async {
        let ((stage, xero), wire) = (drafted().await, Tripwire::default());
        assert!(drafts(&stage, BOOK).await > 0);
        assert!(!confirm(&stage, &wire, BOOK).await);
        assert_eq!(drafts(&stage, BOOK).await, 0);
        (ledger(&xero), wire.seen())
    });
    assert!(effects.contains(&Effect::HearCompany), "{effects:?}");
    on_all_cores(effects.iter().enumerate(), async |(number, effect)| {
        let (stage, xero) = drafted().await;
        assert!(confirm(&stage, &Tripwire::at(number), BOOK).await);
        stage.clock.advance(Duration::from_secs(1_200));
        assert!(!confirm(&stage, &Tripwire::default(), BOOK).await);
        let about = format!("death at effect {number}, {effect:?}");
        assert_eq!(drafts(&stage, BOOK).await, 0, "{about}");
        assert_eq!(ledger(&xero), expected, "{about}");
    });
}
