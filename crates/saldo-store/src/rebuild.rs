//! Rebuilding: caches are thrown away, worked out anew, and compared byte for byte.

use crate::compression::Samples;
use crate::sqlite::Column;
use crate::statement::query;
use crate::{Lease, Store, StoreError, figures, foreign, slot, sums};
use saldo_core::text::CompanyId;
use std::fmt::Write;

/// What is a cache, and how it is written down to be compared: a title, and a query whose columns
/// are texts, or compressed bytes. Numbers that only say when something was touched
/// are left out.
const DUMPS: [(&str, &str); 8] = [
    (
        "reading",
        "select r.connection, r.stream, r.id, cast(r.version as text), r.groups,
         coalesce(r.name, ''), coalesce(r.issue, '') from record r
         where r.company = $1 and not exists
         (select 1 from record l where l.company = r.company and l.connection = r.connection
          and l.stream = r.stream and l.id = r.id and l.version > r.version)
         order by r.connection, r.stream, r.id",
    ),
    (
        "group",
        "select group_id, members, coalesce(cast(wake_at as text), ''),
         cast(unsettled as text), states, entries
         from fact_group where company = $1 order by group_id",
    ),
    (
        "slot",
        "select slot, group_id, cast(entries as text) from slot
         where company = $1 and entries > 0 order by slot, group_id",
    ),
    ("stock", "select item, month, sheet from stock_sheet where company = $1 order by item, month"),
    (
        "foreign",
        "select group_id, account, kind, channel, month, currency, cast(minor as text),
         cast(worth as text) from foreign_line where company = $1 order by group_id, place",
    ),
    (
        "state",
        "select state, cast(count as text) from state_count
         where company = $1 and count <> 0 order by state",
    ),
    (
        "sum",
        "select book, account, currency, date, cast(minor as text) from book_sum
         where company = $1 and minor <> 0 order by book, account, currency, date",
    ),
    (
        "outbox",
        "select book, cast(position as text), id, status from outbox
         where company = $1 order by book, position",
    ),
];

/// What a dump says of a column.
fn text_of(samples: &Samples, column: Column) -> Result<String, StoreError> {
    match column {
        Column::Null => Ok(String::new()),
        Column::Text(text) => Ok(text),
        Column::Bytes(bytes) => {
            Ok(samples.decompress("sub-ledger", &bytes)?.escape_ascii().to_string())
        }
    }
}

impl Store {
    /// Throws away what accounting made of all groups, and marks every group to be accounted anew.
    /// The sums of the books are worked out anew at once, from changes and receipts. One
    /// transaction.
    ///
    /// Slots that had entries count as touched, so that the next plan also takes back what no
    /// longer has any. Nobody can plan meanwhile, since the lease is the company's; and no slot is
    /// planned whose groups are still to be accounted ([`Store::slots_with_news`]).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn clear_caches(&self, lease: &Lease) -> Result<(), StoreError> {
        let company = lease.company();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        query(
            "update fact_group set marked = marked + 1, wake_at = null, unsettled = 0,
             states = '[]', slot_entries = 0, entries = null where company = $1",
        )
        .bind(company.as_str())
        .execute(&mut transaction)
        .await?;
        query("delete from state_count where company = $1")
            .bind(company.as_str())
            .execute(&mut transaction)
            .await?;
        query("delete from stock_sheet where company = $1")
            .bind(company.as_str())
            .execute(&mut transaction)
            .await?;
        foreign::clear(&mut transaction, company).await?;
        figures::clear(&mut transaction, company).await?;
        slot::touch_all(&mut transaction, company).await?;
        sums::rebuild(&mut transaction, company).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// All caches of a company as one text: the same content gives the same bytes.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn dump_caches(&self, company: &CompanyId) -> Result<String, StoreError> {
        let mut transaction = self.reader.begin().await?;
        let samples = Samples::load(&mut transaction, company).await?;
        let mut dump = String::new();
        for (title, text) in DUMPS {
            let rows: Vec<Vec<Column>> =
                query(text).bind(company.as_str()).fetch_all(&mut transaction).await?;
            for row in rows {
                dump.push_str(title);
                for column in row {
                    let text = text_of(&samples, column)?;
                    write!(dump, "\t{}", text.escape_default())
                        .map_err(|error| StoreError::Unwritable(error.to_string()))?;
                }
                dump.push('\n');
            }
        }
        Ok(dump)
    }
}
