//! What a gateway charges for its rows.

use super::{Accounted, Desk, Trouble, fee_part};
use crate::accounting::lines::plain_line;
use crate::commerce::{BalanceKind, FeeKind, MovementFee};
use crate::document::{DocumentKind, Line, LineKind, SubledgerEntry};
use crate::issue::{Issue, IssueKind};
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

/// Why nobody can say what part of a fee is tax.
fn untold_tax(message: String) -> Trouble {
    let hint = "see the gateway's invoice, and enter by hand what of it is tax, or let \
                `tax.on-fees = \"cost\"` of the policy enter such fees as a whole";
    Trouble::Issue(IssueKind::DoesNotAddUp, message, hint.to_owned())
}

impl Desk<'_> {
    /// Enters the fee, in the gateway's fee document of its part. Where it cannot be told what the
    /// fee is for, its money is entered for review, and what is wrong with it is returned.
    pub(super) fn fee(&self, accounted: &mut Accounted) -> Result<Option<Issue>, Trouble> {
        let row = self.row;
        // What has parts tells its fees among them.
        let own = fee_part(row, self.basis)
            .filter(|_| !row.fee.is_zero() && !matches!(row.kind, BalanceKind::Itemised(_)));
        let Some(part) = own else { return Ok(None) };
        if let Some(open) = part.open {
            if let Some(until) = open.until {
                accounted.wake(until);
            }
            return Ok(None);
        }
        let told = match self.told_fee() {
            Ok(told) => told,
            Err(trouble) => {
                let paid = row.fee.negated();
                self.review_entry_on(part.date, "review-fee", paid, accounted)?;
                let mut issue = trouble.issue(&row.id);
                let account = self.review_account();
                issue.hint = format!("it stands in `{}`; {}", account.name, issue.hint);
                return Ok(Some(issue));
            }
        };
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
        let lines = self.fee_lines(told)?;
        let id = FactId::from(format!("{}/fee", row.id));
        accounted.entries.push(SubledgerEntry::new(id, header, lines)?);
        Ok(None)
    }

    /// What the fee is for, as far as the shop tells all of it in parts, and what pays it.
    fn fee_lines(&self, told: ToldFee) -> Result<Vec<Line>, Trouble> {
        let row = self.row;
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
        let all = self.about.map_or(&[][..], |movement| &movement.fees);
        let taxed = || all.iter().filter_map(|fee| fee.tax).filter(|tax| !tax.is_zero());
        let is_taxed = taxed().next().is_some();
        let takes_back = is_taxed && policy.text.tax.on_fees == FeeTax::InputTax;
        if let Some(foreign) = taxed().find(|tax| takes_back && tax.currency() != currency) {
            return Err(untold_tax(format!(
                "the fee of row {} is {}, and the shop tells a tax of {foreign} on it, while no \
                 rate from {} to {currency} is told",
                row.id,
                row.fee,
                foreign.currency()
            )));
        }
        let told: Vec<_> = all.iter().filter(|fee| fee.amount.currency() == currency).collect();
        let tax = |fee: &MovementFee| fee.tax.filter(|tax| tax.currency() == currency);
        let amounts = Money::sum(currency, told.iter().map(|fee| fee.amount))?;
        let taxes = Money::sum(currency, told.iter().filter_map(|fee| tax(fee)))?;
        let contains_tax = amounts == row.fee;
        if !contains_tax && amounts.plus(taxes)? != row.fee {
            if takes_back {
                return Err(untold_tax(format!(
                    "the fee is {}, and the shop tells parts of {amounts} with a tax of {taxes}, \
                     which come to it neither with the tax nor without",
                    row.fee
                )));
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
