//! Late arrivals: changes that were withdrawn after a send that nobody heard the end of. Such a
//! send may take effect later than anybody waits. What a book turns out to hold of it is adopted:
//! it has a receipt from then on, and counts like all that was acknowledged.

use crate::attempt::{self, AttemptOutcome, AttemptResult, NewAttempt};
use crate::compression::Samples;
use crate::outbox::ChangeStatus;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError, batch, columns, slot};
use jiff::Timestamp;
use saldo_core::book::Acknowledgement;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::BTreeSet;

impl Store {
    /// The documents that were withdrawn from a book although nobody heard what came of a send, in
    /// the order of their last sends: all of them, or those that were last sent after an instant.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unanswered(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        sent_after: Option<Timestamp>,
    ) -> Result<Vec<Change>, StoreError> {
        let bodies: Vec<Vec<u8>> = query(
            "select c.body from outbox o
             join change c on c.company = o.company and c.book = o.book and c.id = o.id
             where o.company = $1 and o.book = $2 and o.unanswered > 0 and o.sent_at > $3
             and c.slot is not null
             order by o.sent_at, o.position",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(sent_after.map_or(i64::MIN, columns::micros))
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        bodies.iter().map(|body| samples.change(body)).collect()
    }

    /// Takes over what a book turned out to hold, of changes that [`Store::unanswered`] lists. Each
    /// has a receipt from here on and counts in the sums, and its slot counts as touched, so that
    /// the next plan takes it out again, or whatever else is right by then. One transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::NotAdoptable`] where a change is not among those.
    pub async fn adopt(
        &self,
        lease: &Lease,
        found: &[(String, Acknowledgement)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (company, book) = (lease.company(), lease.connection());
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        let slots = slots_of_unanswered(&mut transaction, company, book, &ids).await?;
        let results: Vec<(String, AttemptResult)> = found.iter().map(acknowledged).collect();
        let mut rows = Vec::with_capacity(results.len());
        for (change, result) in &results {
            rows.push(NewAttempt {
                change,
                batch: None,
                status: result.outcome.status(),
                answer: result.outcome.answer()?,
                detail: &result.detail,
            });
        }
        attempt::insert(&mut transaction, company, book, rows, now).await?;
        batch::acknowledge(&mut transaction, company, book, &results, now).await?;
        batch::settle(&mut transaction, company, book, ChangeStatus::Acknowledged, &ids).await?;
        slot::touch(&mut transaction, company, &slots).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn acknowledged((id, found): &(String, Acknowledgement)) -> (String, AttemptResult) {
    let outcome = AttemptOutcome::Acknowledged(found.clone());
    let detail = "found in the book after it was withdrawn".to_owned();
    (id.clone(), AttemptResult { outcome, detail })
}

/// The slots of these changes, all of which were withdrawn unanswered.
async fn slots_of_unanswered(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    ids: &[&str],
) -> Result<Vec<String>, StoreError> {
    let mut slots = BTreeSet::new();
    for ids in ids.chunks(ROWS_MAX) {
        let rows: Vec<(String, String)> = Statement::new(
            "select o.id, c.slot from outbox o
             join change c on c.company = o.company and c.book = o.book and c.id = o.id
             where c.slot is not null and o.unanswered > 0 and o.company = ",
        )
        .bind(company.as_str())
        .text(" and o.book = ")
        .bind(book.as_str())
        .text(" and o.id in ")
        .list(ids.iter().copied())
        .query()
        .fetch_all(&mut *transaction)
        .await?;
        let known: BTreeSet<&str> = rows.iter().map(|(id, _)| id.as_str()).collect();
        if let Some(id) = ids.iter().find(|id| !known.contains(**id)) {
            return Err(StoreError::NotAdoptable((*id).to_owned()));
        }
        slots.extend(rows.into_iter().map(|(_, slot)| slot));
    }
    Ok(slots.into_iter().collect())
}

/// Marks those of these changes that were sent and never answered. They are being withdrawn.
pub(crate) async fn mark_unanswered(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    ids: &[&str],
) -> Result<(), StoreError> {
    let histories = attempt::histories(transaction, company, book, ids).await?;
    let unanswered = histories.iter().filter(|(_, history)| attempt::is_unanswered(history));
    let unanswered: Vec<&str> = unanswered.map(|(id, _)| id.as_str()).collect();
    for ids in unanswered.chunks(ROWS_MAX) {
        Statement::new("update outbox set unanswered = 1 where company = ")
            .bind(company.as_str())
            .text(" and book = ")
            .bind(book.as_str())
            .text(" and id in ")
            .list(ids.iter().copied())
            .query()
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}
