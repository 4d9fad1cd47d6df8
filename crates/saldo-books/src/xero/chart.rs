//! The chart: which lists are read, page by page, and what their rows mean.
//!
//! A page names its list, and the vendor's page of it: `Contacts:2`. Each is one request.

use super::names;
use super::place::Place;
use super::settings;
use super::tracking;
use super::wire::Entry;
use saldo_core::book::{BookContext, ChartEntry, ChartKind, ChartPage, KeptAccounts};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::Currency;
use saldo_core::text::RemoteId;
use serde_json::Value;

/// How many rows a page may have.
pub(super) const ROWS: usize = 1000;

/// The list and page that a page of the chart names.
///
/// # Errors
/// Where it names none.
pub(super) fn position(page: Option<&str>, lists: &[Place]) -> Result<(Place, usize), Fault> {
    let unreadable = |page: &str| Fault::new(Permit::Never, format!("`{page}` is no page"));
    let Some(page) = page else {
        let first = lists.first().copied();
        return first.map(|place| (place, 1)).ok_or_else(|| unreadable(""));
    };
    let named = page.split_once(':').and_then(|(name, number)| {
        let place = Place::parse(name).filter(|place| lists.contains(place))?;
        Some((place, number.parse().ok().filter(|number| *number > 0)?))
    });
    named.ok_or_else(|| unreadable(page))
}

/// The page after this one, which had so many rows; none after the last.
pub(super) fn next(place: Place, page: usize, rows: usize, lists: &[Place]) -> Option<String> {
    if place.has_pages() && rows >= ROWS {
        return Some(format!("{}:{}", place.name(), page + 1));
    }
    let index = lists.iter().position(|it| *it == place)?;
    lists.get(index + 1).map(|place| format!("{}:1", place.name()))
}

/// The rows of a list in an answer; an answer without rows has no such member.
///
/// # Errors
/// Where the member is no list.
pub(super) fn rows(place: Place, answer: &Value) -> Result<&[Value], Fault> {
    match answer.get(place.list()) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(rows)) => Ok(rows),
        Some(_) => Err(Fault::new(Permit::Never, format!("{} is not a list", place.list()))),
    }
}

/// What the answer to a page means.
///
/// # Errors
/// Where a row cannot be read, or the organisation's currency is another.
pub(super) fn page(
    page: Option<&str>,
    answer: &Value,
    context: &BookContext,
) -> Result<ChartPage, Fault> {
    let (place, number) = position(page, &Place::OF_THE_CHART)?;
    let rows = rows(place, answer)?;
    let mut chart = ChartPage {
        next: next(place, number, rows.len(), &Place::OF_THE_CHART),
        ..ChartPage::default()
    };
    if place == Place::Organisation {
        chart.settings = Some(settings::settings(rows, context)?);
        return Ok(chart);
    }
    for row in rows {
        chart.entries.extend(entries(place, row)?);
    }
    Ok(chart)
}

/// A row as an entry.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn row(place: Place, row: &Value) -> Result<Entry, Fault> {
    serde_json::from_value(row.clone()).map_err(|error| {
        Fault::new(Permit::Never, format!("a row of {} cannot be read: {error}", place.name()))
    })
}

/// What a row stands for. A contact may be a customer, a supplier, or both, and which it is nobody
/// can set: so it stands for both.
fn entries(place: Place, value: &Value) -> Result<Vec<ChartEntry>, Fault> {
    let row = row(place, value)?;
    if place == Place::TrackingCategories {
        return Ok(tracking::of_chart(row));
    }
    let nameless = || Fault::new(Permit::Never, format!("a row of {} has no id", place.name()));
    let remote = row.remote().ok_or_else(nameless)?;
    let active = row.is_active();
    let entry = |kind: ChartKind, name: Option<String>| {
        let name = name.unwrap_or_default();
        ChartEntry { remote: remote.clone(), kind, name, active }
    };
    Ok(match place {
        Place::Accounts => vec![entry(account(&row), row.name)],
        // Documents refer to an item by its code, which alone is unique.
        Place::Items => {
            vec![entry(item(&row), row.code)]
        }
        _ => vec![entry(ChartKind::Customer, row.name.clone()), entry(ChartKind::Vendor, row.name)],
    })
}

/// An item. One in stock has accounts of its own, which the vendor names by their codes alone; an
/// item without a code for its sales leaves it to lines.
fn item(row: &Entry) -> ChartKind {
    let remote = |code: Option<&String>| code.map(|code| RemoteId::from(code.as_str()));
    let sales = row.sales_details.as_ref().and_then(|it| it.account_code.as_ref());
    let cost = row.purchase_details.as_ref().and_then(|it| it.cogs.as_ref());
    let stock = row.inventory_asset_account_code.as_ref();
    let is_kept = row.is_tracked();
    ChartKind::Item {
        sku: row.code.clone(),
        income_account: remote(sales.filter(|_| is_kept)),
        lines_say_account: !is_kept,
        kept: is_kept.then(|| KeptAccounts { stock: remote(stock), cost: remote(cost) }),
    }
}

fn account(row: &Entry) -> ChartKind {
    let system = row.system_account.as_deref().unwrap_or_default();
    ChartKind::Account {
        kind: names::account_kind(row.r#type.as_deref().unwrap_or_default(), system),
        currency: row.currency_code.as_deref().and_then(|code| Currency::parse(code).ok()),
        collects_tax: names::collects_tax(system),
    }
}
