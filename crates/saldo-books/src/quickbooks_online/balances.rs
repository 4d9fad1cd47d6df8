//! The trial balance: every account's balance as of the end of a day.

use saldo_core::book::BookContext;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::{Balance, Currency, Money};
use saldo_core::text::RemoteId;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A report of the vendor.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Report {
    header: ReportHeader,
    columns: Columns,
    rows: Rows,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ReportHeader {
    currency: Option<String>,
    end_period: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Columns {
    column: Vec<Column>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Column {
    col_title: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Rows {
    row: Vec<Row>,
}

/// A row: data of one account, or a section of rows whose header may itself be an account with
/// money of its own. Summaries repeat what the rows say, and are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Row {
    col_data: Vec<Cell>,
    header: Option<Cells>,
    rows: Option<Rows>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Cells {
    col_data: Vec<Cell>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cell {
    value: String,
    id: Option<String>,
}

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
    let unreadable =
        |reason: String| Fault::new(Permit::Never, format!("the trial balance: {reason}"));
    let report: Report = serde_json::from_slice(body).map_err(|error| {
        Fault::new(Permit::Retry, format!("the trial balance cannot be read: {error}"))
    })?;
    if let Some(end) = report.header.end_period.filter(|end| *end != as_of.to_string()) {
        return Err(unreadable(format!("it ends on {end}, not on {as_of}")));
    }
    let currency = match &report.header.currency {
        Some(code) => Currency::parse(code).map_err(|error| unreadable(error.to_string()))?,
        None => context.currency,
    };
    let titled = |title: &str| {
        let mut columns = report.columns.column.iter();
        columns
            .position(|column| column.col_title.eq_ignore_ascii_case(title))
            .ok_or_else(|| unreadable(format!("it has no column `{title}`")))
    };
    let mut reader = Reader {
        debit: titled("Debit")?,
        credit: titled("Credit")?,
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
        let debit = self.amount(cells.get(self.debit))?;
        let credit = self.amount(cells.get(self.credit))?;
        let amount = debit.minus(credit).map_err(|error| error.to_string())?;
        if amount.is_zero() {
            return Ok(());
        }
        let name = cells.first().map_or("", |cell| cell.value.as_str());
        let id = cells.first().and_then(|cell| cell.id.as_deref()).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| format!("the row `{name}` over {amount} names no account"))?;
        let balance = self.balances.entry(RemoteId::from(id)).or_default();
        balance.add(amount).map_err(|error| error.to_string())?;
        self.difference = self.difference.plus(amount).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn amount(&self, cell: Option<&Cell>) -> Result<Money, String> {
        let text = cell.map_or("", |cell| cell.value.trim());
        match text {
            "" => Ok(Money::zero(self.currency)),
            text => Money::parse(text, self.currency).map_err(|error| error.to_string()),
        }
    }
}
