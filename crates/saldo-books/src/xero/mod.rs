#![doc = include_str!("README.md")]

mod amending;
mod ask;
mod attachments;
mod balances;
mod chart;
mod compare;
mod dates;
mod faults;
mod find;
mod foreign;
mod hear;
mod listing;
mod moved;
mod names;
mod notes;
mod place;
mod rates;
mod report;
mod result;
mod settings;
mod shape;
mod stock;
mod tax;
mod tracking;
mod voiding;
mod wire;
mod write;

#[cfg(test)]
mod tests;

use place::Place;
use saldo_core::book::{
    Book, BookContext, BookDescription, ForeignBalances, Item, KeptDimensions, Need, Outcome,
    Subject, Task,
};
use saldo_core::document::{Document, DocumentKind, KeptItem};
use saldo_core::exchange::{
    Addresses, Answer, Ask, Authorisation, Fault, Grant, Introduction, RateLimit, RequestsLeft,
};
use saldo_core::feed::{FeedColumn, FeedFormat, FeedLimit, FeedUpload};
use saldo_core::ledger::Account;
use saldo_core::text::RemoteId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Xero, through version 2.0 of its accounting interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct Xero;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

static DESCRIPTION: BookDescription = BookDescription {
    name: "xero",
    title: "Xero",
    authorisation: Some(Authorisation {
        header: "authorization",
        prefix: "Bearer ",
        grant: Grant::AuthorizationCode {
            authorise_address: "authorise",
            token_address: "token",
            // Each right by itself: the broad ones are not given to new clients.
            scopes: "offline_access accounting.invoices accounting.payments \
                     accounting.banktransactions accounting.manualjournals accounting.contacts \
                     accounting.settings accounting.attachments \
                     accounting.reports.trialbalance.read \
                     accounting.reports.profitandloss.read",
            without_secret: true,
        },
    }),
    requests_left: &[
        RequestsLeft { header: "x-daylimit-remaining", per: DAY },
        RequestsLeft { header: "x-minlimit-remaining", per: MINUTE },
        RequestsLeft { header: "x-appminlimit-remaining", per: MINUTE },
    ],
    limits: &[RateLimit { count: 60, per: MINUTE, path_contains: "" }],
    batch: ask::BATCH,
    // An address takes no more filters than these.
    look_up_batch: 25,
    result_days: Some(365),
    token_lives: Some(Duration::from_mins(6)),
    idempotent: false,
    enters_tax: true,
    revalues: true,
    keeps_stock: true,
    takes_without_money: &[DocumentKind::PurchaseOrder, DocumentKind::InventoryAdjustment],
    foreign_balances: ForeignBalances::Revalued,
    has_settings: true,
    prefixes: false,
    dimensions: KeptDimensions::AtMost(tracking::MOST),
    lists_all_days: false,
    tells_new_people: true,
    // Nothing is said of how far back it goes.
    tells_changes: Some(Duration::from_hours(24 * 365)),
    amends: amending::KINDS,
    amends_paid: false,
    shows_matches: true,
    drafts_count: false,
    feed: Some(FeedUpload {
        formats: &[FeedFormat::Table, FeedFormat::Ofx],
        columns: &[
            FeedColumn::Date,
            FeedColumn::Amount,
            FeedColumn::Payee,
            FeedColumn::Description,
            FeedColumn::Reference,
        ],
        limit: FeedLimit { rows: 1_000, bytes: 348_000 },
    }),
};

impl Book for Xero {
    fn description(&self) -> &'static BookDescription {
        &DESCRIPTION
    }

    fn addresses(&self, settings: &BTreeMap<String, String>) -> Result<Addresses, String> {
        let tenant = settings.get("tenant").map_or("", String::as_str);
        // It is known after signing in.
        if !tenant.is_empty() && !wire::is_id(tenant) {
            return Err("the setting `tenant` must be the id of the organisation's connection in \
                        Xero: 32 hexadecimal digits in five groups"
                .to_owned());
        }
        write::draft_status(settings)?;
        notes::are_wanted(settings)?;
        Ok(self.home())
    }

    fn home(&self) -> Addresses {
        let addresses = [
            ("api", "https://api.xero.com"),
            ("authorise", "https://login.xero.com/identity/connect/authorize"),
            ("token", "https://identity.xero.com/connect/token"),
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
            Need::TaxRate(tax) => vec![tax.to_string()],
            Need::Listed(listed) => vec![listed.to_string()],
            Need::Dimension(named) | Need::Value { value: named, .. } => {
                vec![tracking::name(named)]
            }
        }
    }

    fn voids(&self, document: &Document) -> Option<Vec<Account>> {
        voiding::voids(document)
    }

    fn reverses(&self, document: &Document) -> bool {
        voiding::reverses(document)
    }

    fn amends(&self, before: &Document, wanted: &Document) -> bool {
        amending::amends(before, wanted)
    }

    /// No document is linked with an order in the interface.
    fn closes_orders(&self) -> bool {
        false
    }

    fn takes_files(&self, document: &Document) -> bool {
        shape::shape(document).is_ok_and(|shape| attachments::takes(&shape))
    }

    fn wants_notes(&self, settings: &BTreeMap<String, String>) -> bool {
        notes::are_wanted(settings).is_ok_and(|wanted| wanted)
    }

    fn takes_note(&self, document: &Document) -> bool {
        notes::takes(document)
    }

    fn place(&self, subject: &Subject) -> String {
        if let Some(voided) = voiding::of(subject) {
            return voiding::path(voided);
        }
        match (subject, Place::of(subject)) {
            // Each account is a request of its own, and so is each category and option.
            (
                Subject::Need(Need::Account(account) | Need::ForeignAccount { account, .. }),
                Some(place),
            ) => {
                format!("{}/{}", place.name(), account.name)
            }
            (Subject::Need(need @ (Need::Dimension(_) | Need::Value { .. })), Some(place)) => {
                format!("{}/{}", place.name(), need.binding())
            }
            // Each file is a request of its own.
            (Subject::Attached { key, .. }, Some(place)) => {
                format!("{}/{key}/Attachments", place.name())
            }
            // What changes is another request than what is new.
            (Subject::Confirmed { .. }, Some(place)) => format!("{}/confirmed", place.name()),
            (Subject::Amended { .. }, Some(place)) => format!("{}/amended", place.name()),
            (_, Some(place)) => place.name().to_owned(),
            (_, None) => String::new(),
        }
    }

    /// What is owed or claimed. Money that moved on a bank account has no drafts here, and whether
    /// another entry is a manual journal depends on its accounts.
    fn holds_drafts(&self, kind: DocumentKind) -> bool {
        use DocumentKind::{Bill, CreditMemo, Invoice, VendorCredit};
        matches!(kind, Invoice | CreditMemo | Bill | VendorCredit)
    }

    fn reported(&self, account: &RemoteId) -> RemoteId {
        RemoteId::from(wire::account_id(account))
    }

    fn needs(&self, subject: &Subject) -> Vec<Need> {
        match subject {
            Subject::Need(Need::Item(Item { kept: Some(kept), .. })) => {
                let KeptItem { income, stock, cost, .. } = &**kept;
                [income, stock, cost].map(|account| Need::Account(account.clone())).to_vec()
            }
            Subject::Need(Need::Item(item)) => vec![Need::Account(item.account.clone())],
            Subject::Need(Need::Value { dimension, .. }) => {
                vec![Need::Dimension(dimension.clone())]
            }
            Subject::Need(
                Need::Account(_)
                | Need::ForeignAccount { .. }
                | Need::Party(_)
                | Need::TaxRate(_)
                | Need::Listed(_)
                | Need::Dimension(_),
            ) => Vec::new(),
            Subject::Document { voids: Some(voided), .. } => voiding::needs(voided),
            Subject::Attached { .. } => Vec::new(),
            // What it said before is compared with what stands there.
            Subject::Amended { document, before, .. } => {
                let mut needs: Vec<Need> =
                    [document, before].into_iter().flat_map(|it| needs_of(it)).collect();
                let mut seen = BTreeSet::new();
                needs.retain(|need| seen.insert(need.binding()));
                needs
            }
            // What this book cannot hold needs nothing: asking for it says why.
            Subject::Document { document, .. } | Subject::Confirmed { document, .. } => {
                needs_of(document)
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

/// What must be bound before a document can be entered; nothing of one that this book cannot hold.
fn needs_of(document: &Document) -> Vec<Need> {
    shape::shape(document).map(|shape| shape.needs(document)).unwrap_or_default()
}
