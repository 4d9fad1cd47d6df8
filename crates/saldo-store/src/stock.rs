//! What months of items of stock came to: a cache of what accounting works out, which each later
//! month begins with.

use crate::group::mark_again;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError};
use saldo_core::text::{CompanyId, GroupId};

/// An item and a month, as texts that sort by time: `2026-03`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SheetKey {
    /// The item.
    pub item: String,
    /// The month.
    pub month: String,
}

/// What a month of an item came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSheet {
    /// Which.
    pub key: SheetKey,
    /// The sheet, as JSON.
    pub sheet: String,
}

impl Store {
    /// The sheets of these months of items, those that there are, in no order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn stock_sheets(
        &self,
        company: &CompanyId,
        keys: &[SheetKey],
    ) -> Result<Vec<StoredSheet>, StoreError> {
        let of_month = "sheet.month = wanted.column2";
        self.sheets_where(company, keys, of_month).await
    }

    /// Of each item the last sheet before its month, where there is one, in no order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn stock_sheets_before(
        &self,
        company: &CompanyId,
        keys: &[SheetKey],
    ) -> Result<Vec<StoredSheet>, StoreError> {
        let before = "sheet.month = (select max(month) from stock_sheet earlier
             where earlier.company = sheet.company and earlier.item = sheet.item
             and earlier.month < wanted.column2)";
        self.sheets_where(company, keys, before).await
    }

    /// The last sheet of every item up to a month (`2026-08`), or of all, by item.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn last_stock_sheets(
        &self,
        company: &CompanyId,
        until: Option<&str>,
    ) -> Result<Vec<StoredSheet>, StoreError> {
        let rows: Vec<(String, String, String)> = query(
            "select item, month, sheet from stock_sheet sheet
             where company = $1 and month = (select max(month) from stock_sheet later
             where later.company = sheet.company and later.item = sheet.item
             and later.month <= $2) order by item",
        )
        .bind(company.as_str())
        .bind(until.unwrap_or("9999-12"))
        .fetch_all(&self.reader)
        .await?;
        let stored = |(item, month, sheet)| StoredSheet { key: SheetKey { item, month }, sheet };
        Ok(rows.into_iter().map(stored).collect())
    }

    /// The sheets of all months of all items, by item and month.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn all_stock_sheets(
        &self,
        company: &CompanyId,
    ) -> Result<Vec<StoredSheet>, StoreError> {
        let rows: Vec<(String, String, String)> = query(
            "select item, month, sheet from stock_sheet where company = $1 order by item, month",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        let stored = |(item, month, sheet)| StoredSheet { key: SheetKey { item, month }, sheet };
        Ok(rows.into_iter().map(stored).collect())
    }

    async fn sheets_where(
        &self,
        company: &CompanyId,
        keys: &[SheetKey],
        condition: &'static str,
    ) -> Result<Vec<StoredSheet>, StoreError> {
        let mut sheets = Vec::new();
        for keys in keys.chunks(ROWS_MAX) {
            let rows: Vec<(String, String, String)> =
                Statement::new("select sheet.item, sheet.month, sheet.sheet from (")
                    .rows(keys, |row, key| {
                        row.push_bind(key.item.as_str()).push_bind(key.month.as_str());
                    })
                    .text(") as wanted join stock_sheet sheet on sheet.item = wanted.column1 and ")
                    .text(condition)
                    .text(" where sheet.company = ")
                    .bind(company.as_str())
                    .query()
                    .fetch_all(&self.reader)
                    .await?;
            let stored =
                |(item, month, sheet)| StoredSheet { key: SheetKey { item, month }, sheet };
            sheets.extend(rows.into_iter().map(stored));
        }
        Ok(sheets)
    }

    /// Replaces sheets, and marks the groups that go by them, in one transaction. Groups that there
    /// are not stay away.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn save_stock_sheets(
        &self,
        lease: &Lease,
        sheets: &[StoredSheet],
        followers: &[GroupId],
    ) -> Result<(), StoreError> {
        let company = lease.company();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        for sheets in sheets.chunks(ROWS_MAX) {
            Statement::new("insert into stock_sheet (company, item, month, sheet) ")
                .rows(sheets, |row, stored| {
                    row.push_bind(company.as_str())
                        .push_bind(stored.key.item.as_str())
                        .push_bind(stored.key.month.as_str())
                        .push_bind(stored.sheet.as_str());
                })
                .text(" on conflict (company, item, month) do update set sheet = excluded.sheet")
                .query()
                .execute(&mut transaction)
                .await?;
        }
        mark_again(&mut transaction, company, followers).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The groups whose names lie between two others, without these.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups_between(
        &self,
        company: &CompanyId,
        after: &str,
        before: &str,
    ) -> Result<Vec<GroupId>, StoreError> {
        let rows: Vec<String> = query(
            "select group_id from fact_group
             where company = $1 and group_id > $2 and group_id < $3 order by group_id",
        )
        .bind(company.as_str())
        .bind(after)
        .bind(before)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(GroupId::from).collect())
    }
}
