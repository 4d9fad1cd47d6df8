//! How many units of an item are on hand, and where.

use super::Source;
use super::stated::{REFUSED, refused, stated};
use crate::shopify::budget::Question;
use crate::shopify::wire;
use saldo_core::commerce::{Fact, OnHand, Product, Saying, Topic, UnitsAt};
use saldo_core::issue::Issue;
use serde_json::value::RawValue;

/// The vendor's name of the quantity that is physically there: for sale, set aside, or damaged.
const ON_HAND: &str = "on_hand";

/// Reads how many units there are of an item: one value that holds everything, or the lines of a
/// bulk operation.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    if source.reference.id == REFUSED {
        return refused(source, text, (Topic::OnHand, Question::OnHand));
    }
    let values: Result<Vec<&RawValue>, _> =
        serde_json::Deserializer::from_str(text).into_iter().collect();
    let values = values.map_err(|error| source.unknown(&error.to_string()))?;
    let (first, children) = values.split_first().ok_or_else(|| source.unknown("it is empty"))?;
    let item: wire::StockedItem = source.parse(first.get())?;
    let mut variants = item.variants.map(|variants| variants.nodes).unwrap_or_default();
    let mut levels = Vec::new();
    if let Some(listed) = item.inventory_levels {
        if listed.page_info.next().is_some() {
            return Err(source.unknown("it is at more places than were listed"));
        }
        levels = listed.nodes;
    }
    for child in children {
        let named: wire::Named = source.parse(child.get())?;
        match named.id.is("ProductVariant") {
            true => variants.push(source.parse(child.get())?),
            false => levels.push(source.parse(child.get())?),
        }
    }
    let id = item.id.short();
    let variant = variants.into_iter().next();
    let title = variant.as_ref().map(|variant| variant.display_name.clone());
    let product = Product {
        id: variant.map(|variant| variant.id.into_short()),
        sku: item.sku.filter(|sku| !sku.is_empty()),
        title: title.unwrap_or_else(|| id.clone()),
    };
    let places: Result<_, _> = levels.into_iter().map(|level| units_at(source, level)).collect();
    let places: Vec<UnitsAt> = places?;
    if places.iter().try_fold(0_i64, |sum, it| sum.checked_add(it.units)).is_none() {
        return Err(source.faulty("its units are too many to be counted"));
    }
    let saying = OnHand { product, is_counted: item.tracked, places };
    Ok(stated(source, &format!("OnHand/{id}"), Topic::OnHand, Saying::OnHand(saying)))
}

fn units_at(source: &Source, level: wire::Level) -> Result<UnitsAt, Box<Issue>> {
    let on_hand = level.quantities.iter().find(|it| it.name == ON_HAND);
    let units = on_hand.ok_or_else(|| source.unknown("it does not say what is on hand"))?.quantity;
    Ok(UnitsAt { place: level.location.name, units, changed_at: level.updated_at })
}
