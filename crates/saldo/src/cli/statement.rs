//! Statements of banks among the files of `saldo import`.

use super::args::{Dates, Import};
use super::context::Usage;
use crate::engine::{self, BankError, Engine, EngineError, ImportReport};
use anyhow::Context as _;
use saldo_books::feed::{STATEMENT_MOST, TablePart, TableWords, read_statement};
use saldo_core::policy::DayOrder;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Statements of an account.
pub(super) struct Statements<'a> {
    account: &'a str,
    words: TableWords,
}

impl<'a> Statements<'a> {
    /// Those of an account, with what was said of their tables.
    pub(super) fn of(account: &'a str, words: &Import) -> anyhow::Result<Self> {
        let mut table = TableWords { dates: words.dates.map(order), ..TableWords::default() };
        for word in &words.column {
            let usage = || Usage(format!("`{word}` is not PART=HEAD, such as text=Merchant"));
            let (part, head) = word.split_once('=').ok_or_else(usage)?;
            let part: TablePart = part.trim().parse().map_err(Usage)?;
            table.columns.insert(part, head.trim().to_owned());
        }
        Ok(Self { account, words: table })
    }

    /// Takes a file. What cannot be read refuses it.
    pub(super) async fn take(
        &self,
        engine: &Engine,
        file: &Path,
        name: &str,
    ) -> anyhow::Result<ImportReport> {
        let refused = |reason: String| ImportReport {
            file: name.to_owned(),
            refused: Some(reason),
            ..ImportReport::default()
        };
        let unknown = || Usage(BankError::NoAccount(self.account.to_owned()).to_string());
        let currency = engine.policy.currency_of(self.account).ok_or_else(unknown)?;
        let bytes = bytes_of(file)?;
        let read = match read_statement(&bytes, currency, &self.words) {
            Ok(read) => read,
            Err(fault) => return Ok(refused(fault.to_string())),
        };
        match engine::take_statement(engine, self.account, (name, read)).await {
            Err(EngineError::Bank(error @ BankError::NoAccount(_))) => {
                Err(Usage(error.to_string()).into())
            }
            Err(EngineError::Bank(error)) => Ok(refused(error.to_string())),
            taken => Ok(taken?),
        }
    }

    /// What shows what was taken.
    pub(super) fn next(&self) -> String {
        format!("of `{}`; `saldo bank` compares it with the documents", self.account)
    }
}

const fn order(dates: Dates) -> DayOrder {
    match dates {
        Dates::Year => DayOrder::YearFirst,
        Dates::Day => DayOrder::DayFirst,
        Dates::Month => DayOrder::MonthFirst,
    }
}

/// The bytes of a file, of which only as many are read as show that it is too large.
fn bytes_of(file: &Path) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("{} cannot be read", file.display());
    let most = u64::try_from(STATEMENT_MOST).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(unreadable)?;
    opened.take(most).read_to_end(&mut bytes).with_context(unreadable)?;
    Ok(bytes)
}
