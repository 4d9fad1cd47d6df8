//! Creating and changing: what all kinds have in common.

use super::entity::{Entity, Leg};
use super::fields::{self, Object};
use super::kind::Kind;
use super::lines::Lines;
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A request that creates or changes an entity.
#[derive(Clone, Copy)]
pub(super) struct Write<'a> {
    pub(super) kind: Kind,
    /// Whether something new is to be made, and nothing changed.
    pub(super) creates: bool,
    /// The identifier in the address.
    pub(super) id: Option<&'a str>,
    /// Decimals of unit prices.
    pub(super) unit_decimals: u32,
    pub(super) now: Timestamp,
}

/// The dates and the currency of a document.
pub(super) struct Frame {
    pub(super) date: Date,
    pub(super) currency: String,
    /// Units of the document's currency for one unit of the base currency.
    pub(super) rate: Decimal,
}

impl Organisation {
    /// Does what is asked of one element, wholly or not at all; its place on the shelf of its kind.
    pub(super) fn write(&mut self, write: &Write<'_>, body: &Object) -> Checked<u64> {
        match write.kind {
            Kind::Account => self.write_account(write, body),
            Kind::TaxRate => self.write_tax_rate(write, body),
            Kind::Currency => self.write_currency(write, body),
            Kind::Contact => self.write_contact(write, body),
            Kind::Item => self.write_item(write, body),
            Kind::TrackingCategory => self.write_tracking(write, body),
            Kind::Invoice | Kind::CreditNote => self.write_document(write, body),
            Kind::Payment => self.write_payment(write, body),
            Kind::BankTransaction => self.write_bank_transaction(write, body),
            Kind::BankTransfer => self.write_bank_transfer(write, body),
            Kind::ManualJournal => self.write_journal(write, body),
            Kind::PurchaseOrder => self.write_order(write, body),
        }
    }

    /// The entity that a request means to change: by the address, by its identifier, or, where
    /// nothing says that it is new, by the name, code or number that it shares.
    pub(super) fn target(&self, write: &Write<'_>, body: &Object) -> Checked<Option<Entity>> {
        let stated = write.kind.id_field().map(|name| fields::text(body, name)).transpose()?;
        if let Some(id) = write.id.or(stated.flatten()).filter(|id| *id != NIL) {
            let found = self.by_id(write.kind, id);
            let missing = || match write.id {
                Some(_) => Refusal::NotFound,
                None => Refusal::invalid(UNKNOWN_ID),
            };
            let found = found.ok_or_else(missing)?;
            if write.creates {
                return Err(Refusal::invalid("A document with the supplied id exists already"));
            }
            return Ok(Some(found.clone()));
        }
        if write.creates {
            return Ok(None);
        }
        let Some(name) = write.kind.key_field() else { return Ok(None) };
        let key = fields::text(body, name)?;
        Ok(key.and_then(|key| self.by_key(write.kind, key)).cloned())
    }

    /// Date, currency and rate of a document: as they came, as they were, or as is usual.
    pub(super) fn frame(
        &self,
        body: &Object,
        previous: Option<&Entity>,
        currency: Option<&str>,
        now: Timestamp,
    ) -> Checked<Frame> {
        let date = fields::date(body, "Date")?.or_else(|| previous.and_then(Entity::date));
        let before = previous.and_then(|entity| entity.text("CurrencyCode"));
        let stated = fields::text(body, "CurrencyCode")?;
        let currency = currency.or(stated).or(before).unwrap_or(&self.base_currency);
        let before = previous.map(|entity| fields::decimal(&entity.body, "CurrencyRate"));
        let rate = fields::decimal(body, "CurrencyRate")?.or(before.transpose()?.flatten());
        Ok(Frame {
            date: date.unwrap_or_else(|| self.today(now)),
            currency: currency.to_owned(),
            rate: self.rate(currency, rate)?,
        })
    }

    /// The legs of a document with lines: what stands on one account against the lines and their
    /// tax. Cents that conversion leaves over stand on the account for rounding.
    pub(super) fn legs_of(
        &self,
        lines: &Lines,
        account: u64,
        sign: i64,
        rate: Decimal,
    ) -> Checked<Vec<Leg>> {
        let base = |minor: i64| converted(minor, rate);
        let mut legs = vec![Leg { account, minor: sign * base(lines.total)? }];
        for (account, net) in &lines.parts {
            legs.push(Leg { account: *account, minor: -sign * base(*net)? });
        }
        if lines.total_tax != 0 {
            let account = self.system("GST")?;
            legs.push(Leg { account, minor: -sign * base(lines.total_tax)? });
        }
        let sum: i64 = legs.iter().map(|leg| leg.minor).sum();
        if sum != 0 {
            legs.push(Leg { account: self.system("ROUNDING")?, minor: -sum });
        }
        Ok(legs)
    }

    /// A bank account that a property names by its identifier or its code.
    pub(super) fn bank_account(&self, body: &Object, name: &str) -> Checked<&Entity> {
        let missing = || Refusal::invalid(format!("{name} must be specified"));
        let given = fields::object(body, name)?.ok_or_else(missing)?;
        let account = self.account_of(given)?.ok_or_else(missing)?;
        if account.word("Type") == "BANK" {
            return Ok(account);
        }
        Err(Refusal::invalid(format!("{name} must be an account of type BANK")))
    }

    /// The account that an object with `AccountID` or `Code` names: it must be there and active.
    pub(super) fn account_of(&self, given: &Object) -> Checked<Option<&Entity>> {
        let mut line = Object::new();
        for (from, to) in [("Code", "AccountCode"), ("AccountID", "AccountID")] {
            if let Some(value) = fields::present(given, from) {
                line.insert(to.to_owned(), value.clone());
            }
        }
        // The identifier counts where both are there.
        if line.contains_key("AccountID") {
            line.remove("AccountCode");
        }
        self.account_named(&line)
    }
}

/// What the vendor says of an identifier in a body that nothing has.
const UNKNOWN_ID: &str = "The document with the supplied id was not found for this endpoint.";

/// What stands for no identifier.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// Minor units of the base currency, by units of the document's currency for one of the base.
pub(super) fn converted(minor: i64, rate: Decimal) -> Checked<i64> {
    if rate == Decimal::ONE {
        return Ok(minor);
    }
    let base = fields::decimal_of(minor).checked_div(rate).and_then(fields::minor);
    base.ok_or_else(|| Refusal::malformed("CurrencyRate", "makes an amount too large"))
}

/// Takes over properties that the vendor keeps as they came.
pub(super) fn keep(body: &mut Object, given: &Object, names: &[&str]) {
    for name in names {
        if let Some(value) = given.get(*name) {
            body.insert((*name).to_owned(), value.clone());
        }
    }
}

/// Writes date, currency and rate into a body.
pub(super) fn insert_frame(body: &mut Object, frame: &Frame) {
    body.insert("Date".to_owned(), json!(frame.date.to_string()));
    body.insert("CurrencyCode".to_owned(), json!(frame.currency));
    body.insert("CurrencyRate".to_owned(), fields::number(frame.rate, 6));
}

/// Writes what lines come to into a body.
pub(super) fn insert_lines(body: &mut Object, lines: &Lines) {
    body.insert("LineItems".to_owned(), Value::Array(lines.shown.clone()));
    body.insert("SubTotal".to_owned(), fields::money(lines.sub_total));
    body.insert("TotalTax".to_owned(), fields::money(lines.total_tax));
    body.insert("Total".to_owned(), fields::money(lines.total));
}

/// What was given, with what was there before of these properties where nothing came.
pub(super) fn completed(given: &Object, previous: Option<&Entity>, names: &[&str]) -> Object {
    let mut source = given.clone();
    for name in names {
        let before = previous.and_then(|entity| entity.body.get(*name));
        if let (None, Some(before)) = (given.get(*name), before) {
            source.insert((*name).to_owned(), before.clone());
        }
    }
    source
}
