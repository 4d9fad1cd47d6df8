//! What the book writes when a document is entered, and what it refuses to enter.

use crate::documents::{document, key, sale, subject};
use crate::folder::Folder;
use saldo_books::plain_text::PlainText;
use saldo_core::book::{Book as _, Item, Need, Outcome, Subject, Task};
use saldo_core::document::{Document, DocumentKind, Header};
use saldo_core::exchange::{Answer, Ask, BlockFate, FileAnswer, FileAsk};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;

#[test]
fn an_entry_reads_as_a_bookkeeper_would_write_it() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann; \"the\" buyer, [x]"));
    let month = |suffix| folder.files[&format!("2026-08{suffix}")].as_str();
    let expected = r#"; 2026-08. Kept by Saldo: it adds what is missing and changes none of yours.

2026-08-03 * "Ann; \"the\" buyer, [x]" "Ann; \"the\" buyer, [x]"
  saldo: "KEY"
  kind: "sales-receipt"
  slot: "shop/Order/sales-receipt/Ann; \"the\" buyer, [x]"
  reference: "Ann; \"the\" buyer, [x]"
  Assets:Clearing:Shop      12.50 USD
    text: "Ann; \"the\" buyer, [x]"
    quantity: 2
  Income:Sales---28NY--29  -12.50 USD
    text: "Ann; \"the\" buyer, [x]"
    quantity: 2
"#;
    let number = key(&sale("Ann; \"the\" buyer, [x]"));
    assert_eq!(month(".beancount"), expected.replace("KEY", number.as_str()));
    let expected = r#"; 2026-08. Kept by Saldo: it adds what is missing and changes none of yours.
decimal-mark .

2026-08-03 * (KEY) Ann‚ "the" buyer, [x] | Ann‚ "the" buyer, [x]
    ; saldo:KEY, kind:sales-receipt
    ; slot:shop/Order/sales-receipt/Ann‚ "the" buyer‚ (x)
    ; reference:Ann‚ "the" buyer‚ (x)
    Assets:Clearing:Shop      12.50 USD  ; text:Ann‚ "the" buyer‚ (x), quantity:2
    Income:Sales---28NY--29  -12.50 USD  ; text:Ann‚ "the" buyer‚ (x), quantity:2
"#;
    assert_eq!(month(".journal"), expected.replace("KEY", number.as_str()));
}

#[test]
fn a_bill_says_when_it_is_due() {
    let lines = sale("Potter").lines().to_vec();
    let bill = document(DocumentKind::Bill, "2026-08-03".parse().unwrap(), lines, "Potter");
    let header = Header { due: "2026-09-02".parse().ok(), ..bill.header().clone() };
    let bill = Document::new(header, bill.lines().to_vec()).unwrap();
    let mut folder = Folder::default();
    folder.enter(&bill);
    for (suffix, words) in [
        (".beancount", "\n  reference: \"Potter\"\n  due: 2026-09-02\n  Assets"),
        (".journal", "\n    ; reference:Potter\n    ; due:2026-09-02\n    Assets"),
    ] {
        let month = &folder.files[&format!("2026-08{suffix}")];
        assert!(month.contains(words), "{month}");
    }
}

#[test]
fn entering_twice_changes_nothing() {
    let mut folder = Folder::default();
    let first = folder.enter(&sale("Ann"));
    let files = folder.files.clone();
    assert_eq!(folder.enter(&sale("Ann")), first);
    assert_eq!(folder.files, files);
}

#[test]
fn what_is_acknowledged_names_file_and_key() {
    let mut folder = Folder::default();
    let Outcome::Done(done) = folder.enter(&sale("Ann")) else { panic!("not done") };
    assert_eq!(done.remote.as_str(), format!("2026-08/{}", key(&sale("Ann"))));
    assert_eq!(done.total.map(Money::minor), Some(1_250));
}

#[test]
fn what_cannot_be_entered_is_refused_and_the_rest_goes_on() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann"));
    let lines = sale("Ann").lines().to_vec();
    let kind = DocumentKind::SalesReceipt;
    let old = document(kind, "1969-12-31".parse().unwrap(), lines.clone(), "old");
    let fresh = document(kind, "2026-09-01".parse().unwrap(), lines, "fresh");
    let item = Need::Item(Item::plain(None, Account::new("Sales (NY)", AccountKind::Income)));
    let subjects = [subject(&old), subject(&fresh), Subject::Need(item)];
    let outcomes = folder.run(&subjects.map(Task::Create));
    assert!(
        matches!(&outcomes[..], [Outcome::Refused(_), Outcome::Done(_), Outcome::Refused(_)]),
        "{outcomes:?}"
    );
}

#[test]
fn an_account_that_is_not_bound_stops_the_request() {
    let tasks = [Task::Create(subject(&sale("Ann")))];
    assert!(PlainText.ask(&tasks, "token", &Folder::default().context()).is_err());
}

#[test]
fn an_answer_of_another_shape_is_a_fault() {
    let folder = Folder::default();
    let needs = PlainText.needs(&subject(&sale("Ann")));
    let tasks: Vec<Task> =
        needs.into_iter().map(|need| Task::Create(Subject::Need(need))).collect();
    let answer = Answer::File(FileAnswer::Merged(vec![vec![BlockFate::Written]]));
    assert!(PlainText.hear(&tasks, &answer, &folder.context()).is_err());
}

#[test]
fn a_draft_is_flagged_as_pending_until_it_is_confirmed() {
    let mut folder = Folder::default();
    let document = sale("Ann");
    folder.enter(&document);
    let as_entered = folder.files.clone();
    folder.files.retain(|path, _| !path.starts_with("2026-08"));
    let Subject::Document { key, document, .. } = subject(&document) else { panic!() };
    let draft = Subject::Document {
        key,
        document: document.clone(),
        applies_to: None,
        voids: None,
        draft: true,
    };
    assert!(PlainText.holds_drafts(DocumentKind::SalesReceipt));
    assert!(matches!(folder.run(&[Task::Create(draft.clone())])[..], [Outcome::Done(_)]));
    for (path, text) in folder.files.iter().filter(|(path, _)| path.starts_with("2026-08")) {
        assert_eq!(*text, as_entered[path].replace("2026-08-03 * ", "2026-08-03 ! "), "{path}");
    }
    let confirmed = Subject::Confirmed { key, document };
    let look_up = |folder: &mut Folder, subject: &Subject| {
        folder.run(&[Task::look_up(subject.clone())]).remove(0)
    };
    assert!(matches!(look_up(&mut folder, &draft), Outcome::Found(_)));
    assert_eq!(look_up(&mut folder, &confirmed), Outcome::Absent);
    let context = folder.context();
    let asked = PlainText.ask(&[Task::Create(confirmed.clone())], "token", &context).unwrap();
    let Ask::File(FileAsk::Merge(merges)) = asked else { panic!("{asked:?}") };
    let confirms = merges.iter().filter(|merge| merge.confirms.contains(key.as_str()));
    let paths: Vec<&str> = confirms.map(|merge| merge.path.as_str()).collect();
    assert_eq!(paths, ["2026-08.beancount", "2026-08.journal"]);
    folder.files = as_entered;
    assert!(matches!(look_up(&mut folder, &confirmed), Outcome::Found(_)));
}
