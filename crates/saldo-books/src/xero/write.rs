//! Documents, and what documents refer to, as the vendor's bodies.

use super::amending;
use super::foreign::{Foreign, Moved};
use super::names::{self, Taken};
use super::place::Place;
use super::shape::{Form, FormLine, Shape, shape};
use super::tracking;
use super::wire::{
    AccountReference, ContactReference, CreditNoteReference, Entry, InvoiceReference, ItemDetails,
    Line, Record, Tracking,
};
use crate::json;
use rust_decimal::{Decimal, RoundingStrategy};
use saldo_core::book::{Bindings, BookContext, Item, Need, Subject};
use saldo_core::document::{Document, DocumentKey, Header, KeptItem};
use saldo_core::ledger::{Account, AccountKind, Side};
use saldo_core::money::Money;
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::BTreeMap;

/// The tax type of lines that no sales tax lies on.
const NO_TAX: &str = "NONE";
/// The connection's setting for the tax type of income that was sold without tax.
pub(super) const UNTAXED: &str = "untaxed";

/// The connection's setting for the status of drafts.
const DRAFTS: &str = "drafts";
/// The status of what is in the ledger.
const AUTHORISED: &str = "AUTHORISED";

/// A body that the vendor takes for a create or a change.
pub(super) struct Body {
    pub(super) place: Place,
    pub(super) json: Value,
}

/// The body that creates a subject.
///
/// # Errors
/// In words, why this book cannot hold it, or what is not bound.
pub(super) fn body(
    subject: &Subject,
    context: &BookContext,
    taken: &mut Taken<'_>,
) -> Result<Body, String> {
    match subject {
        Subject::Need(need) => {
            let (place, fields) = entry(need, &context.bindings, taken)?;
            json(place, &fields)
        }
        Subject::Document { key, voids: Some(_), .. } => {
            Err(format!("{key} is to be taken back, which goes by itself"))
        }
        Subject::Document { key, document, applies_to, draft, .. } => {
            let (place, fields) = record((*key, *draft), document, *applies_to, context)?;
            json(place, &fields)
        }
        Subject::Confirmed { key, document } => confirmed(*key, document, context),
        Subject::Amended { .. } => amending::body(subject, context),
        Subject::Attached { .. } => Err("a file goes by itself".to_owned()),
    }
}

/// What approves a draft. Its content is not sent: what somebody changed in it is not overwritten.
fn confirmed(key: DocumentKey, document: &Document, context: &BookContext) -> Result<Body, String> {
    let place = Place::of_shape(&shape(document)?);
    let bound = context.bindings.document(key).map(RemoteId::to_string);
    let bound = bound.ok_or_else(|| format!("the draft {key} is not bound"))?;
    let (invoice_id, credit_note_id) = match place {
        Place::Invoices => (Some(bound), None),
        Place::CreditNotes => (None, Some(bound)),
        _ => return Err(format!("{key} cannot be a draft in Xero")),
    };
    let status = Some(AUTHORISED.to_owned());
    json(place, &Record { invoice_id, credit_note_id, status, ..Record::default() })
}

/// The status of drafts: what the owner chose, or `DRAFT`.
///
/// # Errors
/// In words, where the setting has no sense.
pub(super) fn draft_status(settings: &BTreeMap<String, String>) -> Result<&'static str, String> {
    match settings.get(DRAFTS).map(String::as_str) {
        None | Some("draft") => Ok("DRAFT"),
        Some("submitted") => Ok("SUBMITTED"),
        Some(other) => Err(format!(
            "the setting `{DRAFTS}` is `{other}`: it must be `draft`, or `submitted` for those \
             that await approval in Xero"
        )),
    }
}

pub(super) fn json(place: Place, fields: &impl serde::Serialize) -> Result<Body, String> {
    let json = json::to_json(fields).map_err(|fault| fault.message)?;
    Ok(Body { place, json })
}

/// A document as the vendor's, as a draft or not.
///
/// # Errors
/// As [`body`].
pub(super) fn record(
    (key, draft): (DocumentKey, bool),
    document: &Document,
    applies_to: Option<DocumentKey>,
    context: &BookContext,
) -> Result<(Place, Record), String> {
    let header = document.header();
    let about = |reason: String| format!("{} {key} ({}): {reason}", header.kind, header.reference);
    if header.currency != context.currency {
        return Err(about(format!(
            "it is in {}, and the company's books are in {}",
            header.currency, context.currency
        )));
    }
    let shape = shape(document).map_err(about)?;
    if draft && !matches!(shape, Shape::Claim(_) | Shape::Bill(_)) {
        return Err(about("Xero has drafts of invoices, bills and credit notes alone".to_owned()));
    }
    let status = if draft { draft_status(&context.settings)? } else { AUTHORISED };
    let writer = Writer { key, document, status, context };
    let record = match &shape {
        Shape::Claim(form) => writer.claim(&shape, form),
        Shape::Bill(form) => writer.bill(&shape, form),
        Shape::Order(form) => writer.order(&shape, form),
        Shape::Money { bank, form } => writer.money(&shape, bank, form),
        Shape::Transfer { from, to, amount } => writer.transfer(from, to, *amount),
        Shape::Payment { account, amount, of_credit } => {
            writer.payment((account, *amount), *of_credit, applies_to)
        }
        Shape::Journal(lines) => writer.journal(lines),
        Shape::Foreign(foreign) => writer.foreign(&shape, foreign),
    };
    Ok((Place::of_shape(&shape), record.map_err(about)?))
}

/// What a document's references are looked up in.
struct Writer<'a> {
    key: DocumentKey,
    document: &'a Document,
    /// Of what has drafts.
    status: &'static str,
    context: &'a BookContext,
}

impl Writer<'_> {
    fn remote(&self, need: &Need) -> Result<&RemoteId, String> {
        let remote = self.context.bindings.need(need);
        remote.ok_or_else(|| format!("`{}` is not bound", need.binding()))
    }

    /// An account that money is on.
    fn account(&self, account: &Account) -> Result<AccountReference, String> {
        self.remote(&Need::Account(account.clone())).map(AccountReference::by_id)
    }

    /// An account that a line reaches.
    fn reached(&self, account: &Account) -> Result<AccountReference, String> {
        self.remote(&Need::Account(account.clone())).map(AccountReference::by_code)
    }

    fn contact(&self, shape: &Shape<'_>) -> Result<Option<ContactReference>, String> {
        let Some(party) = shape.contact(self.document) else { return Ok(None) };
        let remote = self.remote(&Need::Party(party))?;
        Ok(Some(ContactReference { contact_id: Some(remote.to_string()) }))
    }

    fn date(&self) -> Option<String> {
        Some(self.document.header().date.to_string())
    }

    /// What every document says that has no number of its own.
    fn marked(&self) -> Record {
        let reference = names::reference(&self.document.header().reference, self.key);
        Record { date: self.date(), reference: Some(reference), ..Record::default() }
    }

    fn form(&self, shape: &Shape<'_>, form: &Form<'_>) -> Result<Record, String> {
        let lines = form.lines.iter().map(|line| self.form_line(line));
        Ok(Record {
            contact: self.contact(shape)?,
            line_amount_types: Some("Exclusive".to_owned()),
            line_items: lines.collect::<Result<_, _>>()?,
            status: Some(self.status.to_owned()),
            ..self.marked()
        })
    }

    fn claim(&self, shape: &Shape<'_>, form: &Form<'_>) -> Result<Record, String> {
        let header = self.document.header();
        let number = Some(self.key.to_string());
        let words = names::plain(&header.reference, names::TEXT.min(255));
        let (r#type, invoice_number, credit_note_number, due_date) = match form.gives {
            true => ("ACCRECCREDIT", None, number, None),
            false => ("ACCREC", number, None, Some(due_date(header))),
        };
        Ok(Record {
            r#type: Some(r#type.to_owned()),
            invoice_number,
            credit_note_number,
            due_date,
            reference: (!words.is_empty()).then_some(words),
            currency_code: Some(header.currency.code().to_owned()),
            ..self.form(shape, form)?
        })
    }

    /// A supplier's document has the supplier's number, which several may have, and no reference:
    /// so the number bears the mark.
    fn bill(&self, shape: &Shape<'_>, form: &Form<'_>) -> Result<Record, String> {
        let header = self.document.header();
        let number = Some(names::reference(&header.reference, self.key));
        let (r#type, invoice_number, credit_note_number, due_date) = match form.gives {
            true => ("ACCPAY", number, None, Some(due_date(header))),
            false => ("ACCPAYCREDIT", None, number, None),
        };
        Ok(Record {
            r#type: Some(r#type.to_owned()),
            invoice_number,
            credit_note_number,
            due_date,
            reference: None,
            currency_code: Some(header.currency.code().to_owned()),
            ..self.form(shape, form)?
        })
    }

    /// An order has a number that is ours alone, and no price of a unit: the vendor works that out
    /// of units and amount, and shows it with as many digits as it likes.
    fn order(&self, shape: &Shape<'_>, form: &Form<'_>) -> Result<Record, String> {
        let header = self.document.header();
        let words = names::plain(&header.reference, names::TEXT.min(255));
        let line = |line: &FormLine<'_>| {
            let units = Decimal::from(line.quantity.unwrap_or(1));
            self.priced_line(line, (units, None))
        };
        Ok(Record {
            purchase_order_number: Some(self.key.to_string()),
            reference: (!words.is_empty()).then_some(words),
            date: self.date(),
            contact: self.contact(shape)?,
            currency_code: Some(header.currency.code().to_owned()),
            line_amount_types: Some("Exclusive".to_owned()),
            line_items: form.lines.iter().map(line).collect::<Result<_, _>>()?,
            status: Some(self.status.to_owned()),
            ..Record::default()
        })
    }

    fn money(&self, shape: &Shape<'_>, bank: &Account, form: &Form<'_>) -> Result<Record, String> {
        let r#type = if form.gives { "SPEND" } else { "RECEIVE" };
        Ok(Record {
            r#type: Some(r#type.to_owned()),
            bank_account: Some(self.account(bank)?),
            ..self.form(shape, form)?
        })
    }

    fn form_line(&self, line: &FormLine<'_>) -> Result<Line, String> {
        let (units, price) = units_and_price(line)?;
        self.priced_line(line, (units, Some(price)))
    }

    /// A line of so many units at a price, where one is stated.
    fn priced_line(
        &self,
        line: &FormLine<'_>,
        (units, price): (Decimal, Option<Decimal>),
    ) -> Result<Line, String> {
        let more = |count: &i64| *count > 1 && units == Decimal::ONE;
        let text = match line.quantity.filter(more) {
            Some(count) => format!("{count} x {}", line.text),
            None => line.text.to_string(),
        };
        let item = line.item().map(Need::Item);
        let item = item.map(|item| self.remote(&item)).transpose()?;
        let tax_amount = match &line.tax {
            Some(tax) => tax.amount,
            None => Money::zero(line.amount.currency()),
        };
        let account = self.reached(line.account)?;
        Ok(Line {
            line_item_id: None,
            description: Some(description(&text, line.account)),
            quantity: Some(json::decimal_number(units)),
            unit_amount: price.map(json::decimal_number),
            line_amount: Some(json::number(line.amount)),
            item_code: item.map(RemoteId::to_string),
            account_code: account.code,
            account_id: account.account_id,
            tax_type: Some(self.tax_type(line)?),
            tax_amount: Some(json::number(tax_amount)),
            tracking: self.tracking(line)?,
        })
    }

    fn tracking(&self, line: &FormLine<'_>) -> Result<Vec<Tracking>, String> {
        tracking::of_line(line, &self.context.bindings)
    }

    fn tax_type(&self, line: &FormLine<'_>) -> Result<String, String> {
        if let Some(tax) = &line.tax {
            return self.remote(&Need::TaxRate(tax.rate.clone())).map(RemoteId::to_string);
        }
        let untaxed = self.context.settings.get(UNTAXED);
        let untaxed = untaxed.filter(|_| line.account.kind.side() == Side::Income);
        Ok(untaxed.cloned().unwrap_or_else(|| NO_TAX.to_owned()))
    }

    fn transfer(&self, from: &Account, to: &Account, amount: Money) -> Result<Record, String> {
        Ok(Record {
            from_bank_account: Some(self.account(from)?),
            to_bank_account: Some(self.account(to)?),
            amount: Some(json::number(amount)),
            ..self.marked()
        })
    }

    /// Money on bank accounts of another currency: the vendor takes it for the bank account's, and
    /// no other.
    fn foreign(&self, shape: &Shape<'_>, foreign: &Foreign<'_>) -> Result<Record, String> {
        let kept = |account: &Account| {
            let currency = foreign.currency;
            self.remote(&Need::ForeignAccount { account: account.clone(), currency })
                .map(|remote| Some(AccountReference::by_id(remote)))
        };
        match &foreign.moved {
            Moved::Transfer { from, to, amount } => Ok(Record {
                from_bank_account: kept(from)?,
                to_bank_account: kept(to)?,
                amount: Some(json::number(*amount)),
                ..self.marked()
            }),
            Moved::Money { bank, gives, against, amount, rate, text } => {
                let account = self.reached(against)?;
                let line = Line {
                    description: Some(description(text, against)),
                    quantity: Some(json::decimal_number(Decimal::ONE)),
                    unit_amount: Some(json::number(*amount)),
                    line_amount: Some(json::number(*amount)),
                    account_code: account.code,
                    account_id: account.account_id,
                    ..Line::default()
                };
                Ok(Record {
                    r#type: Some(if *gives { "SPEND" } else { "RECEIVE" }.to_owned()),
                    contact: self.contact(shape)?,
                    bank_account: kept(bank)?,
                    currency_rate: Some(json::decimal_number(*rate)),
                    line_amount_types: Some("NoTax".to_owned()),
                    line_items: vec![line],
                    status: Some(self.status.to_owned()),
                    ..self.marked()
                })
            }
        }
    }

    fn payment(
        &self,
        (account, amount): (&Account, Money),
        of_credit: bool,
        applies_to: Option<DocumentKey>,
    ) -> Result<Record, String> {
        let what = if of_credit { "credit note" } else { "invoice" };
        let paid = applies_to.ok_or_else(|| format!("the {what} that it pays is not known"))?;
        let bound = self.context.bindings.document(paid);
        let bound = bound.ok_or_else(|| format!("its {what} {paid} is not bound"))?.to_string();
        let (invoice_id, credit_note_id) = match of_credit {
            false => (Some(bound), None),
            true => (None, Some(bound)),
        };
        let invoice = invoice_id
            .map(|id| InvoiceReference { invoice_id: Some(id), ..InvoiceReference::default() });
        let credit_note = credit_note_id.map(|id| CreditNoteReference {
            credit_note_id: Some(id),
            ..CreditNoteReference::default()
        });
        Ok(Record {
            invoice,
            credit_note,
            account: Some(self.account(account)?),
            amount: Some(json::number(amount)),
            ..self.marked()
        })
    }

    fn journal(&self, lines: &[FormLine<'_>]) -> Result<Record, String> {
        let header = self.document.header();
        let lines = lines.iter().map(|line| {
            let account = self.reached(line.account)?;
            Ok::<_, String>(Line {
                line_amount: Some(json::number(line.amount)),
                account_code: account.code,
                account_id: account.account_id,
                description: Some(description(&line.text, line.account)),
                tracking: self.tracking(line)?,
                ..Line::default()
            })
        });
        Ok(Record {
            narration: Some(names::reference(narration(header), self.key)),
            reference: None,
            line_amount_types: Some("NoTax".to_owned()),
            status: Some("POSTED".to_owned()),
            journal_lines: lines.collect::<Result<_, _>>()?,
            ..self.marked()
        })
    }
}

/// When it is to be paid: no earlier than its own day, on which it is due where nobody says more.
pub(super) fn due_date(header: &Header) -> String {
    header.due.map_or(header.date, |due| due.max(header.date)).to_string()
}

/// The words of a manual journal, besides its mark.
pub(super) fn narration(header: &Header) -> &str {
    if header.memo.is_empty() { &header.reference } else { &header.memo }
}

/// What a line says: the vendor wants a word at least.
fn description(text: &str, account: &Account) -> String {
    let words = names::text(text, names::TEXT);
    if words.is_empty() { names::text(&account.name, names::TEXT) } else { words }
}

/// Units and unit price: the line's own where they multiply to the amount exactly with at most four
/// decimals, otherwise one of all of it. The price carries the sign. Of an item in stock the units
/// count, and the price is one that comes to the amount once it is rounded.
///
/// # Errors
/// In words, where no price of an item in stock does.
fn units_and_price(line: &FormLine<'_>) -> Result<(Decimal, Decimal), String> {
    let amount: Decimal = line.amount.amount_text().parse().unwrap_or_default();
    if let (Some(_), Some(units)) = (line.kept, line.quantity) {
        let price = amount.checked_div(Decimal::from(units)).map(|it| it.round_dp(4));
        let nearest = RoundingStrategy::MidpointAwayFromZero;
        let comes_to = |price: &Decimal| {
            let full = price.checked_mul(Decimal::from(units));
            full.is_some_and(|it| it.round_dp_with_strategy(amount.scale(), nearest) == amount)
        };
        return price.filter(comes_to).map(|price| (Decimal::from(units), price)).ok_or_else(
            || {
                format!(
                    "no price of four decimals makes {} of {units} units of `{}`: part it",
                    line.amount, line.text
                )
            },
        );
    }
    let own = line.quantity.filter(|units| *units > 0).and_then(|units| {
        let units = Decimal::from(units);
        let price = amount.checked_div(units)?.normalize();
        let exact = price.scale() <= 4 && price.checked_mul(units)? == amount;
        exact.then_some((units, price))
    });
    Ok(own.unwrap_or((Decimal::ONE, amount)))
}

/// An item that the vendor tracks: it is by its accounts of stock and of costs.
fn tracked_item(item: &Item, kept: &KeptItem, bindings: &Bindings) -> Result<Entry, String> {
    let code = |account: &Account| {
        let need = Need::Account(account.clone());
        let remote =
            bindings.need(&need).ok_or_else(|| format!("`{}` is not bound", need.binding()))?;
        let code = AccountReference::by_code(remote).code;
        let missing = || {
            format!("`{}` has no code in Xero, by which items name it: give it one", account.name)
        };
        code.map(Some).ok_or_else(missing)
    };
    let title = item.product.as_ref().map_or("", |product| &product.title);
    let description = names::text(title, names::TEXT);
    Ok(Entry {
        code: names::item(item).into_iter().next(),
        name: Some(names::text(title, names::ITEM_NAME)).filter(|it| !it.is_empty()),
        description: (!description.is_empty()).then_some(description),
        sales_details: Some(ItemDetails { account_code: code(&kept.income)?, cogs: None }),
        inventory_asset_account_code: code(&kept.stock)?,
        purchase_details: Some(ItemDetails { account_code: None, cogs: code(&kept.cost)? }),
        ..Entry::default()
    })
}

/// An account, item, contact, tracking category or option.
fn entry(
    need: &Need,
    bindings: &Bindings,
    taken: &mut Taken<'_>,
) -> Result<(Place, Entry), String> {
    match need {
        Need::Account(account) => new_account(account).map(|fields| (Place::Accounts, fields)),
        Need::ForeignAccount { account, currency } if names::is_bank(account) => {
            let currency_code = Some(currency.code().to_owned());
            Ok((Place::Accounts, Entry { currency_code, ..new_account(account)? }))
        }
        Need::ForeignAccount { account, currency } => Err(format!(
            "`{}` is kept in {currency}, and Xero keeps bank accounts alone in other currencies",
            account.name
        )),
        Need::Item(item @ Item { kept: Some(kept), .. }) => {
            tracked_item(item, kept, bindings).map(|fields| (Place::Items, fields))
        }
        Need::Item(item) => {
            let account = Need::Account(item.account.clone());
            let lands = bindings.need(&account);
            let lands = lands.ok_or_else(|| format!("`{}` is not bound", account.binding()))?;
            let title = match &item.product {
                Some(product) => product.title.clone(),
                None => item.account.name.to_string(),
            };
            let sales =
                ItemDetails { account_code: AccountReference::by_code(lands).code, cogs: None };
            let description = names::text(&title, names::TEXT);
            let fields = Entry {
                code: Some(taken.choose("taken-item", &names::item(item))),
                name: Some(names::text(&title, names::ITEM_NAME)).filter(|it| !it.is_empty()),
                description: (!description.is_empty()).then_some(description),
                sales_details: Some(sales),
                ..Entry::default()
            };
            Ok((Place::Items, fields))
        }
        Need::Party(party) => {
            let fields = Entry {
                name: Some(taken.choose("taken", &names::party(party))),
                contact_number: names::contact_number(party),
                ..Entry::default()
            };
            Ok((Place::Contacts, fields))
        }
        Need::TaxRate(tax) => Err(format!("the tax rate `{tax}` is the owner's to make in Xero")),
        Need::Listed(listed) => Err(format!("documents in Xero name no {listed}")),
        Need::Dimension(named) | Need::Value { value: named, .. } => {
            let place = match need {
                Need::Dimension(_) => Place::TrackingCategories,
                _ => Place::Options,
            };
            let name = Some(tracking::name(named));
            Ok((place, Entry { name, ..Entry::default() }))
        }
    }
}

fn new_account(account: &Account) -> Result<Entry, String> {
    let r#type = names::account_type(account.kind);
    let is_bank = names::is_bank(account);
    // A gift card can pay an invoice, and so can what is kept back.
    let pays = matches!(
        account.kind,
        AccountKind::OtherCurrentAsset
            | AccountKind::OtherCurrentLiability
            | AccountKind::CreditCard
            | AccountKind::Conversion
    );
    match account.kind {
        AccountKind::Receivable | AccountKind::Payable => {
            Err(format!("`{}` is one of Xero's own accounts, which nobody can add", account.name))
        }
        _ => Ok(Entry {
            code: Some(names::account_code(&account.name)),
            name: Some(names::account(&account.name)),
            r#type: Some(r#type.to_owned()),
            bank_account_number: is_bank.then(|| names::bank_account_number(&account.name)),
            enable_payments_to_account: pays.then_some(true),
            ..Entry::default()
        }),
    }
}
