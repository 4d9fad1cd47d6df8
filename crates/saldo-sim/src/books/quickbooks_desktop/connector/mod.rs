//! The Web Connector: the vendor's other program, which calls a server for documents of requests.

mod application;
mod mischief;
pub mod pace;
mod session;
mod soap;

pub use application::{Application, ApplicationError};
pub use mischief::{Mischief, Trouble};

use super::file::CompanyFile;
use crate::Reply;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::HttpRequest;
use serde::{Deserialize, Serialize};
use session::Stage;

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

    /// Takes the application in again, as the user does who opens its file, or types a password,
    /// after either was changed.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn enter_again(&mut self, qwc: &str, password: &str) -> Result<(), ApplicationError> {
        let application = Application::parse(qwc)?;
        self.file.stamp(&application.owner, "FileID", &application.file);
        (self.application, self.password) = (application, password.to_owned());
        Ok(())
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

    /// Whether no session is under way.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.state == State::Resting
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
