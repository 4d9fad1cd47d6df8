//! `saldo status`.

use super::args::Global;
use super::issues::before_start_text;
use super::output::table;
use super::prove::facts_text;
use super::{Ending, Output, context};
use crate::connector::is_called;
use crate::engine::{self, FactCounts, LeftToday};
use saldo_store::Role;
use serde::Serialize;

#[derive(Serialize)]
struct Status {
    company: String,
    channels: Vec<ChannelStatus>,
    books: Vec<BookStatus>,
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
    /// When a vendor that makes the calls last did.
    last_called: Option<jiff::Timestamp>,
    /// Whether its next call is waited for.
    waits_for_call: bool,
    /// How many requests its day leaves, where it said so within a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_left: Option<LeftToday>,
}

/// Shows how far everything has come.
pub(crate) async fn status(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let (store, company) = (&engine.store, &engine.company);
    let mut status = Status {
        company: company.name.clone(),
        channels: Vec::new(),
        books: Vec::new(),
        facts: engine::fact_counts(&engine).await?,
    };
    for connection in store.connections(&company.id).await? {
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
                    last_called: called.map(|call| call.at),
                    waits_for_call: is_called(&connection) && open.pending > 0,
                    requests_left: engine::left_today(store, &company.id, book, now).await?,
                });
            }
        }
    }
    let start = engine.policy.start_date;
    let early = status.facts.before_start;
    output.data(&status, || text(&status) + &before_start_text(early, start))?;
    match status.facts.held == 0 && status.books.iter().all(|book| book.failed == 0) {
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
    let requests = |it: &BookStatus| {
        let LeftToday { left, at } = it.requests_left?;
        Some(format!("{} left {left} requests of its day at {at:.0}\n", it.connection))
    };
    let requests: String = status.books.iter().filter_map(requests).collect();
    format!(
        "{}\n\n{}\n{}{requests}\n{waiting}{}\n",
        status.company,
        table(&["channel", "stream", "heard until"], 0, channels),
        table(&["book", "to be pushed", "of these blocked", "failed"], 3, books),
        facts_text(&status.facts)
    )
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
            requests_left: None,
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
