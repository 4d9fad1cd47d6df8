//! Standings: how many facts stand where, each in exactly one place.

use super::plan::{Unapproved, note_unapproved};
use super::undo::left_out;
use super::{Engine, EngineError};
use saldo_core::text::FactId;
use saldo_store::{NotYet, OpenEntries, OpenFact, Role};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many facts stand where. Each is in exactly one of posted, waiting, excluded, held, failed; a
/// record that cannot be read counts as one that is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FactCounts {
    /// In every book, acknowledged; those to be reviewed are among them.
    pub(crate) posted: u64,
    /// Posted, for review.
    pub(crate) to_review: u64,
    /// Not yet: for another fact, for approval, or for a book.
    pub(crate) waiting: u64,
    /// Of those that wait: for somebody, or a rule, to approve them.
    pub(crate) for_approval: u64,
    /// Of those that wait: for a book to acknowledge them.
    pub(crate) for_books: u64,
    /// Left out by a rule.
    pub(crate) excluded: u64,
    /// Of those that are left out: what happened before the books begin.
    pub(crate) before_start: u64,
    /// Until a person decides.
    pub(crate) held: u64,
    /// Refused by a book, or waiting for something that it refused.
    pub(crate) failed: u64,
}

impl FactCounts {
    /// All facts, wherever they stand.
    pub(crate) const fn all(&self) -> u64 {
        self.posted + self.waiting + self.excluded + self.held + self.failed
    }
}

/// Counts all facts. What is open is looked at, and not what was acknowledged long ago.
pub(crate) async fn fact_counts(engine: &Engine) -> Result<FactCounts, EngineError> {
    Ok(standings(engine).await?.counts)
}

/// Where all facts stand.
pub(super) struct Standings {
    /// How many stand where.
    pub(super) counts: FactCounts,
    /// What waits for approval, in each book where anything does.
    pub(super) unapproved: Vec<Unapproved>,
    /// The facts that are accounted and not whole in every book; none where there is no book.
    pub(super) open: Option<BTreeMap<FactId, OpenFact>>,
}

/// Looks at what is open: the counts, and what they are made of.
pub(super) async fn standings(engine: &Engine) -> Result<Standings, EngineError> {
    let company = engine.company_id();
    let counts = engine.store.state_counts(company).await?;
    let mut facts = FactCounts {
        posted: counts.accounted,
        to_review: counts.to_review,
        waiting: counts.waiting,
        excluded: counts.excluded,
        before_start: counts.before_start,
        held: counts.held,
        ..FactCounts::default()
    };
    let books = engine.connections(Role::Book).await?;
    if books.is_empty() {
        let (posted, waiting) = (0, facts.waiting + facts.posted);
        let for_books = facts.posted;
        let facts = FactCounts { posted, to_review: 0, waiting, for_books, ..facts };
        return Ok(Standings { counts: facts, unapproved: Vec::new(), open: None });
    }
    let (mut open, mut unapproved) = (OpenEntries::new(), Vec::new());
    for book in &books {
        engine.store.note_outbox(company, &book.id, &mut open).await?;
        match note_unapproved(engine, book, &mut open).await {
            Ok(waits) => unapproved.push(waits),
            // Nothing is planned for a book that cannot keep what the policy says: planning and
            // proving it say so.
            Err(EngineError::Settings { .. }) => {}
            Err(error) => return Err(error),
        }
        for entry in left_out(engine, book).await? {
            let slot = open.entry(entry.header.slot.clone()).or_default();
            slot.entry(entry.id).or_insert(NotYet::TakenOut);
        }
    }
    let open = engine.store.open_facts(company, &open).await?;
    for fact in open.values() {
        facts.posted = facts.posted.saturating_sub(1);
        facts.to_review = facts.to_review.saturating_sub(u64::from(fact.review));
        match fact.not_yet {
            NotYet::TakenOut => facts.excluded += 1,
            NotYet::Approved => facts.for_approval += 1,
            NotYet::Acknowledged => facts.for_books += 1,
            NotYet::Failed => facts.failed += 1,
        }
    }
    facts.waiting += facts.for_approval + facts.for_books;
    unapproved.retain(|it| !it.is_empty());
    Ok(Standings { counts: facts, unapproved, open: Some(open) })
}
