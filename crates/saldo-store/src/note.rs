//! Notes: what is worth knowing of a connection now, and nothing when it is over. Each replaces the
//! one before of its kind.

use crate::statement::query;
use crate::{Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::text::{CompanyId, ConnectionId};

/// What was noted of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What, as JSON.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Notes something of a connection, in the place of what was noted of this kind.
    ///
    /// # Errors
    /// Where there is no such connection.
    pub async fn put_note(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
        kind: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        query(
            "insert into note (company, connection, kind, body, at) values ($1, $2, $3, $4, $5)
             on conflict (company, connection, kind)
             do update set body = excluded.body, at = excluded.at",
        )
        .bind(company.as_str())
        .bind(connection.as_str())
        .bind(kind)
        .bind(body)
        .bind(columns::micros(now))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// What is noted of a connection of this kind; none where nothing is.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn note(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
        kind: &str,
    ) -> Result<Option<Note>, StoreError> {
        let row: Option<(String, i64)> =
            query("select body, at from note where company = $1 and connection = $2 and kind = $3")
                .bind(company.as_str())
                .bind(connection.as_str())
                .bind(kind)
                .fetch_optional(&self.reader)
                .await?;
        row.map(|(body, at)| Ok(Note { body, at: columns::instant(at)? })).transpose()
    }

    /// Drops what is noted of a connection of this kind. Where nothing is, nothing is written.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn drop_note(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
        kind: &str,
    ) -> Result<(), StoreError> {
        if self.note(company, connection, kind).await?.is_none() {
            return Ok(());
        }
        query("delete from note where company = $1 and connection = $2 and kind = $3")
            .bind(company.as_str())
            .bind(connection.as_str())
            .bind(kind)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
