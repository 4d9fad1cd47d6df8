//! The vendor's reports: sections of rows, rows of cells.

use super::wire;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::{Currency, Money};
use saldo_core::text::RemoteId;
use serde::Deserialize;
use serde_json::Value;

/// A report of the vendor.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Report {
    /// The organisation, and of which days it is, in words.
    pub(super) report_titles: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A row, or a section of rows.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Row {
    /// `Header`, `Section`, `Row` or `SummaryRow`.
    pub(super) row_type: String,
    pub(super) title: String,
    pub(super) cells: Vec<Cell>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Cell {
    pub(super) value: String,
    attributes: Vec<Attribute>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Attribute {
    id: String,
    value: String,
}

impl Report {
    /// The report of an answer.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub(super) fn read(name: &str, answer: &Value) -> Result<Self, Fault> {
        let missing = || Fault::new(Permit::Retry, format!("{name} is not in the answer"));
        let report =
            answer.get("Reports").and_then(|reports| reports.get(0)).ok_or_else(missing)?;
        serde_json::from_value(report.clone())
            .map_err(|error| Fault::new(Permit::Retry, format!("{name} cannot be read: {error}")))
    }

    /// The place of the column of this title.
    ///
    /// # Errors
    /// In words, where there is none.
    pub(super) fn column(&self, title: &str) -> Result<usize, String> {
        let mut headers = self.rows.iter().filter(|row| row.row_type == "Header");
        let cells = headers.next().map_or(&[][..], |row| &row.cells);
        let place = cells.iter().position(|cell| cell.value.eq_ignore_ascii_case(title));
        place.ok_or_else(|| format!("it has no column `{title}`"))
    }

    /// Whether its titles name a day, as in `As at 24 April 2019`.
    pub(super) fn names_day(&self, day: jiff::civil::Date) -> bool {
        let words = day.strftime("%-d %B %Y").to_string();
        let short = day.strftime("%-d %b %Y").to_string();
        let says = |title: &String| {
            let title = title.replace(" 0", " ");
            title.contains(&words) || title.contains(&short)
        };
        self.report_titles.iter().any(says)
    }
}

impl Row {
    /// The amount in a cell; nothing where it is empty or missing.
    ///
    /// # Errors
    /// In words, where it is no amount.
    pub(super) fn amount(&self, place: usize, currency: Currency) -> Result<Money, String> {
        let text = self.cells.get(place).map_or("", |cell| cell.value.trim());
        if text.is_empty() {
            return Ok(Money::zero(currency));
        }
        let number: serde_json::Number =
            text.parse().map_err(|_| format!("`{text}` is no amount"))?;
        wire::money(&number, currency)
    }

    /// The id of the account that a row is of; none for a row of no account.
    pub(super) fn account(&self) -> Option<RemoteId> {
        let attributes = &self.cells.first()?.attributes;
        let account = attributes.iter().find(|it| it.id == "account")?;
        Some(RemoteId::from(account.value.as_str()))
    }

    /// What a row is called.
    pub(super) fn name(&self) -> &str {
        self.cells.first().map_or("", |cell| cell.value.trim())
    }
}

/// The fault of a report that says something that cannot be.
pub(super) fn unreadable(name: &str, reason: impl std::fmt::Display) -> Fault {
    Fault::new(Permit::Never, format!("{name}: {reason}"))
}
