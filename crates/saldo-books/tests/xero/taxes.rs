//! Tax of what is bought: it reaches the vendor's own tax report by rates of its own.

use super::DAY;
use super::documents::{self, claim, given_up, taxed_bill, taxed_fee};
use super::organisation::{BOOK, Books};
use saldo_core::book::{Book, Need, Outcome, Subject, Task};
use saldo_core::document::Document;

/// What the tax report holds of one type, before and after a document is entered.
fn reported(books: &mut Books, document: &Document, kind: &str) -> i64 {
    let of = |books: &Books| books.tax_by_type().get(kind).copied().unwrap_or(0);
    let before = of(books);
    books.enter(document);
    of(books) - before
}

#[test]
fn the_tax_of_what_is_bought_is_in_the_vendors_report_to_the_cent() {
    let mut books = Books::new();
    books.name_tax("Tax on fees", "INPUT2");
    // Xero would work out 0.67 of 3.33.
    assert_eq!(reported(&mut books, &taxed_fee(), "INPUT2"), 66);
    assert_eq!(reported(&mut books, &taxed_bill(), "INPUT2"), 1_000);
    assert_eq!(reported(&mut books, &taxed_bill().reversal(DAY), "INPUT2"), -1_000);
    assert_eq!(books.tax_by_type().get("OUTPUT2"), None, "nothing was sold");
    let sold = claim();
    assert_eq!(reported(&mut books, &sold, "OUTPUT2"), -sold_tax(&sold));
}

fn sold_tax(document: &Document) -> i64 {
    document.tax().unwrap().minor()
}

#[test]
fn a_claim_that_is_given_up_takes_its_tax_back_as_that_of_a_purchase() {
    let mut books = Books::new();
    assert_eq!(reported(&mut books, &given_up(), "INPUT2"), 800);
    assert_eq!(reported(&mut books, &given_up().reversal(DAY), "INPUT2"), -800);
    assert_eq!(books.tax_by_type().get("OUTPUT2"), None);
}

#[test]
fn which_rate_a_tax_of_purchases_is_its_owner_may_say() {
    let mut books = Books::new();
    books.name_tax("VAT on purchases 20%", "RRINPUT");
    assert_eq!(reported(&mut books, &taxed_bill(), "RRINPUT"), 1_000);
    let needs = BOOK.needs(&books.subject(&taxed_fee()));
    let tax = needs.into_iter().find(|need| matches!(need, Need::TaxRate(_))).unwrap();
    let [Outcome::Refused(refusal)] = &books.ask(&[Task::Create(Subject::Need(tax))], "tax")[..]
    else {
        panic!("nobody said which rate it is")
    };
    assert!(refusal.hint.contains("--tax \"Tax on fees=TYPE\""), "{}", refusal.hint);
    let refund =
        documents::of_every_kind().into_iter().flat_map(|it| BOOK.needs(&books.subject(&it)));
    let is_sold = |need: &Need| need.binding().starts_with("tax/VAT ");
    assert!(refund.filter(is_sold).all(|need| !need.binding().contains("purchases")));
}
