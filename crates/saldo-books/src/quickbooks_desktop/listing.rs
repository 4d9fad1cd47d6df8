//! The documents of some days: ids, versions and numbers, and nothing else.
//!
//! A page of text names a kind and some days, and behind the first part of their rows the iterator
//! that has the rest: `Invoice@2026-01-01@2026-01-31@{eb05f701-e727-472f-8ade-6753c4f67a46}*500`.

use super::chart::ROWS;
use super::compare;
use super::find;
use super::iterators::{self, Rest};
use super::message::{Request, Responses};
use super::orders;
use super::wire::{DateRange, Kind, TxnQuery};
use super::xml::Element;
use jiff::civil::Date;
use saldo_core::book::{DocumentPage, HeldDocument};
use saldo_core::document::DocumentKey;
use saldo_core::exchange::{Fault, Permit};

/// How many ranges one message asks for.
const RANGES: usize = Kind::ALL.len();

/// The transactions of a kind that are dated between two days, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    kind: Kind,
    from: Date,
    until: Date,
    /// Those that were not read yet; none before the first part.
    rest: Option<Rest>,
}

impl Range {
    /// What its request is called, and how a page names it.
    fn id(&self) -> String {
        let rest = self.rest.as_ref().map(|rest| format!("@{rest}")).unwrap_or_default();
        format!("{}@{}@{}{rest}", self.kind.name(), self.from, self.until)
    }

    fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('@');
        let kind = Kind::parse(parts.next()?)?;
        let (from, until) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let rest = parts.next().map(|rest| Rest::parse(rest).ok_or(())).transpose().ok()?;
        parts.next().is_none().then_some(Self { kind, from, until, rest })
    }

    fn request(&self) -> Result<Request, String> {
        let number = if self.kind.is_numbered() { "RefNumber" } else { "Memo" };
        let range =
            DateRange { from_txn_date: self.from.to_string(), to_txn_date: self.until.to_string() };
        // An order is remembered with its lines.
        let has_lines = self.kind == Kind::PurchaseOrder;
        let mut include_ret_element = vec!["TxnID", "EditSequence", number];
        include_ret_element.extend(has_lines.then_some("PurchaseOrderLineRet"));
        let fields = TxnQuery {
            request_id: self.id(),
            iterator: Some(iterators::step(self.rest.as_ref())),
            iterator_id: self.rest.as_ref().map(|rest| rest.iterator.clone()),
            max_returned: Some(ROWS),
            txn_date_range_filter: Some(range),
            include_line_items: has_lines.then_some(true),
            include_ret_element,
            ..TxnQuery::default()
        };
        Request::query(self.kind.name(), &fields)
    }
}

/// The ranges of a page: all kinds on the first one.
///
/// # Errors
/// Where the page is none of ours.
pub(super) fn ranges(from: Date, until: Date, page: Option<&str>) -> Result<Vec<Range>, Fault> {
    let Some(page) = page else {
        let all = Kind::ALL.map(|kind| Range { kind, from, until, rest: None });
        return Ok(all.to_vec());
    };
    let unreadable = || Fault::new(Permit::Never, format!("`{page}` is no page of documents"));
    page.split(' ').map(|id| Range::parse(id).ok_or_else(unreadable)).collect()
}

/// What asks for the first of these ranges.
///
/// # Errors
/// In words, where a query cannot be written.
pub(super) fn requests(ranges: &[Range]) -> Result<Vec<Request>, String> {
    ranges.iter().take(RANGES).map(Range::request).collect()
}

/// What the answers mean: the documents, and where to go on.
///
/// # Errors
/// Where a query was refused or not answered, or a row cannot be read.
pub(super) fn page(ranges: Vec<Range>, mut responses: Responses) -> Result<DocumentPage, Fault> {
    let mut listing = DocumentPage::default();
    let (asked, later) = ranges.split_at(ranges.len().min(RANGES));
    let mut next = Vec::new();
    for range in asked {
        let response = responses.take(&range.id());
        let rest = iterators::rest(range.kind.name(), range.rest.as_ref(), response.as_ref())?;
        let rows = find::rows_of(Some(range.kind), range.kind.name(), response)?;
        next.extend(rest.map(|rest| Range { rest: Some(rest), ..range.clone() }));
        let held = rows.iter().map(held).collect::<Result<Vec<_>, _>>();
        listing.documents.extend(held?);
    }
    next.extend_from_slice(later);
    let next: Vec<String> = next.iter().map(Range::id).collect();
    listing.next = (!next.is_empty()).then(|| next.join(" "));
    Ok(listing)
}

fn held(row: &Element) -> Result<HeldDocument, Fault> {
    let id = row.text(["TxnID"]);
    let unreadable = || Fault::new(Permit::Never, format!("a {} has no TxnID", row.name));
    let marked = || compare::marked(row).map(|key| key.to_string());
    let number = row.text(["RefNumber"]).map(|number| {
        let key = DocumentKey::at_end_of(number);
        key.map_or_else(|| number.to_owned(), |key| key.to_string())
    });
    Ok(HeldDocument {
        remote: orders::remote(row, id.ok_or_else(unreadable)?),
        number: number.or_else(marked),
        version: row.text(["EditSequence"]).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_page_names_kinds_days_and_iterators() {
        for rest in [None, Rest::parse("{eb05f701-e727-472f-8ade-6753c4f67a46}*500")] {
            let (from, until) = (date(2026, 11, 1), date(2026, 11, 30));
            let range = Range { kind: Kind::Invoice, from, until, rest };
            assert_eq!(ranges(from, until, Some(&range.id())).unwrap(), [range]);
        }
        let days = "Invoice@2026-11-01@2026-11-02";
        let bad = [format!("{days}@{{1}}"), format!("{days}@{{1}}*1@"), days.replace("I", "X")];
        for page in bad.iter().map(String::as_str).chain(["", "Invoice", "Invoice@2026-11-01"]) {
            assert!(ranges(date(2026, 11, 1), date(2026, 11, 2), Some(page)).is_err(), "{page}");
        }
    }
}
