//! Withdrawals: changes that are certainly not in a book and no longer wanted. Nothing is deleted:
//! a further row in the history of the change says so.

use crate::attempt::{self, AttemptStatus, NewAttempt};
use crate::batch;
use crate::compression::Samples;
use crate::outbox::{Approval, ChangeStatus};
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError, late, slot};
use jiff::Timestamp;
use saldo_core::plan::{ApprovedChange, Change, Whereabouts};
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::{BTreeMap, BTreeSet};

/// A change that is to be withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its identity.
    pub id: String,
    /// The change that others wait for instead, where there is one.
    pub instead: Option<String>,
}

/// Position, body, and status in the outbox of a change.
type ChangeRow = (i64, Vec<u8>, Option<String>);

impl Store {
    /// All changes that were ever approved for slots of a book, in the order of approval, each with
    /// what is known of it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn approved_for_slots(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        slots: &[String],
    ) -> Result<Vec<ApprovedChange>, StoreError> {
        self.approved_where(company, book, " and c.slot in ", slots).await
    }

    /// Changes of a book by identity, those that there are, in the order of approval, each with
    /// what is known of it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn approved_of(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        ids: &[String],
    ) -> Result<Vec<ApprovedChange>, StoreError> {
        self.approved_where(company, book, " and c.id in ", ids).await
    }

    /// Lets some changes wait no longer for one that the book refused; returns how many did.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and where the database fails.
    pub async fn release_waits(
        &self,
        lease: &Lease,
        changes: &[String],
        refused: &str,
    ) -> Result<u64, StoreError> {
        let (company, book) = (lease.company(), lease.connection());
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let mut released = 0;
        for change in changes {
            released += query(
                "delete from outbox_wait
                 where company = $1 and book = $2 and id = $3 and waits_for = $4",
            )
            .bind(company.as_str())
            .bind(book.as_str())
            .bind(change)
            .bind(refused)
            .execute(&mut transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(released)
    }

    async fn approved_where(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        condition: &'static str,
        values: &[String],
    ) -> Result<Vec<ApprovedChange>, StoreError> {
        let mut transaction = self.reader.begin().await?;
        let mut rows: Vec<ChangeRow> = Vec::new();
        for values in values.chunks(ROWS_MAX) {
            let found: Vec<ChangeRow> = Statement::new(
                "select c.position, c.body, o.status from change c
                 left join outbox o on o.company = c.company and o.book = c.book and o.id = c.id
                 where c.company = ",
            )
            .bind(company.as_str())
            .text(" and c.book = ")
            .bind(book.as_str())
            .text(condition)
            .list(values.iter().map(String::as_str))
            .query()
            .fetch_all(&mut transaction)
            .await?;
            rows.extend(found);
        }
        rows.sort_unstable_by_key(|(position, ..)| *position);
        let samples = Samples::load(&mut transaction, company).await?;
        let mut found = Vec::with_capacity(rows.len());
        for (_, body, status) in rows {
            let status = match status {
                Some(status) => ChangeStatus::parse(&status)?,
                None => ChangeStatus::Acknowledged,
            };
            found.push((samples.change(&body)?, status));
        }
        let whereabouts =
            found.iter().map(|(change, status): &(Change, _)| (change.id.as_str(), *status));
        let whereabouts = whereabouts_of(&mut transaction, company, book, whereabouts).await?;
        Ok(found
            .into_iter()
            .zip(whereabouts)
            .map(|((change, _), whereabouts)| ApprovedChange { change, whereabouts })
            .collect())
    }

    /// Withdraws what is not in a book and no longer wanted, apart from any approval, with the
    /// accounts, items and parties that nothing needs any more. Slots count as touched again, so
    /// that what is wanted instead is planned. Returns how many changes were withdrawn.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::NotWithdrawable`] where a change may be in the
    /// book.
    pub async fn withdraw(
        &self,
        lease: &Lease,
        withdraws: &[Withdrawal],
        again: &[String],
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        let (company, book) = (lease.company(), lease.connection());
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        withdraw(&mut transaction, company, book, withdraws, at).await?;
        let unneeded = withdraw_unneeded(&mut transaction, company, book, at).await?;
        slot::touch(&mut transaction, company, again).await?;
        transaction.commit().await?;
        Ok(withdraws.len() + unneeded)
    }

    /// The files that are certainly not at their documents, and are not withdrawn: those that were
    /// never sent, and those that the book refused for good. In the order of approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn files_not_there(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Vec<Change>, StoreError> {
        let ids: Vec<String> = query(
            "select o.id from outbox o
             join change c on c.company = o.company and c.book = o.book and c.id = o.id
             where o.company = $1 and o.book = $2 and o.status in ('approved', 'refused')
             and c.kind = 'file'",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&self.reader)
        .await?;
        let found = self.approved_of(company, book, &ids).await?.into_iter();
        let certain = found.filter(|it| it.whereabouts == Whereabouts::NotInBook);
        Ok(certain.map(|it| it.change).collect())
    }

    /// The slots of changes that are not in a book and wait for one of these documents.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn slots_waiting_for(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        documents: &[String],
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut slots = BTreeSet::new();
        for documents in documents.chunks(ROWS_MAX) {
            let found: Vec<String> = Statement::new(
                "select c.slot from outbox_wait w
                 join change c on c.company = w.company and c.book = w.book and c.id = w.id
                 where c.slot is not null and w.company = ",
            )
            .bind(company.as_str())
            .text(" and w.book = ")
            .bind(book.as_str())
            .text(" and w.waits_for in ")
            .list(documents.iter().map(String::as_str))
            .query()
            .fetch_all(&self.reader)
            .await?;
            slots.extend(found);
        }
        Ok(slots)
    }
}

/// What is known of changes with these statuses, in their order.
async fn whereabouts_of<'a>(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    changes: impl Iterator<Item = (&'a str, ChangeStatus)> + Clone,
) -> Result<Vec<Whereabouts>, StoreError> {
    let refused = changes.clone().filter(|(_, status)| *status == ChangeStatus::Refused);
    let refused: Vec<&str> = refused.map(|(id, _)| id).collect();
    let histories = attempt::histories(transaction, company, book, &refused).await?;
    let whereabouts = |(id, status)| match status {
        ChangeStatus::Acknowledged => Ok(Whereabouts::InBook),
        ChangeStatus::Approved => Ok(Whereabouts::NotInBook),
        ChangeStatus::Withdrawn => Ok(Whereabouts::Withdrawn),
        ChangeStatus::Sent | ChangeStatus::InDoubt => Ok(Whereabouts::Unknown),
        ChangeStatus::Refused => {
            let history = histories.get(id).map_or(&[][..], Vec::as_slice);
            match attempt::refused_for_good(history)? {
                true => Ok(Whereabouts::NotInBook),
                false => Ok(Whereabouts::Unknown),
            }
        }
    };
    changes.map(whereabouts).collect()
}

/// Withdraws changes. What waited for one waits for what comes instead.
pub(crate) async fn withdraw(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    withdraws: &[Withdrawal],
    at: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<String> = withdraws.iter().map(|it| it.id.clone()).collect();
    let open = batch::open(transaction, company, book, &ids).await?;
    let statuses = ids.iter().map(|id| {
        (id.as_str(), open.get(id).map_or(ChangeStatus::Acknowledged, |open| open.status))
    });
    let whereabouts = whereabouts_of(transaction, company, book, statuses).await?;
    if let Some((id, _)) = ids.iter().zip(whereabouts).find(|(_, it)| *it != Whereabouts::NotInBook)
    {
        return Err(StoreError::NotWithdrawable(id.clone()));
    }
    for withdrawal in withdraws {
        let Some(instead) = &withdrawal.instead else { continue };
        query(
            "update outbox_wait set waits_for = $1
             where company = $2 and book = $3 and waits_for = $4",
        )
        .bind(instead)
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(&withdrawal.id)
        .execute(&mut *transaction)
        .await?;
    }
    write_down(transaction, company, book, &ids, at).await
}

async fn write_down(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    ids: &[String],
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = ids.iter().map(|change| NewAttempt {
        change,
        batch: None,
        status: AttemptStatus::Withdrawn,
        answer: None,
        detail: "no longer wanted",
    });
    attempt::insert(transaction, company, book, rows.collect(), at).await?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    late::mark_unanswered(transaction, company, book, &ids).await?;
    batch::settle(transaction, company, book, ChangeStatus::Withdrawn, &ids).await
}

/// Writes down what changes wait for.
pub(crate) async fn put_waits(
    transaction: &mut Transaction,
    company: &CompanyId,
    approval: &Approval,
) -> Result<(), StoreError> {
    let rows: Vec<(&str, &str)> = approval
        .waits
        .iter()
        .flat_map(|(id, waits)| waits.iter().map(move |wait| (id.as_str(), wait.as_str())))
        .collect();
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new("insert into outbox_wait (company, book, id, waits_for) ")
            .rows(rows, |row, (id, waits_for)| {
                row.push_bind(company.as_str())
                    .push_bind(approval.book.as_str())
                    .push_bind(*id)
                    .push_bind(*waits_for);
            })
            .text(" on conflict (company, book, id, waits_for) do nothing")
            .query()
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

/// Withdraws what only withdrawn changes waited for: accounts, items and parties that nothing needs
/// any more. Returns how many.
pub(crate) async fn withdraw_unneeded(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    at: Timestamp,
) -> Result<usize, StoreError> {
    let mut withdrawn = 0;
    loop {
        let unneeded: Vec<(String, String)> = query(
            "select o.id, o.status from outbox o
             join change c on c.company = o.company and c.book = o.book and c.id = o.id
             where o.company = $1 and o.book = $2 and o.status in ('approved', 'refused')
             and c.slot is null and c.kind not in ('confirmation', 'file') and not exists
             (select 1 from outbox_wait w
              where w.company = o.company and w.book = o.book and w.waits_for = o.id)",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&mut *transaction)
        .await?;
        let mut statuses: BTreeMap<String, ChangeStatus> = BTreeMap::new();
        for (id, status) in unneeded {
            statuses.insert(id, ChangeStatus::parse(&status)?);
        }
        let known = statuses.iter().map(|(id, status)| (id.as_str(), *status));
        let whereabouts = whereabouts_of(transaction, company, book, known).await?;
        let certain = statuses.into_keys().zip(whereabouts);
        let ids: Vec<String> = certain
            .filter(|(_, whereabouts)| *whereabouts == Whereabouts::NotInBook)
            .map(|(id, _)| id)
            .collect();
        if ids.is_empty() {
            return Ok(withdrawn);
        }
        withdrawn += ids.len();
        write_down(transaction, company, book, &ids, at).await?;
    }
}
