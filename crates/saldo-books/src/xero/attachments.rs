//! Files at documents: each is a request of its own, by its name, to the document that it belongs
//! to.
//!
//! The vendor's token is recognised here as with documents. A file in doubt is looked for by its
//! name in the list of its document's files.

use super::ask;
use super::faults::{self, Purpose};
use super::hear::{in_doubt, json, read};
use super::place::Place;
use super::shape::{Shape, shape};
use saldo_core::book::{Acknowledgement, AttachedFile, BookContext, Outcome, Subject, Task};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::{Fault, HttpAnswer, HttpRequest, Method, Permit};
use saldo_core::text::RemoteId;
use serde::Deserialize;
use serde_json::Value;

/// The list in answers.
const LIST: &str = "Attachments";
/// The page at which a look-up goes on whose turn has not come: each document is asked by itself.
const TURN: &str = "files";

/// A file as the vendor lists it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(rename = "AttachmentID")]
    attachment_id: Option<String>,
    file_name: Option<String>,
    /// How many bytes it has.
    content_length: Option<u64>,
}

/// A file, and where it belongs.
#[derive(Clone, Copy)]
pub(super) struct Attached<'a> {
    key: DocumentKey,
    document: &'a Document,
    file: &'a AttachedFile,
}

/// Whether the vendor takes files at documents of this shape: at all but payments.
pub(super) const fn takes(shape: &Shape<'_>) -> bool {
    !matches!(shape, Shape::Payment { .. })
}

/// The file of the first of these tasks, where that is about one.
pub(super) fn first(tasks: &[Task]) -> Option<Attached<'_>> {
    match tasks.first()? {
        Task::Create(Subject::Attached { key, document, file })
        | Task::LookUp { subject: Subject::Attached { key, document, file }, .. } => {
            Some(Attached { key: *key, document, file })
        }
        _ => None,
    }
}

/// The path of a document's files.
fn path(attached: Attached<'_>, context: &BookContext) -> Result<String, Fault> {
    let never = |reason: String| Fault::new(Permit::Never, reason);
    let place = Place::of_shape(&shape(attached.document).map_err(never)?);
    let missing = || never(format!("the document {} is not bound", attached.key));
    let remote = context.bindings.document(attached.key).ok_or_else(missing)?;
    Ok(format!("{}/{remote}/{LIST}", place.name()))
}

/// What asks for these tasks: the first of them alone.
///
/// # Errors
/// Where its document is not bound, or several are to be made at once.
pub(super) fn ask(
    attached: Attached<'_>,
    tasks: &[Task],
    token: &str,
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let path = path(attached, context)?;
    match tasks {
        [Task::LookUp { .. }, ..] => {
            ask::of_tenant(HttpRequest::get(ask::address(&path, &[], context)?), context)
        }
        [Task::Create(_)] => {
            let url = ask::address(&format!("{path}/{}", attached.file.name), &[], context)?;
            let request = HttpRequest {
                method: Method::Put,
                url,
                headers: Vec::new(),
                body: attached.file.text.clone().into_bytes(),
                authorised: true,
            };
            let request = request.header("content-type", "application/octet-stream");
            Ok(ask::of_tenant(request, context)?.header("idempotency-key", token))
        }
        _ => Err(ask::mixed()),
    }
}

/// What the answer means, one outcome a task.
///
/// # Errors
/// What a failure of the request permits.
pub(super) fn hear(
    attached: Attached<'_>,
    tasks: &[Task],
    answer: &HttpAnswer,
) -> Result<Vec<Outcome>, Fault> {
    if let [Task::Create(_)] = tasks {
        return Ok(vec![became(attached, answer)?]);
    }
    let listed = found(attached.file, &read(answer)?)?;
    let others = tasks.iter().skip(1).map(|_| Outcome::Further { page: TURN.to_owned() });
    Ok(std::iter::once(listed.unwrap_or(Outcome::Absent)).chain(others).collect())
}

fn became(attached: Attached<'_>, answer: &HttpAnswer) -> Result<Outcome, Fault> {
    if let Some(refusal) = faults::refusal_of_content(answer) {
        return Ok(Outcome::Refused(refusal));
    }
    if let Some(fault) = faults::of_answer(answer, Purpose::Write) {
        return Err(fault);
    }
    match found(attached.file, &json(answer, Purpose::Write)?)? {
        Some(Outcome::Found(acknowledgement)) => Ok(Outcome::Done(acknowledgement)),
        Some(other) => Ok(other),
        None => Err(in_doubt(format!("the answer does not show {}", attached.file.name))),
    }
}

/// What it means that a file is in this list; none where it is not.
fn found(file: &AttachedFile, answer: &Value) -> Result<Option<Outcome>, Fault> {
    let rows = answer.get(LIST).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for row in rows {
        let listed: Listed = serde_json::from_value(row.clone())
            .map_err(|error| in_doubt(format!("a file in the list cannot be read: {error}")))?;
        if listed.file_name.as_deref() != Some(&file.name) {
            continue;
        }
        let id = listed.attachment_id.ok_or_else(|| in_doubt("a file in the list has no id"))?;
        let acknowledgement = Acknowledgement::of(RemoteId::from(id));
        let sent = u64::try_from(file.text.len()).unwrap_or(u64::MAX);
        return Ok(Some(match listed.content_length {
            Some(held) if held != sent => Outcome::FoundDifferent {
                acknowledgement,
                difference: format!("a file of that name is there, of {held} bytes, not {sent}"),
            },
            _ => Outcome::Found(acknowledgement),
        }));
    }
    Ok(None)
}
