//! Dimensions: the vendor keeps tracking categories, each with its options. A line has one option
//! in each of at most two categories.

use super::names::{self, TRACKING};
use super::shape::FormLine;
use super::wire::{Entry, Line, Record, Tracking};
use super::{find, place::Place};
use saldo_core::book::{Bindings, Called, ChartEntry, ChartKind, Need, Outcome};
use saldo_core::document::Document;
use saldo_core::text::RemoteId;

/// How many categories may be active at a time.
pub(super) const MOST: usize = 2;

/// What the vendor calls a category or an option.
pub(super) fn name(named: &Called) -> String {
    names::fit(named.name(), TRACKING)
}

/// Refuses lines that stand for something in more dimensions than the vendor has room for.
///
/// # Errors
/// In words, which.
pub(super) fn check(document: &Document) -> Result<(), String> {
    let too_many = |line: &&saldo_core::document::Line| line.dimensions.iter().count() > MOST;
    let Some(line) = document.lines().iter().find(too_many) else { return Ok(()) };
    let names: Vec<&str> = line.dimensions.iter().map(|(name, _)| name).collect();
    Err(format!(
        "a line stands for something in {}, and Xero keeps {MOST} tracking categories at a time",
        names.join(", ")
    ))
}

/// What a line needs for what it stands for: each category, and its option there.
pub(super) fn needs(line: &FormLine<'_>) -> impl Iterator<Item = Need> {
    line.dimensions.iter().flat_map(|(dimension, value)| {
        let option = Need::Value { dimension: dimension.into(), value: value.into() };
        [Need::Dimension(dimension.into()), option]
    })
}

/// What a line says of what it stands for.
///
/// # Errors
/// In words, what is not bound.
pub(super) fn of_line(line: &FormLine<'_>, bindings: &Bindings) -> Result<Vec<Tracking>, String> {
    let id = |need: Need| {
        let remote = bindings.need(&need).map(RemoteId::to_string);
        remote.map(Some).ok_or_else(|| format!("`{}` is not bound", need.binding()))
    };
    let tracking = |(dimension, value): (&str, &str)| {
        Ok(Tracking {
            category_id: id(Need::Dimension(dimension.into()))?,
            option_id: id(Need::Value { dimension: dimension.into(), value: value.into() })?,
            category: Some(name(&dimension.into())),
            option: Some(name(&value.into())),
        })
    };
    line.dimensions.iter().map(tracking).collect()
}

/// What the book holds, each option by its id: where the answer names options alone, those that
/// were sent are known by their names, and others go by theirs.
pub(super) fn by_ids(sent: &Record, held: &Record) -> Record {
    let sent: Vec<&Tracking> = all_lines(sent).flat_map(|line| &line.tracking).collect();
    let mut held = held.clone();
    let lines = held.line_items.iter_mut().chain(&mut held.journal_lines);
    for it in lines.flat_map(|line| &mut line.tracking).filter(|it| it.option_id.is_none()) {
        let is_it = |known: &&&Tracking| {
            let same = |one: &Option<String>, other: &Option<String>| {
                one.as_ref().is_some_and(|one| find::is_called(other.as_ref(), one))
            };
            let category = match &it.category_id {
                Some(_) => it.category_id == known.category_id,
                None => same(&it.category, &known.category),
            };
            category && same(&it.option, &known.option)
        };
        let known = sent.iter().find(is_it).and_then(|known| known.option_id.clone());
        it.option_id = known.or_else(|| it.option.clone());
    }
    held
}

fn all_lines(record: &Record) -> impl Iterator<Item = &Line> {
    record.line_items.iter().chain(&record.journal_lines)
}

/// The category of a dimension among these rows, or its option where one is wanted.
pub(super) fn found(rows: &[Entry], dimension: &Called, value: Option<&Called>) -> Outcome {
    let is_called = |row: &&Entry, named: &Called| find::is_called(row.name.as_ref(), &name(named));
    let Some(category) = rows.iter().find(|row| is_called(row, dimension)) else {
        return Outcome::Absent;
    };
    let Some(value) = value else { return find::found(category, None) };
    let option = category.options.iter().find(|option| is_called(option, value));
    option.map_or(Outcome::Absent, |option| find::found(option, None))
}

/// A category with its options, as the chart shows them. Those of an archived one cannot be used.
pub(super) fn of_chart(row: Entry) -> Vec<ChartEntry> {
    let active = row.is_active();
    let entry = |row: &Entry, kind: ChartKind| {
        let name = row.name.clone().unwrap_or_default();
        let active = active && row.is_active();
        row.remote().map(|remote| ChartEntry { remote, kind, name, active })
    };
    let dimension = row.name.clone().unwrap_or_default();
    let options = row
        .options
        .iter()
        .map(|option| entry(option, ChartKind::Value { dimension: dimension.clone() }));
    std::iter::once(entry(&row, ChartKind::Dimension)).chain(options).flatten().collect()
}

/// Where an option is made: below its category.
///
/// # Errors
/// In words, where the category is not bound.
pub(super) fn path(place: Place, need: &Need, bindings: &Bindings) -> Result<String, String> {
    let Need::Value { dimension, .. } = need else { return Ok(place.name().to_owned()) };
    let category = Need::Dimension(dimension.clone());
    let remote = bindings.need(&category);
    let remote = remote.ok_or_else(|| format!("`{}` is not bound", category.binding()))?;
    Ok(format!("{}/{remote}/{}", Place::TrackingCategories.name(), place.name()))
}
