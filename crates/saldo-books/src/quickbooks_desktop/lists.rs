//! What documents refer to, as the vendor's requests.

use super::names::{self, List, Taken};
use super::shape;
use super::stock;
use super::wire::{ListEntry, Reference, SalesOrPurchase};
use super::write::{Body, NOT_TAXED};
use saldo_core::book::{Bindings, Item, Listed, Need};
use saldo_core::document::Party;

/// What makes an account, item, customer, vendor, class, or the sales tax item of nothing.
///
/// # Errors
/// In words, why this book cannot hold it, or what is not bound.
pub(super) fn entry(
    need: &Need,
    bindings: &Bindings,
    taken: &mut Taken<'_>,
) -> Result<Body, String> {
    match need {
        Need::Account(account) => {
            let account_type = Some(names::account_type(account.kind));
            let name = names::account(&account.name);
            Body::new("Account", &ListEntry { name, account_type, ..ListEntry::default() })
        }
        Need::ForeignAccount { account, currency } => {
            let own = Need::Listed(Listed::Currency(*currency));
            let own = bindings.need(&own).ok_or_else(|| format!("{currency} is not bound"))?;
            let fields = ListEntry {
                name: names::account(&account.name),
                account_type: Some(names::account_type(account.kind)),
                currency_ref: Some(Reference::to(own.as_str())),
                ..ListEntry::default()
            };
            Body::new("Account", &fields)
        }
        Need::Listed(listed) => super::listed::entry(listed, taken),
        Need::Item(item) => match &item.kept {
            Some(kept) => stock::entry(item, kept, bindings, taken),
            None => self::item(item, bindings, taken),
        },
        Need::Party(party) => {
            let fields = ListEntry {
                name: taken.choose(List::People, &names::party(party)),
                notes: names::party_marker(party),
                ..ListEntry::default()
            };
            match party {
                Party::Customer { .. } => Body::new("Customer", &fields),
                Party::Vendor { .. } => Body::new("Vendor", &fields),
            }
        }
        Need::Value { dimension, value } if dimension.word == shape::CLASS => {
            let name = names::class(value.name()).swap_remove(0);
            Body::new("Class", &ListEntry { name, ..ListEntry::default() })
        }
        Need::Value { dimension, .. } | Need::Dimension(dimension) => {
            Err(format!("QuickBooks Desktop has no dimension `{}`", dimension.word))
        }
        Need::TaxRate(tax) if *need == shape::no_tax() => {
            let fields = ListEntry {
                name: taken.choose(List::Items, &names::no_tax()),
                item_desc: Some("Sales tax"),
                tax_rate: tax.rate.map(|rate| rate.to_string()),
                ..ListEntry::default()
            };
            Body::new("ItemSalesTax", &fields)
        }
        Need::TaxRate(tax) => Err(format!("QuickBooks taxes by its own rates, not by `{tax}`")),
    }
}

fn item(item: &Item, bindings: &Bindings, taken: &mut Taken<'_>) -> Result<Body, String> {
    let account = Need::Account(item.account.clone());
    let income = bindings.need(&account);
    let income = income.ok_or_else(|| format!("`{}` is not bound", account.binding()))?;
    let mut item_names = names::item(item);
    if names::has_other_item(item, bindings) {
        item_names.remove(0);
    }
    let product = item.product.as_ref();
    let title = product.map_or(&*item.account.name, |product| &product.title);
    let fields = ListEntry {
        name: taken.choose(List::Items, &item_names),
        manufacturer_part_number: product.and_then(names::part_number),
        sales_tax_code_ref: Some(Reference::named(NOT_TAXED)),
        sales_or_purchase: Some(SalesOrPurchase {
            desc: names::text(title, names::TEXT),
            account_ref: Reference::to(income.as_str()),
        }),
        ..ListEntry::default()
    };
    Body::new(if product.is_some() { "ItemNonInventory" } else { "ItemOtherCharge" }, &fields)
}
