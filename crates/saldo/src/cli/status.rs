//! `saldo status`.

use super::args::Global;
use super::issues::before_start_text;
use super::output::table;
use super::prove::facts_text;
use super::{Ending, Output, context};
use crate::connector::is_called;
use crate::engine::{self, ChangedThere, FactCounts, LeftToday, Trouble, is_disconnected};
use saldo_store::Role;
use serde::Serialize;

#[derive(Serialize)]
struct Status {
    company: String,
    channels: Vec<ChannelStatus>,
    books: Vec<BookStatus>,
    /// Why connections failed that did not answer since.
    troubles: Vec<Trouble>,
    /// The connections that their owner ended, and whose history stays.
    disconnected: Vec<String>,
    #[serde(flatten)]
    facts: FactCounts,
}

#[derive(Serialize)]
struct ChannelStatus {
    connection: String,
    stream: String,
    heard_until: Option<jiff::Timestamp>,
}

#[derive(Serialize)]
struct BookStatus {
    connection: String,
    pending: u64,
    blocked: u64,
    failed: u64,
    /// Of those pending: waiting for something that the book does not have yet.
    #[serde(skip_serializing_if = "is_nil")]
    awaiting: usize,
    /// When a vendor that makes the calls last did.
    last_called: Option<jiff::Timestamp>,
    /// Whether its next call is waited for.
    waits_for_call: bool,
    /// How many requests its day leaves, where it said so within a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_left: Option<LeftToday>,
    /// The documents of ours that somebody changed or deleted there, as far as was seen last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed_there: Vec<ChangedThere>,
}

/// Shows how far everything has come.
pub(crate) async fn status(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let (store, company) = (&engine.store, &engine.company);
    let mut status = Status {
        company: company.name.clone(),
        channels: Vec::new(),
        books: Vec::new(),
        troubles: Vec::new(),
        disconnected: Vec::new(),
        facts: engine::fact_counts(&engine).await?,
    };
    for connection in store.connections(&company.id).await? {
        if is_disconnected(&connection) {
            status.disconnected.push(connection.id.to_string());
            continue;
        }
        status.troubles.extend(engine::trouble(store, &company.id, &connection.id).await?);
        match connection.role {
            Role::Channel => {
                let cursors = store.cursors(&company.id, &connection.id).await?;
                status.channels.extend(cursors.into_iter().map(|(stream, row)| ChannelStatus {
                    connection: connection.id.to_string(),
                    stream: stream.to_string(),
                    heard_until: row.reached,
                }));
            }
            // The decisions are counted with the facts.
            Role::Owner => {}
            Role::Book => {
                let open = store.open_counts(&company.id, &connection.id).await?;
                let called = engine::last_call(store, &company.id, &connection.id).await?;
                let (book, now) = (&connection.id, engine.clock.now());
                status.books.push(BookStatus {
                    connection: connection.id.to_string(),
                    pending: open.pending,
                    blocked: open.blocked,
                    failed: open.failed,
                    awaiting: engine::awaiting(&engine, &connection).await?.len(),
                    last_called: called.map(|call| call.at),
                    waits_for_call: is_called(&connection) && open.pending > 0,
                    requests_left: engine::left_today(store, &company.id, book, now).await?,
                    changed_there: engine::changed_there(store, &company.id, book).await?,
                });
            }
        }
    }
    let (start, early) = (engine.policy.start_date, status.facts.before_start);
    output.data(&status, || text(&status) + &before_start_text(early, start))?;
    let is_well = |book: &BookStatus| book.failed == 0 && book.changed_there.is_empty();
    let is_quiet = status.troubles.is_empty() && status.books.iter().all(is_well);
    match status.facts.held == 0 && is_quiet {
        true => Ok(Ending::Done),
        false => Ok(Ending::Held),
    }
}

fn text(status: &Status) -> String {
    let heard = |it: &ChannelStatus| {
        let until = it.heard_until.map_or_else(|| "-".to_owned(), |until| until.to_string());
        vec![it.connection.clone(), it.stream.clone(), until]
    };
    let booked = |it: &BookStatus| {
        let counts = [it.pending, it.blocked, it.failed].map(|count| count.to_string());
        std::iter::once(it.connection.clone()).chain(counts).collect()
    };
    let channels = status.channels.iter().map(heard).collect();
    let books = status.books.iter().map(booked).collect();
    let waiting: String = status.books.iter().filter_map(waiting).collect();
    let awaiting: String = status.books.iter().filter_map(awaiting).collect();
    let troubles: String = status.troubles.iter().map(trouble).collect();
    let ended = |name: &String| format!("{name} is closed: its history stays\n");
    let ended: String = status.disconnected.iter().map(ended).collect();
    let requests = |it: &BookStatus| {
        let LeftToday { left, at } = it.requests_left?;
        Some(format!("{} left {left} requests of its day at {at:.0}\n", it.connection))
    };
    let requests: String = status.books.iter().filter_map(requests).collect();
    let changed: String = status.books.iter().map(changed).collect();
    format!(
        "{}\n\n{}\n{}{requests}{ended}\n{changed}{waiting}{awaiting}{troubles}{}\n",
        status.company,
        table(&["channel", "stream", "heard until"], 0, channels),
        table(&["book", "to be pushed", "of these blocked", "failed"], 3, books),
        facts_text(&status.facts)
    )
}

/// Why a connection failed, and what to do.
pub(super) fn trouble(trouble: &Trouble) -> String {
    let Trouble { connection, message, at, .. } = trouble;
    format!("{connection} failed at {at:.0}: {message}\n  hint: {}\n\n", what_to_do(trouble))
}

/// What to do about a connection that failed.
pub(super) fn what_to_do(trouble: &Trouble) -> &'static str {
    match trouble.may_pass {
        true => "it may pass: `saldo sync` tries again",
        false => "mend it, `saldo connect` it again if need be, then `saldo sync`",
    }
}

/// What somebody changed of ours in a book.
fn changed(book: &BookStatus) -> String {
    if book.changed_there.is_empty() {
        return String::new();
    }
    let line = |it: &ChangedThere| format!("  {}: {}\n", it.key, it.difference);
    let lines: String = book.changed_there.iter().map(line).collect();
    let connection = &book.connection;
    format!(
        "{connection}: documents of ours were changed or deleted there; set them right there, or \
         take them back with `saldo undo`\n{lines}\n"
    )
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_nil(count: &usize) -> bool {
    *count == 0
}

/// How much waits for something that a book does not have yet.
fn awaiting(book: &BookStatus) -> Option<String> {
    let (connection, count) = (&book.connection, book.awaiting);
    (count > 0).then(|| {
        format!(
            "{connection}: {count} wait for something that the book does not have yet; `saldo \
             issues` says for what\n\n"
        )
    })
}

/// What waits until a vendor that makes the calls does so again.
fn waiting(book: &BookStatus) -> Option<String> {
    let last = match book.last_called {
        Some(at) => format!("it last called {at}"),
        None => "it never called: see `saldo doctor`".to_owned(),
    };
    let (connection, pending) = (&book.connection, book.pending);
    book.waits_for_call
        .then(|| format!("{connection}: {pending} wait for the vendor's next call; {last}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_call_is_said_with_when_the_last_one_came() {
        let mut book = BookStatus {
            connection: "quickbooks-desktop".to_owned(),
            pending: 12,
            blocked: 0,
            failed: 0,
            awaiting: 0,
            requests_left: None,
            changed_there: Vec::new(),
            last_called: None,
            waits_for_call: true,
        };
        let words = "quickbooks-desktop: 12 wait for the vendor's next call; it";
        let never = format!("{words} never called: see `saldo doctor`\n\n");
        assert_eq!(waiting(&book), Some(never));
        book.last_called = Some("2026-11-20T08:00:00Z".parse().unwrap());
        assert_eq!(waiting(&book), Some(format!("{words} last called 2026-11-20T08:00:00Z\n\n")));
        book.waits_for_call = false;
        assert_eq!(waiting(&book), None);
    }
}
