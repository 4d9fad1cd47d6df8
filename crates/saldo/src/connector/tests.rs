//! The service over loopback HTTP, called as the Web Connector calls: bodies written by hand, and
//! work that knows no book.

mod admission;
mod large;

use super::*;
use crate::engine::last_session;
use crate::transport::carrier::Carrier;
use crate::transport::http::HttpCarrier;
use crate::transport::service::Service;
use jiff::Timestamp;
use saldo_core::exchange::{Addresses, Answer, HttpRequest, MessageAnswer, MessageAsk, Permit};
use saldo_core::money::Currency;
use saldo_core::text::Secret;
use saldo_store::{Company, Connection, Role};
use std::collections::BTreeMap;
use visit::Tally;

const FILE_ID: &str = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}";
const FILE: &str = r"C:\Books\Mug.qbw";
const START: &str = "2026-11-20T08:00:00Z";

/// What came of the messages that work sent: their answers, or what their faults permit.
type Heard = Arc<Mutex<Vec<Result<MessageAnswer, Permit>>>>;

/// Work that sends these messages one after the other, until one fails.
fn sends(messages: &'static [&'static str], heard: &Heard) -> Work {
    let heard = Arc::clone(heard);
    Arc::new(move |visit: Visit| -> Working {
        let heard = Arc::clone(&heard);
        Box::pin(async move {
            visit.tally.plan(messages.len());
            for message in messages {
                let ask = MessageAsk { body: message.as_bytes().to_vec() };
                let answer = visit.mailbox.exchange(&ask).await.map_err(|fault| fault.permits);
                let failed = answer.is_err();
                heard.lock().unwrap().push(answer);
                if failed {
                    return Err("it was left in the middle".to_owned());
                }
                visit.tally.finish(1);
            }
            Ok(())
        })
    })
}

/// A service at a loopback address, and the connector's side of it.
struct Stage {
    service: Arc<WebConnector>,
    url: String,
    carrier: Carrier,
    password: String,
    company: CompanyId,
    book: ConnectionId,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<()>,
}

impl Stage {
    async fn new(schedule: &str, patience: Duration, work: Work) -> Self {
        let store = Store::in_memory().await.unwrap();
        let company = Company {
            id: CompanyId::new("demo"),
            name: "Demo".to_owned(),
            currency: Currency::parse("USD").unwrap(),
            timezone: "UTC".to_owned(),
            start_date: "2026-11-01".parse().unwrap(),
        };
        store.create_company(&company).await.unwrap();
        let settings = [
            (setting::USER, "saldo-demo"),
            (setting::URL, "http://localhost:8766/qbwc"),
            (setting::FILE_ID, FILE_ID),
            (setting::SCHEDULE, schedule),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let connection = Connection {
            id: ConnectionId::new(ADAPTER),
            role: Role::Book,
            adapter: ADAPTER.to_owned(),
            settings: BTreeMap::from(settings),
            addresses: Addresses::default(),
        };
        store.add_connection(&company.id, &connection).await.unwrap();
        let (key, password) = (Arc::new(Key::generate().unwrap()), draw().unwrap());
        let kept = hash(&password).unwrap();
        store.put_secret(&company.id, &connection.id, PASSWORD, &kept, &key).await.unwrap();
        let service = Arc::new(WebConnector {
            store,
            key,
            clock: Clock::simulated(START.parse().unwrap()),
            only: None,
            work,
            patience,
            stranger_limit: Duration::from_secs(3),
            live: Sessions::default(),
            door: std::sync::Arc::default(),
        });
        let listening = Service::listen("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        let url = format!("http://{}{PATH}", listening.address().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let served = tokio::spawn(listening.run(service.handler(), stopped));
        Self {
            service,
            url,
            carrier: Carrier::Http(HttpCarrier::new().unwrap()),
            password: password.expose().to_owned(),
            company: company.id,
            book: connection.id,
            stop: Some(stop),
            served,
        }
    }

    /// A service whose work sends these messages.
    async fn sending(messages: &'static [&'static str]) -> (Self, Heard) {
        let heard = Heard::default();
        let work = sends(messages, &heard);
        (Self::new("every 15", Duration::from_secs(5), work).await, heard)
    }

    /// Calls a method with these parameters; the texts of its result.
    async fn call(&self, method: &str, parameters: &[(&str, &str)]) -> Vec<String> {
        let request = testing::request(&self.url, method, parameters);
        let answer = self.carrier.send(&request, None).await.unwrap();
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
        testing::results(answer.body, method)
    }

    async fn text(&self, method: &str, parameters: &[(&str, &str)]) -> String {
        self.call(method, parameters).await.remove(0)
    }

    async fn log_in(&self, user: &str, password: &str) -> Vec<String> {
        self.call("authenticate", &[("strUserName", user), ("strPassword", password)]).await
    }

    /// Begins a session.
    async fn ticket(&self) -> String {
        let admitted = self.log_in("saldo-demo", &self.password).await;
        let [ticket, word] = &admitted[..] else { panic!("{admitted:?}") };
        assert_eq!((ticket.len(), word.as_str()), (32, ""));
        ticket.clone()
    }

    async fn next(&self, ticket: &str, host: &str, file: &str) -> String {
        let parameters = [
            ("ticket", ticket),
            ("strHCPResponse", host),
            ("strCompanyFileName", file),
            ("qbXMLCountry", "US"),
            ("qbXMLMajorVers", "16"),
            ("qbXMLMinorVers", "0"),
        ];
        self.text("sendRequestXML", &parameters).await
    }

    async fn bring(&self, ticket: &str, response: &str, code: &str) -> String {
        let parameters =
            [("ticket", ticket), ("response", response), ("hresult", code), ("message", "broken")];
        self.text("receiveResponseXML", &parameters).await
    }

    async fn last_error(&self, ticket: &str) -> String {
        self.text("getLastError", &[("ticket", ticket)]).await
    }

    async fn close(&self, ticket: &str) -> String {
        self.text("closeConnection", &[("ticket", ticket)]).await
    }

    async fn trouble(&self) -> Option<String> {
        let last = last_session(&self.service.store, &self.company, &self.book).await.unwrap();
        last.unwrap().1.trouble
    }

    async fn connection(&self) -> Connection {
        self.service.store.connections(&self.company).await.unwrap().remove(0)
    }
}

/// What QuickBooks says of itself, with the number of a connection of ours in the company file.
fn host(file_id: &str) -> String {
    let owner = saldo_books::quickbooks_desktop::connector::OWNER_ID;
    format!(
        "<?xml version=\"1.0\" ?><QBXML><QBXMLMsgsRs><CompanyQueryRs statusCode=\"0\"><CompanyRet>\
         <CompanyName>Mug &amp; Co</CompanyName><DataExtRet><OwnerID>{owner}</OwnerID>\
         <DataExtName>FileID</DataExtName><DataExtType>STR255TYPE</DataExtType><DataExtValue>\
         {file_id}</DataExtValue></DataExtRet></CompanyRet></CompanyQueryRs></QBXMLMsgsRs></QBXML>"
    )
}

fn whole(text: &str) -> Result<MessageAnswer, Permit> {
    Ok(MessageAnswer::Whole(text.as_bytes().to_vec()))
}

#[tokio::test]
async fn a_session_carries_messages_there_and_answers_back() {
    let (stage, heard) = Stage::sending(&["<QBXML>1 & 1</QBXML>", "<QBXML>2</QBXML>"]).await;
    assert!(stage.text("serverVersion", &[]).await.starts_with("Saldo "));
    assert_eq!(stage.text("clientVersion", &[("strVersion", "34.0.10018.97")]).await, "");
    let ticket = stage.ticket().await;
    let first = stage.next(&ticket, &host(FILE_ID), FILE).await;
    assert_eq!(first, "<QBXML>1 & 1</QBXML>");
    assert_eq!(stage.bring(&ticket, "<QBXML>a & b</QBXML>", "").await, "50");
    assert_eq!(stage.next(&ticket, "", FILE).await, "<QBXML>2</QBXML>");
    assert_eq!(stage.bring(&ticket, "", "0x80040400").await, "100");
    assert_eq!(stage.close(&ticket).await, "OK: 2 of 2 entered");
    let failed = MessageAnswer::Failed { code: "0x80040400".into(), message: "broken".into() };
    assert_eq!(*heard.lock().unwrap(), [whole("<QBXML>a & b</QBXML>"), Ok(failed)]);
    let connection = stage.connection().await;
    assert_eq!(connection.settings[setting::FILE], FILE);
    assert_eq!(connection.settings[setting::COMPANY], "Mug & Co");
    assert_eq!(stage.trouble().await, None);
    // Another session begins at once.
    stage.ticket().await;
}

#[tokio::test]
async fn a_ticket_of_nobody_gets_nothing() {
    let (stage, heard) = Stage::sending(&["1"]).await;
    let ticket = stage.ticket().await;
    let wrong = "0".repeat(32);
    assert_eq!(stage.next(&wrong, &host(FILE_ID), FILE).await, "");
    assert!(stage.last_error(&wrong).await.contains("start the update again"));
    assert_eq!(stage.bring(&wrong, "x", "").await, "-1");
    assert_eq!(stage.close(&wrong).await, "OK");
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "1", "the session goes on");
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_session_runs_at_a_time() {
    let (stage, heard) = Stage::sending(&["1"]).await;
    let unheard = stage.ticket().await;
    // Whoever logs in again before anything was asked for did not hear the answer.
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&unheard, &host(FILE_ID), FILE).await, "");
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "1");
    assert_eq!(stage.log_in("saldo-demo", &stage.password).await, ["", "busy"]);
    let last = last_call(&stage.service.store, &stage.company, &stage.book).await.unwrap();
    assert_eq!(last.unwrap().answer, CallAnswer::Busy);
    assert_eq!(stage.bring(&ticket, "a", "").await, "100");
    assert_eq!(*heard.lock().unwrap(), [whole("a")]);
    stage.close(&ticket).await;
    stage.ticket().await;
}

#[tokio::test]
async fn another_company_file_is_told_which_one_is_expected() {
    let (stage, heard) = Stage::sending(&["1"]).await;
    let ticket = stage.ticket().await;
    stage.next(&ticket, &host(FILE_ID), FILE).await;
    stage.bring(&ticket, "a", "").await;
    stage.close(&ticket).await;
    let ticket = stage.ticket().await;
    let other = host("{11111111-33D9-4815-AC85-BC87A7E7D1EB}");
    assert_eq!(stage.next(&ticket, &other, r"C:\Other.qbw").await, "");
    let told = stage.last_error(&ticket).await;
    assert!(told.contains(FILE) && told.contains(r"C:\Other.qbw"), "{told}");
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "", "it does not get another try");
    assert!(stage.close(&ticket).await.contains(FILE));
    assert!(stage.trouble().await.unwrap().contains(FILE));
    assert_eq!(*heard.lock().unwrap(), [whole("a")], "nothing was begun");
    assert_eq!(stage.connection().await.settings[setting::FILE], FILE);
    // The same at another place may be a copy, until its owner says that it was moved.
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), r"D:\Moved.qbw").await, "");
    assert!(stage.last_error(&ticket).await.contains("it may be a copy"));
    stage.close(&ticket).await;
    let mut connection = stage.connection().await;
    connection.settings.remove(setting::FILE);
    stage.service.store.update_connection(&stage.company, &connection).await.unwrap();
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), r"D:\Moved.qbw").await, "1");
    assert_eq!(stage.connection().await.settings[setting::FILE], r"D:\Moved.qbw");
}

#[tokio::test]
async fn stop_leaves_what_was_handed_over_in_doubt_and_nothing_else() {
    // Before anything was handed over, and after.
    for (asks, expected) in [(false, None), (true, Some(Err(Permit::InDoubt)))] {
        let (stage, heard) = Stage::sending(&["1", "2"]).await;
        let ticket = stage.ticket().await;
        if asks {
            assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "1");
        }
        stage.close(&ticket).await;
        stage.service.stop().await;
        assert_eq!(heard.lock().unwrap().first().cloned(), expected);
        assert_eq!(stage.next(&ticket, "", FILE).await, "", "it is over");
        // Another session goes on.
        let ticket = stage.ticket().await;
        assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "1");
    }
}

#[tokio::test]
async fn what_lay_ready_at_the_end_had_no_effect() {
    let (stage, heard) = Stage::sending(&["1", "2"]).await;
    let ticket = stage.ticket().await;
    stage.next(&ticket, &host(FILE_ID), FILE).await;
    assert_eq!(stage.bring(&ticket, "a", "").await, "50");
    let failed = [("ticket", ticket.as_str()), ("hresult", "0x80040408"), ("message", "no start")];
    assert_eq!(stage.text("connectionError", &failed).await, "done");
    stage.service.stop().await;
    assert_eq!(*heard.lock().unwrap(), [whole("a"), Err(Permit::WhenCalled)]);
    let trouble = "QuickBooks cannot be reached: no start (0x80040408)";
    assert_eq!(stage.trouble().await.as_deref(), Some(trouble));
}

#[tokio::test]
async fn an_answer_that_is_lost_ends_the_session_at_the_next_call() {
    let (stage, heard) = Stage::sending(&["1", "2"]).await;
    let ticket = stage.ticket().await;
    stage.next(&ticket, &host(FILE_ID), FILE).await;
    // The connector asks for the next one, as if nothing had been handed over.
    assert_eq!(stage.next(&ticket, "", FILE).await, "");
    assert!(stage.last_error(&ticket).await.contains("did not come"));
    stage.service.stop().await;
    assert_eq!(*heard.lock().unwrap(), [Err(Permit::InDoubt)]);
    assert_eq!(stage.bring(&ticket, "late", "").await, "-1", "it comes too late");
}

#[tokio::test]
async fn half_an_hour_without_a_call_ends_a_session() {
    let (stage, heard) = Stage::sending(&["1"]).await;
    let ticket = stage.ticket().await;
    stage.next(&ticket, &host(FILE_ID), FILE).await;
    stage.service.clock.advance(Duration::from_mins(29));
    stage.service.expire().await.unwrap();
    assert_eq!(stage.log_in("saldo-demo", &stage.password).await, ["", "busy"]);
    stage.service.clock.advance(Duration::from_mins(1));
    stage.service.expire().await.unwrap();
    stage.service.stop().await;
    assert_eq!(*heard.lock().unwrap(), [Err(Permit::InDoubt)]);
    assert!(stage.trouble().await.unwrap().contains("did not call any more"));
    assert_eq!(stage.bring(&ticket, "late", "").await, "-1");
    stage.ticket().await;
}

/// A message that asks for something, and one that adds something.
const ASKS: &str =
    "<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRq><HostQueryRq/></QBXMLMsgsRq></QBXML>";
const WRITES: &str =
    "<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRq><ClassAddRq/></QBXMLMsgsRq></QBXML>";

#[tokio::test]
async fn another_session_takes_the_place_of_one_that_is_quiet() {
    let (stage, heard) = Stage::sending(&[ASKS, WRITES]).await;
    let lost = stage.ticket().await;
    assert_eq!(stage.next(&lost, &host(FILE_ID), FILE).await, ASKS);
    stage.service.clock.advance(Duration::from_secs(119));
    assert_eq!(stage.log_in("saldo-demo", &stage.password).await, ["", "busy"]);
    stage.service.clock.advance(Duration::from_secs(1));
    let ticket = stage.ticket().await;
    assert_eq!(*heard.lock().unwrap(), [Err(Permit::InDoubt)]);
    assert!(stage.trouble().await.unwrap().contains("another session began"));
    assert_eq!(stage.bring(&lost, "late", "").await, "-1", "it comes too late");
    assert_eq!(stage.next(&lost, &host(FILE_ID), FILE).await, "");
    // Between two messages too, but not while one that writes is out.
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, ASKS);
    assert_eq!(stage.bring(&ticket, "a", "").await, "50");
    stage.service.clock.advance(Duration::from_mins(2));
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, ASKS);
    assert_eq!(stage.bring(&ticket, "a", "").await, "50");
    assert_eq!(stage.next(&ticket, "", FILE).await, WRITES);
    stage.service.clock.advance(Duration::from_mins(29));
    assert_eq!(stage.log_in("saldo-demo", &stage.password).await, ["", "busy"]);
    assert_eq!(stage.bring(&ticket, "b", "").await, "100", "its answer still counts");
    let told = heard.lock().unwrap().last().cloned();
    assert_eq!(told, Some(whole("b")));
}

#[tokio::test]
async fn while_the_next_message_is_worked_out_the_connector_waits() {
    let (go, gone) = tokio::sync::watch::channel(false);
    let work: Work = Arc::new(move |visit: Visit| -> Working {
        let mut gone = gone.clone();
        Box::pin(async move {
            gone.wait_for(|gone| *gone).await.unwrap();
            let ask = MessageAsk { body: b"1".to_vec() };
            visit.mailbox.exchange(&ask).await.map_err(|fault| fault.to_string())?;
            Err("the shop is closed".to_owned())
        })
    });
    let stage = Stage::new("every 15", Duration::from_millis(50), work).await;
    let ticket = stage.ticket().await;
    for _ in 0..2 {
        assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "");
        assert_eq!(stage.last_error(&ticket).await, "NoOp");
    }
    go.send(true).unwrap();
    let mut message = String::new();
    while message.is_empty() {
        message = stage.next(&ticket, "", FILE).await;
    }
    assert_eq!(message, "1");
    assert_eq!(stage.bring(&ticket, "a", "").await, "-1");
    assert_eq!(stage.last_error(&ticket).await, "the shop is closed");
    assert_eq!(stage.close(&ticket).await, "the shop is closed");
}

#[tokio::test]
async fn work_that_has_nothing_to_send_says_so() {
    let (stage, _) = Stage::sending(&[]).await;
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "");
    assert!(stage.last_error(&ticket).await.contains("nothing more to enter"));
    assert_eq!(stage.close(&ticket).await, "OK: nothing new was entered");
    assert_eq!(stage.trouble().await, None);
}

#[tokio::test]
async fn work_that_panics_ends_its_session_alone() {
    let work: Work = Arc::new(|_| -> Working { Box::pin(async { panic!("as a test wants it") }) });
    let stage = Stage::new("every 15", Duration::from_secs(5), work).await;
    let ticket = stage.ticket().await;
    assert_eq!(stage.next(&ticket, &host(FILE_ID), FILE).await, "");
    assert!(stage.last_error(&ticket).await.contains("an error of this program"));
    stage.close(&ticket).await;
    stage.ticket().await;
}

#[tokio::test]
async fn once_a_day_is_at_its_hour_or_by_hand() {
    let heard = Heard::default();
    let stage = Stage::new("at 09:00", Duration::from_secs(5), sends(&[], &heard)).await;
    let clock = &stage.service.clock;
    let word = async || stage.log_in("saldo-demo", &stage.password).await.remove(1);
    assert_eq!(word().await, "none");
    clock.advance(Duration::from_mins(10));
    assert_eq!(word().await, "none", "the connector's own clock");
    clock.advance(Duration::from_mins(3));
    let ticket = stage.ticket().await;
    stage.close(&ticket).await;
    clock.sleep_until("2026-11-20T09:05:00Z".parse::<Timestamp>().unwrap()).await;
    stage.ticket().await;
}

#[tokio::test]
async fn what_is_no_call_is_answered_as_such() {
    let (stage, _) = Stage::sending(&[]).await;
    let get = async |url: String| {
        let request = HttpRequest { authorised: false, ..HttpRequest::get(url) };
        let answer = stage.carrier.send(&request, None).await.unwrap();
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let (status, text) = get(stage.url.clone()).await;
    assert_eq!(status, 200);
    assert!(text.contains(&format!("<soap:address location=\"{}\"/>", stage.url)), "{text}");
    assert_eq!(get(format!("{}?wsdl", stage.url)).await, (200, text));
    let (status, text) = get(format!("{}/support", stage.url)).await;
    assert_eq!((status, text.contains("saldo doctor")), (200, true));
    assert_eq!(get(stage.url.replace("/qbwc", "/")).await.0, 404);
    assert_eq!(get(format!("{}x", stage.url)).await.0, 404);
    let mut nonsense = HttpRequest::post_json(stage.url.clone(), b"{}".to_vec());
    nonsense.authorised = false;
    let answer = stage.carrier.send(&nonsense, None).await.unwrap();
    assert_eq!(answer.status, 500);
    assert!(String::from_utf8(answer.body).unwrap().contains("soap:Client"));
}

#[tokio::test]
async fn a_stopped_service_answers_nobody_and_leaves_nothing_running() {
    let (mut stage, heard) = Stage::sending(&["1"]).await;
    let ticket = stage.ticket().await;
    stage.next(&ticket, &host(FILE_ID), FILE).await;
    stage.stop.take().unwrap().send(()).unwrap();
    (&mut stage.served).await.unwrap();
    stage.service.stop().await;
    assert_eq!(*heard.lock().unwrap(), [Err(Permit::InDoubt)]);
    let request = HttpRequest { authorised: false, ..HttpRequest::get(stage.url.clone()) };
    assert!(stage.carrier.send(&request, None).await.is_err());
}

#[test]
fn the_engine_counts_one_book() {
    use crate::engine::Step;
    let tally = Arc::new(Tally::default());
    let progress = tally.of(ConnectionId::new("a"));
    for book in ["a", "b"].map(ConnectionId::new) {
        progress.step(Step::ToPush { book: book.clone(), changes: 4 });
        progress.step(Step::Pushed { book, changes: 1 });
    }
    let shown = tally.shown();
    assert_eq!((shown.planned, shown.done), (4, 1));
}

#[tokio::test]
async fn a_transport_to_a_caller_carries_messages_and_nothing_else() {
    use crate::transport::mailbox::Mailbox;
    let mailbox = Mailbox::open();
    let carrier = Carrier::Called(mailbox.clone());
    let request = HttpRequest::get("https://vendor.example".to_owned());
    assert_eq!(carrier.send(&request, None).await.unwrap_err().permits, Permit::Never);
    let ask = MessageAsk { body: b"1".to_vec() };
    let (answer, ()) = tokio::join!(carrier.message(&ask), async {
        mailbox.take(Duration::from_secs(5)).await.unwrap();
        mailbox.answer(MessageAnswer::Whole(b"2".to_vec()));
    });
    assert_eq!(Answer::Message(answer.unwrap()), Answer::Message(whole("2").unwrap()));
    let over_sockets = Carrier::Http(HttpCarrier::new().unwrap());
    assert_eq!(over_sockets.message(&ask).await.unwrap_err().permits, Permit::WhenCalled);
}
