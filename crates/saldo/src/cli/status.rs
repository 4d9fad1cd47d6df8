//! `saldo status`.

use super::args::Global;
use super::output::table;
use super::{Ending, Output, context};
use saldo_store::Role;
use serde::Serialize;

/// How many changes are counted as still to be pushed.
const PENDING_MAX: usize = 1_000_000;

#[derive(Serialize)]
struct Status {
    company: String,
    channels: Vec<ChannelStatus>,
    books: Vec<BookStatus>,
    posted: u64,
    to_review: u64,
    waiting: u64,
    excluded: u64,
    held: u64,
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
    pending: usize,
    failed: usize,
}

/// Shows how far everything has come.
pub(crate) async fn status(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let store = context::open_store(global).await?;
    let company = context::company(global, &store).await?;
    let counts = store.state_counts(&company.id).await?;
    let failed = store.failed(&company.id).await?;
    let mut status = Status {
        company: company.name.clone(),
        channels: Vec::new(),
        books: Vec::new(),
        posted: counts.accounted,
        to_review: counts.to_review,
        waiting: counts.waiting,
        excluded: counts.excluded,
        held: counts.held,
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
            Role::Book => {
                let pending = store.pending(&company.id, &connection.id, PENDING_MAX).await?;
                let failed = failed.iter().filter(|failed| failed.change.book == connection.id);
                status.books.push(BookStatus {
                    connection: connection.id.to_string(),
                    pending: pending.len(),
                    failed: failed.count(),
                });
            }
        }
    }
    output.data(&status, || text(&status))?;
    match status.held == 0 && failed.is_empty() {
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
        vec![it.connection.clone(), it.pending.to_string(), it.failed.to_string()]
    };
    let channels = status.channels.iter().map(heard).collect();
    let books = status.books.iter().map(booked).collect();
    format!(
        "{}\n\n{}\n{}\nposted {} (of these to review {})  waiting {}  excluded {}  held {}\n",
        status.company,
        table(&["channel", "stream", "heard until"], 0, channels),
        table(&["book", "to be pushed", "failed"], 2, books),
        status.posted,
        status.to_review,
        status.waiting,
        status.excluded,
        status.held
    )
}
