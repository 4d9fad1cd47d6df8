//! Accounts whose rows reach the books by files, as a bank's own rows do.
//!
//! An account is fed by documents or by files, never by both for the same money. Documents touch
//! the account of a feed nowhere: they touch another one in its place, through which the money
//! goes. The rows of a file stand on the account itself, and a person enters each as coming from
//! there. So every row has one document, and what money goes through is nil once all rows are
//! entered.

use super::{Policy, PolicyError, PolicyText, Role};
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, Money};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long the number of an account may be in a file of bank rows.
const NUMBER_MOST: usize = 22;
/// How long the number of a bank may be there.
const BANK_MOST: usize = 9;
/// How many digits the number may have under which programs know a bank.
const INSTITUTION_MOST: usize = 10;

/// How days stand in files that name no order of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayOrder {
    /// `2026-11-20`, which nobody takes for another day.
    #[default]
    YearFirst,
    /// `20/11/2026`.
    DayFirst,
    /// `11/20/2026`.
    MonthFirst,
}

/// An account whose rows reach the books by files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Feed {
    /// The account's number as files state it: at most 22 letters, digits and signs. Whoever takes
    /// files tells rows that he has from new ones by it, so that it must never change.
    pub number: String,
    /// The account that documents touch in its place; its name and `in transit` where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// The number of the bank, such as its routing number: at most nine letters and digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<String>,
    /// The number under which programs know the bank, for the one format that wants it. It belongs
    /// to somebody, so that there is no default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution: Option<String>,
    /// What stood on the account before its first row, debit positive. Formats that state a balance
    /// are not written before somebody said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Decimal>,
    /// How days stand in tables.
    #[serde(default)]
    pub dates: DayOrder,
}

/// What kind of statement rows of an account stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// Of a bank account.
    Bank,
    /// Of a credit card.
    Card,
}

impl Feed {
    /// The name of the account that documents touch in place of this one.
    #[must_use]
    pub fn through(&self, account: &str) -> String {
        self.through.clone().unwrap_or_else(|| format!("{account} in transit"))
    }

    /// What stood on the account before its first row, if the owner said it.
    #[must_use]
    pub fn opening(&self, currency: Currency) -> Option<Money> {
        Money::parse(&self.opening?.to_string(), currency).ok()
    }

    fn fault(&self, currency: Currency) -> Option<&'static str> {
        let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let fits = |text: &str, most: usize| (1..=most).contains(&text.len());
        if !fits(self.number.trim(), NUMBER_MOST) || !printable(&self.number) {
            return Some("its `number` has 1 to 22 letters, digits and signs, without accents");
        }
        if self.bank.as_deref().is_some_and(|bank| !fits(bank, BANK_MOST) || !plain(bank)) {
            return Some("its `bank` has 1 to 9 letters and digits");
        }
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let institution = self.institution.as_deref();
        if institution.is_some_and(|it| !fits(it, INSTITUTION_MOST) || !digits(it)) {
            return Some("its `institution` has 1 to 10 digits");
        }
        if self.opening.is_some() && self.opening(currency).is_none() {
            return Some("its `opening` is an amount of its currency");
        }
        None
    }
}

impl Policy {
    /// What kind of statement the rows of an account of a feed stand on; none where the account is
    /// no feed.
    #[must_use]
    pub fn statement_kind(&self, account: &str) -> Option<StatementKind> {
        let through = self.text.feeds.get(account)?.through(account);
        let kind = self.accounts().find(|it| *it.name == *through)?.kind;
        Some(match kind == Role::CreditCard.kind() {
            true => StatementKind::Card,
            false => StatementKind::Bank,
        })
    }

    /// The currency of an account of a feed: of a bank account that is kept in another one than the
    /// books, that one. None where it is kept in several.
    #[must_use]
    pub fn feed_currency(&self, account: &str) -> Option<Currency> {
        let banks = self.text.gateways.values().flat_map(|known| &known.banks);
        let own = banks.filter(|(_, name)| *name == account).map(|(currency, _)| *currency);
        let mut kept: BTreeSet<Currency> = own.collect();
        let first = kept.pop_first().unwrap_or(self.currency);
        kept.is_empty().then_some(first)
    }

    /// The bank accounts that are kept in other currencies than the books, and what documents touch
    /// in place of those that are fed by files.
    pub(crate) fn foreign_banks(&self) -> impl Iterator<Item = String> {
        let banks = self.text.gateways.values().flat_map(|known| known.banks.values());
        banks.flat_map(|name| {
            let landing = self.landing(Account::new(name, AccountKind::Bank));
            [name.clone(), landing.name.to_string()]
        })
    }

    /// The accounts that documents touch, on any day, in place of the account of this number.
    #[must_use]
    pub fn fed_through(&self, number: &str) -> BTreeSet<String> {
        let feeds = self.through_time().flat_map(|policy| &policy.text.feeds);
        let own = feeds.filter(|(_, feed)| feed.number == number);
        own.map(|(account, feed)| feed.through(account)).collect()
    }

    /// The account that documents touch where money is on this one.
    pub(super) fn landing(&self, account: Account) -> Account {
        match self.text.feeds.get(&*account.name) {
            Some(feed) => Account::new(feed.through(&account.name), account.kind),
            None => account,
        }
    }
}

/// The names of the accounts that documents touch in place of those of feeds.
pub(super) fn landings(text: &PolicyText) -> BTreeMap<&str, String> {
    text.feeds.iter().map(|(account, feed)| (account.as_str(), feed.through(account))).collect()
}

/// Feeds are of accounts that hold money in one currency, and money goes through an account that is
/// for nothing else.
pub(super) fn check(policy: &Policy) -> Result<(), PolicyError> {
    let text = &policy.text;
    let refused = |account: &str, why| Err(PolicyError::Feed { account: account.to_owned(), why });
    let named: Vec<Account> = policy.named_accounts().collect();
    let mut taken: BTreeSet<String> = named.iter().map(|it| it.name.to_string()).collect();
    let mut numbers = BTreeSet::new();
    for (account, feed) in &text.feeds {
        let holds_money = |it: &Account| {
            matches!(it.kind, AccountKind::Bank | AccountKind::Clearing)
                || it.kind == Role::CreditCard.kind() && policy.is_card(&it.name)
        };
        if !named.iter().any(|it| *it.name == **account && holds_money(it)) {
            return refused(account, "the policy names no bank, clearing or card account so");
        }
        let foreign = text.gateways.values().flat_map(|known| known.banks.values());
        let foreign = foreign.filter(|name| *name == account).count();
        let all = named.iter().filter(|it| *it.name == **account).count();
        let is_mixed = foreign > 0 && all > foreign;
        let Some(currency) = policy.feed_currency(account).filter(|_| !is_mixed) else {
            return refused(account, "it is kept in several currencies");
        };
        if let Some(why) = feed.fault(currency) {
            return refused(account, why);
        }
        if !taken.insert(feed.through(account)) {
            return refused(account, "what it goes `through` is an account of something else");
        }
        if !numbers.insert(&feed.number) {
            return refused(account, "another feed has its `number`");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::GatewayId;

    const SHOP: &str = "[gateways.shop]\naccount = \"Clearing: Shop\"\nbank = \"Balance\"\n";

    fn policy(text: &str) -> Result<Policy, PolicyError> {
        let usd = Currency::parse("USD").unwrap();
        Policy::new(1, &format!("{SHOP}{text}"), usd, "UTC", "2026-01-01".parse().unwrap())
    }

    #[test]
    fn documents_touch_another_account_in_place_of_the_one_that_is_fed() {
        let text = "[feeds.Balance]\nnumber = \"B-1\"\n[feeds.Bank]\nnumber = \"B-2\"\n\
                    through = \"On the way\"\n[feeds.\"Clearing: Shop\"]\nnumber = \"B-3\"";
        let policy = policy(text).unwrap();
        let shop = GatewayId::new("shop");
        let bank = policy.bank(&shop);
        assert_eq!((&*bank.name, bank.kind), ("Balance in transit", AccountKind::Bank));
        assert_eq!(&*policy.chart.account(Role::Bank).name, "On the way");
        let clearing = |code| policy.clearing(&shop, Currency::parse(code).unwrap()).unwrap();
        assert_eq!(&*clearing("USD").name, "Clearing: Shop in transit");
        assert_eq!(clearing("USD").kind, AccountKind::Clearing);
        // What is kept in another currency is another account, and no feed.
        assert_eq!(&*clearing("EUR").name, "Clearing: Shop EUR");
        let names: BTreeSet<String> = policy.accounts().map(|it| it.name.to_string()).collect();
        assert!(names.contains("On the way") && !names.contains("Bank"), "{names:?}");
        assert_eq!(policy.fed_through("B-2"), BTreeSet::from(["On the way".to_owned()]));
        assert_eq!(policy.statement_kind("Bank"), Some(StatementKind::Bank));
        assert_eq!(policy.statement_kind("Checking"), None);
    }

    #[test]
    fn an_account_of_another_currency_is_fed_in_it() {
        let text = "banks.EUR = \"Euros\"\n[feeds.Euros]\nnumber = \"1\"\nopening = \"5.00\"\n\
                    [feeds.Bank]\nnumber = \"2\"";
        let policy = policy(text).unwrap();
        let (usd, eur) = (Currency::parse("USD").unwrap(), Currency::parse("EUR").unwrap());
        assert_eq!(policy.feed_currency("Euros"), Some(eur));
        assert_eq!(policy.feed_currency("Bank"), Some(usd));
        let bank = policy.bank_in(&GatewayId::new("shop"), eur).unwrap();
        assert_eq!(&*bank.name, "Euros in transit");
        assert_eq!(policy.statement_kind("Euros"), Some(StatementKind::Bank));
        let banks: Vec<String> = policy.foreign_banks().collect();
        assert_eq!(banks, ["Euros", "Euros in transit"]);
    }

    #[test]
    fn a_card_has_a_statement_of_its_own_kind() {
        let policy = policy("card = \"Visa\"\n[feeds.Visa]\nnumber = \"4\"").unwrap();
        assert_eq!(policy.statement_kind("Visa"), Some(StatementKind::Card));
        assert_eq!(&*policy.card(&GatewayId::new("shop")).name, "Visa in transit");
    }

    #[test]
    fn a_feed_without_sense_is_refused() {
        let cases = [
            ("[feeds.Nowhere]\nnumber = \"1\"", "names no bank"),
            ("[feeds.\"Product sales\"]\nnumber = \"1\"", "names no bank"),
            ("[feeds.\"Tips payable\"]\nnumber = \"1\"", "names no bank"),
            ("[feeds.Bank]\nnumber = \"\"", "`number`"),
            ("[feeds.Bank]\nnumber = \"12345678901234567890123\"", "`number`"),
            ("[feeds.Bank]\nnumber = \"é\"", "`number`"),
            ("[feeds.Bank]\nnumber = \"1\"\nbank = \"1234567890\"", "`bank`"),
            ("[feeds.Bank]\nnumber = \"1\"\ninstitution = \"x\"", "`institution`"),
            ("[feeds.Bank]\nnumber = \"1\"\nopening = \"1.001\"", "`opening`"),
            ("[feeds.Bank]\nnumber = \"1\"\nthrough = \"Bank\"", "something else"),
            ("[feeds.Bank]\nnumber = \"1\"\nthrough = \"Balance\"", "something else"),
            ("[feeds.Bank]\nnumber = \"1\"\n[feeds.Balance]\nnumber = \"1\"", "another feed"),
            (
                "banks.EUR = \"Euros\"\nbanks.GBP = \"Euros\"\n[feeds.Euros]\nnumber = \"1\"",
                "several",
            ),
            ("banks.EUR = \"Balance\"\n[feeds.Balance]\nnumber = \"1\"", "several"),
            ("banks.JPY = \"Yen\"\n[feeds.Yen]\nnumber = \"1\"\nopening = \"1.50\"", "`opening`"),
        ];
        for (text, why) in cases {
            let refused = policy(text).unwrap_err().to_string();
            assert!(refused.contains(why), "{text}: {refused}");
        }
        let two = "[feeds.Bank]\nnumber = \"1\"\nthrough = \"X\"\n\
                   [feeds.Balance]\nnumber = \"2\"\nthrough = \"X\"";
        assert!(policy(two).is_err());
    }
}
