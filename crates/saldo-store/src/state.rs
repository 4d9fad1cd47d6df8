//! Where facts stand: each in exactly one state.

use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError, columns, record};
use jiff::Timestamp;
use saldo_core::accounting::BEFORE_START_DATE;
use saldo_core::commerce::RecordRef;
use saldo_core::issue::{FactState, Issue};
use saldo_core::text::{CompanyId, ConnectionId, FactId, GroupId, Stream};
use std::collections::BTreeMap;

/// A fact and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactStanding {
    /// The fact.
    pub fact: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// Where it stands.
    pub state: FactState,
}

/// A fact, or a record that could not be read, on which a person must decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldFact {
    /// The fact, or what could be made out of it.
    pub fact: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// Why, and what to do.
    pub issue: Issue,
}

/// A fact that waits for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingFact {
    /// The fact.
    pub fact: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// What for.
    pub for_what: String,
    /// Until when at the latest it is looked at again, where that is known.
    pub until: Option<Timestamp>,
}

/// How many facts stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Entered, those to be reviewed included.
    pub accounted: u64,
    /// Entered, but a person should look at them all the same.
    pub to_review: u64,
    /// Not yet.
    pub waiting: u64,
    /// Never.
    pub excluded: u64,
    /// Of these: what happened before the books begin.
    pub before_start: u64,
    /// Not until a person decides; records that could not be read included.
    pub held: u64,
}

/// Entered, and nothing to be said about it.
const ACCOUNTED: &str = "accounted";
/// Entered, for review.
const REVIEW: &str = "review";
/// Not yet entered.
const WAITING: &str = "waiting";
/// Left out.
const EXCLUDED: &str = "excluded";
/// Left out, since it happened before the books begin.
const BEFORE_START: &str = "before-start";
/// Held.
const HELD: &str = "held";

/// The word by which a state is counted.
pub(crate) fn word(state: &FactState) -> &'static str {
    match state {
        FactState::Accounted { review: None } => ACCOUNTED,
        FactState::Accounted { review: Some(_) } => REVIEW,
        FactState::Waiting { .. } => WAITING,
        FactState::Excluded { rule } if rule == BEFORE_START_DATE => BEFORE_START,
        FactState::Excluded { .. } => EXCLUDED,
        FactState::Held(_) => HELD,
    }
}

/// Whether somebody or something must still act.
pub(crate) const fn unsettled(state: &FactState) -> bool {
    matches!(
        state,
        FactState::Accounted { review: Some(_) } | FactState::Waiting { .. } | FactState::Held(_)
    )
}

/// Where the facts of a group stand, each with the record that says it.
pub(crate) type States = Vec<(FactId, RecordRef, FactState)>;

/// A state as it stands in the row of its group: the fact, the connection, the stream and the id of
/// the record that says it, and where it stands; nothing where it is entered, as nearly all are.
type StateRow = (FactId, ConnectionId, Stream, String, Option<FactState>);

/// States as they stand in the row of their group.
pub(crate) fn to_column(states: &States) -> Result<String, StoreError> {
    let mut rows = Vec::with_capacity(states.len());
    for (fact, RecordRef { connection, stream, id }, state) in states {
        let is_plain = matches!(state, FactState::Accounted { review: None });
        rows.push((fact, connection, stream, id, (!is_plain).then_some(state)));
    }
    columns::to_json(&rows)
}

/// The states in the row of a group.
pub(crate) fn from_column(text: &str) -> Result<States, StoreError> {
    let rows: Vec<StateRow> = columns::from_json("state of a fact", text)?;
    let state = |(fact, connection, stream, id, state): StateRow| {
        let state = state.unwrap_or(FactState::Accounted { review: None });
        (fact, RecordRef { connection, stream, id }, state)
    };
    Ok(rows.into_iter().map(state).collect())
}

impl Store {
    /// How many facts stand where.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn state_counts(&self, company: &CompanyId) -> Result<StateCounts, StoreError> {
        let rows: Vec<(String, i64)> =
            query("select state, count from state_count where company = $1")
                .bind(company.as_str())
                .fetch_all(&self.reader)
                .await?;
        let unread: i64 =
            Statement::new("select count(*) from record r where r.issue is not null and ")
                .text(record::LATEST)
                .text(" and r.company = ")
                .bind(company.as_str())
                .query()
                .fetch_one(&self.reader)
                .await?;
        let mut counts =
            StateCounts { held: columns::count("count of records", unread)?, ..Default::default() };
        for (state, count) in rows {
            let count: u64 = columns::count("count of facts", count)?;
            match state.as_str() {
                ACCOUNTED => counts.accounted += count,
                REVIEW => {
                    counts.accounted += count;
                    counts.to_review += count;
                }
                WAITING => counts.waiting += count,
                EXCLUDED => counts.excluded += count,
                BEFORE_START => {
                    counts.excluded += count;
                    counts.before_start += count;
                }
                HELD => counts.held += count,
                other => return Err(StoreError::unreadable("state of a fact", other)),
            }
        }
        Ok(counts)
    }

    /// The records that cannot be read, each with why, by connection, stream and id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unread(&self, company: &CompanyId) -> Result<Vec<HeldFact>, StoreError> {
        let rows: Vec<(String, String, String, String)> = Statement::new(
            "select r.connection, r.stream, r.id, r.issue from record r
             where r.issue is not null and ",
        )
        .text(record::LATEST)
        .text(" and r.company = ")
        .bind(company.as_str())
        .query()
        .fetch_all(&self.reader)
        .await?;
        let mut unread = Vec::with_capacity(rows.len());
        for (connection, stream, id, issue) in rows {
            let (connection, stream) = (ConnectionId::from(connection), Stream::from(stream));
            let issue: Issue = columns::from_json("issue", &issue)?;
            let source = RecordRef { connection, stream, id };
            unread.push(HeldFact { fact: issue.about.clone(), source, issue });
        }
        unread.sort_by(|one, other| one.source.cmp(&other.source));
        Ok(unread)
    }

    /// What a person must decide: facts that are held, and records that could not be read.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn held(&self, company: &CompanyId) -> Result<Vec<HeldFact>, StoreError> {
        let mut held = self.unread(company).await?;
        for FactStanding { fact, source, state } in self.unsettled(company).await? {
            if let FactState::Held(issue) = state {
                held.push(HeldFact { fact, source, issue });
            }
        }
        Ok(held)
    }

    /// What is entered, but should be looked at by a person.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn to_review(&self, company: &CompanyId) -> Result<Vec<HeldFact>, StoreError> {
        let review = |FactStanding { fact, source, state }| match state {
            FactState::Accounted { review: Some(issue) } => Some(HeldFact { fact, source, issue }),
            _ => None,
        };
        Ok(self.unsettled(company).await?.into_iter().filter_map(review).collect())
    }

    /// What waits for something else to come first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn waiting(&self, company: &CompanyId) -> Result<Vec<WaitingFact>, StoreError> {
        let waiting = |FactStanding { fact, source, state }| match state {
            FactState::Waiting { for_what, until } => {
                Some(WaitingFact { fact, source, for_what, until })
            }
            _ => None,
        };
        Ok(self.unsettled(company).await?.into_iter().filter_map(waiting).collect())
    }

    /// Where the facts of groups stand, by group and fact.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn states_of(
        &self,
        company: &CompanyId,
        groups: &[GroupId],
    ) -> Result<Vec<FactStanding>, StoreError> {
        let mut standings = Vec::new();
        for groups in groups.chunks(ROWS_MAX) {
            let rows: Vec<String> =
                Statement::new("select states from fact_group where company = ")
                    .bind(company.as_str())
                    .text(" and group_id in ")
                    .list(groups.iter().map(GroupId::as_str))
                    .text(" order by group_id")
                    .query()
                    .fetch_all(&self.reader)
                    .await?;
            standings.extend(standings_of(&rows)?);
        }
        Ok(standings)
    }

    async fn unsettled(&self, company: &CompanyId) -> Result<Vec<FactStanding>, StoreError> {
        let rows: Vec<String> = query(
            "select states from fact_group where company = $1 and unsettled > 0 order by group_id",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        standings_of(&rows)
    }
}

fn standings_of(rows: &[String]) -> Result<Vec<FactStanding>, StoreError> {
    let mut standings = Vec::new();
    for row in rows {
        let states = from_column(row)?;
        let standing = |(fact, source, state)| FactStanding { fact, source, state };
        standings.extend(states.into_iter().map(standing));
    }
    Ok(standings)
}

/// Adds differences to the counts of states.
pub(crate) async fn count(
    transaction: &mut Transaction,
    company: &CompanyId,
    differences: &BTreeMap<&'static str, i64>,
) -> Result<(), StoreError> {
    let differences: Vec<_> = differences.iter().filter(|(_, count)| **count != 0).collect();
    if differences.is_empty() {
        return Ok(());
    }
    Statement::new("insert into state_count (company, state, count) ")
        .rows(differences, |row, (state, count)| {
            row.push_bind(company.as_str()).push_bind(*state).push_bind(*count);
        })
        .text(
            " on conflict (company, state) do update
             set count = state_count.count + excluded.count",
        )
        .query()
        .execute(&mut *transaction)
        .await?;
    Ok(())
}
