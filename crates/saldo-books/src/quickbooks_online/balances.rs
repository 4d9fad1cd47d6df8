//! The trial balance: every account's balance as of the end of a day.

use super::report::{self, Cell, Report, Rows};
use saldo_core::book::BookContext;
use saldo_core::exchange::Fault;
use saldo_core::money::{Balance, Currency, Money};
use saldo_core::text::RemoteId;
use std::collections::BTreeMap;

/// What the report is called in messages.
const NAME: &str = "the trial balance";

/// Balances by account, debit positive, in the company's currency.
///
/// # Errors
/// Where the report cannot be read, is of another day, or its debits and credits differ: then a row
/// was misread, and no balance of it can be trusted.
pub(super) fn balances(
    body: &[u8],
    as_of: jiff::civil::Date,
    context: &BookContext,
) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let unreadable = |reason: String| report::unreadable(NAME, reason);
    let report = Report::read(NAME, body, None, as_of)?;
    let currency = report.currency(context).map_err(unreadable)?;
    let mut reader = Reader {
        debit: report.column("Debit").map_err(unreadable)?,
        credit: report.column("Credit").map_err(unreadable)?,
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
    fn rows(&mut self, rows: &Rows) -> Result<(), String> {
        for row in &rows.row {
            self.cells(&row.col_data)?;
            if let Some(header) = &row.header {
                self.cells(&header.col_data)?;
            }
            if let Some(inner) = &row.rows {
                self.rows(inner)?;
            }
        }
        Ok(())
    }

    fn cells(&mut self, cells: &[Cell]) -> Result<(), String> {
        let debit = report::amount(cells.get(self.debit), self.currency)?;
        let credit = report::amount(cells.get(self.credit), self.currency)?;
        let amount = debit.minus(credit).map_err(|error| error.to_string())?;
        if amount.is_zero() {
            return Ok(());
        }
        let balance = self.balances.entry(report::account(cells, amount)?).or_default();
        balance.add(amount).map_err(|error| error.to_string())?;
        self.difference = self.difference.plus(amount).map_err(|error| error.to_string())?;
        Ok(())
    }
}
