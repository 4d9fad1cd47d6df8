//! What the book finds in its files again: as it was written, edited, repeated, or of the owner's
//! own.

use crate::documents::{any_document, any_words, currency, key, sale, sale_in, subject};
use crate::folder::{Folder, edit};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use saldo_books::plain_text::{Held, PlainText, Reading, Syntax};
use saldo_core::book::{Book, Need, Outcome, Task};
use saldo_core::document::{Document, Header};
use saldo_core::exchange::{Ask, FileAsk};
use saldo_core::text::RemoteId;

#[test]
fn looking_up_tells_equal_from_different_and_absent() {
    let look_up = Task::look_up(subject(&sale("Ann")));
    let mut folder = Folder::default();
    folder.enter(&sale("Bob"));
    assert_eq!(folder.run(std::slice::from_ref(&look_up)), [Outcome::Absent]);
    let Outcome::Done(done) = folder.enter(&sale("Ann")) else { panic!("not done") };
    assert_eq!(folder.run(std::slice::from_ref(&look_up)), [Outcome::Found(done)]);
    edit(&mut folder, ".beancount", "-12.50", "-12.49");
    let outcomes = folder.run(&[look_up]);
    assert!(matches!(&outcomes[..], [Outcome::FoundDifferent { .. }]), "{outcomes:?}");
}

#[test]
fn a_document_is_there_only_if_both_syntaxes_have_it() {
    let days = ("2026-08-01".parse().unwrap(), "2026-08-31".parse().unwrap());
    let list = Task::ReadDocuments { from: days.0, until: days.1, page: None };
    let remotes = |folder: &mut Folder| {
        let outcomes = folder.run(std::slice::from_ref(&list));
        let [Outcome::Documents(page)] = &outcomes[..] else { panic!("{outcomes:?}") };
        page.documents.iter().map(|held| held.remote.to_string()).collect::<Vec<_>>()
    };
    let (ann, number) = (sale("Ann"), key(&sale("Ann")));
    let (one, other) = ("2026-08.beancount", "2026-08.journal");
    for (path, twin) in [(one, other), (other, one)] {
        let mut folder = Folder::default();
        let Outcome::Done(done) = folder.enter(&ann) else { panic!("not done") };
        assert_eq!(remotes(&mut folder), [format!("2026-08/{number}")]);
        // As a death between the two files leaves it: the same merge goes on.
        folder.files.insert(path.to_owned(), "; nothing\n".to_owned());
        assert_eq!(folder.run(&[Task::look_up(subject(&ann))]), [Outcome::Absent], "{path}");
        let [alone] = &remotes(&mut folder)[..] else { panic!("{path}") };
        assert!(
            alone.starts_with(&format!("{twin}:")),
            "by its line, not as the document: {alone}"
        );
        assert_eq!(folder.enter(&ann), Outcome::Done(done));
        assert_eq!(remotes(&mut folder), [format!("2026-08/{number}")]);
    }
}

#[test]
fn a_difference_names_the_file_and_the_total_that_stands_there() {
    for suffix in [".beancount", ".journal"] {
        let mut folder = Folder::default();
        folder.enter(&sale("Ann"));
        edit(&mut folder, suffix, "-12.50", "-9.00");
        edit(&mut folder, suffix, " 12.50", " 9.00");
        let outcomes = folder.run(&[Task::look_up(subject(&sale("Ann")))]);
        let [Outcome::FoundDifferent { acknowledgement, difference }] = &outcomes[..] else {
            panic!("{suffix}: {outcomes:?}")
        };
        assert!(difference.contains(&format!("`2026-08{suffix}`")), "{difference}");
        assert_eq!(acknowledgement.total, Some("9.00 USD".parse().unwrap()), "{suffix}");
    }
}

#[test]
fn a_listed_document_has_the_version_that_was_acknowledged_until_its_money_is_edited() {
    let listed = |folder: &mut Folder| {
        let day = "2026-08-03".parse().unwrap();
        let outcomes = folder.run(&[Task::ReadDocuments { from: day, until: day, page: None }]);
        let [Outcome::Documents(page)] = &outcomes[..] else { panic!("{outcomes:?}") };
        page.documents.iter().map(|held| held.version.clone()).collect::<Vec<_>>()
    };
    let cases = [
        (".beancount", "\"Ann\"", "\"Anna\"", true),
        (".journal", "Ann | Ann", "Anna ; seen:", true),
        (".beancount", "-12.50", "-12.49", false),
        (".journal", "-12.50", "-12.49", false),
        (".beancount", "Income:", "Expenses:", false),
        (".journal", "2026-08-03", "2026-08-04", false),
        (".beancount", "-12.50 USD", "-(12.50) USD", false),
    ];
    for (suffix, from, to, same) in cases {
        let mut folder = Folder::default();
        let Outcome::Done(done) = folder.enter(&sale("Ann")) else { panic!("not done") };
        assert!(done.version.is_some());
        assert_eq!(listed(&mut folder), std::slice::from_ref(&done.version));
        edit(&mut folder, suffix, from, to);
        let is_same = listed(&mut folder) == [done.version];
        assert_eq!(is_same, same, "{suffix} {from} {to}");
    }
}

#[test]
fn documents_are_read_from_the_files_of_their_months_alone() {
    let (sale, context) = (sale("Ann"), Folder::default().context());
    let days = |from: &str, until: &str| Task::ReadDocuments {
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
        page: None,
    };
    let ask = |task: Task| PlainText.ask(&[task], "", &context).unwrap();
    let paths = ["2026-08.beancount", "2026-08.journal"].map(str::to_owned).to_vec();
    let named = Ask::File(FileAsk::ReadNamed { paths });
    assert_eq!(ask(Task::look_up(subject(&sale))), named);
    let max = Date::MAX.to_string();
    let cases = [
        ("2026-08-03", "2026-08-31", "2026-08", Some("2026-08")),
        ("2026-12-31", "2027-02-01", "2026-12", Some("2027-02")),
        ("2027-03-01", &max, "2027-03", None),
    ];
    for (from, until, first, last) in cases {
        let suffixes = [".beancount", ".journal"].map(str::to_owned).to_vec();
        let (first, last) = (first.to_owned(), last.map(str::to_owned));
        let between = Ask::File(FileAsk::ReadBetween { suffixes, first, last });
        assert_eq!(ask(days(from, until)), between, "{from} to {until}");
    }
}

#[test]
fn a_document_is_looked_for_in_the_file_of_its_month_whatever_else_is_read() {
    let later = |sale: &Document| {
        let header =
            Header { date: date(2026, 9, 1), slot: "later".to_owned(), ..sale.header().clone() };
        Document::new(header, sale.lines().to_vec()).unwrap()
    };
    let (august, mut folder) = (sale("Ann"), Folder::default());
    let september = later(&august);
    for document in [&august, &september] {
        folder.enter(document);
    }
    for end in ["beancount", "journal"] {
        let file = folder.files.get_mut(&format!("2026-08.{end}")).unwrap();
        let moved = file.split("\n\n").nth(1).unwrap().trim_end().to_owned();
        *file = file.replace(&moved, "");
        folder.files.get_mut(&format!("2026-09.{end}")).unwrap().push_str(&format!("\n{moved}\n"));
    }
    let tasks = [&august, &september].map(|it| Task::look_up(subject(it)));
    let outcomes = folder.run(&tasks);
    assert!(matches!(&outcomes[..], [Outcome::Absent, Outcome::Found(_)]), "{outcomes:?}");
}

#[test]
fn a_copy_is_listed_where_its_file_belongs() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann"));
    let block = |file: &str| file.split("\n\n").nth(1).unwrap().trim_end().to_owned();
    let [ours, theirs] =
        ["beancount", "journal"].map(|end| block(&folder.files[&format!("2026-08.{end}")]));
    folder.files.insert("2025-01.beancount".to_owned(), ours.clone());
    folder.files.insert("2025-01.journal".to_owned(), theirs.clone());
    folder.files.insert("2027-02.journal".to_owned(), theirs.replace("2026-08-03", "2027-02-28"));
    folder.files.get_mut("accounts.beancount").unwrap().push_str(&format!("\n{ours}\n"));
    let number = key(&sale("Ann")).to_string();
    let mut listed = |from: Date, until: Date| {
        let outcomes = folder.run(&[Task::ReadDocuments { from, until, page: None }]);
        let [Outcome::Documents(page)] = &outcomes[..] else { panic!("{outcomes:?}") };
        assert!(page.documents.iter().all(|held| held.number.as_ref() == Some(&number)));
        page.documents.iter().map(|held| held.remote.to_string()).collect::<Vec<_>>()
    };
    let (first, last) = (date(2026, 8, 1), date(2026, 8, 31));
    assert_eq!(listed(Date::MIN, date(2026, 7, 31)), [format!("2025-01/{number}")]);
    assert_eq!(listed(first, last), [format!("2026-08/{number}")]);
    let after = listed(date(2026, 9, 1), Date::MAX);
    let line = folder.files["accounts.beancount"].lines().count() - ours.lines().count() + 1;
    assert_eq!(after, ["2027-02.journal:1".to_owned(), format!("accounts.beancount:{line}")]);
}

#[test]
fn a_repetition_is_listed_by_file_and_line() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann"));
    let file = folder.files.get_mut("2026-08.beancount").unwrap();
    let block = file.split("\n\n").nth(1).unwrap().trim_end().to_owned();
    file.push_str(&format!("\n{block}\n"));
    let day = "2026-08-03".parse().unwrap();
    let outcomes = folder.run(&[Task::ReadDocuments { from: day, until: day, page: None }]);
    let [Outcome::Documents(page)] = &outcomes[..] else { panic!("{outcomes:?}") };
    let number = key(&sale("Ann")).to_string();
    assert!(page.documents.iter().all(|held| held.number.as_ref() == Some(&number)));
    let remotes: Vec<&str> = page.documents.iter().map(|held| held.remote.as_str()).collect();
    assert_eq!(remotes, [format!("2026-08/{number}").as_str(), "2026-08.beancount:15"]);
}

#[test]
fn edited_money_is_reported_and_edited_text_is_not() {
    let cases = [
        (".beancount", "-12.50", "-12.49", true),
        (".beancount", "Income:", "Expenses:", true),
        (".beancount", "2026-08-03", "2026-08-04", true),
        (".beancount", "-12.50 USD", "-(12.50) USD", true),
        (".beancount", "2026-08-03 * ", "; 2026-08-03 * ", true),
        (".beancount", "  -12.50 USD", "", false),
        (".beancount", "2026-08-03 * \"Ann\"", "2026-08-03 ! \"Anna\" #seen", false),
        (".beancount", "quantity: 2", "note: \"two\"", false),
        (".journal", "-12.50", "-12.49", true),
        (".journal", "Assets:Clearing:Shop ", "Assets:Clearing:Bank ", true),
        (".journal", "Ann | Ann", "Anna ; seen:", false),
    ];
    for (suffix, from, to, is_reported) in cases {
        let mut folder = Folder::default();
        folder.enter(&sale("Ann"));
        edit(&mut folder, suffix, from, to);
        let edited = folder.files.clone();
        let outcome = folder.enter(&sale("Ann"));
        let reported = matches!(outcome, Outcome::FoundDifferent { .. });
        assert_eq!(reported, is_reported, "{suffix} {from} {to}: {outcome:?}");
        assert_eq!(folder.files, edited, "an edited entry was overwritten");
    }
}

#[test]
fn an_edited_dimension_is_reported_and_a_tag_of_the_owner_is_not() {
    let cases = [
        (".beancount", "class: \"Retail\"", "class: \"Web\"", true),
        (".beancount", "\n    location: \"Aarhus, C\"", "", true),
        (".journal", "class:Retail", "class:Web", true),
        (".journal", ", location:Aarhus\u{201a} C", "", true),
        (".beancount", "quantity: 2", "season: \"Spring\"", false),
        (".journal", "quantity:2", "season:Spring", false),
    ];
    let sold = sale_in("Retail", "Aarhus, C");
    let look_up = Task::look_up(subject(&sold));
    for (suffix, from, to, is_reported) in cases {
        let mut folder = Folder::default();
        let Outcome::Done(done) = folder.enter(&sold) else { panic!("not done") };
        assert_eq!(folder.run(std::slice::from_ref(&look_up)), [Outcome::Found(done)]);
        edit(&mut folder, suffix, from, to);
        let outcome = folder.run(std::slice::from_ref(&look_up));
        let reported = matches!(outcome[..], [Outcome::FoundDifferent { .. }]);
        assert_eq!(reported, is_reported, "{suffix} {from} {to}: {outcome:?}");
    }
}

#[test]
fn a_number_with_a_prefix_is_shown_and_found_by_its_key() {
    let sold = sale("Ann").with_prefix("S-");
    let mut folder = Folder::default();
    let Outcome::Done(done) = folder.enter(&sold) else { panic!("not done") };
    let number = format!("S-{}", key(&sold));
    let text = |path: &str| folder.files[path].clone();
    assert!(text("2026-08.beancount").contains(&format!("number: \"{number}\"")));
    assert!(text("2026-08.journal").contains(&format!("* ({number}) Ann")));
    // Whatever numbers begin with later.
    let found = folder.run(&[Task::look_up(subject(&sale("Ann")))]);
    assert_eq!(found, [Outcome::Found(done)]);
}

#[test]
fn entries_of_the_owner_are_listed_and_counted() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann"));
    let own = "\n2026-08-31 * \"Rounding\"\n  Assets:Clearing:Shop  -0.50 USD\n  Expenses:Own\n";
    folder.files.get_mut("2026-08.beancount").unwrap().push_str(own);
    let reading = Reading::of(&folder.files, Syntax::Beancount);
    assert_eq!(reading.own.iter().map(|entry| entry.line).collect::<Vec<_>>(), [15]);
    for (day, minor) in [("2026-08-02", 0), ("2026-08-30", 1_250), ("2026-08-31", 1_200)] {
        let outcomes = folder.run(&[Task::ReadBalances { as_of: day.parse().unwrap() }]);
        let [Outcome::Balances(balances)] = &outcomes[..] else { panic!("{outcomes:?}") };
        let clearing = &balances[&RemoteId::new("Assets:Clearing:Shop")];
        assert_eq!(clearing.of(currency("USD")).minor(), minor, "{day}");
    }
}

proptest! {
    #[test]
    fn a_dimension_is_found_again_whatever_its_value(class in any_words()) {
        let mut folder = Folder::default();
        let sold = sale_in(&class, "Aarhus");
        let outcome = folder.enter(&sold);
        prop_assert!(matches!(outcome, Outcome::Done(_)), "{:?}", outcome);
        let found = folder.run(&[Task::look_up(subject(&sold))]);
        prop_assert!(matches!(&found[..], [Outcome::Found(_)]), "{:?}", found);
    }

    #[test]
    fn what_is_written_is_read_back_equal(document in any_document()) {
        let mut folder = Folder::default();
        let outcome = folder.enter(&document);
        prop_assert!(matches!(outcome, Outcome::Done(_)), "{:?}", outcome);
        let context = folder.context();
        let expected: Vec<(String, Held)> = document
            .lines()
            .iter()
            .map(|line| {
                let remote = context.bindings.need(&Need::Account(line.account.clone())).unwrap();
                let moved = line.foreign.filter(|foreign| !foreign.is_zero());
                let worth = moved.map(|_| line.amount);
                let dimensions = line.dimensions.iter();
                let dimensions =
                    dimensions.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                (remote.as_str().to_owned(), Held { amount: line.held(), worth, dimensions })
            })
            .collect();
        for syntax in Syntax::ALL {
            let reading = Reading::of(&folder.files, syntax);
            prop_assert_eq!(reading.documents.len(), 1);
            prop_assert!(reading.own.is_empty());
            let entry = &reading.documents[&key(&document)];
            prop_assert_eq!(entry.date, document.header().date);
            prop_assert_eq!(entry.postings.as_ref(), Some(&expected));
        }
        let found = folder.run(&[Task::look_up(subject(&document))]);
        prop_assert!(matches!(&found[..], [Outcome::Found(_)]), "{:?}", found);
    }
}
