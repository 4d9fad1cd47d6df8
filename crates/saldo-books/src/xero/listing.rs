//! The documents of some days, or those that changed lately, kind by kind and page by page: ids,
//! versions and numbers.

use super::ask::{self, Query};
use super::chart;
use super::dates;
use super::moved;
use super::names;
use super::place::Place;
use super::wire::Record;
use jiff::civil::Date;
use saldo_core::book::{DocumentPage, HeldDocument};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::text::RemoteId;
use serde_json::Value;

/// The bank transactions that bank transfers make, which are no documents of their own.
const OF_TRANSFERS: [&str; 2] = ["RECEIVE-TRANSFER", "SPEND-TRANSFER"];

/// What asks for a page, and where.
///
/// # Errors
/// Where the page is none of ours.
pub(super) fn query(from: Date, until: Date, page: Option<&str>) -> Result<(Place, Query), Fault> {
    let (place, number) = chart::position(page, &Place::OF_DOCUMENTS)?;
    let mut query = match place {
        // Orders take no conditions.
        Place::PurchaseOrders => of_days(from, until),
        _ => {
            let (from, until) = (dates::literal(from), dates::literal(until));
            vec![("where", format!("Date >= {from} AND Date <= {until}"))]
        }
    };
    query.extend(ask::pages(place, number));
    Ok((place, query))
}

/// What asks for the orders of some days.
fn of_days(from: Date, until: Date) -> Query {
    vec![("DateFrom", from.to_string()), ("DateTo", until.to_string())]
}

/// What the answer to a page means.
///
/// # Errors
/// Where a row cannot be read.
pub(super) fn page(page: Option<&str>, answer: &Value) -> Result<DocumentPage, Fault> {
    let (place, number) = chart::position(page, &Place::OF_DOCUMENTS)?;
    let rows = chart::rows(place, answer)?;
    let next = chart::next(place, number, rows.len(), &Place::OF_DOCUMENTS);
    let mut listing = DocumentPage { next, ..DocumentPage::default() };
    for row in rows {
        let unreadable = |reason| unreadable(place, reason);
        let record = record(place, row)?;
        let held = held(place, &record)?;
        listing.documents.extend(Some(held).filter(|_| counts(&record)));
        listing.moved.extend(moved::moved(place, &record).map_err(unreadable)?);
        listing.sides.extend(moved::sides(&record));
    }
    Ok(listing)
}

/// What the answer to a page of changes means. What does not count any more has no version.
///
/// # Errors
/// Where a row cannot be read.
pub(super) fn changes(page: Option<&str>, answer: &Value) -> Result<DocumentPage, Fault> {
    let (place, number) = chart::position(page, &Place::OF_CHANGES)?;
    let rows = chart::rows(place, answer)?;
    let next = chart::next(place, number, rows.len(), &Place::OF_CHANGES);
    let changed = |row: &Value| {
        let record = record(place, row)?;
        let held = held(place, &record)?;
        Ok(HeldDocument { version: held.version.filter(|_| counts(&record)), ..held })
    };
    let documents = rows.iter().map(changed).collect::<Result<_, Fault>>()?;
    Ok(DocumentPage { documents, next, ..DocumentPage::default() })
}

/// Whether a document counts: neither deleted nor voided, nor a part of another.
pub(super) fn counts(record: &Record) -> bool {
    let status = record.status.as_deref().unwrap_or_default();
    let kind = record.r#type.as_deref().unwrap_or_default();
    !matches!(status, "DELETED" | "VOIDED") && !OF_TRANSFERS.contains(&kind)
}

/// The version of a document: when it last changed. A bank transfer never changes.
pub(super) fn version(record: &Record) -> Option<String> {
    record.updated.clone().or_else(|| record.bank_transfer_id.clone())
}

fn unreadable(place: Place, reason: String) -> Fault {
    Fault::new(Permit::Never, format!("a row of {} cannot be read: {reason}", place.name()))
}

fn record(place: Place, row: &Value) -> Result<Record, Fault> {
    serde_json::from_value(row.clone()).map_err(|error| unreadable(place, error.to_string()))
}

fn held(place: Place, record: &Record) -> Result<HeldDocument, Fault> {
    let id = record.id().ok_or_else(|| unreadable(place, "it has no id".to_owned()))?;
    let said = match place {
        Place::Invoices => numbered(record.invoice_number.as_deref()),
        Place::CreditNotes => numbered(record.credit_note_number.as_deref()),
        Place::ManualJournals => marked(record.narration.as_deref()),
        Place::PurchaseOrders => record.purchase_order_number.clone(),
        _ => marked(record.reference.as_deref()),
    };
    Ok(HeldDocument {
        remote: RemoteId::from(id),
        number: said.filter(|number| !number.is_empty()),
        version: version(record),
    })
}

/// The number of an invoice or credit note; where it bears a mark, the key.
fn numbered(number: Option<&str>) -> Option<String> {
    marked(number).or_else(|| number.map(str::to_owned))
}

fn marked(text: Option<&str>) -> Option<String> {
    names::marked(text?).map(|key| key.to_string())
}
