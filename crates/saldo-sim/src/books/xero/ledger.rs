//! The general ledger: postings, balances and movements.

use super::entity::Entity;
use super::fields;
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::Checked;
use jiff::civil::Date;
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

    /// What the tax report counts by type of tax, in minor units of the base currency, debit
    /// positive: the tax of lines of what is approved and in the base currency. Types without tax
    /// are left out.
    #[must_use]
    pub fn tax_by_type(&self) -> BTreeMap<String, i64> {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        let counts = |entity: &&Entity| {
            !entity.legs.is_empty() && entity.word("CurrencyCode") == self.base_currency
        };
        for entity in self.shelves.values().flat_map(BTreeMap::values).filter(counts) {
            let sign = match entity.kind {
                Kind::Invoice | Kind::CreditNote => entity.control().map_or(0, |(_, sign)| sign),
                Kind::BankTransaction if entity.word("Type") == "RECEIVE" => 1,
                Kind::BankTransaction => -1,
                _ => continue,
            };
            for line in fields::objects(&entity.body, "LineItems").unwrap_or_default() {
                let tax = fields::amount(line, "TaxAmount").ok().flatten().unwrap_or(0);
                let kind = line.get("TaxType").and_then(serde_json::Value::as_str);
                *sums.entry(kind.unwrap_or("NONE").to_owned()).or_default() -= sign * tax;
            }
        }
        sums.retain(|_, minor| *minor != 0);
        sums
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
    pub(super) fn balances(&self, end: Date) -> Checked<BTreeMap<u64, i64>> {
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
    pub(super) fn movements(&self, start: Date, end: Date) -> BTreeMap<u64, (i64, i64)> {
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
    pub(super) fn year_of(&self, day: Date) -> Date {
        let last = self.settings.financial_year_end_month;
        let month = last % 12 + 1;
        let year = if day.month() >= month { day.year() } else { day.year() - 1 };
        Date::new(year, month, 1).unwrap_or(day)
    }
}

fn is_of_year(class: &str) -> bool {
    matches!(class, "REVENUE" | "EXPENSE")
}
