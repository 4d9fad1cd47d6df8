//! Data goes to standard output, everything else to standard error.

use super::args::Global;
use anyhow::Context;
use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};
use serde::Serialize;
use std::ffi::OsString;
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

    /// How a command speaks whose words cannot be understood.
    pub(crate) fn of_words(words: impl IntoIterator<Item = OsString>) -> Self {
        let words = words.into_iter().take_while(|word| word != "--");
        Self { json: words.into_iter().any(|word| word == "--json"), quiet: false }
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
            to_screen(text);
        }
    }

    /// Says what a person must read to go on, also where little is to be said.
    pub(crate) fn ask(&self, text: &str) {
        to_screen(text);
    }

    /// Says what went wrong, from the outside in.
    pub(crate) fn error(&self, error: &anyhow::Error, exit_code: u8) {
        let because: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        self.failure(&Failure { error: error.to_string(), because, exit_code });
    }

    /// Says that the words of the command line cannot be understood. As text it is said as it was
    /// laid out.
    pub(crate) fn misunderstood(&self, laid_out: &str, exit_code: u8) {
        let error = laid_out.trim();
        let error = error.strip_prefix("error: ").unwrap_or(error).to_owned();
        match self.json {
            true => self.failure(&Failure { error, because: Vec::new(), exit_code }),
            false => to_screen(laid_out.trim_end()),
        }
    }

    fn failure(&self, failure: &Failure) {
        let text = match (self.json, serde_json::to_string_pretty(failure)) {
            (true, Ok(json)) => json,
            _ => {
                let because = failure.because.iter().map(|cause| format!("\n  because: {cause}"));
                format!("error: {}{}", failure.error, because.collect::<String>())
            }
        };
        to_screen(&text);
    }

    /// Prints a piece of a file as data: as it stands, or as one line of JSON.
    pub(crate) fn piece(&self, format: &'static str, text: &str) -> anyhow::Result<()> {
        match self.json {
            true => self.text(&serde_json::to_string(&Piece { format, text })?),
            false => self.text(text),
        }
    }
}

/// A piece of a file, as JSON.
#[derive(Serialize)]
struct Piece<'a> {
    format: &'static str,
    text: &'a str,
}

/// Writes to standard error. Where that is closed, nobody is there to read it.
fn to_screen(text: &str) {
    let mut screen = std::io::stderr().lock();
    if writeln!(screen, "{text}").is_err() {
        tracing::trace!("nobody reads standard error");
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
