//! The pure accounting core of Saldo.
//!
//! Facts come in, documents that carry balanced entries come out, and plans say what differs from
//! what the books already hold. Nothing here reads a clock, draws a random number, opens a file or
//! a socket, or waits: time, seeds and credentials are arguments.
//!
//! The modules stand in the order in which they are best read.

pub mod text;

pub mod money;

pub mod commerce;
pub mod ledger;

pub mod document;
pub mod issue;
pub mod rounding;

pub mod policy;

pub mod bank;
pub mod feed;

pub mod accounting;
pub mod arithmetic;
pub mod plan;
pub mod proof;

pub mod exchange;
pub mod json_lines;

pub mod book;
pub mod channel;

pub mod matching;
