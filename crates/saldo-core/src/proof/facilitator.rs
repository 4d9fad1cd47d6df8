//! The tax of marketplaces, which only passes through.

use super::{Check, Identity};
use crate::accounting::counted_row;
use crate::commerce::{Fact, PartKind, PayoutState};
use crate::money::{Balance, Money, MoneyError};
use crate::text::FactId;
use std::collections::BTreeMap;

/// The tax of the marketplace in each settlement that was sent: what it charged buyers less what it
/// kept is nil. Positive in the merchant's favour. Settlements without such tax are left out.
///
/// # Errors
/// Where amounts are too large.
pub fn facilitator_checks(facts: &[Fact]) -> Result<Vec<Check>, MoneyError> {
    let is_tax = |kind: &PartKind| matches!(kind, PartKind::ChannelTax | PartKind::ChannelTaxKept);
    let mut taxes: BTreeMap<&FactId, Balance> = BTreeMap::new();
    for row in facts.iter().filter_map(counted_row) {
        if let Some(payout) = &row.payout {
            for part in row.parts().iter().filter(|part| is_tax(&part.kind)) {
                taxes.entry(payout).or_default().add(part.amount)?;
            }
        }
    }
    let settlements = facts.iter().filter_map(|fact| match fact {
        Fact::Payout(payout) if payout.state == PayoutState::Paid && payout.period.is_some() => {
            Some(payout)
        }
        _ => None,
    });
    let check = |(id, currency, tax): (&FactId, _, &Balance)| {
        let (nothing, found) = (Money::zero(currency), tax.of(currency));
        Check::new(Identity::FacilitatorTax, id.to_string(), nothing, found)
    };
    let taxed = settlements.filter_map(|it| Some((&it.id, it.net.currency(), taxes.get(&it.id)?)));
    Ok(taxed.map(check).collect())
}
