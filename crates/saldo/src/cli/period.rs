//! `saldo period`.

use super::args::{Global, Period};
use super::output::table;
use super::{Ending, Output, context};
use crate::engine::{self, BookPeriods, Engine, StillOpen};
use anyhow::Context;
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::money::Money;
use saldo_core::plan::Change;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Periods {
    /// The last day that the owner closed here.
    closed_until: Option<Date>,
    /// The first day on which every book is open.
    first_open_day: Option<Date>,
    books: Vec<BookShown>,
}

#[derive(Serialize)]
struct BookShown {
    book: String,
    closed_there: Option<Date>,
    prior_period: Vec<LateShown>,
}

/// A document that is dated on the first open day since its own was closed.
#[derive(Serialize)]
struct LateShown {
    key: String,
    date: Date,
    relates_to: Date,
    memo: String,
    reference: String,
    accounts: BTreeMap<String, Vec<Money>>,
}

/// Shows, closes or opens periods.
pub(crate) async fn period(
    global: &Global,
    words: Period,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let by = context::person();
    match words {
        Period::Show => {}
        Period::Open => engine::open_all(&engine, &by).await?,
        Period::Close { until, anyway } => {
            let today = engine.policy.day(engine.clock.now());
            if until >= today {
                return Err(context::Usage(not_over(until, today)).into());
            }
            let open = engine::close_until(&engine, until, anyway, &by).await?;
            if !anyway && !open.documents.is_empty() {
                return Err(context::Usage(not_closed(until, &open)).into());
            }
        }
    }
    show(&engine, output).await?;
    Ok(Ending::Done)
}

fn not_over(until: Date, today: Date) -> String {
    let last = today.yesterday().unwrap_or(Date::MIN);
    format!(
        "{until} is not over in the company's time zone, where it is {today}: what is sold on it \
         would belong to a closed day. The last day that can be closed is {last}"
    )
}

fn not_closed(until: Date, open: &StillOpen) -> String {
    let books = open.documents.iter().map(|(book, count)| format!("{count} in {book}"));
    let books: Vec<String> = books.collect();
    format!(
        "documents dated until {until} are not yet entered ({}): `saldo sync` or `saldo apply` \
         first, or close it by --anyway, and they are entered on the first open day",
        books.join(", ")
    )
}

async fn show(engine: &Engine, output: &Output) -> anyhow::Result<()> {
    let (store, company) = (&engine.store, engine.company_id());
    let books = engine::periods(engine).await?;
    let books = books.into_iter().map(shown).collect::<anyhow::Result<Vec<BookShown>>>()?;
    let periods = Periods {
        closed_until: store.closed_until(company).await?,
        first_open_day: engine::first_open_day(store, company).await?,
        books,
    };
    output.data(&periods, || text(&periods))
}

fn shown(book: BookPeriods) -> anyhow::Result<BookShown> {
    let late = book.prior_period.iter().filter_map(|change| late(change).transpose());
    Ok(BookShown {
        book: book.book.to_string(),
        closed_there: book.closed_there,
        prior_period: late.collect::<anyhow::Result<Vec<LateShown>>>()?,
    })
}

fn late(change: &Change) -> anyhow::Result<Option<LateShown>> {
    let (Subject::Document { key, document, .. }, Some(relates_to)) =
        (&change.subject, change.relates_to)
    else {
        return Ok(None);
    };
    let header = document.header();
    let sums = saldo_core::plan::movement(std::slice::from_ref(change));
    let sums = sums.context("the amounts of a document are too large")?;
    let amounts = |(account, sum): (String, saldo_core::money::Balance)| {
        (account, sum.iter().collect::<Vec<Money>>())
    };
    Ok(Some(LateShown {
        key: key.to_string(),
        date: header.date,
        relates_to,
        memo: header.memo.clone(),
        reference: header.reference.clone(),
        accounts: sums.into_iter().map(amounts).collect(),
    }))
}

fn text(periods: &Periods) -> String {
    let day = |day: Option<Date>| day.map_or_else(|| "nothing".to_owned(), |day| day.to_string());
    let mut text = format!("closed here until: {}\n", day(periods.closed_until));
    for book in &periods.books {
        text += &format!("closed in {} until: {}\n", book.book, day(book.closed_there));
    }
    if let Some(first) = periods.first_open_day {
        text += &format!("first open day of all: {first}\n");
    }
    for book in periods.books.iter().filter(|book| !book.prior_period.is_empty()) {
        text += &format!("\n{}: what belongs to a closed period\n", book.book);
        let rows = book.prior_period.iter().flat_map(rows).collect();
        text += &table(&["date", "relates to", "document", "account", "amount"], 1, rows);
    }
    text
}

/// A row for each account that a document moves.
fn rows(late: &LateShown) -> Vec<Vec<String>> {
    let amounts = late.accounts.iter().flat_map(|(account, amounts)| {
        amounts.iter().map(move |amount| (account.clone(), amount.to_string()))
    });
    let row = |(account, amount)| {
        let (date, relates_to) = (late.date.to_string(), late.relates_to.to_string());
        vec![date, relates_to, late.key.clone(), account, amount]
    };
    amounts.map(row).collect()
}
