//! What the company's owner decided: the vendor's preferences.

use super::codes::Says;
use super::dimensions;
use super::wire::{Preferences, TaxPreferences};
use saldo_core::book::{BookContext, BookSettings, SalesTax};
use saldo_core::exchange::{Fault, Permit};
use serde_json::Value;

/// What asks for them.
pub(super) const QUERY: &str = "select * from Preferences";

/// What the preferences mean.
///
/// # Errors
/// Where they cannot be read, or the company keeps its books in another currency.
pub(super) fn settings(rows: &[Value], context: &BookContext) -> Result<BookSettings, Fault> {
    let unreadable =
        |reason: String| Fault::new(Permit::Never, format!("the preferences: {reason}"));
    let Some(row) = rows.first() else { return Err(unreadable("there are none".to_owned())) };
    let preferences: Preferences =
        serde_json::from_value(row.clone()).map_err(|error| unreadable(error.to_string()))?;
    let currencies = preferences.currency_prefs;
    if let Some(home) = currencies.home_currency
        && home.value != context.currency.code()
    {
        let reason = format!(
            "the company keeps its books in {}, and the connection says {}",
            home.value, context.currency
        );
        return Err(unreadable(reason));
    }
    let accounting = preferences.accounting_info_prefs;
    let kept = [
        (dimensions::CLASS, accounting.class_tracking_per_txn_line),
        (dimensions::LOCATION, accounting.track_departments),
    ];
    let off = kept.into_iter().filter(|(_, is_on)| *is_on != Some(true));
    let date = accounting.book_close_date;
    let date = date.filter(|date| !date.is_empty()).map(|date| {
        date.parse().map_err(|error| unreadable(format!("BookCloseDate `{date}`: {error}")))
    });
    // Where the vendor does not say, it is as if it numbered: nothing depends on a number then.
    let forms = preferences.sales_forms_prefs;
    Ok(BookSettings {
        closed_until: date.transpose()?,
        numbers_documents: !forms.custom_txn_numbers.unwrap_or(false),
        sales_tax: sales_tax(preferences.tax_prefs.as_ref(), Says::of(context)),
        one_currency: currencies.multi_currency_enabled != Some(true),
        applies_credits: forms.auto_apply_credit.unwrap_or(false),
        switched_off: off.map(|(name, _)| name.to_owned()).collect(),
        ..BookSettings::default()
    })
}

/// How the company comes to sales tax. Companies older than November 2017 may say nothing of the
/// vendor's own way, and then have theirs. One that says nothing at all is taken for a new one:
/// what its answers say is compared in any case. Companies outside the United States never have the
/// vendor's own way.
const fn sales_tax(preferences: Option<&TaxPreferences>, says: Says) -> SalesTax {
    let (using, automated) = match preferences {
        Some(it) => (it.using_sales_tax, it.partner_tax_enabled),
        None => (None, Some(!says.names_codes())),
    };
    match (using, automated, says.names_codes()) {
        (Some(false), ..) => SalesTax::Off,
        (_, Some(true), false) => SalesTax::Automated,
        (_, Some(true), true) => SalesTax::Otherwise,
        (_, Some(false) | None, false) => SalesTax::Manual,
        (_, Some(false) | None, true) => SalesTax::Coded,
    }
}
