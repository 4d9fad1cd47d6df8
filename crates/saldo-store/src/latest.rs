//! Records in their latest version.

use crate::compression::Samples;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement};
use crate::{Store, StoreError, columns, record};
use saldo_core::commerce::{Record, RecordRef};
use saldo_core::text::{CompanyId, ConnectionId, Stream};

impl Store {
    /// These records in their latest version, those that there are.
    ///
    /// # Errors
    /// Where the database fails, or a record was damaged.
    pub async fn records(
        &self,
        company: &CompanyId,
        references: &[RecordRef],
    ) -> Result<Vec<Record>, StoreError> {
        let references: Vec<&RecordRef> = references.iter().collect();
        let mut reading = self.reader.begin().await?;
        let mut found = Vec::with_capacity(references.len());
        for references in references.chunks(ROWS_MAX) {
            found.extend(bodies(&mut reading, company, references).await?);
        }
        Ok(found)
    }

    /// The first version of each of these records that has several.
    ///
    /// # Errors
    /// As [`Store::records`].
    pub async fn first_of_several(
        &self,
        company: &CompanyId,
        references: &[&RecordRef],
    ) -> Result<Vec<Record>, StoreError> {
        let mut reading = self.reader.begin().await?;
        let mut rows: Vec<BodyRow> = Vec::new();
        for references in references.chunks(ROWS_MAX) {
            let statement = first_statement(company, references);
            rows.extend(statement.query().fetch_all(&mut reading).await?);
        }
        let samples = Samples::load(&mut reading, company).await?;
        rows.into_iter().map(|row| record_of(&samples, row)).collect()
    }

    /// Records in their latest version, by connection, stream and id, from after this one on: to
    /// read them all again when a reader has learnt something.
    ///
    /// # Errors
    /// Where the database fails, or a record was damaged.
    pub async fn latest_records(
        &self,
        company: &CompanyId,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.records_after(latest_statement(), company, after, limit).await
    }

    /// The same of those records alone that stand in a group whose name begins in one of these
    /// ways. The bytes of others are not read.
    ///
    /// # Errors
    /// As [`Store::latest_records`].
    pub async fn latest_records_in(
        &self,
        company: &CompanyId,
        beginnings: &[&str],
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let mut statement = latest_statement().text(" and (false");
        for beginning in beginnings {
            // They stand in the row as texts of JSON.
            statement = statement.text(" or r.groups like ").bind(format!("%\"{beginning}%"));
        }
        self.records_after(statement.text(")"), company, after, limit).await
    }

    /// The records of a company that a statement finds, from after this one on.
    async fn records_after(
        &self,
        statement: Statement<'_>,
        company: &CompanyId,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let rows: Vec<BodyRow> = statement
            .text(" and r.company = ")
            .bind(company.as_str())
            .text(" and (r.connection, r.stream, r.id) > (")
            .bind(after.map_or("", |after| after.connection.as_str()))
            .text(", ")
            .bind(after.map_or("", |after| after.stream.as_str()))
            .text(", ")
            .bind(after.map_or("", |after| after.id.as_str()))
            .text(") order by r.connection, r.stream, r.id limit ")
            .bind(columns::integer(limit)?)
            .query()
            .fetch_all(&self.reader)
            .await?;
        let samples = Samples::load(&self.reader, company).await?;
        rows.into_iter().map(|row| record_of(&samples, row)).collect()
    }
}

/// Finds records in their latest version.
fn latest_statement() -> Statement<'static> {
    let columns = "select r.connection, r.stream, r.id, r.fetched_at, r.body from record r where ";
    Statement::new(columns).text(record::LATEST)
}

type BodyRow = (String, String, String, i64, Vec<u8>);

fn record_of(samples: &Samples, row: BodyRow) -> Result<Record, StoreError> {
    let (connection, stream, id, fetched_at, body) = row;
    Ok(Record {
        connection: ConnectionId::from(connection),
        stream: Stream::from(stream),
        id,
        fetched_at: columns::instant(fetched_at)?,
        bytes: samples.decompress("record", &body)?,
    })
}

/// Up to [`ROWS_MAX`] records in their latest version.
pub(crate) async fn bodies(
    transaction: &mut Transaction,
    company: &CompanyId,
    wanted: &[&RecordRef],
) -> Result<Vec<Record>, StoreError> {
    let rows: Vec<BodyRow> =
        bodies_statement(company, wanted).query().fetch_all(&mut *transaction).await?;
    let samples = Samples::load(&mut *transaction, company).await?;
    rows.into_iter().map(|row| record_of(&samples, row)).collect()
}

/// Looks up each wanted row by its key, in this order of tables.
fn bodies_statement<'v>(company: &'v CompanyId, wanted: &[&'v RecordRef]) -> Statement<'v> {
    Statement::new(
        "select r.connection, r.stream, r.id, r.fetched_at, r.body
         from (",
    )
    .references(wanted.iter().copied())
    .text(
        ") as wanted cross join record r
         where r.connection = wanted.column1 and r.stream = wanted.column2
         and r.id = wanted.column3 and ",
    )
    .text(record::LATEST)
    .text(" and r.company = ")
    .bind(company.as_str())
}

/// Looks up the first version of each wanted record, and whether there is a second one, by key.
fn first_statement<'v>(company: &'v CompanyId, wanted: &[&'v RecordRef]) -> Statement<'v> {
    Statement::new(
        "select r.connection, r.stream, r.id, r.fetched_at, r.body
         from (",
    )
    .references(wanted.iter().copied())
    .text(
        ") as wanted cross join record r
         where r.connection = wanted.column1 and r.stream = wanted.column2
         and r.id = wanted.column3 and r.version = 1 and exists
         (select 1 from record l where l.company = r.company and l.connection = r.connection
          and l.stream = r.stream and l.id = r.id and l.version = 2) and r.company = ",
    )
    .bind(company.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_records_of_a_group_are_looked_up_by_key() {
        let store = Store::in_memory().await.unwrap();
        let reference = RecordRef {
            connection: ConnectionId::new("shop"),
            stream: Stream::new("orders"),
            id: "1".to_owned(),
        };
        let company = CompanyId::new("demo");
        let statements =
            [bodies_statement(&company, &[&reference]), first_statement(&company, &[&reference])];
        for statement in statements {
            let plan = store.query_plan(statement).await;
            for table in ["SEARCH r ", "SEARCH l "] {
                let by_key = |step: &String| step.starts_with(table) && step.contains("AND id=?");
                assert!(plan.iter().any(by_key), "{plan:?}");
            }
        }
    }
}
