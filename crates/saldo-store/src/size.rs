//! How large the database is, table by table.

use crate::{Store, StoreError, columns};
use std::collections::BTreeMap;

/// The tables that grow with what happens.
const TABLES: [(&str, &str); 8] = [
    ("record", "select count(*) from record"),
    ("fact_group", "select count(*) from fact_group"),
    ("slot", "select count(*) from slot"),
    ("change", "select count(*) from change"),
    ("attempt", "select count(*) from attempt"),
    ("receipt", "select count(*) from receipt"),
    ("outbox", "select count(*) from outbox"),
    ("book_sum", "select count(*) from book_sum"),
];

impl Store {
    /// How many rows there are in each table that grows with what happens, of all companies.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn row_counts(&self) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for (table, query) in TABLES {
            let rows: i64 = sqlx::query_scalar(query).fetch_one(&self.reader).await?;
            counts.insert(table, columns::count("count of rows", rows)?);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_database_has_no_rows() {
        let store = Store::in_memory().await.unwrap();
        let counts = store.row_counts().await.unwrap();
        assert_eq!(counts.len(), TABLES.len());
        assert!(counts.values().all(|rows| *rows == 0));
    }
}
