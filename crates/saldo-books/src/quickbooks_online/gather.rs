//! Long documents: the vendor takes some five hundred lines in a transaction, so the lines of a
//! longer one are gathered by what they point at. The sums stay, to the cent and to the unit.

use super::shape::{FormLine, PostingLine};
use saldo_core::book::Need;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How many lines a transaction may have.
pub(super) const LINES: usize = 500;

/// The lines of a form, at most [`LINES`]: where there are more, one for each item, class, taxes
/// and sign, in the order of their first lines.
///
/// # Errors
/// In words, where even those are too many, or their sums too large.
pub(super) fn form_lines(lines: Vec<FormLine<'_>>) -> Result<Vec<FormLine<'_>>, String> {
    gather(
        lines,
        |line| {
            let item = Need::Item(line.item()).binding();
            (item, line.class, (line.sold, line.taxed, line.taxes), line.amount.is_negative())
        },
        |sum, line| {
            let units = sum.quantity.zip(line.quantity);
            sum.quantity = units.and_then(|(one, two)| one.checked_add(two));
            sum.amount = sum.amount.plus(line.amount).map_err(|error| error.to_string())?;
            Ok(())
        },
        |sum, count| sum.text = gathered(&sum.text, count),
    )
}

/// The lines of a journal entry or expense, at most [`LINES`]: where there are more, one for each
/// account, class, location, taxes and side.
///
/// # Errors
/// As [`form_lines`].
pub(super) fn posting_lines(lines: Vec<PostingLine<'_>>) -> Result<Vec<PostingLine<'_>>, String> {
    gather(
        lines,
        |line| {
            let item = line.stocked.map(|it| (&it.kept.key, it.units < 0));
            let place = (line.account, line.class, line.location);
            (place, (line.taxed, line.taxes), line.amount.is_negative(), item)
        },
        |sum, line| {
            if let (Some(sum), Some(more)) = (&mut sum.stocked, line.stocked) {
                let units = sum.units.checked_add(more.units);
                sum.units = units.ok_or("there are too many units")?;
            }
            sum.amount = sum.amount.plus(line.amount).map_err(|error| error.to_string())?;
            Ok(())
        },
        |sum, count| sum.text = gathered(&sum.text, count),
    )
}

fn gathered(text: &str, count: usize) -> Cow<'static, str> {
    Cow::Owned(format!("{text} and {} more lines", count - 1))
}

fn gather<L, K: Ord>(
    lines: Vec<L>,
    key: impl Fn(&L) -> K,
    mut add: impl FnMut(&mut L, L) -> Result<(), String>,
    tell: impl Fn(&mut L, usize),
) -> Result<Vec<L>, String> {
    if lines.len() <= LINES {
        return Ok(lines);
    }
    let mut places: BTreeMap<K, usize> = BTreeMap::new();
    let mut sums: Vec<(L, usize)> = Vec::new();
    for line in lines {
        let place = *places.entry(key(&line)).or_insert(sums.len());
        match sums.get_mut(place) {
            Some((sum, count)) => {
                add(sum, line)?;
                *count += 1;
            }
            None => sums.push((line, 1)),
        }
    }
    if sums.len() > LINES {
        return Err(format!("it has {} lines, and {LINES} is the most", sums.len()));
    }
    let told = |(mut line, count): (L, usize)| {
        if count > 1 {
            tell(&mut line, count);
        }
        line
    };
    Ok(sums.into_iter().map(told).collect())
}
