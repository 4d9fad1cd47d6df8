//! The language of the tables.
//!
//! `Name:s31` holds a text of at most 31 characters; `Name?` may be left out, `Name*` and `Name+`
//! may come several times; `(A | B)` is a choice, `%Word` a list of words, `:ref` a reference; `$`
//! marks what may use a macro, and `@` begins the attributes.

use super::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};

const SOURCES: &[&str] = &[
    include_str!("tables/words.txt"),
    include_str!("tables/list_adds.txt"),
    include_str!("tables/list_mods.txt"),
    include_str!("tables/transaction_mods.txt"),
    include_str!("tables/list_queries.txt"),
    include_str!("tables/list_answers.txt"),
    include_str!("tables/transaction_adds.txt"),
    include_str!("tables/transaction_queries.txt"),
    include_str!("tables/transaction_answers.txt"),
    include_str!("tables/reports.txt"),
];

/// What an element that holds a text may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A text of at most so many characters.
    Text(Option<usize>),
    /// The id of something stored.
    Id,
    /// `true` or `false`.
    Boolean,
    /// A day.
    Date,
    /// An instant, or a part of one.
    Instant,
    /// Money: two decimals, or none.
    Amount,
    /// A price, a quantity or a rate: up to five decimals.
    Number(Number),
    /// A number of any length.
    Float,
    /// A whole number.
    Integer,
    /// An id in braces, or nought.
    Guid,
    /// One of these words.
    Word(Vec<String>),
}

/// What a number of up to five decimals stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Price,
    Quantity,
    Percent,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Elements, by the table of this name.
    Table(String),
    /// A text.
    Text { value: Value, may_use_macro: bool },
    /// A reference: the id or the name of an element of a list, the name at most so long.
    Reference(Option<usize>),
}

#[derive(Clone, Debug)]
pub(super) enum Part {
    One(String, Content),
    Row(Vec<Repeated>),
    Choice(Vec<Repeated>),
}

#[derive(Clone, Debug)]
pub(super) struct Repeated {
    pub(super) part: Part,
    pub(super) optional: bool,
    pub(super) many: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) row: Vec<Repeated>,
    pub(super) attributes: BTreeSet<String>,
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) tables: BTreeMap<String, Table>,
    words: BTreeMap<String, Vec<String>>,
}

impl Tables {
    /// Reads the tables. They stand in this program: a mistake in them is one of ours.
    pub(super) fn read() -> Self {
        let mut tables = Self::default();
        for entry in SOURCES.iter().flat_map(|source| entries(source)) {
            let (names, body) = entry.split_once('=').expect("every entry has a name and a body");
            if let Some(name) = names.trim().strip_prefix('%') {
                let words = body.split_whitespace().map(str::to_owned).collect();
                tables.words.insert(name.to_owned(), words);
                continue;
            }
            let (body, attributes) = body.split_once('@').unwrap_or((body, ""));
            let attributes = attributes.trim().split(',').filter(|it| !it.is_empty());
            let attributes: BTreeSet<String> = attributes.map(str::to_owned).collect();
            let tokens = tokens(body);
            let mut rest = tokens.as_slice();
            let row = row(&mut rest, &tables.words);
            assert!(rest.is_empty(), "the table of {names} does not end where it should");
            for name in names.split_whitespace() {
                let table = Table { row: row.clone(), attributes: attributes.clone() };
                let before = tables.tables.insert(name.to_owned(), table);
                assert!(before.is_none(), "{name} has two tables");
            }
        }
        tables.add_requests();
        tables
    }
}

impl Tables {
    /// Adds the requests around all additions and changes: these differ in nothing else.
    fn add_requests(&mut self) {
        let is_whole = |name: &&String| {
            let stem = name.strip_suffix("Add").or_else(|| name.strip_suffix("Mod"));
            stem.and_then(Kind::of_name).is_some()
        };
        let additions: Vec<String> = self.tables.keys().filter(is_whole).cloned().collect();
        for name in additions {
            let wanted = "IncludeRetElement:s50*";
            let row = vec![one(&name, &self.words), one(wanted, &self.words)];
            let attributes = BTreeSet::from(["requestID".to_owned()]);
            self.tables.insert(format!("{name}Rq"), Table { row, attributes });
        }
    }
}

/// The entries of a source: what begins in the first column, with the lines below it.
fn entries(source: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        match entries.last_mut() {
            Some(entry) if line.starts_with(' ') => entry.push_str(line),
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// Splits at spaces and around parentheses, but for those that list words.
fn tokens(body: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut token = String::new();
    let mut within_words = false;
    for character in body.chars() {
        match character {
            '(' if token.ends_with(":e") => {
                within_words = true;
                token.push('(');
            }
            ')' if within_words => {
                within_words = false;
                token.push(')');
            }
            ' ' if within_words => token.push(' '),
            ' ' => tokens.extend(Some(std::mem::take(&mut token)).filter(|it| !it.is_empty())),
            '(' => tokens.push("(".to_owned()),
            ')' => {
                tokens.extend(Some(std::mem::take(&mut token)).filter(|it| !it.is_empty()));
                token.push(')');
            }
            other => token.push(other),
        }
    }
    tokens.extend(Some(token).filter(|it| !it.is_empty()));
    tokens
}

fn row(rest: &mut &[String], words: &BTreeMap<String, Vec<String>>) -> Vec<Repeated> {
    let mut row = Vec::new();
    while let Some((token, after)) = rest.split_first() {
        if token == "|" || token.starts_with(')') {
            break;
        }
        *rest = after;
        if token == "(" {
            row.push(group(rest, words));
        } else {
            row.push(one(token, words));
        }
    }
    row
}

fn group(rest: &mut &[String], words: &BTreeMap<String, Vec<String>>) -> Repeated {
    let mut choices = vec![row(rest, words)];
    loop {
        let (token, after) = rest.split_first().expect("every group ends");
        *rest = after;
        if token != "|" {
            let rows = choices.into_iter().map(|row| Repeated {
                part: Part::Row(row),
                optional: false,
                many: false,
            });
            return repeated(Part::Choice(rows.collect()), token);
        }
        choices.push(row(rest, words));
    }
}

fn repeated(part: Part, mark: &str) -> Repeated {
    let optional = mark.ends_with(['?', '*']);
    Repeated { part, optional, many: mark.ends_with(['+', '*']) }
}

fn one(token: &str, words: &BTreeMap<String, Vec<String>>) -> Repeated {
    let bare = token.trim_end_matches(['?', '*', '+']);
    let mark = &token[bare.len()..];
    let Some((name, kind)) = bare.split_once(':') else {
        return repeated(Part::One(bare.to_owned(), Content::Table(bare.to_owned())), mark);
    };
    let longest = |digits: &str| digits.parse().ok();
    let content = match kind.trim_end_matches('$') {
        kind if kind.starts_with("ref") => Content::Reference(longest(&kind[3..])),
        kind => Content::Text { value: value(kind, words), may_use_macro: token.contains('$') },
    };
    repeated(Part::One(name.to_owned(), content), mark)
}

fn value(kind: &str, words: &BTreeMap<String, Vec<String>>) -> Value {
    let listed = kind.strip_prefix("e(").and_then(|kind| kind.strip_suffix(')'));
    if let Some(listed) = listed {
        return Value::Word(listed.split_whitespace().map(str::to_owned).collect());
    }
    if let Some(name) = kind.strip_prefix('%') {
        return Value::Word(words.get(name).expect("every list of words is there").clone());
    }
    match kind {
        "id" => Value::Id,
        "bool" => Value::Boolean,
        "date" => Value::Date,
        "time" => Value::Instant,
        "amt" => Value::Amount,
        "price" => Value::Number(Number::Price),
        "quan" => Value::Number(Number::Quantity),
        "pct" => Value::Number(Number::Percent),
        "float" => Value::Float,
        "int" => Value::Integer,
        "guid" => Value::Guid,
        text => Value::Text(text.strip_prefix('s').expect("a text").parse().ok()),
    }
}
