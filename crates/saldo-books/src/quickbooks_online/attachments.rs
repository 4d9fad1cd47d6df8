//! Files at documents: uploaded one by one, each together with what says where it belongs.
//!
//! Nothing is written of uploads that are repeated under one request id, so that a file in doubt is
//! looked for by its document before it is sent again.

use super::ask;
use super::faults::{self, Purpose, VendorFault};
use super::hear::{in_doubt, json, queried};
use super::shape::shape;
use saldo_core::book::{Acknowledgement, AttachedFile, BookContext, Outcome, Subject, Task};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::{Fault, HttpAnswer, HttpRequest, Permit};
use saldo_core::text::RemoteId;
use serde::Deserialize;
use serde_json::{Value, json as value};

/// The page at which a look-up goes on whose turn has not come: each document is asked by itself.
const TURN: &str = "files";

/// A file as the vendor lists it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: Option<String>,
    sync_token: Option<String>,
    file_name: Option<String>,
    /// How many bytes it has.
    size: Option<u64>,
}

/// A file, and where it belongs.
#[derive(Clone, Copy)]
pub(super) struct Attached<'a> {
    key: DocumentKey,
    document: &'a Document,
    file: &'a AttachedFile,
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

/// The entity of the document, and what the vendor calls it.
fn home<'a>(
    attached: Attached<'_>,
    context: &'a BookContext,
) -> Result<(&'static str, &'a RemoteId), Fault> {
    let never = |reason: String| Fault::new(Permit::Never, reason);
    let entity = shape(attached.document).map_err(never)?.entity();
    let missing = || never(format!("the document {} is not bound", attached.key));
    Ok((entity.name(), context.bindings.document(attached.key).ok_or_else(missing)?))
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
    let (entity, remote) = home(attached, context)?;
    match tasks {
        [Task::LookUp { .. }, ..] => {
            let query = format!(
                "select * from Attachable where AttachableRef.EntityRef.Type = {} \
                 and AttachableRef.EntityRef.value = {} maxresults 1000",
                ask::literal(entity),
                ask::literal(remote.as_str())
            );
            ask::read(&[query], context)
        }
        [Task::Create(_)] => {
            let reference = value!({ "EntityRef": { "type": entity, "value": remote.as_str() } });
            let metadata = value!({
                "AttachableRef": [reference],
                "FileName": attached.file.name,
                "ContentType": AttachedFile::MEDIA_TYPE,
            });
            upload(attached.file, &metadata, token, context)
        }
        _ => Err(ask::mixed()),
    }
}

/// A form of two parts (RFC 7578): what the file is, and what stands in it.
fn upload(
    file: &AttachedFile,
    metadata: &Value,
    token: &str,
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let boundary = format!("saldo-{token}");
    if file.text.contains(&boundary) {
        return Err(Fault::new(Permit::Never, "the file holds what parts it from its form"));
    }
    let part = |name: &str, file_name: &str, media_type: &str, content: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; \
             filename=\"{file_name}\"\r\nContent-Type: {media_type}\r\n\r\n{content}\r\n"
        )
    };
    let metadata = metadata.to_string();
    let body = part("file_metadata_01", "metadata.json", "application/json", &metadata)
        + &part("file_content_01", &file.name, AttachedFile::MEDIA_TYPE, &file.text)
        + &format!("--{boundary}--\r\n");
    let url = ask::address(context, &format!("/upload?{}", ask::VERSION))?;
    let request = HttpRequest::post_json(url, body.into_bytes());
    let request = HttpRequest { headers: Vec::new(), ..request };
    Ok(request.header("content-type", &format!("multipart/form-data; boundary={boundary}")))
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
        return Ok(vec![became(attached.file, answer)?]);
    }
    let rows = match queried(answer, 1)?.pop() {
        Some(Ok(rows)) => rows,
        Some(Err(fault)) => return Err(Fault::new(Permit::Never, fault.words())),
        None => return Err(Fault::unexpected("quickbooks")),
    };
    let rows = rows.get("Attachable").and_then(Value::as_array);
    let mut outcome = Outcome::Absent;
    for row in rows.map_or(&[][..], Vec::as_slice) {
        if let Some(found) = found(attached.file, row)? {
            outcome = found;
        }
    }
    let others = tasks.iter().skip(1).map(|_| Outcome::Further { page: TURN.to_owned() });
    Ok(std::iter::once(outcome).chain(others).collect())
}

fn became(file: &AttachedFile, answer: &HttpAnswer) -> Result<Outcome, Fault> {
    if let Some(refusal) = faults::refusal_of_content(answer) {
        return Ok(Outcome::Refused(refusal));
    }
    if let Some(fault) = faults::of_answer(answer, Purpose::Write) {
        return Err(fault);
    }
    let body = json(answer, Purpose::Write)?;
    let members = body.get("AttachableResponse").and_then(Value::as_array);
    let [member] = members.map_or(&[][..], Vec::as_slice) else {
        return Err(in_doubt("the answer is not about one file"));
    };
    if let Some(fault) = VendorFault::in_json(member) {
        return match fault.is_of_the_service() {
            true => Err(in_doubt(format!("the upload failed: {}", fault.words()))),
            false => Ok(Outcome::Refused(fault.refusal())),
        };
    }
    let row = member.get("Attachable").unwrap_or(&Value::Null);
    match found(file, row)? {
        Some(Outcome::Found(acknowledgement)) => Ok(Outcome::Done(acknowledgement)),
        Some(other) => Ok(other),
        None => Err(in_doubt(format!("the answer does not show {}", file.name))),
    }
}

/// What it means that this row is the file; none where it is another.
fn found(file: &AttachedFile, row: &Value) -> Result<Option<Outcome>, Fault> {
    let listed: Listed = serde_json::from_value(row.clone())
        .map_err(|error| in_doubt(format!("a file cannot be read: {error}")))?;
    if listed.file_name.as_deref() != Some(&file.name) {
        return Ok(None);
    }
    let id = listed.id.ok_or_else(|| in_doubt("a file has no id"))?;
    let version = listed.sync_token;
    let acknowledgement = Acknowledgement { version, ..Acknowledgement::of(RemoteId::from(id)) };
    let sent = u64::try_from(file.text.len()).unwrap_or(u64::MAX);
    Ok(Some(match listed.size {
        Some(held) if held != sent => Outcome::FoundDifferent {
            acknowledgement,
            difference: format!("a file of that name is there, of {held} bytes, not {sent}"),
        },
        _ => Outcome::Found(acknowledgement),
    }))
}
