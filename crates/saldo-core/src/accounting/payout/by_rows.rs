//! Payouts that are known by their rows alone, as where only files tell them.

use super::counted_row;
use crate::accounting::told_once;
use crate::commerce::{BalanceTransaction, Fact, Payout, PayoutState};
use crate::money::Money;
use crate::text::FactId;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The facts, each told once, and with them the payouts that rows alone tell.
///
/// Such a payout is the sum of all its rows, whichever records tell them, and stands as far along
/// as the furthest of them says. Where a record states the payout, the record counts. All rows of a
/// payout must be among the facts.
#[must_use]
pub fn told_with_payouts(facts: &[Fact]) -> Cow<'_, [Fact]> {
    with_payouts(facts, told_once(facts))
}

/// Adds to facts that are told once the payouts that their rows alone tell. What a row says of its
/// payout counts although another record tells the row as well.
pub(in crate::accounting) fn with_payouts<'a>(
    facts: &[Fact],
    mut told: Cow<'a, [Fact]>,
) -> Cow<'a, [Fact]> {
    let mut saying: BTreeMap<&FactId, Vec<&BalanceTransaction>> = BTreeMap::new();
    for fact in facts {
        if let Fact::BalanceTransaction(row) = fact
            && row.paid_out.is_some()
            && let Some(payout) = &row.payout
        {
            saying.entry(payout).or_default().push(row);
        }
    }
    for fact in &*told {
        if let Fact::Payout(payout) = fact {
            saying.remove(&payout.id);
        }
    }
    if saying.is_empty() {
        return told;
    }
    let mut counted: BTreeMap<&FactId, Vec<&BalanceTransaction>> = BTreeMap::new();
    for row in told.iter().filter_map(counted_row) {
        if let Some(payout) = row.payout.as_ref().filter(|payout| saying.contains_key(payout)) {
            counted.entry(payout).or_default().push(row);
        }
    }
    let payout = |(id, saying): (&FactId, Vec<&BalanceTransaction>)| {
        by_rows(id, &saying, counted.get(id)?).map(Fact::Payout)
    };
    let payouts: Vec<Fact> = saying.into_iter().filter_map(payout).collect();
    told.to_mut().extend(payouts);
    told
}

/// The payout that is the sum of the counted rows, by what the saying ones say of it.
fn by_rows(
    id: &FactId,
    saying: &[&BalanceTransaction],
    counted: &[&BalanceTransaction],
) -> Option<Payout> {
    let first = saying.iter().min_by_key(|row| &row.source)?;
    let said = || saying.iter().filter_map(|row| row.paid_out.as_ref());
    let furthest = said().map(|said| reach(&said.state)).max()?;
    let mut latest = said().filter(|said| reach(&said.state) == furthest);
    let one = latest.next()?;
    let currency = counted.first()?.net.currency();
    let sum = Money::sum(currency, counted.iter().map(|row| row.net));
    let contradiction = match (&sum, latest.find(|other| *other != one)) {
        (Err(error), _) => Some(format!("its rows do not sum: {error}")),
        (Ok(_), Some(other)) if other.state == one.state => {
            let (first, last) =
                (one.issued_on.min(other.issued_on), one.issued_on.max(other.issued_on));
            Some(format!("its rows date it on {first} and on {last}"))
        }
        (Ok(_), Some(_)) => Some("its rows differ about how far it has come".to_owned()),
        (Ok(_), None) => perhaps_twice(counted),
    };
    let state = contradiction.map_or_else(|| one.state.clone(), PayoutState::Contradicted);
    let net = sum.unwrap_or(Money::zero(currency));
    Some(Payout {
        id: id.clone(),
        source: first.source.clone(),
        gateway: first.gateway.clone(),
        state,
        issued_on: one.issued_on,
        arrived_on: None,
        net,
        by_rows: true,
        bank_reference: None,
        period: None,
    })
}

/// Two rows that may be one: a file knows its order by name, and the other by number alone.
fn perhaps_twice(rows: &[&BalanceTransaction]) -> Option<String> {
    let mut by_file: BTreeMap<_, &BalanceTransaction> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.by_file && row.order_name.is_some()) {
        by_file.insert((row.occurred_at, row.amount.minor()), row);
    }
    let nameless = rows.iter().filter(|row| row.order.is_some() && row.order_name.is_none());
    nameless.into_iter().find_map(|row| {
        let alike = by_file.get(&(row.occurred_at, row.amount.minor()))?;
        let named = alike.order_name.as_deref().unwrap_or_default();
        let (id, amount) = (&row.id, row.amount);
        Some(format!("{id} of {amount} may be the row of {named} that a file tells"))
    })
}

/// How far along a state is. Rows of an older file say less than those of a newer one.
pub(in crate::accounting) const fn reach(state: &PayoutState) -> u8 {
    match state {
        PayoutState::Scheduled => 0,
        PayoutState::Paid => 1,
        PayoutState::Failed | PayoutState::Cancelled => 2,
        PayoutState::Contradicted(_) | PayoutState::Unknown(_) => 3,
    }
}
