//! The vendor's reports: the trial balance, and profit and loss.
//!
//! Rows of reports name accounts by their full names alone, so that each message asks for the list
//! of accounts besides.

use super::find;
use super::message::{Request, Responses};
use super::names;
use super::wire::{ListQuery, ReportPeriod, ReportQuery};
use super::xml::Element;
use jiff::civil::Date;
use saldo_core::book::BookContext;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::money::{Balance, Currency, Money};
use saldo_core::text::RemoteId;
use std::collections::BTreeMap;

/// The request for the accounts.
const ACCOUNTS: &str = "Account";
/// The request for the report.
const REPORT: &str = "GeneralSummaryReport";
/// What stands behind the name of an account in the row of its own money, where it has accounts
/// below it.
const OWN_MONEY: &str = " - Other";
/// What stands between the number of an account and its name.
const NUMBERED: &str = " \u{b7} ";

/// What asks for the trial balance at the end of a day.
///
/// # Errors
/// In words, where a query cannot be written.
pub(super) fn balances_requests(as_of: Date) -> Result<Vec<Request>, String> {
    // Without a first day it is of all days up to the last.
    requests("TrialBalance", None, as_of, None)
}

/// What asks for the profit and loss report of some days.
///
/// # Errors
/// As [`balances_requests`].
pub(super) fn result_requests(from: Date, until: Date) -> Result<Vec<Request>, String> {
    requests("ProfitAndLossStandard", Some(from), until, Some("TotalOnly"))
}

fn requests(
    report: &'static str,
    from: Option<Date>,
    until: Date,
    summarize_columns_by: Option<&'static str>,
) -> Result<Vec<Request>, String> {
    let accounts = ListQuery {
        request_id: ACCOUNTS.to_owned(),
        active_status: Some("All"),
        include_ret_element: vec!["ListID", "Name", "FullName", "AccountType", "AccountNumber"],
        ..ListQuery::default()
    };
    let report = ReportQuery {
        request_id: REPORT.to_owned(),
        general_summary_report_type: report,
        display_report: false,
        report_period: ReportPeriod {
            from_report_date: from.map(|from| from.to_string()),
            to_report_date: until.to_string(),
        },
        summarize_columns_by,
        report_basis: "Accrual",
    };
    Ok(vec![Request::query(ACCOUNTS, &accounts)?, Request::query(REPORT, &report)?])
}

/// An account as reports name it.
struct Account {
    remote: RemoteId,
    account_type: String,
}

/// Accounts by their full names, and by those that they have where numbers are shown.
fn accounts(rows: &[Element]) -> Result<BTreeMap<String, Account>, Fault> {
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows {
        if let (Some(name), Some(number)) = (row.text(["FullName"]), row.text(["AccountNumber"])) {
            numbers.insert(name, number);
        }
    }
    let mut accounts = BTreeMap::new();
    for row in rows {
        let [name, id] = ["FullName", "ListID"].map(|field| row.text([field]));
        let (Some(name), Some(id)) = (name, id) else {
            return Err(Fault::new(Permit::Never, "an account has no ListID or name"));
        };
        let account = || Account {
            remote: RemoteId::from(id),
            account_type: row.text(["AccountType"]).unwrap_or_default().to_owned(),
        };
        accounts.insert(with_numbers(name, &numbers), account());
        accounts.insert(name.to_owned(), account());
    }
    Ok(accounts)
}

/// A full name in which the number of each account stands before its name.
fn with_numbers(name: &str, numbers: &BTreeMap<&str, &str>) -> String {
    let mut levels = Vec::new();
    let mut end = 0;
    for level in name.split(':') {
        end += level.len();
        let number = name.get(..end).and_then(|above| numbers.get(above));
        levels.push(
            number.map_or_else(|| level.to_owned(), |number| format!("{number}{NUMBERED}{level}")),
        );
        end += 1;
    }
    levels.join(":")
}

/// A report, and what its rows name.
struct Report {
    name: &'static str,
    element: Element,
    accounts: BTreeMap<String, Account>,
    currency: Currency,
}

impl Report {
    fn read(
        name: &'static str,
        mut responses: Responses,
        context: &BookContext,
    ) -> Result<Self, Fault> {
        let accounts = accounts(&find::rows(ACCOUNTS, responses.take(ACCOUNTS))?)?;
        let rows = find::rows(REPORT, responses.take(REPORT))?;
        let element = rows.into_iter().find(|row| row.name == "ReportRet");
        let missing = || Fault::new(Permit::Never, format!("{name} is not in the answer"));
        let (element, currency) = (element.ok_or_else(missing)?, context.currency);
        Ok(Self { name, element, accounts, currency })
    }

    fn unreadable(&self, reason: impl std::fmt::Display) -> Fault {
        Fault::new(Permit::Never, format!("{}: {reason}", self.name))
    }

    /// The column of this title or type.
    fn column(&self, title: &str) -> Result<&str, Fault> {
        let is_called = |column: &&Element| {
            let titles = column.all("ColTitle").map(|it| it.attribute("value").trim());
            let kind = column.text(["ColType"]);
            titles.chain(kind).any(|known| known.eq_ignore_ascii_case(title))
        };
        let column = self.element.all("ColDesc").find(is_called);
        let column = column.map(|column| column.attribute("colID")).filter(|id| !id.is_empty());
        column.ok_or_else(|| self.unreadable(format!("it has no column `{title}`")))
    }

    fn rows(&self, kind: &'static str) -> impl Iterator<Item = &Element> {
        let data = self.element.child("ReportData");
        data.into_iter().flat_map(move |data| data.all(kind))
    }

    /// What a row has in a column; nothing where the cell is empty or missing.
    fn amount(&self, row: &Element, column: &str) -> Result<Money, Fault> {
        let cell = row.all("ColData").find(|cell| cell.attribute("colID") == column);
        match cell.map_or("", |cell| cell.attribute("value").trim()) {
            "" => Ok(Money::zero(self.currency)),
            text => Money::parse(text, self.currency).map_err(|error| self.unreadable(error)),
        }
    }

    /// What a row says at its beginning.
    fn label(row: &Element) -> &str {
        let first = row.child("ColData").map_or("", |cell| cell.attribute("value"));
        row.child("RowData").map_or(first, |data| data.attribute("value")).trim()
    }

    /// The account that a row with money names.
    fn account(&self, row: &Element, amount: Money) -> Result<&Account, Fault> {
        let label = Self::label(row);
        let own = || label.strip_suffix(OWN_MONEY).and_then(|name| self.accounts.get(name));
        let account = self.accounts.get(label).or_else(own);
        let nameless = || format!("the row `{label}` over {amount} names no account");
        account.ok_or_else(|| self.unreadable(nameless()))
    }

    fn add(
        &self,
        sums: &mut BTreeMap<RemoteId, Balance>,
        account: &Account,
        debit: Money,
    ) -> Result<(), Fault> {
        let sum = sums.entry(account.remote.clone()).or_default();
        sum.add(debit).map_err(|error| self.unreadable(error))
    }
}

/// Balances by account, debit positive, in the company's currency.
///
/// # Errors
/// Where the report cannot be read, or its debits and credits differ: then a row was misread, and
/// no balance of it can be trusted.
pub(super) fn balances(
    responses: Responses,
    context: &BookContext,
) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let report = Report::read("the trial balance", responses, context)?;
    let (debits, credits) = (report.column("Debit")?, report.column("Credit")?);
    let mut balances = BTreeMap::new();
    let mut difference = Money::zero(report.currency);
    for row in report.rows("DataRow") {
        let (debit, credit) = (report.amount(row, debits)?, report.amount(row, credits)?);
        let amount = debit.minus(credit).map_err(|error| report.unreadable(error))?;
        if amount.is_zero() {
            continue;
        }
        report.add(&mut balances, report.account(row, amount)?, amount)?;
        difference = difference.plus(amount).map_err(|error| report.unreadable(error))?;
    }
    match difference.is_zero() {
        true => Ok(balances),
        false => Err(report.unreadable(format!("debits and credits differ by {difference}"))),
    }
}

/// What accounts of income and expenses moved by, debit positive, in the company's currency.
///
/// # Errors
/// Where the report cannot be read, names an account that has no place in it, or its rows do not
/// come to its net income: then a row was misread, and none can be trusted.
pub(super) fn movements(
    responses: Responses,
    context: &BookContext,
) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let report = Report::read("the profit and loss report", responses, context)?;
    let column = report.column("Amount")?;
    let mut movements = BTreeMap::new();
    let mut income = Money::zero(report.currency);
    for row in report.rows("DataRow") {
        let amount = report.amount(row, column)?;
        if amount.is_zero() {
            continue;
        }
        let account = report.account(row, amount)?;
        let debit = match names::is_credit_type(&account.account_type) {
            Some(true) => amount.negated(),
            Some(false) => amount,
            None => {
                let (label, held) = (Report::label(row), &account.account_type);
                return Err(report.unreadable(format!("`{label}` is of the type {held}")));
            }
        };
        report.add(&mut movements, account, debit)?;
        income = income.minus(debit).map_err(|error| report.unreadable(error))?;
    }
    for row in report.rows("TotalRow").filter(|row| Report::label(row) == "Net Income") {
        let net = report.amount(row, column)?;
        if net != income {
            let reason = format!("its rows come to {income}, its net income is {net}");
            return Err(report.unreadable(reason));
        }
    }
    Ok(movements)
}
