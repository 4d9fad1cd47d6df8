//! Reports in the shop's own language for them: what was sold, by day and kind of line.
//!
//! Of the language the clauses are served that one report needs, in their published order. The
//! table `sales` has a row for each line of an agreement, on the day on which it was agreed; test
//! orders are not in it, and gift cards count nothing.

use super::{Scene, Shown, null, object, text, texts};
use crate::world::{LineKind, Minor, Order, Reason};
use apollo_compiler::resolvers::ResolvedValue;
use apollo_compiler::response::{JsonMap, JsonValue};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::BTreeMap;
use std::str::SplitWhitespace;

/// The columns that a report can have: name, type and title.
const DAY: [&str; 3] = ["day", "DAY_TIMESTAMP", "Day"];
const LINE_TYPE: [&str; 3] = ["line_type", "STRING", "Line type"];
const TOTAL_SALES: [&str; 3] = ["total_sales", "MONEY", "Total sales"];

/// The word for a kind of line.
const fn word(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Product => "product",
        LineKind::Shipping => "shipping",
        LineKind::Tip => "tip",
        LineKind::GiftCard => "gift_card",
        LineKind::Adjustment => "sale_adjustment",
        LineKind::Duty => "duty",
        LineKind::Unknown => "unknown",
    }
}

/// What a query asks for: sales by day and kind of line.
struct Query {
    since: Date,
    until: Date,
    limit: usize,
    zone: TimeZone,
}

impl Query {
    /// Reads a query, clause by clause.
    ///
    /// # Errors
    /// What is not understood, as the vendor says it.
    fn parse(text: &str) -> Result<Self, String> {
        let spaced = text.replace(',', " , ");
        let mut words = Words(spaced.split_whitespace());
        words.expect("FROM sales SHOW total_sales SINCE")?;
        let since = date(words.next()?)?;
        words.expect("UNTIL")?;
        let until = date(words.next()?)?;
        words.expect("GROUP BY day , line_type ORDER BY day ASC LIMIT")?;
        let limit = words.next()?;
        let limit = limit.parse().map_err(|_| format!("Syntax Error: `{limit}` is no number"))?;
        words.expect("WITH TIMEZONE")?;
        let name = words.next()?.trim_matches('\'');
        let zone = TimeZone::get(name).map_err(|_| format!("Invalid timezone: {name}"))?;
        match words.0.next() {
            None => Ok(Self { since, until, limit, zone }),
            Some(word) => Err(format!("Syntax Error: unexpected `{word}`")),
        }
    }
}

/// The words of a query, commas among them.
struct Words<'a>(SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<&'a str, String> {
        self.0.next().ok_or_else(|| "Syntax Error: unexpected end of the query".to_owned())
    }

    fn expect(&mut self, clause: &str) -> Result<(), String> {
        for expected in clause.split_whitespace() {
            let word = self.next()?;
            if !word.eq_ignore_ascii_case(expected) {
                return Err(format!("Syntax Error: expected `{expected}` near `{word}`"));
            }
        }
        Ok(())
    }
}

fn date(word: &str) -> Result<Date, String> {
    word.parse().map_err(|_| format!("Invalid date: {word}"))
}

/// What a report answers.
pub(super) struct Report(Result<Vec<Row>, String>);

/// A row of it, each cell as it is written.
type Row = [String; 3];

/// Answers a query by the books of the shop itself: what the app may see of orders is no matter.
pub(super) fn answer(scene: &Scene<'_>, query: &str) -> Report {
    Report(Query::parse(query).map(|query| {
        let mut sums: BTreeMap<(Date, &str), Minor> = BTreeMap::new();
        let known = scene.world.orders.iter().filter(|it| it.created_at <= scene.now && !it.test);
        for (at, kind, total) in known.flat_map(|order| lines(order, scene)) {
            let day = at.to_zoned(query.zone.clone()).date();
            if (query.since..=query.until).contains(&day) {
                let counted = if kind == LineKind::GiftCard { 0 } else { total };
                *sums.entry((day, word(kind))).or_default() += counted;
            }
        }
        let row = |((day, word), total): ((Date, &str), Minor)| {
            [day.to_string(), word.to_owned(), short(&scene.world.money(total).amount_text())]
        };
        sums.into_iter().map(row).take(query.limit).collect()
    }))
}

/// The lines of an order until now, with the instant that each is dated at.
fn lines<'w>(
    order: &'w Order,
    scene: &Scene<'_>,
) -> impl Iterator<Item = (jiff::Timestamp, LineKind, Minor)> + use<'w> {
    order.agreements_at(scene.now).flat_map(move |agreement| {
        let at = if agreement.reason == Reason::Order { order.processed_at } else { agreement.at };
        agreement.sales.iter().map(move |sale| (at, sale.kind, sale.amounts.total()))
    })
}

impl Report {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match (field, &self.0) {
            ("parseErrors", said) => texts(said.as_ref().err().cloned()),
            ("tableData", Ok(rows)) => {
                Some(Ok(ResolvedValue::object(Table { rows: rows.clone() })))
            }
            ("tableData", Err(_)) => null(),
            _ => None,
        }
    }
}
object!(Report, |_| "ShopifyqlQueryResponse");

/// The table of a report.
struct Table {
    rows: Vec<Row>,
}

impl Table {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let row = |[day, line_type, total]: &Row| {
            JsonValue::from(json!({ "day": day, "line_type": line_type, "total_sales": total }))
        };
        match field {
            "rows" => {
                let rows: Vec<JsonValue> = self.rows.iter().map(row).collect();
                Some(Ok(ResolvedValue::leaf(JsonValue::Array(rows))))
            }
            "columns" => {
                let columns = [DAY, LINE_TYPE, TOTAL_SALES].map(Column);
                let columns = columns.into_iter().map(ResolvedValue::object);
                Some(Ok(ResolvedValue::list(columns.collect::<Vec<_>>())))
            }
            _ => None,
        }
    }
}
object!(Table, |_| "ShopifyqlTableData");

/// An amount as reports write it: without zeros at its end.
fn short(amount: &str) -> String {
    match amount.contains('.') {
        true => amount.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => amount.to_owned(),
    }
}

/// A column of a table.
struct Column([&'static str; 3]);

impl Column {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let [name, kind, title] = self.0;
        match field {
            "name" => text(name),
            "dataType" => text(kind),
            "displayName" => text(title),
            _ => None,
        }
    }
}
object!(Column, |_| "ShopifyqlTableDataColumn");

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "FROM sales SHOW total_sales SINCE 2026-08-03 UNTIL 2026-08-09 \
                         GROUP BY day, line_type ORDER BY day ASC LIMIT 1000 \
                         WITH TIMEZONE 'America/New_York'";

    #[test]
    fn a_report_is_read_clause_by_clause_or_refused() {
        let query = Query::parse(QUERY).unwrap();
        assert_eq!((query.since.day(), query.until.day(), query.limit), (3, 9, 1_000));
        for (from, to) in [
            ("sales SHOW", "sessions SHOW"),
            ("total_sales", "net_sales"),
            ("2026-08-03", "yesterday"),
            (" GROUP BY day, line_type", ""),
            ("America/New_York", "Nowhere"),
            ("LIMIT 1000", "LIMIT all"),
        ] {
            assert!(Query::parse(&QUERY.replace(from, to)).is_err(), "{from} -> {to}");
        }
        assert!(Query::parse("").is_err());
    }

    #[test]
    fn amounts_have_no_zeros_at_their_end() {
        let written = ["4508.10", "-9.00", "0.00", "0.05", "1000"].map(short);
        assert_eq!(written, ["4508.1", "-9", "0", "0.05", "1000"]);
    }
}
