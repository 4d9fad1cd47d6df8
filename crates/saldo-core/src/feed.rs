//! Rows of accounts as they stand in files that a person takes to the books: what a bank's own file
//! would say.
//!
//! A row is what one document of a book moves through the account that stands for the account of a
//! feed (see [`crate::policy::Feed`]). Documents are never altered, and a correction is a document
//! of its own: so a row that was written once stays true, and what corrects it is another row.

use crate::document::{Document, DocumentKey};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Feed, StatementKind};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeSet;
use thiserror::Error;

/// The forms of files that books take rows in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedFormat {
    /// Open Financial Exchange 1.0.2.
    Ofx,
    /// The same, with the number under which programs know the bank.
    WebConnect,
    /// A table of comma-separated values.
    Table,
}

impl FeedFormat {
    /// What the names of such files end with.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Ofx => "ofx",
            Self::WebConnect => "qbo",
            Self::Table => "csv",
        }
    }
}

/// A column of a table of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedColumn {
    /// The day.
    Date,
    /// The signed amount: positive is money that came in.
    Amount,
    /// Whom or what it is about, in short.
    Payee,
    /// A sentence for the reader.
    Description,
    /// The row's own id.
    Reference,
}

impl FeedColumn {
    /// What stands at its head.
    #[must_use]
    pub const fn head(self) -> &'static str {
        match self {
            Self::Date => "Date",
            Self::Amount => "Amount",
            Self::Payee => "Payee",
            Self::Description => "Description",
            Self::Reference => "Reference",
        }
    }
}

/// How much one file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedLimit {
    /// Rows.
    pub rows: usize,
    /// Bytes of rows, without what stands before and after them.
    pub bytes: usize,
}

/// The files of rows that a book's page takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedUpload {
    /// In which forms, the best one last: without a number of the bank, the one before.
    pub formats: &'static [FeedFormat],
    /// The columns of a table, in this order.
    pub columns: &'static [FeedColumn],
    /// How much of it.
    pub limit: FeedLimit,
}

/// A row of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedRow {
    /// The day, as the document is dated.
    pub day: Date,
    /// What it is told from all others by, for ever: the document's key.
    pub id: String,
    /// How much came in, or went out: debit positive.
    pub amount: Money,
    /// Whom or what it is about, in short: an order's name, a payout's id.
    pub payee: String,
    /// A sentence for the reader.
    pub description: String,
}

impl FeedRow {
    /// What a document moves on accounts of these names; none where that is nothing.
    ///
    /// # Errors
    /// [`MoneyError`] where the accounts are kept in several currencies, or the sum is too large.
    pub fn of(
        key: DocumentKey,
        document: &Document,
        accounts: &BTreeSet<String>,
    ) -> Result<Option<Self>, MoneyError> {
        let header = document.header();
        let own = document.lines().iter().filter(|line| accounts.contains(&*line.account.name));
        // In the account's currency; what is only valued anew moves nothing there.
        let moved = own.map(|line| line.foreign.unwrap_or(line.amount));
        let moved: Vec<Money> = moved.filter(|amount| !amount.is_zero()).collect();
        let Some(first) = moved.first() else { return Ok(None) };
        let amount = Money::sum(first.currency(), moved.iter().copied())?;
        let payee = match header.reference.is_empty() {
            true => header.kind.name(),
            false => &header.reference,
        };
        let row = Self {
            day: header.date,
            id: key.to_string(),
            amount,
            payee: payee.to_owned(),
            description: header.memo.clone(),
        };
        Ok(Some(row).filter(|row| !row.amount.is_zero()))
    }

    /// A hash of what a row must never say otherwise: its day, its id and its amount.
    #[must_use]
    pub fn money_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [self.day.to_string(), self.id.clone(), self.amount.to_string()] {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        hasher.finalize().to_hex().as_str().chars().take(32).collect()
    }
}

/// Parts rows into files, each within the limit: between days, and within a day only where a day
/// is too large for a file of its own. Rows come out by day and id; no file is empty.
pub fn part(
    mut rows: Vec<FeedRow>,
    limit: FeedLimit,
    bytes: impl Fn(&FeedRow) -> usize,
) -> Vec<Vec<FeedRow>> {
    rows.sort_by(|one, other| (one.day, &one.id).cmp(&(other.day, &other.id)));
    let mut parts = Vec::new();
    let mut open = Part::default();
    for day in rows.chunk_by(|one, other| one.day == other.day) {
        let size: usize = day.iter().map(&bytes).sum();
        if !open.takes(day.len(), size, limit) {
            parts.extend(open.close());
        }
        for row in day {
            let size = bytes(row);
            if !open.takes(1, size, limit) {
                parts.extend(open.close());
            }
            open.bytes += size;
            open.rows.push(row.clone());
        }
    }
    parts.extend(open.close());
    parts
}

/// A file that is being filled.
#[derive(Default)]
struct Part {
    rows: Vec<FeedRow>,
    bytes: usize,
}

impl Part {
    const fn takes(&self, rows: usize, bytes: usize, limit: FeedLimit) -> bool {
        self.rows.len() + rows <= limit.rows && self.bytes + bytes <= limit.bytes
    }

    fn close(&mut self) -> Option<Vec<FeedRow>> {
        let Self { rows, .. } = std::mem::take(self);
        Some(rows).filter(|rows| !rows.is_empty())
    }
}

/// A statement: rows of an account, and what stands on it after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Of what kind of account.
    pub kind: StatementKind,
    /// What the owner says of the account.
    pub feed: Feed,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The zone of the rows' days.
    pub zone: TimeZone,
    /// The rows by day and id, at least one.
    pub rows: Vec<FeedRow>,
    /// The last day that it tells of: no row is later.
    pub until: Date,
    /// What stands on the account after all rows of all files up to this one; none where nobody
    /// said what stood there at first.
    pub balance: Option<Money>,
    /// Which file of the account it is, from one.
    pub number: u32,
    /// When it was first made.
    pub made_at: Timestamp,
}

/// What the owner must say before a file can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FeedMissing {
    /// What stood on the account before its first row.
    #[error("files of this form state a balance, and nobody said what stood there at first")]
    Opening,
    /// The number under which programs know the bank.
    #[error("files of this form state the number under which programs know the bank")]
    Institution,
}

impl FeedMissing {
    /// The word of the policy that says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Institution => "institution",
        }
    }
}

impl Statement {
    /// The hour of a day, in Greenwich, that is on the same day in the zone of the books: noon, and
    /// in zones twelve hours and more to the east six in the morning. Whoever reads no zone, reads
    /// it in Greenwich or reads it where the books are finds the same day.
    #[must_use]
    pub fn hour(&self, day: Date) -> i8 {
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
        let is_same = noon.is_ok_and(|noon| noon.with_time_zone(self.zone.clone()).date() == day);
        if is_same { 12 } else { 6 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(day: i8, id: usize) -> FeedRow {
        FeedRow {
            day: Date::constant(2026, 11, day),
            id: format!("{id:05}"),
            amount: Money::from_minor(1, Currency::parse("USD").unwrap()),
            payee: "#1001".to_owned(),
            description: String::new(),
        }
    }

    fn days(parts: &[Vec<FeedRow>]) -> Vec<Vec<i8>> {
        parts.iter().map(|rows| rows.iter().map(|row| row.day.day()).collect()).collect()
    }

    #[test]
    fn files_are_parted_between_days() {
        let rows = |days: &[i8]| days.iter().enumerate().map(|(id, day)| row(*day, id)).collect();
        let limit = FeedLimit { rows: 3, bytes: 1_000 };
        let parts = part(rows(&[3, 1, 2, 1, 2]), limit, |_| 1);
        assert_eq!(days(&parts), [vec![1, 1], vec![2, 2, 3]]);
        let parts = part(rows(&[1, 2, 2, 2, 2, 3]), limit, |_| 1);
        assert_eq!(days(&parts), [vec![1], vec![2, 2, 2], vec![2, 3]], "a day that is too large");
        let parts = part(rows(&[1, 2, 3]), limit, |_| 600);
        assert_eq!(days(&parts), [[1], [2], [3]], "bytes count as well");
        assert_eq!(part(Vec::new(), limit, |_| 1), Vec::<Vec<FeedRow>>::new());
    }

    proptest! {
        #[test]
        fn no_row_is_lost_or_doubled_and_no_file_is_too_large(
            of_days in prop::collection::vec(1_i8..=28, 0..200),
            most in 1_usize..40,
            bytes in 10_usize..400,
        ) {
            let rows: Vec<FeedRow> =
                of_days.iter().enumerate().map(|(id, day)| row(*day, id)).collect();
            let limit = FeedLimit { rows: most, bytes };
            let size = |row: &FeedRow| usize::try_from(row.day.day()).unwrap() % 10 + 1;
            let parts = part(rows.clone(), limit, size);
            for rows in &parts {
                prop_assert!(!rows.is_empty() && rows.len() <= most);
                prop_assert!(rows.iter().map(size).sum::<usize>() <= bytes);
            }
            let whole: Vec<FeedRow> = parts.concat();
            prop_assert!(whole.is_sorted_by_key(|row| (row.day, row.id.clone())));
            let mut ids: Vec<String> = whole.into_iter().map(|row| row.id).collect();
            ids.sort();
            prop_assert_eq!(ids, rows.into_iter().map(|row| row.id).collect::<Vec<_>>());
        }
    }
}
