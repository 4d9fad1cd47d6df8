//! What accounting must know of payouts where documents follow them: an order's group holds the
//! rows of its payments, but not whether the payouts that they name were sent and add up.

use super::account::Readers;
use super::desk::Desk;
use super::{Engine, EngineError, alike};
use jiff::Timestamp;
use saldo_core::accounting::{self, Group, Payouts};
use saldo_core::commerce::Fact;
use saldo_core::issue::FactState;
use saldo_core::policy::Policy;
use saldo_core::text::{FactId, GroupId};
use std::collections::{BTreeMap, BTreeSet};

/// How many payouts are looked at in one step.
const PAYOUTS_AT_ONCE: usize = 100;

/// The payouts that were needed so far, each read once.
#[derive(Default)]
pub(super) struct KnownPayouts {
    known: Payouts,
    asked: BTreeSet<FactId>,
}

impl KnownPayouts {
    pub(super) fn known(&self) -> &Payouts {
        &self.known
    }

    /// Reads the payouts that these facts name and that were not read before.
    pub(super) async fn learn(
        &mut self,
        engine: &Engine,
        readers: &Readers,
        policy: &Policy,
        facts: impl Iterator<Item = &Fact>,
    ) -> Result<(), EngineError> {
        let named: BTreeSet<&FactId> = facts.filter_map(payout_of).collect();
        let new: Vec<FactId> =
            named.into_iter().filter(|id| !self.asked.contains(*id)).cloned().collect();
        for ids in new.chunks(PAYOUTS_AT_ONCE) {
            let groups: Vec<GroupId> =
                ids.iter().map(|id| Group::Payout(id.clone()).id()).collect();
            let records = engine.store.group_records(engine.company_id(), &groups).await?;
            for (group, told) in alike::told_in(engine, readers, policy, &records).await? {
                // Of the payouts of rows that may be the same, not all rows are here.
                let Some(Group::Payout(id)) = Group::parse(&group) else { continue };
                let payouts = Payouts::of(&accounting::told_with_payouts(&told.facts));
                self.known.extend(payouts.only(&id));
            }
        }
        self.asked.extend(new);
        Ok(())
    }
}

fn payout_of(fact: &Fact) -> Option<&FactId> {
    match fact {
        Fact::BalanceTransaction(row) => row.payout.as_ref(),
        _ => None,
    }
}

/// Marks the groups of the rows of changed payouts, whose documents may go by the change. A payout
/// that waits as before changes nothing for them. The payouts themselves are still to be accounted,
/// so that a process that ends here begins here again.
pub(super) async fn wake_followers(
    engine: &Engine,
    desk: &Desk,
    readers: &Readers,
) -> Result<(), EngineError> {
    let company = engine.company_id();
    let mut after = None;
    loop {
        let changed = engine
            .store
            .changed_groups(company, "payout/", after.as_ref(), PAYOUTS_AT_ONCE)
            .await?;
        let Some(last) = changed.last() else { return Ok(()) };
        let records = engine.store.group_records(company, &changed).await?;
        let states = engine.store.states_of(company, &changed).await?;
        let states: BTreeMap<FactId, FactState> =
            states.into_iter().map(|standing| (standing.fact, standing.state)).collect();
        let mut followers = BTreeSet::new();
        for (group, told) in alike::told_in(engine, readers, &desk.policy, &records).await? {
            let Some(Group::Payout(id)) = Group::parse(&group) else { continue };
            let facts = told.facts;
            let (before, now) = (states.get(&id), state_of(&id, &facts, desk));
            let waits = matches!(now, None | Some(FactState::Waiting { .. }));
            if waits && now.as_ref() == before {
                continue;
            }
            let rows = facts.iter().filter(|fact| matches!(fact, Fact::BalanceTransaction(_)));
            followers.extend(rows.filter_map(|row| accounting::groups(row).into_iter().next()));
        }
        let followers: Vec<GroupId> = followers.iter().map(Group::id).collect();
        engine.store.mark_groups(company, &followers).await?;
        after = Some(last.clone());
    }
}

/// Where a payout stands by these facts; none while only its rows are heard.
fn state_of(id: &FactId, facts: &[Fact], desk: &Desk) -> Option<FactState> {
    // Nothing of a payout waits for an instant.
    let heard = Timestamp::MAX;
    let group = Group::Payout(id.clone());
    let accounted = accounting::account(&group, facts, &desk.policy, heard);
    accounted.standings.into_iter().find(|it| it.id == *id).map(|standing| standing.state)
}
