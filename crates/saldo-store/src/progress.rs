//! How far facts have come on their way into the books: what the sub-ledger holds, and books did
//! not yet acknowledge. Only what is open is looked at, never the history.

use crate::compression::Samples;
use crate::outbox::ChangeStatus;
use crate::state;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError};
use saldo_core::book::Subject;
use saldo_core::commerce::RecordRef;
use saldo_core::issue::FactState;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId, FactId};
use std::collections::{BTreeMap, BTreeSet};

/// How many changes are read at once.
const PAGE: i64 = 1_000;

/// Why an entry is not in a book as it should be. Of several reasons the last of these counts: the
/// one that most needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotYet {
    /// The owner took it out.
    TakenOut,
    /// What brings it is on its way, and the book did not acknowledge it.
    Acknowledged,
    /// Nobody approved what brings it.
    Approved,
    /// The book refused what brings it, or something that this waits for.
    Failed,
}

/// Entries that are not in a book as they should be, by slot.
pub type OpenEntries = BTreeMap<String, BTreeMap<FactId, NotYet>>;

/// A fact that is accounted, but not whole in every book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFact {
    /// The record that tells it.
    pub source: RecordRef,
    /// Why not.
    pub not_yet: NotYet,
    /// Whether a person should look at it all the same.
    pub review: bool,
}

/// Notes that the entries of a change are not as they should be.
pub fn note_open(open: &mut OpenEntries, change: &Change, not_yet: NotYet) {
    // What is only amended stands there, whatever it says.
    let is_amended = matches!(change.subject, Subject::Amended { .. });
    let Some(slot) = change.slot.as_ref().filter(|_| !is_amended) else { return };
    let entries = open.entry(slot.clone()).or_default();
    let entered = change.enters.iter().map(|entry| &entry.id);
    for id in entered.chain(change.takes_out.iter().map(|covered| &covered.id)) {
        let known = entries.entry(id.clone()).or_insert(not_yet);
        *known = (*known).max(not_yet);
    }
}

impl Store {
    /// Notes the entries of all changes of a book that are not acknowledged.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn note_outbox(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        open: &mut OpenEntries,
    ) -> Result<(), StoreError> {
        let blocked = self.blocked(company, book).await?;
        let blocked: BTreeSet<String> = blocked.into_iter().map(|it| it.change.id).collect();
        let mut after = 0;
        loop {
            let rows: Vec<(i64, String, Vec<u8>)> = query(
                "select o.position, o.status, c.body from outbox o
                 join change c on c.company = o.company and c.book = o.book and c.id = o.id
                 where o.company = $1 and o.book = $2 and o.position > $3
                 and o.status <> 'withdrawn' order by o.position limit $4",
            )
            .bind(company.as_str())
            .bind(book.as_str())
            .bind(after)
            .bind(PAGE)
            .fetch_all(&self.reader)
            .await?;
            let Some((last, ..)) = rows.last() else { return Ok(()) };
            after = *last;
            let samples = Samples::load(&self.reader, company).await?;
            for (_, status, body) in rows {
                let change = samples.change(&body)?;
                let refused = ChangeStatus::parse(&status)? == ChangeStatus::Refused;
                let not_yet = match refused || blocked.contains(&change.id) {
                    true => NotYet::Failed,
                    false => NotYet::Acknowledged,
                };
                note_open(open, &change, not_yet);
            }
        }
    }

    /// The facts that count as accounted, and of which these entries are a part. An entry is part
    /// of the fact whose id its own begins with.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn open_facts(
        &self,
        company: &CompanyId,
        open: &OpenEntries,
    ) -> Result<BTreeMap<FactId, OpenFact>, StoreError> {
        let mut facts: BTreeMap<FactId, OpenFact> = BTreeMap::new();
        let slots: Vec<&String> = open.keys().collect();
        for slots in slots.chunks(ROWS_MAX) {
            let rows: Vec<(String, String)> = Statement::new(
                "select s.slot, g.states from slot s
                 join fact_group g on g.company = s.company and g.group_id = s.group_id
                 where s.company = ",
            )
            .bind(company.as_str())
            .text(" and s.slot in ")
            .list(slots.iter().map(|slot| slot.as_str()))
            .query()
            .fetch_all(&self.reader)
            .await?;
            for (slot, states) in rows {
                for (fact, source, state) in state::from_column(&states)? {
                    let FactState::Accounted { review } = state else { continue };
                    let Some(not_yet) = not_yet(&open[&slot], &fact) else { continue };
                    let review = review.is_some();
                    let open = OpenFact { source, not_yet, review };
                    let known = facts.entry(fact).or_insert(open);
                    known.not_yet = known.not_yet.max(not_yet);
                }
            }
        }
        Ok(facts)
    }
}

/// Why a fact is not whole, judging by these entries.
fn not_yet(entries: &BTreeMap<FactId, NotYet>, fact: &FactId) -> Option<NotYet> {
    let part =
        |entry: &FactId| entry == fact || entry.as_str()[fact.as_str().len()..].starts_with('/');
    let from_here = entries.range(fact.clone()..);
    let begin_alike = from_here.take_while(|(entry, _)| entry.as_str().starts_with(fact.as_str()));
    begin_alike.filter(|(entry, _)| part(entry)).map(|(_, not_yet)| *not_yet).max()
}
