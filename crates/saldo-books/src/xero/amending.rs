//! Amending: the whole document once more, by its id, with other words, another day due or other
//! tracking.
//!
//! The vendor replaces lines as a whole, so all are sent, each with its tax and its own id, so that
//! it stays the same line. It knows no version that an update could name: what stands there is read
//! before, and amended only where it is as it was entered. The ids of its lines are what that
//! reading gives in place of a version. What was paid, credited or reconciled it changes no more,
//! whatever of it.

use super::compare;
use super::dates;
use super::listing;
use super::place::Place;
use super::shape::{FormLine, Shape, shape};
use super::tracking;
use super::wire::{Line, Record, decimal, is_id};
use super::write::{self, Body};
use saldo_core::book::{Acknowledgement, BookContext, Outcome, Refusal, RefusalKind, Subject};
use saldo_core::document::{Document, DocumentKey, DocumentKind};
use saldo_core::text::RemoteId;
use std::collections::BTreeSet;

/// The kinds of documents that are amended: those that become invoices, credit notes, money
/// received or spent, or manual journals. Transfers and payments the vendor never changes.
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

/// What to do about what the vendor changes no more.
const HINT: &str = "the next plan does without: other tracking is entered by a reversal and a new \
                    document, other words stay as they are";

/// Whether the vendor can be told all in which a document that stands there is to differ, and
/// shows any of it. What moves units of stock would be valued anew by new lines, and what is in
/// another currency converted anew.
pub(super) fn amends(before: &Document, wanted: &Document) -> bool {
    let (Ok(stands), Ok(shall)) = (shape(before), shape(wanted)) else { return false };
    let counts = |document: &Document| document.lines().iter().any(|it| it.kind.kept().is_some());
    let is_apt = match &stands {
        // Over nothing it counts as paid from the beginning.
        Shape::Claim(form) | Shape::Bill(form) => !form.total.is_zero(),
        Shape::Money { .. } | Shape::Journal(_) => true,
        _ => false,
    };
    is_apt
        && Place::of_shape(&stands) == Place::of_shape(&shall)
        && !counts(before)
        && shows(before, &stands) != shows(wanted, &shall)
}

/// What the vendor shows of what may be amended: the words, the day due, and of each line its text
/// and what it stands for.
fn shows(document: &Document, shape: &Shape<'_>) -> (String, Option<String>, Vec<String>) {
    let header = document.header();
    let words = match shape {
        Shape::Journal(_) => write::narration(header),
        _ => &header.reference,
    };
    let due = (Place::of_shape(shape) == Place::Invoices).then(|| write::due_date(header));
    let lines = match shape {
        Shape::Journal(lines) => lines,
        shape => shape.form().map_or(&[][..], |form| &form.lines),
    };
    let of_line = |line: &FormLine<'_>| {
        let dimensions: Vec<_> = line.dimensions.iter().collect();
        format!("{} {dimensions:?}", line.text)
    };
    (words.to_owned(), due, lines.iter().map(of_line).collect())
}

/// What amends a document.
///
/// # Errors
/// In words, where it cannot be told so, or it is not known which document it is.
pub(super) fn body(subject: &Subject, context: &BookContext) -> Result<Body, String> {
    let Subject::Amended { key, document, version, .. } = subject else {
        return Err("it is no amendment".to_owned());
    };
    let bound = context.bindings.document(*key).map(RemoteId::to_string);
    let bound = Some(bound.ok_or_else(|| format!("the document {key} is not bound"))?);
    let (place, mut record) = write::record((*key, false), document, None, context)?;
    name_lines(&mut record.line_items, version.as_deref().unwrap_or_default());
    let record = match place {
        Place::Invoices => Record { invoice_id: bound, ..record },
        Place::CreditNotes => Record { credit_note_id: bound, ..record },
        Place::BankTransactions => Record { bank_transaction_id: bound, ..record },
        Place::ManualJournals => Record { manual_journal_id: bound, ..record },
        other => return Err(format!("nothing of {} is amended in Xero", other.name())),
    };
    write::json(place, &record)
}

/// What it means for an amendment, from the first to the second, that these rows carry its key;
/// none where there are none.
///
/// # Errors
/// In words, where one of the two cannot be said in Xero.
pub(super) fn found(
    key: DocumentKey,
    (before, document): (&Document, &Document),
    rows: &[&Record],
    context: &BookContext,
) -> Result<Option<Outcome>, String> {
    let Some(row) = rows.first() else { return Ok(None) };
    if rows.len() > 1 {
        let acknowledgement = Acknowledgement::of(RemoteId::from(row.id().unwrap_or_default()));
        let difference = format!("it stands there {} times", rows.len());
        return Ok(Some(Outcome::FoundDifferent { acknowledgement, difference }));
    }
    let (acknowledgement, differs) = differences(key, document, row, context)?;
    if differs.is_empty() {
        return Ok(Some(Outcome::Found(acknowledgement)));
    }
    let (acknowledgement, differs) = differences(key, before, row, context)?;
    let (_, sent) = write::record((key, false), before, None, context)?;
    Ok(Some(match differs.is_empty() {
        true => Outcome::AsBefore(Acknowledgement {
            version: ids_of_lines(&sent, row).or(acknowledgement.version),
            ..acknowledgement
        }),
        false => {
            let difference = differs.join("; ");
            Outcome::FoundDifferent { acknowledgement, difference }
        }
    }))
}

/// The ids of the lines of what stands there, in the order in which they were sent; none where a
/// line has none, or is not among them.
fn ids_of_lines(sent: &Record, held: &Record) -> Option<String> {
    let held = tracking::by_ids(sent, held);
    let mut held: Vec<&Line> = held.line_items.iter().collect();
    let id_of = |line: &Line| {
        let place = held.iter().position(|it| says(it) == says(line))?;
        held.remove(place).line_item_id.clone().filter(|id| is_id(id))
    };
    let ids: Option<Vec<String>> = sent.line_items.iter().map(id_of).collect();
    ids.filter(|ids| !ids.is_empty()).map(|ids| ids.join(" "))
}

/// Gives lines the ids that they have there, where these are known. They are as many, and in the
/// same order: nothing that carries money differs between what stands and what shall be.
fn name_lines(lines: &mut [Line], ids: &str) {
    let ids: Vec<&str> = ids.split(' ').collect();
    if ids.len() == lines.len() && ids.iter().all(|id| is_id(id)) {
        for (line, id) in lines.iter_mut().zip(ids) {
            line.line_item_id = Some(id.to_owned());
        }
    }
}

/// A refusal of the vendor's own to amend something, with what is done about it.
pub(super) fn refused(refusal: Refusal) -> Refusal {
    match refusal.kind {
        RefusalKind::Fixed => Refusal { hint: HINT.to_owned(), ..refusal },
        _ => refusal,
    }
}

/// In what a row differs from a document as it is entered, words and tracking included.
fn differences(
    key: DocumentKey,
    document: &Document,
    row: &Record,
    context: &BookContext,
) -> Result<(Acknowledgement, Vec<String>), String> {
    let (place, sent) = write::record((key, false), document, None, context)?;
    let (acknowledgement, mut differences) =
        compare::held(place, document, &sent, row, context.currency);
    if row.is_draft() {
        differences.push("it is a draft".to_owned());
    }
    differences.extend(words(place, &sent, row));
    let acknowledgement = Acknowledgement { version: listing::version(row), ..acknowledgement };
    Ok((acknowledgement, differences))
}

/// The words, day due and tracking that differ: also where none were sent, since an amendment would
/// write over what somebody gave.
fn words(place: Place, sent: &Record, row: &Record) -> Vec<String> {
    let row = &tracking::by_ids(sent, row);
    let mut differences = Vec::new();
    let mut compare = |what: &str, sent: Option<&str>, held: Option<&str>| {
        let told = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let (sent, held) = (told(sent), told(held));
        if sent != held {
            differences.push(format!("{what}: sent `{sent}`, held `{held}`"));
        }
    };
    let number = |it: &Record| it.invoice_number.clone().or_else(|| it.credit_note_number.clone());
    // A supplier's document says in its number what others say in their reference.
    match (place, &sent.reference) {
        (Place::ManualJournals, _) => {
            compare("narration", sent.narration.as_deref(), row.narration.as_deref());
        }
        (Place::BankTransactions, _) | (_, Some(_)) => {
            compare("reference", sent.reference.as_deref(), row.reference.as_deref());
        }
        (_, None) => compare("number", number(sent).as_deref(), number(row).as_deref()),
    }
    if place == Place::Invoices {
        let day = |text: &String| dates::day(text).map_or(text.clone(), |day| day.to_string());
        let held = row.due_date.as_ref().map(day);
        compare("due", sent.due_date.as_deref(), held.as_deref());
    }
    let lines = |record: &Record| -> BTreeSet<String> {
        record.line_items.iter().chain(&record.journal_lines).map(says).collect()
    };
    let (sent, held) = (lines(sent), lines(row));
    if sent != held {
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
            one.difference(other).cloned().collect::<Vec<_>>().join(", ")
        };
        let (sent, held) = (only(&sent, &held), only(&held, &sent));
        differences.push(format!("lines: sent {sent}, held {held}"));
    }
    differences
}

/// What a line says, with the account and the amount by which it is told from others.
fn says(line: &Line) -> String {
    let text = line.description.as_deref().unwrap_or_default();
    let account = line.account_code.as_ref().or(line.account_id.as_ref());
    let amount = line.line_amount.as_ref().and_then(decimal).unwrap_or_default().normalize();
    let mut options: Vec<&str> =
        line.tracking.iter().filter_map(|it| it.option_id.as_deref()).collect();
    options.sort_unstable();
    let account = account.map_or("no account", String::as_str);
    format!("`{text}` {amount} on {account} in {options:?}")
}
