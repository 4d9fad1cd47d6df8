//! Amounts as banks write them.

use saldo_core::money::{Currency, Money};

/// An amount with a decimal point or a decimal comma, with or without marks between thousands, with
/// a sign before or after it or in brackets; none where it is none, or could be two.
pub(super) fn amount(text: &str, currency: Currency) -> Option<Money> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    let text = text.replace('\u{2212}', "-");
    let (text, in_brackets) = match text.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (text.as_str(), false),
    };
    let (text, is_negative) = match (text.strip_prefix('-'), text.strip_suffix('-')) {
        (Some(rest), _) | (None, Some(rest)) => (rest, true),
        (None, None) => (text.strip_prefix('+').unwrap_or(text), in_brackets),
    };
    let text = text.trim_matches(|c: char| matches!(c, '$' | '€' | '£'));
    let amount = Money::parse(&plain(text, currency)?, currency).ok()?;
    Some(if is_negative { amount.negated() } else { amount })
}

/// Digits with a decimal point at most.
fn plain(text: &str, currency: Currency) -> Option<String> {
    let is_mark = |c: char| matches!(c, '.' | ',');
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || is_mark(c)) {
        return None;
    }
    let marks: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| is_mark(*c)).collect();
    let Some(&(last, mark)) = marks.last() else { return Some(text.to_owned()) };
    let (before, after) = (text.get(..last)?, text.get(last + 1..)?);
    let is_repeated = marks.iter().filter(|(_, c)| *c == mark).count() > 1;
    let is_decimal = match marks.len() {
        1 if after.len() == 3 && usize::from(currency.exponent()) == 3 && mark == ',' => None,
        1 => Some(mark == '.' || after.len() != 3),
        _ => Some(!is_repeated),
    }?;
    match is_decimal {
        true => Some(format!("{}.{after}", ungrouped(before)?)),
        false => ungrouped(text),
    }
}

/// Digits without the marks between thousands, where these stand where they should.
fn ungrouped(text: &str) -> Option<String> {
    let mut groups = text.split(['.', ',']);
    let first = groups.next()?;
    let is_right = text.chars().all(|c| c.is_ascii_digit())
        || (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    is_right.then(|| text.chars().filter(char::is_ascii_digit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_one_way_or_not_at_all() {
        let cases = [
            ("USD", "1234.56", Some("1234.56")),
            ("USD", "-0,05", Some("-0.05")),
            ("USD", "1,234.56", Some("1234.56")),
            ("USD", "1.234,56", Some("1234.56")),
            ("USD", "1.234.567,8", Some("1234567.80")),
            ("USD", "1,234", Some("1234.00")),
            ("USD", "+5", Some("5.00")),
            ("USD", "(5.00)", Some("-5.00")),
            ("USD", "5.00-", Some("-5.00")),
            ("USD", "-$5.00", Some("-5.00")),
            ("USD", "$ 1 234,50", Some("1234.50")),
            ("USD", "\u{2212}5.10", Some("-5.10")),
            ("USD", "12.5000", Some("12.50")),
            ("USD", "1.234", None), // three decimals of a currency with two
            ("USD", "12,34.56", None),
            ("USD", "five", None),
            ("USD", "", None),
            ("USD", "-", None),
            ("JPY", "1,234", Some("1234")),
            ("KWD", "1.234", Some("1.234")),
            ("KWD", "1,234", None), // one dinar and some, or a thousand
        ];
        for (currency, text, wanted) in cases {
            let read = amount(text, Currency::parse(currency).unwrap());
            assert_eq!(read.map(Money::amount_text).as_deref(), wanted, "{currency} {text}");
        }
    }
}
