//! The documents of some days, page by page: ids, versions and numbers, and nothing else.
//!
//! As with the chart, a page names the kinds that have more rows, each with the row at which it
//! goes on: `SalesReceipt:1001`. All kinds of a page are read by one request.

use super::chart::{self, ROWS};
use super::faults::VendorFault;
use super::wire::{Entity, Transaction};
use jiff::civil::Date;
use saldo_core::book::{DocumentPage, HeldDocument};
use saldo_core::document::DocumentKey;
use saldo_core::exchange::{Fault, Permit};
use saldo_core::text::RemoteId;
use serde_json::Value;

/// What documents become here.
pub(super) const KINDS: [Entity; 13] = [
    Entity::SalesReceipt,
    Entity::Invoice,
    Entity::Payment,
    Entity::RefundReceipt,
    Entity::CreditMemo,
    Entity::Transfer,
    Entity::Purchase,
    Entity::Bill,
    Entity::VendorCredit,
    Entity::BillPayment,
    Entity::JournalEntry,
    Entity::PurchaseOrder,
    Entity::InventoryAdjustment,
];

/// The queries of a page, one a kind.
///
/// # Errors
/// Where the page is none of ours.
pub(super) fn queries(from: Date, until: Date, page: Option<&str>) -> Result<Vec<String>, Fault> {
    let query = |(entity, start): (Entity, usize)| {
        let number = if has_number(entity) { ", DocNumber" } else { "" };
        format!(
            "select Id, SyncToken{number} from {} where TxnDate >= '{from}' \
             and TxnDate <= '{until}' orderby Id startposition {start} maxresults {ROWS}",
            entity.name()
        )
    };
    Ok(positions(page)?.into_iter().map(query).collect())
}

/// Whether a kind has a number that can be asked for.
const fn has_number(entity: Entity) -> bool {
    !matches!(entity, Entity::Payment | Entity::Transfer)
}

const fn of_stock(entity: Entity) -> bool {
    matches!(entity, Entity::PurchaseOrder | Entity::InventoryAdjustment)
}

fn positions(page: Option<&str>) -> Result<Vec<(Entity, usize)>, Fault> {
    let Some(page) = page else { return Ok(KINDS.iter().map(|entity| (*entity, 1)).collect()) };
    let unreadable = || Fault::new(Permit::Never, format!("`{page}` is no page of documents"));
    let position = |part: &str| {
        let (name, start) = part.split_once(':')?;
        Some((Entity::parse(name)?, start.parse().ok()?))
    };
    page.split(' ').map(|part| position(part).ok_or_else(unreadable)).collect()
}

/// What the answers to a page's queries mean.
///
/// # Errors
/// Where a kind was refused, or a row cannot be read.
pub(super) fn page(
    page: Option<&str>,
    answers: &[Result<Value, VendorFault>],
) -> Result<DocumentPage, Fault> {
    let mut listing = DocumentPage::default();
    let mut next = Vec::new();
    for ((entity, start), answer) in positions(page)?.into_iter().zip(answers) {
        let answer = match answer {
            Ok(answer) => answer,
            // A plan without stock holds no documents of it either.
            Err(fault) if fault.is_outside_the_plan() && of_stock(entity) => continue,
            Err(fault) => return Err(chart::refused(entity, fault)),
        };
        let rows = chart::rows(entity, answer)?;
        if rows.len() >= ROWS {
            next.push(format!("{}:{}", entity.name(), start + rows.len()));
        }
        for row in rows {
            listing.documents.push(held(entity, row)?);
        }
    }
    listing.next = (!next.is_empty()).then(|| next.join(" "));
    Ok(listing)
}

pub(super) fn held(entity: Entity, row: &Value) -> Result<HeldDocument, Fault> {
    let unreadable = |reason: String| {
        Fault::new(Permit::Never, format!("a row of {} cannot be read: {reason}", entity.name()))
    };
    let row: Transaction =
        serde_json::from_value(row.clone()).map_err(|error| unreadable(error.to_string()))?;
    let id = row.id.ok_or_else(|| unreadable("it has no id".to_owned()))?;
    Ok(HeldDocument {
        remote: RemoteId::from(id),
        number: row.doc_number.filter(|number| !number.is_empty()).map(|number| {
            let key = DocumentKey::at_end_of(&number);
            key.map_or(number, |key| key.to_string())
        }),
        version: row.sync_token,
    })
}
