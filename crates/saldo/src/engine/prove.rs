//! Prove: does everything add up?

mod abroad;
mod accounts;
mod as_of;
mod by_day;
mod by_state;
mod credit;
mod days;
pub(super) mod documents;
mod holdings;
pub(super) mod identities;
mod in_books;
mod kept;
mod on_hand;
mod payouts;
mod sales;
mod stated;
mod told;
mod untaxed;

pub(super) use as_of::{AsOf, as_of};
pub(super) use kept::is_due;
pub(super) use stated::gift_cards_named;
pub(super) use told::money_facts;

pub(crate) use abroad::MovedByOthers;
pub(crate) use by_day::DayLine;
pub(crate) use days::DayTotal;
pub(crate) use documents::DocumentsProof;
pub(crate) use identities::{DifferingFact, IdentityLine, IdentityProof, Verdict};
#[cfg(test)]
pub(crate) use on_hand::UnitsAtPlace;
pub(crate) use on_hand::{UnitsLine, UnitsProof};
pub(crate) use sales::DaySales;
pub(crate) use untaxed::UntaxedLines;

use super::account::Heard;
use super::disconnect::is_disconnected;
use super::error::set_aside;
use super::import::is_files_only;
use super::plan::{Unapproved, check_stock};
use super::pull::heard_until;
use super::push::Pusher;
use super::standings::{FactCounts, Standings, standings};
use super::undo::{left_out, moved_by};
use super::{BankProof, Engine, EngineError, bank_proofs};
use abroad::Abroad;
use holdings::Holdings;
use jiff::Timestamp;
use jiff::civil::Date;
use kept::KeptProof;
use saldo_core::accounting::Group;
use saldo_core::commerce::Fact;
use saldo_core::document::SubledgerEntry;
use saldo_core::money::{Balance, MoneyError};
use saldo_core::policy::Policy;
use saldo_core::proof::{self, Check, Holding, LateDocument, Opening, UnstatedPayout};
use saldo_core::text::{ConnectionId, GroupId};
use saldo_store::{Connection, Lease, Role, Undo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use told::Told;

/// How many groups are looked at in one step.
const GROUPS_AT_ONCE: usize = 500;

/// What a proof found.
#[derive(Debug, Serialize)]
pub(crate) struct ProofReport {
    /// Each payout against its rows.
    pub(crate) payouts: Vec<Check>,
    /// The payouts whose totals nobody states, so that there is nothing to compare their rows with.
    pub(crate) unstated_payouts: Vec<UnstatedPayout>,
    /// Each book.
    pub(crate) books: Vec<BookProof>,
    /// The twelve identities, in their order.
    pub(crate) identities: Vec<IdentityProof>,
    /// What banks said of accounts, beside the documents on them. What they tell apart is no
    /// difference of ours: somebody says what it is.
    pub(crate) bank: Vec<BankProof>,
    /// The books that cannot be asked now, as they were read when they last could.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) read_before: Vec<KeptProof>,
    /// The books that could not be proved.
    pub(crate) unproved: Vec<Unproved>,
    /// What accounting has not seen; none where it has seen everything.
    pub(crate) behind: Option<Behind>,
    /// What is accounted and waits for a decision, in the books where anything does: what is
    /// planned and not approved.
    pub(crate) unapproved: Vec<Unapproved>,
    /// The shops that were never heard to the end: what they say beyond is not in the proof.
    pub(crate) unheard: Vec<String>,
    /// Whether nothing was ever heard of anybody, so that there is nothing to prove.
    pub(crate) nothing_heard: bool,
    /// How many facts stand where.
    pub(crate) facts: FactCounts,
}

/// A book that could not be proved.
#[derive(Debug, Serialize)]
pub(crate) struct Unproved {
    /// Which book.
    pub(crate) book: String,
    /// Why not.
    pub(crate) reason: String,
}

/// What accounting has not seen. A proof compares what was accounted: what follows from the rest is
/// not known before it is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Behind {
    /// The revision of the policy by which everything was last accounted: the proof goes by it.
    pub(crate) accounted_by: u32,
    /// The revision that holds.
    pub(crate) policy: u32,
    /// How many orders, rows, payouts and disputes have news for accounting.
    pub(crate) groups: u64,
}

/// The proof of one book.
#[derive(Debug, Serialize, Deserialize)]
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
    /// What stands in the book although it was withdrawn.
    pub(crate) late: Vec<LateDocument>,
    /// What the owner took out: it is not expected there.
    pub(crate) undone: Vec<Undone>,
    /// What the book was told without its tax, as the policy says; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) untaxed: Option<UntaxedLines>,
    /// Every account that we write to: what is ours in it, and what is not.
    pub(crate) accounts: Vec<Holding>,
    /// What others entered on accounts of other currencies that the book values at rates of its
    /// own, up to a hundred documents: their sums stand with the accounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) by_others: Vec<MovedByOthers>,
    /// How many changes are approved and not yet acknowledged.
    pub(crate) pending: u64,
    /// How many changes the book refused.
    pub(crate) failed: u64,
}

/// What the owner took out of a book.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Undone {
    /// The number of the decision.
    pub(crate) undo: i64,
    /// What the owner named.
    pub(crate) what: String,
    /// How many entries it took out.
    pub(crate) entries: u64,
}

impl ProofReport {
    /// Whether nothing of ours differs, nothing failed and nothing is left to account, to approve
    /// or to push, in any book. Entries of others are no difference, but for those in clearing
    /// accounts.
    pub(crate) fn holds(&self) -> bool {
        let is_up_to_date = self.behind.is_none() && self.unapproved.is_empty();
        is_up_to_date && !self.nothing_heard && self.unproved.is_empty() && self.adds_up()
    }

    /// The same, of all that was accounted and approved, and of the books that could be proved.
    pub(crate) fn adds_up(&self) -> bool {
        self.payouts.iter().all(Check::holds)
            && self.books.iter().all(BookProof::holds)
            && self.read_before.iter().all(|kept| kept.proof.holds())
            && self.identities.iter().all(IdentityProof::holds)
    }
}

impl ProofReport {
    /// The same of these books alone.
    pub(crate) fn of_books(mut self, books: &[ConnectionId]) -> Self {
        let is_one = |name: &str| books.iter().any(|book| book.as_str() == name);
        self.books.retain(|it| is_one(&it.book));
        self.unproved.retain(|it| is_one(&it.book));
        self.read_before.retain(|it| is_one(&it.proof.book));
        self.unapproved.retain(|it| is_one(&it.book));
        let identities = self.identities.into_iter();
        self.identities = identities.map(|identity| identity.of_books(is_one)).collect();
        self
    }
}

impl BookProof {
    /// Whether all that is ours is in the book, and in the clearing accounts nothing else.
    pub(crate) fn holds(&self) -> bool {
        self.payouts.iter().chain(&self.clearing).all(Check::holds)
            && self.documents.differing.is_empty()
            && self.late.is_empty()
            && self.pending == 0
            && self.failed == 0
    }
}

/// Compares channels, sub-ledger and books. A book that fails does not stop the others.
///
/// # Errors
/// [`EngineError::Unproved`] where only some books could not be proved, else what stopped all of
/// it.
pub(crate) async fn prove(engine: &Engine) -> Result<ProofReport, EngineError> {
    let (policy, behind) = accounted_policy(engine).await?;
    let told = Told::read(engine, policy).await?;
    let (mut books, mut unproved, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let mut read_before = Vec::new();
    for connection in engine.connections(Role::Book).await? {
        let proof = prove_book(engine, &connection, &told).await.map(Some);
        if proof.as_ref().is_err_and(EngineError::waits_for_call)
            && let Some(kept) = kept::kept(engine, &connection).await?
        {
            read_before.push(kept);
            continue;
        }
        match set_aside(proof, &mut failed)? {
            Some(proof) => {
                kept::keep(engine, &connection, &proof).await?;
                books.push(proof);
            }
            None => unproved.extend(failed.last().map(|error| Unproved {
                book: connection.id.to_string(),
                reason: error.to_string(),
            })),
        }
    }
    let Standings { counts: facts, unapproved, open } = standings(engine).await?;
    // What was read before counts as what it was then.
    let (read_now, mut read_at) = (books.len(), Vec::new());
    for kept in read_before.drain(..) {
        let KeptProof { read_at: at, proof } = kept;
        read_at.push(at);
        books.push(proof);
    }
    let identities = identities::prove(engine, &told, &books, open.as_ref()).await?;
    let kept = read_at.into_iter().zip(books.split_off(read_now));
    read_before.extend(kept.map(|(read_at, proof)| KeptProof { read_at, proof }));
    let bank = bank_proofs(engine, &told.policy).await?;
    let Told { payouts, unstated_payouts, .. } = told;
    let (unheard, anybody_heard) = heard(engine).await?;
    let nothing_heard = !anybody_heard && facts.all() == 0;
    let report = ProofReport {
        payouts,
        unstated_payouts,
        books,
        identities,
        bank,
        read_before,
        unproved,
        behind,
        unapproved,
        unheard,
        nothing_heard,
        facts,
    };
    match failed.is_empty() {
        true => Ok(report),
        false => Err(EngineError::Unproved { report: Box::new(report), failed }),
    }
}

/// The open shops that were never heard to the end, and whether any was.
async fn heard(engine: &Engine) -> Result<(Vec<String>, bool), EngineError> {
    let (mut unheard, mut anybody_heard) = (Vec::new(), false);
    for channel in engine.connections(Role::Channel).await? {
        let cursors = engine.store.cursors(engine.company_id(), &channel.id).await?;
        if heard_until(&cursors).is_some() || (is_files_only(&channel) && !cursors.is_empty()) {
            anybody_heard = true;
        } else if !is_files_only(&channel) && !is_disconnected(&channel) {
            unheard.push(channel.id.to_string());
        }
    }
    Ok((unheard, anybody_heard))
}

/// The policy by which everything was last accounted, and what accounting has not seen since: what
/// stands in the books cannot follow from that.
async fn accounted_policy(engine: &Engine) -> Result<(Policy, Option<Behind>), EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let latest = Engine::policy_of(store, &engine.company).await?;
    let groups = store.groups_with_news(company).await? + groups_due(engine).await?;
    if groups == 0 {
        return Ok((latest, None));
    }
    let policy = match store.accounted_by(company).await? {
        0 => latest.clone(),
        revision => Engine::policy_until(store, &engine.company, revision).await?,
    };
    let behind = Behind { accounted_by: policy.revision, policy: latest.revision, groups };
    Ok((policy, Some(behind)))
}

/// How many groups wait for nothing but accounting: their channels were heard beyond their time.
async fn groups_due(engine: &Engine) -> Result<u64, EngineError> {
    let heard = Heard::of(engine).await?;
    let (store, company) = (&engine.store, engine.company_id());
    let due = store.groups_due(company, heard.last()).await?;
    let mut count = 0;
    for due in due.chunks(GROUPS_AT_ONCE) {
        let groups: Vec<GroupId> = due.iter().map(|(group, _)| group.clone()).collect();
        let records = store.group_records(company, &groups).await?;
        let is_due = |(group, at): &&(GroupId, Timestamp)| {
            records.get(group).is_some_and(|records| *at <= heard.until_all(records))
        };
        count += u64::try_from(due.iter().filter(is_due).count()).unwrap_or(u64::MAX);
    }
    Ok(count)
}

type Balances = BTreeMap<String, Balance>;

async fn prove_book(
    engine: &Engine,
    connection: &Connection,
    told: &Told,
) -> Result<BookProof, EngineError> {
    let lease = engine.lease(connection).await?;
    let proof = prove_leased(engine, connection, &lease, told).await;
    let was_answered = proof.as_ref().is_ok_and(|(_, was_answered)| *was_answered);
    engine.note_outcome(&connection.id, &proof, was_answered).await?;
    let released = engine.store.release_lease(&lease).await;
    let (proof, _) = proof?;
    released?;
    Ok(proof)
}

/// The proof of a book, and whether the book was asked for anything.
async fn prove_leased(
    engine: &Engine,
    connection: &Connection,
    lease: &Lease,
    told: &Told,
) -> Result<(BookProof, bool), EngineError> {
    check_stock(engine, connection)?;
    let mut pusher = Pusher::new(engine, connection, lease).await?;
    let proof = prove_by(&mut pusher, lease, told).await;
    pusher.keep_requests().await?;
    Ok((proof?, pusher.transport.was_answered()))
}

async fn prove_by(
    pusher: &mut Pusher<'_>,
    lease: &Lease,
    told: &Told,
) -> Result<BookProof, EngineError> {
    let (engine, connection) = (pusher.engine, pusher.connection);
    let company = engine.company_id();
    let policy = &told.policy;
    let begun = engine.clock.now();
    pusher.watch().await?;
    let late = pusher.adopt_late(None).await?;
    let (from, as_of) = days(engine, connection, policy).await?;
    let left_out = left_out(engine, connection).await?;
    let owed = owed_on(told, &left_out, as_of)?;
    let mut holdings = Holdings::read(pusher, policy, (from, as_of), &owed).await?;
    let mut abroad = Abroad::of(&holdings, (from, as_of));
    let documents = documents::prove(pusher, lease, &mut abroad).await?;
    let by_others = abroad.settle(pusher, &mut holdings).await?;
    pusher.keep_seen(begun, &documents.differing).await?;
    let payouts =
        payouts::prove(engine, connection, told, (&documents, &left_out), Date::MAX).await?;
    let open = engine.store.open_counts(company, &connection.id).await?;
    Ok(BookProof {
        book: connection.id.to_string(),
        from,
        as_of,
        payouts,
        clearing: holdings.clearing(&owed, &awaited_on(told, as_of)?)?,
        openings: holdings.openings(&told.owed_at_start, &owed)?,
        documents,
        late,
        undone: undone(engine, connection).await?,
        untaxed: untaxed::untaxed(pusher, policy, as_of).await?,
        accounts: holdings.all()?,
        by_others,
        pending: open.pending,
        failed: open.failed,
    })
}

/// What gateways owe at the end of a day, by clearing account, but for what the owner took out.
fn owed_on(told: &Told, left_out: &[SubledgerEntry], day: Date) -> Result<Balances, EngineError> {
    let policy = &told.policy;
    let happened = told.entered.iter().filter(|fact| day_of(fact, policy) <= day);
    let mut owed = proof::gateway_balances(happened, policy)?;
    for (account, moved) in moved_by(left_out.iter().filter(|it| it.header.date <= day))? {
        if let Some(owed) = owed.get_mut(&account) {
            moved.iter().try_for_each(|amount| owed.add(amount.negated()))?;
        }
    }
    Ok(owed)
}

/// What of that cannot stand in the books yet.
fn awaited_on(told: &Told, day: Date) -> Result<Balances, MoneyError> {
    let happened = told.awaited.iter().filter(|fact| day_of(fact, &told.policy) <= day);
    proof::gateway_balances(happened, &told.policy)
}

/// What the owner took out of a book and did not enter again.
async fn undone(engine: &Engine, connection: &Connection) -> Result<Vec<Undone>, EngineError> {
    let undos = engine.store.undos(engine.company_id()).await?;
    let holds = undos.into_iter().filter(|it| it.book == connection.id && it.redone.is_none());
    let undone = |it: Undo| Undone { undo: it.number, what: it.words, entries: it.entries };
    Ok(holds.map(undone).collect())
}

/// The days over which a book is compared: from the first that we enter to today, or to the last
/// document where that is dated later, as a payout is that leaves when it is tomorrow in UTC.
async fn days(
    engine: &Engine,
    connection: &Connection,
    policy: &Policy,
) -> Result<(Date, Date), EngineError> {
    let (start, today) = (policy.start_date, policy.day(engine.clock.now()));
    let entered = engine.store.days_entered(engine.company_id(), &connection.id).await?;
    let (first, last) = entered.unwrap_or((start, today));
    let from = start.min(first);
    Ok((from, today.max(last).max(from)))
}

/// The books day of a row, or the day on which a payout left.
fn day_of(fact: &Fact, policy: &Policy) -> Date {
    match fact {
        Fact::Payout(payout) => payout.issued_on,
        Fact::BalanceTransaction(row) => policy.day(row.occurred_at),
        _ => Date::MIN,
    }
}

/// The group of a fact by its id, whatever it is.
pub(super) fn groups_of_fact(id: &str) -> [Group; 6] {
    [
        Group::Order(id.into()),
        Group::Payout(id.into()),
        Group::Row(id.into()),
        Group::Dispute(id.into()),
        Group::Decision(id.into()),
        Group::Drawer(id.into()),
    ]
}
