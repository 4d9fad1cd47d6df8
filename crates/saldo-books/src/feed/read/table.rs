//! Tables: whoever gives them calls their columns as he likes, and each year otherwise.

use super::amount::amount;
use super::{StatementFault, id_of};
use jiff::civil::Date;
use saldo_core::bank::BankRow;
use saldo_core::money::{Currency, Money};
use saldo_core::policy::DayOrder;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// No statement tells of an earlier year: what looks like one has a year of two digits.
const FIRST_YEAR: i16 = 1900;

/// What a column of a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TablePart {
    /// The day.
    Date,
    /// The signed amount.
    Amount,
    /// What came in, where it has a column of its own.
    In,
    /// What went out, where it has a column of its own.
    Out,
    /// What the bank says of the row.
    Text,
}

impl TablePart {
    const ALL: [Self; 5] = [Self::Date, Self::Amount, Self::In, Self::Out, Self::Text];

    /// The word for it in commands.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Amount => "amount",
            Self::In => "in",
            Self::Out => "out",
            Self::Text => "text",
        }
    }

    /// The heads by which it is known.
    const fn heads(self) -> &'static [&'static str] {
        match self {
            Self::Date => &["date", "transaction date", "posted date", "date posted", "posted"],
            Self::Amount => &["amount", "transaction amount", "net amount"],
            Self::In => &["credit", "credits", "money in", "paid in", "deposit"],
            Self::Out => &["debit", "debits", "money out", "paid out", "withdrawal"],
            Self::Text => &["description", "details", "merchant", "payee", "name", "memo"],
        }
    }
}

impl fmt::Display for TablePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for TablePart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|part| part.word() == text);
        found.ok_or_else(|| format!("`{text}` is none of date, amount, in, out and text"))
    }
}

/// What the owner says of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableWords {
    /// The heads of its columns, where they are not known.
    pub columns: BTreeMap<TablePart, String>,
    /// How its days are written, where they could be two.
    pub dates: Option<DayOrder>,
}

/// Where the parts stand.
struct Columns {
    date: usize,
    amount: Amounts,
    text: usize,
    currency: Option<usize>,
}

enum Amounts {
    Signed(usize),
    InAndOut(usize, usize),
}

/// The rows of a statement.
pub(super) fn rows(
    text: &str,
    currency: Currency,
    words: &TableWords,
) -> Result<Vec<(BankRow, String)>, StatementFault> {
    let head = text.lines().next().unwrap_or_default();
    let mark = [b',', b';', b'\t'].into_iter().rev();
    let mark = mark.max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(mark.unwrap_or(b','))
        .flexible(true)
        .from_reader(text.as_bytes());
    let unreadable =
        |row, what, text: &str| StatementFault::Unreadable { row, what, text: text.to_owned() };
    let heads = reader.headers().map_err(|error| unreadable(0, "table", &error.to_string()))?;
    let columns = columns(heads, words)?;
    let mut nth: BTreeMap<String, u32> = BTreeMap::new();
    let mut rows = Vec::new();
    for (place, record) in (1..).zip(reader.records()) {
        let record = record.map_err(|error| unreadable(place, "row", &error.to_string()))?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let other = columns.currency.map(cell).filter(|it| !it.is_empty());
        if let Some(other) = other.filter(|it| !it.eq_ignore_ascii_case(currency.code())) {
            return Err(StatementFault::Currency(other.to_owned(), currency));
        }
        let day = day(cell(columns.date), words.dates)?
            .ok_or_else(|| unreadable(place, "day", cell(columns.date)))?;
        let amount = moved(&columns.amount, cell, currency)
            .map_err(|text| unreadable(place, "amount", text))?;
        let text = cell(columns.text).to_owned();
        // Several rows of a day may say the same: they are told apart by their number.
        let parts = [&*day.to_string(), &amount.to_string(), &text];
        let count = nth.entry(id_of(&parts)).or_default();
        *count += 1;
        let id = id_of(&[parts[0], parts[1], parts[2], &count.to_string()]);
        let raw: Vec<&str> = record.iter().collect();
        rows.push((BankRow { id, day, amount, text }, raw.join("\t")));
    }
    Ok(rows)
}

fn columns(heads: &csv::StringRecord, words: &TableWords) -> Result<Columns, StatementFault> {
    let plain = |head: &str| head.trim().to_lowercase();
    let place = |wanted: &str| heads.iter().position(|head| plain(head) == plain(wanted));
    let find = |part: TablePart| match words.columns.get(&part) {
        Some(head) => place(head),
        None => part.heads().iter().find_map(|head| place(head)),
    };
    let named = heads.iter().map(str::trim).collect::<Vec<_>>().join(", ");
    let missing = |part| StatementFault::Column { part, heads: named.clone() };
    let wanted = |part| find(part).ok_or_else(|| missing(part));
    let amount = match (find(TablePart::Amount), find(TablePart::In), find(TablePart::Out)) {
        (Some(amount), ..) => Amounts::Signed(amount),
        (None, Some(came), Some(went)) => Amounts::InAndOut(came, went),
        (None, ..) => return Err(missing(TablePart::Amount)),
    };
    let (date, text) = (wanted(TablePart::Date)?, wanted(TablePart::Text)?);
    Ok(Columns { date, amount, text, currency: place("currency") })
}

/// How much a row moves, or what of it cannot be read.
fn moved<'a>(
    columns: &Amounts,
    cell: impl Fn(usize) -> &'a str,
    currency: Currency,
) -> Result<Money, &'a str> {
    let read = |at: usize| amount(cell(at), currency).ok_or_else(|| cell(at));
    match *columns {
        Amounts::Signed(at) => read(at),
        Amounts::InAndOut(came, went) => match (cell(came), cell(went)) {
            (_, "") => Ok(read(came)?.abs()),
            ("", _) => Ok(read(went)?.abs().negated()),
            (one, _) => {
                let (came, went) = (read(came)?.abs(), read(went)?.abs());
                came.minus(went).map_err(|_| one)
            }
        },
    }
}

/// A day of a year with four digits; none where it is none.
fn day(text: &str, order: Option<DayOrder>) -> Result<Option<Date>, StatementFault> {
    let read = |form: &str, text: &str| {
        Date::strptime(form, text).ok().filter(|day| day.year() >= FIRST_YEAR)
    };
    if let Some(day) = text.get(..10).and_then(|start| read("%Y-%m-%d", start)) {
        return Ok(Some(day));
    }
    let in_words = ["%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y"];
    if let Some(day) = in_words.iter().find_map(|form| read(form, text)) {
        return Ok(Some(day));
    }
    let date = text.split_whitespace().next().unwrap_or_default().replace(['.', '-'], "/");
    let read = |form: &str| read(form, &date);
    let (by_day, by_month, by_year) = (read("%d/%m/%Y"), read("%m/%d/%Y"), read("%Y/%m/%d"));
    match order {
        Some(DayOrder::DayFirst) => Ok(by_day),
        Some(DayOrder::MonthFirst) => Ok(by_month),
        Some(DayOrder::YearFirst) => Ok(by_year),
        None if by_day.is_some() || by_month.is_some() => {
            Err(StatementFault::TwoDays(text.to_owned()))
        }
        None => Ok(by_year),
    }
}
