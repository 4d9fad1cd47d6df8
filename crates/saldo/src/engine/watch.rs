//! Watching: what people changed of our documents in a book, asked of books that tell their
//! changes.
//!
//! Only what changed is read, so that a sync can ask for it. A draft that somebody approved there
//! is taken as confirmed; what was changed or deleted is kept for whoever looks. Nothing of it is
//! undone: that is the owner's to decide. A proof reads everything, and sets right what is kept.

use super::EngineError;
use super::prove::documents::{Listing, list, look_at};
use super::push::Pusher;
use jiff::{SignedDuration, Timestamp};
use saldo_core::book::{HeldDocument, Outcome, Subject, Task};
use saldo_core::exchange::Fault;
use saldo_core::plan::Change;
use saldo_core::proof::DocumentDifference;
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use saldo_store::{Approval, AttemptOutcome, AttemptResult, Purpose, Store};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of observation that says what was seen.
const SEEN: &str = "watched";
/// The kind of observation that says that the vendor sent word of a change.
const WORD: &str = "word-of-change";
/// How much earlier than it was last asked a book is asked for changes: clocks differ.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// After how long it is asked though nothing calls for it.
const AT_LEAST_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// Who confirmed a draft that stands approved in its book.
const BY_THE_BOOK: &str = "somebody in the book";

/// What was seen in a book.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    /// Until when changes were asked for.
    until: Timestamp,
    /// The documents of ours that are not as they were entered, by number, in words.
    differing: BTreeMap<String, String>,
}

/// A document of ours that somebody changed or deleted in a book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChangedThere {
    /// Its number.
    pub(crate) key: String,
    /// In what it differs, in words.
    pub(crate) difference: String,
}

async fn seen(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<Seen>, EngineError> {
    let seen = store.observation(company, book, SEEN).await?;
    // What another version noted, and this one cannot read, is as if it were not there.
    Ok(seen.and_then(|seen| serde_json::from_str(&seen.body).ok()))
}

/// The documents of ours that somebody changed or deleted in a book, as far as was seen last.
pub(crate) async fn changed_there(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Vec<ChangedThere>, EngineError> {
    let differing = seen(store, company, book).await?.map(|it| it.differing).unwrap_or_default();
    let changed = |(key, difference)| ChangedThere { key, difference };
    Ok(differing.into_iter().map(changed).collect())
}

/// Notes that a vendor sent word of a change: the next run asks for changes, whatever else.
pub(crate) async fn note_word(
    store: &Store,
    (company, book): (&CompanyId, &ConnectionId),
    now: Timestamp,
) -> Result<(), EngineError> {
    Ok(store.put_observation(company, book, WORD, "{}", now).await?)
}

/// When a vendor last sent word of a change.
pub(crate) async fn word_of_change(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<Timestamp>, EngineError> {
    Ok(store.observation(company, book, WORD).await?.map(|word| word.at))
}

impl Pusher<'_> {
    /// Asks for what changed, where drafts wait in the book, where the vendor sent word, or where a
    /// day went by. Returns how many drafts turned out to be confirmed.
    pub(super) async fn watch(&mut self) -> Result<usize, EngineError> {
        let Some(reach) = self.book.description().tells_changes else { return Ok(0) };
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let book = &self.connection.id;
        let drafts = match self.book.description().drafts_count {
            true => Vec::new(),
            false => store.standing_drafts(company, book).await?,
        };
        let before = seen(store, company, book).await?;
        let now = self.engine.clock.now();
        if drafts.is_empty() {
            let word = word_of_change(store, company, book).await?;
            let asked = before.as_ref().map(|it| it.until);
            let is_due = |asked: Timestamp| {
                word.is_some_and(|word| word >= asked)
                    || now.duration_since(asked) >= AT_LEAST_EVERY
            };
            match asked {
                Some(asked) if is_due(asked) => {}
                Some(_) => return Ok(0),
                None => {
                    let differing = BTreeMap::new();
                    self.observe(SEEN, &Seen { until: now, differing }).await?;
                    return Ok(0);
                }
            }
        }
        let reach = SignedDuration::try_from(reach).unwrap_or(SignedDuration::MAX);
        let within_reach = |it: &&Seen| now.duration_since(it.until) + OVERLAP < reach;
        let found = match before.as_ref().filter(within_reach) {
            Some(seen) => self.changed_since(seen.until, &drafts).await?,
            // What happened before is for a proof to say; drafts are few.
            None => self.looked_at(Listing::default(), BTreeMap::new(), &drafts).await?,
        };
        let mut differing = before.map(|seen| seen.differing).unwrap_or_default();
        differing.retain(|key, _| !found.looked_at.contains(key));
        differing.extend(found.differing);
        // What is not acknowledged yet must be seen again.
        let confirmed = self.confirmed_there(found.confirmed).await?;
        self.observe(SEEN, &Seen { until: now, differing }).await?;
        Ok(confirmed)
    }

    /// Keeps what a proof found, which was begun then and read everything.
    pub(super) async fn keep_seen(
        &self,
        begun: Timestamp,
        differing: &[DocumentDifference],
    ) -> Result<(), EngineError> {
        if self.book.description().tells_changes.is_none() {
            return Ok(());
        }
        let words = |it: &DocumentDifference| (it.key.to_string(), it.difference.clone());
        let differing = differing.iter().map(words).collect();
        self.observe(SEEN, &Seen { until: begun, differing }).await
    }

    /// Looks at those of our documents that changed since then, in another version than the one
    /// that was acknowledged.
    async fn changed_since(
        &self,
        since: Timestamp,
        drafts: &[Change],
    ) -> Result<Found, EngineError> {
        let since = since.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN);
        let changed = list(self, |page| Task::ReadChanges { since, page }).await?.documents;
        let remotes: Vec<RemoteId> = changed.iter().map(|it| it.remote.clone()).collect();
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let ours = store.acknowledged_as(company, &self.connection.id, &remotes).await?;
        let versions: BTreeMap<&RemoteId, Option<&String>> =
            changed.iter().map(|it| (&it.remote, it.version.as_ref())).collect();
        let is_as_acknowledged = |remote: &RemoteId, version: &Option<String>| {
            let held = versions.get(remote).copied().flatten();
            held.is_some() && held == version.as_ref()
        };
        let suspects: BTreeMap<String, RemoteId> = ours
            .into_iter()
            .filter(|it| !is_as_acknowledged(&it.remote, &it.version))
            .map(|it| (it.key, it.remote))
            .collect();
        let (drafts, suspects) = apart(drafts, suspects);
        let mut held = Listing::default();
        let stands = |it: &HeldDocument| it.version.is_some();
        changed.into_iter().filter(stands).for_each(|document| held.add(document));
        self.looked_at(held, suspects, &drafts).await
    }

    /// Looks at documents, and at drafts as such.
    async fn looked_at(
        &self,
        held: Listing,
        suspects: BTreeMap<String, RemoteId>,
        drafts: &[Change],
    ) -> Result<Found, EngineError> {
        let mut found = Found::default();
        found.looked_at.extend(suspects.keys().cloned());
        for it in look_at(self, self.lease, &held, &suspects).await? {
            found.differing.insert(it.key.to_string(), it.difference);
        }
        let mut by_kind: BTreeMap<_, Vec<Change>> = BTreeMap::new();
        for change in drafts.iter().filter_map(Change::confirmation) {
            if let Subject::Confirmed { key, document } = &change.subject {
                found.looked_at.insert(key.to_string());
                by_kind.entry(document.header().kind).or_default().push(change);
            }
        }
        for changes in by_kind.into_values() {
            for some in changes.chunks(self.book.description().look_up_batch.max(1)) {
                self.engine.keep(self.lease).await?;
                self.look_at_drafts(some, &mut found).await?;
            }
        }
        Ok(found)
    }

    async fn look_at_drafts(
        &self,
        confirmations: &[Change],
        found: &mut Found,
    ) -> Result<(), EngineError> {
        let task = |change: &Change| Task::look_up(change.subject.clone());
        let tasks: Vec<Task> = confirmations.iter().map(task).collect();
        let outcomes = self.look(&tasks).await?;
        if outcomes.len() != tasks.len() {
            return Err(self.world(Fault::unexpected("the drafts")));
        }
        for (change, outcome) in confirmations.iter().zip(outcomes) {
            let Subject::Confirmed { key, .. } = &change.subject else { continue };
            let differs = match &outcome {
                Outcome::FoundDifferent { difference, .. } => difference.clone(),
                Outcome::Found(_) => {
                    found.confirmed.push((change.clone(), outcome));
                    continue;
                }
                // It stands there as it was entered.
                _ => continue,
            };
            found.differing.insert(key.to_string(), differs);
        }
        Ok(())
    }

    /// Takes drafts as confirmed that somebody approved in the book: what was approved is what was
    /// entered. Says how many.
    async fn confirmed_there(
        &mut self,
        confirmed: Vec<(Change, Outcome)>,
    ) -> Result<usize, EngineError> {
        if confirmed.is_empty() {
            return Ok(0);
        }
        let approval = Approval {
            book: self.connection.id.clone(),
            changes: confirmed.iter().map(|(change, _)| change.clone()).collect(),
            approved_by: BY_THE_BOOK.to_owned(),
            at: self.engine.clock.now(),
            planned_until: None,
            withdraws: Vec::new(),
            waits: BTreeMap::new(),
            again: Vec::new(),
        };
        self.engine.keep(self.lease).await?;
        self.engine.store.approve(self.lease, &approval).await?;
        // One that was refused, since somebody had changed the draft, is right by now.
        let (store, company, book) =
            (&self.engine.store, self.engine.company_id(), &self.connection.id);
        let refused = store.failed(company).await?.into_iter().map(|it| it.change);
        let refused = refused.filter(|change| change.book == *book).map(|change| change.id);
        let is_confirmed = |id: &String| confirmed.iter().any(|(change, _)| change.id == *id);
        let refused: Vec<String> = refused.filter(is_confirmed).collect();
        store.retry(company, book, &refused, self.engine.clock.now()).await?;
        let members = confirmed.iter().map(|(change, _)| change.id.clone()).collect();
        let batch = self.begin(Purpose::LookUp, members, None).await?;
        let mut results = Vec::with_capacity(confirmed.len());
        for (change, outcome) in confirmed {
            let task = Task::look_up(change.subject.clone());
            results.push((change.id.clone(), self.result(&change, &task, outcome)));
        }
        let is_there = |(_, it): &&(String, AttemptResult)| {
            matches!(it.outcome, AttemptOutcome::Acknowledged(_))
        };
        let count = results.iter().filter(is_there).count();
        self.finish(&batch.id, results).await?;
        Ok(count)
    }
}

/// What was found of documents that may have changed.
#[derive(Default)]
struct Found {
    /// All that were looked at, by number.
    looked_at: BTreeSet<String>,
    /// What differs, by number.
    differing: BTreeMap<String, String>,
    /// The confirmations of drafts that stand approved, each as it was found.
    confirmed: Vec<(Change, Outcome)>,
}

/// The drafts among suspects, and the suspects that are none.
fn apart(
    drafts: &[Change],
    mut suspects: BTreeMap<String, RemoteId>,
) -> (Vec<Change>, BTreeMap<String, RemoteId>) {
    let drafts: Vec<Change> =
        drafts.iter().filter(|draft| suspects.remove(&draft.id).is_some()).cloned().collect();
    (drafts, suspects)
}
