//! A book whose vendor makes the calls: sessions that carry a sync, and sessions that break off.

use super::super::{BookProof, ProofReport, Wiring, last_session, prove, sync};
use super::stage::{Stage, world};
use crate::cli::connect::connection;
use crate::connector::{
    ADAPTER, PASSWORD, Sessions, Visit, WebConnector, Work, Working, draw, hash, setting, testing,
};
use crate::transport::clock::Clock;
use crate::transport::service::Handler;
use crate::transport::testing::{reply, vendor};
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
/// How many sessions it may take until all is entered.
const SESSIONS_MAX: usize = 60;

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
    /// It was closed; what the connector was told last.
    Closed(String),
}

/// The computer on which the company file lies, with its connector.
struct Computer {
    file: Mutex<CompanyFile>,
    handler: Handler,
    service: Arc<WebConnector>,
    password: String,
    clock: Clock,
    /// What the last session proved.
    proof: Arc<Mutex<Option<ProofReport>>>,
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
        let (stage, proof) = (Arc::new(stage), Arc::default());
        let (store, key) = stage.store().await;
        let service = Arc::new(WebConnector {
            store,
            key,
            clock: stage.clock.clone(),
            work: work(&stage, &proof),
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
            proof,
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

    fn ledger(&self) -> String {
        self.file.lock().unwrap().ledger_without_ids()
    }
}

/// A sync, and then a proof, while the vendor calls.
fn work(stage: &Arc<Stage>, proof: &Arc<Mutex<Option<ProofReport>>>) -> Work {
    let (stage, proof) = (Arc::clone(stage), Arc::clone(proof));
    Arc::new(move |visit: Visit| -> Working {
        let (stage, proof) = (Arc::clone(&stage), Arc::clone(&proof));
        Box::pin(async move {
            let mut engine = stage.engine().await;
            let (connection, mailbox) = (visit.place.connection.id.clone(), visit.mailbox);
            engine.progress = visit.tally.of(connection.clone());
            let others = Box::new(engine.wiring);
            engine.wiring = Wiring::Called { connection, mailbox, others };
            sync(&engine).await.map_err(|error| error.to_string())?;
            let report = prove(&engine).await.map_err(|error| error.to_string())?;
            *proof.lock().unwrap() = Some(report);
            Ok(())
        })
    })
}

#[tokio::test]
async fn a_company_file_holds_what_the_other_books_hold() {
    let stage = Stage::after(&world(3, 60, 30), &FaultSettings::none()).await;
    let (stage, computer) = Computer::joined(stage).await;
    assert_eq!(computer.session(None).await, Ended::Closed(String::new()));
    let report = computer.proof.lock().unwrap().take().unwrap();
    let of = |name: &str| report.books.iter().find(|book| book.book == name).unwrap();
    let (plain, desktop) = (of("plain-text"), of(ADAPTER));
    assert_eq!((desktop.pending, desktop.failed), (0, 0));
    assert_eq!(desktop.documents.pushed, plain.documents.pushed);
    let held = |book: &BookProof| -> BTreeMap<String, String> {
        book.accounts.iter().map(|it| (it.account.clone(), format!("{:?}", it.held))).collect()
    };
    assert_eq!(held(desktop), held(plain));
    assert!(report.holds());
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
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        let (_stage, computer) = Computer::joined(stage).await;
        // Each session gets one message further than the one before it.
        let mut sessions = 0;
        while computer.session(Some((sessions + 1, way))).await == Ended::Broke {
            sessions += 1;
            assert!(sessions < SESSIONS_MAX, "{way:?}: it does not end");
            computer.silence().await;
        }
        assert!(sessions > 5, "{way:?}: {sessions}");
        computer.session(None).await;
        let report = computer.proof.lock().unwrap().take().unwrap();
        assert!(report.holds(), "{way:?}");
        assert!(computer.ledger() == expected, "{way:?}: the books differ");
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
