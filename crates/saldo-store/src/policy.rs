//! Policies: what the owner decided, revision by revision.

use crate::sqlite::Transaction;
use crate::statement::query;
use crate::{Lease, Store, StoreError, columns};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::text::CompanyId;

/// A policy as its owner wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRevision {
    /// Its number, from one.
    pub revision: i64,
    /// The text, in TOML.
    pub text: String,
    /// The first books day that it holds for; none where it holds for all.
    pub since: Option<Date>,
    /// When it was decided.
    pub at: Timestamp,
}

type Row = (i64, String, Option<String>, i64);

impl PolicyRevision {
    fn from_row((revision, text, since, at): Row) -> Result<Self, StoreError> {
        let since = since.map(|since| columns::parse("first day of a policy", &since));
        Ok(Self { revision, text, since: since.transpose()?, at: columns::instant(at)? })
    }
}

impl Store {
    /// Adds a revision that holds from a books day on, or for all days, and returns its number.
    /// Nobody accounts meanwhile: the lease is the
    /// company's. Groups keep what an earlier revision made of them
    /// until they are accounted anew: every group is marked for it, in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn add_policy(
        &self,
        lease: &Lease,
        text: &str,
        since: Option<Date>,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let company = lease.company();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let revision = revision(&mut transaction, company).await? + 1;
        query(
            "insert into policy (company, revision, text, since, at) values ($1, $2, $3, $4, $5)",
        )
        .bind(company.as_str())
        .bind(revision)
        .bind(text)
        .bind(since.map(|since| since.to_string()))
        .bind(columns::micros(now))
        .execute(&mut transaction)
        .await?;
        query("update fact_group set marked = marked + 1 where company = $1")
            .bind(company.as_str())
            .execute(&mut transaction)
            .await?;
        transaction.commit().await?;
        Ok(revision)
    }

    /// The revision that holds.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn policy(&self, company: &CompanyId) -> Result<Option<PolicyRevision>, StoreError> {
        let row: Option<Row> = query(
            "select revision, text, since, at from policy where company = $1
             order by revision desc limit 1",
        )
        .bind(company.as_str())
        .fetch_optional(&self.reader)
        .await?;
        row.map(PolicyRevision::from_row).transpose()
    }

    /// The number of the revision by which everything was last accounted; nought where it never
    /// was.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such company.
    pub async fn accounted_by(&self, company: &CompanyId) -> Result<i64, StoreError> {
        let revision = query("select accounted_by from company where id = $1")
            .bind(company.as_str())
            .fetch_optional(&self.reader)
            .await?;
        revision.ok_or_else(|| StoreError::not_found("company", company.as_str()))
    }

    /// Notes that everything is accounted by this revision.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn note_accounted(&self, lease: &Lease, revision: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        query("update company set accounted_by = $1 where id = $2")
            .bind(revision)
            .bind(lease.company().as_str())
            .execute(&mut transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Lets everything be accounted again where it was last accounted in another wording than this:
    /// entries of two wordings never stand in one sub-ledger. Returns whether it was.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn word_anew(&self, lease: &Lease, wording: u32) -> Result<bool, StoreError> {
        let company = lease.company();
        let before: Option<i64> = query("select worded_by from company where id = $1")
            .bind(company.as_str())
            .fetch_optional(&self.reader)
            .await?;
        if before == Some(i64::from(wording)) {
            return Ok(false);
        }
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        query("update company set worded_by = $1 where id = $2")
            .bind(i64::from(wording))
            .bind(company.as_str())
            .execute(&mut transaction)
            .await?;
        query("update fact_group set marked = marked + 1 where company = $1")
            .bind(company.as_str())
            .execute(&mut transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// All revisions up to this number, or all there are, the first one first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn policies(
        &self,
        company: &CompanyId,
        until: Option<i64>,
    ) -> Result<Vec<PolicyRevision>, StoreError> {
        let rows: Vec<Row> = query(
            "select revision, text, since, at from policy
             where company = $1 and revision <= $2 order by revision",
        )
        .bind(company.as_str())
        .bind(until.unwrap_or(i64::MAX))
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(PolicyRevision::from_row).collect()
    }
}

/// The number of the revision that holds; nought where there is none.
pub(crate) async fn revision(
    transaction: &mut Transaction,
    company: &CompanyId,
) -> Result<i64, StoreError> {
    let revision = query("select coalesce(max(revision), 0) from policy where company = $1")
        .bind(company.as_str())
        .fetch_one(&mut *transaction)
        .await?;
    Ok(revision)
}
