//! `saldo export`.

use super::args::{self, Format, Global};
use super::context::{self, Usage};
use super::{Ending, Output};
use crate::engine::Engine;
use crate::pack::quoted;
use saldo_books::plain_text::{LedgerHead, Syntax, document_text};
use saldo_core::book::Subject;
use saldo_core::document::{Document, DocumentKey, Line};
use saldo_core::money::Money;
use saldo_core::text::ConnectionId;
use saldo_store::{EntryFilter, Role};
use serde::Serialize;
use std::fmt::Write;
use thiserror::Error;

/// Writes the ledger to standard output, of which only a page is in memory at a time.
pub(crate) async fn export(
    global: &Global,
    words: &args::Export,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let book = first_book(&engine).await?;
    let ledger = Ledger { engine: &engine, book: &book, output };
    match words.format {
        Format::Beancount => ledger.plain_text(Syntax::Beancount).await?,
        Format::Hledger => ledger.plain_text(Syntax::Hledger).await?,
        Format::Csv => {
            output.piece(CSV, CSV_HEAD)?;
            ledger.write(Some(CSV), |key, document| Ok(csv(key, document))).await?;
        }
        Format::Json => ledger.write(None, json).await?,
    }
    Ok(Ending::Done)
}

async fn first_book(engine: &Engine) -> anyhow::Result<ConnectionId> {
    let books = engine.connections(Role::Book).await?;
    let Some(book) = books.into_iter().next() else {
        let text = "there is no book: `saldo connect plain-text` makes one".to_owned();
        return Err(Usage(text).into());
    };
    Ok(book.id)
}

/// The documents of a book, those that are approved included, by date and key.
struct Ledger<'a> {
    engine: &'a Engine,
    book: &'a ConnectionId,
    output: &'a Output,
}

impl Ledger<'_> {
    /// Goes through the documents, page by page.
    async fn each_page(
        &self,
        mut take: impl FnMut(&[(DocumentKey, Document)]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let filter = EntryFilter { with_approved: true, ..EntryFilter::default() };
        let mut pages = self.engine.store.entries(self.engine.company_id(), self.book, filter);
        while let Some(page) = pages.next_page().await? {
            let documents = page.into_iter().filter_map(|booked| match booked.change.subject {
                Subject::Document { key, document, .. } => Some((key, *document)),
                Subject::Need(_)
                | Subject::Confirmed { .. }
                | Subject::Amended { .. }
                | Subject::Attached { .. } => None,
            });
            take(&documents.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Writes each document as this text: as a piece of a file of this format, or where there is
    /// none, as JSON that it is already.
    async fn write(
        &self,
        format: Option<&'static str>,
        mut text: impl FnMut(DocumentKey, &Document) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        self.each_page(|page| {
            let texts: Result<String, _> =
                page.iter().map(|(key, document)| text(*key, document)).collect();
            match format {
                Some(format) => self.output.piece(format, &texts?),
                None => self.output.text(&texts?),
            }
        })
        .await
    }

    /// Writes a plain-text ledger: first what all documents touch, then the documents.
    async fn plain_text(&self, syntax: Syntax) -> anyhow::Result<()> {
        let company = &self.engine.company;
        let mut head = LedgerHead::new(syntax, &company.name, company.currency);
        self.each_page(|page| {
            page.iter().for_each(|(_, document)| head.take(document));
            Ok(())
        })
        .await?;
        let format = match syntax {
            Syntax::Beancount => "beancount",
            Syntax::Hledger => "hledger",
        };
        self.output.piece(format, &head.text())?;
        self.write(Some(format), |key, document| match head.names(document) {
            true => Ok(document_text(syntax, key, document)),
            false => Err(Overtaken.into()),
        })
        .await
    }
}

/// A sync entered something while an export was written.
#[derive(Debug, Error)]
#[error("the books changed while they were written: export them again")]
pub(super) struct Overtaken;

/// The format of tables, as a piece of one names it.
const CSV: &str = "csv";

const CSV_HEAD: &str = "date,key,kind,reference,memo,account,amount,currency,text,\
     foreign,foreign_currency,dimensions\r\n";

/// One row a posting: debit positive.
fn csv(key: DocumentKey, document: &Document) -> String {
    let mut text = String::new();
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
            line.foreign.map(Money::amount_text).unwrap_or_default(),
            line.foreign.map(|foreign| foreign.currency().to_string()).unwrap_or_default(),
            dimensions(line),
        ];
        let quoted: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        write!(text, "{}\r\n", quoted.join(",")).expect("text can be written to a string");
    }
    text
}

/// The dimensions of a line as one cell: `class=Retail;location=Aarhus`.
fn dimensions(line: &Line) -> String {
    let words: Vec<String> =
        line.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    words.join(";")
}

#[derive(Serialize)]
struct Exported<'a> {
    key: DocumentKey,
    document: &'a Document,
}

/// One document a line.
fn json(key: DocumentKey, document: &Document) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&Exported { key, document })? + "\n")
}
