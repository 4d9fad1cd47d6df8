//! What was sold, without tax, by the taxes that it bears: the other half of a tax report.

use rust_decimal::Decimal;
use saldo_core::book::TaxRate;
use saldo_core::document::{Document, DocumentKind, Line, LineKind};
use saldo_core::money::{Currency, Money, MoneyError};
use saldo_core::policy::Policy;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was sold and given back in a month, earned or not, without tax, that bears a tax; or that
/// bears none, for a reason. What was sold is negative, as on accounts of income.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NetSales {
    /// The tax as documents name it, or why there is none; none where nobody says why.
    pub(crate) tax: Option<String>,
    /// To whom the tax is owed, by the policy; none where that does not say.
    pub(crate) jurisdiction: Option<String>,
    /// Percent, where that is told; nought where there is no tax.
    pub(crate) rate: Option<Decimal>,
    /// What was sold.
    pub(crate) sold: Money,
    /// What was given back.
    pub(crate) taken_back: Money,
    /// Both together.
    pub(crate) net: Money,
}

/// Sums of what was sold, by tax and currency. What bears several taxes counts with each.
#[derive(Default)]
pub(super) struct NetSums(BTreeMap<(Option<TaxRate>, Currency), (Money, Money)>);

impl NetSums {
    /// Adds the lines of a document, where it is one of sales.
    pub(super) fn take(&mut self, document: &Document) -> Result<(), MoneyError> {
        let is_of_sales = matches!(
            document.header().kind,
            DocumentKind::SalesReceipt
                | DocumentKind::Invoice
                | DocumentKind::RefundReceipt
                | DocumentKind::CreditMemo
        );
        if !is_of_sales {
            return Ok(());
        }
        let all: BTreeSet<TaxRate> = document.lines().iter().filter_map(tax_of).collect();
        // A discount lessens what its own document sells, and one that is taken back what it gives
        // back: all that a document says of a tax is on one side.
        let nothing = Money::zero(document.header().currency);
        let mut said: BTreeMap<Option<TaxRate>, Money> = BTreeMap::new();
        for line in document.lines() {
            for tax in borne(line, &all) {
                let sum = said.entry(tax).or_insert(nothing);
                *sum = sum.plus(line.amount)?;
            }
        }
        // What was sold before and is earned now cancels out.
        said.retain(|_, amount| !amount.is_zero());
        said.into_iter().try_for_each(|(tax, amount)| self.add(tax, amount))
    }

    fn add(&mut self, tax: Option<TaxRate>, amount: Money) -> Result<(), MoneyError> {
        let nothing = Money::zero(amount.currency());
        let sums = self.0.entry((tax, amount.currency())).or_insert((nothing, nothing));
        let side = if amount.is_negative() { &mut sums.0 } else { &mut sums.1 };
        *side = side.plus(amount)?;
        Ok(())
    }

    /// The sums, with those to whom the taxes are owed by the policy.
    pub(super) fn told(self, policy: &Policy) -> Result<Vec<NetSales>, MoneyError> {
        let tell = |((tax, _), (sold, taken_back)): (_, (Money, Money))| {
            let (tax, rate) = match tax {
                Some(TaxRate { title, rate }) => (Some(title), rate),
                None => (None, None),
            };
            let jurisdiction = tax.as_deref().and_then(|title| policy.jurisdiction(title));
            let jurisdiction = jurisdiction.map(str::to_owned);
            Ok(NetSales { net: sold.plus(taken_back)?, tax, jurisdiction, rate, sold, taken_back })
        };
        self.0.into_iter().map(tell).collect()
    }
}

fn tax_of(line: &Line) -> Option<TaxRate> {
    match &line.kind {
        LineKind::Tax { title, rate } => {
            Some(TaxRate { title: title.clone(), rate: rate.map(|rate| rate.normalize()) })
        }
        _ => None,
    }
}

/// The taxes that a line bears: its own, where it says so, and otherwise all of its document. What
/// was sold without tax bears none that is known.
fn borne(line: &Line, all: &BTreeSet<TaxRate>) -> Vec<Option<TaxRate>> {
    let (LineKind::Product { taxed, .. }
    | LineKind::Other { taxed }
    | LineKind::Unearned { taxed }) = &line.kind
    else {
        return Vec::new();
    };
    let own = line.taxes.iter().map(|tax| {
        Some(TaxRate { title: tax.title.clone(), rate: tax.rate.map(|rate| rate.normalize()) })
    });
    let own: Vec<_> = own.collect();
    match (own.is_empty(), taxed) {
        (false, _) => own,
        (true, true) => all.iter().cloned().map(Some).collect(),
        (true, false) if line.is_sold() => vec![None],
        (true, false) => Vec::new(),
    }
}
