//! Documents that books acknowledged, as far as a proof must know them: without their content.

use crate::compression::Samples;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError, columns};
use jiff::civil::Date;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};

/// A document that a book acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgedDocument {
    /// Its number.
    pub key: String,
    /// Its date.
    pub date: Date,
    /// What the book calls it.
    pub remote: RemoteId,
    /// Its version when it was acknowledged, where the book has such.
    pub version: Option<String>,
}

type Row = (String, String, String, Option<String>);

impl Store {
    /// The documents that a book acknowledged and that are dated after a day, by date and number:
    /// those of as many whole months as hold at least so many.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn acknowledged_documents(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        after: Date,
        at_least: usize,
    ) -> Result<Vec<AcknowledgedDocument>, StoreError> {
        let nth: Option<String> = query(
            "select c.date from change c
             where c.company = $1 and c.book = $2 and c.date > $3 and exists
             (select 1 from receipt r
              where r.company = c.company and r.book = c.book and r.key = c.id)
             order by c.date limit 1 offset $4",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(after.to_string())
        .bind(columns::integer(at_least.saturating_sub(1))?)
        .fetch_optional(&self.reader)
        .await?;
        let until = match nth {
            Some(date) => columns::parse::<Date>("date of a change", &date)?.last_of_month(),
            None => Date::MAX,
        };
        let rows: Vec<Row> = query(
            "select c.date, c.id, r.remote, r.version from change c
             join receipt r on r.seq =
             (select max(l.seq) from receipt l
              where l.company = c.company and l.book = c.book and l.key = c.id)
             where c.company = $1 and c.book = $2 and c.date > $3 and c.date <= $4
             order by c.date, c.id",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(after.to_string())
        .bind(until.to_string())
        .fetch_all(&self.reader)
        .await?;
        let read = |(date, key, remote, version): Row| {
            let date = columns::parse("date of a change", &date)?;
            Ok(AcknowledgedDocument { key, date, remote: RemoteId::from(remote), version })
        };
        rows.into_iter().map(read).collect()
    }

    /// The numbers of documents of slots that a book acknowledged after its receipt of this number,
    /// at most so many, each with the number of its receipt.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn acknowledged_after(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        receipt: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        query(
            "select r.seq, c.id from receipt r
             join change c on c.company = r.company and c.book = r.book and c.id = r.key
             where r.seq > $3 and r.company = $1 and r.book = $2 and c.slot is not null
             order by r.seq limit $4",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(receipt)
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await
    }

    /// As [`acknowledged_after`](Self::acknowledged_after), of the documents that no receipt was
    /// about before.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn first_acknowledged_after(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        receipt: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        query(
            "select r.seq, c.id from receipt r
             join change c on c.company = r.company and c.book = r.book and c.id = r.key
             where r.seq > $3 and r.company = $1 and r.book = $2 and c.slot is not null
             and not exists (select 1 from receipt e
              where e.company = r.company and e.book = r.book and e.key = r.key and e.seq < r.seq)
             order by r.seq limit $4",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(receipt)
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await
    }

    /// The documents that a book acknowledged and calls so, with the version that it acknowledged
    /// last, by number.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn acknowledged_as(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        remotes: &[RemoteId],
    ) -> Result<Vec<AcknowledgedDocument>, StoreError> {
        let mut found = Vec::new();
        for remotes in remotes.chunks(ROWS_MAX) {
            let rows: Vec<Row> = Statement::new(
                "select c.date, c.id, r.remote, r.version from receipt r
                 join change c on c.company = r.company and c.book = r.book and c.id = r.key
                 where r.company = ",
            )
            .bind(company.as_str())
            .text(" and r.book = ")
            .bind(book.as_str())
            .text(" and r.remote in ")
            .list(remotes.iter().map(RemoteId::as_str))
            .text(
                " and c.date is not null and r.seq = (select max(l.seq) from receipt l
                 where l.company = c.company and l.book = c.book and l.key = c.id)",
            )
            .query()
            .fetch_all(&self.reader)
            .await?;
            for (date, key, remote, version) in rows {
                let date = columns::parse("date of a change", &date)?;
                let remote = RemoteId::from(remote);
                found.push(AcknowledgedDocument { key, date, remote, version });
            }
        }
        found.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(found)
    }

    /// The changes of these identities in a book, those that there are, in the order of approval.
    /// Their documents are as they stand since they were amended last.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn changes_of(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        ids: &[String],
    ) -> Result<Vec<Change>, StoreError> {
        let mut found: Vec<(i64, Change)> = Vec::new();
        for ids in ids.chunks(ROWS_MAX) {
            let rows: Vec<(i64, Vec<u8>)> =
                Statement::new("select position, body from change where company = ")
                    .bind(company.as_str())
                    .text(" and book = ")
                    .bind(book.as_str())
                    .text(" and id in ")
                    .list(ids.iter().map(String::as_str))
                    .query()
                    .fetch_all(&self.reader)
                    .await?;
            let samples = Samples::load(&self.reader, company).await?;
            for (position, body) in rows {
                found.push((position, samples.change(&body)?));
            }
        }
        found.sort_by_key(|(position, _)| *position);
        let mut changes: Vec<Change> = found.into_iter().map(|(_, change)| change).collect();
        self.amend(company, book, changes.iter_mut().collect()).await?;
        Ok(changes)
    }
}
