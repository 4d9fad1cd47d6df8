//! Accounts of other currencies: the vendor's ledger holds what documents say, in both currencies,
//! to the cent.

use super::company::{Books, sums};
use super::documents::{DAY, line, usd};
use saldo_core::book::{Book, Need, Outcome, Subject};
use saldo_core::document::{Document, DocumentKind, Header, Line, LineKind};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Currency;
use std::collections::BTreeMap;

fn settled(account: &str, amount: &str, foreign: &str) -> Line {
    let account = Account::new(account, AccountKind::Clearing);
    let foreign = (!foreign.is_empty()).then(|| foreign.parse().unwrap());
    Line { foreign, ..line(LineKind::Settlement, account, amount) }
}

fn transfer(slot: &str, lines: Vec<Line>) -> Document {
    let header = Header {
        slot: slot.to_owned(),
        kind: DocumentKind::Transfer,
        date: DAY,
        currency: usd(),
        party: None,
        applies_to: None,
        due: None,
        ships_to: None,
        reference: slot.to_owned(),
        memo: "Over conversion".to_owned(),
    };
    Document::new(header, lines).unwrap()
}

/// A gateway that gains, pays a fee and pays out; each at a rate of its own, some of them odd.
fn documents() -> Vec<Document> {
    let over = |slot: &str, account: &str, amount: &str, foreign: &str, back: &str| {
        let lines = vec![settled(account, amount, foreign), settled("conversion", back, "")];
        transfer(slot, lines)
    };
    let moved = vec![
        settled("clearing eur", "-52.25", "-47.50 EUR"),
        settled("bank eur", "52.25", "47.50 EUR"),
    ];
    vec![
        over("sale/1", "clearing eur", "110.00", "100.00 EUR", "-110.00"),
        over("fee/1", "clearing eur", "-5.51", "-5.00 EUR", "5.51"),
        over("sale/2", "clearing eur", "0.01", "0.01 EUR", "-0.01"),
        over("sale/3", "clearing jpy", "1234.56", "187654 JPY", "-1234.56"),
        over("sale/4", "clearing eur", "10944827.13", "9876543.21 EUR", "-10944827.13"),
        over("payout/1", "clearing eur", "-52.24", "-47.50 EUR", "52.24"),
        transfer("payout/2", moved),
    ]
}

fn books() -> Books {
    let mut books = Books::new();
    books.turn_on_currencies(&[("EUR", "1.09"), ("JPY", "0.0065")]);
    books
}

#[test]
fn what_moves_in_other_currencies_is_held_to_the_cent_in_both() {
    let documents = documents();
    let mut books = books();
    let before = books.ledger();
    for document in &documents {
        books.enter(document);
        let subject = books.subject(document);
        let outcome = books.look(&subject);
        assert!(matches!(outcome, Outcome::Found(_)), "{}: {outcome:?}", document.header().slot);
    }
    let mut moved = books.ledger();
    for (account, minor) in before {
        *moved.entry(account).or_default() -= minor;
    }
    moved.retain(|_, minor| *minor != 0);
    assert_eq!(moved, sums(&documents), "nothing went to exchange differences");
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
    let documents = documents();
    let before = books.ledger();
    for document in &documents {
        books.enter(document);
        let slot = format!("{}/back", document.header().slot);
        let back = document.reversal(DAY);
        let header = Header { slot, ..back.header().clone() };
        books.enter(&Document::new(header, back.lines().to_vec()).unwrap());
    }
    assert_eq!(books.ledger(), before);
    assert!(books.foreign().values().all(|(_, minor)| *minor == 0), "{:?}", books.foreign());
}

#[test]
fn an_account_is_made_in_its_currency_and_none_of_another_is_taken_for_it() {
    let mut books = books();
    let document = documents().remove(0);
    books.prepare(&document);
    let (eur, account) =
        (Currency::parse("EUR").unwrap(), Account::new("clearing eur", AccountKind::Clearing));
    let look = |books: &mut Books, currency| {
        let need = Need::ForeignAccount { account: account.clone(), currency };
        books.look(&Subject::Need(need))
    };
    assert!(matches!(look(&mut books, eur), Outcome::Found(_)));
    let outcome = look(&mut books, Currency::parse("GBP").unwrap());
    let Outcome::FoundDifferent { difference, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(difference, "it is kept in EUR, not in GBP");
    let need = Need::ForeignAccount { account, currency: eur };
    let needs = saldo_books::quickbooks_online::QuickBooksOnline.needs(&books.subject(&document));
    assert!(needs.contains(&need), "{needs:?}");
}
