//! Tables of comma-separated values, in the columns that a book's page knows.

use crate::letters::plain;
use jiff::civil::Date;
use saldo_core::feed::{FeedColumn, FeedRow, Statement};
use saldo_core::policy::DayOrder;

/// A statement as a table.
pub(super) fn file(statement: &Statement, columns: &[FeedColumn]) -> Vec<u8> {
    let heads = columns.iter().map(|column| column.head().to_owned());
    let mut text = line(heads);
    for row in &statement.rows {
        text += &row_text(row, columns, statement.feed.dates);
    }
    text.into_bytes()
}

/// How many bytes a row has.
pub(super) fn row_bytes(row: &FeedRow, columns: &[FeedColumn]) -> usize {
    row_text(row, columns, DayOrder::YearFirst).len()
}

fn row_text(row: &FeedRow, columns: &[FeedColumn], dates: DayOrder) -> String {
    line(columns.iter().map(|column| match column {
        FeedColumn::Date => date(row.day, dates),
        FeedColumn::Amount => row.amount.amount_text(),
        FeedColumn::Payee => plain(&row.payee),
        FeedColumn::Description => plain(&row.description),
        FeedColumn::Reference => row.id.clone(),
    }))
}

fn date(day: Date, order: DayOrder) -> String {
    let format = match order {
        DayOrder::YearFirst => "%Y-%m-%d",
        DayOrder::DayFirst => "%d/%m/%Y",
        DayOrder::MonthFirst => "%m/%d/%Y",
    };
    day.strftime(format).to_string()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| quoted(&cell)).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A cell, in quotation marks where it must be. What a spreadsheet would compute is kept from it by
/// a leading apostrophe.
fn quoted(cell: &str) -> String {
    let is_number = cell.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    let guard = if cell.starts_with(['=', '+', '-', '@']) && !is_number { "'" } else { "" };
    match cell.contains([',', '"']) {
        true => format!("\"{guard}{}\"", cell.replace('"', "\"\"")),
        false => format!("{guard}{cell}"),
    }
}
