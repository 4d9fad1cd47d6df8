//! Drafts: documents that a book holds as drafts, and that nobody confirmed yet.

use crate::compression::Samples;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError};
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::BTreeSet;

impl Store {
    /// The changes whose documents a book acknowledged as drafts, and for which no confirmation was
    /// approved, in the order of approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unconfirmed_drafts(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Vec<Change>, StoreError> {
        let bodies: Vec<Vec<u8>> = query(
            "select c.body from change c
             where c.company = $1 and c.book = $2 and c.draft = 1
             and exists (select 1 from receipt r
              where r.company = c.company and r.book = c.book and r.key = c.id)
             and not exists (select 1 from change f
              where f.company = c.company and f.book = c.book and f.id = 'confirm/' || c.id)
             order by c.position",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        bodies.iter().map(|body| samples.change(body)).collect()
    }

    /// The changes whose documents stand in a book as drafts: it acknowledged them, and no
    /// confirmation of them, in the order of approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn standing_drafts(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Vec<Change>, StoreError> {
        let ids: Vec<String> = query(
            "select c.id from change c
             where c.company = $1 and c.book = $2 and c.draft = 1
             and exists (select 1 from receipt r
              where r.company = c.company and r.book = c.book and r.key = c.id)
             and not exists (select 1 from receipt f
              where f.company = c.company and f.book = c.book and f.key = 'confirm/' || c.id)",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&self.reader)
        .await?;
        self.changes_of(company, book, &ids).await
    }

    /// Which of these changes were approved to enter drafts that no confirmation is acknowledged
    /// of, whether the book has them by now or not.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn drafts_among(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        ids: &[String],
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut drafts = BTreeSet::new();
        for ids in ids.chunks(ROWS_MAX) {
            let found: Vec<String> = Statement::new("select c.id from change c where c.company = ")
                .bind(company.as_str())
                .text(" and c.book = ")
                .bind(book.as_str())
                .text(
                    " and c.draft = 1 and not exists (select 1 from receipt f
                     where f.company = c.company and f.book = c.book
                     and f.key = 'confirm/' || c.id) and c.id in ",
                )
                .list(ids.iter().map(String::as_str))
                .query()
                .fetch_all(&self.reader)
                .await?;
            drafts.extend(found);
        }
        Ok(drafts)
    }

    /// How many documents a book acknowledged as drafts, and no confirmation of.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn count_drafts(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<u64, StoreError> {
        let count: i64 = query(
            "select count(*) from change c
             where c.company = $1 and c.book = $2 and c.draft = 1
             and exists (select 1 from receipt r
              where r.company = c.company and r.book = c.book and r.key = c.id)
             and not exists (select 1 from receipt f
              where f.company = c.company and f.book = c.book and f.key = 'confirm/' || c.id)",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_one(&self.reader)
        .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
