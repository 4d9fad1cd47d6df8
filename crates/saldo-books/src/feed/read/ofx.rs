//! Open Financial Exchange as others write it: SGML with or without end tags, XML, tags in any
//! case. Tags are looked at one after the other, so that nothing nests and no entity is ever
//! fetched.

use super::amount::amount;
use super::{StatementFault, id_of};
use jiff::civil::Date;
use saldo_core::bank::BankRow;
use saldo_core::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// How many bytes a tag has at most.
const TAG_MOST: usize = 200;

/// Whether a text is of this kind.
pub(super) fn is_it(text: &str) -> bool {
    tags(text).any(|tag| tag.is("OFX"))
}

/// The rows of a statement.
pub(super) fn rows(
    text: &str,
    currency: Currency,
) -> Result<Vec<(BankRow, String)>, StatementFault> {
    let mut accounts = BTreeSet::new();
    let mut open: Option<Open<'_>> = None;
    let mut found = Vec::new();
    for tag in tags(text) {
        if tag.is("STMTTRN") || tag.is("BANKTRANLIST") || tag.is("LEDGERBAL") || tag.is("AVAILBAL")
        {
            found.extend(open.take().map(|row| row.until(text, tag.start)));
            if tag.is("STMTTRN") && !tag.is_end {
                open = Some(Open { start: tag.start, leaves: BTreeMap::new() });
            }
        } else if let Some(row) = &mut open {
            if !tag.is_end {
                row.leaves.entry(tag.name.to_ascii_uppercase()).or_insert(tag.value);
            }
        } else if tag.is("ACCTID") && !tag.value.is_empty() {
            accounts.insert(tag.value);
        } else if tag.is("CURDEF")
            && !tag.is_end
            && !tag.value.eq_ignore_ascii_case(currency.code())
        {
            return Err(StatementFault::Currency(tag.value.to_owned(), currency));
        }
    }
    found.extend(open.map(|row| row.until(text, text.len())));
    if accounts.len() > 1 {
        return Err(StatementFault::SeveralAccounts);
    }
    let mut ids = BTreeSet::new();
    let mut nth: BTreeMap<String, u32> = BTreeMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for (place, (leaves, raw)) in (1..).zip(found) {
        let row = row(place, &leaves, currency, &mut nth)?;
        // What a bank says twice in one file, id and day and amount alike, is one row.
        if ids.insert(row.id.clone()) {
            rows.push((row, raw.trim().to_owned()));
        }
    }
    Ok(rows)
}

/// The leaves of a row by their tags.
type Leaves<'a> = BTreeMap<String, &'a str>;

/// A row that is not at its end yet.
struct Open<'a> {
    start: usize,
    leaves: Leaves<'a>,
}

impl<'a> Open<'a> {
    fn until(self, text: &'a str, end: usize) -> (Leaves<'a>, &'a str) {
        (self.leaves, text.get(self.start..end).unwrap_or_default())
    }
}

fn row(
    place: usize,
    leaves: &Leaves<'_>,
    currency: Currency,
    nth: &mut BTreeMap<String, u32>,
) -> Result<BankRow, StatementFault> {
    let leaf = |name: &str| leaves.get(name).copied().unwrap_or_default();
    let unreadable = |what, text: &str| {
        Err(StatementFault::Unreadable { row: place, what, text: text.to_owned() })
    };
    if leaves.contains_key("CORRECTFITID") {
        return Err(StatementFault::Correction(leaf("FITID").to_owned()));
    }
    let Some(day) = day(leaf("DTPOSTED")) else { return unreadable("day", leaf("DTPOSTED")) };
    let Some(amount) = amount(leaf("TRNAMT"), currency) else {
        return unreadable("amount", leaf("TRNAMT"));
    };
    let (name, memo) = (unescaped(leaf("NAME")), unescaped(leaf("MEMO")));
    let text = match (name.is_empty(), memo.is_empty() || memo == name) {
        (true, _) => memo,
        (false, true) => name,
        (false, false) => format!("{name} - {memo}"),
    };
    let (date, sum) = (day.to_string(), amount.to_string());
    let id = match leaf("FITID") {
        "" => {
            let count = nth.entry(id_of(&["", &date, &sum, &text])).or_default();
            *count += 1;
            id_of(&["", &date, &sum, &text, &count.to_string()])
        }
        // Banks give one id to several rows.
        fitid => id_of(&[fitid, &date, &sum]),
    };
    Ok(BankRow { id, day, amount, text })
}

/// The bank's day, whatever hour and zone it adds.
fn day(text: &str) -> Option<Date> {
    Date::strptime("%Y%m%d", text.get(..8)?).ok()
}

/// The five entities that are letters; any other stays as it is written.
fn unescaped(text: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'")];
    let text = entities.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

/// A tag, and the text up to the next one.
struct Tag<'a> {
    name: &'a str,
    is_end: bool,
    value: &'a str,
    /// Where it begins.
    start: usize,
}

impl Tag<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// All tags but for comments and declarations; end tags have no value.
fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    text.match_indices('<').filter_map(move |(start, _)| {
        let rest = text.get(start + 1..)?;
        let end = rest.bytes().take(TAG_MOST).position(|byte| byte == b'>')?;
        let (inside, after) = (rest.get(..end)?, rest.get(end + 1..)?);
        let value = after.split('<').next().unwrap_or_default().trim();
        let is_end = inside.starts_with('/');
        let name = inside.trim_start_matches('/').split_whitespace().next()?;
        let name = name.trim_end_matches('/');
        let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let value = if is_end { "" } else { value };
        is_tag.then_some(Tag { name, is_end, value, start })
    })
}
