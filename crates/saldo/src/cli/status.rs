//! `saldo status`.

use super::args::Global;
use super::output::table;
use super::prove::facts_text;
use super::{Ending, Output, context};
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
                let (book, now) = (&connection.id, engine.clock.now());
                status.books.push(BookStatus {
                    connection: connection.id.to_string(),
                    pending: open.pending,
                    blocked: open.blocked,
                    failed: open.failed,
                    requests_left: engine::left_today(store, &company.id, book, now).await?,
                });
            }
        }
    }
    output.data(&status, || text(&status))?;
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
    let requests = |it: &BookStatus| {
        let LeftToday { left, at } = it.requests_left?;
        Some(format!("{} left {left} requests of its day at {at:.0}\n", it.connection))
    };
    let requests: String = status.books.iter().filter_map(requests).collect();
    format!(
        "{}\n\n{}\n{}{requests}\n{}\n",
        status.company,
        table(&["channel", "stream", "heard until"], 0, channels),
        table(&["book", "to be pushed", "of these blocked", "failed"], 3, books),
        facts_text(&status.facts)
    )
}
