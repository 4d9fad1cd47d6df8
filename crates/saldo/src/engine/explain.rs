//! Explain: from a number in the books to the facts, the records and the vendor's bytes.

use super::account::Readers;
use super::prove::groups_of_fact;
use super::{Engine, EngineError, alike, buyers};
use jiff::civil::Date;
use saldo_core::accounting::{self, Group, RevaluedMonth};
use saldo_core::arithmetic::{self, Sum};
use saldo_core::book::Subject;
use saldo_core::commerce::{Fact, Record, RecordRef};
use saldo_core::document::DocumentKey;
use saldo_core::issue::{FactState, Issue};
use saldo_core::money::{Balance, Money};
use saldo_core::plan::Change;
use saldo_core::text::{FactId, GroupId};
use saldo_store::{EntryFilter, HeldFact, RecordVersion, Role};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is known about a name.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    /// The numbers behind it, each with the terms that it is the sum of.
    pub(crate) arithmetic: Vec<Sum>,
    /// Documents in the books, or on their way there.
    pub(crate) documents: Vec<ExplainedDocument>,
    /// Where the facts stand.
    pub(crate) facts: Vec<ExplainedFact>,
    /// What is held and no fact tells of: a record that cannot be read, or a closing rate that
    /// nobody stated.
    pub(crate) untold: Vec<Issue>,
    /// What the channels said.
    pub(crate) records: Vec<ExplainedRecord>,
}

/// A document with where it stands.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedDocument {
    /// Where it stands: approved, acknowledged, refused.
    pub(crate) status: String,
    /// Who approved it.
    pub(crate) approved_by: String,
    /// The change that brings it.
    pub(crate) change: Change,
}

/// A fact with where it stands.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedFact {
    /// The fact, in neutral terms.
    pub(crate) fact: Fact,
    /// Where it stands.
    pub(crate) state: Option<FactState>,
}

impl ExplainedFact {
    fn is_held(&self) -> bool {
        matches!(self.state, Some(FactState::Held(_)))
    }
}

/// A record.
#[derive(Debug, Serialize)]
pub(crate) struct ExplainedRecord {
    /// Where it came from.
    pub(crate) connection: String,
    /// In which stream.
    pub(crate) stream: String,
    /// The vendor's id.
    pub(crate) id: String,
    /// When it was heard.
    pub(crate) fetched_at: jiff::Timestamp,
    /// The SHA-256 of the bytes, in hexadecimal digits.
    pub(crate) hash: String,
    /// The vendor's bytes.
    pub(crate) bytes: String,
}

impl ExplainedRecord {
    fn is_of(&self, source: &RecordRef) -> bool {
        self.connection == source.connection.as_str()
            && self.stream == source.stream.as_str()
            && self.id == source.id
    }
}

/// Opens a document's key or slot, an order's name, any fact's id, or an account and a day.
/// Capitals matter only where they tell two apart.
///
/// # Errors
/// [`EngineError::NothingKnown`]; and where the database fails.
pub(crate) async fn explain(engine: &Engine, key: &str) -> Result<Explanation, EngineError> {
    let key = key.trim();
    let explained = explain_as_written(engine, key).await;
    if matches!(explained, Err(EngineError::NothingKnown(_)))
        && let Some(other) = other_spelling(engine, key).await?
    {
        return match explain_as_written(engine, &other).await {
            Err(EngineError::NothingKnown(_)) => explained,
            found => found,
        };
    }
    explained
}

/// The only name that differs from this one by capitals alone.
async fn other_spelling(engine: &Engine, key: &str) -> Result<Option<String>, EngineError> {
    let company = engine.company_id();
    if let Some((account, day)) = account_and_day(key) {
        let mut accounts = BTreeSet::new();
        for book in engine.connections_ever(Role::Book).await? {
            accounts.extend(engine.store.account_sums(company, &book.id, None).await?.into_keys());
        }
        accounts.retain(|it| it.to_lowercase() == account.to_lowercase());
        return Ok(only(accounts).map(|account| format!("{account}@{day}")));
    }
    if let Some(named) = only(engine.store.names_like(company, key).await?) {
        return Ok(Some(named));
    }
    let upper = key.to_uppercase();
    Ok(DocumentKey::at_end_of(&upper).map(|key| key.to_string()))
}

/// The only one of several, where there is one.
fn only(several: BTreeSet<String>) -> Option<String> {
    let mut several = several.into_iter();
    several.next().filter(|_| several.next().is_none())
}

async fn explain_as_written(engine: &Engine, key: &str) -> Result<Explanation, EngineError> {
    let slots = slots_of(engine, key).await?;
    let mut groups: BTreeSet<GroupId> = groups_of_name(engine, key).await?;
    for slot in &slots {
        groups.extend(engine.store.groups_of_slot(engine.company_id(), slot).await?);
    }
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let documents = documents_of(engine, key, &slots, &groups).await?;
    let mut explanation = facts_of(engine, &groups, documents).await?;
    if groups.is_empty() {
        add_statements(engine, key, &mut explanation).await?;
    }
    add_held(engine, key, &mut explanation).await?;
    match account_and_day(key) {
        Some((account, day)) => explanation.arithmetic = account_sums(engine, account, day).await?,
        None => {
            let facts: Vec<Fact> = explanation.facts.iter().map(|it| it.fact.clone()).collect();
            explanation.arithmetic = arithmetic::of_facts(&facts)?;
        }
    }
    let is_nothing_known = explanation.documents.is_empty()
        && explanation.records.is_empty()
        && explanation.arithmetic.is_empty()
        && explanation.untold.is_empty();
    match is_nothing_known {
        true => Err(EngineError::NothingKnown(key.to_owned())),
        false => Ok(explanation),
    }
}

/// The slots of the documents that a key names: a document's own, those on an account and day, or
/// the slot itself, as plain-text books carry it (`slot: …`).
pub(super) async fn slots_of(engine: &Engine, key: &str) -> Result<BTreeSet<String>, EngineError> {
    let company = engine.company_id();
    let mut slots = BTreeSet::new();
    for id in [Some(key.to_owned()), key_in(key)].into_iter().flatten() {
        for booked in engine.store.changes_by_id(company, &id).await? {
            slots.extend(booked.change.slot);
        }
    }
    let named = key.strip_prefix("slot:").unwrap_or(key).trim().to_owned();
    let groups = engine.store.groups_of_slot(company, &named).await?;
    if !groups.is_empty() || is_booked_slot(engine, &named).await? {
        slots.insert(named);
    }
    let Some((account, day)) = account_and_day(key) else { return Ok(slots) };
    for book in engine.connections_ever(Role::Book).await? {
        let filter = EntryFilter {
            from: Some(day),
            until: Some(day),
            account: Some(account.to_owned()),
            key: None,
            with_approved: true,
        };
        let found = engine.store.entries(company, &book.id, filter).all().await?;
        slots.extend(found.into_iter().filter_map(|document| document.change.slot));
    }
    Ok(slots)
}

/// Whether documents were ever meant for this slot.
async fn is_booked_slot(engine: &Engine, slot: &str) -> Result<bool, EngineError> {
    let (company, slots) = (engine.company_id(), [slot.to_owned()]);
    for book in engine.connections_ever(Role::Book).await? {
        if !engine.store.changes_for_slots(company, &book.id, &slots).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The key of the document whose number this may be, prefix and all.
fn key_in(number: &str) -> Option<String> {
    let key = DocumentKey::at_end_of(number)?.to_string();
    (key != number).then_some(key)
}

/// The account and the day that a key names, if it does: `Bank@2026-08-03`.
fn account_and_day(key: &str) -> Option<(&str, Date)> {
    let (account, day) = key.rsplit_once('@')?;
    Some((account, day.parse().ok()?))
}

/// What stood on an account before a day, what that day brought, and what stands on it then, in
/// each book.
async fn account_sums(engine: &Engine, account: &str, day: Date) -> Result<Vec<Sum>, EngineError> {
    let company = engine.company_id();
    let mut sums = Vec::new();
    for book in engine.connections_ever(Role::Book).await? {
        let filter = EntryFilter {
            from: Some(day),
            until: Some(day),
            account: Some(account.to_owned()),
            ..EntryFilter::default()
        };
        let booked = engine.store.entries(company, &book.id, filter).all().await?;
        let documents = booked.iter().filter_map(|it| match &it.change.subject {
            Subject::Document { document, .. } => Some((it.change.id.as_str(), &**document)),
            Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => None,
        });
        let day_before = day.yesterday().unwrap_or(Date::MIN);
        let before = engine.store.account_sums(company, &book.id, Some(day_before)).await?;
        let after = engine.store.account_sums(company, &book.id, Some(day)).await?;
        let ever = engine.store.account_sums(company, &book.id, None).await?;
        let of = |sums: &BTreeMap<String, Balance>| sums.get(account).cloned().unwrap_or_default();
        let about = format!("{account} at the end of {day} in {}", book.id);
        let found = arithmetic::of_account(account, &about, &of(&before), documents, &of(&after))?;
        if found.is_empty() && ever.contains_key(account) {
            let zero = Money::from_minor(0, engine.policy.currency);
            sums.push(Sum { about, terms: Vec::new(), total: zero, stated: Some(zero) });
        }
        sums.extend(found);
    }
    Ok(sums)
}

/// The groups of what people or vendors call by this name.
pub(super) async fn groups_of_name(
    engine: &Engine,
    key: &str,
) -> Result<BTreeSet<GroupId>, EngineError> {
    let company = engine.company_id();
    let mut groups: BTreeSet<GroupId> =
        engine.store.groups_named(company, key).await?.into_iter().collect();
    let candidates: Vec<GroupId> = match key.contains('/') {
        true => groups_of_fact(key).iter().map(Group::id).collect(),
        // Rows may name an order that nobody told.
        false if groups.is_empty() => {
            let channels = engine.connections_ever(Role::Channel).await?;
            channels.iter().map(|it| accounting::group_of_name(&it.id, key).id()).collect()
        }
        false => Vec::new(),
    };
    let known = engine.store.group_records(company, &candidates).await?;
    groups.extend(known.into_iter().filter(|(_, r)| !r.is_empty()).map(|(group, _)| group));
    let month = RevaluedMonth::of_fact(key).or_else(|| RevaluedMonth::parse(key));
    if let Some(group) = month.map(|month| Group::Revaluation(month).id())
        && !engine.store.states_of(company, std::slice::from_ref(&group)).await?.is_empty()
    {
        groups.insert(group);
    }
    // Not every fact has a group of its own; one of a file may have the name of its record instead.
    let mut records = engine.store.find_record(company, key).await?;
    records.retain(|record| is_named(&record.id, key));
    if let Some((_, id)) = key.split_once('/') {
        let named = engine.store.find_record(company, id).await?;
        records.extend(named.into_iter().filter(|record| record.id == id));
    }
    for record in records {
        groups.extend(engine.store.groups_of_record(company, &record).await?);
    }
    Ok(groups)
}

/// Whether an id is called so, capitals aside: by the whole of it, or by what follows a mark in it,
/// as the number in `gid://shopify/Order/450789469`.
fn is_named(id: &str, name: &str) -> bool {
    let Some((before, end)) =
        id.len().checked_sub(name.len()).and_then(|at| id.split_at_checked(at))
    else {
        return false;
    };
    !name.is_empty() && end.eq_ignore_ascii_case(name) && !before.ends_with(char::is_alphanumeric)
}

/// Adds why anything of this name is held that no fact tells of, as a record that cannot be read,
/// and every version of that record.
async fn add_held(
    engine: &Engine,
    key: &str,
    explanation: &mut Explanation,
) -> Result<(), EngineError> {
    let company = engine.company_id();
    for HeldFact { fact, source, issue } in engine.store.held(company).await? {
        let is_shown = explanation.records.iter().any(|it| it.is_of(&source));
        let is_meant = is_named(fact.as_str(), key) || is_named(&source.id, key);
        let is_told = explanation.facts.iter().any(|it| *it.fact.id() == fact && it.is_held());
        if is_told || !(is_shown || is_meant) || explanation.untold.contains(&issue) {
            continue;
        }
        explanation.untold.push(issue);
        if !is_shown {
            let versions = versions(engine, &source).await?;
            explanation.records.extend(versions.iter().map(explained));
        }
    }
    Ok(())
}

/// Every version of a record, the first one first.
async fn versions(engine: &Engine, reference: &RecordRef) -> Result<Vec<Record>, EngineError> {
    let versions = engine.store.record_versions(engine.company_id(), reference).await?;
    let as_record = |version: RecordVersion| Record {
        connection: reference.connection.clone(),
        stream: reference.stream.clone(),
        id: reference.id.clone(),
        fetched_at: version.fetched_at,
        bytes: version.bytes,
    };
    Ok(versions.into_iter().map(as_record).collect())
}

/// Adds what a channel says of itself by this name, each version of it: it stands in no group,
/// since nothing is entered of it.
async fn add_statements(
    engine: &Engine,
    key: &str,
    explanation: &mut Explanation,
) -> Result<(), EngineError> {
    let (company, readers) = (engine.company_id(), Readers::of(engine).await?);
    let Some((connection, id)) = key.split_once('/') else { return Ok(()) };
    let mut named = engine.store.find_record(company, id).await?;
    named.retain(|it| it.connection.as_str() == connection && it.id.ends_with(id));
    for reference in named {
        for record in versions(engine, &reference).await? {
            let said = readers.reader(&record.connection).map(|reader| reader.read(&record));
            let facts = said.and_then(Result::ok).into_iter().flatten();
            explanation.facts.extend(facts.map(|fact| ExplainedFact { fact, state: None }));
            explanation.records.push(explained(&record));
        }
    }
    Ok(())
}

async fn documents_of(
    engine: &Engine,
    key: &str,
    slots: &BTreeSet<String>,
    groups: &[GroupId],
) -> Result<Vec<ExplainedDocument>, EngineError> {
    let company = engine.company_id();
    let mut slots = slots.clone();
    if slots.is_empty() {
        for group in groups {
            slots.extend(engine.store.slots_of_group(company, group).await?);
        }
    }
    let slots: Vec<String> = slots.into_iter().collect();
    let mut documents = Vec::new();
    for book in engine.connections_ever(Role::Book).await? {
        for change in engine.store.changes_for_slots(company, &book.id, &slots).await? {
            let named = change.id == key || key_in(key).is_some_and(|key| key == change.id);
            let booked = engine.store.changes_by_id(company, &change.id).await?;
            let booked = booked.into_iter().find(|it| it.change.book == book.id);
            let Some(booked) = booked else { continue };
            let document = ExplainedDocument {
                status: booked.status.name().to_owned(),
                approved_by: booked.approved_by,
                change,
            };
            match named {
                true => documents.insert(0, document),
                false => documents.push(document),
            }
        }
    }
    Ok(documents)
}

async fn facts_of(
    engine: &Engine,
    groups: &[GroupId],
    documents: Vec<ExplainedDocument>,
) -> Result<Explanation, EngineError> {
    let company = engine.company_id();
    let readers = Readers::of(engine).await?;
    let by_group = engine.store.group_records(company, groups).await?;
    let mut payouts_of_rows = Vec::new();
    for (group, told) in alike::told_in(engine, &readers, &engine.policy, &by_group).await? {
        if let Some(Group::Payout(id)) = Group::parse(&group) {
            payouts_of_rows.extend(payout_of_rows(&id, &told.facts));
        }
    }
    let mut records: Vec<Record> = Vec::new();
    for record in by_group.into_values().flatten() {
        if !records.contains(&record) {
            records.push(record);
        }
    }
    let states = engine.store.states_of(company, groups).await?;
    let state = |fact: &Fact| {
        states.iter().find(|standing| &standing.fact == fact.id()).map(|it| it.state.clone())
    };
    let mut told = readers.told(engine, &records).await?;
    buyers::remember(engine, &readers, &engine.policy, std::iter::once(&mut told)).await?;
    let mut facts = told.facts;
    facts.extend(payouts_of_rows);
    let facts: Vec<ExplainedFact> =
        facts.into_iter().map(|fact| ExplainedFact { state: state(&fact), fact }).collect();
    let records: Vec<ExplainedRecord> = records.iter().map(explained).collect();
    let is_told = |id: &FactId| facts.iter().any(|it: &ExplainedFact| it.fact.id() == id);
    let untold = states.iter().filter(|it| !is_told(&it.fact)).filter_map(|it| match &it.state {
        FactState::Held(issue) => Some(issue.clone()),
        _ => None,
    });
    let untold = untold.collect();
    Ok(Explanation { arithmetic: Vec::new(), documents, facts, untold, records })
}

/// The payout that these facts tell by its rows alone, if they do.
fn payout_of_rows(id: &FactId, facts: &[Fact]) -> Option<Fact> {
    let told = accounting::told_with_payouts(facts);
    let by_rows = told.iter().find(|fact| matches!(fact, Fact::Payout(_)) && fact.id() == id)?;
    (!facts.contains(by_rows)).then(|| by_rows.clone())
}

fn explained(record: &Record) -> ExplainedRecord {
    ExplainedRecord {
        connection: record.connection.to_string(),
        stream: record.stream.to_string(),
        id: record.id.clone(),
        fetched_at: record.fetched_at,
        hash: record.content_hash().map(|byte| format!("{byte:02x}")).concat(),
        bytes: String::from_utf8_lossy(&record.bytes).into_owned(),
    }
}
