//! The Web Connector: the vendor's other program, which calls a server for documents of requests.

mod application;
mod mischief;
mod soap;

pub use application::{Application, ApplicationError};
pub use mischief::{Mischief, Trouble};

use super::element::Element;
use super::file::CompanyFile;
use super::status::Hresult;
use crate::Reply;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::HttpRequest;
use serde::{Deserialize, Serialize};
use soap::Call;

/// The program's own version.
const VERSION: &str = "34.0.10014.24";

/// How long it waits where the server has nothing to send yet.
const NO_OP: SignedDuration = SignedDuration::from_secs(5);

/// How many lines of its log are kept.
const LONGEST_LOG: usize = 500;

/// What the program does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It calls its server; [`WebConnector::hear`] takes the answer. Where the answer was not
    /// heard, the same call is given again.
    Call(HttpRequest),
    /// It waits this long.
    Wait(SignedDuration),
    /// It rests until the user starts it: see [`WebConnector::update`].
    Rest,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// The server closed it, with these words for the user.
    Closed(String),
    /// The server had no work.
    NoWork,
    /// The server did not know the user.
    InvalidUser,
    /// The server asked to come back later.
    Busy,
    /// Something was wrong: with a call, an answer, or the computer.
    Failed(String),
}

/// Where a session stands: what is called next, or was called and is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    ServerVersion,
    ClientVersion,
    Authenticate,
    SendRequest { is_first: bool },
    ReceiveResponse { response: String, failure: Option<Hresult> },
    ConnectionError(Hresult),
    GetLastError,
    Close,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Resting,
    Calling { stage: Stage, not_before: Option<Timestamp> },
}

/// The Web Connector, with one application in it and one company file beside it.
///
/// A state machine without sockets and clocks: [`Self::next`] says what to do, [`Self::hear`] takes
/// the server's answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebConnector {
    /// What goes wrong. May be changed between calls.
    pub mischief: Mischief,
    application: Application,
    password: String,
    file: CompanyFile,
    state: State,
    ticket: String,
    /// When a session begins by itself.
    due: Option<Timestamp>,
    /// The shortest time from the beginning of a session to that of the next, as the server wants.
    shortest_run: Option<SignedDuration>,
    begun: Option<Timestamp>,
    chances: u64,
    troubles: Vec<Trouble>,
    is_troubled: bool,
    troubled_in_a_row: u32,
    ended: Option<Ended>,
    sessions: u64,
    log: Vec<String>,
}

impl WebConnector {
    /// Takes an application in, as the user does who opens its file and types a password. Its
    /// `FileID` is stamped into the company file.
    ///
    /// # Errors
    /// Why the application's file is not taken.
    pub fn new(qwc: &str, password: &str, mut file: CompanyFile) -> Result<Self, ApplicationError> {
        let application = Application::parse(qwc)?;
        file.stamp(&application.owner, "FileID", &application.file);
        Ok(Self {
            mischief: Mischief::none(),
            application,
            password: password.to_owned(),
            file,
            state: State::Resting,
            ticket: String::new(),
            due: None,
            shortest_run: None,
            begun: None,
            chances: 0,
            troubles: Vec::new(),
            is_troubled: false,
            troubled_in_a_row: 0,
            ended: None,
            sessions: 0,
            log: Vec::new(),
        })
    }

    /// The application.
    #[must_use]
    pub fn application(&self) -> &Application {
        &self.application
    }

    /// The company file.
    #[must_use]
    pub fn company(&self) -> &CompanyFile {
        &self.file
    }

    /// The company file, so that its owner's choices can be changed.
    pub fn company_mut(&mut self) -> &mut CompanyFile {
        &mut self.file
    }

    /// How the latest session ended; none before the first has.
    #[must_use]
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// How many sessions were begun.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// What went wrong so far, in order.
    #[must_use]
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// The latest lines of the program's log.
    #[must_use]
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// Begins a session, as the user does who presses `Update Selected`. One that is under way goes
    /// on.
    pub fn update(&mut self, now: Timestamp) {
        if self.state == State::Resting {
            self.begin(now);
        }
    }

    /// What the program does next.
    pub fn next(&mut self, now: Timestamp) -> Step {
        if self.state == State::Resting && self.due.is_some_and(|due| due <= now) {
            self.begin(now);
        }
        match self.state.clone() {
            State::Resting => match self.due {
                Some(due) => Step::Wait(due.duration_since(now)),
                None => Step::Rest,
            },
            State::Calling { not_before: Some(then), .. } if now < then => {
                Step::Wait(then.duration_since(now))
            }
            State::Calling { stage, .. } => {
                let call = self.call(&stage, now);
                Step::Call(soap::request(&self.application.url, &call))
            }
        }
    }

    /// Takes the server's answer to the call that [`Self::next`] gave.
    pub fn hear(&mut self, heard: Reply, now: Timestamp) {
        let State::Calling { stage, .. } = self.state.clone() else { return };
        let method = stage.method();
        if self.strikes(&[Trouble::TimedOut]).is_some() {
            return self.fail(&format!("QBWC1042: {method} failed: the operation has timed out"));
        }
        let result = match heard {
            Reply::Lost => Err("the underlying connection was closed".to_owned()),
            Reply::Answer(answer) => soap::result(method, &answer),
        };
        match (result, stage) {
            (Ok(result), stage) => self.go_on(&stage, &result, now),
            // A server need not have this method.
            (Err(why), Stage::ServerVersion) => {
                self.note(&format!("QBWC1023: serverVersion failed: {why}"));
                self.then(Stage::ClientVersion);
            }
            (Err(why), _) => self.fail(&format!("QBWC1042: {method} failed: {why}")),
        }
    }

    /// The whole state as JSON.
    ///
    /// # Errors
    /// Where JSON cannot hold the state, which would be a mistake of ours.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The program as it was when [`Self::to_json`] wrote it, but for open iterators.
    ///
    /// # Errors
    /// Where the text is not such a state.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        let mut connector: Self = serde_json::from_str(text)?;
        connector.file.rebuild_index();
        Ok(connector)
    }

    fn begin(&mut self, now: Timestamp) {
        self.sessions += 1;
        self.begun = Some(now);
        self.is_troubled = false;
        self.ticket.clear();
        self.then(Stage::ServerVersion);
    }

    fn then(&mut self, stage: Stage) {
        self.state = State::Calling { stage, not_before: None };
    }

    /// Ends the session; QuickBooks forgets its iterators.
    fn end(&mut self, ended: Ended) {
        self.file.end_session();
        self.troubled_in_a_row = if self.is_troubled { self.troubled_in_a_row + 1 } else { 0 };
        self.state = State::Resting;
        let minutes = self.application.every_minutes.map(i64::from);
        let planned = minutes.map(SignedDuration::from_mins);
        let pause = planned.map(|planned| self.shortest_run.map_or(planned, |it| it.max(planned)));
        self.due = pause.and_then(|pause| self.begun?.checked_add(pause).ok());
        self.note(&format!("session ended: {ended:?}"));
        self.ended = Some(ended);
    }

    fn fail(&mut self, why: &str) {
        self.end(Ended::Failed(why.to_owned()));
    }

    fn note(&mut self, line: &str) {
        if self.log.len() == LONGEST_LOG {
            self.log.remove(0);
        }
        self.log.push(line.to_owned());
    }

    /// Whether one of these troubles strikes here.
    fn strikes(&mut self, may: &[Trouble]) -> Option<Trouble> {
        self.chances += 1;
        if self.is_troubled || self.troubled_in_a_row >= self.mischief.most_in_a_row {
            return None;
        }
        let trouble = self.mischief.draw(self.chances, may)?;
        self.is_troubled = true;
        self.troubles.push(trouble);
        self.note(&format!("trouble: {trouble:?}"));
        Some(trouble)
    }
}

impl Stage {
    fn method(&self) -> &'static str {
        match self {
            Self::ServerVersion => "serverVersion",
            Self::ClientVersion => "clientVersion",
            Self::Authenticate => "authenticate",
            Self::SendRequest { .. } => "sendRequestXML",
            Self::ReceiveResponse { .. } => "receiveResponseXML",
            Self::ConnectionError(_) => "connectionError",
            Self::GetLastError => "getLastError",
            Self::Close => "closeConnection",
        }
    }
}

/// What the program calls, and what it does with the answers.
impl WebConnector {
    fn call(&mut self, stage: &Stage, now: Timestamp) -> Call {
        let ticket = ("ticket", self.ticket.clone());
        let arguments = match stage {
            Stage::ServerVersion => Vec::new(),
            Stage::ClientVersion => vec![("strVersion", VERSION.to_owned())],
            Stage::Authenticate => vec![
                ("strUserName", self.application.user.clone()),
                ("strPassword", self.password.clone()),
            ],
            Stage::SendRequest { is_first } => {
                let about = if *is_first { self.about(now) } else { String::new() };
                let version = self.file.settings.versions.last().cloned().unwrap_or_default();
                let (major, minor) = version.split_once('.').unwrap_or((&version, "0"));
                vec![
                    ticket,
                    ("strHCPResponse", about),
                    ("strCompanyFileName", self.file.path()),
                    ("qbXMLCountry", self.file.settings.country.clone()),
                    ("qbXMLMajorVers", major.to_owned()),
                    ("qbXMLMinorVers", minor.to_owned()),
                ]
            }
            Stage::ReceiveResponse { response, failure } => vec![
                ticket,
                ("response", response.clone()),
                ("hresult", failure.as_ref().map(|it| it.code.clone()).unwrap_or_default()),
                ("message", failure.as_ref().map(|it| it.message.clone()).unwrap_or_default()),
            ],
            Stage::ConnectionError(failure) => vec![
                ticket,
                ("hresult", failure.code.clone()),
                ("message", failure.message.clone()),
            ],
            Stage::GetLastError | Stage::Close => vec![ticket],
        };
        Call { method: stage.method(), arguments }
    }

    /// What the first call tells of the program, the company and its preferences.
    fn about(&mut self, now: Timestamp) -> String {
        let version = self.file.settings.versions.last().cloned().unwrap_or_default();
        let request = format!(
            "<?xml version=\"1.0\"?><?qbxml version=\"{version}\"?><QBXML>\
             <QBXMLMsgsRq onError=\"continueOnError\"><HostQueryRq requestID=\"0\"/>\
             <CompanyQueryRq requestID=\"1\"><OwnerID>{}</OwnerID></CompanyQueryRq>\
             <PreferencesQueryRq requestID=\"2\"/></QBXMLMsgsRq></QBXML>",
            self.application.owner
        );
        let answer = self.file.answer(request.as_bytes(), now).unwrap_or_default();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn go_on(&mut self, stage: &Stage, result: &Element, now: Timestamp) {
        let said = result.text.trim();
        match stage {
            Stage::ServerVersion => self.then(Stage::ClientVersion),
            Stage::ClientVersion => match said.strip_prefix("E:") {
                Some(why) => self.fail(&format!("QBWC1025: {why}")),
                None => self.then(Stage::Authenticate),
            },
            Stage::Authenticate => self.authenticated(result, now),
            Stage::SendRequest { .. } if said.is_empty() => self.then(Stage::GetLastError),
            Stage::SendRequest { .. } => self.carry_out(&result.text, now),
            Stage::ReceiveResponse { .. } => self.told(said),
            Stage::ConnectionError(_) if said.eq_ignore_ascii_case("done") => {
                self.then(Stage::Close);
            }
            Stage::ConnectionError(_) => self.open(said),
            Stage::GetLastError if said == "NoOp" => {
                let stage = Stage::SendRequest { is_first: false };
                let not_before = now.checked_add(NO_OP).ok();
                self.state = State::Calling { stage, not_before };
            }
            Stage::GetLastError => {
                self.note(&format!("the server's last error: {said}"));
                self.then(Stage::Close);
            }
            Stage::Close => self.end(Ended::Closed(said.to_owned())),
        }
    }

    fn authenticated(&mut self, result: &Element, now: Timestamp) {
        let strings: Vec<&str> = result.all("string").map(|string| string.text.trim()).collect();
        let [ticket, status, rest @ ..] = strings.as_slice() else {
            return self.fail(
                "QBWC1012: authentication failed: Index was outside the bounds of the array",
            );
        };
        let (ticket, status) = ((*ticket).to_owned(), (*status).to_owned());
        let mut seconds = rest.iter().map(|text| text.parse::<i64>().ok());
        let wait = seconds.next().flatten().filter(|seconds| *seconds > 0);
        let shortest = seconds.next().flatten().filter(|seconds| *seconds > 0);
        self.shortest_run = shortest.map(SignedDuration::from_secs).or(self.shortest_run);
        match status.as_str() {
            "none" => self.end(Ended::NoWork),
            "nvu" => self.end(Ended::InvalidUser),
            "busy" => self.end(Ended::Busy),
            path => {
                self.ticket = ticket;
                self.open(path);
                let later = wait.map(SignedDuration::from_secs);
                let then = later.and_then(|later| now.checked_add(later).ok());
                if let State::Calling { not_before, .. } = &mut self.state {
                    *not_before = then;
                }
            }
        }
    }

    /// Begins the session with QuickBooks: with the file that is open, or with this one.
    fn open(&mut self, path: &str) {
        let trouble = self.strikes(&[Trouble::OtherFile, Trouble::ModalDialog]);
        let is_this = path.is_empty() || path.eq_ignore_ascii_case(&self.file.path());
        let failure = match trouble {
            Some(Trouble::ModalDialog) => Some(modal_dialog()),
            Some(_) => Some(other_file_open()),
            None if !is_this => Some(other_file_open()),
            None => None,
        };
        match failure {
            Some(failure) => self.then(Stage::ConnectionError(failure)),
            None => self.then(Stage::SendRequest { is_first: true }),
        }
    }

    /// Hands a document to QuickBooks.
    fn carry_out(&mut self, document: &str, now: Timestamp) {
        let before = [Trouble::DroppedBefore, Trouble::ModalDialog];
        let answer = match self.strikes(&before) {
            Some(Trouble::ModalDialog) => Err(modal_dialog()),
            Some(_) => return self.fail("the program was ended"),
            None => self.file.answer(document.as_bytes(), now),
        };
        let after = [Trouble::DroppedAfter, Trouble::Stopped, Trouble::WrongTicket];
        match self.strikes(&after) {
            Some(Trouble::DroppedAfter) => return self.fail("the program was ended"),
            Some(Trouble::Stopped) => return self.then(Stage::Close),
            Some(_) => self.ticket = "{00000000-0000-0000-0000-000000000000}".to_owned(),
            None => {}
        }
        let (response, failure) = match answer {
            Ok(answer) => (String::from_utf8_lossy(&answer).into_owned(), None),
            Err(failure) => (String::new(), Some(failure)),
        };
        self.then(Stage::ReceiveResponse { response, failure });
    }

    /// What the server says of an answer: how much is done, or that something is wrong.
    fn told(&mut self, said: &str) {
        match said.parse::<i32>() {
            Ok(percent) if percent < 0 => self.then(Stage::GetLastError),
            Ok(percent) if percent < 100 => self.then(Stage::SendRequest { is_first: false }),
            Ok(_) => self.then(Stage::Close),
            Err(_) => self.fail("QBWC1042: receiveResponseXML failed: not a number"),
        }
    }
}

fn other_file_open() -> Hresult {
    let message = "A QuickBooks company data file is already open and it is different from the \
                   one requested.";
    Hresult::new("0x8004040A", message)
}

fn modal_dialog() -> Hresult {
    let message = "A modal dialog box is showing in the QuickBooks user interface. Your \
                   application cannot access QuickBooks until the user dismisses the dialog box.";
    Hresult::new("0x80040414", message)
}
