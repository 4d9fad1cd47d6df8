//! The words of files of bank rows.

use clap::{Args, Subcommand, ValueEnum};
use saldo_core::feed::FeedFormat;
use std::path::PathBuf;

/// Files of bank rows.
#[derive(Debug, Subcommand)]
pub(crate) enum Feed {
    /// List the accounts that are fed by files, and what is in no file yet.
    List,
    /// Write what came since the last file, parted into files that the book's page takes.
    Write(FeedWrite),
}

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct FeedWrite {
    /// The account, by the name that the policy gives it.
    #[arg(long)]
    pub(crate) account: String,
    /// The book that the files are taken to, where several take some.
    #[arg(long, value_name = "CONNECTION")]
    pub(crate) book: Option<String>,
    /// Write again, byte for byte, what was written before and tells of this day or later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<jiff::civil::Date>,
    /// The last day: yesterday, where none is named.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<jiff::civil::Date>,
    /// The form: the best that the book takes and the policy says enough for, where none is named.
    #[arg(long, value_enum)]
    pub(crate) format: Option<FeedForm>,
    /// The folder that the files are laid in; it is made where it is missing.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
}

/// The forms of files of bank rows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FeedForm {
    /// Open Financial Exchange 1.0.2.
    Ofx,
    /// Web Connect: the same with the number under which programs know the bank.
    Qbo,
    /// A table, in the columns of the book's page.
    Csv,
}

impl From<FeedForm> for FeedFormat {
    fn from(form: FeedForm) -> Self {
        match form {
            FeedForm::Ofx => Self::Ofx,
            FeedForm::Qbo => Self::WebConnect,
            FeedForm::Csv => Self::Table,
        }
    }
}
