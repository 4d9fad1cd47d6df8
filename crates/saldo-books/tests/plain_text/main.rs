//! The plain-text book from outside: what it writes is read back equal, and the real programs
//! accept it.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

mod entered;
mod read_back;

mod accounts;
mod programs;
mod settlement;
mod stories;

mod documents;
mod files;
mod folder;
