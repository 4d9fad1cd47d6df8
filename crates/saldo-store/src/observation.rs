//! Observations: what a book showed of itself.

use crate::statement::query;
use crate::{Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::text::{CompanyId, ConnectionId};

/// What a book showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was shown, as JSON.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Keeps what a book showed of one kind: `chart`, `balances`. Earlier ones stay.
    ///
    /// # Errors
    /// Where there is no such company.
    pub async fn put_observation(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        kind: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        query(
            "insert into observation (company, book, kind, body, at) values ($1, $2, $3, $4, $5)",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(kind)
        .bind(body)
        .bind(columns::micros(now))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// What a book showed last of this kind.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn observation(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        kind: &str,
    ) -> Result<Option<Observation>, StoreError> {
        let row: Option<(String, i64)> = query(
            "select body, at from observation where company = $1 and book = $2 and kind = $3
             order by seq desc limit 1",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(kind)
        .fetch_optional(&self.reader)
        .await?;
        row.map(|(body, at)| Ok(Observation { body, at: columns::instant(at)? })).transpose()
    }
}
