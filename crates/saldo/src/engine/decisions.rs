//! Decisions: what the owner says becomes records, as what channels say does.

mod events;
mod open;

pub(crate) use events::{duties_left, rows_with_a_rule, stated_card, tax_name, unknown_row};

use super::account::Reader;
use super::page::reading;
use super::{Engine, EngineError};
use jiff::civil::Date;
use rust_decimal::Decimal;
use saldo_core::accounting::{self, Group, Undecidable, hint_of, order_by_name, postings_of};
use saldo_core::channel::Cursor;
use saldo_core::commerce::{Decided, Decision, Fact, OWNER, Record, RecordRef, Said, TakenBack};
use saldo_core::exchange::Addresses;
use saldo_core::issue::FactState;
use saldo_core::money::Currency;
use saldo_core::policy::Policy;
use saldo_core::text::{ConnectionId, FactId, GroupId, Stream};
use saldo_store::{Connection, Lease, PageCommit, PulledRecord, Role, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// How many records are read at a time.
const RECORDS_AT_ONCE: usize = 500;

/// Why something is not decided.
#[derive(Debug, Error)]
pub(crate) enum DecisionError {
    /// It has no sense, in words for the owner.
    #[error("{0}")]
    Senseless(String),
    /// It could not be kept.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for DecisionError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

/// A decision with where it stands.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KnownDecision {
    /// Its number.
    pub(crate) number: u32,
    /// What it says.
    pub(crate) said: Said,
    /// Where it stands; none before it was accounted.
    pub(crate) state: Option<FactState>,
}

/// A decision that was kept.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeptDecision {
    /// Its number.
    pub(crate) number: u32,
    /// What it says.
    pub(crate) said: Said,
    /// What its owner should know of it, in sentences.
    pub(crate) notes: Vec<String>,
}

/// What may stand on accounts that no entry tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Nothing: more than the entries say is not there.
    Nothing,
    /// Something of it stood in the opening balances.
    Something,
}

/// Keeps a decision, and returns its number. It is entered by the next plan.
///
/// # Errors
/// Where it has no sense by the policy that holds, or somebody else is deciding.
pub(crate) async fn decide_this(
    engine: &Engine,
    said: Said,
    opening: Opening,
) -> Result<KeptDecision, DecisionError> {
    check(engine, &said)?;
    let lease = lease(engine).await?;
    let kept = keep_new(engine, &lease, said, opening).await;
    let released = engine.store.release_lease(&lease).await;
    let kept = kept?;
    released?;
    Ok(kept)
}

/// Takes a decision back. It stays in the records, with who said so.
///
/// # Errors
/// Where there is no such decision, or it was taken back before.
pub(crate) async fn take_back(
    engine: &Engine,
    number: u32,
    back: TakenBack,
) -> Result<Said, DecisionError> {
    let lease = lease(engine).await?;
    let kept = keep_taken_back(engine, &lease, number, back).await;
    let released = engine.store.release_lease(&lease).await;
    let said = kept?;
    released?;
    Ok(said)
}

/// All decisions, by number.
pub(crate) async fn decisions(engine: &Engine) -> Result<Vec<KnownDecision>, EngineError> {
    let all = all(engine).await?;
    let groups: Vec<GroupId> = all.values().filter_map(home).map(|group| group.id()).collect();
    let states = engine.store.states_of(engine.company_id(), &groups).await?;
    let state = |id: &FactId| states.iter().find(|it| it.fact == *id).map(|it| it.state.clone());
    let known = |(number, decision): (u32, Decision)| KnownDecision {
        number,
        state: state(&decision.id),
        said: decision.said,
    };
    Ok(all.into_iter().map(known).collect())
}

/// The order that people call by this name, with its name.
///
/// # Errors
/// Where there is none, or orders of several shops have the name.
pub(crate) async fn order_named(engine: &Engine, name: &str) -> Result<FactId, DecisionError> {
    let groups = engine.store.groups_named(engine.company_id(), name).await?;
    let orders = groups.iter().filter_map(|group| match Group::parse(group) {
        Some(Group::Order(id)) => Some(id),
        _ => None,
    });
    // A file may have told the same order without its number.
    let by_name = |id: &FactId| {
        let shop = id.as_str().split('/').next().unwrap_or_default();
        *id == order_by_name(&ConnectionId::new(shop), name)
    };
    let (named, numbered): (Vec<FactId>, Vec<FactId>) = orders.partition(by_name);
    let orders = if numbered.is_empty() { named } else { numbered };
    match &orders[..] {
        [order] => Ok(order.clone()),
        [] => Err(DecisionError::Senseless(format!("no order is called `{name}`"))),
        several => {
            let ids: Vec<&str> = several.iter().map(FactId::as_str).collect();
            let ids = ids.join(", ");
            Err(DecisionError::Senseless(format!("several orders are called `{name}`: {ids}")))
        }
    }
}

/// The payout of this number, its own or the bank's.
///
/// # Errors
/// Where there is none, or several have the number.
pub(crate) async fn payout_named(engine: &Engine, name: &str) -> Result<FactId, DecisionError> {
    let (store, company) = (&engine.store, engine.company_id());
    let mut groups: BTreeSet<GroupId> =
        store.groups_named(company, name).await?.into_iter().collect();
    for record in store.find_record(company, name).await? {
        if record.id.rsplit('/').next() == Some(name) {
            groups.extend(store.groups_of_record(company, &record).await?);
        }
    }
    let payouts = groups.iter().filter_map(|group| match Group::parse(group) {
        Some(Group::Payout(id)) => Some(id),
        _ => None,
    });
    let payouts: Vec<FactId> = payouts.collect();
    match &payouts[..] {
        [payout] => Ok(payout.clone()),
        [] => Err(DecisionError::Senseless(format!("no payout has the number `{name}`"))),
        _ => Err(DecisionError::Senseless(format!("several payouts have the number `{name}`"))),
    }
}

/// The purchase order that people call by this name.
///
/// # Errors
/// Where there is none, or several have the name.
pub(crate) async fn purchase_named(engine: &Engine, name: &str) -> Result<FactId, DecisionError> {
    let groups = engine.store.groups_named(engine.company_id(), name).await?;
    let purchases = groups.iter().filter_map(|group| match Group::parse(group) {
        Some(Group::Purchase(id)) => Some(id),
        _ => None,
    });
    let purchases: Vec<FactId> = purchases.collect();
    match &purchases[..] {
        [purchase] => Ok(purchase.clone()),
        [] => Err(DecisionError::Senseless(format!("no purchase order is called `{name}`"))),
        _ => Err(DecisionError::Senseless(format!("several purchase orders are called `{name}`"))),
    }
}

/// What gift cards that were given away paid for an order is said once, for all of them.
fn check_said_once(known: &BTreeMap<u32, Decision>, order: &FactId) -> Result<(), DecisionError> {
    let same = known.iter().find(|(_, it)| {
        let is_of = |decided: &Decided| match decided {
            Decided::PromotionalUse { order: other, .. } => other == order,
            _ => false,
        };
        it.said.taken_back.is_none() && is_of(&it.said.decided)
    });
    match same {
        None => Ok(()),
        Some((number, _)) => Err(DecisionError::Senseless(format!(
            "decision {number} says what they paid for this order: take it back by `saldo decide \
             undo {number}` first"
        ))),
    }
}

/// Whether a decision has sense by the policy that holds.
fn check(engine: &Engine, said: &Said) -> Result<(), DecisionError> {
    let policy = &engine.policy;
    if said.on < policy.start_date {
        let start = policy.start_date;
        let why = format!("{} is before {start}, the first day of these books", said.on);
        return Err(DecisionError::Senseless(why));
    }
    if let Decided::Arrived { amount, .. } = &said.decided
        && amount.is_zero()
    {
        return Err(DecisionError::Senseless("nothing arrived".to_owned()));
    }
    if let Decided::PromotionalUse { amount, .. } = &said.decided {
        if !amount.is_positive() {
            return Err(DecisionError::Senseless("nothing was paid".to_owned()));
        }
        if !policy.through_time().any(Policy::owes_nothing_on_gifts) {
            let why = "gift cards that are given away are owed from the day on which an entry says \
                       so, where the policy does not say `gift-cards.promotional = \"at-use\"`";
            return Err(DecisionError::Senseless(why.to_owned()));
        }
    }
    if let Decided::Paid { amount, .. } = &said.decided {
        if !amount.is_positive() {
            return Err(DecisionError::Senseless("nothing was paid".to_owned()));
        }
        if !policy.in_force(said.on).keeps_cost() {
            let why = "purchases are entered where `[cost]` says `owner = \"saldo\"`";
            return Err(DecisionError::Senseless(why.to_owned()));
        }
    }
    if let Decided::ClosingRate { currency, rate } = said.decided {
        check_rate(said.on, currency, rate, policy)?;
    }
    let moved = said.decided.moved(said.on);
    let moved = moved.map_err(|error| DecisionError::Senseless(error.to_string()))?;
    let Some(moved) = moved else { return Ok(()) };
    postings_of(&moved.moves, policy.in_force(said.on)).map_err(|error| {
        let why = match error {
            Undecidable::NoAccount(_) | Undecidable::OwedToNobody(_) => {
                format!("{error}: {}", hint_of(&error))
            }
            _ => error.to_string(),
        };
        DecisionError::Senseless(why)
    })?;
    match moved.reversed_on.filter(|date| *date <= said.on) {
        Some(date) => Err(DecisionError::Senseless(format!("{date} is not after {}", said.on))),
        None => Ok(()),
    }
}

/// Whether a closing rate can be one.
fn check_rate(
    on: Date,
    currency: Currency,
    rate: Decimal,
    policy: &Policy,
) -> Result<(), DecisionError> {
    let why = match () {
        () if currency == policy.currency => format!("the books are kept in {currency}"),
        () if rate <= Decimal::ZERO => format!("a rate of {rate} is none"),
        () if on != on.last_of_month() => format!("{on} is not the last day of its month"),
        () => return Ok(()),
    };
    Err(DecisionError::Senseless(why))
}

async fn keep_new(
    engine: &Engine,
    lease: &Lease,
    said: Said,
    opening: Opening,
) -> Result<KeptDecision, DecisionError> {
    let known = all(engine).await?;
    let notes = match &said.decided {
        Decided::Event(event) => events::check(engine, &known, (said.on, event), opening).await?,
        Decided::PromotionalUse { order, .. } => {
            check_said_once(&known, order)?;
            Vec::new()
        }
        _ => Vec::new(),
    };
    let number = known.into_keys().next_back().unwrap_or(0).saturating_add(1);
    keep(engine, lease, number, &said).await?;
    Ok(KeptDecision { number, said, notes })
}

async fn keep_taken_back(
    engine: &Engine,
    lease: &Lease,
    number: u32,
    back: TakenBack,
) -> Result<Said, DecisionError> {
    let known = all(engine).await?.remove(&number);
    let no_such = || DecisionError::Senseless(format!("there is no decision {number}"));
    let mut said = known.ok_or_else(no_such)?.said;
    if let Some(before) = &said.taken_back {
        let why = format!("decision {number} was taken back by {} at {}", before.by, before.at);
        return Err(DecisionError::Senseless(why));
    }
    said.taken_back = Some(back);
    keep(engine, lease, number, &said).await?;
    Ok(said)
}

async fn keep(
    engine: &Engine,
    lease: &Lease,
    number: u32,
    said: &Said,
) -> Result<(), DecisionError> {
    let record = Decision::record(number, said)
        .map_err(|error| DecisionError::Senseless(format!("it cannot be kept: {error}")))?;
    let stream = record.stream.clone();
    let (reading, _) = reading(Reader::Owner, &connection(), &record);
    let records = vec![PulledRecord::new(record, reading)];
    let page = PageCommit { stream, cursor: Cursor(String::new()), reached: None, records };
    engine.store.commit_page(lease, &page).await?;
    Ok(())
}

/// The lease of the owner's records. Their connection is made with the first decision.
async fn lease(engine: &Engine) -> Result<Lease, EngineError> {
    let connection = connection();
    if engine.connections(Role::Owner).await?.is_empty() {
        match engine.store.add_connection(engine.company_id(), &connection).await {
            Ok(()) | Err(StoreError::Exists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    engine.lease(&connection).await
}

fn connection() -> Connection {
    Connection {
        id: ConnectionId::new(OWNER),
        role: Role::Owner,
        adapter: OWNER.to_owned(),
        settings: BTreeMap::new(),
        addresses: Addresses::default(),
    }
}

/// All decisions, as they stand in the latest versions of their records.
async fn all(engine: &Engine) -> Result<BTreeMap<u32, Decision>, EngineError> {
    let (connection, stream) = (ConnectionId::new(OWNER), Stream::new(""));
    let mut after = RecordRef { connection: connection.clone(), stream, id: String::new() };
    let mut all = BTreeMap::new();
    loop {
        let company = engine.company_id();
        let records = engine.store.latest_records(company, Some(&after), RECORDS_AT_ONCE).await?;
        let own = records.iter().filter(|record| record.connection == connection);
        all.extend(own.filter_map(numbered));
        match records.last() {
            Some(last) if last.connection == connection => after = last.reference(),
            _ => return Ok(all),
        }
    }
}

fn numbered(record: &Record) -> Option<(u32, Decision)> {
    let Ok(Fact::Decision(decision)) = Decision::read(record) else { return None };
    Some((decision.number().parse().ok()?, *decision))
}

/// The group that a decision is accounted in.
fn home(decision: &Decision) -> Option<Group> {
    let fact = Fact::Decision(Box::new(decision.clone()));
    accounting::groups(&fact).into_iter().next()
}
