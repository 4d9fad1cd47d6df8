//! A session of the connector: what may follow what, and what is answered.
//!
//! The connector asks for a message, brings its answer, and asks again, until it hears that all is
//! done. A message is handed over once. Whoever calls out of turn ends the session: a message whose
//! answer did not come is looked up by the next one, and nothing is entered twice.

use super::company_file::{CompanyFile, Known};
use super::effect::only_asks;
use super::soap::{Call, Method, Reply, WorkRequest};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::MessageAnswer;

/// How long a session lives without a call: QuickBooks may open a file, or work on one message, for
/// minutes.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// The same while nothing is at the connector, which then calls again within seconds.
const IDLE_BETWEEN: SignedDuration = SignedDuration::from_mins(5);
/// How long a session is quiet before another one may take its place, where nothing that writes is
/// at the connector.
const QUIET: SignedDuration = SignedDuration::from_mins(2);

/// What the connector is told to do while the next message is being worked out: wait five seconds
/// and ask again.
const WAIT: &str = "NoOp";
/// What a call out of a session is told.
const NO_SESSION: &str =
    "this session is over, or was never begun: start the update again in the Web Connector";
/// What the connector is told when there was nothing left to do.
const NOTHING_LEFT: &str = "all is done: there was nothing more to enter";
/// What is said of a session whose place another one took.
const TAKEN_OVER: &str = "the Web Connector was not heard any more, and another session began";
/// What is said of a session that the connector closed of itself.
const STOPPED: &str = "it was stopped before all was done: the next update goes on where it ended";
/// What receiving an answer is told where the connector shall ask for the last error.
const SEE_LAST_ERROR: i32 = -1;
/// What receiving an answer is told where nothing is left to do.
const FINISHED: i32 = 100;

/// How far the work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How much there was to do.
    pub planned: usize,
    /// How much of it is done.
    pub done: usize,
}

impl Progress {
    /// How much is done, in hundredths: at least one, and never all.
    #[must_use]
    pub fn percent(self) -> i32 {
        let hundredths = self.done.saturating_mul(100) / self.planned.max(1);
        i32::try_from(hundredths.clamp(1, 99)).unwrap_or(99)
    }
}

/// What there is for the connector now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A message.
    Message(Vec<u8>),
    /// The next message is being worked out.
    Working,
    /// Nothing more will come.
    Finished(Result<(), String>),
}

/// What a call for work means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The session's first: this is the company file, and the work may begin.
    First(Known),
    /// A later one.
    Next,
    /// Nothing may be handed over, and the session is over: what it is answered.
    Refused(Reply),
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The connector was let in, and did not ask for work yet.
    Begun,
    /// Nothing is at the connector.
    Waiting,
    /// A message is at the connector.
    HandedOver {
        /// Whether it changes nothing.
        only_asks: bool,
    },
    /// Nothing is handed over any more.
    Over,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    ticket: String,
    heard: Timestamp,
    phase: Phase,
    last_error: String,
}

impl Session {
    /// A session that the holder of this ticket was let into.
    #[must_use]
    pub fn begun(ticket: String, now: Timestamp) -> Self {
        Self { ticket, heard: now, phase: Phase::Begun, last_error: String::new() }
    }

    /// What its calls show.
    #[must_use]
    pub fn ticket(&self) -> &str {
        &self.ticket
    }

    /// Whether nobody called for so long that nobody will.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        let idle = match self.phase {
            Phase::Waiting => IDLE_BETWEEN,
            Phase::Begun | Phase::HandedOver { .. } | Phase::Over => IDLE,
        };
        now.duration_since(self.heard) >= idle
    }

    /// Ends the session where nobody called for too long. Returns whether it ended now.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let ends = !self.is_over() && self.is_expired(now);
        if ends {
            self.phase = Phase::Over;
            self.last_error = "the Web Connector did not call any more".to_owned();
        }
        ends
    }

    /// Ends the session for another one that asks for its place, where nobody called for two
    /// minutes. While a message that writes is at the connector it stays: its answer may still
    /// come, and who looks for its effect sooner may not find it yet. Returns whether it ended now.
    pub fn make_way(&mut self, now: Timestamp) -> bool {
        let may_end = match self.phase {
            Phase::Waiting | Phase::HandedOver { only_asks: true } => true,
            Phase::Begun | Phase::HandedOver { only_asks: false } | Phase::Over => false,
        };
        let ends = may_end && now.duration_since(self.heard) >= QUIET;
        if ends {
            self.phase = Phase::Over;
            TAKEN_OVER.clone_into(&mut self.last_error);
        }
        ends
    }

    /// Whether nothing is handed over any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Whether nobody asked for work in it yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.phase == Phase::Begun
    }

    /// What went wrong last; empty where nothing did.
    #[must_use]
    pub fn trouble(&self) -> &str {
        match self.last_error.as_str() {
            WAIT | NOTHING_LEFT => "",
            trouble => trouble,
        }
    }

    /// Hears a call for work. The first one shows which company file is open.
    pub fn asked(&mut self, request: &WorkRequest, expected: &Known, now: Timestamp) -> Asked {
        self.heard = now;
        match self.phase {
            Phase::Begun => match CompanyFile::of(request).recognised(expected) {
                Ok(known) => {
                    self.phase = Phase::Waiting;
                    Asked::First(known)
                }
                Err(other) => self.refuse(other.to_string()),
            },
            Phase::Waiting => Asked::Next,
            Phase::HandedOver { .. } => {
                let text = "the answer to the last message did not come: start the update again, \
                            and it is looked for in QuickBooks first";
                self.refuse(text.to_owned())
            }
            Phase::Over => Asked::Refused(Reply::text("")),
        }
    }

    fn refuse(&mut self, why: String) -> Asked {
        self.phase = Phase::Over;
        self.last_error = why;
        Asked::Refused(Reply::text(""))
    }

    /// Answers a call for work by what there is now. Where there is no message, the answer is
    /// empty, and the connector asks for the last error.
    pub fn hand_over(&mut self, turn: Turn, now: Timestamp) -> Reply {
        self.heard = now;
        self.last_error = match turn {
            Turn::Message(body) => {
                self.phase = Phase::HandedOver { only_asks: only_asks(&body) };
                self.last_error.clear();
                return Reply::text(String::from_utf8_lossy(&body));
            }
            Turn::Working => WAIT.to_owned(),
            Turn::Finished(ended) => {
                self.phase = Phase::Over;
                ended.err().unwrap_or_else(|| NOTHING_LEFT.to_owned())
            }
        };
        Reply::text("")
    }

    /// Hears what QuickBooks answered to the message that was handed over.
    ///
    /// # Errors
    /// Where none was: what the call is answered.
    pub fn received(
        &mut self,
        response: String,
        code: String,
        message: String,
        now: Timestamp,
    ) -> Result<MessageAnswer, Reply> {
        self.heard = now;
        if !matches!(self.phase, Phase::HandedOver { .. }) {
            self.phase = Phase::Over;
            let text = "an answer came to a message that was not handed over in this session";
            self.last_error = text.to_owned();
            return Err(Reply::Number(SEE_LAST_ERROR));
        }
        self.phase = Phase::Waiting;
        Ok(match code.is_empty() {
            true => MessageAnswer::Whole(response.into_bytes()),
            false => MessageAnswer::Failed { code, message },
        })
    }

    /// Answers the call that brought an answer, by how the work ended, or how far it is.
    pub fn acknowledge(
        &mut self,
        ended: Option<Result<(), String>>,
        progress: Progress,
        now: Timestamp,
    ) -> Reply {
        self.heard = now;
        match ended {
            None => Reply::Number(progress.percent()),
            Some(Ok(())) => {
                self.phase = Phase::Over;
                Reply::Number(FINISHED)
            }
            Some(Err(trouble)) => {
                self.phase = Phase::Over;
                self.last_error = trouble;
                Reply::Number(SEE_LAST_ERROR)
            }
        }
    }

    /// Says why there was no message, or what went wrong.
    pub fn last_error(&mut self, now: Timestamp) -> Reply {
        self.heard = now;
        Reply::text(&self.last_error)
    }

    /// Ends the session at a call for work: the answer is empty, and the connector asks why.
    pub fn ended(&mut self, why: &str, now: Timestamp) -> Reply {
        self.heard = now;
        self.phase = Phase::Over;
        why.clone_into(&mut self.last_error);
        Reply::text("")
    }

    /// Hears that QuickBooks cannot be reached. No other company file is tried.
    pub fn failed(&mut self, code: &str, message: &str, now: Timestamp) -> Reply {
        self.heard = now;
        self.phase = Phase::Over;
        self.last_error = format!("QuickBooks cannot be reached: {message} ({code})");
        Reply::text("done")
    }

    /// Hears that the connector ends the session, and says what the person is shown.
    pub fn close(&mut self, progress: Progress, now: Timestamp) -> Reply {
        self.heard = now;
        if self.phase != Phase::Over {
            self.last_error = STOPPED.to_owned();
        }
        self.phase = Phase::Over;
        match (self.trouble(), progress.done) {
            ("", 0) => Reply::text("OK: nothing new was entered"),
            ("", done) => Reply::text(format!("OK: {done} of {} entered", progress.planned)),
            (trouble, _) => Reply::text(trouble),
        }
    }
}

/// What a call is answered whose ticket belongs to no session.
#[must_use]
pub fn stranger(call: &Call) -> Reply {
    match call.method() {
        Method::ReceiveResponse => Reply::Number(SEE_LAST_ERROR),
        Method::LastError => Reply::text(NO_SESSION),
        Method::ConnectionError => Reply::text("done"),
        Method::Close => Reply::text("OK"),
        _ => Reply::text(""),
    }
}
