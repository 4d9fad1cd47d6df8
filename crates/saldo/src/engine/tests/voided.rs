//! Voiding: what the owner takes back is made nil where it stands, where the book allows that and
//! nothing is matched with it; afterwards the books are what they would be had it never been.

use super::super::{PlannedUndo, Selection, TakeBack, apply, plan_undo, redo, sync, undo};
use super::bookkeeper::Bookkeeper;
use super::stage::{Stage, by_account, on_all_cores, world};
use super::tripwire::{Death, Effect, Tripwire};
use crate::merchant::COMPANY;
use saldo_core::document::DocumentKind;
use saldo_core::plan::Change;
use saldo_sim::fault::FaultSettings;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Nobody matches anything on the gateways' accounts.
const UNMATCHED: &str = "undo.unmatched = \"Clearing: *\"";

fn days() -> Selection {
    let begins = world(7, 50, 20).begins;
    Selection::Days(begins, Some(begins.saturating_add(jiff::Span::new().days(9))))
}

fn by_voiding(selection: &Selection) -> TakeBack<'_> {
    TakeBack { selection, only: None, voids: true }
}

async fn synced(words: &str) -> Stage {
    let stage = Stage::after(&world(7, 50, 20), &FaultSettings::none()).await;
    stage.decide(words).await;
    stage.sync().await;
    stage
}

/// What the plan of an undo voids in a book, and how many documents it reverses there.
async fn planned(stage: &Stage, book: &str) -> (Vec<DocumentKind>, usize) {
    let engine = stage.engine().await;
    let selection = days();
    let only = Some(book);
    let planned = plan_undo(&engine, TakeBack { only, ..by_voiding(&selection) }).await.unwrap();
    engine.store.close().await;
    let changes = &planned[0].planned.changes;
    named_with_a_reason(&planned[0]);
    let documents = changes.iter().filter(|change| !change.takes_out.is_empty());
    let (voided, reversed): (Vec<&Change>, Vec<&Change>) =
        documents.partition(|change| change.voids().is_some());
    let kind = |change: &Change| change.voids().map(|it| it.document.header().kind);
    (voided.into_iter().filter_map(kind).collect(), reversed.len())
}

/// All that is reversed in place of being voided says why.
fn named_with_a_reason(planned: &PlannedUndo) {
    let changes = &planned.planned.changes;
    let reversing = changes.iter().filter(|change| change.voids().is_none());
    let reversed: BTreeSet<_> = reversing.flat_map(|it| &it.takes_out).map(|it| &it.id).collect();
    let why: BTreeSet<&str> = planned.not_voided.iter().map(|it| it.why.as_str()).collect();
    assert_eq!(reversed.is_empty(), why.is_empty(), "{why:?}");
    assert!(!why.iter().any(|why| why.contains("which version")), "{why:?}");
    if planned.planned.book.as_str() == "plain-text" {
        assert_eq!(why, BTreeSet::from(["the book cannot void one like it"]));
    }
    let voided: BTreeSet<_> = changes.iter().filter_map(|it| Some(it.voids()?.key)).collect();
    assert!(planned.not_voided.iter().all(|it| !voided.contains(&it.key)));
}

/// Takes the days back, and says how many changes the books acknowledged and refused.
async fn taken_back(stage: &Stage) -> (usize, usize) {
    let engine = stage.engine().await;
    undo(&engine, by_voiding(&days()), "owner").await.unwrap();
    let pushed = apply(&engine, None).await.unwrap();
    engine.store.close().await;
    (pushed.acknowledged, pushed.refused)
}

/// What the company says of the forms that are nil.
fn notes(stage: &Stage) -> Vec<String> {
    let bookkeeper = Bookkeeper::of(stage);
    let kinds = ["SalesReceipt", "Invoice", "Payment"];
    let forms = kinds.iter().flat_map(|kind| bookkeeper.find(kind, "maxresults 1000"));
    let notes = forms.filter_map(|form| Some(form["PrivateNote"].as_str()?.to_owned()));
    notes.filter(|note| note.starts_with("Voided")).collect()
}

#[tokio::test]
async fn what_moves_a_bank_account_is_reversed_and_the_rest_voided() {
    let stage = synced("").await;
    let (voided, reversed) = planned(&stage, COMPANY).await;
    assert!(voided.iter().all(|kind| *kind == DocumentKind::Invoice), "{voided:?}");
    assert!(reversed > 5, "{reversed}");
    let stage = synced(UNMATCHED).await;
    let (voided, reversed) = planned(&stage, COMPANY).await;
    let kinds: BTreeSet<_> = voided.iter().copied().collect();
    assert!(kinds.contains(&DocumentKind::SalesReceipt), "{kinds:?}");
    assert!(kinds.contains(&DocumentKind::Payment), "{kinds:?}");
    assert!(voided.len() > 5 && reversed > 0, "{voided:?} {reversed}");
    assert_eq!(planned(&stage, "plain-text").await.0, [], "plain text never voids");
}

#[tokio::test]
async fn after_voiding_the_books_are_as_if_nothing_had_been_entered() {
    let (stage, reversed) = (synced(UNMATCHED).await, synced("").await);
    let before = by_account(&stage);
    let (voids, _) = planned(&stage, COMPANY).await;
    let (acknowledged, refused) = taken_back(&stage).await;
    assert!(acknowledged > voids.len() && refused == 0, "{acknowledged} {refused}");
    assert_eq!(notes(&stage).len(), voids.len());
    stage.assert_proven("some days are voided").await;
    assert_eq!(stage.sync().await.approved, 0, "it stays out");
    assert_eq!(taken_back(&reversed).await.1, 0);
    assert_eq!(by_account(&stage), by_account(&reversed), "as by reversal");
    let engine = stage.engine().await;
    redo(&engine, 1, "owner").await.unwrap();
    redo(&engine, 2, "owner").await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("all is entered again").await;
    assert_eq!(by_account(&stage), before);
    assert_eq!(notes(&stage).len(), voids.len(), "what was voided stays so");
}

#[tokio::test]
async fn what_somebody_touched_meanwhile_is_not_voided() {
    let stage = synced(UNMATCHED).await;
    let (voids, _) = planned(&stage, COMPANY).await;
    let bookkeeper = Bookkeeper::of(&stage);
    let first = bookkeeper.find("SalesReceipt", "orderby TxnDate maxresults 1000").remove(0);
    bookkeeper.change("SalesReceipt", &first, &json!({ "CustomerMemo": { "value": "thanks" } }));
    let (_, refused) = taken_back(&stage).await;
    assert_eq!(refused, 1);
    assert_eq!(notes(&stage).len(), voids.len() - 1);
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    assert_eq!(failed[0].refusal.code, "5010");
    assert!(failed[0].refusal.hint.contains("saldo redo"), "{}", failed[0].refusal.hint);
    // It is entered again, and then reversed.
    let engine = stage.engine().await;
    for undone in engine.store.undos(engine.company_id()).await.unwrap() {
        redo(&engine, undone.number, "owner").await.unwrap();
    }
    let selection = days();
    let what = TakeBack { voids: false, ..by_voiding(&selection) };
    undo(&engine, what, "owner").await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("the rest is reversed").await;
    let reversed = synced("").await;
    taken_back(&reversed).await;
    assert_eq!(by_account(&stage), by_account(&reversed));
}

#[tokio::test]
async fn what_is_voided_no_longer_is_named_by_the_proof() {
    let stage = synced(UNMATCHED).await;
    taken_back(&stage).await;
    let bookkeeper = Bookkeeper::of(&stage);
    let forms = bookkeeper.find("SalesReceipt", "maxresults 1000");
    let is_voided = |form: &serde_json::Value| {
        form["PrivateNote"].as_str().is_some_and(|note| note.starts_with("Voided"))
    };
    let voided = forms.into_iter().find(is_voided).unwrap();
    let mut lines = voided["Line"].clone();
    lines[0]["Amount"] = json!(5);
    let fields = json!({ "Line": lines, "PrivateNote": voided["PrivateNote"] });
    bookkeeper.change("SalesReceipt", &voided, &fields);
    let proof = stage.prove().await;
    assert!(!proof.holds());
    let book = proof.books.iter().find(|book| book.book.as_str() == COMPANY).unwrap();
    let said: Vec<_> = book.documents.differing.iter().map(|it| it.difference.as_str()).collect();
    assert_eq!(said, ["it was voided, and is not any more"]);
}

/// Takes the days back in one life that may end at the wire; whether it did.
async fn live(stage: &Stage, wire: &Tripwire) -> bool {
    let engine = stage.engine_behind(wire).await;
    wire.begin();
    let life = tokio::spawn(async move {
        undo(&engine, by_voiding(&days()), "owner").await.unwrap();
        apply(&engine, None).await.unwrap();
    });
    match life.await {
        Ok(()) => false,
        Err(ended) => {
            assert!(ended.into_panic().is::<Death>(), "it ended otherwise than at the wire");
            true
        }
    }
}

/// Another process: what was not decided is decided now, and a sync brings it to its end.
async fn go_on(stage: &Stage) {
    let engine = stage.engine().await;
    let undos = engine.store.undos(engine.company_id()).await.unwrap();
    for book in [COMPANY, "plain-text"] {
        if !undos.iter().any(|undo| undo.book.as_str() == book) {
            let selection = days();
            let only = Some(book);
            stage.clock.advance(Duration::from_secs(900));
            undo(&engine, TakeBack { only, ..by_voiding(&selection) }, "owner").await.unwrap();
        }
    }
    sync(&engine).await.unwrap();
    engine.store.close().await;
}

#[test]
fn a_process_may_end_at_any_effect_of_voiding() {
    const RESTARTS: [Duration; 3] =
        [Duration::from_secs(901), Duration::from_secs(1_200), Duration::from_secs(2_400)];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, effects) = runtime.block_on(async {
        let (stage, wire) = (synced(UNMATCHED).await, Tripwire::default());
        assert!(!live(&stage, &wire).await);
        stage.assert_proven("a life without death").await;
        ((by_account(&stage), notes(&stage).len()), wire.seen())
    });
    let mut kinds: BTreeMap<Effect, usize> = BTreeMap::new();
    for effect in &effects {
        *kinds.entry(*effect).or_default() += 1;
    }
    assert!(kinds.contains_key(&Effect::HearCompany), "{kinds:?}");
    on_all_cores(effects.iter().enumerate(), async |(number, effect)| {
        let stage = synced(UNMATCHED).await;
        assert!(live(&stage, &Tripwire::at(number)).await);
        stage.clock.advance(RESTARTS[number % RESTARTS.len()]);
        go_on(&stage).await;
        let about = format!("death at effect {number}, {effect:?}");
        stage.assert_proven(&about).await;
        assert_eq!((by_account(&stage), notes(&stage).len()), expected, "{about}");
    });
}
