//! A folder of text files in memory, with the book in it.

use crate::documents::{currency, subject};
use crate::files::{self, Files};
use saldo_books::plain_text::PlainText;
use saldo_core::book::{Bindings, Book, BookContext, Outcome, Subject, Task};
use saldo_core::document::Document;
use saldo_core::exchange::{Addresses, Answer, Ask};
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::BTreeMap;
use std::path::Path;

/// A folder of text files in memory, with the book in it.
#[derive(Default)]
pub(crate) struct Folder {
    pub(crate) files: Files,
    pub(crate) bindings: Bindings,
}

impl Folder {
    pub(crate) fn context(&self) -> BookContext {
        BookContext {
            company: CompanyId::new("de\"mo"),
            connection: ConnectionId::new("plain-text"),
            now: jiff::Timestamp::UNIX_EPOCH,
            currency: currency("USD"),
            addresses: Addresses::default(),
            settings: BTreeMap::new(),
            bindings: self.bindings.clone(),
            tax_codes: Vec::new(),
        }
    }

    /// Asks the book, answers for the folder, and lets the book hear.
    pub(crate) fn run(&mut self, tasks: &[Task]) -> Vec<Outcome> {
        let context = self.context();
        let ask = PlainText.ask(tasks, "token", &context).unwrap();
        let Ask::File(work) = ask else { panic!("the book of files asked for something else") };
        let answer = files::answer(&mut self.files, &work);
        PlainText.hear(tasks, &Answer::File(answer), &context).unwrap()
    }

    /// Makes all that a document needs, and then the document.
    pub(crate) fn enter(&mut self, document: &Document) -> Outcome {
        let subject = subject(document);
        for need in PlainText.needs(&subject) {
            let binding = need.binding();
            let outcomes = self.run(&[Task::Create(Subject::Need(need))]);
            let [Outcome::Done(done)] = &outcomes[..] else { panic!("{outcomes:?}") };
            self.bindings.0.insert(binding, done.remote.clone());
        }
        self.run(&[Task::Create(subject)]).remove(0)
    }

    pub(crate) fn write_to(&self, folder: &Path) {
        for (path, text) in &self.files {
            std::fs::write(folder.join(path), text).unwrap();
        }
    }
}

/// Changes a text in the month's file of one syntax.
pub(crate) fn edit(folder: &mut Folder, suffix: &str, from: &str, to: &str) {
    let file = folder.files.get_mut(&format!("2026-08{suffix}")).unwrap();
    assert!(file.contains(from), "{file}");
    *file = file.replace(from, to);
}
