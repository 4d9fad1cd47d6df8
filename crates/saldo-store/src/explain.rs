//! Ways from a number in the books back to the vendor's bytes.

use crate::compression::Samples;
use crate::outbox::ChangeStatus;
use crate::statement::query;
use crate::{Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::commerce::RecordRef;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId, GroupId, Stream};
use std::collections::BTreeSet;

/// How many records a search finds at most.
const FOUND_MAX: i64 = 100;

/// One version of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordVersion {
    /// Its number, from one.
    pub version: i64,
    /// When it was heard.
    pub fetched_at: Timestamp,
    /// The hash of its bytes.
    pub hash: Vec<u8>,
    /// The vendor's bytes.
    pub bytes: Vec<u8>,
}

/// A change, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedChange {
    /// The change.
    pub change: Change,
    /// Where it stands.
    pub status: ChangeStatus,
    /// Who approved it.
    pub approved_by: String,
    /// When.
    pub approved_at: Timestamp,
}

impl Store {
    /// All versions of a record, the first one first.
    ///
    /// # Errors
    /// Where the database fails, or the record was damaged.
    pub async fn record_versions(
        &self,
        company: &CompanyId,
        record: &RecordRef,
    ) -> Result<Vec<RecordVersion>, StoreError> {
        let rows: Vec<(i64, i64, Vec<u8>, Vec<u8>)> = query(
            "select version, fetched_at, hash, body from record
             where company = $1 and connection = $2 and stream = $3 and id = $4 order by version",
        )
        .bind(company.as_str())
        .bind(record.connection.as_str())
        .bind(record.stream.as_str())
        .bind(record.id.as_str())
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        rows.into_iter()
            .map(|(version, fetched_at, hash, body)| {
                let (fetched_at, bytes) =
                    (columns::instant(fetched_at)?, samples.decompress("record", &body)?);
                Ok(RecordVersion { version, fetched_at, hash, bytes })
            })
            .collect()
    }

    /// Records whose id contains this text, up to a hundred.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn find_record(
        &self,
        company: &CompanyId,
        part: &str,
    ) -> Result<Vec<RecordRef>, StoreError> {
        let escaped = part.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        let rows: Vec<(String, String, String)> = query(
            r"select distinct connection, stream, id from record
              where company = $1 and id like $2 escape '\'
              order by connection, stream, id limit $3",
        )
        .bind(company.as_str())
        .bind(format!("%{escaped}%"))
        .bind(FOUND_MAX)
        .fetch_all(&self.reader)
        .await?;
        let reference = |(connection, stream, id)| RecordRef {
            connection: ConnectionId::from(connection),
            stream: Stream::from(stream),
            id,
        };
        Ok(rows.into_iter().map(reference).collect())
    }

    /// The changes of this identity, one for each book that has it, with where they stand.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn changes_by_id(
        &self,
        company: &CompanyId,
        id: &str,
    ) -> Result<Vec<BookedChange>, StoreError> {
        let rows: Vec<(Vec<u8>, Option<String>, String, i64)> = query(
            "select c.body, o.status, c.approved_by, c.approved_at from change c
             left join outbox o on o.company = c.company and o.book = c.book and o.id = c.id
             where c.company = $1 and c.id = $2 order by c.book",
        )
        .bind(company.as_str())
        .bind(id)
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        rows.into_iter()
            .map(|(body, status, approved_by, approved_at)| {
                let change = samples.change(&body)?;
                let status = match status {
                    Some(status) => ChangeStatus::parse(&status)?,
                    None => ChangeStatus::Acknowledged,
                };
                let approved_at = columns::instant(approved_at)?;
                Ok(BookedChange { change, status, approved_by, approved_at })
            })
            .collect()
    }

    /// The groups that have entries in a slot.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups_of_slot(
        &self,
        company: &CompanyId,
        slot: &str,
    ) -> Result<Vec<GroupId>, StoreError> {
        let groups: Vec<String> = query(
            "select group_id from slot where company = $1 and slot = $2 and entries > 0
             order by group_id",
        )
        .bind(company.as_str())
        .bind(slot)
        .fetch_all(&self.reader)
        .await?;
        Ok(groups.into_iter().map(GroupId::from).collect())
    }

    /// The slots that a group has entries in.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn slots_of_group(
        &self,
        company: &CompanyId,
        group: &GroupId,
    ) -> Result<Vec<String>, StoreError> {
        let slots =
            query("select slot from slot where company = $1 and group_id = $2 order by slot")
                .bind(company.as_str())
                .bind(group.as_str())
                .fetch_all(&self.reader)
                .await?;
        Ok(slots)
    }

    /// The groups that a record's facts are accounted in.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups_of_record(
        &self,
        company: &CompanyId,
        record: &RecordRef,
    ) -> Result<Vec<GroupId>, StoreError> {
        let groups: Option<String> = query(
            "select groups from record
             where company = $1 and connection = $2 and stream = $3 and id = $4
             order by version desc limit 1",
        )
        .bind(company.as_str())
        .bind(record.connection.as_str())
        .bind(record.stream.as_str())
        .bind(record.id.as_str())
        .fetch_optional(&self.reader)
        .await?;
        groups.map_or(Ok(Vec::new()), |groups| columns::from_json("group of a record", &groups))
    }

    /// The names of facts that differ from this one by capitals alone, or not at all.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn names_like(
        &self,
        company: &CompanyId,
        name: &str,
    ) -> Result<BTreeSet<String>, StoreError> {
        let names: Vec<String> = query(
            "select distinct name from record where company = $1 and lower(name) = lower($2)",
        )
        .bind(company.as_str())
        .bind(name)
        .fetch_all(&self.reader)
        .await?;
        Ok(names.into_iter().collect())
    }

    /// The groups of facts that people call by this name, or once did: `#1001`.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups_named(
        &self,
        company: &CompanyId,
        name: &str,
    ) -> Result<Vec<GroupId>, StoreError> {
        let rows: Vec<String> = query("select groups from record where company = $1 and name = $2")
            .bind(company.as_str())
            .bind(name)
            .fetch_all(&self.reader)
            .await?;
        let mut groups: BTreeSet<GroupId> = BTreeSet::new();
        for row in rows {
            let named: Vec<GroupId> = columns::from_json("group of a record", &row)?;
            groups.extend(named);
        }
        Ok(groups.into_iter().collect())
    }
}
