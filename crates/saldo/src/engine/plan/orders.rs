//! Purchase orders in a book that links nothing with them, and so does not close them by itself.

use crate::engine::{Engine, EngineError};
use saldo_core::document::{DocumentKind, Line, SubledgerEntry};
use std::collections::{BTreeMap, BTreeSet};

/// The slots of purchase orders of which everything came in: nothing is expected of them any more.
pub(super) async fn fulfilled(
    engine: &Engine,
    entries: &BTreeMap<String, Vec<SubledgerEntry>>,
) -> Result<BTreeSet<String>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let is_order = |entry: &SubledgerEntry| entry.header.kind == DocumentKind::PurchaseOrder;
    let mut fulfilled = BTreeSet::new();
    for (slot, ordered) in entries.iter().filter(|(_, entries)| entries.iter().any(is_order)) {
        let groups = store.groups_of_slot(company, slot).await?;
        let purchase = store.group_entries(company, &groups).await?;
        let came = purchase.iter().filter(|it| it.header.applies_to.as_ref() == Some(slot));
        if covers(ordered.iter().flat_map(|it| &it.lines), came.flat_map(|it| &it.lines)) {
            fulfilled.insert(slot.clone());
        }
    }
    Ok(fulfilled)
}

/// Whether the units that came in are at least those that were ordered, item by item.
fn covers<'a>(
    ordered: impl Iterator<Item = &'a Line>,
    came: impl Iterator<Item = &'a Line>,
) -> bool {
    let mut open: BTreeMap<&str, i64> = BTreeMap::new();
    for line in ordered {
        // Of what is no item nothing is ever known to have come in.
        let Some(kept) = line.kind.kept() else { return false };
        *open.entry(&kept.key).or_default() += line.quantity.unwrap_or(0);
    }
    for (kept, units) in came.filter_map(Line::stock_move) {
        if let Some(open) = open.get_mut(kept.key.as_str()) {
            *open -= units;
        }
    }
    !open.is_empty() && open.values().all(|units| *units <= 0)
}
