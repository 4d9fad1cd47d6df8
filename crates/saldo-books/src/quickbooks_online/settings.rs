//! What the company's owner decided: the vendor's preferences.

use super::dimensions;
use super::wire::Preferences;
use saldo_core::book::{BookContext, BookSettings};
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
    if let Some(home) = preferences.currency_prefs.home_currency
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
        applies_credits: forms.auto_apply_credit.unwrap_or(false),
        switched_off: off.map(|(name, _)| name.to_owned()).collect(),
        ..BookSettings::default()
    })
}
