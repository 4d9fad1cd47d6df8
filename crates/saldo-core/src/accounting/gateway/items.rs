//! Parts of a marketplace's row, as lines on accounts.

use super::Trouble;
use crate::accounting::lines::{UnknownTax, known_tax, plain_line};
use crate::commerce::{PartKind, RowPart};
use crate::document::{Line, LineKind};
use crate::issue::{Issue, IssueKind};
use crate::ledger::Spot;
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Policy, Role, Subject};
use crate::text::{FactId, GatewayId};
use std::collections::BTreeSet;

/// What parts of a row come to: a line for each account, dimensions and side, in the order of the
/// parts.
pub(super) struct Items<'a> {
    gateway: &'a GatewayId,
    origin: &'a str,
    policy: &'a Policy,
    /// What the rules are asked about.
    about: Subject<'a>,
    lines: Vec<Line>,
    /// Why something is to be looked at, and how much.
    why: Option<(String, Money)>,
    /// Words of the vendor that mean nothing here.
    unknown: BTreeSet<String>,
    /// What to do about taxes that the policy does not know.
    taxes: BTreeSet<String>,
}

impl<'a> Items<'a> {
    /// Nothing yet, of this gateway, in lines that name this origin.
    pub(super) fn new(
        gateway: &'a GatewayId,
        origin: &'a str,
        about: Subject<'a>,
        policy: &'a Policy,
    ) -> Self {
        let about = about.by(Some(gateway));
        let (unknown, taxes) = (BTreeSet::new(), BTreeSet::new());
        Self { gateway, origin, policy, about, lines: Vec::new(), why: None, unknown, taxes }
    }

    /// Adds parts, each where it belongs. What nobody gave a meaning is to be reviewed.
    pub(super) fn add_parts<'b>(
        &mut self,
        parts: impl Iterator<Item = &'b RowPart>,
    ) -> Result<(), Trouble> {
        for part in parts {
            if let PartKind::Tax(title) = &part.kind
                && self.policy.row_role(&part.word).is_none()
                && let Err(UnknownTax { why, hint }) = known_tax(title, None, self.policy)
            {
                self.taxes.insert(hint);
                self.review(part.amount, &why)?;
                continue;
            }
            match (self.spot_of(part), &part.kind) {
                (Some(spot), _) => self.add_part(part, spot)?,
                (None, PartKind::Sale) => self.review(part.amount, "its order is not known")?,
                (None, _) => {
                    self.unknown.insert(part.word.clone());
                    let why = format!("the marketplace calls it `{}`", part.word);
                    self.review(part.amount, &why)?;
                }
            }
        }
        Ok(())
    }

    /// Adds money of the sale that waits for review with its order.
    pub(super) fn hold(&mut self, amount: Money) -> Result<(), Trouble> {
        self.add(self.policy.chart.account(Role::ForReview), amount, "Waits with its order")
    }

    /// The lines, of which none is nil.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn add_part(&mut self, part: &RowPart, spot: Spot) -> Result<(), Trouble> {
        let kind = match &part.kind {
            PartKind::Tax(title) => LineKind::Tax { title: title.clone(), rate: None },
            _ => LineKind::Other { taxed: false },
        };
        self.add_line(kind, spot, part.amount, &part.word)
    }

    /// Adds what increases the gateway's balance by an amount, against an account.
    pub(super) fn add(
        &mut self,
        spot: impl Into<Spot>,
        amount: Money,
        text: &str,
    ) -> Result<(), Trouble> {
        self.add_line(LineKind::Other { taxed: false }, spot.into(), amount, text)
    }

    fn add_line(
        &mut self,
        kind: LineKind,
        spot: Spot,
        amount: Money,
        text: &str,
    ) -> Result<(), Trouble> {
        let amount = amount.negated();
        let same = |line: &&mut Line| {
            line.account == spot.account
                && line.dimensions == spot.dimensions
                && line.kind == kind
                && line.amount.is_negative() == amount.is_negative()
        };
        match self.lines.iter_mut().find(same) {
            Some(line) => line.amount = line.amount.plus(amount)?,
            None if amount.is_zero() => {}
            None => {
                self.lines.push(Line { kind, ..plain_line(spot, amount, text, self.origin) });
            }
        }
        Ok(())
    }

    /// Money whose reason is not known: it is entered, and a person looks at it.
    pub(super) fn review(&mut self, amount: Money, why: &str) -> Result<(), Trouble> {
        if amount.is_zero() {
            return Ok(());
        }
        self.why = Some(match self.why.take() {
            None => (why.to_owned(), amount),
            Some((before, sum)) if before.contains(why) => (before, sum.plus(amount)?),
            Some((before, sum)) => (format!("{before}, and {why}"), sum.plus(amount)?),
        });
        self.add(self.policy.chart.account(Role::ForReview), amount, "To review")
    }

    /// How much the lines move the gateway's balance by.
    pub(super) fn moved(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::sum(currency, self.lines.iter().map(|line| line.amount)).map(Money::negated)
    }

    /// What a person should look at, if anything.
    pub(super) fn issue(&self, about: &FactId, gateway: &str) -> Option<Issue> {
        let (why, amount) = self.why.as_ref()?;
        let account = self.policy.chart.account(Role::ForReview).name;
        let hint = match (self.taxes.first(), self.unknown.first()) {
            (Some(hint), _) => format!("it stands in `{account}`; {hint}"),
            (None, Some(word)) => format!(
                "it stands in `{account}`; where all such rows belong to one account, say which, \
                 for example: saldo map set \"rows.{word}\" other-income"
            ),
            (None, None) => format!("it stands in `{account}` until its reason is known"),
        };
        Some(Issue {
            kind: IssueKind::UnknownData,
            about: about.clone(),
            message: format!("{amount} of {gateway} has no known reason: {why}"),
            hint,
        })
    }

    /// Where a part is entered: where the owner said that the vendor's word belongs, or by what it
    /// is for; none where neither tells.
    fn spot_of(&self, part: &RowPart) -> Option<Spot> {
        let (gateway, policy) = (self.gateway, self.policy);
        let of_role = |role| match role {
            Role::Bank => policy.bank(gateway).into(),
            role => policy.spot(role, &self.about.amount(part.amount)),
        };
        if let Some(role) = policy.row_role(&part.word) {
            return Some(of_role(role));
        }
        let role = match &part.kind {
            PartKind::Goods if part.amount.is_negative() => Role::Returns,
            PartKind::Goods => Role::ProductSales,
            PartKind::Shipping => Role::ShippingIncome,
            PartKind::Discount => Role::Discounts,
            PartKind::Allowance => Role::RefundAllowances,
            PartKind::Tax(title) => return policy.tax(title).map(Spot::from),
            PartKind::ChannelTax | PartKind::ChannelTaxKept => Role::FacilitatorTax,
            PartKind::Commission => Role::Commission,
            PartKind::FulfilmentFee => Role::FulfilmentFees,
            PartKind::StorageFee => Role::StorageFees,
            PartKind::Advertising => Role::Advertising,
            PartKind::ProcessingFee => Role::ProcessingFees,
            PartKind::ShippingLabel => Role::ShippingCost,
            PartKind::PlatformBill => Role::PlatformBills,
            PartKind::Reimbursement => Role::Reimbursements,
            PartKind::Reserve => Role::Reserves,
            PartKind::Sale | PartKind::Carried | PartKind::Unknown => return None,
        };
        Some(of_role(role))
    }
}
