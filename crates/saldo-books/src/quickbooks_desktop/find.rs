//! Looking things up: documents by their numbers, then by day and marker, everything else by name.
//!
//! QuickBooks takes a number twice without a word, so that nothing in doubt is sent again before it
//! was looked for. Transfers have no number, and a person may change that of any other: so a
//! document is absent only where none of its day carries its marker. Amounts are not asked for:
//! what a person changed must be found as well.

use super::amending;
use super::chart::{self, List};
use super::compare;
use super::deposits;
use super::faults;
use super::listed;
use super::message::{Request, Response, Responses};
use super::names;
use super::orders;
use super::room;
use super::shape::{CLASS, shape, shape_for};
use super::stock;
use super::voiding;
use super::wire::{DateRange, Kind, ListQuery, TxnQuery};
use super::write;
use super::xml::Element;
use jiff::civil::Date;
use saldo_core::book::{
    Acknowledgement, BookContext, Item, Listed, Need, Outcome, Subject, TaxRate,
};
use saldo_core::document::{Document, DocumentKey, KeptItem, Party};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::ledger::Account;
use saldo_core::text::RemoteId;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The page on which documents are looked for among all of their days.
const BY_DAY: &str = "day";
/// The page on which a payout is looked for among the deposits of its day.
const BY_DEPOSIT: &str = "deposit";
/// What the page begins with on which those are read that were found there; their ids follow.
const BY_ID: &str = "id ";

/// The code of what needs a feature that is switched off.
const FEATURE_OFF: i64 = 3250;

/// What the bindings of currencies begin with.
const CURRENCIES: &str = "currency/";

/// A look-up, and how far it has come.
pub(super) struct LookUp<'a> {
    subject: &'a Subject,
    step: Step<'a>,
}

/// What a document is asked for by.
#[derive(Clone, Copy)]
enum Step<'a> {
    /// Its number.
    Number,
    /// Its day: what carries its marker is read by its id afterwards, lest all lines of a day come.
    Day,
    /// Its day, among deposits, where it stands not among transfers and may be one.
    Deposit,
    /// The ids of what carries its marker.
    Ids(&'a str),
}

/// Where something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// In a list, by names.
    List(List),
    /// Among the transactions of a kind, by numbers.
    Numbers(Kind),
    /// Among the transactions of a kind that are dated on a day.
    Day(Kind, Date),
    /// Among the transactions of a kind, by ids.
    Ids(Kind),
}

impl Place {
    /// What the request that looks there is called.
    fn id(self) -> String {
        match self {
            Self::List(list) => list.name().to_owned(),
            Self::Numbers(kind) => kind.name().to_owned(),
            Self::Day(kind, date) => format!("{} {date}", kind.name()),
            Self::Ids(kind) => format!("{} by id", kind.name()),
        }
    }

    /// The kind of transaction that is looked for; none of a list.
    const fn kind(self) -> Option<Kind> {
        match self {
            Self::List(_) => None,
            Self::Numbers(kind) | Self::Day(kind, _) | Self::Ids(kind) => Some(kind),
        }
    }

    fn request(self, names: BTreeSet<String>) -> Result<Request, String> {
        let (request_id, named) = (self.id(), names.into_iter().collect());
        match self {
            Self::List(list) => {
                let fields = ListQuery { request_id, full_name: named, ..ListQuery::default() };
                Request::query(list.name(), &fields)
            }
            Self::Numbers(kind) => {
                let include_line_items = Some(true);
                let fields = TxnQuery {
                    request_id,
                    ref_number: named,
                    include_line_items,
                    ..TxnQuery::default()
                };
                Request::query(kind.name(), &fields)
            }
            Self::Day(kind, date) => {
                let day = date.to_string();
                let range = DateRange { from_txn_date: day.clone(), to_txn_date: day };
                let fields = TxnQuery {
                    request_id,
                    txn_date_range_filter: Some(range),
                    include_line_items: matches!(kind, Kind::JournalEntry).then_some(true),
                    include_ret_element: match kind.is_shown_whole() {
                        true => Vec::new(),
                        false => vec!["TxnID", "RefNumber", "Memo"],
                    },
                    ..TxnQuery::default()
                };
                Request::query(kind.name(), &fields)
            }
            Self::Ids(kind) => {
                let include_line_items = Some(true);
                let fields = TxnQuery {
                    request_id,
                    txn_id: named,
                    include_line_items,
                    ..Default::default()
                };
                Request::query(kind.name(), &fields)
            }
        }
    }
}

impl<'a> LookUp<'a> {
    /// A look-up that goes on at a page.
    ///
    /// # Errors
    /// Where the page is none of ours.
    pub(super) fn new(subject: &'a Subject, page: Option<&'a str>) -> Result<Self, Fault> {
        let unreadable = |page| Fault::new(Permit::Never, format!("`{page}` is no page of ours"));
        let step = match page {
            None => Step::Number,
            Some(BY_DAY) => Step::Day,
            Some(BY_DEPOSIT) => Step::Deposit,
            Some(page) => {
                page.strip_prefix(BY_ID).map(Step::Ids).ok_or_else(|| unreadable(page))?
            }
        };
        Ok(Self { subject, step })
    }

    /// Where a document of this kind is looked for now, and by what.
    fn place(&self, kind: Kind, key: DocumentKey, document: &Document) -> (Place, Vec<String>) {
        let day = |kind| (Place::Day(kind, document.header().date), Vec::new());
        match self.step {
            Step::Number if kind.is_numbered() => (Place::Numbers(kind), vec![key.to_string()]),
            Step::Number | Step::Day => day(kind),
            Step::Deposit => day(Kind::Deposit),
            Step::Ids(ids) => {
                // A transfer is read whole among its day.
                let kind = if kind == Kind::Transfer { Kind::Deposit } else { kind };
                (Place::Ids(kind), ids.split(' ').map(str::to_owned).collect())
            }
        }
    }

    /// Whether it may stand there as a deposit.
    fn may_be_deposit(&self) -> bool {
        match self.subject {
            Subject::Document { document, .. } => {
                shape_for(document, None).is_ok_and(|shape| deposits::is_one(&shape))
            }
            Subject::Need(_)
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => false,
        }
    }

    /// Where this is looked for, and by which names; nothing where it cannot be in this book.
    fn seek(&self) -> Option<(Place, Vec<String>)> {
        let named = |list, names| Some((Place::List(list), names));
        match self.subject {
            Subject::Need(Need::Account(account) | Need::ForeignAccount { account, .. }) => {
                named(List::Account, vec![names::account(&account.name)])
            }
            Subject::Need(Need::Item(item)) => named(List::Item, names::item(item)),
            Subject::Need(Need::Party(party)) => named(List::Entity, names::party(party)),
            Subject::Need(Need::Value { dimension, value }) if dimension.word == CLASS => {
                named(List::Class, names::class(value.name()))
            }
            Subject::Need(Need::TaxRate(_)) => named(List::Item, names::no_tax()),
            Subject::Need(Need::Listed(it @ Listed::PaymentMethod { .. })) => {
                named(List::PaymentMethod, listed::names(it))
            }
            Subject::Need(Need::Listed(it @ Listed::Terms { .. })) => {
                named(List::StandardTerms, listed::names(it))
            }
            // It is made by its owner alone.
            Subject::Need(Need::Listed(Listed::Currency(_))) => None,
            Subject::Need(Need::Value { .. } | Need::Dimension(_))
            | Subject::Confirmed { .. }
            | Subject::Attached { .. } => None,
            Subject::Amended { key, before, .. } => {
                Some(self.place(shape(before).ok()?.kind(), *key, before))
            }
            // What closes an order is looked for where the order stands, by its own number; what
            // voids something, by the id of that.
            Subject::Document { voids: Some(voided), .. } => {
                match orders::is_order(&voided.document) {
                    true => {
                        Some((Place::Numbers(Kind::PurchaseOrder), vec![voided.key.to_string()]))
                    }
                    false => voiding::kind(&voided.document)
                        .map(|kind| (Place::Ids(kind), vec![voided.remote.to_string()])),
                }
            }
            Subject::Document { key, document, applies_to, .. } => {
                let shape = shape_for(document, *applies_to).ok()?;
                Some(self.place(shape.kind(), *key, document))
            }
        }
    }
}

/// The queries that find these.
///
/// # Errors
/// In words, where one cannot be written.
pub(super) fn requests(look_ups: &[LookUp<'_>]) -> Result<Vec<Request>, String> {
    let mut sought: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    for (place, names) in look_ups.iter().filter_map(LookUp::seek) {
        sought.entry(place).or_default().extend(names);
    }
    sought.into_iter().map(|(place, names)| place.request(names)).collect()
}

/// What the answers mean, one outcome a look-up.
///
/// # Errors
/// Where a query was refused or not answered, or a row cannot be read.
pub(super) fn outcomes(
    look_ups: &[LookUp<'_>],
    mut responses: Responses,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let mut found: BTreeMap<Place, Vec<Element>> = BTreeMap::new();
    for (place, _) in look_ups.iter().filter_map(LookUp::seek) {
        if let Entry::Vacant(unread) = found.entry(place) {
            let response = responses.take(&place.id());
            unread.insert(rows_of(place.kind(), &place.id(), response)?);
        }
    }
    let outcome = |look_up: &LookUp<'_>| {
        let Some((place, _)) = look_up.seek() else { return Ok(Outcome::Absent) };
        let rows = found.get(&place).map_or(&[][..], Vec::as_slice);
        if let Place::Day(kind, _) = place
            && let Subject::Document { key, .. } | Subject::Amended { key, .. } = look_up.subject
            && !kind.is_shown_whole()
        {
            return Ok(among_day(*key, rows));
        }
        if let Subject::Document { voids: Some(voided), .. } = look_up.subject {
            if !orders::is_order(&voided.document) {
                return Ok(voiding::found(voided, rows));
            }
            let closed = rows.iter().find_map(|row| orders::closed(voided, row));
            return Ok(closed.map_or(Outcome::Absent, Outcome::Found));
        }
        match (outcome(look_up.subject, place, rows, context)?, place) {
            (Outcome::Absent, Place::Day(Kind::Transfer, _)) if look_up.may_be_deposit() => {
                Ok(Outcome::Further { page: BY_DEPOSIT.to_owned() })
            }
            (Outcome::Absent, Place::Numbers(_)) => {
                Ok(Outcome::Further { page: BY_DAY.to_owned() })
            }
            // It stood among those of its day a moment ago. QuickBooks may leave out rows beside an
            // id that is gone: that it is not among these does not say that it is not there.
            (Outcome::Absent, Place::Ids(_)) => {
                Err(Fault::new(Permit::Retry, "what its day showed was not shown by its id"))
            }
            (outcome, _) => Ok(outcome),
        }
    };
    look_ups.iter().map(outcome).collect()
}

/// What it means that these rows are all of a document's day: those of it must be read whole.
fn among_day(key: DocumentKey, rows: &[Element]) -> Outcome {
    let ours = rows.iter().filter(|row| compare::is_of(row, key));
    let ids: Vec<&str> = ours.filter_map(|row| row.text(["TxnID"])).collect();
    match ids.is_empty() {
        true => Outcome::Absent,
        false => Outcome::Further { page: format!("{BY_ID}{}", ids.join(" ")) },
    }
}

/// The rows of an answer. That nothing, or not all, was found is no error.
///
/// # Errors
/// Where the query was refused, or not answered.
pub(super) fn rows(id: &str, response: Option<Response>) -> Result<Vec<Element>, Fault> {
    let missing = || Fault::new(Permit::Retry, format!("the query of {id} was not answered"));
    let response = response.ok_or_else(missing)?;
    match response.code {
        0 | 1 | 500 => Ok(response.element.children),
        _ if !response.is_error => Ok(response.element.children),
        code => {
            let permits = if faults::is_passing(code) { Permit::Retry } else { Permit::Never };
            let message = format!("quickbooks refused the query of {id}: {}", response.words());
            Err(Fault::new(permits, message))
        }
    }
}

/// The same of a kind of transaction: where stock and orders are switched off, there are none of
/// theirs, and QuickBooks does not let them be asked for.
///
/// # Errors
/// As [`rows`].
pub(super) fn rows_of(
    kind: Option<Kind>,
    id: &str,
    response: Option<Response>,
) -> Result<Vec<Element>, Fault> {
    let is_off = response.as_ref().is_some_and(|it| it.code == FEATURE_OFF);
    match kind {
        Some(kind) if kind.is_of_stock() && is_off => Ok(Vec::new()),
        _ => rows(id, response),
    }
}

/// How many rows there are, by a question that asks for no more than that.
///
/// # Errors
/// As [`rows`], and where no number is said.
pub(super) fn count(id: &str, response: Option<Response>) -> Result<u64, Fault> {
    let said = response.as_ref().map_or("", |it| it.element.attribute("retCount")).to_owned();
    rows(id, response)?;
    said.parse().map_err(|_| room::uncounted(id, &said))
}

fn outcome(
    subject: &Subject,
    place: Place,
    rows: &[Element],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    match subject {
        Subject::Need(Need::Account(account)) => {
            let currencies = |known: &str| known.starts_with(CURRENCIES);
            let mut foreign = context.bindings.0.iter().filter(|(known, _)| currencies(known));
            let is_foreign = |id: &str| foreign.any(|(_, remote)| remote.as_str() == id);
            Ok(account_outcome(account, rows, |kept_in| !kept_in.is_some_and(is_foreign)))
        }
        Subject::Need(Need::ForeignAccount { account, currency }) => {
            let currency = context.bindings.need(&Need::Listed(Listed::Currency(*currency)));
            let currency = currency.map(RemoteId::as_str);
            let is_right = |kept_in: Option<&str>| currency.is_some() && kept_in == currency;
            Ok(account_outcome(account, rows, is_right))
        }
        Subject::Need(Need::Item(item)) => Ok(match &item.kept {
            Some(kept) => stock_outcome(item, kept, rows, context),
            None => item_outcome(item, rows, context),
        }),
        Subject::Need(Need::Party(party)) => Ok(party_outcome(party, rows)),
        Subject::Need(Need::Value { value, .. }) => {
            let names = names::class(value.name());
            let row = rows.iter().find(|row| names.iter().any(|name| is_named(row, name)));
            Ok(row.map_or(Outcome::Absent, |row| found(row, None)))
        }
        Subject::Need(Need::TaxRate(tax)) => Ok(tax_outcome(tax, rows)),
        Subject::Need(Need::Listed(listed)) => Ok(listed_outcome(listed, rows)),
        Subject::Need(Need::Dimension(_))
        | Subject::Confirmed { .. }
        | Subject::Attached { .. } => Ok(Outcome::Absent),
        Subject::Amended { key, document, before, .. } => {
            let ours: Vec<&Element> = rows.iter().filter(|row| compare::is_of(row, *key)).collect();
            Ok(amending::found(*key, (before, document), &ours, context))
        }
        Subject::Document { key, document, applies_to, .. } => match place {
            Place::Numbers(kind) | Place::Day(kind, _) | Place::Ids(kind) => {
                document_outcome((*key, document, *applies_to), kind, rows, context)
            }
            Place::List(_) => Ok(Outcome::Absent),
        },
    }
}

/// A thing of a list that was found: as it should be, or not.
fn found(row: &Element, difference: Option<String>) -> Outcome {
    let inactive = (row.text(["IsActive"]) == Some("false")).then(|| "it is inactive".to_owned());
    let acknowledgement = Acknowledgement {
        version: row.text(["EditSequence"]).map(str::to_owned),
        ..Acknowledgement::of(RemoteId::from(row.text(["ListID"]).unwrap_or_default()))
    };
    match difference.or(inactive) {
        None => Outcome::Found(acknowledgement),
        Some(difference) => Outcome::FoundDifferent { acknowledgement, difference },
    }
}

fn is_named(row: &Element, name: &str) -> bool {
    let known = row.text(["FullName"]).or_else(|| row.text(["Name"]));
    known.is_some_and(|known| known.to_lowercase() == name.to_lowercase())
}

/// What is named so and can be used; where each of the names has something that cannot be, the
/// first of these.
fn listed_outcome(listed: &Listed, rows: &[Element]) -> Outcome {
    let names = listed::names(listed);
    let row = |name: &String| rows.iter().find(|row| is_named(row, name));
    let outcome = |row| found(row, listed::difference(listed, row));
    let named: Option<Vec<Outcome>> = names.iter().map(|name| row(name).map(outcome)).collect();
    let mut held = names.iter().filter_map(row).map(outcome);
    let usable = held.find(|outcome| matches!(outcome, Outcome::Found(_)));
    let all_are_taken = || named.and_then(|outcomes| outcomes.into_iter().next());
    usable.or_else(all_are_taken).unwrap_or(Outcome::Absent)
}

/// The account of our name: of the right side, and kept in the right currency.
fn account_outcome(
    account: &Account,
    rows: &[Element],
    is_right: impl FnOnce(Option<&str>) -> bool,
) -> Outcome {
    let name = names::account(&account.name);
    let Some(row) = rows.iter().find(|row| is_named(row, &name)) else { return Outcome::Absent };
    let held = row.text(["AccountType"]).unwrap_or_default();
    let kind = names::account_kind(held);
    let is_other = kind.is_some_and(|kind| kind.side() != account.kind.side());
    let other_type = is_other.then(|| format!("it is an account of the type {held}"));
    let is_right = is_right(row.text(["CurrencyRef", "ListID"]));
    let other_currency = || (!is_right).then(|| "it is kept in another currency".to_owned());
    found(row, other_type.or_else(other_currency))
}

/// An item of one of the possible names whose lines reach the right account.
fn item_outcome(item: &Item, rows: &[Element], context: &BookContext) -> Outcome {
    let account = context.bindings.need(&Need::Account(item.account.clone()));
    let names = names::item(item);
    let named = || rows.iter().filter(|row| names.iter().any(|name| is_named(row, name)));
    let lands = |row: &&Element| {
        let held = chart::income_account(row);
        held.is_some() && held == account.map(RemoteId::as_str)
    };
    match (named().find(lands), named().next()) {
        (Some(row), _) => found(row, None),
        (None, Some(row)) => {
            let name = &item.account.name;
            found(row, Some(format!("its lines do not reach the account `{name}`")))
        }
        (None, None) => Outcome::Absent,
    }
}

/// The item in stock of one of the possible names, rather one with the policy's accounts.
fn stock_outcome(item: &Item, kept: &KeptItem, rows: &[Element], context: &BookContext) -> Outcome {
    let names = names::item(item);
    let held = rows
        .iter()
        .filter(|row| stock::is_kept(row) && names.iter().any(|name| is_named(row, name)))
        .map(|row| (row, stock::difference(kept, row, context)));
    let best = held.min_by_key(|(_, difference)| difference.is_some());
    best.map_or(Outcome::Absent, |(row, difference)| found(row, difference))
}

/// The item of sales tax of our name, with the rate that it should have.
fn tax_outcome(tax: &TaxRate, rows: &[Element]) -> Outcome {
    let names = names::no_tax();
    let named = rows.iter().find(|row| names.iter().any(|name| is_named(row, name)));
    let Some(row) = named else { return Outcome::Absent };
    let held = chart::percent(row);
    found(row, (held.is_none() || held != tax.rate).then(|| "it has another rate".to_owned()))
}

/// The party of one of the possible names: the one with our marker, else one without any.
fn party_outcome(party: &Party, rows: &[Element]) -> Outcome {
    let kind = match party {
        Party::Customer { .. } => "CustomerRet",
        Party::Vendor { .. } => "VendorRet",
    };
    let names = names::party(party);
    let own = |row: &&Element| row.name == kind && names.iter().any(|name| is_named(row, name));
    let notes = |row: &Element| row.text(["Notes"]).unwrap_or_default().to_owned();
    let marker = names::party_marker(party);
    let says = |row: &&Element| {
        marker.as_ref().is_some_and(|it| notes(row).lines().any(|line| line == it))
    };
    let marked = rows.iter().filter(own).find(says);
    let unmarked = || rows.iter().filter(own).find(|row| !notes(row).contains("saldo:customer/"));
    marked.or_else(unmarked).map_or(Outcome::Absent, |row| found(row, None))
}

/// The document among these rows of a kind, if it is.
fn document_outcome(
    (key, document, applies_to): (DocumentKey, &Document, Option<DocumentKey>),
    kind: Kind,
    rows: &[Element],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let never = |reason: String| Fault::new(Permit::Never, reason);
    let mut ours = rows.iter().filter(|row| compare::is_of(row, key));
    let Some(first) = ours.next() else { return Ok(Outcome::Absent) };
    // A linked line does not say its item, which is what is held against the rows.
    let unlinked = applies_to.filter(|_| kind != Kind::ItemReceipt);
    let as_deposit = kind == Kind::Deposit;
    let sent = write::transaction((key, document, unlinked), as_deposit, context);
    let sent = sent.map_err(never)?;
    let held = compare::held(kind, document, &sent, first);
    let (acknowledgement, mut differences) = held.map_err(never)?;
    let others = ours.count();
    if others > 0 {
        differences.push(format!("it stands there {} times", others + 1));
    }
    Ok(match differences.is_empty() {
        true => Outcome::Found(acknowledgement),
        false => Outcome::FoundDifferent { acknowledgement, difference: differences.join("; ") },
    })
}
