//! `saldo issues` and `saldo retry`.

use super::args::{Global, Retry};
use super::{Ending, Output, context};
use crate::engine;
use jiff::civil::Date;
use saldo_core::accounting::BEFORE_START_DATE;
use saldo_core::issue::Issue;
use saldo_store::Role;
use serde::Serialize;
use std::fmt::Write;

#[derive(Serialize)]
struct Issues {
    held: Vec<Issue>,
    to_review: Vec<Issue>,
    failed: Vec<Failure>,
    blocked: Vec<Blocked>,
    /// What waits for something that its book does not have yet, and will have by itself, or once a
    /// person confirms or approves it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    awaiting: Vec<Blocked>,
    before_start: u64,
}

/// A change that waits for something that failed, or is not there yet.
#[derive(Serialize)]
struct Blocked {
    book: String,
    change: String,
    about: String,
    waits_for: String,
}

#[derive(Serialize)]
struct Failure {
    book: String,
    change: String,
    about: String,
    message: String,
    hint: String,
}

/// Lists what needs a person.
pub(crate) async fn issues(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let company = engine.company_id();
    let held = engine.store.held(company).await?.into_iter().map(|held| held.issue).collect();
    let to_review =
        engine.store.to_review(company).await?.into_iter().map(|held| held.issue).collect();
    let failed = engine.failed().await?.into_iter().map(|failure| Failure {
        book: failure.change.book.to_string(),
        change: failure.change.id,
        about: failure.change.slot.unwrap_or_default(),
        message: failure.refusal.message,
        hint: failure.refusal.hint,
    });
    let failed = failed.collect();
    let (mut blocked, mut awaiting) = (Vec::new(), Vec::new());
    for book in engine.connections(Role::Book).await? {
        for it in engine.store.blocked(company, &book.id).await? {
            blocked.push(Blocked {
                book: book.id.to_string(),
                change: it.change.id,
                about: it.change.slot.unwrap_or_default(),
                waits_for: it.waits_for,
            });
        }
        awaiting.extend(engine::awaiting(&engine, &book).await?.into_iter().map(|it| Blocked {
            book: book.id.to_string(),
            change: it.change,
            about: it.about,
            waits_for: it.waits_for,
        }));
    }
    let before_start = engine.store.state_counts(company).await?.before_start;
    let issues = Issues { held, to_review, failed, blocked, awaiting, before_start };
    let start = engine.policy.start_date;
    output.data(&issues, || text(&issues) + &before_start_text(before_start, start))?;
    match issues.held.is_empty() && issues.failed.is_empty() {
        true => Ok(Ending::Done),
        false => Ok(Ending::Held),
    }
}

/// What is left out since it happened before the books begin: one line however much it is, since
/// nothing of it needs a person. Nothing where there is nothing.
pub(crate) fn before_start_text(facts: u64, start: Date) -> String {
    match facts {
        0 => String::new(),
        _ => format!(
            "{facts} facts are of before {start}, when the books begin: left out by \
             `{BEFORE_START_DATE}`, as the opening balances hold them (saldo issues --excluded)\n"
        ),
    }
}

fn text(issues: &Issues) -> String {
    let mut text = String::new();
    let mut put = |line: String| {
        writeln!(text, "{line}").expect("text can always be written to a string");
    };
    for (what, list) in [("held", &issues.held), ("to review", &issues.to_review)] {
        for issue in list {
            put(format!("{what}: {}: {}", issue.about, issue.message));
            put(format!("  hint: {}", issue.hint));
        }
    }
    for failure in &issues.failed {
        put(format!("failed: {} {}: {}", failure.book, failure.change, failure.message));
        put(format!("  about: {}", failure.about));
        put(format!("  hint: {}", failure.hint));
    }
    for (what, list) in [("blocked", &issues.blocked), ("waiting", &issues.awaiting)] {
        for it in list {
            put(format!("{what}: {} {}: it waits for {}", it.book, it.change, it.waits_for));
            put(format!("  about: {}", it.about));
        }
    }
    if text.is_empty() { "nothing needs a person\n".to_owned() } else { text }
}

#[derive(Serialize)]
struct Retried {
    changes: usize,
}

/// Lets refused changes be sent again.
pub(crate) async fn retry(
    global: &Global,
    words: &Retry,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let company = engine.company_id();
    let mut changes = 0;
    let failed = engine.failed().await?;
    let is_unknown = |key: &&String| !failed.iter().any(|failure| failure.change.id == **key);
    if let Some(unknown) = words.keys.iter().find(is_unknown) {
        let text = format!("nothing that failed has the number `{unknown}`: see `saldo issues`");
        return Err(context::Usage(text).into());
    }
    for book in engine.connections(Role::Book).await? {
        let ids: Vec<String> = failed
            .iter()
            .filter(|failure| failure.change.book == book.id)
            .map(|failure| failure.change.id.clone())
            .filter(|id| words.keys.is_empty() || words.keys.contains(id))
            .collect();
        if ids.is_empty() {
            continue;
        }
        changes += ids.len();
        let lease = engine.lease(&book).await?;
        let retried = engine.store.retry(company, &book.id, &ids, engine.clock.now()).await;
        let released = engine.store.release_lease(&lease).await;
        retried?;
        released?;
    }
    output.data(&Retried { changes }, || {
        format!("{changes} changes will be sent again by `saldo apply` or `saldo sync`\n")
    })?;
    Ok(Ending::Done)
}
