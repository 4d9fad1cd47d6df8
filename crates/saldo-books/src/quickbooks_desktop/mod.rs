#![doc = include_str!("README.md")]

pub mod connector;

mod amending;
mod ask;
mod cards;
mod chart;
mod compare;
mod currencies;
mod deposits;
mod faults;
mod find;
mod foreign;
mod hear;
mod iterators;
mod listed;
mod listing;
mod lists;
mod message;
mod money;
mod names;
mod orders;
mod purchases;
mod refunds;
mod report;
mod room;
mod sales;
mod settings;
mod shape;
mod stock;
mod voiding;
mod wire;
mod write;
mod xml;

#[cfg(test)]
mod tests;

use saldo_core::book::{
    Book, BookContext, BookDescription, ForeignBalances, Item, KeptDimensions, Listed, Need,
    Outcome, Subject, Task,
};
use saldo_core::document::{Document, DocumentKey, DocumentKind, KeptItem};
use saldo_core::exchange::{Addresses, Answer, Ask, Fault};
use saldo_core::ledger::Account;
use std::collections::BTreeMap;

/// QuickBooks Desktop: Pro, Premier and Enterprise, by qbXML 13.0 through its Web Connector.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuickBooksDesktop;

/// The setting of a connection by which its owner lets us make the sales tax item of 0%: `yes`.
pub const MAKES_TAX_ITEM: &str = "make-tax-item";
/// The setting of a connection by which its owner has payouts entered as deposits in place of
/// transfers: `deposits`.
pub const PAYOUTS: &str = deposits::PAYOUTS;
/// What to do where the company has no sales tax item of nothing.
const MAKE_TAX_ITEM: &str = "in QuickBooks choose Edit > Preferences > Sales Tax > Company \
    Preferences > Add sales tax item: any name, the description `Sales tax`, the rate 0%; or let \
    Saldo make it: `saldo connect quickbooks-desktop --make-tax-item`";
/// What to do where the company does not use a currency.
const MAKE_CURRENCY_ACTIVE: &str = "in QuickBooks choose Lists > Currency List > Include \
    inactive, and make the currency active";

static DESCRIPTION: BookDescription = BookDescription {
    name: "quickbooks-desktop",
    title: "QuickBooks Desktop",
    // It calls us, with a password of its own.
    authorisation: None,
    limits: &[],
    requests_left: &[],
    batch: message::REQUESTS,
    look_up_batch: message::REQUESTS,
    result_days: None,
    // It knows the last message set alone, and another program's may come between.
    token_lives: None,
    idempotent: false,
    enters_tax: false,
    // Its home currency adjustment does, whenever its owner calls for one.
    revalues: true,
    keeps_stock: true,
    takes_without_money: &[DocumentKind::PurchaseOrder, DocumentKind::InventoryAdjustment],
    foreign_balances: ForeignBalances::InWorth,
    has_settings: true,
    // Its numbers have eleven characters, and so has a key.
    prefixes: false,
    dimensions: KeptDimensions::Named { of_lines: &[shape::CLASS], of_documents: None },
    lists_all_days: false,
    tells_new_people: false,
    tells_changes: None,
    amends: amending::KINDS,
    // What is to be voided is looked at first: the request names no version.
    amends_paid: false,
    shows_matches: true,
    drafts_count: false,
    feed: None,
};

impl Book for QuickBooksDesktop {
    fn description(&self) -> &'static BookDescription {
        &DESCRIPTION
    }

    fn addresses(&self, _settings: &BTreeMap<String, String>) -> Result<Addresses, String> {
        Ok(Addresses::default())
    }

    fn names(&self, need: &Need) -> Vec<String> {
        match need {
            Need::Account(account) | Need::ForeignAccount { account, .. } => {
                vec![names::account(&account.name)]
            }
            Need::Item(item) => names::item(item),
            Need::Party(party) => names::party(party),
            Need::Value { value, .. } => names::class(value.name()),
            Need::Dimension(dimension) => vec![dimension.name().to_owned()],
            Need::TaxRate(_) => names::no_tax(),
            Need::Listed(listed) => listed::names(listed),
        }
    }

    fn takes_room(&self, need: &Need) -> &'static [&'static str] {
        room::takes(need)
    }

    fn wants_leave(
        &self,
        need: &Need,
        settings: &BTreeMap<String, String>,
    ) -> Option<&'static str> {
        let has_leave = || settings.get(MAKES_TAX_ITEM).is_some_and(|it| it == "yes");
        match need {
            Need::TaxRate(_) if !has_leave() => Some(MAKE_TAX_ITEM),
            Need::Listed(Listed::Currency(_)) => Some(MAKE_CURRENCY_ACTIVE),
            _ => None,
        }
    }

    fn voids(&self, document: &Document) -> Option<Vec<Account>> {
        voiding::voids(document)
    }

    fn amends(&self, before: &Document, wanted: &Document) -> bool {
        amending::amends(before, wanted)
    }

    fn needs(&self, subject: &Subject) -> Vec<Need> {
        match subject {
            // What it refers to is bound already, and nothing else is said.
            Subject::Document { voids: Some(_), .. } => Vec::new(),
            Subject::Need(Need::Item(Item { kept: Some(kept), .. })) => {
                let KeptItem { income, stock, cost, .. } = &**kept;
                [income, stock, cost].map(|account| Need::Account(account.clone())).to_vec()
            }
            Subject::Need(Need::Item(item)) => vec![Need::Account(item.account.clone())],
            Subject::Need(Need::ForeignAccount { currency, .. }) => {
                vec![Need::Listed(Listed::Currency(*currency))]
            }
            Subject::Need(
                Need::Account(_)
                | Need::Party(_)
                | Need::TaxRate(_)
                | Need::Listed(_)
                | Need::Dimension(_)
                | Need::Value { .. },
            )
            | Subject::Confirmed { .. }
            | Subject::Attached { .. } => Vec::new(),
            // What it said before is compared with what the book shows.
            Subject::Amended { document, before, .. } => {
                let mut needs = needs_of(document, None);
                let before = needs_of(before, None).into_iter();
                let others: Vec<Need> = before.filter(|it| !needs.contains(it)).collect();
                needs.extend(others);
                needs
            }
            // What this book cannot hold needs nothing: asking for it says why.
            Subject::Document { document, applies_to, .. } => needs_of(document, *applies_to),
        }
    }

    fn ask(&self, tasks: &[Task], token: &str, context: &BookContext) -> Result<Ask, Fault> {
        ask::ask(tasks, token, context)
    }

    fn hear(
        &self,
        tasks: &[Task],
        answer: &Answer,
        context: &BookContext,
    ) -> Result<Vec<Outcome>, Fault> {
        hear::hear(tasks, answer, context)
    }
}

/// What a document needs; nothing where this book cannot hold it.
fn needs_of(document: &Document, applies_to: Option<DocumentKey>) -> Vec<Need> {
    let shape = shape::shape_for(document, applies_to);
    shape.map(|shape| shape.needs(document)).unwrap_or_default()
}
