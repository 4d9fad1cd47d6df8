//! Taking back by the vendor's own operation, which leaves what was entered in its list with a
//! status that says so: invoices, credit notes and manual journals are voided; payments and money
//! received or spent are deleted, which is the vendor's word for the same. A payment that is
//! deleted opens what it paid. What came to nothing or moved units is left to reversals, except
//! money that was received for items in stock, since money that is spent on them would lay them in
//! as bought. A purchase order of which nothing is expected any more is marked as billed, as a
//! person does it in Xero. A bank transfer the vendor never changes.
//!
//! Each is looked at first. The list says what was reconciled, paid or credited, and what is a
//! draft; the vendor refuses what is of a locked day. A payment cannot be changed, only deleted, so
//! that its version says nothing. All else can be: what a person changed of it is refused, by its
//! content, since a file that is attached changes its version, too.

use super::ask;
use super::compare;
use super::foreign::{Foreign, Moved};
use super::hear::{NOT_ASKED, in_doubt};
use super::listing;
use super::place::Place;
use super::shape::{Form, Shape, shape};
use super::wire::{Record, decimal};
use super::write;
use crate::json;
use saldo_core::book::{
    Acknowledgement, BookContext, Need, Outcome, Refusal, RefusalKind, Subject, Task, Voided,
};
use saldo_core::document::{Document, DocumentKind};
use saldo_core::exchange::{Fault, HttpRequest, Permit};
use saldo_core::ledger::Account;
use saldo_core::text::RemoteId;
use serde_json::{Number, Value, json};

/// The status of a payment, or of money received or spent, that was taken back.
const DELETED: &str = "DELETED";
/// The status of an approved invoice, credit note or manual journal that was taken back.
const VOIDED: &str = "VOIDED";
/// The status of an order of which nothing is expected any more.
const BILLED: &str = "BILLED";

/// Whether the vendor takes a document like this back: then nothing is matched with it that it does
/// not show.
pub(super) fn voids(document: &Document) -> Option<Vec<Account>> {
    let goes = match shape(document) {
        Ok(shape @ (Shape::Payment { .. } | Shape::Order(_))) => !is_reversed(&shape, document),
        Ok(Shape::Money { .. } | Shape::Journal(_)) => true,
        // What comes to nothing counts as paid; units go back by a document of their own.
        Ok(Shape::Claim(form) | Shape::Bill(form)) => !form.total.is_zero() && !moves_units(&form),
        Ok(Shape::Foreign(Foreign { moved, .. })) => matches!(moved, Moved::Money { .. }),
        Ok(Shape::Transfer { .. }) | Err(_) => false,
    };
    goes.then(Vec::new)
}

/// Whether another document can reverse one like this.
pub(super) fn reverses(document: &Document) -> bool {
    shape(document).map_or(true, |shape| is_reversed(&shape, document))
}

fn is_reversed(shape: &Shape<'_>, document: &Document) -> bool {
    match shape {
        Shape::Payment { .. } => {
            !matches!(document.header().kind, DocumentKind::Payment | DocumentKind::BillPayment)
        }
        Shape::Order(_) => false,
        Shape::Money { form, .. } => !moves_units(form),
        _ => true,
    }
}

fn moves_units(form: &Form<'_>) -> bool {
    form.lines.iter().any(|line| line.kept.is_some())
}

/// What must be known to take it back: all but a payment is compared with what stands there.
pub(super) fn needs(voided: &Voided) -> Vec<Need> {
    match shape(&voided.document) {
        Ok(Shape::Payment { .. }) | Err(_) => Vec::new(),
        Ok(shape) => shape.needs(&voided.document),
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

/// What says so: no more than the vendor must be told, which of money is all of it, and of a manual
/// journal its narration.
fn body(voided: &Voided, context: &BookContext) -> Result<Value, Fault> {
    let place = place(voided);
    let id = Some(voided.remote.to_string());
    let status = |status: &str| Some(status.to_owned());
    let entered = || {
        let never = |reason: String| Fault::new(Permit::Never, reason);
        write::record((voided.key, false), &voided.document, None, context).map_err(never)
    };
    let nothing = Record::default();
    let record = match place {
        Place::Payments => return Ok(json!({ "Status": DELETED })),
        Place::PurchaseOrders => {
            Record { purchase_order_id: id, status: status(BILLED), ..nothing }
        }
        Place::Invoices => Record { invoice_id: id, status: status(VOIDED), ..nothing },
        Place::CreditNotes => Record { credit_note_id: id, status: status(VOIDED), ..nothing },
        Place::ManualJournals => {
            let (_, Record { narration, .. }) = entered()?;
            Record { manual_journal_id: id, narration, status: status(VOIDED), ..nothing }
        }
        _ => {
            let (_, record) = entered()?;
            Record { bank_transaction_id: id, status: status(DELETED), ..record }
        }
    };
    Ok(json!({ place.list(): [json::to_json(&record)?] }))
}

/// Where it is by itself.
pub(super) fn path(voided: &Voided) -> String {
    format!("{}/{}", place(voided).name(), voided.remote)
}

/// What became of it, by the vendor's answer.
///
/// # Errors
/// Where the answer does not show it so: nobody knows what became of it.
pub(super) fn became(voided: &Voided, answer: &Value) -> Result<Outcome, Fault> {
    let rows = answer.get(place(voided).list()).and_then(Value::as_array);
    let [row] = rows.map_or(&[][..], Vec::as_slice) else {
        return Err(in_doubt("the answer is not about one of them"));
    };
    let record: Record = serde_json::from_value(row.clone())
        .map_err(|error| in_doubt(format!("what was taken back cannot be read: {error}")))?;
    let acknowledgement = acknowledgement(voided, &record);
    acknowledgement
        .map(Outcome::Done)
        .ok_or_else(|| in_doubt("the answer does not show it deleted or voided"))
}

/// What it means that it was looked for among these rows; none where it is not there. What a person
/// reconciled, settled or changed is left alone, and so is a draft, which is not to be voided.
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
    let kept = if row.is_reconciled == Some(true) {
        Some("it was reconciled with a row of the bank".to_owned())
    } else if row.is_draft() {
        Some("it is a draft, which counts nowhere and is deleted in Xero itself".to_owned())
    } else if is_settled(row) {
        Some("something is paid or credited against it".to_owned())
    } else {
        changed(voided, row, context)?
    };
    Ok(Some(kept.map_or(Outcome::Absent, |message| left_alone(voided, message))))
}

/// What it means that it is nowhere where it was entered. What would be voided may be a draft by
/// now, which the vendor has another word for, so that it is not sent unseen.
pub(super) fn not_found(voided: &Voided) -> Outcome {
    match place(voided) {
        Place::Invoices | Place::CreditNotes | Place::ManualJournals => {
            left_alone(voided, "it is not there under its number and on its day".to_owned())
        }
        _ => Outcome::Absent,
    }
}

fn left_alone(voided: &Voided, message: String) -> Outcome {
    let (kind, code) = (RefusalKind::Other, NOT_ASKED.to_owned());
    Outcome::Refused(refusal(voided, Refusal { kind, code, message, hint: String::new() }))
}

/// Whether anything is paid or credited against an invoice, or a credit note is used up in part.
fn is_settled(row: &Record) -> bool {
    let is_some = |amount: &Option<Number>| {
        amount.as_ref().and_then(decimal).is_some_and(|amount| !amount.is_zero())
    };
    let left = row.remaining_credit.as_ref().and_then(decimal);
    let total = row.total.as_ref().and_then(decimal);
    is_some(&row.amount_paid)
        || is_some(&row.amount_credited)
        || left.zip(total).is_some_and(|(left, total)| left != total)
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

/// What the book acknowledges about what is deleted, voided or closed; none where it is not.
fn acknowledgement(voided: &Voided, row: &Record) -> Option<Acknowledgement> {
    let status = row.status.as_deref();
    let ends = matches!(status, Some(DELETED | VOIDED))
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
        Place::Invoices | Place::CreditNotes | Place::ManualJournals => {
            "take out in Xero what is paid or credited against it, or void or delete it there, \
             then `saldo retry`; or take it back by a reversal: `saldo redo` with its number in \
             `saldo runs`, then `saldo undo` without --void"
        }
        _ => {
            "undo its reconciliation in Xero, or delete it there, then `saldo retry`; or leave it \
             as it is: `saldo redo` with its number in `saldo runs`"
        }
    };
    Refusal { hint: hint.to_owned(), ..refusal }
}
