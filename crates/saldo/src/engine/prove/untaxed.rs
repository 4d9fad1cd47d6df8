//! Lines that a book was told are not taxed, since the policy gives their taxes accounts of the
//! owner's own: its tax report shows neither them nor their tax.

use super::super::EngineError;
use super::super::push::Pusher;
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::document::{Document, Line, LineKind};
use saldo_core::ledger::AccountKind;
use saldo_core::money::{Money, MoneyError};
use saldo_core::policy::Policy;
use saldo_store::EntryFilter;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a book that enters sales tax by itself was told without it, as the policy says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UntaxedLines {
    /// The accounts of the owner's own on which their taxes stand.
    pub(crate) accounts: BTreeSet<String>,
    /// How many documents have such lines.
    pub(crate) documents: u64,
    /// How many lines bear tax and are told as untaxed.
    pub(crate) lines: u64,
    /// What these come to, without tax: sales positive.
    pub(crate) net: Money,
    /// The tax on accounts of the owner's own: what is owed positive.
    pub(crate) tax: Money,
}

impl UntaxedLines {
    /// Takes a document in.
    fn add(&mut self, document: &Document) -> Result<(), MoneyError> {
        let own = || document.lines().iter().filter(|line| is_own_tax(line));
        if own().next().is_none() {
            return Ok(());
        }
        for line in own() {
            self.accounts.insert(line.account.name.to_string());
            self.tax = self.tax.minus(line.amount)?;
        }
        self.documents += 1;
        // Where the book's own tax is in it too, its lines are taxed there.
        if document.lines().iter().any(is_tax_of_the_book) {
            return Ok(());
        }
        for line in document.lines().iter().filter(|line| bears_tax(line)) {
            self.lines += 1;
            self.net = self.net.minus(line.amount)?;
        }
        Ok(())
    }
}

const fn is_tax(line: &Line) -> bool {
    matches!(line.kind, LineKind::Tax { .. })
}

fn is_tax_of_the_book(line: &Line) -> bool {
    is_tax(line) && line.account.kind == AccountKind::TaxLiability
}

fn is_own_tax(line: &Line) -> bool {
    is_tax(line) && line.account.kind != AccountKind::TaxLiability
}

const fn bears_tax(line: &Line) -> bool {
    matches!(
        line.kind,
        LineKind::Product { taxed: true, .. }
            | LineKind::Other { taxed: true }
            | LineKind::Unearned { taxed: true }
    )
}

/// What stands in a book up to a day that it was told without its tax; none where nothing is, or
/// the book enters no tax by itself.
pub(super) async fn untaxed(
    pusher: &Pusher<'_>,
    policy: &Policy,
    as_of: Date,
) -> Result<Option<UntaxedLines>, EngineError> {
    if !pusher.book.description().enters_tax || !policy.has_own_tax_accounts() {
        return Ok(None);
    }
    let nothing = Money::zero(policy.currency);
    let (accounts, net, tax) = (BTreeSet::new(), nothing, nothing);
    let mut found = UntaxedLines { accounts, documents: 0, lines: 0, net, tax };
    let engine = pusher.engine;
    let filter = EntryFilter { until: Some(as_of), ..EntryFilter::default() };
    let mut pages = engine.store.entries(engine.company_id(), &pusher.connection.id, filter);
    while let Some(page) = pages.next_page().await? {
        for booked in page {
            if let Subject::Document { document, .. } = &booked.change.subject {
                found.add(document)?;
            }
        }
    }
    Ok((found.documents > 0).then_some(found))
}
