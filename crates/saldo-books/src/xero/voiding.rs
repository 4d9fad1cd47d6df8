//! Taking payments back: the vendor deletes a payment, so that its invoice or bill is open again.
//!
//! What was deleted stays in the list of payments, with a status that says so. A payment cannot be
//! changed, only deleted, so that its version says nothing. The list also says whether one was
//! reconciled, so that it is looked at first; the vendor refuses one of a locked day.

use super::ask;
use super::hear::{NOT_ASKED, in_doubt};
use super::listing;
use super::place::Place;
use super::shape::{Shape, shape};
use super::wire::Record;
use saldo_core::book::{
    Acknowledgement, BookContext, Outcome, Refusal, RefusalKind, Subject, Task, Voided,
};
use saldo_core::document::{Document, DocumentKind};
use saldo_core::exchange::{Fault, HttpRequest};
use saldo_core::ledger::Account;
use saldo_core::text::RemoteId;
use serde_json::{Value, json};

/// The status of what was deleted.
const DELETED: &str = "DELETED";

/// Whether the vendor takes a document like this back: then nothing is matched with it that it does
/// not show.
pub(super) fn voids(document: &Document) -> Option<Vec<Account>> {
    let is_payment =
        matches!(document.header().kind, DocumentKind::Payment | DocumentKind::BillPayment);
    (is_payment && matches!(shape(document), Ok(Shape::Payment { .. }))).then(Vec::new)
}

/// What a subject makes nil, if it does.
pub(super) fn of(subject: &Subject) -> Option<&Voided> {
    match subject {
        Subject::Document { voids, .. } => voids.as_deref(),
        Subject::Need(_) | Subject::Confirmed { .. } | Subject::Attached { .. } => None,
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

/// What asks for it: each payment is a request of its own.
///
/// # Errors
/// Where the connection lacks a setting.
pub(super) fn ask(
    voided: &Voided,
    token: &str,
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let url = ask::address(&path(voided), &[], context)?;
    let body = json!({ "Status": DELETED }).to_string().into_bytes();
    let request = ask::of_tenant(HttpRequest::post_json(url, body), context)?;
    Ok(request.header("idempotency-key", token))
}

/// Where a payment is by itself.
pub(super) fn path(voided: &Voided) -> String {
    format!("{}/{}", Place::Payments.name(), voided.remote)
}

/// What became of it, by the vendor's answer.
///
/// # Errors
/// Where the answer does not show it deleted: nobody knows what became of it.
pub(super) fn became(voided: &Voided, answer: &Value) -> Result<Outcome, Fault> {
    let rows = answer.get(Place::Payments.list()).and_then(Value::as_array);
    let [row] = rows.map_or(&[][..], Vec::as_slice) else {
        return Err(in_doubt("the answer is not about one payment"));
    };
    let record: Record = serde_json::from_value(row.clone())
        .map_err(|error| in_doubt(format!("the payment cannot be read: {error}")))?;
    let acknowledgement = acknowledgement(voided, &record);
    acknowledgement
        .map(Outcome::Done)
        .ok_or_else(|| in_doubt("the answer does not show it deleted"))
}

/// What it means that a payment was looked for among these rows; none where it is not there.
pub(super) fn found(voided: &Voided, rows: &[Record]) -> Option<Outcome> {
    let row = rows.iter().find(|row| is_it(voided, row))?;
    Some(match acknowledgement(voided, row) {
        Some(acknowledgement) => Outcome::Found(acknowledgement),
        None if row.is_reconciled == Some(true) => Outcome::Refused(refusal(Refusal {
            kind: RefusalKind::Other,
            code: NOT_ASKED.to_owned(),
            message: "the payment was reconciled with a row of the bank".to_owned(),
            hint: String::new(),
        })),
        None => Outcome::Absent,
    })
}

fn is_it(voided: &Voided, row: &Record) -> bool {
    row.payment_id.as_deref() == Some(voided.remote.as_str())
}

/// What the book acknowledges about a payment that is deleted; none where it is not.
fn acknowledgement(voided: &Voided, row: &Record) -> Option<Acknowledgement> {
    let is_deleted = is_it(voided, row) && row.status.as_deref() == Some(DELETED);
    let acknowledgement = Acknowledgement::of(RemoteId::from(row.payment_id.clone()?));
    is_deleted.then(|| Acknowledgement { version: listing::version(row), ..acknowledgement })
}

/// A refusal to take it back, with what is left to do.
pub(super) fn refusal(refusal: Refusal) -> Refusal {
    let hint = "undo its reconciliation in Xero, or delete the payment there, then `saldo retry`; \
                or leave it as it is: `saldo redo` with its number in `saldo runs`";
    Refusal { hint: hint.to_owned(), ..refusal }
}
