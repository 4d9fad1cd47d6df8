//! A policy that was revised at the command line: what it takes out of a book that stands there
//! waits for a person, whatever the policy says of approval, and with it all that comes of the same
//! facts now, in whatever slot: neither may stand without the other.

use super::plan::plan;
use super::{Engine, EngineError};
use jiff::Timestamp;
use saldo_core::book::Subject;
use saldo_core::document::DocumentKind;
use saldo_core::issue::FactState;
use saldo_core::plan::{Change, Difference, Reason, differences};
use saldo_core::text::{CompanyId, ConnectionId, FactId, GroupId};
use saldo_store::{Connection, Role, Store};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The kind of note on a book for which nobody has looked at what a revision takes out.
const KIND: &str = "revised";

/// What a revision of the policy takes out of a book, and enters anew.
#[derive(Debug, Serialize)]
pub(crate) struct Effect {
    /// Which book.
    pub(crate) book: ConnectionId,
    /// How many documents are reversed or voided.
    pub(crate) taken_out: usize,
    /// How many documents are entered in their place.
    pub(crate) entered: usize,
    /// How many documents stay, and say something else.
    pub(crate) amended: usize,
    /// By how much accounts change, month by month.
    pub(crate) differences: Vec<Difference>,
    /// The facts of what is taken out that are not entered anew yet.
    pub(crate) left_open: Vec<LeftOpen>,
}

/// Facts that a revision leaves open.
#[derive(Debug, Serialize)]
pub(crate) struct LeftOpen {
    /// Whether they are held: a person must decide first. Otherwise they wait.
    pub(crate) held: bool,
    /// Until when they wait, where an hour ends that.
    pub(crate) until: Option<Timestamp>,
    /// How many they are.
    pub(crate) facts: usize,
}

/// Lets what revisions take out of books wait for a person from now on.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn let_revisions_wait(
    store: &Store,
    company: &CompanyId,
    now: Timestamp,
) -> Result<(), EngineError> {
    for book in store.connections(company).await?.iter().filter(|it| it.role == Role::Book) {
        store.put_note(company, &book.id, KIND, "{}", now).await?;
    }
    Ok(())
}

/// What a revision that was just made amounts to. Where it takes nothing out of a book, nobody need
/// look at it there.
///
/// # Errors
/// As planning.
pub(crate) async fn effects(engine: &Engine) -> Result<Vec<Effect>, EngineError> {
    let mut effects = Vec::new();
    for planned in plan(engine, None).await? {
        let slots = waiting_slots(engine, &planned.changes, &BTreeSet::new()).await?;
        if slots.is_empty() {
            if planned.unsettled.is_empty() {
                engine.store.drop_note(engine.company_id(), &planned.book, KIND).await?;
            }
            continue;
        }
        let is_revised =
            |change: &&Change| change.slot.as_ref().is_some_and(|slot| slots.contains(slot));
        let revised: Vec<&Change> = planned.changes.iter().filter(is_revised).collect();
        let is_document = |it: &&&Change| matches!(it.subject, Subject::Document { .. });
        let documents = revised.iter().filter(is_document).count();
        let taken_out = revised.iter().filter(is_document);
        let taken_out = taken_out.filter(|it| !it.takes_out.is_empty()).count();
        let entered = documents - taken_out;
        let amended = revised.iter().filter(|it| is_amendment(it)).count();
        let left_open = left_open(engine, &revised).await?;
        let differences = differences(revised)?;
        let book = planned.book;
        effects.push(Effect { book, taken_out, entered, amended, differences, left_open });
    }
    Ok(effects)
}

/// Where the facts of what is taken out stand, as far as they are not entered.
async fn left_open(engine: &Engine, revised: &[&Change]) -> Result<Vec<LeftOpen>, EngineError> {
    let taken_out = || revised.iter().filter(|it| !it.takes_out.is_empty() && !is_amendment(it));
    let slots: BTreeSet<String> = taken_out().filter_map(|it| it.slot.clone()).collect();
    let entries: BTreeSet<&str> =
        taken_out().flat_map(|it| &it.takes_out).map(|entry| entry.id.as_str()).collect();
    // The key of an entry begins with that of its fact.
    let was_entered = |fact: &FactId| {
        let begin_so =
            entries.range(fact.as_str()..).map_while(|it| it.strip_prefix(fact.as_str()));
        begin_so.into_iter().any(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (store, company) = (&engine.store, engine.company_id());
    let groups: Vec<GroupId> =
        store.groups_in(company, &slots).await?.into_iter().map(GroupId::from).collect();
    let mut counts: BTreeMap<(bool, Option<Timestamp>), usize> = BTreeMap::new();
    let standings = store.states_of(company, &groups).await?.into_iter();
    for standing in standings.filter(|it| was_entered(&it.fact)) {
        let open = match standing.state {
            FactState::Waiting { until, .. } => (false, until),
            FactState::Held(_) => (true, None),
            _ => continue,
        };
        *counts.entry(open).or_default() += 1;
    }
    let open = |((held, until), facts)| LeftOpen { held, until, facts };
    Ok(counts.into_iter().map(open).collect())
}

/// Whether a change has what stands say something else.
fn is_amendment(change: &Change) -> bool {
    matches!(change.subject, Subject::Amended { .. })
}

/// The slots of which changes take out what stands and no longer holds, or amend it, those of which
/// it is not known what stands, and all others of the same facts.
pub(super) async fn waiting_slots(
    engine: &Engine,
    changes: &[Change],
    unsettled: &BTreeSet<String>,
) -> Result<BTreeSet<String>, EngineError> {
    let takes_out = |change: &&Change| {
        let goes = change.reason == Reason::NoLongerHolds && !change.takes_out.is_empty();
        goes || is_amendment(change)
    };
    let revised = changes.iter().filter(takes_out).filter_map(|change| change.slot.clone());
    let slots = revised.chain(unsettled.iter().cloned()).collect();
    Ok(engine.store.slots_beside(engine.company_id(), &slots).await?)
}

/// How many documents of each kind changes would enter in these slots.
pub(super) fn counts(changes: &[Change], slots: &BTreeSet<String>) -> BTreeMap<DocumentKind, u64> {
    let mut counts = BTreeMap::new();
    for change in changes.iter().filter(|it| it.slot.as_ref().is_some_and(|it| slots.contains(it)))
    {
        if let Subject::Document { document, .. } | Subject::Amended { document, .. } =
            &change.subject
        {
            *counts.entry(document.header().kind).or_default() += 1;
        }
    }
    counts
}

impl Engine {
    /// Whether nobody has looked yet at what a revision takes out of a book.
    pub(super) async fn revision_waits(&self, book: &Connection) -> Result<bool, EngineError> {
        Ok(self.store.note(self.company_id(), &book.id, KIND).await?.is_some())
    }

    /// Somebody has looked at what a revision takes out of a book, or it takes out nothing.
    pub(super) async fn revision_is_looked_at(&self, book: &Connection) -> Result<(), EngineError> {
        Ok(self.store.drop_note(self.company_id(), &book.id, KIND).await?)
    }
}
