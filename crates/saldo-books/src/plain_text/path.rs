//! What the files are called.

use super::write::Syntax;
use jiff::civil::Date;

/// The path of a file of this name.
pub(super) fn file_path(stem: &str, syntax: Syntax) -> String {
    format!("{stem}{}", syntax.suffix())
}

/// The path of the file of the month that a day is in.
pub(super) fn month_path(date: Date, syntax: Syntax) -> String {
    file_path(&month(date), syntax)
}

/// The month that a day is in, as its file is called: `2026-08`.
pub(super) fn month(date: Date) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}
