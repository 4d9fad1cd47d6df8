//! From entries of the sub-ledger to the documents that carry them.

use crate::document::{Document, DocumentKind, Line, LineKind, SubledgerEntry};
use crate::ledger::{Dimensions, Side, Unbalanced};
use crate::money::MoneyError;
use std::collections::{BTreeMap, BTreeSet};

/// Entries that fit into one document: of one kind, date, currency and link, and of one value in
/// the dimension, if there is one, that the book keeps of documents as a whole.
pub(super) fn alike(
    entries: Vec<SubledgerEntry>,
    of_documents: Option<&str>,
) -> Vec<Vec<SubledgerEntry>> {
    let mut groups: BTreeMap<_, Vec<SubledgerEntry>> = BTreeMap::new();
    for entry in entries {
        let header = &entry.header;
        let key = (header.date, header.kind, header.currency, header.applies_to.clone());
        let values = of_documents.map(|dimension| values(&entry, dimension));
        let key = (key, values.unwrap_or_default());
        groups.entry(key).or_default().push(entry);
    }
    groups.into_values().collect()
}

/// What the lines of an entry stand for in a dimension. Lines of a journal entry stand for
/// themselves in every book.
fn values(entry: &SubledgerEntry, dimension: &str) -> BTreeSet<Option<String>> {
    if entry.header.kind == DocumentKind::JournalEntry {
        return BTreeSet::new();
    }
    let lines = entry.lines.iter().filter(|line| line.account.kind.has_dimensions());
    lines.map(|line| line.dimensions.get(dimension).map(str::to_owned)).collect()
}

/// The document of entries that share a header; none where nothing is left of their amounts.
///
/// One entry keeps its lines. Of many, lines are summed by account, dimensions, kind and tax, and
/// of items that the book keeps in stock by the item; debits and credits of a journal entry on an
/// account of the balance sheet stay apart.
///
/// # Errors
/// [`Unbalanced`] where amounts are too large to be summed.
pub fn compose(entries: &[SubledgerEntry]) -> Result<Option<Document>, Unbalanced> {
    let Some(first) = entries.first() else { return Ok(None) };
    let lines = match entries {
        [only] => only.lines.clone(),
        many => summed(many, first.header.kind)?,
    };
    match lines.is_empty() {
        true => Ok(None),
        false => Document::new(first.header.clone(), lines).map(Some),
    }
}

/// What lines have in common that are summed: rank, account, dimensions, whether they are taxed,
/// and the taxes, side or item.
type SumKey = (u8, String, Dimensions, bool, String);

fn summed(entries: &[SubledgerEntry], kind: DocumentKind) -> Result<Vec<Line>, Unbalanced> {
    let mut sums: BTreeMap<SumKey, (Line, u32)> = BTreeMap::new();
    for line in entries.iter().flat_map(|entry| &entry.lines) {
        let (rank, taxed, title) = match &line.kind {
            LineKind::Product { taxed, .. } | LineKind::Other { taxed } => {
                (0, *taxed, together(line))
            }
            // Not with other deposits, which no tax falls due on.
            LineKind::Unearned { taxed } => (0, *taxed, format!("\u{3}{}", together(line))),
            LineKind::Stocked { .. } | LineKind::Ordered { .. } => (0, false, String::new()),
            LineKind::Tax { title, rate: Some(rate) } => (1, false, format!("{title} {rate}")),
            LineKind::Tax { title, rate: None } => (1, false, title.clone()),
            LineKind::Receivable | LineKind::Payable => (2, false, String::new()),
            LineKind::Settlement => (3, false, String::new()),
        };
        let side = if shows_sides(line, kind) && line.amount.is_negative() { "credit" } else { "" };
        let counted = line.counted();
        let item = counted.map_or_else(String::new, |(key, ..)| format!("\u{2}{key}"));
        let title = format!("{title}{side}{item}");
        let account = line.account.name.to_string();
        let key = (rank, account, line.dimensions.clone(), taxed, title);
        match sums.get_mut(&key) {
            Some((sum, count)) => {
                sum.amount = sum.amount.plus(line.amount)?;
                add_counted(sum, line)?;
                sum.foreign = match (sum.foreign, line.foreign) {
                    (Some(sum), Some(more)) => Some(sum.plus(more)?),
                    (sum, more) => sum.or(more),
                };
                *count += 1;
            }
            None => {
                sums.insert(key, (line.clone(), 1));
            }
        }
    }
    let moves = |line: &Line| {
        let counts = line.counted().is_some_and(|(_, units, _)| units != 0);
        !line.amount.is_zero() || !line.held().is_zero() || counts
    };
    let lines =
        sums.into_iter().map(|((.., taxed, _), (line, count))| summary_line(line, taxed, count));
    Ok(lines.filter(moves).collect())
}

/// The taxes that a line says it bears, as one word.
fn together(line: &Line) -> String {
    let taxes: Vec<String> = line.taxes.iter().map(ToString::to_string).collect();
    taxes.join(" + ")
}

/// Adds units that count, and what they will cost: nobody says what all cost where nobody says it
/// of some.
fn add_counted(sum: &mut Line, line: &Line) -> Result<(), MoneyError> {
    let Some((_, units, more)) = line.counted() else { return Ok(()) };
    sum.quantity = sum.quantity.map(|so_far| so_far.saturating_add(units));
    if let LineKind::Ordered { cost, .. } = &mut sum.kind {
        *cost = match (*cost, more) {
            (Some(cost), Some(more)) => Some(cost.plus(more)?),
            _ => None,
        };
    }
    Ok(())
}

/// Whether what comes and what goes on an account stay two lines: both ends of a transfer, and in a
/// journal entry what is kept back and released, or charged and passed on.
fn shows_sides(line: &Line, kind: DocumentKind) -> bool {
    match (&line.kind, kind) {
        (LineKind::Settlement, kind) => kind == DocumentKind::Transfer,
        (LineKind::Other { .. }, DocumentKind::JournalEntry) => {
            matches!(line.account.kind.side(), Side::Assets | Side::Liabilities)
        }
        _ => false,
    }
}

fn summary_line(line: Line, taxed: bool, count: u32) -> Line {
    if count == 1 {
        return line;
    }
    if line.counted().is_some() {
        return Line { origin: String::new(), ..line };
    }
    let kind = match line.kind {
        LineKind::Product { .. } => LineKind::Other { taxed },
        other => other,
    };
    let text = format!("{} ({count} lines)", line.account.name);
    Line { kind, quantity: None, text, origin: String::new(), ..line }
}
