//! Looking things up: documents by number or marker, everything else by name.

use super::ask::list;
use super::chart::{self, ROWS};
use super::compare;
use super::faults::VendorFault;
use super::names;
use super::shape::shape;
use super::wire::{Entity, ListEntity, Transaction};
use super::write;
use saldo_core::book::{Acknowledgement, BookContext, Item, Need, Outcome, Subject};
use saldo_core::document::{Document, DocumentKey, Party};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::ledger::Account;
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The lists that people's names are unique over.
const PEOPLE: [Entity; 3] = [Entity::Customer, Entity::Vendor, Entity::Employee];

/// The queries that find these subjects, one an entity, each with its entity.
///
/// # Errors
/// Where none of the subjects can be in this book.
pub(super) fn queries(subjects: &[&Subject]) -> Result<Vec<(Entity, String)>, Fault> {
    let mut sought: BTreeMap<Entity, BTreeSet<String>> = BTreeMap::new();
    for subject in subjects {
        for (entity, values) in seek(subject) {
            sought.entry(entity).or_default().extend(values);
        }
    }
    if sought.is_empty() {
        return Err(Fault::new(Permit::Never, "none of this can be in quickbooks"));
    }
    let query = |(entity, values): (Entity, BTreeSet<String>)| {
        let (name, column) = (entity.name(), column(entity));
        let values = list(values.iter().map(String::as_str));
        let active = if is_list(entity) { " and Active in (true, false)" } else { "" };
        let query =
            format!("select * from {name} where {column} in {values}{active} maxresults {ROWS}");
        (entity, query)
    };
    Ok(sought.into_iter().map(query).collect())
}

/// Where a subject is looked for, and by what.
fn seek(subject: &Subject) -> Vec<(Entity, Vec<String>)> {
    match subject {
        Subject::Need(Need::Account(account)) => {
            vec![(Entity::Account, vec![names::account(&account.name)])]
        }
        Subject::Need(Need::Item(item)) => vec![(Entity::Item, names::item(item))],
        Subject::Need(Need::Party(party)) => {
            PEOPLE.iter().map(|entity| (*entity, names::party(party))).collect()
        }
        Subject::Document { key, document, .. } => match shape(document) {
            Ok(shape) => {
                let entity = shape.entity();
                let value = match by_marker(entity) {
                    true => document.header().date.to_string(),
                    false => key.to_string(),
                };
                vec![(entity, vec![value])]
            }
            Err(_) => Vec::new(),
        },
    }
}

/// Whether an entity has no number of ours that can be asked for, so that all of a day are read and
/// our marker is looked for.
const fn by_marker(entity: Entity) -> bool {
    matches!(entity, Entity::Payment | Entity::Transfer)
}

const fn column(entity: Entity) -> &'static str {
    match entity {
        Entity::Payment | Entity::Transfer => "TxnDate",
        Entity::Account | Entity::Item => "Name",
        Entity::Customer | Entity::Vendor | Entity::Employee => "DisplayName",
        _ => "DocNumber",
    }
}

const fn is_list(entity: Entity) -> bool {
    matches!(
        entity,
        Entity::Account | Entity::Item | Entity::Customer | Entity::Vendor | Entity::Employee
    )
}

/// What the answers to [`queries`] mean, one outcome a subject.
///
/// # Errors
/// Where a query was refused, a row cannot be read, or a day has more rows than a query gives.
pub(super) fn outcomes(
    subjects: &[&Subject],
    answers: &[Result<Value, VendorFault>],
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let mut found: BTreeMap<Entity, &[Value]> = BTreeMap::new();
    for ((entity, _), answer) in queries(subjects)?.into_iter().zip(answers) {
        let rows = match answer {
            Ok(answer) => chart::rows(entity, answer)?,
            Err(fault) if entity == Entity::Employee && fault.is_outside_the_plan() => &[],
            Err(fault) => return Err(chart::refused(entity, fault)),
        };
        found.insert(entity, rows);
    }
    subjects.iter().map(|subject| outcome(subject, &found, context)).collect()
}

fn outcome(
    subject: &Subject,
    found: &BTreeMap<Entity, &[Value]>,
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let list = |entity: Entity| {
        let rows = found.get(&entity).copied().unwrap_or_default();
        rows.iter().map(|row| chart::list_row(entity, row)).collect::<Result<Vec<_>, _>>()
    };
    match subject {
        Subject::Need(Need::Account(account)) => {
            Ok(account_outcome(account, list(Entity::Account)?))
        }
        Subject::Need(Need::Item(item)) => Ok(item_outcome(item, list(Entity::Item)?, context)),
        Subject::Need(Need::Party(party)) => {
            let own = match party {
                Party::Customer { .. } => Entity::Customer,
                Party::Vendor { .. } => Entity::Vendor,
            };
            Ok(party_outcome(party, list(own)?))
        }
        Subject::Document { key, document, applies_to } => {
            let Ok(shape) = shape(document) else { return Ok(Outcome::Absent) };
            let rows = found.get(&shape.entity()).copied().unwrap_or_default();
            document_outcome((*key, document, *applies_to), shape.entity(), rows, context)
        }
    }
}

/// A thing of a list that was found: as it should be, or not.
fn found(row: ListEntity, difference: Option<String>) -> Outcome {
    let inactive = (row.active == Some(false)).then(|| "it is inactive".to_owned());
    let acknowledgement = Acknowledgement {
        remote: RemoteId::from(row.id.unwrap_or_default()),
        version: row.sync_token,
        total: None,
        tax: None,
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

fn account_outcome(account: &Account, rows: Vec<ListEntity>) -> Outcome {
    let name = names::account(&account.name);
    let Some(row) = rows.into_iter().find(|row| is_named(row, &name)) else {
        return Outcome::Absent;
    };
    let (wanted, _) = names::account_type(account.kind);
    let held = row.account_type.clone().unwrap_or_default();
    let difference = (held != wanted).then(|| format!("its type is {held}, not {wanted}"));
    found(row, difference)
}

/// The item of one of the possible names whose lines reach the right account.
fn item_outcome(item: &Item, rows: Vec<ListEntity>, context: &BookContext) -> Outcome {
    let account = context.bindings.need(&Need::Account(item.account.clone()));
    let right = |row: &ListEntity| {
        let income = row.income_account_ref.as_ref().map(|income| income.value.as_str());
        income.is_some() && income == account.map(RemoteId::as_str)
    };
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

fn document_outcome(
    (key, document, applies_to): (DocumentKey, &Document, Option<DocumentKey>),
    entity: Entity,
    rows: &[Value],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let read = |row: &Value| {
        serde_json::from_value::<Transaction>(row.clone()).map_err(|error| {
            let message = format!("a row of {} cannot be read: {error}", entity.name());
            Fault::new(Permit::Never, message)
        })
    };
    let held: Vec<Transaction> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let mut ours = held.iter().filter(|row| is_ours(row, key, entity));
    let Some(first) = ours.next() else {
        let full = by_marker(entity) && rows.len() >= ROWS;
        return match full {
            true => Err(Fault::new(
                Permit::Never,
                format!(
                    "{key} cannot be looked up: there are {ROWS} or more of {} on its day",
                    entity.name()
                ),
            )),
            false => Ok(Outcome::Absent),
        };
    };
    let (_, sent) = write::transaction(key, document, applies_to, context)
        .map_err(|reason| Fault::new(Permit::Never, reason))?;
    let (acknowledgement, mut differences) =
        compare::held(entity, document, &sent, first, context.currency);
    let others = ours.count();
    if others > 0 {
        differences.push(format!("it stands there {} times", others + 1));
    }
    Ok(match differences.is_empty() {
        true => Outcome::Found(acknowledgement),
        false => Outcome::FoundDifferent { acknowledgement, difference: differences.join("; ") },
    })
}

fn is_ours(row: &Transaction, key: DocumentKey, entity: Entity) -> bool {
    if by_marker(entity) {
        let marker = write::marker(key);
        let note = row.private_note.as_deref().unwrap_or_default();
        return note.split_whitespace().any(|word| word == marker);
    }
    row.doc_number.as_deref() == Some(key.as_str())
}
