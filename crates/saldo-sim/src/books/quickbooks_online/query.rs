//! The query language: one entity, conditions joined by `AND`, an order, a page.

use super::company::{Company, Sequences, View, number_space};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::{files, lists, query_text};
use jiff::Timestamp;
use jiff::civil::Date;
use query_text::{Comparison, Condition, Query, Selection};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// How the values of a property compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A whole number given as a text.
    Id,
    /// Text; case does not matter.
    Text,
    /// The id that a reference holds.
    Reference,
    Number,
    Date,
    Instant,
    Boolean,
}

const STAMPS: &[(&str, Shape)] = &[
    ("Id", Shape::Id),
    ("MetaData.CreateTime", Shape::Instant),
    ("MetaData.LastUpdatedTime", Shape::Instant),
];

/// What can be asked of customers, vendors and employees.
const PARTY: &[(&str, Shape)] = &[
    ("DisplayName", Shape::Text),
    ("GivenName", Shape::Text),
    ("MiddleName", Shape::Text),
    ("FamilyName", Shape::Text),
    ("CompanyName", Shape::Text),
    ("FullyQualifiedName", Shape::Text),
    ("PrintOnCheckName", Shape::Text),
    ("Active", Shape::Boolean),
    ("Balance", Shape::Number),
];

const BILL: &[(&str, Shape)] = &[
    ("DocNumber", Shape::Text),
    ("TxnDate", Shape::Date),
    ("DueDate", Shape::Date),
    ("TotalAmt", Shape::Number),
    ("Balance", Shape::Number),
    ("VendorRef", Shape::Reference),
];

/// The properties that a condition or an order may name.
fn filterable(kind: Kind) -> &'static [(&'static str, Shape)] {
    match kind {
        Kind::Account => &[
            ("Name", Shape::Text),
            ("FullyQualifiedName", Shape::Text),
            ("Active", Shape::Boolean),
            ("Classification", Shape::Text),
            ("AccountType", Shape::Text),
            ("AccountSubType", Shape::Text),
            ("CurrentBalance", Shape::Number),
            ("SubAccount", Shape::Boolean),
        ],
        Kind::Item => &[
            ("Name", Shape::Text),
            ("Sku", Shape::Text),
            ("FullyQualifiedName", Shape::Text),
            ("Active", Shape::Boolean),
            ("Type", Shape::Text),
            ("UnitPrice", Shape::Number),
        ],
        Kind::Customer | Kind::Vendor | Kind::Employee => PARTY,
        Kind::SalesReceipt | Kind::RefundReceipt | Kind::Invoice | Kind::CreditMemo => &[
            ("DocNumber", Shape::Text),
            ("TxnDate", Shape::Date),
            ("DueDate", Shape::Date),
            ("CustomerRef", Shape::Reference),
            ("TotalAmt", Shape::Number),
            ("Balance", Shape::Number),
        ],
        Kind::Payment => &[
            ("TxnDate", Shape::Date),
            ("CustomerRef", Shape::Reference),
            ("TotalAmt", Shape::Number),
        ],
        Kind::Deposit => &[
            ("TxnDate", Shape::Date),
            ("TotalAmt", Shape::Number),
            ("DepositToAccountRef", Shape::Reference),
        ],
        Kind::Transfer => &[("TxnDate", Shape::Date), ("Amount", Shape::Number)],
        Kind::JournalEntry => &[("DocNumber", Shape::Text), ("TxnDate", Shape::Date)],
        Kind::Purchase => &[
            ("DocNumber", Shape::Text),
            ("TxnDate", Shape::Date),
            ("TotalAmt", Shape::Number),
            ("PaymentType", Shape::Text),
        ],
        Kind::Bill => BILL,
        Kind::InventoryAdjustment => &[("DocNumber", Shape::Text), ("TxnDate", Shape::Date)],
        Kind::VendorCredit | Kind::PurchaseOrder | Kind::BillPayment => &[
            ("DocNumber", Shape::Text),
            ("TxnDate", Shape::Date),
            ("TotalAmt", Shape::Number),
            ("VendorRef", Shape::Reference),
        ],
        Kind::TaxCode | Kind::TaxRate | Kind::PaymentMethod => {
            &[("Name", Shape::Text), ("Active", Shape::Boolean)]
        }
        Kind::Class | Kind::Department => &[
            ("Name", Shape::Text),
            ("FullyQualifiedName", Shape::Text),
            ("Active", Shape::Boolean),
        ],
        Kind::TaxAgency => &[("DisplayName", Shape::Text)],
        Kind::CompanyInfo | Kind::Preferences => &[],
    }
}

fn shape(kind: Kind, property: &str) -> Result<Shape, Fault> {
    let known = STAMPS.iter().chain(filterable(kind));
    let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(property));
    found.map(|(_, shape)| *shape).ok_or_else(|| {
        let kind = kind.name();
        Fault::query_invalid(&format!("property '{property}' of {kind} is not queryable"))
    })
}

/// A value in the form in which it compares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Comparable {
    Absent,
    Text(String),
    Number(Decimal),
    Date(Date),
    Instant(Timestamp),
    Boolean(bool),
}

fn read(shape: Shape, text: &str) -> Option<Comparable> {
    match shape {
        Shape::Text => Some(Comparable::Text(text.to_lowercase())),
        Shape::Id | Shape::Reference => Some(match text.parse::<u64>() {
            Ok(id) => Comparable::Number(Decimal::from(id)),
            Err(_) => Comparable::Text(text.to_lowercase()),
        }),
        Shape::Number => fields::parse_decimal(text).map(Comparable::Number),
        Shape::Date => text.get(..10)?.parse().ok().map(Comparable::Date),
        Shape::Instant => instant(text).map(Comparable::Instant),
        Shape::Boolean => text.parse().ok().map(Comparable::Boolean),
    }
}

/// An instant with an offset; a day alone means its beginning by UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let day = || text.parse::<Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse().ok().or_else(|| day().map(|day| day.timestamp()))
}

fn value_of(object: &Object, property: &str, shape: Shape) -> Comparable {
    let mut found = None;
    let mut inner = Some(object);
    for part in property.split('.') {
        let entry =
            inner.and_then(|it| it.iter().find(|(name, _)| name.eq_ignore_ascii_case(part)));
        found = entry.map(|(_, value)| value);
        inner = found.and_then(Value::as_object);
    }
    let text = match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_str().to_owned(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Object(reference)) => match reference.get("value") {
            Some(Value::String(text)) => text.clone(),
            _ => return Comparable::Absent,
        },
        _ => return Comparable::Absent,
    };
    read(shape, &text).unwrap_or(Comparable::Absent)
}

/// A condition, ready to be tested.
struct Test {
    property: String,
    shape: Shape,
    comparison: Comparison,
    values: Vec<Comparable>,
    /// The values as they came.
    raw: Vec<String>,
}

impl Test {
    fn of(kind: Kind, condition: &Condition) -> Result<Self, Fault> {
        let shape = shape(kind, &condition.property)?;
        let unreadable = |text: &String| {
            let property = &condition.property;
            Fault::query_invalid(&format!("value '{text}' of {property} has the wrong type"))
        };
        if condition.comparison == Comparison::Like && shape != Shape::Text {
            return Err(Fault::query_invalid("LIKE is for texts only"));
        }
        let values = condition.values.iter();
        let values = values.map(|text| read(shape, text).ok_or_else(|| unreadable(text)));
        Ok(Self {
            property: condition.property.clone(),
            shape,
            comparison: condition.comparison,
            values: values.collect::<Result<_, _>>()?,
            raw: condition.values.clone(),
        })
    }

    fn holds(&self, object: &Object) -> bool {
        let value = value_of(object, &self.property, self.shape);
        if value == Comparable::Absent {
            return false;
        }
        let order = self.values.first().map(|wanted| value.cmp(wanted));
        match self.comparison {
            Comparison::In => self.values.contains(&value),
            Comparison::Like => match &value {
                Comparable::Text(text) => {
                    self.raw.first().is_some_and(|raw| is_like(text, &raw.to_lowercase()))
                }
                _ => false,
            },
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Comparison::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Whether a text follows a pattern in which `%` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('%') else { return text == pattern };
    let Some(rest) = text.strip_prefix(head) else { return false };
    let mut starts = rest.char_indices().map(|(place, _)| place).chain([rest.len()]);
    starts.any(|start| is_like(&rest[start..], tail))
}

impl Company {
    /// Answers a query. In a batch, what was created after it began is not seen.
    pub(super) fn query(&self, text: &str, horizon: Option<Sequences>) -> Result<Value, Fault> {
        if let Some(query) = files::asked(text) {
            return self.query_attachables(&query);
        }
        let query = query_text::parse(text)?;
        let unknown = || Fault::query_invalid(&format!("Entity '{}' is not known", query.entity));
        let kind = Kind::of_query(&query.entity).ok_or_else(unknown)?;
        let mut rows = self.rows_for(kind, &query, horizon)?;
        if query.selection == Selection::Count {
            return Ok(json!({ "totalCount": rows.len() }));
        }
        sort(kind, &query, &mut rows)?;
        let page = rows.into_iter().skip(query.start - 1).take(query.limit);
        let page: Vec<Value> = page.map(|row| Value::Object(select(row, &query))).collect();
        if page.is_empty() {
            return Ok(json!({}));
        }
        let mut answer = json!({ "startPosition": query.start, "maxResults": page.len() });
        answer[kind.name()] = Value::Array(page);
        Ok(answer)
    }

    fn rows_for(
        &self,
        kind: Kind,
        query: &Query,
        horizon: Option<Sequences>,
    ) -> Result<Vec<Object>, Fault> {
        let tests = query.conditions.iter().map(|condition| Test::of(kind, condition));
        let tests = tests.collect::<Result<Vec<_>, _>>()?;
        let asks_active = tests.iter().any(|test| test.property.eq_ignore_ascii_case("Active"));
        let only_active = kind.is_list() && !asks_active;
        let by_id = tests.iter().find(|it| it.property == "Id" && it.values.len() == 1);
        let exact = by_id.filter(|test| test.comparison == Comparison::Equal);
        if kind.sequence().is_none() {
            let mut rows = lists::read_only(self, kind);
            rows.retain(|row| tests.iter().all(|test| test.holds(row)));
            return Ok(rows);
        }
        let view = View { company: self, horizon, now: Timestamp::UNIX_EPOCH };
        let candidates: Vec<u64> = match exact.and_then(|test| test.raw.first()?.parse().ok()) {
            Some(id) => vec![id],
            None => self.candidates(kind, &tests),
        };
        let found = candidates.into_iter().filter_map(|id| view.find(kind, id));
        let found = found.filter(|entity| !only_active || entity.is_active());
        let shown = found.map(|entity| self.show(entity));
        Ok(shown.filter(|row| tests.iter().all(|test| test.holds(row))).collect())
    }

    /// Ids worth looking at: by document number where that is asked for, else all, newest first
    /// for transactions. No order is promised to who asks for none.
    fn candidates(&self, kind: Kind, tests: &[Test]) -> Vec<u64> {
        let by_number = tests.iter().find(|test| {
            test.property == "DocNumber"
                && matches!(test.comparison, Comparison::Equal | Comparison::In)
        });
        let all = self.shelf(kind).map(|entity| entity.id);
        match by_number {
            Some(test) => {
                let space = number_space(kind);
                let owners = |raw: &String| self.index.numbers.get(&(space, raw.clone()));
                let owners = test.raw.iter().filter_map(owners).flatten();
                let ids: BTreeSet<u64> =
                    owners.filter(|(owner, _)| *owner == kind).map(|(_, id)| *id).collect();
                ids.into_iter().collect()
            }
            None if kind.is_transaction() => all.rev().collect(),
            None => all.collect(),
        }
    }
}

fn sort(kind: Kind, query: &Query, rows: &mut [Object]) -> Result<(), Fault> {
    let mut keys = Vec::new();
    for (property, descending) in &query.order {
        keys.push((property.as_str(), shape(kind, property)?, *descending));
    }
    rows.sort_by(|left, right| {
        let orders = keys.iter().map(|(property, shape, descending)| {
            let value = |row| value_of(row, property, *shape);
            let order = value(left).cmp(&value(right));
            if *descending { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    Ok(())
}

fn select(row: Object, query: &Query) -> Object {
    let Selection::Properties(names) = &query.selection else { return row };
    let mut selected = Object::new();
    for name in names {
        let top = name.split('.').next().unwrap_or(name);
        let entry = row.iter().find(|(known, _)| known.eq_ignore_ascii_case(top));
        if let Some((known, value)) = entry {
            selected.insert(known.clone(), value.clone());
        }
    }
    selected.insert("domain".to_owned(), json!("QBO"));
    selected.insert("sparse".to_owned(), json!(true));
    selected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        let cases = [
            ("smith", "smith", true),
            ("smith", "sm%", true),
            ("smith", "%th", true),
            ("smith", "%mi%", true),
            ("smith", "%x%", false),
            ("smith", "smi", false),
            ("smith", "%", true),
        ];
        for (text, pattern, expected) in cases {
            assert_eq!(is_like(text, pattern), expected, "{text} like {pattern}");
        }
    }
}
