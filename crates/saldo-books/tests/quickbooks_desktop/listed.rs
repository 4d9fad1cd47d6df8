//! Ways of being paid and terms of payment in a company file that has some of them already.

use super::DAY;
use super::company::{Books, sums};
use super::documents::{bill, claim, due_by, sale_of, settled, transfer};
use jiff::ToSpan;
use saldo_core::book::{Listed, Need, Outcome, Subject};
use saldo_core::document::{Document, DocumentKind, Header, Line};
use saldo_core::ledger::{Account, AccountKind};
use saldo_sim::books::quickbooks_desktop::Kind;

/// A sale whose money an account took, as its line says.
fn paid(slot: &str, account: &str, kind: AccountKind, text: &str) -> Document {
    let sale = sale_of(slot, "12.00");
    let account = Account::new(account, kind);
    let lines = sale.lines().iter().map(|line| match line.amount.is_positive() {
        true => Line { text: text.to_owned(), ..settled(account.clone(), "12.00") },
        false => line.clone(),
    });
    Document::new(sale.header().clone(), lines.collect()).unwrap()
}

#[test]
fn a_way_of_being_paid_is_found_or_made_once_and_shown() {
    let mut books = Books::new();
    let before = books.how_many(Kind::PaymentMethod);
    let documents = [
        paid("cash", "Drawer", AccountKind::Cash, "CASH"),
        paid("one", "Clearing: PayPal", AccountKind::Clearing, "PayPal"),
        paid("two", "Clearing: PayPal", AccountKind::Clearing, "Clearing: PayPal (7 lines)"),
    ];
    for document in &documents {
        books.enter(document);
        let subject = books.subject(document);
        assert!(matches!(books.look(&subject), Outcome::Found(_)));
    }
    assert_eq!(books.how_many(Kind::PaymentMethod), before + 1, "cash was there");
    assert_eq!(books.ledger(), sums(&documents));
    let shown = books.shown("SalesReceipt");
    let of = |name: &str| format!("<FullName>{name}</FullName></PaymentMethodRef>");
    assert_eq!(shown.matches(&of("PayPal")).count(), 2, "{shown}");
    assert_eq!(shown.matches(&of("Cash")).count(), 1, "{shown}");
}

#[test]
fn terms_are_found_or_made_and_the_day_stays_what_was_said() {
    let mut books = Books::new();
    let before = books.how_many(Kind::StandardTerms);
    let due = |days: i64| DAY.checked_add(days.days()).unwrap();
    books.enter(&due_by(&claim(), due(30)));
    books.enter(&due_by(&bill(), due(45)));
    assert_eq!(books.how_many(Kind::StandardTerms), before + 1, "30 days were there");
    let (claims, bills) = (books.shown("Invoice"), books.shown("Bill"));
    assert!(claims.contains("<FullName>Net 30</FullName></TermsRef>"), "{claims}");
    assert!(bills.contains("<FullName>Net 45</FullName></TermsRef>"), "{bills}");
    assert!(bills.contains(&format!("<DueDate>{}</DueDate>", due(45))), "{bills}");
}

#[test]
fn what_has_the_name_and_cannot_be_used_is_left_as_it_is_and_another_is_made() {
    let mut books = Books::new();
    books.set_active(Kind::PaymentMethod, "VISA", false);
    books.set_active(Kind::StandardTerms, "Net 30", false);
    let before = (books.how_many(Kind::PaymentMethod), books.how_many(Kind::StandardTerms));
    let documents = [
        paid("one", "Clearing: Visa", AccountKind::Clearing, "Visa"),
        paid("two", "Clearing: Visa", AccountKind::Clearing, "Visa"),
        due_by(&claim(), DAY.checked_add(30.days()).unwrap()),
    ];
    for document in &documents {
        books.enter(document);
        let subject = books.subject(document);
        assert!(matches!(books.look(&subject), Outcome::Found(_)));
    }
    let after = (books.how_many(Kind::PaymentMethod), books.how_many(Kind::StandardTerms));
    assert_eq!(after, (before.0 + 1, before.1 + 1));
    let (sales, claims) = (books.shown("SalesReceipt"), books.shown("Invoice"));
    let of = "<FullName>Visa (Saldo)</FullName></PaymentMethodRef>";
    assert_eq!(sales.matches(of).count(), 2, "{sales}");
    assert!(claims.contains("<FullName>Net 30 (Saldo)</FullName></TermsRef>"), "{claims}");
    // A look for one that was in doubt finds ours, and says of none that it is there otherwise.
    let need = |name: &str| {
        let listed = Listed::PaymentMethod { name: name.to_owned(), cash: false };
        Subject::Need(Need::Listed(listed))
    };
    assert!(matches!(books.look(&need("Visa")), Outcome::Found(_)));
    books.set_active(Kind::PaymentMethod, "MasterCard", false);
    assert_eq!(books.look(&need("MasterCard")), Outcome::Absent);
    books.set_active(Kind::PaymentMethod, "Visa (Saldo)", false);
    let outcome = books.look(&need("Visa"));
    assert!(matches!(outcome, Outcome::FoundDifferent { .. }), "{outcome:?}");
}

#[test]
fn what_was_entered_before_it_said_how_it_was_paid_is_still_found() {
    let mut books = Books::new();
    let sale = sale_of("before", "60.00");
    books.prepare(&sale);
    let binding = "payment-method/Clearing: Shopify Payments";
    let known = books.forget(binding).expect("it was bound");
    books.enter_as_it_is(&sale);
    books.remember(binding, known);
    let subject = books.subject(&sale);
    assert!(matches!(books.look(&subject), Outcome::Found(_)));
}

#[test]
fn money_that_only_moves_names_no_way_of_being_paid() {
    let mut books = Books::new();
    let before = books.how_many(Kind::PaymentMethod);
    let (bank, drawer) = (AccountKind::Bank, AccountKind::Cash);
    let lines = vec![
        settled(Account::new("Bank", bank), "5.00"),
        settled(Account::new("Drawer", drawer), "-5.00"),
    ];
    let moved = transfer("moved", lines);
    assert_eq!(moved.header().kind, DocumentKind::Transfer);
    let header = Header { due: Some(DAY), ..moved.header().clone() };
    books.enter(&Document::new(header, moved.lines().to_vec()).unwrap());
    assert_eq!(books.how_many(Kind::PaymentMethod), before);
}
