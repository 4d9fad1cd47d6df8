//! Documents on accounts of another currency, for books whose transactions have one currency and
//! one rate, and work out by themselves what amounts are worth.

use rust_decimal::{Decimal, RoundingStrategy};
use saldo_core::document::{Document, Line};
use saldo_core::ledger::{Account, AccountKind, Side};
use saldo_core::money::{Currency, Money};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A document that one transaction of another currency can hold.
#[derive(Clone, Debug)]
pub(crate) struct OneCurrency<'a> {
    /// The currency of all amounts.
    pub(crate) currency: Currency,
    /// What moves, account by account: those of the currency first.
    pub(crate) sums: Vec<Sum<'a>>,
}

/// What moves on an account in a document: debit positive.
#[derive(Clone, Debug)]
pub(crate) struct Sum<'a> {
    /// The account.
    pub(crate) account: &'a Account,
    /// How much, in the currency of the transaction.
    pub(crate) amount: Money,
    /// What that is worth in the books.
    pub(crate) worth: Money,
    /// Whether the account is kept in that currency; otherwise in the books'.
    pub(crate) is_foreign: bool,
    /// What it says to a reader.
    pub(crate) text: Cow<'a, str>,
}

/// What to do about a document that touches accounts of several currencies.
const APART: &str = "name an account over which money goes to other currencies, so that each has a \
                     document of its own: saldo map set currencies.conversion \
                     \"Currency conversion\"";

/// Whether a document touches an account of another currency.
pub(crate) fn is_foreign(document: &Document) -> bool {
    document.lines().iter().any(|line| line.foreign.is_some())
}

/// A document as one transaction in another currency. Besides the accounts of that currency it may
/// touch one of the books': a second one would share what the first is worth by the transaction's
/// rate, and not by what the document says.
///
/// # Errors
/// In words, why it is none.
pub(crate) fn one_currency(document: &Document) -> Result<OneCurrency<'_>, String> {
    let currencies: BTreeSet<Currency> =
        document.lines().iter().filter_map(|line| line.foreign).map(Money::currency).collect();
    let currency = match currencies.iter().copied().collect::<Vec<_>>()[..] {
        [currency] => currency,
        _ => {
            let named: Vec<String> = currencies.iter().map(ToString::to_string).collect();
            return Err(format!(
                "it touches accounts in {}, and a transaction has one currency besides the \
                 books': {APART}",
                named.join(" and ")
            ));
        }
    };
    let home = document.header().currency;
    let mut sums = Vec::new();
    for (account, lines) in by_account(document, true) {
        let amount = sum(currency, lines.iter().filter_map(|line| line.foreign))?;
        sums.push(sum_of(account, amount, &lines, home, true)?);
    }
    let rest = by_account(document, false);
    if let Some(account) = rest.keys().find(|account| !holds_money(account)) {
        return Err(format!(
            "`{}` is kept in {home}, and beside an account in {currency} it would be worked out \
             by a rate: {APART}",
            account.name
        ));
    }
    let moved = sum(currency, sums.iter().map(|it| it.amount))?;
    match rest.len() {
        0 => {}
        1 => {
            for (account, lines) in rest {
                sums.push(sum_of(account, moved.negated(), &lines, home, false)?);
            }
        }
        _ => {
            return Err(format!(
                "it touches {} accounts in {home} beside one in {currency}, and a transaction \
                 works out all of them by one rate: {APART}",
                rest.len()
            ));
        }
    }
    sums.retain(|it| !(it.amount.is_zero() && it.worth.is_zero()));
    sums.iter().try_for_each(check)?;
    match sum(currency, sums.iter().map(|it| it.amount))? {
        difference if !difference.is_zero() => {
            Err(format!("its amounts in {currency} differ by {difference}"))
        }
        _ if sums.is_empty() => Err("nothing is left of it that moves money".to_owned()),
        _ => Ok(OneCurrency { currency, sums }),
    }
}

/// Whether money goes over an account: what is earned, spent or owed has transactions of its own
/// in every book.
fn holds_money(account: &Account) -> bool {
    let owed = matches!(account.kind, AccountKind::Receivable | AccountKind::Payable);
    !owed && matches!(account.kind.side(), Side::Assets | Side::Liabilities | Side::Equity)
}

/// Lines by account: of those that are kept in another currency, or of the others.
fn by_account(document: &Document, foreign: bool) -> BTreeMap<&Account, Vec<&Line>> {
    let mut lines: BTreeMap<&Account, Vec<&Line>> = BTreeMap::new();
    for line in document.lines().iter().filter(|line| line.foreign.is_some() == foreign) {
        lines.entry(&line.account).or_default().push(line);
    }
    lines
}

fn sum_of<'a>(
    account: &'a Account,
    amount: Money,
    lines: &[&'a Line],
    home: Currency,
    is_foreign: bool,
) -> Result<Sum<'a>, String> {
    let worth = sum(home, lines.iter().map(|line| line.amount))?;
    let text = match lines {
        [only] => Cow::from(&only.text),
        _ => Cow::from(format!("{} ({} lines)", account.name, lines.len())),
    };
    Ok(Sum { account, amount, worth, is_foreign, text })
}

fn sum(currency: Currency, amounts: impl Iterator<Item = Money>) -> Result<Money, String> {
    Money::sum(currency, amounts).map_err(|error| error.to_string())
}

/// An amount and its worth must be of one direction, or no rate makes one of the other.
fn check(sum: &Sum<'_>) -> Result<(), String> {
    let Sum { account, amount, worth, .. } = sum;
    match amount.minor().signum() == worth.minor().signum() {
        true => Ok(()),
        false => Err(format!(
            "{amount} on `{}` stand at {worth}, and no rate makes the one of the other",
            account.name
        )),
    }
}

/// What an amount is worth at a rate of so much of the books' currency for one of its own, to the
/// nearest unit, halves away from nought. None where it is too large.
pub(crate) fn worth(amount: Money, rate: Decimal, home: Currency) -> Option<Money> {
    rounded(decimal(amount).checked_mul(rate)?, home)
}

fn rounded(worth: Decimal, home: Currency) -> Option<Money> {
    let nearest = RoundingStrategy::MidpointAwayFromZero;
    let worth = worth.round_dp_with_strategy(u32::from(home.exponent()), nearest);
    Money::parse(&worth.to_string(), home).ok()
}

/// What an amount is worth at a rate of so much of its own currency for one of the books', to the
/// nearest unit, halves away from nought. None where it is too large, or the rate is nought.
pub(crate) fn part(amount: Money, rate: Decimal, home: Currency) -> Option<Money> {
    rounded(decimal(amount).checked_div(rate)?, home)
}

impl OneCurrency<'_> {
    /// The rate with the fewest decimals at which each amount is worth what the document says: so
    /// much of the books' currency for one of the other.
    ///
    /// # Errors
    /// In words with the difference, where none with so many decimals does.
    pub(crate) fn rate(&self, home: Currency, places: u32) -> Result<Decimal, String> {
        let largest = self.largest()?;
        let exact = decimal(largest.worth.abs()).checked_div(decimal(largest.amount.abs()));
        shortest(&self.sums, exact, places, |amount, rate| worth(amount, rate, home))
    }

    /// The same as so much of the other currency for one of the books'.
    ///
    /// # Errors
    /// As [`rate`](Self::rate).
    pub(crate) fn rate_for_one(&self, home: Currency, places: u32) -> Result<Decimal, String> {
        let largest = self.largest()?;
        let exact = decimal(largest.amount.abs()).checked_div(decimal(largest.worth.abs()));
        shortest(&self.sums, exact, places, |amount, rate| part(amount, rate, home))
    }

    fn largest(&self) -> Result<&Sum<'_>, String> {
        let largest = self.sums.iter().max_by_key(|it| it.amount.minor().unsigned_abs());
        largest.ok_or_else(|| "nothing is left of it that moves money".to_owned())
    }
}

/// The shortest rate near the exact one at which each amount has its worth.
fn shortest(
    sums: &[Sum<'_>],
    exact: Option<Decimal>,
    places: u32,
    worth: impl Fn(Money, Decimal) -> Option<Money>,
) -> Result<Decimal, String> {
    let exact = exact.ok_or("its amounts are too large")?;
    let mut difference = String::new();
    for places in 0..=places {
        let rate = exact.round_dp(places);
        let differs = |sum: &&Sum<'_>| worth(sum.amount, rate) != Some(sum.worth);
        let Some(sum) = sums.iter().find(differs) else { return Ok(rate) };
        let found = worth(sum.amount, rate);
        difference = format!(
            "at a rate of {rate}, {} on `{}` would be worth {} there and not {}",
            sum.amount,
            sum.account.name,
            found.map_or("nothing".to_owned(), |it| it.to_string()),
            sum.worth
        );
    }
    Err(format!("{difference}: enter it by hand, or part it"))
}

fn decimal(amount: Money) -> Decimal {
    Decimal::new(amount.minor(), u32::from(amount.currency().exponent()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::document::{DocumentKind, Header, LineKind};

    fn header() -> Header {
        Header {
            slot: "slot".to_owned(),
            kind: DocumentKind::Transfer,
            date: "2026-11-23".parse().unwrap(),
            currency: Currency::parse("USD").unwrap(),
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: "1".to_owned(),
            memo: "Payout".to_owned(),
        }
    }

    /// A document of lines: account, amount in dollars, and in another currency.
    fn document(lines: &[(&str, &str, &str)]) -> Document {
        let line = |(account, amount, foreign): &(&str, &str, &str)| Line {
            kind: LineKind::Settlement,
            account: Account::new(account, AccountKind::Bank),
            dimensions: Default::default(),
            amount: format!("{amount} USD").parse().unwrap(),
            foreign: (!foreign.is_empty()).then(|| foreign.parse().unwrap()),
            quantity: None,
            taxes: Vec::new(),
            text: "Text".to_owned(),
            origin: String::new(),
        };
        Document::new(header(), lines.iter().map(line).collect()).unwrap()
    }

    fn rate(lines: &[(&str, &str, &str)], places: u32) -> Result<String, String> {
        let document = document(lines);
        let found = one_currency(&document)?.rate(document.header().currency, places)?;
        Ok(found.to_string())
    }

    #[test]
    fn the_shortest_rate_that_gives_every_amount_is_taken() {
        let euros = [("EUR", "104.50", "95.00 EUR"), ("Over", "-104.50", "")];
        assert_eq!(rate(&euros, 9).unwrap(), "1.1");
        let yen = [("JPY", "-104.50", "-15873 JPY"), ("Over", "104.50", "")];
        let found = rate(&yen, 9).unwrap();
        assert_eq!(found, "0.0065835");
        let both = [("A", "104.50", "95.00 EUR"), ("B", "-104.50", "-95.00 EUR")];
        assert_eq!(rate(&both, 9).unwrap(), "1.1");
    }

    #[test]
    fn what_no_rate_gives_to_the_cent_is_refused_with_the_difference() {
        let large = [("EUR", "10944827.13", "9876543.21 EUR"), ("Over", "-10944827.13", "")];
        assert!(rate(&large, 10).is_ok());
        let refused = rate(&large, 6).unwrap_err();
        assert!(refused.contains("and not 10944827.13 USD"), "{refused}");
        let two =
            [("A", "0.10", "0.10 EUR"), ("B", "0.30", "0.10 EUR"), ("C", "-0.40", "-0.20 EUR")];
        let refused = rate(&two, 10).unwrap_err();
        assert!(refused.contains("at a rate of 2, 0.10 EUR on `A`"), "{refused}");
        assert!(refused.contains("0.20 USD there and not 0.10 USD"), "{refused}");
    }

    #[test]
    fn a_rate_for_one_of_the_books_currency_gives_every_amount_too() {
        let rate = |lines: &[(&str, &str, &str)]| {
            let document = document(lines);
            let found = one_currency(&document)?.rate_for_one(document.header().currency, 6)?;
            Ok::<_, String>(found.to_string())
        };
        assert_eq!(
            rate(&[("EUR", "104.50", "95.00 EUR"), ("Over", "-104.50", "")]),
            Ok("0.9091".into())
        );
        assert_eq!(
            rate(&[("JPY", "-104.50", "-15873 JPY"), ("Over", "104.50", "")]),
            Ok("151.9".into())
        );
        let large = rate(&[("EUR", "10944827.13", "9876543.21 EUR"), ("Over", "-10944827.13", "")]);
        let refused = large.unwrap_err();
        assert!(refused.contains("and not 10944827.13 USD"), "{refused}");
    }

    #[test]
    fn a_transaction_has_one_other_currency_and_one_account_of_the_books() {
        let of = |lines: &[(&str, &str, &str)]| one_currency(&document(lines)).unwrap_err();
        let two = [("A", "1.00", "1.00 EUR"), ("B", "-1.00", "-0.80 GBP")];
        assert!(of(&two).contains("accounts in EUR and GBP"), "{}", of(&two));
        let several = [("A", "-1.00", "-0.90 EUR"), ("Bank", "0.95", ""), ("Exchange", "0.05", "")];
        assert!(of(&several).contains("currencies.conversion"), "{}", of(&several));
        let valued = [("A", "-1.00", "0.00 EUR"), ("Exchange", "1.00", "")];
        assert!(of(&valued).contains("no rate makes"), "{}", of(&valued));
    }
}
