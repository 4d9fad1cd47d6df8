//! Running sums: what all acknowledged documents amount to, by account, currency and day.

use crate::compression::Samples;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError, columns};
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::money::{Balance, Currency, Money};
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::BTreeMap;

/// How many changes are summed at once when all sums are worked out anew.
const PAGE: i64 = 1_000;

/// Sums that are not yet written down.
type Sums = BTreeMap<(String, Currency, Date), Money>;

impl Store {
    /// The first and the last day on which a book acknowledged anything; none before the first
    /// document.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn days_entered(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<Option<(Date, Date)>, StoreError> {
        let (first, last): (Option<String>, Option<String>) =
            query("select min(date), max(date) from book_sum where company = $1 and book = $2")
                .bind(company.as_str())
                .bind(book.as_str())
                .fetch_one(&self.reader)
                .await?;
        let day = |text: String| columns::parse("day of a sum", &text);
        first.zip(last).map(|(first, last)| Ok((day(first)?, day(last)?))).transpose()
    }

    /// The balance of every account of a book that an acknowledged document touched, as of the end
    /// of a day, or of all days. Debit is positive; an account whose sums are nil has an empty one.
    ///
    /// # Errors
    /// Where the database fails, or a sum is too large.
    pub async fn account_sums(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        as_of: Option<Date>,
    ) -> Result<BTreeMap<String, Balance>, StoreError> {
        let rows: Vec<(String, String, i64)> = query(
            "select account, currency, cast(sum(minor) as bigint) from book_sum
             where company = $1 and book = $2 and date <= $3 group by account, currency",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(as_of.unwrap_or(Date::MAX).to_string())
        .fetch_all(&self.reader)
        .await?;
        let mut sums: BTreeMap<String, Balance> = BTreeMap::new();
        for (account, currency, minor) in rows {
            let amount = Money::from_minor(minor, Currency::parse(&currency)?);
            sums.entry(account).or_default().add(amount)?;
        }
        Ok(sums)
    }
}

/// What moved on an account on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaySum {
    /// The account's name.
    pub account: String,
    /// The day.
    pub day: Date,
    /// How much, in one of the currencies that moved: debit positive.
    pub amount: Money,
}

impl Store {
    /// What acknowledged documents moved on each account of a book, by account, currency and day,
    /// from one day to another.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn day_sums(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        (from, until): (Date, Date),
    ) -> Result<Vec<DaySum>, StoreError> {
        let rows: Vec<(String, String, String, i64)> = query(
            "select account, currency, date, minor from book_sum
             where company = $1 and book = $2 and date >= $3 and date <= $4 and minor <> 0
             order by account, currency, date",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(from.to_string())
        .bind(until.to_string())
        .fetch_all(&self.reader)
        .await?;
        let sum = |(account, currency, day, minor): (String, String, String, i64)| {
            let day = columns::parse("day of a sum", &day)?;
            let amount = Money::from_minor(minor, Currency::parse(&currency)?);
            Ok(DaySum { account, day, amount })
        };
        rows.into_iter().map(sum).collect()
    }
}

/// Adds the lines of acknowledged documents to the sums, each in the currency of its account.
pub(crate) async fn add<'a>(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    changes: impl IntoIterator<Item = &'a Change>,
) -> Result<(), StoreError> {
    let mut sums = Sums::new();
    for change in changes {
        let Subject::Document { document, .. } = &change.subject else { continue };
        for line in document.lines() {
            let held = line.held();
            let place = (line.account.name.to_string(), held.currency(), document.header().date);
            let sum = sums.entry(place).or_insert(Money::zero(held.currency()));
            *sum = sum.plus(held)?;
        }
    }
    let sums: Vec<_> = sums.into_iter().collect();
    for sums in sums.chunks(ROWS_MAX) {
        Statement::new("insert into book_sum (company, book, account, currency, date, minor) ")
            .rows(sums, |row, ((account, currency, date), sum)| {
                row.push_bind(company.as_str())
                    .push_bind(book.as_str())
                    .push_bind(account.as_str())
                    .push_bind(currency.code())
                    .push_bind(date.to_string())
                    .push_bind(sum.minor());
            })
            .text(
                " on conflict (company, book, account, currency, date) do update
                 set minor = book_sum.minor + excluded.minor",
            )
            .query()
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

/// Works out all sums of a company anew.
pub(crate) async fn rebuild(
    transaction: &mut Transaction,
    company: &CompanyId,
) -> Result<(), StoreError> {
    query("delete from book_sum where company = $1")
        .bind(company.as_str())
        .execute(&mut *transaction)
        .await?;
    let books: Vec<String> =
        query("select distinct book from change where company = $1 order by book")
            .bind(company.as_str())
            .fetch_all(&mut *transaction)
            .await?;
    for book in books.into_iter().map(ConnectionId::from) {
        let mut after = 0;
        loop {
            let rows = acknowledged(transaction, company, &book, after).await?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            add(transaction, company, &book, rows.iter().map(|(_, change)| change)).await?;
        }
    }
    Ok(())
}

/// A page of acknowledged changes with their positions, in the order of approval.
async fn acknowledged(
    transaction: &mut Transaction,
    company: &CompanyId,
    book: &ConnectionId,
    after: i64,
) -> Result<Vec<(i64, Change)>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = query(
        "select c.position, c.body from change c
         where c.company = $1 and c.book = $2 and c.position > $3 and exists
         (select 1 from receipt r
          where r.company = c.company and r.book = c.book and r.key = c.id)
         order by c.position limit $4",
    )
    .bind(company.as_str())
    .bind(book.as_str())
    .bind(after)
    .bind(PAGE)
    .fetch_all(&mut *transaction)
    .await?;
    let samples = Samples::load(&mut *transaction, company).await?;
    rows.into_iter().map(|(position, body)| Ok((position, samples.change(&body)?))).collect()
}
