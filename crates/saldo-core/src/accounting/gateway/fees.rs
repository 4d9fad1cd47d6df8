//! What a gateway charges for its rows.

use super::{Accounted, Desk, Trouble};
use crate::accounting::lines::plain_line;
use crate::accounting::summary::Part;
use crate::commerce::FeeKind;
use crate::document::{DocumentKind, Line, LineKind, SubledgerEntry};
use crate::money::Money;
use crate::policy::Role;
use crate::text::FactId;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

impl Desk<'_> {
    /// The fee, in the gateway's fee document of its part.
    pub(super) fn fee(&self, accounted: &mut Accounted) -> Result<(), Trouble> {
        let row = self.row;
        if row.fee.is_zero() {
            return Ok(());
        }
        let part = Part::of_row(row, self.basis);
        if let Some(open) = part.open {
            if let Some(until) = open.until {
                accounted.wake(until);
            }
            return Ok(());
        }
        let (kind, what) = match row.fee.is_positive() {
            true => (DocumentKind::Expense, "fees"),
            false => (DocumentKind::JournalEntry, "fees-returned"),
        };
        let slot = format!(
            "{what}/{}/{}/{}/{}",
            row.source.connection,
            row.gateway.id,
            part.path,
            row.fee.currency()
        );
        let memo = format!("{}: fees of {}", row.gateway.name, part.name);
        let mut header = self.header(slot, kind, part.date, memo);
        header.reference = format!("{} {}", row.gateway.name, part.reference);
        let lines = self.fee_lines()?;
        let id = FactId::from(format!("{}/fee", row.id));
        accounted.entries.push(SubledgerEntry::new(id, header, lines)?);
        Ok(())
    }

    /// What the fee is for, as far as the shop tells all of it in parts, and what pays it.
    fn fee_lines(&self) -> Result<Vec<Line>, Trouble> {
        let row = self.row;
        let told = self.about.map_or(&[][..], |movement| &movement.fees);
        let mut parts: BTreeMap<Role, Money> = BTreeMap::new();
        for fee in told.iter().filter(|fee| fee.amount.currency() == row.fee.currency()) {
            let role = match &fee.kind {
                FeeKind::Processing => Role::ProcessingFees,
                FeeKind::Conversion => Role::ConversionFees,
                FeeKind::Unknown(word) => {
                    self.basis.policy.fee_role(word).unwrap_or(Role::ProcessingFees)
                }
            };
            let sum = parts.entry(role).or_insert(Money::zero(row.fee.currency()));
            *sum = sum.plus(fee.amount)?;
        }
        if Money::sum(row.fee.currency(), parts.values().copied())? != row.fee {
            parts = BTreeMap::from([(Role::ProcessingFees, row.fee)]);
        }
        let text = format!("Fee {}", row.order_name.as_deref().unwrap_or(&row.vendor_type));
        let paid = self.cleared(row.fee.negated())?;
        let (mut lines, mut left) = (Vec::new(), paid.amount.negated());
        let last = parts.keys().next_back().copied();
        for (role, part) in parts {
            let spot = self.spot(role);
            let mut fee = self.line(LineKind::Other { taxed: false }, spot, part)?;
            // Parts of a foreign fee may round otherwise than the whole: the last takes the rest.
            if Some(role) == last {
                fee.amount = left;
            }
            left = left.minus(fee.amount)?;
            fee.text.clone_from(&text);
            lines.push(fee);
        }
        lines.extend(self.reverse_charge(paid.amount.negated())?);
        lines.push(paid);
        Ok(lines)
    }

    /// The tax on a fee that the merchant owes in the gateway's place, and takes back.
    fn reverse_charge(&self, fee: Money) -> Result<Vec<Line>, Trouble> {
        let policy = self.basis.policy;
        let Some(percent) = policy.text.tax.reverse_charge else { return Ok(Vec::new()) };
        let tax = fee.at_rate(percent / Decimal::ONE_HUNDRED, fee.currency())?;
        if tax.is_zero() {
            return Ok(Vec::new());
        }
        let line = |role, amount| {
            let text = format!("Reverse charge {}%", percent.normalize());
            plain_line(policy.chart.account(role), amount, &text, self.row.id.as_str())
        };
        Ok(vec![line(Role::InputTax, tax), line(Role::OutputTax, tax.negated())])
    }
}
