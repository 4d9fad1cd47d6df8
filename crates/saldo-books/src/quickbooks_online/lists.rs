//! What documents refer to, as the vendor's bodies.

use super::dimensions;
use super::names::{self, List, Taken};
use super::wire::{Entity, ListEntity, Reference};
use saldo_core::book::{Bindings, Item, Need};
use saldo_core::document::{KeptItem, Party};
use saldo_core::ledger::Account;
use saldo_core::money::Currency;
use serde_json::Number;

/// An account, item, customer, vendor, class or location.
///
/// # Errors
/// In words, what this book has no list for, or what is not bound.
pub(super) fn list_entity(
    need: &Need,
    bindings: &Bindings,
    taken: &mut Taken<'_>,
) -> Result<(Entity, ListEntity), String> {
    match need {
        Need::Account(account) | Need::ForeignAccount { account, .. } => {
            let (account_type, detail) = names::account_type(account.kind);
            let fields = ListEntity {
                currency_ref: currency_of(need).map(|it| Reference::to(it.code())),
                name: Some(names::account(&account.name)),
                account_type: Some(account_type.to_owned()),
                account_sub_type: Some(detail.to_owned()),
                ..ListEntity::default()
            };
            Ok((Entity::Account, fields))
        }
        Need::Item(item) if item.kept.is_some() => {
            let kept = item.kept.as_deref().ok_or("it is not in stock")?;
            stock_item(item, kept, bindings, taken).map(|fields| (Entity::Item, fields))
        }
        Need::Item(item) => {
            let account = Need::Account(item.account.clone());
            let income = bindings.need(&account);
            let income = income.ok_or_else(|| format!("`{}` is not bound", account.binding()))?;
            let mut item_names = names::item(item);
            if names::has_other_item(item, bindings) {
                item_names.remove(0);
            }
            let product = item.product.as_ref();
            let kind = if product.is_some() { "NonInventory" } else { "Service" };
            let sku = product.and_then(|product| product.sku.as_deref());
            let fields = ListEntity {
                name: Some(taken.choose(List::Items, &item_names)),
                r#type: Some(kind.to_owned()),
                sku: sku.map(|sku| names::text(sku, 100)).filter(|sku| !sku.is_empty()),
                description: product.map(|product| names::text(&product.title, names::TEXT)),
                income_account_ref: Some(Reference::to(income.as_str())),
                ..ListEntity::default()
            };
            Ok((Entity::Item, fields))
        }
        Need::Party(party) => {
            let entity = match party {
                Party::Customer { .. } => Entity::Customer,
                Party::Vendor { .. } => Entity::Vendor,
            };
            let fields = ListEntity {
                display_name: Some(taken.choose(List::People, &names::party(party))),
                notes: names::marker(party),
                ..ListEntity::default()
            };
            Ok((entity, fields))
        }
        Need::Value { dimension, value } => {
            let word = &dimension.word;
            let list = dimensions::list_of(word);
            let list = list.ok_or_else(|| format!("no list holds what stands in `{word}`"))?;
            let name = Some(names::account(value.name()));
            let fields = ListEntity { name, ..ListEntity::default() };
            Ok((list, fields))
        }
        Need::Dimension(dimension) => {
            Err(format!("QuickBooks has no dimension `{}` to make", dimension.word))
        }
        Need::TaxRate(tax) => Err(format!("QuickBooks taxes by its own rates, not by `{tax}`")),
        Need::Listed(listed) => Err(format!("documents in QuickBooks Online name no {listed}")),
    }
}

/// An item that the vendor keeps in stock: none of it is there until it comes in.
fn stock_item(
    item: &Item,
    kept: &KeptItem,
    bindings: &Bindings,
    taken: &mut Taken<'_>,
) -> Result<ListEntity, String> {
    let account = |account: &Account| {
        let need = Need::Account(account.clone());
        let remote = bindings.need(&need);
        let remote = remote.ok_or_else(|| format!("`{}` is not bound", need.binding()))?;
        Ok::<_, String>(Some(Reference::to(remote.as_str())))
    };
    let product = item.product.as_ref();
    let sku = product.and_then(|product| product.sku.as_deref());
    Ok(ListEntity {
        name: Some(taken.choose(List::Items, &names::item(item))),
        r#type: Some("Inventory".to_owned()),
        sku: sku.map(|sku| names::text(sku, 100)).filter(|sku| !sku.is_empty()),
        description: product.map(|product| names::text(&product.title, names::TEXT)),
        income_account_ref: account(&kept.income)?,
        asset_account_ref: account(&kept.stock)?,
        expense_account_ref: account(&kept.cost)?,
        track_qty_on_hand: Some(true),
        qty_on_hand: Some(Number::from(0)),
        inv_start_date: Some(kept.since.to_string()),
        ..ListEntity::default()
    })
}

/// The currency of an account, where it is not the company's: it cannot be changed later.
const fn currency_of(need: &Need) -> Option<Currency> {
    match need {
        Need::ForeignAccount { currency, .. } => Some(*currency),
        _ => None,
    }
}
