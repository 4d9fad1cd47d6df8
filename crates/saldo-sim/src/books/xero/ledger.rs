//! The general ledger, and the reports that are read from it.

use super::entity::Entity;
use super::fields;
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A change of one account by one transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// The day in the books.
    pub date: Date,
    /// The number, the reference or the narration of the transaction; of a payment, also what it
    /// settles.
    pub label: String,
    /// The account's name.
    pub account: String,
    /// The account's identifier.
    pub account_id: String,
    /// Minor units of the base currency, debit positive.
    pub minor: i64,
    /// What kind of transaction.
    pub kind: Kind,
    /// The transaction's identifier.
    pub remote: String,
}

/// Sections of the trial balance and the classes of their accounts.
const SECTIONS: &[(&str, &str)] = &[
    ("Revenue", "REVENUE"),
    ("Expenses", "EXPENSE"),
    ("Assets", "ASSET"),
    ("Liabilities", "LIABILITY"),
    ("Equity", "EQUITY"),
];

impl Organisation {
    /// Every posting, by date, label and account.
    #[must_use]
    pub fn ledger(&self) -> Vec<Posting> {
        let mut postings = Vec::new();
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            let label = self.label(entity);
            for leg in &entity.legs {
                let account = self.entity(Kind::Account, leg.account);
                postings.push(Posting {
                    date: entity.date().unwrap_or(Date::MIN),
                    label: label.clone(),
                    account: account.map_or("", |it| it.word("Name")).to_owned(),
                    account_id: account.map_or("", |it| it.id.as_str()).to_owned(),
                    minor: leg.minor,
                    kind: entity.kind,
                    remote: entity.id.clone(),
                });
            }
        }
        postings.sort();
        postings
    }

    /// The ledger as text that is the same for the same books, whatever identifiers the vendor gave
    /// and in whatever order the documents came: date, kind, label, account and amount, parted by
    /// tabs, a line for each posting.
    #[must_use]
    pub fn ledger_without_ids(&self) -> String {
        let mut text = String::new();
        for it in self.ledger() {
            let amount = fields::decimal_of(it.minor);
            let (date, kind) = (it.date, it.kind.name());
            text.push_str(&format!("{date}\t{kind}\t{}\t{}\t{amount}\n", it.label, it.account));
        }
        text
    }

    fn label(&self, entity: &Entity) -> String {
        let own = match entity.kind {
            Kind::Invoice => entity.word("InvoiceNumber"),
            Kind::CreditNote => entity.word("CreditNoteNumber"),
            Kind::ManualJournal => entity.word("Narration"),
            _ => entity.word("Reference"),
        };
        let settled = entity.settles.and_then(|(kind, place)| self.entity(kind, place));
        match settled.map(|document| self.label(document)) {
            Some(settled) => format!("{settled} {own}").trim().to_owned(),
            None => own.to_owned(),
        }
    }

    /// What every account held at the end of a day, in minor units of the base currency, debit
    /// positive. Revenue and expenses of earlier financial years stand within retained earnings.
    fn balances(&self, end: Date) -> Checked<BTreeMap<u64, i64>> {
        let begins = self.year_of(end);
        let retained = self.system("RETAINEDEARNINGS")?;
        let mut balances = BTreeMap::new();
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            let Some(date) = entity.date().filter(|date| *date <= end) else { continue };
            for leg in &entity.legs {
                let account = self.entity(Kind::Account, leg.account);
                let passes = account.is_some_and(|it| is_of_year(it.word("Class")));
                let account = if date < begins && passes { retained } else { leg.account };
                *balances.entry(account).or_insert(0) += leg.minor;
            }
        }
        Ok(balances)
    }

    /// How every account changed between two days, both included.
    fn movements(&self, start: Date, end: Date) -> BTreeMap<u64, (i64, i64)> {
        let mut movements = BTreeMap::new();
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            let within = entity.date().is_some_and(|date| start <= date && date <= end);
            for leg in entity.legs.iter().filter(|_| within) {
                let sides: &mut (i64, i64) = movements.entry(leg.account).or_default();
                sides.0 += leg.minor.max(0);
                sides.1 += (-leg.minor).max(0);
            }
        }
        movements
    }

    /// The first day of the financial year that a day lies in.
    fn year_of(&self, day: Date) -> Date {
        let last = self.settings.financial_year_end_month;
        let month = last % 12 + 1;
        let year = if day.month() >= month { day.year() } else { day.year() - 1 };
        Date::new(year, month, 1).unwrap_or(day)
    }

    /// The trial balance at the end of a day: of the month so far, and of the year so far.
    pub(super) fn trial_balance(&self, date: Option<&str>, now: Timestamp) -> Checked<Value> {
        let end = day("date", date)?.unwrap_or_else(|| self.today(now));
        let balances = self.balances(end)?;
        let movements = self.movements(end.first_of_month(), end);
        let mut rows = vec![header(&["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"])];
        let mut sums = [0; 4];
        for (title, class) in SECTIONS {
            let mut section = Vec::new();
            for account in self.shelf(Kind::Account).filter(|it| it.word("Class") == *class) {
                let month =
                    movements.get(&account.place).map_or(0, |(debit, credit)| debit - credit);
                let year = balances.get(&account.place).copied().unwrap_or(0);
                if month == 0 && year == 0 {
                    continue;
                }
                let sides = [month.max(0), (-month).max(0), year.max(0), (-year).max(0)];
                for (sum, side) in sums.iter_mut().zip(sides) {
                    *sum += side;
                }
                section.push(account_row(account, [month, year]));
            }
            if !section.is_empty() {
                rows.push(json!({ "RowType": "Section", "Title": title, "Rows": section }));
            }
        }
        let mut cells = vec![json!({ "Value": "Total" })];
        cells.extend(sums.map(|sum| json!({ "Value": text(sum) })));
        let total = json!({ "RowType": "SummaryRow", "Cells": cells });
        rows.push(json!({ "RowType": "Section", "Title": "", "Rows": [total] }));
        let titles = ["Trial Balance", &self.name, &format!("As at {}", long(end))];
        Ok(self.report("TrialBalance", &titles, rows, now))
    }

    /// What came into each bank account and went out of it between two days.
    pub(super) fn bank_summary(
        &self,
        from: Option<&str>,
        to: Option<&str>,
        now: Timestamp,
    ) -> Checked<Value> {
        let end = day("toDate", to)?.unwrap_or_else(|| self.today(now));
        let start = day("fromDate", from)?.unwrap_or_else(|| end.first_of_month());
        let closing = self.balances(end)?;
        let movements = self.movements(start, end);
        let titles = ["Bank Accounts", "Opening Balance", "Cash Received", "Cash Spent"];
        let mut rows = vec![header(&[&titles[..], &["Closing Balance"]].concat())];
        let mut section = Vec::new();
        let mut sums = [0; 4];
        for account in self.shelf(Kind::Account).filter(|it| it.word("Type") == "BANK") {
            let (received, spent) = movements.get(&account.place).copied().unwrap_or_default();
            let closing = closing.get(&account.place).copied().unwrap_or(0);
            let figures = [closing - received + spent, received, spent, closing];
            for (sum, figure) in sums.iter_mut().zip(figures) {
                *sum += figure;
            }
            let attribute = json!([{ "Value": account.id, "Id": "accountID" }]);
            let mut cells = vec![json!({ "Value": account.word("Name"), "Attributes": attribute })];
            cells.extend(figures.map(|figure| json!({ "Value": text(figure) })));
            section.push(json!({ "RowType": "Row", "Cells": cells }));
        }
        let mut cells = vec![json!({ "Value": "Total" })];
        cells.extend(sums.map(|sum| json!({ "Value": text(sum) })));
        section.push(json!({ "RowType": "SummaryRow", "Cells": cells }));
        rows.push(json!({ "RowType": "Section", "Title": "", "Rows": section }));
        let period = format!("From {} to {}", long(start), long(end));
        Ok(self.report("BankSummary", &["Bank Summary", &self.name, &period], rows, now))
    }

    fn report(&self, kind: &str, titles: &[&str], rows: Vec<Value>, now: Timestamp) -> Value {
        json!({
            "ReportID": kind,
            "ReportName": titles.first(),
            "ReportType": kind,
            "ReportTitles": titles,
            "ReportDate": long(self.today(now)),
            "UpdatedDateUTC": fields::shown_instant(now),
            "Fields": [],
            "Rows": rows,
        })
    }
}

fn is_of_year(class: &str) -> bool {
    matches!(class, "REVENUE" | "EXPENSE")
}

fn day(name: &str, given: Option<&str>) -> Checked<Option<Date>> {
    let broken = |_| Refusal::Query(format!("{name} is not a date"));
    given.map(|text| text.parse().map_err(broken)).transpose()
}

fn header(titles: &[&str]) -> Value {
    let cells: Vec<Value> = titles.iter().map(|title| json!({ "Value": title })).collect();
    json!({ "RowType": "Header", "Cells": cells })
}

/// A row of the trial balance. The side that an account does not stand on is empty.
fn account_row(account: &Entity, figures: [i64; 2]) -> Value {
    let attribute = json!([{ "Value": account.id, "Id": "account" }]);
    let name = match account.text("Code") {
        Some(code) => format!("{} ({code})", account.word("Name")),
        None => account.word("Name").to_owned(),
    };
    let mut cells = vec![json!({ "Value": name, "Attributes": attribute })];
    let natural_debit = matches!(account.word("Class"), "ASSET" | "EXPENSE");
    for figure in figures {
        let debit = if figure == 0 { natural_debit } else { figure > 0 };
        let (left, right) = match debit {
            true => (text(figure), String::new()),
            false => (String::new(), text(-figure)),
        };
        cells.push(json!({ "Value": left, "Attributes": attribute }));
        cells.push(json!({ "Value": right, "Attributes": attribute }));
    }
    json!({ "RowType": "Row", "Cells": cells })
}

fn text(minor: i64) -> String {
    fields::decimal_of(minor).to_string()
}

fn long(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}
