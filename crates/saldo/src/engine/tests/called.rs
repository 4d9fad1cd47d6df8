//! A book whose vendor makes the calls: sessions that carry a sync, and sessions that break off.

use super::super::{Engine, ProofReport, Wiring, attend, last_session, prove, sync};
use super::stage::{Stage, differences, on_all_cores, world};
use crate::cli::connect::connection;
use crate::connector::{
    ADAPTER, PASSWORD, STRANGER_LIMIT, Sessions, Visit, WebConnector, Work, Working, application,
    draw, hash, setting,
};
use crate::transport::clock::Clock;
use crate::transport::mailbox::Mailbox;
use crate::transport::service::Handler;
use crate::transport::testing::{reply, vendor};
use jiff::SignedDuration;
use jiff::civil::Date;
use saldo_sim::Reply;
use saldo_sim::books::quickbooks_desktop as simulated;
use saldo_sim::books::quickbooks_desktop::{CompanyFile, Ended, Mischief, Step, Trouble};
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_store::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a call waits for the next message.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long the connector waits at most within a session.
const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(5);
/// How many sessions it may take until all is entered.
const SESSIONS_MAX: usize = 60;
/// How many unruly computers are tried.
const COMPUTERS: u64 = 8;

/// The computer on which the company file lies, with its connector.
struct Computer {
    connector: simulated::WebConnector,
    handler: Handler,
    service: Arc<WebConnector>,
    clock: Clock,
    /// What the last session without trouble proved.
    proof: Proof,
}

/// What a session proved.
type Proof = Arc<Mutex<Option<ProofReport>>>;

impl Computer {
    /// A merchant, whose books are also kept in a company file.
    async fn joined(mut stage: Stage) -> (Arc<Stage>, Self) {
        let mut book = connection(ADAPTER, Role::Book, ADAPTER);
        for (name, value) in [
            (setting::USER, "saldo-demo"),
            (setting::URL, "http://localhost:8766/qbwc"),
            (setting::FILE_ID, "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"),
            (setting::SCHEDULE, "every 15"),
        ] {
            book.settings.insert(name.to_owned(), value.to_owned());
        }
        let password = draw().unwrap();
        let kept = hash(&password).unwrap();
        // Between the sessions nobody answers.
        let nobody = vendor(|_, _| reply(500, "nobody calls"));
        stage.join(&book, &[(PASSWORD, kept.expose())], &nobody).await;
        let (stage, proof) = (Arc::new(stage), Proof::default());
        let (store, key) = stage.store().await;
        let service = Arc::new(WebConnector {
            store,
            key,
            clock: stage.clock.clone(),
            only: None,
            work: work(&stage, &proof),
            patience: PATIENCE,
            stranger_limit: STRANGER_LIMIT,
            live: Sessions::default(),
            door: std::sync::Arc::default(),
        });
        let file = application(&book).unwrap().write();
        let company = CompanyFile::retail(5);
        let connector = simulated::WebConnector::new(&file, password.expose(), company).unwrap();
        let (handler, clock) = (service.handler(), stage.clock.clone());
        (stage, Self { connector, handler, service, clock, proof })
    }

    /// A session that somebody begins by hand.
    async fn session(&mut self) -> Ended {
        self.connector.update(self.clock.now());
        loop {
            match self.connector.next(self.clock.now()) {
                Step::Call(request) => {
                    let answer = (self.handler)(request.into()).await;
                    self.connector.hear(Reply::Answer(answer), self.clock.now());
                }
                Step::Wait(pause) if pause <= PAUSE_MAX => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    self.clock.advance(pause.unsigned_abs());
                }
                Step::Wait(_) | Step::Rest => break,
            }
        }
        let ended = self.connector.ended().cloned().unwrap();
        if matches!(ended, Ended::Closed(_)) {
            self.service.stop().await;
        }
        ended
    }

    /// Time goes by in which nobody calls, until nobody is expected to.
    async fn silence(&self) {
        self.clock.advance(Duration::from_mins(31));
        self.service.expire().await.unwrap();
        self.service.stop().await;
    }

    /// Sessions, until one has nothing to enter any more; how many there were.
    async fn sessions(&mut self) -> usize {
        for number in 1..SESSIONS_MAX {
            let ended = self.session().await;
            if ended == Ended::Closed("OK: nothing new was entered".to_owned()) {
                return number;
            }
            self.silence().await;
        }
        panic!("{SESSIONS_MAX} sessions did not do: {:#?}", self.connector.log());
    }

    /// What stands in the company file, by account and day, in minor units.
    fn sums(&self) -> BTreeMap<(String, Date), i64> {
        let mut sums = BTreeMap::new();
        for posting in self.connector.company().ledger() {
            *sums.entry((posting.account, posting.date)).or_default() += posting.minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    fn ledger(&self) -> String {
        self.connector.company().ledger_without_ids()
    }
}

/// What moved on each day, whatever a book calls the accounts.
fn by_day(sums: BTreeMap<(String, Date), i64>) -> BTreeMap<Date, Vec<i64>> {
    let mut days: BTreeMap<Date, Vec<i64>> = BTreeMap::new();
    for ((_, day), minor) in sums {
        days.entry(day).or_default().push(minor);
    }
    days.values_mut().for_each(|amounts| amounts.sort_unstable());
    days
}

/// A sync and a proof, while the vendor calls.
fn work(stage: &Arc<Stage>, proof: &Proof) -> Work {
    let (stage, proof) = (Arc::clone(stage), Arc::clone(proof));
    Arc::new(move |visit: Visit| -> Working {
        let (stage, proof) = (Arc::clone(&stage), Arc::clone(&proof));
        Box::pin(async move {
            let mut engine = stage.engine().await;
            let (connection, mailbox) = (visit.place.connection.id.clone(), visit.mailbox);
            engine.progress = visit.tally.of(connection.clone());
            let others = Box::new(engine.wiring);
            engine.wiring = Wiring::Called { connection, mailbox, others };
            let attended = attend(&engine, &visit.place.connection).await;
            let attended = attended.map_err(|error| error.to_string())?;
            if let Some(report) = attended.proof {
                *proof.lock().unwrap() = Some(report);
            }
            Ok(())
        })
    })
}

#[tokio::test]
async fn a_company_file_holds_what_the_other_books_hold() {
    let stage = Stage::after(&world(3, 60, 30), &FaultSettings::none()).await;
    let (stage, mut computer) = Computer::joined(stage).await;
    let ended = computer.session().await;
    let Ended::Closed(told) = &ended else { panic!("{ended:?}") };
    assert!(told.starts_with("OK: ") && told.ends_with(" entered"), "{told}");
    let (desktop, cloud) = (by_day(computer.sums()), by_day(stage.sums()));
    assert!(desktop.len() > 25, "{desktop:?}");
    assert_eq!(desktop, cloud);
    let report = computer.proof.lock().unwrap().take().unwrap();
    assert!(report.holds(), "{}", differences(&report));
    assert!(report.books.iter().any(|book| book.book == ADAPTER), "it was asked as well");
    // A session without news enters nothing.
    let ledger = computer.ledger();
    assert_eq!(computer.sessions().await, 1);
    assert!(computer.ledger() == ledger, "nothing is entered twice");
    let (store, _) = stage.store().await;
    let book = connection(ADAPTER, Role::Book, ADAPTER).id;
    let (_, end) = last_session(&store, &stage.company.id, &book).await.unwrap().unwrap();
    assert_eq!((end.done, end.trouble), (0, None));
}

/// The company file of a merchant, on a computer at which these things go wrong.
async fn told(settings: &WorldSettings, mischief: Mischief) -> (String, Vec<Trouble>) {
    let stage = Stage::after(settings, &FaultSettings::none()).await;
    let (_stage, mut computer) = Computer::joined(stage).await;
    computer.connector.mischief = mischief;
    computer.sessions().await;
    (computer.ledger(), computer.connector.troubles().to_vec())
}

#[test]
fn whatever_goes_wrong_on_the_computer_the_books_are_the_same() {
    let settings = world(7, 12, 6);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, none) = runtime.block_on(told(&settings, Mischief::none()));
    assert!(expected.lines().count() > 30 && none.is_empty(), "{expected}");
    let seen = Mutex::new(BTreeSet::new());
    on_all_cores(1..=COMPUTERS, async |seed| {
        let unruly = Mischief {
            timed_out: 100,
            dropped_before: 150,
            dropped_after: 200,
            ..Mischief::rough(seed)
        };
        let (ledger, troubles) = told(&settings, unruly).await;
        assert!(ledger == expected, "seed {seed}: the books differ after {troubles:?}");
        seen.lock().unwrap().extend(troubles.iter().map(|it| format!("{it:?}")));
    });
    let seen = seen.into_inner().unwrap();
    assert!(seen.contains("DroppedBefore") && seen.contains("DroppedAfter"), "{seen:?}");
}

/// A process between two sessions: nobody is at the mailbox, as when one has just ended.
async fn between_sessions(stage: &Stage) -> Engine {
    let mut engine = stage.engine().await;
    let connection = connection(ADAPTER, Role::Book, ADAPTER).id;
    let mailbox = Mailbox::open();
    mailbox.close();
    let others = Box::new(engine.wiring);
    engine.wiring = Wiring::Called { connection, mailbox, others };
    engine
}

#[tokio::test]
async fn between_the_sessions_the_proof_of_the_last_one_is_shown() {
    let stage = Stage::after(&world(7, 12, 6), &FaultSettings::none()).await;
    let (stage, mut computer) = Computer::joined(stage).await;
    computer.session().await;
    assert!(computer.proof.lock().unwrap().take().is_some());
    let (before, read_by) = (computer.connector.sessions(), stage.clock.now());
    stage.clock.advance(Duration::from_hours(1));
    let engine = between_sessions(&stage).await;
    let report = prove(&engine).await.unwrap();
    assert!(report.holds(), "{}", differences(&report));
    let [kept] = &report.read_before[..] else { panic!("{report:?}") };
    assert!(kept.read_at <= read_by, "{kept:?}");
    assert!(kept.proof.book == ADAPTER && kept.proof.documents.pushed > 10, "{kept:?}");
    assert!(report.books.iter().all(|book| book.book != ADAPTER));
    // Somebody asked, so that the session after that reads it anew, and a further one does not.
    for is_proved in [true, false] {
        computer.session().await;
        assert_eq!(computer.proof.lock().unwrap().take().is_some(), is_proved);
    }
    assert_eq!(computer.connector.sessions(), before + 2);
}

#[tokio::test]
async fn between_the_sessions_all_else_goes_on() {
    let stage = Stage::after(&world(7, 12, 6), &FaultSettings::none()).await;
    let (stage, _computer) = Computer::joined(stage).await;
    let engine = between_sessions(&stage).await;
    let book = connection(ADAPTER, Role::Book, ADAPTER).id;
    let report = sync(&engine).await.unwrap();
    assert!(report.acknowledged > 0, "the other books have theirs");
    let waiting = engine.store.open_counts(engine.company_id(), &book).await.unwrap();
    assert!(waiting.pending > 0 && waiting.failed == 0, "{waiting:?}");
    let again = sync(&engine).await.unwrap();
    assert_eq!((again.acknowledged, again.refused), (0, 0));
    let proof = prove(&engine).await;
    assert!(proof.is_err_and(|error| error.is_worth_another_try()), "it cannot be asked");
}
