//! Goods that came back wait until the book has the sale that took them out: one that it refused,
//! or that nobody approved, never took anything out of its stock.

use super::super::EngineError;
use super::Pusher;
use saldo_core::book::Subject;
use saldo_core::document::{Document, DocumentKind, Line, LineKind};
use saldo_core::plan::{Change, standing_documents};
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

impl Pusher<'_> {
    /// Those of these changes that bring goods back which the book never saw leave. What is counted
    /// without a sale waits for nothing.
    pub(super) async fn unsold(&self, changes: &[Change]) -> Result<BTreeSet<String>, EngineError> {
        let mut unsold = BTreeSet::new();
        if !self.book.description().keeps_stock {
            return Ok(unsold);
        }
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let mut known: BTreeMap<String, Sold> = BTreeMap::new();
        for change in changes {
            let items = brought_back(change);
            let Some(slot) = change.slot.as_ref().filter(|_| !items.is_empty()) else { continue };
            let beside = store.slots_beside(company, &BTreeSet::from([slot.clone()])).await?;
            let (mut wanted, mut there) = (Items::new(), Items::new());
            for slot in beside {
                if !known.contains_key(&slot) {
                    known.insert(slot.clone(), self.sold_in(&slot).await?);
                }
                let Some(sold) = known.get(&slot) else { continue };
                wanted.extend(sold.wanted.iter().cloned());
                there.extend(sold.there.iter().cloned());
            }
            if items.iter().any(|item| wanted.contains(item) && !there.contains(item)) {
                unsold.insert(change.id.clone());
            }
        }
        Ok(unsold)
    }

    async fn sold_in(&self, slot: &str) -> Result<Sold, EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let slots = [slot.to_owned()];
        let entries = store.slot_entries(company, &slots).await?;
        let lines = entries.values().flatten().flat_map(|entry| &entry.lines);
        let wanted = lines.filter_map(sold).collect();
        let approved = store.approved_for_slots(company, &self.connection.id, &slots).await?;
        let there = standing_documents(&approved).into_iter();
        let there = there.flat_map(Document::lines).filter_map(sold).collect();
        Ok(Sold { wanted, there })
    }
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
