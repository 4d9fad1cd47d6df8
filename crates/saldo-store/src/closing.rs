//! Closed periods as the owner decides them here, whatever the books say of theirs; and what came
//! too late for one.

use crate::compression::Samples;
use crate::statement::query;
use crate::{Lease, Store, StoreError, columns, slot};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};

impl Store {
    /// Closes every day up to this one, or opens all days. Earlier decisions stay on record.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn close_until(
        &self,
        lease: &Lease,
        until: Option<Date>,
        decided_by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        query(
            "insert into closing (company, closed_until, decided_by, at) values ($1, $2, $3, $4)",
        )
        .bind(lease.company().as_str())
        .bind(until.map(|until| until.to_string()))
        .bind(decided_by)
        .bind(columns::micros(now))
        .execute(&mut transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The last day that the owner closed; none where every day is open.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn closed_until(&self, company: &CompanyId) -> Result<Option<Date>, StoreError> {
        let until: Option<Option<String>> =
            query("select closed_until from closing where company = $1 order by seq desc limit 1")
                .bind(company.as_str())
                .fetch_optional(&self.reader)
                .await?;
        until.flatten().map(|until| columns::parse("closed day", &until)).transpose()
    }

    /// Lets the next plan look at every change of a book that is not in it, was not sent without an
    /// answer, and is dated in a closed period, and at what is to be amended, on whatever day.
    /// Returns how many slots it will look at.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn touch_closed(
        &self,
        lease: &Lease,
        book: &ConnectionId,
        until: Date,
    ) -> Result<usize, StoreError> {
        let company = lease.company();
        let slots: Vec<String> = query(
            "select distinct c.slot from outbox o
             join change c on c.company = o.company and c.book = o.book and c.id = o.id
             where o.company = $1 and o.book = $2 and o.status in ('approved', 'refused')
             and c.slot is not null
             and (c.date <= $3 or c.kind = 'amendment')",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(until.to_string())
        .fetch_all(&self.reader)
        .await?;
        if slots.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        slot::touch(&mut transaction, company, &slots).await?;
        transaction.commit().await?;
        Ok(slots.len())
    }

    /// The changes of a book that belong to a closed period and are dated on the first open day, by
    /// date and key; those that were withdrawn are not among them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn prior_period(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Vec<Change>, StoreError> {
        let bodies: Vec<Vec<u8>> = query(
            "select c.body from change c
             where c.company = $1 and c.book = $2 and c.relates_to is not null
             and not exists (select 1 from outbox o
              where o.company = c.company and o.book = c.book and o.id = c.id
              and o.status = 'withdrawn')
             order by c.date, c.id",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        bodies.iter().map(|body| samples.change(body)).collect()
    }
}
