//! What the organisation's owner decided: its currency and its lock dates.

use super::dates;
use super::wire::Organisation;
use saldo_core::book::{BookContext, BookSettings};
use saldo_core::exchange::{Fault, Permit};
use serde_json::Value;

/// What the organisation's own record means. Of the two lock dates the later counts: the earlier
/// one may be passed by advisers only, and Saldo need not be one.
///
/// # Errors
/// Where it cannot be read, or the organisation keeps its books in another currency.
pub(super) fn settings(rows: &[Value], context: &BookContext) -> Result<BookSettings, Fault> {
    let unreadable =
        |reason: String| Fault::new(Permit::Never, format!("the organisation: {reason}"));
    let Some(row) = rows.first() else { return Err(unreadable("there is none".to_owned())) };
    let organisation: Organisation =
        serde_json::from_value(row.clone()).map_err(|error| unreadable(error.to_string()))?;
    if let Some(currency) = organisation.base_currency.filter(|it| it != context.currency.code()) {
        return Err(unreadable(format!(
            "it keeps its books in {currency}, and the company's are in {}",
            context.currency
        )));
    }
    let locks = [organisation.period_lock_date, organisation.end_of_year_lock_date];
    let locks = locks.iter().flatten().filter(|text| !text.is_empty());
    let days: Vec<_> =
        locks.map(|text| dates::day(text)).collect::<Result<_, _>>().map_err(unreadable)?;
    Ok(BookSettings { closed_until: days.into_iter().max(), ..BookSettings::default() })
}
