//! Pending: the part of the outbox that is still to be sent, and what keeps the rest from it.

use crate::compression::Samples;
use crate::outbox::ChangeStatus;
use crate::statement::query;
use crate::{Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};

/// When a change was last sent in a way that could have had an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastSend {
    /// In which batch.
    pub batch: String,
    /// Under which token.
    pub token: String,
    /// When; none where the book refused it for good and a person let it go again, so that nothing
    /// of it can land any more.
    pub at: Option<Timestamp>,
}

/// A change that is to be pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The change.
    pub change: Change,
    /// Where it stands: approved, sent or in doubt.
    pub status: ChangeStatus,
    /// When it was last sent in a way that could have had an effect, if ever.
    pub last_send: Option<LastSend>,
}

/// An approved change that cannot be sent, since the book refused something that it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The change.
    pub change: Change,
    /// The change that it waits for.
    pub waits_for: String,
}

/// How many changes of a book are not acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// Still to be pushed; those that are blocked are among them.
    pub pending: u64,
    /// Still to be pushed, but waiting for something that the book refused.
    pub blocked: u64,
    /// What the book refused.
    pub failed: u64,
}

type PendingRow = (Vec<u8>, String, Option<String>, Option<String>, Option<i64>);

/// Changes that wait for something refused, or for something that waits for it.
macro_rules! blocked {
    ($rest:literal) => {
        concat!(
            "with recursive blocked (id) as (
             select w.id from outbox_wait w join outbox o
             on o.company = w.company and o.book = w.book and o.id = w.waits_for
             where w.company = $1 and w.book = $2 and o.status in ('refused', 'withdrawn')
             union
             select w.id from blocked b join outbox_wait w
             on w.company = $1 and w.book = $2 and w.waits_for = b.id) ",
            $rest
        )
    };
}

impl Store {
    /// Changes that may be pushed now, and those whose sending came to no certain end, in the order
    /// of approval.
    ///
    /// Not among them is what the book refused, what waits for it, and what waits for another
    /// document that the book does not have yet.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn pending(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        limit: usize,
    ) -> Result<Vec<Pending>, StoreError> {
        let rows: Vec<PendingRow> = query(blocked!(
            "select c.body, o.status, o.sent_batch, o.sent_token, o.sent_at
             from outbox o join change c on c.company = o.company and c.book = o.book
             and c.id = o.id
             where o.company = $1 and o.book = $2
             and o.status in ('approved', 'sent', 'in-doubt')
             and (o.status <> 'approved' or (
             o.id not in (select id from blocked) and not exists
             (select 1 from outbox_wait w
              join outbox d on d.company = w.company and d.book = w.book and d.id = w.waits_for
              join change f on f.company = d.company and f.book = d.book and f.id = d.id
              where w.company = o.company and w.book = o.book and w.id = o.id
              and f.slot is not null)))
             order by o.position limit $3"
        ))
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        rows.into_iter().map(|row| pending_of(&samples, row)).collect()
    }

    /// How many changes of a book are not acknowledged.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn open_counts(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<OpenCounts, StoreError> {
        let (pending, blocked, failed): (i64, i64, i64) = query(blocked!(
            "select
             (select count(*) from outbox where company = $1 and book = $2
              and status in ('approved', 'sent', 'in-doubt')),
             (select count(*) from blocked),
             (select count(*) from outbox where company = $1 and book = $2
              and status = 'refused')"
        ))
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_one(&self.reader)
        .await?;
        let count = |stored| columns::count("count of changes", stored);
        Ok(OpenCounts {
            pending: count(pending)?,
            blocked: count(blocked)?,
            failed: count(failed)?,
        })
    }

    /// Approved changes of a book that cannot be sent, since it refused something that they wait
    /// for, in the order of approval.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn blocked(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Vec<Blocked>, StoreError> {
        let rows: Vec<(Vec<u8>, String)> = query(blocked!(
            "select c.body, min(w.waits_for) from blocked b
             join change c on c.company = $1 and c.book = $2 and c.id = b.id
             join outbox_wait w on w.company = $1 and w.book = $2 and w.id = b.id
             join outbox d on d.company = $1 and d.book = $2 and d.id = w.waits_for
             where d.status in ('refused', 'withdrawn') or d.id in (select id from blocked)
             group by c.position, c.body order by c.position"
        ))
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        rows.into_iter()
            .map(|(body, waits_for)| Ok(Blocked { change: samples.change(&body)?, waits_for }))
            .collect()
    }
}

fn pending_of(samples: &Samples, row: PendingRow) -> Result<Pending, StoreError> {
    let (body, status, batch, token, at) = row;
    let at = at.map(columns::instant).transpose()?;
    let last_send = batch.zip(token).map(|(batch, token)| LastSend { batch, token, at });
    let change = samples.change(&body)?;
    Ok(Pending { change, status: ChangeStatus::parse(&status)?, last_send })
}
