//! Another class is told to what stands, in both books, whatever happens meanwhile; what somebody
//! changed there stays as it is.

use super::super::{approve, explain, plan};
use super::bookkeeper::Bookkeeper;
use super::dimensioned::{in_company, in_files, track};
use super::late::slow;
use super::stage::{Books, Stage, by_account, on_all_cores, world};
use super::tripwire::{Effect, Tripwire};
use saldo_core::book::Subject;
use saldo_core::exchange::HttpRequest;
use saldo_core::plan::Change;
use saldo_sim::fault::FaultSettings;
use saldo_store::EntryFilter;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const WEB: &str = "[dimensions]\nclass.default = \"Web\"\nlocation.default = \"Aarhus\"\n";
const SHOP: &str = "[dimensions]\nclass.default = \"Shop\"\nlocation.default = \"Aarhus\"\n";

/// A merchant whose books hold all in one class, and whose policy names another since.
async fn renamed(orders: u32, days: u32) -> Stage {
    let stage = Stage::after(&world(21, orders, days), &FaultSettings::none()).await;
    track(&stage, true);
    stage.revise_for_all_days(|text| format!("{text}\n{WEB}")).await;
    let report = stage.sync().await;
    assert_eq!(report.refused, 0, "{report:?}");
    stage.revise_for_all_days(|text| text.replace(WEB, SHOP)).await;
    stage
}

/// How many documents stand in the company, by kind.
fn documents(stage: &Stage) -> BTreeMap<&'static str, usize> {
    let person = Bookkeeper::of(stage);
    let kinds = ["SalesReceipt", "Invoice", "RefundReceipt", "CreditMemo", "Purchase"];
    let kinds = kinds.into_iter().chain(["JournalEntry", "Payment", "Transfer"]);
    kinds.map(|kind| (kind, person.find(kind, "maxresults 1000").len())).collect()
}

/// Why books refused what they refused.
async fn refusals(stage: &Stage) -> Vec<String> {
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    failed.into_iter().map(|it| it.refusal.message).collect()
}

/// What a plan holds: what it amends, and anything else.
async fn planned(stage: &Stage) -> (Vec<Change>, Vec<Change>) {
    let engine = stage.engine().await;
    let books = plan(&engine, None).await.unwrap();
    engine.store.close().await;
    let changes = books.into_iter().flat_map(|book| book.changes);
    let documents = changes.filter(|it| !matches!(it.subject, Subject::Need(_)));
    documents.partition(|it| matches!(it.subject, Subject::Amended { .. }))
}

#[tokio::test]
async fn another_class_is_told_to_what_stands_and_nothing_is_entered() {
    let stage = renamed(60, 30).await;
    let (held, accounts, before) = (in_company(&stage), by_account(&stage), documents(&stage));
    let (amended, others) = planned(&stage).await;
    assert_eq!(others, [], "nothing is reversed");
    let report = stage.sync().await;
    let refused = refusals(&stage).await;
    assert_eq!(refused, Vec::<String>::new());
    assert_eq!((report.refused, report.acknowledged > amended.len()), (0, true), "{report:?}");
    assert_eq!(documents(&stage), before, "no document more");
    assert_eq!(by_account(&stage), accounts, "no account moves");
    let in_shop = held.into_iter().map(|(name, sum)| match &*name {
        "Web" => ("Shop".to_owned(), sum),
        _ => (name, sum),
    });
    let in_shop: BTreeMap<String, i64> = in_shop.collect();
    assert_eq!((in_company(&stage), in_files(&stage)), (in_shop.clone(), in_shop));
    stage.assert_proven("amended").await;
    assert_eq!(stage.sync().await.approved, 0, "what says so already is not told again");

    let Subject::Amended { key, .. } = &amended[0].subject else { panic!() };
    let engine = stage.engine().await;
    let explained = explain(&engine, key.as_str()).await.unwrap();
    let (company, book) = (engine.company_id(), &amended[0].book);
    let booked = engine.store.entries(company, book, EntryFilter::default()).all().await.unwrap();
    let lines = booked.iter().filter_map(|it| Some(it.change.stands_as()?.1.lines()));
    let classes: BTreeSet<&str> =
        lines.flatten().filter_map(|line| line.dimensions.get("class")).collect();
    assert_eq!(classes, ["Shop"].into(), "what is exported is what stands");
    engine.store.close().await;
    let of_book = explained.documents.iter().filter(|it| it.change.book == amended[0].book);
    let versions: Vec<&str> = of_book.map(|it| it.status.as_str()).collect();
    assert_eq!(versions, ["acknowledged", "acknowledged"], "as it was, and as it is");
}

#[tokio::test]
async fn what_somebody_changed_in_the_company_stays_until_it_is_set_right() {
    let stage = renamed(30, 15).await;
    let person = Bookkeeper::of(&stage);
    let sales = person.find("SalesReceipt", "orderby TxnDate maxresults 1000");
    let (noted, paid) = (&sales[0], &sales[1]);
    let note = noted["PrivateNote"].as_str().unwrap().to_owned();
    let changed =
        person.change("SalesReceipt", noted, &json!({ "PrivateNote": format!("mine: {note}") }));
    // Another version that says the same is amended all the same.
    person.change("SalesReceipt", paid, &json!({ "TxnDate": paid["TxnDate"] }));
    let report = stage.sync().await;
    assert_eq!(report.refused, 1, "{report:?}");
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    let [refused] = &failed[..] else { panic!("{failed:?}") };
    assert!(refused.refusal.message.contains("somebody changed it"), "{:?}", refused.refusal);
    assert!(refused.refusal.message.contains("mine: "), "{:?}", refused.refusal);
    let id = refused.change.id.clone();
    let person = Bookkeeper::of(&stage);
    let class = |sale: &serde_json::Value| {
        sale["Line"][0]["SalesItemLineDetail"]["ClassRef"]["name"].as_str().unwrap().to_owned()
    };
    let held = |id: &serde_json::Value| {
        let sales = person.find("SalesReceipt", "orderby TxnDate maxresults 1000");
        sales.into_iter().find(|sale| sale["Id"] == *id).unwrap()
    };
    assert_eq!(
        (class(&held(&noted["Id"])), class(&held(&paid["Id"]))),
        ("Web".into(), "Shop".into())
    );
    assert_eq!(
        held(&noted["Id"])["PrivateNote"],
        changed["PrivateNote"],
        "nothing is written over"
    );

    person.change("SalesReceipt", &held(&noted["Id"]), &json!({ "PrivateNote": note }));
    let (company, book) = (engine.company_id(), &refused.change.book);
    engine.store.retry(company, book, &[id], stage.clock.now()).await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    assert_eq!(refusals(&stage).await, Vec::<String>::new());
    stage.assert_proven("set right").await;
    assert_eq!(in_company(&stage), in_files(&stage));
    assert!(!in_files(&stage).contains_key("Web"));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The books of a life without death, and its effects while it amends.
async fn reference() -> (Books, Vec<Effect>) {
    let stage = renamed(6, 3).await;
    let wire = Tripwire::default();
    assert!(!stage.sync_until_death(&wire).await);
    stage.assert_proven("a life without death").await;
    (stage.books(), wire.seen())
}

#[test]
fn a_process_may_end_at_any_effect_while_it_amends() {
    let (expected, effects) = runtime().block_on(reference());
    assert!(effects.len() > 10, "{effects:?}");
    on_all_cores(effects.iter().enumerate(), async |(number, effect)| {
        let stage = renamed(6, 3).await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        let later = [1, 660, 2_400][number % 3];
        stage.clock.advance(Duration::from_secs(later));
        stage.sync().await;
        let about = format!("death at effect {number}, {effect:?}");
        stage.assert_proven(&about).await;
        assert!(stage.books() == expected, "{about}: the books differ");
    });
}

/// Longer than tokens are relied on.
const OLD: Duration = Duration::from_secs(2_400);

fn amends(request: &HttpRequest) -> bool {
    String::from_utf8_lossy(&request.body).contains("\"operation\":\"update\"")
}

/// A stage whose first amendments were sent by a process that ended before it heard anything, where
/// somebody then went back to the old class; and the request, which did not land yet.
async fn given_up() -> (Stage, HttpRequest) {
    let heard = {
        let (mut stage, wire) = (renamed(12, 6).await, Tripwire::default());
        let (slow, _, at) = slow(Arc::clone(&stage.books), wire.clone(), amends);
        stage.books = slow;
        assert!(!stage.sync_until_death(&wire).await);
        at.load(Ordering::SeqCst)
    };
    let mut stage = renamed(12, 6).await;
    let good = Arc::clone(&stage.books);
    let (slow, caught, _) = slow(Arc::clone(&good), Tripwire::default(), amends);
    stage.books = slow;
    assert!(stage.sync_until_death(&Tripwire::at(heard)).await);
    stage.books = good;
    stage.revise_for_all_days(|text| text.replace(SHOP, WEB)).await;
    stage.clock.advance(OLD);
    let report = stage.sync().await;
    assert!(report.withdrawn > 3, "{report:?}");
    stage.assert_proven("before anything landed").await;
    let caught = caught.lock().unwrap().take().unwrap();
    (stage, caught)
}

/// Lets the amendments of a request land; how many.
fn land(stage: &Stage, request: &HttpRequest) -> usize {
    let person = Bookkeeper::of(stage);
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    let items = body["BatchItemRequest"].as_array().unwrap();
    for item in items {
        assert_eq!(item["operation"], "update", "{item}");
        let of_form = |(_, form): &(&String, &serde_json::Value)| form["SyncToken"].is_string();
        let (kind, form) = item.as_object().unwrap().iter().find(of_form).unwrap();
        person.enter(kind, form);
    }
    items.len()
}

#[tokio::test]
async fn an_amendment_that_lands_after_it_was_given_up_is_found_and_set_right() {
    let (stage, request) = given_up().await;
    let before = in_company(&stage);
    let landed = land(&stage, &request);
    assert!(landed > 3 && in_company(&stage).contains_key("Shop"), "{landed}");
    let report = stage.sync().await;
    assert_eq!((report.adopted, report.acknowledged), (landed, landed), "{report:?}");
    assert_eq!(refusals(&stage).await, Vec::<String>::new());
    assert_eq!(in_company(&stage), before, "and it says what is wanted again");
    stage.assert_proven("set right").await;
    let again = stage.sync().await;
    assert_eq!((again.adopted, again.approved, again.acknowledged), (0, 0, 0));
}

#[tokio::test]
async fn an_amendment_that_lands_after_another_was_approved_goes_first() {
    let (stage, request) = given_up().await;
    let third = WEB.replace("Web", "Fair");
    stage.revise_for_all_days(|text| text.replace(WEB, &third)).await;
    let engine = stage.engine().await;
    assert!(approve(&engine, None, "owner").await.unwrap() > 0);
    engine.store.close().await;
    let landed = land(&stage, &request);
    let report = stage.sync().await;
    assert_eq!(report.adopted, landed, "{report:?}");
    stage.sync().await;
    assert_eq!(refusals(&stage).await, Vec::<String>::new());
    assert_eq!(in_company(&stage), in_files(&stage));
    let classes = in_company(&stage);
    assert!(classes.contains_key("Fair"), "{classes:?}");
    assert!(!classes.contains_key("Web") && !classes.contains_key("Shop"), "{classes:?}");
    stage.assert_proven("by the third class").await;
}

#[tokio::test]
async fn what_another_amendment_says_by_now_did_not_land_late() {
    let (stage, _) = given_up().await;
    stage.revise_for_all_days(|text| text.replace(WEB, SHOP)).await;
    let report = stage.sync().await;
    assert_eq!((report.adopted, report.refused), (0, 0), "{report:?}");
    let classes = in_company(&stage);
    assert!(classes.contains_key("Shop") && !classes.contains_key("Web"), "{classes:?}");
    let again = stage.sync().await;
    assert_eq!((again.adopted, again.approved, again.acknowledged), (0, 0, 0));
    stage.assert_proven("by the second amendment").await;
}
