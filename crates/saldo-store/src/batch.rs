//! Batches: changes that are sent in one request. A batch is stored before it is sent, and is
//! repeated only as it was.

use crate::attempt::{
    self, AttemptOutcome, AttemptResult, AttemptStatus, NewAttempt, Purpose, after,
};
use crate::outbox::{self, ChangeStatus};
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement};
use crate::{Lease, Store, StoreError, columns, receipt, sums};
use jiff::Timestamp;
use saldo_core::book::Acknowledgement;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::{BTreeMap, BTreeSet};

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

/// A row of the outbox, as far as sending goes by it.
pub(crate) struct Open {
    pub(crate) status: ChangeStatus,
    open_batch: Option<String>,
    sent_batch: Option<String>,
}

impl Store {
    /// Writes down that a batch is about to be sent. Only then may it be sent.
    ///
    /// A batch that was sent before may be begun again, if it is the same but for the time.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::BatchDiffers`] where a batch of this identity was
    /// sent before with other content; [`StoreError::NotSendable`] where a member is acknowledged
    /// or refused, or where it is in doubt and this batch would send it once more under another
    /// token.
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
        attempt::insert(&mut transaction, company, book, rows.collect(), batch.sent_at).await?;
        mark_sent(&mut transaction, company, book, batch, &open).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes down what came of a batch, of all of its members or some. What the book acknowledged
    /// has a receipt from here on, and counts in the sums. One transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and [`StoreError::NotInBatch`] where a result is for a change
    /// that is not out in this batch, or no longer.
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
        attempt::insert(&mut transaction, company, book, rows, now).await?;
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

    /// Lets changes that a book refused be sent again, as a person wishes. They are looked up
    /// first: the book may hold them in another form. Of what it certainly holds nothing of, no
    /// send can land any more.
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
        let ids: Vec<&str> = changes.iter().map(String::as_str).collect();
        let histories = attempt::histories(&mut transaction, company, book, &ids).await?;
        let mut answered = Vec::new();
        for (id, history) in &histories {
            if attempt::refused_for_good(history)? && !attempt::is_unanswered(history) {
                answered.push(id.as_str());
            }
        }
        let status = AttemptStatus::Retried;
        let rows = changes.iter().map(|change| NewAttempt {
            change,
            batch: None,
            status,
            answer: None,
            detail: "",
        });
        attempt::insert(&mut transaction, company, book, rows.collect(), now).await?;
        settle(&mut transaction, company, book, ChangeStatus::InDoubt, &ids).await?;
        close_sends(&mut transaction, company, book, &answered).await?;
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
        (ChangeStatus::Withdrawn, _) => refuse("it was withdrawn"),
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
pub(crate) async fn acknowledge(
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
        .query()
        .fetch_all(&mut *transaction)
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
pub(crate) async fn open(
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
        .query()
        .fetch_all(&mut *transaction)
        .await?;
        for (id, status, open_batch, sent_batch) in rows {
            let status = ChangeStatus::parse(&status)?;
            open.insert(id, Open { status, open_batch, sent_batch });
        }
    }
    Ok(open)
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
            where_ids(statement, company, book, ids).query().execute(&mut *transaction).await?;
        }
    }
    Ok(())
}

/// Notes that no send of these changes can land any more: the book's answer to each was final.
async fn close_sends(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    ids: &[&str],
) -> Result<(), StoreError> {
    for ids in ids.chunks(ROWS_MAX) {
        let statement = Statement::new("update outbox set sent_at = null");
        where_ids(statement, company, book, ids).query().execute(&mut *transaction).await?;
    }
    Ok(())
}

/// Gives rows of the outbox a status; what is acknowledged leaves it, and what is acknowledged or
/// withdrawn waits for nothing any more.
pub(crate) async fn settle(
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
        where_ids(statement, company, book, ids).query().execute(&mut *transaction).await?;
        if matches!(status, ChangeStatus::Acknowledged | ChangeStatus::Withdrawn) {
            where_ids(Statement::new("delete from outbox_wait"), company, book, ids)
                .query()
                .execute(&mut *transaction)
                .await?;
        }
    }
    Ok(())
}

fn where_ids<'v>(
    statement: Statement<'v>,
    company: &'v CompanyId,
    book: &'v ConnectionId,
    ids: &[&'v str],
) -> Statement<'v> {
    statement
        .text(" where company = ")
        .bind(company.as_str())
        .text(" and book = ")
        .bind(book.as_str())
        .text(" and id in ")
        .list(ids.iter().copied())
}
