//! The text of a file, parted into its blocks, and where each has its place.

use saldo_core::exchange::{Block, BlockSyntax};

/// A block of a file as it stands there, with the empty lines after it.
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) place: Place<'a>,
}

/// What a block says of its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// Keyed: by date, then key.
    Keyed(Rank<'a>),
    /// Without a key, but dated: an entry of the owner's own.
    Own(&'a str),
    /// Neither: it belongs to what follows.
    Text,
}

/// Where a keyed block stands: its first ten characters, a date as a rule, and its key.
pub(super) type Rank<'a> = (&'a str, &'a str);

/// Parts a file into what it opens with (all before the first block that has a key or a date) and
/// its blocks. Text that is neither keyed nor dated takes the place of what follows it.
pub(super) fn pieces<'a>(existing: &'a str, syntax: &BlockSyntax) -> (&'a str, Vec<Piece<'a>>) {
    let mut starts = Vec::new();
    let mut offset = 0;
    let mut after_empty = true;
    for line in existing.split_inclusive('\n') {
        if after_empty && !is_blank(line) {
            starts.push(offset);
        }
        after_empty = is_blank(line);
        offset += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([existing.len()]);
    let texts = starts.iter().zip(ends).filter_map(|(start, end)| existing.get(*start..end));
    let all: Vec<Piece<'a>> =
        texts.map(|text| Piece { text, place: place(text, syntax) }).collect();
    let opening = all.iter().take_while(|piece| piece.place == Place::Text).count();
    let opening_end = starts.get(opening).copied().unwrap_or(existing.len());
    let mut pieces: Vec<Piece<'a>> = all.into_iter().skip(opening).collect();
    let mut following = Place::Text;
    for piece in pieces.iter_mut().rev() {
        match piece.place {
            Place::Text => piece.place = following.clone(),
            Place::Keyed(_) | Place::Own(_) => following = piece.place.clone(),
        }
    }
    (existing.get(..opening_end).unwrap_or(existing), pieces)
}

/// What a block says of its place.
fn place<'a>(text: &'a str, syntax: &BlockSyntax) -> Place<'a> {
    let text = text.trim_start_matches('\u{feff}');
    let date = text.lines().find_map(leading_date);
    match (keys_in(text, syntax).first(), date) {
        (Some(key), date) => Place::Keyed((date.unwrap_or_else(|| first_ten(text)), key)),
        (None, Some(date)) => Place::Own(date),
        (None, None) => Place::Text,
    }
}

/// Where a new block belongs.
pub(super) fn rank(block: &Block) -> Rank<'_> {
    (first_ten(&block.text), &block.key)
}

/// The keys that stand in a text.
pub(super) fn keys_in<'a>(text: &'a str, syntax: &BlockSyntax) -> Vec<&'a str> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&syntax.key_opens) {
        let Some((key, after)) = after.split_once(&syntax.key_closes) else { break };
        keys.push(key);
        rest = after;
    }
    keys
}

/// The date at the very beginning of a line.
fn leading_date(line: &str) -> Option<&str> {
    let date = line.get(..10)?;
    let is_date = date.bytes().enumerate().all(|(position, byte)| match position {
        4 | 7 => matches!(byte, b'-' | b'/' | b'.'),
        _ => byte.is_ascii_digit(),
    });
    is_date.then_some(date)
}

/// The first ten characters of a text.
fn first_ten(text: &str) -> &str {
    text.char_indices().nth(10).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// Whether a line holds nothing.
pub(super) fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}
