//! The general ledger and the trial balance that is read from it.

use super::company::{Company, is_balance_sheet};
use super::entity::{Entity, answered_at};
use super::fault::Fault;
use super::fields;
use super::kind::Kind;
use super::tax;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A change of one account by one transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// The day in the books.
    pub date: Date,
    /// The document number; empty where there is none.
    pub doc_number: String,
    /// The account's name.
    pub account: String,
    /// The account's id.
    pub account_id: String,
    /// Minor units of the home currency, debit positive.
    pub minor: i64,
    /// What kind of transaction.
    pub kind: Kind,
    /// The transaction's id.
    pub remote: String,
}

impl Company {
    /// Every posting, by date, document number and account.
    #[must_use]
    pub fn ledger(&self) -> Vec<Posting> {
        let entities = self.shelves.values().flat_map(BTreeMap::values);
        let mut postings: Vec<Posting> =
            entities.flat_map(|entity| self.postings_of(entity)).collect();
        postings.sort();
        postings
    }

    fn postings_of<'a>(&'a self, entity: &'a Entity) -> impl Iterator<Item = Posting> + 'a {
        let date = entity.date().unwrap_or(Date::MIN);
        entity.all_legs().map(move |leg| Posting {
            date,
            doc_number: entity.text("DocNumber").unwrap_or("").to_owned(),
            account: self.account_name(leg.account),
            account_id: leg.account.to_string(),
            minor: leg.minor,
            kind: entity.kind,
            remote: entity.id.to_string(),
        })
    }

    fn account_name(&self, id: u64) -> String {
        self.entity(Kind::Account, id).map_or_else(String::new, |it| it.name().to_owned())
    }

    /// The ledger as text that is the same for the same books, whatever ids the vendor gave and in
    /// whatever order the documents came: date, kind, document number, account and amount, parted
    /// by tabs, a line for each posting.
    #[must_use]
    pub fn ledger_without_ids(&self) -> String {
        let mut lines: Vec<_> = self
            .ledger()
            .into_iter()
            .map(|it| (it.date, it.doc_number, it.account, it.kind.name(), it.minor))
            .collect();
        lines.sort();
        let mut text = String::new();
        for (date, number, account, kind, minor) in lines {
            let amount = fields::decimal_of(minor);
            text.push_str(&format!("{date}\t{kind}\t{number}\t{account}\t{amount}\n"));
        }
        text
    }

    /// Tax by the name of its rate, in minor units, returns taken off, and what is taken back of
    /// what was bought negative: as the vendor's report of what is owed parts it.
    #[must_use]
    pub fn tax_by_rate(&self) -> BTreeMap<String, i64> {
        let forms = self.shelves.values().flat_map(BTreeMap::values);
        let is_taxed = |kind: Kind| {
            kind.is_sales_form() || matches!(kind, Kind::Purchase | Kind::Bill | Kind::VendorCredit)
        };
        let forms = forms.filter(|form| is_taxed(form.kind) && form.is_active());
        let rates = tax::rates(self);
        let mut sums = BTreeMap::new();
        for form in forms {
            let is_credit = fields::boolean(&form.body, "Credit").ok().flatten() == Some(true);
            let adds = match form.kind {
                Kind::Purchase => is_credit,
                kind => matches!(kind, Kind::SalesReceipt | Kind::Invoice | Kind::VendorCredit),
            };
            let lines = form.body.get("TxnTaxDetail").and_then(|detail| detail.get("TaxLine"));
            for line in lines.and_then(Value::as_array).into_iter().flatten() {
                let id = line.pointer("/TaxLineDetail/TaxRateRef/value").and_then(Value::as_str);
                let rate = rates.iter().find(|rate| Some(rate.id.as_str()) == id);
                let minor = line.as_object().and_then(|it| fields::amount(it, "Amount").ok()?);
                let (Some(rate), Some(minor)) = (rate, minor) else { continue };
                *sums.entry(rate.name.clone()).or_insert(0) += if adds { minor } else { -minor };
            }
        }
        sums
    }

    /// Balances at the end of a day, as a trial balance shows them: income and expenses of the
    /// fiscal year only, those of the years before within the retained earnings.
    fn balances_at(&self, end: Date) -> BTreeMap<u64, i64> {
        let year_begins = Date::new(end.year(), 1, 1).unwrap_or(end);
        let mut balances = BTreeMap::new();
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            let Some(date) = entity.date().filter(|date| *date <= end) else { continue };
            for leg in entity.all_legs() {
                let account = self.entity(Kind::Account, leg.account);
                let carried = date < year_begins && !account.is_some_and(is_balance_sheet);
                let account = if carried { self.system.retained_earnings } else { leg.account };
                *balances.entry(account).or_insert(0) += leg.minor;
            }
        }
        balances
    }

    /// The trial balance at the end of a day.
    pub(super) fn trial_balance(
        &self,
        start: Option<&str>,
        end: Option<&str>,
        now: Timestamp,
    ) -> Result<Value, Fault> {
        let today = super::entity::server_date(now);
        let day = |name: &str, text: Option<&str>, otherwise: Date| match text {
            Some(text) => text.parse().map_err(|_| Fault::bad_date(name, text)),
            None => Ok(otherwise),
        };
        let end = day("end_date", end, today)?;
        let start = day("start_date", start, Date::new(end.year(), end.month(), 1).unwrap_or(end))?;
        if start > end {
            return Err(Fault::bad_date("start_date", &start.to_string()));
        }
        let balances = self.balances_at(end);
        let (rows, sum) = self.rows(&balances);
        let no_data = rows.len() == 1;
        let column = |title: &str, kind: &str| json!({ "ColTitle": title, "ColType": kind });
        Ok(json!({
            "Header": {
                "Time": answered_at(now),
                "ReportName": "TrialBalance",
                "ReportBasis": "Accrual",
                "StartPeriod": start.to_string(),
                "EndPeriod": end.to_string(),
                "SummarizeColumnsBy": "Total",
                "Currency": "USD",
                "Option": [{ "Name": "NoReportData", "Value": no_data.to_string() }],
            },
            "Columns": { "Column": [
                column("", "Account"),
                column("Debit", "Money"),
                column("Credit", "Money"),
            ] },
            "Rows": if sum.is_some() { json!({ "Row": rows }) } else { json!({}) },
        }))
    }

    fn rows(&self, balances: &BTreeMap<u64, i64>) -> (Vec<Value>, Option<i64>) {
        let mut rows = Vec::new();
        let (mut debits, mut credits) = (0, 0);
        for account in self.shelf(Kind::Account) {
            let minor = balances.get(&account.id).copied().unwrap_or(0);
            if minor == 0 {
                continue;
            }
            let side = |shown: i64| if shown > 0 { amount(shown) } else { String::new() };
            debits += minor.max(0);
            credits += (-minor).max(0);
            rows.push(json!({ "ColData": [
                { "value": account.name(), "id": account.id.to_string() },
                { "value": side(minor) },
                { "value": side(-minor) },
            ] }));
        }
        let any = !rows.is_empty();
        rows.push(json!({
            "type": "Section",
            "group": "GrandTotal",
            "Summary": { "ColData": [
                { "value": "TOTAL" },
                { "value": amount(debits) },
                { "value": amount(credits) },
            ] },
        }));
        (rows, any.then_some(debits))
    }
}

/// An amount as reports write it: two decimals, as a text.
pub(super) fn amount(minor: i64) -> String {
    fields::decimal_of(minor).to_string()
}
