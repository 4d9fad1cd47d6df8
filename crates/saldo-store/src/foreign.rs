//! What entries move on accounts that are kept in other currencies than the books: a cache, from
//! which follows what is open at the end of each month.

use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{GroupAccount, Store, StoreError, columns};
use saldo_core::accounting::ForeignSum;
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Currency;
use saldo_core::text::{CompanyId, ConnectionId};

/// Sums are made in two parts, of which neither can grow too large for the database.
const PART: i128 = 1_000_000;

/// Account, kind, channel, month and currency, and both parts of both sums.
type SumRow = (String, String, String, String, String, i64, i64, i64, i64);

impl Store {
    /// What moved on accounts of other currencies than the books, by account, channel and month.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn foreign_sums(&self, company: &CompanyId) -> Result<Vec<ForeignSum>, StoreError> {
        let rows: Vec<SumRow> = query(
            "select account, kind, channel, month, currency,
             sum(minor / 1000000), sum(minor % 1000000), sum(worth / 1000000), sum(worth % 1000000)
             from foreign_line where company = $1
             group by account, kind, channel, month, currency
             order by account, kind, channel, month, currency",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        let whole = |large: i64, small: i64| i128::from(large) * PART + i128::from(small);
        let sum = |row: SumRow| {
            let (account, kind, channel, month, currency, large, small, large_worth, small_worth) =
                row;
            let kind: AccountKind = columns::from_json("kind of an account", &kind)?;
            Ok(ForeignSum {
                account: Account::new(account, kind),
                channel: ConnectionId::from(channel),
                month: columns::parse("month", &month)?,
                currency: Currency::parse(&currency)?,
                minor: whole(large, small),
                worth: whole(large_worth, small_worth),
            })
        };
        rows.into_iter().map(sum).collect()
    }
}

/// Forgets what entries of groups moved.
pub(crate) async fn forget(
    transaction: &mut Transaction,
    company: &CompanyId,
    accounts: &[&GroupAccount],
) -> Result<(), StoreError> {
    Statement::new("delete from foreign_line where company = ")
        .bind(company.as_str())
        .text(" and group_id in ")
        .list(accounts.iter().map(|account| account.group.as_str()))
        .query()
        .execute(&mut *transaction)
        .await?;
    Ok(())
}

/// Keeps what entries of groups move, of which nothing is kept.
pub(crate) async fn put(
    transaction: &mut Transaction,
    company: &CompanyId,
    accounts: &[&GroupAccount],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for account in accounts {
        for (place, moved) in (0_i64..).zip(&account.foreign) {
            rows.push((&account.group, place, moved, columns::to_json(&moved.account.kind)?));
        }
    }
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new(
            "insert into foreign_line
             (company, group_id, place, account, kind, channel, month, currency, minor, worth) ",
        )
        .rows(rows, |row, (group, place, moved, kind)| {
            row.push_bind(company.as_str())
                .push_bind(group.as_str())
                .push_bind(*place)
                .push_bind(&*moved.account.name)
                .push_bind(kind.as_str())
                .push_bind(moved.channel.as_str())
                .push_bind(moved.month.to_string())
                .push_bind(moved.amount.currency().code().to_owned())
                .push_bind(moved.amount.minor())
                .push_bind(moved.worth.minor());
        })
        .query()
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}

/// Forgets all of a company.
pub(crate) async fn clear(
    transaction: &mut Transaction,
    company: &CompanyId,
) -> Result<(), StoreError> {
    query("delete from foreign_line where company = $1")
        .bind(company.as_str())
        .execute(&mut *transaction)
        .await?;
    Ok(())
}
