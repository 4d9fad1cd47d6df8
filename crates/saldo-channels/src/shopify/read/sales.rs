//! What was sold and taken back on a day, by the shop's own report.
//!
//! The report sums up the lines of agreements by the day of each, without test orders. Of its sums
//! those are read whose lines are ours: goods, shipping, and what a refund differs from its lines.
//! Whether tips and gift cards count is told now so and now otherwise, and duties and fees have
//! columns of their own.

use super::Source;
use super::stated::{REFUSED, day_of, refused, stated};
use crate::shopify::budget::Question;
use crate::shopify::wire::{DayReport, Reply, ReportedShop};
use saldo_core::commerce::{Fact, Record, SaleKind, SalesOfDay, Saying, Topic};
use saldo_core::issue::Issue;
use saldo_core::money::Money;
use serde_json::value::RawValue;

/// The report's words for kinds of lines, and what they are.
const SUMMED_UP: [(&str, SaleKind); 3] = [
    ("product", SaleKind::Product),
    ("shipping", SaleKind::Shipping),
    ("sale_adjustment", SaleKind::Adjustment),
];
/// Its words for lines that are not compared.
const PASSED_OVER: [&str; 7] =
    ["tip", "gift_card", "duty", "fee", "additional_fee", "return_fee", "unknown"];

/// Reads the report of a day: the shop, and below it a row for each kind of line.
pub(super) fn read(source: &Source, record: &Record, text: &str) -> Result<Fact, Box<Issue>> {
    if source.reference.id == REFUSED {
        return unreported(source, text);
    }
    let (from, until) = day_of(source, record)?;
    let values: Result<Vec<&RawValue>, _> =
        serde_json::Deserializer::from_str(text).into_iter().collect();
    let values = values.map_err(|error| source.unknown(&error.to_string()))?;
    let (shop, rows) = values.split_first().ok_or_else(|| source.unknown("it is empty"))?;
    let currency = source.parse::<ReportedShop>(shop.get())?.currency_code;
    let mut sums = SUMMED_UP.map(|(_, kind)| (kind, Money::zero(currency)));
    for row in rows {
        let row: DayReport<'_> = source.parse(row.get())?;
        let word = row.line_type.as_deref().unwrap_or("no kind");
        if PASSED_OVER.contains(&word) {
            continue;
        }
        let place = SUMMED_UP.iter().position(|(known, _)| *known == word);
        let sum = place.and_then(|place| sums.get_mut(place));
        let (_, sum) = sum.ok_or_else(|| {
            source.unknown(&format!("its report has lines of `{word}`, which nobody taught us"))
        })?;
        let amount = row.total_sales.get().trim_matches('"');
        let amount =
            Money::parse(amount, currency).map_err(|error| source.unknown(&error.to_string()))?;
        *sum = sum.plus(amount).map_err(|error| source.unknown(&error.to_string()))?;
    }
    let saying = Saying::Sales(SalesOfDay { from, until, sums: sums.to_vec() });
    Ok(stated(source, &format!("SalesOfDay/{from}"), Topic::SalesOfDays, saying))
}

/// Reads why there is no report: the app may not have it, or the shop does not understand it.
fn unreported(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let said = source.parse::<Reply>(text).ok().and_then(Reply::parse_errors);
    match said {
        Some(errors) if !errors.is_empty() => {
            let why = format!("the shop cannot make the report: {}", errors.join("; "));
            let id = format!("{}/{REFUSED}", source.reference.stream);
            Ok(stated(source, &id, Topic::SalesOfDays, Saying::Refused(why)))
        }
        _ => refused(source, text, (Topic::SalesOfDays, Question::SalesOfDays)),
    }
}
