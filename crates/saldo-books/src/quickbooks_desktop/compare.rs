//! What the book holds against what was sent: both are read by the same names, since a row of the
//! vendor's differs from what made it in the ends of its names alone.

use super::foreign;
use super::names;
use super::orders;
use super::shape::{CLASS, shape};
use super::wire::Kind;
use super::write::Body;
use super::xml::{self, Element};
use rust_decimal::Decimal;
use saldo_core::book::Acknowledgement;
use saldo_core::document::{Document, DocumentKey};
use saldo_core::money::{Currency, Money};
use saldo_core::text::RemoteId;
use std::collections::{BTreeMap, BTreeSet};

/// What a transaction refers to as a whole, and what we call it.
const REFERENCES: [(&str, &str); 13] = [
    ("CustomerRef", "customer"),
    ("VendorRef", "supplier"),
    ("PayeeEntityRef", "payee"),
    ("ARAccountRef", "receivable account"),
    ("APAccountRef", "payable account"),
    ("DepositToAccountRef", "deposit account"),
    ("AccountRef", "account"),
    ("BankAccountRef", "bank account"),
    ("CreditCardAccountRef", "card"),
    ("RefundFromAccountRef", "account that it is paid from"),
    ("TransferFromAccountRef", "from account"),
    ("TransferToAccountRef", "to account"),
    ("CurrencyRef", "currency"),
];

/// Whether a row carries a document's key, in its number or in a memo.
pub(super) fn is_of(row: &Element, key: DocumentKey) -> bool {
    row.text(["RefNumber"]) == Some(key.as_str()) || marked(row) == Some(key)
}

/// The key that a row's memo carries: of a journal entry, the memo of one of its lines.
pub(super) fn marked(row: &Element) -> Option<DocumentKey> {
    let own = row.text(["Memo"]).and_then(names::marked);
    let is_line = |line: &&Element| line.name.starts_with("Journal");
    let mut lines = row.children.iter().filter(is_line);
    own.or_else(|| lines.find_map(|line| names::marked(line.text(["Memo"])?)))
}

/// What the book acknowledges about a document in a row.
///
/// Total and tax are in the document's own terms: where the vendor's count otherwise (what moved on
/// a second settlement account, and all tax, stand in lines), the known difference is added.
///
/// # Errors
/// In words, where the row cannot be read.
pub(super) fn acknowledgement(
    kind: Kind,
    document: &Document,
    row: &Element,
) -> Result<Acknowledgement, String> {
    let (currency, home) = (foreign::currency_of(kind, document), document.header().currency);
    let remote = row.text(["TxnID"]).ok_or("the row has no TxnID")?;
    let total = match currency == home {
        true => total(kind, row, home)?,
        false => Some(foreign::worth(row, &debits(row, currency)?, home)?),
    };
    let total = total.map(|total| in_terms_of(document, total));
    let tax = match kind.is_form() {
        true => optional(row, "SalesTaxTotal", home)?.map(|added| {
            let own = document.tax().and_then(|own| own.plus(added));
            own.map_err(|error| error.to_string())
        }),
        false => None,
    };
    Ok(Acknowledgement {
        version: row.text(["EditSequence"]).map(str::to_owned),
        total: total.transpose()?,
        tax: tax.transpose()?,
        ..Acknowledgement::of(match kind {
            Kind::PurchaseOrder => orders::remote(row, remote),
            _ => RemoteId::from(remote),
        })
    })
}

fn in_terms_of(document: &Document, held: Money) -> Result<Money, String> {
    let sent = shape(document)?.total(document)?;
    let own = document.total().map_err(|error| error.to_string())?;
    own.minus(sent).and_then(|known| held.plus(known)).map_err(|error| error.to_string())
}

/// The vendor's total of a transaction: of an invoice, what it was over at first; of a journal
/// entry, its debits.
fn total(kind: Kind, row: &Element, currency: Currency) -> Result<Option<Money>, String> {
    let name = match kind {
        Kind::SalesReceipt
        | Kind::CreditMemo
        | Kind::ReceivePayment
        | Kind::ARRefundCreditCard
        | Kind::PurchaseOrder
        | Kind::ItemReceipt => "TotalAmount",
        // It is about no money.
        Kind::InventoryAdjustment => return Ok(None),
        Kind::Deposit => "DepositTotal",
        Kind::CreditCardCharge | Kind::CreditCardCredit => "Amount",
        Kind::Check | Kind::Transfer | Kind::BillPaymentCheck | Kind::BillPaymentCreditCard => {
            "Amount"
        }
        Kind::Bill => "AmountDue",
        Kind::VendorCredit => "CreditAmount",
        Kind::Invoice => {
            let sums =
                [optional(row, "Subtotal", currency)?, optional(row, "SalesTaxTotal", currency)?];
            let [Some(lines), tax] = sums else { return Ok(None) };
            let total = lines.plus(tax.unwrap_or(Money::zero(currency)));
            return total.map(Some).map_err(|error| error.to_string());
        }
        Kind::JournalEntry => {
            let debits = debits(row, currency)?;
            if debits.is_empty() {
                return Ok(None);
            }
            return Money::sum(currency, debits).map(Some).map_err(|error| error.to_string());
        }
    };
    optional(row, name, currency)
}

/// The debits of a journal entry.
fn debits(row: &Element, currency: Currency) -> Result<Vec<Money>, String> {
    row.all("JournalDebitLine").map(|line| required(line, "Amount", currency)).collect()
}

fn optional(row: &Element, name: &str, currency: Currency) -> Result<Option<Money>, String> {
    let parse = |text| Money::parse(text, currency).map_err(|error| format!("{name}: {error}"));
    row.text([name]).map(parse).transpose()
}

fn required(row: &Element, name: &str, currency: Currency) -> Result<Money, String> {
    Ok(optional(row, name, currency)?.unwrap_or(Money::zero(currency)))
}

/// What a row holds, and in which words it differs from what was sent. A row that cannot be read is
/// a difference.
///
/// # Errors
/// In words, where what was sent cannot be read.
pub(super) fn held(
    kind: Kind,
    document: &Document,
    sent: &Body,
    row: &Element,
) -> Result<(Acknowledgement, Vec<String>), String> {
    let sent = xml::read(sent.xml.as_bytes())?;
    let (mut differences, acknowledgement) = match acknowledgement(kind, document, row) {
        Ok(acknowledgement) => (Vec::new(), acknowledgement),
        Err(reason) => {
            let remote = RemoteId::from(row.text(["TxnID"]).unwrap_or_default());
            let version = row.text(["EditSequence"]).map(str::to_owned);
            (vec![reason], Acknowledgement { version, ..Acknowledgement::of(remote) })
        }
    };
    differences.extend(texts(&sent, row));
    match money_differences(kind, document, &sent, row, &acknowledgement) {
        Ok(found) => differences.extend(found),
        Err(reason) if !differences.contains(&reason) => differences.push(reason),
        Err(_) => {}
    }
    Ok((acknowledgement, differences))
}

/// Dates and references that differ.
fn texts(sent: &Element, row: &Element) -> Vec<String> {
    let date = std::iter::once((sent.text(["TxnDate"]), row.text(["TxnDate"]), "date"));
    let references = REFERENCES
        .into_iter()
        .map(|(name, what)| (sent.text([name, "ListID"]), row.text([name, "ListID"]), what));
    let differs = |(sent, held, what): (Option<&str>, Option<&str>, &str)| {
        let (sent, held) = (sent?, held.unwrap_or("nothing"));
        (sent != held).then(|| format!("{what}: sent {sent}, held {held}"))
    };
    date.chain(references).filter_map(differs).collect()
}

/// Amounts that differ: total, tax, and the sum of each item or account.
fn money_differences(
    kind: Kind,
    document: &Document,
    sent: &Element,
    row: &Element,
    acknowledgement: &Acknowledgement,
) -> Result<Vec<String>, String> {
    let currency = foreign::currency_of(kind, document);
    let total = document.total().map_err(|error| error.to_string())?;
    let tax = document.tax().map_err(|error| error.to_string())?;
    let sums = [("total", total, acknowledgement.total), ("tax", tax, acknowledgement.tax)];
    let mut differences = Vec::new();
    for (what, sent, held) in sums {
        if let Some(held) = held
            && sent != held
        {
            differences.push(format!("{what}: sent {sent}, held {held}"));
        }
    }
    // Where we say none, classes are the owner's to give.
    let told = sent.children.iter().any(|line| line.child("ClassRef").is_some());
    let sent_lines = sent;
    let (sent, mut held) = (line_sums(sent, currency, told)?, line_sums(row, currency, told)?);
    // What we applied to nothing is the owner's to apply: no account moves by it.
    if !sent.keys().any(|key| key.starts_with(APPLIED)) {
        held.retain(|key, _| !key.starts_with(APPLIED));
    }
    let nothing = Money::zero(currency);
    let keys: BTreeSet<&String> = sent.keys().chain(held.keys()).collect();
    for key in keys {
        let sent = sent.get(key).copied().unwrap_or(nothing);
        let held = held.get(key).copied().unwrap_or(nothing);
        if sent != held {
            differences.push(format!("{key}: sent {sent}, held {held}"));
        }
    }
    if document.lines().iter().any(|line| line.kind.kept().is_some()) {
        differences.extend(unit_differences(sent_lines, row)?);
    }
    Ok(differences)
}

/// Units that differ, of items whose units we say.
fn unit_differences(sent: &Element, row: &Element) -> Result<Vec<String>, String> {
    let (sent, held) = (unit_sums(sent)?, unit_sums(row)?);
    let differs = |(item, sent): (String, Decimal)| {
        let held = held.get(&item).copied().unwrap_or_default();
        (sent != held).then(|| format!("units of item {item}: sent {sent}, held {held}"))
    };
    Ok(sent.into_iter().filter_map(differs).collect())
}

/// The units of each item.
fn unit_sums(row: &Element) -> Result<BTreeMap<String, Decimal>, String> {
    let mut sums = BTreeMap::new();
    for line in &row.children {
        let counted = line.text(["QuantityAdjustment", "QuantityDifference"]);
        let units = line.text(["Quantity"]).or(counted).or(line.text(["QuantityDifference"]));
        let (Some(item), Some(text)) = (line.text(["ItemRef", "ListID"]), units) else { continue };
        let units: Decimal = text.parse().map_err(|_| format!("`{text}` is no number of units"))?;
        *sums.entry(item.to_owned()).or_insert(Decimal::ZERO) += units;
    }
    Ok(sums)
}

/// What the transaction is called that another one is applied to, before its id.
const APPLIED: &str = "transaction ";

/// The sum of each thing that lines point at.
fn line_sums(
    row: &Element,
    currency: Currency,
    with_classes: bool,
) -> Result<BTreeMap<String, Money>, String> {
    let mut sums = BTreeMap::new();
    for line in &row.children {
        let Some((mut key, amount)) = target(line, currency)? else { continue };
        if with_classes && let Some(class) = line.text(["ClassRef", "ListID"]) {
            key.push_str(&format!(" in {} {class}", CLASS));
        }
        let sum = sums.entry(key).or_insert(Money::zero(currency));
        *sum = sum.plus(amount).map_err(|error| error.to_string())?;
    }
    Ok(sums)
}

/// What a line points at, and its amount; none of what is no line, or a line of text.
fn target(line: &Element, currency: Currency) -> Result<Option<(String, Money)>, String> {
    let name = line.name.trim_end_matches("Add").trim_end_matches("Ret");
    let points_at = |what: &str, reference: &str, amount: Money| {
        line.text([reference, "ListID"]).map(|id| (format!("{what} {id}"), amount))
    };
    Ok(match name {
        "JournalDebitLine" => {
            points_at("account", "AccountRef", required(line, "Amount", currency)?)
        }
        "JournalCreditLine" => {
            points_at("account", "AccountRef", required(line, "Amount", currency)?.negated())
        }
        "ExpenseLine" | "DepositLine" => {
            points_at("account", "AccountRef", required(line, "Amount", currency)?)
        }
        "AppliedToTxn" => {
            let amount = match optional(line, "PaymentAmount", currency)? {
                Some(amount) => amount,
                None => required(line, "Amount", currency)?,
            };
            line.text(["TxnID"]).map(|id| (format!("{APPLIED}{id}"), amount))
        }
        "RefundAppliedToTxn" => {
            let amount = required(line, "RefundAmount", currency)?;
            line.text(["TxnID"]).map(|id| (format!("{APPLIED}{id}"), amount))
        }
        _ if name.ends_with("LineGroup") => {
            points_at("group", "ItemGroupRef", required(line, "TotalAmount", currency)?)
        }
        _ if name.ends_with("Line") => {
            points_at("item", "ItemRef", required(line, "Amount", currency)?)
        }
        _ => None,
    })
}
