//! Manual journals.

use super::entity::{Entity, Leg};
use super::fields::{self, Object};
use super::lines::{AmountTypes, computed_tax, invalid_code};
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use super::write::{Write, completed, keep};
use jiff::civil::Date;
use serde_json::{Value, json};

/// Accounts that the vendor keeps for itself: no journal touches them.
const CLOSED: &[&str] =
    &["DEBTORS", "CREDITORS", "BANKCURRENCYGAIN", "REALISEDCURRENCYGAIN", "UNREALISEDCURRENCYGAIN"];

/// The lines of a journal.
#[derive(Default)]
struct JournalLines {
    shown: Vec<Value>,
    legs: Vec<Leg>,
    tax: i64,
}

impl Organisation {
    pub(super) fn write_journal(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let previous = self.target(write, given)?;
        let before = previous.as_ref().map_or("", |entity| entity.word("Status")).to_owned();
        let stated = fields::text(given, "Status")?;
        let status = stated.unwrap_or(if before.is_empty() { "DRAFT" } else { &before });
        check_step(&before, status)?;
        if let Some(entity) = previous.as_ref().filter(|_| matches!(status, "VOIDED" | "DELETED")) {
            return self.end_journal(entity.clone(), status, write);
        }
        let narration = fields::text(given, "Narration")?;
        let narration = narration.or_else(|| previous.as_ref().and_then(|it| it.text("Narration")));
        let missing = || Refusal::invalid("Narration must be specified");
        let narration = narration.ok_or_else(missing)?.to_owned();
        let date =
            fields::date(given, "Date")?.or_else(|| previous.as_ref().and_then(Entity::date));
        let date = date.unwrap_or_else(|| self.today(write.now));
        let source = completed(given, previous.as_ref(), &["JournalLines", "LineAmountTypes"]);
        let types = AmountTypes::of(&source, AmountTypes::NoTax)?;
        let mut lines = self.journal_lines(&source, types)?;
        if lines.tax != 0 {
            lines.legs.push(Leg { account: self.system("GST")?, minor: lines.tax });
        }
        check_balance(&lines.legs)?;
        if status == "POSTED" {
            self.check_open(date)?;
            if before == "POSTED" {
                self.check_open(previous.as_ref().and_then(Entity::date).unwrap_or(date))?;
            }
        }
        let mut entity = previous.unwrap_or_else(|| self.fresh(write.kind, write.now));
        let body = &mut entity.body;
        keep(body, given, &["Url", "ShowOnCashBasisReports"]);
        for (name, value) in [
            ("Narration", json!(narration)),
            ("Date", json!(date.to_string())),
            ("Status", json!(status)),
            ("LineAmountTypes", json!(types.name())),
            ("JournalLines", Value::Array(lines.shown)),
        ] {
            body.insert(name.to_owned(), value);
        }
        entity.legs = if status == "POSTED" { lines.legs } else { Vec::new() };
        Ok(self.store(entity, write.now))
    }

    fn end_journal(&mut self, mut entity: Entity, status: &str, write: &Write<'_>) -> Checked<u64> {
        if entity.word("Status") == "POSTED" {
            self.check_open(entity.date().unwrap_or(Date::MIN))?;
        }
        entity.set("Status", status);
        entity.legs.clear();
        Ok(self.store(entity, write.now))
    }

    fn journal_lines(&self, source: &Object, types: AmountTypes) -> Checked<JournalLines> {
        let mut read = JournalLines::default();
        let mut wrong = Vec::new();
        for line in fields::objects(source, "JournalLines")? {
            match self.journal_line(line, types, &mut read) {
                Ok(()) => {}
                Err(Refusal::Invalid(messages)) => wrong.extend(messages),
                Err(other) => return Err(other),
            }
        }
        if read.shown.len() < 2 && wrong.is_empty() {
            wrong.push("A manual journal must have at least two lines".to_owned());
        }
        if wrong.is_empty() { Ok(read) } else { Err(Refusal::Invalid(wrong)) }
    }

    fn journal_line(
        &self,
        line: &Object,
        types: AmountTypes,
        read: &mut JournalLines,
    ) -> Checked<()> {
        let amount = fields::amount(line, "LineAmount")?;
        let amount = amount.ok_or_else(|| Refusal::invalid("LineAmount must be specified"))?;
        let missing = || Refusal::invalid("Account code must be specified");
        let account = self.account_named(line)?.ok_or_else(missing)?;
        let closed = CLOSED.contains(&account.word("SystemAccount"));
        if closed || account.word("Type") == "BANK" || self.is_stock(account) {
            return Err(invalid_code(account.word("Code")));
        }
        let stated = fields::text(line, "TaxType")?;
        let code = match types {
            AmountTypes::NoTax => "NONE",
            _ => stated.or_else(|| account.text("TaxType")).unwrap_or("NONE"),
        };
        self.check_tax(code, Some(account))?;
        let too_large = || Refusal::malformed("LineAmount", "is too large");
        let tax = computed_tax(amount, self.percent(code), types).ok_or_else(too_large)?;
        let net = if types == AmountTypes::Inclusive { amount - tax } else { amount };
        let tracking = fields::objects(line, "Tracking")?;
        let tracking = tracking.into_iter().map(|one| self.tracked(one));
        let mut shown = json!({
            "LineAmount": fields::money(amount),
            "TaxAmount": fields::money(tax),
            "TaxType": code,
            "AccountCode": account.word("Code"),
            "AccountID": account.id,
            "Tracking": tracking.collect::<Checked<Vec<_>>>()?,
            "IsBlank": false,
        });
        if let Some(description) = fields::text(line, "Description")? {
            shown["Description"] = json!(description);
        }
        read.shown.push(shown);
        read.legs.push(Leg { account: account.place, minor: net });
        read.tax += tax;
        Ok(())
    }
}

fn check_balance(legs: &[Leg]) -> Checked<()> {
    let debits: i64 = legs.iter().map(|leg| leg.minor.max(0)).sum();
    let credits: i64 = legs.iter().map(|leg| leg.minor.min(0)).sum();
    if debits + credits == 0 {
        return Ok(());
    }
    let (debits, credits) = (fields::decimal_of(debits), fields::decimal_of(credits));
    Err(Refusal::invalid(format!(
        "The total debits ({debits}) must equal total credits ({credits})"
    )))
}

fn check_step(before: &str, status: &str) -> Checked<()> {
    let permitted = match before {
        "" => matches!(status, "DRAFT" | "POSTED"),
        "DRAFT" => matches!(status, "DRAFT" | "POSTED" | "DELETED"),
        "POSTED" => matches!(status, "POSTED" | "VOIDED"),
        _ => false,
    };
    if permitted {
        return Ok(());
    }
    Err(Refusal::invalid("Manual journal not of valid status for modification"))
}
