//! Looking things up: documents by number or reference, then by day and mark, everything else by
//! name.
//!
//! One request asks one place, so what is looked for elsewhere is answered with where it goes on.
//! Only customers' invoices and credit notes have numbers that nobody can change unseen. Everything
//! else is absent only after all of its day were read, page by page, and none carries its mark.
//! Amounts are not asked for: what the vendor or a person changed must be found as well.

use super::amending;
use super::ask::{self, Query};
use super::chart::{self, ROWS};
use super::compare;
use super::dates;
use super::listing;
use super::names;
use super::place::Place;
use super::shape::{Shape, shape};
use super::tracking;
use super::voiding;
use super::wire::{AccountReference, Entry, Record};
use super::write;
use saldo_core::book::{Acknowledgement, BookContext, Item, Need, Outcome, Subject};
use saldo_core::document::{Document, DocumentKey, Party};
use saldo_core::exchange::{Fault, HttpAnswer, Permit};
use saldo_core::ledger::Account;
use saldo_core::money::Currency;
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::BTreeSet;

/// The page at which a look-up by name or number begins.
const NAMED: &str = "named";

/// A look-up, and how far it has come.
pub(super) struct LookUp<'a> {
    subject: &'a Subject,
    /// Where it is looked for; none for what this book cannot hold.
    place: Option<Place>,
    rows: Rows,
}

/// Which rows of a place are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// Those of certain names, numbers or references.
    Named,
    /// Those of suppliers, of certain numbers that bear marks.
    Marked,
    /// This page of those of the document's day.
    OfDay(usize),
}

impl<'a> LookUp<'a> {
    /// A look-up that goes on at a page.
    ///
    /// # Errors
    /// Where the page is none of ours.
    pub(super) fn new(subject: &'a Subject, page: Option<&str>) -> Result<Self, Fault> {
        let place = Place::of(subject);
        let rows = match page {
            // A narration cannot be asked for: its mark stands among other words.
            None if place == Some(Place::ManualJournals) => Rows::OfDay(1),
            // What it is called may have been amended already: of all of its day its mark tells it.
            None if matches!(subject, Subject::Amended { .. }) && !is_numbered(subject) => {
                Rows::OfDay(1)
            }
            None | Some(NAMED) if is_of_a_supplier(subject) => Rows::Marked,
            None | Some(NAMED) => Rows::Named,
            Some(number) => Rows::OfDay(number.parse().map_err(|_| {
                Fault::new(Permit::Never, format!("`{number}` is no page of a day"))
            })?),
        };
        Ok(Self { subject, place, rows })
    }

    /// Whether one request asks for both. An order is asked for by itself.
    fn is_asked_with(&self, first: &Self) -> bool {
        self.place == first.place
            && self.rows == first.rows
            && (self.place != Some(Place::PurchaseOrders) || self.number() == first.number())
    }

    /// The number that it is looked for by.
    fn number(&self) -> Option<DocumentKey> {
        match self.subject {
            Subject::Document { voids: Some(voided), .. } => Some(voided.key),
            Subject::Document { key, .. }
            | Subject::Confirmed { key, .. }
            | Subject::Amended { key, .. } => Some(*key),
            Subject::Need(_) | Subject::Attached { .. } => None,
        }
    }

    /// The page at which it begins or goes on.
    fn page(&self) -> String {
        match self.rows {
            Rows::Named | Rows::Marked => NAMED.to_owned(),
            Rows::OfDay(number) => number.to_string(),
        }
    }

    /// What a filter says of it.
    fn condition(&self) -> Option<String> {
        match self.subject {
            // It stands at the address of its number.
            _ if self.place == Some(Place::PurchaseOrders) => None,
            Subject::Need(Need::Account(account) | Need::ForeignAccount { account, .. }) => {
                Some(format!("Name == {}", literal(&names::account(&account.name))))
            }
            Subject::Need(Need::Item(item)) => any("Code", &names::item(item)),
            Subject::Need(Need::Party(party)) => any("Name", &names::party(party)),
            // Few as they are, all categories are read, with their options.
            Subject::Need(
                Need::TaxRate(_) | Need::Dimension(_) | Need::Value { .. } | Need::Listed(_),
            ) => None,
            // Files are listed at their documents.
            Subject::Attached { .. } => None,
            // What is to be taken back is looked for as it was entered.
            Subject::Document { voids: Some(voided), .. } => {
                self.of_document(voided.key, &voided.document)
            }
            Subject::Document { key, document, .. }
            | Subject::Confirmed { key, document }
            | Subject::Amended { key, before: document, .. } => self.of_document(*key, document),
        }
    }

    /// What a filter says of a document.
    fn of_document(&self, key: DocumentKey, document: &Document) -> Option<String> {
        match (self.rows, self.place?) {
            (Rows::OfDay(_), _) => {
                Some(format!("Date == {}", dates::literal(document.header().date)))
            }
            (Rows::Marked, place) => {
                let number = names::reference(&document.header().reference, key);
                let field = match place {
                    Place::CreditNotes => "CreditNoteNumber",
                    _ => "InvoiceNumber",
                };
                Some(format!("{field} == {}", literal(&number)))
            }
            (Rows::Named, Place::CreditNotes) => {
                Some(format!("CreditNoteNumber == {}", literal(key.as_str())))
            }
            (Rows::Named, Place::Invoices) => None,
            (Rows::Named, _) => {
                let reference = names::reference(&document.header().reference, key);
                Some(format!("Reference == {}", literal(&reference)))
            }
        }
    }
}

/// Whether it is a supplier's document, whose number others may have.
fn is_of_a_supplier(subject: &Subject) -> bool {
    match subject {
        Subject::Document { voids: Some(voided), .. } => {
            matches!(shape(&voided.document), Ok(Shape::Bill(_)))
        }
        Subject::Document { document, .. }
        | Subject::Confirmed { document, .. }
        | Subject::Amended { document, .. } => matches!(shape(document), Ok(Shape::Bill(_))),
        Subject::Need(_) | Subject::Attached { .. } => false,
    }
}

/// Whether our key is its number, which nobody else's can be.
fn is_numbered(subject: &Subject) -> bool {
    let place = Place::of(subject);
    matches!(place, Some(Place::Invoices | Place::CreditNotes | Place::PurchaseOrders))
        && !is_of_a_supplier(subject)
}

/// A text as a literal of the filter language, which knows no escape that the vendor documents.
fn literal(text: &str) -> String {
    format!("\"{}\"", names::plain(text, usize::MAX))
}

fn any(field: &str, names: &[String]) -> Option<String> {
    let conditions: Vec<String> =
        names.iter().map(|name| format!("{field} == {}", literal(name))).collect();
    Some(conditions.join(" OR "))
}

fn nowhere() -> Fault {
    Fault::new(Permit::Never, "none of this can be in xero")
}

/// What asks for the first of these, and all that is asked for with it: the path and the query.
///
/// # Errors
/// Where none of them can be in this book.
pub(super) fn query(look_ups: &[LookUp<'_>]) -> Result<(String, Query), Fault> {
    let first = look_ups.iter().find(|it| it.place.is_some()).ok_or_else(nowhere)?;
    let place = first.place.ok_or_else(nowhere)?;
    if let (Place::PurchaseOrders, Some(number)) = (place, first.number()) {
        return Ok((format!("{}/{number}", place.name()), Query::new()));
    }
    let asked: Vec<&LookUp<'_>> =
        look_ups.iter().filter(|look_up| look_up.is_asked_with(first)).collect();
    let mut query = Vec::new();
    if place == Place::Invoices && first.rows == Rows::Named {
        let numbers = asked.iter().filter_map(|look_up| look_up.number());
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        query.push(("InvoiceNumbers", numbers.join(",")));
    }
    let conditions: BTreeSet<String> =
        asked.iter().filter_map(|look_up| look_up.condition()).collect();
    if !conditions.is_empty() {
        let conditions: Vec<String> = conditions.into_iter().collect();
        query.push(("where", conditions.join(" OR ")));
    }
    let number = match first.rows {
        Rows::Named | Rows::Marked => 1,
        Rows::OfDay(number) => number,
    };
    query.extend(ask::pages(place, number));
    Ok((place.name().to_owned(), query))
}

/// Whether an answer says that what was asked for by its number is not there.
pub(super) fn is_absence(look_ups: &[LookUp<'_>], answer: &HttpAnswer) -> bool {
    let first = look_ups.iter().find_map(|look_up| look_up.place);
    answer.status == 404 && first == Some(Place::PurchaseOrders)
}

/// What the answer to [`query`] means, one outcome a look-up.
///
/// # Errors
/// Where a row cannot be read.
pub(super) fn outcomes(
    look_ups: &[LookUp<'_>],
    answer: &Value,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let Some(first) = look_ups.iter().find(|it| it.place.is_some()) else {
        return Err(nowhere());
    };
    let rows = first.place.map_or(Ok(&[][..]), |place| chart::rows(place, answer))?;
    let outcome = |look_up: &LookUp<'_>| match look_up.place {
        None => Ok(Outcome::Absent),
        Some(_) if !look_up.is_asked_with(first) => Ok(Outcome::Further { page: look_up.page() }),
        Some(place) => outcome(look_up, place, rows, context),
    };
    look_ups.iter().map(outcome).collect()
}

fn outcome(
    look_up: &LookUp<'_>,
    place: Place,
    rows: &[Value],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let entries = || rows.iter().map(|row| chart::row(place, row)).collect::<Result<Vec<_>, _>>();
    match look_up.subject {
        Subject::Need(Need::Account(account) | Need::ForeignAccount { account, .. }) => {
            let name = names::account(&account.name);
            let named = entries()?.into_iter().find(|row| is_called(row.name.as_ref(), &name));
            let currency = match look_up.subject {
                Subject::Need(Need::ForeignAccount { currency, .. }) => Some(*currency),
                _ => None,
            };
            Ok(named.map_or(Outcome::Absent, |row| {
                let other = other_account(account, currency, &row);
                found(&row, other)
            }))
        }
        Subject::Need(Need::Item(item)) => {
            let codes = names::item(item);
            let coded = entries()?
                .into_iter()
                .find(|row| codes.iter().any(|code| is_called(row.code.as_ref(), code)));
            Ok(coded.map_or(Outcome::Absent, |row| found(&row, other_item(item, &row, context))))
        }
        Subject::Need(Need::Party(party)) => Ok(contact(party, &entries()?)),
        Subject::Need(Need::TaxRate(tax)) => Ok(match super::rates::outcome(tax, rows, context)? {
            Outcome::Done(acknowledgement) => Outcome::Found(acknowledgement),
            _ => Outcome::Absent,
        }),
        // No document needs one.
        Subject::Need(Need::Listed(_)) => Ok(Outcome::Absent),
        Subject::Need(Need::Dimension(dimension)) => {
            Ok(tracking::found(&entries()?, dimension, None))
        }
        Subject::Need(Need::Value { dimension, value }) => {
            Ok(tracking::found(&entries()?, dimension, Some(value)))
        }
        Subject::Document { voids: Some(voided), .. } => {
            let found = voiding::found(voided, &records(place, rows)?, context)?;
            Ok(found.unwrap_or_else(|| match not_among(look_up.rows, place, rows.len()) {
                Outcome::Absent => voiding::not_found(voided),
                further => further,
            }))
        }
        Subject::Document { key, document, applies_to, .. } => {
            let ours = standing(((*key, document, *applies_to), false), place, rows, context)?;
            Ok(match ours {
                Some(held) => held.outcome(),
                None => not_among(look_up.rows, place, rows.len()),
            })
        }
        Subject::Amended { .. } => amended(look_up, place, rows, context),
        Subject::Attached { .. } => Err(ask::mixed()),
        Subject::Confirmed { key, document } => {
            let ours = standing(((*key, document, None), true), place, rows, context)?;
            Ok(match ours {
                // The draft stands as it was entered, and nobody confirmed it yet.
                Some(held) if held.is_draft && held.differences.is_empty() => Outcome::Absent,
                Some(held) => held.outcome(),
                None => match not_among(look_up.rows, place, rows.len()) {
                    Outcome::Absent => gone(*key, "its draft", context),
                    further => further,
                },
            })
        }
    }
}

/// What it means for an amendment that its document was looked for among these rows.
fn amended(
    look_up: &LookUp<'_>,
    place: Place,
    rows: &[Value],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let Subject::Amended { key, document, before, .. } = look_up.subject else {
        return Err(ask::mixed());
    };
    let held = records(place, rows)?;
    let ours: Vec<&Record> = held
        .iter()
        .filter(|it| compare::is_ours(it, *key))
        .filter(|it| is_numbered(look_up.subject) || listing::counts(it))
        .collect();
    let found = amending::found(*key, (before, document), &ours, context);
    Ok(match found.map_err(|reason| Fault::new(Permit::Never, reason))? {
        Some(found) => found,
        None => match not_among(look_up.rows, place, rows.len()) {
            Outcome::Absent => gone(*key, "it", context),
            further => further,
        },
    })
}

/// In which words an item is another than what was wanted.
fn other_item(wanted: &Item, row: &Entry, context: &BookContext) -> Option<String> {
    let Some(kept) = &wanted.kept else {
        return row.is_tracked().then(|| "it is kept in stock there".to_owned());
    };
    if !row.is_tracked() {
        return Some("it is not kept in stock there".to_owned());
    }
    let code = |account: &Account| {
        let remote = context.bindings.need(&Need::Account(account.clone()));
        remote.and_then(|remote| AccountReference::by_code(remote).code)
    };
    let (sold, bought) = (row.sales_details.as_ref(), row.purchase_details.as_ref());
    let accounts = [
        (&kept.income, sold.and_then(|it| it.account_code.as_ref())),
        (&kept.stock, row.inventory_asset_account_code.as_ref()),
        (&kept.cost, bought.and_then(|it| it.cogs.as_ref())),
    ];
    let differs = accounts.into_iter().find(|(wanted, held)| code(wanted).as_ref() != *held);
    differs.map(|(wanted, _)| format!("it is not kept with the account `{}`", wanted.name))
}

/// In which words an account is another than what was wanted.
fn other_account(wanted: &Account, currency: Option<Currency>, row: &Entry) -> Option<String> {
    let (held, kind) = (row.r#type.as_deref().unwrap_or_default(), wanted.kind);
    let kind = names::account_type(kind);
    if held != kind {
        return Some(format!("its type is {held}, not {kind}"));
    }
    let currency = currency.map(|it| it.code().to_owned())?;
    let held = row.currency_code.as_ref();
    let told = held.map_or("the organisation's currency", String::as_str);
    (held != Some(&currency)).then(|| format!("it is kept in {told}, not in {currency}"))
}

/// What it means that a document does not stand there any more: nothing is left to confirm, or to
/// amend.
fn gone(key: DocumentKey, what: &str, context: &BookContext) -> Outcome {
    let remote = context.bindings.document(key).cloned();
    let acknowledgement = Acknowledgement::of(remote.unwrap_or_else(|| RemoteId::from("")));
    let difference = format!("{what} is gone: nothing has the number or mark {key}");
    Outcome::FoundDifferent { acknowledgement, difference }
}

/// What it means that a document is not among so many rows.
fn not_among(asked: Rows, place: Place, rows: usize) -> Outcome {
    match asked {
        // Their numbers are unique, and neither is deleted without a trace.
        Rows::Named
            if matches!(place, Place::Invoices | Place::CreditNotes | Place::PurchaseOrders) =>
        {
            Outcome::Absent
        }
        Rows::Named | Rows::Marked => Outcome::Further { page: "1".to_owned() },
        Rows::OfDay(number) if place.has_pages() && rows >= ROWS => {
            Outcome::Further { page: (number + 1).to_string() }
        }
        Rows::OfDay(_) => Outcome::Absent,
    }
}

pub(super) fn is_called(held: Option<&String>, name: &str) -> bool {
    held.is_some_and(|held| held.to_lowercase() == name.to_lowercase())
}

/// Something of the chart that was found: as it should be, or not.
pub(super) fn found(row: &Entry, difference: Option<String>) -> Outcome {
    let unusable = (!row.is_active()).then(|| "it is archived".to_owned());
    let remote = row.remote().unwrap_or_else(|| RemoteId::from(""));
    let acknowledgement = Acknowledgement::of(remote);
    match difference.or(unusable) {
        None => Outcome::Found(acknowledgement),
        Some(difference) => Outcome::FoundDifferent { acknowledgement, difference },
    }
}

/// The contact of one of the possible names: the one with our number, else one without any of ours.
fn contact(party: &Party, rows: &[Entry]) -> Outcome {
    let names = names::party(party);
    let named: Vec<&Entry> = rows
        .iter()
        .filter(|row| row.is_active())
        .filter(|row| names.iter().any(|name| is_called(row.name.as_ref(), name)))
        .collect();
    let number = names::contact_number(party);
    let numbered = named.iter().find(|row| number.is_some() && row.contact_number == number);
    let of_another =
        |row: &&&Entry| row.contact_number.as_ref().is_some_and(|it| it.starts_with("saldo-"));
    let row = numbered.or_else(|| named.iter().find(|row| !of_another(row)));
    row.map_or(Outcome::Absent, |row| found(row, None))
}

/// Documents among rows.
fn records(place: Place, rows: &[Value]) -> Result<Vec<Record>, Fault> {
    let read = |row: &Value| {
        serde_json::from_value::<Record>(row.clone()).map_err(|error| {
            let message = format!("a row of {} cannot be read: {error}", place.name());
            Fault::new(Permit::Never, message)
        })
    };
    rows.iter().map(read).collect()
}

/// A document of ours as it stands there.
struct Held {
    acknowledgement: Acknowledgement,
    /// Whether nobody approved it yet.
    is_draft: bool,
    /// In which words it differs from what was sent.
    differences: Vec<String>,
}

impl Held {
    fn outcome(self) -> Outcome {
        let Self { acknowledgement, differences, .. } = self;
        match differences.is_empty() {
            true => Outcome::Found(acknowledgement),
            false => {
                Outcome::FoundDifferent { acknowledgement, difference: differences.join("; ") }
            }
        }
    }
}

/// The document among these rows, if it is. What was deleted is not, unless its number stays taken
/// or it is to be told as well.
fn standing(
    ((key, document, applies_to), with_deleted): (
        (DocumentKey, &Document, Option<DocumentKey>),
        bool,
    ),
    place: Place,
    rows: &[Value],
    context: &BookContext,
) -> Result<Option<Held>, Fault> {
    let held = records(place, rows)?;
    let numbered = matches!(place, Place::Invoices | Place::CreditNotes | Place::PurchaseOrders)
        && !matches!(shape(document), Ok(Shape::Bill(_)));
    let mut ours: Vec<&Record> = held
        .iter()
        .filter(|record| compare::is_ours(record, key))
        .filter(|record| numbered || with_deleted || listing::counts(record))
        .collect();
    ours.sort_by_key(|record| !listing::counts(record));
    let Some(first) = ours.first() else { return Ok(None) };
    let (_, sent) = write::record((key, false), document, applies_to, context)
        .map_err(|reason| Fault::new(Permit::Never, reason))?;
    let (acknowledgement, mut differences) =
        compare::held(place, document, &sent, first, context.currency);
    let copies = ours.iter().filter(|record| listing::counts(record)).count();
    if copies > 1 {
        differences.push(format!("it stands there {copies} times"));
    }
    Ok(Some(Held { acknowledgement, is_draft: first.is_draft(), differences }))
}
