//! The company's list of currencies, by which accounts of other currencies are told.
//!
//! The vendor's list holds every currency that it knows, most of them inactive until their owner
//! makes them active. A company that keeps one currency has no such list.

use super::find;
use super::message::{Request, Responses};
use super::wire::ListQuery;
use super::xml::Element;
use saldo_core::book::{ChartEntry, ChartKind};
use saldo_core::exchange::Fault;
use saldo_core::money::Currency;
use saldo_core::text::RemoteId;
use std::collections::BTreeMap;

/// The request for the list.
const CURRENCY: &str = "Currency";

/// A company's currencies, by what QuickBooks calls them.
#[derive(Debug, Default)]
pub(super) struct Currencies(BTreeMap<RemoteId, Known>);

#[derive(Debug)]
struct Known {
    currency: Currency,
    name: String,
    active: bool,
}

/// What asks for them.
///
/// # Errors
/// In words, where a query cannot be written.
pub(super) fn request() -> Result<Request, String> {
    let fields = ListQuery {
        request_id: CURRENCY.to_owned(),
        active_status: Some("All"),
        include_ret_element: vec!["ListID", "Name", "IsActive", "CurrencyCode"],
        ..ListQuery::default()
    };
    Request::query(CURRENCY, &fields)
}

/// What was answered; none where the company keeps `one` currency, whatever QuickBooks says then.
/// What no standard knows is left out.
///
/// # Errors
/// Where the query was refused, or not answered.
pub(super) fn read(responses: &mut Responses, one: bool) -> Result<Currencies, Fault> {
    let response = responses.take(CURRENCY);
    if one {
        return Ok(Currencies::default());
    }
    let known = |row: &Element| {
        let remote = RemoteId::from(row.text(["ListID"])?);
        let currency = Currency::parse(row.text(["CurrencyCode"])?).ok()?;
        let name = row.text(["Name"]).unwrap_or_default().to_owned();
        let active = row.text(["IsActive"]) != Some("false");
        Some((remote, Known { currency, name, active }))
    };
    let rows = find::rows(CURRENCY, response)?;
    Ok(Currencies(rows.iter().filter_map(known).collect()))
}

impl Currencies {
    /// The currency that a row refers to.
    pub(super) fn of(&self, row: &Element) -> Option<Currency> {
        let remote = RemoteId::from(row.text(["CurrencyRef", "ListID"])?);
        self.0.get(&remote).map(|known| known.currency)
    }

    /// They, as entries of the chart.
    pub(super) fn entries(&self) -> impl Iterator<Item = ChartEntry> + '_ {
        self.0.iter().map(|(remote, known)| ChartEntry {
            remote: remote.clone(),
            kind: ChartKind::Currency { currency: known.currency },
            name: known.name.clone(),
            active: known.active,
        })
    }
}
