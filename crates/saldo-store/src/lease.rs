//! Leases: one worker a connection, always; and one that accounts, approves, decides and rebuilds
//! for a company.
//!
//! Each acquisition has a number of its own, the epoch. Whoever writes shows it, and the database
//! looks at it in the same transaction: a worker that was thought dead, and is not, cannot write.

use crate::sqlite::Transaction;
use crate::statement::query;
use crate::{Store, StoreError, columns};
use jiff::{SignedDuration, Timestamp};
use saldo_core::text::{CompanyId, ConnectionId};

/// The lease of a company stands where that of a connection without a name would.
const OF_COMPANY: &str = "";

/// The right to pull from or push to one connection, or to account and approve for a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    company: CompanyId,
    connection: ConnectionId,
    holder: String,
    epoch: i64,
    until: Timestamp,
}

impl Lease {
    /// The company.
    #[must_use]
    pub fn company(&self) -> &CompanyId {
        &self.company
    }

    /// The connection; empty for the company itself.
    #[must_use]
    pub fn connection(&self) -> &ConnectionId {
        &self.connection
    }

    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Which acquisition of the connection this is. Every one has a higher number.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// When another worker may take the connection over.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Makes sure, within a transaction, that nobody took the connection over.
    pub(crate) async fn check(&self, transaction: &mut Transaction) -> Result<(), StoreError> {
        let epoch: Option<i64> =
            query("select epoch from lease where company = $1 and connection = $2")
                .bind(self.company.as_str())
                .bind(self.connection.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
        match epoch == Some(self.epoch) {
            true => Ok(()),
            false => Err(StoreError::LeaseLost(self.connection.clone())),
        }
    }
}

/// When a lease taken now ends. One that would last for ever lasts as long as there is time.
fn end(now: Timestamp, ttl: SignedDuration) -> Timestamp {
    now.checked_add(ttl).unwrap_or(Timestamp::MAX)
}

impl Store {
    /// Takes a connection, where nobody holds it, its holder let the time pass, or the holder is
    /// the same (a process that was restarted under its name).
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] where another holds it, and [`StoreError::NotFound`] where the
    /// company has no such connection.
    pub async fn acquire_lease(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
        holder: &str,
        now: Timestamp,
        ttl: SignedDuration,
    ) -> Result<Lease, StoreError> {
        let mut transaction = self.begin().await?;
        let known: Option<i64> = query("select 1 from connection where company = $1 and id = $2")
            .bind(company.as_str())
            .bind(connection.as_str())
            .fetch_optional(&mut transaction)
            .await?;
        if known.is_none() {
            return Err(StoreError::not_found("connection", connection.as_str()));
        }
        let taken = take(&mut transaction, company, connection, holder, (now, ttl)).await?;
        transaction.commit().await?;
        Ok(taken)
    }

    /// Takes the company itself: the right to account, to approve, to decide its policy and to
    /// rebuild, under the same terms as [`Store::acquire_lease`].
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] where another holds it, and [`StoreError::NotFound`] where there
    /// is no such company.
    pub async fn acquire_company_lease(
        &self,
        company: &CompanyId,
        holder: &str,
        now: Timestamp,
        ttl: SignedDuration,
    ) -> Result<Lease, StoreError> {
        let mut transaction = self.begin().await?;
        let known: Option<i64> = query("select 1 from company where id = $1")
            .bind(company.as_str())
            .fetch_optional(&mut transaction)
            .await?;
        if known.is_none() {
            return Err(StoreError::not_found("company", company.as_str()));
        }
        let connection = ConnectionId::new(OF_COMPANY);
        let taken = take(&mut transaction, company, &connection, holder, (now, ttl)).await?;
        transaction.commit().await?;
        Ok(taken)
    }

    /// Keeps a connection for longer.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where another took it.
    pub async fn renew_lease(
        &self,
        lease: &Lease,
        now: Timestamp,
        ttl: SignedDuration,
    ) -> Result<Lease, StoreError> {
        let until = end(now, ttl);
        self.set_lease_end(lease, columns::micros(until)).await?;
        Ok(Lease { until, ..lease.clone() })
    }

    /// Gives a connection back. Another may take it at once.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] where another took it before.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.set_lease_end(lease, i64::MIN).await
    }

    /// Ends all leases of a holder who is gone, whatever they are for: another may take them at
    /// once. Returns how many there were.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end_leases_of(&self, holder: &str) -> Result<u64, StoreError> {
        let ended = query("update lease set until = $1 where holder = $2 and until > $1")
            .bind(i64::MIN)
            .bind(holder)
            .execute(&self.writer)
            .await?;
        Ok(ended)
    }

    async fn set_lease_end(&self, lease: &Lease, until: i64) -> Result<(), StoreError> {
        let updated = query(
            "update lease set until = $1 where company = $2 and connection = $3 and epoch = $4",
        )
        .bind(until)
        .bind(lease.company.as_str())
        .bind(lease.connection.as_str())
        .bind(lease.epoch)
        .execute(&self.writer)
        .await?;
        match updated {
            0 => Err(StoreError::LeaseLost(lease.connection.clone())),
            _ => Ok(()),
        }
    }
}

/// Takes what nobody holds, or the same holder does.
async fn take(
    transaction: &mut Transaction,
    company: &CompanyId,
    connection: &ConnectionId,
    holder: &str,
    (now, ttl): (Timestamp, SignedDuration),
) -> Result<Lease, StoreError> {
    let until = end(now, ttl);
    let epoch: Option<i64> = query(
        "insert into lease (company, connection, holder, epoch, until)
         values ($1, $2, $3, 1, $4)
         on conflict (company, connection) do update
         set holder = excluded.holder, epoch = lease.epoch + 1, until = excluded.until
         where lease.until <= $5 or lease.holder = excluded.holder
         returning epoch",
    )
    .bind(company.as_str())
    .bind(connection.as_str())
    .bind(holder)
    .bind(columns::micros(until))
    .bind(columns::micros(now))
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(epoch) = epoch else {
        return Err(held(transaction, company, connection).await?);
    };
    let (company, connection) = (company.clone(), connection.clone());
    Ok(Lease { company, connection, holder: holder.to_owned(), epoch, until })
}

/// Who holds the connection.
async fn held(
    transaction: &mut Transaction,
    company: &CompanyId,
    connection: &ConnectionId,
) -> Result<StoreError, StoreError> {
    let (holder, until): (String, i64) =
        query("select holder, until from lease where company = $1 and connection = $2")
            .bind(company.as_str())
            .bind(connection.as_str())
            .fetch_one(&mut *transaction)
            .await?;
    let until = columns::instant(until)?;
    Ok(StoreError::LeaseHeld { connection: connection.clone(), holder, until })
}
