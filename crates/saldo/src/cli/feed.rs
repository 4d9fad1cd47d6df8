//! `saldo feed`.

use super::args::{Feed, FeedWrite, Global};
use super::context::{self, Usage};
use super::output::table;
use super::{Ending, Output};
use crate::engine::{self, Engine, EngineError, FeedError, FeedWish, MadeFile, MadeFiles};
use crate::transport::files::replace;
use anyhow::Context;
use jiff::civil::Date;
use saldo_books::feed::feed_file;
use saldo_core::feed::FeedFormat;
use saldo_core::money::Money;
use serde::Serialize;
use std::fs;
use std::path::Path;

/// Lists feeds, or writes their files.
pub(crate) async fn feed(global: &Global, words: Feed, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    match words {
        Feed::List => list(&engine, output).await?,
        Feed::Write(words) => write(&engine, &words, output).await?,
    }
    Ok(Ending::Done)
}

#[derive(Serialize)]
struct ShownFeed {
    account: String,
    number: String,
    /// The account that documents touch in its place.
    through: String,
    book: String,
    /// How many files were written.
    files: usize,
    /// The last day that they tell of.
    until: Option<Date>,
    /// How many rows are in no file yet.
    unwritten: usize,
}

async fn list(engine: &Engine, output: &Output) -> anyhow::Result<()> {
    let shown = |it: engine::KnownFeed| ShownFeed {
        through: it.feed.through(&it.account),
        account: it.account,
        number: it.feed.number,
        book: it.book.to_string(),
        files: it.files,
        until: it.until,
        unwritten: it.unwritten,
    };
    let feeds: Vec<ShownFeed> = engine::feeds(engine).await?.into_iter().map(shown).collect();
    output.data(&feeds, || match feeds.is_empty() {
        true => "no account is fed by files into a book that takes them\n".to_owned(),
        false => list_text(&feeds),
    })
}

fn list_text(feeds: &[ShownFeed]) -> String {
    let row = |it: &ShownFeed| {
        vec![
            it.account.clone(),
            it.number.clone(),
            it.through.clone(),
            it.book.clone(),
            it.until.map(|until| until.to_string()).unwrap_or_default(),
            it.files.to_string(),
            it.unwritten.to_string(),
        ]
    };
    let heads = ["account", "number", "through", "book", "told until", "files", "rows to write"];
    table(&heads, 2, feeds.iter().map(row).collect())
}

#[derive(Serialize)]
struct Written {
    account: String,
    book: String,
    /// The account that each row is entered as coming from.
    through: String,
    /// The last day that was to be told of.
    to: Date,
    files: Vec<WrittenFile>,
    /// How many documents on the account the book does not have yet.
    awaited: usize,
}

#[derive(Serialize)]
struct WrittenFile {
    file: String,
    number: u32,
    rows: usize,
    from: Date,
    until: Date,
    /// What its rows sum to: positive is money that came in.
    moved: Money,
    /// What then stands on the account, where the policy says what stood there at first.
    balance: Option<Money>,
    /// Whether it was never written before.
    new: bool,
}

async fn write(engine: &Engine, words: &FeedWrite, output: &Output) -> anyhow::Result<()> {
    let wish = FeedWish {
        account: &words.account,
        book: words.book.as_deref(),
        from: words.from,
        to: words.to,
    };
    let made = engine::make_feed_files(engine, wish).await.map_err(understood)?;
    let format = format_of(&made, words.format.map(FeedFormat::from))?;
    if words.format.is_none() && format == FeedFormat::Table && !made.files.is_empty() {
        output.note(&format!(
            "written as tables, whose rows have no ids: once `saldo map set feeds.\"{}\".opening \
             AMOUNT` says what stood there at first, files have ids and a balance",
            words.account
        ));
    }
    let mut files = Vec::new();
    for file in &made.files {
        files.push(lay(&made, (file, format), words)?);
    }
    engine::hand_feed_files(engine, &made).await?;
    let written = Written {
        account: words.account.clone(),
        book: made.book.to_string(),
        through: made.through,
        to: made.to,
        files,
        awaited: made.awaited,
    };
    output.data(&written, || written_text(&written))
}

/// What was asked for and cannot be, as a fault of the command.
fn understood(error: EngineError) -> anyhow::Error {
    match error {
        EngineError::Feed(error @ FeedError::Altered { .. }) => EngineError::Feed(error).into(),
        EngineError::Feed(error) => Usage(error.to_string()).into(),
        error => error.into(),
    }
}

/// The form that is asked for, or the best one that the book takes and the policy says enough for.
fn format_of(made: &MadeFiles, wanted: Option<FeedFormat>) -> anyhow::Result<FeedFormat> {
    let says_enough = |format: &&FeedFormat| match format {
        FeedFormat::WebConnect => made.feed.institution.is_some() && made.feed.opening.is_some(),
        FeedFormat::Ofx => made.feed.opening.is_some(),
        FeedFormat::Table => true,
    };
    let formats = made.upload.formats;
    match wanted {
        Some(format) if formats.contains(&format) => Ok(format),
        Some(format) => {
            let text = format!("`{}` takes no .{} files", made.book, format.extension());
            Err(Usage(text).into())
        }
        None => {
            let best = formats.iter().rev().find(says_enough).copied();
            best.with_context(|| format!("`{}` takes no files", made.book))
        }
    }
}

/// Lays a file in the folder, which is made where it is missing, whole or not at all.
fn lay(
    made: &MadeFiles,
    (MadeFile { statement, is_new }, format): (&MadeFile, FeedFormat),
    words: &FeedWrite,
) -> anyhow::Result<WrittenFile> {
    let bytes = feed_file(statement, format, made.upload).map_err(|missing| {
        let word = missing.word();
        let account = &words.account;
        Usage(format!("{missing}: `saldo map set feeds.\"{account}\".{word} NUMBER` says it"))
    })?;
    let path = words.out.join(name_of(&words.account, statement.number, made, format));
    let written = fs::create_dir_all(&words.out).and_then(|()| replace(&path, &bytes));
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    let amounts = statement.rows.iter().map(|row| row.amount);
    let first = statement.rows.first().map_or(statement.until, |row| row.day);
    Ok(WrittenFile {
        file: shown(&path),
        number: statement.number,
        rows: statement.rows.len(),
        from: first,
        until: statement.until,
        moved: Money::sum(statement.currency, amounts)?,
        balance: statement.balance,
        new: *is_new,
    })
}

fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// What a file is called: account, book and number say which it is.
fn name_of(account: &str, number: u32, made: &MadeFiles, format: FeedFormat) -> String {
    let plain = |letter: char| match letter.is_alphanumeric() {
        true => letter.to_lowercase().to_string(),
        false => "-".to_owned(),
    };
    let words: String = account.chars().map(plain).collect();
    let words: Vec<&str> = words.split('-').filter(|word| !word.is_empty()).collect();
    let book: String = made.book.as_str().chars().map(plain).collect();
    format!("{}-{book}-{number:04}.{}", words.join("-"), format.extension())
}

fn written_text(written: &Written) -> String {
    let Written { account, book, through, to, files, awaited } = written;
    let mut text = match files.is_empty() {
        true => format!("{account}: nothing new until {to}, no file is written\n"),
        false => files_text(files),
    };
    if files.iter().any(|file| file.new) {
        text += &format!(
            "\nTake them to `{book}` in this order, and enter each row of `{account}` as coming \
             from, or going to, `{through}`.\n"
        );
    }
    if *awaited > 0 {
        text += &format!(
            "{awaited} documents on the account are not in `{book}` yet: their rows come in a \
             later file\n"
        );
    }
    text
}

fn files_text(files: &[WrittenFile]) -> String {
    let row = |it: &WrittenFile| {
        vec![
            it.file.clone(),
            if it.new { "new" } else { "again" }.to_owned(),
            it.from.to_string(),
            it.until.to_string(),
            it.rows.to_string(),
            it.moved.to_string(),
            it.balance.map(|balance| balance.to_string()).unwrap_or_default(),
        ]
    };
    let heads = ["file", "", "from", "until", "rows", "moved", "balance"];
    table(&heads, 3, files.iter().map(row).collect())
}
