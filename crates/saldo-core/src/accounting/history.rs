//! Groups that reach over a change of policy: what happened before it keeps the policy that was in
//! force then.

use super::Group;
use super::{Accounted, Basis, account_in_force};
use crate::commerce::Fact;
use crate::issue::FactState;
use crate::policy::Policy;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Accounts a group by each policy that was in force on any of its days, and takes from each what
/// belongs to its days.
///
/// What the policy of its day holds, a later one may free: it is then entered by that one.
pub(super) fn account_through_time(group: &Group, facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let mut accounted = account_in_force(group, facts, basis);
    let Some((before, since)) = basis.policy.before() else { return accounted };
    if first_day(facts, basis.policy).is_none_or(|first| first >= since) {
        return accounted;
    }
    let earlier = account_through_time(group, facts, Basis { policy: before, ..basis });
    let was_held = earlier.standings.iter().any(|it| matches!(it.state, FactState::Held(_)));
    let dated = earlier.entries.iter().map(|entry| (entry.id.clone(), entry.header.date));
    let dated: BTreeMap<_, _> = dated.collect();
    // An event that two policies date otherwise is entered once.
    accounted.entries.retain(|entry| match dated.get(&entry.id) {
        Some(date) => *date >= since,
        None => entry.header.date >= since || was_held,
    });
    let of_before = earlier.entries.into_iter().filter(|entry| entry.header.date < since);
    let by_now = accounted.entries.len();
    accounted.entries.extend(of_before);
    // What was open before goes with the entry that takes it out.
    let goes_with_before = accounted.entries.len() > by_now && !earlier.opened.is_empty();
    if accounted.opened.is_empty() || goes_with_before {
        accounted.opened = earlier.opened;
    }
    accounted.wake_at = [accounted.wake_at, earlier.wake_at].into_iter().flatten().min();
    let entered = |state: &FactState| matches!(state, FactState::Accounted { .. });
    let states = earlier.standings.into_iter().filter(|it| entered(&it.state));
    let entered_before: BTreeMap<_, _> = states.map(|it| (it.id, it.state)).collect();
    for standing in &mut accounted.standings {
        if let (FactState::Excluded { .. }, Some(state)) =
            (&standing.state, entered_before.get(&standing.id))
        {
            standing.state = state.clone();
        }
    }
    accounted
}

/// The first books day on which anything of these facts happened.
fn first_day(facts: &[Fact], policy: &Policy) -> Option<Date> {
    facts.iter().flat_map(|fact| days(fact, policy)).min()
}

/// The last books day on which anything of a fact happened.
pub(super) fn last_day(fact: &Fact, policy: &Policy) -> Option<Date> {
    days(fact, policy).into_iter().max()
}

/// The books days on which a fact says that something happened.
fn days(fact: &Fact, policy: &Policy) -> Vec<Date> {
    let day = |instant: &Timestamp| policy.day(*instant);
    match fact {
        Fact::Order(order) => {
            let agreed = order.agreements.iter().map(|agreement| &agreement.happened_at);
            let moved = order.movements.iter().map(|movement| &movement.processed_at);
            let instants = agreed.chain(moved).chain([&order.processed_at]);
            instants.chain(&order.cancelled_at).map(day).collect()
        }
        Fact::BalanceTransaction(row) => vec![day(&row.occurred_at)],
        Fact::Deferral(deferral) => vec![day(&deferral.occurred_at)],
        Fact::Payout(payout) => [payout.issued_on].into_iter().chain(payout.arrived_on).collect(),
        Fact::Dispute(dispute) => dispute.finalised_at.iter().map(day).collect(),
        // What was handed over belongs to the order's own days.
        Fact::Goods(goods) => {
            let handed_over = goods.fulfilments.iter().map(|fulfilment| &fulfilment.at);
            handed_over.chain(goods.returned.iter().map(|returned| &returned.at)).map(day).collect()
        }
        Fact::Decision(decision) => vec![decision.said.on],
        Fact::UnitCost(cost) => vec![day(&cost.since)],
        Fact::PurchaseOrder(order) => vec![day(&order.ordered_at)],
        Fact::GoodsReceipt(receipt) => vec![day(&receipt.received_at)],
        Fact::SupplierBill(bill) => vec![bill.on],
        Fact::SupplierPayment(payment) => vec![payment.on],
        Fact::StockAdjustment(adjustment) => vec![day(&adjustment.at)],
        Fact::Drawer(session) => vec![day(&session.opened_at), day(&session.closed_at)],
        Fact::Stated(_) => Vec::new(),
    }
}
