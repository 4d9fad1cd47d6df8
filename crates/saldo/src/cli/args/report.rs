//! The words of reports, and of checking a close pack.

use crate::engine::Month;
use crate::pack::PublicKey;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to report.
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// Follow each day's sales to the bank: sales day, day of the gateway's balance, payout, bank
    /// day, with what is still on the way.
    Bridge(ReportBridge),
    /// Write a month of the books as one signed archive: tables, a page to print, the proof, a
    /// manifest of hashes and its signature.
    Close(ReportClose),
}

/// From sales to the bank.
#[derive(Debug, Args)]
pub(crate) struct ReportBridge {
    /// The first day of sales.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: jiff::civil::Date,
    /// The last day of sales.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: jiff::civil::Date,
    /// Print CSV instead of a table.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// A month of the books.
#[derive(Debug, Args)]
pub(crate) struct ReportClose {
    /// The month.
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) month: Month,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Only this book; all, where none is named.
    #[arg(long, value_name = "CONNECTION")]
    pub(crate) book: Option<String>,
    /// Make it although the month is not over. The page says that it is provisional.
    #[arg(long)]
    pub(crate) provisional: bool,
    /// When it was made, as the page says. Without it no time is in the archive, so that the same
    /// books give the same bytes.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) made_at: Option<jiff::Timestamp>,
}

/// A close pack.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The archive.
    pub(crate) file: PathBuf,
    /// The public key that it must be signed by, as `saldo init` and `saldo report close` show it.
    /// Without it the key in the archive counts, which shows that nothing was altered, and not who
    /// signed.
    #[arg(long, value_name = "KEY")]
    pub(crate) public_key: Option<PublicKey>,
}
