//! The text of a query: words, then sense.

use super::fault::Fault;

/// How many rows an answer has at most, where the query does not say.
const DEFAULT_ROWS: usize = 100;

/// How many rows a query may ask for.
const MOST_ROWS: usize = 1_000;

/// A query that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) selection: Selection,
    pub(super) entity: String,
    pub(super) conditions: Vec<Condition>,
    /// Properties, and whether the order goes down.
    pub(super) order: Vec<(String, bool)>,
    /// The first row, counted from one.
    pub(super) start: usize,
    pub(super) limit: usize,
}

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    All,
    Count,
    Properties(Vec<String>),
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) property: String,
    pub(super) comparison: Comparison,
    pub(super) values: Vec<String>,
}

/// How a property is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    Greater,
    AtMost,
    AtLeast,
    In,
    Like,
}

/// A word of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Sign(String),
}

/// Understands a query.
pub(super) fn parse(text: &str) -> Result<Query, Fault> {
    let mut reader = Reader { tokens: tokens(text)?, place: 0 };
    reader.keyword("select")?;
    let selection = reader.selection()?;
    reader.keyword("from")?;
    let entity = reader.word()?;
    let mut conditions = Vec::new();
    if reader.accept("where") {
        conditions.push(reader.condition()?);
        while reader.accept("and") {
            conditions.push(reader.condition()?);
        }
    }
    let order = reader.order()?;
    let (mut start, mut limit) = (1, DEFAULT_ROWS);
    loop {
        if reader.accept("startposition") {
            start = reader.count(usize::MAX)?;
        } else if reader.accept("maxresults") {
            limit = reader.count(MOST_ROWS)?;
        } else {
            break;
        }
    }
    match reader.peek() {
        None => Ok(Query { selection, entity, conditions, order, start, limit }),
        Some(_) => Err(reader.surprise()),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(&letter) = letters.get(place) {
        if letter.is_whitespace() || letter == ';' {
            place += 1;
        } else if letter == '\'' {
            let (text, next) = quoted(&letters, place + 1)?;
            tokens.push(Token::Text(text));
            place = next;
        } else if "<>".contains(letter) && letters.get(place + 1) == Some(&'=') {
            tokens.push(Token::Sign(format!("{letter}=")));
            place += 2;
        } else if "=<>(),*".contains(letter) {
            tokens.push(Token::Sign(letter.to_string()));
            place += 1;
        } else if is_word_letter(letter) {
            let rest = letters.iter().skip(place).take_while(|it| is_word_letter(**it));
            let word: String = rest.collect();
            place += word.chars().count();
            tokens.push(Token::Word(word));
        } else {
            return Err(Fault::query_syntax(&format!("Lexical error at \"{letter}\"")));
        }
    }
    Ok(tokens)
}

fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || "._-:+".contains(letter)
}

/// The text between quotes; a backslash makes a quote or a backslash part of it.
fn quoted(letters: &[char], start: usize) -> Result<(String, usize), Fault> {
    let mut text = String::new();
    let mut place = start;
    while let Some(&letter) = letters.get(place) {
        match (letter, letters.get(place + 1)) {
            ('\'', _) => return Ok((text, place + 1)),
            ('\\', Some(escaped @ ('\'' | '\\'))) => {
                text.push(*escaped);
                place += 2;
            }
            _ => {
                text.push(letter);
                place += 1;
            }
        }
    }
    Err(Fault::query_syntax("a text does not end"))
}

struct Reader {
    tokens: Vec<Token>,
    place: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    fn surprise(&self) -> Fault {
        let found = match self.peek() {
            None => "<EOF>".to_owned(),
            Some(Token::Word(text) | Token::Text(text) | Token::Sign(text)) => text.clone(),
        };
        Fault::query_syntax(&format!("Encountered \" {found} \" at word {}", self.place + 1))
    }

    fn accept(&mut self, keyword: &str) -> bool {
        let is_next =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if is_next {
            self.place += 1;
        }
        is_next
    }

    fn accept_sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Sign(text)) if text == sign);
        if is_next {
            self.place += 1;
        }
        is_next
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), Fault> {
        if self.accept(keyword) { Ok(()) } else { Err(self.surprise()) }
    }

    fn sign(&mut self, sign: &str) -> Result<(), Fault> {
        if self.accept_sign(sign) { Ok(()) } else { Err(self.surprise()) }
    }

    fn word(&mut self) -> Result<String, Fault> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.place += 1;
                Ok(word)
            }
            _ => Err(self.surprise()),
        }
    }

    fn selection(&mut self) -> Result<Selection, Fault> {
        if self.accept_sign("*") {
            return Ok(Selection::All);
        }
        if self.accept("count") {
            self.sign("(")?;
            self.sign("*")?;
            self.sign(")")?;
            return Ok(Selection::Count);
        }
        let mut names = vec![self.word()?];
        while self.accept_sign(",") {
            names.push(self.word()?);
        }
        Ok(Selection::Properties(names))
    }

    fn condition(&mut self) -> Result<Condition, Fault> {
        let property = self.word()?;
        let comparison = self.comparison()?;
        let mut values = Vec::new();
        if comparison == Comparison::In {
            self.sign("(")?;
            values.push(self.value()?);
            while self.accept_sign(",") {
                values.push(self.value()?);
            }
            self.sign(")")?;
        } else {
            values.push(self.value()?);
        }
        Ok(Condition { property, comparison, values })
    }

    fn comparison(&mut self) -> Result<Comparison, Fault> {
        if self.accept("in") {
            return Ok(Comparison::In);
        }
        if self.accept("like") {
            return Ok(Comparison::Like);
        }
        let comparison = match self.peek() {
            Some(Token::Sign(sign)) => match sign.as_str() {
                "=" => Comparison::Equal,
                "<" => Comparison::Less,
                ">" => Comparison::Greater,
                "<=" => Comparison::AtMost,
                ">=" => Comparison::AtLeast,
                _ => return Err(self.surprise()),
            },
            _ => return Err(self.surprise()),
        };
        self.place += 1;
        Ok(comparison)
    }

    fn value(&mut self) -> Result<String, Fault> {
        match self.peek() {
            Some(Token::Text(_)) => {}
            Some(Token::Word(word)) if is_bare_value(word) => {}
            _ => return Err(self.surprise()),
        }
        match self.take() {
            Some(Token::Text(text) | Token::Word(text)) => Ok(text),
            _ => Err(self.surprise()),
        }
    }

    fn order(&mut self) -> Result<Vec<(String, bool)>, Fault> {
        let mut order = Vec::new();
        let two_words = self.accept("order");
        if two_words {
            self.keyword("by")?;
        } else if !self.accept("orderby") {
            return Ok(order);
        }
        loop {
            let property = self.word()?;
            let descending = self.accept("desc");
            if !descending {
                self.accept("asc");
            }
            order.push((property, descending));
            if !self.accept_sign(",") {
                return Ok(order);
            }
        }
    }

    fn count(&mut self, most: usize) -> Result<usize, Fault> {
        let word = self.word()?;
        let count: usize =
            word.parse().map_err(|_| Fault::query_syntax(&format!("\"{word}\" is no number")))?;
        if count == 0 {
            let detail = "value 0 is too small. Min allowed value is 1";
            return Err(Fault::query_invalid(detail));
        }
        if count > most {
            let detail = format!("value {count} is too large. Max allowed value is {most}");
            return Err(Fault::query_invalid(&detail));
        }
        Ok(count)
    }
}

/// Numbers and truth values may stand without quotes.
fn is_bare_value(word: &str) -> bool {
    let number = word.strip_prefix('-').unwrap_or(word);
    let is_number = !number.is_empty() && number.chars().all(|it| it.is_ascii_digit() || it == '.');
    is_number || word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_query_is_understood() {
        let text = "SELECT Id, DocNumber FROM Invoice WHERE DocNumber IN ('a', 'b\\'c') AND \
                    TotalAmt >= 10.5 ORDERBY TxnDate DESC, Id STARTPOSITION 11 MAXRESULTS 10";
        let query = parse(text).unwrap();
        assert_eq!(query.selection, Selection::Properties(vec!["Id".into(), "DocNumber".into()]));
        assert_eq!(query.conditions[0].values, ["a", "b'c"]);
        assert_eq!(query.conditions[1].comparison, Comparison::AtLeast);
        assert_eq!(query.order, [("TxnDate".to_owned(), true), ("Id".to_owned(), false)]);
        assert_eq!((query.start, query.limit), (11, 10));
    }

    #[test]
    fn what_the_language_has_not_is_a_fault() {
        let cases = [
            ("", "4000"),
            ("select * Invoice", "4000"),
            ("select * from Invoice where a = 'x' or b = 'y'", "4000"),
            ("select * from Invoice where a = x", "4000"),
            ("select * from Invoice where a = 'x", "4000"),
            ("select * from Invoice where a != 'x'", "4000"),
            ("select * from Invoice, Item", "4000"),
            ("select * from Invoice group by a", "4000"),
            ("select * from Invoice maxresults x", "4000"),
            ("select * from Invoice maxresults 0", "4001"),
            ("select * from Invoice maxresults 1001", "4001"),
            ("select * from Invoice startposition 0", "4001"),
        ];
        for (text, code) in cases {
            assert_eq!(parse(text).map_err(|fault| fault.code), Err(code), "{text}");
        }
    }
}
