//! Notes in the histories of documents: each is a request of its own.
//!
//! A note changes nothing, and nobody can change or remove it. Histories cannot be searched, so
//! that one in doubt is looked for at its document, by the mark that it begins with.

use super::ask;
use super::faults::{self, Purpose};
use super::hear::{in_doubt, json, read};
use super::names;
use super::place::Place;
use super::shape::{Shape, shape};
use saldo_core::book::{Acknowledgement, BookContext, Note, Outcome, Refusal, RefusalKind, Task};
use saldo_core::document::Document;
use saldo_core::exchange::{Fault, HttpAnswer, HttpRequest, Method, Permit};
use saldo_core::text::RemoteId;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The list in bodies.
const LIST: &str = "HistoryRecords";
/// How many characters a note may have.
const LETTERS: usize = 250;
/// The connection's setting for notes.
const NOTES: &str = "notes";

/// Whether the owner wants notes.
///
/// # Errors
/// In words, where the setting has no sense.
pub(super) fn are_wanted(settings: &BTreeMap<String, String>) -> Result<bool, String> {
    match settings.get(NOTES).map(String::as_str) {
        None | Some("off") => Ok(false),
        Some("on") => Ok(true),
        Some(other) => Err(format!(
            "the setting `{NOTES}` is `{other}`: it must be `off`, or `on` for a note in the \
             history of each document, which takes a request each"
        )),
    }
}

/// Whether notes are added to documents like this: to all but payments, of which the vendor's page
/// says that it can be done, and its schema that it cannot.
pub(super) fn takes(document: &Document) -> bool {
    shape(document).is_ok_and(|shape| !matches!(shape, Shape::Payment { .. }))
}

/// The note that these tasks are about, where they are about one.
pub(super) fn first(tasks: &[Task]) -> Option<&Note> {
    match tasks.first()? {
        Task::WriteNote(note) | Task::LookForNote(note) => Some(note),
        _ => None,
    }
}

/// What it says.
fn details(note: &Note) -> String {
    names::text(&format!("{}: entered by Saldo from {}", names::mark(note.key), note.from), LETTERS)
}

/// What asks for it.
///
/// # Errors
/// Where it is not alone, or its document cannot be in Xero.
pub(super) fn ask(
    note: &Note,
    tasks: &[Task],
    token: &str,
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let never = |reason: String| Fault::new(Permit::Never, reason);
    let place = Place::of_shape(&shape(&note.document).map_err(never)?);
    let url = ask::address(&format!("{}/{}/History", place.name(), note.remote), &[], context)?;
    match tasks {
        [Task::LookForNote(_)] => ask::of_tenant(HttpRequest::get(url), context),
        [Task::WriteNote(_)] => {
            let body = json!({ LIST: [{ "Details": details(note) }] });
            let request = HttpRequest::post_json(url, body.to_string().into_bytes());
            let request = HttpRequest { method: Method::Put, ..request };
            Ok(ask::of_tenant(request, context)?.header("idempotency-key", token))
        }
        _ => Err(ask::mixed()),
    }
}

/// What the answer means.
///
/// # Errors
/// What a failure of the request permits.
pub(super) fn hear(
    note: &Note,
    tasks: &[Task],
    answer: &HttpAnswer,
) -> Result<Vec<Outcome>, Fault> {
    if let [Task::LookForNote(_)] = tasks {
        if gone(answer).is_some() {
            return Ok(vec![Outcome::Absent]);
        }
        let found = stands(note, &read(answer)?).then(|| Outcome::Found(acknowledged(note)));
        return Ok(vec![found.unwrap_or(Outcome::Absent)]);
    }
    let refusal = faults::refusal_of_content(answer).or_else(|| gone(answer));
    if let Some(refusal) = refusal.or_else(|| standing(answer)) {
        return Ok(vec![Outcome::Refused(refusal)]);
    }
    if let Some(fault) = faults::of_answer(answer, Purpose::Write) {
        return Err(fault);
    }
    match stands(note, &json(answer, Purpose::Write)?) {
        true => Ok(vec![Outcome::Done(acknowledged(note))]),
        false => Err(in_doubt(format!("the answer does not show the note at {}", note.key))),
    }
}

/// What it means that Xero does not know what the note is of: this note alone is not had.
fn gone(answer: &HttpAnswer) -> Option<Refusal> {
    matches!(answer.status, 404 | 410).then(|| Refusal {
        kind: RefusalKind::Other,
        code: answer.status.to_string(),
        message: "xero does not show what the note is of".to_owned(),
        hint: String::new(),
    })
}

/// What it means that the vendor answers a note with a fault of the request's that no repetition
/// mends: this note alone is not had, and those after it need not wait for it.
fn standing(answer: &HttpAnswer) -> Option<Refusal> {
    let is_of_request = (400..500).contains(&answer.status);
    let fault = faults::of_answer(answer, Purpose::Write).filter(|_| is_of_request)?;
    (fault.permits == Permit::Never).then(|| Refusal {
        kind: RefusalKind::Other,
        code: answer.status.to_string(),
        message: fault.message,
        hint: String::new(),
    })
}

fn acknowledged(note: &Note) -> Acknowledgement {
    Acknowledgement::of(RemoteId::from(note.remote.as_str()))
}

/// Whether a note with its mark is among these.
fn stands(note: &Note, answer: &Value) -> bool {
    let mark = format!("{}:", names::mark(note.key));
    let rows = answer.get(LIST).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let says = |row: &Value| row["Details"].as_str().is_some_and(|it| it.starts_with(&mark));
    rows.iter().any(says)
}
