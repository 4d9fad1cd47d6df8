//! What the book holds against what was sent.

use super::foreign;
use super::sales::is_tax_of_the_vendor;
use super::shape::{Shape, shape};
use super::tax::differences as tax_differences;
use super::wire::{self, Entity, Line, Reference, Transaction};
use crate::json;
use rust_decimal::Decimal;
use saldo_core::book::Acknowledgement;
use saldo_core::document::{Document, DocumentKey};
use saldo_core::money::{Currency, Money};
use saldo_core::text::RemoteId;
use std::collections::{BTreeMap, BTreeSet};

/// What the book acknowledges about a document in a row or an answer.
///
/// Total and tax are in the document's own terms: where the vendor's count otherwise (what moved on
/// a second settlement account, and tax on an account of the owner's own, stand in the lines of a
/// form), the known difference is added.
///
/// # Errors
/// In words, where an amount cannot be read.
pub(super) fn acknowledgement(
    entity: Entity,
    (key, document): (DocumentKey, &Document),
    row: &Transaction,
    company: Currency,
) -> Result<Acknowledgement, String> {
    let currency = currency(row, company)?;
    let total = total(entity, row, currency, company)?.map(|total| in_terms_of(document, total));
    let tax = match entity {
        Entity::SalesReceipt | Entity::Invoice | Entity::RefundReceipt | Entity::CreditMemo => {
            tax(row, currency)?.map(|tax| tax_in_terms_of(document, tax)).transpose()?
        }
        // What is bought says nothing of tax, unless the vendor takes it back.
        Entity::Purchase | Entity::Bill | Entity::VendorCredit
            if document.lines().iter().any(is_tax_of_the_vendor) =>
        {
            tax(row, currency)?
        }
        _ => None,
    };
    let remote = row.id.clone().ok_or("the answer has no id")?;
    Ok(Acknowledgement {
        remote: RemoteId::from(remote),
        version: row.sync_token.clone(),
        total: total.transpose()?,
        tax,
        number: number_of_its_own(entity, &document.number(key), row),
    })
}

/// The number that the vendor gave a transaction in place of ours, where the company numbers its
/// documents itself.
fn number_of_its_own(entity: Entity, ours: &str, row: &Transaction) -> Option<String> {
    let number = row.doc_number.as_ref().filter(|_| entity.is_numbered());
    number.filter(|number| !number.is_empty() && *number != ours).cloned()
}

fn in_terms_of(document: &Document, held: Money) -> Result<Money, String> {
    if held.currency() != document.header().currency {
        return Ok(held);
    }
    let sent = shape(document)?.total(document).map_err(|error| error.to_string())?;
    let own = document.total().map_err(|error| error.to_string())?;
    own.minus(sent).and_then(|known| held.plus(known)).map_err(|error| error.to_string())
}

fn tax_in_terms_of(document: &Document, held: Money) -> Result<Money, String> {
    let Shape::Form(form) = shape(document)? else { return Ok(held) };
    if held.currency() != document.header().currency {
        return Ok(held);
    }
    let own = document.tax().map_err(|error| error.to_string())?;
    own.minus(form.tax).and_then(|known| held.plus(known)).map_err(|error| error.to_string())
}

fn currency(row: &Transaction, company: Currency) -> Result<Currency, String> {
    match &row.currency_ref {
        None => Ok(company),
        Some(reference) => Currency::parse(&reference.value).map_err(|error| error.to_string()),
    }
}

/// The vendor's total of a transaction: of a journal entry, its debits, since its own field is
/// often nil.
///
/// Of one in another currency it is what they are worth by its rate.
fn total(
    entity: Entity,
    row: &Transaction,
    currency: Currency,
    company: Currency,
) -> Result<Option<Money>, String> {
    match entity {
        Entity::Transfer => row.amount.as_ref().map(|it| wire::money(it, currency)).transpose(),
        Entity::JournalEntry => {
            let debits = row.line.iter().filter(|line| {
                let detail = line.journal_entry_line_detail.as_ref();
                detail.is_some_and(|it| it.posting_type.as_deref() == Some("Debit"))
            });
            if row.line.is_empty() {
                return Ok(None);
            }
            let amounts: Vec<Money> =
                debits.map(|line| amount(line, currency)).collect::<Result<_, _>>()?;
            if currency != company {
                return foreign::worth(&amounts, row.exchange_rate.as_ref(), company).map(Some);
            }
            Money::sum(currency, amounts).map(Some).map_err(|error| error.to_string())
        }
        _ => row.total_amt.as_ref().map(|it| wire::money(it, currency)).transpose(),
    }
}

fn tax(row: &Transaction, currency: Currency) -> Result<Option<Money>, String> {
    let tax = row.txn_tax_detail.as_ref().and_then(|detail| detail.total_tax.as_ref());
    tax.map(|tax| wire::money(tax, currency)).transpose()
}

fn amount(line: &Line, currency: Currency) -> Result<Money, String> {
    let nothing = Money::zero(currency);
    line.amount.as_ref().map_or(Ok(nothing), |amount| wire::money(amount, currency))
}

/// What a row holds, and in which words it differs from what was sent. A row that cannot be read is
/// a difference.
pub(super) fn held(
    entity: Entity,
    (key, document): (DocumentKey, &Document),
    sent: &Transaction,
    row: &Transaction,
    company: Currency,
) -> (Acknowledgement, Vec<String>) {
    let read = acknowledgement(entity, (key, document), row, company);
    let (mut differences, acknowledgement) = match read {
        Ok(acknowledgement) => (Vec::new(), acknowledgement),
        Err(reason) => {
            let unread = Acknowledgement::of(RemoteId::from(row.id.clone().unwrap_or_default()));
            (vec![reason], Acknowledgement { version: row.sync_token.clone(), ..unread })
        }
    };
    differences.extend(texts(sent, row));
    match money_differences(entity, document, sent, row, &acknowledgement) {
        Ok(found) => differences.extend(found),
        Err(reason) if !differences.contains(&reason) => differences.push(reason),
        Err(_) => {}
    }
    (acknowledgement, differences)
}

/// The bank account that a bill was paid from.
fn paid_from(row: &Transaction) -> Option<String> {
    let account = row.check_payment.as_ref()?.bank_account_ref.as_ref();
    account.map(|account| account.value.clone())
}

/// Dates and references that differ.
fn texts(sent: &Transaction, row: &Transaction) -> Vec<String> {
    let value = |reference: &Option<Reference>| reference.as_ref().map(|it| it.value.clone());
    let fields = [
        ("date", sent.txn_date.clone(), row.txn_date.clone()),
        ("customer", value(&sent.customer_ref), value(&row.customer_ref)),
        ("supplier", value(&sent.vendor_ref), value(&row.vendor_ref)),
        ("payable account", value(&sent.ap_account_ref), value(&row.ap_account_ref)),
        ("account", paid_from(sent), paid_from(row)),
        (
            "deposit account",
            value(&sent.deposit_to_account_ref),
            value(&row.deposit_to_account_ref),
        ),
        ("account", value(&sent.account_ref), value(&row.account_ref)),
        ("from account", value(&sent.from_account_ref), value(&row.from_account_ref)),
        ("to account", value(&sent.to_account_ref), value(&row.to_account_ref)),
        ("location", value(&sent.department_ref), value(&row.department_ref)),
        ("adjustment account", value(&sent.adjust_account_ref), value(&row.adjust_account_ref)),
    ];
    let differs = |(what, sent, held): (&str, Option<String>, Option<String>)| {
        let sent = sent?;
        let held = held.unwrap_or_else(|| "nothing".to_owned());
        (sent != held).then(|| format!("{what}: sent {sent}, held {held}"))
    };
    fields.into_iter().filter_map(differs).collect()
}

/// Amounts that differ: total, tax, and the sum of each item or account.
fn money_differences(
    entity: Entity,
    document: &Document,
    sent: &Transaction,
    row: &Transaction,
    acknowledgement: &Acknowledgement,
) -> Result<Vec<String>, String> {
    let own = document.header().currency;
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
    let (held_in, own) = (currency(row, own)?, currency(sent, own)?);
    if held_in != own {
        differences.push(format!("currency: sent {own}, held {held_in}"));
    }
    if entity == Entity::Transfer || held_in != own {
        return Ok(differences);
    }
    differences.extend(unit_differences(sent, row)?);
    differences.extend(tax_differences(document, sent, row)?);
    // Where we say none, classes and locations are the owner's to give.
    let told = sent.line.iter().any(|line| !values(line).is_empty());
    let (sent, held) = (line_sums(sent, own, told)?, line_sums(row, own, told)?);
    let nothing = Money::zero(own);
    let keys: BTreeSet<&String> = sent.keys().chain(held.keys()).collect();
    for key in keys {
        let sent = sent.get(key).copied().unwrap_or(nothing);
        let held = held.get(key).copied().unwrap_or(nothing);
        if sent != held {
            differences.push(format!("{key}: sent {sent}, held {held}"));
        }
    }
    Ok(differences)
}

/// Units that differ, of items whose units we say.
fn unit_differences(sent: &Transaction, row: &Transaction) -> Result<Vec<String>, String> {
    let (sent, held) = (units(sent)?, units(row)?);
    let differs = sent.into_iter().filter_map(|(item, sent)| {
        let held = held.get(&item).copied().unwrap_or_default();
        (sent != held).then(|| format!("units of item {item}: sent {sent}, held {held}"))
    });
    Ok(differs.collect())
}

/// The units of each item.
fn units(row: &Transaction) -> Result<BTreeMap<String, Decimal>, String> {
    let mut sums = BTreeMap::new();
    for line in &row.line {
        let sold = line.sales_item_line_detail.as_ref().map(|it| (&it.item_ref, &it.qty));
        let bought = line.item_based_expense_line_detail.as_ref();
        let bought = bought.map(|it| (&it.item_ref, &it.qty));
        let counted = line.item_adjustment_line_detail.as_ref();
        let counted = counted.map(|it| (&it.item_ref, &it.qty_diff));
        let Some((Some(item), Some(units))) = sold.or(bought).or(counted) else { continue };
        let units =
            json::decimal(units).ok_or_else(|| format!("`{units}` is no number of units"))?;
        *sums.entry(item.value.clone()).or_insert(Decimal::ZERO) += units;
    }
    Ok(sums)
}

/// The class and the location of a line, in words.
fn values(line: &Line) -> String {
    let item = line.sales_item_line_detail.as_ref().and_then(|it| it.class_ref.as_ref());
    let expense = line.account_based_expense_line_detail.as_ref();
    let bought = line.item_based_expense_line_detail.as_ref();
    let journal = line.journal_entry_line_detail.as_ref();
    let class = item
        .or(expense.and_then(|it| it.class_ref.as_ref()))
        .or(bought.and_then(|it| it.class_ref.as_ref()))
        .or(journal.and_then(|it| it.class_ref.as_ref()));
    let location = journal.and_then(|it| it.department_ref.as_ref());
    let named = [("class", class), ("location", location)].into_iter();
    named.filter_map(|(what, it)| it.map(|it| format!(" in {what} {}", it.value))).collect()
}

/// Whether a line points at anything: subtotals do not.
pub(super) fn points(line: &Line) -> bool {
    line.sales_item_line_detail.is_some()
        || line.account_based_expense_line_detail.is_some()
        || line.item_based_expense_line_detail.is_some()
        || line.journal_entry_line_detail.is_some()
}

/// What a line says besides its amount: its text, its class and its location.
pub(super) fn says(line: &Line) -> String {
    format!("`{}`{}", line.description.as_deref().unwrap_or_default(), values(line))
}

/// The sum of each thing that lines point at. Lines that point at nothing (subtotals) do not count.
fn line_sums(
    row: &Transaction,
    currency: Currency,
    with_values: bool,
) -> Result<BTreeMap<String, Money>, String> {
    let mut sums = BTreeMap::new();
    for line in &row.line {
        let amount = amount(line, currency)?;
        let Some((mut key, amount)) = target(line, amount) else { continue };
        if with_values {
            key.push_str(&values(line));
        }
        let sum = sums.entry(key).or_insert(Money::zero(currency));
        *sum = sum.plus(amount).map_err(|error| error.to_string())?;
    }
    Ok(sums)
}

fn target(line: &Line, amount: Money) -> Option<(String, Money)> {
    let named = |what: &str, reference: &Option<Reference>| {
        reference.as_ref().map(|it| format!("{what} {}", it.value))
    };
    if let Some(detail) = &line.sales_item_line_detail {
        return named("item", &detail.item_ref).map(|key| (key, amount));
    }
    if let Some(detail) = &line.account_based_expense_line_detail {
        return named("account", &detail.account_ref).map(|key| (key, amount));
    }
    if let Some(detail) = &line.item_based_expense_line_detail {
        return named("item", &detail.item_ref).map(|key| (key, amount));
    }
    if let Some(detail) = &line.journal_entry_line_detail {
        let credit = detail.posting_type.as_deref() == Some("Credit");
        let signed = if credit { amount.negated() } else { amount };
        return named("account", &detail.account_ref).map(|key| (key, signed));
    }
    let linked = line.linked_txn.first()?;
    Some((format!("{} {}", linked.txn_type, linked.txn_id), amount))
}
