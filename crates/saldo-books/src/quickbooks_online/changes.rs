//! What changed in the company since an instant (change data capture): ids and versions, and what
//! was deleted. An answer holds up to a thousand objects of all kinds together; where it is full,
//! each kind is asked for by itself. Of more than a thousand of one kind the rest is left to a
//! proof.

use super::ask;
use super::faults::{self, Purpose};
use super::hear::json;
use super::listing::{self, KINDS};
use super::wire::Entity;
use jiff::Timestamp;
use saldo_core::book::{BookContext, DocumentPage, HeldDocument};
use saldo_core::exchange::{Fault, HttpAnswer, HttpRequest, Permit};
use serde_json::Value;

/// How many objects an answer may hold.
const MOST: usize = 1_000;

/// What asks for a page: all kinds at first, later one by its name.
///
/// # Errors
/// Where the page is none of ours.
pub(super) fn ask(
    since: Timestamp,
    page: Option<&str>,
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let names: Vec<&str> = kinds(page)?.iter().map(|entity| entity.name()).collect();
    let since = ask::percent(&since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let entities = ask::percent(&names.join(","));
    let path = format!("/cdc?entities={entities}&changedSince={since}&{}", ask::VERSION);
    Ok(HttpRequest::get(ask::address(context, &path)?))
}

/// The kinds of a page.
fn kinds(page: Option<&str>) -> Result<Vec<Entity>, Fault> {
    let Some(name) = page else { return Ok(KINDS.to_vec()) };
    let known = KINDS.iter().find(|entity| entity.name() == name);
    let unreadable = || Fault::new(Permit::Never, format!("`{name}` is no page of changes"));
    Ok(vec![*known.ok_or_else(unreadable)?])
}

/// What the answer to a page means.
///
/// # Errors
/// What a failure permits, or where a row cannot be read.
pub(super) fn page(page: Option<&str>, answer: &HttpAnswer) -> Result<DocumentPage, Fault> {
    if let Some(fault) = faults::of_answer(answer, Purpose::Read) {
        return Err(fault);
    }
    let body = json(answer, Purpose::Read)?;
    let lists = body.pointer("/CDCResponse/0/QueryResponse").and_then(Value::as_array);
    let missing = || Fault::new(Permit::Never, "quickbooks' answer does not say what changed");
    let lists = lists.ok_or_else(missing)?;
    let mut documents = Vec::new();
    for entity in kinds(page)? {
        let rows = lists.iter().filter_map(|list| list.get(entity.name())?.as_array());
        for row in rows.flatten() {
            documents.push(changed(entity, row)?);
        }
    }
    let next = match page {
        None if documents.len() >= MOST => KINDS.first(),
        None => None,
        Some(name) => {
            let place = KINDS.iter().position(|entity| entity.name() == name);
            place.and_then(|place| KINDS.get(place + 1))
        }
    };
    let next = next.map(|entity| entity.name().to_owned());
    Ok(DocumentPage { documents, next, ..DocumentPage::default() })
}

/// A row; what was deleted has no version.
fn changed(entity: Entity, row: &Value) -> Result<HeldDocument, Fault> {
    let is_deleted = row.get("status").and_then(Value::as_str) == Some("Deleted");
    let held = listing::held(entity, row)?;
    Ok(HeldDocument { version: held.version.filter(|_| !is_deleted), ..held })
}
