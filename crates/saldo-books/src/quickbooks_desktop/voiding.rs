//! Voiding: QuickBooks' own operation that leaves a transaction standing with nothing in it.
//!
//! A voided transaction keeps its id and number, and all of its amounts are nil: by these it is
//! known, and not by the word that its memo begins with, which a person may take out. The request
//! names no version, so that what is to be voided is looked at first, by its id: in any other
//! version than the one that was acknowledged somebody changed it, or linked something with it, and
//! it is left alone. What it has become is read in the same message.
//!
//! A purchase order is not voided but closed (`orders`).

use super::faults;
use super::message::{Request, Response};
use super::names;
use super::orders;
use super::shape::{Shape, shape};
use super::wire::{Kind, TxnQuery};
use super::write::Body;
use super::xml::Element;
use rust_decimal::Decimal;
use saldo_core::book::{Acknowledgement, Outcome, Refusal, RefusalKind, Subject, Task, Voided};
use saldo_core::document::Document;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::ledger::Account;
use saldo_core::text::RemoteId;
use serde::Serialize;
use std::collections::BTreeSet;

/// The totals that rows show.
const TOTALS: [&str; 5] = ["TotalAmount", "Subtotal", "Amount", "AmountDue", "CreditAmount"];
/// The code of a refusal that is ours.
const CHANGED: &str = "saldo";
/// The types of account that people reconcile with statements, which QuickBooks shows nobody.
const RECONCILED: [&str; 2] = ["Bank", "CreditCard"];

/// The request, which says no more than what it voids.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Void<'a> {
    txn_void_type: &'static str,
    #[serde(rename = "TxnID")]
    txn_id: &'a str,
}

/// The kind of transaction that a document stands as, where QuickBooks voids it: a transfer and a
/// payment it does not, and what moved units is taken back by moving them back.
pub(super) fn kind(document: &Document) -> Option<Kind> {
    let shape = shape(document).ok()?;
    let is_plain = matches!(
        shape,
        Shape::Form(_)
            | Shape::Check { .. }
            | Shape::Card(_)
            | Shape::Bill(_)
            | Shape::Journal(_)
            | Shape::Foreign(_)
    );
    let moves_units = document.lines().iter().any(|line| line.kind.kept().is_some());
    let kind = shape.kind();
    (is_plain && !moves_units && !kind.is_of_stock()).then_some(kind)
}

/// Whether the vendor voids a document like this, or closes it, and on which of its accounts
/// somebody may have reconciled it.
pub(super) fn voids(document: &Document) -> Option<Vec<Account>> {
    if orders::is_order(document) {
        return Some(Vec::new());
    }
    kind(document)?;
    let is_reconciled =
        |account: &&Account| RECONCILED.contains(&names::account_type(account.kind));
    let accounts = document.lines().iter().map(|line| &line.account);
    let accounts: BTreeSet<&Account> = accounts.filter(is_reconciled).collect();
    Some(accounts.into_iter().cloned().collect())
}

/// What a task voids; none where it does something else, as closing an order.
pub(super) fn of(task: &Task) -> Option<&Voided> {
    match task {
        Task::Create(Subject::Document { voids: Some(voided), .. }) => {
            Some(&**voided).filter(|voided| !orders::is_order(&voided.document))
        }
        _ => None,
    }
}

/// What voids a transaction, or closes an order.
///
/// # Errors
/// In words, where QuickBooks voids none like it.
pub(super) fn body(voided: &Voided) -> Result<Body, String> {
    if orders::is_order(&voided.document) {
        return orders::close(voided);
    }
    let kind = kind(&voided.document).ok_or("QuickBooks Desktop voids no document like this")?;
    let fields = Void { txn_void_type: kind.name(), txn_id: voided.remote.as_str() };
    // Its fields stand in the request itself, in no element of their own.
    let xml = quick_xml::se::to_string_with_root("Void", &fields);
    let xml = xml.map_err(|error| format!("it cannot be written: {error}"))?;
    let inner = xml.strip_prefix("<Void>").and_then(|xml| xml.strip_suffix("</Void>"));
    let xml = inner.ok_or("it cannot be written")?.to_owned();
    Ok(Body { name: "Txn", verb: "Void", xml })
}

/// What the request is called that reads what became of what the request of this name voided.
pub(super) fn seen_id(id: &str) -> String {
    format!("{id} seen")
}

/// What reads what became of it, in the message that voids it.
///
/// # Errors
/// In words, where QuickBooks voids none like it.
pub(super) fn request(voided: &Voided, id: &str) -> Result<Request, String> {
    let kind = kind(&voided.document).ok_or("QuickBooks Desktop voids no document like this")?;
    let fields = TxnQuery {
        request_id: seen_id(id),
        txn_id: vec![voided.remote.to_string()],
        include_line_items: Some(true),
        ..TxnQuery::default()
    };
    Request::query(kind.name(), &fields)
}

/// What became of it, by the answer to the request, and to what read it afterwards.
///
/// # Errors
/// Where the answer shows neither that it is voided nor that it is not: nobody knows.
pub(super) fn became(
    voided: &Voided,
    response: &Response,
    seen: Option<&Response>,
) -> Result<Outcome, Fault> {
    if faults::is_passing(response.code) {
        return Ok(Outcome::Refused(faults::untold(response)));
    }
    if response.is_error {
        return Ok(Outcome::Refused(refusal(faults::refusal(response))));
    }
    let row = seen.and_then(|seen| seen.element.children.iter().find(|row| is_it(voided, row)));
    let nil = match row {
        Some(row) => acknowledgement(voided, row),
        None if is_it(voided, &response.element) => {
            Some(Acknowledgement::of(voided.remote.clone()))
        }
        None => None,
    };
    let untold = || Fault::new(Permit::InDoubt, "the answer does not show it voided");
    nil.map(Outcome::Done).ok_or_else(untold)
}

/// What it means that it was looked for by its id among these rows: that it is voided, that it may
/// be, or that it is left alone since it is another by now.
pub(super) fn found(voided: &Voided, rows: &[Element]) -> Outcome {
    let Some(row) = rows.iter().find(|row| is_it(voided, row)) else {
        return left_alone(
            "QuickBooks does not show it: somebody deleted it, or another one that was looked for \
             beside it",
        );
    };
    if let Some(nil) = acknowledgement(voided, row) {
        return Outcome::Found(nil);
    }
    if row.text(["EditSequence"]) == Some(voided.version.as_str()) {
        return Outcome::Absent;
    }
    left_alone("somebody changed it, or linked something with it")
}

fn left_alone(why: &str) -> Outcome {
    Outcome::Refused(refusal(Refusal {
        kind: RefusalKind::Other,
        code: CHANGED.to_owned(),
        message: why.to_owned(),
        hint: String::new(),
    }))
}

fn is_it(voided: &Voided, row: &Element) -> bool {
    row.text(["TxnID"]) == Some(voided.remote.as_str())
}

/// What the book acknowledges about a row that is voided; none where it is not.
fn acknowledgement(voided: &Voided, row: &Element) -> Option<Acknowledgement> {
    let version = row.text(["EditSequence"]).map(str::to_owned);
    let acknowledgement = Acknowledgement::of(RemoteId::from(voided.remote.as_str()));
    is_nil(&voided.document, row).then_some(Acknowledgement { version, ..acknowledgement })
}

/// Whether all totals of a row and all amounts of its lines are nothing, where those of the
/// document were not: one whose lines cancelled is known by these, and any other by its total, too.
fn is_nil(document: &Document, row: &Element) -> bool {
    let amount = |text: Option<&str>| text.map(|text| text.parse::<Decimal>().ok());
    let is_line = |it: &&Element| it.name.ends_with("LineRet") || it.name.starts_with("Journal");
    let totals = TOTALS.iter().filter_map(|name| amount(row.text([name])));
    let of_lines = row.children.iter().filter(is_line);
    // QuickBooks may leave out the amount of a line of a journal entry where it is nothing.
    let of_line = |line: &Element| match amount(line.text(["Amount"])) {
        None if line.name.starts_with("Journal") => Some(Some(Decimal::ZERO)),
        amount => amount,
    };
    let of_lines: Vec<_> = of_lines.filter_map(of_line).collect();
    let total = shape(document).and_then(|shape| shape.total(document));
    let is_told = !of_lines.is_empty() || total.is_ok_and(|total| !total.is_zero());
    let totals: Vec<_> = totals.collect();
    is_told
        && !(totals.is_empty() && of_lines.is_empty())
        && totals.iter().chain(&of_lines).all(|it| it.is_some_and(|it| it.is_zero()))
}

/// A refusal to void, with what is left to do.
fn refusal(refusal: Refusal) -> Refusal {
    let hint = "take it back by a reversal, by `saldo redo` with its number in `saldo runs`, then \
                `saldo undo` without --void; or void it in QuickBooks, then `saldo retry`";
    let kind = match refusal.kind {
        RefusalKind::PeriodClosed => RefusalKind::PeriodClosed,
        _ => RefusalKind::Other,
    };
    Refusal { kind, hint: hint.to_owned(), ..refusal }
}
