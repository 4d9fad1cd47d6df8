//! The Web Connector against a server that says what it is told to say.

mod troubles;

use super::super::element::{Document, escaped};
use super::super::{Application, ApplicationError, CompanyFile, Ended, Kind, Step, WebConnector};
use super::{add, envelope};
use crate::Reply;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use std::collections::VecDeque;

const OWNER: &str = "{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}";
const FILE: &str = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}";

fn qwc(url: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><QBWCXML><AppName>Books</AppName><AppID></AppID>\
         <AppURL>{url}</AppURL><AppDescription>d</AppDescription>\
         <AppSupport>https://books.example/support</AppSupport><UserName>books-1</UserName>\
         <OwnerID>{OWNER}</OwnerID><FileID>{FILE}</FileID><QBType>QBFS</QBType>{more}</QBWCXML>"
    )
}

const URL: &str = "https://books.example/qbwc";

/// A server, and the Web Connector that calls it.
struct Office {
    connector: WebConnector,
    now: Timestamp,
    /// Methods and arguments of the calls, in order.
    calls: Vec<(String, Vec<(String, String)>)>,
    /// What is answered to authentication.
    authentication: Vec<String>,
    /// What is sent, in order; then nothing.
    documents: VecDeque<String>,
    last_error: VecDeque<String>,
    /// What is said of answers; 100 where nothing else is told.
    progress: VecDeque<i32>,
    connection_error: String,
    /// What happens to every answer before it goes out.
    spoil: Option<fn(&str, HttpAnswer) -> HttpAnswer>,
}

impl Office {
    fn new() -> Self {
        Self::with("")
    }

    fn with(more: &str) -> Self {
        let connector = WebConnector::new(&qwc(URL, more), "secret", CompanyFile::retail(7));
        Self {
            connector: connector.unwrap(),
            now: "2026-11-20T18:00:00Z".parse().unwrap(),
            calls: Vec::new(),
            authentication: vec!["ticket-1".to_owned(), String::new()],
            documents: VecDeque::new(),
            last_error: VecDeque::new(),
            progress: VecDeque::new(),
            connection_error: "done".to_owned(),
            spoil: None,
        }
    }

    fn wait(&mut self, time: SignedDuration) {
        self.now = self.now.checked_add(time).unwrap();
    }

    /// One session, from its beginning to its end.
    fn session(&mut self) -> Ended {
        self.connector.update(self.now);
        self.go_on();
        self.connector.ended().unwrap().clone()
    }

    /// Calls until the program rests, or waits for long.
    fn go_on(&mut self) {
        let sessions = self.connector.sessions();
        for _ in 0..100 {
            match self.connector.next(self.now) {
                Step::Call(_) if self.connector.sessions() != sessions => return,
                Step::Call(request) => {
                    let answer = self.serve(&request);
                    self.wait(SignedDuration::from_secs(1));
                    self.connector.hear(Reply::Answer(answer), self.now);
                }
                Step::Wait(time) if time <= SignedDuration::from_mins(1) => self.wait(time),
                Step::Wait(_) | Step::Rest => return,
            }
        }
        panic!("the session does not end");
    }

    fn serve(&mut self, request: &HttpRequest) -> HttpAnswer {
        let (method, arguments) = read_call(request);
        self.calls.push((method.clone(), arguments));
        let text = |text: &str| escaped(text);
        let result = match method.as_str() {
            "serverVersion" => text("1.0"),
            "authenticate" => {
                let strings = self.authentication.iter();
                strings.map(|it| format!("<string>{}</string>", escaped(it))).collect()
            }
            "sendRequestXML" => text(&self.documents.pop_front().unwrap_or_default()),
            "receiveResponseXML" => self.progress.pop_front().unwrap_or(100).to_string(),
            "getLastError" => text(&self.last_error.pop_front().unwrap_or_default()),
            "connectionError" => text(&self.connection_error),
            "closeConnection" => text("OK"),
            _ => String::new(),
        };
        let answer = answer(&format!(
            "<{method}Response xmlns=\"http://developer.intuit.com/\">\
             <{method}Result>{result}</{method}Result></{method}Response>"
        ));
        self.spoil.map_or(answer.clone(), |spoil| spoil(&method, answer))
    }

    fn methods(&self) -> Vec<&str> {
        self.calls.iter().map(|(method, _)| method.as_str()).collect()
    }

    /// An argument of the last call of a method.
    fn argument(&self, method: &str, name: &str) -> &str {
        let call = self.calls.iter().rev().find(|(called, _)| called == method).unwrap();
        &call.1.iter().find(|(known, _)| known == name).unwrap().1
    }

    fn fails_with(&mut self, code: &str) {
        let ended = self.session();
        assert!(matches!(&ended, Ended::Failed(why) if why.starts_with(code)), "{ended:?}");
    }
}

fn answer(body: &str) -> HttpAnswer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<s:Envelope \
         xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>"
    );
    let headers = vec![("content-type".to_owned(), "text/xml; charset=utf-8".to_owned())];
    HttpAnswer { status: 200, headers, body: body.into_bytes() }
}

fn replaced(answer: HttpAnswer, from: &str, to: &str) -> HttpAnswer {
    let body = String::from_utf8(answer.body).unwrap().replace(from, to);
    HttpAnswer { body: body.into_bytes(), ..answer }
}

fn read_call(request: &HttpRequest) -> (String, Vec<(String, String)>) {
    let text = std::str::from_utf8(&request.body).unwrap();
    let document = Document::parse(text).unwrap();
    let method = &document.root.children[0].children[0];
    let arguments = method.children.iter().map(|it| (it.name.clone(), it.text.clone()));
    (method.name.clone(), arguments.collect())
}

fn document(set: &str, requests: &str) -> String {
    envelope(&format!("onError=\"stopOnError\" {set}"), requests)
}

const WHOLE: [&str; 6] = [
    "serverVersion",
    "clientVersion",
    "authenticate",
    "sendRequestXML",
    "receiveResponseXML",
    "closeConnection",
];

#[test]
fn a_session_fetches_documents_until_all_is_done() {
    let mut office = Office::new();
    let customer = add(Kind::Customer, "<Name>Smith &amp; &lt;Sons&gt;</Name>");
    office.documents = [document("", &customer), document("", "<HostQueryRq/>")].into();
    office.progress = [50].into();
    assert_eq!(office.session(), Ended::Closed("OK".to_owned()));
    let mut wanted = WHOLE.to_vec();
    wanted.splice(5..5, ["sendRequestXML", "receiveResponseXML"]);
    assert_eq!(office.methods(), wanted);
    assert_eq!(office.argument("authenticate", "strUserName"), "books-1");
    assert_eq!(office.argument("authenticate", "strPassword"), "secret");
    assert_eq!(office.argument("closeConnection", "ticket"), "ticket-1");
    assert_eq!(office.argument("sendRequestXML", "qbXMLCountry"), "US");
    let company = office.connector.company();
    assert!(company.id_of(Kind::Customer, "Smith & <Sons>").is_some());
    let host = Document::parse(office.argument("receiveResponseXML", "response")).unwrap();
    assert_eq!(host.root.children[0].children[0].name, "HostQueryRs");
    assert_eq!(office.argument("receiveResponseXML", "hresult"), "");
}

#[test]
fn the_first_call_alone_tells_of_the_company() {
    let mut office = Office::new();
    office.documents = [document("", "<HostQueryRq/>"), document("", "<HostQueryRq/>")].into();
    office.progress = [1].into();
    office.session();
    let sent = office.calls.iter().filter(|(method, _)| method == "sendRequestXML");
    let told: Vec<&str> = sent.map(|(_, arguments)| arguments[1].1.as_str()).collect();
    let [first, second] = told[..] else { panic!("two documents were fetched") };
    assert_eq!(second, "");
    let set = Document::parse(first).unwrap().root.children.remove(0);
    let names: Vec<&str> = set.children.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["HostQueryRs", "CompanyQueryRs", "PreferencesQueryRs"]);
    let stamp = set.children[1].children[0].child("DataExtRet").unwrap();
    assert_eq!(
        (stamp.text_of("DataExtName"), stamp.text_of("DataExtValue")),
        (Some("FileID"), Some(FILE))
    );
    assert_eq!(
        office.argument("sendRequestXML", "strCompanyFileName"),
        office.connector.company().path()
    );
}

#[test]
fn authentication_says_whether_there_is_work() {
    let mut office = Office::new();
    for (status, ended) in
        [("none", Ended::NoWork), ("nvu", Ended::InvalidUser), ("busy", Ended::Busy)]
    {
        office.authentication[1] = status.to_owned();
        office.calls.clear();
        assert_eq!(office.session(), ended);
        assert_eq!(office.methods(), WHOLE[..3]);
    }
    office.authentication = vec!["ticket-1".to_owned()];
    office.fails_with("QBWC1012");
    // Strings in another namespace are not seen.
    office.authentication.push(String::new());
    office.spoil = Some(|_, answer| replaced(answer, "<string>", "<string xmlns=\"urn:x\">"));
    office.fails_with("QBWC1012");
}

#[test]
fn a_version_can_be_refused_and_need_not_be_told() {
    let mut office = Office::new();
    office.spoil = Some(|method, answer| match method {
        "serverVersion" => HttpAnswer { status: 500, ..answer },
        "clientVersion" => replaced(answer, "Result></", "Result>W:old</").clone(),
        _ => answer,
    });
    office.documents = [document("", "<HostQueryRq/>")].into();
    office.session();
    office.spoil = Some(|method, answer| match method {
        "clientVersion" => replaced(answer, "<clientVersionResult>", "<clientVersionResult>E:no"),
        _ => answer,
    });
    office.fails_with("QBWC1025");
}

#[test]
fn an_answer_of_another_shape_ends_the_session() {
    let spoils: [fn(&str, HttpAnswer) -> HttpAnswer; 7] = [
        |_, answer| replaced(answer, "developer.intuit.com/\"", "developer.intuit.com\""),
        |_, answer| replaced(answer, "clientVersionResult", "clientVersionReturn"),
        |_, answer| replaced(answer, "clientVersionResponse", "clientVersionAnswer"),
        |_, answer| replaced(answer, "soap/envelope/", "soap-envelope"),
        |_, answer| replaced(answer, "</s:Envelope>", ""),
        |_, answer| HttpAnswer { headers: Vec::new(), ..answer },
        |_, answer| HttpAnswer { status: 502, ..answer },
    ];
    for (place, spoil) in spoils.into_iter().enumerate() {
        let mut office = Office::new();
        office.spoil = Some(spoil);
        let ended = office.session();
        assert!(
            matches!(&ended, Ended::Failed(why) if why.contains("clientVersion failed")),
            "{place}: {ended:?}"
        );
    }
    let mut office = Office::new();
    office.documents = [document("", "<HostQueryRq/>")].into();
    office.spoil = Some(|_, answer| replaced(answer, ">100<", ">all<"));
    office.fails_with("QBWC1042: receiveResponseXML");
}

#[test]
fn a_server_without_a_document_is_asked_why() {
    let mut office = Office::new();
    office.documents = [String::new(), document("", "<HostQueryRq/>")].into();
    office.last_error = ["NoOp".to_owned()].into();
    let before = office.now;
    assert_eq!(office.session(), Ended::Closed("OK".to_owned()));
    let mut wanted = WHOLE.to_vec();
    wanted.splice(4..4, ["getLastError", "sendRequestXML"]);
    assert_eq!(office.methods(), wanted);
    assert_eq!(office.now.duration_since(before), SignedDuration::from_secs(8 + 5));
    office.calls.clear();
    office.last_error = ["nothing to do".to_owned()].into();
    office.session();
    assert_eq!(office.methods()[3..], ["sendRequestXML", "getLastError", "closeConnection"]);
}

#[test]
fn a_server_that_is_not_content_is_asked_why() {
    let mut office = Office::new();
    office.documents = [document("", "<HostQueryRq/>")].into();
    office.progress = [-1].into();
    office.last_error = ["bad".to_owned()].into();
    office.session();
    assert_eq!(office.methods()[4..], ["receiveResponseXML", "getLastError", "closeConnection"]);
    assert!(office.connector.log().iter().any(|line| line.ends_with("last error: bad")));
}

#[test]
fn a_document_that_quickbooks_refuses_is_told_by_its_code() {
    let mut office = Office::new();
    office.documents = [document("", "<ShoeQueryRq/>")].into();
    office.session();
    assert_eq!(office.argument("receiveResponseXML", "hresult"), "0x80040400");
    assert_eq!(office.argument("receiveResponseXML", "response"), "");
    assert!(office.argument("receiveResponseXML", "message").contains("ShoeQueryRq"));
}

#[test]
fn another_company_file_is_an_error_of_the_connection() {
    let mut office = Office::new();
    office.authentication[1] = "C:\\other.qbw".to_owned();
    office.session();
    assert_eq!(office.methods()[3..], ["connectionError", "closeConnection"]);
    assert_eq!(office.argument("connectionError", "hresult"), "0x8004040A");
    office.connection_error = office.connector.company().path();
    office.documents = [document("", "<HostQueryRq/>")].into();
    office.calls.clear();
    office.session();
    assert_eq!(office.methods()[3..5], ["connectionError", "sendRequestXML"]);
}

#[test]
fn iterators_end_with_the_session() {
    let mut office = Office::new();
    let start =
        "<CustomerQueryRq iterator=\"Start\"><MaxReturned>2</MaxReturned></CustomerQueryRq>";
    office.documents = [document("", start)].into();
    office.session();
    let told = Document::parse(office.argument("receiveResponseXML", "response")).unwrap();
    let id = told.root.children[0].children[0].attribute("iteratorID").unwrap().to_owned();
    let next = start.replace("\"Start\"", &format!("\"Continue\" iteratorID=\"{id}\""));
    office.documents = [document("", &next)].into();
    office.session();
    let told = Document::parse(office.argument("receiveResponseXML", "response")).unwrap();
    assert_eq!(super::code_of(&told.root.children[0].children[0]), 3_000);
}

#[test]
fn sessions_begin_by_themselves_as_often_as_the_application_wants() {
    let scheduler = "<Scheduler><RunEveryNMinutes>15</RunEveryNMinutes></Scheduler>";
    let mut office = Office::with(scheduler);
    office.documents = [document("", "<HostQueryRq/>")].into();
    assert_eq!(office.connector.next(office.now), Step::Rest, "the user begins");
    let begun = office.now;
    office.session();
    let Step::Wait(time) = office.connector.next(office.now) else { panic!("it waits") };
    assert_eq!(office.now.checked_add(time).unwrap().duration_since(begun).as_mins(), 15);
    office.wait(time);
    assert!(matches!(office.connector.next(office.now), Step::Call(_)));
    assert_eq!(office.connector.sessions(), 2);
    // The server may want a longer time between, and a pause before the first document.
    office.authentication.extend(["30".to_owned(), "3600".to_owned()]);
    let begun = office.now;
    office.go_on();
    assert!(office.now.duration_since(begun) >= SignedDuration::from_secs(30));
    let Step::Wait(time) = office.connector.next(office.now) else { panic!("it waits") };
    assert_eq!(office.now.checked_add(time).unwrap().duration_since(begun).as_mins(), 60);
}

#[test]
fn applications_must_be_whole_and_safe() {
    let parse = |text: &str| Application::parse(text);
    let good = qwc(URL, "");
    assert_eq!(parse(&good).unwrap().every_minutes, None);
    let invalid = |name: &str| Err(ApplicationError::Invalid(name.to_owned()));
    assert_eq!(parse(&good.replace("Owner", "Holder")), invalid("HolderID"));
    assert_eq!(parse(&good.replace(OWNER, "57F3B9B1")), invalid("OwnerID"));
    assert_eq!(parse(&good.replace("books-1", "")), invalid("UserName"));
    assert_eq!(parse(&good.replace("QBFS", "QBXX")), invalid("QBType"));
    let open = good.replace(URL, "http://books.example/qbwc");
    assert!(matches!(parse(&open), Err(ApplicationError::Insecure(_))));
    let elsewhere = good.replace(URL, "https://elsewhere.example/qbwc");
    assert_eq!(parse(&elsewhere), Err(ApplicationError::OtherHost));
    let here = good.replace("https://books.example", "http://localhost:8080");
    assert!(parse(&here).is_ok());
    if let Some(sample) = super::schema::shared("fixtures/quickbooks-desktop/HTTPSWebService.qwc") {
        let text = std::fs::read_to_string(sample).unwrap();
        assert_eq!(parse(&text).unwrap().user, "username");
    }
}

#[test]
fn calls_are_those_of_the_vendors_description() {
    let Some(path) = super::schema::shared("specs/quickbooks-desktop/QBWebConnectorSvc.wsdl")
    else {
        return;
    };
    let wsdl = Document::parse(&std::fs::read_to_string(path).unwrap()).unwrap().root;
    let schema = &wsdl.child("wsdl:types").unwrap().children[0];
    let sequence = |name: &str| -> Vec<&str> {
        let element = schema.children.iter().find(|it| it.attribute("name") == Some(name)).unwrap();
        let sequence = &element.children[0].children[0];
        sequence.children.iter().map(|it| it.attribute("name").unwrap()).collect()
    };
    let mut office = Office::new();
    office.documents = [document("", "<HostQueryRq/>")].into();
    office.progress = [-1].into();
    office.session();
    office.authentication[1] = "C:\\other.qbw".to_owned();
    office.session();
    for (method, arguments) in &office.calls {
        let names: Vec<&str> = arguments.iter().map(|(name, _)| name.as_str()).collect();
        let described = sequence(method);
        assert_eq!(names, described, "{method}");
        let result = format!("{method}Result");
        assert_eq!(sequence(&format!("{method}Response")), [result]);
    }
    let called: std::collections::BTreeSet<&str> = office.methods().into_iter().collect();
    assert_eq!(called.len(), 8, "every method but those for browsers is called");
    let bound = wsdl.child("wsdl:binding").unwrap();
    office.connector.update(office.now);
    let Step::Call(request) = office.connector.next(office.now) else { panic!("it calls") };
    let operation = bound.all("wsdl:operation").next().unwrap();
    let action = operation.child("soap:operation").unwrap().attribute("soapAction").unwrap();
    let header = request.headers.iter().find(|(name, _)| name == "soapaction").unwrap();
    assert_eq!(header.1, format!("\"{action}\""));
    // Another description has no argument there.
    let file = CompanyFile::retail(8);
    let mut other = WebConnector::new(&qwc(URL, ""), "secret", file).unwrap();
    other.update(office.now);
    let Step::Call(call) = other.next(office.now) else { panic!("it calls") };
    assert_eq!(read_call(&call), ("serverVersion".to_owned(), Vec::new()));
    let target = wsdl.attribute("targetNamespace").unwrap();
    assert!(String::from_utf8(request.body).unwrap().contains(&format!("xmlns=\"{target}\"")));
}
