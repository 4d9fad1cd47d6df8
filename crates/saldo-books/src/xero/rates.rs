//! Which of the organisation's tax rates a tax is: the one that the owner named in the connection's
//! settings, else the only one that has its rate, or its name, and can lie on income, or, of what
//! is bought, on costs.

use super::tax;
use super::wire::{self, Entry};
use rust_decimal::Decimal;
use saldo_core::book::{
    Acknowledgement, BookContext, Need, Outcome, Refusal, RefusalKind, TaxRate,
};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::text::RemoteId;
use serde_json::Value;

/// What became of a need for a tax rate, now that the organisation's are known.
///
/// # Errors
/// Where a row cannot be read.
pub(super) fn outcome(
    tax: &TaxRate,
    rows: &[Value],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let read = |row: &Value| {
        serde_json::from_value::<Entry>(row.clone()).map_err(|error| {
            Fault::new(Permit::Retry, format!("a tax rate cannot be read: {error}"))
        })
    };
    let rates: Vec<Entry> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let active: Vec<&Entry> = rates.iter().filter(|rate| rate.is_active()).collect();
    let setting = Need::TaxRate(tax.clone()).binding();
    let found = match context.settings.get(&setting) {
        Some(chosen) => active.iter().find(|rate| rate.tax_type.as_ref() == Some(chosen)).copied(),
        None => matching(tax, &active),
    };
    Ok(match found.and_then(Entry::remote) {
        Some(remote) => Outcome::Done(Acknowledgement::of(remote)),
        None => Outcome::Refused(refusal(tax, &setting, &active)),
    })
}

/// The only rate that a tax can be.
fn matching<'a>(tax: &TaxRate, rates: &[&'a Entry]) -> Option<&'a Entry> {
    let bought = tax::name_of_purchases(tax);
    let applies = |rate: &&Entry| match bought {
        Some(_) => rate.can_apply_to_expenses != Some(false),
        None => rate.can_apply_to_revenue != Some(false),
    };
    let apt = || rates.iter().copied().filter(applies);
    let only = |found: Vec<&'a Entry>| match found[..] {
        [rate] => Some(rate),
        _ => None,
    };
    let is_named = |rate: &&Entry| {
        let name = rate.name.as_deref().unwrap_or_default().to_lowercase();
        let own = bought.unwrap_or(&tax.title).to_lowercase();
        name == own || name == tax.to_string().to_lowercase()
    };
    let Some(percent) = tax.rate else { return only(apt().filter(is_named).collect()) };
    let of_rate: Vec<&Entry> = apt().filter(|rate| effective(rate) == Some(percent)).collect();
    let named = of_rate.iter().copied().filter(|rate| is_named(rate)).collect();
    only(named).or_else(|| only(of_rate))
}

fn effective(rate: &Entry) -> Option<Decimal> {
    rate.effective_rate.as_ref().and_then(wire::decimal)
}

fn refusal(tax: &TaxRate, setting: &str, rates: &[&Entry]) -> Refusal {
    let told = |rate: &&Entry| {
        let name = rate.name.as_deref().unwrap_or_default();
        let code: RemoteId = rate.remote()?;
        Some(format!("{code} ({name})"))
    };
    let of_rate = |rate: &&&Entry| tax.rate.is_none() || effective(rate) == tax.rate;
    let known: Vec<String> = rates.iter().filter(of_rate).filter_map(told).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Refusal {
        kind: RefusalKind::Other,
        code: "tax-rate".to_owned(),
        message: format!(
            "which tax rate of the organisation's `{tax}` is cannot be told; those of its rate: \
             {known}"
        ),
        hint: format!(
            "say which, with `saldo connect xero --tax \"{}=TYPE\"`, or make one in Xero",
            setting.trim_start_matches("tax/")
        ),
    }
}
