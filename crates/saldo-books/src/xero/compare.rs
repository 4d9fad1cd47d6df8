//! What the book holds against what was sent.

use super::dates;
use super::foreign::{self, Foreign, Moved};
use super::listing;
use super::names;
use super::place::Place;
use super::shape::{Shape, shape};
use super::tracking;
use super::wire::{self, AccountReference, Line, Record};
use rust_decimal::Decimal;
use saldo_core::book::Acknowledgement;
use saldo_core::document::{Document, DocumentKey};
use saldo_core::money::{Currency, Money};
use saldo_core::text::RemoteId;
use serde_json::Number;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a record carries our number or mark.
pub(super) fn is_ours(record: &Record, key: DocumentKey) -> bool {
    let numbers =
        [&record.invoice_number, &record.credit_note_number, &record.purchase_order_number];
    let texts = [&record.reference, &record.narration];
    numbers.into_iter().flatten().any(|number| number == key.as_str())
        || texts.into_iter().chain(numbers).flatten().any(|it| names::marked(it) == Some(key))
}

/// What the book acknowledges about a document in a row or an answer.
///
/// Total and tax are in the document's own terms: where the vendor's count otherwise (what moved on
/// a second settlement account, and tax on an account of the owner's own, stand in lines), the
/// known difference is added.
///
/// # Errors
/// In words, where an amount cannot be read.
pub(super) fn acknowledgement(
    document: &Document,
    record: &Record,
    company: Currency,
) -> Result<Acknowledgement, String> {
    let shape = shape(document)?;
    if let Shape::Foreign(foreign) = &shape {
        return of_another_currency(document, foreign, record, company);
    }
    let currency = currency(record, company)?;
    let held = total(&shape, record, currency)?;
    let total = held.map(|held| in_terms_of(document, &shape, held)).transpose()?;
    let tax = match (shape.form(), &record.total_tax) {
        (Some(form), Some(tax)) => {
            let held = wire::money(tax, currency)?;
            let own = document.tax().map_err(|error| error.to_string())?;
            Some(shifted(held, own, form.tax)?)
        }
        _ => None,
    };
    let remote = record.id().ok_or("the answer has no id")?;
    Ok(Acknowledgement {
        version: listing::version(record),
        total,
        tax,
        ..Acknowledgement::of(RemoteId::from(remote))
    })
}

/// What the book acknowledges about a document in another currency: what it is worth by the rate
/// that it has there. A transfer has the vendor's own rate, and is worth what was sent where it
/// moves as much.
fn of_another_currency(
    document: &Document,
    foreign: &Foreign<'_>,
    record: &Record,
    company: Currency,
) -> Result<Acknowledgement, String> {
    let stated = record.currency_code.as_deref();
    if let Some(held) = stated.filter(|held| *held != foreign.currency.code()) {
        return Err(format!("it is in {held}, not in {}", foreign.currency));
    }
    let read = |number: &Option<Number>| {
        number.as_ref().map(|number| wire::money(number, foreign.currency)).transpose()
    };
    let total = match &foreign.moved {
        Moved::Money { .. } => match read(&record.total)? {
            Some(held) => Some(foreign::worth(held, record.currency_rate.as_ref(), company)?),
            None => None,
        },
        Moved::Transfer { amount, .. } => match read(&record.amount)? {
            Some(held) if held == *amount => {
                Some(document.total().map_err(|error| error.to_string())?)
            }
            Some(held) => return Err(format!("amount: sent {amount}, held {held}")),
            None => None,
        },
    };
    let remote = record.id().ok_or("the answer has no id")?;
    let version = listing::version(record);
    Ok(Acknowledgement { version, total, ..Acknowledgement::of(RemoteId::from(remote)) })
}

fn in_terms_of(document: &Document, shape: &Shape<'_>, held: Money) -> Result<Money, String> {
    let sent = shape.total(document).map_err(|error| error.to_string())?;
    let own = document.total().map_err(|error| error.to_string())?;
    shifted(held, own, sent)
}

/// An amount of the book, by as much as ours differs from what was sent for it.
fn shifted(held: Money, own: Money, sent: Money) -> Result<Money, String> {
    if held.currency() != own.currency() {
        return Ok(held);
    }
    own.minus(sent).and_then(|known| held.plus(known)).map_err(|error| error.to_string())
}

/// The currency of a record; of a payment, that of its invoice or credit note.
fn currency(record: &Record, company: Currency) -> Result<Currency, String> {
    let invoice = record.invoice.as_ref().and_then(|it| it.currency_code.as_ref());
    let credit = record.credit_note.as_ref().and_then(|it| it.currency_code.as_ref());
    match record.currency_code.as_ref().or(invoice).or(credit) {
        None => Ok(company),
        Some(code) => Currency::parse(code).map_err(|error| error.to_string()),
    }
}

/// The vendor's total of a record: of a manual journal its debits, since it has none.
fn total(shape: &Shape<'_>, record: &Record, currency: Currency) -> Result<Option<Money>, String> {
    let number = match shape {
        Shape::Claim(_) | Shape::Bill(_) | Shape::Order(_) | Shape::Money { .. } => &record.total,
        Shape::Transfer { .. } | Shape::Payment { .. } => &record.amount,
        Shape::Foreign(_) => return Ok(None),
        Shape::Journal(_) => {
            if record.journal_lines.is_empty() {
                return Ok(None);
            }
            let amounts = record.journal_lines.iter().map(|line| amount(line, currency));
            let amounts: Vec<Money> = amounts.collect::<Result<_, _>>()?;
            let debits = amounts.into_iter().filter(|amount| amount.is_positive());
            return Money::sum(currency, debits).map(Some).map_err(|error| error.to_string());
        }
    };
    number.as_ref().map(|number| wire::money(number, currency)).transpose()
}

fn amount(line: &Line, currency: Currency) -> Result<Money, String> {
    let nothing = Money::zero(currency);
    line.line_amount.as_ref().map_or(Ok(nothing), |amount| wire::money(amount, currency))
}

/// What a record holds, and in which words it differs from what was sent. A record that cannot be
/// read is a difference.
pub(super) fn held(
    place: Place,
    document: &Document,
    sent: &Record,
    record: &Record,
    company: Currency,
) -> (Acknowledgement, Vec<String>) {
    let read = acknowledgement(document, record, company);
    let (mut differences, acknowledgement) = match read {
        Ok(acknowledgement) => (Vec::new(), acknowledgement),
        Err(reason) => {
            let remote = RemoteId::from(record.id().unwrap_or_default());
            (vec![reason], Acknowledgement::of(remote))
        }
    };
    if !listing::counts(record) {
        let status = record.status.as_deref().unwrap_or_default().to_lowercase();
        differences.push(format!("it is {status}"));
    }
    differences.extend(references(sent, record));
    differences.extend(accounts(sent, record));
    match money_differences(place, document, sent, record, &acknowledgement) {
        Ok(found) => differences.extend(found),
        Err(reason) if !differences.contains(&reason) => differences.push(reason),
        Err(_) => {}
    }
    (acknowledgement, differences)
}

/// Day, direction, contact, and invoice or credit note, where they differ.
fn references(sent: &Record, held: &Record) -> Vec<String> {
    let contact = |record: &Record| record.contact.as_ref().and_then(|it| it.contact_id.clone());
    let invoice = |record: &Record| record.invoice.as_ref().and_then(|it| it.invoice_id.clone());
    let credit =
        |record: &Record| record.credit_note.as_ref().and_then(|it| it.credit_note_id.clone());
    // A date that cannot be read is told as it stands.
    let day = held.date.as_deref().map(|text| match dates::day(text) {
        Ok(day) => day.to_string(),
        Err(_) => text.to_owned(),
    });
    let fields = [
        ("date", sent.date.clone(), day),
        ("type", sent.r#type.clone(), held.r#type.clone()),
        ("contact", contact(sent), contact(held)),
        ("invoice", invoice(sent), invoice(held)),
        ("credit note", credit(sent), credit(held)),
    ];
    let differs = |(what, sent, held): (&str, Option<String>, Option<String>)| {
        let sent = sent?;
        let held = held.unwrap_or_else(|| "nothing".to_owned());
        (sent != held).then(|| format!("{what}: sent {sent}, held {held}"))
    };
    fields.into_iter().filter_map(differs).collect()
}

/// Bank accounts that differ.
fn accounts(sent: &Record, held: &Record) -> Vec<String> {
    let fields = [
        ("bank account", &sent.bank_account, &held.bank_account),
        ("from account", &sent.from_bank_account, &held.from_bank_account),
        ("to account", &sent.to_bank_account, &held.to_bank_account),
        ("account", &sent.account, &held.account),
    ];
    let told = |account: &AccountReference| {
        account.account_id.clone().or_else(|| account.code.clone()).unwrap_or_default()
    };
    let differs = |(what, sent, held): (&str, &Option<AccountReference>, &Option<_>)| {
        let sent = sent.as_ref()?;
        let id = |account: &AccountReference| account.account_id.clone();
        let same = held.as_ref().and_then(id) == id(sent);
        let held = held.as_ref().map_or_else(|| "nothing".to_owned(), told);
        (!same).then(|| format!("{what}: sent {}, held {held}", told(sent)))
    };
    fields.into_iter().filter_map(differs).collect()
}

/// Amounts that differ: total, tax, and the sums of each account and tax type.
fn money_differences(
    place: Place,
    document: &Document,
    sent: &Record,
    record: &Record,
    acknowledgement: &Acknowledgement,
) -> Result<Vec<String>, String> {
    let own = document.header().currency;
    let lines_in = record.currency_code.as_deref().unwrap_or(own.code());
    let mut differences = Vec::new();
    let total = document.total().map_err(|error| error.to_string())?;
    let tax = document.tax().map_err(|error| error.to_string())?;
    let sums = [("total", total, acknowledgement.total), ("tax", tax, acknowledgement.tax)];
    for (what, sent, held) in sums {
        if let Some(held) = held
            && sent != held
        {
            differences.push(format!("{what}: sent {sent}, held {held}"));
        }
    }
    if matches!(place, Place::BankTransfers | Place::Payments) {
        return Ok(differences);
    }
    if let Some(mode) = &record.line_amount_types
        && sent.line_amount_types.as_ref() != Some(mode)
    {
        differences.push(format!("its lines are {mode} now"));
        return Ok(differences);
    }
    // Where we say none, tracking is the owner's to give.
    let mut lines = sent.line_items.iter().chain(&sent.journal_lines);
    let told = lines.any(|line| !line.tracking.is_empty());
    let in_stock = document.lines().iter().any(|line| line.kind.kept().is_some());
    let counted = Counted { tracking: told, units: in_stock };
    let record = tracking::by_ids(sent, record);
    let (sent, held) = (line_sums(sent, counted)?, line_sums(&record, counted)?);
    let keys: BTreeSet<&String> = sent.keys().chain(held.keys()).collect();
    for key in keys {
        let sent = sent.get(key).copied().unwrap_or_default();
        let held = held.get(key).copied().unwrap_or_default();
        if sent != held {
            let unit = if key.starts_with(UNITS) { "" } else { lines_in };
            let told = |sum: Decimal| format!("{sum} {unit}").trim_end().to_owned();
            differences.push(format!("{key}: sent {}, held {}", told(sent), told(held)));
        }
    }
    Ok(differences)
}

/// How sums of units begin.
const UNITS: &str = "units of";

/// What of lines is summed besides their amounts.
#[derive(Clone, Copy)]
struct Counted {
    /// What they stand for.
    tracking: bool,
    /// The units of items.
    units: bool,
}

/// The sums of each account that lines reach, in what they stand for where that counts, and of the
/// tax of each tax type.
fn line_sums(record: &Record, counted: Counted) -> Result<BTreeMap<String, Decimal>, String> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for line in record.line_items.iter().chain(&record.journal_lines) {
        // In answers a line has both; the code is what lines were sent with, where there is one.
        let account = line.account_code.as_ref().or(line.account_id.as_ref());
        let tax = line.tax_type.as_deref().unwrap_or("NONE");
        if let Some(account) = account {
            let mut key = format!("account {account}");
            let mut options: Vec<&String> =
                line.tracking.iter().filter_map(|it| it.option_id.as_ref()).collect();
            options.sort();
            for option in options.into_iter().filter(|_| counted.tracking) {
                key.push_str(&format!(" in tracking {option}"));
            }
            *sums.entry(key).or_default() += read(&line.line_amount)?;
        }
        if let Some(item) = line.item_code.as_ref().filter(|_| counted.units) {
            *sums.entry(format!("{UNITS} {item}")).or_default() += read(&line.quantity)?;
        }
        *sums.entry(format!("tax {tax}")).or_default() += read(&line.tax_amount)?;
    }
    sums.retain(|_, sum| !sum.is_zero());
    Ok(sums.into_iter().map(|(key, sum)| (key, sum.normalize())).collect())
}

fn read(number: &Option<Number>) -> Result<Decimal, String> {
    match number {
        None => Ok(Decimal::ZERO),
        Some(number) => wire::decimal(number).ok_or_else(|| format!("`{number}` is no amount")),
    }
}
