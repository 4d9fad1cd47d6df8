//! What entries do to accounts, whatever they are called.

use crate::document::SubledgerEntry;
use crate::ledger::Dimensions;
use crate::money::Currency;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What an entry does to accounts, whatever it is called.
type Effect<'a> =
    (Date, &'static str, Currency, Option<&'a str>, BTreeMap<Moved<'a>, i128>, Counted<'a>);

/// An account with the dimensions and the currency that an amount on it is of.
type Moved<'a> = (&'a str, &'a Dimensions, Currency);

/// Units that count: on which account, of what, at which cost.
type Counted<'a> = BTreeMap<(&'a str, &'a str, Option<String>), i128>;

fn effect(entry: &SubledgerEntry) -> Effect<'_> {
    let header = &entry.header;
    let mut sums: BTreeMap<Moved<'_>, i128> = BTreeMap::new();
    for line in &entry.lines {
        for amount in std::iter::once(line.amount).chain(line.foreign) {
            let moved = (&*line.account.name, &line.dimensions, amount.currency());
            let sum = sums.entry(moved).or_default();
            *sum += i128::from(amount.minor());
        }
    }
    // Where no money moves, the account that takes the units counts as it stands.
    sums.retain(|_, sum| *sum != 0 || header.kind.moves_no_money());
    let mut counted = Counted::new();
    for line in &entry.lines {
        if let Some((key, units, cost)) = line.counted() {
            let cost = cost.map(|cost| cost.to_string());
            *counted.entry((&*line.account.name, key, cost)).or_default() += i128::from(units);
        }
    }
    counted.retain(|_, units| *units != 0);
    let link = header.applies_to.as_deref();
    (header.date, header.kind.name(), header.currency, link, sums, counted)
}

/// Leaves out pairs of entries, one gone and one new, that do the same: the book holds it already.
pub(super) fn leave_out_alike(gone: &mut Vec<SubledgerEntry>, new: &mut Vec<SubledgerEntry>) {
    let (all_gone, all_new): (Vec<_>, Vec<_>) = (gone.iter().collect(), new.iter().collect());
    let same = alike_among(&all_gone, &all_new);
    let held = same.iter().enumerate().filter(|(_, it)| it.is_some()).map(|(place, _)| place);
    let held: BTreeSet<usize> = held.collect();
    let kept: BTreeSet<usize> = same.into_iter().flatten().collect();
    retain_others(gone, &kept);
    retain_others(new, &held);
}

/// For each new entry, the place of one that stands and does the same: each stands for one alone.
pub(super) fn alike_among<'a>(
    standing: &[&'a SubledgerEntry],
    new: &[&'a SubledgerEntry],
) -> Vec<Option<usize>> {
    let mut places: BTreeMap<Effect<'a>, BTreeSet<usize>> = BTreeMap::new();
    for (place, entry) in standing.iter().enumerate() {
        places.entry(effect(entry)).or_default().insert(place);
    }
    let same = |entry: &'a SubledgerEntry| places.get_mut(&effect(entry))?.pop_first();
    new.iter().copied().map(same).collect()
}

fn retain_others(entries: &mut Vec<SubledgerEntry>, places: &BTreeSet<usize>) {
    let mut place = 0..;
    entries.retain(|_| place.next().is_none_or(|place| !places.contains(&place)));
}
