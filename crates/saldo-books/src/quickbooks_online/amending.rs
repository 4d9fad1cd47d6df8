//! Amending: a sparse update of what carries no money.
//!
//! The vendor changes the fields that are named and leaves the others, but that lines are replaced
//! as a whole; so they are sent as they were entered, with the tax that belongs to them. It refuses
//! any version but the latest. The version counts up whenever somebody changes the form, and also
//! when a payment is applied to it or a file is attached: then what the book shows is compared with
//! what stood there, and the form is amended in its new version only if nothing else differs.

use super::compare;
use super::operation::{Body, Operation};
use super::shape::{Shape, shape};
use super::wire::{Entity, Transaction};
use super::write;
use crate::json;
use saldo_core::book::{Acknowledgement, BookContext, Outcome, Subject};
use saldo_core::document::{Document, DocumentKey, DocumentKind};
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::BTreeSet;

/// The kinds of documents that are amended: those whose forms the vendor documents sparse updates
/// of, or that it enters as such forms.
pub(super) const KINDS: &[DocumentKind] = &[
    DocumentKind::SalesReceipt,
    DocumentKind::Invoice,
    DocumentKind::RefundReceipt,
    DocumentKind::CreditMemo,
    DocumentKind::Expense,
    DocumentKind::JournalEntry,
    DocumentKind::Bill,
    DocumentKind::VendorCredit,
];

/// What lines bring along where they are replaced.
const OF_LINES: [&str; 3] = ["Line", "TxnTaxDetail", "GlobalTaxCalculation"];
/// What the vendor wants repeated in an update, unchanged: of purchases, and of what suppliers
/// charge and credit.
const REPEATED: [&str; 3] = ["PaymentType", "AccountRef", "VendorRef"];

/// Whether a form as it stands can be told all in which it is to differ, and shows any of it.
///
/// An update cannot empty a location; and what leaves stock or comes in would be valued anew by
/// replacing its lines.
pub(super) fn amends(before: &Document, wanted: &Document) -> bool {
    let (Ok(stands), Ok(shall)) = (shape(before), shape(wanted)) else { return false };
    let counts = |document: &Document| document.lines().iter().any(|it| it.kind.kept().is_some());
    if stands.entity() != shall.entity() || counts(before) {
        return false;
    }
    let (was, is) = match (&stands, &shall) {
        (Shape::Form(one), Shape::Form(other)) => (one.location, other.location),
        (Shape::Bill(one), Shape::Bill(other)) => (one.location, other.location),
        (Shape::Purchase { location: one, .. }, Shape::Purchase { location: other, .. }) => {
            (*one, *other)
        }
        (Shape::Journal(_), Shape::Journal(_)) => (None, None),
        _ => return false,
    };
    (was.is_none() || is.is_some()) && shows(before) != shows(wanted)
}

/// What a form shows of what may be amended.
fn shows(document: &Document) -> (&str, Option<String>, Vec<String>) {
    let header = document.header();
    let due = matches!(header.kind, DocumentKind::Invoice | DocumentKind::Bill);
    // What is due before its day is due on it.
    let due = header.due.filter(|day| due && *day > header.date).map(|day| day.to_string());
    let of_line = |line: &saldo_core::document::Line| {
        let dimensions: Vec<_> = line.dimensions.iter().collect();
        format!("{} {dimensions:?}", line.text)
    };
    (&header.memo, due, document.lines().iter().map(of_line).collect())
}

/// What amends a form.
///
/// # Errors
/// In words, where it cannot be told so, or it is not known which form it is.
pub(super) fn body(subject: &Subject, context: &BookContext) -> Result<Body, String> {
    let Subject::Amended { key, document, before, version } = subject else {
        return Err("it is no amendment".to_owned());
    };
    let remote = context.bindings.document(*key);
    let remote = remote.ok_or_else(|| format!("the document {key} is not bound"))?;
    let version = version.as_ref().ok_or("its version in the book is not known")?;
    let (entity, stood) = write::transaction(*key, before, None, context)?;
    let (_, shall) = write::transaction(*key, document, None, context)?;
    let (stood, shall) = (fields(&stood)?, fields(&shall)?);
    let (Value::Object(stood), Value::Object(shall)) = (stood, shall) else {
        return Err("a form is no object".to_owned());
    };
    if let Some(name) = stood.keys().find(|name| !shall.contains_key(*name)) {
        return Err(format!("an update cannot empty `{name}`"));
    }
    let with_lines = stood.get("Line") != shall.get("Line");
    let is_sent = |name: &str, value: &Value| {
        stood.get(name) != Some(value)
            || REPEATED.contains(&name)
            || with_lines && OF_LINES.contains(&name)
    };
    let mut json = serde_json::Map::new();
    json.insert("Id".to_owned(), remote.as_str().into());
    json.insert("SyncToken".to_owned(), version.as_str().into());
    json.insert("sparse".to_owned(), true.into());
    json.extend(shall.into_iter().filter(|(name, value)| is_sent(name, value)));
    Ok(Body { entity, operation: Operation::Amend, json: Value::Object(json) })
}

fn fields(transaction: &Transaction) -> Result<Value, String> {
    json::to_json(transaction).map_err(|fault| fault.message)
}

/// What it means for an amendment, from the first to the second, that these rows carry its key.
pub(super) fn found(
    key: DocumentKey,
    (before, document): (&Document, &Document),
    rows: &[&Transaction],
    context: &BookContext,
) -> Outcome {
    let Some(row) = rows.first() else { return Outcome::Absent };
    let different = |acknowledgement, differences: Vec<String>| {
        let difference = differences.join("; ");
        Outcome::FoundDifferent { acknowledgement, difference }
    };
    let unread = || Acknowledgement {
        version: row.sync_token.clone(),
        ..Acknowledgement::of(RemoteId::from(row.id.clone().unwrap_or_default()))
    };
    if rows.len() > 1 {
        return different(unread(), vec![format!("it stands there {} times", rows.len())]);
    }
    match differences(key, document, row, context) {
        Ok((acknowledgement, none)) if none.is_empty() => return Outcome::Found(acknowledgement),
        _ => {}
    }
    match differences(key, before, row, context) {
        Ok((acknowledgement, none)) if none.is_empty() => Outcome::AsBefore(acknowledgement),
        Ok((acknowledgement, some)) => different(acknowledgement, some),
        Err(reason) => different(unread(), vec![reason]),
    }
}

/// In what a row differs from a document as it is entered, words and dimensions included.
fn differences(
    key: DocumentKey,
    document: &Document,
    row: &Transaction,
    context: &BookContext,
) -> Result<(Acknowledgement, Vec<String>), String> {
    let (entity, sent) = write::transaction(key, document, None, context)?;
    let (acknowledgement, mut differences) =
        compare::held(entity, (key, document), &sent, row, context.currency);
    differences.extend(words(entity, &sent, row));
    Ok((acknowledgement, differences))
}

/// The words and dimensions that differ: also where none were sent, since an amendment would write
/// over what somebody gave.
fn words(entity: Entity, sent: &Transaction, row: &Transaction) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, sent: Option<&str>, held: Option<&str>| {
        let (sent, held) = (sent.unwrap_or("nothing"), held.unwrap_or("nothing"));
        if sent != held {
            differences.push(format!("{what}: sent {sent}, held {held}"));
        }
    };
    compare("note", sent.private_note.as_deref(), row.private_note.as_deref());
    let location = |it: &Transaction| it.department_ref.as_ref().map(|it| it.value.clone());
    compare("location", location(sent).as_deref(), location(row).as_deref());
    if matches!(entity, Entity::Invoice | Entity::Bill) {
        compare("due", sent.due_date.as_deref(), row.due_date.as_deref());
    }
    let of_lines = |transaction: &Transaction| -> BTreeSet<String> {
        let lines = transaction.line.iter().filter(|line| compare::points(line));
        lines.map(compare::says).collect()
    };
    let (sent, held) = (of_lines(sent), of_lines(row));
    if sent != held {
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other).cloned().collect::<Vec<_>>().join(", ")
        };
        let (sent, held) = (only(&sent, &held), only(&held, &sent));
        differences.push(format!("lines: sent {sent}, held {held}"));
    }
    differences
}
