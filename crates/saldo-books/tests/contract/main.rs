//! What every book must keep, whatever it is: one suite of laws, each tried on all of them.
//!
//! At the other end stands a vendor that was written from the vendor's own documents and keeps a
//! ledger by its own rules, or a folder of files. It knows nothing of the book.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

mod amended;
mod attached;
mod currencies;
mod deaths;
mod documents;
mod drafts;
mod ends;
#[path = "../plain_text/files.rs"]
mod files;
mod laws;
mod pushing;
mod stage;
mod stock;
