//! What a book refused, and then somebody decided otherwise: it is never reversed, since it never
//! was there, and what is wanted instead is entered once.

use super::super::pull::pull_all;
use super::super::{Reviser, approve, decide, fact_counts, plan};
use super::stage::{Books, Stage, on_all_cores, world};
use super::tripwire::{Effect, Tripwire};
use crate::merchant::COMPANY;
use jiff::ToSpan;
use saldo_core::book::{Refusal, RefusalKind, Subject};
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_store::{AttemptOutcome, AttemptResult, Batch, ChangeStatus, Purpose, Role};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Another account for shipping, so that many documents want to be others.
const WORDS: &str = "accounts.shipping-income = \"Delivery\"";
/// What is late waits, so that the book refuses it.
const WAITS: &str = "periods.late = \"hold\"";
/// How many deaths are tried.
const DEATHS: usize = 16;
/// How many doubts are tried.
const DOUBTS: usize = 6;

fn settings() -> WorldSettings {
    world(2, 120, 30)
}

/// A stage whose book refused the first days, and whose policy then changed.
async fn refused_and_decided() -> Stage {
    let settings = settings();
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.decide(WAITS).await;
    close(&stage, Some(settings.begins + 12.days()));
    let report = stage.sync().await;
    assert!(report.refused > 10 && report.acknowledged > 10, "{report:?}");
    stage.decide_for_all_days(WORDS).await;
    close(&stage, None);
    stage
}

fn close(stage: &Stage, until: Option<jiff::civil::Date>) {
    stage.merchant.company().company_mut().settings.book_close_date = until;
}

/// Lets everything that was refused be sent again, and sends it.
async fn retry_all(stage: &Stage) {
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id(), ConnectionId::new(COMPANY));
    let failed = engine.store.failed(company).await.unwrap();
    let ids: Vec<String> = failed.into_iter().map(|it| it.change.id).collect();
    engine.store.retry(company, &book, &ids, stage.clock.now()).await.unwrap();
    engine.store.close().await;
    stage.sync().await;
}

/// The books of a life in which nothing was ever refused.
async fn undisturbed() -> Stage {
    let stage = Stage::after(&settings(), &FaultSettings::none()).await;
    stage.decide_for_all_days(WORDS).await;
    stage.sync().await;
    stage.assert_proven("nothing was refused").await;
    stage
}

#[tokio::test]
async fn what_a_book_refused_is_counted_and_summed_up_by_day() {
    let stage = refused_and_decided().await;
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    let book = ConnectionId::new(COMPANY);
    let blocked = engine.store.blocked(engine.company_id(), &book).await.unwrap();
    let failed = failed.into_iter().map(|it| it.change);
    let changes: Vec<_> = failed.chain(blocked.into_iter().map(|it| it.change)).collect();
    let documents = changes.iter().filter(|it| matches!(it.subject, Subject::Document { .. }));
    let proof = stage.prove().await;
    let standings = proof.identities.iter().find(|it| it.number == 9).unwrap();
    let about = format!("documents, failed in {COMPANY}");
    let days: Vec<_> = standings.days.iter().filter(|it| it.line.about == about).collect();
    let counted: u64 = days.iter().map(|it| it.line.facts).sum();
    assert_eq!(counted, documents.count() as u64);
    assert!(days.len() > 5 && days.iter().all(|it| it.line.expected.is_positive()), "{days:#?}");
}

#[tokio::test]
async fn what_was_refused_is_withdrawn_where_something_else_is_wanted_now() {
    let stage = refused_and_decided().await;
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap().len();
    let planned = plan(&engine, Some(COMPANY)).await.unwrap();
    assert!(planned[0].withdrawn.len() > 5, "{} withdrawn", planned[0].withdrawn.len());
    assert!(planned[0].withdrawn.len() < failed, "what did not change stays");
    let withdrawn: Vec<_> = planned[0].withdrawn.iter().map(|it| &it.slot).collect();
    let reversed = planned[0].changes.iter().filter(|it| !it.takes_out.is_empty());
    assert!(reversed.clone().count() > 5, "what was entered is reversed");
    assert!(reversed.clone().all(|it| !withdrawn.contains(&&it.slot)));
    stage.sync().await;
    let left = engine.store.failed(engine.company_id()).await.unwrap();
    assert!(left.is_empty(), "the period is open again, and the rest goes by itself: {left:?}");
    stage.assert_proven("once the period is open again").await;
    assert!(plan(&engine, None).await.unwrap().iter().all(|it| it.changes.is_empty()));
    assert_eq!(stage.sums(), undisturbed().await.sums());
}

#[tokio::test]
async fn while_nothing_changed_what_was_refused_stays_failed() {
    let settings = settings();
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.decide(WAITS).await;
    close(&stage, Some(settings.begins + 12.days()));
    let refused = stage.sync().await.refused;
    let again = stage.sync().await;
    assert_eq!((again.approved, again.acknowledged, again.refused), (0, 0, 0));
    let engine = stage.engine().await;
    assert_eq!(engine.store.failed(engine.company_id()).await.unwrap().len(), refused);
    for planned in plan(&engine, None).await.unwrap() {
        assert!(planned.changes.is_empty() && planned.withdrawn.is_empty(), "{planned:#?}");
    }
    stage.decide_for_all_days(WORDS).await;
    stage.revise_for_all_days(|text| text.replace(WORDS, "")).await;
    for planned in plan(&engine, None).await.unwrap() {
        assert!(planned.changes.is_empty() && planned.withdrawn.is_empty(), "{planned:#?}");
    }
}

/// The account of a gateway, refused by the book for whatever reason.
async fn refuse_account(stage: &Stage) -> String {
    let engine = stage.engine().await;
    pull_all(&engine).await.unwrap();
    approve(&engine, None, "owner").await.unwrap();
    let company = engine.company_id();
    let books = engine.connections(Role::Book).await.unwrap();
    let book = books.into_iter().find(|book| book.id.as_str() == COMPANY).unwrap();
    let pending = engine.store.pending(company, &book.id, 10_000).await.unwrap();
    let account = pending.into_iter().map(|it| it.change.id).find(|id| id.contains("Clearing"));
    let id = account.unwrap();
    let lease = engine.lease(&book).await.unwrap();
    let batch = Batch {
        id: "refused".to_owned(),
        token: "refused".to_owned(),
        members: vec![id.clone()],
        purpose: Purpose::Create,
        sent_at: stage.clock.now(),
    };
    let refusal = Refusal {
        kind: RefusalKind::Other,
        code: "1".to_owned(),
        message: "not of this kind".to_owned(),
        hint: "name another".to_owned(),
    };
    let outcome = AttemptOutcome::Refused(refusal);
    let results = [(id.clone(), AttemptResult { outcome, detail: String::new() })];
    engine.store.begin_batch(&lease, &batch).await.unwrap();
    engine.store.finish_batch(&lease, "refused", &results, batch.sent_at).await.unwrap();
    engine.store.release_lease(&lease).await.unwrap();
    id
}

#[tokio::test]
async fn an_account_that_was_refused_comes_again_as_another_kind() {
    let stage = Stage::after(&settings(), &FaultSettings::none()).await;
    let account = refuse_account(&stage).await;
    let report = stage.sync().await;
    assert_eq!((report.approved, report.refused), (0, 0), "{report:?}");
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id(), ConnectionId::new(COMPANY));
    let blocked = engine.store.blocked(company, &book).await.unwrap();
    assert!(blocked.len() > 50, "{}", blocked.len());
    let counts = fact_counts(&engine).await.unwrap();
    assert!(counts.failed >= 50, "{counts:?}");

    let before = engine.store.policy(company).await.unwrap().unwrap().text;
    let name = account.trim_start_matches("account/");
    let named = format!("account = \"{name}\"");
    let text = before.replacen(&named, &format!("{named}\nkind = \"bank\""), 1);
    assert_ne!(text, before);
    let (holder, now) = (&*engine.holder, stage.clock.now());
    let reviser = Reviser { company, holder, since: None, now };
    decide(&engine.store, reviser, &text).await.unwrap();
    stage.sync().await;
    stage.assert_proven("after another kind").await;
    assert!(engine.store.blocked(company, &book).await.unwrap().is_empty());
    assert!(plan(&engine, None).await.unwrap().iter().all(|it| it.changes.is_empty()));
    let known = engine.store.changes_by_id(company, &account).await.unwrap();
    let status = known.iter().find(|it| it.change.book == book).unwrap().status;
    assert_eq!(status, ChangeStatus::Withdrawn, "what was refused can still be explained");
}

/// The plain-text books too: they never refused anything.
fn files(books: Books) -> std::collections::BTreeMap<String, String> {
    books.files
}

#[test]
fn a_process_may_end_while_it_withdraws() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, effects) = runtime.block_on(async {
        let stage = refused_and_decided().await;
        let wire = Tripwire::default();
        assert!(!stage.sync_until_death(&wire).await);
        retry_all(&stage).await;
        stage.assert_proven("a life without death").await;
        ((stage.sums(), files(stage.books())), wire.seen().len())
    });
    on_all_cores(0..DEATHS, async |step| {
        let number = step * effects / DEATHS;
        let stage = refused_and_decided().await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.clock.advance(Duration::from_secs([1, 660, 2_400][step % 3]));
        stage.sync().await;
        retry_all(&stage).await;
        let about = format!("death at effect {number} of {effects}");
        stage.assert_proven(&about).await;
        assert!((stage.sums(), files(stage.books())) == expected, "{about}: the books differ");
    });
}

#[test]
fn a_decision_in_the_midst_of_a_doubt_waits_for_the_look_up() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, heard) = runtime.block_on(async {
        let stage = Stage::after(&settings(), &FaultSettings::none()).await;
        let wire = Tripwire::default();
        assert!(!stage.sync_until_death(&wire).await);
        let seen = (0..).zip(wire.seen());
        let heard: Vec<usize> = seen
            .filter_map(|(number, effect)| (effect == Effect::HearCompany).then_some(number))
            .collect();
        (undisturbed().await.sums(), heard)
    });
    let some: Vec<usize> = heard.into_iter().rev().step_by(2).take(DOUBTS).collect();
    let all_unsettled = AtomicUsize::new(0);
    on_all_cores(some, async |number| {
        let stage = Stage::after(&settings(), &FaultSettings::none()).await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.decide_for_all_days(WORDS).await;
        stage.clock.advance(Duration::from_secs(2_400));
        let planned = plan(&stage.engine().await, Some(COMPANY)).await.unwrap();
        let unsettled = planned[0].unsettled.len();
        all_unsettled.fetch_add(unsettled, Ordering::Relaxed);
        stage.sync().await;
        stage.sync().await;
        let about = format!("a decision after effect {number}, {unsettled} in doubt");
        stage.assert_proven(&about).await;
        assert!(stage.sums() == expected, "{about}: the books differ");
    });
    assert!(all_unsettled.into_inner() > 0, "something was in doubt");
}
