//! Looking things up: documents by number, then by day and marker, everything else by name.
//!
//! A company may number its documents itself, and payments and transfers have no number at all. So
//! a document is absent only after all of its day were read, page by page, and none carries its
//! marker. Amounts are not asked for: what the vendor or a person changed must be found as well.

use super::amending;
use super::ask::{list, literal};
use super::chart::{self, ROWS};
use super::compare;
use super::dimensions;
use super::faults::VendorFault;
use super::names;
use super::shape::{Shape, shape};
use super::voiding;
use super::wire::{Entity, ListEntity, Transaction};
use super::write;
use jiff::civil::Date;
use saldo_core::book::{Acknowledgement, BookContext, Item, Need, Outcome, Subject};
use saldo_core::document::{Document, DocumentKey, KeptItem, Party};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::ledger::Account;
use saldo_core::money::Currency;
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The lists that people's names are unique over.
const PEOPLE: [Entity; 3] = [Entity::Customer, Entity::Vendor, Entity::Employee];

/// A look-up, and how far it has come.
pub(super) struct LookUp<'a> {
    subject: &'a Subject,
    /// The first row of its day that was not read yet, from one; none while its number is asked
    /// for.
    row: Option<usize>,
}

/// How the rows of an entity are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rows {
    /// Those of certain names or numbers.
    Named,
    /// Those of a day, from this row on.
    OfDay(Date, usize),
}

/// Where something is looked for.
pub(super) type Place = (Entity, Rows);

impl<'a> LookUp<'a> {
    /// A look-up that goes on at a page.
    ///
    /// # Errors
    /// Where the page is none of ours.
    pub(super) fn new(subject: &'a Subject, page: Option<&str>) -> Result<Self, Fault> {
        let unreadable = |page| Fault::new(Permit::Never, format!("`{page}` is no page of a day"));
        let row = page.map(|page| page.parse().map_err(|_| unreadable(page))).transpose()?;
        Ok(Self { subject, row })
    }

    /// Where a document of this shape is looked for now.
    fn place(&self, entity: Entity, document: &Document) -> Place {
        let row = self.row.or((!entity.is_numbered()).then_some(1));
        let rows = row.map_or(Rows::Named, |row| Rows::OfDay(document.header().date, row));
        (entity, rows)
    }

    /// Where this is looked for, and by which names or numbers.
    fn seek(&self) -> Vec<(Place, Vec<String>)> {
        let named = |entity, names| ((entity, Rows::Named), names);
        match self.subject {
            Subject::Need(Need::Account(account) | Need::ForeignAccount { account, .. }) => {
                vec![named(Entity::Account, vec![names::account(&account.name)])]
            }
            Subject::Need(Need::Item(item)) => vec![named(Entity::Item, names::item(item))],
            Subject::Need(Need::Party(party)) => {
                PEOPLE.iter().map(|entity| named(*entity, names::party(party))).collect()
            }
            Subject::Need(Need::Value { dimension, value }) => {
                let list = dimensions::list_of(&dimension.word);
                list.map(|list| named(list, names::value(value.name()))).into_iter().collect()
            }
            // No document needs one.
            Subject::Need(Need::TaxRate(_) | Need::Dimension(_) | Need::Listed(_)) => Vec::new(),
            Subject::Document { key, document, voids, .. } => {
                // What is voided keeps its place and its number.
                let voided = voids.as_deref().map(|it| (&it.key, &it.document));
                let (key, document) = voided.unwrap_or((key, document));
                let place = shape(document).ok().map(|it| self.place(it.entity(), document));
                place.map(|place| (place, vec![document.number(*key)])).into_iter().collect()
            }
            Subject::Amended { key, before, .. } => {
                let place = shape(before).ok().map(|it| self.place(it.entity(), before));
                place.map(|place| (place, vec![before.number(*key)])).into_iter().collect()
            }
            Subject::Confirmed { .. } | Subject::Attached { .. } => Vec::new(),
        }
    }
}

/// The queries that find these, each with where it looks.
///
/// # Errors
/// Where none of them can be in this book.
pub(super) fn queries(look_ups: &[LookUp<'_>]) -> Result<Vec<(Place, String)>, Fault> {
    let mut sought: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    for (place, names) in look_ups.iter().flat_map(LookUp::seek) {
        sought.entry(place).or_default().extend(names);
    }
    if sought.is_empty() {
        return Err(Fault::new(Permit::Never, "none of this can be in quickbooks"));
    }
    let page = rows_of_a_day(sought.keys());
    Ok(sought.into_iter().map(|(place, names)| (place, query(place, &names, page))).collect())
}

/// How many rows of each day are asked for: all days of one request together are one page, so that
/// no answer is longer for being about many.
fn rows_of_a_day<'a>(places: impl Iterator<Item = &'a Place>) -> usize {
    let days = places.filter(|(_, rows)| matches!(rows, Rows::OfDay(..))).count();
    (ROWS / days.max(1)).max(1)
}

fn query((entity, rows): Place, names: &BTreeSet<String>, page: usize) -> String {
    let name = entity.name();
    match rows {
        Rows::Named => {
            let column = column(entity);
            let names = list(names.iter().map(String::as_str));
            let active = if is_list(entity) { " and Active in (true, false)" } else { "" };
            format!("select * from {name} where {column} in {names}{active} maxresults {ROWS}")
        }
        // In a fixed order, lest a row that comes meanwhile pushes another over the page's edge.
        Rows::OfDay(date, row) => format!(
            "select * from {name} where TxnDate = {} orderby Id startposition {row} \
             maxresults {page}",
            literal(&date.to_string())
        ),
    }
}

const fn column(entity: Entity) -> &'static str {
    match entity {
        Entity::Account | Entity::Item | Entity::Class | Entity::Department => "Name",
        Entity::Customer | Entity::Vendor | Entity::Employee => "DisplayName",
        _ => "DocNumber",
    }
}

const fn is_list(entity: Entity) -> bool {
    matches!(
        entity,
        Entity::Account
            | Entity::Item
            | Entity::Customer
            | Entity::Vendor
            | Entity::Employee
            | Entity::Class
            | Entity::Department
    )
}

/// What the answers to [`queries`] mean, one outcome a look-up.
///
/// # Errors
/// Where a query was refused, or a row cannot be read.
pub(super) fn outcomes(
    look_ups: &[LookUp<'_>],
    answers: &[Result<Value, VendorFault>],
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let mut found: BTreeMap<Place, &[Value]> = BTreeMap::new();
    for ((place, _), answer) in queries(look_ups)?.into_iter().zip(answers) {
        let entity = place.0;
        let rows = match answer {
            Ok(answer) => chart::rows(entity, answer)?,
            Err(fault) if entity == Entity::Employee && fault.is_outside_the_plan() => &[],
            Err(fault) => return Err(chart::refused(entity, fault)),
        };
        found.insert(place, rows);
    }
    let page = rows_of_a_day(found.keys());
    look_ups.iter().map(|look_up| outcome(look_up, &found, page, context)).collect()
}

fn outcome(
    look_up: &LookUp<'_>,
    found: &BTreeMap<Place, &[Value]>,
    page: usize,
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let list = |entity: Entity| {
        let rows = found.get(&(entity, Rows::Named)).copied().unwrap_or_default();
        rows.iter().map(|row| chart::list_row(entity, row)).collect::<Result<Vec<_>, _>>()
    };
    match look_up.subject {
        Subject::Need(Need::Account(account)) => {
            Ok(account_outcome(account, None, list(Entity::Account)?))
        }
        Subject::Need(Need::ForeignAccount { account, currency }) => {
            Ok(account_outcome(account, Some(*currency), list(Entity::Account)?))
        }
        Subject::Need(Need::Item(item)) => Ok(item_outcome(item, list(Entity::Item)?, context)),
        Subject::Need(Need::Party(party)) => {
            let own = match party {
                Party::Customer { .. } => Entity::Customer,
                Party::Vendor { .. } => Entity::Vendor,
            };
            Ok(party_outcome(party, list(own)?))
        }
        Subject::Need(Need::Value { dimension, value }) => {
            let list_of = dimensions::list_of(&dimension.word);
            let Some(entity) = list_of else { return Ok(Outcome::Absent) };
            Ok(value_outcome(value.name(), list(entity)?))
        }
        Subject::Need(Need::TaxRate(_) | Need::Dimension(_) | Need::Listed(_))
        | Subject::Confirmed { .. }
        | Subject::Attached { .. } => Ok(Outcome::Absent),
        Subject::Amended { key, document, before, .. } => {
            let Ok(shape) = shape(before) else { return Ok(Outcome::Absent) };
            let place = look_up.place(shape.entity(), before);
            let rows = found.get(&place).copied().unwrap_or_default();
            let held = transactions(shape.entity(), rows)?;
            let ours: Vec<&Transaction> = held.iter().filter(|row| is_ours(row, *key)).collect();
            Ok(match &ours[..] {
                [] => not_among(place.1, rows.len(), page),
                all => amending::found(*key, (before, document), all, context),
            })
        }
        Subject::Document { key, document, applies_to, voids, .. } => {
            let stands = voids.as_deref().map_or(&**document, |voided| &voided.document);
            let Ok(shape) = shape(stands) else { return Ok(Outcome::Absent) };
            let place = look_up.place(shape.entity(), stands);
            let rows = found.get(&place).copied().unwrap_or_default();
            let ours = match voids {
                Some(voided) => voided_outcome(voided.key, shape.entity(), rows)?,
                None => document_outcome((*key, document, *applies_to), &shape, rows, context)?,
            };
            Ok(ours.unwrap_or_else(|| not_among(place.1, rows.len(), page)))
        }
    }
}

/// What it means that a document is not among so many rows, where a page of a day has so many.
fn not_among(asked: Rows, rows: usize, page: usize) -> Outcome {
    match asked {
        Rows::Named => Outcome::Further { page: "1".to_owned() },
        Rows::OfDay(_, row) if rows >= page => Outcome::Further { page: (row + rows).to_string() },
        Rows::OfDay(..) => Outcome::Absent,
    }
}

/// A thing of a list that was found: as it should be, or not.
fn found(row: ListEntity, difference: Option<String>) -> Outcome {
    let inactive = (row.active == Some(false)).then(|| "it is inactive".to_owned());
    let acknowledgement = Acknowledgement {
        version: row.sync_token,
        ..Acknowledgement::of(RemoteId::from(row.id.unwrap_or_default()))
    };
    match difference.or(inactive) {
        None => Outcome::Found(acknowledgement),
        Some(difference) => Outcome::FoundDifferent { acknowledgement, difference },
    }
}

fn is_named(row: &ListEntity, name: &str) -> bool {
    let known = row.display_name.as_ref().or(row.name.as_ref());
    known.is_some_and(|known| known.to_lowercase() == name.to_lowercase())
}

fn account_outcome(
    account: &Account,
    currency: Option<Currency>,
    rows: Vec<ListEntity>,
) -> Outcome {
    let name = names::account(&account.name);
    let Some(row) = rows.into_iter().find(|row| is_named(row, &name)) else {
        return Outcome::Absent;
    };
    let (wanted, _) = names::account_type(account.kind);
    let held = row.account_type.clone().unwrap_or_default();
    let of_another_type = (held != wanted).then(|| format!("its type is {held}, not {wanted}"));
    let kept_in = row.currency_ref.as_ref().map_or("", |it| it.value.as_str());
    let in_another = currency
        .filter(|currency| currency.code() != kept_in)
        .map(|currency| format!("it is kept in {kept_in}, not in {currency}"));
    found(row, of_another_type.or(in_another))
}

fn value_outcome(value: &str, rows: Vec<ListEntity>) -> Outcome {
    let names = names::value(value);
    let mut rows = rows.into_iter();
    let ours = rows.find(|row| names.iter().any(|name| is_named(row, name)));
    ours.map_or(Outcome::Absent, |row| found(row, None))
}

/// The item of one of the possible names whose lines reach the right account.
fn item_outcome(item: &Item, rows: Vec<ListEntity>, context: &BookContext) -> Outcome {
    let account = context.bindings.need(&Need::Account(item.account.clone()));
    let right = |row: &ListEntity| {
        let income = row.income_account_ref.as_ref().map(|income| income.value.as_str());
        income.is_some() && income == account.map(RemoteId::as_str)
    };
    if let Some(kept) = &item.kept {
        return stock_outcome(item, kept, rows, context);
    }
    let names = names::item(item);
    let mut named: Vec<ListEntity> =
        rows.into_iter().filter(|row| names.iter().any(|name| is_named(row, name))).collect();
    let index = named.iter().position(right);
    match index {
        Some(index) => found(named.swap_remove(index), None),
        None => match named.into_iter().next() {
            Some(row) => {
                let difference =
                    format!("its lines do not reach the account `{}`", item.account.name);
                found(row, Some(difference))
            }
            None => Outcome::Absent,
        },
    }
}

/// The item in stock of one of the possible names: with its stock-keeping unit, and the policy's
/// accounts.
fn stock_outcome(
    item: &Item,
    kept: &KeptItem,
    rows: Vec<ListEntity>,
    context: &BookContext,
) -> Outcome {
    let names = names::item(item);
    let sku = item.product.as_ref().and_then(|product| product.sku.as_deref());
    let is_it = |row: &&ListEntity| {
        let in_stock = row.r#type.as_deref() == Some("Inventory");
        in_stock && row.sku.as_deref() == sku && names.iter().any(|name| is_named(row, name))
    };
    let Some(row) = rows.iter().find(is_it) else { return Outcome::Absent };
    let bound = |account: &Account| {
        context.bindings.need(&Need::Account(account.clone())).map(RemoteId::as_str)
    };
    let held = [
        (&kept.income, &row.income_account_ref),
        (&kept.stock, &row.asset_account_ref),
        (&kept.cost, &row.expense_account_ref),
    ];
    let differs = held
        .into_iter()
        .find(|(account, held)| held.as_ref().map(|held| held.value.as_str()) != bound(account));
    let difference =
        differs.map(|(account, _)| format!("it has not the account `{}`", account.name));
    found(row.clone(), difference)
}

/// The party of one of the possible names: the one with our marker, else one without any.
fn party_outcome(party: &Party, rows: Vec<ListEntity>) -> Outcome {
    let names = names::party(party);
    let mut named: Vec<ListEntity> =
        rows.into_iter().filter(|row| names.iter().any(|name| is_named(row, name))).collect();
    let says = |row: &ListEntity, marker: &str| {
        row.notes.as_ref().is_some_and(|notes| notes.lines().any(|line| line.trim() == marker))
    };
    let of_another =
        |row: &ListEntity| row.notes.as_ref().is_some_and(|it| it.contains("saldo:customer/"));
    let marked =
        names::marker(party).and_then(|marker| named.iter().position(|row| says(row, &marker)));
    match marked.or_else(|| named.iter().position(|row| !of_another(row))) {
        Some(index) => found(named.swap_remove(index), None),
        None => Outcome::Absent,
    }
}

/// Whether the document of this number, if it is among these rows, is voided.
fn voided_outcome(
    key: DocumentKey,
    entity: Entity,
    rows: &[Value],
) -> Result<Option<Outcome>, Fault> {
    let held = transactions(entity, rows)?;
    let ours = held.iter().find(|row| is_ours(row, key));
    Ok(ours.map(|row| voiding::acknowledgement(row).map_or(Outcome::Absent, Outcome::Found)))
}

fn transactions(entity: Entity, rows: &[Value]) -> Result<Vec<Transaction>, Fault> {
    let read = |row: &Value| {
        serde_json::from_value::<Transaction>(row.clone()).map_err(|error| {
            let message = format!("a row of {} cannot be read: {error}", entity.name());
            Fault::new(Permit::Never, message)
        })
    };
    rows.iter().map(read).collect()
}

/// The document among these rows, if it is.
fn document_outcome(
    (key, document, applies_to): (DocumentKey, &Document, Option<DocumentKey>),
    shape: &Shape<'_>,
    rows: &[Value],
    context: &BookContext,
) -> Result<Option<Outcome>, Fault> {
    let entity = shape.entity();
    let held = transactions(entity, rows)?;
    let mut ours = held.iter().filter(|row| is_ours(row, key));
    let Some(first) = ours.next() else { return Ok(None) };
    // What was sent can no longer be worked out where, for example, a tax code was renamed since.
    let (_, sent) = match write::transaction(key, document, applies_to, context) {
        Ok(sent) => sent,
        Err(difference) => {
            let remote = RemoteId::from(first.id.clone().unwrap_or_default());
            let version = first.sync_token.clone();
            let acknowledgement = Acknowledgement { version, ..Acknowledgement::of(remote) };
            return Ok(Some(Outcome::FoundDifferent { acknowledgement, difference }));
        }
    };
    let (acknowledgement, mut differences) =
        compare::held(entity, (key, document), &sent, first, context.currency);
    let others = ours.count();
    if others > 0 {
        differences.push(format!("it stands there {} times", others + 1));
    }
    Ok(Some(match differences.is_empty() {
        true => Outcome::Found(acknowledgement),
        false => Outcome::FoundDifferent { acknowledgement, difference: differences.join("; ") },
    }))
}

/// Whether a transaction carries our key in its number, or our marker in its note.
fn is_ours(row: &Transaction, key: DocumentKey) -> bool {
    let marker = write::marker(key);
    let note = row.private_note.as_deref().unwrap_or_default();
    row.doc_number.as_deref().and_then(DocumentKey::at_end_of) == Some(key)
        || note.split_whitespace().any(|word| word == marker)
}
