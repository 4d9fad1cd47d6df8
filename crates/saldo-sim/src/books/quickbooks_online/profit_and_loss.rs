//! The profit and loss report: income and expenses of the days between two dates.

use super::company::{Company, account_type};
use super::entity::{Entity, answered_at, server_date};
use super::fault::Fault;
use super::kind::Kind;
use super::ledger::amount;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A part of the report.
enum Part {
    /// The accounts of one type: title, group, type, and whether a credit makes it larger.
    Accounts(&'static str, &'static str, &'static str, bool),
    /// A line that sums up all that stands above it.
    Result(&'static str, &'static str),
    /// A line that sums up other income and other expenses.
    OtherResult(&'static str, &'static str),
}

/// The parts in the order in which the vendor shows them.
const PARTS: &[Part] = &[
    Part::Accounts("Income", "Income", "Income", true),
    Part::Accounts("Cost of Goods Sold", "COGS", "Cost of Goods Sold", false),
    Part::Result("Gross Profit", "GrossProfit"),
    Part::Accounts("Expenses", "Expenses", "Expense", false),
    Part::Result("Net Operating Income", "NetOperatingIncome"),
    Part::Accounts("Other Income", "OtherIncome", "Other Income", true),
    Part::Accounts("Other Expenses", "OtherExpenses", "Other Expense", false),
    Part::OtherResult("Net Other Income", "NetOtherIncome"),
    Part::Result("Net Income", "NetIncome"),
];

impl Company {
    /// The profit and loss report over some days, both included. Without a first day it begins with
    /// the year, without a last one it ends today.
    pub(super) fn profit_and_loss(
        &self,
        start: Option<&str>,
        end: Option<&str>,
        now: Timestamp,
    ) -> Result<Value, Fault> {
        let day = |name: &str, text: Option<&str>, otherwise: Date| match text {
            Some(text) => text.parse().map_err(|_| Fault::bad_date(name, text)),
            None => Ok(otherwise),
        };
        let end = day("end_date", end, server_date(now))?;
        let start = day("start_date", start, Date::new(end.year(), 1, 1).unwrap_or(end))?;
        if start > end {
            return Err(Fault::bad_date("start_date", &start.to_string()));
        }
        let moved = self.moved_between(start, end);
        let no_data = moved.is_empty();
        Ok(json!({
            "Header": {
                "Time": answered_at(now),
                "ReportName": "ProfitAndLoss",
                "ReportBasis": "Accrual",
                "StartPeriod": start.to_string(),
                "EndPeriod": end.to_string(),
                "SummarizeColumnsBy": "Total",
                "Currency": "USD",
                "Option": [
                    { "Name": "AccountingStandard", "Value": "GAAP" },
                    { "Name": "NoReportData", "Value": no_data.to_string() },
                ],
            },
            "Columns": { "Column": [
                { "ColTitle": "", "ColType": "Account" },
                { "ColTitle": "Total", "ColType": "Money" },
            ] },
            "Rows": { "Row": self.parts(&moved) },
        }))
    }

    /// What accounts moved by, debit positive; those without any posting are not in it.
    fn moved_between(&self, start: Date, end: Date) -> BTreeMap<u64, i64> {
        let mut moved = BTreeMap::new();
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            let within = entity.date().is_some_and(|date| (start..=end).contains(&date));
            for leg in entity.all_legs().filter(|_| within) {
                *moved.entry(leg.account).or_insert(0) += leg.minor;
            }
        }
        moved
    }

    fn parts(&self, moved: &BTreeMap<u64, i64>) -> Vec<Value> {
        let (mut so_far, mut other) = (0, 0);
        let mut rows = Vec::new();
        for part in PARTS {
            match part {
                Part::Accounts(title, group, kind, credit) => {
                    let (accounts, total) = self.accounts(moved, kind, *credit);
                    let earned = if *credit { total } else { -total };
                    so_far += earned;
                    if group.starts_with("Other") {
                        other += earned;
                    }
                    // Other income and expenses are shown only where there are any.
                    if !accounts.is_empty() || !group.starts_with("Other") {
                        rows.push(section(title, group, accounts, total));
                    }
                }
                Part::Result(title, group) => rows.push(result(title, group, so_far)),
                Part::OtherResult(title, group) => rows.push(result(title, group, other)),
            }
        }
        rows
    }

    /// The rows of the accounts of a type, and their sum, larger with each credit or each debit.
    fn accounts(&self, moved: &BTreeMap<u64, i64>, kind: &str, credit: bool) -> (Vec<Value>, i64) {
        let mut total = 0;
        let of_kind = |account: &&Entity| account_type(account) == kind;
        let rows = self.shelf(Kind::Account).filter(of_kind).filter_map(|account| {
            let debit = moved.get(&account.id)?;
            let shown = if credit { -debit } else { *debit };
            total += shown;
            Some(json!({ "type": "Data", "ColData": [
                { "value": account.name(), "id": account.id.to_string() },
                { "value": amount(shown) },
            ] }))
        });
        let rows = rows.collect();
        (rows, total)
    }
}

fn section(title: &str, group: &str, rows: Vec<Value>, total: i64) -> Value {
    let mut section = json!({
        "type": "Section",
        "group": group,
        "Summary": { "ColData": [
            { "value": format!("Total {title}") },
            { "value": amount(total) },
        ] },
    });
    if !rows.is_empty() {
        section["Header"] = json!({ "ColData": [{ "value": title }, { "value": "" }] });
        section["Rows"] = json!({ "Row": rows });
    }
    section
}

fn result(title: &str, group: &str, sum: i64) -> Value {
    json!({
        "type": "Section",
        "group": group,
        "Summary": { "ColData": [{ "value": title }, { "value": amount(sum) }] },
    })
}
