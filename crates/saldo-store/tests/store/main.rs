//! What the store promises, kept by tests in memory and in files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bank;
mod books;
mod feed;
mod figures;
mod lease;
mod pull;
mod push;
mod rebuild;
mod secret;
mod stock;
mod subledger;
mod withdrawal;
mod world;
