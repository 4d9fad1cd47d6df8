//! Records: what channels said, page by page.

use crate::compression::{Compressor, Samples};
use crate::group::Place;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{GroupAccount, Lease, Store, StoreError, columns, group, policy, subledger};
use jiff::Timestamp;
use saldo_core::channel::Cursor;
use saldo_core::commerce::{Record, RecordRef};
use saldo_core::issue::Issue;
use saldo_core::text::{CompanyId, ConnectionId, GroupId, Stream};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What reading a record said about where it belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The groups that its facts are accounted in.
    pub groups: Vec<GroupId>,
    /// What people call it, to find its groups by: `#1001`.
    pub name: Option<String>,
    /// Why it could not be read, where it could not: it is held until a later version can be, and
    /// keeps the groups and the name of the version before.
    pub issue: Option<Issue>,
}

/// A record that was pulled, with what reading it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledRecord {
    /// What the channel said.
    pub record: Record,
    /// Its [`Record::content_hash`].
    pub hash: [u8; 32],
    /// Where it belongs.
    pub reading: Reading,
}

impl PulledRecord {
    /// A record with what reading it said.
    #[must_use]
    pub fn new(record: Record, reading: Reading) -> Self {
        Self { hash: record.content_hash(), record, reading }
    }
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

/// What accounting makes of the groups of a page, by one revision of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageAccounts {
    /// The revision.
    pub revision: i64,
    /// The groups, as far as they go by this page alone.
    pub groups: Vec<GroupAccount>,
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
    /// What people call it.
    pub(crate) name: Option<String>,
}

/// A version that is to be added.
struct Version<'a> {
    record: &'a Record,
    reading: Cow<'a, Reading>,
    version: i64,
    hash: [u8; 32],
    body: Vec<u8>,
}

/// How long the sample of a stream is.
const SAMPLE_BYTES: usize = 8192;

/// Which version of a record is the latest, as a condition on a row `r`.
pub(crate) const LATEST: &str = "not exists
    (select 1 from record l where l.company = r.company and l.connection = r.connection
     and l.stream = r.stream and l.id = r.id and l.version > r.version)";

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
        let rows: Vec<(String, String, Option<i64>)> = query(
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

    /// Those records that say what is not known yet, each with its hash, in their order: what is
    /// known need not be read. A page is compared again when it is stored.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn news_among(
        &self,
        company: &CompanyId,
        records: Vec<Record>,
    ) -> Result<Vec<(Record, [u8; 32])>, StoreError> {
        let references: Vec<RecordRef> = records.iter().map(Record::reference).collect();
        let mut reading = self.reader.begin().await?;
        let known = latest(&mut reading, company, &references).await?;
        let mut hashes: BTreeMap<RecordRef, Vec<u8>> =
            known.into_iter().map(|(reference, latest)| (reference, latest.hash)).collect();
        let mut news = Vec::new();
        for (record, reference) in records.into_iter().zip(references) {
            let hash = record.content_hash();
            if hashes.get(&reference).is_none_or(|known| *known != hash) {
                hashes.insert(reference, hash.to_vec());
                news.push((record, hash));
            }
        }
        Ok(news)
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
        self.commit_accounted_page(lease, page, &PageAccounts::default()).await
    }

    /// The same, with what accounting makes of groups if all that they hold is in the records of
    /// this page. It is stored for groups that were never heard of, while its policy holds; all
    /// others must be accounted as a whole.
    ///
    /// # Errors
    /// As [`Store::commit_page`].
    pub async fn commit_accounted_page(
        &self,
        lease: &Lease,
        page: &PageCommit,
        accounts: &PageAccounts,
    ) -> Result<PageCount, StoreError> {
        let company = lease.company();
        let references = references(lease, page)?;
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let known = latest(&mut transaction, company, &references).await?;
        let mut samples = Samples::load(&mut transaction, company).await?;
        let (kind, bodies) = (sample_kind(lease, page), page.records.iter());
        let bodies = bodies.map(|pulled| &*pulled.record.bytes);
        samples.learn(&mut transaction, company, (&kind, SAMPLE_BYTES), bodies).await?;
        let (versions, places, count) = news(page, references, known, samples.compressor(&kind))?;
        insert_versions(&mut transaction, company, &versions).await?;
        let holds = policy::revision(&mut transaction, company).await? == accounts.revision;
        let accounts = accounts.groups.iter().filter(|_| holds);
        let accounts = accounts.map(|account| (&account.group, account)).collect();
        let fresh = group::place(&mut transaction, company, &places, &accounts).await?;
        subledger::insert(&mut transaction, company, fresh, samples).await?;
        put_cursor(&mut transaction, lease, page).await?;
        transaction.commit().await?;
        Ok(count)
    }
}

/// What the bytes of a page are compressed as: what one connection says in one stream is alike.
fn sample_kind(lease: &Lease, page: &PageCommit) -> String {
    format!("record {} {}", lease.connection(), page.stream)
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

/// Connection, stream, id, version, hash, groups and name of a record.
type LatestRow = (String, String, String, i64, Vec<u8>, String, Option<String>);

/// The latest versions of records, those that there are.
pub(crate) async fn latest(
    transaction: &mut Transaction,
    company: &CompanyId,
    references: &[RecordRef],
) -> Result<BTreeMap<RecordRef, Latest>, StoreError> {
    let mut found: BTreeMap<RecordRef, Latest> = BTreeMap::new();
    for references in references.chunks(ROWS_MAX) {
        let rows: Vec<LatestRow> =
            versions_statement(company, references).query().fetch_all(&mut *transaction).await?;
        for (connection, stream, id, version, hash, groups, name) in rows {
            let (connection, stream) = (ConnectionId::from(connection), Stream::from(stream));
            let latest = Latest { version, hash, groups, name };
            let known = found.entry(RecordRef { connection, stream, id });
            known
                .and_modify(|known| {
                    if known.version < version {
                        *known = latest.clone();
                    }
                })
                .or_insert(latest);
        }
    }
    Ok(found)
}

/// Looks up each wanted row by its key, in every version: few have more than one. (A row value `in`
/// a list would read the whole table, and a plain join leaves it to the database where to begin.)
fn versions_statement<'v>(company: &'v CompanyId, references: &'v [RecordRef]) -> Statement<'v> {
    Statement::new(
        "select r.connection, r.stream, r.id, r.version, r.hash, r.groups, r.name
         from (",
    )
    .references(references)
    .text(
        ") as wanted cross join record r
         where r.connection = wanted.column1 and r.stream = wanted.column2
         and r.id = wanted.column3 and r.company = ",
    )
    .bind(company.as_str())
}

/// What the versions of a page add to what is known, and where they belong.
type News<'a> = (Vec<Version<'a>>, BTreeMap<RecordRef, Place<'a>>, PageCount);

/// Tells news from what is known. A thing that a page names twice has two versions.
fn news<'a>(
    page: &'a PageCommit,
    references: Vec<RecordRef>,
    known: BTreeMap<RecordRef, Latest>,
    mut compressor: Compressor<'_>,
) -> Result<News<'a>, StoreError> {
    let mut versions = Vec::new();
    let mut places: BTreeMap<RecordRef, Place<'_>> = BTreeMap::new();
    let mut count = PageCount::default();
    for (pulled, reference) in page.records.iter().zip(references) {
        let record = &pulled.record;
        let hash = pulled.hash;
        let last = known.get(&reference);
        let in_page = places.get(&reference).map(|place| (place.version, &place.hash[..]));
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
        let body = compressor.compress(&record.bytes)?;
        let left = match last {
            Some(last) => columns::from_json("group of a record", &last.groups)?,
            None => Vec::new(),
        };
        let before = match places.get(&reference) {
            Some(place) => (&place.reading.groups, &place.reading.name),
            None => (&left, last.map_or(&None, |last| &last.name)),
        };
        let reading = match (&pulled.reading.issue, before) {
            (Some(issue), (groups, name)) if !groups.is_empty() => Cow::Owned(Reading {
                groups: groups.clone(),
                name: name.clone(),
                issue: Some(issue.clone()),
            }),
            _ => Cow::Borrowed(&pulled.reading),
        };
        versions.push(Version { record, reading: reading.clone(), version, hash, body });
        let place = Place { version, hash, left, reading };
        places.insert(reference, place);
    }
    Ok((versions, places, count))
}

/// A reading as it stands in the row of its record.
pub(crate) struct ReadingRow<'a> {
    pub(crate) groups: String,
    pub(crate) name: Option<&'a str>,
    pub(crate) issue: Option<String>,
}

impl<'a> ReadingRow<'a> {
    pub(crate) fn of(reading: &'a Reading) -> Result<Self, StoreError> {
        Ok(Self {
            groups: columns::to_json(&reading.groups)?,
            name: reading.name.as_deref(),
            issue: reading.issue.as_ref().map(columns::to_json).transpose()?,
        })
    }
}

async fn insert_versions(
    transaction: &mut Transaction,
    company: &CompanyId,
    versions: &[Version<'_>],
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(versions.len());
    for version in versions {
        rows.push((version, ReadingRow::of(&version.reading)?));
    }
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new(
            "insert into record
             (company, connection, stream, id, version, hash, fetched_at, body,
              groups, name, issue) ",
        )
        .rows(rows, |row, (version, reading)| {
            let record = version.record;
            row.push_bind(company.as_str())
                .push_bind(record.connection.as_str())
                .push_bind(record.stream.as_str())
                .push_bind(record.id.as_str())
                .push_bind(version.version)
                .push_bind(version.hash.as_slice())
                .push_bind(columns::micros(record.fetched_at))
                .push_bind(version.body.as_slice())
                .push_bind(reading.groups.as_str())
                .push_bind(reading.name)
                .push_bind(reading.issue.as_deref());
        })
        .query()
        .execute(&mut *transaction)
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
    query(
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
    .execute(&mut *transaction)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_known_is_looked_up_by_key() {
        let store = Store::in_memory().await.unwrap();
        let references = [RecordRef {
            connection: ConnectionId::new("shop"),
            stream: Stream::new("orders"),
            id: "1".to_owned(),
        }];
        let company = CompanyId::new("demo");
        let statement = versions_statement(&company, &references);
        let plan = store.query_plan(statement).await;
        let by_key =
            |step: &String| step.starts_with("SEARCH r USING") && step.contains("AND id=?");
        assert!(plan.iter().any(by_key), "{plan:?}");
    }
}
