//! Purchase orders: how what comes in is linked with the lines that it came of, and how an order is
//! closed.
//!
//! QuickBooks links line by line, and a line has an id of QuickBooks' own. So what is remembered of
//! an order are the ids of its lines and of their items, behind its own.

use super::shape::{Shape, shape};
use super::wire::Kind;
use super::write::Body;
use super::xml::Element;
use saldo_core::book::{Acknowledgement, Voided};
use saldo_core::document::Document;
use saldo_core::text::RemoteId;
use serde::Serialize;

/// What parts the id of an item from that of its line.
const OF: char = '=';

/// A line of an order, which a line of what came in fulfils.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LinkToTxn {
    #[serde(rename = "TxnID")]
    txn_id: String,
    #[serde(rename = "TxnLineID")]
    txn_line_id: String,
}

/// What is remembered of an order: its id, and the lines of items with their ids.
pub(super) fn remote(row: &Element, id: &str) -> RemoteId {
    let line = |line: &Element| {
        let item = line.text(["ItemRef", "ListID"])?;
        Some(format!(" {item}{OF}{}", line.text(["TxnLineID"])?))
    };
    let lines: String = row.all("PurchaseOrderLineRet").filter_map(line).collect();
    RemoteId::from(format!("{id}{lines}"))
}

/// The id of an order, without its lines.
fn id(remote: &RemoteId) -> &str {
    remote.as_str().split(' ').next().unwrap_or_default()
}

/// The lines of an order that are still to be linked with lines of what came in.
#[derive(Debug)]
pub(super) struct OpenLines<'a> {
    order: &'a str,
    lines: Vec<(&'a str, &'a str)>,
}

impl<'a> OpenLines<'a> {
    /// All lines of an order.
    pub(super) fn of(remote: &'a RemoteId) -> Self {
        let lines = remote.as_str().split(' ').skip(1).filter_map(|line| line.split_once(OF));
        Self { order: id(remote), lines: lines.collect() }
    }

    /// The line of an item: each once, and the last of them as often as it takes. None where the
    /// order has none of that item.
    pub(super) fn take(&mut self, item: &str) -> Option<LinkToTxn> {
        let mut places = (0..self.lines.len()).filter(|place| self.lines[*place].0 == item);
        let place = places.next()?;
        let line = match places.next() {
            Some(_) => self.lines.remove(place).1,
            None => self.lines[place].1,
        };
        Some(LinkToTxn { txn_id: self.order.to_owned(), txn_line_id: line.to_owned() })
    }
}

/// The request that an order be closed, which says that nothing of it is expected any more.
/// QuickBooks refuses any version but the latest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Closed<'a> {
    #[serde(rename = "TxnID")]
    txn_id: &'a str,
    edit_sequence: &'a str,
    is_manually_closed: bool,
}

/// Whether a document is one that is closed where it no longer holds: a purchase order.
pub(super) fn is_order(document: &Document) -> bool {
    matches!(shape(document), Ok(Shape::Order(_)))
}

/// What closes an order.
///
/// # Errors
/// As [`Body::new`].
pub(super) fn close(voided: &Voided) -> Result<Body, String> {
    let (txn_id, edit_sequence) = (id(&voided.remote), voided.version.as_str());
    let fields = Closed { txn_id, edit_sequence, is_manually_closed: true };
    Body::change(Kind::PurchaseOrder.name(), &fields)
}

/// What QuickBooks acknowledges of the order that was to be closed, if it is.
pub(super) fn closed(voided: &Voided, row: &Element) -> Option<Acknowledgement> {
    let is_closed = row.text(["TxnID"]) == Some(id(&voided.remote))
        && row.text(["IsManuallyClosed"]) == Some("true");
    let version = row.text(["EditSequence"]).map(str::to_owned);
    let acknowledgement = Acknowledgement::of(voided.remote.clone());
    is_closed.then_some(Acknowledgement { version, ..acknowledgement })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_item_are_taken_in_turn() {
        let remote = RemoteId::from("1A-1 8A-1=1B-1 8C-1=1C-1 8A-1=1D-1");
        let mut open = OpenLines::of(&remote);
        let lines = ["8A-1", "8A-1", "8A-1", "8C-1", "8E-1"]
            .map(|item| open.take(item).map(|link| (link.txn_id, link.txn_line_id)));
        let of = |line: &str| Some(("1A-1".to_owned(), line.to_owned()));
        assert_eq!(lines, [of("1B-1"), of("1D-1"), of("1D-1"), of("1C-1"), None]);
    }
}
