//! How the files are read back.
//!
//! What Saldo wrote is always understood. What a person added is understood where it has the plain
//! form, an account with an amount or with none; anything else (costs, prices of one, arithmetic,
//! commodities that are no currency of ISO 4217) is listed as an entry whose postings are unknown,
//! and stops nobody.

use super::account;
use super::write::{Syntax, tag_value};
use jiff::civil::Date;
use saldo_core::document::{DocumentKey, Line};
use saldo_core::ledger::AccountKind;
use saldo_core::money::{Balance, Currency, Money, MoneyError};
use saldo_core::text::RemoteId;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// What stands in the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The accounts that are opened, by name.
    pub accounts: BTreeMap<String, OpenAccount>,
    /// The transactions that hold a document.
    pub documents: BTreeMap<DocumentKey, ReadEntry>,
    /// The other transactions, by file and line: the owner's own, and repetitions of documents.
    pub own: Vec<ReadEntry>,
}

/// What a posting moves: an amount, and what it was worth where its document is in another
/// currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// How much moves on the account: debit positive.
    pub amount: Money,
    /// What it was worth, of the same sign.
    pub worth: Option<Money>,
    /// Its dimensions by name, as a tag shows their values.
    pub dimensions: BTreeMap<String, String>,
}

impl Held {
    /// What a line of a document moves.
    pub(super) fn of(line: &Line) -> Self {
        let dimensions = line.dimensions.iter();
        let dimensions = dimensions.map(|(name, value)| (name.to_owned(), tag_value(value)));
        Self {
            amount: line.held(),
            worth: line.foreign.filter(|foreign| !foreign.is_zero()).map(|_| line.amount),
            dimensions: dimensions.collect(),
        }
    }

    /// What it weighs in its transaction.
    pub(super) fn weight(&self) -> Money {
        self.worth.unwrap_or(self.amount)
    }
}

impl From<Money> for Held {
    fn from(amount: Money) -> Self {
        Self { amount, worth: None, dimensions: BTreeMap::new() }
    }
}

impl fmt::Display for Held {
    /// As both syntaxes write it: a total price has no sign of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.worth {
            None => write!(f, "{}", self.amount)?,
            Some(worth) => write!(f, "{} @@ {}", self.amount, worth.abs())?,
        }
        let mut dimensions = self.dimensions.iter();
        dimensions.try_for_each(|(name, value)| write!(f, " {name}:{value}"))
    }
}

/// An account that is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenAccount {
    /// What the policy calls it, where Saldo opened it.
    pub name: Option<String>,
    /// What it is for, where Saldo opened it.
    pub kind: Option<AccountKind>,
    /// The only currency that it takes, where there is one.
    pub currency: Option<Currency>,
    /// Whether it is closed again.
    pub closed: bool,
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEntry {
    /// The path of its file.
    pub path: String,
    /// The number of its first line, from one.
    pub line: usize,
    /// The number of the document that it holds; none where it is the owner's own.
    pub key: Option<DocumentKey>,
    /// Its date.
    pub date: Date,
    /// Whether it is flagged as pending: a draft.
    pub is_pending: bool,
    /// Accounts and amounts, debit positive; none where they are not understood.
    pub postings: Option<Vec<(String, Held)>>,
}

impl ReadEntry {
    /// What the book calls the document: the file without its ending, and the key.
    #[must_use]
    pub fn remote(&self) -> RemoteId {
        let key = self.key.as_ref().map_or("", DocumentKey::as_str);
        RemoteId::from(format!("{}/{key}", self.stem()))
    }

    /// The path of its file without the ending: `2026-08`.
    pub(super) fn stem(&self) -> &str {
        self.path.rsplit_once('.').map_or(self.path.as_str(), |(stem, _)| stem)
    }

    /// The day on which it is listed: its own, or the first of its file's month where that is
    /// another one; the last day of all where its file is of no month.
    pub(super) fn listed_on(&self) -> Date {
        match month_of(self.stem()) {
            Some(first) if first == self.date.first_of_month() => self.date,
            Some(first) => first,
            None => Date::MAX,
        }
    }

    /// What tells its content from another; none where its postings are not understood.
    pub(super) fn version(&self) -> Option<String> {
        self.postings.as_ref().map(|postings| version(self.date, postings))
    }
}

/// What tells one content of an entry from another: a hash of its day, accounts, amounts and
/// dimensions, in whichever order they stand.
pub(super) fn version(date: Date, postings: &[(String, Held)]) -> String {
    let mut lines: Vec<String> =
        postings.iter().map(|(name, amount)| format!("{name} {amount}")).collect();
    lines.sort_unstable();
    let text = format!("{date}\n{}", lines.join("\n"));
    blake3::hash(text.as_bytes()).to_hex().as_str().chars().take(32).collect()
}

impl Reading {
    /// Reads the files that belong to the book: the main file, the accounts and the months. Files
    /// of other names are the owner's.
    #[must_use]
    pub fn of(texts: &BTreeMap<String, String>, syntax: Syntax) -> Self {
        let mut reading = Self::default();
        for (path, text) in texts {
            if belongs_to_book(path, syntax) {
                reading.add(path, text, syntax);
            }
        }
        reading
    }

    /// Adds what stands in one file, or in a part of one.
    pub(super) fn add(&mut self, path: &str, text: &str, syntax: Syntax) {
        for directive in directives(text) {
            let Some((date, rest)) = dated(directive.head) else { continue };
            let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            match (syntax, word) {
                (Syntax::Beancount, "open") => self.open(rest, &directive),
                (Syntax::Beancount, "close") => {
                    let account = rest.split_whitespace().next().unwrap_or_default();
                    self.accounts.entry(account.to_owned()).or_default().closed = true;
                }
                (Syntax::Beancount, "*" | "!" | "txn") | (Syntax::Hledger, _) => {
                    self.take(ReadEntry {
                        path: path.to_owned(),
                        line: directive.line,
                        key: directive.metadata("saldo", syntax).and_then(|key| key.parse().ok()),
                        date,
                        is_pending: word == "!",
                        postings: postings(&directive, syntax),
                    });
                }
                (Syntax::Beancount, _) => {}
            }
        }
    }

    /// Adds a transaction: the first that names a document holds it.
    fn take(&mut self, entry: ReadEntry) {
        match entry.key.map(|key| self.documents.entry(key)) {
            Some(Entry::Vacant(place)) => {
                place.insert(entry);
            }
            Some(Entry::Occupied(_)) | None => self.own.push(entry),
        }
    }

    /// The first entry of a document in the file of this name without its ending.
    pub(super) fn entry_of(&self, key: DocumentKey, stem: &str) -> Option<&ReadEntry> {
        let is_it = |entry: &&ReadEntry| entry.key == Some(key) && entry.stem() == stem;
        let first = self.documents.get(&key)?;
        Some(first).filter(is_it).or_else(|| self.own.iter().find(is_it))
    }

    /// The entries that name documents, each document's first before its repetitions, which stand
    /// by file and line.
    pub(super) fn of_documents(&self) -> impl Iterator<Item = &ReadEntry> {
        self.documents.values().chain(self.own.iter().filter(|entry| entry.key.is_some()))
    }

    /// Adds an `open` directive.
    fn open(&mut self, rest: &str, directive: &Directive<'_>) {
        let mut words = without_comment(rest).split_whitespace();
        let Some(name) = words.next().filter(|name| account::is_account(name)) else { return };
        let account = self.accounts.entry(name.to_owned()).or_default();
        account.currency = words.next().and_then(|code| Currency::parse(code).ok());
        account.name = directive.metadata("name", Syntax::Beancount);
        account.kind = directive
            .metadata("kind", Syntax::Beancount)
            .and_then(|word| serde_json::from_value(serde_json::Value::String(word)).ok());
    }

    /// What every account moved by from a day to another, both included; entries whose postings are
    /// not understood are left out. An account that is open and did not move has an empty balance.
    ///
    /// # Errors
    /// Where a sum is too large.
    pub fn balances(
        &self,
        from: Date,
        until: Date,
    ) -> Result<BTreeMap<RemoteId, Balance>, MoneyError> {
        let opened = self.accounts.keys().map(|name| (RemoteId::new(name), Balance::new()));
        let mut balances: BTreeMap<RemoteId, Balance> = opened.collect();
        let entries = self.documents.values().chain(&self.own);
        let reached = entries.filter(|entry| (from..=until).contains(&entry.date));
        for (name, amount) in reached.filter_map(|entry| entry.postings.as_ref()).flatten() {
            balances.entry(RemoteId::new(name)).or_default().add(amount.amount)?;
        }
        Ok(balances)
    }
}

/// Whether a file is the main file, the accounts or a month.
fn belongs_to_book(path: &str, syntax: Syntax) -> bool {
    let Some(stem) = path.strip_suffix(syntax.suffix()) else { return false };
    is_month(stem) || matches!(stem, "main" | "accounts")
}

/// Whether a file of this name without its ending is one of those that the main file includes as
/// months.
fn is_month(stem: &str) -> bool {
    stem.len() == 7
        && stem.bytes().enumerate().all(|(position, byte)| match position {
            4 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// The first day of the month that a file is of; none where it is of no month of the calendar.
fn month_of(stem: &str) -> Option<Date> {
    is_month(stem).then(|| format!("{stem}-01").parse().ok()).flatten()
}

/// A line that begins at the margin, and the indented lines below it.
struct Directive<'a> {
    /// The number of the first line, from one.
    line: usize,
    head: &'a str,
    body: Vec<&'a str>,
}

impl Directive<'_> {
    /// A value that stands beside the amounts.
    fn metadata(&self, name: &str, syntax: Syntax) -> Option<String> {
        self.body.iter().find_map(|line| match syntax {
            Syntax::Beancount => unquoted(line.strip_prefix(name)?.strip_prefix(':')?.trim_start()),
            Syntax::Hledger => {
                let value = line.strip_prefix("; ")?.strip_prefix(name)?.strip_prefix(':')?;
                Some(value.split(',').next().unwrap_or_default().trim().to_owned())
            }
        })
    }
}

/// Parts a text into directives.
fn directives(text: &str) -> Vec<Directive<'_>> {
    let mut directives: Vec<Directive<'_>> = Vec::new();
    for (position, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        match (line.starts_with(char::is_whitespace), directives.last_mut()) {
            (true, Some(directive)) => directive.body.push(content),
            _ => directives.push(Directive {
                line: position.saturating_add(1),
                head: content,
                body: Vec::new(),
            }),
        }
    }
    directives
}

/// The date that a line begins with, and what follows it.
fn dated(head: &str) -> Option<(Date, &str)> {
    let (date, rest) = head.split_at_checked(10)?;
    let date = date.replace(['/', '.'], "-").parse().ok()?;
    Some((date, rest.trim_start()))
}

/// The content of a string of beancount.
fn unquoted(text: &str) -> Option<String> {
    let mut content = String::new();
    let mut symbols = text.strip_prefix('"')?.chars();
    loop {
        match symbols.next()? {
            '"' => return Some(content),
            '\\' => content.push(symbols.next()?),
            symbol => content.push(symbol),
        }
    }
}

/// A line without the comment at its end.
fn without_comment(line: &str) -> &str {
    line.split(';').next().unwrap_or_default().trim()
}

/// The postings of a transaction; none where one of them is not understood.
fn postings(directive: &Directive<'_>, syntax: Syntax) -> Option<Vec<(String, Held)>> {
    let dimensions = directive.metadata("dimensions", syntax).unwrap_or_default();
    let dimensions: Vec<&str> = dimensions.split_whitespace().collect();
    let mut postings: Vec<(String, Held)> = Vec::new();
    let mut balancing = None;
    for line in &directive.body {
        if is_remark(line, syntax) {
            if let (Some((_, held)), Some((name, value))) = (postings.last_mut(), metadatum(line))
                && dimensions.contains(&name)
            {
                held.dimensions.insert(name.to_owned(), tag_value(&value));
            }
            continue;
        }
        let (name, amount) = posting(without_comment(line), syntax)?;
        match amount {
            Some(mut held) => {
                held.dimensions.extend(
                    tags(line)
                        .filter(|(name, _)| dimensions.contains(name))
                        .map(|(name, value)| (name.to_owned(), value.to_owned())),
                );
                postings.push((name, held));
            }
            None if balancing.is_none() => balancing = Some(name),
            None => return None,
        }
    }
    if let Some(name) = balancing {
        let mut sum = Balance::new();
        for (_, held) in &postings {
            sum.add(held.weight()).ok()?;
        }
        postings.extend(sum.iter().map(|amount| (name.clone(), amount.negated().into())));
    }
    Some(postings)
}

/// A line of beancount's metadata: its name and its text.
fn metadatum(line: &str) -> Option<(&str, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name, unquoted(value.trim_start())?))
}

/// The tags in the comment at the end of a line.
fn tags(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let comment = line.split_once(';').map_or("", |(_, comment)| comment);
    let tags = comment.split(',').filter_map(|tag| tag.split_once(':'));
    tags.map(|(name, value)| (name.trim(), value.trim()))
}

/// Whether a line of a transaction is no posting: a comment, metadata, tags or links.
fn is_remark(line: &str, syntax: Syntax) -> bool {
    let is_metadata = || {
        line.starts_with(|first: char| first.is_ascii_lowercase())
            && line.split_whitespace().next().is_some_and(|word| word.contains(':'))
    };
    line.starts_with(';')
        || (syntax == Syntax::Beancount && (line.starts_with(['#', '^']) || is_metadata()))
}

/// The account of a posting, and its amount where it has one.
fn posting(line: &str, syntax: Syntax) -> Option<(String, Option<Held>)> {
    let unflagged = line.strip_prefix("* ").or_else(|| line.strip_prefix("! "));
    let line = unflagged.map_or(line, str::trim_start);
    let end = match syntax {
        Syntax::Beancount => line.find(char::is_whitespace),
        Syntax::Hledger => line.find("  ").into_iter().chain(line.find('\t')).min(),
    };
    let (name, amount) = line.split_at(end.unwrap_or(line.len()));
    if !account::is_account(name) {
        return None;
    }
    let words: Vec<&str> = amount.split_whitespace().collect();
    match words.as_slice() {
        [] => Some((name.to_owned(), None)),
        [number, code] => {
            let amount = Money::parse(number, Currency::parse(code).ok()?).ok()?;
            Some((name.to_owned(), Some(amount.into())))
        }
        [number, code, "@@", worth, of] => {
            let amount = Money::parse(number, Currency::parse(code).ok()?).ok()?;
            let worth = Money::parse(worth, Currency::parse(of).ok()?).ok()?;
            let worth = if amount.is_negative() { worth.negated() } else { worth };
            let held = Held { worth: Some(worth), ..Held::from(amount) };
            Some((name.to_owned(), Some(held)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        let texts = BTreeMap::from([("2026-08.beancount".to_owned(), text.to_owned())]);
        Reading::of(&texts, Syntax::Beancount)
    }

    const ENTRY: &str = "2026-08-03 * \"Ann\" \"Say \\\"hi\\\"\"\r\n  saldo: \"7H5Z152Q6DH\"\r\n\
                         \x20 Assets:Bank   5.00 USD\r\n    text: \"a; b\"\r\n\
                         \x20 Income:Sales -5.00 USD\r\n";

    #[test]
    fn an_entry_is_read_with_other_line_endings() {
        let reading = read(ENTRY);
        let entry = &reading.documents[&"7H5Z152Q6DH".parse().unwrap()];
        let expected = [
            ("Assets:Bank".to_owned(), "5.00 USD".parse::<Money>().unwrap().into()),
            ("Income:Sales".to_owned(), "-5.00 USD".parse::<Money>().unwrap().into()),
        ];
        assert_eq!(entry.postings.as_deref(), Some(expected.as_slice()));
        assert_eq!(entry.remote().as_str(), "2026-08/7H5Z152Q6DH");
    }

    #[test]
    fn entries_of_the_owner_disturb_nothing() {
        let cases = [
            ("  Assets:Bank  1 USD\n  Income:Sales", Some("6.00 USD")),
            ("  ! Assets:Bank  1 USD ; mine\n  Income:Sales  -1 USD\n  #tag", Some("6.00 USD")),
            ("  Assets:Bank  1 USD\n  Income:A\n  Income:B", None),
            ("  Assets:Bank  1 USD\n  Assets:Euro  -2 EUR @@ 1 USD", Some("6.00 USD")),
            ("  Assets:Euro  2 EUR @@ 1 USD\n  Assets:Bank", Some("4.00 USD")),
            ("  Assets:Bank  2 XSHARE {5 USD}\n  Income:Sales", None),
            ("  Assets:Bank  (1+1) USD\n  Income:Sales", None),
            ("  what is this", None),
        ];
        for (body, with_it) in cases {
            let reading = read(&format!("{ENTRY}\n2026-08-02 ! \"Own\"\n{body}\n\n* heading\n"));
            assert_eq!(reading.own.len(), 1, "{body}");
            let balances = reading.balances(Date::MIN, "2026-08-31".parse().unwrap()).unwrap();
            let usd = Currency::parse("USD").unwrap();
            let expected: Money = with_it.unwrap_or("5.00 USD").parse().unwrap();
            assert_eq!(balances[&RemoteId::new("Assets:Bank")].of(usd), expected, "{body}");
        }
    }

    #[test]
    fn a_balance_includes_its_day_and_no_later_one() {
        let reading = read(ENTRY);
        let usd = Currency::parse("USD").unwrap();
        let minor = |from: &str, until: &str| {
            let balances = reading.balances(from.parse().unwrap(), until.parse().unwrap());
            let bank = balances.unwrap().get(&RemoteId::new("Assets:Bank")).cloned();
            bank.map(|balance| balance.of(usd).minor())
        };
        assert_eq!(minor("1970-01-01", "2026-08-02"), None);
        assert_eq!(minor("1970-01-01", "2026-08-03"), Some(500));
        assert_eq!(minor("2026-08-03", "2026-08-03"), Some(500));
        assert_eq!(minor("2026-08-04", "2026-08-31"), None);
    }

    #[test]
    fn accounts_are_read_with_what_is_known_of_them() {
        let reading = read(
            "1970-01-01 open Assets:Shop USD ; x\n  kind: \"clearing\"\n  name: \"A \\\"b\\\"\"\n\
             2026-01-01 open Income:Own\n2026-02-01 close Income:Own\n2026-01-01 open nonsense\n",
        );
        let shop = OpenAccount {
            name: Some("A \"b\"".to_owned()),
            kind: Some(AccountKind::Clearing),
            currency: Currency::parse("USD").ok(),
            closed: false,
        };
        let own = OpenAccount { closed: true, ..OpenAccount::default() };
        let expected = [("Assets:Shop".to_owned(), shop), ("Income:Own".to_owned(), own)];
        assert_eq!(reading.accounts, BTreeMap::from(expected));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_stumble(text in "(?s).{0,200}", body in "[ -~\n\té€]{0,200}") {
            read(&text);
            read(&format!("2026-08-01 * {body}"));
        }
    }
}
