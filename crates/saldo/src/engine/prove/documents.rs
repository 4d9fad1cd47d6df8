//! Our documents, one by one, as the book holds them.
//!
//! The book is asked for lists: ids and versions of all documents of some days, in pages. What is
//! there in the version that was acknowledged is as it was pushed. Only the rest is looked up.
//! What is listed where its number does not belong is kept until all days are listed, and named as
//! a copy of the document whose number it has.

use super::super::push::Pusher;
use super::super::{Engine, EngineError};
use super::abroad::Abroad;
use jiff::ToSpan;
use jiff::civil::Date;
use saldo_books::book;
use saldo_core::book::{DocumentPage, HeldDocument, Outcome, Subject, Task};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::Fault;
use saldo_core::money::{Money, MoneyError};
use saldo_core::plan::Change;
use saldo_core::proof::DocumentDifference;
use saldo_core::text::{ConnectionId, RemoteId};
use saldo_store::{AcknowledgedDocument, Connection, Lease};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many of our documents are compared at a time, at the least: always whole months, since some
/// books read these as a whole. Few in tests, so that they see more than one step.
const AT_ONCE: usize = if cfg!(test) { 50 } else { 5_000 };
/// How many pages the documents of some days have at the most.
const PAGES_MAX: usize = 10_000;

/// How our documents stand in a book.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct DocumentsProof {
    /// How many the book acknowledged.
    pub(crate) pushed: usize,
    /// How many of them it holds as they were pushed.
    pub(crate) as_pushed: usize,
    /// How many of them stand there as drafts, which nobody confirmed yet.
    pub(crate) drafts: u64,
    /// Those that somebody deleted, changed or copied in the book.
    pub(crate) differing: Vec<DocumentDifference>,
}

/// Compares all documents that the book acknowledged with what it holds.
pub(super) async fn prove(
    pusher: &Pusher<'_>,
    lease: &Lease,
    abroad: &mut Abroad,
) -> Result<DocumentsProof, EngineError> {
    let (engine, book) = (pusher.engine, &pusher.connection.id);
    // Without a gap, and beyond the days of our own documents.
    let whole = match pusher.book.description().lists_all_days {
        true => Some((Date::MIN, Date::MAX)),
        false => abroad.days(),
    };
    let mut proof = DocumentsProof::default();
    let mut strays = Strays::default();
    let (mut from, mut after) = (whole.map_or(Date::MIN, |(first, _)| first), Date::MIN);
    loop {
        let company = engine.company_id();
        let pushed = engine.store.acknowledged_documents(company, book, after, AT_ONCE).await?;
        let Some((first, last)) = pushed.first().zip(pushed.last()) else { break };
        engine.keep(lease).await?;
        after = last.date.last_of_month();
        let (first, last) = match whole {
            Some(_) => (from.min(first.date), after),
            None => (first.date, last.date),
        };
        let page = read(pusher, first, last).await?;
        from = after.saturating_add(1.day());
        let ours = pushed.iter().map(|it| &it.remote).collect();
        abroad.note(pusher, &page, &ours)?;
        let held = Listing::of(page.documents);
        strays.note(&held, &pushed);
        let mut suspects = BTreeMap::new();
        for document in &pushed {
            if !held.is_as_acknowledged(document) {
                suspects.insert(document.key.clone(), document.remote.clone());
            }
        }
        let differing = look_at(pusher, lease, &held, &suspects).await?;
        let keys: BTreeSet<DocumentKey> = differing.iter().map(|it| it.key).collect();
        proof.pushed += pushed.len();
        proof.as_pushed += pushed.len() - keys.len();
        proof.differing.extend(differing);
    }
    if let Some((_, until)) = whole.filter(|(_, until)| from <= *until) {
        engine.keep(lease).await?;
        let page = read(pusher, from, until).await?;
        abroad.note(pusher, &page, &BTreeSet::new())?;
        strays.note(&Listing::of(page.documents), &[]);
    }
    strays.name(pusher, &mut proof).await?;
    proof.drafts = engine.store.count_drafts(engine.company_id(), book).await?;
    Ok(proof)
}

/// The changes whose documents somebody deleted in a book.
pub(super) async fn gone(
    engine: &Engine,
    book: &ConnectionId,
    proof: &DocumentsProof,
) -> Result<Vec<Change>, EngineError> {
    let gone = proof.differing.iter().filter(|it| it.is_gone());
    let keys: Vec<String> = gone.map(|it| it.key.to_string()).collect();
    Ok(engine.store.changes_of(engine.company_id(), book, &keys).await?)
}

/// The changes whose documents stand in a book as drafts, where it does not count these. One that
/// somebody deleted there is among them: it was never counted either.
pub(super) async fn uncounted_drafts(
    engine: &Engine,
    connection: &Connection,
) -> Result<Vec<Change>, EngineError> {
    match book(&connection.adapter).is_some_and(|it| !it.description().drafts_count) {
        true => Ok(engine.store.standing_drafts(engine.company_id(), &connection.id).await?),
        false => Ok(Vec::new()),
    }
}

/// The changes whose documents a book counted until somebody deleted them there.
pub(super) async fn counted_and_gone(
    engine: &Engine,
    connection: &Connection,
    proof: &DocumentsProof,
) -> Result<Vec<Change>, EngineError> {
    let uncounted = uncounted_drafts(engine, connection).await?;
    let mut gone = gone(engine, &connection.id, proof).await?;
    gone.retain(|change| !uncounted.iter().any(|draft| draft.id == change.id));
    Ok(gone)
}

/// What was listed apart from where its number belongs: by number, where it stands.
#[derive(Default)]
struct Strays(BTreeMap<String, Vec<RemoteId>>);

impl Strays {
    /// Notes what a list shows beyond the documents that belong there.
    fn note(&mut self, held: &Listing, pushed: &[AcknowledgedDocument]) {
        let belongs: BTreeSet<&str> = pushed.iter().map(|it| it.key.as_str()).collect();
        for (number, remotes) in &held.by_number {
            if !belongs.contains(number.as_str()) && number.parse::<DocumentKey>().is_ok() {
                self.0.entry(number.clone()).or_default().extend(remotes.iter().cloned());
            }
        }
    }

    /// Names those of documents that the book acknowledged.
    async fn name(
        self,
        pusher: &Pusher<'_>,
        proof: &mut DocumentsProof,
    ) -> Result<(), EngineError> {
        let (store, company) = (&pusher.engine.store, pusher.engine.company_id());
        let (book, numbers) = (&pusher.connection.id, self.0.keys().cloned().collect::<Vec<_>>());
        let receipts = store.receipts(company, book, &numbers).await?;
        let ours: Vec<String> = receipts.keys().cloned().collect();
        for change in store.changes_of(company, book, &ours).await? {
            let Subject::Document { key, document, .. } = &change.subject else { continue };
            let (Some(receipt), Some(remotes)) = (receipts.get(&change.id), self.0.get(&change.id))
            else {
                continue;
            };
            let places = remotes.iter().map(RemoteId::as_str).collect::<Vec<_>>().join(", ");
            match proof.differing.iter_mut().find(|it| it.key == *key) {
                Some(known) => {
                    known.difference += &format!("; its number stands at {places}");
                }
                None => {
                    let total = document.total()?;
                    let words = format!("it stands there again as {places}");
                    let copied =
                        document_difference(*key, document, &receipt.remote, Some(total), words)?;
                    proof.differing.push(copied);
                    proof.as_pushed = proof.as_pushed.saturating_sub(1);
                }
            }
        }
        proof.differing.sort_by_key(|it| (it.date, it.key));
        Ok(())
    }
}

/// Documents as a book lists them.
#[derive(Default)]
pub(in crate::engine) struct Listing {
    by_remote: BTreeMap<RemoteId, HeldDocument>,
    by_number: BTreeMap<String, Vec<RemoteId>>,
}

impl Listing {
    fn of(documents: Vec<HeldDocument>) -> Self {
        let mut listing = Self::default();
        documents.into_iter().for_each(|document| listing.add(document));
        listing
    }

    /// Takes a document in.
    pub(in crate::engine) fn add(&mut self, document: HeldDocument) {
        if let Some(number) = &document.number {
            let remotes = self.by_number.entry(number.clone()).or_default();
            remotes.push(document.remote.clone());
        }
        self.by_remote.insert(document.remote.clone(), document);
    }

    /// Whether a document is there once, in the version that was acknowledged.
    fn is_as_acknowledged(&self, document: &AcknowledgedDocument) -> bool {
        let held = self.by_remote.get(&document.remote);
        let version = held.and_then(|held| held.version.as_ref());
        version.is_some()
            && version == document.version.as_ref()
            && self.copies(&document.key, &document.remote).next().is_none()
    }

    /// What else has this number, where more than one has it: one alone may have moved.
    fn copies<'a>(
        &'a self,
        number: &str,
        remote: &'a RemoteId,
    ) -> impl Iterator<Item = &'a RemoteId> {
        let several = self.by_number.get(number).filter(|remotes| remotes.len() > 1);
        several.into_iter().flatten().filter(move |other| *other != remote)
    }
}

/// The documents of some days.
async fn read(pusher: &Pusher<'_>, from: Date, until: Date) -> Result<DocumentPage, EngineError> {
    list(pusher, |page| Task::ReadDocuments { from, until, page }).await
}

/// Reads a list to its end, page by page, as one.
pub(in crate::engine) async fn list(
    pusher: &Pusher<'_>,
    task: impl Fn(Option<String>) -> Task,
) -> Result<DocumentPage, EngineError> {
    let (mut whole, mut page) = (DocumentPage::default(), None);
    for _ in 0..PAGES_MAX {
        let mut outcomes = pusher.read(&[task(page)]).await?;
        let Some(Outcome::Documents(read)) = outcomes.pop() else {
            return Err(pusher.world(Fault::unexpected("the documents")));
        };
        let DocumentPage { documents, moved, sides, next } = read;
        whole.documents.extend(documents);
        whole.moved.extend(moved);
        whole.sides.extend(sides);
        page = next;
        if page.is_none() {
            return Ok(whole);
        }
    }
    Err(pusher.world(Fault::unexpected("a list of documents without an end")))
}

/// Looks suspects up, and says what differs.
pub(in crate::engine) async fn look_at(
    pusher: &Pusher<'_>,
    lease: &Lease,
    held: &Listing,
    suspects: &BTreeMap<String, RemoteId>,
) -> Result<Vec<DocumentDifference>, EngineError> {
    let (engine, book) = (pusher.engine, &pusher.connection.id);
    let keys: Vec<String> = suspects.keys().cloned().collect();
    let changes = engine.store.changes_of(engine.company_id(), book, &keys).await?;
    // What was voided is looked at as what it shall be: nil.
    let voided: BTreeSet<String> =
        changes.iter().filter_map(|it| Some(it.voids()?.key.to_string())).collect();
    let mut by_kind: BTreeMap<_, Vec<Change>> = BTreeMap::new();
    for change in changes.into_iter().filter(|change| !voided.contains(&change.id)) {
        if let Subject::Document { document, .. } = &change.subject {
            by_kind.entry(document.header().kind).or_default().push(change);
        }
    }
    let mut differing = Vec::new();
    for changes in by_kind.into_values() {
        for changes in changes.chunks(pusher.book.description().look_up_batch.max(1)) {
            engine.keep(lease).await?;
            let task = |change: &Change| Task::look_up(change.subject.clone());
            let tasks: Vec<Task> = changes.iter().map(task).collect();
            let outcomes = pusher.look(&tasks).await?;
            if outcomes.len() != tasks.len() {
                return Err(pusher.world(Fault::unexpected("the documents")));
            }
            for (change, outcome) in changes.iter().zip(outcomes) {
                let Some(remote) = suspects.get(&change.id) else { continue };
                differing.extend(difference(change, remote, held, outcome)?);
            }
        }
    }
    differing.sort_by_key(|it| (it.date, it.key));
    Ok(differing)
}

/// What differs in a document that was looked up, if anything does.
fn difference(
    change: &Change,
    remote: &RemoteId,
    held: &Listing,
    outcome: Outcome,
) -> Result<Option<DocumentDifference>, MoneyError> {
    let Subject::Document { key, document, .. } = &change.subject else { return Ok(None) };
    let copies: Vec<&str> = held.copies(&change.id, remote).map(RemoteId::as_str).collect();
    let (found, mut words) = match outcome {
        Outcome::Found(_) if copies.is_empty() => return Ok(None),
        Outcome::Found(found) => (found.total, Vec::new()),
        Outcome::FoundDifferent { acknowledgement, difference } => {
            (acknowledgement.total, vec![difference])
        }
        _ if change.voids().is_some() && held.by_remote.contains_key(remote) => {
            (None, vec!["it was voided, and is not any more".to_owned()])
        }
        _ => {
            let (found, words) = not_found(document, remote, held);
            (found, vec![words])
        }
    };
    if !copies.is_empty() {
        words.push(format!("it stands there again as {}", copies.join(", ")));
    }
    document_difference(*key, document, remote, found, words.join("; ")).map(Some)
}

fn document_difference(
    key: DocumentKey,
    document: &Document,
    remote: &RemoteId,
    found: Option<Money>,
    difference: String,
) -> Result<DocumentDifference, MoneyError> {
    let header = document.header();
    Ok(DocumentDifference {
        key,
        kind: header.kind,
        date: header.date,
        memo: header.memo.clone(),
        remote: remote.clone(),
        expected: document.total()?,
        found,
        difference,
    })
}

/// What is said of a document that is not found by its number.
fn not_found(document: &Document, remote: &RemoteId, held: &Listing) -> (Option<Money>, String) {
    match held.by_remote.get(remote) {
        Some(HeldDocument { number: Some(number), .. }) => {
            (None, format!("it has another number now: {number}"))
        }
        Some(_) => (None, "it no longer has its number or mark".to_owned()),
        None => {
            let nothing = Money::zero(document.header().currency);
            (Some(nothing), format!("it is not there: it was {remote}"))
        }
    }
}
