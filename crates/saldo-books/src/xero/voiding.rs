//! Taking back by deleting: payments, so that their invoice or bill is open again, and money that
//! was received for items in stock, since money that is spent on them would lay them in as bought.
//! A purchase order of which nothing is expected any more is not deleted but marked as billed, as a
//! person does it in Xero: it stays where it can be seen.
//!
//! What was deleted stays in its list, with a status that says so. The list also says whether
//! something was reconciled, so that it is looked at first; the vendor refuses what is of a locked
//! day. A payment cannot be changed, only deleted, so that its version says nothing. Money can be:
//! what a person changed of it is refused, by its content, since a file that is attached changes
//! its version, too.

use super::ask;
use super::compare;
use super::hear::{NOT_ASKED, in_doubt};
use super::listing;
use super::place::Place;
use super::shape::{Shape, shape};
use super::wire::Record;
use super::write;
use crate::json;
use saldo_core::book::{
    Acknowledgement, BookContext, Need, Outcome, Refusal, RefusalKind, Subject, Task, Voided,
};
use saldo_core::document::{Document, DocumentKind};
use saldo_core::exchange::{Fault, HttpRequest, Permit};
use saldo_core::ledger::Account;
use saldo_core::text::RemoteId;
use serde_json::{Value, json};

/// The status of what was deleted.
const DELETED: &str = "DELETED";
/// The status of an order of which nothing is expected any more.
const BILLED: &str = "BILLED";

/// Whether the vendor takes a document like this back: then nothing is matched with it that it does
/// not show.
pub(super) fn voids(document: &Document) -> Option<Vec<Account>> {
    let is_payment =
        matches!(document.header().kind, DocumentKind::Payment | DocumentKind::BillPayment);
    let goes = match shape(document) {
        Ok(Shape::Payment { .. }) => is_payment,
        Ok(Shape::Order(_)) => true,
        Ok(Shape::Money { form, .. }) => form.lines.iter().any(|line| line.kept.is_some()),
        _ => false,
    };
    goes.then(Vec::new)
}

/// What must be known to take it back: what is not said by its status alone is said whole.
pub(super) fn needs(voided: &Voided) -> Vec<Need> {
    match shape(&voided.document) {
        Ok(shape @ (Shape::Money { .. } | Shape::Order(_))) => shape.needs(&voided.document),
        _ => Vec::new(),
    }
}

/// Where it is.
pub(super) fn place(voided: &Voided) -> Place {
    shape(&voided.document).map_or(Place::Payments, |shape| Place::of_shape(&shape))
}

/// What a subject makes nil, if it does.
pub(super) fn of(subject: &Subject) -> Option<&Voided> {
    match subject {
        Subject::Document { voids, .. } => voids.as_deref(),
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => None,
    }
}

/// What the one of these tasks makes nil that does; where one does, it is alone.
///
/// # Errors
/// Where there are others.
pub(super) fn of_tasks(tasks: &[Task]) -> Result<Option<&Voided>, Fault> {
    let mut voided = tasks.iter().filter_map(|task| match task {
        Task::Create(subject) => of(subject),
        _ => None,
    });
    match (voided.next(), tasks.len()) {
        (Some(_), 2..) => Err(ask::mixed()),
        (voided, _) => Ok(voided),
    }
}

/// What asks for it: each is a request of its own.
///
/// # Errors
/// Where the connection lacks a setting.
pub(super) fn ask(
    voided: &Voided,
    token: &str,
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let url = ask::address(&path(voided), &[], context)?;
    let body = body(voided, context)?.to_string().into_bytes();
    let request = ask::of_tenant(HttpRequest::post_json(url, body), context)?;
    Ok(request.header("idempotency-key", token))
}

/// What says so: of a payment or an order its status alone, of all else the document with it.
fn body(voided: &Voided, context: &BookContext) -> Result<Value, Fault> {
    let place = place(voided);
    match place {
        Place::Payments => return Ok(json!({ "Status": DELETED })),
        Place::PurchaseOrders => {
            let order = json!({ "PurchaseOrderID": voided.remote.as_str(), "Status": BILLED });
            return Ok(json!({ place.list(): [order] }));
        }
        _ => {}
    }
    let never = |reason: String| Fault::new(Permit::Never, reason);
    let (_, record) =
        write::record((voided.key, false), &voided.document, None, context).map_err(never)?;
    let bank_transaction_id = Some(voided.remote.to_string());
    let record = Record { bank_transaction_id, status: Some(DELETED.to_owned()), ..record };
    Ok(json!({ place.list(): [json::to_json(&record)?] }))
}

/// Where it is by itself.
pub(super) fn path(voided: &Voided) -> String {
    format!("{}/{}", place(voided).name(), voided.remote)
}

/// What became of it, by the vendor's answer.
///
/// # Errors
/// Where the answer does not show it deleted: nobody knows what became of it.
pub(super) fn became(voided: &Voided, answer: &Value) -> Result<Outcome, Fault> {
    let rows = answer.get(place(voided).list()).and_then(Value::as_array);
    let [row] = rows.map_or(&[][..], Vec::as_slice) else {
        return Err(in_doubt("the answer is not about one of them"));
    };
    let record: Record = serde_json::from_value(row.clone())
        .map_err(|error| in_doubt(format!("what was deleted cannot be read: {error}")))?;
    let acknowledgement = acknowledgement(voided, &record);
    acknowledgement
        .map(Outcome::Done)
        .ok_or_else(|| in_doubt("the answer does not show it deleted"))
}

/// What it means that it was looked for among these rows; none where it is not there. What a person
/// reconciled or changed is not deleted.
///
/// # Errors
/// Where the document cannot be said in Xero, so that it never stood there.
pub(super) fn found(
    voided: &Voided,
    rows: &[Record],
    context: &BookContext,
) -> Result<Option<Outcome>, Fault> {
    let Some(row) = rows.iter().find(|row| is_it(voided, row)) else { return Ok(None) };
    if let Some(acknowledgement) = acknowledgement(voided, row) {
        return Ok(Some(Outcome::Found(acknowledgement)));
    }
    let kept = match row.is_reconciled {
        Some(true) => Some("it was reconciled with a row of the bank".to_owned()),
        _ => changed(voided, row, context)?,
    };
    Ok(Some(kept.map_or(Outcome::Absent, |message| {
        let (kind, code) = (RefusalKind::Other, NOT_ASKED.to_owned());
        Outcome::Refused(refusal(voided, Refusal { kind, code, message, hint: String::new() }))
    })))
}

/// What of it was changed since it was entered; none where nothing was. Of a payment nothing can
/// be.
fn changed(voided: &Voided, row: &Record, context: &BookContext) -> Result<Option<String>, Fault> {
    let place = place(voided);
    if place == Place::Payments {
        return Ok(None);
    }
    let never = |reason: String| Fault::new(Permit::Never, reason);
    let document = &voided.document;
    let (_, sent) = write::record((voided.key, false), document, None, context).map_err(never)?;
    let (_, differences) = compare::held(place, document, &sent, row, context.currency);
    Ok((!differences.is_empty()).then(|| format!("it was changed: {}", differences.join("; "))))
}

fn is_it(voided: &Voided, row: &Record) -> bool {
    row.id() == Some(voided.remote.as_str())
}

/// What the book acknowledges about what is deleted, or closed; none where it is not.
fn acknowledgement(voided: &Voided, row: &Record) -> Option<Acknowledgement> {
    let status = row.status.as_deref();
    let ends = status == Some(DELETED)
        || (status == Some(BILLED) && place(voided) == Place::PurchaseOrders);
    let acknowledgement = Acknowledgement::of(RemoteId::from(row.id()?));
    (ends && is_it(voided, row))
        .then(|| Acknowledgement { version: listing::version(row), ..acknowledgement })
}

/// A refusal to take it back, with what is left to do.
pub(super) fn refusal(voided: &Voided, refusal: Refusal) -> Refusal {
    let hint = match place(voided) {
        Place::PurchaseOrders => {
            "where nothing of it is expected any more, mark it as billed in Xero, then `saldo \
             retry`; or leave it as it is: `saldo redo` with its number in `saldo runs`"
        }
        _ => {
            "undo its reconciliation in Xero, or delete it there, then `saldo retry`; or leave it \
             as it is: `saldo redo` with its number in `saldo runs`"
        }
    };
    Refusal { hint: hint.to_owned(), ..refusal }
}
