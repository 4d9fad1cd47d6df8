//! Payments: they settle an invoice, or give a credit note back.

use super::documents::{close_where_settled, relief};
use super::entity::{Entity, Leg};
use super::fields::{self, Object};
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use super::write::{Write, converted};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

/// Money on its way: how much, when, at which rate, into or out of which account.
struct Movement {
    account: u64,
    minor: i64,
    date: Date,
    rate: Decimal,
    /// What the bank account gets or loses, in its own currency.
    bank: i64,
    /// The same in the base currency.
    base: i64,
}

impl Organisation {
    pub(super) fn write_payment(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        if let Some(payment) = self.target(write, given)? {
            let deletes = fields::text(given, "Status")? == Some("DELETED");
            if !deletes || payment.word("Status") == "DELETED" {
                return Err(Refusal::invalid("Payment not of valid status for modification"));
            }
            return self.delete_payment(payment, write.now);
        }
        let mut document = self.payable(given)?;
        let movement = self.movement(given, &document, write.now)?;
        let (control, sign) = document.control()?;
        let taken = relief(&document, movement.minor)?;
        let mut legs = vec![
            Leg { account: movement.account, minor: sign * movement.base },
            Leg { account: self.system(control)?, minor: -sign * taken },
        ];
        if taken != movement.base {
            let account = self.system("REALISEDCURRENCYGAIN")?;
            legs.push(Leg { account, minor: sign * (taken - movement.base) });
        }
        let mut payment = self.fresh(Kind::Payment, write.now);
        payment.body = self.payment_body(given, &document, &movement)?;
        payment.legs = legs;
        payment.total = movement.minor;
        payment.settles = Some((document.kind, document.place));
        document.settlement.paid += movement.minor;
        document.settlement.relieved += taken;
        document.settlement.payments.push(payment.place);
        close_where_settled(&mut document, movement.date);
        self.store(document, write.now);
        Ok(self.store(payment, write.now))
    }

    /// The document that a payment settles.
    fn payable(&self, given: &Object) -> Checked<Entity> {
        let kinds = [(Kind::Invoice, "Invoice"), (Kind::CreditNote, "CreditNote")];
        for (kind, name) in kinds {
            let named = fields::object(given, name)?;
            let id = kind.id_field().unwrap_or("");
            let key = kind.key_field().unwrap_or("");
            let id = named.map(|it| fields::text(it, id)).transpose()?.flatten();
            let number = named.map(|it| fields::text(it, key)).transpose()?.flatten();
            let number = number.or(fields::text(given, key)?);
            let found = match (id, number) {
                (Some(id), _) => self.by_id(kind, id),
                (None, Some(number)) => self.by_key(kind, number),
                (None, None) => continue,
            };
            let missing = || Refusal::invalid(format!("{name} could not be found"));
            let found = found.ok_or_else(missing)?;
            if found.word("Status") == "AUTHORISED" || found.word("Status") == "PAID" {
                return Ok(found.clone());
            }
            return Err(Refusal::invalid("Payments can only be made against AUTHORISED documents"));
        }
        Err(Refusal::invalid("One of Invoice or CreditNote must be specified"))
    }

    fn movement(&self, given: &Object, document: &Entity, now: Timestamp) -> Checked<Movement> {
        let date = fields::date(given, "Date")?.unwrap_or_else(|| self.today(now));
        self.check_open(date)?;
        let minor = fields::amount(given, "Amount")?;
        let minor = minor.ok_or_else(|| Refusal::invalid("Amount must be specified"))?;
        if minor <= 0 {
            return Err(Refusal::invalid("Payment amount must be greater than zero"));
        }
        if minor > document.due() {
            let why = "Payment amount exceeds the amount outstanding on this document";
            return Err(Refusal::invalid(why));
        }
        let account = self.paying_account(given)?;
        let currency = document.word("CurrencyCode");
        let bank_currency = account.text("CurrencyCode").unwrap_or(&self.base_currency);
        if bank_currency != currency && bank_currency != self.base_currency {
            let why = "The currency of the account is neither the document's nor the base currency";
            return Err(Refusal::invalid(why));
        }
        let own = fields::decimal(&document.body, "CurrencyRate")?;
        let stated = fields::decimal(given, "CurrencyRate")?;
        let rate = self.rate(currency, stated.or(own))?;
        let base = converted(minor, rate)?;
        let bank = if bank_currency == currency { minor } else { base };
        Ok(Movement { account: account.place, minor, date, rate, bank, base })
    }

    /// The account of a payment: a bank account, or one that was opened to payments.
    fn paying_account(&self, given: &Object) -> Checked<&Entity> {
        let named = fields::object(given, "Account")?;
        let mut account = named.map(|it| self.account_of(it)).transpose()?.flatten();
        if account.is_none() {
            account = self.account_of(given)?;
        }
        let missing = || Refusal::invalid("Account could not be found");
        let account = account.ok_or_else(missing)?;
        let opened = account.body.get("EnablePaymentsToAccount") == Some(&json!(true));
        if account.word("Type") == "BANK" || opened {
            return Ok(account);
        }
        let why = "Account type is invalid for payments: it must be a bank account, or one with \
                   payments enabled";
        Err(Refusal::invalid(why))
    }

    fn payment_body(
        &self,
        given: &Object,
        document: &Entity,
        movement: &Movement,
    ) -> Checked<Object> {
        let kind = match document.word("Type") {
            "ACCREC" => "ACCRECPAYMENT",
            "ACCPAY" => "ACCPAYPAYMENT",
            "ACCRECCREDIT" => "ARCREDITPAYMENT",
            _ => "APCREDITPAYMENT",
        };
        let body = json!({
            "Date": movement.date.to_string(),
            "Amount": fields::money(movement.minor),
            "BankAmount": fields::money(movement.bank),
            "CurrencyRate": fields::number(movement.rate, 6),
            "PaymentType": kind,
            "Status": "AUTHORISED",
            "Reference": fields::text(given, "Reference")?.unwrap_or(""),
            "IsReconciled": fields::boolean(given, "IsReconciled")?.unwrap_or(false),
            "Account": movement.account,
        });
        Ok(body.as_object().cloned().unwrap_or_default())
    }

    fn delete_payment(&mut self, mut payment: Entity, now: Timestamp) -> Checked<u64> {
        if payment.body.get("IsReconciled") == Some(&json!(true)) {
            let why = "This payment cannot be deleted as it has been reconciled";
            return Err(Refusal::invalid(why));
        }
        self.check_open(payment.date().unwrap_or(Date::MIN))?;
        let settled = payment.settles.and_then(|(kind, place)| self.entity(kind, place)).cloned();
        if let Some(mut document) = settled {
            let (control, sign) = document.control()?;
            let control = self.system(control)?;
            let legs = payment.legs.iter().filter(|leg| leg.account == control);
            let taken: i64 = legs.map(|leg| -sign * leg.minor).sum();
            document.settlement.paid -= payment.total;
            document.settlement.relieved -= taken;
            document.settlement.payments.retain(|place| *place != payment.place);
            close_where_settled(&mut document, payment.date().unwrap_or(Date::MIN));
            self.store(document, now);
        }
        payment.set("Status", "DELETED");
        payment.legs.clear();
        Ok(self.store(payment, now))
    }
}
