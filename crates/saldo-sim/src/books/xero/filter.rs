//! The language of `where`: comparisons of properties, joined by `AND` and `OR`.

use super::fields::{self, Object};
use super::kind::Kind;
use super::refusal::{Checked, Refusal};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;
use std::cmp::Ordering;

/// How deep parentheses may go.
const DEPTH_MOST: usize = 16;

/// A condition on an entity as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare(Operand, Comparison, Operand),
    /// A call such as `Name.Contains("x")`.
    Call(Vec<String>, Method, String),
}

/// How two operands are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a text is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Contains,
    StartsWith,
    EndsWith,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Path(Vec<String>),
    Text(String),
    Number(Decimal),
    Flag(bool),
    Instant(Timestamp),
    Nothing,
}

/// The properties that conditions and orders on a kind may name, parted by spaces.
fn known(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => {
            "AccountID Code Name Type Status Class SystemAccount TaxType EnablePaymentsToAccount \
             UpdatedDateUTC"
        }
        Kind::TaxRate => "Name TaxType Status",
        Kind::Currency => "Code Description",
        Kind::Contact => {
            "ContactID ContactNumber ContactStatus Name EmailAddress AccountNumber UpdatedDateUTC"
        }
        Kind::Item => "ItemID Code Name UpdatedDateUTC",
        Kind::TrackingCategory => "TrackingCategoryID Name Status",
        Kind::Invoice => {
            "InvoiceID InvoiceNumber Type Status Contact Reference Date DueDate AmountDue \
             AmountPaid Total CurrencyCode UpdatedDateUTC"
        }
        Kind::CreditNote => {
            "CreditNoteID CreditNoteNumber Type Status Contact Reference Date RemainingCredit \
             Total CurrencyCode UpdatedDateUTC"
        }
        Kind::Payment => {
            "PaymentID PaymentType Status Date Amount Reference Invoice CreditNote Account \
             IsReconciled UpdatedDateUTC"
        }
        Kind::BankTransaction => {
            "BankTransactionID Type Status Date Reference Contact BankAccount Total IsReconciled \
             UpdatedDateUTC"
        }
        Kind::BankTransfer => {
            "BankTransferID Date Amount Reference FromBankAccount ToBankAccount Status \
             CreatedDateUTC"
        }
        Kind::ManualJournal => "ManualJournalID Narration Date Status UpdatedDateUTC",
        Kind::PurchaseOrder => {
            "PurchaseOrderID PurchaseOrderNumber Status Date DeliveryDate Reference Contact Total \
             UpdatedDateUTC"
        }
    }
}

impl Condition {
    /// Reads a condition on a kind.
    pub(super) fn parse(text: &str, kind: Kind) -> Checked<Self> {
        let mut reader = Reader { tokens: tokens(text)?, place: 0, kind, depth: 0 };
        let condition = reader.any()?;
        match reader.tokens.get(reader.place) {
            None => Ok(condition),
            Some(rest) => Err(broken(&format!("{rest:?} was not expected"))),
        }
    }

    /// Whether an entity, as it is shown, meets it.
    pub(super) fn holds(&self, shown: &Object) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(shown)),
            Self::Any(any) => any.iter().any(|one| one.holds(shown)),
            Self::Compare(left, comparison, right) => {
                comparison.holds(&left.value(shown), &right.value(shown))
            }
            Self::Call(path, method, wanted) => match value_at(shown, path) {
                Operand::Text(text) => match method {
                    Method::Contains => text.contains(wanted.as_str()),
                    Method::StartsWith => text.starts_with(wanted.as_str()),
                    Method::EndsWith => text.ends_with(wanted.as_str()),
                },
                _ => false,
            },
        }
    }
}

impl Comparison {
    fn holds(self, left: &Operand, right: &Operand) -> bool {
        let order = match (left, right) {
            (Operand::Text(left), Operand::Text(right)) if fields::is_identifier(right) => {
                Some(left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase()))
            }
            (Operand::Text(left), Operand::Text(right)) => Some(left.cmp(right)),
            (Operand::Number(left), Operand::Number(right)) => Some(left.cmp(right)),
            (Operand::Flag(left), Operand::Flag(right)) => Some(left.cmp(right)),
            (Operand::Instant(left), Operand::Instant(right)) => Some(left.cmp(right)),
            (Operand::Nothing, Operand::Nothing) => Some(Ordering::Equal),
            _ => None,
        };
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

impl Operand {
    fn value(&self, shown: &Object) -> Self {
        match self {
            Self::Path(path) => value_at(shown, path),
            other => other.clone(),
        }
    }
}

/// A property of an entity, as conditions and orders see it.
pub(super) fn value_at(shown: &Object, path: &[String]) -> Operand {
    let mut names = path.iter();
    let mut found = names.next().and_then(|name| shown.get(name));
    for name in names {
        found = found.and_then(|value| value.get(name));
    }
    match found {
        Some(Value::String(text)) => match fields::instant_of(text) {
            Some(at) => Operand::Instant(at),
            None => Operand::Text(text.clone()),
        },
        Some(Value::Number(number)) => {
            fields::parse_decimal(number.as_str()).map_or(Operand::Nothing, Operand::Number)
        }
        Some(Value::Bool(flag)) => Operand::Flag(*flag),
        _ => Operand::Nothing,
    }
}

/// How two properties are ordered; what is absent comes first.
pub(super) fn order(left: &Operand, right: &Operand) -> Ordering {
    if Comparison::Less.holds(left, right) {
        return Ordering::Less;
    }
    if Comparison::Greater.holds(left, right) {
        return Ordering::Greater;
    }
    (*left != Operand::Nothing).cmp(&(*right != Operand::Nothing))
}

/// The path of a property, where conditions and orders on a kind may name it.
pub(super) fn path(text: &str, kind: Kind) -> Checked<Vec<String>> {
    let path: Vec<String> = text.split('.').map(str::to_owned).collect();
    let first = path.first().map_or("", String::as_str);
    if known(kind).split(' ').any(|name| name == first) {
        return Ok(path);
    }
    Err(broken(&format!("No property or field '{first}' exists in type '{}'", kind.name())))
}

fn broken(why: &str) -> Refusal {
    Refusal::Query(why.to_owned())
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(Decimal),
    Symbol(&'static str),
}

const SYMBOLS: &[&str] = &["==", "!=", "<=", ">=", "&&", "||", "<", ">", "=", "(", ")", ","];

fn tokens(text: &str) -> Checked<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let inner = rest.get(1..).unwrap_or("");
            let end = inner.find('"').ok_or_else(|| broken("Unterminated string literal"))?;
            tokens.push(Token::Text(inner.get(..end).unwrap_or("").to_owned()));
            end + 2
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            tokens.push(Token::Symbol(symbol));
            symbol.len()
        } else {
            let is_word = |it: char| it.is_alphanumeric() || it == '.' || it == '_' || it == '-';
            let end = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or("");
            if word.is_empty() {
                return Err(broken(&format!("Syntax error at '{first}'")));
            }
            let is_number = word.starts_with(|it: char| it.is_ascii_digit() || it == '-');
            let number = fields::parse_decimal(word).filter(|_| is_number);
            tokens.push(number.map_or_else(|| Token::Word(word.to_owned()), Token::Number));
            end
        };
        rest = rest.get(length..).unwrap_or("").trim_start();
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    place: usize,
    kind: Kind,
    depth: usize,
}

impl Reader {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    /// Passes over a symbol or a word, where it comes next.
    fn takes(&mut self, symbol: &str, word: &str) -> bool {
        let found = match self.tokens.get(self.place) {
            Some(Token::Symbol(found)) => *found == symbol,
            Some(Token::Word(found)) => !word.is_empty() && found.eq_ignore_ascii_case(word),
            _ => false,
        };
        self.place += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Checked<()> {
        if self.takes(symbol, "") { Ok(()) } else { Err(broken(&format!("'{symbol}' expected"))) }
    }

    fn any(&mut self) -> Checked<Condition> {
        let mut any = vec![self.all()?];
        while self.takes("||", "OR") {
            any.push(self.all()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Condition::Any(any) })
    }

    fn all(&mut self) -> Checked<Condition> {
        let mut all = vec![self.one()?];
        while self.takes("&&", "AND") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn one(&mut self) -> Checked<Condition> {
        if self.takes("(", "") {
            self.depth += 1;
            if self.depth > DEPTH_MOST {
                return Err(broken("The expression is nested too deeply"));
            }
            let inner = self.any()?;
            self.depth -= 1;
            self.expect(")")?;
            return Ok(inner);
        }
        if let Some(call) = self.call()? {
            return Ok(call);
        }
        let left = self.operand()?;
        let comparison = match self.next() {
            Some(Token::Symbol("==" | "=")) => Comparison::Equal,
            Some(Token::Symbol("!=")) => Comparison::NotEqual,
            Some(Token::Symbol("<")) => Comparison::Less,
            Some(Token::Symbol("<=")) => Comparison::LessOrEqual,
            Some(Token::Symbol(">")) => Comparison::Greater,
            Some(Token::Symbol(">=")) => Comparison::GreaterOrEqual,
            _ => return Err(broken("Operator expected")),
        };
        Ok(Condition::Compare(left, comparison, self.operand()?))
    }

    /// A call of a method of a text, where one comes next.
    fn call(&mut self) -> Checked<Option<Condition>> {
        let Some(Token::Word(word)) = self.tokens.get(self.place) else { return Ok(None) };
        let methods = [
            (".Contains", Method::Contains),
            (".StartsWith", Method::StartsWith),
            (".EndsWith", Method::EndsWith),
        ];
        let found = methods.iter().find_map(|(name, it)| Some((word.strip_suffix(name)?, *it)));
        let Some((property, method)) = found else { return Ok(None) };
        let path = path(property, self.kind)?;
        self.place += 1;
        self.expect("(")?;
        let Some(Token::Text(wanted)) = self.next() else {
            return Err(broken("String literal expected"));
        };
        self.expect(")")?;
        Ok(Some(Condition::Call(path, method, wanted)))
    }

    fn operand(&mut self) -> Checked<Operand> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Operand::Text(text)),
            Some(Token::Number(number)) => Ok(Operand::Number(number)),
            Some(Token::Word(word)) => match word.as_str() {
                "true" | "True" => Ok(Operand::Flag(true)),
                "false" | "False" => Ok(Operand::Flag(false)),
                "null" => Ok(Operand::Nothing),
                "DateTime" => self.date_time(),
                "Guid" => self.guid(),
                other => Ok(Operand::Path(path(other, self.kind)?)),
            },
            _ => Err(broken("Expression expected")),
        }
    }

    fn guid(&mut self) -> Checked<Operand> {
        self.expect("(")?;
        let Some(Token::Text(id)) = self.next() else {
            return Err(broken("String literal expected"));
        };
        self.expect(")")?;
        if fields::is_identifier(&id) { Ok(Operand::Text(id)) } else { Err(broken("Not a Guid")) }
    }

    fn date_time(&mut self) -> Checked<Operand> {
        self.expect("(")?;
        let mut numbers = Vec::new();
        loop {
            let Some(Token::Number(number)) = self.next() else {
                return Err(broken("Number expected"));
            };
            numbers.push(number);
            if !self.takes(",", "") {
                break;
            }
        }
        self.expect(")")?;
        let invalid = || broken("Not a DateTime");
        let part = |place: usize| numbers.get(place).copied().unwrap_or_default();
        let small = |place: usize| i8::try_from(part(place)).map_err(|_| invalid());
        let year = i16::try_from(part(0)).map_err(|_| invalid())?;
        let day = Date::new(year, small(1)?, small(2)?).map_err(|_| invalid())?;
        let at = day.at(small(3)?.clamp(0, 23), small(4)?.clamp(0, 59), small(5)?.clamp(0, 59), 0);
        let at = at.to_zoned(TimeZone::UTC).map_err(|_| invalid())?;
        Ok(Operand::Instant(at.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(text: &str) -> bool {
        let shown = json!({
            "Reference": "saldo:1", "Date": "/Date(1793836800000+0000)/", "Total": 12.50,
            "Status": "AUTHORISED", "IsReconciled": false,
            "BankAccount": { "AccountID": "7e5e243b-9fcd-4aef-8e3a-c70be1e39bfa" },
        });
        let condition = Condition::parse(text, Kind::BankTransaction).unwrap();
        condition.holds(shown.as_object().unwrap())
    }

    #[test]
    fn comparisons_are_read_and_joined() {
        let cases = [
            (r#"Reference=="saldo:1""#, true),
            (r#"Reference=="SALDO:1""#, false),
            (r#"Reference!="saldo:2" AND Total>=12.5"#, true),
            (r#"Total > 12.5 || Status == "AUTHORISED""#, true),
            (r#"(Total>12.5 OR Total<12) && Status=="AUTHORISED""#, false),
            ("Date>=DateTime(2026,11,05)", true),
            ("Date > DateTime(2026, 11, 5)", false),
            ("Date<DateTime(2026,11,05,12,00,00)", true),
            (r#"BankAccount.AccountID==Guid("7E5E243B-9FCD-4AEF-8E3A-C70BE1E39BFA")"#, true),
            (r#"Reference.StartsWith("saldo:") AND Reference.Contains("do:")"#, true),
            (r#"Reference.EndsWith("2")"#, false),
            ("Contact.Name==null", true),
            ("IsReconciled==false", true),
        ];
        for (text, expected) in cases {
            assert_eq!(holds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in [
            "Refrence==\"x\"",
            "Reference==",
            "Reference \"x\"",
            "Reference==\"x",
            "(Total>1",
            "Date>DateTime(2026,13,1)",
            "Total>1 Total<2",
            "#",
        ] {
            let read = Condition::parse(text, Kind::BankTransaction);
            assert!(matches!(read, Err(Refusal::Query(_))), "{text}");
        }
        assert!(Condition::parse(&"(".repeat(1_000), Kind::Invoice).is_err());
    }
}
