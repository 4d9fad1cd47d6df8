//! Prove: does everything add up?

use super::account::{Heard, Readers};
use super::chart::Chart;
use super::push::Pusher;
use super::standings::{FactCounts, fact_counts};
use super::{Engine, EngineError};
use saldo_core::accounting::{self, Group, Payouts};
use saldo_core::book::{Bindings, Need, Outcome, Task};
use saldo_core::commerce::Fact;
use saldo_core::exchange::Fault;
use saldo_core::ledger::Account;
use saldo_core::matching::Resolution;
use saldo_core::money::Balance;
use saldo_core::proof::{self, Check, Identity};
use saldo_core::text::{FactId, RemoteId};
use saldo_store::{Connection, Role};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How many records are read at a time.
const RECORDS_AT_ONCE: usize = 2_000;

/// What a proof found.
#[derive(Debug, Serialize)]
pub(crate) struct ProofReport {
    /// Each payout against its rows.
    pub(crate) payouts: Vec<Check>,
    /// Each book.
    pub(crate) books: Vec<BookProof>,
    /// How many facts stand where.
    pub(crate) facts: FactCounts,
}

/// The proof of one book.
#[derive(Debug, Serialize)]
pub(crate) struct BookProof {
    /// Which book.
    pub(crate) book: String,
    /// The clearing accounts against the gateways' own ledgers.
    pub(crate) clearing: Vec<Check>,
    /// Every account against what was pushed to it.
    pub(crate) accounts: Vec<Check>,
    /// How many changes are approved and not yet acknowledged.
    pub(crate) pending: u64,
    /// How many changes the book refused.
    pub(crate) failed: u64,
}

impl ProofReport {
    /// Whether nothing differs, nothing failed and nothing is left to push.
    pub(crate) fn holds(&self) -> bool {
        let checks = self.books.iter().flat_map(|book| book.clearing.iter().chain(&book.accounts));
        self.payouts.iter().chain(checks).all(Check::holds)
            && self.books.iter().all(|book| book.pending == 0 && book.failed == 0)
    }
}

/// Compares channels, sub-ledger and books.
pub(crate) async fn prove(engine: &Engine) -> Result<ProofReport, EngineError> {
    let facts = money_facts(engine).await?;
    let heard = Heard::of(engine).await?;
    let waiting = engine.store.waiting(engine.company_id()).await?;
    let waiting: BTreeSet<FactId> = waiting.into_iter().map(|waiting| waiting.fact).collect();
    let payouts = Payouts::of(&facts);
    let as_entered = |fact: &Fact| {
        let mut fact = fact.clone();
        if let Fact::BalanceTransaction(row) = &mut fact {
            let waits = waiting.contains(&row.id);
            row.net = accounting::entered_by(
                row,
                waits,
                &payouts,
                &engine.policy,
                heard.until(&row.source.connection),
            );
        }
        fact
    };
    let entered: Vec<Fact> = facts.iter().map(as_entered).collect();
    let owed = proof::gateway_balances(entered.iter(), &engine.policy)?;
    let mut books = Vec::new();
    for connection in engine.connections(Role::Book).await? {
        books.push(prove_book(engine, &connection, &owed).await?);
    }
    let payouts = proof::payout_rows_checks(&facts)?;
    Ok(ProofReport { payouts, books, facts: fact_counts(engine).await? })
}

/// The rows and payouts of all gateways.
async fn money_facts(engine: &Engine) -> Result<Vec<Fact>, EngineError> {
    let readers = Readers::of(engine).await?;
    let mut facts = Vec::new();
    let mut after = None;
    loop {
        let company = engine.company_id();
        let records = engine.store.latest_records(company, after.as_ref(), RECORDS_AT_ONCE).await?;
        let Some(last) = records.last() else { return Ok(told_once(facts)) };
        after = Some(last.reference());
        let money = |fact: &Fact| matches!(fact, Fact::BalanceTransaction(_) | Fact::Payout(_));
        facts.extend(readers.told(engine, &records).await?.facts.into_iter().filter(money));
    }
}

async fn prove_book(
    engine: &Engine,
    connection: &Connection,
    owed: &BTreeMap<String, Balance>,
) -> Result<BookProof, EngineError> {
    let company = engine.company_id();
    let lease = engine.lease(connection).await?;
    let held = held_by_book(engine, connection, &lease).await;
    let released = engine.store.release_lease(&lease).await;
    let (pushed, held) = held?;
    released?;
    let clearing: BTreeMap<String, Balance> = owed
        .keys()
        .map(|name| (name.clone(), held.get(name).cloned().unwrap_or_default()))
        .collect();
    let open = engine.store.open_counts(company, &connection.id).await?;
    Ok(BookProof {
        book: connection.id.to_string(),
        clearing: proof::compare(Identity::Clearing, owed, &clearing),
        accounts: proof::compare(Identity::BookAccount, &pushed, &held),
        pending: open.pending,
        failed: open.failed,
    })
}

type Balances = BTreeMap<String, Balance>;

/// What was pushed to a book, and what the book says it holds, both by our names of accounts.
async fn held_by_book(
    engine: &Engine,
    connection: &Connection,
    lease: &saldo_store::Lease,
) -> Result<(Balances, Balances), EngineError> {
    let pushed = engine.store.account_sums(engine.company_id(), &connection.id, None).await?;
    let pusher = Pusher::new(engine, connection, lease)?;
    let names = remote_names(engine, &pusher, connection, pushed.keys()).await?;
    let as_of = engine.policy.day(engine.clock.now());
    let mut outcomes = pusher.read(&[Task::ReadBalances { as_of }]).await?;
    let Some(Outcome::Balances(balances)) = outcomes.pop() else {
        return Err(pusher.world(Fault::unexpected("the balances")));
    };
    let mut held: Balances = BTreeMap::new();
    for (remote, balance) in balances {
        if let Some(name) = names.get(&remote) {
            let sum = held.entry(name.clone()).or_default();
            for amount in balance.iter() {
                sum.add(amount)?;
            }
        }
    }
    Ok((pushed, held))
}

/// What the book calls our accounts, turned round.
async fn remote_names(
    engine: &Engine,
    pusher: &Pusher<'_>,
    connection: &Connection,
    names: impl Iterator<Item = &String>,
) -> Result<BTreeMap<RemoteId, String>, EngineError> {
    let kinds = account_kinds(engine);
    let mut remotes = BTreeMap::new();
    let mut chart: Option<Chart> = None;
    for name in names {
        let id = format!("account/{name}");
        let company = engine.company_id();
        let bound =
            engine.store.bindings_of(company, &connection.id, std::slice::from_ref(&id)).await?;
        if let Some(remote) = bound.0.get(&id) {
            remotes.insert(remote.clone(), name.clone());
            continue;
        }
        // Tax goes where the book's own agency points, without ever being referred to.
        if chart.is_none() {
            chart = Some(Chart::read(pusher).await?.0);
        }
        let need = kinds.get(name.as_str()).cloned().map(Need::Account);
        let resolution = need
            .as_ref()
            .zip(chart.as_ref())
            .map(|(need, chart)| chart.resolve(pusher.book, need, &Bindings::default()));
        if let Some(Resolution::Bound(remote)) = resolution {
            remotes.insert(remote, name.clone());
        }
    }
    Ok(remotes)
}

fn account_kinds(engine: &Engine) -> BTreeMap<String, Account> {
    let chart = engine.policy.chart.iter();
    chart.map(|(_, account)| (account.name.to_string(), account.clone())).collect()
}

/// The group of a fact by its id, whatever it is.
pub(super) fn groups_of_fact(id: &str) -> [Group; 4] {
    [
        Group::Order(id.into()),
        Group::Payout(id.into()),
        Group::Row(id.into()),
        Group::Dispute(id.into()),
    ]
}

/// Where several records tell the same thing, it counts once.
fn told_once(facts: Vec<Fact>) -> Vec<Fact> {
    match accounting::told_once(&facts) {
        Cow::Owned(told) => told,
        Cow::Borrowed(_) => facts,
    }
}
