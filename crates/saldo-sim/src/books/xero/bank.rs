//! Money spent and received at once, and money moved between bank accounts.

use super::entity::{Entity, Leg};
use super::fields::{self, Object};
use super::kind::Kind;
use super::lines::{AmountTypes, Reading};
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use super::stock::Flow;
use super::write::{Write, completed, converted, insert_frame, insert_lines, keep};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Properties of a bank transaction that are kept as they came.
const KEPT: &[&str] = &["Reference", "Url", "IsReconciled"];

impl Organisation {
    pub(super) fn write_bank_transaction(
        &mut self,
        write: &Write<'_>,
        given: &Object,
    ) -> Checked<u64> {
        let previous = self.target(write, given)?;
        let stated = fields::text(given, "Type")?;
        let kind = stated.or_else(|| previous.as_ref().and_then(|it| it.text("Type")));
        let (kind, sign) = match kind {
            Some("RECEIVE") => ("RECEIVE", 1),
            Some("SPEND") => ("SPEND", -1),
            Some(other) if other.ends_with("-TRANSFER") => {
                return Err(Refusal::invalid("Transfers are changed through BankTransfers"));
            }
            Some(_) => return Err(Refusal::malformed("Type", "is not one that is simulated")),
            None => return Err(Refusal::invalid("Type must be specified")),
        };
        if let Some(before) = &previous {
            check_changeable(before)?;
            self.check_open(before.date().unwrap_or(Date::MIN))?;
            if fields::text(given, "Status")? == Some("DELETED") {
                self.check_undone(before)?;
                return Ok(self.delete(before.clone(), write.now));
            }
        }
        let source =
            completed(given, previous.as_ref(), &["LineItems", "LineAmountTypes", "BankAccount"]);
        let account = self.bank_account(&source, "BankAccount")?.clone();
        let currency = account.text("CurrencyCode").unwrap_or(&self.base_currency);
        if fields::text(given, "CurrencyCode")?.is_some_and(|stated| stated != currency) {
            let why = "The currency must be that of the bank account";
            return Err(Refusal::invalid(why));
        }
        let frame = self.frame(given, previous.as_ref(), Some(currency), write.now)?;
        self.check_open(frame.date)?;
        let contact = self.contact_of(given, previous.as_ref())?;
        let types = AmountTypes::of(&source, AmountTypes::Exclusive)?;
        let owner = format!("{kind} {}", self.next_place);
        let reading = Reading {
            organisation: self,
            unit_decimals: write.unit_decimals,
            sells: sign > 0,
            discounts: false,
            strict: true,
            owner: &owner,
        };
        let lines = reading.lines(&source, types)?;
        let mut legs = self.legs_of(&lines, account.place, sign, frame.rate)?;
        let flow = if sign > 0 { Flow::Sold } else { Flow::Bought };
        let (moves, costs) = self.stock_moves((&lines, frame.rate), flow, previous.as_ref())?;
        legs.extend(costs);
        let contact = contact.resolve(self, write.now)?;
        let mut entity = previous.unwrap_or_else(|| self.fresh(write.kind, write.now));
        let body = &mut entity.body;
        keep(body, given, KEPT);
        insert_frame(body, &frame);
        insert_lines(body, &lines);
        body.insert("Type".to_owned(), json!(kind));
        body.insert("Status".to_owned(), json!("AUTHORISED"));
        body.insert("LineAmountTypes".to_owned(), json!(types.name()));
        body.insert("Contact".to_owned(), json!({ "ContactID": contact }));
        body.insert("BankAccount".to_owned(), json!({ "AccountID": account.id }));
        entity.legs = legs;
        entity.moves = moves;
        entity.total = lines.total;
        Ok(self.store(entity, write.now))
    }

    fn delete(&mut self, mut entity: Entity, now: Timestamp) -> u64 {
        entity.set("Status", "DELETED");
        entity.legs.clear();
        entity.moves.clear();
        self.store(entity, now)
    }

    pub(super) fn write_bank_transfer(
        &mut self,
        write: &Write<'_>,
        given: &Object,
    ) -> Checked<u64> {
        if let Some(transfer) = self.target(write, given)? {
            if write.creates || fields::text(given, "Status")? != Some("DELETED") {
                return Err(Refusal::invalid("A bank transfer cannot be updated"));
            }
            return self.delete_transfer(transfer, write.now);
        }
        if !write.creates {
            return Err(Refusal::invalid("BankTransferID must be specified"));
        }
        let from = self.bank_account(given, "FromBankAccount")?.clone();
        let to = self.bank_account(given, "ToBankAccount")?.clone();
        let minor = fields::amount(given, "Amount")?;
        let minor = minor.ok_or_else(|| Refusal::invalid("Amount must be specified"))?;
        let date = fields::date(given, "Date")?.unwrap_or_else(|| self.today(write.now));
        if minor <= 0 {
            return Err(Refusal::invalid("The amount must be greater than zero"));
        }
        if from.id == to.id {
            return Err(Refusal::invalid("The two bank accounts must not be the same"));
        }
        if from.text("CurrencyCode") != to.text("CurrencyCode") {
            return Err(Refusal::invalid("Both bank accounts must be in the same currency"));
        }
        self.check_open(date)?;
        let currency = from.text("CurrencyCode").unwrap_or(&self.base_currency).to_owned();
        let rate = self.rate(&currency, None)?;
        let mut transfer = self.fresh(Kind::BankTransfer, write.now);
        let reference = fields::text(given, "Reference")?.unwrap_or("").to_owned();
        for (name, value) in [
            ("Date", json!(date.to_string())),
            ("Amount", fields::money(minor)),
            ("CurrencyRate", fields::number(rate, 6)),
            ("FromBankAccount", json!({ "AccountID": from.id })),
            ("ToBankAccount", json!({ "AccountID": to.id })),
            ("Reference", json!(reference)),
            ("Status", json!("AUTHORISED")),
            ("FromTracking", self.tracked_all(given, "FromTracking")?),
            ("ToTracking", self.tracked_all(given, "ToTracking")?),
        ] {
            transfer.body.insert(name.to_owned(), value);
        }
        keep(&mut transfer.body, given, &["FromIsReconciled", "ToIsReconciled"]);
        let base = converted(minor, rate)?;
        transfer.legs =
            vec![Leg { account: from.place, minor: -base }, Leg { account: to.place, minor: base }];
        transfer.total = minor;
        for (side, account) in [("From", &from), ("To", &to)] {
            let id = self.mirror(&transfer, side, account, (&currency, rate), write.now);
            transfer.set(&format!("{side}BankTransactionID"), &id);
        }
        Ok(self.store(transfer, write.now))
    }

    /// One side of a transfer, as it stands among the bank transactions; the ledger has it from the
    /// transfer itself.
    fn mirror(
        &mut self,
        transfer: &Entity,
        side: &str,
        account: &Entity,
        (currency, rate): (&str, Decimal),
        now: Timestamp,
    ) -> String {
        let mut entity = self.fresh(Kind::BankTransaction, now);
        let total = fields::money(transfer.total);
        let body = json!({
            "Type": if side == "From" { "SPEND-TRANSFER" } else { "RECEIVE-TRANSFER" },
            "Status": "AUTHORISED",
            "Date": transfer.word("Date"),
            "Reference": transfer.word("Reference"),
            "BankAccount": { "AccountID": account.id },
            "IsReconciled": transfer.body.get(&format!("{side}IsReconciled")).cloned()
                .unwrap_or(Value::Bool(false)),
            "LineAmountTypes": "NoTax",
            "LineItems": [],
            "CurrencyCode": currency,
            "CurrencyRate": fields::number(rate, 6),
            "SubTotal": total, "TotalTax": fields::money(0), "Total": total,
        });
        entity.body = body.as_object().cloned().unwrap_or_default();
        entity.total = transfer.total;
        let id = entity.id.clone();
        self.store(entity, now);
        id
    }

    fn delete_transfer(&mut self, transfer: Entity, now: Timestamp) -> Checked<u64> {
        check_changeable(&transfer)?;
        self.check_open(transfer.date().unwrap_or(Date::MIN))?;
        for side in ["From", "To"] {
            let id = transfer.word(&format!("{side}BankTransactionID"));
            if let Some(entity) = self.by_id(Kind::BankTransaction, id).cloned() {
                self.delete(entity, now);
            }
        }
        Ok(self.delete(transfer, now))
    }

    fn tracked_all(&self, given: &Object, name: &str) -> Checked<Value> {
        let all = fields::objects(given, name)?;
        let shown = all.into_iter().map(|one| self.tracked(one));
        Ok(Value::Array(shown.collect::<Checked<_>>()?))
    }
}

/// What was reconciled with a statement, or is gone, stays as it is.
fn check_changeable(entity: &Entity) -> Checked<()> {
    let reconciled = ["IsReconciled", "FromIsReconciled", "ToIsReconciled"];
    if reconciled.iter().any(|name| entity.body.get(*name) == Some(&Value::Bool(true))) {
        let why = "This Bank Transaction cannot be edited as it has been reconciled with a Bank \
                   Statement.";
        return Err(Refusal::invalid(why));
    }
    if entity.word("Status") == "DELETED" {
        return Err(Refusal::invalid("Bank transaction not of valid status for modification"));
    }
    Ok(())
}
