//! Every message that is asked, against the vendor's own schema: elements, their order, lengths,
//! words and amounts.

use super::*;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use std::io::ErrorKind;
use std::process::Command;

const SCHEMA: &str = "specs/quickbooks-desktop/qbxmlops130.xsd";

/// What `xmllint` says of messages that are not valid; none where it, or the schema, is missing.
fn faults(messages: &[String]) -> Option<String> {
    shared(SCHEMA)?;
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let file = folder.path().join(format!("{index}.xml"));
        std::fs::write(&file, message).unwrap();
        files.push(file);
    }
    let mut command = Command::new("xmllint");
    command.args(["--noout", "--nonet", "--schema", &shared_path(SCHEMA)]).args(&files);
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "xmllint is not installed");
            eprintln!("skipped: xmllint (not installed)");
            return None;
        }
        output => output.unwrap(),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let bad: Vec<&str> = said.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert_eq!(output.status.success(), bad.is_empty(), "{said}");
    Some(bad.join("\n"))
}

pub(super) fn all_valid(messages: &[String]) {
    assert!(!messages.is_empty());
    assert_eq!(faults(messages).unwrap_or_default(), "");
}

#[test]
fn documents_of_every_kind_are_valid() {
    let documents = of_every_kind();
    let (tasks, context) = creates(&documents);
    let mut messages = vec![message(&tasks, &context)];
    messages.extend(tasks.iter().map(|task| message(std::slice::from_ref(task), &context)));
    all_valid(&messages);
}

#[test]
fn everything_that_documents_refer_to_is_valid() {
    let subjects: Vec<Subject> = of_every_kind().iter().map(subject).collect();
    let context = context(&subjects);
    let mut needs: Vec<Need> = subjects.iter().flat_map(|subject| BOOK.needs(subject)).collect();
    needs.push(super::super::shape::class("Web & wholesale: Île-de-France, long enough to be cut"));
    let of_needs: Vec<Need> =
        needs.iter().flat_map(|need| BOOK.needs(&Subject::Need(need.clone()))).collect();
    needs.extend(of_needs);
    let tasks = needs.into_iter().map(|need| Task::Create(Subject::Need(need)));
    let messages: Vec<String> = tasks.map(|task| message(&[task], &context)).collect();
    all_valid(&messages);
}

#[test]
fn all_that_reads_is_valid() {
    let (from, until) = (date(2026, 10, 1), day());
    let listed = "Invoice@2026-10-01@2026-10-31 Transfer@2026-11-01@2026-11-01".to_owned();
    let chart = "Item@2026-01-01T00:00:00Z@ Entity@@2026-01-01T00:00:00Z".to_owned();
    let reads = [
        Task::ReadSettings,
        Task::ReadChart { page: None },
        Task::ReadChart { page: Some(chart) },
        Task::ReadBalances { as_of: until },
        Task::ReadResult { from, until },
        Task::ReadDocuments { from, until, page: None },
        Task::ReadDocuments { from, until, page: Some(listed) },
    ];
    let documents = of_every_kind();
    let subjects: Vec<Subject> = documents.iter().map(subject).collect();
    let context = context(&subjects);
    let mut needs: Vec<Need> = subjects.iter().flat_map(|subject| BOOK.needs(subject)).collect();
    needs.push(super::super::shape::class("Web"));
    let needs: Vec<Task> = needs.into_iter().map(|it| Task::look_up(Subject::Need(it))).collect();
    let later = |page: &str| -> Vec<Task> {
        let page = Some(page.to_owned());
        let task = |it: &Subject| Task::LookUp { subject: it.clone(), page: page.clone() };
        subjects.iter().map(task).collect()
    };
    let by_day = later("day");
    let mut by_id = later("id 1A-1795000001 1B-1795000002");
    // A transfer is read whole among its day, and never by its id.
    by_id.retain(|task| match task {
        Task::LookUp { subject: Subject::Document { document, .. }, .. } => {
            document.header().kind != DocumentKind::Transfer
        }
        _ => false,
    });
    let look_ups: Vec<Task> = subjects.into_iter().map(Task::look_up).collect();
    let mut messages: Vec<String> = reads.map(|task| message(&[task], &context)).to_vec();
    messages.extend([&needs, &look_ups, &by_day, &by_id].map(|tasks| message(tasks, &context)));
    all_valid(&messages);
}

#[test]
fn whatever_a_shop_may_say_is_valid() {
    let mut runner = TestRunner::deterministic();
    let texts = proptest::collection::vec(proptest::prelude::any::<String>(), 6);
    let mut messages = Vec::new();
    for number in 0..40 {
        let texts = texts.new_tree(&mut runner).unwrap().current();
        let [one, two, three, four, five, six] = &texts[..] else { panic!() };
        let long = |text: &String| text.repeat(if number % 3 == 0 { 60 } else { 1 });
        let product = Product { id: None, sku: Some(long(one)), title: long(two) };
        let kind = LineKind::Product { product, taxed: false, kept: None };
        let party = Party::Customer { key: long(three), name: long(four) };
        let lines = vec![
            line(kind, account(&long(five), AccountKind::Income), "-10.50", &long(six)),
            settled(clearing(), "10.50"),
        ];
        let mut sale = document(DocumentKind::SalesReceipt, Some(party), lines);
        let memo = format!("{}\u{1F4B0}<&>\"']]>\u{0}", long(two));
        let header = Header { memo, ..sale.header().clone() };
        sale = Document::new(header, sale.lines().to_vec()).unwrap();
        let (tasks, context) = creates(std::slice::from_ref(&sale));
        messages.push(message(&tasks, &context));
        let needs = BOOK.needs(&subject(&sale)).into_iter().map(Subject::Need);
        let needs: Vec<Task> = needs.map(Task::Create).collect();
        messages.push(message(&needs, &context));
    }
    all_valid(&messages);
}

#[test]
fn the_schema_tells_a_message_that_is_not_valid() {
    let (tasks, context) = creates(&[sale()]);
    let sound = message(&tasks, &context);
    let spoilt = [
        sound.replace(">-10.00<", ">-10.0<"),
        sound.replace("<RefNumber>", "<RefNumber>X"),
        sound.replace("TxnDate>", "Day>"),
    ];
    for message in spoilt {
        assert_ne!(message, sound);
        if let Some(faults) = faults(&[message]) {
            assert!(faults.contains("fails to validate"), "{faults}");
        }
    }
}
