//! What facts amounted to at an instant, to be compared with what a channel said then.

use crate::commerce::{AgreementKind, Decided, Fact, MovementKind, MovementState, Order, Tender};
use crate::money::Money;
use crate::policy::Policy;
use jiff::Timestamp;

/// What of facts had happened at an instant. An order holds what was agreed and paid until then; a
/// decision holds from its day on.
#[must_use]
pub fn told_until(facts: &[Fact], at: Timestamp, policy: &Policy) -> Vec<Fact> {
    facts.iter().filter_map(|fact| fact_until(fact, at, policy)).collect()
}

fn fact_until(fact: &Fact, at: Timestamp, policy: &Policy) -> Option<Fact> {
    let happened = match fact {
        Fact::Order(order) => {
            let mut order = order.clone();
            let placed = order.processed_at <= at;
            order.agreements.retain(|agreement| match agreement.kind {
                AgreementKind::Sale => placed,
                _ => agreement.happened_at <= at,
            });
            order.movements.retain(|movement| movement.processed_at <= at);
            return Some(Fact::Order(order));
        }
        Fact::BalanceTransaction(row) => row.occurred_at <= at,
        Fact::Decision(decision) => match &decision.said.decided {
            Decided::Entry { .. } | Decided::Event(_) => decision.said.on <= policy.day(at),
            _ => true,
        },
        _ => true,
    };
    happened.then(|| fact.clone())
}

/// What was taken from gift cards to pay for orders (positive) or given back on them (negative),
/// one by one.
pub fn taken_from_gift_cards(facts: &[Fact]) -> impl Iterator<Item = Money> {
    let orders = facts.iter().filter_map(|fact| match fact {
        Fact::Order(order) if !order.test => Some(&**order),
        _ => None,
    });
    orders.flat_map(taken_by)
}

fn taken_by(order: &Order) -> impl Iterator<Item = Money> {
    order.movements.iter().filter_map(|movement| {
        let counts = movement.state == MovementState::Succeeded && !movement.test;
        if !counts || movement.tender != Tender::GiftCard {
            return None;
        }
        match movement.kind {
            MovementKind::Payment => Some(movement.amount),
            MovementKind::Refund | MovementKind::Change => Some(movement.amount.negated()),
            _ => None,
        }
    })
}
