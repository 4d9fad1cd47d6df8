//! A session: what is called, in what order, and what follows from the answers.

use super::super::element::Element;
use super::super::status::Hresult;
use super::soap::Call;
use super::{Ended, State, Trouble, WebConnector};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The program's own version.
const VERSION: &str = "34.0.10014.24";

/// How long it waits where the server has nothing to send yet.
const NO_OP: SignedDuration = SignedDuration::from_secs(5);

/// Where a session stands: what is called next, or was called and is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stage {
    ServerVersion,
    ClientVersion,
    Authenticate,
    SendRequest { is_first: bool },
    ReceiveResponse { response: String, failure: Option<Hresult> },
    ConnectionError(Hresult),
    GetLastError,
    Close,
}

impl Stage {
    pub(super) fn method(&self) -> &'static str {
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

impl WebConnector {
    pub(super) fn call(&mut self, stage: &Stage, now: Timestamp) -> Call {
        let ticket = ("ticket", self.ticket.clone());
        let arguments = match stage {
            // Descriptions of the service differ in whether it has an argument.
            Stage::ServerVersion if self.file.seed.is_multiple_of(2) => Vec::new(),
            Stage::ServerVersion => vec![("strVersion", VERSION.to_owned())],
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

    pub(super) fn go_on(&mut self, stage: &Stage, result: &Element, now: Timestamp) {
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
