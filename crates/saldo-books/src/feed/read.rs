//! Statements as banks give them: OFX in any of its spellings, and tables.
//!
//! What banks write differs from what the standard says. What can be read in one way only is read;
//! all else refuses the file, since a row that is guessed is worse than one that is missing.

mod amount;
mod ofx;
mod table;

pub use table::{TablePart, TableWords};

use encoding_rs::{Encoding, WINDOWS_1252};
use saldo_core::bank::BankRow;
use saldo_core::money::Currency;
use std::fmt;
use thiserror::Error;

/// How many bytes a statement has at most.
pub const STATEMENT_MOST: usize = 10_000_000;

/// How a statement is written. A row has another id in each, so that an account keeps to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementForm {
    /// Open Financial Exchange, `.qbo` and `.qfx` included: rows have ids of the bank.
    Ofx,
    /// A table: rows are told apart by what they say.
    Table,
}

impl StatementForm {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ofx => "ofx",
            Self::Table => "table",
        }
    }
}

impl fmt::Display for StatementForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A statement as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadStatement {
    /// How it is written.
    pub form: StatementForm,
    /// Its rows, each with what the bank wrote, word for word.
    pub rows: Vec<(BankRow, String)>,
}

/// Why nothing of a file is taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementFault {
    /// It has too many bytes.
    #[error("it is larger than 10 MB: ask the bank for fewer days")]
    TooLarge,
    /// It has no rows.
    #[error("it has no rows of an account")]
    NoRows,
    /// It tells of several accounts.
    #[error("it tells of several accounts: ask the bank for a file of each")]
    SeveralAccounts,
    /// It is in another currency.
    #[error("it is in {0}, and the books are in {1}")]
    Currency(String, Currency),
    /// A row corrects or deletes another one.
    #[error("the row {0} corrects another one, which a person must look at")]
    Correction(String),
    /// A column is missing.
    #[error(
        "it has no column for the {part}: name it by --column {part}=HEAD (there are: {heads})"
    )]
    Column {
        /// What for.
        part: TablePart,
        /// The heads that there are.
        heads: String,
    },
    /// Days can be read in two ways.
    #[error("the day `{0}` can be two days: say which comes first by --dates")]
    TwoDays(String),
    /// A row cannot be read.
    #[error("row {row}: `{text}` is no {what}")]
    Unreadable {
        /// Which row, from one.
        row: usize,
        /// What it was to be.
        what: &'static str,
        /// What it says.
        text: String,
    },
}

/// Reads a statement of an account in the books' currency.
///
/// # Errors
/// [`StatementFault`], in words for the owner.
pub fn read_statement(
    bytes: &[u8],
    currency: Currency,
    words: &TableWords,
) -> Result<ReadStatement, StatementFault> {
    if bytes.len() > STATEMENT_MOST {
        return Err(StatementFault::TooLarge);
    }
    let text = letters(bytes);
    let (form, rows) = match ofx::is_it(&text) {
        true => (StatementForm::Ofx, ofx::rows(&text, currency)?),
        false => (StatementForm::Table, table::rows(&text, currency, words)?),
    };
    match rows.is_empty() {
        true => Err(StatementFault::NoRows),
        false => Ok(ReadStatement { form, rows }),
    }
}

/// The letters of a file. What banks declare of them is often wrong: what is not UTF-8 is read in
/// code page 1252, which has a letter for every byte.
fn letters(bytes: &[u8]) -> String {
    match (Encoding::for_bom(bytes), std::str::from_utf8(bytes)) {
        (Some((encoding, _)), _) => encoding.decode(bytes).0.into_owned(),
        (None, Ok(text)) => text.to_owned(),
        (None, Err(_)) => WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

/// What a row is told from others by: a hash of what never changes of it.
fn id_of(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex().as_str().chars().take(32).collect()
}

#[cfg(test)]
mod tests;
