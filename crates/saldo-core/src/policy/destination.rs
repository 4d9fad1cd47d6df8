//! By which country a sale is taxed, and what its taxes are then called.
//!
//! Shops give a tax the name that it has at home: `MwSt` is owed to Germany or to Austria,
//! whichever the goods go to. Told apart by country it is `AT MwSt`, in documents, books and
//! reports, and is mapped by that name.

use super::{Policy, Words};
use crate::commerce::Order;
use std::borrow::Cow;

impl Policy {
    /// The country whose tax a sale bears, where the policy tells taxes apart by it.
    #[must_use]
    pub fn taxed_in<'a>(&'a self, order: &'a Order) -> Option<&'a str> {
        self.destination(order).filter(|_| self.text.tax.by_country)
    }

    /// The country that a sale goes to: where the goods are sent to; else that of the place that
    /// sold them, which is at home unless the policy says otherwise; else that of the bill, as for
    /// what is not sent at all; else home.
    #[must_use]
    pub fn destination<'a>(&'a self, order: &'a Order) -> Option<&'a str> {
        let home = self.text.tax.home.as_deref();
        let (buyer, place) = (&order.buyer, order.location.as_deref());
        match (&buyer.ships_to, place) {
            (Some(country), _) => Some(country),
            (None, Some(place)) => self.country_of(place).or(home),
            (None, None) => buyer.country.as_deref().or(home),
        }
    }

    /// What a tax is called that the channel calls by this title, on a sale that bears the tax of a
    /// country: with the letters of the country before it, unless it begins with such letters.
    #[must_use]
    pub fn tax_name<'a>(&self, title: &'a str, country: Option<&str>) -> Cow<'a, str> {
        match country {
            Some(country) if !begins_with_country(title) => {
                Cow::Owned(format!("{} {title}", country.to_uppercase()))
            }
            _ => Cow::Borrowed(title),
        }
    }

    /// The country of a shop's location, by its id or the number in it.
    fn country_of(&self, place: &str) -> Option<&str> {
        let number = place.rsplit('/').next().unwrap_or_default();
        let places = &self.text.tax.locations;
        places.get(place).or_else(|| places.get(number)).map(String::as_str)
    }
}

/// `DE VAT` says itself whose it is.
fn begins_with_country(title: &str) -> bool {
    title.split_once(' ').is_some_and(|(first, _)| {
        first.len() == 2 && first.bytes().all(|letter| letter.is_ascii_uppercase())
    })
}

/// Whether a name of taxes fits a tax, as words of a condition do; here a `*` may stand within too.
pub(super) fn fits(word: &str, name: &str) -> bool {
    match word.split_once('*') {
        Some((head, tail)) if !head.is_empty() && !tail.is_empty() && !tail.contains('*') => {
            let (head, tail, name) =
                (head.to_lowercase(), tail.to_lowercase(), name.to_lowercase());
            name.len() >= head.len() + tail.len()
                && name.starts_with(&head)
                && name.ends_with(&tail)
        }
        _ => Words::is_like(word, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn policy(text: &str) -> Policy {
        let eur = Currency::parse("EUR").unwrap();
        Policy::new(1, text, eur, "UTC", "2026-01-01".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_tax_is_called_after_its_country_unless_its_title_is() {
        let policy = policy("tax.by-country = true");
        let cases = [
            ("MwSt", Some("AT"), "AT MwSt"),
            ("MwSt", Some("at"), "AT MwSt"),
            ("MwSt", None, "MwSt"),
            ("DE VAT", Some("AT"), "DE VAT"),
            ("VAT", Some("FR"), "FR VAT"),
        ];
        for (title, country, name) in cases {
            assert_eq!(policy.tax_name(title, country), name, "{title} {country:?}");
        }
    }

    #[test]
    fn a_tax_has_its_account_by_country_name_and_rate() {
        let policy = policy(
            "[tax.accounts]\n\"DE *\" = \"Germany\"\n\"DE * 7%\" = \"Germany, reduced\"\n\
             \"AT *\" = \"OSS Austria\"\n\"AT MwSt 0%\" = \"Nothing\"",
        );
        let cases = [
            ("DE MwSt", Some("19"), Some("Germany")),
            ("DE MwSt", Some("7.0"), Some("Germany, reduced")),
            ("DE MwSt", None, Some("Germany")),
            ("AT MwSt", Some("20"), Some("OSS Austria")),
            ("at mwst", Some("0"), Some("Nothing")),
            ("FR TVA", Some("20"), None),
        ];
        for (name, rate, account) in cases {
            let found = policy.tax_at(name, rate.map(|it| it.parse().unwrap()));
            assert_eq!(found.as_ref().map(|it| &*it.name), account, "{name} {rate:?}");
        }
    }

    #[test]
    fn a_star_within_a_name_stands_for_what_is_between() {
        let cases = [
            ("DE * 7%", "DE MwSt 7%", true),
            ("DE * 7%", "DE MwSt 17%", false),
            ("de*%", "DE 7%", true),
            ("DEE*EE", "DEEE", false),
            ("*VAT*", "DE VAT 7%", true),
        ];
        for (word, name, does) in cases {
            assert_eq!(fits(word, name), does, "{word} {name}");
        }
    }
}
