//! `saldo export`.

use super::args::{self, Format, Global};
use super::context::{self, Usage};
use super::{Ending, Output};
use crate::engine::Engine;
use saldo_books::plain_text::{Syntax, ledger_text};
use saldo_core::book::Subject;
use saldo_core::document::{Document, DocumentKey};
use saldo_store::{EntryFilter, Role};
use serde::Serialize;
use std::fmt::Write;

/// Writes the ledger to standard output.
pub(crate) async fn export(
    global: &Global,
    words: &args::Export,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let documents = documents(&engine).await?;
    let text = match words.format {
        Format::Beancount => ledger(&engine, Syntax::Beancount, &documents),
        Format::Hledger => ledger(&engine, Syntax::Hledger, &documents),
        Format::Csv => csv(&documents),
        Format::Json => json(&documents)?,
    };
    output.text(&text)?;
    Ok(Ending::Done)
}

/// The documents of the company's first book, those that are approved included.
async fn documents(engine: &Engine) -> anyhow::Result<Vec<(DocumentKey, Document)>> {
    let books = engine.connections(Role::Book).await?;
    let Some(book) = books.first() else {
        let text = "there is no book: `saldo connect plain-text` makes one".to_owned();
        return Err(Usage(text).into());
    };
    let filter = EntryFilter { with_approved: true, ..EntryFilter::default() };
    let mut pages = engine.store.entries(engine.company_id(), &book.id, filter);
    let mut documents = Vec::new();
    while let Some(page) = pages.next_page().await? {
        documents.extend(page.into_iter().filter_map(|booked| match booked.change.subject {
            Subject::Document { key, document, .. } => Some((key, *document)),
            Subject::Need(_) => None,
        }));
    }
    Ok(documents)
}

fn ledger(engine: &Engine, syntax: Syntax, documents: &[(DocumentKey, Document)]) -> String {
    ledger_text(syntax, &engine.company.name, engine.company.currency, documents)
}

/// One row a posting: debit positive.
fn csv(documents: &[(DocumentKey, Document)]) -> String {
    let mut text = String::from("date,key,kind,reference,memo,account,amount,currency,text\r\n");
    for (key, document) in documents {
        let header = document.header();
        for line in document.lines() {
            let cells = [
                header.date.to_string(),
                key.to_string(),
                header.kind.to_string(),
                header.reference.clone(),
                header.memo.clone(),
                line.account.name.to_string(),
                line.amount.amount_text(),
                line.amount.currency().to_string(),
                line.text.clone(),
            ];
            let quoted: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            write!(text, "{}\r\n", quoted.join(",")).expect("text can be written to a string");
        }
    }
    text
}

/// A cell by RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe.
fn quoted(cell: &str) -> String {
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

#[derive(Serialize)]
struct Exported<'a> {
    key: DocumentKey,
    document: &'a Document,
}

/// One document a line.
fn json(documents: &[(DocumentKey, Document)]) -> anyhow::Result<String> {
    let mut text = String::new();
    for (key, document) in documents {
        text.push_str(&serde_json::to_string(&Exported { key: *key, document })?);
        text.push('\n');
    }
    Ok(text)
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
