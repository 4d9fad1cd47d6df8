//! The outbox: changes that were approved, and those of them that are not yet acknowledged.

use crate::compression::Samples;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::withdrawal::{self, Withdrawal};
use crate::{Lease, Store, StoreError, amended, columns, slot};
use jiff::Timestamp;
use saldo_core::book::{Listed, Need, Subject};
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::{BTreeMap, BTreeSet};

/// Changes that somebody, or a rule, approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The book.
    pub book: ConnectionId,
    /// The changes, in the order in which they are to be pushed.
    pub changes: Vec<Change>,
    /// Who approved them.
    pub approved_by: String,
    /// When.
    pub at: Timestamp,
    /// The number of the last touched slot that the plan took in, where all of it was approved.
    pub planned_until: Option<i64>,
    /// What is no longer wanted.
    pub withdraws: Vec<Withdrawal>,
    /// What changes wait for, by identity: other changes of the same book. What the
    /// book has already keeps nothing from being sent.
    pub waits: BTreeMap<String, BTreeSet<String>>,
    /// Slots that could not be planned yet: they count as touched again.
    pub again: Vec<String>,
}

/// Where a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeStatus {
    /// It may be sent.
    Approved,
    /// It was sent for the first time, and there is no result yet.
    Sent,
    /// It was sent, and nobody knows whether it took effect.
    InDoubt,
    /// The book has it.
    Acknowledged,
    /// The book said no. It is sent again only when a person says so.
    Refused,
    /// It is not in the book and no longer wanted: it is never sent again.
    Withdrawn,
}

impl ChangeStatus {
    /// The word as it stands in commands and columns.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::InDoubt => "in-doubt",
            Self::Acknowledged => "acknowledged",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "approved" => Ok(Self::Approved),
            "sent" => Ok(Self::Sent),
            "in-doubt" => Ok(Self::InDoubt),
            "acknowledged" => Ok(Self::Acknowledged),
            "refused" => Ok(Self::Refused),
            "withdrawn" => Ok(Self::Withdrawn),
            other => Err(StoreError::unreadable("status of a change", other)),
        }
    }
}

impl Store {
    /// Writes approved changes into the outbox, withdraws what is no longer wanted, and notes how
    /// far the book is planned; returns how many changes are new. One transaction: all or none.
    ///
    /// A change that was approved before is no news. What is needed by documents is known by its
    /// binding, so that another title or reason is no news either. What nothing waits for once
    /// other changes are withdrawn is withdrawn with them.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::ChangeDiffers`] where a change of the same identity
    /// has other content; [`StoreError::NotWithdrawable`] where a change to be withdrawn may be in
    /// the book.
    pub async fn approve(&self, lease: &Lease, approval: &Approval) -> Result<usize, StoreError> {
        let (company, book) = (lease.company(), &approval.book);
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let (withdraws, at) = (&approval.withdraws, approval.at);
        withdrawal::withdraw(&mut transaction, company, book, withdraws, at).await?;
        let new = new_changes(&mut transaction, company, approval).await?;
        insert_changes(&mut transaction, company, approval, &new).await?;
        withdrawal::put_waits(&mut transaction, company, approval).await?;
        if !withdraws.is_empty() {
            withdrawal::withdraw_unneeded(&mut transaction, company, book, at).await?;
        }
        slot::touch(&mut transaction, company, &approval.again).await?;
        if let Some(seq) = approval.planned_until {
            mark_planned(&mut transaction, company, book, seq).await?;
        }
        transaction.commit().await?;
        Ok(new.len())
    }

    /// The number of the last touched slot that plans for a book took in; zero at first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn planned_until(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<i64, StoreError> {
        let seq: Option<i64> =
            query("select planned_until from plan_mark where company = $1 and book = $2")
                .bind(company.as_str())
                .bind(book.as_str())
                .fetch_optional(&self.reader)
                .await?;
        Ok(seq.unwrap_or(0))
    }

    /// Writes down how far a book is planned, where the plan had no changes.
    ///
    /// # Errors
    /// Where the company has no such book.
    pub async fn set_planned_until(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        seq: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        mark_planned(&mut transaction, company, book, seq).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// All changes that were ever approved for slots of a book, in the order of approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn changes_for_slots(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        slots: &[String],
    ) -> Result<Vec<Change>, StoreError> {
        let mut found: BTreeMap<i64, Change> = BTreeMap::new();
        for slots in slots.chunks(ROWS_MAX) {
            let rows: Vec<(i64, Vec<u8>)> =
                Statement::new("select position, body from change where company = ")
                    .bind(company.as_str())
                    .text(" and book = ")
                    .bind(book.as_str())
                    .text(" and slot in ")
                    .list(slots.iter().map(String::as_str))
                    .query()
                    .fetch_all(&self.reader)
                    .await?;
            let samples = Samples::load(&self.reader, company).await?;
            for (position, body) in rows {
                found.insert(position, samples.change(&body)?);
            }
        }
        Ok(found.into_values().collect())
    }
}

/// The changes of an approval that were not approved before, each once.
async fn new_changes<'a>(
    transaction: &mut Transaction,
    company: &CompanyId,
    approval: &'a Approval,
) -> Result<Vec<&'a Change>, StoreError> {
    let mut known: BTreeMap<String, Change> = BTreeMap::new();
    for changes in approval.changes.chunks(ROWS_MAX) {
        let ids = changes.iter().map(|change| change.id.as_str());
        let stored = changes_by_id(transaction, company, &approval.book, ids).await?;
        known.extend(stored.into_iter().map(|change| (change.id.clone(), change)));
    }
    let mut new = Vec::new();
    let mut listed: BTreeMap<&str, &Change> = BTreeMap::new();
    for change in &approval.changes {
        match known.get(&change.id).or_else(|| listed.get(change.id.as_str()).copied()) {
            Some(before) if before.wants_the_same(change) => {}
            Some(_) => return Err(StoreError::ChangeDiffers(change.id.clone())),
            None => {
                listed.insert(&change.id, change);
                new.push(change);
            }
        }
    }
    Ok(new)
}

/// Changes of a book, those that there are, in no order.
pub(crate) async fn changes_by_id<'v>(
    transaction: &mut Transaction,
    company: &'v CompanyId,
    book: &'v ConnectionId,
    ids: impl IntoIterator<Item = &'v str>,
) -> Result<Vec<Change>, StoreError> {
    let rows: Vec<Vec<u8>> = Statement::new("select body from change where company = ")
        .bind(company.as_str())
        .text(" and book = ")
        .bind(book.as_str())
        .text(" and id in ")
        .list(ids)
        .query()
        .fetch_all(&mut *transaction)
        .await?;
    let samples = Samples::load(&mut *transaction, company).await?;
    rows.iter().map(|body| samples.change(body)).collect()
}

/// What changes are compressed as: those of a company are alike, whichever book they are for.
const SAMPLE_KIND: &str = "changes";
/// How long their sample is.
const SAMPLE_BYTES: usize = 4096;

impl Samples {
    /// A change as it stands in its row.
    pub(crate) fn change(&self, body: &[u8]) -> Result<Change, StoreError> {
        columns::from_json("change", &self.decompress_text("change", body)?)
    }
}

/// The words for what a change is about: a document's kind, or `account`, `item`, `party`,
/// `dimension`, `value`, `tax-rate`, `payment-method`, `terms`, `currency`, `confirmation`,
/// `amendment`, `file`.
fn kind(change: &Change) -> &'static str {
    match &change.subject {
        Subject::Need(Need::Account(_) | Need::ForeignAccount { .. }) => "account",
        Subject::Need(Need::Item(_)) => "item",
        Subject::Need(Need::Party(_)) => "party",
        Subject::Need(Need::Dimension(_)) => "dimension",
        Subject::Need(Need::Value { .. }) => "value",
        Subject::Need(Need::TaxRate(_)) => "tax-rate",
        Subject::Need(Need::Listed(Listed::PaymentMethod { .. })) => "payment-method",
        Subject::Need(Need::Listed(Listed::Terms { .. })) => "terms",
        Subject::Need(Need::Listed(Listed::Currency(_))) => "currency",
        Subject::Document { document, .. } => document.header().kind.name(),
        Subject::Confirmed { .. } => "confirmation",
        Subject::Amended { .. } => amended::KIND,
        Subject::Attached { .. } => "file",
    }
}

/// Whether a change enters a draft.
fn is_draft(change: &Change) -> bool {
    matches!(change.subject, Subject::Document { draft: true, .. })
}

async fn insert_changes(
    transaction: &mut Transaction,
    company: &CompanyId,
    approval: &Approval,
    new: &[&Change],
) -> Result<(), StoreError> {
    let last: i64 =
        query("select coalesce(max(position), 0) from change where company = $1 and book = $2")
            .bind(company.as_str())
            .bind(approval.book.as_str())
            .fetch_one(&mut *transaction)
            .await?;
    let mut rows = Vec::with_capacity(new.len());
    for (position, change) in (last + 1..).zip(new) {
        rows.push((position, *change, columns::to_json(change)?.into_bytes()));
    }
    let mut samples = Samples::load(&mut *transaction, company).await?;
    let texts = rows.iter().map(|(_, _, body)| body.as_slice());
    samples.learn(transaction, company, (SAMPLE_KIND, SAMPLE_BYTES), texts).await?;
    let mut compressor = samples.compressor(SAMPLE_KIND);
    for (_, _, body) in &mut rows {
        *body = compressor.compress(body)?;
    }
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new(
            "insert into change
             (company, book, id, position, slot, generation, date, relates_to, kind, draft,
              approved_by, approved_at, body) ",
        )
        .rows(rows, |row, (position, change, body)| {
            row.push_bind(company.as_str())
                .push_bind(approval.book.as_str())
                .push_bind(change.id.as_str())
                .push_bind(*position)
                .push_bind(change.slot.as_deref())
                .push_bind(i64::from(change.generation))
                .push_bind(change.date().map(|date| date.to_string()))
                .push_bind(change.relates_to.map(|date| date.to_string()))
                .push_bind(kind(change))
                .push_bind(i64::from(is_draft(change)))
                .push_bind(approval.approved_by.as_str())
                .push_bind(columns::micros(approval.at))
                .push_bind(body.as_slice());
        })
        .query()
        .execute(&mut *transaction)
        .await?;
        Statement::new("insert into outbox (company, book, position, id, status) ")
            .rows(rows, |row, (position, change, _)| {
                row.push_bind(company.as_str())
                    .push_bind(approval.book.as_str())
                    .push_bind(*position)
                    .push_bind(change.id.as_str())
                    .push_bind(ChangeStatus::Approved.name());
            })
            .query()
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

async fn mark_planned(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    seq: i64,
) -> Result<(), StoreError> {
    query(
        "insert into plan_mark (company, book, planned_until) values ($1, $2, $3)
         on conflict (company, book) do update set planned_until = excluded.planned_until",
    )
    .bind(company.as_str())
    .bind(book.as_str())
    .bind(seq)
    .execute(&mut *transaction)
    .await?;
    Ok(())
}
