//! The trial balance: every account's balance as of the end of a day.

use super::report::{self, Report, Row};
use jiff::civil::Date;
use saldo_core::book::BookContext;
use saldo_core::exchange::Fault;
use saldo_core::money::{Balance, Currency, Money};
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the report is called in messages.
const NAME: &str = "the trial balance";

/// Balances by account, debit positive, in the company's currency. Of its two pairs of columns one
/// is of the day's month alone; the other, to date, is of the year for income and expenses, and of
/// all time for the rest.
///
/// # Errors
/// Where the report cannot be read, is of another day, or its debits and credits differ: then a row
/// was misread, and no balance of it can be trusted.
pub(super) fn balances(
    answer: &Value,
    as_of: Date,
    context: &BookContext,
) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let unreadable = |reason: String| report::unreadable(NAME, reason);
    let report = Report::read(NAME, answer)?;
    if !report.names_day(as_of) {
        return Err(unreadable(format!("it is not of {as_of}: {:?}", report.report_titles)));
    }
    let currency = context.currency;
    let mut reader = Reader {
        debit: report.column("YTD Debit").map_err(unreadable)?,
        credit: report.column("YTD Credit").map_err(unreadable)?,
        currency,
        balances: BTreeMap::new(),
        difference: Money::zero(currency),
    };
    reader.rows(&report.rows).map_err(unreadable)?;
    match reader.difference.is_zero() {
        true => Ok(reader.balances),
        false => Err(unreadable(format!("debits and credits differ by {}", reader.difference))),
    }
}

struct Reader {
    debit: usize,
    credit: usize,
    currency: Currency,
    balances: BTreeMap<RemoteId, Balance>,
    difference: Money,
}

impl Reader {
    fn rows(&mut self, rows: &[Row]) -> Result<(), String> {
        for row in rows {
            if row.row_type == "Row" {
                self.row(row)?;
            }
            self.rows(&row.rows)?;
        }
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), String> {
        let debit = row.amount(self.debit, self.currency)?;
        let credit = row.amount(self.credit, self.currency)?;
        let amount = debit.minus(credit).map_err(|error| error.to_string())?;
        if amount.is_zero() {
            return Ok(());
        }
        let account = row.account();
        let account = account
            .ok_or_else(|| format!("the row `{}` over {amount} names no account", row.name()))?;
        let balance = self.balances.entry(account).or_default();
        balance.add(amount).map_err(|error| error.to_string())?;
        self.difference = self.difference.plus(amount).map_err(|error| error.to_string())?;
        Ok(())
    }
}
