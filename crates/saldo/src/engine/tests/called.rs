//! A book whose vendor makes the calls: sessions that carry a sync, and sessions that break off.

use super::super::{Wiring, last_session, prove, sync};
use super::stage::{Stage, world};
use crate::cli::connect::connection;
use crate::connector::{
    ADAPTER, PASSWORD, Sessions, Visit, WebConnector, Work, Working, draw, hash, setting, testing,
};
use crate::transport::clock::Clock;
use crate::transport::service::Handler;
use crate::transport::testing::{reply, vendor};
use jiff::civil::Date;
use saldo_books::quickbooks_desktop::connector::OWNER_ID;
use saldo_sim::books::quickbooks_desktop::CompanyFile;
use saldo_sim::fault::FaultSettings;
use saldo_store::Role;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const URL: &str = "http://localhost:8766/qbwc";
const USER: &str = "saldo-demo";
const FILE_ID: &str = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}";
/// How long a call waits for the next message.
const PATIENCE: Duration = Duration::from_millis(200);
/// How many messages a session has at most.
const MESSAGES_MAX: usize = 60;

/// Where a session breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    /// The message did not reach the company file.
    Before,
    /// It was carried out, and its answer is lost.
    After,
}

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// It broke off, and nobody said so.
    Broke,
    /// It was closed; what went wrong, in words.
    Closed(String),
}

/// The computer on which the company file lies, with its connector.
struct Computer {
    file: Mutex<CompanyFile>,
    handler: Handler,
    service: Arc<WebConnector>,
    password: String,
    clock: Clock,
}

impl Computer {
    /// A merchant, whose books are also kept in a company file.
    async fn joined(mut stage: Stage) -> (Arc<Stage>, Self) {
        let mut book = connection(ADAPTER, Role::Book, ADAPTER);
        for (name, value) in [
            (setting::USER, USER),
            (setting::URL, URL),
            (setting::FILE_ID, FILE_ID),
            (setting::SCHEDULE, "every 15"),
        ] {
            book.settings.insert(name.to_owned(), value.to_owned());
        }
        let password = draw().unwrap();
        let kept = hash(&password).unwrap();
        // Between the sessions nobody answers.
        let nobody = vendor(|_, _| reply(500, "nobody calls"));
        stage.join(&book, &[(PASSWORD, kept.expose())], &nobody).await;
        let stage = Arc::new(stage);
        let (store, key) = stage.store().await;
        let service = Arc::new(WebConnector {
            store,
            key,
            clock: stage.clock.clone(),
            work: work(&stage),
            patience: PATIENCE,
            live: Sessions::default(),
            door: tokio::sync::Mutex::default(),
        });
        let mut file = CompanyFile::retail(5);
        file.stamp(OWNER_ID, "FileID", FILE_ID);
        let computer = Self {
            file: Mutex::new(file),
            handler: service.handler(),
            service,
            password: password.expose().to_owned(),
            clock: stage.clock.clone(),
        };
        (stage, computer)
    }

    async fn call(&self, method: &str, parameters: &[(&str, &str)]) -> Vec<String> {
        let answer = (self.handler)(testing::request(URL, method, parameters)).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        testing::results(answer.body, method)
    }

    async fn text(&self, method: &str, parameters: &[(&str, &str)]) -> String {
        self.call(method, parameters).await.remove(0)
    }

    /// What the company file answers; or the code and the words of its failure.
    fn asked(&self, message: &str) -> Result<String, (String, String)> {
        let answer = self.file.lock().unwrap().answer(message.as_bytes(), self.clock.now());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        answer.map(text).map_err(|failure| (failure.code, failure.message))
    }

    /// What QuickBooks says of itself at a session's first call for work.
    fn host(&self) -> String {
        let asked = format!(
            "<?xml version=\"1.0\"?><?qbxml version=\"13.0\"?><QBXML><QBXMLMsgsRq \
             onError=\"continueOnError\"><HostQueryRq/><CompanyQueryRq><OwnerID>{OWNER_ID}\
             </OwnerID></CompanyQueryRq><PreferencesQueryRq/></QBXMLMsgsRq></QBXML>"
        );
        self.asked(&asked).unwrap()
    }

    /// A session, which breaks off at the message of this number, counted from one.
    async fn session(&self, breaks: Option<(usize, Break)>) -> Ended {
        let login = [("strUserName", USER), ("strPassword", self.password.as_str())];
        let admitted = self.call("authenticate", &login).await;
        assert_eq!(admitted[1], "", "it is let in");
        let ticket = ("ticket", admitted[0].as_str());
        let (mut host, file) = (self.host(), self.file.lock().unwrap().path());
        let mut messages = 0;
        let told = loop {
            let asks = [
                ticket,
                ("strHCPResponse", host.as_str()),
                ("strCompanyFileName", &file),
                ("qbXMLCountry", "US"),
                ("qbXMLMajorVers", "16"),
                ("qbXMLMinorVers", "0"),
            ];
            let message = self.text("sendRequestXML", &asks).await;
            host.clear();
            if message.is_empty() {
                match self.text("getLastError", &[ticket]).await {
                    wait if wait == "NoOp" => continue,
                    done if done.starts_with("all is done") => break String::new(),
                    told => break told,
                }
            }
            messages += 1;
            let broken = breaks.filter(|(number, _)| *number == messages).map(|(_, way)| way);
            if broken == Some(Break::Before) {
                return Ended::Broke;
            }
            let answer = self.asked(&message);
            if broken == Some(Break::After) {
                return Ended::Broke;
            }
            let (response, code, words) = match &answer {
                Ok(response) => (response.as_str(), "", ""),
                Err((code, words)) => ("", code.as_str(), words.as_str()),
            };
            let brings = [ticket, ("response", response), ("hresult", code), ("message", words)];
            match self.text("receiveResponseXML", &brings).await.parse().unwrap() {
                1..100 => {}
                100 => break String::new(),
                _ => break self.text("getLastError", &[ticket]).await,
            }
        };
        self.text("closeConnection", &[ticket]).await;
        self.file.lock().unwrap().end_session();
        self.service.stop().await;
        Ended::Closed(told)
    }

    /// Half an hour goes by, in which nobody calls.
    async fn silence(&self) {
        self.file.lock().unwrap().end_session();
        self.clock.advance(Duration::from_mins(31));
        self.service.expire().await.unwrap();
        self.service.stop().await;
    }

    /// What stands in the company file, by account and day, in minor units.
    fn sums(&self) -> BTreeMap<(String, Date), i64> {
        let mut sums = BTreeMap::new();
        for posting in self.file.lock().unwrap().ledger() {
            *sums.entry((posting.account, posting.date)).or_default() += posting.minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    fn ledger(&self) -> String {
        self.file.lock().unwrap().ledger_without_ids()
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

/// A sync, while the vendor calls.
fn work(stage: &Arc<Stage>) -> Work {
    let stage = Arc::clone(stage);
    Arc::new(move |visit: Visit| -> Working {
        let stage = Arc::clone(&stage);
        Box::pin(async move {
            let mut engine = stage.engine().await;
            let (connection, mailbox) = (visit.place.connection.id.clone(), visit.mailbox);
            engine.progress = visit.tally.of(connection.clone());
            let others = Box::new(engine.wiring);
            engine.wiring = Wiring::Called { connection, mailbox, others };
            sync(&engine).await.map(|_| ()).map_err(|error| error.to_string())
        })
    })
}

#[tokio::test]
async fn a_company_file_holds_what_the_other_books_hold() {
    let stage = Stage::after(&world(3, 60, 30), &FaultSettings::none()).await;
    let (stage, computer) = Computer::joined(stage).await;
    assert_eq!(computer.session(None).await, Ended::Closed(String::new()));
    let (desktop, cloud) = (by_day(computer.sums()), by_day(stage.sums()));
    assert!(desktop.len() > 25, "{desktop:?}");
    assert_eq!(desktop, cloud);
    // A session without news enters nothing.
    let ledger = computer.ledger();
    assert!(matches!(computer.session(None).await, Ended::Closed(_)));
    assert!(computer.ledger() == ledger, "nothing is entered twice");
    let (store, _) = stage.store().await;
    let book = connection(ADAPTER, Role::Book, ADAPTER).id;
    let (_, end) = last_session(&store, &stage.company.id, &book).await.unwrap().unwrap();
    assert_eq!((end.done, end.trouble), (0, None));
}

#[tokio::test]
async fn a_session_may_break_off_at_any_message() {
    let settings = world(7, 12, 6);
    let expected = {
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        let (_stage, computer) = Computer::joined(stage).await;
        assert_eq!(computer.session(None).await, Ended::Closed(String::new()));
        computer.ledger()
    };
    for way in [Break::Before, Break::After] {
        let mut broken = 0;
        for number in 1..=MESSAGES_MAX {
            let stage = Stage::after(&settings, &FaultSettings::none()).await;
            let (_stage, computer) = Computer::joined(stage).await;
            if computer.session(Some((number, way))).await != Ended::Broke {
                break;
            }
            broken += 1;
            computer.silence().await;
            let ended = computer.session(None).await;
            assert_eq!(ended, Ended::Closed(String::new()), "{way:?} {number}");
            assert!(computer.ledger() == expected, "{way:?} {number}: the books differ");
        }
        assert!((4..MESSAGES_MAX).contains(&broken), "{way:?}: {broken}");
    }
}

#[tokio::test]
async fn between_the_sessions_all_else_goes_on() {
    let stage = Stage::after(&world(7, 12, 6), &FaultSettings::none()).await;
    let (stage, _computer) = Computer::joined(stage).await;
    let mut engine = stage.engine().await;
    let book = connection(ADAPTER, Role::Book, ADAPTER).id;
    // A mailbox at which nobody is, as when a session has just ended.
    let mailbox = crate::transport::mailbox::Mailbox::open();
    mailbox.close();
    let others = Box::new(engine.wiring);
    engine.wiring = Wiring::Called { connection: book.clone(), mailbox, others };
    let report = sync(&engine).await.unwrap();
    assert!(report.acknowledged > 0, "the other books have theirs");
    let waiting = engine.store.open_counts(engine.company_id(), &book).await.unwrap();
    assert!(waiting.pending > 0 && waiting.failed == 0, "{waiting:?}");
    let again = sync(&engine).await.unwrap();
    assert_eq!((again.acknowledged, again.refused), (0, 0));
    let proof = prove(&engine).await;
    assert!(proof.is_err_and(|error| error.is_worth_another_try()), "it cannot be asked");
}
