//! The general ledger, and the trial balance that is read from it.

use super::element::Element;
use super::fields;
use super::file::CompanyFile;
use super::kind::Kind;
use super::message_set::Outcome;
use super::record::{Record, Standing};
use super::show::is_balance_sheet;
use super::status::{Checked, Status};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A change of one account by one transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// The day in the books.
    pub date: Date,
    /// The document number; empty where there is none.
    pub ref_number: String,
    /// The account's full name.
    pub account: String,
    /// The account's id.
    pub account_id: String,
    /// Cents, debit positive.
    pub minor: i64,
    /// What kind of transaction.
    pub kind: Kind,
    /// The transaction's id.
    pub remote: String,
    /// The full name of the line's class; empty where there is none.
    pub class: String,
}

/// A transaction, as somebody sees it who looks through the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// What kind.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Its day; none where it has no date that can be read.
    pub date: Option<Date>,
    /// Its number; empty where there is none.
    pub ref_number: String,
    /// Its memo; empty where there is none.
    pub memo: String,
    /// The memos of its lines that have one.
    pub line_memos: Vec<String>,
    /// What it debits altogether, in cents.
    pub minor: i64,
    /// Whether it was voided.
    pub is_voided: bool,
}

impl CompanyFile {
    /// Every posting, by date, document number and account.
    #[must_use]
    pub fn ledger(&self) -> Vec<Posting> {
        let counted = self.records.values().filter(|record| record.counts());
        let mut postings: Vec<Posting> =
            counted.flat_map(|record| self.postings_of(record)).collect();
        postings.sort();
        postings
    }

    fn postings_of<'a>(&'a self, record: &'a Record) -> impl Iterator<Item = Posting> + 'a {
        let name = |number: u64| self.record(number).map_or("", Record::full_name).to_owned();
        record.all_legs().map(move |leg| Posting {
            date: record.date().unwrap_or(Date::MIN),
            ref_number: record.text("RefNumber").unwrap_or("").to_owned(),
            account: name(leg.account),
            account_id: self.record(leg.account).map(Record::id).unwrap_or_default(),
            minor: leg.minor,
            kind: record.kind,
            remote: record.id(),
            class: leg.class.map(name).unwrap_or_default(),
        })
    }

    /// The ledger as text that is the same for the same books, whatever ids the vendor gave and in
    /// whatever order the documents came: date, kind, document number, account and amount, parted
    /// by tabs, a line for each posting.
    #[must_use]
    pub fn ledger_without_ids(&self) -> String {
        let mut lines: Vec<_> = self
            .ledger()
            .into_iter()
            .map(|it| (it.date, it.ref_number, it.account, it.kind.name(), it.minor))
            .collect();
        lines.sort();
        let mut text = String::new();
        for (date, number, account, kind, minor) in lines {
            let amount = fields::money(minor);
            text.push_str(&format!("{date}\t{kind}\t{number}\t{account}\t{amount}\n"));
        }
        text
    }

    /// Every transaction that was not deleted, in the order in which they were entered.
    #[must_use]
    pub fn documents(&self) -> Vec<Transaction> {
        let transactions = self.records.values().filter(|record| record.kind.is_transaction());
        let there = transactions.filter(|record| record.standing != Standing::Deleted);
        let show = |record: &Record| Transaction {
            kind: record.kind,
            id: record.id(),
            date: record.date(),
            ref_number: record.text("RefNumber").unwrap_or("").to_owned(),
            memo: record.text("Memo").unwrap_or("").to_owned(),
            line_memos: record
                .body
                .children
                .iter()
                .filter_map(|line| line.text_of("Memo").map(str::to_owned))
                .collect(),
            minor: match record.counts() {
                true => record.all_legs().map(|leg| leg.minor.max(0)).sum(),
                false => 0,
            },
            is_voided: record.standing == Standing::Voided,
        };
        there.map(show).collect()
    }

    /// What stands on each account at the end of a day, by its full name, in cents, debit positive:
    /// income and expenses of the year only, those of the years before within the retained
    /// earnings. Accounts at nought are left out.
    #[must_use]
    pub fn trial_balance(&self, end: Date) -> BTreeMap<String, i64> {
        let balances = self.balances_at(end).into_iter().filter(|(_, minor)| *minor != 0);
        let name = |number: u64| self.record(number).map_or("", Record::full_name).to_owned();
        balances.map(|(account, minor)| (name(account), minor)).collect()
    }

    fn balances_at(&self, end: Date) -> BTreeMap<u64, i64> {
        let year_begins = Date::new(end.year(), 1, 1).unwrap_or(end);
        let mut balances = BTreeMap::new();
        for record in self.records.values().filter(|record| record.counts()) {
            let Some(date) = record.date().filter(|date| *date <= end) else { continue };
            for leg in record.all_legs() {
                let account = self.record(leg.account);
                let is_carried = date < year_begins && !account.is_some_and(is_balance_sheet);
                let account = if is_carried { self.special.retained_earnings } else { leg.account };
                *balances.entry(account).or_insert(0) += leg.minor;
            }
        }
        balances
    }

    /// Answers a request for a report.
    pub(super) fn report(&self, request: &Element, now: Timestamp) -> Checked<Outcome> {
        let period = request.child("ReportPeriod");
        let day = |name| period.and_then(|period| fields::date(period, name));
        let today = self.today(now);
        match request.text_of("ReportDateMacro") {
            None | Some("All" | "Today" | "ThisYearToDate") => {}
            Some(other) => {
                return Err(Status::refused("ReportDateMacro", other, "Give the days instead."));
            }
        }
        let end = match request.text_of("ReportDateMacro") {
            Some("All") => Date::MAX,
            _ => day("ToReportDate").unwrap_or(today),
        };
        if let Some(start) = day("FromReportDate").filter(|start| *start > end) {
            let why = "The report ends before it begins.";
            return Err(Status::refused("FromReportDate", &start.to_string(), why));
        }
        if let Some(basis @ "Cash") = request.text_of("ReportBasis") {
            let why = "Only the accrual basis is available.";
            return Err(Status::refused("ReportBasis", basis, why));
        }
        if request.text_of("GeneralSummaryReportType") == Some("ProfitAndLossStandard") {
            let from = day("FromReportDate").unwrap_or(Date::MIN);
            return Ok(Outcome::of(vec![self.profit_and_loss(from, end)]));
        }
        let shows_nought = request.text_of("ReturnRows") == Some("All");
        let balances = self.balances_at(end);
        let shown = self.shelf(Kind::Account).filter_map(|account| {
            let minor = balances.get(&account.number).copied().unwrap_or(0);
            (minor != 0 || shows_nought).then_some((account.full_name(), minor))
        });
        let rows: Vec<(&str, i64)> = shown.collect();
        Ok(Outcome::of(vec![trial_balance(&rows, end)]))
    }
}

/// The report as it stands in an answer.
fn trial_balance(rows: &[(&str, i64)], end: Date) -> Element {
    let day = end.strftime("%B %-d, %Y").to_string();
    let mut report = Element::new("ReportRet");
    report.set("ReportTitle", "Trial Balance");
    report.set("ReportSubtitle", format!("As of {day}"));
    report.set("ReportBasis", "Accrual");
    report.set("NumRows", (rows.len() + 1).to_string());
    report.set("NumColumns", "3");
    report.set("NumColTitleRows", "2");
    for (id, title, kind, data) in [
        ("1", "", "Blank", "STRTYPE"),
        ("2", "Debit", "Debit", "AMTTYPE"),
        ("3", "Credit", "Credit", "AMTTYPE"),
    ] {
        let first = Element::new("ColTitle").with("titleRow", "1");
        let first = if title == "Debit" { first.with("value", day.clone()) } else { first };
        let second = Element::new("ColTitle").with("titleRow", "2");
        let second = if title.is_empty() { second } else { second.with("value", title) };
        let kind = Element::leaf("ColType", kind);
        let column = Element::node("ColDesc", vec![first, second, kind]);
        report.children.push(column.with("colID", id).with("dataType", data));
    }
    let mut data = Element::new("ReportData");
    let (mut debits, mut credits) = (0, 0);
    for (place, (name, minor)) in rows.iter().enumerate() {
        debits += minor.max(&0);
        credits += (-minor).max(0);
        let account = Element::new("RowData").with("rowType", "account").with("value", *name);
        let (column, amount) = if *minor < 0 { ("3", -minor) } else { ("2", *minor) };
        let cells = vec![account, cell("1", name), cell(column, &fields::money(amount))];
        let row = Element::node("DataRow", cells);
        data.children.push(row.with("rowNumber", (place + 1).to_string()));
    }
    let cells = vec![
        cell("1", "TOTAL"),
        cell("2", &fields::money(debits)),
        cell("3", &fields::money(credits)),
    ];
    let total = Element::node("TotalRow", cells);
    data.children.push(total.with("rowNumber", (rows.len() + 1).to_string()));
    report.children.push(data);
    report
}

fn cell(column: &str, value: &str) -> Element {
    Element::new("ColData").with("colID", column).with("value", value)
}
