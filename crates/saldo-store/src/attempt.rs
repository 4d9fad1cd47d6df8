//! Attempts: what was sent to a book, in which batch, and what came of it.
//!
//! A batch is stored before it is sent, and is repeated only as it was. Where a change stands follows
//! from its attempts alone: [`after`] says how.

use crate::outbox::{self, ChangeStatus};
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement};
use crate::{Lease, Store, StoreError, columns, receipt, sums};
use jiff::Timestamp;
use saldo_core::book::{Acknowledgement, Refusal};
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::{BTreeMap, BTreeSet};

/// What a batch is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To make things be there.
    Create,
    /// To change what carries no money of things that are there.
    Revise,
    /// To see whether things are there.
    LookUp,
}

impl Purpose {
    /// The word as it stands in commands and columns.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Revise => "revise",
            Self::LookUp => "look-up",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "create" => Ok(Self::Create),
            "revise" => Ok(Self::Revise),
            "look-up" => Ok(Self::LookUp),
            other => Err(StoreError::unreadable("purpose of a batch", other)),
        }
    }
}

/// Changes that are sent in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its identity.
    pub id: String,
    /// The token by which the book recognises a repetition.
    pub token: String,
    /// The changes, in the order in which they are sent.
    pub members: Vec<String>,
    /// What for.
    pub purpose: Purpose,
    /// When it was last sent.
    pub sent_at: Timestamp,
}

/// What came of sending a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The book has it, as it should be.
    Acknowledged(Acknowledgement),
    /// The book said no.
    Refused(Refusal),
    /// It may have taken effect.
    InDoubt,
    /// It was looked for, and is not there: it may be sent under a new token.
    Absent,
    /// The request had no effect: it may be made again.
    NoEffect,
}

impl AttemptOutcome {
    const fn status(&self) -> AttemptStatus {
        match self {
            Self::Acknowledged(_) => AttemptStatus::Acknowledged,
            Self::Refused(_) => AttemptStatus::Refused,
            Self::InDoubt => AttemptStatus::InDoubt,
            Self::Absent => AttemptStatus::Absent,
            Self::NoEffect => AttemptStatus::NoEffect,
        }
    }

    /// The book's own answer as JSON, where it gave one.
    fn answer(&self) -> Result<Option<String>, StoreError> {
        match self {
            Self::Acknowledged(acknowledgement) => columns::to_json(acknowledgement).map(Some),
            Self::Refused(refusal) => columns::to_json(refusal).map(Some),
            Self::InDoubt | Self::Absent | Self::NoEffect => Ok(None),
        }
    }
}

/// What came of sending a change, and a word about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptResult {
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// For a reader: what the fault said, or what was found.
    pub detail: String,
}

/// What an attempt row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptStatus {
    /// The change is about to be sent, or to be looked for.
    Sent,
    /// As [`AttemptOutcome::Acknowledged`].
    Acknowledged,
    /// As [`AttemptOutcome::Refused`].
    Refused,
    /// As [`AttemptOutcome::InDoubt`].
    InDoubt,
    /// As [`AttemptOutcome::Absent`].
    Absent,
    /// As [`AttemptOutcome::NoEffect`].
    NoEffect,
    /// A person asked for another try.
    Retried,
}

impl AttemptStatus {
    /// The word as it stands in commands and columns.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Refused => "refused",
            Self::InDoubt => "in-doubt",
            Self::Absent => "absent",
            Self::NoEffect => "no-effect",
            Self::Retried => "retried",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "sent" => Ok(Self::Sent),
            "acknowledged" => Ok(Self::Acknowledged),
            "refused" => Ok(Self::Refused),
            "in-doubt" => Ok(Self::InDoubt),
            "absent" => Ok(Self::Absent),
            "no-effect" => Ok(Self::NoEffect),
            "retried" => Ok(Self::Retried),
            other => Err(StoreError::unreadable("status of an attempt", other)),
        }
    }
}

/// One row of a change's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The batch and what it was sent for; none where a person asked for another try.
    pub batch: Option<(String, Purpose)>,
    /// What happened.
    pub status: AttemptStatus,
    /// The book's own answer as JSON, where it gave one.
    pub answer: Option<String>,
    /// For a reader.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// A change that a book refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The change.
    pub change: Change,
    /// What the book said.
    pub refusal: Refusal,
    /// When.
    pub at: Timestamp,
}

/// Where a change stands after a further attempt row.
pub(crate) const fn after(
    before: ChangeStatus,
    purpose: Option<Purpose>,
    status: AttemptStatus,
) -> ChangeStatus {
    let looking = matches!(purpose, Some(Purpose::LookUp));
    match (status, before) {
        (AttemptStatus::Acknowledged, _) => ChangeStatus::Acknowledged,
        (AttemptStatus::Refused, _) => ChangeStatus::Refused,
        (AttemptStatus::Absent | AttemptStatus::Retried, _) => ChangeStatus::Approved,
        // A look-up that fails makes nothing more certain, nor less.
        (AttemptStatus::InDoubt | AttemptStatus::NoEffect, ChangeStatus::Approved) if looking => {
            ChangeStatus::Approved
        }
        (AttemptStatus::InDoubt | AttemptStatus::NoEffect, _) if looking => ChangeStatus::InDoubt,
        (AttemptStatus::InDoubt, _) => ChangeStatus::InDoubt,
        // That a repetition had no effect says nothing about the send before it.
        (AttemptStatus::NoEffect, ChangeStatus::InDoubt) => ChangeStatus::InDoubt,
        (AttemptStatus::NoEffect, _) => ChangeStatus::Approved,
        (AttemptStatus::Sent, before) if looking => before,
        (AttemptStatus::Sent, ChangeStatus::Sent | ChangeStatus::InDoubt) => ChangeStatus::InDoubt,
        (AttemptStatus::Sent, _) => ChangeStatus::Sent,
    }
}

/// A row of the outbox, as far as sending goes by it.
struct Open {
    status: ChangeStatus,
    open_batch: Option<String>,
    sent_batch: Option<String>,
}

/// A row that is added to the attempts.
struct NewAttempt<'a> {
    change: &'a str,
    batch: Option<(&'a Batch, i64)>,
    status: AttemptStatus,
    answer: Option<String>,
    detail: &'a str,
}

impl Store {
    /// Writes down that a batch is about to be sent. Only then may it be sent.
    ///
    /// A batch that was sent before may be begun again, if it is the same but for the time.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::BatchDiffers`] where a batch of this identity was
    /// sent before with other content; [`StoreError::NotSendable`] where a member is acknowledged or
    /// refused, or where it is in doubt and this batch would send it once more under another token.
    pub async fn begin_batch(&self, lease: &Lease, batch: &Batch) -> Result<(), StoreError> {
        let (company, book) = (lease.company(), lease.connection());
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let before = sent(&mut transaction, company, book, &[batch.id.as_str()]).await?;
        let same = |before: &Batch| Batch { sent_at: batch.sent_at, ..before.clone() } == *batch;
        if !before.iter().all(same) {
            return Err(StoreError::BatchDiffers(batch.id.clone()));
        }
        let open = open(&mut transaction, company, book, &batch.members).await?;
        for member in &batch.members {
            sendable(batch, member, open.get(member.as_str()))?;
        }
        let rows = (0..).zip(&batch.members).map(|(place, change)| NewAttempt {
            change,
            batch: Some((batch, place)),
            status: AttemptStatus::Sent,
            answer: None,
            detail: "",
        });
        insert(&mut transaction, company, book, rows.collect(), batch.sent_at).await?;
        mark_sent(&mut transaction, company, book, batch, &open).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes down what came of a batch, of all of its members or some. What the book acknowledged
    /// has a receipt from here on, and counts in the sums. One transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and [`StoreError::NotInBatch`] where a result is for a change that
    /// is not out in this batch, or no longer.
    pub async fn finish_batch(
        &self,
        lease: &Lease,
        batch: &str,
        results: &[(String, AttemptResult)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (company, book) = (lease.company(), lease.connection());
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let sent = sent(&mut transaction, company, book, &[batch]).await?;
        let sent = sent.first().ok_or_else(|| StoreError::not_found("batch", batch))?;
        let ids: Vec<String> = results.iter().map(|(id, _)| id.clone()).collect();
        let open = open(&mut transaction, company, book, &ids).await?;
        let rows = result_rows(sent, results, &open)?;
        insert(&mut transaction, company, book, rows, now).await?;
        acknowledge(&mut transaction, company, book, results, now).await?;
        let mut statuses: BTreeMap<ChangeStatus, Vec<&str>> = BTreeMap::new();
        for (id, result) in results {
            let before = open.get(id.as_str()).map_or(ChangeStatus::Sent, |row| row.status);
            let status = after(before, Some(sent.purpose), result.outcome.status());
            statuses.entry(status).or_default().push(id);
        }
        for (status, ids) in statuses {
            settle(&mut transaction, company, book, status, &ids).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Batches that were begun and have no result, by identity: after a restart, what must be looked
    /// up.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn open_batches(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Vec<Batch>, StoreError> {
        let mut transaction = self.reader.begin().await?;
        let ids: Vec<String> = sqlx::query_scalar(
            "select distinct open_batch from outbox
             where company = $1 and book = $2 and open_batch is not null order by open_batch",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&mut *transaction)
        .await?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        sent(&mut transaction, company, book, &ids).await
    }

    /// A batch as it was sent, to repeat it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where none of this identity was sent.
    pub async fn batch(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        id: &str,
    ) -> Result<Batch, StoreError> {
        let mut transaction = self.reader.begin().await?;
        let batches = sent(&mut transaction, company, book, &[id]).await?;
        batches.into_iter().next().ok_or_else(|| StoreError::not_found("batch", id))
    }

    /// The history of a change, from its first send on.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn attempts(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        change: &str,
    ) -> Result<Vec<Attempt>, StoreError> {
        let rows: Vec<AttemptRow> = sqlx::query_as(
            "select batch, purpose, status, answer, detail, at from attempt
             where company = $1 and book = $2 and change = $3 order by seq",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(change)
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(attempt_of).collect()
    }

    /// What the books of a company refused, in the order of approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn failed(&self, company: &CompanyId) -> Result<Vec<Failed>, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "select c.body, a.answer, a.at from outbox o
             join change c on c.company = o.company and c.book = o.book and c.id = o.id
             join attempt a on a.seq =
             (select max(l.seq) from attempt l
              where l.company = o.company and l.book = o.book and l.change = o.id)
             where o.company = $1 and o.status = 'refused' order by o.book, o.position",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter()
            .map(|(body, answer, at)| {
                let change = columns::from_json("change", &body)?;
                let refusal = columns::from_json("refusal", &answer)?;
                Ok(Failed { change, refusal, at: columns::instant(at)? })
            })
            .collect()
    }

    /// Lets changes that a book refused be sent again, as a person wishes.
    ///
    /// # Errors
    /// [`StoreError::NotSendable`] where one of them was not refused.
    pub async fn retry(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        changes: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let open = open(&mut transaction, company, book, changes).await?;
        let refused =
            |id: &&String| open.get(*id).is_some_and(|row| row.status == ChangeStatus::Refused);
        if let Some(id) = changes.iter().find(|id| !refused(id)) {
            let reason = "the book did not refuse it";
            return Err(StoreError::NotSendable { id: id.clone(), reason });
        }
        let status = AttemptStatus::Retried;
        let rows = changes.iter().map(|change| NewAttempt {
            change,
            batch: None,
            status,
            answer: None,
            detail: "",
        });
        insert(&mut transaction, company, book, rows.collect(), now).await?;
        let ids: Vec<&str> = changes.iter().map(String::as_str).collect();
        settle(&mut transaction, company, book, ChangeStatus::Approved, &ids).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Whether a change may go out in a batch.
fn sendable(batch: &Batch, member: &str, open: Option<&Open>) -> Result<(), StoreError> {
    let refuse = |reason| Err(StoreError::NotSendable { id: member.to_owned(), reason });
    let Some(open) = open else {
        return refuse("it was acknowledged, or never approved");
    };
    match (open.status, batch.purpose) {
        (ChangeStatus::Refused, _) => refuse("the book refused it"),
        (ChangeStatus::Acknowledged, _) => refuse("it was acknowledged"),
        (ChangeStatus::Approved, _) | (_, Purpose::LookUp) => Ok(()),
        (ChangeStatus::Sent | ChangeStatus::InDoubt, Purpose::Create | Purpose::Revise) => {
            match open.sent_batch.as_deref() == Some(batch.id.as_str()) {
                true => Ok(()),
                false => refuse("it was sent in another batch whose effect is not known"),
            }
        }
    }
}

/// The rows that results add.
fn result_rows<'a>(
    batch: &'a Batch,
    results: &'a [(String, AttemptResult)],
    open: &BTreeMap<String, Open>,
) -> Result<Vec<NewAttempt<'a>>, StoreError> {
    let places: BTreeMap<&str, i64> = batch.members.iter().map(String::as_str).zip(0..).collect();
    let mut seen = BTreeSet::new();
    let mut rows = Vec::with_capacity(results.len());
    for (id, result) in results {
        let out = open.get(id).is_some_and(|row| row.open_batch.as_ref() == Some(&batch.id));
        let Some(place) = places.get(id.as_str()).filter(|_| out && seen.insert(id)) else {
            return Err(StoreError::NotInBatch { batch: batch.id.clone(), id: id.clone() });
        };
        rows.push(NewAttempt {
            change: id,
            batch: Some((batch, *place)),
            status: result.outcome.status(),
            answer: result.outcome.answer()?,
            detail: &result.detail,
        });
    }
    Ok(rows)
}

/// Receipts and sums for what was acknowledged.
async fn acknowledge(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    results: &[(String, AttemptResult)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let acknowledged: Vec<(&str, &Acknowledgement)> = results
        .iter()
        .filter_map(|(id, result)| match &result.outcome {
            AttemptOutcome::Acknowledged(acknowledgement) => Some((id.as_str(), acknowledgement)),
            _ => None,
        })
        .collect();
    for acknowledged in acknowledged.chunks(ROWS_MAX) {
        let ids = acknowledged.iter().map(|(id, _)| *id);
        let changes = outbox::changes_by_id(transaction, company, book, ids).await?;
        let mut changes: BTreeMap<String, Change> =
            changes.into_iter().map(|change| (change.id.clone(), change)).collect();
        let receipts: Vec<(Change, &Acknowledgement)> = acknowledged
            .iter()
            .filter_map(|(id, answer)| changes.remove(*id).map(|change| (change, *answer)))
            .collect();
        receipt::insert(transaction, company, book, &receipts, now).await?;
        sums::add(transaction, company, book, receipts.iter().map(|(change, _)| change)).await?;
    }
    Ok(())
}

type AttemptRow = (Option<String>, Option<String>, String, Option<String>, String, i64);

fn attempt_of(
    (batch, purpose, status, answer, detail, at): AttemptRow,
) -> Result<Attempt, StoreError> {
    let purpose = purpose.as_deref().map(Purpose::parse).transpose()?;
    let (status, at) = (AttemptStatus::parse(&status)?, columns::instant(at)?);
    Ok(Attempt { batch: batch.zip(purpose), status, answer, detail, at })
}

/// Batches as they were last sent, those that there are, by identity.
async fn sent(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    ids: &[&str],
) -> Result<Vec<Batch>, StoreError> {
    let mut batches: BTreeMap<String, Batch> = BTreeMap::new();
    for ids in ids.chunks(ROWS_MAX) {
        let rows: Vec<(String, i64, String, String, String, i64)> = Statement::new(
            "select batch, place, change, token, purpose, at from attempt
             where status = 'sent' and company = ",
        )
        .bind(company.as_str())
        .text(" and book = ")
        .bind(book.as_str())
        .text(" and batch in ")
        .list(ids.iter().copied())
        .text(" order by seq")
        .builder()
        .build_query_as()
        .fetch_all(&mut **transaction)
        .await?;
        for (id, place, change, token, purpose, at) in rows {
            let (purpose, sent_at) = (Purpose::parse(&purpose)?, columns::instant(at)?);
            let new = || Batch { id: id.clone(), token, members: Vec::new(), purpose, sent_at };
            let batch = batches.entry(id.clone()).or_insert_with(new);
            batch.sent_at = sent_at;
            if columns::integer(batch.members.len())? == place {
                batch.members.push(change);
            }
        }
    }
    Ok(batches.into_values().collect())
}

/// The rows of the outbox for changes, those that there are.
async fn open(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    ids: &[String],
) -> Result<BTreeMap<String, Open>, StoreError> {
    let mut open = BTreeMap::new();
    for ids in ids.chunks(ROWS_MAX) {
        let rows: Vec<(String, String, Option<String>, Option<String>)> = Statement::new(
            "select id, status, open_batch, sent_batch from outbox where company = ",
        )
        .bind(company.as_str())
        .text(" and book = ")
        .bind(book.as_str())
        .text(" and id in ")
        .list(ids.iter().map(String::as_str))
        .builder()
        .build_query_as()
        .fetch_all(&mut **transaction)
        .await?;
        for (id, status, open_batch, sent_batch) in rows {
            let status = ChangeStatus::parse(&status)?;
            open.insert(id, Open { status, open_batch, sent_batch });
        }
    }
    Ok(open)
}

async fn insert(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    rows: Vec<NewAttempt<'_>>,
    at: Timestamp,
) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new(
            "insert into attempt
             (company, book, change, batch, place, token, purpose, status, answer, detail, at) ",
        )
        .rows(rows, |row, attempt| {
            let batch = attempt.batch.map(|(batch, _)| batch);
            row.push_bind(company.as_str())
                .push_bind(book.as_str())
                .push_bind(attempt.change)
                .push_bind(batch.map(|batch| batch.id.as_str()))
                .push_bind(attempt.batch.map(|(_, place)| place))
                .push_bind(batch.map(|batch| batch.token.as_str()))
                .push_bind(batch.map(|batch| batch.purpose.name()))
                .push_bind(attempt.status.name())
                .push_bind(attempt.answer.as_deref())
                .push_bind(attempt.detail)
                .push_bind(columns::micros(at));
        })
        .builder()
        .build()
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// Marks the members of a batch as being out in it.
async fn mark_sent(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    batch: &Batch,
    open: &BTreeMap<String, Open>,
) -> Result<(), StoreError> {
    let mut statuses: BTreeMap<ChangeStatus, Vec<&str>> = BTreeMap::new();
    for (id, row) in open {
        let status = after(row.status, Some(batch.purpose), AttemptStatus::Sent);
        statuses.entry(status).or_default().push(id);
    }
    for (status, ids) in statuses {
        for ids in ids.chunks(ROWS_MAX) {
            let mut statement = Statement::new("update outbox set status = ")
                .bind(status.name())
                .text(", open_batch = ")
                .bind(batch.id.as_str());
            if batch.purpose != Purpose::LookUp {
                statement = statement
                    .text(", sent_batch = ")
                    .bind(batch.id.as_str())
                    .text(", sent_token = ")
                    .bind(batch.token.as_str())
                    .text(", sent_at = ")
                    .bind(columns::micros(batch.sent_at));
            }
            where_ids(statement, company, book, ids)
                .builder()
                .build()
                .execute(&mut **transaction)
                .await?;
        }
    }
    Ok(())
}

/// Gives rows of the outbox a status; what is acknowledged leaves it.
async fn settle(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    status: ChangeStatus,
    ids: &[&str],
) -> Result<(), StoreError> {
    for ids in ids.chunks(ROWS_MAX) {
        let statement = match status {
            ChangeStatus::Acknowledged => Statement::new("delete from outbox"),
            _ => {
                Statement::new("update outbox set open_batch = null, status = ").bind(status.name())
            }
        };
        where_ids(statement, company, book, ids)
            .builder()
            .build()
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

fn where_ids(
    statement: Statement,
    company: &CompanyId,
    book: &ConnectionId,
    ids: &[&str],
) -> Statement {
    statement
        .text(" where company = ")
        .bind(company.as_str())
        .text(" and book = ")
        .bind(book.as_str())
        .text(" and id in ")
        .list(ids.iter().copied())
}
