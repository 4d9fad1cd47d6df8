//! Merging: new blocks are put between the blocks of a text where date and key want them.

use super::pieces::{Piece, Place, Rank, is_blank, keys_in, pieces, rank};
use saldo_core::exchange::{Block, BlockFate, FileMerge};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The text of a file after the merge, and what became of each block.
pub(super) fn merged(existing: &str, merge: &FileMerge) -> (String, Vec<BlockFate>) {
    let line_end = if existing.contains("\r\n") { "\r\n" } else { "\n" };
    let confirmed = confirmed(existing, merge);
    let amended = amended(&confirmed, merge, line_end);
    let existing = &*amended;
    let (opening, pieces) = pieces(existing, &merge.syntax);
    let (fates, mut fresh) = fates(&pieces, merge);
    fresh.sort_by_key(|block| rank(block));
    let mut text = String::with_capacity(existing.len());
    if existing.trim().is_empty() {
        push_parted(&mut text, &merge.preamble, line_end);
    } else {
        text.push_str(opening);
    }
    let least_after = least_after(&pieces);
    let mut rest = pieces.iter().zip(&least_after).peekable();
    for block in fresh {
        let rank = rank(block);
        let stands_before = |(piece, least): &(&Piece<'_>, &Option<Rank<'_>>)| {
            let is_earlier = matches!(&piece.place, Place::Own(date) if *date <= rank.0);
            is_earlier || least.is_some_and(|least| least < rank)
        };
        while let Some((piece, _)) = rest.next_if(stands_before) {
            push_standing(&mut text, piece.text, line_end);
        }
        push_parted(&mut text, &block.text, line_end);
    }
    for (piece, _) in rest {
        push_standing(&mut text, piece.text, line_end);
    }
    (text, fates)
}

/// A text in which the blocks that shall no longer be pending are not: their flag is changed, and
/// nothing else.
fn confirmed<'a>(existing: &'a str, merge: &FileMerge) -> Cow<'a, str> {
    if merge.confirms.is_empty() {
        return Cow::Borrowed(existing);
    }
    let (opening, pieces) = pieces(existing, &merge.syntax);
    let mut text = opening.to_owned();
    for piece in pieces {
        let confirms = |key: &str| merge.confirms.contains(key);
        match keys_in(piece.text, &merge.syntax).into_iter().any(confirms) {
            true => text.extend(piece.text.split_inclusive('\n').map(without_pending)),
            false => text.push_str(piece.text),
        }
    }
    Cow::Owned(text)
}

/// A text in which the blocks that shall read otherwise do, where they read as they did.
fn amended<'a>(existing: &'a str, merge: &FileMerge, line_end: &str) -> Cow<'a, str> {
    if merge.amends.is_empty() {
        return Cow::Borrowed(existing);
    }
    let after: BTreeMap<&str, &Block> =
        merge.blocks.iter().map(|block| (block.key.as_str(), block)).collect();
    let (opening, pieces) = pieces(existing, &merge.syntax);
    let mut text = opening.to_owned();
    for piece in pieces {
        let [key] = keys_in(piece.text, &merge.syntax)[..] else {
            text.push_str(piece.text);
            continue;
        };
        let before = merge.amends.get(key).filter(|before| is_same(piece.text, before));
        match before.and_then(|_| after.get(key)) {
            Some(block) => {
                let rest = &piece.text[piece.text.trim_end().len()..];
                text.push_str(&block.text.lines().collect::<Vec<_>>().join(line_end));
                text.push_str(rest);
            }
            None => text.push_str(piece.text),
        }
    }
    Cow::Owned(text)
}

/// A line as it is once its transaction is not pending, if it is the first line of one.
fn without_pending(line: &str) -> Cow<'_, str> {
    match line.split_once(" ! ") {
        Some((date, rest)) if date.parse::<jiff::civil::Date>().is_ok() => {
            Cow::Owned(format!("{date} * {rest}"))
        }
        _ => Cow::Borrowed(line),
    }
}

/// What becomes of each block, and which are to be written.
fn fates<'a>(pieces: &[Piece<'_>], merge: &'a FileMerge) -> (Vec<BlockFate>, Vec<&'a Block>) {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for piece in pieces {
        for key in keys_in(piece.text, &merge.syntax) {
            known.entry(key).or_insert(piece.text);
        }
    }
    let mut fresh = Vec::new();
    let fate = |block: &'a Block| match known.get(block.key.as_str()) {
        Some(found) if is_same(found, &block.text) => BlockFate::Present,
        Some(found) => BlockFate::Differs { found: found.trim_end().replace('\r', "") },
        // It was there when it was to be amended.
        None if merge.amends.contains_key(&block.key) => {
            BlockFate::Differs { found: String::new() }
        }
        None => {
            known.insert(&block.key, &block.text);
            fresh.push(block);
            BlockFate::Written
        }
    };
    let fates = merge.blocks.iter().map(fate).collect();
    (fates, fresh)
}

/// For each block, the least rank among the keyed ones from it to the end.
fn least_after<'a>(pieces: &[Piece<'a>]) -> Vec<Option<Rank<'a>>> {
    let mut least: Option<Rank<'a>> = None;
    let from_the_end = pieces.iter().rev().map(|piece| {
        if let Place::Keyed(rank) = piece.place {
            least = Some(least.map_or(rank, |least| least.min(rank)));
        }
        least
    });
    let mut ranks: Vec<Option<Rank<'a>>> = from_the_end.collect();
    ranks.reverse();
    ranks
}

/// Whether two texts are the same but for line endings and spaces at the ends of lines.
fn is_same(found: &str, wanted: &str) -> bool {
    found.trim_end().lines().map(str::trim_end).eq(wanted.trim_end().lines().map(str::trim_end))
}

/// Adds a block of our own, parted from what is before it.
fn push_parted(text: &mut String, block: &str, line_end: &str) {
    if block.is_empty() {
        return;
    }
    part(text, line_end);
    for line in block.lines() {
        text.push_str(line);
        text.push_str(line_end);
    }
}

/// Adds what stood in the file already, parted from what is before it.
fn push_standing(text: &mut String, standing: &str, line_end: &str) {
    part(text, line_end);
    text.push_str(standing);
}

/// Makes a text end with an empty line, unless it is empty.
fn part(text: &mut String, line_end: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(line_end);
    }
    if text.lines().next_back().is_some_and(|line| !is_blank(line)) {
        text.push_str(line_end);
    }
}
