//! Each payout against the documents that the book holds of it.

use super::super::{Engine, EngineError};
use super::DocumentsProof;
use super::told::Told;
use jiff::civil::Date;
use saldo_core::accounting::payout_slots;
use saldo_core::book::Subject;
use saldo_core::commerce::{Fact, Payout, PayoutState};
use saldo_core::document::{DocumentKey, Line, SubledgerEntry};
use saldo_core::money::{Money, MoneyError};
use saldo_core::plan::Change;
use saldo_core::policy::Policy;
use saldo_core::proof::{Check, DocumentDifference, Identity};
use saldo_store::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Compares the payouts that left since the first day, and not after the last one, with the book's
/// documents of them that are dated by then. Those that the owner took out are not expected there.
pub(super) async fn prove(
    engine: &Engine,
    connection: &Connection,
    told: &Told,
    (documents, left_out): (&DocumentsProof, &[SubledgerEntry]),
    last: Date,
) -> Result<Vec<Check>, EngineError> {
    let left = |fact: &'_ Fact| match fact {
        Fact::Payout(payout)
            if matches!(payout.state, PayoutState::Paid | PayoutState::Failed)
                && (told.policy.start_date..=last).contains(&payout.issued_on) =>
        {
            Some(payout.clone())
        }
        _ => None,
    };
    let taken_out: BTreeSet<&String> = left_out.iter().map(|it| &it.header.slot).collect();
    let stays = |payout: &Payout| payout_slots(payout).iter().all(|it| !taken_out.contains(it));
    let payouts: Vec<_> = told.entered.iter().filter_map(left).filter(stays).collect();
    let slots: Vec<String> = payouts.iter().flat_map(payout_slots).collect();
    let (company, book) = (engine.company_id(), &connection.id);
    let changes = engine.store.changes_for_slots(company, book, &slots).await?;
    let ids: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
    let receipts = engine.store.receipts(company, book, &ids).await?;
    let mut by_slot: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    let is_dated_by_then = |change: &Change| match &change.subject {
        Subject::Document { document, .. } => document.header().date <= last,
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => true,
    };
    let stand = |change: &Change| receipts.contains_key(&change.id) && is_dated_by_then(change);
    for change in changes.into_iter().filter(stand) {
        let slot = change.slot.clone().unwrap_or_default();
        by_slot.entry(slot).or_default().push(change);
    }
    let differing = documents.differing.iter().map(|it| (it.key, it)).collect();
    let mut checks = Vec::new();
    for payout in &payouts {
        let slots = payout_slots(payout);
        let changes = slots.iter().filter_map(|slot| by_slot.get(slot)).flatten();
        let found = match payout.net.currency() == told.policy.currency {
            true => found(payout, changes, &differing)?,
            false => found_foreign(payout, changes, &told.policy)?,
        };
        let about = payout.id.to_string();
        checks.push(Check::new(Identity::PayoutInBook, about, payout.net, found));
    }
    Ok(checks)
}

/// What a book holds of a payout in another currency than its own: what was taken out of the
/// clearing account of that currency. Whether documents stand as they were pushed is another proof.
fn found_foreign<'a>(
    payout: &Payout,
    changes: impl Iterator<Item = &'a Change>,
    policy: &Policy,
) -> Result<Money, MoneyError> {
    let currency = payout.net.currency();
    let clearing = policy.clearing(&payout.gateway.id, currency);
    let documents = changes.filter_map(|change| match &change.subject {
        Subject::Document { document, .. } => Some(document),
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => None,
    });
    let lines = documents.flat_map(|document| document.lines());
    let taken = lines.filter(|line| Some(&line.account) == clearing.as_ref());
    Money::sum(currency, taken.map(Line::held)).map(Money::negated)
}

/// What a book holds of a payout: what it was entered with, less what was taken out again.
fn found<'a>(
    payout: &Payout,
    changes: impl Iterator<Item = &'a Change>,
    differing: &BTreeMap<DocumentKey, &DocumentDifference>,
) -> Result<Money, MoneyError> {
    let mut found = Money::zero(payout.net.currency());
    for change in changes {
        let Subject::Document { key, document, .. } = &change.subject else { continue };
        let total = match differing.get(key).and_then(|it| it.found) {
            Some(held) => held,
            None => document.total()?,
        };
        let adds = payout.net.is_negative() != change.takes_out.is_empty();
        found = if adds { found.plus(total)? } else { found.minus(total)? };
    }
    Ok(found)
}
