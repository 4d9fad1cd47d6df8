//! What banks say of accounts. A row is kept once, however many files tell it, and never changed.

use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::bank::BankRow;
use saldo_core::money::{Currency, Money};
use saldo_core::text::CompanyId;

/// Rows of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBankRows {
    /// The account, by its name in the policy.
    pub account: String,
    /// How the file was written.
    pub form: String,
    /// The file's name.
    pub file: String,
    /// The rows, each with the bank's own words.
    pub rows: Vec<(BankRow, String)>,
}

impl Store {
    /// Keeps the rows that are not known yet. Returns how many these are.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn keep_bank_rows(
        &self,
        lease: &Lease,
        new: &NewBankRows,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let company = lease.company();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let mut kept = 0;
        for rows in new.rows.chunks(ROWS_MAX) {
            kept += Statement::new(
                "insert into bank_row
                 (company, account, id, form, day, currency, minor, said, raw, file, at) ",
            )
            .rows(rows, |place, (row, raw)| {
                place
                    .push_bind(company.as_str())
                    .push_bind(new.account.as_str())
                    .push_bind(row.id.as_str())
                    .push_bind(new.form.as_str())
                    .push_bind(row.day.to_string())
                    .push_bind(row.amount.currency().code().to_owned())
                    .push_bind(row.amount.minor())
                    .push_bind(row.text.as_str())
                    .push_bind(raw.as_str())
                    .push_bind(new.file.as_str())
                    .push_bind(columns::micros(now));
            })
            .text(" on conflict (company, account, id) do nothing")
            .query()
            .execute(&mut transaction)
            .await?;
        }
        transaction.commit().await?;
        usize::try_from(kept).map_err(|_| StoreError::unreadable("count of rows", kept))
    }

    /// The accounts of which banks told anything, each with how their files were written.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bank_accounts(
        &self,
        company: &CompanyId,
    ) -> Result<Vec<(String, String)>, StoreError> {
        query("select distinct account, form from bank_row where company = $1 order by account")
            .bind(company.as_str())
            .fetch_all(&self.reader)
            .await
    }

    /// All rows of an account, by day and id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bank_rows(
        &self,
        company: &CompanyId,
        account: &str,
    ) -> Result<Vec<BankRow>, StoreError> {
        let rows: Vec<(String, String, String, i64, String)> = query(
            "select id, day, currency, minor, said from bank_row
             where company = $1 and account = $2 order by day, id",
        )
        .bind(company.as_str())
        .bind(account)
        .fetch_all(&self.reader)
        .await?;
        let row = |(id, day, currency, minor, text): (String, String, String, i64, String)| {
            let day = columns::parse("day of a bank's row", &day)?;
            let amount = Money::from_minor(minor, Currency::parse(&currency)?);
            Ok(BankRow { id, day, amount, text })
        };
        rows.into_iter().map(row).collect()
    }
}
