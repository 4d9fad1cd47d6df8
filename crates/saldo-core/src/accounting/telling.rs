//! One thing, told by several records: by the vendor's interface and by files.

use super::{Accounted, Group, groups};
use crate::commerce::{AgreementKind, Fact, Order, RecordRef, Telling};
use crate::issue::{FactState, Issue, IssueKind};
use crate::money::{Money, MoneyError};
use crate::text::FactId;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The facts, each told once.
///
/// Where several records tell the same thing, what the vendor's interface told counts before what a
/// file told; among equals the record whose connection, stream and id come first. When they arrived
/// does not matter.
#[must_use]
pub fn told_once(facts: &[Fact]) -> Cow<'_, [Fact]> {
    let mut best: BTreeMap<&FactId, &Fact> = BTreeMap::new();
    for fact in facts {
        let known = best.entry(fact.id()).or_insert(fact);
        if rank(fact) < rank(known) {
            *known = fact;
        }
    }
    if best.len() == facts.len() {
        return Cow::Borrowed(facts);
    }
    let counts = |fact: &&Fact| best.get(fact.id()).is_some_and(|best| std::ptr::eq(*best, *fact));
    Cow::Owned(facts.iter().filter(counts).cloned().collect())
}

fn rank(fact: &Fact) -> (bool, &RecordRef) {
    let from_file = matches!(fact, Fact::Order(order) if order.telling != Telling::Interface);
    (from_file, fact.source())
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
    for fact in facts.iter().filter(|fact| groups(fact).first() == Some(group)) {
        let Some(counts) = told.iter().find(|it| it.id() == fact.id()) else { continue };
        if counts.source() == fact.source() {
            continue;
        }
        let state = FactState::Excluded { rule: "another-record-tells-it".to_owned() };
        accounted.stand(fact.id(), fact.source(), state);
        if let (Fact::Order(counts), Fact::Order(other)) = (counts, fact)
            && let Some(issue) = disagreement(counts, other)
        {
            review(accounted, counts, issue);
        }
    }
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
