//! The chart: which lists are read, page by page, and what their rows mean.
//!
//! A page names the lists that have more rows, each with the row at which it goes on:
//! `Customer:1001 Item:1001`. All lists of a page are read by one request.

use super::codes::{self, Says};
use super::dimensions;
use super::faults::VendorFault;
use super::names;
use super::settings;
use super::wire::{Entity, ListEntity};
use saldo_core::book::{BookContext, ChartEntry, ChartKind, ChartPage, KeptAccounts, TaxCode};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::Currency;
use saldo_core::text::RemoteId;
use serde_json::Value;

/// How many rows a query may ask for.
pub(super) const ROWS: usize = 1000;

/// The lists that make up the chart.
const LISTS: [Entity; 9] = [
    Entity::Preferences,
    Entity::Account,
    Entity::Item,
    Entity::Customer,
    Entity::Vendor,
    Entity::Employee,
    Entity::TaxAgency,
    Entity::Class,
    Entity::Department,
];

/// The queries of a page, each with its list. The first page of a connection whose documents name
/// tax codes reads these too.
pub(super) fn queries(page: Option<&str>, says: Says) -> Result<Vec<String>, Fault> {
    let lists = positions(page)?.into_iter().map(|(entity, start)| query(entity, start));
    let codes = (page.is_none() && says.names_codes()).then(codes::queries);
    Ok(lists.chain(codes.into_iter().flatten()).collect())
}

fn positions(page: Option<&str>) -> Result<Vec<(Entity, usize)>, Fault> {
    let Some(page) = page else { return Ok(LISTS.iter().map(|entity| (*entity, 1)).collect()) };
    let unreadable = || Fault::new(Permit::Never, format!("`{page}` is no page of the chart"));
    let position = |part: &str| {
        let (name, start) = part.split_once(':')?;
        Some((Entity::parse(name)?, start.parse().ok()?))
    };
    page.split(' ').map(|part| position(part).ok_or_else(unreadable)).collect()
}

fn query(entity: Entity, start: usize) -> String {
    let name = entity.name();
    match entity {
        Entity::Preferences => settings::QUERY.to_owned(),
        // Names of inactive things are taken as well; tax agencies are never inactive.
        Entity::TaxAgency => {
            format!("select * from {name} startposition {start} maxresults {ROWS}")
        }
        _ => format!(
            "select * from {name} where Active in (true, false) startposition {start} \
             maxresults {ROWS}"
        ),
    }
}

/// What the answers to a page's queries mean.
///
/// # Errors
/// Where a list was refused, a row cannot be read, or the company's currency is another.
pub(super) fn page(
    page: Option<&str>,
    answers: &[Result<Value, VendorFault>],
    context: &BookContext,
) -> Result<ChartPage, Fault> {
    let mut chart = ChartPage::default();
    let mut next = Vec::new();
    let positions = positions(page)?;
    let lists = positions.len();
    for ((entity, start), answer) in positions.into_iter().zip(answers) {
        let rows = match answer {
            Ok(answer) => rows(entity, answer)?,
            // A plan without employees, taxes or classes has no names of theirs either.
            Err(fault) if fault.is_outside_the_plan() && optional(entity) => continue,
            Err(fault) => return Err(refused(entity, fault)),
        };
        if entity == Entity::Preferences {
            chart.settings = Some(settings::settings(rows, context)?);
            continue;
        }
        if rows.len() >= ROWS {
            next.push(format!("{}:{}", entity.name(), start + rows.len()));
        }
        for row in rows {
            chart.entries.push(entry(entity, row)?);
        }
    }
    if let (Some(settings), Some([tax_codes, rates])) = (&mut chart.settings, answers.get(lists..))
    {
        settings.tax_codes = tax_codes_in(tax_codes, rates)?;
    }
    chart.next = (!next.is_empty()).then(|| next.join(" "));
    Ok(chart)
}

/// The tax codes in the answers to what asks for them.
///
/// # Errors
/// Where a list was refused, or a row cannot be read.
pub(super) fn tax_codes_in(
    tax_codes: &Result<Value, VendorFault>,
    rates: &Result<Value, VendorFault>,
) -> Result<Vec<TaxCode>, Fault> {
    let [of_codes, of_rates] = codes::LISTS;
    let read = |entity, answer: &'_ Result<Value, VendorFault>| match answer {
        Ok(answer) => rows(entity, answer).map(<[Value]>::to_vec),
        Err(fault) => Err(refused(entity, fault)),
    };
    codes::codes(&read(of_codes, tax_codes)?, &read(of_rates, rates)?)
}

const fn optional(entity: Entity) -> bool {
    matches!(entity, Entity::Employee | Entity::TaxAgency | Entity::Class | Entity::Department)
}

/// The fault of a query that the vendor refused.
pub(super) fn refused(entity: Entity, fault: &VendorFault) -> Fault {
    let permits = super::faults::permit(400, Some(fault), super::faults::Purpose::Read);
    let permits = match permits {
        Permit::Never if fault.is_of_the_service() => Permit::Retry,
        other => other,
    };
    Fault::new(permits, format!("the list {} cannot be read: {}", entity.name(), fault.words()))
}

/// The rows of an entity in an answer; an answer without rows has no such member.
pub(super) fn rows(entity: Entity, answer: &Value) -> Result<&[Value], Fault> {
    match answer.get(entity.name()) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(rows)) => Ok(rows),
        Some(_) => Err(Fault::new(Permit::Never, format!("{} is not a list", entity.name()))),
    }
}

/// A row as a list entity.
pub(super) fn list_row(entity: Entity, row: &Value) -> Result<ListEntity, Fault> {
    serde_json::from_value(row.clone()).map_err(|error| {
        Fault::new(Permit::Never, format!("a row of {} cannot be read: {error}", entity.name()))
    })
}

fn entry(entity: Entity, row: &Value) -> Result<ChartEntry, Fault> {
    let row = list_row(entity, row)?;
    let nameless = || Fault::new(Permit::Never, format!("a {} has no id or name", entity.name()));
    let id = row.id.ok_or_else(nameless)?;
    let name = match entity {
        Entity::Account | Entity::Item | Entity::Class | Entity::Department => {
            row.fully_qualified_name.or(row.name)
        }
        _ => row.display_name.or(row.name),
    };
    let kind = match entity {
        Entity::Account => {
            let account_type = row.account_type.unwrap_or_default();
            let detail = row.account_sub_type.unwrap_or_default();
            ChartKind::Account {
                kind: names::account_kind(&account_type, &detail),
                currency: row.currency_ref.and_then(|it| Currency::parse(&it.value).ok()),
                collects_tax: names::collects_tax(&detail),
            }
        }
        Entity::Item => ChartKind::Item {
            sku: row.sku,
            income_account: row.income_account_ref.map(|it| RemoteId::from(it.value)),
            lines_say_account: false,
            kept: (row.r#type.as_deref() == Some("Inventory")).then(|| KeptAccounts {
                stock: row.asset_account_ref.map(|it| RemoteId::from(it.value)),
                cost: row.expense_account_ref.map(|it| RemoteId::from(it.value)),
            }),
        },
        Entity::Customer => ChartKind::Customer,
        Entity::Vendor => ChartKind::Vendor,
        _ => match dimensions::dimension_of(entity) {
            Some(dimension) => ChartKind::Value { dimension: dimension.to_owned() },
            None => ChartKind::OtherName,
        },
    };
    Ok(ChartEntry {
        remote: RemoteId::from(id),
        kind,
        name: name.ok_or_else(nameless)?,
        active: row.active.unwrap_or(true),
    })
}
