//! What gateways and marketplaces say: their charges, what they keep back, tax that only passes
//! through, and what they defer.

use super::{Fate, Ground, Sheet, adds_up, is_sane, owed_to};
use crate::commerce::{
    BalanceKind, BalanceTransaction, Deferral, Dispute, DisputeOutcome, Fact, PartKind, RowPart,
    sum_of,
};
use crate::issue::FactState;
use crate::money::{Money, MoneyError};
use crate::policy::Role;
use crate::proof::Identity;
use crate::text::GatewayId;
use jiff::civil::Date;

/// The accounts of what is kept back.
const KEPT_BACK: [Role; 4] =
    [Role::Reserves, Role::FundsOnHold, Role::Disputes, Role::DeferredBalances];

impl Sheet<'_> {
    /// What a row of a gateway's balance says of what the gateway keeps back, and of what buyers
    /// paid through it.
    pub(super) fn note_row(
        &mut self,
        row: &BalanceTransaction,
        told: &[Fact],
        ground: Ground<'_>,
    ) -> Result<(), MoneyError> {
        if row.test || !is_sane(row.amount) {
            return Ok(());
        }
        let day = self.policy.day(row.occurred_at);
        // Of what a person is asked about, nobody says yet what it is.
        let asked = matches!(
            ground.state(&row.id),
            Some(FactState::Accounted { review: Some(_) } | FactState::Held(_))
        );
        let fate = if asked { Fate::Awaited } else { ground.fate(&row.id) };
        let in_books = row.amount.currency() == self.policy.currency;
        let kept = match row.kind {
            BalanceKind::Reserve => Some(Role::Reserves),
            BalanceKind::Hold => Some(Role::FundsOnHold),
            BalanceKind::DisputeWithdrawal | BalanceKind::DisputeReversal => Some(Role::Disputes),
            BalanceKind::Unknown => self.policy.in_force(day).row_role(&row.vendor_type),
            _ => None,
        };
        match kept {
            Some(role) if in_books => self.expect_on(role, day, row.amount.negated(), fate)?,
            Some(_) => _ = self.unknown.insert(Identity::KeptBack),
            None => {}
        }
        if row.kind == BalanceKind::Charge {
            // The row's own entry is its fee: its charge is compared with the payment that the
            // shop tells, wherever the two stand, and waits where the shop tells none to it.
            let is_known = told.iter().any(|fact| match fact {
                Fact::Order(it) => !it.test && it.currency == self.policy.currency && adds_up(it),
                _ => false,
            });
            let fate = match is_known && !row.by_file && !asked {
                true => Fate::Entered,
                false => Fate::Awaited,
            };
            let about = gross_about(&row.gateway.id, day);
            self.expect((Identity::GrossReceipts, &about), day, row.amount, fate)?;
        }
        match &row.kind {
            BalanceKind::Itemised(parts) => self.note_parts((row, parts), told, fate),
            _ => Ok(()),
        }
    }

    /// What a marketplace says of tax and of what it keeps back, in the parts of a row. Tax of a
    /// sale that an order tells stands with the order.
    fn note_parts(
        &mut self,
        (row, parts): (&BalanceTransaction, &[RowPart]),
        facts: &[Fact],
        fate: Fate,
    ) -> Result<(), MoneyError> {
        let day = self.policy.day(row.occurred_at);
        if row.amount.currency() != self.policy.currency {
            self.unknown.insert(Identity::KeptBack);
            self.unknown.insert(Identity::TaxPayable);
            return Ok(());
        }
        let by_order = facts.iter().any(|fact| matches!(fact, Fact::Order(_)));
        let mut of_channel = Money::zero(self.policy.currency);
        let currency = self.policy.currency;
        let told = |part: &&RowPart| part.amount.currency() == currency && is_sane(part.amount);
        for part in parts.iter().filter(told) {
            // The owner's word for a part counts before what it is for.
            let own = self.policy.in_force(day).row_role(&part.word);
            let kept = own.or((part.kind == PartKind::Reserve).then_some(Role::Reserves));
            if let Some(role) = kept.filter(|role| KEPT_BACK.contains(role)) {
                self.expect_on(role, day, part.amount.negated(), fate)?;
            }
            match &part.kind {
                PartKind::Tax(title) if !by_order => {
                    let place = (Identity::TaxPayable, owed_to(self.policy, title));
                    self.expect(place, day, part.amount.negated(), fate)?;
                }
                PartKind::ChannelTax | PartKind::ChannelTaxKept => {
                    of_channel = of_channel.plus(part.amount)?;
                }
                _ => {}
            }
        }
        let fate = if of_channel.is_zero() { fate } else { Fate::Awaited };
        let nothing = Money::zero(self.policy.currency);
        match by_order {
            true => Ok(()),
            false => self.expect_on(Role::FacilitatorTax, day, nothing, fate),
        }
    }

    /// A dispute that was lost is no longer kept back.
    pub(super) fn note_dispute(
        &mut self,
        dispute: &Dispute,
        ground: Ground<'_>,
    ) -> Result<(), MoneyError> {
        let (DisputeOutcome::Lost, Some(ended)) = (&dispute.outcome, dispute.finalised_at) else {
            return Ok(());
        };
        if !is_sane(dispute.amount) {
            self.unknown.insert(Identity::KeptBack);
            return Ok(());
        }
        let (day, fate) = (self.policy.day(ended), ground.fate(&dispute.id));
        self.expect_on(Role::Disputes, day, dispute.amount.negated(), fate)
    }

    /// What is deferred over a month end counts from that day until it is released.
    pub(super) fn note_deferral(
        &mut self,
        deferral: &Deferral,
        ground: Ground<'_>,
    ) -> Result<(), MoneyError> {
        let currency = self.policy.currency;
        let parts = deferral.parts.iter().map(|part| part.amount).chain([deferral.amount]);
        if !parts.clone().all(|it| it.currency() == currency && is_sane(it)) {
            self.unknown.insert(Identity::KeptBack);
            return Ok(());
        }
        let fate = ground.fate(&deferral.id);
        let is_owed = |kind: &PartKind| *kind != PartKind::Carried;
        let owed = sum_of(&deferral.parts, deferral.amount, is_owed)?;
        let month_end = self.policy.day(deferral.occurred_at).last_of_month();
        self.expect_on(Role::DeferredBalances, month_end, owed, fate)?;
        match deferral.released_at {
            Some(at) => {
                let day = self.policy.day(at);
                self.expect_on(Role::DeferredBalances, day, owed.negated(), fate)
            }
            None => Ok(()),
        }
    }
}

/// What a gateway took in within a calendar year.
pub(super) fn gross_about(gateway: &GatewayId, day: Date) -> String {
    format!("{gateway} {}", day.year())
}
