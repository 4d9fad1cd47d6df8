//! Goods that came back wait until the book has the sale that took them out: one that it refused,
//! or that nobody approved, never took anything out of its stock.

use super::super::{Engine, EngineError};
use saldo_core::book::{Book, Subject};
use saldo_core::document::{Document, DocumentKind, Line, LineKind};
use saldo_core::plan::{Change, standing_documents};
use saldo_core::text::ConnectionId;
use std::collections::{BTreeMap, BTreeSet};

/// Items that are in stock, by their keys.
type Items = BTreeSet<String>;

/// What was sold of items in stock in a slot.
#[derive(Clone, Default)]
struct Sold {
    /// Those that are.
    wanted: Items,
    /// Those that are so in the book.
    there: Items,
}

/// Those of these changes that bring goods back which the book never saw leave, each with the slot
/// of the sale that is lacking. What is counted without a sale waits for nothing.
pub(in super::super) async fn unsold(
    engine: &Engine,
    (connection, book): (&ConnectionId, &'static dyn Book),
    changes: &[Change],
) -> Result<BTreeMap<String, String>, EngineError> {
    let mut unsold = BTreeMap::new();
    if !book.description().keeps_stock {
        return Ok(unsold);
    }
    let (store, company) = (&engine.store, engine.company_id());
    let mut known: BTreeMap<String, Sold> = BTreeMap::new();
    for change in changes {
        let items = brought_back(change);
        let Some(slot) = change.slot.as_ref().filter(|_| !items.is_empty()) else { continue };
        let beside = store.slots_beside(company, &BTreeSet::from([slot.clone()])).await?;
        let (mut wanted, mut there) = (BTreeMap::new(), Items::new());
        for slot in beside {
            if !known.contains_key(&slot) {
                known.insert(slot.clone(), sold_in(engine, connection, &slot).await?);
            }
            let Some(sold) = known.get(&slot) else { continue };
            wanted.extend(sold.wanted.iter().map(|item| (item.clone(), slot.clone())));
            there.extend(sold.there.iter().cloned());
        }
        let lacking =
            items.iter().find(|item| wanted.contains_key(*item) && !there.contains(*item));
        if let Some(sale) = lacking.and_then(|item| wanted.get(item)) {
            unsold.insert(change.id.clone(), sale.clone());
        }
    }
    Ok(unsold)
}

async fn sold_in(
    engine: &Engine,
    connection: &ConnectionId,
    slot: &str,
) -> Result<Sold, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let slots = [slot.to_owned()];
    let entries = store.slot_entries(company, &slots).await?;
    let lines = entries.values().flatten().flat_map(|entry| &entry.lines);
    let wanted = lines.filter_map(sold).collect();
    let approved = store.approved_for_slots(company, connection, &slots).await?;
    let there = standing_documents(&approved).into_iter();
    let there = there.flat_map(Document::lines).filter_map(sold).collect();
    Ok(Sold { wanted, there })
}

fn document(change: &Change) -> Option<&Document> {
    match &change.subject {
        Subject::Document { document, voids: None, .. } => Some(document),
        _ => None,
    }
}

/// The items in stock that a change brings back, or more of which were counted.
fn brought_back(change: &Change) -> Items {
    let adjustment = document(change).filter(|it| {
        it.header().kind == DocumentKind::InventoryAdjustment && change.takes_out.is_empty()
    });
    let lines = adjustment.into_iter().flat_map(Document::lines);
    let moves = lines.filter_map(Line::stock_move).filter(|(_, units)| *units > 0);
    moves.map(|(kept, _)| kept.key.clone()).collect()
}

/// The item in stock that a line sells.
fn sold(line: &Line) -> Option<String> {
    let (kept, units) = line.stock_move()?;
    let is_sale = units < 0 && matches!(line.kind, LineKind::Product { .. });
    is_sale.then(|| kept.key.clone())
}
