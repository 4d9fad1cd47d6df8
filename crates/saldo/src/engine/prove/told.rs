//! What the channels say, as far as books are proved by it.

use super::super::account::{Heard, Readers, Told as Records};
use super::super::{Engine, EngineError, alike};
use super::Balances;
use saldo_core::accounting::{self, Group, Payouts};
use saldo_core::commerce::{BalanceTransaction, Fact, RecordRef};
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use saldo_core::proof::{self, Check, UnstatedPayout};
use saldo_core::text::{FactId, GroupId};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How many records are read at a time.
const RECORDS_AT_ONCE: usize = 2_000;
/// How many groups are looked at at a time.
const GROUPS_AT_ONCE: usize = 500;

/// What the channels say.
pub(super) struct Told {
    /// The policy that it is read by.
    pub(super) policy: Policy,
    /// The rows and payouts that can stand in the books by now.
    pub(super) entered: Vec<Fact>,
    /// What of the rows cannot: it waits.
    pub(super) awaited: Vec<Fact>,
    /// What gateways owed when the first day began, by clearing account.
    pub(super) owed_at_start: Balances,
    /// Each payout against its rows.
    pub(super) payouts: Vec<Check>,
    /// The payouts whose totals nobody states.
    pub(super) unstated_payouts: Vec<UnstatedPayout>,
    /// The tax of the marketplace in each settlement: what it charged less what it kept.
    pub(super) facilitators: Vec<Check>,
}

impl Told {
    /// Reads what all gateways said, by a policy.
    pub(super) async fn read(engine: &Engine, policy: Policy) -> Result<Self, EngineError> {
        let readers = Readers::of(engine).await?;
        let heard = Heard::of(engine).await?;
        let Records { facts, unreadable } = money_records(engine, &readers).await?;
        let payouts = Payouts::of(&facts);
        let waiting = engine.store.waiting(engine.company_id()).await?;
        let mut waiting: BTreeSet<FactId> = waiting.into_iter().map(|it| it.fact).collect();
        let (readers, heard, payouts) = (&readers, &heard, &payouts);
        let among = Among { engine, readers, policy: &policy, heard, payouts };
        waiting.extend(among.waiting_unread(&facts, &unreadable).await?);
        let (mut entered, mut awaited) = (facts.clone(), Vec::new());
        for fact in &mut entered {
            let Fact::BalanceTransaction(row) = fact else { continue };
            let (waits, heard) = (waiting.contains(&row.id), heard.until(&row.source.connection));
            let by_now = accounting::entered_by(row, waits, payouts, &policy, heard);
            let net = row.net.minus(by_now)?;
            row.net = by_now;
            if !net.is_zero() {
                awaited.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
                    net,
                    ..(**row).clone()
                })));
            }
        }
        Ok(Self {
            entered,
            awaited,
            owed_at_start: proof::owed_at_start(&facts, &policy)?,
            payouts: proof::payout_rows_checks(&facts, policy.start_date)?,
            unstated_payouts: proof::unstated_payouts(&facts),
            facilitators: proof::facilitator_checks(&facts)?,
            policy,
        })
    }
}

/// The rows and payouts of all gateways, each told once.
pub(in crate::engine) async fn money_facts(
    engine: &Engine,
    readers: &Readers,
) -> Result<Vec<Fact>, EngineError> {
    Ok(money_records(engine, readers).await?.facts)
}

/// The same, with the records that cannot be read.
async fn money_records(engine: &Engine, readers: &Readers) -> Result<Records, EngineError> {
    let mut told = Records::default();
    let mut after = None;
    loop {
        let company = engine.company_id();
        let (store, after_this) = (&engine.store, after.as_ref());
        let beginnings = &accounting::GROUPS_OF_LEDGERS;
        let records =
            store.latest_records_in(company, beginnings, after_this, RECORDS_AT_ONCE).await?;
        let Some(last) = records.last() else {
            told.facts = told_with_payouts(told.facts);
            return Ok(told);
        };
        after = Some(last.reference());
        let read = readers.told(engine, &records).await?;
        let money = |fact: &Fact| matches!(fact, Fact::BalanceTransaction(_) | Fact::Payout(_));
        told.facts.extend(read.facts.into_iter().filter(money));
        told.unreadable.extend(read.unreadable);
    }
}

/// Where several records tell the same thing, it counts once; so do payouts that rows alone tell.
fn told_with_payouts(facts: Vec<Fact>) -> Vec<Fact> {
    match accounting::told_with_payouts(&facts) {
        Cow::Owned(told) => told,
        Cow::Borrowed(_) => facts,
    }
}

/// What accounting goes by.
struct Among<'a> {
    engine: &'a Engine,
    readers: &'a Readers,
    policy: &'a Policy,
    heard: &'a Heard,
    payouts: &'a Payouts,
}

impl Among<'_> {
    /// The rows that wait and whose records cannot be read in their latest version. Such a record
    /// is held, and its facts have no state of their own; but what the version before said of them
    /// is what was entered, or not yet.
    async fn waiting_unread(
        &self,
        facts: &[Fact],
        unreadable: &BTreeSet<RecordRef>,
    ) -> Result<BTreeSet<FactId>, EngineError> {
        let unread = |fact: &&Fact| {
            matches!(fact, Fact::BalanceTransaction(_)) && unreadable.contains(fact.source())
        };
        let home = |row: &Fact| accounting::groups(row).into_iter().next();
        let groups: BTreeSet<Group> = facts.iter().filter(unread).filter_map(home).collect();
        let groups: Vec<GroupId> = groups.iter().map(Group::id).collect();
        let mut waiting = BTreeSet::new();
        for groups in groups.chunks(GROUPS_AT_ONCE) {
            let company = self.engine.company_id();
            let records = self.engine.store.group_records(company, groups).await?;
            let told = alike::told_in(self.engine, self.readers, self.policy, &records).await?;
            for (id, told) in told {
                let Some(group) = Group::parse(&id) else { continue };
                let records = records.get(&id).map_or(&[][..], Vec::as_slice);
                let (policy, heard) = (self.policy, self.heard.until_all(records));
                let accounted =
                    accounting::account_among(&group, &told.facts, self.payouts, policy, heard);
                let waits = accounted.standings.into_iter().filter(|it| {
                    unreadable.contains(&it.source) && matches!(it.state, FactState::Waiting { .. })
                });
                waiting.extend(waits.map(|it| it.id));
            }
        }
        Ok(waiting)
    }
}
