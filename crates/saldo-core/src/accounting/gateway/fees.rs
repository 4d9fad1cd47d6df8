//! What a gateway charges for its rows.

use super::{Accounted, Desk, Trouble, fee_part};
use crate::accounting::lines::plain_line;
use crate::commerce::{BalanceKind, FeeKind, MovementFee};
use crate::document::{DocumentKind, Line, LineKind, SubledgerEntry};
use crate::issue::{Issue, IssueKind};
use crate::ledger::Spot;
use crate::money::Money;
use crate::policy::{FeeTax, Role, TAX_ON_FEES};
use crate::text::FactId;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What a part of a fee is: taxes first, so that what is charged takes what rounding leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PartOfFee {
    /// Tax that is taken back, on an account of its own.
    InputTax,
    /// Tax that the book's own report takes back.
    ReportedTax,
    /// What is charged for something, and whether it bears tax of which that report is told.
    Charge(Role, bool),
}

/// A fee as the shop tells it.
struct ToldFee {
    /// How much is for what.
    parts: BTreeMap<PartOfFee, Money>,
    /// Whether the gateway charged tax on it.
    is_taxed: bool,
}

/// Why nobody can say what part of a fee is tax.
fn untold_tax(message: String) -> Trouble {
    let hint = "see the gateway's invoice, and enter by hand what of it is tax, or let \
                `tax.on-fees = \"cost\"` of the policy enter such fees as a whole";
    Trouble::Issue(IssueKind::DoesNotAddUp, message, hint.to_owned())
}

fn returned_tax(fee: Money) -> Trouble {
    Trouble::Issue(
        IssueKind::DoesNotAddUp,
        format!("{} of a fee come back with the tax on it", fee.abs()),
        "no form of a book takes tax on a fee out of its report again: enter it by hand, or let \
         `tax.on-fees` of the policy be `input-tax`"
            .to_owned(),
    )
}

impl Desk<'_> {
    /// Enters the fee, in the gateway's fee document of its part, once that is closed. Where it
    /// cannot be told what the fee is for, its money is entered for review then, and what is wrong
    /// with it is returned, before as well.
    pub(super) fn fee(&self, accounted: &mut Accounted) -> Result<Option<Issue>, Trouble> {
        let row = self.row;
        // What has parts tells its fees among them.
        let own = fee_part(row, self.basis)
            .filter(|_| !row.fee.is_zero() && !matches!(row.kind, BalanceKind::Itemised(_)));
        let Some(part) = own else { return Ok(None) };
        let told = self.told_fee();
        if let Some(open) = part.open {
            if let Some(until) = open.until {
                accounted.wake(until);
            }
            return Ok(told.err().map(|trouble| trouble.issue(&row.id)));
        }
        let told = match told {
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
        for (part, amount) in told.parts {
            let (kind, spot, text) = self.place_of(part);
            let mut fee = self.line(kind, spot, amount)?;
            // Parts of a foreign fee may round otherwise than the whole: the last takes the rest.
            if Some(part) == last {
                fee.amount = left;
            }
            left = left.minus(fee.amount)?;
            fee.text = format!("{text} {order}");
            lines.push(fee);
        }
        if !told.is_taxed {
            lines.extend(self.reverse_charge(paid.amount.negated())?);
        }
        lines.push(paid);
        Ok(lines)
    }

    /// What the line of a part of the fee is, where it stands, and in which words.
    fn place_of(&self, part: PartOfFee) -> (LineKind, Spot, &'static str) {
        let other = |taxed| LineKind::Other { taxed };
        match part {
            PartOfFee::InputTax => (other(false), self.spot(Role::InputTax), "Tax of fee"),
            PartOfFee::ReportedTax => {
                let account = self.basis.policy.chart.account(Role::SalesTax);
                let kind = LineKind::Tax { title: TAX_ON_FEES.to_owned(), rate: None };
                (kind, account.into(), "Tax of fee")
            }
            PartOfFee::Charge(role, taxed) => (other(taxed), self.spot(role), "Fee"),
        }
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
        let takes_back = is_taxed && policy.text.tax.on_fees != FeeTax::Cost;
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
            let whole = PartOfFee::Charge(Role::ProcessingFees, false);
            let parts = BTreeMap::from([(whole, row.fee)]);
            return Ok(ToldFee { parts, is_taxed });
        }
        // What the gateway charges comes last, and takes what rounding leaves.
        let mut parts: BTreeMap<PartOfFee, Money> = BTreeMap::new();
        for fee in told {
            let role = match &fee.kind {
                FeeKind::Processing => Role::ProcessingFees,
                FeeKind::Conversion => Role::ConversionFees,
                FeeKind::Unknown(word) => policy.fee_role(word).unwrap_or(Role::ProcessingFees),
            };
            let tax = tax(fee).unwrap_or(nothing);
            let net = if contains_tax { fee.amount.minus(tax)? } else { fee.amount };
            let plain = PartOfFee::Charge(role, false);
            let (charge, of_tax) = match policy.text.tax.on_fees {
                FeeTax::Cost => (plain, plain),
                FeeTax::InputTax => (plain, PartOfFee::InputTax),
                FeeTax::Reported => {
                    (PartOfFee::Charge(role, !tax.is_zero()), PartOfFee::ReportedTax)
                }
            };
            for (part, amount) in [(charge, net), (of_tax, tax)] {
                let sum = parts.entry(part).or_insert(nothing);
                *sum = sum.plus(amount)?;
            }
        }
        parts.retain(|_, amount| !amount.is_zero());
        if row.fee.is_negative() && parts.contains_key(&PartOfFee::ReportedTax) {
            return Err(returned_tax(row.fee));
        }
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
