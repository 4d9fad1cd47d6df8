//! One thing, told by several records: by the vendor's interface and by files.

use super::{Accounted, Group, group_by_name, groups};
use crate::commerce::{AgreementKind, BalanceTransaction, Fact, Order, RecordRef, Telling};
use crate::issue::{FactState, Issue, IssueKind};
use crate::money::{Money, MoneyError};
use crate::text::{ConnectionId, FactId};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The facts, each told once.
///
/// Where several records tell the same thing, what the vendor's interface told counts before what a
/// file told; among equals the record whose connection, stream and id come first. When they arrived
/// does not matter. A row of a gateway's ledger without a number is the same as one with a number
/// that is of the same instant, kind, order and amount; each is the same as one other at most.
#[must_use]
pub fn told_once(facts: &[Fact]) -> Cow<'_, [Fact]> {
    let again = rows_told_again(facts);
    let mut best: BTreeMap<&FactId, &Fact> = BTreeMap::new();
    for fact in facts {
        let known = best.entry(fact.id()).or_insert(fact);
        if rank(fact) < rank(known) {
            *known = fact;
        }
    }
    if best.len() == facts.len() && again.is_empty() {
        return Cow::Borrowed(facts);
    }
    let counts = |fact: &&Fact| {
        best.get(fact.id()).is_some_and(|best| std::ptr::eq(*best, *fact))
            && !again.contains_key(fact.id())
    };
    Cow::Owned(facts.iter().filter(counts).cloned().collect())
}

/// The rows of files that other records tell by their numbers, each with the row there. A row of
/// the same payout is the same before one of another.
fn rows_told_again(facts: &[Fact]) -> BTreeMap<&FactId, &BalanceTransaction> {
    let rows = |by_file: bool| {
        facts.iter().filter_map(move |fact| match fact {
            Fact::BalanceTransaction(row) if row.by_file == by_file => Some((&row.id, &**row)),
            _ => None,
        })
    };
    let mut again = BTreeMap::new();
    let files: BTreeMap<&FactId, &BalanceTransaction> = rows(true).collect();
    if files.is_empty() {
        return again;
    }
    let mut numbered: BTreeMap<(&ConnectionId, String), BTreeMap<&FactId, &BalanceTransaction>> =
        BTreeMap::new();
    for (id, row) in rows(false) {
        numbered.entry((&row.source.connection, row.likeness())).or_default().insert(id, row);
    }
    for same_payout in [true, false] {
        for (id, row) in &files {
            let key = (&row.source.connection, row.likeness());
            let Some(alike) = numbered.get_mut(&key).filter(|_| !again.contains_key(id)) else {
                continue;
            };
            let mut others = alike.iter();
            let other = others.find(|(_, other)| !same_payout || other.payout == row.payout);
            if let Some((other, told)) = other.map(|(id, row)| (*id, *row)) {
                alike.remove(other);
                again.insert(*id, told);
            }
        }
    }
    again
}

fn rank(fact: &Fact) -> (bool, &RecordRef) {
    let tells_less = match fact {
        Fact::Order(order) => order.telling != Telling::Interface,
        Fact::Payout(payout) => payout.by_rows,
        _ => false,
    };
    (tells_less, fact.source())
}

/// Says where those stand that another record tells as well, and whether the two agree.
pub(super) fn set_aside_repetitions(
    group: &Group,
    facts: &[Fact],
    told: &[Fact],
    accounted: &mut Accounted,
) {
    if facts.len() == told.len() {
        return;
    }
    let again = rows_told_again(facts);
    for fact in facts.iter().filter(|fact| groups(fact).first() == Some(group)) {
        if let (Fact::BalanceTransaction(row), Some(counts)) = (fact, again.get(fact.id())) {
            accounted.stand(&row.id, &row.source, told_by_another(row, counts));
            continue;
        }
        let Some(counts) = told.iter().find(|it| it.id() == fact.id()) else { continue };
        if counts.source() == fact.source() {
            continue;
        }
        accounted.stand(fact.id(), fact.source(), aside());
        if let (Fact::Order(counts), Fact::Order(other)) = (counts, fact)
            && let Some(issue) = disagreement(counts, other)
        {
            review(accounted, counts, issue);
        }
    }
}

/// Whether an order that a file told by its name alone is told by another record by its number. It
/// is then set aside; where the two disagree, it is looked at.
pub(super) fn told_by_number(order: &Order, facts: &[Fact], accounted: &mut Accounted) -> bool {
    let same = |fact: &&Order| fact.id != order.id && group_by_name(fact) == group_by_name(order);
    let orders = facts.iter().filter_map(|fact| match fact {
        Fact::Order(order) => Some(&**order),
        _ => None,
    });
    let Some(counts) = orders.filter(same).min_by_key(|order| &order.id) else { return false };
    let state = match disagreement(counts, order) {
        Some(issue) => FactState::Accounted { review: Some(issue) },
        None => aside(),
    };
    accounted.stand(&order.id, &order.source, state);
    true
}

fn aside() -> FactState {
    FactState::Excluded { rule: "another-record-tells-it".to_owned() }
}

/// Where a row of a file stands that another record tells as well: aside, unless they differ.
fn told_by_another(row: &BalanceTransaction, counts: &BalanceTransaction) -> FactState {
    let payout = |row: &BalanceTransaction| {
        let number = row.payout.as_ref().and_then(|payout| payout.as_str().rsplit('/').next());
        number.map_or_else(|| "no payout yet".to_owned(), |number| format!("payout {number}"))
    };
    let said = |row: &BalanceTransaction| format!("a fee of {} and {}", row.fee, payout(row));
    // What is paid out later has no payout in an older file.
    if row.fee == counts.fee && (row.payout.is_none() || row.payout == counts.payout) {
        return aside();
    }
    let review = Issue {
        kind: IssueKind::DoesNotAddUp,
        about: row.id.clone(),
        message: format!(
            "the row has {} by its file, but {} by {} in `{}`",
            said(row),
            said(counts),
            counts.id,
            counts.source.stream
        ),
        hint: format!("the one in `{}` is entered: see which is right", counts.source.stream),
    };
    FactState::Accounted { review: Some(review) }
}

/// What buyer and shop agreed on before anything went back, by one record and by another.
fn disagreement(counts: &Order, other: &Order) -> Option<Issue> {
    let (agreed, differing) = (agreed(counts).ok()?, agreed(other).ok()?);
    (agreed != differing).then(|| Issue {
        kind: IssueKind::DoesNotAddUp,
        about: counts.id.clone(),
        message: format!(
            "order {} is {agreed} by its record in `{}`, but {differing} by the one in `{}`",
            counts.name, counts.source.stream, other.source.stream
        ),
        hint: format!("the one in `{}` is entered: see which is right", counts.source.stream),
    })
}

fn agreed(order: &Order) -> Result<Money, MoneyError> {
    let bought = |kind: &AgreementKind| *kind != AgreementKind::Refund;
    let agreements = order.agreements.iter().filter(|agreement| bought(&agreement.kind));
    agreements
        .flat_map(|agreement| &agreement.lines)
        .try_fold(Money::zero(order.currency), |sum, line| sum.plus(line.total()?))
}

fn review(accounted: &mut Accounted, order: &Order, issue: Issue) {
    let standing = accounted
        .standings
        .iter_mut()
        .find(|standing| standing.id == order.id && standing.source == order.source);
    if let Some(standing) = standing
        && standing.state == (FactState::Accounted { review: None })
    {
        standing.state = FactState::Accounted { review: Some(issue) };
    }
}

/// What a file leaves untold of an order, as an issue; and whether nothing can be entered without
/// it.
pub(super) fn untold(order: &Order) -> Option<(Issue, bool)> {
    let Telling::File(untold) = &order.telling else { return None };
    let worst = untold.iter().find(|it| it.holds).or_else(|| untold.first())?;
    let issue = Issue {
        kind: IssueKind::UnknownData,
        about: order.id.clone(),
        message: format!("order {}: {}", order.name, worst.what),
        hint: worst.hint.clone(),
    };
    Some((issue, worst.holds))
}
