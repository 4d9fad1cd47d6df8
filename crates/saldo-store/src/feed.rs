//! Files of bank rows: which were made, and which row is in which. A row is in one file for ever,
//! so that no two files have it.

use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError, columns};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::money::{Currency, Money};
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::{BTreeMap, BTreeSet};

/// Whose files: those of an account, by its number at the bank, that are taken to a book.
#[derive(Clone, Copy, Debug)]
pub struct FeedOf<'a> {
    /// The company.
    pub company: &'a CompanyId,
    /// The book.
    pub book: &'a ConnectionId,
    /// The account's number.
    pub account: &'a str,
}

/// A file that is made for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFeedFile {
    /// The account that its documents touch in place of the one that is fed.
    pub through: String,
    /// The day of its first row.
    pub first: Date,
    /// The last day that it tells of.
    pub until: Date,
    /// What its rows move: debit positive.
    pub moved: Money,
    /// The hash of each of its rows, by the row's id.
    pub rows: BTreeMap<String, String>,
}

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFile {
    /// Its number among those of its account, from one.
    pub number: u32,
    /// What is in it.
    pub made: NewFeedFile,
    /// When it was first made.
    pub at: Timestamp,
    /// Whether it was laid where it was wanted.
    pub is_handed: bool,
}

type FileRow = (i64, String, String, String, String, i64, i64, Option<i64>);

impl Store {
    /// Keeps files that are made for the first time, under the next numbers. Either all of them are
    /// kept or none.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; where a row is in another file.
    pub async fn keep_feed_files(
        &self,
        lease: &Lease,
        of: FeedOf<'_>,
        files: &[NewFeedFile],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let last: i64 = query(
            "select coalesce(max(number), 0) from feed_file
             where company = $1 and book = $2 and account = $3",
        )
        .bind(of.company.as_str())
        .bind(of.book.as_str())
        .bind(of.account)
        .fetch_one(&mut transaction)
        .await?;
        for (number, file) in (last + 1..).zip(files) {
            insert(&mut transaction, of, (number, file), now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Notes that files were laid where they were wanted; nothing changes of those that were
    /// before.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn hand_feed_files(
        &self,
        lease: &Lease,
        of: FeedOf<'_>,
        numbers: &BTreeSet<u32>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        for number in numbers {
            query(
                "update feed_file set handed_at = $1
                 where company = $2 and book = $3 and account = $4 and number = $5
                 and handed_at is null",
            )
            .bind(columns::micros(now))
            .bind(of.company.as_str())
            .bind(of.book.as_str())
            .bind(of.account)
            .bind(i64::from(*number))
            .execute(&mut transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// All files of an account, the first one first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn feed_files(&self, of: FeedOf<'_>) -> Result<Vec<FeedFile>, StoreError> {
        let files: Vec<FileRow> = query(
            "select number, through, first, until, currency, minor, at, handed_at from feed_file
             where company = $1 and book = $2 and account = $3 order by number",
        )
        .bind(of.company.as_str())
        .bind(of.book.as_str())
        .bind(of.account)
        .fetch_all(&self.reader)
        .await?;
        let rows: Vec<(i64, String, String)> = query(
            "select file, id, hash from feed_row
             where company = $1 and book = $2 and account = $3",
        )
        .bind(of.company.as_str())
        .bind(of.book.as_str())
        .bind(of.account)
        .fetch_all(&self.reader)
        .await?;
        let mut by_file: BTreeMap<i64, BTreeMap<String, String>> = BTreeMap::new();
        for (file, id, hash) in rows {
            by_file.entry(file).or_default().insert(id, hash);
        }
        let file = |row: FileRow| {
            let rows = by_file.remove(&row.0).unwrap_or_default();
            FeedFile::from_row(row, rows)
        };
        files.into_iter().map(file).collect()
    }
}

async fn insert(
    transaction: &mut Transaction,
    of: FeedOf<'_>,
    (number, file): (i64, &NewFeedFile),
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "insert into feed_file
         (company, book, account, number, through, first, until, currency, minor, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(of.company.as_str())
    .bind(of.book.as_str())
    .bind(of.account)
    .bind(number)
    .bind(&file.through)
    .bind(file.first.to_string())
    .bind(file.until.to_string())
    .bind(file.moved.currency().code())
    .bind(file.moved.minor())
    .bind(columns::micros(now))
    .execute(&mut *transaction)
    .await?;
    let rows: Vec<(&String, &String)> = file.rows.iter().collect();
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new("insert into feed_row (company, book, account, id, file, hash) ")
            .rows(rows, |row, (id, hash)| {
                row.push_bind(of.company.as_str())
                    .push_bind(of.book.as_str())
                    .push_bind(of.account)
                    .push_bind(id.as_str())
                    .push_bind(number)
                    .push_bind(hash.as_str());
            })
            .query()
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

impl FeedFile {
    fn from_row(row: FileRow, rows: BTreeMap<String, String>) -> Result<Self, StoreError> {
        let (number, through, first, until, currency, minor, at, handed_at) = row;
        let made = NewFeedFile {
            through,
            first: columns::parse("day of a row", &first)?,
            until: columns::parse("last day of a file", &until)?,
            moved: Money::from_minor(minor, Currency::parse(&currency)?),
            rows,
        };
        let number = columns::count("number of a file", number)?;
        Ok(Self { number, made, at: columns::instant(at)?, is_handed: handed_at.is_some() })
    }
}
