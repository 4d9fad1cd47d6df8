//! The books in Xero: what the adapter says, and what the simulated vendor makes of it.

use super::super::{BookProof, ChangedThere, ProofReport, approve, changed_there, push};
use super::stage::{Stage, home, listener, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::merchant::EmptyBooks;
use saldo_sim::books::xero::Kind;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// After how long the next process begins: at once, when keys are old, when they are forgotten.
const RESTARTS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(310), Duration::from_secs(900)];
/// At every how many effects a process ends.
const DEATHS: usize = 7;
/// How many worlds are told.
const WORLDS: u64 = 12;
/// How long a request may still be under way after the last answer.
const SILENCE: Duration = Duration::from_secs(180);

pub(super) use crate::merchant::ORGANISATION as XERO;
const ADDRESS: &str = "https://xero.example";

/// Connects the merchant to an organisation.
pub(super) async fn joined(stage: &mut Stage, faults: &FaultSettings) -> EmptyBooks {
    joined_at(stage, faults, ADDRESS).await
}

/// The same where the organisation is said to be at this address.
async fn joined_at(stage: &mut Stage, faults: &FaultSettings, address: &str) -> EmptyBooks {
    let books = EmptyBooks::new(5, faults, stage.clock.now());
    books.vendor_itself().organisation_mut().settings.calls_per_day = 100_000;
    let (book, secrets) = books.connection(address);
    let secrets = secrets.each_ref().map(|(name, secret)| (*name, secret.as_str()));
    stage.join(&book, &secrets, &books.vendor).await;
    books
}

/// What the organisation's ledger says after everything was entered and proven.
async fn told(settings: &WorldSettings, faults: &FaultSettings) -> String {
    let mut stage = Stage::after(settings, faults).await;
    let xero = joined(&mut stage, faults).await;
    stage.sync().await;
    stage.clock.advance(SILENCE);
    stage.assert_proven(&format!("seed {}", settings.seed)).await;
    xero.vendor_itself().organisation().ledger_without_ids()
}

#[tokio::test]
async fn an_organisation_holds_what_the_other_books_hold() {
    let mut stage = Stage::after(&world(3, 60, 30), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    let of = |name: &str| proof.books.iter().find(|book| book.book == name).unwrap();
    let (plain, cloud) = (of("plain-text"), of(XERO));
    assert_eq!((cloud.pending, cloud.failed), (0, 0));
    assert_eq!(cloud.documents.pushed, plain.documents.pushed);
    let held = |book: &BookProof| -> BTreeMap<String, String> {
        book.accounts.iter().map(|it| (it.account.clone(), format!("{:?}", it.held))).collect()
    };
    assert_eq!(held(cloud), held(plain));
    assert!(proof.holds());
    let calls = xero.vendor_itself().calls();
    assert!(calls.writes < 60, "documents go fifty at a time: {calls:?}");
    assert!(paid_on_two_accounts(&xero) > 0, "half by card, half by another gateway");
}

/// How many invoices were paid on more than one account.
fn paid_on_two_accounts(xero: &EmptyBooks) -> usize {
    let vendor = xero.vendor_itself();
    let mut accounts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for payment in vendor.organisation().shown(Kind::Payment) {
        let (invoice, account) = (&payment["Invoice"]["InvoiceID"], &payment["Account"]);
        accounts.entry(invoice.to_string()).or_default().insert(account["AccountID"].to_string());
    }
    accounts.values().filter(|accounts| accounts.len() > 1).count()
}

/// Invoices and credit notes are entered as drafts.
const DRAFTS: &str =
    "[levels.invoice]\napproval = \"draft\"\n[levels.credit-memo]\napproval = \"draft\"";

/// A merchant of some days who wants drafts, with an organisation, entered.
async fn drafted() -> (Stage, EmptyBooks) {
    drafted_over(&FaultSettings::none()).await
}

async fn drafted_over(network: &FaultSettings) -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&world(15, 60, 30), &FaultSettings::none()).await;
    let xero = joined(&mut stage, network).await;
    stage.revise_for_all_days(|before| format!("{before}\n{DRAFTS}")).await;
    stage.sync().await;
    (stage, xero)
}

/// How many things of a kind an organisation has that are drafts, and that are none.
fn statuses(xero: &EmptyBooks, kind: Kind) -> (usize, usize) {
    let vendor = xero.vendor_itself();
    let shown = vendor.organisation().shown(kind);
    let drafts = shown.iter().filter(|it| it["Status"] == "DRAFT").count();
    (drafts, shown.len() - drafts)
}

async fn approve_and_push(stage: &Stage) {
    let engine = stage.engine().await;
    assert!(approve(&engine, None, "owner").await.unwrap() > 0);
    push(&engine, None).await.unwrap();
    engine.store.close().await;
}

#[tokio::test]
async fn drafts_wait_in_an_organisation_with_all_that_pays_them() {
    let (stage, xero) = drafted().await;
    let (drafts, approved) = statuses(&xero, Kind::Invoice);
    assert!(drafts > 3, "{drafts} drafts, {approved} approved");
    assert_eq!(statuses(&xero, Kind::Payment).1, 0, "nobody pays a draft");
    let proof = stage.prove().await;
    let of = |name: &str| proof.books.iter().find(|book| book.book == name).unwrap();
    let cloud = of(XERO);
    assert_eq!((cloud.pending, cloud.failed), (0, 0));
    assert!(cloud.documents.drafts >= u64::try_from(drafts).unwrap());
    assert!(cloud.documents.differing.is_empty(), "{:?}", cloud.documents.differing);
    let strange: Vec<_> = cloud.accounts.iter().filter(|it| !it.others.is_zero()).collect();
    assert!(strange.is_empty(), "drafts are in no balance: {strange:?}");
    assert_eq!(stage.sync().await.approved, 0, "drafts wait for a person");
    approve_and_push(&stage).await;
    assert_eq!(statuses(&xero, Kind::Invoice).0, 0);
    assert!(statuses(&xero, Kind::Payment).1 > 0);
    stage.assert_proven("once all was confirmed").await;
    let mut automatic = Stage::after(&world(15, 60, 30), &FaultSettings::none()).await;
    let other = joined(&mut automatic, &FaultSettings::none()).await;
    automatic.sync().await;
    let ledger = |xero: &EmptyBooks| xero.vendor_itself().organisation().ledger_without_ids();
    assert_eq!(ledger(&xero), ledger(&other));
}

#[tokio::test]
async fn a_draft_that_somebody_changed_is_not_confirmed() {
    let (stage, xero) = drafted().await;
    let drafts = statuses(&xero, Kind::Invoice).0;
    stage.clock.advance(Duration::from_secs(3_600));
    let first = {
        let mut vendor = xero.vendor_itself();
        let first = vendor.organisation().shown(Kind::Invoice)[0].clone();
        let id = first["InvoiceID"].as_str().unwrap();
        let mut lines = first["LineItems"].clone();
        lines[0]["UnitAmount"] = json!(1.5);
        lines[0]
            .as_object_mut()
            .unwrap()
            .retain(|name, _| !name.ends_with("Amount") || name == "UnitAmount");
        let organisation = vendor.organisation_mut();
        organisation.revise(Kind::Invoice, id, &json!({ "LineItems": lines }), stage.clock.now());
        first["InvoiceNumber"].as_str().unwrap().to_owned()
    };
    let proof = stage.prove().await;
    let cloud = proof.books.iter().find(|book| book.book == XERO).unwrap();
    let differing: Vec<String> =
        cloud.documents.differing.iter().map(|it| it.key.to_string()).collect();
    assert_eq!(differing, std::slice::from_ref(&first));
    approve_and_push(&stage).await;
    assert_eq!(statuses(&xero, Kind::Invoice), (1, drafts - 1), "the others are");
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    let [failed] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!(failed.change.id, format!("confirm/{first}"));
    assert!(failed.refusal.message.contains("total: sent"), "{}", failed.refusal.message);
}

#[tokio::test]
async fn a_draft_that_somebody_approved_there_is_confirmed_by_that() {
    let (stage, xero) = drafted().await;
    stage.clock.advance(Duration::from_secs(3_600));
    let all: Vec<(Kind, String)> = {
        let vendor = xero.vendor_itself();
        let of = |kind: Kind, id: &str| -> Vec<(Kind, String)> {
            let shown = vendor.organisation().shown(kind);
            shown.iter().map(|it| (kind, it[id].as_str().unwrap().to_owned())).collect()
        };
        [of(Kind::Invoice, "InvoiceID"), of(Kind::CreditNote, "CreditNoteID")].concat()
    };
    for (kind, id) in &all {
        let approved = json!({ "Status": "AUTHORISED" });
        let mut vendor = xero.vendor_itself();
        vendor.organisation_mut().revise(*kind, id, &approved, stage.clock.now());
    }
    approve_and_push(&stage).await;
    stage.assert_proven("and everything that pays them goes on").await;
    assert!(statuses(&xero, Kind::Payment).1 > 0);
}

/// What was seen to be changed in the organisation.
async fn changed(stage: &Stage) -> Vec<ChangedThere> {
    let engine = stage.engine().await;
    let (store, company) = (&engine.store, engine.company_id());
    let changed = changed_there(store, company, &XERO.into()).await.unwrap();
    engine.store.close().await;
    changed
}

#[tokio::test]
async fn a_sync_sees_what_became_of_drafts_and_asks_for_nothing_else() {
    let (stage, xero) = drafted().await;
    stage.clock.advance(Duration::from_secs(3_600));
    stage.sync().await;
    let before = xero.vendor_itself().calls();
    stage.clock.advance(Duration::from_secs(3_600));
    stage.sync().await;
    let calls = xero.vendor_itself().calls();
    assert_eq!(calls.reads - before.reads, 2, "a list of each kind that has drafts");
    // Somebody approves one, deletes another and changes a third.
    stage.clock.advance(Duration::from_secs(3_600));
    let invoices = xero.vendor_itself().organisation().shown(Kind::Invoice);
    let drafts: Vec<_> = invoices.iter().filter(|it| it["Status"] == "DRAFT").collect();
    let words = |place: usize, name: &str| drafts[place][name].as_str().unwrap().to_owned();
    let revisions = [
        json!({ "Status": "AUTHORISED" }),
        json!({ "Status": "DELETED" }),
        json!({ "Date": "2026-01-02" }),
    ];
    for (place, revision) in revisions.iter().enumerate() {
        let (mut vendor, id) = (xero.vendor_itself(), words(place, "InvoiceID"));
        vendor.organisation_mut().revise(Kind::Invoice, &id, revision, stage.clock.now());
    }
    let waiting = |xero: &EmptyBooks| statuses(xero, Kind::Payment).1;
    assert_eq!(waiting(&xero), 0);
    stage.clock.advance(Duration::from_secs(600));
    stage.sync().await;
    assert!(waiting(&xero) > 0, "what pays the approved one is entered by the same run");
    let seen = changed(&stage).await;
    let keys: BTreeSet<String> = seen.iter().map(|it| it.key.clone()).collect();
    let number = |place: usize| words(place, "InvoiceNumber");
    assert_eq!(keys, BTreeSet::from([number(1), number(2)]), "{seen:?}");
    let proof = stage.prove().await;
    let cloud = proof.books.iter().find(|book| book.book == XERO).unwrap();
    let differing: BTreeSet<String> =
        cloud.documents.differing.iter().map(|it| it.key.to_string()).collect();
    assert_eq!(differing, keys, "a proof says the same");
    // Set right there, it is no longer named.
    let right = drafts[2]["DateString"].as_str().unwrap()[..10].to_owned();
    {
        let (mut vendor, id) = (xero.vendor_itself(), words(2, "InvoiceID"));
        let revision = json!({ "Date": right });
        vendor.organisation_mut().revise(Kind::Invoice, &id, &revision, stage.clock.now());
    }
    stage.sync().await;
    let seen = changed(&stage).await;
    assert_eq!(seen.iter().map(|it| it.key.clone()).collect::<Vec<_>>(), [number(1)], "{seen:?}");
}

/// The differences that identities name in the organisation, whole and by day, and what they call
/// the doing of others.
fn differing(proof: &ProofReport) -> BTreeMap<(String, String), (i64, i64)> {
    let mut differing = BTreeMap::new();
    for identity in &proof.identities {
        let whole = identity.lines.iter().map(|line| (String::new(), line));
        let days = identity.days.iter().map(|it| (it.day.to_string(), &it.line));
        for (day, line) in whole.chain(days).filter(|(_, it)| it.book.as_deref() == Some(XERO)) {
            let place = (format!("{} {}", identity.number, line.about), day);
            differing.insert(place, (line.difference.minor(), line.others.minor()));
        }
    }
    differing.retain(|_, sides| *sides != (0, 0));
    differing
}

#[tokio::test]
async fn a_draft_that_somebody_deleted_is_missing_no_more_than_before() {
    let (stage, xero) = drafted().await;
    let before = differing(&stage.prove().await);
    assert!(!before.is_empty(), "drafts do not count");
    let invoices = xero.vendor_itself().organisation().shown(Kind::Invoice);
    let draft = invoices.iter().find(|it| it["Status"] == "DRAFT").unwrap();
    stage.clock.advance(Duration::from_secs(600));
    let (id, deleted) = (draft["InvoiceID"].as_str().unwrap(), json!({ "Status": "DELETED" }));
    let now = stage.clock.now();
    xero.vendor_itself().organisation_mut().revise(Kind::Invoice, id, &deleted, now);
    let proof = stage.prove().await;
    let cloud = proof.books.iter().find(|book| book.book == XERO).unwrap();
    let [gone] = &cloud.documents.differing[..] else { panic!("{:?}", cloud.documents.differing) };
    assert_eq!(gone.key.to_string(), draft["InvoiceNumber"].as_str().unwrap());
    assert_eq!(gone.difference, "it is deleted");
    assert_eq!(differing(&proof), before);
}

#[tokio::test]
async fn drafts_are_confirmed_over_a_bad_network_as_over_a_good_one() {
    let (good, expected) = drafted().await;
    approve_and_push(&good).await;
    let (bad, xero) = drafted_over(&FaultSettings::rough()).await;
    approve_and_push(&bad).await;
    bad.clock.advance(SILENCE);
    bad.assert_proven("over a bad network").await;
    let ledger = |xero: &EmptyBooks| xero.vendor_itself().organisation().ledger_without_ids();
    assert_eq!(ledger(&xero), ledger(&expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_books_are_the_same_over_sockets() {
    let settings = world(7, 25, 12);
    let (within, xero) = small().await;
    within.sync().await;
    let mut over = Stage::over_sockets(&settings).await;
    let socket = listener().await;
    let far = joined_at(&mut over, &FaultSettings::none(), &home(&socket)).await;
    over.open(&far.vendor, socket);
    over.sync().await;
    over.assert_proven("over sockets").await;
    assert!(over.books() == within.books());
    let ledger = |books: &EmptyBooks| books.vendor_itself().organisation().ledger_without_ids();
    assert_eq!(ledger(&far), ledger(&xero));
}

/// A merchant of few days, with its organisation.
async fn small() -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&world(7, 25, 12), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    (stage, xero)
}

#[test]
fn a_process_may_end_while_it_enters_into_an_organisation() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, effects) = runtime.block_on(async {
        let (stage, xero) = small().await;
        let wire = Tripwire::default();
        assert!(!stage.sync_until_death(&wire).await);
        stage.assert_proven("a life without death").await;
        let ledger = xero.vendor_itself().organisation().ledger_without_ids();
        (ledger, wire.seen().len())
    });
    assert!(expected.lines().count() > 100, "{expected}");
    on_all_cores((0..effects).step_by(DEATHS), async |number| {
        let (stage, xero) = small().await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.clock.advance(RESTARTS[number / DEATHS % RESTARTS.len()]);
        stage.sync().await;
        stage.assert_proven(&format!("death at effect {number}")).await;
        let ledger = xero.vendor_itself().organisation().ledger_without_ids();
        assert!(ledger == expected, "death at effect {number}: the books differ");
    });
}

#[test]
fn a_bad_network_leaves_no_trace_in_an_organisation() {
    on_all_cores(1..=WORLDS, async |seed| {
        let settings = world(seed, 30, 20);
        let good = told(&settings, &FaultSettings::none()).await;
        let bad = told(&settings, &FaultSettings::rough()).await;
        assert!(good == bad, "seed {seed}: the books differ");
    });
}
