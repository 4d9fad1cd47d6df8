//! Queries of lists and transactions.

use super::element::Element;
use super::file::CompanyFile;
use super::instants;
use super::kind::Kind;
use super::message_set::Outcome;
use super::record::{Record, Standing};
use super::status::{Checked, Status};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeSet;

impl CompanyFile {
    /// Answers a query.
    pub(super) fn query(&mut self, request: &Element, now: Timestamp) -> Checked<Outcome> {
        let name = request.name.as_str();
        if let ("Continue" | "Stop", Some(id)) =
            (request.attribute("iterator").unwrap_or(""), request.attribute("iteratorID"))
        {
            return self.iterate(request, id);
        }
        let kinds = kinds_of(name);
        let mut lost = None;
        let mut numbers = match self.named(request, &kinds, &mut lost)? {
            Some(numbers) => numbers,
            None => self.filtered(request, &kinds, now)?,
        };
        if name == "ReceivePaymentToDepositQueryRq" {
            numbers.retain(|number| self.waits_for_deposit(*number).is_some());
        }
        let meta = request.attribute("metaData").unwrap_or("NoMetaData");
        if meta == "MetaDataOnly" {
            let mut outcome = Outcome::of(Vec::new());
            outcome.attributes.push(("retCount".to_owned(), numbers.len().to_string()));
            return Ok(outcome);
        }
        let found = numbers.len();
        let most = request.text_of("MaxReturned").and_then(|text| text.parse::<usize>().ok());
        let mut attributes = Vec::new();
        if meta == "MetaDataAndResponseData" {
            attributes.push(("retCount".to_owned(), found.to_string()));
        }
        if request.attribute("iterator") == Some("Start") {
            let most = most.ok_or_else(|| Status::missing("MaxReturned"))?;
            let part = self.iterators.start(name, numbers, most);
            let part = part.ok_or_else(|| Status::bad_id("iteratorID", ""))?;
            attributes.push(("iteratorRemainingCount".to_owned(), part.remaining.to_string()));
            attributes.push(("iteratorID".to_owned(), part.id));
            numbers = part.numbers;
        } else if let Some(most) = most {
            numbers.truncate(most);
        }
        let status = match lost {
            Some(what) => Status::not_all_found(&what),
            None if found == 0 => Status::no_match(),
            None => Status::ok(),
        };
        Ok(Outcome { status, shown: self.show_all(request, &numbers), attributes })
    }

    fn iterate(&mut self, request: &Element, id: &str) -> Checked<Outcome> {
        let unknown = || Status::bad_id("iteratorID", id);
        if request.attribute("iterator") == Some("Stop") {
            let is_stopped = self.iterators.stop(&request.name, id);
            return is_stopped.then(|| Outcome::of(Vec::new())).ok_or_else(unknown);
        }
        let most = request.text_of("MaxReturned").and_then(|text| text.parse::<usize>().ok());
        let most = most.ok_or_else(|| Status::missing("MaxReturned"))?;
        let part = self.iterators.go_on(&request.name, id, most).ok_or_else(unknown)?;
        let mut outcome = Outcome::of(self.show_all(request, &part.numbers));
        outcome.attributes = vec![
            ("iteratorRemainingCount".to_owned(), part.remaining.to_string()),
            ("iteratorID".to_owned(), part.id),
        ];
        Ok(outcome)
    }

    fn show_all(&self, request: &Element, numbers: &[u64]) -> Vec<Element> {
        let is_set = |name: &str| matches!(request.text_of(name), Some("true" | "1"));
        let has_switch = super::tables::may_hold(&request.name, "IncludeLineItems");
        let with_lines = !has_switch || is_set("IncludeLineItems");
        let with_links = is_set("IncludeLinkedTxns");
        let records = numbers.iter().filter_map(|number| self.record(*number));
        let show = |record: &Record| match request.name.as_str() {
            "TransactionQueryRq" => self.show_summary(record),
            "ReceivePaymentToDepositQueryRq" => self.show_waiting(record),
            _ => {
                let mut shown = self.show(record, with_lines);
                if !with_links && super::tables::may_hold(&request.name, "IncludeLinkedTxns") {
                    shown.remove("LinkedTxn");
                }
                shown
            }
        };
        records.map(show).collect()
    }

    /// The records that a query names one by one; none where it does not.
    fn named(
        &self,
        request: &Element,
        kinds: &[Kind],
        lost: &mut Option<String>,
    ) -> Checked<Option<Vec<u64>>> {
        let mut numbers = Vec::new();
        let mut is_named = false;
        for child in &request.children {
            let said = child.text.trim();
            let found: Vec<u64> = match child.name.as_str() {
                "ListID" | "TxnID" => {
                    if Record::number_in(said).is_none() {
                        return Err(Status::bad_id(&child.name, said));
                    }
                    self.by_id(kinds, said).map(|record| record.number).into_iter().collect()
                }
                "FullName" => {
                    self.by_name(kinds, said).map(|record| record.number).into_iter().collect()
                }
                "RefNumber" | "RefNumberCaseSensitive" => self.by_ref_number(kinds, child),
                _ => continue,
            };
            is_named = true;
            if found.is_empty() {
                lost.get_or_insert_with(|| said.to_owned());
            }
            numbers.extend(found);
        }
        // A transaction query may narrow by other filters what it names by number.
        if request.name == "TransactionQueryRq" && request.child("TxnID").is_none() {
            return Ok(None);
        }
        Ok(is_named.then_some(numbers))
    }

    fn by_ref_number(&self, kinds: &[Kind], wanted: &Element) -> Vec<u64> {
        let said = wanted.text.trim();
        let key = |kind: &Kind| (*kind, said.to_lowercase());
        let numbers = kinds.iter().filter_map(|kind| self.index.ref_numbers.get(&key(kind)));
        let is_exact = wanted.name == "RefNumberCaseSensitive";
        let fits = |number: &u64| {
            let text = self.record(*number).and_then(|record| record.text("RefNumber"));
            !is_exact || text == Some(said)
        };
        numbers.flatten().copied().filter(fits).collect()
    }

    fn filtered(&self, request: &Element, kinds: &[Kind], now: Timestamp) -> Checked<Vec<u64>> {
        refuse_unknown_filters(request)?;
        let filter = Filter::read(self, request, now)?;
        let records = kinds.iter().flat_map(|kind| self.shelf(*kind));
        let fits = records.filter(|record| self.fits(record, request, &filter));
        let mut found: Vec<(Option<Date>, u64)> =
            fits.map(|record| (record.date(), record.number)).collect();
        // Transactions come by their day, elements of lists as they were entered.
        if kinds.iter().all(|kind| kind.is_transaction()) {
            found.sort();
        }
        Ok(found.into_iter().map(|(_, number)| number).collect())
    }

    fn fits(&self, record: &Record, request: &Element, filter: &Filter) -> bool {
        let is_within = |at: Timestamp| {
            filter.modified_from.is_none_or(|from| from <= at)
                && filter.modified_until.is_none_or(|until| at <= until)
        };
        let is_on = |day: Date| {
            filter.dated_from.is_none_or(|from| from <= day)
                && filter.dated_until.is_none_or(|until| day <= until)
        };
        let is_active = record.is_active();
        let activity = match request.text_of("ActiveStatus") {
            Some("All") => true,
            Some("InactiveOnly") => !is_active,
            _ => is_active || record.kind.is_transaction(),
        };
        let types: Vec<&str> = ["AccountType", "PaymentMethodType"]
            .iter()
            .flat_map(|name| request.all(name))
            .map(|it| it.text.trim())
            .collect();
        let own_type = record.text("AccountType").or_else(|| record.text("PaymentMethodType"));
        let named = |reference: &BTreeSet<u64>| {
            record.body.children.iter().any(|child| {
                let id = child.text_of("ListID").and_then(Record::number_in);
                id.is_some_and(|id| reference.contains(&id))
            })
        };
        activity
            && is_within(record.modified)
            && record.date().is_none_or(is_on)
            && (types.is_empty() || own_type.is_some_and(|own| types.contains(&own)))
            && filter.names.as_ref().is_none_or(&named)
            && filter.accounts.as_ref().is_none_or(|accounts| {
                named(accounts) || record.legs.iter().any(|leg| accounts.contains(&leg.account))
            })
            && fits_name(record, request)
            && fits_ref_number(record, request)
            && self.fits_state(record, request)
    }

    fn fits_state(&self, record: &Record, request: &Element) -> bool {
        let is_open = self.open(record) != 0;
        let paid = match request.text_of("PaidStatus") {
            Some("PaidOnly") => !is_open,
            Some("NotPaidOnly") => is_open,
            _ => true,
        };
        let state = match request.text_of("TransactionPaidStatusFilter") {
            Some("Open") => is_open,
            Some("Closed") => !is_open,
            _ => true,
        };
        let posts = record.kind != Kind::PurchaseOrder;
        let posting = match request.text_of("TransactionPostingStatusFilter") {
            Some("Posting") => posts,
            Some("NonPosting") => !posts,
            _ => true,
        };
        let types = request.child("TransactionTypeFilter").map_or(Vec::new(), |filter| {
            filter.all("TxnTypeFilter").map(|it| it.text.trim()).collect()
        });
        let is_meant = |known: &&str| *known == "All" || *known == record.kind.name();
        paid && state && posting && (types.is_empty() || types.iter().any(is_meant))
    }

    /// One line about a transaction, whatever its kind.
    fn show_summary(&self, record: &Record) -> Element {
        let mut shown = Element::new("TransactionRet");
        let body = self.show(record, false);
        shown.set("TxnType", record.kind.name());
        for name in ["TxnID", "TimeCreated", "TimeModified", "TxnDate", "RefNumber", "Memo"] {
            if let Some(text) = body.text_of(name) {
                shown.set(name, text.to_owned());
            }
        }
        let entity = ["CustomerRef", "VendorRef", "PayeeEntityRef"];
        if let Some(entity) = entity.iter().find_map(|name| record.body.child(name)) {
            shown.put(Element { name: "EntityRef".to_owned(), ..entity.clone() });
        }
        if let Some(leg) = record.legs.first() {
            shown.put(self.reference("AccountRef", leg.account));
            shown.set("Amount", super::fields::money(leg.minor));
        }
        super::tables::arrange(&mut shown);
        shown
    }

    /// Money that lies among the undeposited funds.
    fn show_waiting(&self, record: &Record) -> Element {
        let mut shown = Element::new("ReceivePaymentToDepositRet");
        shown.set("TxnID", record.id());
        shown.set("TxnType", record.kind.name());
        for name in ["TxnDate", "RefNumber"] {
            if let Some(text) = record.text(name) {
                shown.set(name, text.to_owned());
            }
        }
        if let Some(customer) = record.body.child("CustomerRef") {
            shown.put(customer.clone());
        }
        let minor = self.waits_for_deposit(record.number).unwrap_or(0);
        shown.set("Amount", super::fields::money(minor));
        super::tables::arrange(&mut shown);
        shown
    }
}

/// The kinds that a query looks through.
fn kinds_of(request: &str) -> Vec<Kind> {
    let stem = request.strip_suffix("QueryRq").unwrap_or(request);
    match stem {
        "Entity" => Kind::NAMES.to_vec(),
        "Item" => Kind::ITEMS.to_vec(),
        "Terms" => vec![Kind::StandardTerms],
        "Transaction" => Kind::ALL.into_iter().filter(|kind| kind.is_transaction()).collect(),
        "ReceivePaymentToDeposit" => {
            vec![Kind::SalesReceipt, Kind::ReceivePayment, Kind::JournalEntry, Kind::Check]
        }
        stem => Kind::of_name(stem).into_iter().collect(),
    }
}

/// Filters that would be passed over are refused.
fn refuse_unknown_filters(request: &Element) -> Checked<()> {
    let why = "This filter is not available.";
    let names = [
        "TotalBalanceFilter",
        "ClassFilter",
        "ItemFilter",
        "TransactionItemFilter",
        "TransactionClassFilter",
    ];
    if let Some(name) = names.iter().find(|name| request.child(name).is_some()) {
        return Err(Status::refused(name, "", why));
    }
    match request.text_of("TransactionDetailLevelFilter") {
        None | Some("SummaryOnly") => Ok(()),
        Some(other) => Err(Status::refused("TransactionDetailLevelFilter", other, why)),
    }
}

/// Days and instants of a query.
#[derive(Debug, Default)]
struct Filter {
    modified_from: Option<Timestamp>,
    modified_until: Option<Timestamp>,
    dated_from: Option<Date>,
    dated_until: Option<Date>,
    names: Option<BTreeSet<u64>>,
    accounts: Option<BTreeSet<u64>>,
}

impl Filter {
    fn read(file: &CompanyFile, request: &Element, now: Timestamp) -> Checked<Self> {
        let ranges = [
            "ModifiedDateRangeFilter",
            "TransactionModifiedDateRangeFilter",
            "TxnDateRangeFilter",
            "TransactionDateRangeFilter",
        ];
        let ranges: Vec<&Element> = std::iter::once(request)
            .chain(ranges.iter().filter_map(|name| request.child(name)))
            .collect();
        let said = |name: &str| ranges.iter().find_map(|range| range.text_of(name));
        let zone = file.zone();
        let mut filter = Self {
            modified_from: said("FromModifiedDate")
                .and_then(instants::read)
                .and_then(|said| said.from(&zone)),
            modified_until: said("ToModifiedDate")
                .and_then(instants::read)
                .and_then(|said| said.until(&zone)),
            dated_from: said("FromTxnDate").and_then(|text| text.parse().ok()),
            dated_until: said("ToTxnDate").and_then(|text| text.parse().ok()),
            names: file.filter_set(request, &["EntityFilter", "TransactionEntityFilter"])?,
            accounts: file.filter_set(request, &["AccountFilter", "TransactionAccountFilter"])?,
        };
        match said("DateMacro") {
            None | Some("All") => {}
            Some("Today") => {
                filter.dated_from = Some(file.today(now));
                filter.dated_until = Some(file.today(now));
            }
            Some(other) => {
                return Err(Status::refused("DateMacro", other, "Give the days instead."));
            }
        }
        Ok(filter)
    }
}

impl CompanyFile {
    /// Whom or what a filter means, by the numbers of their records.
    fn filter_set(&self, request: &Element, names: &[&str]) -> Checked<Option<BTreeSet<u64>>> {
        let Some(filter) = names.iter().find_map(|name| request.child(name)) else {
            return Ok(None);
        };
        let kinds: &[Kind] =
            if filter.name.ends_with("AccountFilter") { &[Kind::Account] } else { &Kind::NAMES };
        let mut numbers = BTreeSet::new();
        for child in &filter.children {
            let said = child.text.trim();
            let found = match child.name.as_str() {
                "ListID" | "ListIDWithChildren" => self.by_id(kinds, said),
                "FullName" | "FullNameWithChildren" => self.by_name(kinds, said),
                other => {
                    return Err(Status::refused(other, said, "This filter is not available."));
                }
            };
            let field = child.name.as_str();
            let found = found.ok_or_else(|| Status::bad_reference(field, said, &filter.name))?;
            numbers.insert(found.number);
            if child.name.ends_with("WithChildren") {
                let prefix = format!("{}:", found.full_name());
                let below = kinds.iter().flat_map(|kind| self.shelf(*kind));
                let below = below.filter(|record| record.full_name().starts_with(&prefix));
                numbers.extend(below.map(|record| record.number));
            }
        }
        Ok(Some(numbers))
    }
}

fn matches(filter: &Element, field: &str, text: &str) -> bool {
    let wanted = filter.text_of(field).unwrap_or("").to_lowercase();
    let text = text.to_lowercase();
    match filter.text_of("MatchCriterion") {
        Some("StartsWith") => text.starts_with(&wanted),
        Some("EndsWith") => text.ends_with(&wanted),
        _ => text.contains(&wanted),
    }
}

fn is_between(range: &Element, from: &str, until: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    range.text_of(from).is_none_or(|from| from.to_lowercase() <= text)
        && range.text_of(until).is_none_or(|until| text <= until.to_lowercase())
}

fn fits_name(record: &Record, request: &Element) -> bool {
    let name = record.text("Name").unwrap_or("");
    request.child("NameFilter").is_none_or(|filter| matches(filter, "Name", name))
        && request
            .child("NameRangeFilter")
            .is_none_or(|range| is_between(range, "FromName", "ToName", name))
}

fn fits_ref_number(record: &Record, request: &Element) -> bool {
    let number = record.text("RefNumber").unwrap_or("");
    let listed: Vec<&Element> =
        request.all("RefNumber").chain(request.all("RefNumberCaseSensitive")).collect();
    let is_listed = listed.iter().any(|it| it.text.trim().eq_ignore_ascii_case(number));
    (listed.is_empty() || is_listed)
        && request.child("RefNumberFilter").is_none_or(|it| matches(it, "RefNumber", number))
        && request
            .child("RefNumberRangeFilter")
            .is_none_or(|range| is_between(range, "FromRefNumber", "ToRefNumber", number))
        && record.standing != Standing::Deleted
}
