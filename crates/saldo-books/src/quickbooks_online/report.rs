//! The vendor's reports: columns, and rows within rows.

use saldo_core::book::BookContext;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::{Currency, Money};
use saldo_core::text::RemoteId;
use serde::Deserialize;

/// A report of the vendor.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Report {
    pub(super) header: ReportHeader,
    pub(super) columns: Columns,
    pub(super) rows: Rows,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReportHeader {
    pub(super) currency: Option<String>,
    pub(super) start_period: Option<String>,
    pub(super) end_period: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Columns {
    pub(super) column: Vec<Column>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Column {
    pub(super) col_title: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Rows {
    pub(super) row: Vec<Row>,
}

/// A row: data of one account, or a section of rows whose header may itself be an account with
/// money of its own. Summaries repeat what the rows say.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Row {
    pub(super) col_data: Vec<Cell>,
    pub(super) header: Option<Cells>,
    pub(super) rows: Option<Rows>,
    pub(super) summary: Option<Cells>,
    /// Which section of the report it is: `Income`, `NetIncome`.
    #[serde(rename = "group")]
    pub(super) group: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Cells {
    pub(super) col_data: Vec<Cell>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cell {
    pub(super) value: String,
    pub(super) id: Option<String>,
}

impl Report {
    /// A report of these days as it was answered; the first day counts where the report has one.
    ///
    /// # Errors
    /// Where it cannot be read, or is of other days.
    pub(super) fn read(
        name: &str,
        body: &[u8],
        from: Option<jiff::civil::Date>,
        until: jiff::civil::Date,
    ) -> Result<Self, Fault> {
        let report: Self = serde_json::from_slice(body).map_err(|error| {
            Fault::new(Permit::Retry, format!("{name} cannot be read: {error}"))
        })?;
        let header = &report.header;
        if let Some(end) = header.end_period.as_ref().filter(|end| **end != until.to_string()) {
            return Err(unreadable(name, format!("it ends on {end}, not on {until}")));
        }
        if let (Some(from), Some(start)) = (from, &header.start_period)
            && *start != from.to_string()
        {
            return Err(unreadable(name, format!("it begins on {start}, not on {from}")));
        }
        Ok(report)
    }

    /// The currency of its amounts.
    ///
    /// # Errors
    /// In words, where it is none of ISO 4217.
    pub(super) fn currency(&self, context: &BookContext) -> Result<Currency, String> {
        match &self.header.currency {
            Some(code) => Currency::parse(code).map_err(|error| error.to_string()),
            None => Ok(context.currency),
        }
    }

    /// The place of the column of this title.
    ///
    /// # Errors
    /// In words, where there is none.
    pub(super) fn column(&self, title: &str) -> Result<usize, String> {
        let mut columns = self.columns.column.iter();
        columns
            .position(|column| column.col_title.eq_ignore_ascii_case(title))
            .ok_or_else(|| format!("it has no column `{title}`"))
    }
}

/// The fault of a report that says something that cannot be.
pub(super) fn unreadable(name: &str, reason: impl std::fmt::Display) -> Fault {
    Fault::new(Permit::Never, format!("{name}: {reason}"))
}

/// The amount in a cell; nothing where it is empty or missing.
///
/// # Errors
/// In words, where it is no amount.
pub(super) fn amount(cell: Option<&Cell>, currency: Currency) -> Result<Money, String> {
    match cell.map_or("", |cell| cell.value.trim()) {
        "" => Ok(Money::zero(currency)),
        text => Money::parse(text, currency).map_err(|error| error.to_string()),
    }
}

/// The account that a row with money names.
///
/// # Errors
/// In words, where it names none: then the money is nobody's, and the report was misread.
pub(super) fn account(cells: &[Cell], amount: Money) -> Result<RemoteId, String> {
    let name = cells.first().map_or("", |cell| cell.value.as_str());
    let id = cells.first().and_then(|cell| cell.id.as_deref()).filter(|id| !id.is_empty());
    id.map(RemoteId::from).ok_or_else(|| format!("the row `{name}` over {amount} names no account"))
}
