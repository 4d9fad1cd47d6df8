#![doc = include_str!("../README.md")]

pub mod books;
pub mod channels;
pub mod fault;
pub mod world;

use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest};

/// What a simulated vendor does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It answers.
    Answer(HttpAnswer),
    /// The connection ends without an answer. Whether the request took effect is not known.
    Lost,
}

/// A simulated vendor.
pub trait Vendor: Send {
    /// Answers a request made at this instant. The request carries its credentials in its headers,
    /// and its whole address, of which only path and query count.
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply;

    /// By how much the clock of whoever asked is set forward (back where negative) just now; asked
    /// for once after each request. A vendor leaves it alone; a bad night does not.
    fn clock_jump(&mut self) -> Option<SignedDuration> {
        None
    }
}

/// An answer with the header that says when it was made (RFC 9110, section 6.6.1).
fn dated(mut answer: HttpAnswer, now: Timestamp) -> HttpAnswer {
    // No instant of a world lies outside of the years that the header can name.
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
        answer.headers.push(("date".to_owned(), date));
    }
    answer
}
