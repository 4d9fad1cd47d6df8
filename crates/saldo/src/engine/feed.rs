//! Files of bank rows: what the documents in a book moved through the accounts that stand for those
//! of feeds.
//!
//! A row is in one file for ever. What came since the last file is in the next one, whatever its
//! day; a file that was made before is made again from its documents, byte for byte.

use super::desk::Desk;
use super::plan::{book_of, books};
use super::{Engine, EngineError};
use jiff::ToSpan;
use jiff::civil::Date;
use saldo_books::feed::row_bytes;
use saldo_core::book::Subject;
use saldo_core::feed::{FeedRow, FeedUpload, Statement, part};
use saldo_core::money::{Money, MoneyError};
use saldo_core::policy::{Feed, Policy};
use saldo_core::text::ConnectionId;
use saldo_store::{EntryFilter, FeedFile, FeedOf, NewFeedFile};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Why no file can be made.
#[derive(Debug, Error)]
pub(crate) enum FeedError {
    /// The policy feeds no such account by files.
    #[error(
        "`{0}` is fed by documents: `saldo map set feeds.\"{0}\".number NUMBER` feeds it by files"
    )]
    NoFeed(String),
    /// No book takes such files.
    #[error("no book that is connected takes files of bank rows")]
    NoBook,
    /// The book that was named takes no such files.
    #[error("`{0}` takes no files of bank rows")]
    NotThere(ConnectionId),
    /// Several do, and none was named.
    #[error("several books take files of bank rows: name one by --book")]
    WhichBook,
    /// A row of a file that was made before is not in the book as it was.
    #[error(
        "file {file} of account {number} has a row {row} that the books do not hold as it was \
         written: nothing is made before this is understood"
    )]
    Altered {
        /// The file.
        file: u32,
        /// The account's number.
        number: String,
        /// The row's id.
        row: String,
    },
}

/// Which files are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedWish<'a> {
    /// Of which account.
    pub(crate) account: &'a str,
    /// For which book; the only one, where none is named.
    pub(crate) book: Option<&'a str>,
    /// Files that were made before are wanted as well where they tell of this day or later.
    pub(crate) from: Option<Date>,
    /// The last day that is told of; that before today, where none is named.
    pub(crate) to: Option<Date>,
}

/// Files that are to be laid where they are wanted.
#[derive(Debug)]
pub(crate) struct MadeFiles {
    /// The book that they are taken to.
    pub(crate) book: ConnectionId,
    /// What the book's page takes.
    pub(crate) upload: &'static FeedUpload,
    /// What the owner says of the account.
    pub(crate) feed: Feed,
    /// The account that the documents touch in its place.
    pub(crate) through: String,
    /// The last day that was to be told of.
    pub(crate) to: Date,
    /// The files, the first one first.
    pub(crate) files: Vec<MadeFile>,
    /// How many documents on the account the book does not have yet: their rows come in a later
    /// file.
    pub(crate) awaited: usize,
}

/// A file.
#[derive(Debug)]
pub(crate) struct MadeFile {
    /// What it says.
    pub(crate) statement: Statement,
    /// Whether nobody had it before.
    pub(crate) is_new: bool,
}

/// An account that is fed by files, as a book stands with it.
#[derive(Debug)]
pub(crate) struct KnownFeed {
    /// The account's name.
    pub(crate) account: String,
    /// What the owner says of it.
    pub(crate) feed: Feed,
    /// The book.
    pub(crate) book: ConnectionId,
    /// How many files were made.
    pub(crate) files: usize,
    /// The last day that they tell of.
    pub(crate) until: Option<Date>,
    /// How many rows are in no file yet.
    pub(crate) unwritten: usize,
}

/// What the documents of a book move through the accounts of a feed.
struct Moves {
    /// The rows of documents that the book has, by id.
    rows: BTreeMap<String, FeedRow>,
    /// How many documents it does not have yet.
    awaited: usize,
}

/// Makes the files of what no file has yet, and those made before that are wanted again.
pub(crate) async fn make_feed_files(
    engine: &Engine,
    wish: FeedWish<'_>,
) -> Result<MadeFiles, EngineError> {
    let desk = engine.take_desk().await?;
    let made = make_at(engine, &desk, wish).await;
    let left = engine.leave_desk(desk).await;
    let made = made?;
    left?;
    Ok(made)
}

async fn make_at(
    engine: &Engine,
    desk: &Desk,
    wish: FeedWish<'_>,
) -> Result<MadeFiles, EngineError> {
    let feed = desk.policy.text.feeds.get(wish.account);
    let feed = feed.ok_or_else(|| FeedError::NoFeed(wish.account.to_owned()))?.clone();
    let (book, upload) = book_with_page(engine, wish.book).await?;
    let yesterday = desk.policy.day(engine.clock.now()).saturating_sub(1.day());
    let to = wish.to.unwrap_or(yesterday);
    let of = FeedOf { company: engine.company_id(), book: &book, account: &feed.number };
    let before = engine.store.feed_files(of).await?;
    let moves = moves(engine, &desk.policy, of, &before).await?;
    let through = feed.through(wish.account);
    let new = new_files(&moves, &before, (&through, to), upload)?;
    if !new.is_empty() {
        engine.store.keep_feed_files(&desk.lease, of, &new, engine.clock.now()).await?;
    }
    let mut files = Vec::new();
    let currency = desk.policy.feed_currency(wish.account);
    let mut balance = currency.and_then(|currency| feed.opening(currency));
    for file in engine.store.feed_files(of).await? {
        balance = balance.map(|it| it.plus(file.made.moved)).transpose()?;
        let is_asked_for =
            wish.from.is_some_and(|from| from <= file.made.until) && file.made.first <= to;
        if !file.is_handed || is_asked_for {
            let statement = statement(&desk.policy, wish.account, &feed, (&file, balance), &moves)?;
            files.push(MadeFile { statement, is_new: !file.is_handed });
        }
    }
    Ok(MadeFiles { book, upload, feed, through, to, files, awaited: moves.awaited })
}

/// Notes that files were laid where they were wanted.
pub(crate) async fn hand_feed_files(engine: &Engine, made: &MadeFiles) -> Result<(), EngineError> {
    let account = &made.feed.number;
    let of = FeedOf { company: engine.company_id(), book: &made.book, account };
    let new = made.files.iter().filter(|file| file.is_new);
    let numbers: BTreeSet<u32> = new.map(|file| file.statement.number).collect();
    let desk = engine.take_desk().await?;
    let now = engine.clock.now();
    let handed = engine.store.hand_feed_files(&desk.lease, of, &numbers, now).await;
    let left = engine.leave_desk(desk).await;
    handed?;
    left
}

/// All accounts that are fed by files, for each book that takes some.
pub(crate) async fn feeds(engine: &Engine) -> Result<Vec<KnownFeed>, EngineError> {
    let mut known = Vec::new();
    for connection in books(engine, None).await? {
        if book_of(&connection)?.description().feed.is_none() {
            continue;
        }
        for (account, feed) in &engine.policy.text.feeds {
            let of = FeedOf {
                company: engine.company_id(),
                book: &connection.id,
                account: &feed.number,
            };
            let files = engine.store.feed_files(of).await?;
            let moves = moves(engine, &engine.policy, of, &files).await?;
            let written: usize = files.iter().map(|file| file.made.rows.len()).sum();
            known.push(KnownFeed {
                account: account.clone(),
                feed: feed.clone(),
                book: connection.id.clone(),
                files: files.len(),
                until: files.iter().map(|file| file.made.until).max(),
                unwritten: moves.rows.len().saturating_sub(written),
            });
        }
    }
    Ok(known)
}

/// The book whose page takes the files.
async fn book_with_page(
    engine: &Engine,
    only: Option<&str>,
) -> Result<(ConnectionId, &'static FeedUpload), EngineError> {
    let mut found = Vec::new();
    for connection in books(engine, only).await? {
        let upload = book_of(&connection)?.description().feed.as_ref();
        match upload {
            Some(upload) => found.push((connection.id, upload)),
            None if only.is_some() => return Err(FeedError::NotThere(connection.id).into()),
            None => {}
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(book), true) => Ok(book),
        (None, _) => Err(FeedError::NoBook.into()),
        (Some(_), false) => Err(FeedError::WhichBook.into()),
    }
}

async fn moves(
    engine: &Engine,
    policy: &Policy,
    of: FeedOf<'_>,
    files: &[FeedFile],
) -> Result<Moves, EngineError> {
    let mut accounts = policy.fed_through(of.account);
    accounts.extend(files.iter().map(|file| file.made.through.clone()));
    let filter = EntryFilter { with_approved: true, ..EntryFilter::default() };
    let mut pages = engine.store.entries(of.company, of.book, filter);
    let mut moves = Moves { rows: BTreeMap::new(), awaited: 0 };
    while let Some(page) = pages.next_page().await? {
        for booked in page {
            let Subject::Document { key, document, .. } = &booked.change.subject else { continue };
            let Some(row) = FeedRow::of(*key, document, &accounts)? else { continue };
            match booked.receipt {
                Some(_) => drop(moves.rows.insert(row.id.clone(), row)),
                None => moves.awaited += 1,
            }
        }
    }
    Ok(moves)
}

/// The files of what no file has yet, up to a day.
fn new_files(
    moves: &Moves,
    before: &[FeedFile],
    (through, to): (&str, Date),
    upload: &FeedUpload,
) -> Result<Vec<NewFeedFile>, MoneyError> {
    let written: BTreeSet<&String> = before.iter().flat_map(|file| file.made.rows.keys()).collect();
    let new = moves.rows.values().filter(|row| row.day <= to && !written.contains(&row.id));
    let parts = part(new.cloned().collect(), upload.limit, |row| row_bytes(row, upload));
    let mut told = before.iter().map(|file| file.made.until).max();
    let count = parts.len();
    let mut files = Vec::new();
    for (place, rows) in (1..).zip(parts) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
        let own = if place == count { to } else { last.day };
        let until = told.map_or(own, |told| told.max(own));
        told = Some(until);
        let hashes = rows.iter().map(|row| (row.id.clone(), row.money_hash()));
        files.push(NewFeedFile {
            through: through.to_owned(),
            first: first.day,
            until,
            moved: Money::sum(first.amount.currency(), rows.iter().map(|row| row.amount))?,
            rows: hashes.collect(),
        });
    }
    Ok(files)
}

/// What a file says, after all rows of which this stands on the account.
fn statement(
    policy: &Policy,
    account: &str,
    feed: &Feed,
    (file, balance): (&FeedFile, Option<Money>),
    moves: &Moves,
) -> Result<Statement, EngineError> {
    let mut rows = Vec::with_capacity(file.made.rows.len());
    for (id, hash) in &file.made.rows {
        let row = moves.rows.get(id).filter(|row| row.money_hash() == *hash);
        let altered = || FeedError::Altered {
            file: file.number,
            number: feed.number.clone(),
            row: id.clone(),
        };
        rows.push(row.ok_or_else(altered)?.clone());
    }
    rows.sort_by(|one, other| (one.day, &one.id).cmp(&(other.day, &other.id)));
    let kind = policy.statement_kind(account);
    Ok(Statement {
        kind: kind.ok_or_else(|| FeedError::NoFeed(account.to_owned()))?,
        feed: feed.clone(),
        currency: file.made.moved.currency(),
        zone: policy.zone().clone(),
        rows,
        until: file.made.until,
        balance,
        number: file.number,
        made_at: file.at,
    })
}
