//! The book against a simulated company file that knows nothing of it: the ledger there is what the
//! documents here amount to, to the cent and account by account.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

mod company;
mod currencies;
mod documents;
mod listed;
mod refunds;
mod stock;

use company::{Books, sums};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use saldo_core::book::{Need, Outcome, RefusalKind, Subject, Task};
use saldo_core::document::{Document, DocumentKind, Party};
use saldo_core::exchange::{MessageAnswer, Permit};
use saldo_core::ledger::Side;
use saldo_sim::books::quickbooks_desktop::Settings;
use std::collections::BTreeSet;

const DAY: Date = date(2026, 11, 20);

#[test]
fn every_document_amounts_in_the_vendors_ledger_to_its_own_entry() {
    let documents = documents::of_every_kind();
    let mut books = Books::new();
    let before = books.ledger();
    for document in &documents {
        books.enter(document);
    }
    let mut moved = books.ledger();
    for (account, minor) in before {
        *moved.entry(account).or_default() -= minor;
    }
    moved.retain(|_, minor| *minor != 0);
    assert_eq!(moved, sums(&documents));
}

#[test]
fn every_document_is_found_as_it_was_entered() {
    let documents = documents::of_every_kind();
    let mut books = Books::new();
    for document in &documents {
        books.enter(document);
    }
    for document in &documents {
        let subject = books.subject(document);
        let outcome = books.look(&subject);
        assert!(matches!(outcome, Outcome::Found(_)), "{} {outcome:?}", document.header().slot);
    }
    let never = books.subject(&documents::sale_of("never", "1.00"));
    assert_eq!(books.look(&never), Outcome::Absent);
}

#[test]
fn lists_show_every_document_with_its_number_and_version() {
    let documents = documents::of_every_kind();
    let mut books = Books::new();
    let entered: Vec<_> = documents.iter().map(|document| books.enter(document)).collect();
    let listed = books.listed(DAY, DAY);
    for (document, acknowledgement) in documents.iter().zip(entered) {
        let slot = &document.header().slot;
        let held = listed.iter().find(|it| it.remote == acknowledgement.remote);
        let held = held.unwrap_or_else(|| panic!("{slot} is not listed"));
        assert_eq!(held.number, Some(books.key(document).to_string()), "{slot}");
        // A payment may change the invoice, bill or credit memo that it pays.
        let kind = document.header().kind;
        if !kind.takes_payments() && kind != DocumentKind::CreditMemo {
            assert_eq!(held.version, acknowledgement.version, "{slot}");
        }
    }
}

#[test]
fn the_trial_balance_is_the_ledger() {
    let mut books = Books::new();
    for document in &documents::of_every_kind() {
        books.enter(document);
    }
    assert_eq!(books.balances(DAY), books.ledger());
}

#[test]
fn profit_and_loss_is_what_income_and_expenses_moved_by() {
    let mut books = Books::new();
    let documents = documents::of_every_kind();
    for document in &documents {
        books.enter(document);
    }
    let is_result = |side: Side| matches!(side, Side::Income | Side::Expenses);
    let lines = documents.iter().flat_map(Document::lines);
    let names: BTreeSet<String> = lines
        .filter(|line| is_result(line.account.kind.side()))
        .map(|line| line.account.name.to_lowercase())
        .collect();
    let mut expected = sums(&documents);
    expected.retain(|name, _| names.contains(name));
    assert_eq!(books.result(DAY, DAY), expected);
    assert!(books.result(date(2026, 11, 1), date(2026, 11, 19)).is_empty());
}

#[test]
fn a_repeated_number_is_taken_twice_there_and_a_look_tells() {
    let mut books = Books::new();
    let claim = documents::claim();
    books.enter(&claim);
    let subject = books.subject(&claim);
    let again = books.ask(&[Task::Create(subject.clone())], "another token");
    assert!(matches!(again[..], [Outcome::Done(_)]), "{again:?}");
    let outcome = books.look(&subject);
    let Outcome::FoundDifferent { difference, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(difference, "it stands there 2 times");
}

#[test]
fn the_same_message_again_enters_nothing_twice() {
    let mut books = Books::new();
    let sale = documents::sale_of("again", "60.00");
    books.prepare(&sale);
    let tasks = [Task::Create(books.subject(&sale))];
    let first = books.ask(&tasks, "token-1");
    let entered = books.ledger();
    assert_eq!(books.ask(&tasks, "token-1"), first);
    assert_eq!(books.ledger(), entered);
}

#[test]
fn a_closed_day_is_told_before_and_after() {
    let mut books = Books::new();
    let sale = documents::sale_of("late", "60.00");
    books.prepare(&sale);
    books.settings_mut().closing_date = Some(DAY);
    let [Outcome::Settings(settings)] = &books.ask(&[Task::ReadSettings], "t")[..] else {
        panic!()
    };
    assert_eq!(settings.closed_until, Some(DAY));
    let tasks = [Task::Create(books.subject(&sale))];
    let [Outcome::Refused(refusal)] = &books.ask(&tasks, "token-1")[..] else { panic!() };
    assert_eq!(refusal.kind, RefusalKind::PeriodClosed, "{}", refusal.message);
}

#[test]
fn an_answer_that_was_lost_is_looked_for_and_found() {
    let mut books = Books::new();
    let sale = documents::sale_of("lost", "60.00");
    books.prepare(&sale);
    let subject = books.subject(&sale);
    let tasks = [Task::Create(subject.clone())];
    let (_, answer) = books.answer(&tasks, "token-1");
    let MessageAnswer::Whole(body) = answer else { panic!("{answer:?}") };
    let cut = MessageAnswer::Whole(body[..body.len() / 2].to_vec());
    let fault = books.hear(&tasks, cut).unwrap_err();
    assert_eq!(fault.permits, Permit::InDoubt, "{fault}");
    assert!(matches!(books.look(&subject), Outcome::Found(_)));
}

#[test]
fn what_stops_work_is_told() {
    let spoil: [fn(&mut Settings); 3] = [
        |settings| settings.charges_sales_tax = false,
        |settings| settings.versions.retain(|version| version != "13.0"),
        |settings| settings.country = "CA".to_owned(),
    ];
    for spoil in spoil {
        let mut books = Books::new();
        spoil(books.settings_mut());
        let (_, answer) = books.answer(&[Task::ReadSettings], "t");
        let fault = books.hear(&[Task::ReadSettings], answer).unwrap_err();
        assert_eq!(fault.permits, Permit::Never, "{fault}");
    }
}

#[test]
fn a_company_without_classes_says_so() {
    let mut books = Books::new();
    books.settings_mut().uses_classes = false;
    let outcome = books.ask(&[Task::ReadChart { page: None }], "t").remove(0);
    let Outcome::Chart(page) = outcome else { panic!("{outcome:?}") };
    assert!(page.settings.unwrap().switched_off.contains("class"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_held_amounts_to_its_entry_there(
        kind in 0_usize..9,
        lines in proptest::collection::vec((0_u8..10, -20_000_i64..20_000), 1..6),
        last in 3_u8..9,
    ) {
        let document = documents::of_any_shape("any", kind, &lines, last);
        let mut books = Books::new();
        if books.can_hold(&document) {
            books.enter(&document);
            prop_assert_eq!(books.ledger(), sums(std::slice::from_ref(&document)));
            let subject = books.subject(&document);
            prop_assert!(matches!(books.look(&subject), Outcome::Found(_)));
        }
    }
}

#[test]
fn lines_stand_in_their_class() {
    let mut books = Books::new();
    let sale = documents::classed("classed", "Web: wholesale");
    books.enter(&sale);
    let subject = books.subject(&sale);
    assert!(matches!(books.look(&subject), Outcome::Found(_)));
    let classes = books.classes();
    assert_eq!(classes, [("sales".to_owned(), "Web - wholesale".to_owned())]);
}

#[test]
fn names_that_are_taken_and_items_that_lead_elsewhere_are_left_alone() {
    let mut books = Books::new();
    // There are an employee and an item of these names, and the item's sales go elsewhere.
    let sale = documents::sale_to("Emily Platt", "MUG-RED");
    books.enter(&sale);
    assert_eq!(books.ledger(), sums(&[sale]));
}

#[test]
fn long_lists_come_whole_and_nothing_comes_twice() {
    let mut books = Books::new();
    let before = books.read_chart();
    let needs: Vec<Task> = (0..2_050)
        .map(|number| Party::Vendor { name: format!("Supplier {number}") })
        .map(|party| Task::Create(Subject::Need(Need::Party(party))))
        .collect();
    for (number, some) in needs.chunks(50).enumerate() {
        let made = books.ask(some, &format!("suppliers {number}"));
        assert!(made.iter().all(|outcome| matches!(outcome, Outcome::Done(_))));
    }
    let chart = books.read_chart();
    let remotes: BTreeSet<_> = chart.iter().map(|entry| &entry.remote).collect();
    assert_eq!((chart.len(), remotes.len()), (before.len() + 2_050, before.len() + 2_050));
}

#[test]
fn many_documents_of_several_days_come_whole() {
    let mut books = Books::new();
    let payout = |number: usize| {
        let day = date(2026, 11, i8::try_from(1 + number % 28).unwrap());
        documents::payout(&format!("payout/{number}"), day)
    };
    let payouts: Vec<Document> = (0..2_050).map(payout).collect();
    books.prepare(&payouts[0]);
    for (number, some) in payouts.chunks(50).enumerate() {
        let tasks: Vec<Task> = some.iter().map(|it| Task::Create(books.subject(it))).collect();
        let made = books.ask(&tasks, &format!("payouts {number}"));
        assert!(made.iter().all(|outcome| matches!(outcome, Outcome::Done(_))));
    }
    let listed = books.listed(date(2026, 11, 1), date(2026, 11, 30));
    let numbers: BTreeSet<_> = listed.into_iter().filter_map(|held| held.number).collect();
    let own: BTreeSet<_> = payouts.iter().map(|it| Some(books.key(it).to_string())).collect();
    assert_eq!(numbers.into_iter().map(Some).collect::<BTreeSet<_>>(), own);
}

#[test]
fn fifty_documents_are_one_message() {
    let mut books = Books::new();
    let sales: Vec<Document> =
        (0..50).map(|number| documents::sale_of(&format!("many/{number}"), "60.00")).collect();
    sales.iter().for_each(|sale| books.prepare(sale));
    let tasks: Vec<Task> = sales.iter().map(|sale| Task::Create(books.subject(sale))).collect();
    let outcomes = books.ask(&tasks, "token-1");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_))), "{outcomes:?}");
    let subjects: Vec<Subject> = sales.iter().map(|sale| books.subject(sale)).collect();
    let looked: Vec<Task> = subjects.into_iter().map(Task::look_up).collect();
    let found = books.ask(&looked, "look");
    assert!(found.iter().all(|outcome| matches!(outcome, Outcome::Found(_))), "{found:?}");
}

#[test]
fn the_book_is_in_the_table() {
    let book = saldo_books::book("quickbooks-desktop").unwrap();
    assert_eq!(book.description().title, "QuickBooks Desktop");
}

#[test]
fn what_is_paid_for_a_bill_that_takes_no_more_is_a_journal_entry() {
    let mut books = Books::new();
    let all = documents::of_every_kind();
    let is_payment = |it: &&Document| it.header().kind == DocumentKind::BillPayment;
    let payment = all.iter().find(is_payment).unwrap();
    books.prepare(payment);
    let Subject::Document { key, document, .. } = books.subject(payment) else { panic!() };
    let subject = Subject::Document { key, document, applies_to: None, voids: None, draft: false };
    let outcome = books.ask(&[Task::Create(subject.clone())], "t").remove(0);
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    assert_eq!(books.ledger(), sums(std::slice::from_ref(payment)));
    assert!(matches!(books.look(&subject), Outcome::Found(_)));
}

#[test]
fn payouts_become_deposits_or_transfers_and_are_found_as_either() {
    let mut books = Books::new();
    let [one, two] = ["payout/1", "payout/2"].map(|slot| documents::payout(slot, DAY));
    books.payouts_as("deposits");
    let first = books.enter(&one);
    books.payouts_as("transfers");
    let second = books.enter(&two);
    for word in ["deposits", "transfers"] {
        books.payouts_as(word);
        for document in [&one, &two] {
            let subject = books.subject(document);
            assert!(matches!(books.look(&subject), Outcome::Found(_)), "{word}");
        }
    }
    let shown = books.shown("Deposit");
    assert!(shown.contains(first.remote.as_str()) && !shown.contains(second.remote.as_str()));
    assert_eq!(books.ledger(), sums(&[one.clone(), two.clone()]));
    let listed: BTreeSet<_> =
        books.listed(DAY, DAY).into_iter().filter_map(|held| held.number).collect();
    let own = [one, two].map(|document| books.key(&document).to_string());
    assert!(own.iter().all(|number| listed.contains(number)), "{listed:?}");
}
