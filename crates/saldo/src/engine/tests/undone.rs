//! Undo and redo: afterwards the books are what they would be had it never been entered, or had it
//! never been taken back.

use super::super::{EngineError, Selection, TakeBack, apply, plan_undo, redo, sync, undo};
use super::stage::{Books, Stage, by_account, world};
use crate::merchant::COMPANY;
use jiff::ToSpan;
use saldo_core::book::Subject;
use saldo_core::document::DocumentKind;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_store::EntryFilter;
use std::collections::BTreeMap;

fn settings() -> WorldSettings {
    world(2, 80, 30)
}

async fn synced() -> Stage {
    let stage = Stage::after(&settings(), &FaultSettings::none()).await;
    stage.sync().await;
    stage
}

/// It is reversed in every book.
fn of(selection: &Selection) -> TakeBack<'_> {
    TakeBack { selection, only: None, voids: false }
}

/// By how much the plan of an undo moves accounts in the simulated company.
async fn planned(stage: &Stage, selection: &Selection) -> BTreeMap<String, i64> {
    let engine = stage.engine().await;
    let planned =
        plan_undo(&engine, TakeBack { only: Some(COMPANY), ..of(selection) }).await.unwrap();
    let mut moves = BTreeMap::new();
    for change in &planned[0].planned.changes {
        let Subject::Document { document, .. } = &change.subject else { continue };
        for line in document.lines() {
            *moves.entry(line.account.name.to_string()).or_default() += line.amount.minor();
        }
    }
    engine.store.close().await;
    moves
}

/// Takes something back and pushes that; what the books hold then is proved.
async fn taken_back(stage: &Stage, selection: &Selection) {
    let engine = stage.engine().await;
    let changes = undo(&engine, of(selection), "owner").await.unwrap();
    assert!(changes > 0);
    let pushed = apply(&engine, None).await.unwrap();
    assert_eq!((pushed.acknowledged, pushed.refused), (changes, 0), "{pushed:?}");
    engine.store.close().await;
    stage.assert_proven(&format!("{selection} is taken back")).await;
    assert_eq!(stage.sync().await.approved, 0, "it stays out");
}

/// Enters again all that was taken back.
async fn redone(stage: &Stage) {
    let engine = stage.engine().await;
    for known in engine.store.undos(engine.company_id()).await.unwrap() {
        redo(&engine, known.number, "owner").await.unwrap();
        let again = redo(&engine, known.number, "owner").await;
        assert!(matches!(again, Err(EngineError::Store(_))), "{again:?}");
    }
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("all is entered again").await;
}

#[tokio::test]
async fn what_is_taken_back_is_shown_first_and_leaves_what_never_entered_would() {
    let stage = synced().await;
    let (before, books) = (by_account(&stage), stage.books());
    let selection = Selection::Named("#1004".to_owned());
    let moves = planned(&stage, &selection).await;
    assert!(!moves.is_empty());
    assert_eq!(stage.books(), books, "nothing is done by looking");
    taken_back(&stage, &selection).await;
    let after = by_account(&stage);
    let mut compared = 0;
    for (account, moved) in &moves {
        let in_book = account.replace(':', " -");
        // Some stand on accounts that the company calls otherwise.
        if let Some(stood) = before.get(&in_book) {
            let stands = after.get(&in_book).copied().unwrap_or(0);
            assert_eq!(stands - stood, *moved, "{account}");
            compared += 1;
        }
    }
    assert!(compared > 1, "{moves:?}");
    redone(&stage).await;
    assert_eq!(by_account(&stage), before);
}

#[tokio::test]
async fn a_payout_a_run_and_days_can_be_taken_back() {
    let stage = synced().await;
    let before = by_account(&stage);
    let engine = stage.engine().await;
    let filter = EntryFilter::default();
    let company = engine.company_id();
    let documents = engine.store.entries(company, &COMPANY.into(), filter).all().await.unwrap();
    let transfer = documents.iter().find_map(|it| match &it.change.subject {
        Subject::Document { key, document, .. } => {
            (document.header().kind == DocumentKind::Transfer).then(|| key.to_string())
        }
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => None,
    });
    let runs = engine.store.runs(company, 10).await.unwrap();
    let run =
        runs.iter().find(|run| run.book.as_str() == COMPANY && run.documents > 50).unwrap().at;
    engine.store.close().await;
    taken_back(&stage, &Selection::Named(transfer.unwrap())).await;
    let day = settings().begins;
    taken_back(&stage, &Selection::Days(day + 5.days(), Some(day + 8.days()))).await;
    taken_back(&stage, &Selection::Run(run)).await;
    let left = by_account(&stage);
    assert!(left.len() < before.len(), "{left:?}");
    redone(&stage).await;
    assert_eq!(by_account(&stage), before);
}

#[tokio::test]
async fn all_that_is_taken_back_leaves_nothing() {
    let stage = synced().await;
    let books: Books = stage.books();
    let day = settings().begins;
    taken_back(&stage, &Selection::Days(day, None)).await;
    assert!(by_account(&stage).is_empty(), "{:?}", by_account(&stage));
    // Rows that say what another fact says have nothing of their own to take back.
    let (counts, of_all) = (stage.prove().await.facts, synced().await.prove().await.facts);
    assert!(counts.posted * 10 < of_all.posted, "{counts:?}");
    assert_eq!(counts.posted + counts.excluded, of_all.posted + of_all.excluded);
    redone(&stage).await;
    assert_ne!(stage.books(), books, "both ways are on record");
    let fresh = synced().await;
    assert_eq!(by_account(&stage), by_account(&fresh));
    assert_eq!(stage.prove().await.facts, fresh.prove().await.facts);
}

#[tokio::test]
async fn nothing_that_is_unknown_is_taken_back() {
    let stage = synced().await;
    let engine = stage.engine().await;
    for selection in [Selection::Named("nobody".to_owned()), Selection::Run(stage.clock.now())] {
        let planned = plan_undo(&engine, of(&selection)).await;
        assert!(matches!(planned, Err(EngineError::NothingKnown(_))), "{planned:?}");
    }
    let unknown = redo(&engine, 7, "owner").await;
    assert!(matches!(unknown, Err(EngineError::NothingKnown(_))), "{unknown:?}");
    sync(&engine).await.unwrap();
}
