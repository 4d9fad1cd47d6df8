//! The vendor's search syntax, as far as an accounting engine uses it.
//!
//! Terms stand side by side, or with `AND` between them, and all must hold. A term is
//! `field:value`, with `>`, `>=`, `<` or `<=` before the value, and quotes around it where it has
//! spaces or colons. Several values with commas between them are alternatives.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::cmp::Ordering;

/// How a value must compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// The field's name; empty where the query has bare words.
    pub(super) field: String,
    comparison: Comparison,
    value: String,
}

/// What an object has in a field.
pub(super) enum Facet {
    /// An instant.
    Time(Timestamp),
    /// A number.
    Id(u64),
    /// Words, without regard to case.
    Text(String),
    /// Nothing.
    Absent,
}

/// Reads a query into its terms.
pub(super) fn parse(query: &str) -> Vec<Term> {
    words(query)
        .iter()
        .filter(|word| !word.eq_ignore_ascii_case("and"))
        .map(|word| term(word))
        .collect()
}

/// Cuts at spaces outside quotes, and drops the quotes.
fn words(query: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in query.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            (' ' | '\t' | '\n', None) => all.push(std::mem::take(&mut word)),
            ('(' | ')', None) => {}
            _ => word.push(letter),
        }
    }
    all.push(word);
    all.retain(|word| !word.is_empty());
    all
}

fn term(word: &str) -> Term {
    let (field, rest) = word.split_once(':').unwrap_or(("", word));
    let comparisons = [
        (">=", Comparison::GreaterOrEqual),
        ("<=", Comparison::LessOrEqual),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
    ];
    let (comparison, value) = comparisons
        .iter()
        .find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?)))
        .unwrap_or((Comparison::Equal, rest));
    Term { field: field.to_owned(), comparison, value: value.to_owned() }
}

impl Term {
    /// Whether what an object has fulfils the condition. Dates without a time are the shop's own.
    pub(super) fn holds(&self, facet: &Facet, zone: &TimeZone) -> bool {
        self.value.split(',').any(|value| {
            let order = match facet {
                Facet::Absent => None,
                Facet::Time(at) => return self.holds_time(*at, value, zone),
                Facet::Id(id) => tail(value).parse::<u64>().ok().map(|wanted| id.cmp(&wanted)),
                Facet::Text(text) => Some(text.to_lowercase().cmp(&value.to_lowercase())),
            };
            order.is_some_and(|order| self.accepts(order))
        })
    }

    fn holds_time(&self, at: Timestamp, value: &str, zone: &TimeZone) -> bool {
        if let Ok(wanted) = value.parse::<Timestamp>() {
            return self.accepts(at.cmp(&wanted));
        }
        let Ok(day) = value.parse::<Date>() else { return false };
        self.accepts(at.to_zoned(zone.clone()).date().cmp(&day))
    }

    fn accepts(&self, order: Ordering) -> bool {
        match self.comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// The number at the end of a global id, or the text itself.
pub(super) fn tail(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(_, tail)| tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(query: &str, facet: &Facet) -> bool {
        parse(query).iter().all(|term| term.holds(facet, &TimeZone::UTC))
    }

    #[test]
    fn terms_compare_as_they_say() {
        let time = Facet::Time("2026-11-01T10:00:00Z".parse().unwrap());
        let cases = [
            ("updated_at:>='2026-11-01T10:00:00Z'", true),
            ("updated_at:>'2026-11-01T10:00:00Z'", false),
            ("updated_at:>=2026-11-01T09:59:59Z updated_at:<2026-11-01T10:00:00Z", false),
            ("updated_at:\"2026-11-01T11:00:00+01:00\"", true),
            ("updated_at:>=2026-11-01 AND updated_at:<2026-11-02", true),
            ("updated_at:<2026-11-01", false),
            ("updated_at:nonsense", false),
        ];
        for (query, expected) in cases {
            assert_eq!(holds(query, &time), expected, "{query}");
        }
        assert!(holds("id:7", &Facet::Id(7)));
        assert!(holds("id:gid://shopify/Order/7", &Facet::Id(7)));
        assert!(!holds("id:>7", &Facet::Id(7)));
        assert!(holds("financial_status:paid", &Facet::Text("PAID".to_owned())));
        assert!(holds("status:failed,paid", &Facet::Text("PAID".to_owned())));
        assert!(!holds("payout_date:>=2020-01-01", &Facet::Absent));
    }
}
