//! Records: what channels said, page by page.

use crate::group::Place;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement};
use crate::{Lease, Store, StoreError, columns, group};
use jiff::Timestamp;
use saldo_core::channel::Cursor;
use saldo_core::commerce::{Record, RecordRef};
use saldo_core::issue::Issue;
use saldo_core::text::{CompanyId, ConnectionId, GroupId, Stream};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How hard the bytes are pressed: the lightest level. Higher ones cost more than they save.
const COMPRESSION: i32 = 1;

/// What reading a record said about where it belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The groups that its facts are accounted in.
    pub groups: Vec<GroupId>,
    /// What people call its facts, to find them by: `#1001`.
    pub names: Vec<String>,
    /// Why it could not be read, where it could not: it is held until a later version can be, and
    /// stays in the groups of the version before.
    pub issue: Option<Issue>,
}

/// A record that was pulled, with what reading it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledRecord {
    /// What the channel said.
    pub record: Record,
    /// Where it belongs.
    pub reading: Reading,
}

/// A page of a stream, to be stored in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageCommit {
    /// The stream.
    pub stream: Stream,
    /// Where the pull stands after this page.
    pub cursor: Cursor,
    /// Up to when the stream was now heard; where it is not said, what was reached before holds.
    pub reached: Option<Timestamp>,
    /// What was said.
    pub records: Vec<PulledRecord>,
}

/// What a page brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCount {
    /// Records of things that were never heard of.
    pub new: usize,
    /// Later versions of known records.
    pub changed: usize,
    /// Records that said what was known.
    pub known: usize,
}

/// How far a stream was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    /// Where the pull stands.
    pub cursor: Cursor,
    /// Everything up to this instant was heard.
    pub reached: Option<Timestamp>,
}

/// The latest version of a record, without its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Latest {
    pub(crate) version: i64,
    pub(crate) hash: Vec<u8>,
    /// The groups that it stands in, as JSON.
    pub(crate) groups: String,
}

/// A version that is to be added.
struct Version<'a> {
    record: &'a Record,
    version: i64,
    hash: [u8; 32],
    body: Vec<u8>,
}

impl Store {
    /// How far each stream of a connection was pulled.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn cursors(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
    ) -> Result<BTreeMap<Stream, CursorRow>, StoreError> {
        let rows: Vec<(String, String, Option<i64>)> = sqlx::query_as(
            "select stream, cursor, reached from cursor where company = $1 and connection = $2",
        )
        .bind(company.as_str())
        .bind(connection.as_str())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter()
            .map(|(stream, cursor, reached)| {
                let reached = reached.map(columns::instant).transpose()?;
                Ok((Stream::from(stream), CursorRow { cursor: Cursor(cursor), reached }))
            })
            .collect()
    }

    /// Stores a page: its news, where they belong, and where the pull stands now. One transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and [`StoreError::WrongConnection`] where a record is not of the
    /// connection that the lease is for.
    pub async fn commit_page(
        &self,
        lease: &Lease,
        page: &PageCommit,
    ) -> Result<PageCount, StoreError> {
        let company = lease.company();
        let references = references(lease, page)?;
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let known = latest(&mut transaction, company, &references).await?;
        let (versions, places, count) = news(page, references, known)?;
        insert_versions(&mut transaction, company, &versions).await?;
        group::place(&mut transaction, company, &places).await?;
        put_cursor(&mut transaction, lease, page).await?;
        transaction.commit().await?;
        Ok(count)
    }
}

/// Where the records of a page stand, in their order.
fn references(lease: &Lease, page: &PageCommit) -> Result<Vec<RecordRef>, StoreError> {
    let references: Vec<RecordRef> =
        page.records.iter().map(|pulled| pulled.record.reference()).collect();
    match references.iter().find(|reference| reference.connection != *lease.connection()) {
        None => Ok(references),
        Some(other) => Err(StoreError::WrongConnection {
            leased: lease.connection().clone(),
            found: other.connection.clone(),
        }),
    }
}

/// The latest versions of records, those that there are.
pub(crate) async fn latest(
    transaction: &mut Transaction,
    company: &CompanyId,
    references: &[RecordRef],
) -> Result<BTreeMap<RecordRef, Latest>, StoreError> {
    let mut found = BTreeMap::new();
    for references in references.chunks(ROWS_MAX) {
        let rows: Vec<(String, String, String, i64, Vec<u8>, String)> =
            latest_statement(company, references)
                .builder()
                .build_query_as()
                .fetch_all(&mut **transaction)
                .await?;
        found.extend(rows.into_iter().map(|(connection, stream, id, version, hash, groups)| {
            let (connection, stream) = (ConnectionId::from(connection), Stream::from(stream));
            (RecordRef { connection, stream, id }, Latest { version, hash, groups })
        }));
    }
    Ok(found)
}

/// Looks up each wanted row by its key. (A row value `in` a list would read the whole table, and a
/// plain join leaves it to the database where to begin.)
fn latest_statement(company: &CompanyId, references: &[RecordRef]) -> Statement {
    Statement::new(
        "select s.connection, s.stream, s.id, s.version, s.hash, s.groups
         from (",
    )
    .references(references)
    .text(
        ") as wanted cross join standing s
         where s.connection = wanted.column1 and s.stream = wanted.column2
         and s.id = wanted.column3 and s.company = ",
    )
    .bind(company.as_str())
}

/// What the versions of a page add to what is known, and where they belong.
type News<'a> = (Vec<Version<'a>>, BTreeMap<RecordRef, Place<'a>>, PageCount);

/// Tells news from what is known. A thing that a page names twice has two versions.
fn news(
    page: &PageCommit,
    references: Vec<RecordRef>,
    known: BTreeMap<RecordRef, Latest>,
) -> Result<News<'_>, StoreError> {
    let unwritable = |error: std::io::Error| StoreError::Unwritable(error.to_string());
    let mut compressor = zstd::bulk::Compressor::new(COMPRESSION).map_err(unwritable)?;
    let mut versions = Vec::new();
    let mut places: BTreeMap<RecordRef, Place<'_>> = BTreeMap::new();
    let mut count = PageCount::default();
    for (pulled, reference) in page.records.iter().zip(references) {
        let record = &pulled.record;
        let hash = record.content_hash();
        let last = known.get(&reference);
        let in_page = places.get(&reference).map(|place| (place.version, &*place.hash));
        let before = in_page.or_else(|| last.map(|last| (last.version, &*last.hash)));
        let version = match before {
            Some((_, same)) if same == hash => {
                count.known += 1;
                continue;
            }
            Some((version, _)) => {
                count.changed += 1;
                version + 1
            }
            None => {
                count.new += 1;
                1
            }
        };
        let body = compressor.compress(&record.bytes).map_err(unwritable)?;
        versions.push(Version { record, version, hash, body });
        let left = match last {
            Some(last) => columns::from_json("group of a record", &last.groups)?,
            None => Vec::new(),
        };
        let before = places.get(&reference).map_or(&left, |place| &place.reading.groups);
        let reading = match (&pulled.reading.issue, &before[..]) {
            (None, _) | (_, []) => Cow::Borrowed(&pulled.reading),
            (Some(_), groups) => {
                Cow::Owned(Reading { groups: groups.to_vec(), ..pulled.reading.clone() })
            }
        };
        let place = Place { version, hash: hash.to_vec(), left, reading };
        places.insert(reference, place);
    }
    Ok((versions, places, count))
}

async fn insert_versions(
    transaction: &mut Transaction,
    company: &CompanyId,
    versions: &[Version<'_>],
) -> Result<(), StoreError> {
    for versions in versions.chunks(ROWS_MAX) {
        Statement::new(
            "insert into record
             (company, connection, stream, id, version, hash, fetched_at, body) ",
        )
        .rows(versions, |row, version| {
            let record = version.record;
            row.push_bind(company.as_str())
                .push_bind(record.connection.as_str())
                .push_bind(record.stream.as_str())
                .push_bind(record.id.as_str())
                .push_bind(version.version)
                .push_bind(version.hash.as_slice())
                .push_bind(columns::micros(record.fetched_at))
                .push_bind(version.body.as_slice());
        })
        .builder()
        .build()
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Keeps where the pull stands. What was heard once stays heard, even if a clock was set back.
async fn put_cursor(
    transaction: &mut Transaction,
    lease: &Lease,
    page: &PageCommit,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into cursor (company, connection, stream, cursor, reached)
         values ($1, $2, $3, $4, $5)
         on conflict (company, connection, stream) do update
         set cursor = excluded.cursor, reached = case
             when cursor.reached is null or excluded.reached > cursor.reached
             then excluded.reached else cursor.reached end",
    )
    .bind(lease.company().as_str())
    .bind(lease.connection().as_str())
    .bind(page.stream.as_str())
    .bind(page.cursor.0.as_str())
    .bind(page.reached.map(columns::micros))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The bytes of a record as the channel said them.
pub(crate) fn decompress(body: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::decode_all(body).map_err(|error| StoreError::unreadable("record", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_known_is_looked_up_by_key() {
        let store = Store::in_memory().await.unwrap();
        let reference = RecordRef {
            connection: ConnectionId::new("shop"),
            stream: Stream::new("orders"),
            id: "1".to_owned(),
        };
        let statement = latest_statement(&CompanyId::new("demo"), &[reference]);
        let plan = store.query_plan(statement).await;
        let by_key =
            |step: &String| step.starts_with("SEARCH s USING") && step.contains("AND id=?");
        assert!(plan.iter().any(by_key), "{plan:?}");
    }
}
