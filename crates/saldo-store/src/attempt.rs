//! Attempts: what was sent to a book, and what came of it. Where a change stands follows from its
//! attempts alone: [`after`] says how.

use crate::batch::Batch;
use crate::compression::Samples;
use crate::outbox::ChangeStatus;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::book::{Acknowledgement, Refusal, RefusalKind};
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

    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "create" => Ok(Self::Create),
            "revise" => Ok(Self::Revise),
            "look-up" => Ok(Self::LookUp),
            other => Err(StoreError::unreadable("purpose of a batch", other)),
        }
    }
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
    pub(crate) const fn status(&self) -> AttemptStatus {
        match self {
            Self::Acknowledged(_) => AttemptStatus::Acknowledged,
            Self::Refused(_) => AttemptStatus::Refused,
            Self::InDoubt => AttemptStatus::InDoubt,
            Self::Absent => AttemptStatus::Absent,
            Self::NoEffect => AttemptStatus::NoEffect,
        }
    }

    /// The book's own answer as JSON, where it gave one.
    pub(crate) fn answer(&self) -> Result<Option<String>, StoreError> {
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
    /// It is not in the book and no longer wanted: it is never sent again.
    Withdrawn,
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
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "sent" => Ok(Self::Sent),
            "acknowledged" => Ok(Self::Acknowledged),
            "refused" => Ok(Self::Refused),
            "in-doubt" => Ok(Self::InDoubt),
            "absent" => Ok(Self::Absent),
            "no-effect" => Ok(Self::NoEffect),
            "retried" => Ok(Self::Retried),
            "withdrawn" => Ok(Self::Withdrawn),
            other => Err(StoreError::unreadable("status of an attempt", other)),
        }
    }
}

/// One row of a change's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The batch and what it was sent for; none where nothing was sent.
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
        (AttemptStatus::Withdrawn, _) => ChangeStatus::Withdrawn,
        (AttemptStatus::Absent, _) => ChangeStatus::Approved,
        // A book may have refused what it holds in another form: it is looked up before anything is
        // sent again.
        (AttemptStatus::Retried, _) => ChangeStatus::InDoubt,
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

/// Whether a refused change is certainly not in the book: the refusal answered the only send since
/// the change was last known not to be there, or came before any send; and its kind says so.
pub(crate) fn refused_for_good(history: &[Attempt]) -> Result<bool, StoreError> {
    let (mut status, mut for_good) = (ChangeStatus::Approved, false);
    for attempt in history {
        let purpose = attempt.batch.as_ref().map(|(_, purpose)| *purpose);
        for_good = match (attempt.status, &attempt.answer) {
            (AttemptStatus::Refused, Some(answer)) => {
                let refusal: Refusal = columns::from_json("refusal", answer)?;
                let only_send = match purpose {
                    Some(Purpose::LookUp) => ChangeStatus::Approved,
                    _ => ChangeStatus::Sent,
                };
                status == only_send && refusal.kind.leaves_nothing()
            }
            _ => false,
        };
        status = after(status, purpose, attempt.status);
    }
    Ok(for_good)
}

/// Whether a change was sent and nobody ever heard what came of it. What was looked for in vain may
/// still land later; an answer, even to a later send, says nothing about the one before.
pub(crate) fn is_unanswered(history: &[Attempt]) -> bool {
    let (mut is_out, mut is_unanswered) = (false, false);
    for attempt in history {
        match (&attempt.batch, attempt.status) {
            (None | Some((_, Purpose::LookUp)), _) => {}
            (Some(_), AttemptStatus::Sent) => {
                is_unanswered |= is_out;
                is_out = true;
            }
            (Some(_), AttemptStatus::InDoubt) => {
                is_unanswered = true;
                is_out = false;
            }
            (Some(_), _) => is_out = false,
        }
    }
    is_unanswered || is_out
}

/// A row that is added to the attempts.
pub(crate) struct NewAttempt<'a> {
    pub(crate) change: &'a str,
    /// The batch and the place in it.
    pub(crate) batch: Option<(&'a Batch, i64)>,
    pub(crate) status: AttemptStatus,
    pub(crate) answer: Option<String>,
    pub(crate) detail: &'a str,
}

impl Store {
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
        let rows: Vec<AttemptRow> = query(
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

    /// Those of these changes that a book refused last in this way, and that nobody asked to try
    /// again since, whether they were withdrawn or not.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn refused_as(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        changes: &[&str],
        kind: RefusalKind,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut transaction = self.reader.begin().await?;
        let mut refused = BTreeSet::new();
        for (change, history) in histories(&mut transaction, company, book, changes).await? {
            let mut is_refused = false;
            for attempt in history {
                is_refused = match (attempt.status, &attempt.answer) {
                    (AttemptStatus::Refused, Some(answer)) => {
                        let refusal: Refusal = columns::from_json("refusal", answer)?;
                        refusal.kind == kind
                    }
                    (AttemptStatus::Withdrawn, _) => is_refused,
                    _ => false,
                };
            }
            if is_refused {
                refused.insert(change);
            }
        }
        Ok(refused)
    }

    /// What the books of a company refused, in the order of approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn failed(&self, company: &CompanyId) -> Result<Vec<Failed>, StoreError> {
        let rows: Vec<(Vec<u8>, String, i64)> = query(
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
        let samples = Samples::load(&self.reader, company).await?;
        rows.into_iter()
            .map(|(body, answer, at)| {
                let change = samples.change(&body)?;
                let refusal = columns::from_json("refusal", &answer)?;
                Ok(Failed { change, refusal, at: columns::instant(at)? })
            })
            .collect()
    }
}

type AttemptRow = (Option<String>, Option<String>, String, Option<String>, String, i64);
type HistoryRow = (String, Option<String>, Option<String>, String, Option<String>, String, i64);

fn attempt_of(
    (batch, purpose, status, answer, detail, at): AttemptRow,
) -> Result<Attempt, StoreError> {
    let purpose = purpose.as_deref().map(Purpose::parse).transpose()?;
    let (status, at) = (AttemptStatus::parse(&status)?, columns::instant(at)?);
    Ok(Attempt { batch: batch.zip(purpose), status, answer, detail, at })
}

/// The histories of changes, by change.
pub(crate) async fn histories(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    changes: &[&str],
) -> Result<BTreeMap<String, Vec<Attempt>>, StoreError> {
    let mut histories: BTreeMap<String, Vec<Attempt>> = BTreeMap::new();
    for changes in changes.chunks(ROWS_MAX) {
        let rows: Vec<HistoryRow> = Statement::new(
            "select change, batch, purpose, status, answer, detail, at from attempt
             where company = ",
        )
        .bind(company.as_str())
        .text(" and book = ")
        .bind(book.as_str())
        .text(" and change in ")
        .list(changes.iter().copied())
        .text(" order by seq")
        .query()
        .fetch_all(&mut *transaction)
        .await?;
        for (change, batch, purpose, status, answer, detail, at) in rows {
            let attempt = attempt_of((batch, purpose, status, answer, detail, at))?;
            histories.entry(change).or_default().push(attempt);
        }
    }
    Ok(histories)
}

/// Adds attempts.
pub(crate) async fn insert(
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
        .query()
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}
