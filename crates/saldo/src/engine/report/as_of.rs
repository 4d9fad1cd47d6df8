//! The identities as of the end of a day.

use crate::engine::prove::identities::{IdentityLine, lines};
use crate::engine::prove::{AsOf, as_of};
use crate::engine::{Engine, EngineError, ProofReport};
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
    /// What cannot be known of that day, and why.
    pub(crate) unknown: Option<String>,
}

impl IdentityAsOf {
    /// Whether nothing differed.
    pub(crate) fn holds(&self) -> bool {
        self.lines.iter().all(|line| line.difference.is_zero())
    }
}

/// The identities as of the end of a day, by what is known today: what happened and was entered
/// after it does not count. The figures are those of the last proof, which is given; what the books
/// held then, they are asked anew.
///
/// # Errors
/// Where the database fails, or a sum is too large.
pub(crate) async fn identities_as_of(
    engine: &Engine,
    proof: &ProofReport,
    last: Date,
) -> Result<Vec<IdentityAsOf>, EngineError> {
    let AsOf { mut payouts, mut clearing, mut stock, unknown } = as_of(engine, proof, last).await?;
    let untold = (!unknown.is_empty()).then(|| unknown.join("; "));
    let sums = engine.store.figure_sums(engine.company_id()).await?;
    let mut identities = Vec::new();
    for (number, identity) in Identity::NUMBERED {
        let own = sums.iter().filter(|it| it.identity == identity && it.day <= last);
        let (lines, unknown) = match identity {
            Identity::PayoutRows => (std::mem::take(&mut payouts), untold.clone()),
            Identity::Clearing => (std::mem::take(&mut clearing), untold.clone()),
            Identity::Inventory => {
                let nothing = stock.is_empty().then(|| {
                    "nobody enters what goods cost, or no item has a receipt up to then".to_owned()
                });
                (std::mem::take(&mut stock), nothing.or_else(|| untold.clone()))
            }
            _ => (lines(own)?, None),
        };
        identities.push(IdentityAsOf { number, says: identity.says(), lines, unknown });
    }
    Ok(identities)
}
