//! The day on which the books begin. What happened before is in their opening balances.

use super::history::last_day;
use super::{Accounted, Trouble};
use crate::commerce::Fact;
use crate::document::SubledgerEntry;
use crate::issue::{FactState, Issue, IssueKind};
use crate::money::{Money, MoneyError};
use crate::policy::{Policy, Role};
use crate::text::FactId;
use std::collections::{BTreeMap, BTreeSet};

/// The rule by which everything is left out that happened before the books begin.
pub const BEFORE_START_DATE: &str = "before-start-date";

/// What one event leaves open for a later one of the same group. Everything else of the opening
/// balances, such as clearing accounts and taxes owed, is one sum that nothing of it goes back to.
const LEFT_OPEN: [Role; 7] = [
    Role::Receivable,
    Role::Deposits,
    Role::RefundsPayable,
    Role::Payable,
    Role::GoodsReceived,
    Role::SupplierPrepayments,
    Role::FacilitatorTax,
];

/// Whether all that a fact tells happened before the books begin: then nothing of it is entered.
#[must_use]
pub fn is_before_start(fact: &Fact, policy: &Policy) -> bool {
    last_day(fact, policy).is_some_and(|last| last < policy.start_date)
}

/// Nothing is entered on a day before the start date: the opening balances of the books hold it.
/// Where nothing is left to enter, nobody need look at what happened wholly before it, however
/// little is known of it. Where what is entered goes on from something that was open then, a person
/// looks whether they do.
pub(super) fn leave_out_what_is_too_early(
    accounted: &mut Accounted,
    facts: &[Fact],
    policy: &Policy,
) {
    leave_out_entries(accounted, policy);
    if !accounted.entries.is_empty() {
        return;
    }
    let over: BTreeSet<&FactId> =
        facts.iter().filter(|fact| is_before_start(fact, policy)).map(Fact::id).collect();
    for standing in accounted.standings.iter_mut().filter(|it| over.contains(&it.id)) {
        standing.state = FactState::Excluded { rule: BEFORE_START_DATE.to_owned() };
    }
}

fn leave_out_entries(accounted: &mut Accounted, policy: &Policy) {
    let is_early = |entry: &SubledgerEntry| entry.header.date < policy.start_date;
    let early: Vec<_> = accounted.entries.extract_if(.., |entry| is_early(entry)).collect();
    if accounted.entries.is_empty() {
        accounted.opened.clear();
    }
    if early.is_empty() {
        return;
    }
    let plain = FactState::Accounted { review: None };
    let mut standings = accounted.standings.iter_mut().filter(|it| it.state == plain);
    if accounted.entries.is_empty() {
        for standing in standings {
            standing.state = FactState::Excluded { rule: BEFORE_START_DATE.to_owned() };
        }
        return;
    }
    let Some(standing) = standings.next() else { return };
    let review = match left_open(&early, &accounted.entries, policy) {
        Ok(open) if open.is_empty() => return,
        Ok(open) => Some(to_look_at(&standing.id, &open, policy)),
        Err(error) => Some(Trouble::from(error).issue(&standing.id)),
    };
    standing.state = FactState::Accounted { review };
}

/// What earlier events left open on accounts that later ones go on from, debit positive.
fn left_open<'a>(
    early: &'a [SubledgerEntry],
    kept: &[SubledgerEntry],
    policy: &Policy,
) -> Result<BTreeMap<&'a str, Money>, MoneyError> {
    let accounts = LEFT_OPEN.map(|role| policy.chart.account(role).name);
    let touched: BTreeSet<&str> =
        kept.iter().flat_map(|entry| &entry.lines).map(|line| &*line.account.name).collect();
    let mut open: BTreeMap<&str, Money> = BTreeMap::new();
    for line in early.iter().flat_map(|entry| &entry.lines) {
        let name = &*line.account.name;
        if touched.contains(name) && accounts.iter().any(|account| **account == *name) {
            let sum = open.entry(name).or_insert(Money::zero(line.amount.currency()));
            *sum = sum.plus(line.amount)?;
        }
    }
    open.retain(|_, sum| !sum.is_zero());
    Ok(open)
}

fn to_look_at(about: &FactId, open: &BTreeMap<&str, Money>, policy: &Policy) -> Issue {
    let side = |sum: &Money| if sum.is_negative() { "credit" } else { "debit" };
    let sums: Vec<String> = open
        .iter()
        .map(|(account, sum)| format!("{} on `{account}` ({})", sum.abs(), side(sum)))
        .collect();
    Issue {
        kind: IssueKind::OpeningBalance,
        about: about.clone(),
        message: format!(
            "when the books began on {}, it had left open {}",
            policy.start_date,
            sums.join(" and ")
        ),
        hint: "see that the opening balances hold it: what is entered since goes on from there"
            .to_owned(),
    }
}
