//! What a gateway charges for its rows.

use super::{Accounted, Desk, Trouble};
use crate::accounting::lines::plain_line;
use crate::accounting::summary::Part;
use crate::commerce::{FeeKind, MovementFee};
use crate::document::{DocumentKind, Line, LineKind, SubledgerEntry};
use crate::issue::IssueKind;
use crate::money::Money;
use crate::policy::{FeeTax, Role};
use crate::text::FactId;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A fee as the shop tells it.
struct ToldFee {
    /// How much is for what: what is given back as tax first.
    parts: BTreeMap<(bool, Role), Money>,
    /// Whether the gateway charged tax on it.
    is_taxed: bool,
}

fn untold_tax(fee: Money, amounts: Money, taxes: Money) -> Trouble {
    Trouble::Issue(
        IssueKind::DoesNotAddUp,
        format!(
            "the fee is {fee}, and the shop tells parts of {amounts} with a tax of {taxes}, which \
             come to it neither with the tax nor without"
        ),
        "see the gateway's invoice; `tax.on-fees = \"cost\"` of the policy enters the fee as a \
         whole"
            .to_owned(),
    )
}

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
        let told = self.told_fee()?;
        let order = row.order_name.as_deref().unwrap_or(&row.vendor_type);
        let paid = self.cleared(row.fee.negated())?;
        let (mut lines, mut left) = (Vec::new(), paid.amount.negated());
        let last = told.parts.keys().next_back().copied();
        for (key, part) in told.parts {
            let role = key.1;
            let spot = self.spot(role);
            let mut fee = self.line(LineKind::Other { taxed: false }, spot, part)?;
            // Parts of a foreign fee may round otherwise than the whole: the last takes the rest.
            if Some(key) == last {
                fee.amount = left;
            }
            left = left.minus(fee.amount)?;
            fee.text = match role {
                Role::InputTax => format!("Tax of fee {order}"),
                _ => format!("Fee {order}"),
            };
            lines.push(fee);
        }
        if !told.is_taxed {
            lines.extend(self.reverse_charge(paid.amount.negated())?);
        }
        lines.push(paid);
        Ok(lines)
    }

    /// What the shop tells of the fee: all of it in parts, with or without the tax on them, or it
    /// stands as a whole.
    fn told_fee(&self) -> Result<ToldFee, Trouble> {
        let row = self.row;
        let (currency, policy) = (row.fee.currency(), self.basis.policy);
        let nothing = Money::zero(currency);
        let told = self.about.map_or(&[][..], |movement| &movement.fees).iter();
        let told: Vec<_> = told.filter(|fee| fee.amount.currency() == currency).collect();
        let tax = |fee: &MovementFee| fee.tax.filter(|tax| tax.currency() == currency);
        let amounts = Money::sum(currency, told.iter().map(|fee| fee.amount))?;
        let taxes = Money::sum(currency, told.iter().filter_map(|fee| tax(fee)))?;
        let is_taxed = !taxes.is_zero();
        let contains_tax = amounts == row.fee;
        if !contains_tax && amounts.plus(taxes)? != row.fee {
            if is_taxed && policy.text.tax.on_fees == FeeTax::InputTax {
                return Err(untold_tax(row.fee, amounts, taxes));
            }
            let parts = BTreeMap::from([((false, Role::ProcessingFees), row.fee)]);
            return Ok(ToldFee { parts, is_taxed });
        }
        // What the gateway charges comes last, and takes what rounding leaves.
        let mut parts: BTreeMap<(bool, Role), Money> = BTreeMap::new();
        for fee in told {
            let role = match &fee.kind {
                FeeKind::Processing => Role::ProcessingFees,
                FeeKind::Conversion => Role::ConversionFees,
                FeeKind::Unknown(word) => policy.fee_role(word).unwrap_or(Role::ProcessingFees),
            };
            let tax = tax(fee).unwrap_or(nothing);
            let net = if contains_tax { fee.amount.minus(tax)? } else { fee.amount };
            let of_tax = match policy.text.tax.on_fees {
                FeeTax::Cost => (true, role),
                FeeTax::InputTax => (false, Role::InputTax),
            };
            for (key, amount) in [((true, role), net), (of_tax, tax)] {
                let sum = parts.entry(key).or_insert(nothing);
                *sum = sum.plus(amount)?;
            }
        }
        parts.retain(|_, amount| !amount.is_zero());
        Ok(ToldFee { parts, is_taxed })
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
