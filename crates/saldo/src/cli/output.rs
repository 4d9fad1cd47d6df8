//! Data goes to standard output, everything else to standard error.

use super::args::Global;
use anyhow::Context;
use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// How a command speaks.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self { json: global.json, quiet: global.quiet }
    }

    /// Whether progress may be drawn.
    pub(crate) fn draws(&self) -> bool {
        !self.quiet && !self.json && std::io::stderr().is_terminal()
    }

    /// Prints data: the value as JSON, or the text.
    pub(crate) fn data(
        &self,
        value: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> anyhow::Result<()> {
        let text = match self.json {
            true => serde_json::to_string_pretty(value).context("the answer cannot be written")?,
            false => text(),
        };
        self.text(&text)
    }

    /// Prints text as data.
    pub(crate) fn text(&self, text: &str) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| match text.ends_with('\n') {
            true => out.flush(),
            false => out.write_all(b"\n").and_then(|()| out.flush()),
        });
        match written {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("standard output is closed"),
        }
    }

    /// Says something to the person at the screen.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Says what went wrong, from the outside in.
    pub(crate) fn error(&self, error: &anyhow::Error, exit_code: u8) {
        let because: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        let failure = Failure { error: error.to_string(), because, exit_code };
        match (self.json, serde_json::to_string_pretty(&failure)) {
            (true, Ok(json)) => eprintln!("{json}"),
            _ => {
                eprintln!("error: {}", failure.error);
                for cause in failure.because {
                    eprintln!("  because: {cause}");
                }
            }
        }
    }
}

/// What went wrong, as JSON.
#[derive(Serialize)]
struct Failure {
    error: String,
    because: Vec<String>,
    exit_code: u8,
}

/// A table of text; the columns named last are right-aligned.
pub(crate) fn table(heads: &[&str], right: usize, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads.iter().copied());
    table.add_rows(rows);
    for index in heads.len().saturating_sub(right)..heads.len() {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let trimmed: Vec<String> =
        table.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
    trimmed.join("\n") + "\n"
}
