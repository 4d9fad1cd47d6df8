//! A table of a report: as CSV, on a page, or on a screen.

/// A table whose cells are texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// What its file is called, without its ending.
    pub(crate) name: String,
    /// What stands above it.
    pub(crate) title: String,
    /// What it shows, as a sentence.
    pub(crate) says: &'static str,
    /// What stands above each column.
    pub(crate) heads: &'static [&'static str],
    /// How many of the last columns hold numbers.
    pub(crate) numbers: usize,
    /// The rows.
    pub(crate) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The table by RFC 4180.
    pub(crate) fn csv(&self) -> String {
        let heads = self.heads.iter().map(|head| quoted(head)).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(|cell| quoted(cell)).collect());
        let lines = std::iter::once(heads).chain(rows);
        lines.map(|cells: Vec<String>| cells.join(",") + "\r\n").collect()
    }
}

/// A cell by RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe.
pub(crate) fn quoted(cell: &str) -> String {
    let is_number = cell.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    let cell = match cell.starts_with(['=', '+', '-', '@', '\t']) && !is_number {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_safe_in_a_spreadsheet() {
        let cases = [
            ("-12.30", "-12.30"),
            ("=1+1", "'=1+1"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("-x", "'-x"),
        ];
        for (cell, expected) in cases {
            assert_eq!(quoted(cell), expected);
        }
    }
}
