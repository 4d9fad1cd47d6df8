//! What is looked at before it is done. Drafts: what belongs to one waits until it is confirmed,
//! and one is confirmed only as it was entered. What is voided, where the book shows matches. And
//! what is amended, where the book shows matches, or has it in another version than the one that it
//! acknowledged.

use super::super::{Engine, EngineError};
use super::Pusher;
use saldo_core::book::{Book, Outcome, Subject, Task};
use saldo_core::exchange::Fault;
use saldo_core::plan::Change;
use saldo_core::text::ConnectionId;
use saldo_store::Purpose;
use std::collections::{BTreeMap, BTreeSet};

/// The invoices and bills that changes belong to and that are still drafts in a book.
pub(in super::super) async fn drafts_to_pay(
    engine: &Engine,
    (connection, book): (&ConnectionId, &'static dyn Book),
    changes: &[Change],
) -> Result<BTreeSet<String>, EngineError> {
    let invoices: BTreeSet<String> =
        changes.iter().filter_map(Change::invoice).map(|key| key.to_string()).collect();
    if invoices.is_empty() || book.description().drafts_count {
        return Ok(BTreeSet::new());
    }
    let invoices: Vec<String> = invoices.into_iter().collect();
    Ok(engine.store.drafts_among(engine.company_id(), connection, &invoices).await?)
}

impl Pusher<'_> {
    /// The invoices and bills that these changes belong to and that are still drafts, where the
    /// book does not count drafts: it takes no payment for what nobody approved.
    pub(super) async fn drafts_to_pay(
        &self,
        changes: &[Change],
    ) -> Result<BTreeSet<String>, EngineError> {
        drafts_to_pay(self.engine, (&self.connection.id, self.book), changes).await
    }

    /// Looks at the drafts that are to be confirmed, since books confirm whatever stands there by
    /// now, and at what is to be voided or amended, where the book shows what was matched. What
    /// somebody confirmed or voided there is acknowledged, what somebody changed or matched is
    /// refused. Returns the changes that are still to be made.
    pub(super) async fn look_first(
        &mut self,
        changes: Vec<Change>,
    ) -> Result<Vec<Change>, EngineError> {
        let changes = self.in_their_versions(changes).await?;
        let shows_matches = self.book.description().shows_matches;
        let mut by_kind: BTreeMap<_, Vec<Change>> = BTreeMap::new();
        let mut left = Vec::new();
        for change in changes {
            match &change.subject {
                Subject::Confirmed { document, .. } => {
                    by_kind.entry((0, document.header().kind)).or_default().push(change);
                }
                Subject::Document { document, voids: Some(_), .. } if shows_matches => {
                    by_kind.entry((0, document.header().kind)).or_default().push(change);
                }
                Subject::Amended { document, .. }
                    if shows_matches || self.names_tried.contains_key(&change.id) =>
                {
                    by_kind.entry((1, document.header().kind)).or_default().push(change);
                }
                Subject::Need(_)
                | Subject::Document { .. }
                | Subject::Amended { .. }
                | Subject::Attached { .. } => {
                    left.push(change);
                }
            }
        }
        for changes in by_kind.into_values() {
            for some in changes.chunks(self.book.description().look_up_batch.max(1)) {
                left.extend(self.look_at_some(some).await?);
            }
        }
        Ok(left)
    }

    /// These changes, those that amend with the version of what they amend that the book
    /// acknowledged last.
    async fn in_their_versions(&self, changes: Vec<Change>) -> Result<Vec<Change>, EngineError> {
        let key = |change: &Change| match &change.subject {
            Subject::Amended { key, .. } => Some(key.to_string()),
            _ => None,
        };
        let keys: Vec<String> = changes.iter().filter_map(key).collect();
        if keys.is_empty() {
            return Ok(changes);
        }
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let receipts = store.receipts(company, &self.connection.id, &keys).await?;
        let versioned = |change: Change| match key(&change).and_then(|key| receipts.get(&key)) {
            Some(receipt) => in_version(change, receipt.version.clone()),
            None => change,
        };
        Ok(changes.into_iter().map(versioned).collect())
    }

    async fn look_at_some(&mut self, changes: &[Change]) -> Result<Vec<Change>, EngineError> {
        let task = |change: &Change| Task::look_up(change.subject.clone());
        let tasks: Vec<Task> = changes.iter().map(task).collect();
        let outcomes = self.look(&tasks).await?;
        if outcomes.len() != tasks.len() {
            return Err(self.world(Fault::unexpected("what was looked at first")));
        }
        let (mut left, mut results) = (Vec::new(), Vec::new());
        for ((change, task), outcome) in changes.iter().zip(&tasks).zip(outcomes) {
            match outcome {
                Outcome::Absent => left.push(change.clone()),
                Outcome::AsBefore(held) => left.push(in_version(change.clone(), held.version)),
                outcome => {
                    results.push((change.id.clone(), self.result(change, task, outcome)));
                }
            }
        }
        if !results.is_empty() {
            let members = results.iter().map(|(id, _)| id.clone()).collect();
            let batch = self.begin(Purpose::LookUp, members, None).await?;
            self.finish(&batch.id, results).await?;
        }
        Ok(left)
    }
}

/// A change that amends, with the version of what it amends.
fn in_version(mut change: Change, held: Option<String>) -> Change {
    if let Subject::Amended { version, .. } = &mut change.subject {
        *version = held;
    }
    change
}
