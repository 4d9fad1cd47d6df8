//! The filters of queries.

use super::element::Element;
use super::file::CompanyFile;
use super::instants;
use super::kind::Kind;
use super::record::{Record, Standing};
use super::status::{Checked, Status};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeSet;

impl CompanyFile {
    /// The records of these kinds that pass a query's filters, in the order of their answer.
    pub(super) fn filtered(
        &self,
        request: &Element,
        kinds: &[Kind],
        now: Timestamp,
    ) -> Checked<Vec<u64>> {
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
                named(accounts) || record.all_legs().any(|leg| accounts.contains(&leg.account))
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
