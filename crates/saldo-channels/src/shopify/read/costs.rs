//! What a unit of an item costs.

use super::Source;
use crate::shopify::wire;
use saldo_core::commerce::{Fact, Product, UnitCost};
use saldo_core::issue::Issue;

/// Reads what a unit costs. Each version of an item is a thing of its own: what was told before
/// holds until then.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let item: wire::InventoryItem = source.parse(text)?;
    let id = item.id.short();
    let cost = item.unit_cost.ok_or_else(|| source.unknown(&format!("{id} has no cost")))?.0;
    if cost.is_negative() {
        return Err(source.faulty(&format!("{id} costs {cost}, which is less than nothing")));
    }
    let variant = item.variants.and_then(|variants| variants.nodes.into_iter().next());
    let title = variant.as_ref().map(|variant| variant.display_name.clone());
    let product = Product {
        id: variant.map(|variant| variant.id.into_short()),
        sku: item.sku.filter(|sku| !sku.is_empty()),
        title: title.unwrap_or_else(|| id.clone()),
    };
    Ok(Fact::UnitCost(Box::new(UnitCost {
        id: source.key(&format!("{id}/{}", item.updated_at)),
        source: source.reference.clone(),
        product,
        cost,
        since: item.updated_at,
    })))
}
