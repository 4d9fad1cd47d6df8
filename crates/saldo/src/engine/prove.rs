//! Prove: does everything add up?

mod documents;
mod holdings;
mod payouts;

pub(crate) use documents::DocumentsProof;

use super::account::{Heard, Readers};
use super::push::Pusher;
use super::standings::{FactCounts, fact_counts};
use super::{Engine, EngineError};
use holdings::Holdings;
use jiff::civil::Date;
use saldo_core::accounting::{self, Group, Payouts};
use saldo_core::commerce::Fact;
use saldo_core::money::Balance;
use saldo_core::proof::{self, Check, Holding, Opening, UnstatedPayout};
use saldo_core::text::FactId;
use saldo_store::{Connection, Lease, Role};
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
    /// The payouts whose totals nobody states, so that there is nothing to compare their rows with.
    pub(crate) unstated_payouts: Vec<UnstatedPayout>,
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
    /// The first day that is looked at: what stands before is the opening.
    pub(crate) from: Date,
    /// The last day, the same on both sides.
    pub(crate) as_of: Date,
    /// Each payout against what the book holds of it.
    pub(crate) payouts: Vec<Check>,
    /// The clearing accounts against the gateways' own ledgers.
    pub(crate) clearing: Vec<Check>,
    /// What stood in clearing accounts before the first day.
    pub(crate) openings: Vec<Opening>,
    /// Our documents as the book holds them.
    pub(crate) documents: DocumentsProof,
    /// Every account that we write to: what is ours in it, and what is not.
    pub(crate) accounts: Vec<Holding>,
    /// How many changes are approved and not yet acknowledged.
    pub(crate) pending: u64,
    /// How many changes the book refused.
    pub(crate) failed: u64,
}

impl ProofReport {
    /// Whether nothing of ours differs, nothing failed and nothing is left to push. Entries of
    /// others are no difference, but for those in clearing accounts.
    pub(crate) fn holds(&self) -> bool {
        self.payouts.iter().all(Check::holds) && self.books.iter().all(BookProof::holds)
    }
}

impl BookProof {
    /// Whether all that is ours is in the book, and in the clearing accounts nothing else.
    pub(crate) fn holds(&self) -> bool {
        self.payouts.iter().chain(&self.clearing).all(Check::holds)
            && self.documents.differing.is_empty()
            && self.pending == 0
            && self.failed == 0
    }
}

/// What the channels say, as far as books are proved by it.
struct Told {
    /// The rows and payouts that can stand in the books by now.
    entered: Vec<Fact>,
    /// What gateways owed when the first day began, by clearing account.
    owed_at_start: Balances,
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
    let owed_at_start = proof::owed_at_start(&facts, &engine.policy)?;
    let told = Told { entered, owed_at_start };
    let mut books = Vec::new();
    for connection in engine.connections(Role::Book).await? {
        books.push(prove_book(engine, &connection, &told).await?);
    }
    let payouts = proof::payout_rows_checks(&facts)?;
    let unstated_payouts = proof::unstated_payouts(&facts);
    Ok(ProofReport { payouts, unstated_payouts, books, facts: fact_counts(engine).await? })
}

/// The rows and payouts of all gateways.
async fn money_facts(engine: &Engine) -> Result<Vec<Fact>, EngineError> {
    let readers = Readers::of(engine).await?;
    let mut facts = Vec::new();
    let mut after = None;
    loop {
        let company = engine.company_id();
        let records = engine.store.latest_records(company, after.as_ref(), RECORDS_AT_ONCE).await?;
        let Some(last) = records.last() else { return Ok(told_with_payouts(facts)) };
        after = Some(last.reference());
        let money = |fact: &Fact| matches!(fact, Fact::BalanceTransaction(_) | Fact::Payout(_));
        facts.extend(readers.told(engine, &records).await?.facts.into_iter().filter(money));
    }
}

type Balances = BTreeMap<String, Balance>;

async fn prove_book(
    engine: &Engine,
    connection: &Connection,
    told: &Told,
) -> Result<BookProof, EngineError> {
    let lease = engine.lease(connection).await?;
    let proof = prove_leased(engine, connection, &lease, told).await;
    let released = engine.store.release_lease(&lease).await;
    let proof = proof?;
    released?;
    Ok(proof)
}

async fn prove_leased(
    engine: &Engine,
    connection: &Connection,
    lease: &Lease,
    told: &Told,
) -> Result<BookProof, EngineError> {
    let company = engine.company_id();
    let pusher = Pusher::new(engine, connection, lease)?;
    let (from, as_of) = days(engine, connection).await?;
    let happened = told.entered.iter().filter(|fact| day_of(fact, engine) <= as_of);
    let owed = proof::gateway_balances(happened, &engine.policy)?;
    let holdings = Holdings::read(&pusher, (from, as_of), &owed).await?;
    let documents = documents::prove(&pusher, lease).await?;
    let payouts = payouts::prove(engine, connection, &told.entered, &documents).await?;
    let open = engine.store.open_counts(company, &connection.id).await?;
    Ok(BookProof {
        book: connection.id.to_string(),
        from,
        as_of,
        payouts,
        clearing: holdings.clearing(&owed)?,
        openings: holdings.openings(&told.owed_at_start, &owed)?,
        documents,
        accounts: holdings.all()?,
        pending: open.pending,
        failed: open.failed,
    })
}

/// The days over which a book is compared: from the first that we enter to today, or to the last
/// document where that is dated later, as a payout is that leaves when it is tomorrow in UTC.
async fn days(engine: &Engine, connection: &Connection) -> Result<(Date, Date), EngineError> {
    let (start, today) = (engine.policy.start_date, engine.policy.day(engine.clock.now()));
    let entered = engine.store.days_entered(engine.company_id(), &connection.id).await?;
    let (first, last) = entered.unwrap_or((start, today));
    let from = start.min(first);
    Ok((from, today.max(last).max(from)))
}

/// The books day of a row, or the day on which a payout left.
fn day_of(fact: &Fact, engine: &Engine) -> Date {
    match fact {
        Fact::Payout(payout) => payout.issued_on,
        Fact::BalanceTransaction(row) => engine.policy.day(row.occurred_at),
        _ => Date::MIN,
    }
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

/// Where several records tell the same thing, it counts once; so do payouts that rows alone tell.
fn told_with_payouts(facts: Vec<Fact>) -> Vec<Fact> {
    match accounting::told_with_payouts(&facts) {
        Cow::Owned(told) => told,
        Cow::Borrowed(_) => facts,
    }
}
