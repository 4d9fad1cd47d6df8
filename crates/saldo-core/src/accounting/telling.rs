//! One thing, told by several records: by the vendor's interface and by files.

use super::payout::reach;
use super::{Accounted, Group, group_by_name, group_of_alike, groups};
use crate::commerce::{AgreementKind, BalanceTransaction, Fact, Order, Payout, RecordRef, Telling};
use crate::issue::{FactState, Issue, IssueKind};
use crate::money::{Money, MoneyError};
use crate::text::{ConnectionId, FactId};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The facts, each told once.
///
/// Where several records tell the same thing, what the vendor's interface told counts before what a
/// file told; among equals the record whose connection, stream and id come first. When they arrived
/// does not matter. A row of a gateway's ledger without a number is the same as one with a number
/// that is of the same instant, kind, order and amount; each is the same as one other at most.
///
/// Of such two rows the one with a number counts, and so does the payout that it names. Where it
/// names none yet, it is in the payout that the other names. All rows that are alike must be among
/// the facts ([`groups_alike`]).
#[must_use]
pub fn told_once(facts: &[Fact]) -> Cow<'_, [Fact]> {
    let best = best(facts);
    let again = rows_told_again(&best);
    if best.len() == facts.len() && again.is_empty() {
        return Cow::Borrowed(facts);
    }
    let payouts: BTreeMap<&FactId, &FactId> =
        again.values().filter_map(Again::payout_by_other).collect();
    let counts = |fact: &&Fact| {
        best.get(fact.id()).is_some_and(|best| std::ptr::eq(*best, *fact))
            && !again.contains_key(fact.id())
    };
    let with_payout = |fact: &Fact| {
        let mut fact = fact.clone();
        if let Fact::BalanceTransaction(row) = &mut fact
            && let Some(payout) = payouts.get(&row.id)
        {
            row.payout = Some((*payout).clone());
        }
        fact
    };
    Cow::Owned(facts.iter().filter(counts).map(with_payout).collect())
}

/// The groups whose rows must be known to account a group, besides its own facts: rows that may be
/// the same, and whose payouts may be others.
///
/// A payout wants all records of its rows, which may name another one, and a row without a payout
/// those of files, which may name one.
#[must_use]
pub fn groups_alike(group: &Group, facts: &[Fact]) -> BTreeSet<Group> {
    let wanted: fn(&BalanceTransaction) -> bool = match group {
        Group::Payout(_) => |_| true,
        Group::Order(_) | Group::Row(_) => |row| !row.by_file && row.payout.is_none(),
        Group::Named(_)
        | Group::Dispute(_)
        | Group::Decision(_)
        | Group::Drawer(_)
        | Group::Stock(_)
        | Group::Purchase(_)
        | Group::Revaluation(_) => return BTreeSet::new(),
    };
    let rows = facts.iter().filter_map(|fact| match fact {
        Fact::BalanceTransaction(row) => Some(&**row),
        _ => None,
    });
    let of_row = |row: &BalanceTransaction| match (&row.order, &row.order_name, row.by_file) {
        // Other records of it may know the name of its order.
        (Some(order), None, false) => Group::Order(order.clone()),
        (None, None, false) => Group::Row(row.id.clone()),
        _ => group_of_alike(row),
    };
    rows.filter(|row| wanted(row)).map(of_row).collect()
}

/// Whether what a file tells is what was known before, as an older file tells it that is imported
/// after a newer one: the same, but for a row that names no payout, or for a payout that has come
/// less far.
#[must_use]
pub fn says_less(told: &Fact, known: &Fact) -> bool {
    match (told, known) {
        (Fact::BalanceTransaction(row), Fact::BalanceTransaction(known)) => {
            let far =
                |row: &BalanceTransaction| row.paid_out.as_ref().map(|said| reach(&said.state));
            let before = match (&row.payout, &known.payout) {
                (None, Some(_)) => true,
                (Some(one), Some(other)) => one == other && far(row) < far(known),
                _ => false,
            };
            let mut as_known = row.clone();
            as_known.payout.clone_from(&known.payout);
            as_known.paid_out.clone_from(&known.paid_out);
            before && as_known == *known
        }
        (Fact::Payout(payout), Fact::Payout(known)) => {
            let before = reach(&payout.state) < reach(&known.state);
            let as_known = Payout { state: known.state.clone(), ..payout.clone() };
            before && as_known == *known
        }
        _ => false,
    }
}

/// Each fact by its id, in the record that counts.
fn best(facts: &[Fact]) -> BTreeMap<&FactId, &Fact> {
    let mut best: BTreeMap<&FactId, &Fact> = BTreeMap::new();
    for fact in facts {
        let known = best.entry(fact.id()).or_insert(fact);
        if rank(fact) < rank(known) {
            *known = fact;
        }
    }
    best
}

/// A row that another record tells as well, and the one that counts.
struct Again<'a> {
    told: &'a BalanceTransaction,
    counts: &'a BalanceTransaction,
}

impl<'a> Again<'a> {
    /// The row that counts, and its payout, where the other alone names it.
    fn payout_by_other(&self) -> Option<(&'a FactId, &'a FactId)> {
        match (&self.counts.payout, &self.told.payout) {
            (None, Some(payout)) => Some((&self.counts.id, payout)),
            _ => None,
        }
    }

    /// Whether both name a payout, and not the same.
    fn contradict_about_payout(&self) -> bool {
        contradict(self.told, self.counts)
    }
}

fn contradict(one: &BalanceTransaction, other: &BalanceTransaction) -> bool {
    matches!((&one.payout, &other.payout), (Some(one), Some(other)) if one != other)
}

/// The rows of files that other records tell by their numbers. A row of the same payout is the same
/// before one that has none yet, and that before one of another.
fn rows_told_again<'a>(best: &BTreeMap<&'a FactId, &'a Fact>) -> BTreeMap<&'a FactId, Again<'a>> {
    let rows = |by_file: bool| {
        best.values().filter_map(move |fact| match fact {
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
    type Agree = fn(&BalanceTransaction, &BalanceTransaction) -> bool;
    let same: Agree = |file, other| file.payout == other.payout;
    let compatible: Agree = |file, other| !contradict(file, other);
    let any: Agree = |_, _| true;
    for agree in [same, compatible, any] {
        for (id, file) in &files {
            let key = (&file.source.connection, file.likeness());
            let Some(alike) = numbered.get_mut(&key).filter(|_| !again.contains_key(id)) else {
                continue;
            };
            let other = alike.iter().find(|(_, other)| agree(file, other));
            if let Some((other, counts)) = other.map(|(id, row)| (*id, *row)) {
                alike.remove(other);
                again.insert(*id, Again { told: file, counts });
            }
        }
    }
    again
}

fn rank(fact: &Fact) -> (bool, &RecordRef) {
    let tells_less = match fact {
        Fact::Order(order) => order.telling != Telling::Interface,
        Fact::Payout(payout) => payout.by_rows,
        Fact::BalanceTransaction(row) => row.payout.is_none(),
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
    let again = rows_told_again(&best(facts));
    for fact in facts.iter().filter(|fact| groups(fact).first() == Some(group)) {
        if let (Fact::BalanceTransaction(row), Some(again)) = (fact, again.get(fact.id())) {
            accounted.stand(&row.id, &row.source, told_by_another(again));
            continue;
        }
        let Some(counts) = told.iter().find(|it| it.id() == fact.id()) else { continue };
        if counts.source() == fact.source() {
            continue;
        }
        let state = match (fact, counts) {
            (Fact::BalanceTransaction(told), Fact::BalanceTransaction(counts)) => {
                told_by_another(&Again { told, counts })
            }
            (Fact::Payout(told), Fact::Payout(counts)) => payout_told_again(told, counts),
            _ => aside(),
        };
        accounted.stand(fact.id(), fact.source(), state);
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
    let Some(counts) = numbered_alike(order, facts) else { return false };
    let state = match disagreement(counts, order) {
        Some(issue) => FactState::Accounted { review: Some(issue) },
        None => aside(),
    };
    accounted.stand(&order.id, &order.source, state);
    true
}

/// The order of the same name that another record tells by its number, where this one is told by
/// its name alone.
pub(crate) fn numbered_alike<'a>(order: &Order, facts: &'a [Fact]) -> Option<&'a Order> {
    if group_by_name(order) != Group::Order(order.id.clone()) {
        return None;
    }
    let same = |fact: &&Order| fact.id != order.id && group_by_name(fact) == group_by_name(order);
    let orders = facts.iter().filter_map(|fact| match fact {
        Fact::Order(order) => Some(&**order),
        _ => None,
    });
    orders.filter(same).min_by_key(|order| &order.id)
}

fn aside() -> FactState {
    FactState::Excluded { rule: "another-record-tells-it".to_owned() }
}

/// Where a row stands that another record tells as well: aside, unless they differ.
fn told_by_another(again: &Again<'_>) -> FactState {
    let Again { told: row, counts } = again;
    let payout = |row: &BalanceTransaction| {
        let number = row.payout.as_ref().and_then(|payout| payout.as_str().rsplit('/').next());
        number.map_or_else(|| "no payout yet".to_owned(), |number| format!("payout {number}"))
    };
    let said = |row: &BalanceTransaction| {
        format!("{} with a fee of {} and {}", row.net, row.fee, payout(row))
    };
    // What is paid out later has no payout in what was told before.
    if (row.net, row.fee) == (counts.net, counts.fee) && !again.contradict_about_payout() {
        return aside();
    }
    let review = Issue {
        kind: IssueKind::DoesNotAddUp,
        about: row.id.clone(),
        message: format!(
            "the row has {} by its record in `{}`, but {} by {} in `{}`",
            said(row),
            row.source.stream,
            said(counts),
            counts.id,
            counts.source.stream
        ),
        hint: format!("the one in `{}` is entered: see which is right", counts.source.stream),
    };
    FactState::Accounted { review: Some(review) }
}

/// Where a payout stands that another record states as well: aside, unless they differ in how much
/// it is, as where a report is made again.
fn payout_told_again(told: &Payout, counts: &Payout) -> FactState {
    if told.by_rows || counts.by_rows || told.net == counts.net {
        return aside();
    }
    let review = Issue {
        kind: IssueKind::DoesNotAddUp,
        about: told.id.clone(),
        message: format!(
            "the payout is {} by its record in `{}`, but {} by the one in `{}`",
            told.net, told.source.stream, counts.net, counts.source.stream
        ),
        hint: format!("{} counts: see which is right", counts.net),
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
