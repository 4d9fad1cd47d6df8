//! What documents need and the book was never known to have: accounts, items, parties.

use super::book_of;
use crate::engine::{Engine, EngineError};
use saldo_core::book::{Book, Called, KeptDimensions, Need, Subject};
use saldo_core::plan::{ApprovedChange, Change, Whereabouts, plan_needs};
use saldo_store::{Connection, Withdrawal};
use std::collections::{BTreeMap, BTreeSet};

/// What changes wait for, by identity.
pub(super) type Waits = BTreeMap<String, BTreeSet<String>>;

/// What must be there before documents can be created.
#[derive(Default)]
pub(super) struct NeedsPlan {
    /// What must be made, in this order.
    pub(super) changes: Vec<Change>,
    /// What documents and needs wait for.
    pub(super) waits: Waits,
    /// What was approved before, is not in the book, and is needed otherwise.
    pub(super) withdrawn: Vec<Change>,
    /// The same, as the store wants it.
    pub(super) withdraws: Vec<Withdrawal>,
}

/// Plans what these documents need.
pub(super) async fn plan_needs_of(
    engine: &Engine,
    connection: &Connection,
    documents: &[Change],
) -> Result<NeedsPlan, EngineError> {
    let book = book_of(connection)?;
    let called = |need: Need| called(engine, connection, book, need);
    let ids: Vec<String> = bindings_of(book, documents).into_iter().collect();
    let bound = engine.store.bindings_of(engine.company_id(), &connection.id, &ids).await?;
    let missing = plan_needs(
        &connection.id,
        documents,
        |subject| book.needs(subject).into_iter().map(called).collect(),
        |need| bound.need(need).is_some(),
    );
    let mut plan = NeedsPlan::default();
    // The change that brings each missing need, by its binding.
    let mut brings: BTreeMap<String, String> = BTreeMap::new();
    let first: Vec<String> = missing.iter().map(|change| change.id.clone()).collect();
    let known = approved_of(engine, connection, &first).await?;
    for change in missing {
        let binding = change.id.clone();
        let id = take(engine, connection, &mut plan, change, &known).await?;
        brings.insert(binding, id);
    }
    for change in documents.iter().chain(&plan.changes) {
        let needs = book.needs(&change.subject);
        let waits: BTreeSet<String> =
            needs.iter().filter_map(|need| brings.get(&need.binding())).cloned().collect();
        if !waits.is_empty() {
            plan.waits.insert(change.id.clone(), waits);
        }
    }
    Ok(plan)
}

/// A need with the name that the policy says this book has for it. Where a book keeps dimensions by
/// names that are fixed, only their values have names.
fn called(engine: &Engine, connection: &Connection, book: &dyn Book, need: Need) -> Need {
    let in_book = |dimension: &Called| engine.policy.dimension_in(&connection.id, &dimension.word);
    let is_fixed = matches!(book.description().dimensions, KeptDimensions::Named { .. });
    let of = |dimension: Called| {
        let own = in_book(&dimension).and_then(|it| it.name.clone()).filter(|_| !is_fixed);
        Called { name: own, ..dimension }
    };
    match need {
        Need::Dimension(dimension) => Need::Dimension(of(dimension)),
        Need::Value { dimension, value } => {
            let own = in_book(&dimension).and_then(|it| it.values.get(&value.word).cloned());
            Need::Value { dimension: of(dimension), value: Called { name: own, ..value } }
        }
        need => need,
    }
}

/// The bindings of all that documents need, and of what that needs.
fn bindings_of(book: &dyn Book, documents: &[Change]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut open: Vec<Need> =
        documents.iter().flat_map(|change| book.needs(&change.subject)).collect();
    while let Some(need) = open.pop() {
        if ids.insert(need.binding()) {
            open.extend(book.needs(&Subject::Need(need)));
        }
    }
    ids
}

type Known = BTreeMap<String, ApprovedChange>;

async fn approved_of(
    engine: &Engine,
    connection: &Connection,
    ids: &[String],
) -> Result<Known, EngineError> {
    let known = engine.store.approved_of(engine.company_id(), &connection.id, ids).await?;
    Ok(known.into_iter().map(|it| (it.change.id.clone(), it)).collect())
}

/// Takes a missing need into the plan, unless it is approved already, and returns the identity of
/// the change that brings it. What was withdrawn comes back as a further generation.
async fn take(
    engine: &Engine,
    connection: &Connection,
    plan: &mut NeedsPlan,
    mut change: Change,
    first: &Known,
) -> Result<String, EngineError> {
    let binding = change.id.clone();
    let mut known = first.get(&change.id).cloned();
    while let Some(before) = known {
        match before.whereabouts {
            Whereabouts::Withdrawn => {}
            Whereabouts::NotInBook if !before.change.wants_the_same(&change) => {}
            _ => return Ok(before.change.id),
        }
        change.generation += 1;
        change.id = format!("again-{}/{binding}", change.generation);
        if before.whereabouts == Whereabouts::NotInBook {
            let (id, instead) = (before.change.id.clone(), Some(change.id.clone()));
            plan.withdraws.push(Withdrawal { id, instead });
            plan.withdrawn.push(before.change);
        }
        let ids = [change.id.clone()];
        known = approved_of(engine, connection, &ids).await?.remove(&change.id);
    }
    let id = change.id.clone();
    plan.changes.push(change);
    Ok(id)
}
