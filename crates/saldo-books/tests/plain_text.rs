//! The plain-text book from outside: what it writes is read back equal, and the real programs
//! accept it.
//!
//! `bean-check` and `hledger` are looked for in the path; where one is missing, its test says so
//! and passes, except where `CI` is `true`.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

use jiff::civil::Date;
use proptest::prelude::*;
use saldo_books::plain_text::{PlainText, Reading, Syntax};
use saldo_core::book::{
    Bindings, Book, BookContext, ChartKind, Item, Need, Outcome, Subject, Task,
};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKey, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::exchange::{Addresses, Answer, Ask, BlockFate, FileAnswer, FileAsk, FileMerge};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::{Currency, Money};
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const KINDS: [DocumentKind; 8] = [
    DocumentKind::SalesReceipt,
    DocumentKind::Invoice,
    DocumentKind::Payment,
    DocumentKind::RefundReceipt,
    DocumentKind::CreditMemo,
    DocumentKind::Transfer,
    DocumentKind::Expense,
    DocumentKind::JournalEntry,
];

const ACCOUNT_KINDS: [AccountKind; 12] = [
    AccountKind::Bank,
    AccountKind::Clearing,
    AccountKind::Cash,
    AccountKind::Receivable,
    AccountKind::OtherCurrentAsset,
    AccountKind::OtherCurrentLiability,
    AccountKind::TaxLiability,
    AccountKind::Equity,
    AccountKind::Income,
    AccountKind::ContraIncome,
    AccountKind::OtherIncome,
    AccountKind::Expense,
];

/// Text that has hurt somebody before.
const HOSTILE: &str = concat!(
    "\"; saldo: \"AAAAAAAAAAA\" ; saldo:BBBBBBBBBBB, date:2020-99-99 [2020-99-99] | \\ \\\" ",
    "{1 USD} @ #tag ^link\n\n2020-01-01 open X\r\n\t🎉 é\u{2028}\0"
);

/// A folder of text files in memory, with the book in it.
#[derive(Default)]
struct Folder {
    files: BTreeMap<String, String>,
    bindings: Bindings,
}

impl Folder {
    fn context(&self) -> BookContext {
        BookContext {
            company: CompanyId::new("de\"mo"),
            connection: ConnectionId::new("plain-text"),
            now: jiff::Timestamp::UNIX_EPOCH,
            currency: currency("USD"),
            addresses: Addresses::default(),
            settings: BTreeMap::new(),
            bindings: self.bindings.clone(),
        }
    }

    /// Asks the book, answers for the folder, and lets the book hear.
    fn run(&mut self, tasks: &[Task]) -> Vec<Outcome> {
        let context = self.context();
        let ask = PlainText.ask(tasks, "token", &context).unwrap();
        let answer = match ask {
            Ask::File(FileAsk::Merge(merges)) => {
                let fates = merges.iter().map(|merge| self.merge(merge)).collect();
                FileAnswer::Merged(fates)
            }
            Ask::File(FileAsk::Read { suffixes }) => {
                let is_wanted = |path: &str| suffixes.iter().any(|end| path.ends_with(end));
                let wanted = self.files.iter().filter(|(path, _)| is_wanted(path));
                FileAnswer::Texts(wanted.map(|(path, text)| (path.clone(), text.clone())).collect())
            }
            Ask::Http(_) | Ask::Slice(_) => panic!("the book of files asked for something else"),
        };
        PlainText.hear(tasks, &Answer::File(answer), &context).unwrap()
    }

    fn merge(&mut self, merge: &FileMerge) -> Vec<BlockFate> {
        let opening = || format!("{}\n", merge.preamble);
        let file = self.files.entry(merge.path.clone()).or_insert_with(opening);
        let fate = |block: &saldo_core::exchange::Block| {
            let key = format!("{}{}{}", merge.syntax.key_opens, block.key, merge.syntax.key_closes);
            assert!(block.text.contains(&key), "{block:?}");
            assert!(block.text.lines().all(|line| !line.trim().is_empty()), "{block:?}");
            match file.split("\n\n").find(|found| found.contains(&key)).map(str::trim_end) {
                Some(found) if found == block.text => BlockFate::Present,
                Some(found) => BlockFate::Differs { found: found.to_owned() },
                None => {
                    file.push_str(&format!("\n{}\n", block.text));
                    BlockFate::Written
                }
            }
        };
        merge.blocks.iter().map(fate).collect()
    }

    /// Makes all that a document needs, and then the document.
    fn enter(&mut self, document: &Document) -> Outcome {
        let subject = subject(document);
        for need in PlainText.needs(&subject) {
            let binding = need.binding();
            let outcomes = self.run(&[Task::Create(Subject::Need(need))]);
            let [Outcome::Done(done)] = &outcomes[..] else { panic!("{outcomes:?}") };
            self.bindings.0.insert(binding, done.remote.clone());
        }
        self.run(&[Task::Create(subject)]).remove(0)
    }

    fn write_to(&self, folder: &Path) {
        for (path, text) in &self.files {
            std::fs::write(folder.join(path), text).unwrap();
        }
    }
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn key(document: &Document) -> DocumentKey {
    document.key(&CompanyId::new("demo"), 0)
}

fn subject(document: &Document) -> Subject {
    let document = document.clone();
    Subject::Document { key: key(&document), document: Box::new(document), applies_to: None }
}

fn line(name: &str, kind: AccountKind, amount: Money, text: &str) -> Line {
    Line {
        kind: LineKind::Other { taxed: false },
        account: Account::new(name, kind),
        amount,
        quantity: Some(2),
        text: text.to_owned(),
        origin: "1".to_owned(),
    }
}

fn document(kind: DocumentKind, date: Date, lines: Vec<Line>, words: &str) -> Document {
    let header = Header {
        slot: format!("shop/Order/{kind}/{words}"),
        kind,
        date,
        currency: lines.first().map_or(currency("USD"), |line| line.amount.currency()),
        party: Some(Party::Customer { key: "1".to_owned(), name: words.to_owned() }),
        applies_to: None,
        reference: words.to_owned(),
        memo: words.to_owned(),
    };
    Document::new(header, lines).unwrap()
}

/// A sale of 12.50 that is paid into a clearing account.
fn sale(words: &str) -> Document {
    let amount = |minor| Money::from_minor(minor, currency("USD"));
    let clearing = line("Clearing: Shop", AccountKind::Clearing, amount(1_250), words);
    let sales = line("Sales (NY)", AccountKind::Income, amount(-1_250), words);
    let lines = vec![Line { kind: LineKind::Settlement, ..clearing }, sales];
    document(DocumentKind::SalesReceipt, "2026-08-03".parse().unwrap(), lines, words)
}

/// Documents of every kind over accounts of every kind, in currencies of none to four decimals.
fn every_kind() -> Vec<Document> {
    let codes = ["USD", "JPY", "KWD", "CLF"];
    let made = KINDS.iter().zip(codes.iter().cycle()).enumerate();
    made.map(|(position, (kind, code))| {
        let amount = |minor| Money::from_minor(minor, currency(code));
        let account = |place: usize| {
            let place = (position * 3 + place) % ACCOUNT_KINDS.len();
            (format!("Account: é; {place} \"x\""), ACCOUNT_KINDS[place])
        };
        let lines = [1_234, -1_000_234, 999_000, 0];
        let lines = lines.iter().enumerate().map(|(place, minor)| {
            let (name, kind) = account(place);
            line(&name, kind, amount(*minor), HOSTILE)
        });
        let month = i8::try_from(position).unwrap() % 3 + 1;
        document(*kind, jiff::civil::date(2026, month, 28), lines.collect(), HOSTILE)
    })
    .chain([
        document(DocumentKind::JournalEntry, "1970-01-01".parse().unwrap(), Vec::new(), ""),
        document(DocumentKind::JournalEntry, "9999-12-31".parse().unwrap(), Vec::new(), ")(*!|"),
    ])
    .collect()
}

/// Lets a program check the books; none where it is not installed.
fn check(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let output =
        Command::new(program).args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8").output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{program} is not installed");
            eprintln!("skipped: {program} (not installed)");
            return None;
        }
        output => output.unwrap(),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} says:\n{said}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn books_of_every_kind() -> Folder {
    let mut folder = Folder::default();
    for document in every_kind() {
        let outcome = folder.enter(&document);
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }
    folder
}

#[test]
fn beancount_accepts_documents_of_every_kind() {
    let place = tempfile::tempdir().unwrap();
    books_of_every_kind().write_to(place.path());
    check("bean-check", &["main.beancount"], place.path());
}

#[test]
fn hledger_accepts_documents_of_every_kind() {
    let place = tempfile::tempdir().unwrap();
    books_of_every_kind().write_to(place.path());
    check("hledger", &["-f", "main.journal", "check", "--strict"], place.path());
}

#[test]
fn hledger_and_we_read_the_same_balances() {
    let place = tempfile::tempdir().unwrap();
    let mut folder = books_of_every_kind();
    folder.write_to(place.path());
    let arguments = [
        "-f",
        "main.journal",
        "balance",
        "--flat",
        "--no-total",
        "--layout=tall",
        "-N",
        "-O",
        "csv",
    ];
    let Some(listing) = check("hledger", &arguments, place.path()) else { return };
    let outcomes = folder.run(&[Task::ReadBalances { as_of: "9999-12-31".parse().unwrap() }]);
    let [Outcome::Balances(balances)] = &outcomes[..] else { panic!("{outcomes:?}") };
    let amounts = balances.iter().flat_map(|(remote, balance)| {
        balance.iter().map(move |amount| format!("\"{remote}\",\"{amount}\""))
    });
    let theirs: BTreeSet<String> = listing.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(amounts.collect::<BTreeSet<_>>(), theirs);
}

#[test]
fn an_entry_reads_as_a_bookkeeper_would_write_it() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann; \"the\" buyer, [x]"));
    let month = |suffix| folder.files[&format!("2026-08{suffix}")].as_str();
    let expected = r#"; 2026-08. Kept by Saldo: it adds what is missing and changes no line.

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
    let expected = r#"; 2026-08. Kept by Saldo: it adds what is missing and changes no line.
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
    for path in ["2026-08.beancount", "2026-08.journal"] {
        let mut folder = Folder::default();
        let Outcome::Done(done) = folder.enter(&ann) else { panic!("not done") };
        assert_eq!(remotes(&mut folder), [format!("2026-08/{number}")]);
        // As a death between the two files leaves it: the same merge goes on.
        folder.files.insert(path.to_owned(), "; nothing\n".to_owned());
        assert_eq!(folder.run(&[Task::look_up(subject(&ann))]), [Outcome::Absent], "{path}");
        assert!(remotes(&mut folder).is_empty(), "{path}");
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

/// Changes a text in the month's file of one syntax.
fn edit(folder: &mut Folder, suffix: &str, from: &str, to: &str) {
    let file = folder.files.get_mut(&format!("2026-08{suffix}")).unwrap();
    assert!(file.contains(from), "{file}");
    *file = file.replace(from, to);
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

#[test]
fn the_chart_shows_what_was_made() {
    let mut folder = Folder::default();
    let accounts: Vec<Account> = ACCOUNT_KINDS
        .iter()
        .map(|kind| Account::new(format!("{HOSTILE} {kind:?}"), *kind))
        .collect();
    let needs = accounts.iter().cloned().map(Need::Account);
    let tasks: Vec<Task> = needs.map(|need| Task::Create(Subject::Need(need))).collect();
    let made = folder.run(&tasks);
    let outcomes = folder.run(&[Task::ReadChart { page: None }]);
    let [Outcome::Chart(page)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(page.entries.len(), accounts.len());
    for (account, outcome) in accounts.iter().zip(made) {
        let Outcome::Done(done) = outcome else { panic!("{outcome:?}") };
        let entry = page.entries.iter().find(|entry| entry.remote == done.remote).unwrap();
        let kind = Some(account.kind);
        let expected = ChartKind::Account { kind, currency: None, collects_tax: false };
        assert_eq!(entry.kind, expected);
    }
    let look_ups: Vec<Task> = accounts
        .into_iter()
        .map(|account| Task::look_up(Subject::Need(Need::Account(account))))
        .collect();
    assert!(folder.run(&look_ups).iter().all(|outcome| matches!(outcome, Outcome::Found(_))));
}

#[test]
fn an_account_that_became_something_else_is_reported() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann"));
    let cases = [
        (AccountKind::Clearing, "Assets:Clearing:Shop", true),
        (AccountKind::Bank, "Assets:Clearing:Shop", false),
        (AccountKind::Bank, "Assets:Clearing:Other", true),
    ];
    for (kind, bound, is_right) in cases {
        let name = if bound.ends_with("Other") { "Clearing: Other" } else { "Clearing: Shop" };
        let need = Need::Account(Account::new(name, kind));
        let made = folder.run(&[Task::Create(Subject::Need(need.clone()))]);
        assert_eq!(matches!(&made[..], [Outcome::Done(_)]), is_right, "{made:?}");
        let found = folder.run(&[Task::look_up(Subject::Need(need))]);
        assert_eq!(matches!(&found[..], [Outcome::Found(_)]), is_right, "{found:?}");
    }
}

#[test]
fn an_account_of_the_owner_can_be_bound() {
    let mut folder = Folder::default();
    let bank = Need::Account(Account::new("Clearing: Shop", AccountKind::Clearing));
    let sales = Need::Account(Account::new("Sales (NY)", AccountKind::Income));
    folder.bindings.0.insert(bank.binding(), RemoteId::new("Assets:Ours:Ürün"));
    folder.bindings.0.insert(sales.binding(), RemoteId::new("Income:Ours"));
    let outcomes = folder.run(&[Task::Create(subject(&sale("Ann")))]);
    assert!(matches!(&outcomes[..], [Outcome::Done(_)]), "{outcomes:?}");
    assert!(folder.files["2026-08.beancount"].contains("Assets:Ours:Ürün   12.50 USD"));
}

#[test]
fn what_cannot_be_entered_is_refused_and_the_rest_goes_on() {
    let mut folder = Folder::default();
    folder.enter(&sale("Ann"));
    let lines = sale("Ann").lines().to_vec();
    let kind = DocumentKind::SalesReceipt;
    let old = document(kind, "1969-12-31".parse().unwrap(), lines.clone(), "old");
    let fresh = document(kind, "2026-09-01".parse().unwrap(), lines, "fresh");
    let item = Need::Item(Item {
        product: None,
        account: Account::new("Sales (NY)", AccountKind::Income),
    });
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

fn any_words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(HOSTILE.to_owned()),
        "[ -~]{0,24}",
        "(?s).{0,24}",
        "(\"|\\\\|;|:|,|\n|\r| |\t|\\[|\\]|\\(|\\)|saldo|date|é|🎉){0,12}",
    ]
}

fn any_document() -> impl Strategy<Value = Document> {
    let posting = (any_words(), 0..ACCOUNT_KINDS.len(), -1_000_000_000_000_i64..1_000_000_000_000);
    let lines = prop::collection::vec(posting, 1..6);
    let code = prop::sample::select(vec!["USD", "JPY", "KWD", "CLF", "EUR"]);
    (lines, code, any_words(), any::<bool>(), 0..KINDS.len(), 1..=28_i8).prop_map(
        |(raw, code, words, has_party, kind, day)| {
            let amount = |minor| Money::from_minor(minor, currency(code));
            let rest: i64 = raw.iter().map(|(_, _, minor)| *minor).sum();
            let mut lines: Vec<Line> = raw
                .iter()
                .map(|(name, kind, minor)| line(name, ACCOUNT_KINDS[*kind], amount(*minor), &words))
                .collect();
            // An account has one kind in a company.
            let kinds: BTreeMap<_, _> =
                lines.iter().map(|line| (line.account.name.clone(), line.account.kind)).collect();
            for line in &mut lines {
                line.account.kind = kinds[&line.account.name];
            }
            lines.push(line("Rest", AccountKind::Bank, amount(-rest), ""));
            let date = jiff::civil::date(2026, 8, day);
            let made = document(KINDS[kind], date, lines, &words);
            let mut header = made.header().clone();
            header.party = header.party.filter(|_| has_party);
            let product = Product { id: None, sku: None, title: words.clone() };
            let mut lines = made.lines().to_vec();
            lines[0].kind = LineKind::Product { product, taxed: true };
            Document::new(header, lines).unwrap()
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_equal(document in any_document()) {
        let mut folder = Folder::default();
        let outcome = folder.enter(&document);
        prop_assert!(matches!(outcome, Outcome::Done(_)), "{:?}", outcome);
        let context = folder.context();
        let expected: Vec<(String, Money)> = document
            .lines()
            .iter()
            .map(|line| {
                let remote = context.bindings.need(&Need::Account(line.account.clone())).unwrap();
                (remote.as_str().to_owned(), line.amount)
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

    #[test]
    fn two_accounts_never_become_one(
        names in prop::collection::btree_set(
            prop_oneof![any_words(), "[ab: AX0\\-xlne2]{0,8}"], 2..12),
        kind in 0..ACCOUNT_KINDS.len(),
    ) {
        let mut folder = Folder::default();
        let needs = names.iter().map(|name| Need::Account(Account::new(name, ACCOUNT_KINDS[kind])));
        let tasks: Vec<Task> = needs.map(|need| Task::Create(Subject::Need(need))).collect();
        let mut remotes = BTreeSet::new();
        for outcome in folder.run(&tasks) {
            let Outcome::Done(done) = outcome else { panic!("{outcome:?}") };
            let is_name = done.remote.as_str().split(':').all(|component| {
                component.starts_with(|first: char| {
                    first.is_ascii_uppercase() || first.is_ascii_digit()
                }) && component.chars().all(|other| other.is_ascii_alphanumeric() || other == '-')
            });
            prop_assert!(is_name, "{}", done.remote);
            remotes.insert(done.remote);
        }
        prop_assert_eq!(remotes.len(), names.len());
    }
}

#[test]
fn both_programs_accept_whatever_a_shop_may_say() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut folder = Folder::default();
    let mut kinds: BTreeMap<String, AccountKind> = BTreeMap::new();
    for position in 0..200 {
        let made = any_document().new_tree(&mut runner).unwrap().current();
        let mut header = made.header().clone();
        header.slot = format!("{position} {}", header.slot);
        let mut lines = made.lines().to_vec();
        for line in &mut lines {
            let name = line.account.name.to_string();
            line.account.kind = *kinds.entry(name).or_insert(line.account.kind);
        }
        folder.enter(&Document::new(header, lines).unwrap());
    }
    let place = tempfile::tempdir().unwrap();
    folder.write_to(place.path());
    check("bean-check", &["main.beancount"], place.path());
    check("hledger", &["-f", "main.journal", "check", "--strict"], place.path());
}
