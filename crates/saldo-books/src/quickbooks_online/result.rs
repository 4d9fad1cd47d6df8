//! The profit and loss report: what each account of income and expenses moved by over some days.
//!
//! Unlike in the trial balance no fiscal year cuts it.

use super::report::{self, Cell, Report, Row, Rows};
use saldo_core::book::BookContext;
use saldo_core::exchange::Fault;
use saldo_core::money::{Balance, Currency, Money};
use saldo_core::text::RemoteId;
use std::collections::BTreeMap;

/// What the report is called in messages.
const NAME: &str = "the profit and loss report";

/// What accounts moved by, debit positive, in the company's currency.
///
/// # Errors
/// Where the report cannot be read, is of other days, has a section that nobody taught us, or its
/// rows do not come to its net income: then a row was misread, and none can be trusted.
pub(super) fn movements(
    body: &[u8],
    (from, until): (jiff::civil::Date, jiff::civil::Date),
    context: &BookContext,
) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let unreadable = |reason: String| report::unreadable(NAME, reason);
    let report = Report::read(NAME, body, Some(from), until)?;
    let currency = report.currency(context).map_err(unreadable)?;
    let mut reader = Reader {
        total: report.column("Total").map_err(unreadable)?,
        currency,
        movements: BTreeMap::new(),
        income: Money::zero(currency),
        net_income: None,
    };
    for row in &report.rows.row {
        reader.section(row).map_err(unreadable)?;
    }
    match reader.net_income {
        Some(net) if net != reader.income => {
            let income = reader.income;
            Err(unreadable(format!("its rows come to {income}, its net income is {net}")))
        }
        _ => Ok(reader.movements),
    }
}

/// Whether the amounts of a section are credits; none for sections that only sum others up.
fn is_credit(group: &str) -> Result<Option<bool>, String> {
    match group {
        "Income" | "OtherIncome" => Ok(Some(true)),
        "COGS" | "Expenses" | "OtherExpenses" => Ok(Some(false)),
        "GrossProfit" | "NetOperatingIncome" | "NetOtherIncome" | "NetIncome" => Ok(None),
        other => Err(format!("it has a section `{other}`, which is not known")),
    }
}

struct Reader {
    total: usize,
    currency: Currency,
    movements: BTreeMap<RemoteId, Balance>,
    /// What the rows come to, credits positive.
    income: Money,
    /// What the report says that they come to.
    net_income: Option<Money>,
}

impl Reader {
    fn section(&mut self, row: &Row) -> Result<(), String> {
        let group = row.group.as_deref().unwrap_or_default();
        match (is_credit(group)?, &row.rows) {
            (Some(credit), Some(rows)) => self.rows(rows, credit)?,
            (Some(_), None) => {}
            (None, _) if group == "NetIncome" => {
                let cells = row.summary.as_ref().map_or(&[][..], |cells| &cells.col_data);
                self.net_income = Some(report::amount(cells.get(self.total), self.currency)?);
            }
            (None, _) => {}
        }
        Ok(())
    }

    fn rows(&mut self, rows: &Rows, credit: bool) -> Result<(), String> {
        for row in &rows.row {
            self.cells(&row.col_data, credit)?;
            if let Some(header) = &row.header {
                self.cells(&header.col_data, credit)?;
            }
            if let Some(inner) = &row.rows {
                self.rows(inner, credit)?;
            }
        }
        Ok(())
    }

    fn cells(&mut self, cells: &[Cell], credit: bool) -> Result<(), String> {
        let amount = report::amount(cells.get(self.total), self.currency)?;
        if amount.is_zero() {
            return Ok(());
        }
        let debit = if credit { amount.negated() } else { amount };
        let balance = self.movements.entry(report::account(cells, amount)?).or_default();
        balance.add(debit).map_err(|error| error.to_string())?;
        self.income = self.income.minus(debit).map_err(|error| error.to_string())?;
        Ok(())
    }
}
