//! Accounts of other currencies: the vendor's ledger holds what documents say, in both currencies,
//! to the cent.

use super::DAY;
use super::company::{Books, sums};
use super::documents::{settled, transfer};
use jiff::civil::Date;
use saldo_core::book::{Need, Outcome, Subject, Task};
use saldo_core::document::{Document, Header, Line};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Currency;
use std::collections::BTreeMap;

fn moved(account: &str, amount: &str, foreign: &str) -> Line {
    let account = Account::new(account, AccountKind::Clearing);
    let foreign = (!foreign.is_empty()).then(|| foreign.parse().unwrap());
    Line { foreign, ..settled(account, amount) }
}

/// A gateway that gains, pays a fee and pays out; each at a rate of its own, some of them odd.
fn documents() -> Vec<Document> {
    let over = |slot: &str, account: &str, amount: &str, foreign: &str, back: &str| {
        let lines = vec![moved(account, amount, foreign), moved("conversion", back, "")];
        transfer(slot, lines)
    };
    let both = vec![
        moved("clearing eur", "-52.25", "-47.50 EUR"),
        moved("bank eur", "52.25", "47.50 EUR"),
    ];
    vec![
        over("sale/1", "clearing eur", "110.00", "100.00 EUR", "-110.00"),
        over("fee/1", "clearing eur", "-5.51", "-5.00 EUR", "5.51"),
        over("sale/2", "clearing eur", "0.01", "0.01 EUR", "-0.01"),
        over("sale/3", "clearing jpy", "1234.56", "187654 JPY", "-1234.56"),
        over("sale/4", "clearing eur", "10944827.13", "9876543.21 EUR", "-10944827.13"),
        over("payout/1", "clearing eur", "-52.24", "-47.50 EUR", "52.24"),
        transfer("payout/2", both),
    ]
}

/// A company that keeps several currencies, the yen among those that are in use.
fn books() -> Books {
    let mut books = Books::new();
    books.use_currencies(&["Japanese Yen"]);
    books
}

#[test]
fn what_moves_in_other_currencies_is_held_to_the_cent_in_both() {
    let documents = documents();
    let mut books = books();
    for document in &documents {
        books.enter(document);
        let subject = books.subject(document);
        let outcome = books.look(&subject);
        assert!(matches!(outcome, Outcome::Found(_)), "{}: {outcome:?}", document.header().slot);
    }
    assert_eq!(books.ledger(), sums(&documents));
    assert_eq!(books.balances(DAY), sums(&documents), "the trial balance is in dollars");
    let mut held = BTreeMap::new();
    for line in documents.iter().flat_map(Document::lines) {
        let Some(foreign) = line.foreign else { continue };
        let code = foreign.currency().to_string();
        let sum = held.entry(line.account.name.to_string()).or_insert((code, 0));
        // The vendor counts hundredths of every currency.
        let decimals = u32::from(foreign.currency().exponent());
        sum.1 += foreign.minor() * 10_i64.pow(2 - decimals);
    }
    assert_eq!(books.foreign(), held);
}

#[test]
fn what_is_taken_back_leaves_nothing_in_either_currency() {
    let mut books = books();
    for document in &documents() {
        books.enter(document);
        let slot = format!("{}/back", document.header().slot);
        let back = document.reversal(DAY);
        let header = Header { slot, ..back.header().clone() };
        books.enter(&Document::new(header, back.lines().to_vec()).unwrap());
    }
    assert_eq!(books.ledger(), BTreeMap::new());
    assert!(books.foreign().values().all(|(_, minor)| *minor == 0), "{:?}", books.foreign());
}

#[test]
fn documents_in_other_currencies_are_listed_as_others_are() {
    let mut books = books();
    let document = documents().remove(0);
    let entered = books.enter(&document);
    let days: [Date; 2] = [DAY, DAY];
    let listed = books.listed(days[0], days[1]);
    let own = listed.iter().find(|it| it.remote == entered.remote).unwrap();
    assert_eq!(own.number, Some(books.key(&document).to_string()));
    assert_eq!(own.version, entered.version);
}

#[test]
fn an_account_is_made_in_its_currency_and_none_of_another_is_taken_for_it() {
    let mut books = books();
    books.prepare(&documents().remove(0));
    let [eur, gbp] = ["EUR", "GBP"].map(|code| Currency::parse(code).unwrap());
    let account = || Account::new("clearing eur", AccountKind::Clearing);
    let look = |books: &mut Books, need: Need| books.look(&Subject::Need(need));
    let own = Need::ForeignAccount { account: account(), currency: eur };
    assert!(matches!(look(&mut books, own), Outcome::Found(_)));
    let others =
        [Need::ForeignAccount { account: account(), currency: gbp }, Need::Account(account())];
    for other in others {
        let outcome = look(&mut books, other);
        let Outcome::FoundDifferent { difference, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(difference, "it is kept in another currency");
    }
}

#[test]
fn a_company_of_one_currency_says_so_and_offers_no_other() {
    let mut books = Books::new();
    let [Outcome::Settings(settings)] = &books.ask(&[Task::ReadSettings], "t")[..] else {
        panic!()
    };
    assert!(settings.one_currency);
    books.use_currencies(&[]);
    let [Outcome::Settings(settings)] = &books.ask(&[Task::ReadSettings], "t")[..] else {
        panic!()
    };
    assert!(!settings.one_currency);
}
