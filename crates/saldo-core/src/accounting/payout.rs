//! Payouts and disputes.

mod by_rows;
mod foreign;

pub use by_rows::told_with_payouts;
pub(super) use by_rows::{reach, with_payouts};

use super::apart;
use super::contradictions::{check_dispute, check_payout};
use super::decided::taken_back;
use super::{Accounted, Basis, Trouble};
use crate::accounting::lines::{line_on, plain_line, tender_account};
use crate::commerce::{
    BalanceKind, BalanceTransaction, Dispute, DisputeOutcome, Fact, Payout, PayoutState, Period,
    Tender,
};
use crate::document::{DocumentKind, Header, Line, LineKind, Party, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::ledger::{Account, Side};
use crate::money::Money;
use crate::policy::{Policy, Role, Subject};
use crate::text::FactId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

/// What is known of payouts, for the summaries that follow them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payouts(BTreeMap<FactId, Progress>);

/// How far a payout has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The gateway's own calendar date of it.
    pub(super) issued_on: Date,
    /// Whether it was sent, and its rows sum to it.
    pub(super) closed: bool,
    /// The time that it settles, where it is a settlement.
    pub(super) period: Option<Period>,
}

impl Payouts {
    /// What facts tell of payouts: the payouts themselves, and all rows of each, each told once
    /// ([`told_with_payouts`]). A payout that was called off is none.
    #[must_use]
    pub fn of(facts: &[Fact]) -> Self {
        let mut sums: BTreeMap<&FactId, Option<Money>> = BTreeMap::new();
        for row in facts.iter().filter_map(counted_row) {
            let Some(payout) = &row.payout else { continue };
            let sum = sums.entry(payout).or_insert(Some(Money::zero(row.net.currency())));
            *sum = sum.and_then(|sum| sum.plus(row.net).ok());
        }
        let progress = |fact: &Fact| match fact {
            Fact::Payout(payout) if payout.state != PayoutState::Cancelled => {
                let nothing = Some(Money::zero(payout.net.currency()));
                let rows = sums.get(&payout.id).copied().unwrap_or(nothing);
                let sent = matches!(payout.state, PayoutState::Paid | PayoutState::Failed);
                let closed = sent && rows == Some(payout.net);
                let (issued_on, period) = (payout.issued_on, payout.period);
                Some((payout.id.clone(), Progress { issued_on, closed, period }))
            }
            _ => None,
        };
        Self(facts.iter().filter_map(progress).collect())
    }

    /// Adds what is known of others.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// What is known of this one alone.
    #[must_use]
    pub fn only(mut self, payout: &FactId) -> Self {
        self.0.retain(|id, _| id == payout);
        self
    }

    pub(super) fn get(&self, payout: &FactId) -> Option<Progress> {
        self.0.get(payout).copied()
    }
}

/// Accounts a payout: a transfer, once its rows sum to it.
pub(super) fn account_payout(id: &FactId, facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let mut accounted = Accounted::default();
    for fact in facts {
        if let Fact::Payout(payout) = fact
            && &payout.id == id
        {
            let state = match enter_payout(payout, facts, basis, &mut accounted) {
                Ok(state) => state,
                Err(trouble) => FactState::Held(trouble.issue(&payout.id)),
            };
            accounted.stand(&payout.id, &payout.source, state);
        }
        if let Fact::Decision(decision) = fact {
            let state = match decision.said.taken_back {
                Some(_) => taken_back(),
                None if is_in_books_currency(id, facts, basis.policy) => {
                    FactState::Excluded { rule: "arrived-as-it-left".to_owned() }
                }
                None => FactState::Accounted { review: None },
            };
            accounted.stand(&decision.id, &decision.source, state);
        }
    }
    accounted
}

/// Whether no bank has to change a payout: what arrives is what left.
fn is_in_books_currency(id: &FactId, facts: &[Fact], policy: &Policy) -> bool {
    facts.iter().any(|fact| match fact {
        Fact::Payout(payout) => payout.id == *id && payout.net.currency() == policy.currency,
        _ => false,
    })
}

fn enter_payout(
    payout: &Payout,
    facts: &[Fact],
    basis: Basis<'_>,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    let policy = basis.policy;
    match &payout.state {
        PayoutState::Scheduled => {
            let for_what = format!("the gateway to send it, dated {}", payout.issued_on);
            return Ok(FactState::Waiting { for_what, until: None });
        }
        PayoutState::Cancelled => {
            return Ok(FactState::Excluded { rule: "payout-cancelled".to_owned() });
        }
        PayoutState::Contradicted(what) => {
            return Err(Trouble::Issue(
                IssueKind::DoesNotAddUp,
                format!("the payout is not entered: {what}"),
                "import a newer export of its rows, or let the shop tell the payout".to_owned(),
            ));
        }
        PayoutState::Unknown(word) => {
            return Err(Trouble::Issue(
                IssueKind::UnknownData,
                format!("the payout's state is the unknown word `{word}`"),
                "look at the payout in the shop and wait for a version that knows it".to_owned(),
            ));
        }
        PayoutState::Paid | PayoutState::Failed => {}
    }
    check_payout(payout)?;
    if let Some(until) = awaits_rows(payout, facts, basis) {
        accounted.wake(until);
        let for_what = "the rows that it settles: the gateway told none of them yet".to_owned();
        return Ok(FactState::Waiting { for_what, until: Some(until) });
    }
    check_rows(payout, facts)?;
    if payout.net.currency() != policy.currency {
        return foreign::enter(payout, facts, basis, accounted);
    }
    let tender = Tender::Gateway(payout.gateway.clone());
    let clearing = tender_account(&tender, payout.net.currency(), policy)?;
    let bank = match payout.net.is_negative() {
        true => policy.charged_by(&payout.gateway.id),
        false => policy.bank(&payout.gateway.id),
    };
    let later_month = |date: &Date| date.first_of_month() != payout.issued_on.first_of_month();
    match payout.arrived_on.filter(later_month) {
        None => transfer(payout, "", payout.issued_on, &clearing, &bank, accounted)?,
        Some(arrived_on) => {
            let transit = policy.chart.account(Role::PayoutsInTransit);
            transfer(payout, "/issued", payout.issued_on, &clearing, &transit, accounted)?;
            transfer(payout, "/arrived", arrived_on, &transit, &bank, accounted)?;
        }
    }
    Ok(FactState::Accounted { review: None })
}

/// How many days after it was sent a payout of which nobody told a row is held.
const ROWS_WITHIN: i64 = 3;

/// Until when a payout waits for the first of its rows, where it still does.
fn awaits_rows(payout: &Payout, facts: &[Fact], basis: Basis<'_>) -> Option<Timestamp> {
    if payout.net.is_zero() || rows_of(payout, facts).next().is_some() {
        return None;
    }
    let day = payout.issued_on.checked_add(ROWS_WITHIN.days()).ok()?;
    let until = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    (basis.heard_until < until).then_some(until)
}

/// The rows of a payout.
pub(crate) fn rows_of<'a>(
    payout: &'a Payout,
    facts: &'a [Fact],
) -> impl Iterator<Item = &'a BalanceTransaction> {
    facts.iter().filter_map(counted_row).filter(move |row| row.payout.as_ref() == Some(&payout.id))
}

/// A row that counts towards its payout.
pub(crate) fn counted_row(fact: &Fact) -> Option<&BalanceTransaction> {
    match fact {
        Fact::BalanceTransaction(row) if row.kind != BalanceKind::Transfer && !row.test => {
            Some(row)
        }
        _ => None,
    }
}

fn check_rows(payout: &Payout, facts: &[Fact]) -> Result<(), Trouble> {
    let rows = Money::sum(payout.net.currency(), rows_of(payout, facts).map(|row| row.net))?;
    if rows == payout.net {
        return Ok(());
    }
    let difference = payout.net.minus(rows)?;
    Err(Trouble::Issue(
        IssueKind::DoesNotAddUp,
        format!(
            "the payout is {}, its {} rows sum to {rows}: {difference} are not explained",
            payout.net,
            rows_of(payout, facts).count()
        ),
        "it is entered once its rows explain it; rows may still arrive".to_owned(),
    ))
}

/// The slots whose documents take a payout out of its clearing account: straight to the bank, or
/// into what is on its way; or, in another currency, to the account of conversion.
#[must_use]
pub fn payout_slots(payout: &Payout) -> [String; 3] {
    let over_conversion = apart::slot(payout.id.as_str(), payout.net.currency());
    [payout.id.to_string(), format!("{}/issued", payout.id), over_conversion]
}

fn transfer(
    payout: &Payout,
    part: &str,
    date: Date,
    from: &Account,
    to: &Account,
    accounted: &mut Accounted,
) -> Result<(), Trouble> {
    if payout.net.is_zero() {
        return Ok(());
    }
    let slot = format!("{}{part}", payout.id);
    let mut header = Header { date, ..transfer_header(payout, slot.clone()) };
    let mut arrives = transfer_line(payout, to, payout.net);
    // Books know transfers between places that hold money: a card is none.
    if to.kind.side() == Side::Liabilities {
        header.kind = DocumentKind::JournalEntry;
        arrives.kind = LineKind::Other { taxed: false };
    }
    let lines = vec![arrives, transfer_line(payout, from, payout.net.negated())];
    accounted.entries.push(SubledgerEntry::new(FactId::from(slot), header, lines)?);
    Ok(())
}

/// What a document says that takes a payout out of its clearing account.
fn transfer_header(payout: &Payout, slot: String) -> Header {
    let number = payout.id.as_str().rsplit('/').next().unwrap_or_default();
    Header {
        slot,
        kind: DocumentKind::Transfer,
        date: payout.issued_on,
        currency: payout.net.currency(),
        party: Some(Party::Vendor { name: payout.gateway.name.clone() }),
        applies_to: None,
        due: None,
        ships_to: None,
        reference: payout.bank_reference.clone().unwrap_or_else(|| number.to_owned()),
        memo: format!("{}: payout {number}", payout.gateway.name),
    }
}

fn transfer_line(payout: &Payout, account: &Account, amount: Money) -> Line {
    line_on(account.clone(), LineKind::Settlement, amount, "Payout", payout.id.as_str())
}

/// Accounts a dispute: lost is lost; everything before that stands in the gateway's rows.
pub(super) fn account_dispute(id: &FactId, facts: &[Fact], policy: &Policy) -> Accounted {
    let mut accounted = Accounted::default();
    for fact in facts {
        if let Fact::Dispute(dispute) = fact
            && &dispute.id == id
        {
            let state = match enter_dispute(dispute, policy, &mut accounted) {
                Ok(state) => state,
                Err(trouble) => FactState::Held(trouble.issue(&dispute.id)),
            };
            accounted.stand(&dispute.id, &dispute.source, state);
        }
    }
    accounted
}

fn enter_dispute(
    dispute: &Dispute,
    policy: &Policy,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    let ended = match (&dispute.outcome, dispute.finalised_at) {
        (DisputeOutcome::Open, _) => {
            let for_what = "the buyer's bank to decide".to_owned();
            return Ok(FactState::Waiting { for_what, until: None });
        }
        (DisputeOutcome::Won, _) => return Ok(FactState::Accounted { review: None }),
        (DisputeOutcome::Lost, Some(ended)) => ended,
        (DisputeOutcome::Lost, None) => {
            let for_what = "the day on which it was lost".to_owned();
            return Ok(FactState::Waiting { for_what, until: None });
        }
        (DisputeOutcome::Unknown(word), _) => {
            return Err(Trouble::Issue(
                IssueKind::UnknownData,
                format!("the dispute's state is the unknown word `{word}`"),
                "look at the dispute in the shop and wait for a version that knows it".to_owned(),
            ));
        }
    };
    check_dispute(dispute)?;
    let slot = dispute.id.to_string();
    let number = slot.rsplit('/').next().unwrap_or_default();
    let header = Header {
        slot: slot.clone(),
        kind: DocumentKind::JournalEntry,
        date: policy.day(ended),
        currency: dispute.amount.currency(),
        party: None,
        applies_to: None,
        due: None,
        ships_to: None,
        reference: number.to_owned(),
        memo: format!("Dispute {number} lost"),
    };
    let about = Subject::of_channel(&dispute.source.connection).amount(dispute.amount);
    let line = |role, amount| plain_line(policy.spot(role, &about), amount, "Dispute lost", &slot);
    let lines = vec![
        line(policy.lost_dispute(dispute.reason.as_deref()), dispute.amount),
        line(Role::Disputes, dispute.amount.negated()),
    ];
    accounted.entries.push(SubledgerEntry::new(dispute.id.clone(), header, lines)?);
    Ok(FactState::Accounted { review: None })
}
