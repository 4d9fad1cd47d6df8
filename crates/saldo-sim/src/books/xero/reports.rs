//! The reports that are read from the ledger.

use super::entity::Entity;
use super::fields;
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Sections of the trial balance and the classes of their accounts.
const SECTIONS: &[(&str, &str)] = &[
    ("Revenue", "REVENUE"),
    ("Expenses", "EXPENSE"),
    ("Assets", "ASSET"),
    ("Liabilities", "LIABILITY"),
    ("Equity", "EQUITY"),
];

/// A part of the profit and loss report.
struct Part {
    title: &'static str,
    total: &'static str,
    /// Types of accounts, parted by spaces.
    types: &'static str,
    /// One where a credit counts for it, minus one where a debit does.
    sign: i64,
    /// What the figure is called that is left after it, where the report shows one.
    result: Option<&'static str>,
}

const PARTS: &[Part] = &[
    Part { title: "Income", total: "Total Income", types: "REVENUE SALES", sign: 1, result: None },
    Part {
        title: "Less Cost of Sales",
        total: "Total Cost of Sales",
        types: "DIRECTCOSTS",
        sign: -1,
        result: Some("Gross Profit"),
    },
    Part {
        title: "Plus Other Income",
        total: "Total Other Income",
        types: "OTHERINCOME",
        sign: 1,
        result: None,
    },
    Part {
        title: "Less Operating Expenses",
        total: "Total Operating Expenses",
        types: "EXPENSE OVERHEADS DEPRECIATN",
        sign: -1,
        result: Some("Net Profit"),
    },
];

impl Organisation {
    /// The trial balance at the end of a day: of the month so far, and of the year so far.
    pub(super) fn trial_balance(&self, date: Option<&str>, now: Timestamp) -> Checked<Value> {
        let end = day("date", date)?.unwrap_or_else(|| self.today(now));
        let balances = self.reported(end)?;
        let movements = self.reported_movements(end.first_of_month(), end)?;
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

    /// What was earned and spent between two days, both included, in the standard layout.
    pub(super) fn profit_and_loss(
        &self,
        (from, to): (Option<&str>, Option<&str>),
        now: Timestamp,
    ) -> Checked<Value> {
        let end = day("toDate", to)?.unwrap_or_else(|| self.today(now));
        let start = day("fromDate", from)?.unwrap_or_else(|| end.first_of_month());
        if start > end {
            return Err(Refusal::Query("fromDate lies after toDate".to_owned()));
        }
        let movements = self.reported_movements(start, end)?;
        let mut rows = vec![header(&["", &end.strftime("%-d %b %y").to_string()])];
        let mut left = 0;
        for Part { title, total, types, sign, result } in PARTS {
            let (mut section, mut sum) = (Vec::new(), 0);
            for account in self.shelf(Kind::Account) {
                let moved = movements
                    .get(&account.place)
                    .filter(|_| types.split(' ').any(|kind| kind == account.word("Type")));
                let Some((debit, credit)) = moved else { continue };
                let figure = sign * (credit - debit);
                sum += figure;
                let attribute = json!([{ "Value": account.id, "Id": "account" }]);
                section.push(json!({ "RowType": "Row", "Cells": [
                    { "Value": account.word("Name"), "Attributes": attribute },
                    { "Value": text(figure), "Attributes": attribute },
                ] }));
            }
            left += sign * sum;
            if !section.is_empty() {
                section.push(figure_row("SummaryRow", total, sum));
                rows.push(json!({ "RowType": "Section", "Title": title, "Rows": section }));
            }
            if let Some(result) = result {
                let row = figure_row("Row", result, left);
                rows.push(json!({ "RowType": "Section", "Title": "", "Rows": [row] }));
            }
        }
        let period = format!("{} to {}", long(start), long(end));
        let titles = ["Profit and Loss", &self.name, &period];
        Ok(self.report("ProfitAndLoss", &titles, rows, now))
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

/// A row with a name and a figure that belong to no account.
fn figure_row(kind: &str, name: &str, figure: i64) -> Value {
    json!({ "RowType": kind, "Cells": [{ "Value": name }, { "Value": text(figure) }] })
}
