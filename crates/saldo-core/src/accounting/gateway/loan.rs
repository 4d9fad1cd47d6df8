//! Loans that a gateway takes back from its balance.

use super::{Accounted, Desk, Trouble, words};
use crate::document::{DocumentKind, LineKind, SubledgerEntry};
use crate::issue::FactState;
use crate::policy::Role;
use rust_decimal::Decimal;

impl Desk<'_> {
    /// What is paid back of a loan, and the part of its price that this spends. Without a word of
    /// the owner nobody knows what the loan costs.
    pub(super) fn repayment(&self, accounted: &mut Accounted) -> Result<FactState, Trouble> {
        let (row, policy) = (self.row, self.basis.policy);
        let date = policy.day(row.occurred_at);
        let Some(loan) = policy.loan(&row.gateway.id, date) else {
            let why = "it repays a loan, and nobody said what that costs";
            return self.for_review(row.amount, why, accounted);
        };
        let paid = row.amount.negated();
        let ratio = loan.cost.checked_div(loan.owed).unwrap_or(Decimal::ZERO);
        let spent = paid.at_rate(ratio, paid.currency())?;
        let of_role =
            |role, amount| self.line(LineKind::Other { taxed: false }, self.spot(role), amount);
        let mut lines = vec![of_role(Role::Loans, paid)?, self.cleared(row.amount)?];
        if !spent.is_zero() {
            lines.push(of_role(Role::FinancingCost, spent)?);
            lines.push(of_role(Role::FinancingToCome, spent.negated())?);
        }
        let memo = format!("{}: {}", row.gateway.name, words(&row.vendor_type));
        let header = self.header(self.slot(), DocumentKind::JournalEntry, date, memo);
        accounted.entries.push(SubledgerEntry::new(row.id.clone(), header, lines)?);
        Ok(FactState::Accounted { review: None })
    }
}
