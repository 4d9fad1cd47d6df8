//! The books in Xero: what the adapter says, and what the simulated vendor makes of it.

use super::super::BookProof;
use super::stage::{Stage, home, listener, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::merchant::EmptyBooks;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use std::collections::BTreeMap;
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
