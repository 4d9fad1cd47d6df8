//! Amending: a request that changes what stands there (`…Mod`) in what carries no money: words, the
//! day by which it is due, classes.
//!
//! What the request does not name stays as it is, but that lines which it leaves out are deleted:
//! so where one line is to say something else, all of them are named by the ids that QuickBooks
//! gave them. These are read by a look-up, which also compares what stands there with what stood.
//! The request names the version that it changes, and any other is refused.

use super::compare;
use super::names;
use super::shape::{FormLine, PostingLine, Shape, shape};
use super::wire::Kind;
use super::write::{self, Body};
use super::xml::{self, Element};
use jiff::civil::Date;
use quick_xml::escape::escape;
use saldo_core::book::{Acknowledgement, BookContext, Outcome, Refusal, RefusalKind, Subject};
use saldo_core::document::{Document, DocumentKey, DocumentKind};
use saldo_core::text::RemoteId;

/// The kinds of documents that become transactions which can be amended.
pub(super) const KINDS: &[DocumentKind] = &[
    DocumentKind::SalesReceipt,
    DocumentKind::Invoice,
    DocumentKind::RefundReceipt,
    DocumentKind::CreditMemo,
    DocumentKind::Expense,
    DocumentKind::Bill,
    DocumentKind::VendorCredit,
    DocumentKind::JournalEntry,
];

/// What is done in place of a change where the ids of the lines are not known.
const LOOK: &str = "Query";
/// The code of a refusal that is ours.
const NOT_LOOKED_AT: &str = "saldo";
/// Fields of a transaction as a whole that are amended.
const OF_ALL: [&str; 3] = ["TermsRef", "DueDate", "Memo"];
/// What a line points at, so that it is told from another.
const TARGETS: [&str; 2] = ["ItemRef", "AccountRef"];

/// What a transaction shows of what may be amended.
#[derive(Debug, PartialEq, Eq)]
struct Words<'a> {
    kind: Kind,
    memo: String,
    due: Option<Date>,
    /// What each line says, and its class.
    lines: Vec<LineWords<'a>>,
}

/// What a line says, and its class.
type LineWords<'a> = (String, Option<&'a str>);

/// What a document shows there; none of one that is not amended: what moves units would be valued
/// anew, and what is in another currency be worth something else.
fn words(document: &Document) -> Option<Words<'_>> {
    let shape = shape(document).ok()?;
    let header = document.header();
    let mut lines = match &shape {
        Shape::Form(form) => of_form(&form.lines)?,
        Shape::Check { lines, .. } | Shape::Journal(lines) => of_postings(lines)?,
        Shape::Card(charge) => of_postings(&charge.lines)?,
        Shape::Bill(bill) if !bill.kind.is_of_stock() => of_postings(&bill.lines)?,
        _ => return None,
    };
    if let (Shape::Journal(_), Some(first)) = (&shape, lines.first_mut()) {
        // It carries the memo of the whole.
        first.0.clear();
    }
    let kind = shape.kind();
    let due = matches!(kind, Kind::Invoice | Kind::Bill).then_some(header.due).flatten();
    // What is due before its day is due on it.
    let due = due.filter(|day| *day > header.date);
    Some(Words { kind, memo: names::text(&header.memo, names::TEXT), due, lines })
}

fn of_form<'a>(lines: &[FormLine<'a>]) -> Option<Vec<LineWords<'a>>> {
    let line = |line: &FormLine<'a>| {
        let words = (names::text(line.text, names::TEXT), line.class);
        line.kept.is_none().then_some(words)
    };
    lines.iter().map(line).collect()
}

fn of_postings<'a>(lines: &[PostingLine<'a>]) -> Option<Vec<LineWords<'a>>> {
    let line = |line: &PostingLine<'a>| {
        let words = (names::text(line.text, names::TEXT), line.class);
        line.stocked.is_none().then_some(words)
    };
    lines.iter().map(line).collect()
}

/// Whether a transaction as it stands can be told all in which it is to differ, and shows any of
/// it. A text or a class that is to go cannot be told.
pub(super) fn amends(before: &Document, wanted: &Document) -> bool {
    let (Some(one), Some(other)) = (words(before), words(wanted)) else { return false };
    let goes = |(one, other): (&LineWords<'_>, &LineWords<'_>)| {
        !one.0.is_empty() && other.0.is_empty() || one.1.is_some() && other.1.is_none()
    };
    one.kind == other.kind
        && one.lines.len() == other.lines.len()
        && !one.lines.iter().zip(&other.lines).any(goes)
        && one != other
}

/// What amends a transaction; where lines are to differ whose ids are not known, what reads it.
///
/// # Errors
/// In words, where it is not known which transaction it is, or what is bound is not all of it.
pub(super) fn body(subject: &Subject, context: &BookContext) -> Result<Body, String> {
    let Subject::Amended { key, document, before, version } = subject else {
        return Err("it is no amendment".to_owned());
    };
    let remote = context.bindings.document(*key);
    let remote = remote.ok_or_else(|| format!("the document {key} is not bound"))?;
    let version = version.as_ref().ok_or("its version in the book is not known")?;
    let mut version = version.split(' ');
    let (sequence, ids) = (version.next().unwrap_or_default(), version.collect::<Vec<_>>());
    let ((name, stood), (_, shall)) =
        (sent(*key, before, context)?, sent(*key, document, context)?);
    let (was, is) = (lines(&stood), lines(&shall));
    if was.len() != is.len() {
        return Err("it has other lines than it had".to_owned());
    }
    let differs = |(was, is): (&&Element, &&Element)| line_words(was) != line_words(is);
    let with_lines = was.iter().zip(&is).any(differs);
    if with_lines && ids.len() != is.len() {
        return Ok(Body { name, verb: LOOK, xml: leaf("TxnID", remote.as_str()) });
    }
    let mut xml = leaf("TxnID", remote.as_str()) + &leaf("EditSequence", sequence);
    for field in shall.children.iter().filter(|field| OF_ALL.contains(&field.name.as_str())) {
        if stood.child(&field.name) != Some(field) {
            xml.push_str(&written(field));
        }
    }
    if with_lines {
        let of_lines = was.iter().zip(&is).zip(ids).map(|((was, is), id)| amended(was, is, id));
        xml.extend(of_lines);
    }
    Ok(Body { name, verb: "Mod", xml: format!("<{name}Mod>{xml}</{name}Mod>") })
}

/// A line: its id, and what is to differ.
fn amended(was: &Element, is: &Element, id: &str) -> String {
    let name = match is.name.strip_suffix("Add") {
        Some(stem) => format!("{stem}Mod"),
        None => "JournalLineMod".to_owned(),
    };
    let mut xml = leaf("TxnLineID", id);
    for field in ["Desc", "Memo", "ClassRef"] {
        if let Some(wanted) = is.child(field)
            && was.child(field) != Some(wanted)
        {
            xml.push_str(&written(wanted));
        }
    }
    format!("<{name}>{xml}</{name}>")
}

fn leaf(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// A text, or a reference by its id.
fn written(field: &Element) -> String {
    match field.text(["ListID"]) {
        Some(id) => format!("<{0}>{1}</{0}>", field.name, leaf("ListID", id)),
        None => leaf(&field.name, field.text([]).unwrap_or_default()),
    }
}

/// A document as it is entered, and what the transaction is called.
fn sent(
    key: DocumentKey,
    document: &Document,
    context: &BookContext,
) -> Result<(&'static str, Element), String> {
    let sent = write::transaction((key, document, None), false, context)?;
    Ok((sent.name, xml::read(sent.xml.as_bytes())?))
}

/// The lines of a transaction that is sent or shown.
fn lines(transaction: &Element) -> Vec<&Element> {
    let is_line = |it: &&Element| {
        let name = it.name.trim_end_matches("Add").trim_end_matches("Ret");
        name.ends_with("Line")
    };
    transaction.children.iter().filter(is_line).collect()
}

/// What a line says, and its class.
fn line_words(line: &Element) -> (Option<&str>, Option<&str>) {
    (line.text(["Desc"]).or_else(|| line.text(["Memo"])), line.text(["ClassRef", "ListID"]))
}

/// Whether the answer to this is no more than what was to be known before.
pub(super) fn is_look(body: &Body) -> bool {
    body.verb == LOOK
}

/// The refusal to amend what was not looked at.
pub(super) fn not_looked_at() -> Refusal {
    Refusal {
        kind: RefusalKind::Stale,
        code: NOT_LOOKED_AT.to_owned(),
        message: "the ids of its lines are not known yet".to_owned(),
        hint: "it is looked at first, and then amended".to_owned(),
    }
}

/// What it means for an amendment, from the first to the second, that these rows carry its key. As
/// it was before, it is shown with the ids of its lines behind its version.
pub(super) fn found(
    key: DocumentKey,
    (before, document): (&Document, &Document),
    rows: &[&Element],
    context: &BookContext,
) -> Outcome {
    let Some(row) = rows.first() else { return Outcome::Absent };
    let different = |acknowledgement, differences: Vec<String>| {
        let difference = differences.join("; ");
        Outcome::FoundDifferent { acknowledgement, difference }
    };
    let unread = || Acknowledgement {
        version: row.text(["EditSequence"]).map(str::to_owned),
        ..Acknowledgement::of(RemoteId::from(row.text(["TxnID"]).unwrap_or_default()))
    };
    if rows.len() > 1 {
        return different(unread(), vec![format!("it stands there {} times", rows.len())]);
    }
    match differences(key, document, row, context) {
        Ok((acknowledgement, none)) if none.is_empty() => return Outcome::Found(acknowledgement),
        _ => {}
    }
    match differences(key, before, row, context) {
        Ok((acknowledgement, none)) if none.is_empty() => {
            let ids = lines(row).into_iter().filter_map(|line| line.text(["TxnLineID"]));
            let parts: Vec<&str> =
                acknowledgement.version.as_deref().into_iter().chain(ids).collect();
            let version = Some(parts.join(" "));
            Outcome::AsBefore(Acknowledgement { version, ..acknowledgement })
        }
        Ok((acknowledgement, some)) => different(acknowledgement, some),
        Err(reason) => different(unread(), vec![reason]),
    }
}

/// In what a row differs from a document as it is entered, words and classes included.
fn differences(
    key: DocumentKey,
    document: &Document,
    row: &Element,
    context: &BookContext,
) -> Result<(Acknowledgement, Vec<String>), String> {
    let kind = shape(document)?.kind();
    let body = write::transaction((key, document, None), false, context)?;
    let sent = xml::read(body.xml.as_bytes())?;
    let (acknowledgement, mut differences) = compare::held(kind, document, &body, row)?;
    let mut compare = |what: &str, sent: Option<&str>, held: Option<&str>| {
        let (sent, held) = (sent.unwrap_or("nothing"), held.unwrap_or("nothing"));
        if sent != held {
            differences.push(format!("{what}: sent {sent}, held {held}"));
        }
    };
    compare("memo", sent.text(["Memo"]), row.text(["Memo"]));
    if let Some(due) = sent.text(["DueDate"]) {
        compare("due", Some(due), row.text(["DueDate"]));
    }
    let (ours, held) = (lines(&sent), lines(row));
    if ours.len() != held.len() {
        compare("lines", Some(&ours.len().to_string()), Some(&held.len().to_string()));
    }
    let target = |line: &Element| {
        TARGETS.iter().find_map(|name| line.text([name, "ListID"])).map(str::to_owned)
    };
    for (number, (ours, held)) in ours.into_iter().zip(held).enumerate() {
        let number = number + 1;
        let ((text, class), (held_text, held_class)) = (line_words(ours), line_words(held));
        let (one, other) = (target(ours), target(held));
        compare(&format!("target of line {number}"), one.as_deref(), other.as_deref());
        compare(&format!("text of line {number}"), text, held_text);
        compare(&format!("class of line {number}"), class, held_class);
    }
    Ok((acknowledgement, differences))
}
