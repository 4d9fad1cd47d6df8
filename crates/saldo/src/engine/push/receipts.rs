//! Goods that came in, by a receipt that was corrected since some of them were sold. A book that
//! keeps stock lets nothing fall below zero, and so may refuse to take the old receipt back first.
//!
//! Only then what replaces it goes in first, and the old receipt is taken back after it, in the
//! same push. It is done where the new one lays in at least as many units of each item, at no less
//! in all: what was on hand before is on hand after both, whatever was sold, so that the book takes
//! the second once it has the first. Where a process ends between the two, the next push tries the
//! refused one again before anything else.

use super::super::EngineError;
use super::Pusher;
use saldo_core::book::{RefusalKind, Subject};
use saldo_core::document::{Document, DocumentKind};
use saldo_core::plan::{ApprovedChange, Change, Whereabouts};
use std::collections::BTreeMap;

/// Units of an item, and their cost in minor units.
type Laid = (i128, i128);

impl Pusher<'_> {
    /// Notes that a book refused to take goods back for want of them.
    pub(super) fn note_short(&mut self, change: &Change, kind: RefusalKind) {
        let is_receipt = receipt(change).is_some() && !change.takes_out.is_empty();
        if is_receipt && kind == RefusalKind::NotSetUp {
            self.short.push(change.clone());
        }
    }

    /// Lets what replaces refused receipts go in before them, where that helps.
    pub(super) async fn replace_first(&mut self) -> Result<(), EngineError> {
        for reversal in std::mem::take(&mut self.short) {
            let Some(slot) = reversal.slot.clone() else { continue };
            let (store, company) = (&self.engine.store, self.engine.company_id());
            let approved = store.approved_for_slots(company, &self.connection.id, &[slot]).await?;
            let replacing = replacing(&approved);
            if replacing.is_empty() || !cover(&approved) {
                continue;
            }
            self.engine.keep(self.lease).await?;
            if store.release_waits(self.lease, &replacing, &reversal.id).await? > 0 {
                self.taken_back_after.push(reversal.id);
            }
        }
        Ok(())
    }

    /// Tries once more to take back what was replaced first. Says whether anything is.
    pub(super) async fn take_back_after(&mut self) -> Result<bool, EngineError> {
        let after = std::mem::take(&mut self.taken_back_after);
        if after.is_empty() {
            return Ok(false);
        }
        self.engine.keep(self.lease).await?;
        let (store, company) = (&self.engine.store, self.engine.company_id());
        // What was withdrawn meanwhile is wanted no longer.
        let failed = store.failed(company).await?.into_iter().map(|it| it.change);
        let is_here = |it: &Change| it.book == self.connection.id && after.contains(&it.id);
        let again: Vec<String> = failed.filter(is_here).map(|it| it.id).collect();
        let now = self.engine.clock.now();
        store.retry(company, &self.connection.id, &again, now).await?;
        Ok(true)
    }
}

/// The goods that a change lays in or takes back, where it is a receipt and not voided.
fn receipt(change: &Change) -> Option<&Document> {
    match &change.subject {
        Subject::Document { document, voids: None, .. } => {
            Some(&**document).filter(|it| it.header().kind == DocumentKind::ItemReceipt)
        }
        _ => None,
    }
}

/// The changes of a slot that are certainly not in the book and lay goods in, or take them back.
fn outstanding(approved: &[ApprovedChange]) -> impl Iterator<Item = (&Change, &Document)> {
    let open = approved.iter().filter(|it| it.whereabouts == Whereabouts::NotInBook);
    open.filter_map(|it| receipt(&it.change).map(|document| (&it.change, document)))
}

/// What waits to replace a slot's receipts.
fn replacing(approved: &[ApprovedChange]) -> Vec<String> {
    let new = outstanding(approved).filter(|(change, _)| change.takes_out.is_empty());
    new.map(|(change, _)| change.id.clone()).collect()
}

/// Whether all that waits to be laid in and taken back in a slot leaves no item with fewer units
/// than now, nor at less.
fn cover(approved: &[ApprovedChange]) -> bool {
    let mut laid: BTreeMap<&str, Laid> = BTreeMap::new();
    for line in outstanding(approved).flat_map(|(_, document)| document.lines()) {
        let Some((kept, units)) = line.stock_move() else { continue };
        let (sum, cost) = laid.entry(&kept.key).or_default();
        *sum += i128::from(units);
        *cost += i128::from(line.amount.minor());
    }
    laid.values().all(|(units, cost)| *units >= 0 && *cost >= 0)
}
