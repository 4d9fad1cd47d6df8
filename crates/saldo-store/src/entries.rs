//! Entries: the documents of a book, by date and key, as they are exported and explained.

use crate::compression::Samples;
use crate::receipt::{self, Receipt, ReceiptRow};
use crate::statement::Statement;
use crate::{Store, StoreError};
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};

/// How many documents are read at once.
const PAGE: i64 = 250;

/// Which documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Only from this day on.
    pub from: Option<Date>,
    /// Only up to this day.
    pub until: Option<Date>,
    /// Only those that touch the account of this name.
    pub account: Option<String>,
    /// Only the one of this key.
    pub key: Option<String>,
    /// Those that are approved, but not acknowledged, too.
    pub with_approved: bool,
}

/// A document that stands in a book, or is to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedDocument {
    /// The change that brought it.
    pub change: Change,
    /// What the book acknowledged, where it did.
    pub receipt: Option<Receipt>,
}

/// The documents that a filter lets through, page by page.
#[derive(Debug)]
pub struct EntryPages {
    store: Store,
    company: CompanyId,
    book: ConnectionId,
    filter: EntryFilter,
    after: Option<(String, String)>,
    finished: bool,
}

/// Date, identity and body of a change, and the columns of its receipt.
type DocumentRow = (
    String,
    String,
    Vec<u8>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

impl Store {
    /// The documents of a book by date and key, as they stand since they were amended last. Only a
    /// page of them is in memory at a time.
    #[must_use]
    pub fn entries(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        filter: EntryFilter,
    ) -> EntryPages {
        let (store, company, book) = (self.clone(), company.clone(), book.clone());
        EntryPages { store, company, book, filter, after: None, finished: false }
    }
}

impl EntryPages {
    /// The next documents; none after the last. A page is never empty.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn next_page(&mut self) -> Result<Option<Vec<BookedDocument>>, StoreError> {
        while !self.finished {
            let rows = self.rows().await?;
            match rows.last() {
                Some((date, id, ..)) => self.after = Some((date.clone(), id.clone())),
                None => self.finished = true,
            }
            let samples = Samples::load(&self.store.reader, &self.company).await?;
            let mut page = Vec::with_capacity(rows.len());
            for row in rows {
                let document = booked(&samples, row)?;
                if self.filter.account.as_ref().is_none_or(|name| touches(&document, name)) {
                    page.push(document);
                }
            }
            if !page.is_empty() {
                let changes = page.iter_mut().map(|it| &mut it.change).collect();
                self.store.amend(&self.company, &self.book, changes).await?;
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// All documents at once, for a filter that lets few through.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn all(mut self) -> Result<Vec<BookedDocument>, StoreError> {
        let mut documents = Vec::new();
        while let Some(page) = self.next_page().await? {
            documents.extend(page);
        }
        Ok(documents)
    }

    async fn rows(&self) -> Result<Vec<DocumentRow>, StoreError> {
        let from = self.filter.from.unwrap_or(Date::MIN).to_string();
        let until = self.filter.until.unwrap_or(Date::MAX).to_string();
        let (date, id) = self.after.clone().unwrap_or_else(|| (from, String::new()));
        let joined = if self.filter.with_approved { "left join" } else { "join" };
        let mut statement = Statement::new("select c.date, c.id, c.body, ")
            .text(receipt::COLUMNS)
            .text(" from change c ")
            .text(joined)
            .text(
                " receipt r on r.seq =
                 (select max(l.seq) from receipt l
                  where l.company = c.company and l.book = c.book and l.key = c.id)
                 where c.date is not null and c.company = ",
            )
            .bind(self.company.as_str())
            .text(" and c.book = ")
            .bind(self.book.as_str())
            .text(" and c.date <= ")
            .bind(until)
            .text(" and (c.date, c.id) > (")
            .bind(date)
            .text(", ")
            .bind(id)
            .text(")");
        if self.filter.with_approved {
            statement = statement.text(
                " and not exists (select 1 from outbox o
                  where o.company = c.company and o.book = c.book and o.id = c.id
                  and o.status = 'withdrawn')",
            );
        }
        if let Some(key) = &self.filter.key {
            statement = statement.text(" and c.id = ").bind(key.as_str());
        }
        let query = statement.text(" order by c.date, c.id limit ").bind(PAGE).query();
        query.fetch_all(&self.store.reader).await
    }
}

fn booked(samples: &Samples, row: DocumentRow) -> Result<BookedDocument, StoreError> {
    let (_, _, body, key, remote, version, hash, total, tax, at) = row;
    let receipt: Option<ReceiptRow> = match (key, remote, hash, at) {
        (Some(key), Some(remote), Some(hash), Some(at)) => {
            Some((key, remote, version, hash, total, tax, at))
        }
        _ => None,
    };
    let change = samples.change(&body)?;
    Ok(BookedDocument { change, receipt: receipt.map(Receipt::from_row).transpose()? })
}

fn touches(document: &BookedDocument, account: &str) -> bool {
    match &document.change.subject {
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => false,
        Subject::Document { document, .. } => {
            document.lines().iter().any(|line| &*line.account.name == account)
        }
    }
}
