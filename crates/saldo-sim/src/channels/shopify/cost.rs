//! What a query costs, and the bucket that pays for it.
//!
//! The published model: scalars are free, an object costs one point, a connection two points and
//! the cost of its nodes times the page size, so that nesting multiplies. Of an interface's kinds
//! the dearest counts. A mutation costs ten points.

use super::page::PAGE_LIMIT;
use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::Value;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The most points that one query may ask for.
pub(super) const QUERY_LIMIT: u64 = 1_000;
const MUTATION: u64 = 10;
/// What a connection costs beside its nodes.
pub(super) const CONNECTION: u64 = 2;
const THOUSAND: u64 = 1_000;

/// What a query is refused for before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A connection is asked for without a page size.
    NoPageSize(String),
    /// A page is too large.
    PageTooLarge(String, u64),
}

/// Works out the cost of an operation as asked.
///
/// # Errors
/// Where a page size is missing or too large.
pub(super) fn requested(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> Result<u64, Refusal> {
    let reckoning = Reckoning { document, variables };
    let cost = reckoning.of_set(&operation.selection_set)?;
    Ok(if operation.is_mutation() { cost.max(MUTATION) } else { cost })
}

struct Reckoning<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
}

impl Reckoning<'_> {
    fn of_set(&self, set: &SelectionSet) -> Result<u64, Refusal> {
        let mut common = 0_u64;
        let mut by_kind: BTreeMap<String, u64> = BTreeMap::new();
        for selection in &set.selections {
            let inner = match selection {
                Selection::Field(field) => {
                    common = common.saturating_add(self.of_field(field)?);
                    continue;
                }
                Selection::InlineFragment(fragment) => &fragment.selection_set,
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = spread.fragment_def(self.document) else { continue };
                    &fragment.selection_set
                }
            };
            let cost = self.of_set(inner)?;
            if inner.ty == set.ty {
                common = common.saturating_add(cost);
            } else {
                *by_kind.entry(inner.ty.to_string()).or_default() += cost;
            }
        }
        Ok(common.saturating_add(by_kind.into_values().max().unwrap_or(0)))
    }

    fn of_field(&self, field: &Field) -> Result<u64, Refusal> {
        if field.selection_set.is_empty() {
            return Ok(0);
        }
        if !is_connection(field) {
            let times = self.page_size(field)?.unwrap_or(1);
            return Ok(self.of_set(&field.selection_set)?.saturating_add(1).saturating_mul(times));
        }
        let missing = || Refusal::NoPageSize(field.name.to_string());
        let size = self.page_size(field)?.ok_or_else(missing)?;
        let mut node = 0_u64;
        for inner in nodes(&field.selection_set) {
            node = node.saturating_add(self.of_set(inner)?.saturating_add(1));
        }
        Ok(CONNECTION.saturating_add(node.saturating_mul(size)))
    }

    fn page_size(&self, field: &Field) -> Result<Option<u64>, Refusal> {
        let sizes = ["first", "last"].into_iter().filter_map(|name| {
            let value = field.specified_argument_by_name(name)?;
            match value.as_ref() {
                Value::Int(number) => number.as_str().parse::<u64>().ok(),
                Value::Variable(variable) => {
                    let value = self.variables.get(variable.as_str())?.as_i64()?;
                    u64::try_from(value).ok()
                }
                _ => None,
            }
        });
        let size = sizes.max();
        match size {
            Some(size) if size > PAGE_LIMIT => {
                Err(Refusal::PageTooLarge(field.name.to_string(), size))
            }
            _ => Ok(size),
        }
    }
}

/// Whether a field is a connection.
pub(super) fn is_connection(field: &Field) -> bool {
    field.ty().inner_named_type().as_str().ends_with("Connection")
}

/// What is selected of the nodes of a connection: by `nodes`, or by `edges` and `node`.
pub(super) fn nodes(set: &SelectionSet) -> Vec<&SelectionSet> {
    let mut found = Vec::new();
    for field in set.fields() {
        match field.name.as_str() {
            "nodes" => found.push(&field.selection_set),
            "edges" => found.extend(
                field
                    .selection_set
                    .fields()
                    .filter(|inner| inner.name == "node")
                    .map(|inner| &inner.selection_set),
            ),
            _ => {}
        }
    }
    found
}

/// The bucket: it leaks in, at a steady rate, and queries take out.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    maximum: u64,
    restore_rate: u64,
    thousandths: u64,
    filled_at: Option<Timestamp>,
}

impl Bucket {
    /// A full bucket of so many points that so many flow into each second.
    pub(super) fn new(maximum: u64, restore_rate: u64) -> Self {
        Self { maximum, restore_rate, thousandths: maximum * THOUSAND, filled_at: None }
    }

    /// Lets flow in what came since the last time.
    pub(super) fn fill(&mut self, now: Timestamp) {
        let since = self.filled_at.map_or(0, |before| now.duration_since(before).as_millis());
        let flown = u64::try_from(since).unwrap_or(0).saturating_mul(self.restore_rate);
        self.thousandths = self.thousandths.saturating_add(flown).min(self.maximum * THOUSAND);
        self.filled_at = Some(self.filled_at.map_or(now, |before| before.max(now)));
    }

    /// The points that are in it.
    pub(super) fn available(&self) -> u64 {
        self.thousandths / THOUSAND
    }

    /// Takes points out.
    pub(super) fn take(&mut self, points: u64) {
        self.thousandths = self.thousandths.saturating_sub(points.saturating_mul(THOUSAND));
    }

    /// The state of the bucket as answers tell it.
    pub(super) fn status(&self) -> serde_json::Value {
        serde_json::json!({
            "maximumAvailable": self.maximum,
            "currentlyAvailable": self.available(),
            "restoreRate": self.restore_rate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_with_time_and_never_overflows() {
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        let mut bucket = Bucket::new(2_000, 100);
        bucket.fill(at(0));
        bucket.take(1_990);
        assert_eq!(bucket.available(), 10);
        bucket.fill(at(500));
        assert_eq!(bucket.available(), 60);
        bucket.fill(at(400));
        assert_eq!(bucket.available(), 60, "a clock that goes back fills nothing");
        bucket.fill(at(1_000_000));
        assert_eq!(bucket.available(), 2_000);
    }
}
