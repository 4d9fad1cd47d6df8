//! Notes in the histories of documents, in books that take them and whose owners want them: which
//! document it is and what it comes from, so that it can be told whatever people change in it.
//!
//! A note is a courtesy. It is written after all else, from what the day leaves, and no document
//! waits for one. Before it is sent it is noted that it is on its way: where nobody heard what came
//! of it, it is looked for before it is sent again.

use super::plan::book_of;
use super::push::Pusher;
use super::requests::left_today;
use super::retry::Patience;
use super::{Engine, EngineError, Step};
use saldo_core::book::{Bindings, Note, Outcome, Subject, Task};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::plan::Change;
use saldo_store::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The kind of observation that says how far notes have come.
const KIND: &str = "notes";
/// How many documents are looked at at a time.
const AT_ONCE: usize = 100;
/// How many requests of a day notes leave to documents: half of what the cheapest tier has.
const KEPT_FOR_DOCUMENTS: u64 = 500;
/// How many of the notes that a book did not take are told one by one.
const TOLD: usize = 3;
/// The period in which requests are counted.
const DAY: Duration = Duration::from_hours(24);

/// How far notes have come.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Noted {
    /// Up to which receipt documents have their notes.
    receipt: i64,
    /// The receipt of the document whose note was sent last, until it is known what came of it.
    sent: Option<i64>,
}

/// Writes notes in those of these books that take them, as far as the day allows. Returns how many.
///
/// # Errors
/// Where the database fails; what a book fails with is set aside.
pub(super) async fn write_notes(
    engine: &Engine,
    pushed: &[Connection],
    failed: &mut Vec<EngineError>,
) -> Result<usize, EngineError> {
    let mut written = 0;
    for connection in pushed {
        if !book_of(connection)?.wants_notes(&connection.settings) {
            continue;
        }
        let done = write_in(engine, connection, &mut written).await;
        super::error::set_aside(done, failed)?;
    }
    Ok(written)
}

/// Writes what is still to be noted in a book, while nobody else is at it.
async fn write_in(
    engine: &Engine,
    connection: &Connection,
    written: &mut usize,
) -> Result<(), EngineError> {
    let lease = engine.lease(connection).await?;
    let done = match Pusher::new(engine, connection, &lease).await {
        Ok(pusher) => {
            let done = note_in(&pusher, written).await;
            pusher.keep_requests().await.and(done)
        }
        Err(error) => Err(error),
    };
    engine.store.release_lease(&lease).await?;
    done
}

/// Writes what is still to be noted in one book.
async fn note_in(pusher: &Pusher<'_>, written: &mut usize) -> Result<(), EngineError> {
    let (engine, book) = (pusher.engine, &pusher.connection.id);
    let (store, company) = (&engine.store, engine.company_id());
    let seen = store.observation(company, book, KIND).await?;
    let mut noted: Noted =
        seen.and_then(|it| serde_json::from_str(&it.body).ok()).unwrap_or_default();
    let mut refused = Refusals::default();
    loop {
        let documents =
            store.first_acknowledged_after(company, book, noted.receipt, AT_ONCE).await?;
        if documents.is_empty() {
            break;
        }
        let ids: Vec<String> = documents.iter().map(|(_, id)| id.clone()).collect();
        let changes = store.changes_of(company, book, &ids).await?;
        let changes: BTreeMap<&str, &Change> =
            changes.iter().map(|change| (change.id.as_str(), change)).collect();
        let receipts = store.receipts(company, book, &ids).await?;
        for (receipt, id) in documents {
            let remote = receipts.get(&id).map(|it| it.remote.clone());
            let note = changes.get(id.as_str()).zip(remote).and_then(|(change, remote)| {
                let Subject::Document { key, document, voids: None, .. } = &change.subject else {
                    return None;
                };
                let from = change.slot.clone().unwrap_or_default();
                let note = Note { key: *key, document: document.clone(), remote, from };
                pusher.book.takes_note(document).then_some(note)
            });
            if let Some(note) = note {
                if !has_room(pusher).await? {
                    return told(pusher, &refused);
                }
                let was_sent = noted.sent == Some(receipt);
                engine.keep(pusher.lease).await?;
                noted.sent = Some(receipt);
                pusher.observe(KIND, &noted).await?;
                match write_one(pusher, note, was_sent).await? {
                    Written::Done => {
                        *written += 1;
                        engine.progress.step(Step::Noted { book: book.clone() });
                    }
                    Written::Unknown => return told(pusher, &refused),
                    Written::Refused(reason) => refused.add(reason),
                }
            }
            noted = Noted { receipt, sent: None };
        }
        pusher.observe(KIND, &noted).await?;
    }
    told(pusher, &refused)
}

/// The notes that a book did not take: how many, and what it said of the first.
#[derive(Debug, Default)]
struct Refusals {
    count: usize,
    first: Vec<String>,
}

impl Refusals {
    fn add(&mut self, reason: String) {
        self.count += 1;
        if self.first.len() < TOLD {
            self.first.push(reason);
        }
    }

    /// What is told of them; nothing where there are none.
    fn message(&self) -> Option<String> {
        let notes = match self.count {
            0 => return None,
            1 => "1 note was not taken, and is".to_owned(),
            count => format!("{count} notes were not taken, and are"),
        };
        let more = if self.count > self.first.len() { "; and so on" } else { "" };
        let first = self.first.join("; ");
        Some(format!("{notes} not tried again; nothing else depends on them. {first}{more}"))
    }
}

/// What came of a note.
enum Written {
    /// It stands there.
    Done,
    /// Nobody knows: it is looked for another time.
    Unknown,
    /// The book does not take it.
    Refused(String),
}

async fn write_one(
    pusher: &Pusher<'_>,
    note: Note,
    was_sent: bool,
) -> Result<Written, EngineError> {
    if was_sent {
        let found = pusher.read(&[Task::LookForNote(note.clone())]).await?;
        if let [Outcome::Found(_)] = found[..] {
            return Ok(Written::Done);
        }
    }
    let key = note.key;
    let mut patience = Patience::default();
    let tasks = [Task::WriteNote(note)];
    loop {
        match pusher.ask(&tasks, &pusher.context(Bindings::default())).await {
            Ok(outcomes) => {
                return match outcomes.into_iter().next() {
                    Some(Outcome::Done(_)) => Ok(Written::Done),
                    Some(Outcome::Refused(refusal)) => {
                        Ok(Written::Refused(format!("{key}: {}", refusal.message)))
                    }
                    _ => Err(pusher.world(Fault::unexpected("a note"))),
                };
            }
            Err(fault) if fault.permits == Permit::InDoubt => return Ok(Written::Unknown),
            Err(fault) => patience
                .wait(fault, pusher.engine, &pusher.transport)
                .await
                .map_err(|fault| pusher.world(fault))?,
        }
    }
}

/// Whether the day leaves a request for a note, besides those that are kept for documents.
async fn has_room(pusher: &Pusher<'_>) -> Result<bool, EngineError> {
    let engine = pusher.engine;
    let left = match pusher.transport.meter.left(DAY) {
        Some(left) => Some(left),
        None => {
            let (store, book) = (&engine.store, &pusher.connection.id);
            let said = left_today(store, engine.company_id(), book, engine.clock.now()).await?;
            said.map(|it| it.left)
        }
    };
    Ok(left.is_none_or(|left| left > KEPT_FOR_DOCUMENTS))
}

/// Tells which notes the book did not take. They are not tried again.
fn told(pusher: &Pusher<'_>, refused: &Refusals) -> Result<(), EngineError> {
    match refused.message() {
        None => Ok(()),
        Some(message) => Err(pusher.world(Fault::new(Permit::Never, message))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_notes_are_refused_the_first_alone_are_told() {
        let mut refused = Refusals::default();
        assert_eq!(refused.message(), None);
        refused.add("SALDO1: xero answered 422".to_owned());
        let of_one = refused.message().unwrap();
        assert!(of_one.starts_with("1 note was not taken"), "{of_one}");
        assert!(of_one.ends_with("on them. SALDO1: xero answered 422"), "{of_one}");
        for number in 2..=10_000 {
            refused.add(format!("SALDO{number}: xero answered 422"));
        }
        assert_eq!(refused.first.len(), TOLD);
        let of_many = refused.message().unwrap();
        assert!(of_many.starts_with("10000 notes were not taken"), "{of_many}");
        assert!(of_many.ends_with("SALDO3: xero answered 422; and so on"), "{of_many}");
    }
}
