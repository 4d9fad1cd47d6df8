//! Dimensions: the vendor keeps classes of lines, and locations (which its interface calls
//! departments) of whole transactions; of journal entries both of lines.

use super::wire::Entity;
use saldo_core::book::Need;
use saldo_core::document::{Document, Line};
use std::collections::BTreeSet;

/// What policies call the dimension that classes are.
pub(super) const CLASS: &str = "class";
/// What policies call the dimension that locations are.
pub(super) const LOCATION: &str = "location";

/// The list in which the values of a dimension stand.
pub(super) fn list_of(dimension: &str) -> Option<Entity> {
    match dimension {
        CLASS => Some(Entity::Class),
        LOCATION => Some(Entity::Department),
        _ => None,
    }
}

/// The dimension whose values stand in a list.
pub(super) const fn dimension_of(list: Entity) -> Option<&'static str> {
    match list {
        Entity::Class => Some(CLASS),
        Entity::Department => Some(LOCATION),
        _ => None,
    }
}

/// A class, as something that must be bound.
pub(super) fn class(value: &str) -> Need {
    Need::Value { dimension: CLASS.into(), value: value.into() }
}

/// A location, as something that must be bound.
pub(super) fn location(value: &str) -> Need {
    Need::Value { dimension: LOCATION.into(), value: value.into() }
}

/// Refuses what stands for something in a dimension that the vendor has no place for.
///
/// # Errors
/// In words, which.
pub(super) fn check(document: &Document) -> Result<(), String> {
    let of_lines = document.lines().iter().flat_map(|line| line.dimensions.iter());
    let mut others = of_lines.filter(|(name, _)| list_of(name).is_none());
    others.next().map_or(Ok(()), |(name, value)| {
        Err(format!(
            "a line stands for `{value}` in `{name}`, and QuickBooks keeps `{CLASS}` and \
             `{LOCATION}` alone"
        ))
    })
}

/// The one location of a document that is no journal entry.
///
/// # Errors
/// In words, where its lines have several.
pub(super) fn location_of(document: &Document) -> Result<Option<&str>, String> {
    let lines = document.lines().iter().filter(|line| line.account.kind.has_dimensions());
    let of = |line: &'_ Line| line.dimensions.get(LOCATION).map(str::to_owned);
    let all: BTreeSet<Option<String>> = lines.clone().map(of).collect();
    if all.len() > 1 {
        let named = all.iter().map(|it| it.as_deref().unwrap_or("none")).collect::<Vec<_>>();
        return Err(format!(
            "its lines have several locations ({}), and QuickBooks keeps one a transaction: let \
             the rules of `{LOCATION}` look at whole orders",
            named.join(", ")
        ));
    }
    Ok(lines.filter_map(|line| line.dimensions.get(LOCATION)).next())
}
