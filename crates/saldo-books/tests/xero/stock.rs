//! Stock that the organisation keeps: what leaves costs the average of what is there, nothing
//! leaves that is not there, and what was sold at once comes back by deleting the sale.

use crate::DAY;
use crate::documents::{gbp, in_stock, ordered, sold_from_stock};
use crate::organisation::Books;
use saldo_core::book::{Outcome, RefusalKind, Subject, Task, Voided};
use saldo_core::document::Document;
use saldo_core::money::Money;

const ACCOUNTS: [&str; 3] = ["goods in stock", "goods received", "cost of goods"];

fn held(books: &Books) -> [i64; 3] {
    let ledger = books.ledger();
    ACCOUNTS.map(|account| ledger.get(account).copied().unwrap_or(0))
}

#[test]
fn what_leaves_costs_the_average_of_what_is_there() {
    let mut books = Books::new();
    books.enter(&in_stock("in/1", 3, "30.00"));
    books.enter(&in_stock("in/2", 1, "14.00"));
    assert_eq!(held(&books), [4_400, -4_400, 0]);
    books.enter(&sold_from_stock("sold/1", 3, "100.00"));
    assert_eq!(held(&books), [1_100, -4_400, 3_300], "eleven each");
    assert_eq!(books.in_stock()["MUG"], "1");
}

#[test]
fn nothing_is_sold_that_is_not_there() {
    let mut books = Books::new();
    books.enter(&in_stock("in/1", 1, "10.00"));
    let sale = sold_from_stock("sold/1", 2, "60.00");
    books.prepare(&sale);
    let before = books.ledger();
    let outcome = books.ask(&[Task::Create(books.subject(&sale))], "sold").remove(0);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.kind, RefusalKind::NotSetUp, "it is tried again once goods came in");
    assert!(refusal.message.contains("quantity on hand (1) is not enough"), "{}", refusal.message);
    assert_eq!(books.ledger(), before);
}

#[test]
fn a_sale_that_goes_is_deleted_and_its_units_are_back() {
    let mut books = Books::new();
    books.enter(&in_stock("in/1", 5, "50.00"));
    let before = (books.ledger(), books.in_stock());
    let sale = sold_from_stock("sold/1", 2, "60.00");
    let entered = books.enter(&sale);
    let subject = taken_back(&books, &sale, entered.remote, entered.version.unwrap());
    assert_eq!(books.look(std::slice::from_ref(&subject)), [Outcome::Absent], "it stands");
    let outcome = books.ask(&[Task::Create(subject.clone())], "back").remove(0);
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!((books.ledger(), books.in_stock()), before);
    let found = books.look(&[subject]).remove(0);
    assert!(matches!(found, Outcome::Found(_)), "{found:?}");
    assert_eq!(sale.total().unwrap(), Money::parse("60.00", gbp()).unwrap());
    assert_eq!(books.listed(DAY, DAY).len(), 1, "of the two only the goods that came in");
}

#[test]
fn a_receipt_is_taken_back_once_as_much_is_on_hand() {
    let mut books = Books::new();
    let receipt = in_stock("in/1", 5, "50.00");
    books.enter(&receipt);
    books.enter(&sold_from_stock("sold/1", 3, "100.00"));
    let back = receipt.reversal(receipt.header().date);
    books.prepare(&back);
    let before = (books.ledger(), books.in_stock());
    let outcome = books.ask(&[Task::Create(books.subject(&back))], "back").remove(0);
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.kind, RefusalKind::NotSetUp, "it is tried again with each sync");
    assert!(refusal.hint.contains("sold since"), "{}", refusal.hint);
    assert_eq!((books.ledger(), books.in_stock()), before);
    books.enter(&in_stock("in/2", 3, "33.00"));
    let outcome = books.ask(&[Task::Create(books.subject(&back))], "back again").remove(0);
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(books.in_stock()["MUG"], "0");
}

#[test]
fn an_order_is_closed_whatever_came_in_and_moves_nothing() {
    let mut books = Books::new();
    let order = ordered("order/1", 5, "50.00");
    let entered = books.enter(&order);
    assert_eq!((books.ledger().len(), books.orders("AUTHORISED").len()), (0, 1));
    books.enter(&in_stock("in/1", 3, "30.00"));
    let subject = taken_back(&books, &order, entered.remote, entered.version.unwrap());
    assert_eq!(books.look(std::slice::from_ref(&subject)), [Outcome::Absent], "it is open");
    let outcome = books.ask(&[Task::Create(subject.clone())], "closed").remove(0);
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(books.orders("BILLED"), [books.key(&order).to_string()]);
    assert!(matches!(books.look(&[subject]).remove(0), Outcome::Found(_)), "an answer was lost");
    assert_eq!(books.listed(DAY, DAY).len(), 2, "it stays where it is seen");
}

fn taken_back(
    books: &Books,
    sale: &Document,
    remote: saldo_core::text::RemoteId,
    version: String,
) -> Subject {
    let key = books.key(sale);
    let voided = Voided { key, document: sale.clone(), remote, version };
    let document = Box::new(sale.voiding());
    let voids = Some(Box::new(voided));
    Subject::Document { key, document, applies_to: None, voids, draft: false }
}
