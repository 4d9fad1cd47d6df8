//! The identities as of the end of a day, as far as figures tell them day by day.

use crate::engine::prove::identities::{IdentityLine, lines};
use crate::engine::{Engine, EngineError};
use jiff::civil::Date;
use saldo_core::proof::Identity;

/// An identity as of the end of a day.
#[derive(Clone, Debug)]
pub(crate) struct IdentityAsOf {
    /// Its number.
    pub(crate) number: u8,
    /// What must be equal to what.
    pub(crate) says: &'static str,
    /// Each comparison, of what happened and was entered up to that day.
    pub(crate) lines: Vec<IdentityLine>,
}

impl IdentityAsOf {
    /// Whether nothing differed.
    pub(crate) fn holds(&self) -> bool {
        self.lines.iter().all(|line| line.difference.is_zero())
    }
}

/// The identities as of the end of a day, by what is known today: what happened and was entered
/// after it does not count. Those that books and payouts tell as a whole, which have no days, are
/// left out. The figures are those of the last proof.
///
/// # Errors
/// Where the database fails, or a sum is too large.
pub(crate) async fn identities_as_of(
    engine: &Engine,
    last: Date,
) -> Result<Vec<IdentityAsOf>, EngineError> {
    let sums = engine.store.figure_sums(engine.company_id()).await?;
    let by_days = Identity::NUMBERED.into_iter().filter(|(_, identity)| has_days(*identity));
    by_days
        .map(|(number, identity)| {
            let own = sums.iter().filter(|it| it.identity == identity && it.day <= last);
            Ok(IdentityAsOf { number, says: identity.says(), lines: lines(own)? })
        })
        .collect()
}

/// Whether all that an identity compares has a day.
const fn has_days(identity: Identity) -> bool {
    match identity {
        Identity::PayoutRows
        | Identity::PayoutInBook
        | Identity::Clearing
        | Identity::Inventory => false,
        Identity::StoredValue
        | Identity::TaxPayable
        | Identity::FacilitatorTax
        | Identity::OpenOrders
        | Identity::KeptBack
        | Identity::Standings
        | Identity::Rounding
        | Identity::Drawer
        | Identity::GrossReceipts => true,
    }
}
