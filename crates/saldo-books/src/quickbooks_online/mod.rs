#![doc = include_str!("README.md")]

mod amending;
mod ask;
mod attachments;
mod balances;
mod bills;
mod bought;
mod changes;
mod chart;
mod codes;
mod compare;
mod dimensions;
mod faults;
mod find;
mod foreign;
mod gather;
mod hear;
mod listing;
mod lists;
mod names;
mod operation;
mod prices;
mod report;
mod result;
mod sales;
mod settings;
mod shape;
mod stock;
mod tax;
mod voiding;
mod wire;
mod write;

#[cfg(test)]
mod tests;

use saldo_core::book::{
    Book, BookContext, BookDescription, ForeignBalances, Item, KeptDimensions, Need, Outcome,
    Subject, Task,
};
use saldo_core::document::{Document, DocumentKind, KeptItem};
use saldo_core::exchange::{
    Addresses, Answer, Ask, Authorisation, Fault, Grant, Introduction, RateLimit,
};
use saldo_core::feed::{FeedColumn, FeedFormat, FeedLimit, FeedUpload};
use saldo_core::ledger::Account;
use std::collections::BTreeMap;
use std::time::Duration;

/// QuickBooks Online, through version 3 of its accounting interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuickBooksOnline;

static DESCRIPTION: BookDescription = BookDescription {
    name: "quickbooks-online",
    title: "QuickBooks Online",
    authorisation: Some(Authorisation {
        header: "authorization",
        prefix: "Bearer ",
        grant: Grant::AuthorizationCode {
            authorise_address: "authorise",
            token_address: "token",
            scopes: "com.intuit.quickbooks.accounting",
            without_secret: false,
        },
    }),
    requests_left: &[],
    limits: &[
        RateLimit { count: 500, per: Duration::from_mins(1), path_contains: "" },
        RateLimit { count: 10, per: Duration::from_secs(1), path_contains: "" },
        RateLimit { count: 40, per: Duration::from_mins(1), path_contains: "/batch" },
    ],
    batch: ask::BATCH,
    // Longer reports are answered late or not at all: the vendor advises half a year.
    result_days: Some(180),
    look_up_batch: 30,
    token_lives: Some(Duration::from_mins(10)),
    idempotent: false,
    enters_tax: true,
    revalues: true,
    keeps_stock: true,
    takes_without_money: &[DocumentKind::PurchaseOrder, DocumentKind::InventoryAdjustment],
    foreign_balances: ForeignBalances::InWorth,
    has_settings: true,
    prefixes: true,
    dimensions: KeptDimensions::Named {
        of_lines: &[dimensions::CLASS],
        of_documents: Some(dimensions::LOCATION),
    },
    lists_all_days: false,
    tells_new_people: false,
    tells_changes: Some(Duration::from_hours(24 * 30)),
    amends: amending::KINDS,
    amends_paid: true,
    shows_matches: false,
    drafts_count: false,
    feed: Some(FeedUpload {
        formats: &[FeedFormat::Table, FeedFormat::Ofx, FeedFormat::WebConnect],
        columns: &[FeedColumn::Date, FeedColumn::Description, FeedColumn::Amount],
        // Its page takes files up to 350 KB; what stands around the rows is less than two.
        limit: FeedLimit { rows: 1_000, bytes: 348_000 },
    }),
};

impl Book for QuickBooksOnline {
    fn description(&self) -> &'static BookDescription {
        &DESCRIPTION
    }

    fn addresses(&self, settings: &BTreeMap<String, String>) -> Result<Addresses, String> {
        let realm = settings.get("realm").map_or("", String::as_str);
        if realm.is_empty() || !realm.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("the setting `realm` must be the company's id in QuickBooks, digits only"
                .to_owned());
        }
        codes::Says::read(settings)?;
        Ok(self.home())
    }

    fn home(&self) -> Addresses {
        let addresses = [
            ("api", "https://quickbooks.api.intuit.com"),
            ("authorise", "https://appcenter.intuit.com/connect/oauth2"),
            ("token", "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"),
        ];
        let owned = |(name, address): (&str, &str)| (name.to_owned(), address.to_owned());
        Addresses(addresses.into_iter().map(owned).collect())
    }

    fn introduction(&self, context: &BookContext) -> Result<Option<Ask>, Fault> {
        ask::introduction(context).map(Some)
    }

    fn hear_introduction(&self, answer: &Answer) -> Result<Introduction, Fault> {
        hear::introduction(answer)
    }

    fn names(&self, need: &Need) -> Vec<String> {
        match need {
            Need::Account(account) | Need::ForeignAccount { account, .. } => {
                vec![names::account(&account.name)]
            }
            Need::Item(item) => names::item(item),
            Need::Party(party) => names::party(party),
            Need::Value { value, .. } => names::value(value.name()),
            Need::Dimension(dimension) => vec![dimension.name().to_owned()],
            Need::TaxRate(tax) => vec![tax.to_string()],
            Need::Listed(listed) => vec![listed.to_string()],
        }
    }

    fn voids(&self, document: &Document) -> Option<Vec<Account>> {
        voiding::voids(document)
    }

    fn amends(&self, before: &Document, wanted: &Document) -> bool {
        amending::amends(before, wanted)
    }

    fn takes_files(&self, document: &Document) -> bool {
        shape::shape(document).is_ok()
    }

    fn recognises(&self, subject: &Subject) -> bool {
        !matches!(subject, Subject::Attached { .. })
    }

    /// Each file is a request of its own; all else may go in one batch.
    fn place(&self, subject: &Subject) -> String {
        match subject {
            Subject::Attached { key, .. } => format!("upload/{key}"),
            _ => String::new(),
        }
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
            Subject::Need(
                Need::Account(_)
                | Need::ForeignAccount { .. }
                | Need::Party(_)
                | Need::TaxRate(_)
                | Need::Listed(_)
                | Need::Dimension(_)
                | Need::Value { .. },
            )
            | Subject::Confirmed { .. }
            | Subject::Attached { .. } => Vec::new(),
            // What this book cannot hold needs nothing: asking for it says why.
            Subject::Document { document, .. } => needs_of(document),
            // What it said before is compared with what the book shows.
            Subject::Amended { document, before, .. } => {
                let mut needs = needs_of(document);
                let others = needs_of(before);
                needs.extend(
                    others.into_iter().filter(|it| !needs.contains(it)).collect::<Vec<_>>(),
                );
                needs
            }
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

/// What must be bound before a document can be created.
fn needs_of(document: &Document) -> Vec<Need> {
    shape::shape(document).map(|shape| shape.needs(document)).unwrap_or_default()
}
