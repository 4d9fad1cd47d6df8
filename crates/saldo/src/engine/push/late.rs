//! Late arrivals: what was withdrawn after a send that nobody heard the end of may land in the book
//! after all. It is looked for, and taken over as it stands. Nothing is sent here: taking it out
//! again is for the next plan.
//!
//! So it is with what amends a document. It landed where the document says what it would have said,
//! and nothing that the book acknowledged since says the same.

use super::super::EngineError;
use super::{Pusher, difference};
use jiff::Timestamp;
use saldo_core::book::{Acknowledgement, Bindings, Outcome, Subject, Task};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::Fault;
use saldo_core::plan::Change;
use saldo_core::proof::LateDocument;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long after its last send a push looks for what was withdrawn: over a long weekend. A proof
/// looks for it always.
const LOOKED_FOR: Duration = Duration::from_hours(72);

impl Pusher<'_> {
    /// Takes over what was withdrawn lately and landed since.
    pub(super) async fn adopt_recent(&mut self) -> Result<(), EngineError> {
        let sent_after = self.engine.clock.now().checked_sub(LOOKED_FOR).unwrap_or(Timestamp::MIN);
        let found = self.adopt_late(Some(sent_after)).await?;
        self.count.adopted += found.iter().filter(|it| it.difference.is_none()).count();
        Ok(())
    }

    /// Looks for what was withdrawn after a send that nobody heard the end of, all of it or what
    /// was last sent after an instant, and takes over what stands in the book as it was sent.
    /// Returns what stands there, by date and number.
    ///
    /// All of it is looked for to the end. Of what was sent lately the first answer counts: it
    /// costs a request a kind, and finds what has a number.
    pub(in crate::engine) async fn adopt_late(
        &self,
        sent_after: Option<Timestamp>,
    ) -> Result<Vec<LateDocument>, EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let unanswered = store.unanswered(company, &self.connection.id, sent_after).await?;
        let mut by_kind: BTreeMap<_, Vec<Change>> = BTreeMap::new();
        for change in unanswered.into_iter().filter(|change| self.can_be_asked_for(change)) {
            let of = match &change.subject {
                Subject::Document { document, .. } => (false, document.header().kind),
                Subject::Amended { document, .. } => (true, document.header().kind),
                Subject::Need(_) | Subject::Confirmed { .. } | Subject::Attached { .. } => continue,
            };
            by_kind.entry(of).or_default().push(change);
        }
        let mut late = Vec::new();
        for changes in by_kind.into_values() {
            for changes in changes.chunks(self.book.description().look_up_batch.max(1)) {
                late.extend(self.adopt_of(changes, sent_after.is_none()).await?);
            }
        }
        late.sort_by_key(|it| (it.date, it.key));
        Ok(late)
    }

    /// Whether the book can be asked for it. What it cannot was never sent.
    pub(super) fn can_be_asked_for(&self, change: &Change) -> bool {
        // A file was approved for a document that the book takes files at, and is asked for there.
        if matches!(change.subject, Subject::Attached { .. }) {
            return true;
        }
        let context = self.context(Bindings::default());
        self.book.ask(&[Task::look_up(change.subject.clone())], "", &context).is_ok()
    }

    /// What of these documents stands in the book; what stands there as it was sent is taken over.
    async fn adopt_of(
        &self,
        changes: &[Change],
        thoroughly: bool,
    ) -> Result<Vec<LateDocument>, EngineError> {
        self.engine.keep(self.lease).await?;
        let tasks: Vec<Task> =
            changes.iter().map(|change| Task::look_up(change.subject.clone())).collect();
        let outcomes = match thoroughly {
            true => self.look(&tasks).await?,
            false => self.read(&tasks).await?,
        };
        if outcomes.len() != tasks.len() {
            return Err(self.world(Fault::unexpected("the documents")));
        }
        let receipts = self.receipts_of_amended(changes).await?;
        let (mut late, mut adopted, mut amended) = (Vec::new(), Vec::new(), Vec::new());
        for (change, outcome) in changes.iter().zip(outcomes) {
            let (key, document, amends) = match &change.subject {
                Subject::Document { key, document, .. } => (*key, document, None),
                Subject::Amended { key, before, document, .. } => (*key, document, Some(before)),
                Subject::Need(_) | Subject::Confirmed { .. } | Subject::Attached { .. } => continue,
            };
            // What was amended again since stands by that: this one counts before it.
            let is_past = amends.is_some_and(|before| {
                receipts.get(key.as_str()).is_some_and(|last| *last != before.content_hash())
            });
            let (found, differs) = match outcome {
                Outcome::Absent | Outcome::Further { .. } | Outcome::AsBefore(_) => continue,
                // What it says was told by another amendment, or by somebody there.
                Outcome::FoundDifferent { .. } if amends.is_some() => continue,
                Outcome::Found(_) if is_past => continue,
                Outcome::Found(found) => {
                    let differs = difference(document, &found);
                    (found, differs)
                }
                Outcome::FoundDifferent { acknowledgement, difference } => {
                    (acknowledgement, Some(difference))
                }
                _ => return Err(self.world(Fault::unexpected("the documents"))),
            };
            late.push(late_document(key, document, &found, differs.clone()));
            if differs.is_none() {
                adopted.push((change.id.clone(), found));
                amended.extend(change.slot.clone().filter(|_| amends.is_some()));
            }
        }
        if !adopted.is_empty() {
            self.engine.keep(self.lease).await?;
            let now = self.engine.clock.now();
            self.engine.store.adopt(self.lease, &adopted, now).await?;
        }
        // What was to amend these documents since goes by what they said before.
        if !amended.is_empty() {
            self.withdraw_of(amended).await?;
        }
        Ok(late)
    }

    /// The hashes of what the book acknowledged last of the documents that these changes amend.
    async fn receipts_of_amended(
        &self,
        changes: &[Change],
    ) -> Result<BTreeMap<String, String>, EngineError> {
        let key = |change: &Change| match &change.subject {
            Subject::Amended { key, .. } => Some(key.to_string()),
            _ => None,
        };
        let keys: Vec<String> = changes.iter().filter_map(key).collect();
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let receipts = store.receipts(company, &self.connection.id, &keys).await?;
        Ok(receipts.into_iter().map(|(key, it)| (key, it.content_hash)).collect())
    }
}

fn late_document(
    key: DocumentKey,
    document: &Document,
    found: &Acknowledgement,
    difference: Option<String>,
) -> LateDocument {
    let header = document.header();
    let hint = match difference {
        None => {
            "it counts as entered now; the next plan takes it out or sets it right: `saldo plan`"
        }
        Some(_) => "remove it in the book: it is not as it was sent, and nothing is built on it",
    };
    let as_sent = || document.total().ok().filter(|_| difference.is_none());
    LateDocument {
        key,
        kind: header.kind,
        date: header.date,
        memo: header.memo.clone(),
        remote: found.remote.clone(),
        amount: found.total.or_else(as_sent),
        difference,
        hint: hint.to_owned(),
    }
}
