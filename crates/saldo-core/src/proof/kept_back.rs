//! What marketplaces and gateways keep back, and the tax that only passes through.

use super::{Check, Identity};
use crate::commerce::{BalanceKind, BalanceTransaction, DisputeOutcome, Fact, PartKind, sum_of};
use crate::commerce::{Deferral, Payout, PayoutState};
use crate::ledger::Account;
use crate::money::{Balance, Money, MoneyError};
use crate::policy::{Deferrals, Policy, Role};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The tax of the marketplace in each settlement that was sent: what it charged buyers less what it
/// kept is nil.
///
/// # Errors
/// Where amounts are too large.
pub fn facilitator_checks(facts: &[Fact]) -> Result<Vec<Check>, MoneyError> {
    let settlements = facts.iter().filter_map(|fact| match fact {
        Fact::Payout(payout) if payout.state == PayoutState::Paid && payout.period.is_some() => {
            Some(payout)
        }
        _ => None,
    });
    settlements.map(|settlement| facilitator_check(settlement, facts)).collect()
}

fn facilitator_check(settlement: &Payout, facts: &[Fact]) -> Result<Check, MoneyError> {
    let nothing = Money::zero(settlement.net.currency());
    let is_tax = |kind: &PartKind| matches!(kind, PartKind::ChannelTax | PartKind::ChannelTaxKept);
    let mut found = nothing;
    for fact in facts {
        if let Fact::BalanceTransaction(row) = fact
            && row.payout.as_ref() == Some(&settlement.id)
        {
            found = found.plus(sum_of(row.parts(), nothing, is_tax)?)?;
        }
    }
    let about = settlement.id.to_string();
    Ok(Check { identity: Identity::FacilitatorTax, about, expected: nothing, found })
}

/// What is kept back of the merchant's money at the end of a day, by account: reserves, money on
/// hold, payments in dispute, and sales that no settlement carries. Debit is positive.
///
/// The rows are those that are entered; of days before the start date nothing is. Amounts of other
/// currencies than the books' are left out. What a document gathers counts here on its own day and
/// in the books on the document's, so that the two agree at the ends of months and settlements.
///
/// # Errors
/// Where amounts are too large.
pub fn kept_back<'a>(
    facts: impl Iterator<Item = &'a Fact>,
    policy: &Policy,
    on: Date,
) -> Result<BTreeMap<String, Balance>, MoneyError> {
    let mut kept = Kept { policy, on, balances: BTreeMap::new() };
    for fact in facts {
        match fact {
            Fact::BalanceTransaction(row) if !row.test => kept.add_row(row)?,
            Fact::Dispute(dispute) => {
                if let (DisputeOutcome::Lost, Some(ended)) =
                    (&dispute.outcome, dispute.finalised_at)
                {
                    kept.add(Role::Disputes, policy.day(ended), dispute.amount.negated())?;
                }
            }
            Fact::Deferral(deferral) => kept.add_deferral(deferral)?,
            _ => {}
        }
    }
    Ok(kept.balances)
}

struct Kept<'a> {
    policy: &'a Policy,
    on: Date,
    balances: BTreeMap<String, Balance>,
}

impl Kept<'_> {
    fn add_row(&mut self, row: &BalanceTransaction) -> Result<(), MoneyError> {
        let day = self.policy.day(row.occurred_at);
        let taken = row.amount.negated();
        match &row.kind {
            BalanceKind::Reserve => self.add(Role::Reserves, day, taken),
            BalanceKind::Hold => self.add(Role::FundsOnHold, day, taken),
            BalanceKind::DisputeWithdrawal | BalanceKind::DisputeReversal => {
                self.add(Role::Disputes, day, taken)
            }
            BalanceKind::Itemised(parts) => {
                // The owner's word for a part counts before what it is for.
                let policy = self.policy.in_force(day);
                let own = |word: &str| policy.row_role(word).unwrap_or(Role::Reserves);
                for part in parts.iter().filter(|part| part.kind == PartKind::Reserve) {
                    if own(&part.word) == Role::Reserves {
                        self.add(Role::Reserves, day, part.amount.negated())?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What is deferred over a month end counts from that day until it is released.
    fn add_deferral(&mut self, deferral: &Deferral) -> Result<(), MoneyError> {
        let entered_on = self.policy.day(deferral.occurred_at).last_of_month();
        let released_on = deferral.released_at.map(|at| self.policy.day(at));
        let policy = self.policy.in_force(entered_on);
        if policy.deferrals(&deferral.gateway.id) == Deferrals::Leave
            || released_on.is_some_and(|day| day <= entered_on)
        {
            return Ok(());
        }
        let is_owed = |kind: &PartKind| *kind != PartKind::Carried;
        let owed = sum_of(&deferral.parts, deferral.amount, is_owed)?;
        self.add(Role::DeferredBalances, entered_on, owed)?;
        match released_on {
            Some(day) => self.add(Role::DeferredBalances, day, owed.negated()),
            None => Ok(()),
        }
    }

    fn add(&mut self, role: Role, day: Date, amount: Money) -> Result<(), MoneyError> {
        if day < self.policy.start_date
            || day > self.on
            || amount.currency() != self.policy.currency
        {
            return Ok(());
        }
        let Account { name, .. } = self.policy.in_force(day).chart.account(role);
        self.balances.entry(name.to_string()).or_default().add(amount)
    }
}
