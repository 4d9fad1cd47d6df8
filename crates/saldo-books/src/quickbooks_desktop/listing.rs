//! The documents of some days: ids, versions and numbers, and nothing else.
//!
//! The vendor's own pages die with the session, so that a page of ours is a kind and some days:
//! where they hold more rows than an answer may, they are parted in the middle. A page of text
//! names them: `Invoice@2026-01-01@2026-01-31`.

use super::chart::ROWS;
use super::compare;
use super::find;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    kind: Kind,
    from: Date,
    until: Date,
}

impl Range {
    /// What its request is called, and how a page names it.
    fn id(self) -> String {
        format!("{}@{}@{}", self.kind.name(), self.from, self.until)
    }

    fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('@');
        let kind = Kind::parse(parts.next()?)?;
        let (from, until) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Self { kind, from, until })
    }

    fn is_day(self) -> bool {
        self.from >= self.until
    }

    fn request(self) -> Result<Request, String> {
        let number = if self.kind.is_numbered() { "RefNumber" } else { "Memo" };
        let range =
            DateRange { from_txn_date: self.from.to_string(), to_txn_date: self.until.to_string() };
        // An order is remembered with its lines.
        let has_lines = self.kind == Kind::PurchaseOrder;
        let mut include_ret_element = vec!["TxnID", "EditSequence", number];
        include_ret_element.extend(has_lines.then_some("PurchaseOrderLineRet"));
        let fields = TxnQuery {
            request_id: self.id(),
            max_returned: (!self.is_day()).then_some(ROWS),
            txn_date_range_filter: Some(range),
            include_line_items: has_lines.then_some(true),
            include_ret_element,
            ..TxnQuery::default()
        };
        Request::query(self.kind.name(), &fields)
    }

    /// Its two halves.
    ///
    /// # Errors
    /// Where its days cannot be counted.
    fn halves(self) -> Result<[Self; 2], Fault> {
        let unable = |error| Fault::new(Permit::Never, format!("{}: {error}", self.id()));
        let days = self.from.until(self.until).map_err(unable)?.get_days();
        let middle = self.from.checked_add(jiff::Span::new().days(days / 2)).map_err(unable)?;
        let after = middle.tomorrow().map_err(unable)?;
        Ok([Self { until: middle, ..self }, Self { from: after, ..self }])
    }
}

/// The ranges of a page: all kinds on the first one.
///
/// # Errors
/// Where the page is none of ours.
pub(super) fn ranges(from: Date, until: Date, page: Option<&str>) -> Result<Vec<Range>, Fault> {
    let Some(page) = page else {
        return Ok(Kind::ALL.map(|kind| Range { kind, from, until }).to_vec());
    };
    let unreadable = || Fault::new(Permit::Never, format!("`{page}` is no page of documents"));
    page.split(' ').map(|id| Range::parse(id).ok_or_else(unreadable)).collect()
}

/// What asks for the first of these ranges.
///
/// # Errors
/// In words, where a query cannot be written.
pub(super) fn requests(ranges: &[Range]) -> Result<Vec<Request>, String> {
    ranges.iter().take(RANGES).map(|range| range.request()).collect()
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
        let rows = find::rows_of(Some(range.kind), range.kind.name(), response)?;
        if rows.len() >= ROWS && !range.is_day() {
            next.extend(range.halves()?);
            continue;
        }
        let held = rows.iter().map(held).collect::<Result<Vec<_>, _>>();
        listing.documents.extend(held?);
    }
    next.extend_from_slice(later);
    let next: Vec<String> = next.into_iter().map(Range::id).collect();
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
    fn days_are_halved_without_a_gap_and_without_an_overlap() {
        let range = |from: i8, until: i8| Range {
            kind: Kind::Invoice,
            from: date(2026, 11, from),
            until: date(2026, 11, until),
        };
        assert_eq!(range(1, 30).halves().unwrap(), [range(1, 15), range(16, 30)]);
        assert_eq!(range(1, 2).halves().unwrap(), [range(1, 1), range(2, 2)]);
        assert!(range(2, 2).is_day());
        assert_eq!(Range::parse(&range(1, 30).id()), Some(range(1, 30)));
        for page in ["", "Invoice", "Invoice@2026-11-01", "Nothing@2026-11-01@2026-11-02"] {
            assert!(ranges(date(2026, 11, 1), date(2026, 11, 2), Some(page)).is_err(), "{page}");
        }
    }
}
