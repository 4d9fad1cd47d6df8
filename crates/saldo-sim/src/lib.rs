#![doc = include_str!("../README.md")]

pub mod books;
pub mod channels;
pub mod fault;
pub mod world;

use jiff::Timestamp;
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
}
