//! How full the lists of a book are, and how full a plan would make them.

use super::settings::known_settings;
use super::{Engine, EngineError};
use saldo_core::book::{Book, ListRoom, RefusalKind, Subject};
use saldo_core::plan::Change;
use saldo_store::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many changes on their way into a book are looked at.
const PENDING_AT_MOST: usize = 1_000_000;

/// A list of a book that holds no more than so many entries, and what would come into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Filling {
    /// What stands in it, in the book's own words.
    pub(crate) list: String,
    /// How many entries it held when they were counted last.
    pub(crate) held: u64,
    /// How many it may hold; none where the vendor names no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<u64>,
    /// How many would be added at the most: fewer where the book has some of them.
    pub(crate) adds: u64,
}

impl Filling {
    /// Whether not all of it may find room.
    pub(crate) fn exceeds(&self) -> bool {
        self.limit.is_some_and(|limit| self.held.saturating_add(self.adds) > limit)
    }
}

/// The lists of a book, as they were counted last, beside what these changes and those that are
/// approved and not yet there would add. None of a book that never said how full they are.
pub(crate) async fn filling(
    engine: &Engine,
    connection: &Connection,
    book: &dyn Book,
    changes: &[Change],
) -> Result<Vec<Filling>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let settings = known_settings(store, company, &connection.id).await?;
    let lists = settings.map(|settings| settings.lists).unwrap_or_default();
    if lists.is_empty() {
        return Ok(Vec::new());
    }
    let pending = store.pending(company, &connection.id, PENDING_AT_MOST).await?;
    let found_none =
        store.failed(company).await?.into_iter().filter(|it| {
            it.change.book == connection.id && it.refusal.kind == RefusalKind::ListFull
        });
    let waiting = pending.into_iter().map(|it| it.change).chain(found_none.map(|it| it.change));
    let waiting: Vec<Change> = waiting.collect();
    let (mut adds, mut seen) = (BTreeMap::<&str, u64>::new(), BTreeSet::new());
    for change in changes.iter().chain(&waiting) {
        let Subject::Need(need) = &change.subject else { continue };
        if seen.insert(need.binding()) {
            book.takes_room(need).iter().for_each(|list| *adds.entry(list).or_default() += 1);
        }
    }
    let fill = |ListRoom { list, held, limit }: ListRoom| {
        let adds = adds.get(list.as_str()).copied().unwrap_or_default();
        Filling { list, held, limit, adds }
    };
    Ok(lists.into_iter().map(fill).collect())
}
